"""Short and fond forms that are made of a name and stand in no list: Rubes, Deccy, Wazza, Colesy, joyjoy."""

from collections.abc import Iterator

from broker.screening.lists import NICKNAMES, SETS
from broker.screening.tokens import is_word

SHORTEST = 3
"""Letters of a name that a short form shares with its beginning."""
LEAST_OF_ITS_END = 4
"""Letters of an end of a first name that is a short form by itself (Segun of Olusegun)."""
_ENDINGS = SETS["fond endings"]
"""Endings that short forms take."""
_ENDINGS_OF_SURNAMES = ("y", "ey", "ie", "sy", "o", "ster")
_ENDINGS_IN_Z = ("z", "zz", "zza", "zzer", "zzy", "zzie")


def pet_forms(name: str, *, given: bool) -> Iterator[str]:
    """Forms of a name in lower case; of a first name the listed ones too. Some are words."""
    if len(name) >= SHORTEST:
        yield name * 2
    if not given:
        yield from _no_words(name + end for end in _ENDINGS_OF_SURNAMES)
        return
    yield from NICKNAMES.get(name, ())
    if len(name) > SHORTEST:
        yield from _no_words(start + end for start in (name[:2], name[:3]) for end in _ENDINGS_IN_Z)


def _no_words(forms: Iterator[str]) -> Iterator[str]:
    return (form for form in forms if not is_word(form))


def ends_of(name: str) -> Iterator[str]:
    """The ends of a long first name that may stand for it."""
    return (name[-length:] for length in range(LEAST_OF_ITS_END, len(name) - 2))


def shares(short: str, name: str) -> int:
    """How many letters this short form has from the beginning of the name; 0 if it is none of it.

    After them it may have an ending, with the last letter doubled or not: Rub-es, Dec-c-y, Fin-n.
    """
    shared = len(short) if name.startswith(short) else 0
    for at in range(SHORTEST, min(len(short), len(name)) + 1):
        end = short[at:]
        doubled = end[:1] == short[at - 1] and (end[1:] in _ENDINGS or not end[1:])
        if short[:at] == name[:at] and (end in _ENDINGS or doubled):
            shared = at
    return shared
