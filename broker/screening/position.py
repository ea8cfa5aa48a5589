"""Where a name stands: after kin, a title, or "called"; before somebody's doing. For words that may be names."""

from broker.screening.lists import FIRST, LAST, MONTHS, SETS
from broker.screening.tokens import Token, Words

KIN = SETS["kin"]
"""Words after which somebody's name may stand: kin, companions, parts in an incident, roles."""
TITLES = SETS["titles"]
RANKS = SETS["ranks"]
NAMED = SETS["named"]
SAID = SETS["said"]
"""What people do in notes: a word before one of these, where a name can stand, is a name."""
WITH = SETS["with"]
FEWEST_CAPITALS = 0.06
"""Of the words of a text: with fewer, its writer hardly uses any."""
_LINKS = SETS["links"]
_AFTER = SETS["after"]
_DONE_TO = SETS["done to"] | WITH
_AFTER_SOMEBODY = SETS["after somebody"]
_MODAL = SETS["modal"]
_NEVER_AFTER_BY = SETS["never after by"]
_VERBAL = frozenset({"chase", "grant", "hope", "may", "sue", "will"})
_WHOSE = frozenset({"his", "her", "my", "our", "their", "a", "the"})
_SEASONS = frozenset({"april", "august", "autumn", "june", "may", "spring", "summer", "winter"})
_OF_TIME = SETS["of time"]
_IN_TIME = SETS["in time"]
_NO_NAMES_AFTER = {
    "art": frozenset(
        {
            "and",
            "class",
            "classroom",
            "club",
            "department",
            "exam",
            "gcse",
            "lesson",
            "lessons",
            "project",
            "room",
            "teacher",
            "therapy",
            "work",
        }
    ),
    "page": frozenset({"number"}),
    "grant": frozenset({"application", "funding"}),
    "ray": frozenset(),
    "trinity": frozenset({"term"}),
    "hope": frozenset({"that", "this", "you", "to"}),
    "will": frozenset(
        {
            "also",
            "be",
            "have",
            "he",
            "i",
            "it",
            "need",
            "never",
            "not",
            "now",
            "she",
            "that",
            "the",
            "there",
            "they",
            "this",
            "we",
            "you",
        }
    ),
    "may": frozenset(
        {
            "also",
            "be",
            "have",
            "he",
            "i",
            "it",
            "need",
            "not",
            "she",
            "that",
            "the",
            "there",
            "they",
            "this",
            "we",
            "well",
            "you",
        }
    ),
    "mark": frozenset({"sheet", "scheme"}),
    "star": frozenset({"chart"}),
    "faith": frozenset({"school", "group", "leader", "leaders"}),
    "sky": frozenset({"box", "tv", "news", "sports", "broadband"}),
    "jet": frozenset({"ski", "lag", "2"}),
}


def named_by_capital(words: Words, at: int) -> bool:
    """Whether this word has a capital that tells something."""
    token = words.tokens[at]
    return words.by_case and token.capital and not token.shouted


def hardly_any_capitals(words: Words) -> bool:
    """Whether the writer does without capitals, so that small letters say nothing."""
    return sum(token.capital for token in words.tokens) < FEWEST_CAPITALS * len(words.tokens)


def reads_as_a_name(words: Words, at: int, *, of_the_record: bool = False) -> bool:
    """Whether a word that may be a name (Will, May, Rose) is one here; if it is known to be one, in case of doubt."""
    token = words.tokens[at]
    before = words.tokens[at - 1] if at and not token.opens else None
    after = _next(words, at)
    if after is not None and after.low in _NO_NAMES_AFTER.get(token.base, ()):
        return False
    if named_by_capital(words, at):
        if _is_time(token, before, after) or (token.base in MONTHS and _is_among_months(words, at)):
            return False
        if not token.opens:
            return True
        doubtful = of_the_record and token.base not in _VERBAL
        return doubtful or _begins_as_a_name(words, at, token, after)
    return _stands_as_a_name(words, at, token, before, after) or (
        of_the_record and before is not None and _is_for_somebody(words, at, token, before, after)
    )


def _is_for_somebody(words: Words, at: int, token: Token, before: Token, after: Token | None) -> bool:
    """A name of the record that is a word too, in small letters: "reviewed hope with mum", "chose it for dale"."""
    ends = after is None or words.gap(at).strip() != ""
    if before.low in _DONE_TO:
        return ends or (after is not None and after.low in _AFTER_SOMEBODY)
    return before.low in {"for", "to", "on"} and ends and token.base not in _NEVER_AFTER_BY


def _next(words: Words, at: int) -> Token | None:
    if at + 1 >= len(words.tokens) or words.tokens[at + 1].opens:
        return None
    return words.tokens[at + 1]


def _begins_as_a_name(words: Words, at: int, token: Token, after: Token | None) -> bool:
    """A word with a capital at the start of its sentence."""
    if token.low != token.base:
        return True
    if after is None:
        return token.base not in _VERBAL
    if after.low == "and" and at + 2 < len(words.tokens):
        return words.tokens[at + 2].capital or words.tokens[at + 2].low in FIRST
    if after.low in KIN or after.low[0].isdigit():
        return "," in words.gap(at) or "(" in words.gap(at)
    if after.low in _WHOSE or after.low == "next":
        then = words.tokens[at + 2 : at + 5]
        return (
            any(one.low in KIN for one in then) if "," in words.gap(at) else [one.low for one in then[:1]] == ["door"]
        )
    return (
        after.low in SAID
        or after.low.endswith("ed")
        or (after.capital and not after.shouted and after.low not in MONTHS)
    )


def _stands_as_a_name(  # noqa: PLR0911 - a way out for each reason
    words: Words, at: int, token: Token, before: Token | None, after: Token | None
) -> bool:
    """A word without a telling capital: only its place can say."""
    ends = after is None or words.gap(at).strip() != ""
    if after is not None and not ends and (after.low in FIRST or after.low in LAST):
        return True
    follows = after is not None and (after.low in SAID or after.low in _AFTER)
    if before is not None:
        if before.low in NAMED or before.low in TITLES:
            return True
        if before.base in KIN and before.low == before.base:
            return follows if token.base in _VERBAL else ends or follows
        if before.low in WITH:
            return (before.low not in {"by", "from", "with", "about"} or token.base not in _NEVER_AFTER_BY) and (
                ends or follows
            )
        if before.low not in _LINKS and "," not in words.gap(at - 1):
            return False
    if token.low != token.base:
        return True
    return after is not None and after.low in SAID and after.low not in {"is", "has"}.intersection(_unsure(token))


def _unsure(token: Token) -> frozenset[str]:
    """Verbs before which this word, in lower case, is more often the word (hope is, mark has)."""
    return frozenset({"is", "has"}) if token.base in _MODAL else frozenset()


def _is_among_months(words: Words, at: int) -> bool:
    """Whether another month with a capital stands beside this one: "April, May and June"."""
    near = (*words.tokens[max(at - 2, 0) : at], *words.tokens[at + 1 : at + 3])
    return any(one.low in MONTHS and one.capital for one in near)


def _is_time(token: Token, before: Token | None, after: Token | None) -> bool:
    if token.base == "art":
        return before is not None and before.low in {"after", "in", "during", "for", "gcse", "like", "likes"}
    if token.base not in _SEASONS:
        return False
    if after is not None and (after.low[0].isdigit() or after.low in _OF_TIME):
        return True
    return before is not None and (before.low in _IN_TIME or before.low[0].isdigit())
