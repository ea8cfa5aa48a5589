"""Dates as people write and say them: 12/03/2016, 12.III.16, 12th of March, the twelfth of the third, 12 marzo 2016."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from broker.screening.lists import MONTHS, MONTHS_ELSEWHERE

_ONES = ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth"]
_TEENS = [f"{one}teenth" for one in ("thir", "four", "fif", "six", "seven", "eigh", "nine")]
_TWENTIES = ["twentieth", *(f"twenty-{one}" for one in _ONES)]
_ORDINALS = [*_ONES, "tenth", "eleventh", "twelfth", *_TEENS, *_TWENTIES, "thirtieth", "thirty-first"]
_COUNTED = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
_TEEN = ["thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"]
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_CARDINALS = [*_COUNTED, *_TEEN]
_CARDINALS += [one for ten in _TENS for one in (ten, *(f"{ten}-{unit}" for unit in _COUNTED[:9]))]
_IN_WORDS = {word: number for number, word in enumerate(_CARDINALS, start=1)}
_DAY_IN_WORDS = {word: day for day, word in enumerate(_ORDINALS, start=1)} | dict(list(_IN_WORDS.items())[:31])
_MONTH_NUMBERS = MONTHS | MONTHS_ELSEWHERE
_ROMANS = ["i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii"]
_ROMAN = {roman: month for month, roman in enumerate(_ROMANS, start=1)}


def _any(words: list[str]) -> str:
    """A pattern for any of these, the longest first; the hyphen of one may be a blank."""
    return "|".join(word.replace("-", "[ -]") for word in sorted(words, key=len, reverse=True))


_MONTH = _any(list(_MONTH_NUMBERS))
_ORDINAL = _any(list(_DAY_IN_WORDS))
_DAY = rf"(?:[0-3]?[0-9](?:\s?(?:st|nd|rd|th))?|{_ORDINAL})"
_YEAR = r"(?:(?:19|20)[0-9]{2}|'?[0-9]{2})"
_SAID = _any(_CARDINALS)
_CENTURY = r"(?:nineteen|twenty|two\s+thousand)"
_SAID_YEAR = rf"(?:{_CENTURY}(?:\s+(?:and\s+)?(?:(?:oh|o|nought)[\s-]+)?(?:{_SAID}))?|(?:oh\s+)?(?:{_SAID}))"
_ANY_YEAR = rf"(?:{_YEAR}|{_SAID_YEAR})"
_NUMBERS = re.compile(
    r"(?<![\d/\\])(?:(?P<y>(?:19|20)\d\d)\s?(?P<s>[-/. \\])\s?(?P<m>[01]?\d)\s?(?P=s)\s?(?P<d>[0-3]?\d)"
    r"|(?P<a>[0-3]?\d)\s?(?P<t>[-/. \\,])\s?(?P<b>[0-3]?\d)(?:\s?(?P=t)\s?'?(?P<c>(?:19|20)\d\d|\d\d))?"
    r"|(?P<e>0?[1-9]|1[0-2])\s?[/.-]\s?(?P<f>(?:19|20)\d\d)"
    r"|(?P<run>\d{8}|\d{6}))(?![\d/]|\.\d|\s?(?:am|pm)\b)",
    re.IGNORECASE,
)
_DAY_BEFORE = re.compile(rf"\b(?P<day>{_DAY})(?:\s+day)?(?:\s+(?:of|de|di|du))?[\s\-./,]*$", re.IGNORECASE)
_YEAR_AFTER = re.compile(rf"\.?[\s\-./,]*(?:(?:of|de|in)\s+)?(?P<year>{_ANY_YEAR})\b", re.IGNORECASE)
_DAY_AFTER = re.compile(
    rf"\.?[\s\-./,]+(?:the\s+)?(?P<day>{_DAY})\b(?!\s?(?:am|pm|:))(?:[\s\-./,]+(?P<year>{_ANY_YEAR})\b)?", re.IGNORECASE
)
_ONLY_YEAR_AFTER = re.compile(r"\.?[\s\-./,']+(?:of\s+)?(?P<year>(?:19|20)\d\d)\b", re.IGNORECASE)
_LOOK_BACK = 30
"""Characters in which the day before a month stands."""
_OF_THE = re.compile(
    rf"\b(?P<day>{_DAY})\s+of\s+(?:the\s+)?(?P<month>{_any(_ORDINALS[:12])}|(?:0?[1-9]|1[0-2])(?:st|nd|rd|th)?)\b(?:[\s,]+(?P<year>{_ANY_YEAR})\b)?",
    re.IGNORECASE,
)
_WITH_ROMAN = re.compile(
    rf"(?<![\w/.])(?P<day>[0-3]?[0-9])[\s./-]{{1,2}}(?P<month>{_any(_ROMANS)})[\s./-]{{1,2}}(?P<year>(?:19|20)?[0-9]{{2}})\b",
    re.IGNORECASE,
)
_DICTATED = re.compile(
    rf"\b(?P<day>{_any(_CARDINALS[:31])})[\s,/-]+(?:(?:oh|o|nought|zero)[\s-]+)?(?P<month>{_any(_COUNTED)})[\s,/-]+(?P<year>{_SAID_YEAR})\b",
    re.IGNORECASE,
)
_BY_NUMBER = (
    (
        _OF_THE,
        frozenset({"of"}),
        re.compile(rf"\bof\s+(?:the\s+)?(?:{_any(_ORDINALS[:12])}|[01]?[0-9](?:st|nd|rd|th))\b"),
    ),
    (_WITH_ROMAN, frozenset(_ROMAN), re.compile(r"[0-9][\s./-]{1,2}[ivx]{1,4}[\s./-]{1,2}[0-9]")),
    (_DICTATED, frozenset(_COUNTED), re.compile(rf"\b(?:{_any(_COUNTED)})[\s,/-]+(?:{_SAID}|two)\b")),
)
"""Dates whose month is a number, each with what the text must hold before it is looked for."""
_DIGIT = re.compile("[0-9]")
_WORD = re.compile("[a-z]+")
_BORN = r"(?:d\.?\s?o\.?\s?b\.?|date\s+of\s+birth|born|birthday|b'?day|b\.)"
BORN_YEAR = re.compile(
    rf"(?<!\w){_BORN}\W+(?:(?:in|is|was|year)\W+){{0,2}}(?P<value>(?:19|20)[0-9]{{2}})\b", re.IGNORECASE
)
"""The year alone, as in "born 2016"."""
BORN_MONTH = re.compile(
    rf"(?<!\w){_BORN}\W+(?:(?:in|is|was|late|early|mid|end|of)\W+){{0,4}}(?P<value>{_any(list(MONTHS))})\b",
    re.IGNORECASE,
)
"""The month alone, as in "birthday is in March"."""
BORN_DAY = re.compile(
    r"(?<!\w)(?:turn(?:s|ed|ing)?|birthday|b'?day|(?:is|be|he'?s|she'?s)\s+(?:[0-9]{1,2}|"
    rf"{_SAID}))\b[^.\n;]{{0,25}}?\bthe\s+(?P<value>{_DAY})(?!\s+(?:of|{_MONTH}|day|week|time|year)|\w)",
    re.IGNORECASE,
)
"""The day alone, as in "turns nine on the 12th"."""


class Written(NamedTuple):
    """A date in a text: `text[start:end]`. `ways`: (year, month, day) that it may mean; 0 for a part not said."""

    start: int
    end: int
    ways: tuple[tuple[int, int, int], ...]


def written(text: str) -> Iterator[Written]:
    """Every date in the text, in no order; some of what is found may be no date (a score of 2-1)."""
    low = text.lower()
    for match in _NUMBERS.finditer(text) if _DIGIT.search(text) else ():
        yield from _of(match, tuple(_numbered(match)))
    words: set[str] = set()
    for word in _WORD.finditer(low):
        words.add(word[0])
        if word[0] in _MONTH_NUMBERS:
            yield from _with_a_name(text, *word.span(), _MONTH_NUMBERS[word[0]])
    for shape, needs, first in _BY_NUMBER:
        for match in shape.finditer(text) if not needs.isdisjoint(words) and first.search(low) else ():
            day, month, year = match["day"], match["month"].lower(), match["year"] or ""
            yield from _of(match, ((_year(year), _ROMAN.get(month) or day_of(month), day_of(day)),))


def _of(match: re.Match[str], ways: tuple[tuple[int, int, int], ...]) -> Iterator[Written]:
    ways = tuple([way for way in ways if _exists(*way)])
    if ways:
        yield Written(match.start(), match.end(), ways)


def _with_a_name(text: str, start: int, end: int, month: int) -> Iterator[Written]:
    """The date of which the name of a month stands there."""
    before = _DAY_BEFORE.search(text, max(start - _LOOK_BACK, 0), start)
    if before:
        after = _YEAR_AFTER.match(text, end)
        way = _year(after["year"] if after else ""), month, day_of(before["day"])
        found = Written(before.start(), after.end() if after else end, (way,))
    elif day := _DAY_AFTER.match(text, end):
        ways = [(_year(day["year"] or ""), month, day_of(day["day"]))]
        if day["year"] is None and re.fullmatch("[0-9]{2}", day["day"]):
            ways.append((_year(day["day"]), month, 0))  # Mar 16 is a year as well
        found = Written(start, day.end(), tuple(ways))
    elif only := _ONLY_YEAR_AFTER.match(text, end):
        found = Written(start, only.end(), ((_year(only["year"]), month, 0),))
    else:
        return
    ways_there_are = tuple([way for way in found.ways if _exists(*way)])
    if ways_there_are:
        yield found._replace(ways=ways_there_are)


def _numbered(match: re.Match[str]) -> Iterator[tuple[int, int, int]]:
    parts = match.groupdict()
    if parts["y"]:
        yield int(parts["y"]), int(parts["m"]), int(parts["d"])
        yield int(parts["y"]), int(parts["d"]), int(parts["m"])
    elif parts["run"]:
        run = parts["run"]
        yield _year(run[4:]), int(run[2:4]), int(run[:2])
        yield _year(run[:-4]), int(run[-4:-2]), int(run[-2:])
    elif parts["e"]:
        yield int(parts["f"]), int(parts["e"]), 0
    elif parts["c"] or parts["t"] in "/.-\\":
        year = _year(parts["c"] or "")
        yield year, int(parts["b"]), int(parts["a"])
        yield year, int(parts["a"]), int(parts["b"])
        if parts["c"] and len(parts["c"]) == len("YY"):
            yield _year(parts["a"]), int(parts["b"]), int(parts["c"])


def _exists(_year: int, month: int, day: int) -> bool:
    return 1 <= month <= 12 and 0 <= day <= 31  # noqa: PLR2004 - a calendar


def _year(text: str) -> int:
    """Four digits; two mean the last such year before 2050, and a century is of no matter where years are compared."""
    said = text.strip("'").lower()
    if not said:
        return 0
    if not said[0].isdigit():
        words = [word for word in re.split(r"[\s-]+", said) if word not in {"and", "oh", "o", "nought"}]
        if words[:2] == ["two", "thousand"] or (words[0] in {"twenty", "nineteen"} and len(words) > 1):
            words = words[2:] if words[1] == "thousand" else words[1:]
        said = f"{_IN_WORDS.get('-'.join(words), 0):02}"
    return int(said) if len(said) > len("YY") else 1900 + int(said) + (100 if int(said) < 50 else 0)  # noqa: PLR2004


def day_of(text: str) -> int:
    """`12th` and `twelfth` -> 12."""
    digits = re.match(r"\d+", text)
    return int(digits[0]) if digits else _DAY_IN_WORDS[re.sub(r"\s", "-", text.lower())]
