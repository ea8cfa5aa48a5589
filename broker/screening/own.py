"""The message's own record: every name, alias, date, address and number in it, found in any written form (TXT-2).

`known` reads them out of a message's content; `Own` finds them in a text. A form is certain unless what is written is
also somebody else's name (Jaydon for Jayden).
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import lru_cache
from itertools import combinations, pairwise
from typing import Any, NamedTuple

from broker.screening.alike import MOST_APART, alike, one_slip, slips_between, sound
from broker.screening.dates import BORN_DAY, BORN_MONTH, BORN_YEAR, Written, day_of, written
from broker.screening.lists import EITHER, FIRST, LAST, MONTHS, SETS
from broker.screening.normal import Reading, fold, with_figures
from broker.screening.pet_names import ends_of, pet_forms, shares
from broker.screening.position import KIN, SAID, TITLES, hardly_any_capitals, named_by_capital, reads_as_a_name
from broker.screening.tokens import Token, Words, is_word, near_a_word, words_of
from broker.screening.verdict import Kind, Known, Span

RULE = "TXT-2"

SHORTEST_TYPO = 5
"""Letters of a name from which one slip is still read as that name."""
SHORTEST_SHORT = 3
"""Letters of a short form (Bea) of a first name."""
SHORTEST_INSIDE = 4
"""Letters of a name that is found inside a longer word, an account or an address."""
SHORTEST_NUMBER = 4
"""Letters and figures of a number that is found by itself."""
_PARTICLES = SETS["particles"]

_WHAT: Mapping[str, tuple[Kind, str]] = {
    "familyName": (Kind.PERSON, "the child"),
    "givenNames": (Kind.PERSON, "the child"),
    "alsoKnownAs": (Kind.PERSON, "the child"),
    "name": (Kind.PERSON, "the person"),
    "dateOfBirth": (Kind.DATE, "the child's date of birth"),
    "postcode": (Kind.POSTCODE, "a postcode"),
    "lines": (Kind.PLACE, "an address"),
    "uprn": (Kind.NUMBER, "a property's number"),
    "callbackTelephone": (Kind.TELEPHONE, "a telephone number"),
    "contact": (Kind.TELEPHONE, "how to reach the person"),
    "nhsNumber": (Kind.NUMBER, "an NHS number"),
    "upn": (Kind.NUMBER, "a pupil number"),
    "uln": (Kind.NUMBER, "a learner number"),
    "pncId": (Kind.NUMBER, "a reference"),
    "croNumber": (Kind.NUMBER, "a reference"),
    "crn": (Kind.NUMBER, "a reference"),
    "prisonNumber": (Kind.NUMBER, "a reference"),
    "grantId": (Kind.NUMBER, "a reference"),
    "supersedes": (Kind.NUMBER, "a reference"),
}
"""What the fields of a record hold, by the innermost name, and what the broker writes for it."""
_SAYS_OF_ADDRESS = {"locationAddress": "the place of the incident", "currentAddress": "where the child is"}
_THE_CHILD = "the child"
_OF_THE_CHILD = frozenset({"familyName", "givenNames", "alsoKnownAs"})
_A_YEAR = re.compile("(?:19|20)?[0-9]{2}")
_A_FIGURE = re.compile("[0-9]")
_NAME = re.compile(r"[^\W\d_]+")
_JOINS = re.compile(r"[ ,.\-/_\n]{1,3}")
"""What stands between two names of one person."""
_END = re.compile(
    r"(?:\b(?:ending|ends?|finish(?:es|ing)?|last\s+(?:two|three|four|five|six|[2-6])(?:\s+(?:digits|figures|numbers))?)\b"
    r"(?:\s+(?:up|in|with|is|are|was|digits|of|on))*[\s:\"'.-]{0,3}|\.{2,}\s?|\bx{2,}\s?|\*{2,}\s?)"
    r"(?P<end>[A-Z0-9]{3,6}(?:\s?[A-Z0-9]{2,3})?)(?![A-Z0-9])",
    re.IGNORECASE,
)
"""The end of something longer, as "ending 0123"."""
SHORTEST_END = 3
MOST_SLIPS = 2
"""Letters by which what is near a word too may differ from a name that sounds alike."""
MOST_INITIALS = 6
_BETWEEN_INITIALS = frozenset({".", ". ", " ", "-"})
_NO_INITIALS = frozenset({"am", "pm", "eg", "ie", "ps", "nb", "dob", "ca", "vs", "aka"})
_LETTERS_THAT_ARE_WORDS = frozenset({"a", "i", "s", "u", "x"})
_BEFORE_A_LETTER = (KIN | TITLES | {"little", "baby", "young", "master", "big"}) - {"and"}
_LETTERED = SETS["lettered"]
"""Before one of these, a letter names nobody: Plan B, Year R."""
_SHORT_WORDS = frozenset({"i", "a", "it", "no", "so", "is", "he", "we", "us", "my", "an", "if", "in"})
_WHAT_FAMILIES_DO = frozenset(
    {"all", "and", "are", "aren't", "came", "had", "have", "live", "lived", "moved", "were", "who"}
)
_AFTER_FIGURES = frozenset({"st", "nd", "rd", "th", "yr", "hr", "wk", "am", "pm", "ft", "yo", "lb", "kg", "ds"})
_ALONE = frozenset({"avenue", "close", "crescent", "drive", "grove", "mews", "parade", "row", "terrace", "yard"})
"""Kinds of streets that a street is called by alone: "outside the Parade"."""
_BEFORE_A_STREET = SETS["before a street"] | {"in", "the"}
_MOMENT = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?:[Tt]|$)")

_STREET = {
    "rd": "road", "ave": "avenue", "av": "avenue", "ln": "lane", "cl": "close", "clo": "close", "dr": "drive",
    "cres": "crescent", "cresc": "crescent", "gdns": "gardens", "gdn": "gardens", "garden": "gardens", "ct":
    "court", "crt": "court", "pl": "place", "terr": "terrace", "ter": "terrace", "sq": "square", "gr": "grove",
    "grv": "grove", "street": "st", "str": "st", "saint": "st", "apartment": "flat", "apt": "flat", "flt": "flat",
    "app": "approach", "appr": "approach", "tce": "terrace", "cls": "close", "crs": "crescent", "psge": "passage",
    "wy": "way", "pk": "park", "mt": "mount", "bldgs": "buildings", "hse": "house", "est": "estate",
}  # fmt: skip
_STREET_TYPES = SETS["street types"]
_COMMON = SETS["common"]
"""Words so frequent that in lower case only their place says that they are somebody's name."""
_STRICT = SETS["strict"]
"""The same of first names."""
_BEFORE_A_WORD = SETS["before a word"]
"""Before one of these, a name of the record that is a word too is the word, if it is in lower case."""
_BEFORE_A_HOUSE = frozenset({"at", "door", "flat", "house", "no", "nos", "num", "number"})


def known(content: Mapping[str, Any]) -> tuple[Known, ...]:
    """Every identifier in the wire content of a message, of any type. Free text is no part of the record."""
    relations = {one["adultRef"]: str(one["relation"]) for one in content.get("adults") or () if "relation" in one}
    found: dict[tuple[str, str], Known] = {}
    for field, value in content.items():
        for kind, text, says in _inside(field, field, value, relations):
            found.setdefault((field, text), Known(field=field, kind=kind, value=text, says=says))
    return tuple(found.values())


def _inside(field: str, key: str, value: Any, relations: Mapping[str, str]) -> Iterator[tuple[Kind, str, str]]:  # noqa: ANN401 - JSON
    if isinstance(value, Mapping):
        adult = relations.get(str(value.get("adultRef")))
        for inner, one in value.items():
            of_an_adult = inner == "name" and "adultRef" in value
            ours = (adult or "another adult").replace("-", " ") if of_an_adult else _SAYS_OF_ADDRESS.get(field)
            yield from ((kind, text, ours or says) for kind, text, says in _inside(field, inner, one, relations))
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _inside(field, key, one, relations)
    elif isinstance(value, date):
        yield from _inside(field, key, value.isoformat(), relations)
    elif isinstance(value, str) and value.strip():
        yield from _told(key, value)


def _told(key: str, value: str) -> Iterator[tuple[Kind, str, str]]:
    if key in _WHAT:
        kind, says = _WHAT[key]
        yield (Kind.EMAIL, value, says) if "@" in value else (kind, value, says)
    elif _MOMENT.match(value):
        yield Kind.DATE, value, "a date"
    elif key.endswith("Ref") and key != "adultRef":
        yield Kind.NUMBER, value, "a reference"
    elif key.endswith("Name"):
        yield Kind.PERSON, value, "a person"


class _Form(NamedTuple):
    """One way to write a name. `careful`: it is a word too, or short: only where it reads as a name."""

    whose: int
    careful: bool


class _Hit(NamedTuple):
    whose: int
    start: int
    end: int
    certain: bool


@lru_cache(maxsize=64)  # one message has many texts, and each is read for several recipients
def own(record: tuple[Known, ...]) -> "Own":
    """What finds this record's identifiers."""
    return Own(record)


class Own:
    """Finds the identifiers of one record in texts."""

    def __init__(self, record: tuple[Known, ...]) -> None:
        self.record = record
        self._forms: dict[str, set[_Form]] = {}
        self._inside: dict[str, set[int]] = {}
        self._slips: dict[str, set[tuple[str, int]]] = {}
        self._stems: dict[str, set[tuple[str, int, int]]] = {}
        self._initials: dict[str, set[int]] = {}
        self._phrases: dict[str, set[tuple[int, tuple[str, ...], int]]] = {}
        self._numbers: list[tuple[str, int]] = []
        self._digits: list[tuple[str, int]] = []
        self._outward: dict[str, set[int]] = {}
        self._inward: dict[str, set[int]] = {}
        self._street_words: dict[str, set[int]] = {}
        self._dates: list[tuple[int, int, int, int]] = []
        self._person = [_THE_CHILD if one.field in _OF_THE_CHILD else one.value for one in record]
        self._letters: dict[str, set[str]] = {}
        self._dotted: dict[str, set[int]] = {}
        self._heard: dict[str, tuple[str, set[int]]] = {}
        for whose, one in enumerate(record):
            self._learn(whose, one)
        self._learn_the_child()
        self._in_addresses = {*self._phrases, *self._outward, *self._inward, *self._street_words}

    def _learn(self, whose: int, one: Known) -> None:
        value = fold(one.value).lower()
        match one.kind:
            case Kind.PERSON:
                self._learn_name(whose, value, one.field)
            case Kind.PLACE:
                self._learn_line(whose, value)
            case Kind.POSTCODE:
                code = re.sub(r"[^a-z0-9]", "", with_figures(value))
                self._numbers.append((code, whose))
                self._outward.setdefault(code[:-3], set()).add(whose)
                self._inward.setdefault(code[-3:], set()).add(whose)
            case Kind.DATE:
                moment = _MOMENT.match(value)
                if moment:
                    year, month, day = map(int, moment.groups())
                    self._dates.append((year, month, day, whose))
            case Kind.TELEPHONE:
                digits = re.sub(r"\D", "", value)
                national = re.sub(r"^(?:0044|44|0)", "", digits)
                self._digits += [(national, whose), (national[-6:], whose)] if len(national) > len("123456") else []
            case Kind.EMAIL:
                self._numbers.append((re.sub(r"[^a-z0-9]", "", value), whose))
            case _:
                self._learn_number(whose, value)

    def _learn_number(self, whose: int, value: str) -> None:
        parts = [part for part in re.split(r"[^a-z0-9]+", value) if part]
        self._numbers.append(("".join(parts), whose))
        if len(parts) > 1:
            head, *middle, tail = parts
            short = tail.lstrip("0")
            years = [part[-2:] for part in middle if _A_YEAR.fullmatch(part)]
            self._numbers += [(head + way, whose) for way in (tail, short, *(year + short for year in years))]
            self._numbers += [(part, whose) for part in parts if part.isdigit() and not _A_YEAR.fullmatch(part)]

    def _learn_name(self, whose: int, value: str, field: str) -> None:
        parts = re.findall(r"[^\W\d_]+(?:'[^\W\d_]+)*", value)
        if not parts:
            self._learn_number(whose, value)
            return
        for at, part in enumerate(parts):
            if part in _PARTICLES and len(parts) > 1:
                continue
            given = field != "familyName" and (field != "adultNames" or at < len(parts) - 1 or len(parts) == 1)
            self._learn_part(whose, part, given=given)
        self._inside_of(whose, "".join(parts))
        letters = "".join([part[0] for part in parts])
        self._letters.setdefault(self._person[whose], set()).update(letters)
        if len(parts) > 1:
            self._inside_of(whose, "".join([parts[-1], *parts[:-1]]))
            self._learn_pair(whose, parts[0], parts[-1])
            more = [letters[0] + "".join(two) for two in combinations(letters[1:], 2)]  # CFB of Craig A Fletcher-Booth
            for initials in {letters, *(letters[0] + one for one in letters[1:]), *more}:
                self._initials.setdefault(initials, set()).add(whose)
            self._learn_dotted(letters, {whose})

    def _learn_dotted(self, letters: str, who: set[int]) -> None:
        """Initials with dots between them: some of those of a name, in its order, or with the last first."""
        some = [*combinations(letters[:MOST_INITIALS], 2), *combinations(letters[:MOST_INITIALS], 3), tuple(letters)]
        for way in some:
            for one in (way, (way[-1], *way[:-1])):
                self._dotted.setdefault("".join(one), set()).update(who)

    def _learn_part(self, whose: int, part: str, *, given: bool) -> None:
        plain = part.replace("'", "")
        for form in {part, plain}:
            self._forms.setdefault(form, set()).add(_Form(whose, _is_careful(form)))
        for form in pet_forms(plain, given=given):
            self._forms.setdefault(form, set()).add(_Form(whose, _is_careful(form)))
        if "'" in part:
            before, after, *_ = part.split("'")
            self._phrases.setdefault(after, set()).add((1, (before, after), whose))
            self._forms.setdefault(f"{before}'{after[:1]}", set()).add(_Form(whose, careful=False))
        if len(plain) >= SHORTEST_TYPO:
            for form in _shortened(plain):
                self._slips.setdefault(form, set()).add((plain, whose))
        if len(plain) >= SHORTEST_SHORT:
            least = SHORTEST_SHORT if given else SHORTEST_SHORT + 1
            for stem in (plain, *ends_of(plain)) if given else (plain,):
                self._stems.setdefault(stem[:SHORTEST_SHORT], set()).add((stem, least, whose))
        if len(plain) >= SHORTEST_INSIDE:
            self._inside_of(whose, plain)
            self._heard.setdefault(plain, (sound(plain), set()))[1].add(whose)

    def _inside_of(self, whose: int, form: str) -> None:
        if len(form) >= SHORTEST_INSIDE:
            self._inside.setdefault(form, set()).add(whose)

    def _learn_pair(self, whose: int, first: str, last: str) -> None:
        """Run together, as accounts are named: dcole, darrenc, coled."""
        for form in (first[0] + last, first + last[0], last + first[0]):
            if len(form) >= SHORTEST_INSIDE and not is_word(form) and form not in FIRST and form not in LAST:
                self._forms.setdefault(form, set()).add(_Form(whose, careful=False))

    def _learn_the_child(self) -> None:
        """The child's given and family names stand in two fields: initials and accounts join them."""
        given = [(at, fold(one.value).lower()) for at, one in enumerate(self.record) if one.field == "givenNames"]
        family = [(at, fold(one.value).lower()) for at, one in enumerate(self.record) if one.field == "familyName"]
        for at, names in given:
            for other, surname in family:
                firsts, lasts = re.findall(r"[^\W\d_]+", names), re.findall(r"[^\W\d_]+", surname)
                if not firsts or not lasts:
                    continue
                both = {at, other}
                letters = "".join([part[0] for part in firsts])
                for initials in {
                    letters + lasts[0][0],
                    firsts[0][0] + lasts[0][0],
                    letters + "".join([part[0] for part in lasts]),
                    firsts[0][0] + "".join([part[0] for part in lasts]),
                }:
                    self._initials.setdefault(initials, set()).update(both)
                self._learn_dotted(letters + "".join([part[0] for part in lasts]), both)
                for whose in both:
                    self._learn_pair(whose, firsts[0], "".join(lasts))
                    self._inside_of(whose, firsts[0] + "".join(lasts))
                    self._inside_of(whose, "".join(lasts) + firsts[0])

    def _learn_line(self, whose: int, value: str) -> None:
        parts = tuple([_STREET.get(part, part) for part in re.findall(r"[^\W_]+(?:'[^\W_]+)*", value)])
        numbered = [at for at, part in enumerate(parts) if part[0].isdigit()]
        name = parts[numbered[-1] + 1 :] if numbered else parts
        for at in numbered:
            for before in _BEFORE_A_HOUSE:
                self._add_phrase((before, parts[at]), whose)
        numberless = tuple([part for part in parts if not part[0].isdigit()])
        untyped = name[:-1] if name and name[-1] in _STREET_TYPES else ()
        ways = {parts, name, numberless, untyped} | {(parts[at], *untyped) for at in numbered if untyped}
        if name and name[-1] in _ALONE:
            self._street_words.setdefault(name[-1], set()).add(whose)
        for way in ways:
            if len(way) > 1:
                self._add_phrase(way, whose)
                self._forms.setdefault("".join(way), set()).add(_Form(whose, careful=False))
            elif way and way != untyped and way[0] not in _STREET_TYPES:
                self._learn_place(whose, way[0])
            elif way:
                self._street_words.setdefault(way[0], set()).add(whose)
        for part in name[:-1] if name and name[-1] in _STREET_TYPES else name:
            plain = part.replace("'", "")
            if len(plain) >= SHORTEST_TYPO and part not in _STREET_TYPES and not is_word(plain) and plain not in EITHER:
                self._learn_place(whose, plain)

    def _learn_place(self, whose: int, word: str) -> None:
        if word[0].isdigit():
            return
        self._forms.setdefault(word, set()).add(_Form(whose, is_word(word)))
        if len(word) >= SHORTEST_TYPO:
            self._inside_of(whose, word)
            for form in _shortened(word):
                self._slips.setdefault(form, set()).add((word, whose))

    def _add_phrase(self, way: tuple[str, ...], whose: int) -> None:
        way = tuple([_bare(part) for part in way])
        for at, part in enumerate(way):
            self._phrases.setdefault(part, set()).add((at, way, whose))

    def spans(self, reading: Reading, words: Words, dates: Sequence[Written]) -> list[Span]:
        """Every identifier of the record in this reading; where two fields hold one, a span of each."""
        text = with_figures(reading.text)
        hits = [*self._in_words(words), *self._in_numbers(text), *self._ends(text), *self._in_dates(text, dates)]
        return [
            Span(
                start=where[0],
                end=where[1],
                kind=self.record[hit.whose].kind,
                rule=RULE,
                certain=hit.certain,
                field=self.record[hit.whose].field,
            )
            for hit in _joined(reading.text, hits)
            for where in [reading.where(hit.start, hit.end)]
        ]

    def disguised(self, reading: Reading) -> list[Span]:
        """The same, in a word or two that were read out of something encoded: anything that is like a name is one."""
        squashed = re.sub(r"[^a-z0-9]", "", reading.text.lower())
        found = self.spans(reading, words_of(reading.text), tuple(written(reading.text)))
        if reading.encoded and squashed.isdigit() and len(squashed) >= SHORTEST_NUMBER:
            found += [self._whole(reading, one) for number, one in self._all_numbers() if number.endswith(squashed)]
        for form, who in self._inside.items():
            if form in squashed:
                found += [self._whole(reading, one) for one in who]
        return found

    def _whole(self, reading: Reading, whose: int) -> Span:
        start, end = reading.where(0, len(reading.text))
        one = self.record[whose]
        return Span(start=start, end=end, kind=one.kind, rule=RULE, certain=False, field=one.field)

    def _in_words(self, words: Words) -> Iterator[_Hit]:
        tokens = words.tokens
        for at, token in enumerate(tokens):
            if token.capital or not is_word(token.low) or self._has_form(token.low):
                yield from self._one_word(words, at, token)
            if token.low in self._initials and token.shouted and not _is_a_rank(words, at):
                yield from (_Hit(one, token.start, token.end, certain=True) for one in self._initials[token.low])
            if token.end - token.start == 1 and token.low.isalpha():
                yield from self._spaced_initials(words, at)
            if len(token.base) == 1 and token.capital:
                yield from self._one_letter(words, at)
            if at and tokens[at - 1].low + token.base in self._forms:
                yield from self._split_in_two(words, at)
            part = _bare(_STREET.get(token.base, token.low))
            if part in self._in_addresses or token.low in self._in_addresses:
                yield from self._of_an_address(words, at, part)

    def _of_an_address(self, words: Words, at: int, part: str) -> Iterator[_Hit]:
        """Phrases of several words, and of a street or a postcode what stands for it alone."""
        tokens, token = words.tokens, words.tokens[at]
        if token.low in self._street_words and _is_a_street_named(words, at):
            yield from (_Hit(one, token.start, token.end, certain=False) for one in self._street_words[token.low])
        if token.low in self._inward and (token.shouted or token.low[1:] not in _AFTER_FIGURES):
            yield from (_Hit(one, token.start, token.end, certain=True) for one in self._inward[token.low])
        for place, way, whose in self._phrases.get(part, ()):
            first = at - place
            if first >= 0 and first + len(way) <= len(tokens) and _same(tokens[first : first + len(way)], way):
                yield _Hit(whose, tokens[first].start, tokens[first + len(way) - 1].end, certain=True)
        for whose in self._outward.get(token.low, ()):
            if token.end - token.start >= SHORTEST_SHORT or (
                token.capital and words.text[max(token.start - 4, 0) : token.start] != "the "
            ):
                yield _Hit(whose, token.start, token.end, certain=True)

    def _one_word(self, words: Words, at: int, token: Token) -> Iterator[_Hit]:
        bare = token.low.strip("0123456789")
        end = token.start + (len(token.base) if token.low != token.base else len(token.low))
        ways = {token.low, bare}
        if "'" in token.low:
            ways |= {token.base, token.base.replace("'", "")}
        if token.low.endswith("s"):
            ways |= {token.low[:-1], token.low[:-1].rstrip("'")}
        exact = [
            form.whose
            for way in ways
            for form in self._forms.get(way, ())
            if not form.careful or token.low != bare or self._reads(words, at, way, form.whose)
        ]
        yield from (_Hit(whose, token.start, end, certain=True) for whose in exact)
        if not exact and len(bare) >= SHORTEST_SHORT:
            yield from self._like_one(words, at, ways)

    def _has_form(self, low: str) -> bool:
        """Whether a word in small letters may be a form; most are not, and there the reading ends."""
        return low in self._forms or "'" in low or (low.endswith("s") and low[:-1] in self._forms) or low.isdigit()

    def _like_one(self, words: Words, at: int, ways: set[str]) -> Iterator[_Hit]:
        """Slips of the fingers, short forms, and names inside a longer word."""
        token = words.tokens[at]
        word = is_word(token.base) or token.base in EITHER
        if word and not (named_by_capital(words, at) and (not token.opens or _says(words, at))):
            return
        end, listed = token.start + len(token.base), token.base in FIRST or token.base in LAST
        slips = {pair for way in ways for pair in self._near(way)}
        near = {whose for name, whose in slips if name[0] == token.low[0] or not word}
        near.update(self._shortened_to(token.base))
        yield from (_Hit(whose, token.start, end, certain=not listed) for whose in near)
        if not near and not word and len(token.base) >= SHORTEST_INSIDE and not token.low[0].isdigit():
            yield from (_Hit(whose, token.start, end, certain=False) for whose in self._by_ear(token))
        if not listed and not word:
            for form, who in self._inside.items():
                if form in token.low:
                    yield from (_Hit(one, token.start, token.end, certain=False) for one in who)

    def _reads(self, words: Words, at: int, way: str, whose: int) -> bool:
        """Whether a form that is a word too is a name here."""
        token = words.tokens[at]
        for other in (at - 1, at + 1):  # nick beside brown is Nick Brown
            beside = _touches(words, at, other) and words.tokens[other].base != token.base
            if beside and self._is_of(words, other, whose):
                return True
        if words.text[token.start - 1 : token.start] == '"' == words.text[token.end : token.end + 1]:
            return True
        if len(way) <= 2:  # noqa: PLR2004 - a short name is written with a capital
            return (token.capital or hardly_any_capitals(words)) and way not in _SHORT_WORDS
        if token.low == f"{way}s" and at and words.tokens[at - 1].low == "the" and _is_a_family(words, at):
            return True
        if way in _STRICT or way in _COMMON or named_by_capital(words, at):
            return reads_as_a_name(words, at, of_the_record=True)
        return token.opens or words.gap(at - 1) != " " or words.tokens[at - 1].low not in _BEFORE_A_WORD

    def _near(self, way: str) -> Iterator[tuple[str, int]]:
        """Names that one slip makes of this."""
        for form in _shortened(way):
            for name, whose in self._slips.get(form, ()):
                if way != name and one_slip(way, name):
                    yield name, whose

    def _is_of(self, words: Words, at: int, whose: int) -> bool:
        """Whether the word here is another name, or an initial, of the same person."""
        token, person = words.tokens[at], self._person[whose]
        if len(token.low) == 1:
            sure = token.capital or words.text[token.end : token.end + 1] == "."
            return token.low in self._letters.get(person, ()) and (sure or token.low not in _LETTERS_THAT_ARE_WORDS)
        return any(self._person[form.whose] == person for form in self._forms.get(token.base, ()))

    def _by_ear(self, token: Token) -> Iterator[int]:
        """Whose name this is with two slips in it, or spelled as it is heard."""
        base = token.base
        near = [name for name in self._heard if abs(len(name) - len(base)) <= MOST_APART]
        said = sound(base) if near else ""
        for name in near:
            heard, who = self._heard[name]
            if alike(base, name, by_ear=len(heard) > 1 and said == heard) and (
                token.capital or slips_between(base, name) <= MOST_SLIPS or not near_a_word(base)
            ):
                yield from who

    def _shortened_to(self, base: str) -> Iterator[int]:
        """Whose name this is a short form of: its beginning (Bea), perhaps with an ending (Rubes, Colesy)."""
        for name, least, whose in self._stems.get(base[:SHORTEST_SHORT], ()):
            if shares(base, name) >= least:
                yield whose

    def _spaced_initials(self, words: Words, at: int) -> Iterator[_Hit]:
        """D.C. and D C, and the initial before or after a name that is a hit already (D. Cole)."""
        tokens, letters, end = words.tokens, words.tokens[at].low, at
        last = min(len(tokens) - 1, at + MOST_INITIALS - 1)
        while end < last and tokens[end + 1].end - tokens[end + 1].start == 1:
            gap = words.gap(end)
            if gap not in _BETWEEN_INITIALS or not (gap == "." or (tokens[at].capital and tokens[end + 1].capital)):
                break
            end += 1
            letters += tokens[end].low
            if not tokens[at].capital and letters in _NO_INITIALS:
                continue
            sure = letters in self._initials
            for whose in self._initials.get(letters, ()) if sure else self._dotted.get(letters, ()):
                yield _Hit(whose, tokens[at].start, tokens[end].end, certain=sure)
        for other in (at - 1, at + 1):
            if _touches(words, at, other) and len(tokens[other].base) > 1:
                for form in self._forms.get(tokens[other].base, ()):
                    if self._is_of(words, at, form.whose) and tokens[at].low != "i":
                        yield _Hit(form.whose, tokens[at].start, tokens[at].end, certain=True)

    def _one_letter(self, words: Words, at: int) -> Iterator[_Hit]:
        """Somebody of the record by one initial: Mr C, little T, K's mum, "K said"."""
        token = words.tokens[at]
        before = words.tokens[at - 1] if at and not token.opens else None
        after = words.tokens[at + 1] if at + 1 < len(words.tokens) else None
        gap = words.gap(at - 1) if before else ""
        named = (
            (before is not None and gap in {" ", ". "} and (before.low in _BEFORE_A_LETTER))
            or token.low != token.base
            or (after is not None and words.gap(at) == " " and after.low in SAID and token.low not in {"i", "a"})
        )
        if not named or not words.by_case or token.base == "i" or (before is not None and before.low in _LETTERED):
            return
        who = [whose for whose, one in enumerate(self.record) if one.kind is Kind.PERSON and _begins(one, token.base)]
        sure = len({self._person[whose] for whose in who}) == 1
        yield from (_Hit(whose, token.start, token.start + 1, certain=sure) for whose in who)

    def _split_in_two(self, words: Words, at: int) -> Iterator[_Hit]:
        """A name that the end of a line, a hyphen or a blank has cut: Kay-leigh."""
        before, token, gap = words.tokens[at - 1], words.tokens[at], words.gap(at - 1)
        cut = gap.strip() == "-" or gap.strip(" ") == "\n"
        if not cut and (gap != " " or (is_word(before.low) and is_word(token.base))):
            return
        for form in self._forms.get(before.low + token.base, ()):
            if len(before.low + token.base) >= SHORTEST_INSIDE and before.low not in _LETTERS_THAT_ARE_WORDS:
                yield _Hit(form.whose, before.start, token.start + len(token.base), certain=True)

    def _in_numbers(self, text: str) -> Iterator[_Hit]:
        if not _A_FIGURE.search(text) and not any(number.isalpha() for number, _ in self._numbers):
            return
        letters = [(place, letter) for place, letter in enumerate(text.lower()) if letter.isalnum()]
        squashed = "".join([letter for _, letter in letters])
        for number, whose in self._numbers:
            if len(number) < SHORTEST_NUMBER:
                continue
            for at in _places(squashed, number):
                places = [place for place, _ in letters[at : at + len(number)]]
                start = places[0] - len(text[: places[0]]) + len(text[: places[0]].rstrip("0"))
                if _tight(places) and _apart(text, start, places[-1] + 1):
                    yield _Hit(whose, start, places[-1] + 1, certain=True)
        figures = [(place, letter) for place, letter in letters if letter.isdigit()]
        digits = "".join([letter for _, letter in figures])
        for number, whose in self._digits:
            for at in _places(digits, number):
                places = [place for place, _ in figures[at : at + len(number)]]
                if _tight(places):
                    yield _Hit(whose, places[0], places[-1] + 1, certain=True)

    def _all_numbers(self) -> Iterator[tuple[str, int]]:
        yield from self._numbers
        yield from self._digits

    def _ends(self, text: str) -> Iterator[_Hit]:
        """The end of a number or a postcode that is said to be one: "ending 0123", xxx0123."""
        for match in _END.finditer(text):
            said = re.sub(r"[^a-z0-9]", "", match["end"].lower())
            for number, whose in self._all_numbers():
                if len(said) >= SHORTEST_END and number.endswith(said):
                    yield _Hit(whose, *match.span("end"), certain=True)

    def _in_dates(self, text: str, dates: Sequence[Written]) -> Iterator[_Hit]:
        for year, month, day, whose in self._dates:
            born = self.record[whose].field == "dateOfBirth"
            for one in dates:
                if any(_means(way, (year, month, day), born=born) for way in one.ways):
                    yield _Hit(whose, one.start, one.end, certain=True)
            if born:
                for shape, part, means in (
                    (BORN_YEAR, year, int),
                    (BORN_MONTH, month, lambda said: MONTHS[said.lower()]),
                    (BORN_DAY, day, day_of),
                ):
                    for match in shape.finditer(text):
                        if means(match["value"]) == part:
                            yield _Hit(whose, *match.span("value"), certain=True)


def _begins(one: Known, letter: str) -> bool:
    """Whether a part of this name begins with the letter."""
    return any(part[0] == letter for part in _NAME.findall(fold(one.value).lower()))


def _says(words: Words, at: int) -> bool:
    """Whether the word after this one is what somebody does."""
    return at + 1 < len(words.tokens) and words.gap(at) == " " and words.tokens[at + 1].low in SAID


def _is_a_family(words: Words, at: int) -> bool:
    """Whether "the bells" are people here."""
    return at + 1 < len(words.tokens) and words.tokens[at + 1].low in _WHAT_FAMILIES_DO


def _is_careful(form: str) -> bool:
    """Whether this way to write a name is a word too, or so short that it may be an abbreviation."""
    return is_word(form) or form in EITHER or len(form) <= 2  # noqa: PLR2004


def _shortened(word: str) -> set[str]:
    """The word, and every text that one letter less makes of it."""
    return {word, *(word[:at] + word[at + 1 :] for at in range(len(word)))}


def _same(tokens: Sequence[Token], way: tuple[str, ...]) -> bool:
    """Whether these words are the phrase, with one slip in one longer word."""
    slips = 0
    for token, part in zip(tokens, way, strict=True):
        written = _STREET.get(token.base, token.base)
        if _bare(written) == part or _bare(token.low) == part:
            continue
        if len(part) < SHORTEST_INSIDE or part[0].isdigit() or not one_slip(written, part):
            return False
        slips += 1
    return slips <= 1


def _is_a_rank(words: Words, at: int) -> bool:
    """Whether DC, PC or SW stands for what somebody is: before a name or a number, or after an article."""
    token = words.tokens[at]
    if token.low not in {
        "dc",
        "pc",
        "ds",
        "ps",
        "di",
        "sw",
        "hv",
        "ta",
        "gp",
        "dv",
        "ht",
        "cp",
        "la",
        "pp",
        "dh",
        "ic",
    }:
        return False
    before = words.tokens[at - 1].low if at and not token.opens else ""
    after = words.tokens[at + 1] if at + 1 < len(words.tokens) else None
    named = after is not None and (after.low[0].isdigit() or (after.capital and not after.opens and not after.shouted))
    return named or before in {"the", "a", "allocated", "duty", "family", "new", "our", "my", "to", "female", "male"}


def _bare(word: str) -> str:
    return word.replace("'", "")


def _touches(words: Words, at: int, other: int) -> bool:
    """Whether the two words stand side by side, with a sign between them at most."""
    return 0 <= other < len(words.tokens) and _JOINS.fullmatch(words.gap(min(at, other))) is not None


def _is_a_street_named(words: Words, at: int) -> bool:
    """Whether this word with a capital, that a street of the record is named by, stands where a street would."""
    if not at or words.tokens[at].opens or not named_by_capital(words, at):
        return False
    after = words.tokens[at + 1] if at + 1 < len(words.tokens) else None
    return words.tokens[at - 1].low in _BEFORE_A_STREET and (after is None or after.opens or not after.capital)


def _places(text: str, part: str) -> Iterator[int]:
    at = text.find(part)
    while at >= 0:
        yield at
        at = text.find(part, at + 1)


MOST_BETWEEN = 4
"""How far apart two characters of one number stand, at most."""


def _tight(places: Sequence[int]) -> bool:
    """Whether only spaces and signs, three at most, stand between these characters."""
    return all(right - left <= MOST_BETWEEN for left, right in pairwise(places))


def _apart(text: str, start: int, end: int) -> bool:
    """Whether it is no part of a longer run of letters and figures."""
    return not text[max(start - 1, 0) : start].isalnum() and not text[end : end + 1].isalnum()


def _means(way: tuple[int, int, int], when: tuple[int, int, int], *, born: bool) -> bool:
    year, month, day = way
    if month != when[1] or (year and year % 100 != when[0] % 100):
        return False
    return day == when[2] or (day == 0 and year != 0 and born)


def _joined(text: str, hits: Sequence[_Hit]) -> list[_Hit]:
    """Hits of one identifier that touch or stand beside each other become one."""
    found: list[_Hit] = []
    last: dict[int, int] = {}
    for hit in sorted(set(hits), key=lambda one: (one.start, -one.end)):
        before = found[last[hit.whose]] if hit.whose in last else None
        if before is not None and (hit.start <= before.end or text[before.end : hit.start].strip(" ,.-'\"()") == ""):
            certain = before.certain and hit.certain
            found[last[hit.whose]] = _Hit(hit.whose, before.start, max(before.end, hit.end), certain)
            continue
        last[hit.whose] = len(found)
        found.append(hit)
    return found
