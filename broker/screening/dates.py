"""Dates as people write them: 12/03/2016, 12.3.16, 12th of March, March 12th, 2016-03-12, the twelfth of March."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from broker.screening.lists import MONTHS

_ONES = ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth"]
_TEENS = [f"{one}teenth" for one in ("thir", "four", "fif", "six", "seven", "eigh", "nine")]
_TWENTIES = ["twentieth", *(f"twenty-{one}" for one in _ONES)]
_ORDINALS = [*_ONES, "tenth", "eleventh", "twelfth", *_TEENS, *_TWENTIES, "thirtieth", "thirty-first"]
_DAY_IN_WORDS = {word: day for day, word in enumerate(_ORDINALS, start=1)}
_MONTH = "|".join(sorted(MONTHS, key=len, reverse=True))
_ORDINAL = "|".join(word.replace("-", "[ -]") for word in sorted(_ORDINALS, key=len, reverse=True))
_DAY = rf"(?:[0-3]?[0-9](?:\s?(?:st|nd|rd|th))?|{_ORDINAL})"
_YEAR = r"(?:(?:19|20)[0-9]{2}|'?[0-9]{2})"
_NUMBERS = re.compile(
    r"(?<![\d/])(?:(?P<y>(?:19|20)\d\d)\s?(?P<s>[-/. ])\s?(?P<m>[01]?\d)\s?(?P=s)\s?(?P<d>[0-3]?\d)"
    r"|(?P<a>[0-3]?\d)\s?(?P<t>[-/. ])\s?(?P<b>[0-3]?\d)(?:\s?(?P=t)\s?(?P<c>(?:19|20)\d\d|\d\d))?"
    r"|(?P<run>\d{8}|\d{6}))(?![\d/]|\.\d|\s?(?:am|pm)\b)",
    re.IGNORECASE,
)
_NAMED = re.compile(
    rf"\b(?:(?P<day>{_DAY})(?:\s+day)?(?:\s+of)?[\s\-./,]*(?P<month>{_MONTH})(?![a-z])\.?(?:[\s\-./,]*(?P<year>{_YEAR})\b)?"
    rf"|(?P<month2>{_MONTH})(?![a-z])\.?[\s\-./,]+(?:the\s+)?(?P<day2>{_DAY})\b(?!\s?(?:am|pm|:))(?:[\s\-./,]+(?P<year2>{_YEAR})\b)?"
    rf"|(?P<month3>{_MONTH})(?![a-z])\.?[\s\-./,]+(?:of\s+)?(?P<year3>(?:19|20)\d\d)\b)",
    re.IGNORECASE,
)
_DIGIT = re.compile("[0-9]")
_MONTHS_BEGIN = frozenset([name[:3] for name in MONTHS])


class Written(NamedTuple):
    """A date in a text: `text[start:end]`. `ways`: (year, month, day) that it may mean; 0 for a part not said."""

    start: int
    end: int
    ways: tuple[tuple[int, int, int], ...]


def written(text: str) -> Iterator[Written]:
    """Every date in the text, in no order; some of what is found may be no date (a score of 2-1)."""
    low = text.lower()
    for match in _NUMBERS.finditer(text) if _DIGIT.search(text) else ():
        ways = tuple(way for way in _numbered(match) if _exists(*way))
        if ways:
            yield Written(match.start(), match.end(), ways)
    for match in _NAMED.finditer(text) if any(month in low for month in _MONTHS_BEGIN) else ():
        parts = match.groupdict()
        month = parts["month"] or parts["month2"] or parts["month3"]
        day = parts["day"] or parts["day2"]
        year = parts["year"] or parts["year2"] or parts["year3"]
        way = (_year(year or ""), MONTHS[month.lower()], _day(day) if day else 0)
        if _exists(*way):
            yield Written(match.start(), match.end(), (way,))


def _numbered(match: re.Match[str]) -> Iterator[tuple[int, int, int]]:
    parts = match.groupdict()
    if parts["y"]:
        yield int(parts["y"]), int(parts["m"]), int(parts["d"])
        yield int(parts["y"]), int(parts["d"]), int(parts["m"])
    elif parts["run"]:
        run = parts["run"]
        yield _year(run[4:]), int(run[2:4]), int(run[:2])
        yield _year(run[:-4]), int(run[-4:-2]), int(run[-2:])
    elif parts["c"] or parts["t"] in "/.-":
        year = _year(parts["c"] or "")
        yield year, int(parts["b"]), int(parts["a"])
        yield year, int(parts["a"]), int(parts["b"])
        if parts["c"] and len(parts["c"]) == len("YY"):
            yield _year(parts["a"]), int(parts["b"]), int(parts["c"])


def _exists(_year: int, month: int, day: int) -> bool:
    return 1 <= month <= 12 and 0 <= day <= 31  # noqa: PLR2004 - a calendar


def _year(text: str) -> int:
    """Four digits; two mean the last such year before 2050, and a century is of no matter where years are compared."""
    digits = text.strip("'")
    if not digits:
        return 0
    return int(digits) if len(digits) > len("YY") else 1900 + int(digits) + (100 if int(digits) < 50 else 0)  # noqa: PLR2004


def _day(text: str) -> int:
    digits = re.match(r"\d+", text)
    return int(digits[0]) if digits else _DAY_IN_WORDS[re.sub(r"\s", "-", text.lower())]
