"""People by where their names stand, and by names that are no words (TXT-5 and, by list, TXT-4).

"his nan Doreen", "mum's ex (Kev)", "PC 4412 Hughes", "a lad called Tyreece", "Kayden (7)": the people around the child
whom no record names. Whom they are is never certain, so a text that names one is withheld.
"""

import re
from collections.abc import Iterator

from broker.screening.lists import EITHER, FIRST, LAST, MONTHS, PLACES, SETS
from broker.screening.normal import Reading
from broker.screening.position import (
    KIN,
    RANKS,
    SAID,
    TITLES,
    WITH,
    hardly_any_capitals,
    named_by_capital,
    reads_as_a_name,
)
from broker.screening.tokens import Token, Words, is_word, near_a_word
from broker.screening.verdict import Kind, Span

BY_LIST = "TXT-4"
BY_PLACE = "TXT-5"
LONGEST = 4
"""Words of a name after its first."""
FEWEST_FIGURES, MOST_FIGURES = 3, 6
"""Figures of an officer's number, perhaps with a letter after them."""
_LETTERS = "abcdefghijklmnopqrstuvwxyz"

_SHORT_NAMES = SETS["short names"]
_NOT_NAMES = SETS["not names"]
"""Short forms and misspellings that are somebody's name somewhere, but hardly ever in lower case in an English note."""
_ABBREVIATED = SETS["abbreviated"]
"""What in capitals is an abbreviation or a system, not the name."""
_ROLE_WORDS = SETS["role words"]
_STOP = SETS["stop"]
_SHOUTED_RANKS = SETS["shouted ranks"]
_FULL_RANKS = frozenset({"sergeant", "sgt", "inspector", "constable", "superintendent", "pc"})
_AGE = re.compile(
    r"\s*(?:\(|,|-)?\s*(?:aged?\s*)?(?:[1-9]?[0-9])\s*(?:yrs?|years?|y/?o|months?|mths?|weeks?|wks?)?\s*(?:old)?\s*[),]|\s+(?:is\s+)?aged?\s+[0-9]|\s*\((?:[1-9]?[0-9])\b|\s+[0-9]{1,2}\s?(?:yrs?|y/?o)\b",
    re.IGNORECASE,
)
_GAP = re.compile(r"^(?: |-|'|\. | - |, |, a |: | \(|\(| \"|\"| '|,|:| = |\s+)$")
_TOGETHER = frozenset({" ", "-", "'", ". "})
_CALLED = re.compile(
    r"\b(?:named|called|nicknamed|surnamed|aka|a\.k\.a\.?|known\s+(?:as|to\s+\w+\s+as)|goes\s+by|answers\s+to|name(?:s|d)?(?:\s+(?:is|was|as|of|given\s+as))?|surname(?:\s+is)?"
    r"|(?:call|calls|called)\s+(?:him|her|them|himself|herself|themselves|me)|nick\s?name(?:\s+is)?|alias|introduced\s+(?:himself|herself)\s+as|i'm|i\s+am|im|this\s+is|it's|signed|regards|thanks|thx|cheers|hi|hiya|hello|dear)"
    r"(?:\s+(?:the\s+name\s+(?:of\s+)?|by\s+))?[\s,:\"'(-]*$",
    re.IGNORECASE,
)
_ALIAS = re.compile(
    r"\b(?:aka|a\.k\.a\.?|alias|nicknamed|nick\s?name(?:\s+is)?|street\s+name(?:\s+is)?|known\s+as|goes\s+by(?:\s+the\s+name(?:\s+of)?)?)[\s\"',:]*$",
    re.IGNORECASE,
)
_SOMEBODY_CALLED = re.compile(
    r"\b(?:man|male|boy|lad|girl|woman|female|guy|bloke|friend|mate|someone|somebody|person|kid|one)\s+(?:called|named|known\s+as|nicknamed)\s+[\"']?$",
    re.IGNORECASE,
)
_PLAIN_TITLES = frozenset({"mr", "mrs", "ms", "miss"})
_KIN_WITH_INITIALS = frozenset(
    {"nanny", "nan", "nana", "nanna", "nain", "granny", "gran", "grandma", "grandad", "grandpa", "daddy", "mummy"}
) | {"baby", "bro", "brother", "sister", "cousin", "friend", "mate", "boyfriend", "girlfriend", "lil", "big", "uncle"}
_LETTERED = SETS["lettered"]
"""Before one of these, a letter names nobody: Plan B, Vitamin D."""
_CALLS = frozenset({"called", "named", "as", "nicknamed"})
_LOOK_BACK = 40
_WEAKLY_CALLED = re.compile(
    r"\b(?:i'm|i\s+am|im|this\s+is|it's|regards|thanks|thx|cheers|hi|hiya|hello|dear|signed|called|names?|name(?:s|d)?\s+(?:is|was|of))[\s,:\"'(-]*$",
    re.IGNORECASE,
)
_FROM_A_PHONE = re.compile(r"\b(?:calls?|called)[\s]*$", re.IGNORECASE)


def people(reading: Reading, words: Words) -> Iterator[Span]:
    """Every person in this reading, by list or by place."""
    named: dict[int, tuple[int, int, str]] = {}
    done = -1
    for at in range(len(words.tokens)):
        rule = _named(words, at) if at > done else None
        if rule is not None:
            first, done = _whole(words, at)
            named[at] = first, done, rule
    again = {token.base for first, last, _ in named.values() for token in words.tokens[first : last + 1]}
    done = -1
    for at, token in enumerate(words.tokens):
        if at <= done:
            continue
        if at in named:
            first, last, rule = named[at]
        elif token.base in again and len(token.base) > 2 and not is_word(token.base) and token.base not in EITHER:  # noqa: PLR2004
            first, last, rule = at, at, BY_PLACE  # once named, always that name
        else:
            continue
        done = last
        start, _ = reading.where(words.tokens[first].start, words.tokens[first].end)
        _, end = reading.where(words.tokens[last].start, words.tokens[last].start + len(words.tokens[last].base))
        yield Span(start=start, end=end, kind=Kind.PERSON, rule=rule, certain=False, field=None)
    yield from _ranked(reading, words)


def disguised(reading: Reading, words: Words) -> Iterator[Span]:
    """First names in a word or two that were read out of something encoded or disguised."""
    for token in words.tokens:
        if token.base in FIRST and len(token.base) > 3:  # noqa: PLR2004 - shorter ones are in many words
            start, end = reading.where(token.start, token.end)
            yield Span(start=start, end=end, kind=Kind.PERSON, rule=BY_LIST, certain=False, field=None)


def _named(words: Words, at: int) -> str | None:  # noqa: PLR0911 - a way out for each reason
    """By which rule the word here names somebody; None if it does not."""
    token = words.tokens[at]
    base = token.base
    if not base.isalpha() and "'" not in base:
        return None
    if len(base) < 2:  # noqa: PLR2004 - an initial, as in "Mrs O" and "Nanny T"
        return BY_PLACE if at and _is_an_initial(words, at) else None
    if (base in _STOP and base not in EITHER) or (base != token.low and is_word(token.low)):
        return None
    if base in FIRST and not is_word(base):
        return BY_LIST if _is_first_name(words, at, token) else None
    if base in EITHER:
        return BY_LIST if reads_as_a_name(words, at) or _introduced(words, at) == _FIRMLY else None
    if token.low.endswith("s") and token.low[:-1] in FIRST and not is_word(token.low) and len(token.low) > 4:  # noqa: PLR2004
        return BY_LIST
    if is_word(base) or is_word(token.low) or base in PLACES:
        return BY_PLACE if at and (_is_a_worded_name(words, at) or _has_initials(words, at)) else None
    return _unknown(words, at, token)


def _is_an_initial(words: Words, at: int) -> bool:
    """Whether one letter stands for somebody: after a title, or with a capital after kin."""
    token, before = words.tokens[at], words.tokens[at - 1]
    if words.gap(at - 1) not in {" ", ". "} or not token.low.isalpha():
        return False
    if token.capital:
        return before.low in TITLES or (before.low in _KIN_WITH_INITIALS and token.low != "i" and words.by_case)
    return before.low in _PLAIN_TITLES and token.low != "a" and hardly_any_capitals(words)


def _has_initials(words: Words, at: int) -> bool:
    """Whether a word with a capital is a surname here, after an initial with a dot: J. Bright, E. M. Garland."""
    token, initial = words.tokens[at], words.tokens[at - 1]
    if len(initial.low) > 1 or not initial.capital or words.gap(at - 1) not in {". ", "."}:
        return False
    if not named_by_capital(words, at) or token.base in MONTHS or token.base in KIN or token.base in _ROLE_WORDS:
        return False
    lettered = at > 1 and words.tokens[at - 2].low in _LETTERED
    after = words.tokens[at + 1] if at + 1 < len(words.tokens) else None
    ends = after is None or after.opens or words.gap(at) != " "
    return not lettered and (ends or (after is not None and (after.low in SAID or after.capital or after.low == "and")))


def _is_first_name(words: Words, at: int, token: Token) -> bool:
    if named_by_capital(words, at):
        return token.base not in _NOT_NAMES or not token.opens
    if words.by_case and token.shouted and (len(token.base) < 4 or token.base in _ABBREVIATED):  # noqa: PLR2004
        return False
    if token.base in _NOT_NAMES:
        return False
    return len(token.base) > 3 or token.base in _SHORT_NAMES or _introduced(words, at) is not None  # noqa: PLR2004


_FIRMLY, _LOOSELY = "firmly", "loosely"


def _introduced(words: Words, at: int) -> str | None:  # noqa: PLR0911 - a way out for each reason
    """How what stands before says that a name comes: after "called" or a title firmly, after kin or "with" loosely."""
    token = words.tokens[at]
    text = words.text[max(token.start - _LOOK_BACK, 0) : token.start]
    if _CALLED.search(text) and not _FROM_A_PHONE.search(text):
        return _LOOSELY if _WEAKLY_CALLED.search(text) else _FIRMLY
    if at == 0:
        return None
    before, gap = words.tokens[at - 1], words.gap(at - 1)
    if _FROM_A_PHONE.search(text) and before.low in {"called", "calls"}:
        return _LOOSELY
    if not _GAP.match(gap) or token.opens:
        return None
    if before.low in TITLES and gap.strip() in {"", "."}:
        return _FIRMLY
    if before.low in KIN or (before.low.endswith("s") and before.base in KIN and before.low == before.base):
        return _LOOSELY
    if before.low in WITH and gap == " ":
        return _LOOSELY
    return None


def _is_a_worded_name(words: Words, at: int) -> bool:
    """A word with a capital that is a surname here: after a title, or after kin (Mrs Woods, her nan Penny-Farthing)."""
    token, before = words.tokens[at], words.tokens[at - 1]
    if token.base in MONTHS or token.base in SAID or token.base in KIN or token.base in _ROLE_WORDS:
        return False
    capital = named_by_capital(words, at)
    titled = (
        not token.opens
        and before.low in (TITLES if capital else _PLAIN_TITLES)
        and words.gap(at - 1).strip() in {"", "."}
    )
    called = before.low in _CALLS and _SOMEBODY_CALLED.search(words.text, max(token.start - _LOOK_BACK, 0), token.start)
    if titled or called:
        return True
    if words.text[max(token.start - 2, 0) : token.start] == '("' and words.text[token.end : token.end + 2] == '")':
        return capital
    return capital and _ALIAS.search(words.text, max(token.start - _LOOK_BACK, 0), token.start) is not None


def _unknown(words: Words, at: int, token: Token) -> str | None:  # noqa: PLR0911 - a way out for each reason
    """A word that no list of words has: a surname, a rare or made-up first name, or a slip of the fingers."""
    base = token.base
    listed = base in LAST
    if named_by_capital(words, at):
        if words.text[token.start : token.end - 1].isupper() and base.endswith("s"):
            return None  # several of what is abbreviated: ODs, HGVs
        if token.opens and not listed:
            return None if near_a_word(base) or len(base) < 3 else BY_PLACE  # noqa: PLR2004
        return BY_LIST if listed else BY_PLACE
    introduced = _introduced(words, at)
    if words.by_case and token.shouted:
        if listed and len(base) > 3:  # noqa: PLR2004 - shorter ones are abbreviations
            return BY_LIST
        return BY_PLACE if len(base) > 6 and not near_a_word(base) else None  # noqa: PLR2004
    if len(base) < 3 or base in _NOT_NAMES:  # noqa: PLR2004
        return None
    after = words.tokens[at + 1] if at + 1 < len(words.tokens) and not words.tokens[at + 1].opens else None
    placed = introduced is not None or bool(_AGE.match(words.text, token.end))
    if not placed and after is not None and after.low in SAID and words.gap(at) == " ":
        before = words.tokens[at - 1] if at and not token.opens else None
        placed = before is None or before.low in {
            "and",
            "that",
            "when",
            "because",
            "then",
            "but",
            "if",
            "while",
            "as",
            "after",
            "before",
            "so",
            "where",
        }
    if not placed:
        return None
    if introduced == _FIRMLY or listed:
        return BY_PLACE
    return None if near_a_word(base) else BY_PLACE


def _whole(words: Words, at: int) -> tuple[int, int]:
    """The first and last word of the name that this word is in."""
    tokens = words.tokens
    first = last = at
    while first > 0 and tokens[first - 1].end - tokens[first - 1].start == 1 and tokens[first - 1].capital:
        if (tokens[first - 1].low in {"i", "a"} and tokens[first - 1].opens is False) or words.gap(first - 1) not in {
            " ",
            ". ",
            ".",
        }:
            break
        first -= 1
    while (
        last + 1 < len(tokens)
        and last - at < LONGEST
        and words.gap(last) in _TOGETHER
        and tokens[last].low == tokens[last].base
    ):
        after = tokens[last + 1]
        if (
            after.opens
            or not after.low[0].isalpha()
            or after.base in _STOP
            or after.base in KIN
            or after.base in MONTHS
            or after.base in RANKS
        ):
            break
        if after.low in {"al", "de", "van", "bin", "el", "ibn", "da"} and last + 2 < len(tokens):
            last += 2
        elif (
            named_by_capital(words, last + 1)
            or after.base in LAST
            or after.base in FIRST
            or _is_shouted_surname(words, last + 1)
        ):
            last += 1
        else:
            break
    return first, min(last, len(tokens) - 1)


def _is_shouted_surname(words: Words, at: int) -> bool:
    token = words.tokens[at]
    return words.by_case and token.shouted and len(token.low) > 3 and not is_word(token.low)  # noqa: PLR2004


def _ranked(reading: Reading, words: Words) -> Iterator[Span]:
    """Officers by their rank and number or name: PC 4412 Hughes, Sgt Hope, DC 1234. A rank alone names nobody."""
    tokens = words.tokens
    for at, token in enumerate(tokens):
        if at + 1 >= len(tokens) or not (
            token.low in RANKS or (token.low in _SHOUTED_RANKS and token.shouted and words.by_case)
        ):
            continue
        last = at
        while last + 1 < len(tokens) and last - at < LONGEST and words.gap(last) in {" ", ". ", "", ", ", " - "}:
            after = tokens[last + 1]
            number = (
                after.low[0].isdigit()
                and after.low.rstrip(_LETTERS).isdigit()
                and FEWEST_FIGURES <= len(after.low) <= MOST_FIGURES
                and not after.low.endswith(("am", "pm", "hrs"))
            )
            shouted_only = token.low in _SHOUTED_RANKS
            name = (
                after.low[0].isalpha()
                and after.base not in _STOP
                and not after.opens
                and _is_officers_name(words, last + 1, in_full=last == at and token.low in _FULL_RANKS)
                and not (shouted_only and not named_by_capital(words, last + 1))
            )
            if not number and not name:
                break
            last += 1
            if after.low != after.base:
                break
        if last > at:
            start, _ = reading.where(token.start, token.end)
            _, end = reading.where(tokens[last].start, tokens[last].start + len(tokens[last].base))
            yield Span(start=start, end=end, kind=Kind.PERSON, rule=BY_PLACE, certain=False, field=None)


def _is_officers_name(words: Words, at: int, *, in_full: bool) -> bool:
    token = words.tokens[at]
    if token.base in SAID or token.base in RANKS or token.base in KIN or token.base in _ROLE_WORDS:
        return False
    if named_by_capital(words, at):
        return token.base not in MONTHS
    if token.base in FIRST or token.base in LAST:
        return True
    if in_full and not token.base.endswith(("ed", "ing", "s", "ly")):
        after = words.tokens[at + 1].low if at + 1 < len(words.tokens) and not words.tokens[at + 1].opens else ""
        return after == "" or after in SAID or after in {"and", "at", "who", "attended", "spoke", "from"}
    return not is_word(token.base) and token.base not in EITHER and len(token.base) > 2 and not near_a_word(token.base)  # noqa: PLR2004
