"""Write a text so that nothing hides in it: folded letters, no markup, and what is encoded, read.

Every reading keeps, for each of its characters, where in the original text that character stood. What had to be
undone to read the text is hidden (TXT-9): honest notes hold none of it.
"""

import base64
import binascii
import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import unescape

BLANKS = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Letters and symbols that are drawn as nothing."""
MOST_MARKS = 4
"""Accents on one letter: no writing needs more."""
SHORTEST_ENCODED = 8
"""Characters of base64 or hexadecimal from which a name can be read."""
FEWEST_SIGNS = 3
"""Words for letters and figures from which a code that is spelled out is looked for."""
FEWEST_LETTERS = 2
"""Letters in a code that is spelled out."""
MOST_DEEP = 3
"""How many times something encoded is decoded again."""

_SAME = str.maketrans(
    {
        **dict.fromkeys("\u2018\u2019\u201a\u201b\u2032`\u00b4\u02bc\u02b9", "'"),
        **dict.fromkeys("\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb", '"'),
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-"),
        **dict(zip("\u2026łŁøØđĐ\u0131ßæÆœŒðþə", ".lLoOdDisaAoOdte", strict=True)),
    }
)
"""One letter for one, so that places stay; `normal` writes a name of the record in the same way."""
_ALIKE = dict(
    zip(
        "АВЕЅІЈКМНОРСТУХаеѕіјкморстухһԁԛԝЬвнг" + "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧαικνορτυχγ",
        "ABESIJKMHOPCTYXaesijkmopctyxhdqwbBHr" + "ABEZHIKMNOPTYXaiknoptuxy",
        strict=True,
    )
)
"""Cyrillic and Greek letters that look like Latin ones."""
_TAMPERED = frozenset({"<wide>", "<narrow>", "<font>", "<circle>", "<square>"})
_OPEN = frozenset({"\t", "\n", "\r"})
_PLAIN = re.compile(r"[<&%\\\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_TAG = re.compile(r"<[A-Za-z/!?][^<>]{0,200}>")
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z]{2,8});")
_ESCAPE = re.compile(r"(?:%[0-9A-Fa-f]{2}){2,}|(?<=[A-Za-z])%[4-7][0-9A-Fa-f]|(?:\\u[0-9A-Fa-f]{4}|\\x[0-9A-Fa-f]{2})+")
_HARMLESS = frozenset({"&amp;", "&lt;", "&gt;", "&quot;", "&apos;", "&nbsp;", "&#39;", "&pound;", "&ndash;", "&mdash;"})
_BREAKS = re.compile(r"</?(?:p|br|div|li|ul|ol|td|tr|table|h[1-6])\b", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]+")
_ENCODED = re.compile(rf"(?<![A-Za-z0-9+/=_-])[A-Za-z0-9+/_-]{{{SHORTEST_ENCODED},}}={{0,2}}")
_HEX = re.compile(r"(?:[0-9A-Fa-f]{2}){6,}")
_SPACED = re.compile(r"(?<![A-Za-z])[A-Za-z](?:([ .\-_*|~,/]{1,2})[A-Za-z])(?:\1[ ]?[A-Za-z]){2,}(?![A-Za-z])")
_DISGUISED = re.compile(
    r"(?<![A-Za-z0-9@$!|.])(?=[A-Za-z0-9@$!|]*[A-Za-z])(?=[A-Za-z0-9@$!|]*[0-9@$!|])[A-Za-z0-9@$!|]{4,20}"
)
_LEET = str.maketrans("013457@$!|8", "oieastasilb")
LONGEST_OPEN_SPELLING = 6
_NUMERALS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_FIGURES = {word: str(figure) for figure, word in enumerate(_NUMERALS)}
_FIGURES |= {"oh": "0", "o": "0", "nought": "0", "nil": "0", **{figure: figure for figure in "0123456789"}}
_TIMES = {"double": 2, "treble": 3, "triple": 3}
_FIGURE = "|".join(_FIGURES)
_TO_FIGURES = str.maketrans("oOlI", "0011")
_FIGURE_NEAR = re.compile("[0-9][\\s/.-]?[oOlI]|[oOlI][\\s/.-]?[0-9]")
_LOOKS_LIKE_A_FIGURE = re.compile(
    r"(?<![A-Za-z])[oOlI]+(?=[0-9])|(?<=[0-9])[oOlI]+(?![A-Za-z])|(?<=[0-9])[oOlI]+(?=[A-Za-z]{2}\b)"
    r"|(?<=[0-9][ /.-])[oO]+(?=[ /.-]?[oO]*[0-9])|(?<=[0-9][ ])[oOlI](?=[A-Za-z]{2}\b)"
    r"|(?<=[0-9])[oOlI]+(?=[oOlI0-9]*[0-9])"
)
_APART = re.compile("[0-9][ -][0-9][ -][0-9]")
_SPOKEN = re.compile(
    rf"\b(?:(?:double|treble|triple)[\s-]+)?(?:{_FIGURE})(?:[\s,.-]+(?:(?:double|treble|triple)[\s-]+)?(?:{_FIGURE})){{3,}}\b",
    re.IGNORECASE,
)

_ALPHABET = """
alpha bravo charlie delta echo foxtrot golf hotel india juliet kilo lima mike november oscar papa quebec romeo sierra
tango uniform victor whiskey x-ray yankee zulu
"""
_LETTERS = {word: word[0] for word in _ALPHABET.split()} | {
    "alfa": "a",
    "juliett": "j",
    "whisky": "w",
    "xray": "x",
    "x ray": "x",
}
_LETTERS |= {"zed": "z", "zee": "z", **{letter: letter for letter in "abcdefghijklmnopqrstuvwxyz"}}
_SIGN_WORDS = _FIGURES.keys() | _LETTERS.keys()
_SIGN = "|".join(sorted({*_FIGURES, *_LETTERS} - {"o"}, key=len, reverse=True))
_SPELLED_CODE = re.compile(
    rf"(?<![\w'])(?:(?:double|treble|triple)\s+)?(?:{_SIGN})(?:[\s,.-]{{1,2}}(?:(?:double|treble|triple)\s+)?(?:{_SIGN})){{3,}}(?![\w'])",
    re.IGNORECASE,
)
_SIGNS = re.compile(rf"double|treble|triple|{_SIGN}")


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read the text. `places`: for each character its start and end in the original; None: the same text.

    `encoded`: decoded or said in words, so that numbers may stand in it too.
    """

    text: str
    places: Sequence[tuple[int, int]] | None = None
    encoded: bool = False

    def where(self, start: int, end: int) -> tuple[int, int]:
        """Where `text[start:end]` (not empty) stands in the original."""
        return (start, end) if self.places is None else (self.places[start][0], self.places[end - 1][1])


@dataclass(frozen=True, slots=True)
class Normal:
    """The text as it is screened: the plain reading, readings of what is encoded in it, and where something hides."""

    plain: Reading
    others: tuple[Reading, ...]
    hidden: tuple[tuple[int, int], ...]
    foreign: tuple[tuple[int, int], ...]


def fold(text: str) -> str:
    """A name or word without accents, quotes and dashes in one form: for what has no places to keep."""
    if text.isascii():
        return text
    split = unicodedata.normalize("NFKD", text.translate(_SAME))
    return "".join([letter for letter in split if not unicodedata.combining(letter)])


def with_figures(text: str) -> str:
    """The same text, as long, with 0 and 1 where letters that look like them stand among figures: O7700, QX1 1OB."""
    if _FIGURE_NEAR.search(text) is None:
        return text
    return _LOOKS_LIKE_A_FIGURE.sub(lambda match: match[0].translate(_TO_FIGURES), text)


def normal(text: str) -> Normal:
    """Every reading of the text."""
    hidden: list[tuple[int, int]] = []
    foreign: list[tuple[int, int]] = []
    reading = Reading(text)
    if not (text.isascii() and not _PLAIN.search(text)):
        reading = _folded(text, hidden)
        if not text.isascii():
            _scripts(text, hidden, foreign)
        reading = _replaced(reading, _TAG, _untagged, hidden)
        reading = _replaced(reading, _ENTITY, _named_character, hidden)
        reading = _replaced(reading, _ESCAPE, _unescaped, hidden)
    others = [
        *_decoded(reading, hidden, 0),
        *_spelled(reading, hidden),
        *_disguised(reading),
        *_spoken(reading),
        *_spelled_out(reading),
    ]
    return Normal(plain=reading, others=tuple(others), hidden=tuple(hidden), foreign=tuple(foreign))


def _folded(text: str, hidden: list[tuple[int, int]]) -> Reading:
    letters: list[str] = []
    places: list[tuple[int, int]] = []
    marks = 0
    for place, character in enumerate(text):
        here = (place, place + 1)
        if character.isascii() and (character >= " " or character in _OPEN) and character != "\x7f":
            marks = 0
            letters.append(character)
            places.append(here)
            continue
        category = unicodedata.category(character)
        if category[0] == "M":
            marks += 1
            if marks > MOST_MARKS:
                hidden.append(here)
            continue
        marks = 0
        if category in {"Zl", "Zp"}:
            hidden.append(here)
            written = "\n"
        elif category == "Zs":
            written = " "
        elif category[0] == "C" or character in BLANKS:
            if not _joins_emoji(text, place):
                hidden.append(here)
            continue
        else:
            if unicodedata.decomposition(character).partition(" ")[0] in _TAMPERED and character.isalnum():
                hidden.append(here)
            written = fold(_ALIKE.get(character, character)) or character
        letters.extend(written)
        places.extend([here] * len(written))
    return Reading("".join(letters), places)


def _joins_emoji(text: str, place: int) -> bool:
    """Whether this is the joiner inside a picture of several people, between two symbols."""
    around = text[max(place - 2, 0) : place].rstrip("\ufe0f"), text[place + 1 : place + 2]
    return text[place] == "\u200d" and all(side and unicodedata.category(side[-1])[0] == "S" for side in around)


def _scripts(text: str, hidden: list[tuple[int, int]], foreign: list[tuple[int, int]]) -> None:
    """Words of two alphabets hide something; words of another alphabet nobody screened."""
    for word in _WORD.finditer(text):
        if word[0].isascii():
            continue
        latin = [unicodedata.name(letter, "").startswith(("LATIN", "FULLWIDTH LATIN")) for letter in word[0]]
        others = [
            not is_latin and unicodedata.category(letter)[0] == "L" and not unicodedata.decomposition(letter)
            for letter, is_latin in zip(word[0], latin, strict=True)
        ]
        if any(latin) and any(others):
            hidden.append(word.span())
        elif any(others):
            foreign.append(word.span())


def _replaced(
    reading: Reading,
    what: re.Pattern[str],
    by: Callable[[str], tuple[str, bool]],
    hidden: list[tuple[int, int]],
) -> Reading:
    """The reading with every match written as `by` says, and whether that was hiding something."""
    if what.search(reading.text) is None:
        return reading
    letters: list[str] = []
    places: list[tuple[int, int]] = []
    done = 0
    for match in what.finditer(reading.text):
        letters.append(reading.text[done : match.start()])
        places.extend(reading.where(place, place + 1) for place in range(done, match.start()))
        here = reading.where(*match.span())
        written, hides = by(match[0])
        if hides:
            hidden.append(here)
        letters.append(written)
        places.extend([here] * len(written))
        done = match.end()
    letters.append(reading.text[done:])
    places.extend(reading.where(place, place + 1) for place in range(done, len(reading.text)))
    return Reading("".join(letters), places)


def _untagged(tag: str) -> tuple[str, bool]:
    return "\n" if _BREAKS.match(tag) else "", True


def _named_character(entity: str) -> tuple[str, bool]:
    return fold(unescape(entity)), entity not in _HARMLESS


def _unescaped(escape: str) -> tuple[str, bool]:
    if escape.startswith("%"):
        return fold(bytes.fromhex(escape.replace("%", "")).decode("utf-8", "replace")), True
    return fold("".join([chr(int(code, 16)) for code in re.findall(r"[0-9A-Fa-f]{2,4}", escape)])), True


def _decoded(reading: Reading, hidden: list[tuple[int, int]], deep: int) -> list[Reading]:
    """What base64 and hexadecimal say, if they say something in letters."""
    found: list[Reading] = []
    for match in _ENCODED.finditer(reading.text):
        said = _unhexed(match[0]) if _HEX.fullmatch(match[0]) else _unbased(match[0])
        if said is None:
            continue
        here = reading.where(*match.span())
        hidden.append(here)
        inside = Reading(said, [here] * len(said), encoded=True)
        found.append(inside)
        if deep < MOST_DEEP:
            found.extend(_decoded(inside, hidden, deep + 1))
    return found


def _unbased(run: str) -> str | None:
    body = run.rstrip("=")
    if body.islower() or body.isupper() or body.istitle() or body.isdigit():
        return None
    padded = body.replace("-", "+").replace("_", "/") + "=" * (-len(body) % 4)
    try:
        return _letters(base64.b64decode(padded, validate=True))
    except binascii.Error:
        return None


def _unhexed(run: str) -> str | None:
    return None if run.isdigit() else _letters(bytes.fromhex(run))


def _letters(said: bytes) -> str | None:
    """Bytes as text, if it is text: printable, and mostly letters."""
    try:
        text = said.decode("utf-8")
    except UnicodeDecodeError:
        return None
    letters = sum(letter.isalpha() or letter in " .,'" for letter in text)
    return (
        fold(text) if letters * 5 >= len(text) * 4 and all(one.isprintable() or one in _OPEN for one in text) else None
    )


def _spelled(reading: Reading, hidden: list[tuple[int, int]]) -> list[Reading]:
    """Words written letter by letter. Abbreviations in capitals (N S P C C) hide nothing."""
    found: list[Reading] = []
    for match in _SPACED.finditer(reading.text):
        places = [place for place in range(*match.span()) if reading.text[place].isalpha()]
        said = "".join([reading.text[place] for place in places])
        if not said.isupper() or len(said) > LONGEST_OPEN_SPELLING:
            hidden.append(reading.where(*match.span()))
        found.append(Reading(said, [reading.where(place, place + 1) for place in places]))
    return found


def _disguised(reading: Reading) -> list[Reading]:
    """Words with figures for letters (D4rren), read both ways that a 1 can be read."""
    found: list[Reading] = []
    for match in _DISGUISED.finditer(reading.text):
        if sum(letter.isalpha() for letter in match[0]) * 2 < len(match[0]):
            continue
        places = [reading.where(place, place + 1) for place in range(*match.span())]
        for one in "il":
            said = match[0].replace("1", one).translate(_LEET)
            found.append(Reading(said, places))
    return found


def _spoken(reading: Reading) -> list[Reading]:
    """Numbers said digit by digit, as they are dictated: oh double seven."""
    found: list[Reading] = []
    low = reading.text.lower()
    if not _APART.search(low) and sum(word in low for word in _FIGURES if len(word) > 1) < 2:  # noqa: PLR2004 - dictated numbers differ
        return found
    for match in _SPOKEN.finditer(reading.text):
        figures = _signs(re.findall(r"[a-z]+|[0-9]", match[0].lower()))
        found.append(Reading(figures, [reading.where(*match.span())] * len(figures), encoded=True))
    return found


def _spelled_out(reading: Reading) -> list[Reading]:
    """Postcodes, plates and references said letter by letter: "zed x eight four a b", "Lima Yankee one nine"."""
    found: list[Reading] = []
    signs_there = sum(word.strip(".,") in _SIGN_WORDS for word in reading.text.lower().split())
    for match in _SPELLED_CODE.finditer(reading.text) if signs_there >= FEWEST_SIGNS else ():
        signs = _signs(_SIGNS.findall(match[0].lower()))
        if FEWEST_LETTERS <= sum(sign.isalpha() for sign in signs) < len(signs):
            found.append(Reading(signs, [reading.where(*match.span())] * len(signs), encoded=True))
    return found


def _signs(words: Sequence[str]) -> str:
    """Figures and letters out of the words that are said for them; what is no such word says nothing."""
    times, signs = 1, ""
    for word in words:
        signs += (_FIGURES.get(word) or _LETTERS.get(word, "")) * times
        times = _TIMES.get(word, 1)
    return signs
