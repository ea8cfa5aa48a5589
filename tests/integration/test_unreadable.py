"""Records that Kafka stores and aiokafka cannot read, or reads wrongly: none is lost, none stops a partition."""

import asyncio
import random
import struct
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.consumer import fetcher
from aiokafka.errors import (
    CoordinatorLoadInProgressError,
    InvalidTopicError,
    KafkaError,
    NotLeaderForPartitionError,
    TopicAuthorizationFailedError,
)
from aiokafka.protocol.produce import ProduceRequest
from aiokafka.record.memory_records import MemoryRecords
from aiokafka.record.util import calc_crc32c

from broker import records
from broker.agency import Submitted
from broker.clock import system_clock
from broker.drafts import Carried
from broker.errors import Reason
from broker.loop import Broken, Loop, Owner, Record
from broker.refusal import in_words
from broker.routers import sealed
from tests.integration.rig import OUT, PATIENCE, Lane, Raw, Worker, committed, once_each, raw, until, watching, working

NOT_UTF_8 = "\udcff\udcfe"
"""As the name of a header: two bytes that are not UTF-8."""

HEAD = 61
"""Bytes of a batch before its first record."""


# --- batches by hand --------------------------------------------------------------------------------------------


def shortest(number: int) -> bytes:
    """A varint as every client writes it."""
    rest, made = (number << 1) ^ (number >> 63), bytearray()
    while rest > 0x7F:
        made.append(0x80 | rest & 0x7F)
        rest >>= 7
    return bytes([*made, rest])


def longest(number: int) -> bytes:
    """The same in five bytes, with bits set in the last that Kafka drops: they do not fit in 32."""
    rest = (number << 1) ^ (number >> 63)
    return bytes([*(0x80 | rest >> shift & 0x7F for shift in (0, 7, 14, 21)), 0x70])


def batch(
    parts: Sequence[Raw],
    *,
    number: Callable[[int], bytes] = shortest,
    attributes: int = 0,
    place: Callable[[int], int] = lambda index: index,
) -> bytes:
    """A record batch; `place`: which place in the batch each record says it has."""

    def some(value: bytes | None) -> bytes:
        return number(-1) if value is None else number(len(value)) + value

    made = b""
    for index, one in enumerate(parts):
        body = bytes([attributes]) + shortest(0) + number(place(index)) + some(one.key) + some(one.value)
        body += number(len(one.headers))
        for name, value in one.headers:
            body += some(name.encode("utf-8", "surrogateescape")) + some(value)
        made += number(len(body)) + body
    return framed(made, len(parts))


def framed(made: bytes, count: int) -> bytes:
    """Records under the head of their batch."""
    now = int(system_clock().timestamp() * 1000)
    rest = struct.pack(">hiqqqhii", 0, count - 1, now, now, -1, -1, -1, count) + made
    return struct.pack(">qiibI", 0, len(rest) + 9, -1, 2, calc_crc32c(rest)) + rest


async def store(lane: Lane, *batches: bytes, partition: int = 0) -> list[int]:
    """Have Kafka store batches as they are; return its error codes."""
    producer = AIOKafkaProducer(**lane.operator.options)
    await producer.start()
    try:
        await producer.partitions_for(lane.topic)
        node = producer.client.cluster.leader_for_partition(TopicPartition(lane.topic, partition))

        async def ask(one: bytes) -> int:
            asked = ProduceRequest(None, -1, 5_000, [(lane.topic, [(partition, one)])])
            code: int = NotLeaderForPartitionError.errno  # which Kafka says while a topic is being made
            while code == NotLeaderForPartitionError.errno:
                code = (await producer.client.send(node, asked)).topics[0][1][0][1]
            return code

        async with asyncio.timeout(PATIENCE):
            return [await ask(one) for one in batches]
    finally:
        await producer.stop()


def odd(one: Raw) -> Raw:
    """The same with one more header, whose name is not UTF-8."""
    return Raw(one.value, [*one.headers, (NOT_UTF_8, b"")], one.key)


CRAFTED: dict[str, Callable[[Sequence[Raw]], bytes]] = {
    "a header's name is not UTF-8": lambda parts: batch([odd(one) for one in parts]),
    "attributes of more than seven bits": lambda parts: batch(parts, attributes=0xFF),
    "numbers longer than they may be": lambda parts: batch(parts, number=longest),
    "it says that it is far ahead": lambda parts: batch(parts, place=lambda index: index + 1_000_000),
    "it says that it is before the batch": lambda parts: batch(parts, place=lambda index: index - 1_000),
}


# --- the protection ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("craft", CRAFTED.values(), ids=CRAFTED)
async def test_a_crafted_batch_and_all_around_it_is_carried_once(
    lane: Lane, craft: Callable[[Sequence[Raw]], bytes]
) -> None:
    before, crafted, after, alone, later = ([lane.write(0) for _ in range(2)] for _ in range(5))
    others = [lane.write(partition) for partition in range(1, 6)]
    whole = [raw(one) for one in crafted]
    codes = await store(lane, batch([raw(one) for one in before]), craft(whole[:1]), craft(whole[1:]))
    assert codes == [0, 0, 0]
    await lane.publish(*after, *others)
    expected = once_each([*before, *crafted, *after, *others])
    async with watching(lane.operator, *OUT) as watch, working(lane) as worker:
        await watch.until_seen(expected, within=20)
        assert await store(lane, craft([raw(one) for one in alone])) == [0]
        await watch.until_seen(once_each(alone[1:]), within=20)
        await lane.publish(*later)
        await watch.until_seen(once_each(later), within=20)
        await watch.to_end()
    expected += once_each([*alone, *later])
    assert watch.of(expected) == expected
    assert not worker.stopped
    assert await committed(lane.operator, lane.family) == 2 + 2 + 2 + 5 + 2 + 2


async def test_junk_with_such_a_header_is_quarantined_with_its_bytes_between_messages_of_the_same_batch(
    lane: Lane, logged: list[dict[str, object]]
) -> None:
    good = [lane.write(0) for _ in range(3)]
    junk = [odd(Raw(f"{lane.family} {number}".encode(), [])) for number in range(2)]
    mixed = [raw(good[0]), *junk, raw(good[1]), odd(raw(good[2]))]
    async with watching(lane.operator, *OUT) as watch, working(lane) as worker:
        assert await store(lane, batch(mixed)) == [0]
        await watch.until_seen(once_each(good), within=20)
        await watch.to_end()
    assert watch.of(once_each(good)) == once_each(good)
    assert watch.reasons(one.value for one in junk) == [Reason.UNSEALABLE] * 2
    assert [line["rules"] for line in logged if line.get("status") == "refused"] == [(Reason.UNSEALABLE,)] * 2
    assert not worker.stopped


async def test_junk_with_such_a_header_alone_on_an_idle_partition_is_quarantined(lane: Lane) -> None:
    junk = [odd(Raw(f"{lane.family} {number}".encode(), [])) for number in range(2)]
    async with watching(lane.operator, *OUT) as watch, working(lane) as worker:
        for one in junk:
            assert await store(lane, batch([one])) == [0]
            await watch.until(lambda one=one: one.value in watch.values(OUT[-1]), "it is quarantined")  # type: ignore[misc]
        await lane.publish(after := lane.write(0))
        await watch.until_seen(once_each([after]), within=20)
        await watch.to_end()
    assert watch.of(once_each([after])) == once_each([after])
    assert watch.reasons(one.value for one in junk) == [Reason.UNSEALABLE] * 2
    assert not worker.stopped


async def test_whatever_bytes_kafka_stores_are_read_in_order(lane: Lane) -> None:
    chance = random.Random(4_711)  # noqa: S311 - the same every time
    parts = [Raw(b"value", [("ce_id", b"abc"), ("x", None)], b"key") for _ in range(3)]
    mutants = []
    for _ in range(400):
        made = bytearray(batch(parts)[HEAD:])
        for _ in range(chance.choice((1, 1, 2, 3))):
            made[chance.randrange(len(made))] = chance.choice((0, 1, 5, 0x7F, 0x80, 0xFE, 0xFF))
        mutants.append(framed(bytes(made), 3))
    stored = 3 * (await store(lane, *mutants)).count(0)
    assert stored > 300
    records.install()
    consumer = AIOKafkaConsumer(**lane.operator.options, auto_offset_reset="earliest")
    await consumer.start()
    try:
        consumer.assign([tp := TopicPartition(lane.topic, 0)])
        consumer.seek(tp, 0)
        async with asyncio.timeout(20):
            offsets = [(await consumer.getone()).offset for _ in range(stored)]
        assert offsets == list(range(stored))
        assert await consumer.position(tp) == (await consumer.end_offsets([tp]))[tp] == stored
    finally:
        await consumer.stop()


async def test_a_senders_transactions_are_read_when_they_end_and_not_if_they_are_aborted(lane: Lane) -> None:
    aborted, done, held, after = (lane.write(0) for _ in range(4))
    producer = AIOKafkaProducer(**lane.operator.options, transactional_id=f"{lane.family}-sender")
    await producer.start()

    async def send(one: Submitted) -> None:
        headers = list(one.headers)
        await producer.send_and_wait(lane.topic, one.value, key=one.key, partition=0, headers=headers)

    try:
        async with watching(lane.operator, *OUT) as watch, working(lane) as worker:
            await producer.begin_transaction()
            await send(aborted)
            await producer.abort_transaction()
            async with producer.transaction():
                await send(done)
            await watch.until_seen(once_each([done]), within=20)
            async with producer.transaction():
                await send(held)
                await lane.publish(after)  # waits behind it, as Kafka promises
                await lane.publish(other := lane.write(1))
                await watch.until_seen(once_each([other]), within=20)
                assert not watch.of(once_each([held, after]))
            await watch.until_seen(once_each([held, after]), within=20)
            await watch.to_end()
    finally:
        await producer.stop()
    expected = once_each([done, held, after, other])
    assert watch.of(expected) == expected
    assert not watch.of(once_each([aborted]))
    assert not worker.stopped


# --- what cannot be read ends the worker, and what it had polled is carried by the next ---------------------------


@pytest.fixture
def _own_reader_of_aiokafka(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "install", lambda: None)
    monkeypatch.setattr(fetcher, "MemoryRecords", MemoryRecords)


@pytest.mark.usefixtures("_own_reader_of_aiokafka")
async def test_aiokafkas_own_reader_would_stop_there_and_the_worker_says_so_and_loses_nothing(
    lane: Lane, logged: list[dict[str, object]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """If this fails, aiokafka has mended it."""
    good = [lane.write(partition) for partition in range(6)]
    later = [lane.write(partition) for partition in range(1, 6)]
    bad = lane.write(0)
    async with watching(lane.operator, *OUT) as watch:
        async with working(lane) as worker:
            await store(lane, batch([raw(good[0]), odd(raw(bad))]))
            await lane.publish(*good[1:])
            await until(lambda: bool(worker.stopped), "the worker asks to be stopped", within=20)
            await lane.publish(*later)
            await position(worker, lane.topic, 1, at_least=2)
        monkeypatch.undo()
        assert worker.stopped == ["cannot read"]
        fatal = [line for line in logged if line["event"] == "worker.fatal"]
        assert [line["fault"] for line in fatal] == ["UnicodeDecodeError"]
        async with working(lane):
            await watch.until_seen(once_each([*good, bad, *later]), within=20)
            await watch.to_end()
    expected = once_each([*good, bad, *later])
    assert watch.of(expected) == expected


@pytest.mark.parametrize(
    ("fault", "stopped"),
    [
        (CoordinatorLoadInProgressError, []),
        (InvalidTopicError, ["cannot read"]),
        (TopicAuthorizationFailedError, [f"cannot read: {in_words('a topic')}"]),
    ],
)
async def test_a_poll_that_may_be_tried_again_is_logged_and_any_other_stops_the_worker(
    lane: Lane, logged: list[dict[str, object]], fault: type[KafkaError], stopped: list[str]
) -> None:
    async def fails(_: object) -> None:
        raise fault

    async with working(lane) as worker:
        with pytest.raises(fault):
            await sealed._poll(worker.loop, fails)(None)  # noqa: SLF001
        assert worker.stopped == stopped
    assert [line["fault"] for line in logged if line["event"] in ("poll.failed", "worker.fatal")] == [fault.__name__]


async def test_after_a_fatal_fault_no_later_batch_is_carried_and_the_next_worker_carries_all(lane: Lane) -> None:
    class BreaksOnce(Loop):
        polled = 0

        async def carry(self, records: Sequence[Record]) -> None:
            self.polled += len(records)
            await super().carry(records)

        def _together(self, owner: Owner, records: Sequence[Record], now: datetime) -> Iterator[Carried]:
            if self.polled == 1:
                raise Broken
            return super()._together(owner, records, now)

    first, second = lane.write(0), lane.write(0)
    async with watching(lane.operator, *OUT) as watch:
        async with working(lane, make=BreaksOnce) as worker:
            await lane.publish(first)
            await until(lambda: bool(worker.stopped), "the worker asks to be stopped", within=20)
            await lane.publish(second)
            await position(worker, lane.topic, 0, at_least=2)
        assert worker.stopped == ["cannot go on"]
        async with working(lane):
            await watch.until_seen(once_each([first, second]), within=20)
            await watch.to_end()
    assert watch.of(once_each([first, second])) == once_each([first, second])


async def position(worker: Worker, topic: str, partition: int, *, at_least: int) -> None:
    """Wait until a worker has polled so far."""
    consumer = worker.loop.consumer()
    assert consumer is not None
    state = consumer._subscription.subscription.assignment.state_value(TopicPartition(topic, partition))  # noqa: SLF001 - does not wait
    await until(lambda: state.has_valid_position and state.position >= at_least, "it is polled", within=20)
