"""What screening says of a text: the spans that it found, by which rule, and what becomes of the text."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from broker.schemas.terms import Code

SAYS: Mapping[str, str] = {
    "TXT-1": "the purpose does not need it",
    "TXT-2": "it names somebody or something of the message's own record",
    "TXT-3": "it holds something of the shape of a number, an address or an account",
    "TXT-4": "it names a place, an organisation or a person that is on a list",
    "TXT-5": "it names somebody: by kinship, a title, a nickname, or a name that is no word",
    "TXT-6": "a language model reads a name in it",
    "TXT-7": "what the broker wrote in its place still names somebody",
    "TXT-8": "it could not be screened in time",
    "TXT-9": "it holds something hidden, or is in a language that nobody screened",
}
"""What each rule of text screening says, in one line."""


class Kind(Code):
    """What a span is."""

    PERSON = "person"
    PLACE = "place"
    POSTCODE = "postcode"
    DATE = "date"
    TELEPHONE = "telephone"
    EMAIL = "e-mail"
    ONLINE = "online"  # a handle, a URL
    NUMBER = "number"
    ORGANISATION = "organisation"
    VEHICLE = "vehicle"
    HIDDEN = "hidden"  # encoded, invisible, of mixed scripts, in markup
    LANGUAGE = "language"  # not in English: nobody screened it


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """One identifier of the message's own record. `says`: what the broker writes for it, as "mother's partner"."""

    field: str
    kind: Kind
    value: str
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """One find: `text[start:end]`. `field`: of the record, if it is one of its own.

    `certain`: it can be replaced by what it is; otherwise somebody may be meant whom nobody knows, and the whole text
    is withheld.
    """

    start: int
    end: int
    kind: Kind
    rule: str
    certain: bool
    field: str | None


class State(Code):
    """What becomes of a text for one recipient."""

    CLEAR = "clear"
    SUBSTITUTED = "substituted"
    WITHHELD = "withheld"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What becomes of a text. `text`: the broker's wording, if it was substituted; else empty.

    `rules`: those that hit, sorted. `spans`: the hits, in the order of the text.
    """

    state: State
    text: str
    rules: tuple[str, ...]
    spans: tuple[Span, ...]


class Model(Protocol):
    """A named-entity model, as screening asks it."""

    def people_and_places(self, text: str) -> Sequence[Span]:
        """Spans of people, places and organisations, by TXT-6 and never certain."""
        ...
