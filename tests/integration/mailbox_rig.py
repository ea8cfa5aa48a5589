"""A mailbox service as a process of its own, organisations that read through it, and what lies in their mailboxes."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from broker import desk, post, topics
from broker.acl import MAILBOX_READER
from broker.clock import Clock, step, unsafe_stepped_clock
from broker.connection import Connection
from broker.drafts import Carried, Outgoing
from broker.home import Home
from broker.local_kafka.ports import LOOPBACK, free_port
from broker.mailbox.client import Mailbox
from broker.mailbox.index import item_id
from broker.register import Event
from broker.registry import Organisation
from broker.sealing import Signer
from tests.integration.rig import ROOT, empty, until
from tests.personas import ARGYLE, BROKER, NIGHT, lead, notification
from tests.principals import Principals
from tests.world import Reads, World, make_home

Json = dict[str, Any]


@dataclass
class Site:
    """A home with organisations of its own, that tests may change, and a Kafka with their registry."""

    kafka: Principals
    home: Home
    folder: Path
    clock_file: Path
    _world: World = field(init=False)

    def __post_init__(self) -> None:
        self._world = Reads(self.home)

    @property
    def clock(self) -> Clock:
        """What time everybody has."""
        return unsafe_stepped_clock(self.clock_file)

    @property
    def operator(self) -> Connection:
        """As the registry desk."""
        return self.kafka.operator

    def signer(self, organisation: str) -> Signer:
        """Its own signing key."""
        return self.home.signer(self.home.member(organisation), self.clock())

    async def school(self, urn: int) -> str:
        """Register one more school that reads a mailbox."""
        made = self.home.member(ARGYLE).model_copy(update={"id": f"school:{urn}", "keys": (), "people": ()})
        await asyncio.to_thread(self.home.enrol, [made], self.clock())
        await desk.sync(self.operator, self.home)
        return made.id

    async def supplier(self, name: str) -> str:
        """Register a supplier."""
        made = Organisation(id=f"supplier:{name}", name=name, nation=self.home.member(ARGYLE).nation)
        await asyncio.to_thread(self.home.enrol, [made], self.clock())
        await desk.sync(self.operator, self.home)
        return made.id

    async def declare(self, event: Event, by: str = "registrar") -> None:
        """Make an event known to everybody who follows."""
        self.home.declare(event, by, self.clock())
        await desk.sync(self.operator, self.home)

    async def deliver(self, organisation: str, count: int = 1) -> list[str]:
        """Put real sealed deliveries into its mailbox, as the worker would; return their item ids."""
        self._world.now = self.clock()
        made = [self._world.carry(notification(lead(organisation))) for _ in range(count)]
        sealed = await self._write(organisation, made)
        assert len(sealed) == count
        return [item_id(out.value) for out in sealed]

    async def carry(self, organisation: str, sender: str, *documents: Json) -> list[str]:
        """Write what the worker would write into its mailbox for these; return the item ids."""
        self._world.now = self.clock()
        sealed = await self._write(organisation, [self._world.carry(one, sender) for one in documents])
        return [item_id(out.value) for out in sealed]

    async def _write(self, organisation: str, made: Sequence[Carried]) -> list[Outgoing]:
        sealed = [
            out
            for one in made
            for out in one.outgoing
            if out.topic == topics.MAILBOX and out.key == organisation.encode()
        ]
        producer = AIOKafkaProducer(**self.operator.options)
        await producer.start()
        try:
            for out in sealed:
                await producer.send_and_wait(
                    out.topic, out.value, key=out.key, partition=out.partition, headers=list(out.headers)
                )
        finally:
            await producer.stop()
        return sealed

    async def acknowledged(self) -> list[str]:
        """The keys of every acknowledgement that Kafka holds."""
        parts = [TopicPartition(topics.MAILBOX_CLAIMS, number) for number in range(topics.MAILBOX_PARTITIONS)]
        consumer = AIOKafkaConsumer(**self.operator.options, auto_offset_reset="earliest")
        await consumer.start()
        try:
            consumer.assign(parts)
            ends = await consumer.end_offsets(parts)
            found: list[str] = []
            while any([await consumer.position(part) < end for part, end in ends.items()]):
                polled = await consumer.getmany(timeout_ms=100)
                found += [record.key.decode() for records in polled.values() for record in records]
        finally:
            await consumer.stop()
        return found


@asynccontextmanager
async def site(kafka: Principals, folder: Path) -> AsyncIterator[Site]:
    """Empty topics, and a registry of its own in Kafka; taken away at the end."""
    home = await asyncio.to_thread(make_home, folder / "home")
    step(folder / "clock", NIGHT)
    made = Site(kafka, home, folder, folder / "clock")
    await empty(kafka.operator, home.registry())
    await post.create_topics(kafka.operator, home.registry())
    await desk.sync(kafka.operator, home)
    try:
        yield made
    finally:
        await empty(kafka.operator, home.registry())


@dataclass
class Serving:
    """A mailbox service that runs."""

    site: Site
    address: str
    tls: Path | None
    log: Path
    process: asyncio.subprocess.Process

    def client(self, organisation: str, *, signer: Signer | None = None, broker: str = BROKER) -> Mailbox:
        """That organisation's own side, or its supplier's."""
        by = signer or self.site.signer(organisation)
        return Mailbox(
            self.address, organisation=organisation, broker=broker, signer=by, clock=self.site.clock, tls=self.tls
        )

    async def claim(self, organisation: str, **how: Any) -> list[str]:  # noqa: ANN401 - most, wait
        """The ids of what it is lent."""
        return [one.id for one in await asyncio.to_thread(self.client(organisation).claim, **how)]

    async def acknowledge(self, organisation: str, items: Sequence[str]) -> None:
        """See Mailbox."""
        await asyncio.to_thread(self.client(organisation).acknowledge, list(items))

    async def until_lent(self, organisation: str, count: int) -> list[str]:
        """Claim until that many have been lent."""
        found: list[str] = []
        for _ in range(100):
            found += await self.claim(organisation, wait=1)
            if len(found) >= count:
                return found
        raise AssertionError(f"lent {len(found)} of {count}")

    def logged(self) -> list[Json]:
        """What it has logged so far."""
        return [json.loads(line) for line in self.log.read_text().splitlines()]

    def refusals(self) -> list[str]:
        """The reasons that it has logged."""
        return [line["reason"] for line in self.logged() if line["event"] == "mailbox.refused"]

    async def stop(self) -> int:
        """End it as an operator does."""
        self.process.terminate()
        return await asyncio.wait_for(self.process.wait(), 20)


SERVE = "import sys; from broker.cli import main; {before}; main()"


@asynccontextmanager
async def serving(place: Site, *, before: str = "pass") -> AsyncIterator[Serving]:
    """`broker mailbox serve`; `before` is Python that spoils it first."""
    port = free_port()
    own = place.kafka.home(place.home, MAILBOX_READER, place.folder / "reader")
    log = place.folder / f"mailbox-{port}.log"
    clock = ("--unsafe-clock", str(place.clock_file))
    arguments = ("mailbox", "serve", "--port", str(port), "--home", str(own.path), *clock)
    with log.open("w") as out:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-c", SERVE.format(before=before), *arguments, "--bootstrap", place.operator.bootstrap),
            cwd=ROOT,
            env={name: value for name, value in os.environ.items() if not name.startswith("BROKER_")},
            stderr=out,
        )
    made = Serving(place, f"{'https' if own.tls else 'http'}://{LOOPBACK}:{port}", own.tls, log, process)
    try:
        await until(lambda: "mailbox.ready" in log.read_text() or process.returncode is not None, "mailbox.ready")
        assert process.returncode is None, log.read_text()
        yield made
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
