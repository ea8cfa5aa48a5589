"""Who takes part: organisations by their register codes, how each is reached, its keys, its people, its suppliers.

Everything here is public: an organisation's existence, its published desk, its public keys. No person is named: a role
key belongs to a made-up code. The registry is an immutable value, made from signed events by `broker.register`;
`version` is stored with every decision.
"""

import base64
import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import cached_property
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, AwareDatetime, Field, StringConstraints, model_validator

from broker.layered import Layered
from broker.papers import Papers
from broker.schemas.identifiers import PoliceForceArea, Telephone
from broker.schemas.message import Block, Line, OrganisationId, kind_of
from broker.schemas.terms import Kind, PersonRole

MOST_DIRECT = 500
"""Organisations with an inbox topic of their own; all others share the mailbox, so topics do not grow with them."""
PARSED_KEPT = 2048
"""Entries kept parsed: a worker's hot path, whatever the size of the register."""


class Nation(StrEnum):
    """Whose law the organisation cites."""

    ENGLAND = "England"
    WALES = "Wales"


class Channel(StrEnum):
    """How an organisation is reached."""

    DIRECT = "direct"  # has its own Kafka client and inbox topic
    MAILBOX = "mailbox"  # reads from a shared mailbox topic, each message sealed to it
    NOT_CONNECTED = "not-connected"  # in the register, but no system: a human rings


class Status(StrEnum):
    """Whether the organisation exists, by its register."""

    OPEN = "open"
    CLOSED = "closed"


class KeyUse(StrEnum):
    """What a key is for."""

    SIGN = "sign"
    SEAL = "seal"


CURVES = {"Ed25519": "Ed25519", "ECDH-ES+A256KW": "X25519"}
"""The curve of a key of each algorithm."""
_P = 2**255 - 19
_D = -121665 * pow(121666, -1, _P) % _P
_POINT = re.compile(r"[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]")
"""Base64url of 32 bytes, in the one spelling that ends without stray bits."""


def _of_small_order(curve: str, point: bytes) -> bool:
    """Whether eight times the point is nothing: then anybody can forge its signatures, or open what is sealed to it."""
    n = (int.from_bytes(point, "little") & (1 << 255) - 1) % _P
    square = n * n % _P
    if curve == "Ed25519":  # n is y: orders 4; 1 and 2; 8
        return n * (square - 1) * (_D * square * square + 2 * square - 1) % _P == 0
    return n * (square - 1) * ((square - 1) ** 2 - 4 * n * (square + 486662 * n + 1)) % _P == 0  # n is u


class PublicKey(Block):
    """One public key (JWK, RFC 8037). The algorithm is a property of the record, never a constant of the reader.

    Validity of keys may overlap, so that a rotation loses nothing in flight. `revoked_at`: nothing signed with it is
    believed any more, whenever it says that it was signed, and nothing more is sealed to it.
    """

    kid: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{8,64}$")]
    use: KeyUse
    alg: Literal["Ed25519", "ECDH-ES+A256KW"]
    jwk: Mapping[str, str]
    not_before: AwareDatetime
    not_after: AwareDatetime
    revoked_at: AwareDatetime | None = None

    @model_validator(mode="after")
    def _fits_its_algorithm(self) -> Self:
        """A key that could not be used as it says is refused when it is registered, not when a message needs it."""
        curve = CURVES[self.alg]
        if (self.use is KeyUse.SIGN) is not (curve == "Ed25519"):
            raise ValueError("is not for that use: Ed25519 signs, X25519 seals")
        if "d" in self.jwk:
            raise ValueError("holds the private key: destroy it, and register the public half of another")
        if (self.jwk.get("kty"), self.jwk.get("crv")) != ("OKP", curve) or not _POINT.fullmatch(self.jwk.get("x", "")):
            raise ValueError(f"is not a public key on {curve}")
        if _of_small_order(curve, base64.urlsafe_b64decode(self.jwk["x"] + "=")):
            raise ValueError("is a point of small order, which protects nothing")
        return self

    def valid(self, at: datetime) -> bool:
        """Whether it may be used at that time."""
        return self.revoked_at is None and self.not_before <= at < self.not_after


_ROLE_WORD = re.compile(
    r"safeguard|dsl|encompass|duty|mash|front-?door|admin|office|enquir|desk|team|mailbox|contact|info|reception|"
    r"child|placement|omu|custody|probation|police|school|college|headteacher",
    re.IGNORECASE,
)


def _a_role_address(address: str) -> str:
    """Refuse what could be a person's own mailbox: the part before the @ must hold a word of a role."""
    if not _ROLE_WORD.search(address.partition("@")[0]):
        raise ValueError("is not a role address: use a shared mailbox such as safeguarding@, never a person's own")
    return address


RoleAddress = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z0-9._+-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$", max_length=200),
    AfterValidator(_a_role_address),
]


class Desk(Block):
    """A published role address: never a person's own line or mailbox."""

    role: Line
    telephone: Telephone
    email: RoleAddress | None = None


class Establishment(StrEnum):
    """What kind of relevant educational establishment (Domestic Abuse Act 2021 s49A(3)-(4))."""

    SCHOOL = "school"
    COLLEGE = "college"


class AlternateIs(StrEnum):
    """Who is told instead of a setting's usual safeguarding lead (RD-7)."""

    HEADTEACHER = "headteacher"
    CHAIR_OF_GOVERNORS = "chair-of-governors"
    PROPRIETOR = "proprietor"
    COUNCIL = "council"


class Person(Block):
    """One role holder's signing key, delegated by the organisation. `id` is a made-up code and never a name."""

    id: Annotated[str, StringConstraints(pattern=r"^person-[0-9a-f]{12}$")]
    role: PersonRole
    key: PublicKey


class Delegation(Block):
    """A school lets a supplier send for it: only these message types, only in this time."""

    id: Annotated[str, StringConstraints(pattern=r"^delegation-[0-9a-f]{12}$")]
    supplier: OrganisationId
    flows: Annotated[tuple[str, ...], Field(min_length=1, max_length=50)]
    not_before: AwareDatetime
    not_after: AwareDatetime
    ended_at: AwareDatetime | None = None

    def valid(self, at: datetime) -> bool:
        """Whether the supplier could act at that time."""
        return self.not_before <= at < min(self.not_after, self.ended_at or self.not_after)


class Organisation(Block):
    """One organisation. `police_area` is the force area it lies in; for a force, the area it serves.

    `resend_before`: it lost its key or changed its supplier, so what it was sent before that time and has not answered
    is decided anew and sealed to its present key. `alternate`: whom a setting has declared for messages that its usual
    safeguarding lead must not have.
    """

    id: OrganisationId
    name: Line
    nation: Nation
    channel: Channel = Channel.NOT_CONNECTED
    police_area: PoliceForceArea | None = None
    establishment: Establishment | None = None
    independent: bool = False
    council: OrganisationId | None = None
    desk: Desk | None = None
    session_start: Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")] = "08:50"
    status: Status = Status.OPEN
    closed_on: date | None = None
    successors: tuple[OrganisationId, ...] = ()
    suspended: bool = False
    resend_before: AwareDatetime | None = None
    alternate: OrganisationId | None = None
    alternate_is: AlternateIs | None = None
    keys: tuple[PublicKey, ...] = ()
    people: tuple[Person, ...] = ()
    delegations: tuple[Delegation, ...] = ()

    @property
    def kind(self) -> Kind:
        """By the register that names it."""
        return kind_of(self.id)

    @property
    def acts_as(self) -> Kind:
        """What it is in law and in a flow: an alternate is a desk of its setting."""
        return Kind.SCHOOL if self.kind is Kind.ALTERNATE else self.kind

    @property
    def connected(self) -> bool:
        """Whether it is reached by the broker at all."""
        return self.channel is not Channel.NOT_CONNECTED

    def key(self, use: KeyUse, now: datetime) -> PublicKey | None:
        """The newest key for this use that is valid at `now`, or None."""
        newest = None
        for key in self.keys:
            if key.use is use and key.valid(now) and (newest is None or key.not_before > newest.not_before):
                newest = key
        return newest

    def person(self, code: str) -> Person | None:
        """The role holder of that code, or None."""
        return next((one for one in self.people if one.id == code), None)


@dataclass(frozen=True, slots=True)
class SignedBy:
    """Whose registered key that is: the organisation's own, a role holder's, or its supplier's.

    `suspended`: whether that supplier is cut off.
    """

    key: PublicKey
    person: Person | None = None
    suspended: bool = False


class Registry:
    """All organisations, by id, and their papers. Immutable: `put` makes another.

    Entries are kept as JSON text and parsed when they are asked for, so that 30,000 of them cost little memory. Another
    registry shares all but the latest entries with the one it came from, so that an event costs the same in any size.
    """

    def __init__(
        self, organisations: Iterable[Organisation] = (), version: str | None = None, papers: Papers | None = None
    ) -> None:
        """`version`: that of the events it was made from; without one, it is the digest of the content."""
        everybody = {one.id: one for one in organisations}.values()
        self._entries: Layered[str, bytes] = Layered({one.id: _text(one) for one in everybody})
        self._reached = frozenset(one.id for one in everybody if _has_an_inbox(one))
        self._asked = frozenset(one.id for one in everybody if one.resend_before is not None)
        self._version = version
        self._parsed: dict[str, Organisation] = {}
        self.papers = Papers() if papers is None else papers

    def put(self, organisations: Iterable[Organisation], version: str, papers: Papers | None = None) -> "Registry":
        """Another registry, with these entries added or replaced, and with these papers if they are others."""
        made = Registry(organisations, version, self.papers if papers is None else papers)
        changed = made._entries.whole
        made._reached |= self._reached.difference(changed)
        made._asked |= self._asked.difference(changed)
        made._entries = self._entries.put(changed)
        return made

    @cached_property
    def version(self) -> str:
        """16 hexadecimal digits that stand for the content and how it came about."""
        if self._version is not None:
            return self._version
        lines = (*self._entries.whole.values(), *self.papers.lines())
        return hashlib.sha256(b"\n".join(lines)).hexdigest()[:16]

    def get(self, organisation: str) -> Organisation | None:
        """The organisation of that id, or None."""
        if (known := self._parsed.get(organisation)) is not None:
            return known
        entry = self._entries.get(organisation)
        if entry is None:
            return None
        if len(self._parsed) >= PARSED_KEPT:
            self._parsed.clear()
        made = self._parsed[organisation] = Organisation.model_validate_json(entry)
        return made

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[Organisation]:
        """Every organisation, in the order in which they were registered."""
        return (Organisation.model_validate_json(entry) for entry in self._entries.whole.values())

    def of_kind(self, *kinds: Kind) -> Iterator[Organisation]:
        """All organisations of these kinds, in the registry's order."""
        for name, entry in self._entries.whole.items():
            if kind_of(name) in kinds:
                yield Organisation.model_validate_json(entry)

    def controller(self, organisation: Organisation) -> Organisation:
        """Who answers in law for what it receives: of an alternate, its setting; everybody else, itself."""
        if organisation.kind is not Kind.ALTERNATE:
            return organisation
        return self.get(f"{Kind.SCHOOL}:{organisation.id.partition(':')[2]}") or organisation

    @property
    def inboxes(self) -> int:
        """How many have an inbox of their own."""
        return len(self._reached)

    @cached_property
    def direct(self) -> tuple[Organisation, ...]:
        """Those with a Kafka client and an inbox of their own, the broker not among them, in the registry's order."""
        found = (
            Organisation.model_validate_json(entry)
            for name, entry in self._entries.whole.items()
            if name in self._reached
        )
        return tuple(found)

    @cached_property
    def resend(self) -> Mapping[str, datetime]:
        """Who has asked to be sent again what it has not answered, and before when that was sent."""
        found = (self.get(name) for name in sorted(self._asked))
        return {one.id: one.resend_before for one in found if one is not None and one.resend_before is not None}

    def signed_by(self, issuer: Organisation, kid: str, message_type: str, at: datetime) -> SignedBy | None:
        """Whose key `kid` is, if it may sign this type for that organisation. Says nothing of the key's own validity.

        A supplier's key counts only under a delegation that names the type and is valid at `at`.
        """
        for key in issuer.keys:
            if key.kid == kid and key.use is KeyUse.SIGN:
                return SignedBy(key=key)
        for person in issuer.people:
            if person.key.kid == kid:
                return SignedBy(key=person.key, person=person)
        for delegation in issuer.delegations:
            supplier = self.get(delegation.supplier)
            if supplier is None or not delegation.valid(at) or message_type not in delegation.flows:
                continue
            for key in supplier.keys:
                if key.kid == kid and key.use is KeyUse.SIGN:
                    return SignedBy(key=key, suspended=supplier.suspended)
        return None


def _has_an_inbox(organisation: Organisation) -> bool:
    return organisation.channel is Channel.DIRECT and organisation.kind is not Kind.BROKER


def _text(organisation: Organisation) -> bytes:
    return organisation.model_dump_json(by_alias=True, exclude_defaults=True).encode()
