"""What follows from a record, first as drafts, then signed and sealed: the one place that makes records to write."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import NamedTuple

from broker import envelope, receipts, topics
from broker.registry import Channel, KeyUse, Organisation, PublicKey, Registry
from broker.schemas.message import Flow
from broker.sealing import Signer, seal, sign_cover
from broker.state import Remembered
from broker.statement import Statement
from broker.words import Body, Judged


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """One record to write."""

    topic: str
    partition: int
    key: bytes
    headers: Sequence[tuple[str, bytes]]
    value: bytes


class Unsealed(NamedTuple):
    """One record to write once it is sealed. `words`: what the broker says in a cover, `body` what stands beside it."""

    topic: str
    partition: int
    key: bytes
    headers: Sequence[tuple[str, bytes]]
    to: PublicKey
    body: Body
    words: Body | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """The one log line of a message: codes and public ids only.

    `rules`: the reason of a refusal. Never the rules that held a message: they could tell of a protected place.
    """

    message: str
    type: str
    sender: str
    status: str
    recipients: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()


class Tally(NamedTuple):
    """What was withheld of what was delivered: the rules, once for each field, and how many fields without a marker.

    The rules of the latter stand nowhere here: they could tell of a protected place.
    """

    rules: tuple[str, ...] = ()
    unsaid: int = 0


NOTHING = Tally()
NONE_KEPT_BACK: Mapping[str, str] = {}


def tally(judged: Sequence[Judged]) -> Tally:
    """What was withheld from those to whom it went."""
    gone = [one for each in judged if each.decision.shared for one in each.shown.withheld]
    rules = tuple([one.rule for one in gone if not one.neutral])
    return Tally(rules=rules, unsaid=len(gone) - len(rules))


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """All that follows from one record: what to write, what to remember, what to log."""

    outgoing: tuple[Outgoing, ...]
    remember: tuple[Remembered, ...]
    line: Line
    copies: tuple[tuple[str, str | None], ...] = field(default=(), repr=False)
    """By key, the statements to keep until every recipient has answered; None: it is no longer needed."""
    tally: Tally = NOTHING


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """The same, before anything is signed and sealed."""

    drafts: Sequence[Unsealed | Outgoing]
    remember: tuple[Remembered, ...]
    line: Line
    copies: tuple[tuple[str, str | None], ...] = field(default=(), repr=False)
    tally: Tally = NOTHING


class Drafter:
    """Drafts records to organisations and to the broker itself, and seals them. Holds the broker's signing key."""

    def __init__(self, registry: Registry, signer: Signer) -> None:
        self._registry = registry
        self._signer = signer

    @property
    def broker(self) -> str:
        """In whose name it speaks."""
        return self._signer.organisation

    def to(
        self,
        organisation: Organisation | None,
        event: str,
        body: Body,
        statement: str | None,
        now: datetime,
        *,
        mailbox_only: bool = False,
        expires: datetime | None = None,
        revokes: Sequence[str] = (),
    ) -> list[Unsealed]:
        """The broker's words, and a cut-down statement if there is one, to one connected organisation."""
        key = organisation.key(KeyUse.SEAL, now) if organisation else None
        if organisation is None or organisation.channel is Channel.NOT_CONNECTED or key is None:
            return []
        if not self._signer.valid(now):
            raise RuntimeError("the broker's signing key is not valid now: register a current one and restart")
        claims = {
            "iss": self._signer.organisation,
            "aud": organisation.id,
            "jti": event,
            "iat": int(now.timestamp()),
        }
        topic, partition = topics.destination(organisation, mailbox_only=mailbox_only)
        return [
            Unsealed(
                topic=topic,
                partition=partition,
                key=organisation.id.encode(),
                headers=envelope.headers(
                    event_id=event,
                    source=self._signer.organisation,
                    event_type=envelope.DELIVERY,
                    at=now,
                    audience=organisation.id,
                    expires=expires,
                    revokes=revokes,
                ),
                to=key,
                body={} if statement is None else {"statement": statement},
                words={**claims, "body": body},
            )
        ]

    def receipt(
        self,
        statement: Statement,
        flow: Flow,
        one: Judged,
        *,
        view: str,
        delivery: str,
        policy: str,
        now: datetime,
        kept_back: Mapping[str, str] = NONE_KEPT_BACK,
    ) -> str:
        """What is signed of a delivery, for its sender and the audit record: see `receipts.make`."""
        return receipts.make(
            statement,
            flow,
            one.shown,
            view=view,
            kept_back=kept_back,
            delivery=delivery,
            recipient=one.line.organisation,
            role=one.line.role,
            policy=policy,
            registry=self._registry.version,
            signer=self._signer,
            now=now,
        )

    def revocation(self, organisation: Organisation, event: str, revokes: Sequence[str], now: datetime) -> Outgoing:
        """Makes deliveries unclaimable where the notice that says why cannot be sent (yet)."""
        return Outgoing(
            topic=topics.MAILBOX,
            partition=topics.partition_of(organisation.id.encode(), topics.MAILBOX_PARTITIONS),
            key=organisation.id.encode(),
            headers=envelope.headers(
                event_id=event,
                source=self._signer.organisation,
                event_type=envelope.REVOCATION,
                at=now,
                audience=organisation.id,
                revokes=revokes,
            ),
            value=b"",
        )

    def own(self, topic: str, owner: str, case: str, body: Body, now: datetime) -> Unsealed:
        """A record that only the broker itself can open."""
        broker = self._registry.get(self._signer.organisation)
        key = broker.key(KeyUse.SEAL, now) if broker else None
        if key is None:
            raise RuntimeError("the broker has no valid sealing key: register a current one and restart")
        record_key = topics.case_key(owner, case)
        partition = topics.partition_of(record_key, topics.SUBMIT_PARTITIONS)
        return Unsealed(topic=topic, partition=partition, key=record_key, headers=[], to=key, body=body)

    def sealed(self, settled: Sequence[Settled]) -> list[Carried]:
        """Sign every cover, then seal every record."""
        drafts = [one for each in settled for one in each.drafts]
        covers = [
            sign_cover(one.words, self._signer) if isinstance(one, Unsealed) and one.words else "" for one in drafts
        ]
        sealed = iter([_closed(one, cover) for one, cover in zip(drafts, covers, strict=True)])
        return [
            Carried(
                outgoing=tuple(islice(sealed, len(each.drafts))),
                remember=each.remember,
                line=each.line,
                copies=each.copies,
                tally=each.tally,
            )
            for each in settled
        ]


def _closed(one: Unsealed | Outgoing, cover: str) -> Outgoing:
    if isinstance(one, Outgoing):
        return one
    body = {"cover": cover, **one.body} if cover else one.body
    return Outgoing(
        topic=one.topic, partition=one.partition, key=one.key, headers=one.headers, value=seal(body, one.to)
    )
