"""Who may do what in Kafka, and how much: computed from the registry, with reasons. What is not here is denied.

One principal for each organisation with its own Kafka client, one for each service of the broker. The operator (the
registry desk) and the Kafka nodes are super users of Kafka's own settings and need no rules. Kafka derives two rights
itself: who may read or write a topic may describe it, and who may write to one may write idempotently.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import IntEnum
from typing import TypeVar

from broker import topics
from broker.loop import GROUP
from broker.reading import GROUP as READERS
from broker.registry import Organisation, Registry
from broker.schemas.catalogue import CATALOGUE
from broker.schemas.message import Addressing
from broker.schemas.terms import Kind

OPERATOR, NODE = "operator", "kafka-node"
WORKER, SCREENER = "worker", "screener"
MAILBOX_READER, MAILBOX_SENDER = "mailbox-reader", "mailbox-sender"
SERVICES = (WORKER, SCREENER, MAILBOX_READER, MAILBOX_SENDER)
SENDS_AT_MOST = 64 * 1024
"""Bytes a second, as each Kafka node measures it over ten seconds: 640 KiB may come at once. A notification is about
11 KiB, so two days' of a force that sends 26 a day are let through at once and six a second after that, while rubbish
of a few hundred bytes comes more slowly than one worker refuses it. The largest submission (512 KiB) fits too."""

SHARED_SENDS_AT_MOST = 16 * SENDS_AT_MOST
"""The same for all organisations that read a mailbox together: a hundred receipts a second, on a Monday morning."""


class Resource(IntEnum):
    """What a right is about, by Kafka's numbers."""

    TOPIC = 2
    GROUP = 3
    CLUSTER = 4
    TRANSACTIONAL_ID = 5
    DELEGATION_TOKEN = 6
    USER = 7


class Operation(IntEnum):
    """What may be done, by Kafka's numbers."""

    ALL = 2
    READ = 3
    WRITE = 4
    CREATE = 5
    DELETE = 6
    ALTER = 7
    DESCRIBE = 8
    CLUSTER_ACTION = 9
    DESCRIBE_CONFIGS = 10
    ALTER_CONFIGS = 11
    IDEMPOTENT_WRITE = 12
    CREATE_TOKENS = 13
    DESCRIBE_TOKENS = 14
    TWO_PHASE_COMMIT = 15


@dataclass(frozen=True, slots=True, order=True)
class Acl:
    """One rule of Kafka's. `principal` is whole, as `User:police-01`; ours all allow, from every host."""

    principal: str
    resource: Resource
    name: str
    operation: Operation
    prefixed: bool = False
    host: str = "*"
    allows: bool = True
    why: str = field(default="", compare=False)

    def __str__(self) -> str:
        """`User:police-01 may WRITE topic submit.encompass`."""
        may = "may" if self.allows else "may NOT"
        what = self.resource.name.lower().replace("_", " ")
        where = "" if self.host == "*" else f" from {self.host}"
        return f"{self.principal} {may} {self.operation.name} {what} {self.name}{'*' if self.prefixed else ''}{where}"


@dataclass(frozen=True, slots=True)
class Quota:
    """A limit of Kafka's. It refuses nothing: it makes whoever exceeds it wait.

    `on`: for whom, as Kafka says it: pairs of a kind (user, client-id, ip) and a name; None: who has none of its own.
    """

    on: tuple[tuple[str, str | None], ...]
    what: str
    value: float
    why: str = field(default="", compare=False)

    @property
    def principal(self) -> str:
        """`User:police-01`; of a limit that is on more than a user, all of it."""
        return ",".join(f"{'User' if kind == 'user' else kind}:{name or '*'}" for kind, name in self.on)

    def __str__(self) -> str:
        """`User:police-01 is limited to producer_byte_rate 65536`."""
        return f"{self.principal} is limited to {self.what} {self.value:g}"


Rule = Acl | Quota
Held = TypeVar("Held", bound=Rule)


@dataclass(frozen=True, slots=True)
class Difference:
    """What a cluster lacks of what the registry says, and what it has beyond that."""

    missing: frozenset[Rule]
    extra: frozenset[Rule]

    def __bool__(self) -> bool:
        """Whether there is any."""
        return bool(self.missing or self.extra)


def principal(organisation: str) -> str:
    """`police:01` -> `police-01`: the common name of its certificate."""
    return organisation.replace(":", "-")


def rules(registry: Registry) -> frozenset[Acl]:
    """Every right there is to be."""
    found = [rule for one in registry.direct for rule in _organisation(one)]
    return frozenset([*found, *_worker(registry), *_screener(), *_mailbox_reader(), *_mailbox_sender()])


def quotas(registry: Registry) -> frozenset[Quota]:
    """Every limit there is to be. Who is suspended keeps it; the broker's own services and the operator have none."""
    why = "a flood from one does not hold up the others"
    limits = {**{principal(one.id): SENDS_AT_MOST for one in registry.direct}, MAILBOX_SENDER: SHARED_SENDS_AT_MOST}
    return frozenset(Quota((("user", name),), "producer_byte_rate", most, why) for name, most in limits.items())


def difference(wanted: Iterable[Rule], live: Iterable[Rule]) -> Difference:
    """Compare what should be with what is."""
    wanted, live = frozenset(wanted), frozenset(live)
    return Difference(missing=wanted - live, extra=live - wanted)


def of(rights: Iterable[Held], name: str) -> frozenset[Held]:
    """The rights, or limits, of one principal."""
    return frozenset(one for one in rights if one.principal == f"User:{name}")


def _organisation(one: Organisation) -> Iterator[Acl]:
    """Of a direct organisation. One that is suspended, reads a mailbox or is not connected has no rights at all."""
    if one.suspended:
        return
    name = principal(one.id)
    if one.kind is Kind.SUPPLIER:
        families, why = set(topics.FAMILIES), "sends for those who have delegated to it"
    else:
        sent = [flow for flow in CATALOGUE if flow.addressing is not Addressing.BROKER_RECORD]  # else nothing is held
        families, why = {flow.family for flow in sent if one.kind in flow.senders}, "sends what its kind may send"
    for family in sorted(families):
        yield _topic(name, topics.submit(family), Operation.WRITE, why)
    yield _topic(name, topics.inbox(one.id), Operation.READ, "reads what is sealed to it")
    yield _topic(name, topics.REGISTRY, Operation.READ, "follows who takes part, and with which keys")
    yield _rule(name, Resource.GROUP, f"{name}.", Operation.READ, "keeps its place in its own groups", prefixed=True)


def _worker(registry: Registry) -> Iterator[Acl]:
    name = WORKER
    ours = [
        _topic(name, "submit.", Operation.READ, "takes what is submitted", prefixed=True),
        _topic(name, "state.", Operation.READ, "restores what it knew", prefixed=True),
        _topic(name, "state.", Operation.WRITE, "remembers in the same transaction", prefixed=True),
        _topic(name, "copies.", Operation.READ, "decides anew what has not been answered", prefixed=True),
        _topic(name, "copies.", Operation.WRITE, "keeps what has not been answered", prefixed=True),
        _topic(name, "inbox.", Operation.WRITE, "delivers to direct organisations", prefixed=True),
        _topic(name, "mailbox.", Operation.WRITE, "delivers to those who read a mailbox", prefixed=True),
        _topic(name, topics.SCREEN, Operation.WRITE, "asks for free text to be read"),
        _topic(name, topics.HELD, Operation.WRITE, "keeps what waits for a human"),
        _topic(name, topics.HELD, Operation.READ, "`broker keys reseal`, before a sealing key is destroyed"),
        _topic(name, topics.QUARANTINE, Operation.WRITE, "sets refused bytes aside"),
        _topic(name, topics.QUARANTINE, Operation.READ, "`broker status` counts what was refused"),
        _topic(name, topics.AUDIT, Operation.WRITE, "records every decision"),
        _topic(
            name, topics.AUDIT, Operation.READ, "`broker decision replay`; and `broker keys reseal`, before a key goes"
        ),
        _topic(name, topics.REGISTRY, Operation.READ, "knows who takes part, and with which keys"),
        _rule(name, Resource.GROUP, f"{GROUP}.", Operation.READ, "shares submit topics among workers", prefixed=True),
        _rule(
            name,
            Resource.TRANSACTIONAL_ID,
            f"{GROUP}.",
            Operation.WRITE,
            "one transaction for outputs, state and offset; fences the partition's former owner",
            prefixed=True,
        ),
    ]
    yield from ours
    for topic in topics.topics(registry):
        if not any(_covers(rule, topic.name) for rule in ours):
            yield _topic(name, topic.name, Operation.DESCRIBE, "says at its start which topics are missing")


def _screener() -> Iterator[Acl]:
    name = SCREENER
    yield _topic(name, topics.SCREEN, Operation.READ, "reads free text that the worker asks about")
    yield _rule(name, Resource.GROUP, READERS, Operation.READ, "shares what is to be read among its processes")
    for family in topics.FAMILIES:
        yield _topic(name, topics.submit(family), Operation.WRITE, "answers where the worker reads")
    yield _topic(name, topics.REGISTRY, Operation.READ, "knows who takes part, and with which keys")


def _mailbox_reader() -> Iterator[Acl]:
    name = MAILBOX_READER
    yield _topic(name, topics.MAILBOX, Operation.READ, "serves what is sealed to organisations without a client")
    yield _topic(name, topics.MAILBOX_CLAIMS, Operation.READ, "restores who has acknowledged what")
    yield _topic(name, topics.MAILBOX_CLAIMS, Operation.WRITE, "remembers who has acknowledged what")
    yield _topic(name, topics.REGISTRY, Operation.READ, "knows who takes part, and with which keys")


def _mailbox_sender() -> Iterator[Acl]:
    """What those who read a mailbox share for sending, until the mailbox service has a door for it."""
    for family in topics.FAMILIES:
        yield _topic(MAILBOX_SENDER, topics.submit(family), Operation.WRITE, "sends, and can read nothing")


def _covers(rule: Acl, topic: str) -> bool:
    if rule.resource is not Resource.TOPIC:
        return False
    return topic.startswith(rule.name) if rule.prefixed else topic == rule.name


def _topic(name: str, topic: str, operation: Operation, why: str, *, prefixed: bool = False) -> Acl:
    return _rule(name, Resource.TOPIC, topic, operation, why, prefixed=prefixed)


def _rule(name: str, resource: Resource, on: str, operation: Operation, why: str, *, prefixed: bool = False) -> Acl:
    return Acl(f"User:{name}", resource, on, operation, prefixed, why=why)
