"""Who takes part: organisations by their register codes, how each is reached, and its public keys.

Everything here is public: an organisation's existence, its published desk, its public keys. The registry is a value;
`version` is the digest of its content and is stored with every decision.
"""

import hashlib
from collections.abc import Iterable, Mapping
from enum import StrEnum
from functools import cached_property
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from broker.schemas.identifiers import PoliceForceArea, Telephone
from broker.schemas.message import Block, Line, OrganisationId, kind_of
from broker.schemas.terms import Kind


class Nation(StrEnum):
    """Whose law the organisation cites."""

    ENGLAND = "England"
    WALES = "Wales"


class Channel(StrEnum):
    """How an organisation is reached."""

    DIRECT = "direct"  # has its own Kafka client and inbox topic
    MAILBOX = "mailbox"  # reads from a shared mailbox topic, each message sealed to it
    NOT_CONNECTED = "not-connected"  # in the register, but no system: a human rings


class KeyUse(StrEnum):
    """What a key is for."""

    SIGN = "sign"
    SEAL = "seal"


class PublicKey(Block):
    """One public key (JWK, RFC 8037). The algorithm is a property of the record, never a constant of the reader."""

    kid: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{8,64}$")]
    use: KeyUse
    alg: Literal["Ed25519", "ECDH-ES+A256KW"]
    jwk: Mapping[str, str]
    not_before: AwareDatetime
    not_after: AwareDatetime


class Desk(Block):
    """A published role address: never a person's own line."""

    role: Line
    telephone: Telephone


class Establishment(StrEnum):
    """What kind of relevant educational establishment (Domestic Abuse Act 2021 s49A(3)-(4))."""

    SCHOOL = "school"
    COLLEGE = "college"


class Organisation(Block):
    """One organisation. `police_area` is the force area it lies in; for a force, the area it serves."""

    id: OrganisationId
    name: Line
    nation: Nation
    channel: Channel
    police_area: PoliceForceArea | None = None
    establishment: Establishment | None = None
    independent: bool = False
    desk: Desk
    session_start: Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")] = "08:50"
    keys: tuple[PublicKey, ...] = ()

    @property
    def kind(self) -> Kind:
        """By the register that names it."""
        return kind_of(self.id)

    def key(self, use: KeyUse, now: AwareDatetime) -> PublicKey | None:
        """The newest key for this use that is valid at `now`, or None."""
        valid = [key for key in self.keys if key.use is use and key.not_before <= now < key.not_after]
        return max(valid, key=lambda key: key.not_before, default=None)


class Registry(Block):
    """All organisations, by id."""

    organisations: tuple[Organisation, ...]

    @cached_property
    def _by_id(self) -> Mapping[str, Organisation]:
        return {organisation.id: organisation for organisation in self.organisations}

    @cached_property
    def version(self) -> str:
        """First 16 hexadecimal digits of the SHA-256 of the content."""
        return hashlib.sha256(self.model_dump_json(by_alias=True).encode()).hexdigest()[:16]

    def get(self, organisation: str) -> Organisation | None:
        """The organisation of that id, or None."""
        return self._by_id.get(organisation)

    def of_kind(self, *kinds: Kind) -> Iterable[Organisation]:
        """All organisations of these kinds, in the registry's order."""
        return (organisation for organisation in self.organisations if organisation.kind in kinds)
