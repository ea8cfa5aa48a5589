"""Real Kafka for the integration layer: lanes of their own, workers in this process or in theirs, and exact counts."""

import asyncio
import contextlib
import gc
import json
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4, uuid5

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import GroupCoordinatorNotAvailableError
from faststream.kafka import KafkaRouter

from broker import desk, post, topics
from broker.acl import SCREENER
from broker.agency import Agency, Submitted
from broker.app import kafka_broker
from broker.clock import system_clock, unsafe_stepped_clock
from broker.connection import Connection
from broker.home import Home
from broker.loop import Loop, group_of, read_records
from broker.registry import Registry
from broker.routers import sealed
from broker.schemas.encompass import FAMILY
from broker.state import StateSeal
from broker.written import NAMESPACE
from tests.personas import ACLAND, MET, NIGHT, lead, notification
from tests.principals import Principals
from tests.world import World

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 60.0
"""Seconds until a wait is a failure: only a broken broker, or a machine that stands still, needs as many."""
POLL = 0.02
LANE = "test-lane-"

OUT = (topics.inbox(MET), topics.inbox(ACLAND), topics.MAILBOX, topics.QUARANTINE)
"""Where the outcomes, deliveries and refused bytes of these tests go."""


# --- which event ids must appear ----------------------------------------------------------------------------


def outcome_of(message: str, sender: str = MET) -> str:
    """The event id of the outcome that the sender of a message is told."""
    return str(uuid5(NAMESPACE, f"outcome|{sender}/{message}"))


def delivery_of(message: str, recipient: str = ACLAND, sender: str = MET) -> str:
    """The event id of a message's delivery to one recipient."""
    return str(uuid5(NAMESPACE, f"{sender}/{message}|{recipient}"))


def once_each(submitted: Iterable[Submitted]) -> Counter[str]:
    """One outcome and one delivery for each submission."""
    return Counter(event for one in submitted for event in (outcome_of(one.message), delivery_of(one.message)))


# --- waiting and watching -----------------------------------------------------------------------------------


async def until(done: Callable[[], bool], waiting_for: str, *, within: float = PATIENCE) -> float:
    """Wait for a condition; return the seconds that it took."""
    began = time.monotonic()
    while not done():
        assert time.monotonic() < began + within, f"not within {within:.0f} s: {waiting_for}"
        await asyncio.sleep(POLL)
    return time.monotonic() - began


class Watch:
    """Every committed record of some topics since the watch began. Nothing is dropped, so a duplicate shows."""

    def __init__(
        self, consumer: AIOKafkaConsumer, partitions: Sequence[TopicPartition], connection: Connection
    ) -> None:
        self._consumer = consumer
        self._partitions = partitions
        self._connection = connection
        self.records: list[Any] = []
        self.events: Counter[str] = Counter()

    def of(self, expected: Iterable[str]) -> Counter[str]:
        """How often each of these events has come; those that have not are left out."""
        return Counter({event: self.events[event] for event in expected if self.events[event]})

    def values(self, topic: str) -> list[bytes | None]:
        """The values that have come in a topic."""
        return [record.value for record in self.records if record.topic == topic]

    def reasons(self, values: Iterable[bytes | None]) -> list[str]:
        """Why each of these bytes is in quarantine; bytes that are not there, or twice, show in the length."""
        wanted = [value or b"" for value in values]
        kept = [one for one in self.records if one.topic == topics.QUARANTINE and (one.value or b"") in wanted]
        kept.sort(key=lambda one: wanted.index(one.value or b""))
        return [dict(one.headers)["reason"].decode() for one in kept]

    async def poll(self) -> None:
        """Take in what has come."""
        for records in (await self._consumer.getmany(timeout_ms=50)).values():
            for record in records:
                self.records.append(record)
                if event := dict(record.headers).get("ce_id"):
                    self.events[event.decode()] += 1

    async def until(self, done: Callable[[], bool], waiting_for: str, *, within: float = PATIENCE) -> None:
        """Read until a condition holds."""
        deadline = time.monotonic() + within
        while not done():
            assert time.monotonic() < deadline, f"not within {within:.0f} s: {waiting_for}"
            await self.poll()

    async def until_seen(self, events: Iterable[str], *, within: float = PATIENCE) -> None:
        """Read until each of these events has come at least once."""
        missing = set(events)

        def done() -> bool:
            missing.difference_update(self.events)
            return not missing

        await self.until(done, "every expected event", within=within)

    async def to_end(self) -> None:
        """Read everything that is written by now, once it is committed or aborted.

        Kafka ends a transaction on one partition sooner than on another: the end of what is committed would leave out
        what belongs to a record that has been seen.
        """
        plain = AIOKafkaConsumer(**self._connection.options, isolation_level="read_uncommitted")
        await plain.start()
        try:
            end = await plain.end_offsets(self._partitions)
        finally:
            await plain.stop()
        deadline = time.monotonic() + PATIENCE
        while [one for one in self._partitions if await self._consumer.position(one) < end[one]]:
            assert time.monotonic() < deadline, "the end of the watched topics was not reached"
            await self.poll()


def notices(world: World, watch: Watch, one: Submitted) -> int:
    """How often the Metropolitan Police have been told that nobody has answered this message in time."""
    agency, later = world.agency(MET), NIGHT + timedelta(days=30)
    told = [agency.open_delivery(value or b"", later).body for value in watch.values(topics.inbox(MET))]
    return sum(1 for body in told if (body["is"], body["message"]) == ("overdue", one.message))


@asynccontextmanager
async def watching(connection: Connection, *names: str) -> AsyncIterator[Watch]:
    """Watch some topics from now on."""
    consumer = AIOKafkaConsumer(
        **connection.options, isolation_level="read_committed", enable_auto_commit=False, fetch_max_wait_ms=50
    )
    await consumer.start()
    try:
        counts = {name: topics.MAILBOX_PARTITIONS if name == topics.MAILBOX else 1 for name in names}
        partitions = [TopicPartition(name, number) for name in names for number in range(counts[name])]
        consumer.assign(partitions)
        for one, end in (await consumer.end_offsets(partitions)).items():
            consumer.seek(one, end)
        yield Watch(consumer, partitions, connection)
    finally:
        await consumer.stop()


@asynccontextmanager
async def admin(connection: Connection) -> AsyncIterator[AIOKafkaAdminClient]:
    """An administration client."""
    client = AIOKafkaAdminClient(**connection.options)
    await client.start()
    try:
        yield client
    finally:
        await client.close()


async def empty(connection: Connection, registry: Registry) -> None:
    """Delete the topics of the product and of lanes, and wait until they are gone: the Kafka of tests is throw-away."""
    product = {topic.name for topic in topics.topics(registry)}
    async with admin(connection) as client:

        async def ours() -> list[str]:
            return [name for name in await client.list_topics() if name in product or LANE in name]

        if names := await ours():
            await client.delete_topics(names)
        deadline = time.monotonic() + PATIENCE
        while await ours():
            assert time.monotonic() < deadline, "deleted topics are still there"
            await asyncio.sleep(POLL)


async def publish(connection: Connection, submitted: Sequence[Submitted]) -> None:
    """Submit, as an agency does."""
    await post.publish(connection, submitted)


@asynccontextmanager
async def screening(
    kafka: Principals, home: Home, folder: Path, *options: str
) -> AsyncIterator[asyncio.subprocess.Process]:
    """`broker screen` as a process of its own, until the block ends; it is ready when the block begins."""
    own, log = kafka.home(home, SCREENER, folder / "screener"), folder / "screening.log"
    with log.open("wb") as out:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "broker", "screen", "--home", str(own.path)),
            *("--bootstrap", kafka.operator.bootstrap, *options),
            cwd=ROOT,
            env={name: value for name, value in os.environ.items() if not name.startswith("BROKER_")},
            stdout=out,
            stderr=out,
        )
    try:
        ready = "screening.ready"
        await until(lambda: ready in log.read_text() or process.returncode is not None, ready)
        assert process.returncode is None, log.read_text()
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


# --- a lane of one's own, for workers in this process -------------------------------------------------------


class Raw(NamedTuple):
    """A record that no well-meaning sender writes."""

    value: bytes | None
    headers: Sequence[tuple[str, bytes | None]]
    key: bytes = b"-"


def raw(one: Submitted) -> Raw:
    """A submission as plain parts, to be spoilt."""
    return Raw(one.value, one.headers, one.key)


@dataclass
class Lane:
    """A submit topic with its changelog and group that no other test uses; outputs go where they always go."""

    kafka: Principals
    world: World
    family: str = field(default_factory=lambda: f"{LANE}{uuid4().hex[:12]}")
    _agency: Agency | None = None

    @property
    def group(self) -> str:
        """The consumer group of its workers."""
        return group_of(self.family)

    @property
    def operator(self) -> Connection:
        """As the registry desk: for setting up, for looking on, and for what a test makes happen from outside."""
        return self.kafka.operator

    @property
    def topic(self) -> str:
        """Where it is submitted to."""
        return topics.submit(self.family)

    async def create(self) -> None:
        """Create its topics, and those of the registry that are not there."""
        await post.create_topics(self.operator, self.world.registry)
        async with admin(self.operator) as client:
            names = (self.topic, topics.state(self.family), topics.copies(self.family))
            made = [NewTopic(name, topics.SUBMIT_PARTITIONS, 1) for name in names]
            await client.create_topics(made)

    def write(self, partition: int | None = None, **changes: Any) -> Submitted:  # noqa: ANN401 - JSON
        """A notification to Acland Burghley School, signed and sealed, in a case of that partition."""
        if self._agency is None:
            self._agency = self.world.agency(MET)
        case = case_on(partition)
        made = self._agency.submit(notification(lead(ACLAND), **{"case": case, **changes}), self.world.now)
        return replace(made, topic=self.topic)

    async def publish(self, *submitted: Submitted) -> None:
        """Submit, as an agency does: but only the operator may write to a lane."""
        await publish(self.operator, submitted)

    async def publish_as_one_batch(self, records: Sequence[Raw], *, partition: int = 0) -> None:
        """Write any bytes as one record batch, so that a consumer polls all of them or none."""
        producer = AIOKafkaProducer(**self.operator.options, max_batch_size=post.MAX_REQUEST)
        await producer.start()
        try:
            await producer.partitions_for(self.topic)
            batch = producer.create_batch()
            for one in records:
                assert batch.append(key=one.key, value=one.value, timestamp=None, headers=list(one.headers))
            await (await producer.send_batch(batch, self.topic, partition=partition))
        finally:
            await producer.stop()

    async def fence(self, partition: int = 0) -> None:
        """Do to a worker's producer what another owner, or a transaction time-out, does: raise its epoch."""
        producer = AIOKafkaProducer(**self.operator.options, transactional_id=f"{self.group}.{self.topic}.{partition}")
        await producer.start()
        await producer.stop()


def case_on(partition: int | None, owner: str = MET) -> str:
    """A fresh case id; all of one partition if one is asked for."""
    while True:
        case = str(uuid4())
        place = topics.partition_of(topics.case_key(owner, case), topics.SUBMIT_PARTITIONS)
        if partition is None or place == partition:
            return case


@dataclass
class Worker:
    """A worker in this process. `stopped`: why it asked to be stopped, if it did."""

    loop: Loop
    stopped: list[str]


@asynccontextmanager
async def working(
    lane: Lane,
    *,
    make: type[Loop] = Loop,
    router: Callable[[Loop], KafkaRouter] = sealed.router,
    consumer_only: bool = True,
) -> AsyncIterator[Worker]:
    """A worker of a lane, wired as broker.app does it; `make` and `router` are for what a test sabotages."""
    stopped: list[str] = []
    loop = make(
        family=lane.family,
        connection=lane.kafka.connection("worker"),
        exchange=lane.world.exchange,
        clock=lambda: lane.world.now,
        seal=StateSeal(lane.world.home.state_keys()),
        stop=stopped.append,
    )
    broker = kafka_broker(lane.kafka.connection("worker"), consumer_only=consumer_only)
    broker.include_router(router(loop))
    try:
        await broker.start()
        await asyncio.wait_for(loop.ready.wait(), PATIENCE)
        yield Worker(loop, stopped)
    finally:
        await broker.stop()
        await loop.close()
        gc.collect()  # a fenced producer leaves futures that asyncio reports when they are collected: let it be here


# --- the service: worker processes on the fixed topics ------------------------------------------------------


@dataclass
class Service:
    """Empty topics, a home, and a clock file that makes it the evening of 19 November 2026, whatever today is."""

    kafka: Principals
    world: World
    folder: Path
    _agency: Agency | None = None

    @property
    def clock(self) -> Path:
        """Seconds to add to the system's clock, for its workers."""
        return self.folder / "seconds"

    @property
    def operator(self) -> Connection:
        """As the registry desk: for setting up and for looking on."""
        return self.kafka.operator

    @property
    def police(self) -> Connection:
        """As the Metropolitan Police, who send what `write` makes."""
        return self.kafka.agency(self.world.home, MET)

    def turn_clock(self, to: datetime = NIGHT) -> None:
        """Set the worker's clock; it runs on from there."""
        draft = self.clock.with_suffix(".new")
        draft.write_text(str((to - system_clock()).total_seconds()))
        draft.replace(self.clock)

    def now(self) -> datetime:
        """What time the workers have."""
        return unsafe_stepped_clock(self.clock)()

    def write(self, partition: int | None = None, **changes: Any) -> Submitted:  # noqa: ANN401 - JSON
        """A notification to Acland Burghley School, signed and sealed."""
        if self._agency is None:
            self._agency = self.world.agency(MET)
        document = notification(lead(ACLAND), **{"case": case_on(partition), **changes})
        return self._agency.submit(document, self.now())


async def fresh_service(kafka: Principals, home: Home, folder: Path) -> Service:
    """A service with these keys on topics that are empty."""
    world = World(home)
    await empty(kafka.operator, world.registry)
    await post.create_topics(kafka.operator, world.registry)
    await desk.sync(kafka.operator, world.home)
    made = Service(kafka, world, folder)
    made.turn_clock()
    return made


class Process:
    """A worker process and what it logs."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.events: Counter[str] = Counter()
        self.said: list[str] = []
        self.began = time.monotonic()
        self._reader = asyncio.create_task(self._read())

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether it still is."""
        return self._process.returncode is None

    async def _read(self) -> None:
        assert self._process.stderr is not None
        async for line in self._process.stderr:
            try:
                self.events[json.loads(line)["event"]] += 1
            except ValueError:
                self.said.append(line.decode())

    async def ready(self, times: int = 1) -> float:
        """Wait until it has said that it is ready; return the seconds since it was started."""
        await until(
            lambda: self.events["worker.ready"] >= times * len(topics.FAMILIES) or not self.running,
            f"worker {self.pid} ready {times} times",
        )
        assert self.running, f"the worker ended: {self.said}"
        return time.monotonic() - self.began

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self._process.send_signal(number)

    async def ended(self, *, within: float = PATIENCE) -> int:
        """Wait for its end; return the exit code."""
        code = await asyncio.wait_for(self._process.wait(), within)
        await self._reader
        return code

    async def terminate(self) -> int:
        """End it as an operator does; return the exit code."""
        self.signal(signal.SIGTERM)
        return await self.ended()

    async def memory(self) -> int:
        """Its resident set, in MiB."""
        status = await asyncio.to_thread(Path(f"/proc/{self.pid}/status").read_text)
        return int(status.partition("VmRSS:")[2].split()[0]) // 1024


@asynccontextmanager
async def process(service: Service, *, home: Home | None = None, real_time: bool = False) -> AsyncIterator[Process]:
    """`python -m broker run`, with the worker's own certificate; whatever becomes of the test, it ends."""
    shared = home or service.world.home
    own = service.kafka.home(shared, "worker", service.folder / f"worker-of-{shared.path.name}")
    clock = [] if real_time else ["--unsafe-clock", str(service.clock)]
    made = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "broker", "run", "--home", str(own.path), "--bootstrap", service.operator.bootstrap),
        *clock,
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if not name.startswith("BROKER_")},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    one = Process(made)
    try:
        yield one
    finally:
        if one.running:
            with contextlib.suppress(ProcessLookupError):
                one.signal(signal.SIGKILL)
        await one.ended()


async def committed(connection: Connection, family: str = FAMILY) -> int:
    """How many records of a submit topic are done with, by committed offsets (submitters write no gaps)."""
    async with admin(connection) as client:
        async with asyncio.timeout(PATIENCE):
            while True:
                try:
                    offsets = await client.list_consumer_group_offsets(group_of(family))
                    break
                except GroupCoordinatorNotAvailableError:  # Kafka has not yet said who keeps this group's offsets
                    await asyncio.sleep(0.1)
    return sum(at.offset for tp, at in offsets.items() if tp.topic == topics.submit(family))


# --- every byte that Kafka holds ----------------------------------------------------------------------------


class Copied(NamedTuple):
    """One record as somebody copied it from Kafka."""

    topic: str
    partition: int
    offset: int
    key: bytes
    value: bytes | None


async def copy_of(connection: Connection, names: Iterable[str]) -> list[Copied]:
    """What an administrator of Kafka, or a thief of its disks, could take of these topics today."""
    found: list[Copied] = []
    async with admin(connection) as client:
        there = {one["topic"]: len(one["partitions"]) for one in await client.describe_topics(list(names))}
    for name, partitions in there.items():
        for number in range(partitions):
            async for record in read_records(connection, TopicPartition(name, number)):
                found.append(Copied(name, number, record.offset, record.key or b"", record.value))  # noqa: PERF401 - async
    return found
