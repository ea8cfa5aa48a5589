"""What a message is: labelled fields, and the flow that says who may send it and what each recipient may see."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import Annotated, Any, ClassVar, Generic, Self, TypeVar, get_args, get_origin
from uuid import UUID

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)
from pydantic.alias_generators import to_camel

from broker.schemas.agreement import AgreedPurpose
from broker.schemas.terms import Kind, Label, PersonRole, Role, RollStatus

SLOTS = 4  # recipients that one message can name; unused slots are decoys, so a copy does not tell how many there are

SEGMENTS = 8  # parts of one narrative, each withholdable by itself; unused ones are decoys
LONGEST_SEGMENT = 1000

UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
"""Unicode's categories of what a reader cannot see: control and formatting, halves of characters, private use."""
BLANKS = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Letters and symbols that are drawn as nothing."""
MOST_MARKS = 4
"""Accents on one letter: no writing needs more, and a heap of them hides the lines above and below."""
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_A_WORD = re.compile(r"[^\W\d_]+")
_ALIKE = re.compile(r"LATIN|CYRILLIC|GREEK")


def _visible(text: str) -> str:
    """Refuse characters that a reader cannot see; write accented letters in the one composed form (NFC)."""
    if text.isascii() and not _CONTROL.search(text):
        return text
    marks = 0
    for character in text:
        kind = unicodedata.category(character)
        marks = marks + 1 if kind in {"Mn", "Me"} else 0
        if (kind in UNSEEN and character not in "\t\n") or character in BLANKS or marks > MOST_MARKS:
            raise ValueError("holds control or invisible characters")
    return unicodedata.normalize("NFC", text)


def _one_script(text: str) -> str:
    """Refuse a word in letters of two scripts that look alike: it would be read as another name than it is."""
    for word in () if text.isascii() else _A_WORD.findall(text):
        found = {script for letter in word for script in _ALIKE.findall(unicodedata.name(letter, ""))}
        if len(found) > 1:
            raise ValueError("mixes letters of two scripts in one word")
    return text


Line = Annotated[
    str,
    StringConstraints(min_length=1, max_length=200, strip_whitespace=True),
    AfterValidator(_visible),
    AfterValidator(_one_script),
]
Prose = Annotated[str, StringConstraints(min_length=1, max_length=4000), AfterValidator(_visible)]
Segment = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_SEGMENT), AfterValidator(_visible)]
_END_OF_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[^\W\d_a-z]|[\"'\u2018\u201c(])")
_A_PIECE = re.compile(rf"\S.{{0,{LONGEST_SEGMENT - 1}}}(?!\S)|\S{{{LONGEST_SEGMENT}}}", re.DOTALL)


def segments(text: str) -> tuple[str, ...]:
    """A text as its author would cut it: by sentence and paragraph, joined again where there would be too many.

    One sentence that is too long is cut between words. What is longer than a narrative may be stays one piece.
    """
    if len(text) > SEGMENTS * LONGEST_SEGMENT:
        return (text,)
    sentences = [one for line in text.split("\n") for one in _END_OF_SENTENCE.split(line.strip())]
    pieces = [piece for one in sentences for piece in _A_PIECE.findall(one)]
    room = len(text) // SEGMENTS
    while len(pieces) > SEGMENTS and room < LONGEST_SEGMENT:
        room = min(room + LONGEST_SEGMENT // 8, LONGEST_SEGMENT)
        pieces = _joined(pieces, room)
    return tuple(pieces)


def _joined(pieces: Sequence[str], room: int) -> list[str]:
    """Neighbours put together as long as they fit."""
    made: list[str] = []
    for piece in pieces:
        if made and len(made[-1]) + 1 + len(piece) <= room:
            made[-1] = f"{made[-1]} {piece}"
        else:
            made.append(piece)
    return made


def _in_segments(given: object) -> object:
    if isinstance(given, str):
        return segments(given)
    return tuple(given) if isinstance(given, list) else given


Narrative = Annotated[tuple[Segment, ...], Field(min_length=1, max_length=SEGMENTS), BeforeValidator(_in_segments)]
"""Free text in segments, each a disclosure of its own. A document may hold one text: it is cut when it is read."""


def _plausible(at: datetime) -> datetime:
    """Refuse years at which a calendar ends: nothing can be computed from them."""
    if not 1900 <= at.year <= 2200:  # noqa: PLR2004 - nobody alive is concerned by others
        raise ValueError("is not a plausible time")
    return at


Moment = Annotated[AwareDatetime, AfterValidator(_plausible)]
"""A time with its offset from UTC."""

ORGANISATION = (
    r"^(school:[1-9][0-9]{5}|la:[EW][0-9]{8}|police:[0-9]{2}|prison:[A-Z][A-Z0-9]{2,4}|"
    r"pdu:(N[0-9]{2}|WPT|LDN)[A-Z0-9]{3,4}|icb:[A-Z0-9]{3,5}|charity:[1-9][0-9]{5,6}|"
    r"intelligence:[a-z-]{2,32}|alternate:[1-9][0-9]{5}|supplier:[a-z][a-z0-9-]{1,31}|broker:[a-z-]{1,32})$"
)
OrganisationId = Annotated[str, StringConstraints(pattern=ORGANISATION)]


@lru_cache(maxsize=2048)  # asked for several times a message
def kind_of(organisation: str) -> Kind:
    """`school:100000` -> Kind.SCHOOL. Raises ValueError for an unknown prefix."""
    return Kind(organisation.partition(":")[0])


class Block(BaseModel):
    """A frozen, strict piece of content that never prints its values."""

    model_config = ConfigDict(
        frozen=True,
        strict=True,
        extra="forbid",
        alias_generator=to_camel,
        validate_by_name=False,
        validate_by_alias=True,
        hide_input_in_errors=True,
    )

    def __repr__(self) -> str:
        """Type name only."""
        return f"<{type(self).__name__}>"

    __str__ = __repr__


NEVER_CARRIED = dict.fromkeys(
    ("preAdoptionName", "nameBeforeAdoption", "birthName"), "RD-11: the name before an adoption is never carried"
)
"""Wire names that no message type may ever carry -> why."""


def _of_several(annotation: object) -> bool:
    return get_origin(annotation) is tuple or any(map(_of_several, get_args(annotation)))


class Unlabelled(TypeError):  # noqa: N818 - raised at import, read by the person adding a field
    """A message class has a field without a label, or one that is barred: nobody may see it, or has said who may."""


class Message(Block):
    """The content of one message type. Every field carries at least one label, or the class cannot be made."""

    labels: ClassVar[Mapping[str, frozenset[Label]]]
    """Wire name of each field -> its labels. A recipient sees a field only if it may see all of them."""

    segmented: ClassVar[frozenset[str]]
    """Wire names of the narratives that come in segments."""

    must_not_carry: ClassVar[Mapping[str, str]] = {}
    """Wire names that this type must never carry -> why."""

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:  # noqa: ANN401 - pydantic's own signature
        """Collect the labels; refuse the class if one is missing."""
        super().__pydantic_init_subclass__(**kwargs)
        labels: dict[str, frozenset[Label]] = {}
        segmented = []
        for name, info in cls.model_fields.items():
            found = frozenset(item for item in info.metadata if isinstance(item, Label))
            if not found:
                raise Unlabelled(f"{cls.__name__}.{name} has no label")
            labels[info.alias or name] = found
            if Label.NARRATIVE in found and _of_several(info.annotation):
                segmented.append(info.alias or name)
        cls.labels, cls.segmented = labels, frozenset(segmented)
        cls.must_not_carry = {**NEVER_CARRIED, **cls.must_not_carry}
        if barred := sorted(labels.keys() & cls.must_not_carry.keys()):
            raise Unlabelled(f"{cls.__name__} has a field that must not be carried: {barred[0]}")

    @property
    def given(self) -> tuple[str, ...]:
        """Wire names of the fields that the sender gave."""
        values = self.__dict__.values()  # in the order of the fields, like the labels
        return tuple([alias for alias, value in zip(self.labels, values, strict=True) if value is not None])


Content = TypeVar("Content", bound=Message)


class RollEvidence(Block):
    """Who said that the child is on roll there, and as of which day."""

    source: Annotated[str, StringConstraints(pattern=r"^(parent|child|council-data|school-confirmed|police-record)$")]
    as_of: Annotated[str, StringConstraints(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]


class Addressee(Block):
    """One line of `to`: an organisation, the role that receives there, and why it is the child's setting."""

    organisation: OrganisationId
    role: Role
    roll_status: RollStatus | None = None
    roll_evidence: RollEvidence | None = None


class Submission(Block, Generic[Content]):
    """What a sender signs: one message about one child (or one answer), addressed to at most SLOTS recipients.

    `case` is the sender's own random id for this child in this incident: never shared between siblings.
    `case_owner` is the organisation that opened the case; it is the sender itself unless the message is an answer.
    """

    type: str
    id: UUID
    case: UUID
    case_owner: OrganisationId
    basis: Annotated[str, StringConstraints(pattern=r"^[A-Z0-9-]{2,24}$")]
    to: tuple[Addressee, ...] = ()
    content: Content

    @model_validator(mode="after")
    def _named_once(self) -> Self:
        if len(self.to) > SLOTS:
            raise ValueError(f"names more than {SLOTS} recipients")
        if len({line.organisation for line in self.to}) != len(self.to):
            raise ValueError("names an organisation twice")
        return self


class Addressing(StrEnum):
    """Where a message's recipients come from."""

    NAMED = "named-by-sender"
    LEDGER = "everybody-who-received-the-original"
    ORIGINATOR = "the-organisation-that-opened-the-case"
    BROKER_RECORD = "nobody-the-broker-records-it"


class Clock(StrEnum):
    """Which deadline a delivery starts, by the ids of the domain notes (3.1); rules and kinds are in consent.clocks."""

    SCHOOL_DAY = "CLK-ENC"
    WORKING_MORNING = "CLK-MORNING"
    ONE_HOUR = "CLK-1H"
    AT_ONCE = "CLK-AT-ONCE"
    DESIGNATED_OFFICER = "CLK-LADO"
    SCREENING = "CLK-SCREENING"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What one role may see of a flow, and on which legal bases.

    `beside`: it goes along with what another role is sent, so that the sender may cite the basis of that one.
    `screened`: free text is read by the screening before this role sees it. Not where the role may see whatever it
    could find, and has to: children's social care and police.
    """

    labels: frozenset[Label]
    sender_basis: Mapping[Kind, str]
    recipient_basis: str
    clock: Clock
    beside: bool = False
    screened: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """One message type's rules: sender, purpose, addressing, and the view of each role. There is no wildcard.

    `agreed_purpose`: a person's agreement to this must be on file. `mailbox_only`: also a direct recipient fetches it
    from its mailbox, because it may have to become unclaimable.
    """

    name: str
    version: int
    message: type[Message]
    title: str
    family: str
    senders: frozenset[Kind]
    purpose: str
    addressing: Addressing
    views: Mapping[Role, View]
    source: str
    note: str = ""  # what the broker adds for every recipient of this type, in its own words
    refers_to: bool = False
    asks_no_consent: bool = False  # a refusal would not stop the sharing, so asking would mislead (CON-02)
    signed_by: frozenset[PersonRole] = frozenset()  # role holders who alone may sign it; empty: the organisation's key
    kinds: Mapping[Role, frozenset[Kind]] = field(default_factory=dict)  # who can have each role
    agreed_purpose: AgreedPurpose | None = None
    mailbox_only: bool = False

    @property
    def type(self) -> str:
        """The CloudEvents type, as `uk.safeguarding.encompass.notification-issued.v1`."""
        return f"uk.safeguarding.{self.family}.{self.name}.v{self.version}"
