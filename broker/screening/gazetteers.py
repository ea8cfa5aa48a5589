"""What is on a list (TXT-4): registered organisations, towns and counties; and what has the shape of a street or a school.

Registered organisations are looked up by runs of words, so that thirty thousand of them cost no more than one.
"""

import re
from collections.abc import Iterable, Iterator

from broker.screening.lists import EITHER, FIRST, LAST, MONTHS, PLACES, TITLED
from broker.screening.normal import Reading, fold
from broker.screening.position import KIN, SAID, TITLES, WITH, named_by_capital
from broker.screening.tokens import Token, Words, is_word, near_a_word
from broker.screening.verdict import Kind, Span

RULE = "TXT-4"

LONGEST_NAME = 9
"""Words of a registered name that are compared."""
_NAME_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
_SCHOOLS = frozenset(
    """school primary secondary academy college nursery infant infants junior juniors preschool playgroup high grammar
    comprehensive university""".split()
)
_INSTITUTIONS = _SCHOOLS | frozenset(
    """surgery hospital clinic church chapel mosque masjid gurdwara temple synagogue refuge hostel centre center house lodge hall estate park
    infirmary pharmacy hotel inn arms club library farm court station practice hospice barracks tower towers heights
    cathedral abbey prison yoi caravan site pub gym leisure unit home kindergarten childminders cafe takeaway shop stores
    ward market garage baths arena stadium rec bridge marina docks pier chippy tavern supermarket campsite trust council constabulary""".split()
)
_WEAK = frozenset(
    """home unit ward shop market garage house hall park centre center club library station hotel court site stores high cafe rec
    trust bridge gym pub council farm practice prison arms constabulary estate lodge university college church hospital""".split()
)
"""Places that are often written without a name of their own: a name before them needs a capital."""
_GENERIC = frozenset(
    """primary secondary junior infant infants high community local special children's childrens child care residential day family
    medical health youth leisure shopping sports town city village police fire train bus railway petrol service coach court crown magistrates magistrates' county
    family state boarding public private free middle upper lower first sixth form after before breakfast youth football social boxing night working men's mens
    c of e ce rc cofe catholic church voluntary aided controlled academy trust grammar comprehensive nursery pre school schools faith
    mother baby mums women's womens safe contact assessment supervised treatment walk in drop urgent minor injuries council housing
    general royal university teaching mental eye dental gp doctors doctor's dr's gps job food call sorting post community garden play
    soft multi storey car caravan holiday new old main big own his her their our my your the a an this that same another each every
    any no to at from in into near outside inside by with and or for of on off is was has had leaves left back attends attend attended
    attending started start starting missed missing whole last next previous current former opposite mainstream alternative provision
    refused walked went going taken dropped collected placed placement secure open closed foster step semi independent supported
    emergency temporary crisis homeless student pupil staff ward head office sure start swimming welsh english british approved it
    hearing between through within what which whose all about pick up during""".split()
)  # fmt: skip
_STRONG_STREET = frozenset("street road rd lane ln avenue ave crescent cres terrace gardens gdns close drive mews grove".split())
_WEAK_STREET = frozenset(
    """st way court place square row walk hill view green rise parade park cl dr gr mount bank fold croft end gate cottages
    flats circus quay wharf broadway buildings heights meadows vale dale brow estate towers""".split()
)
_NOT_A_STREET = _GENERIC | frozenset(
    """main busy side back front quiet long dark one cross dead whole little country slip ring dual wrong right left down up across
    along over under towards around round half very too so as it get getting got be being been are were he she they we you i not
    under pretty fairly really emotionally quite more his keep keeping stay kept came come coming drew draw pull pulled bring how
    bike bridle foot bus cycle memory some most only give test hard disk usb thru through learning learn can't can could to will would""".split()
)
_BEFORE_A_STREET = frozenset("twds towards opp nr jct loc on in at down off near to from of along up by outside round opposite past through via live lives lived".split())
_BEFORE_A_PLACE = frozenset("in at near from to around outside via towards into of leave left through visiting".split())
_BEFORE_A_NUMBER = frozenset("at from to neighbour opposite outside lives in of door".split())
_BEFORE_A_NAME = frozenset("at the in from to near outside is of behind called".split())
_SUFFIX = re.compile(r"(?:wick|ton|ham|ford|bury|ley|worth|mouth|chester|combe|thorpe|field|well|borough|stead|pool|ville|hurst|minster|dale|gate|bridge|land|shire|by|caster|cester|moor|side)$")
_NOT_AFTER_PLACE = frozenset({"united", "city", "rovers", "albion", "wanderers"})


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
            if len(way) > 1 or (way and not is_word(way[0]) and way[0] not in FIRST and way[0] not in EITHER and way[0] not in PLACES):
                ways.add(way[:LONGEST_NAME])
        if short and len(short) < len(words):  # Argyle Primary School: Argyle school, Argyle primary
            ways |= {(*short, one) for one in words[len(short) :] if one in _SCHOOLS}
        for way in ways:
            if way and (len(way) > 1 or len(way[0]) > 3) and not all(one in _GENERIC or one in _INSTITUTIONS for one in way):  # noqa: PLR2004
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
    for at in range(len(words.tokens)):
        for first, last, kind in _at(words, at):
            start, end = reading.where(words.tokens[first].start, words.tokens[last].end)
            yield Span(start=start, end=end, kind=kind, rule=RULE, certain=False, field=None)


def _at(words: Words, at: int) -> Iterator[tuple[int, int, Kind]]:
    token = words.tokens[at]
    if token.base in PLACES:
        length = _listed(words, at)
        if length:
            yield at, at + length - 1, Kind.PLACE
    if token.low in _STRONG_STREET or token.low in _WEAK_STREET:
        first = _street(words, at)
        if first is not None:
            yield first, at, Kind.PLACE
    if token.low in _INSTITUTIONS:
        first = _institution(words, at)
        if first is not None:
            yield first, at, Kind.ORGANISATION
    if token.low in {"flat", "apartment", "apt", "bungalow", "plot"} and _is_numbered(words, at):
        yield at, at + 1, Kind.PLACE
    if token.low in {"st", "saint"} and (token.capital or not words.by_case):
        last = _saint(words, at)
        if last is not None:
            yield at, last, Kind.ORGANISATION
    if token.low[0].isdigit() and _house_number(words, at):
        yield at, at + 1, Kind.PLACE
    if token.low in {"number", "no"} and _is_numbered(words, at) and at and words.tokens[at - 1].low in _BEFORE_A_NUMBER:
        yield at, at + 1, Kind.PLACE
    last = _worded(words, at, token)
    if last is not None:
        yield at, last, Kind.PLACE
    if _looks_like_a_place(words, at, token):
        yield at, at, Kind.PLACE


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
        if numbered or ((strong or token_is_st(words, at)) and led) or (strong and not is_word(word.base) and not near_a_word(word.base)):
            first -= 1
        break
    if first == at:
        return None
    if first and tokens[first - 1].low[0].isdigit() and words.gap(first - 1).strip(",") == " ":
        first -= 1
    return first


def token_is_st(words: Words, at: int) -> bool:
    """Whether "st" here ends a street and begins no saint."""
    after = words.tokens[at + 1] if at + 1 < len(words.tokens) else None
    return words.tokens[at].low == "st" and (after is None or after.opens or words.gap(at) != " " or is_word(after.low))


def _worded(words: Words, at: int, token: Token) -> int | None:
    """The last of two or three words with capitals after "at" or "the" that are no title of a role or a meeting: Malt Shovel."""
    tokens = words.tokens
    if token.opens or not at or tokens[at - 1].low not in _BEFORE_A_NAME or not _is_titled(words, at):
        return None
    last = at
    while last + 1 < len(tokens) and last - at < 2 and words.gap(last) in {" ", "-"} and _is_titled(words, last + 1):  # noqa: PLR2004
        last += 1
    return last if last > at else None


def _is_titled(words: Words, at: int) -> bool:
    token = words.tokens[at]
    return named_by_capital(words, at) and not token.opens and token.base not in TITLED and token.base not in MONTHS and token.base not in KIN


def _institution(words: Words, at: int) -> int | None:
    """The first word of the name that ends in "Primary School" or "Surgery" here; None if it has no name of its own."""
    tokens = words.tokens
    first, named = at, False
    while first > 0 and at - first < 6 and words.gap(first - 1) in {" ", "-", " & ", "' ", ". "}:  # noqa: PLR2004
        word = tokens[first - 1]
        generic = word.low in _GENERIC or word.base in _INSTITUTIONS
        if words.by_case and word.capital and not (word.shouted and len(word.low) < 5):  # noqa: PLR2004
            if word.opens and (generic or word.low in KIN or word.low in SAID or word.low in WITH or word.low in TITLES or (is_word(word.low) and word.low.endswith(("ed", "ing")))):
                break
            if word.low in MONTHS and word.low not in {"may", "march"}:
                break
            named = named or not generic
            first -= 1
            if word.opens:
                break
            continue
        if generic and word.low not in {"the", "at", "to", "from", "in", "and", "his", "her"} and not named:
            if word.low in _INSTITUTIONS or word.low in {"c", "of", "e", "ce", "rc", "children's", "childrens", "medical", "health", "community", "church", "catholic"}:
                first -= 1
                continue
            break
        if not generic and not named and not _is_plain(word, tokens[at]):
            named = True
            first -= 1
            continue
        break
    if not named or (tokens[at].low in _WEAK and not any(tokens[one].capital or not is_word(tokens[one].base) for one in range(first, at))):
        return None
    return first


def _is_plain(word: Token, kind: Token) -> bool:
    """Whether a word in lower case before "nursery" is none of its name."""
    if word.base in FIRST or word.base in LAST:
        return False
    return is_word(word.base) or kind.low in _WEAK or near_a_word(word.base) or not word.low[0].isalpha()


def _is_numbered(words: Words, at: int) -> bool:
    tokens = words.tokens
    if at + 1 >= len(tokens) or words.gap(at).strip() not in {"", "no", "."}:
        return False
    return tokens[at + 1].low[0].isdigit() or (len(tokens[at + 1].low) == 1 and tokens[at + 1].capital and tokens[at + 1].low != "i")


def _house_number(words: Words, at: int) -> bool:
    """A number before a name with a capital, after "at": 12 Larchfield."""
    tokens = words.tokens
    if not at or at + 1 >= len(tokens) or words.gap(at) != " " or not tokens[at].low[:-1].isdigit():
        return False
    after = tokens[at + 1]
    return tokens[at - 1].low in {"at", "of"} and named_by_capital(words, at + 1) and after.low not in MONTHS and not is_word(after.low)


def _saint(words: Words, at: int) -> int | None:
    """The last word of St Anne's; None if this is a street or a form of "first"."""
    tokens = words.tokens
    if at + 1 >= len(tokens) or words.gap(at) not in {" ", ". ", "."}:
        return None
    after = tokens[at + 1]
    if after.low[0].isdigit() or after.low in {"and", "in", "on", "to", "the", "at", "with", "was", "is"}:
        return None
    if not (named_by_capital(words, at + 1) or after.base in FIRST or after.base.rstrip("s") in FIRST):
        return None
    return at + 1


def _looks_like_a_place(words: Words, at: int, token: Token) -> bool:
    """An unknown word that ends like a town, after "in" or "near": Farnwick, in lower case too."""
    if not at or token.opens or len(token.base) < 6 or not _SUFFIX.search(token.base):  # noqa: PLR2004
        return False
    if words.tokens[at - 1].low not in _BEFORE_A_PLACE or is_word(token.base) or token.base in FIRST:
        return False
    return not near_a_word(token.base) or named_by_capital(words, at)

