"""The mailbox topic and its acknowledgements in Kafka: the only state there is. A restart reads both again.

An acknowledgement is written before it is answered. The index keeps places; values are read when they are claimed.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError

from broker import topics
from broker.clock import Clock
from broker.connection import Connection, NotPermitted, Unreachable
from broker.envelope import Slip, slip
from broker.mailbox.index import Index, Item, Place, item_id
from broker.refusal import check_seen
from broker.statement import dumps, loads

PARTITIONS = range(topics.MAILBOX_PARTITIONS)
MAILBOX = tuple(TopicPartition(topics.MAILBOX, number) for number in PARTITIONS)
CLAIMS = tuple(TopicPartition(topics.MAILBOX_CLAIMS, number) for number in PARTITIONS)
EVENTS = TopicPartition(topics.REGISTRY, 0)
FETCHERS = 4
FETCH_WITHIN_MS = 2000
FETCH_BYTES = 256 * 1024
EVENT_BYTES = 1024 * 1024
FORGET_EVERY = 300.0
"""Seconds between looks at what Kafka's retention has taken."""

log = structlog.get_logger()


class Mailboxes:
    """Everybody's unread items. `stop` is called if they cannot be followed any more: going on would be blind."""

    def __init__(self, connection: Connection, *, clock: Clock, stop: Callable[[str], None]) -> None:
        self._connection = connection
        self._clock = clock
        self._stop = stop
        self._producer = AIOKafkaProducer(**connection.options, enable_idempotence=True)
        self._mailbox = self._consumer()
        self._claims = self._consumer()
        self._events = self._consumer(max_partition_fetch_bytes=EVENT_BYTES)
        self._event_reading = asyncio.Lock()
        self._fetchers: asyncio.Queue[AIOKafkaConsumer] = asyncio.Queue()
        self._clients: list[Any] = [self._producer, self._mailbox, self._claims, self._events]
        self._tasks: list[asyncio.Task[None]] = []
        self._waiting: dict[str, set[asyncio.Event]] = {}
        self.index = Index({})

    def _consumer(self, **options: int) -> AIOKafkaConsumer:
        return AIOKafkaConsumer(
            **self._connection.options,
            isolation_level="read_committed",
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            fetch_max_wait_ms=100,
            **options,
        )

    async def start(self) -> int:
        """Read everything there is, then follow it; return how many items are unread. Raises Unreachable."""
        try:
            for _ in range(FETCHERS):
                one = self._consumer(max_partition_fetch_bytes=FETCH_BYTES)
                self._clients.append(one)
                self._fetchers.put_nowait(one)
            for client in self._clients:
                await client.start()
            for topic in (topics.MAILBOX, topics.MAILBOX_CLAIMS, topics.REGISTRY):
                await check_seen(self._mailbox, topic)
            self._events.assign([EVENTS])
            await self._events.position(EVENTS)
            self.index = Index(await self._starts())
            await self._to_end(self._claims, CLAIMS, self._take_claim)
            await self._to_end(self._mailbox, MAILBOX, self._take_item)
        except NotPermitted:
            await self.close()
            raise
        except (KafkaError, OSError) as error:
            await self.close()
            raise Unreachable(
                f"the mailbox cannot be read at {self._connection.bootstrap} ({type(error).__name__}): are the topics "
                "there (`broker topics --create`), and may you read them (`broker acl verify`)?"
            ) from error
        followed = ((self._claims, self._take_claim), (self._mailbox, self._take_item))
        self._tasks = [asyncio.create_task(self._follow(*each)) for each in followed]
        self._tasks.append(asyncio.create_task(self._forget()))
        return len(self.index)

    async def close(self) -> None:
        """Stop following."""
        for task in self._tasks:
            task.cancel()
        for client in self._clients:
            await client.stop()

    # Following -----------------------------------------------------------------------------------------------------

    async def _starts(self) -> dict[int, int]:
        return {tp.partition: offset for tp, offset in (await self._mailbox.beginning_offsets(MAILBOX)).items()}

    async def _to_end(
        self, consumer: AIOKafkaConsumer, partitions: Sequence[TopicPartition], take: Callable[[Any], None]
    ) -> None:
        consumer.assign(partitions)
        ends = await consumer.end_offsets(partitions)
        await consumer.seek_to_beginning(*partitions)
        while any([await consumer.position(tp) < end for tp, end in ends.items()]):
            await self._poll(consumer, take)

    async def _poll(self, consumer: AIOKafkaConsumer, take: Callable[[Any], None]) -> None:
        for records in (await consumer.getmany(timeout_ms=200)).values():
            for record in records:
                take(record)
            await asyncio.sleep(0)

    async def _follow(self, consumer: AIOKafkaConsumer, take: Callable[[Any], None]) -> None:
        try:
            while True:
                await self._poll(consumer, take)
        except Exception as fault:  # noqa: BLE001 - whatever it is, what has arrived would not be served
            log.error("mailbox.lost", fault=type(fault).__name__, next="restart this process")  # noqa: TRY400
            self._stop("the mailbox cannot be followed any more")

    def _take_item(self, record: Any) -> None:  # noqa: ANN401 - aiokafka has no types
        organisation, value = (record.key or b"").decode("ascii", "replace"), record.value or b""
        place = Place(record.partition, record.offset)
        try:
            outside = slip(record.headers)
        except ValueError:  # until when it may be handed out is not known, so it is not
            log.error("mailbox.slip.unreadable", partition=record.partition, offset=record.offset)  # noqa: TRY400
            outside = Slip(empty=True)
        if self.index.arrived(place, organisation, item_id(value), len(value), outside):
            self._wake(organisation)

    def _take_claim(self, record: Any) -> None:  # noqa: ANN401 - aiokafka has no types
        try:
            organisation, _, item = record.key.decode("ascii").partition("/")
            said = loads(record.value)
            place = Place(record.partition, int(said["offset"]))
        except (ValueError, TypeError, KeyError, AttributeError):
            log.warning("mailbox.claim.unreadable", partition=record.partition, offset=record.offset)
        else:
            (self.index.lent if said.get("lent") else self.index.acknowledged)(place, organisation, item)

    async def _forget(self) -> None:
        while True:
            await asyncio.sleep(FORGET_EVERY)
            try:
                gone = self.index.forget(await self._starts())
            except KafkaError as fault:
                log.warning("mailbox.forget.failed", fault=type(fault).__name__)
                continue
            if gone:
                log.error("mailbox.expired", records=gone, next="their senders were told when they fell overdue")

    # Waiting -------------------------------------------------------------------------------------------------------

    async def changed(self, organisation: str, seconds: float) -> None:
        """Wait until something has arrived for that organisation, or `wake_all`; at most that long."""
        event = asyncio.Event()
        self._waiting.setdefault(organisation, set()).add(event)
        try:
            async with asyncio.timeout(seconds):
                await event.wait()
        except TimeoutError:
            return
        finally:
            mine = self._waiting[organisation]
            mine.discard(event)
            if not mine:
                del self._waiting[organisation]

    def _wake(self, organisation: str) -> None:
        for event in self._waiting.get(organisation, ()):
            event.set()

    def wake_all(self) -> None:
        """Let everybody who waits look again: the registry has changed."""
        for organisation in self._waiting:
            self._wake(organisation)

    # Content -------------------------------------------------------------------------------------------------------

    @asynccontextmanager
    async def _fetcher(self) -> AsyncIterator[AIOKafkaConsumer]:
        one = await self._fetchers.get()
        try:
            yield one
        finally:
            self._fetchers.put_nowait(one)

    async def values(self, items: Sequence[Item]) -> dict[str, bytes]:
        """The sealed bytes of these, all of one organisation, by item id; without those that Kafka did not give."""
        tp = TopicPartition(topics.MAILBOX, items[0].place.partition)
        read: dict[int, bytes] = {}
        async with self._fetcher() as consumer:
            if consumer.assignment() != {tp}:
                consumer.assign([tp])
                await consumer.position(tp)  # let the client's own reset end first, or it would undo the seek
            for item in items:
                if item.place.offset not in read:
                    consumer.seek(tp, item.place.offset)
                    records = (await consumer.getmany(tp, timeout_ms=FETCH_WITHIN_MS)).get(tp, ())
                    read.update({record.offset: record.value or b"" for record in records})
        found = {item.id: read.get(item.place.offset, b"") for item in items}
        return {item: value for item, value in found.items() if item_id(value) == item}

    async def lend(self, organisation: str, items: Sequence[Item]) -> None:
        """Record of what may be revoked that it is about to be handed out. Raises KafkaError."""
        for item in self.index.may_end(organisation, items):
            await self._say(organisation, item, lent=True)
            self.index.lent(item.place, organisation, item.id)

    async def acknowledge(self, organisation: str, items: Sequence[Item]) -> None:
        """Record that they were received, then drop them. Raises KafkaError, and what was not recorded stays."""
        for item in items:
            await self._say(organisation, item)
            self.index.acknowledged(item.place, organisation, item.id)

    async def _say(self, organisation: str, item: Item, **more: bool) -> None:
        await self._producer.send_and_wait(
            topics.MAILBOX_CLAIMS,
            dumps({"at": self._clock().isoformat(), "offset": item.place.offset, **more}).encode(),
            key=f"{organisation}/{item.id}".encode(),
            partition=item.place.partition,
        )

    async def events(self, start: int) -> tuple[list[str], int]:
        """Signed events of the registry from that one on, as many as are read at once, and the number of the next."""
        async with self._event_reading:
            end = (await self._events.end_offsets([EVENTS]))[EVENTS]
            if start >= end:
                return [], end
            self._events.seek(EVENTS, start)
            records = (await self._events.getmany(EVENTS, timeout_ms=FETCH_WITHIN_MS)).get(EVENTS, ())
        texts = [(record.value or b"").decode("ascii", "replace") for record in records]
        return texts, records[-1].offset + 1 if records else start
