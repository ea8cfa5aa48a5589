"""What is on a list (TXT-4): registered organisations, towns, counties; and what has the shape of a street or a school.

Registered organisations are looked up by runs of words, so that thirty thousand of them cost no more than one.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import TypeAlias

from broker.screening.lists import EITHER, FIRST, LAST, MONTHS, PLACES, SETS, TITLED, VOCABULARY
from broker.screening.normal import Reading, fold
from broker.screening.position import KIN, SAID, TITLES, WITH, named_by_capital
from broker.screening.tokens import Token, Words, is_word, near_a_word
from broker.screening.verdict import Kind, Span

RULE = "TXT-4"

SHORTEST_NAME = 3
"""Letters of a single word that is a name by itself: one more than an abbreviation has."""
LONGEST_NAME = 9
"""Words of a registered name that are compared."""
_NAME_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
_SCHOOLS = SETS["schools"]
_INSTITUTIONS = _SCHOOLS | SETS["institutions"]
_WEAK = SETS["weak"]
"""Places that are often written without a name of their own: a name before them needs a capital."""
_GENERIC = SETS["generic"]  # fmt: skip
_STRONG_STREET = SETS["strong street"]
_WEAK_STREET = SETS["weak street"]
_NOT_A_STREET = _GENERIC | SETS["not a street"]
_BEFORE_A_STREET = SETS["before a street"]
_BEFORE_A_PLACE = SETS["before a place"]
_BEFORE_A_NUMBER = SETS["before a number"]
_BEFORE_A_NAME = SETS["before a name"]
_PUB_WORDS = SETS["pub words"]
_PUB_ENDS = SETS["pub ends"]
_NAMED_AFTER = SETS["named after"]
_DOORS = frozenset({"flat", "apartment", "apt", "bungalow", "plot"})
_SUFFIX = re.compile(
    r"(?:wick|ton|ham|ford|bury|ley|worth|mouth|chester|combe|thorpe|field|well|borough|stead|pool|ville|hurst|minster|dale|gate|bridge|land|shire|by|caster|cester|moor|side|fold|beck|croft|bourne|brook|stow|thwaite|holme|haven)$"
)
_NOT_AFTER_PLACE = frozenset({"united", "city", "rovers", "albion", "wanderers"})


_Found: TypeAlias = tuple[int, int, Kind] | None
"""The first and last word of a place, and of which kind it is."""
_Finder: TypeAlias = Callable[[Words, int], _Found]


class Gazetteer:
    """The registered organisations by their names, looked up by runs of words."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names: set[tuple[str, ...]] = set()
        self._first: set[str] = set()
        for name in names:
            self._learn([_plain(word) for word in _NAME_WORD.findall(fold(name).lower())])

    def _learn(self, words: list[str]) -> None:
        """A name, and its usual short forms: without "The", and without the kinds of school at its end."""
        ways = {tuple(words[:LONGEST_NAME])}
        if words and words[0] == "the":
            words = words[1:]
            ways.add(tuple(words[:LONGEST_NAME]))
        short = list(words)
        while short and (short[-1] in _INSTITUTIONS or short[-1] in _GENERIC):
            short = short[:-1]
        for end in range(len(short), len(words) + 1):
            way = tuple(words[:end])
            if len(way) > 1 or (
                way and not is_word(way[0]) and way[0] not in FIRST and way[0] not in EITHER and way[0] not in PLACES
            ):
                ways.add(way[:LONGEST_NAME])
        if short and len(short) < len(words):  # Argyle Primary School: Argyle school, Argyle primary
            ways |= {(*short, one) for one in words[len(short) :] if one in _SCHOOLS}
        for way in ways:
            if (
                way
                and (len(way) > 1 or len(way[0]) > SHORTEST_NAME)
                and not all(one in _GENERIC or one in _INSTITUTIONS for one in way)
            ):
                self._names.add(way)
                self._first.add(way[0])

    def spans(self, reading: Reading, words: Words) -> Iterator[Span]:
        """Every registered organisation in this reading, in its longest form."""
        tokens = words.tokens
        at = 0
        while at < len(tokens):
            length = self._longest(words, at) if _plain(tokens[at].low) in self._first else 0
            if length:
                start, end = reading.where(tokens[at].start, tokens[at + length - 1].end)
                yield Span(start=start, end=end, kind=Kind.ORGANISATION, rule=RULE, certain=True, field=None)
            at += length or 1

    def _longest(self, words: Words, at: int) -> int:
        tokens = words.tokens[at : at + LONGEST_NAME]
        plain = tuple([_plain(token.low) for token in tokens])
        for length in range(len(plain), 0, -1):
            if plain[:length] not in self._names:
                continue
            common = all(is_word(word) or word in EITHER for word in plain[:length])
            if common and words.by_case and not all(token.capital for token in tokens[:length]):
                continue  # "the cherry tree" is no school unless it is written as a name
            return length
        return 0


def _plain(low: str) -> str:
    """`anne's` and `annes` are one word."""
    return low.replace("'", "")


def places(reading: Reading, words: Words) -> Iterator[Span]:
    """Towns, counties, streets, flats, schools, surgeries and refuges, by list or by shape."""
    for at, token in enumerate(words.tokens):
        before = words.tokens[at - 1].low if at else ""
        finders = _BY_WORD.get(token.low, ()) + _BY_WORD_BEFORE.get(before, ())
        if token.base in PLACES:
            finders = (_town, *finders)
        if token.low[0].isdigit():
            finders = (_house, *finders)
        for first, last, kind in filter(None, [find(words, at) for find in finders]):
            start, end = reading.where(words.tokens[first].start, words.tokens[last].end)
            yield Span(start=start, end=end, kind=kind, rule=RULE, certain=False, field=None)


def _town(words: Words, at: int) -> _Found:
    length = _listed(words, at)
    return (at, at + length - 1, Kind.PLACE) if length else None


def _street_here(words: Words, at: int) -> _Found:
    first = _street(words, at)
    return None if first is None else (first, at, Kind.PLACE)


def _institution_here(words: Words, at: int) -> _Found:
    first = _institution(words, at)
    return None if first is None else (first, at, Kind.ORGANISATION)


def _door(words: Words, at: int) -> _Found:
    """Flat 3, and "at number 44"."""
    low = words.tokens[at].low
    led = low in {"number", "no"} and at > 0 and words.tokens[at - 1].low in _BEFORE_A_NUMBER
    if (led or low in _DOORS) and _is_numbered(words, at):
        return at, at + 1, Kind.PLACE
    return None


def _saint_here(words: Words, at: int) -> _Found:
    token = words.tokens[at]
    if (token.capital or not words.by_case) and _is_a_saint(words, at):
        return at, at + 1, Kind.ORGANISATION
    return None


def _house(words: Words, at: int) -> _Found:
    return (at, at + 1, Kind.PLACE) if _house_number(words, at) else None


def _unknown_town(words: Words, at: int) -> _Found:
    return (at, at, Kind.PLACE) if _looks_like_a_place(words, at, words.tokens[at]) else None


def _pub(words: Words, at: int) -> _Found:
    """The Fox and Hounds, the red lion: also in small letters, as so many are called so."""
    tokens = words.tokens
    first = at > 0 and tokens[at - 1].low == "the" and not tokens[at].opens
    rest = [token.low for token in tokens[at + 1 : at + 3]]
    if first and len(rest) == 2 and rest[0] in {"and", "n"} and rest[1] in _PUB_WORDS:  # noqa: PLR2004
        return at, at + 2, Kind.ORGANISATION
    if first and rest and rest[0] in _PUB_ENDS and words.gap(at) == " ":
        return at, at + 1, Kind.ORGANISATION
    return None


def _named_after(words: Words, at: int) -> _Found:
    """HMP Ashbeck, Ysgol Pen-y-bryn: an institution whose name stands after what it is."""
    tokens = words.tokens
    if at + 1 >= len(tokens) or words.gap(at) != " ":
        return None
    last = at
    while last + 1 < len(tokens) and last - at < 3 and words.gap(last) in {" ", "-"}:  # noqa: PLR2004
        after = tokens[last + 1]
        if not (
            named_by_capital(words, last + 1) or (last == at and not is_word(after.low) and after.low[0].isalpha())
        ):
            break
        last += 1
    return (at, last, Kind.ORGANISATION) if last > at else None


def _after_its_kind(words: Words, at: int) -> _Found:
    """The name of an institution after its kind: "at nursery, Little Minnows"."""
    tokens = words.tokens
    if at + 2 >= len(tokens) or words.gap(at) not in {", ", " - ", ": ", " ("}:
        return None
    if not (_is_titled(words, at + 1) and _is_titled(words, at + 2) and words.gap(at + 1) == " "):
        return None
    return at + 1, at + 2, Kind.ORGANISATION


def _after_the(words: Words, at: int) -> _Found:
    """A word that is none, in small letters after "at the" or "near the": the arndale."""
    tokens = words.tokens
    token = tokens[at]
    if at < 2 or tokens[at - 2].low not in _BEFORE_A_PLACE or token.capital:  # noqa: PLR2004
        return None
    if len(token.low) < 5 or not token.low.isalpha() or is_word(token.low) or near_a_word(token.low):  # noqa: PLR2004
        return None
    return at, at, Kind.PLACE


def _worded_here(words: Words, at: int) -> _Found:
    last = _worded(words, at, words.tokens[at])
    return None if last is None else (at, last, Kind.PLACE)


def _by_word(*sets: tuple[frozenset[str], _Finder]) -> dict[str, tuple[_Finder, ...]]:
    """Word -> what looks for a place there."""
    found: dict[str, tuple[_Finder, ...]] = {}
    for words, finder in sets:
        for word in words:
            found[word] = (*found.get(word, ()), finder)
    return found


_BY_WORD = _by_word(
    (_STRONG_STREET | _WEAK_STREET, _street_here),
    (_INSTITUTIONS, _institution_here),
    (_DOORS | {"number", "no"}, _door),
    (frozenset({"st", "saint"}), _saint_here),
    (_PUB_WORDS, _pub),
    (_NAMED_AFTER, _named_after),
    (_SCHOOLS, _after_its_kind),
)
_BY_WORD_BEFORE = _by_word(
    (_BEFORE_A_PLACE, _unknown_town), (_BEFORE_A_NAME, _worded_here), (frozenset({"the"}), _after_the)
)


def _listed(words: Words, at: int) -> int:
    """How many words of a listed place stand here."""
    tokens = words.tokens
    for way in sorted(PLACES[tokens[at].base], key=len, reverse=True):
        here = tokens[at : at + len(way)]
        if tuple([token.base for token in here]) != way:
            continue
        if len(way) > 1:
            return len(way)
        word = is_word(way[0]) or way[0] in EITHER or way[0] in FIRST
        before = tokens[at - 1].low if at and not tokens[at].opens else ""
        if not word or (named_by_capital(words, at) and before in _BEFORE_A_PLACE):
            after = tokens[at + 1].low if at + 1 < len(tokens) else ""
            return 0 if after in _NOT_AFTER_PLACE else 1
    return 0


def _street(words: Words, at: int) -> int | None:
    """The first word of the street whose kind ("Close") stands here; with its house number, if it has one."""
    tokens = words.tokens
    strong = tokens[at].low in _STRONG_STREET
    first = at
    while first > 0 and at - first < 3 and words.gap(first - 1) in {" ", "-", ". "}:  # noqa: PLR2004 - Old Mill Lane
        word = tokens[first - 1]
        if not word.low[0].isalpha() or word.low in _BEFORE_A_STREET:
            break
        capital = named_by_capital(words, first - 1) and not (word.opens and word.low in _NOT_A_STREET)
        if capital and tokens[at].capital:
            first -= 1
            if word.opens:
                break
            continue
        if (words.by_case and word.capital and not word.shouted) or word.low in _NOT_A_STREET:
            break
        lead = tokens[first - 2] if first > 1 else None
        numbered = lead is not None and lead.low[0].isdigit()
        led = lead is not None and lead.low in _BEFORE_A_STREET
        if (
            numbered
            or ((strong or _is_a_street(words, at) or _is_lived_in(words, first - 2)) and led)
            or (strong and not is_word(word.base) and not near_a_word(word.base))
        ):
            first -= 1
        break
    if first == at:
        return None
    if first and tokens[first - 1].low[0].isdigit() and words.gap(first - 1).strip(",") == " ":
        first -= 1
    return first


def _is_lived_in(words: Words, at: int) -> bool:
    """Whether "lives" or "lived" stands before the word here."""
    return at > 0 and words.tokens[at - 1].low in {"lives", "live", "lived", "living", "flat", "house"}


def _is_a_street(words: Words, at: int) -> bool:
    """Whether "st" here ends a street and begins no saint."""
    after = words.tokens[at + 1] if at + 1 < len(words.tokens) else None
    return words.tokens[at].low == "st" and (after is None or after.opens or words.gap(at) != " " or is_word(after.low))


def _worded(words: Words, at: int, token: Token) -> int | None:
    """The last of two or three words with capitals after "at" that are no title of a role or a meeting: Malt Shovel."""
    tokens = words.tokens
    if token.opens or not at or tokens[at - 1].low not in _BEFORE_A_NAME or not _is_titled(words, at):
        return None
    last = at
    while last + 1 < len(tokens) and last - at < 2 and words.gap(last) in {" ", "-"} and _is_titled(words, last + 1):  # noqa: PLR2004
        last += 1
    return last if last > at else None


def _is_titled(words: Words, at: int) -> bool:
    token = words.tokens[at]
    return (
        named_by_capital(words, at)
        and not token.opens
        and token.base not in TITLED
        and token.base not in VOCABULARY
        and token.base not in MONTHS
        and token.base not in KIN
    )


def _institution(words: Words, at: int) -> int | None:
    """The first word of the name that ends in "Primary School" or "Surgery" here; None if it has no name of its own."""
    tokens = words.tokens
    first, named = at, False
    while first > 0 and at - first < 6 and _goes_on(words, first - 1):  # noqa: PLR2004
        word = tokens[first - 1]
        generic = word.low in _GENERIC or word.base in _INSTITUTIONS or word.base in MONTHS
        if words.by_case and word.capital and not (word.shouted and len(word.low) < 5):  # noqa: PLR2004
            if word.opens and (
                generic
                or word.low in KIN
                or word.low in SAID
                or word.low in WITH
                or word.low in TITLES
                or (is_word(word.low) and word.low.endswith(("ed", "ing")))
            ):
                break
            if word.low in MONTHS and word.low not in {"may", "march"}:
                break
            named = named or not generic
            first -= 1
            if word.opens:
                break
            continue
        if generic and word.low not in {"the", "at", "to", "from", "in", "and", "his", "her"} and not named:
            if word.low in _INSTITUTIONS or word.low in {
                "c",
                "of",
                "e",
                "ce",
                "rc",
                "children's",
                "childrens",
                "medical",
                "health",
                "community",
                "church",
                "catholic",
            }:
                first -= 1
                continue
            break
        if not generic and not named and not _is_plain(word, tokens[at]):
            named = True
            first -= 1
            continue
        break
    if not named or (
        tokens[at].low in _WEAK
        and not any(tokens[one].capital or not is_word(tokens[one].base) for one in range(first, at))
    ):
        return None
    return first


def _goes_on(words: Words, at: int) -> bool:
    """Whether the name goes on after this word: St. Anne's does, and a new sentence does not."""
    gap = words.gap(at)
    return gap in {" ", "-", " & ", "' "} or (gap == ". " and len(words.tokens[at].low) <= len("st"))


def _is_plain(word: Token, kind: Token) -> bool:
    """Whether a word in lower case before "nursery" is none of its name."""
    if word.base in FIRST or word.base in LAST:
        return False
    return is_word(word.base) or kind.low in _WEAK or near_a_word(word.base) or not word.low[0].isalpha()


def _is_numbered(words: Words, at: int) -> bool:
    tokens = words.tokens
    if at + 1 >= len(tokens) or words.gap(at).strip() not in {"", "no", "."}:
        return False
    return tokens[at + 1].low[0].isdigit() or (
        len(tokens[at + 1].low) == 1 and tokens[at + 1].capital and tokens[at + 1].low != "i"
    )


def _house_number(words: Words, at: int) -> bool:
    """A number before a name with a capital, after "at": 12 Larchfield."""
    tokens = words.tokens
    if not at or at + 1 >= len(tokens) or words.gap(at) != " " or not tokens[at].low[:-1].isdigit():
        return False
    after = tokens[at + 1]
    return (
        tokens[at - 1].low in {"at", "of"}
        and named_by_capital(words, at + 1)
        and after.low not in MONTHS
        and not is_word(after.low)
    )


def _is_a_saint(words: Words, at: int) -> bool:
    """Whether this begins St Anne's, and does not end a street."""
    tokens = words.tokens
    if at + 1 >= len(tokens) or words.gap(at) not in {" ", ". ", "."}:
        return False
    after = tokens[at + 1]
    if after.low[0].isdigit() or after.low in {"and", "in", "on", "to", "the", "at", "with", "was", "is"}:
        return False
    return named_by_capital(words, at + 1) or after.base in FIRST or after.base.rstrip("s") in FIRST


def _looks_like_a_place(words: Words, at: int, token: Token) -> bool:
    """An unknown word that ends like a town, after "in" or "near": Farnwick, in lower case too."""
    if not at or token.opens or len(token.base) < 6 or not _SUFFIX.search(token.base):  # noqa: PLR2004
        return False
    if words.tokens[at - 1].low not in _BEFORE_A_PLACE or is_word(token.base) or token.base in FIRST:
        return False
    return not near_a_word(token.base) or named_by_capital(words, at)
