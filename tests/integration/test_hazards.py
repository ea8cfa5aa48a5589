"""Four hazards of FastStream and aiokafka, each with the protection and, beside it, what happens without."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.admin import NewTopic
from faststream import AckPolicy
from faststream.kafka import KafkaMessage, KafkaRouter

from broker import topics
from broker.agency import Submitted
from broker.errors import Reason
from broker.loop import Loop, Owner, Record
from broker.registry import KeyUse
from broker.routers import sealed
from broker.sealing import seal
from broker.statement import dumps
from tests.integration.rig import (
    OUT,
    Lane,
    Raw,
    admin,
    delivery_of,
    once_each,
    outcome_of,
    raw,
    until,
    watching,
    working,
)

NOT_UTF_8 = b"\xff\xfe\x00"


def unprotected(loop: Loop) -> KafkaRouter:
    """The same subscriber with the framework's own parser, decoder and replies."""
    made = KafkaRouter()
    subscriber = made.subscriber(
        loop.topic,
        group_id=loop.group,
        batch=True,
        max_records=500,
        batch_timeout_ms=sealed.POLL_MS,
        ack_policy=AckPolicy.MANUAL,
        listener=loop,
        isolation_level="read_committed",
        auto_offset_reset="earliest",
    )
    loop.bind(lambda: subscriber.consumer)

    async def on_batch(polled: KafkaMessage) -> None:
        await loop.carry(polled.raw_message)

    subscriber(on_batch)
    return made


def changed(one: Submitted, name: str, value: bytes | None) -> Raw:
    """A submission in which one header has another value."""
    return Raw(one.value, [*(header for header in one.headers if header[0] != name), (name, value)], one.key)


def bad_headers(lane: Lane) -> list[Raw]:
    """A null in a header that must be there, and bytes that are not text."""
    return [changed(lane.write(0), "ce_type", None), changed(lane.write(0), "ce_source", NOT_UTF_8)]


def hostile_bodies(lane: Lane) -> list[Raw]:
    """Bodies that claim to be JSON and hurt whoever parses them; the later ones are even sealed, to the public key."""
    broker = next(one for one in lane.world.registry if one.kind == "broker")
    key = broker.key(KeyUse.SEAL, lane.world.now)
    assert key is not None
    header = dumps({"alg": key.alg, "enc": "A256GCM", "kid": key.kid}).encode().hex()
    bodies = [
        b"{",
        b'{"a":1,"a":2}',
        b"[" * 50_000,
        b"9" * 50_000,
        NOT_UTF_8,
        header.encode() + b"....",
        seal("[" * 20_000, key),
        seal({"statement": "." * 20_000}, key),
        seal({"statement": ["~"]}, key),
    ]
    headers = [("content-type", b"application/json"), ("ce_source", b"police:01")]
    return [Raw(body, headers) for body in bodies]


def between(good: Sequence[Submitted], bad: Sequence[Raw]) -> list[Raw]:
    """Bad records with a good neighbour on either side of each."""
    mixed = [raw(good[0])]
    for one, neighbour in zip(bad, good[1:], strict=True):
        mixed += [one, raw(neighbour)]
    return mixed


# 1 and 3: what a batch may hold ---------------------------------------------------------------------------------


async def test_a_null_or_unreadable_header_is_quarantined_and_its_neighbours_are_delivered(lane: Lane) -> None:
    good, bad = [lane.write(0) for _ in range(3)], bad_headers(lane)
    async with watching(lane.operator, *OUT) as watch, working(lane) as worker:
        await lane.publish_as_one_batch(between(good, bad))
        await watch.until_seen(once_each(good))
        await watch.to_end()
    assert watch.of(once_each(good)) == once_each(good)
    assert watch.reasons(one.value for one in bad) == [Reason.ENVELOPE, Reason.ENVELOPE]
    assert not worker.stopped


async def test_a_header_that_nobody_reads_may_be_null_or_not_text(lane: Lane) -> None:
    good = [lane.write(0), lane.write(0)]
    spoilt = [changed(good[0], "x-trace", None), changed(good[1], "x-trace", NOT_UTF_8)]
    async with watching(lane.operator, *OUT) as watch, working(lane):
        await lane.publish_as_one_batch(spoilt)
        await watch.until_seen(once_each(good))
        await watch.to_end()
    assert watch.of(once_each(good)) == once_each(good)


async def test_hostile_bodies_end_in_quarantine_unparsed_and_the_worker_lives(lane: Lane) -> None:
    bad = hostile_bodies(lane)
    good = [lane.write(0) for _ in range(len(bad) + 1)]
    async with watching(lane.operator, *OUT) as watch, working(lane) as worker:
        await lane.publish_as_one_batch(between(good, bad))
        await watch.until_seen(once_each(good))
        await watch.to_end()
    assert watch.of(once_each(good)) == once_each(good)
    unopened, malformed = [Reason.UNSEALABLE] * 6, [Reason.MALFORMED] * 3
    assert watch.reasons(one.value for one in bad) == unopened + malformed
    assert not worker.stopped


async def test_records_without_a_value_end_in_quarantine(lane: Lane) -> None:
    good = [lane.write(0) for _ in range(3)]
    bad = [Raw(None, [], b"tombstone"), Raw(b"", [("ce_id", None)], b"empty")]
    async with watching(lane.operator, *OUT) as watch, working(lane):
        await lane.publish_as_one_batch(between(good, bad))
        await watch.until_seen(once_each(good))
        await watch.to_end()
    assert watch.of(once_each(good)) == once_each(good)
    assert watch.reasons([None]) == [Reason.UNSEALABLE] * 2


@pytest.mark.parametrize("bad", [bad_headers, hostile_bodies])
async def test_the_frameworks_own_parser_and_decoder_would_lose_that_batch(
    lane: Lane, bad: Callable[[Lane], list[Raw]]
) -> None:
    """If this fails, the framework has mended it, and our own parser and decoder may go."""
    spoilt = bad(lane)
    good = [lane.write(0) for _ in range(len(spoilt) + 1)]
    last = lane.write(1)
    async with watching(lane.operator, *OUT) as watch, working(lane, router=unprotected) as worker:
        await lane.publish_as_one_batch(between(good, spoilt))
        consumer, tp = worker.loop.consumer(), TopicPartition(lane.topic, 0)
        assert consumer is not None
        state = consumer._subscription.subscription.assignment.state_value(tp)  # noqa: SLF001 - a position without waiting
        await until(lambda: state.has_valid_position and state.position >= len(good) + len(spoilt), "the batch is read")
        await lane.publish(last)
        await watch.until_seen(once_each([last]))
        await watch.to_end()
    assert not watch.of(once_each(good))
    assert not watch.reasons(one.value for one in spoilt)


# 2: replies -----------------------------------------------------------------------------------------------------


async def steered(lane: Lane, **how: Any) -> tuple[int, int]:  # noqa: ANN401 - see working
    """Send a message whose reply_to names a topic; how many outcomes came, and how many records in that topic."""
    trap = f"inbox.{lane.family}-trap"  # where a worker may write
    async with admin(lane.operator) as client:
        await client.create_topics([NewTopic(trap, 1, 1)])
    one, after = lane.write(0), lane.write(0)
    async with watching(lane.operator, *OUT, trap) as watch, working(lane, **how):
        await lane.publish_as_one_batch([changed(one, "reply_to", trap.encode())])
        await watch.until_seen(once_each([one]))
        await lane.publish(after)  # what the first batch's reply would have been is written before this is handled
        await watch.until_seen(once_each([after]))
        await watch.to_end()
    return watch.events[outcome_of(one.message)], len(watch.values(trap))


async def test_a_senders_reply_to_header_steers_nothing(lane: Lane) -> None:
    assert await steered(lane) == (1, 0)


async def test_a_senders_reply_to_header_steers_nothing_even_of_a_broker_that_can_publish(lane: Lane) -> None:
    assert await steered(lane, consumer_only=False) == (1, 0)


async def test_the_frameworks_own_parser_would_answer_where_the_sender_says(lane: Lane) -> None:
    """If this fails, the framework has mended it."""
    assert await steered(lane, consumer_only=False, router=unprotected) == (1, 1)


# 4: moving the consumer -----------------------------------------------------------------------------------------


class SlowToOpen(Loop):
    """Opens its partitions only after the first batch has been polled: the race that loses messages, made certain."""

    def __init__(self, **given: Any) -> None:  # noqa: ANN401 - handed on
        super().__init__(**given)
        self.polled = asyncio.Event()

    async def _open(self, owner: Owner) -> None:
        if owner.tp.partition == 0:
            await asyncio.wait_for(self.polled.wait(), 20)
        await super()._open(owner)

    async def carry(self, records: Sequence[Record]) -> None:
        """Say that a batch has been polled."""
        self.polled.set()
        await super().carry(records)


class SeeksInTheListener(Loop):
    """The obvious loop: owners appear once they are open, the listener seeks, the handler trusts it."""

    def __init__(self, **given: Any) -> None:  # noqa: ANN401 - handed on
        super().__init__(**given)
        self.polled = 0

    async def on_partitions_assigned(self, assigned: Sequence[TopicPartition]) -> None:
        """Take so long that two batches have been polled, then seek."""
        await until(lambda: self.polled > 1, "two batches are polled")
        for tp in assigned:
            owner = Owner(tp)
            await self._open(owner)
            consumer = self.consumer()
            assert consumer is not None
            consumer.seek(tp, owner.next)
            owner.synced = True
            self._owners[tp] = owner
        self.ready.set()

    async def carry(self, records: Sequence[Record]) -> None:
        """Hold the second batch until the partitions are open, as a busy event loop may."""
        self.polled += 1
        if self.polled > 1:
            await self.ready.wait()
        await super().carry(records)


class PolledTwice(Loop):
    """Every batch comes twice, as after a rebalance whose last offset was committed too late to be seen."""

    async def carry(self, records: Sequence[Record]) -> None:
        """Carry it, and carry it again."""
        await super().carry(records)
        await super().carry(records)


class PolledLate(Loop):
    """The first batch begins later than where the partition was left, as after a rebalance that came between."""

    late = True

    async def carry(self, records: Sequence[Record]) -> None:
        """Withhold the beginning of the first batch."""
        skipped, self.late = (3 if self.late else 0), False
        await super().carry(records[skipped:])


async def backlog(lane: Lane, make: type[Loop]) -> tuple[int, int]:
    """Start a worker on 1,200 waiting records and one later; how many of the backlog came once, and how many twice."""
    junk = [Raw(f"{lane.family} {number}".encode(), []) for number in range(1_200)]
    last = lane.write(0)
    await lane.publish_as_one_batch(junk)
    async with watching(lane.operator, *OUT) as watch, working(lane, make=make):
        await lane.publish(last)
        await watch.until_seen(once_each([last]))
        await watch.to_end()
    kept = watch.values(topics.QUARANTINE)
    counts = [kept.count(one.value) for one in junk]
    return counts.count(1), sum(count > 1 for count in counts)


async def test_what_is_polled_before_a_partition_is_open_is_not_lost(lane: Lane) -> None:
    assert await backlog(lane, SlowToOpen) == (1_200, 0)


@pytest.mark.parametrize("make", [PolledTwice, PolledLate])
async def test_a_batch_that_begins_before_or_after_what_was_committed_is_carried_once(
    lane: Lane, make: type[Loop]
) -> None:
    good = [lane.write(0) for _ in range(6)]
    await lane.publish_as_one_batch([raw(one) for one in good])
    async with watching(lane.operator, *OUT) as watch, working(lane, make=make):
        await watch.until_seen(once_each(good), within=20)
        await lane.publish(last := lane.write(0))
        await watch.until_seen(once_each([last]), within=20)
        await watch.to_end()
    assert watch.of(once_each([*good, last])) == once_each([*good, last])


async def test_seeking_in_the_listener_would_lose_messages(lane: Lane) -> None:
    """If this fails, aiokafka has mended it."""
    once, twice = await backlog(lane, SeeksInTheListener)
    assert (once, twice) == (700, 0)


async def test_workers_that_join_and_leave_under_load_lose_and_repeat_nothing(lane: Lane) -> None:
    waiting = [lane.write() for _ in range(2_000)]
    expected = once_each(waiting)

    async with watching(lane.operator, *OUT) as watch, working(lane) as first:

        async def carried(share: float) -> None:
            await watch.until(lambda: len(watch.of(expected)) >= share * len(expected), f"{share} of all")

        await lane.publish(*waiting)
        for joins, leaves in ((0.05, 0.3), (0.5, 0.7)):
            await carried(joins)
            async with working(lane) as second:
                await carried(leaves)
            assert not second.stopped
        assert len(watch.of(expected)) < len(expected), "the load ended before the last rebalance: send more"
        await carried(1)
        await watch.to_end()
    assert watch.of(expected) == expected
    assert all(watch.events[delivery_of(one.message)] == 1 for one in waiting)
    assert not first.stopped
