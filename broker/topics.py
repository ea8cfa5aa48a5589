"""Topic names, partition counts and retention: the one place that maps an organisation to a topic."""

from dataclasses import dataclass
from functools import lru_cache

from aiokafka.partitioner import murmur2

from broker.registry import Channel, Organisation, Registry
from broker.schemas.catalogue import CATALOGUE

SUBMIT_PARTITIONS = 6
MAILBOX_PARTITIONS = 12
DAY_MS = 24 * 60 * 60 * 1000
FOR_EVER = -1
MAX_SUBMISSION = 512 * 1024
"""Twice what the procedure accepts, and half of what Kafka takes: whatever comes in can also be set aside whole."""
LANE = "standard"
MAILBOX = f"mailbox.{LANE}"
MAILBOX_CLAIMS = "mailbox-claims"
SCREEN = "screen"
HELD = "held"
QUARANTINE = "quarantine"
AUDIT = "audit"
REGISTRY = "registry-events"
FAMILIES = tuple(sorted({flow.family for flow in CATALOGUE}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """One topic as it must exist. `retention_days` None: compacted; FOR_EVER: every record is kept."""

    name: str
    partitions: int
    retention_days: int | None
    holds: str
    max_bytes: int | None = None

    @property
    def config(self) -> dict[str, str]:
        """Kafka's own settings for it. Values are sealed, so compression gains nothing and would tell of content."""
        if self.retention_days is None:
            return {"cleanup.policy": "compact", "compression.type": "uncompressed"}
        size = {} if self.max_bytes is None else {"max.message.bytes": str(self.max_bytes)}
        kept = -1 if self.retention_days == FOR_EVER else self.retention_days * DAY_MS
        return {"retention.ms": str(kept), "compression.type": "uncompressed", **size}


def submit(family: str) -> str:
    """Where a family's messages are submitted."""
    return f"submit.{family}"


def state(family: str) -> str:
    """The changelog of a family's cases; partition p of it belongs to partition p of `submit`."""
    return f"state.{family}"


def copies(family: str) -> str:
    """Whole statements that somebody has yet to answer; partition p of it belongs to partition p of `submit`."""
    return f"copies.{family}"


def inbox(organisation: str) -> str:
    """`police:01` -> `inbox.police-01` (a colon is illegal in topic names)."""
    return f"inbox.{organisation.replace(':', '-')}"


@lru_cache(maxsize=1024)  # in pure Python, and asked for more than once a message
def partition_of(key: bytes, partitions: int) -> int:
    """Kafka's own default partitioner (murmur2), so that any stock client that sets the record key gets it right."""
    return int((murmur2(key) & 0x7FFFFFFF) % partitions)


def case_key(owner: str, case: str) -> bytes:
    """The record key of a submission: the organisation that opened the case, and the case."""
    return f"{owner}/{case}".encode()


def destination(organisation: Organisation, *, mailbox_only: bool = False) -> tuple[str, int]:
    """Topic and partition in which an organisation reads. Raises ValueError if it is not connected.

    `mailbox_only`: also what has an inbox fetches this from its mailbox, where it can become unclaimable.
    """
    if organisation.channel is Channel.DIRECT and not mailbox_only:
        return inbox(organisation.id), 0
    if organisation.channel is not Channel.NOT_CONNECTED:
        return MAILBOX, partition_of(organisation.id.encode(), MAILBOX_PARTITIONS)
    raise ValueError("not connected")


def topics(registry: Registry) -> tuple[Topic, ...]:
    """Every topic that this registry needs. Retention is configuration, not yet confirmed by anybody."""
    families = tuple(
        topic
        for family in FAMILIES
        for topic in (
            Topic(
                name=submit(family),
                partitions=SUBMIT_PARTITIONS,
                retention_days=7,
                holds="submissions, sealed to the broker",
                max_bytes=MAX_SUBMISSION,
            ),
            Topic(
                name=state(family),
                partitions=SUBMIT_PARTITIONS,
                retention_days=None,
                holds="cases and seen ids, sealed to the broker",
            ),
            Topic(
                name=copies(family),
                partitions=SUBMIT_PARTITIONS,
                retention_days=None,
                holds="what somebody has yet to answer, sealed to the broker; dropped when all have",
            ),
        )
    )
    inboxes = tuple(
        Topic(name=inbox(one.id), partitions=1, retention_days=30, holds=f"deliveries sealed to {one.id}")
        for one in registry.direct
    )
    return (
        Topic(
            name=REGISTRY,
            partitions=1,
            retention_days=FOR_EVER,
            holds="signed events that make the registry; public",
        ),
        *families,
        Topic(
            name=MAILBOX,
            partitions=MAILBOX_PARTITIONS,
            retention_days=30,
            holds="deliveries, each sealed to its reader",
        ),
        Topic(
            name=MAILBOX_CLAIMS,
            partitions=MAILBOX_PARTITIONS,
            retention_days=45,  # longer than any delivery is kept, or one that was acknowledged would be offered again
            holds="which deliveries of the same partition their readers' systems have acknowledged",
        ),
        *inboxes,
        Topic(
            name=SCREEN,
            partitions=SUBMIT_PARTITIONS,
            retention_days=7,
            holds="free text that awaits the screening, sealed to the broker",
        ),
        Topic(
            name=HELD,
            partitions=SUBMIT_PARTITIONS,
            retention_days=90,
            holds="what waits for a human, sealed to the broker",
        ),
        Topic(
            name=QUARANTINE,
            partitions=1,
            retention_days=30,
            holds="refused bytes as they came, with the reason",
        ),
        Topic(
            name=AUDIT,
            partitions=SUBMIT_PARTITIONS,
            retention_days=FOR_EVER,
            holds="one sealed record per decision",
        ),
    )
