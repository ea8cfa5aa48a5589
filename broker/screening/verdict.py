"""What screening says of a text: the spans that it found, by which rule, and what becomes of the text."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from broker.schemas.terms import Code


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
