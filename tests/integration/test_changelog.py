"""What a worker restores: the changelog to its end, whatever its tail is; and the topics that it needs."""

import asyncio

import pytest
from aiokafka import AIOKafkaProducer, TopicPartition

from broker import post, topics
from broker.connection import Connection
from broker.loop import read_whole
from tests.integration.rig import POLL, Lane, admin


async def whole(connection: Connection, tp: TopicPartition) -> list[tuple[bytes, bytes | None]]:
    async def read() -> list[tuple[bytes, bytes | None]]:
        return [entry async for entry in read_whole(connection, tp)]

    return await asyncio.wait_for(read(), 10)


async def take_over(lane: Lane) -> None:
    """Fence the writer, as an owner does before it reads: it returns once the end of every transaction is written."""
    async with AIOKafkaProducer(**lane.operator.options, transactional_id=f"{lane.family}-tail"):
        pass


@pytest.mark.parametrize("tail", ["nothing", "markers", "aborted", "aborted and markers"])
async def test_reading_a_changelog_ends_although_its_tail_holds_no_record(lane: Lane, tail: str) -> None:
    tp = TopicPartition(topics.state(lane.family), 0)
    producer = AIOKafkaProducer(**lane.operator.options, transactional_id=f"{lane.family}-tail")
    await producer.start()
    try:
        expected: list[tuple[bytes, bytes | None]] = []
        if tail != "nothing":
            async with producer.transaction():
                for entry in ((b"a", b"1"), (b"b", b"2"), (b"a", None)):
                    await producer.send(tp.topic, entry[1], key=entry[0], partition=0)
                    expected.append(entry)
        if "aborted" in tail:
            for _ in range(3):
                await producer.begin_transaction()
                await producer.send_and_wait(tp.topic, b"never", key=b"a", partition=0)
                await producer.abort_transaction()
        if tail == "aborted and markers":
            async with producer.transaction():
                await producer.send_and_wait(tp.topic, b"last", key=b"c", partition=0)
                expected.append((b"c", b"last"))
            await producer.begin_transaction()
            await producer.send_and_wait(tp.topic, b"never", key=b"c", partition=0)
            await producer.abort_transaction()
    finally:
        await producer.stop()
    await take_over(lane)
    assert await whole(lane.operator, tp) == expected


async def test_a_changelog_of_nothing_but_aborted_transactions_reads_as_empty(lane: Lane) -> None:
    tp = TopicPartition(topics.state(lane.family), 0)
    async with AIOKafkaProducer(**lane.operator.options, transactional_id=f"{lane.family}-tail") as producer:
        await producer.begin_transaction()
        await producer.send_and_wait(tp.topic, b"never", key=b"a", partition=0)
        await producer.abort_transaction()
    await take_over(lane)
    assert await whole(lane.operator, tp) == []


async def test_creating_topics_twice_creates_them_once(lane: Lane) -> None:
    registry = lane.world.registry
    async with admin(lane.operator) as client:
        await client.delete_topics([topics.HELD])
        async with asyncio.timeout(30):
            while topics.HELD in await client.list_topics():  # each ask is a round trip, so this does not spin
                pass
    assert await post.create_topics(lane.operator, registry) == [topics.HELD]
    assert await post.create_topics(lane.operator, registry) == []
    async with admin(lane.operator) as client:
        there = {one["topic"]: len(one["partitions"]) for one in await client.describe_topics()}
    assert {one.name: there.get(one.name) for one in topics.topics(registry)} == {
        one.name: one.partitions for one in topics.topics(registry)
    }


async def test_creating_topics_at_the_same_time_is_harmless(lane: Lane) -> None:
    registry = lane.world.registry
    async with admin(lane.operator) as client:
        await client.delete_topics([topics.HELD])
        for _ in range(500):
            if topics.HELD not in await client.list_topics():
                break
            await asyncio.sleep(POLL)
    await asyncio.gather(*(post.create_topics(lane.operator, registry) for _ in range(3)))
    assert await post.create_topics(lane.operator, registry) == []
