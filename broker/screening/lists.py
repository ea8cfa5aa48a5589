"""The lists that screening reads at import: English words, names, places. What they are and whence: data/README.md."""

import re
from importlib.resources import files

_DATA = files("broker.screening") / "data"


def _words(*names: str) -> frozenset[str]:
    """Words of these files, apart by white space; lines with # left out."""
    lines = [line for name in names for line in (_DATA / name).read_text(encoding="utf-8").splitlines()]
    return frozenset([word for line in lines if not line.startswith("#") for word in line.split()])


def _sets() -> dict[str, frozenset[str]]:
    """The sets of words by their titles."""
    found: dict[str, frozenset[str]] = {}
    for part in (_DATA / "word_sets.txt").read_text(encoding="utf-8").split("\n[")[1:]:
        title, _, words = part.partition("]\n")
        found[title] = frozenset(words.split())
    return found


def _nicknames() -> dict[str, frozenset[str]]:
    """First name -> its short forms, and every short form -> the names that it may stand for."""
    found: dict[str, set[str]] = {}
    for name in ("nicknames.txt", "more_nicknames.txt"):
        for line in (_DATA / name).read_text(encoding="utf-8").splitlines():
            full, *short = line.split()
            found.setdefault(full, set()).update(short)
            for one in short:
                found.setdefault(one, set()).add(full)
    return {name: frozenset(others) for name, others in found.items()}


def _by_first_word(names: frozenset[str]) -> dict[str, frozenset[tuple[str, ...]]]:
    """Names of one or several words (`isle_of_wight`), looked up by their first word."""
    found: dict[str, set[tuple[str, ...]]] = {}
    for name in names:
        parts = tuple(name.split("_"))
        found.setdefault(parts[0], set()).add(parts)
    return {first: frozenset(ways) for first, ways in found.items()}


def _well_known() -> dict[str, frozenset[tuple[str, ...]]]:
    """Names apart by bars, split into words as a text is, looked up by their first word."""
    lines = (_DATA / "well_known.txt").read_text(encoding="utf-8").splitlines()
    names = [name for line in lines if not line.startswith("#") for name in line.split("|")]
    return _by_first_word(frozenset(["_".join(re.findall(r"[^\W_]+(?:'[^\W_]+)*", name)) for name in names]))


WORDS = _words("words.txt", "vocabulary.txt")
"""English words, and what safeguarding, police and schools abbreviate: they name nobody."""
EITHER = _words("words_that_are_names.txt")
"""First names that are words or months too."""
FIRST = (_words("first_names.txt") | {name for name in _nicknames() if len(name) > 3} - WORDS) - EITHER  # noqa: PLR2004
"""First names that are no words."""
LAST = _words("surnames.txt") - FIRST - EITHER
"""Surnames that are no words and no first names."""
PLACES = _by_first_word(_words("places.txt"))
NICKNAMES = _nicknames()
VOCABULARY = _words("vocabulary.txt")
"""Of these words, the abbreviations, brands and services."""
TITLED = _words("titled.txt")
"""Words written with capitals in the titles of roles, meetings, plans and services, which locate nobody."""
WELL_KNOWN = _well_known()
"""Names that are known to all, as words in lower case, by their first word."""
SETS = _sets()
"""Sets of words that the rules look up, by title: each is named where it is used."""
MONTHS: dict[str, int] = {
    form: number
    for number, forms in enumerate(
        (
            "january jan januray",
            "february feb febuary feburary",
            "march mar",
            "april apr",
            "may",
            "june jun",
            "july jul",
            "august aug",
            "september sep sept",
            "october oct",
            "november nov",
            "december dec",
        ),
        start=1,
    )
    for form in forms.split()
}
MONTHS_ELSEWHERE: dict[str, int] = {
    form: number
    for number, forms in enumerate(
        (
            "ionawr ianuarie styczen stycznia janvier enero janeiro januar gennaio ocak janar",
            "chwefror februarie luty lutego fevrier febrero fevereiro februar febbraio subat shkurt",
            "mawrth martie marzec marca mars marzo marco marz mart",
            "ebrill aprilie kwiecien kwietnia avril abril aprile nisan prill",
            "mai maj maja mayo maio maggio mayis",
            "mehefin iunie czerwiec czerwca juin junio junho juni giugno haziran qershor",
            "gorffennaf iulie lipiec lipca juillet julio julho juli luglio temmuz korrik",
            "awst sierpien sierpnia aout agosto agustos gusht",
            "medi septembrie wrzesien wrzesnia septembre septiembre setembro settembre eylul shtator",
            "hydref octombrie pazdziernik pazdziernika octobre octubre outubro oktober ottobre ekim tetor",
            "tachwedd noiembrie listopad listopada novembre noviembre novembro kasim nentor",
            "rhagfyr decembrie grudzien grudnia decembre diciembre dezembro dezember dicembre aralik dhjetor",
        ),
        start=1,
    )
    for form in forms.split()
}
"""The same in the languages that families here speak most: after a day, a date."""
