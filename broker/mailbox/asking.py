"""What an organisation asks of its mailbox: a signed request, and whether it is let in. Bytes and a registry in.

The whole request is one compact JWS by the organisation's own key, or by its supplier's. Whoever is not let in learns
the same, whatever the reason; the reasons that do not depend on the registry are told.
"""

from collections import Counter, OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID, uuid4

from joserfc import jws
from pydantic import Field, StringConstraints, TypeAdapter, ValidationError

from broker.registry import Channel, KeyUse, Organisation, PublicKey, Registry
from broker.schemas.message import Block, OrganisationId
from broker.sealing import Signer, public
from broker.statement import dumps, loads, read_jws, unb64

TYP = "safeguarding-mailbox+jwt"
MOST_BODY = 16 * 1024
MOST_ITEMS = 50
LONGEST_WAIT = 20
VALID = 60
"""Seconds for which a request may be good."""
AHEAD = 30
"""Seconds by which the asking system's clock may run ahead."""
KEPT_EACH = 1200
KEPT = 100_000
"""Request ids remembered while they are good: of one organisation, and of all."""

ItemId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
Seconds = Annotated[int, Field(gt=0, lt=1 << 33)]


class Why(StrEnum):
    """Why a request is not answered. Add, never rename."""

    OVERSIZED = "oversized"
    MALFORMED = "malformed"
    WRONG_AUDIENCE = "wrong-audience"
    EXPIRED = "expired"
    TOO_MANY = "too-many-at-once"
    SLOW = "too-slow"
    BUSY = "try-again"
    UNKNOWN = "unknown-organisation"
    KEY_UNKNOWN = "key-not-registered"
    KEY_NOT_VALID = "key-not-valid"
    FORGED = "signature-does-not-verify"
    SUSPENDED = "suspended"
    NOT_MAILBOX = "does-not-read-a-mailbox"
    REPLAYED = "repeated-request"


HIDDEN = frozenset(
    {
        Why.UNKNOWN,
        Why.KEY_UNKNOWN,
        Why.KEY_NOT_VALID,
        Why.FORGED,
        Why.SUSPENDED,
        Why.NOT_MAILBOX,
        Why.REPLAYED,
    }
)
"""These depend on more than the request itself, so from outside they all look the same."""


class NotAdmitted(Exception):  # noqa: N818 - an ordinary, named outcome
    """The request is not answered; the text is its reason code only. `organisation`: whom it names, if registered."""

    def __init__(self, why: Why, organisation: str = "") -> None:
        super().__init__(why.value)
        self.why = why
        self.organisation = organisation


class _Asked(Block):
    iss: OrganisationId
    aud: OrganisationId
    iat: Seconds
    exp: Seconds
    jti: UUID


class Claim(_Asked):
    """Lend me what I have not acknowledged. `wait`: seconds to wait for something if there is nothing."""

    act: Literal["claim"]
    most: Annotated[int, Field(ge=1, le=MOST_ITEMS)]
    wait: Annotated[int, Field(ge=0, le=LONGEST_WAIT)] = 0


class Acknowledge(_Asked):
    """My system has these. It does not say that a human has read them: a role holder's signed receipt does."""

    act: Literal["acknowledge"]
    items: Annotated[tuple[ItemId, ...], Field(min_length=1, max_length=MOST_ITEMS)]


Ask = Claim | Acknowledge
_ASK: TypeAdapter[Ask] = TypeAdapter(Annotated[Ask, Field(discriminator="act")])


def ask(organisation: str, broker: str, signer: Signer, now: datetime, **act: object) -> bytes:
    """One signed request, good once and for a minute. `signer` may be the organisation's supplier."""
    issued = int(now.timestamp())
    claims = {"iss": organisation, "aud": broker, "iat": issued, "exp": issued + VALID, "jti": str(uuid4()), **act}
    header = {"alg": signer.registered.alg, "kid": signer.kid, "typ": TYP}
    return jws.serialize_compact(header, dumps(claims).encode(), signer.key, algorithms=[header["alg"]]).encode()


@dataclass(frozen=True, slots=True)
class Admitted:
    """A request that is let in, and the id of the key that let it in."""

    ask: Ask
    kid: str


class Door:
    """Lets requests in. Remembers the ids of those that it let in for as long as they are good."""

    def __init__(self, broker: str) -> None:
        self._broker = broker
        self._seen: OrderedDict[tuple[str, UUID], int] = OrderedDict()
        self._each: Counter[str] = Counter()

    def admit(self, body: bytes, registry: Registry, now: datetime) -> Admitted:
        """Raises NotAdmitted."""
        if len(body) > MOST_BODY:
            raise NotAdmitted(Why.OVERSIZED)
        asked, kid = _read(body)
        if asked.aud != self._broker:
            raise NotAdmitted(Why.WRONG_AUDIENCE)
        at = int(now.timestamp())
        if not (asked.iat - AHEAD <= at < asked.exp <= asked.iat + VALID):
            raise NotAdmitted(Why.EXPIRED)
        key = entitled(asked.iss, kid, registry, now)
        try:
            read_jws(body.decode("ascii"), public(key), key.alg, TYP)
        except ValueError:
            raise NotAdmitted(Why.FORGED, asked.iss) from None
        self._once(asked, at)
        return Admitted(asked, kid)

    def _once(self, asked: Ask, at: int) -> None:
        while self._seen and next(iter(self._seen.values())) <= at:
            (organisation, _), _ = self._seen.popitem(last=False)
            self._each[organisation] -= 1
            if not self._each[organisation]:
                del self._each[organisation]
        if (asked.iss, asked.jti) in self._seen:
            raise NotAdmitted(Why.REPLAYED, asked.iss)
        if self._each[asked.iss] >= KEPT_EACH or len(self._seen) >= KEPT:
            raise NotAdmitted(Why.TOO_MANY, asked.iss)
        self._seen[asked.iss, asked.jti] = asked.exp
        self._each[asked.iss] += 1


def entitled(organisation: str, kid: str, registry: Registry, now: datetime) -> PublicKey:
    """The key by which that organisation's mailbox may be read now. Raises NotAdmitted.

    Who has an inbox has a mailbox too: for what may have to become unclaimable, and for that alone.
    """
    member = registry.get(organisation)
    if member is None:
        raise NotAdmitted(Why.UNKNOWN)
    key = next((one for one in _keys(member, registry, now) if one.kid == kid), None)
    if key is None:
        raise NotAdmitted(Why.KEY_UNKNOWN, organisation)
    if not key.valid(now):
        raise NotAdmitted(Why.KEY_NOT_VALID, organisation)
    if member.suspended:
        raise NotAdmitted(Why.SUSPENDED, organisation)
    if member.channel is Channel.NOT_CONNECTED:
        raise NotAdmitted(Why.NOT_MAILBOX, organisation)
    return key


def _keys(member: Organisation, registry: Registry, now: datetime) -> Iterator[PublicKey]:
    """Its own signing keys, and those of suppliers that act for it now in anything: a delivery hides its type."""
    yield from (key for key in member.keys if key.use is KeyUse.SIGN)
    for delegation in member.delegations:
        supplier = registry.get(delegation.supplier)
        if supplier is not None and not supplier.suspended and delegation.valid(now):
            yield from (key for key in supplier.keys if key.use is KeyUse.SIGN)


def _read(body: bytes) -> tuple[Ask, str]:
    """What a request says, before anything of it is believed. Raises NotAdmitted."""
    try:
        head, payload, _ = body.decode("ascii").split(".")
        header, claims = loads(unb64(head)), loads(unb64(payload))
        kid = header["kid"]
        asked = _ASK.validate_json(dumps(claims))
    except (ValidationError, ValueError, KeyError, TypeError):
        raise NotAdmitted(Why.MALFORMED) from None
    if not isinstance(kid, str):
        raise NotAdmitted(Why.MALFORMED)
    return asked, kid
