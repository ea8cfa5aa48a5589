"""The message's own record: every name, alias, date, address and number in it, found in any written form (TXT-2).

`known` reads them out of a message's content; `Own` finds them in a text. A form is certain unless what is written is
also somebody else's name (Jaydon for Jayden).
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import lru_cache
from itertools import pairwise
from typing import Any, NamedTuple

from broker.screening.dates import Written
from broker.screening.lists import EITHER, FIRST, LAST, NICKNAMES, SETS
from broker.screening.normal import Reading, fold
from broker.screening.position import named_by_capital, reads_as_a_name
from broker.screening.tokens import Token, Words, is_word, words_of
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
_MOMENT = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?:[Tt]|$)")

_STREET = {
    "rd": "road", "ave": "avenue", "av": "avenue", "ln": "lane", "cl": "close", "clo": "close", "dr": "drive",
    "cres": "crescent", "cresc": "crescent", "gdns": "gardens", "gdn": "gardens", "garden": "gardens", "ct": "court",
    "crt": "court", "pl": "place", "terr": "terrace", "ter": "terrace", "sq": "square", "gr": "grove", "grv": "grove",
    "street": "st", "str": "st", "saint": "st", "apartment": "flat", "apt": "flat", "wy": "way", "pk": "park",
    "mt": "mount", "bldgs": "buildings", "hse": "house", "est": "estate",
}  # fmt: skip
_STREET_TYPES = SETS["street types"]
_FOND_ENDINGS = SETS["fond endings"]
"""Endings that short forms of first names take."""
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
        self._stems: dict[str, set[tuple[str, int]]] = {}
        self._initials: dict[str, set[int]] = {}
        self._phrases: dict[str, set[tuple[int, tuple[str, ...], int]]] = {}
        self._numbers: list[tuple[str, int]] = []
        self._digits: list[tuple[str, int]] = []
        self._outward: dict[str, set[int]] = {}
        self._dates: list[tuple[int, int, int, int]] = []
        for whose, one in enumerate(record):
            self._learn(whose, one)
        self._learn_the_child()

    def _learn(self, whose: int, one: Known) -> None:
        value = fold(one.value).lower()
        match one.kind:
            case Kind.PERSON:
                self._learn_name(whose, value, one.field)
            case Kind.PLACE:
                self._learn_line(whose, value)
            case Kind.POSTCODE:
                code = re.sub(r"[^a-z0-9]", "", value)
                self._numbers.append((code, whose))
                self._outward.setdefault(code[:-3], set()).add(whose)
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
            self._numbers += [(part, whose) for part in parts if len(part) > SHORTEST_NUMBER and part.isdigit()]

    def _learn_name(self, whose: int, value: str, field: str) -> None:
        parts = re.findall(r"[^\W\d_]+(?:'[^\W\d_]+)*", value)
        if not parts:
            self._learn_number(whose, value)
            return
        for at, part in enumerate(parts):
            if part in _PARTICLES and len(parts) > 1:
                continue
            given = field != "familyName" and (field != "adultNames" or at < len(parts) - 1 or len(parts) == 1)
            self._learn_part(whose, part, nicknames=given)
        self._inside_of(whose, "".join(parts))
        if len(parts) > 1:
            self._inside_of(whose, "".join([parts[-1], *parts[:-1]]))
            self._learn_pair(whose, parts[0], parts[-1])
            letters = "".join([part[0] for part in parts])
            for initials in {letters, *(parts[0][0] + part[0] for part in parts[1:])}:
                self._initials.setdefault(initials, set()).add(whose)

    def _learn_part(self, whose: int, part: str, *, nicknames: bool) -> None:
        plain = part.replace("'", "")
        for form in {part, plain}:
            self._forms.setdefault(form, set()).add(_Form(whose, _is_careful(form)))
        if "'" in part:
            self._phrases.setdefault(part.split("'")[1], set()).add((1, tuple(part.split("'")), whose))
        if len(plain) >= SHORTEST_INSIDE:
            self._inside_of(whose, plain)
        if len(plain) >= SHORTEST_TYPO:
            for form in _shortened(plain):
                self._slips.setdefault(form, set()).add((plain, whose))
        if nicknames and len(plain) >= SHORTEST_INSIDE:
            self._stems.setdefault(plain[:3], set()).add((plain, whose))
            for end in range(SHORTEST_INSIDE, len(plain) - 2):  # Segun of Olusegun
                if not is_word(plain[-end:]):
                    self._stems.setdefault(plain[-end:][:3], set()).add((plain[-end:], whose))
        for short in NICKNAMES.get(plain, ()) if nicknames else ():
            self._forms.setdefault(short, set()).add(_Form(whose, _is_careful(short)))

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
        for way in {parts, name, tuple([part for part in parts if not part[0].isdigit()])}:
            if len(way) > 1:
                self._add_phrase(way, whose)
                self._forms.setdefault("".join(way), set()).add(_Form(whose, careful=False))
            elif way:
                self._learn_place(whose, way[0])
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
        for at, part in enumerate(way):
            self._phrases.setdefault(part, set()).add((at, way, whose))

    def spans(self, reading: Reading, words: Words, dates: Sequence[Written]) -> list[Span]:
        """Every identifier of the record in this reading; where two fields hold one, a span of each."""
        hits = [*self._in_words(words), *self._in_numbers(reading.text), *self._in_dates(reading.text, dates)]
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
        found = self.spans(reading, words_of(reading.text), ())
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
            yield from self._one_word(words, at, token)
            if token.low in self._initials and token.shouted and not _is_a_rank(words, at):
                yield from (_Hit(one, token.start, token.end, certain=True) for one in self._initials[token.low])
            if token.end - token.start == 1 and token.capital:
                yield from self._spaced_initials(words, at)
            part = _STREET.get(token.base, token.base)
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

    def _like_one(self, words: Words, at: int, ways: set[str]) -> Iterator[_Hit]:
        """Slips of the fingers, short forms, and names inside a longer word."""
        token = words.tokens[at]
        word = is_word(token.base) or token.base in EITHER
        if word and (token.opens or not named_by_capital(words, at)):
            return
        end, listed = token.start + len(token.base), token.base in FIRST or token.base in LAST
        slips = {pair for way in ways for pair in self._near(way)}
        near = {whose for name, whose in slips if name[0] == token.low[0] or not word}
        near.update(self._shortened_to(token.base))
        yield from (_Hit(whose, token.start, end, certain=not listed) for whose in near)
        if not listed and not word:
            for form, who in self._inside.items():
                if form in token.low:
                    yield from (_Hit(one, token.start, token.end, certain=False) for one in who)

    def _reads(self, words: Words, at: int, way: str, whose: int) -> bool:
        """Whether a form that is a word too is a name here."""
        token = words.tokens[at]
        for other in (at - 1, at + 1):  # nick beside brown is Nick Brown
            if 0 <= other < len(words.tokens) and words.gap(min(at, other)) in {" ", ", "}:
                beside = self._forms.get(words.tokens[other].base, set())
                if any(form.whose == whose for form in beside) and words.tokens[other].base != token.base:
                    return True
        if len(way) <= 2:  # noqa: PLR2004 - a short name is written with a capital
            return token.capital and way not in {
                "i",
                "a",
                "it",
                "no",
                "so",
                "is",
                "he",
                "we",
                "us",
                "my",
                "an",
                "if",
                "in",
            }
        if way in _STRICT or way in _COMMON or named_by_capital(words, at):
            return reads_as_a_name(words, at, of_the_record=True)
        return token.opens or words.gap(at - 1) != " " or words.tokens[at - 1].low not in _BEFORE_A_WORD

    def _near(self, way: str) -> Iterator[tuple[str, int]]:
        """Names that one slip makes of this."""
        for form in _shortened(way):
            for name, whose in self._slips.get(form, ()):
                if way != name and one_slip(way, name):
                    yield name, whose

    def _shortened_to(self, base: str) -> Iterator[int]:
        """Whose name this is a short form of: its beginning (Bea), perhaps with an ending (Rubes, Colesy)."""
        for name, whose in self._stems.get(base[:3], ()):
            shared = len(base) if name.startswith(base) else 0
            for at in range(3, min(len(base), len(name)) + 1):
                if base[:at] == name[:at] and base[at:] in _FOND_ENDINGS:
                    shared = at
            if shared:
                yield whose

    def _spaced_initials(self, words: Words, at: int) -> Iterator[_Hit]:
        """D.C. and D C, and the initial before or after a name that is a hit already (D. Cole)."""
        tokens, letters, end = words.tokens, words.tokens[at].low, at
        while end + 1 < len(tokens) and tokens[end + 1].end - tokens[end + 1].start == 1 and tokens[end + 1].capital:
            if words.gap(end) not in {".", ". ", " ", "-"}:
                break
            end += 1
            letters += tokens[end].low
            for whose in self._initials.get(letters, ()):
                yield _Hit(whose, tokens[at].start, tokens[end].end, certain=True)
        for other in (at - 1, at + 1):
            if 0 <= other < len(tokens) and words.gap(min(at, other)) in {" ", ". ", ".", ", "}:
                for initials, who in self._initials.items():
                    if tokens[at].low not in initials or tokens[at].low == "i":
                        continue
                    for whose in who:
                        if any(form.whose == whose for form in self._forms.get(tokens[other].base, ())):
                            yield _Hit(whose, tokens[at].start, tokens[at].end, certain=True)

    def _in_numbers(self, text: str) -> Iterator[_Hit]:
        if not any(character.isdigit() for character in text) and not any(
            number.isalpha() for number, _ in self._numbers
        ):
            return
        letters = [(place, letter) for place, letter in enumerate(text.lower()) if letter.isalnum()]
        squashed = "".join([letter for _, letter in letters])
        for number, whose in self._numbers:
            if len(number) < SHORTEST_NUMBER:
                continue
            for at in _places(squashed, number):
                places = [place for place, _ in letters[at : at + len(number)]]
                if _tight(places) and _apart(text, places[0], places[-1] + 1):
                    yield _Hit(whose, places[0], places[-1] + 1, certain=True)
        figures = [(place, letter) for place, letter in letters if letter.isdigit()]
        digits = "".join([letter for _, letter in figures])
        for number, whose in self._digits:
            for at in _places(digits, number):
                places = [place for place, _ in figures[at : at + len(number)]]
                if _tight(places):
                    yield _Hit(whose, places[0], places[-1] + 1, certain=True)

    def _in_dates(self, text: str, dates: Sequence[Written]) -> Iterator[_Hit]:
        for year, month, day, whose in self._dates:
            born = self.record[whose].field == "dateOfBirth"
            for one in dates:
                if any(_means(way, (year, month, day), born=born) for way in one.ways):
                    yield _Hit(whose, one.start, one.end, certain=True)
            if born:
                for match in re.finditer(
                    rf"(?:\bborn|\bd\.?o\.?b\.?|\bb\.)\W+(?:(?:in|is|was)\W+)?({year})\b", text, re.IGNORECASE
                ):
                    yield _Hit(whose, *match.span(1), certain=True)


def _is_careful(form: str) -> bool:
    """Whether this way to write a name is a word too, or so short that it may be an abbreviation."""
    return is_word(form) or form in EITHER or len(form) <= 2  # noqa: PLR2004


def _shortened(word: str) -> set[str]:
    """The word, and every text that one letter less makes of it."""
    return {word, *(word[:at] + word[at + 1 :] for at in range(len(word)))}


def one_slip(left: str, right: str) -> bool:
    """Whether one letter dropped, put in or changed, or two swapped, makes one of the other."""
    if left == right or abs(len(left) - len(right)) > 1:
        return left == right
    start = 0
    while start < min(len(left), len(right)) and left[start] == right[start]:
        start += 1
    a, b = left[start:], right[start:]
    if len(a) == len(b):
        return a[1:] == b[1:] or (a[1:2] + a[:1] == b[:2] and a[2:] == b[2:])
    return a[1:] == b if len(a) > len(b) else a == b[1:]


def _same(tokens: Sequence[Token], way: tuple[str, ...]) -> bool:
    """Whether these words are the phrase, with one slip in one longer word."""
    slips = 0
    for token, part in zip(tokens, way, strict=True):
        written = _STREET.get(token.base, token.base)
        if written == part or written.replace("'", "") == part.replace("'", ""):
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
