"""Make the generated word and name lists of `broker/screening/data/` anew: run by hand, once, and commit what changes.

    python -m tests.make_screening_lists WORDS CENSUS

WORDS is `british-english` of Debian's package wbritish (SCOWL, size 60). CENSUS is the folder of the `dist.*` files in
the source package of PyPI's `names` 0.3.0 (United States Census 1990, public domain). PyPI's `Faker` 40 (MIT) and
`nicknames` 1.0 (Apache-2.0) must be installed beside; the product needs neither. The lists kept by hand stand in the
same folder; its README.md says which.
"""

import csv
import re
import sys
import unicodedata
from collections.abc import Iterable, Iterator
from importlib import import_module
from importlib.resources import files
from pathlib import Path
from textwrap import fill
from typing import Any

DATA = Path(__file__).parents[1] / "broker" / "screening" / "data"
LOCALES = (
    *("en", "en_GB", "en_IE", "en_IN", "en_KE", "en_NG", "en_NZ", "en_PK", "en_US", "ga_IE", "ha_NG", "ig_NG", "yo_NG"),
    *("tw_GH", "pl_PL", "ro_RO", "tr_TR", "lt_LT", "lv_LV", "hu_HU", "cs_CZ", "sk_SK", "pt_PT", "it_IT", "es_ES"),
    *("fr_FR", "fr_DZ", "hr_HR", "id_ID"),
)
"""Faker's locales in Latin letters whose people live in Britain in number; Arabic names come with fr_DZ and id_ID."""
SURNAMES = 14_000
"""How many of the census's surnames, the most frequent first."""
PLAIN = str.maketrans(
    {"ł": "l", "Ł": "l", "ø": "o", "đ": "d", "\u0131": "i", "ß": "ss", "æ": "ae", "œ": "oe", "ð": "d"}
)


def plain(name: str) -> str:
    """Lower case, without accents, apostrophes as ASCII."""
    split = unicodedata.normalize("NFKD", name.replace("\u2019", "'").translate(PLAIN))
    return "".join(letter for letter in split if not unicodedata.combining(letter)).lower().translate(PLAIN)


def of_faker(which: str) -> Iterator[str]:
    """Every single-word name of this sort in the locales."""
    for locale in LOCALES:
        provider: Any = import_module(f"faker.providers.person.{locale}").Provider
        for attribute in dir(provider):
            value = getattr(provider, attribute)
            if which in attribute and "romanized" not in attribute and not callable(value):
                yield from (plain(name) for name in value if isinstance(name, str))


def of_census(folder: Path, file: str, most: int) -> list[str]:
    return [line.split()[0].lower() for line in (folder / file).read_text().splitlines()[:most]]


def kept(file: str) -> set[str]:
    """A list kept by hand: words apart by white space, lines with # left out."""
    lines = (DATA / file).read_text(encoding="utf-8").splitlines()
    return {word for line in lines if not line.startswith("#") for word in line.split()}


def write(file: str, words: Iterable[str]) -> None:
    text = fill(" ".join(sorted(words)), width=118, break_long_words=False, break_on_hyphens=False)
    (DATA / file).write_text(text + "\n", encoding="utf-8")


def main(dictionary: Path, census: Path) -> None:
    name = re.compile(r"[a-z]{2,}(?:['-][a-z]+)?")
    either, never = kept("words_that_are_names.txt"), kept("names_that_are_no_words.txt")
    words = {word for word in dictionary.read_text(encoding="utf-8").split() if re.fullmatch("[a-z]{2,}", word)} - never
    first = {*of_faker("first_name"), *of_census(census, "dist.female.first", 9999)}
    first |= {*of_census(census, "dist.male.first", 9999), *never, *kept("more_first_names.txt")}
    last = {*of_faker("last_name"), *of_census(census, "dist.all.last", SURNAMES), *kept("more_surnames.txt")}
    known = words | kept("vocabulary.txt")
    write("words.txt", words)
    write(
        "first_names.txt",
        {one for one in first if name.fullmatch(one) and (one not in known or one in either)} | either,
    )
    write("surnames.txt", {one for one in last if name.fullmatch(one) and one not in known})
    short: dict[str, set[str]] = {}
    with (files("nicknames") / "names.csv").open(encoding="utf-8") as rows:
        for row in csv.DictReader(rows):
            short.setdefault(row["name1"], set()).add(row["name2"])
    lines = [f"{full} {' '.join(sorted(names))}" for full, names in sorted(short.items())]
    (DATA / "nicknames.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
