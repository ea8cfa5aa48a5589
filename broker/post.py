"""Kafka for agencies and operators: create topics, publish, read an inbox."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import ClusterAuthorizationFailedError, KafkaError, TopicAlreadyExistsError, for_code

from broker import topics
from broker.agency import Submitted
from broker.connection import Connection, NotPermitted, Unreachable
from broker.refusal import check_seen, in_words, lacking
from broker.registry import Channel, Organisation, Registry

MAX_REQUEST = 1024 * 1024
LISTED_WITHIN = 20.0
"""Seconds for a new topic to be known to the brokers."""
LISTED_POLL = 0.02


@asynccontextmanager
async def admin(connection: Connection) -> AsyncIterator[AIOKafkaAdminClient]:
    """An administration client. Raises Unreachable."""
    client = AIOKafkaAdminClient(**connection.options)
    try:
        await client.start()
    except (KafkaError, OSError) as error:
        await client.close()
        raise Unreachable(
            f"no Kafka answers at {connection.bootstrap}: set KAFKA_BOOTSTRAP_SERVERS, or start one with "
            "`python -m broker.local_kafka`"
        ) from error
    try:
        yield client
    finally:
        await client.close()


async def missing_topics(client: AIOKafkaAdminClient, registry: Registry) -> list[topics.Topic]:
    """The topics of this registry that do not exist yet."""
    existing = set(await client.list_topics())
    return [topic for topic in topics.topics(registry) if topic.name not in existing]


async def create_topics(connection: Connection, registry: Registry, *, replication: int = 1) -> list[str]:
    """Create the topics of this registry that do not exist yet; return their names."""
    async with admin(connection) as client:
        missing = await missing_topics(client, registry)
        if not missing:
            return []
        new = [NewTopic(topic.name, topic.partitions, replication, topic_configs=topic.config) for topic in missing]
        answer = await client.create_topics(new)
        for name, code, *_ in answer.topic_errors:
            if code and for_code(code) is not TopicAlreadyExistsError:
                raise Unreachable(f"Kafka would not create {name}: {for_code(code).__name__}")
        await _listed(client, missing)
        return [topic.name for topic in missing]


async def _listed(client: AIOKafkaAdminClient, wanted: Sequence[topics.Topic]) -> None:
    """Wait until Kafka lists these topics with their partitions: its controller answers before its brokers know."""
    until = time.monotonic() + LISTED_WITHIN
    while True:
        there = {
            one["topic"]: sum(part["leader"] >= 0 for part in one["partitions"])
            for one in await client.describe_topics()
        }
        unlisted = [topic.name for topic in wanted if there.get(topic.name, 0) < topic.partitions]
        if not unlisted:
            return
        if time.monotonic() > until:
            raise Unreachable(
                f"Kafka accepted these topics but does not list them after {LISTED_WITHIN:g} s, or lists fewer "
                f"partitions: {', '.join(unlisted)}; look at Kafka's log, then run `broker topics --create` again"
            )
        await asyncio.sleep(LISTED_POLL)


async def publish(connection: Connection, submitted: Sequence[Submitted]) -> None:
    """Write submissions and wait until Kafka has them. Raises Unreachable."""
    producer = AIOKafkaProducer(**connection.options, enable_idempotence=True, max_request_size=MAX_REQUEST)
    try:
        await producer.start()
        sent = [await producer.send(one.topic, one.value, key=one.key, headers=list(one.headers)) for one in submitted]
        await asyncio.gather(*sent)
    except ClusterAuthorizationFailedError as error:  # so it says to whoever may write to no topic at all
        raise NotPermitted(in_words(f"topic {', '.join(sorted({one.topic for one in submitted}))}")) from error
    except (KafkaError, OSError) as error:
        raise _said(
            error, f"Kafka at {connection.bootstrap} did not take the messages ({type(error).__name__})"
        ) from error
    finally:
        await producer.stop()


def _said(fault: BaseException, otherwise: str) -> Unreachable:
    """Name the right that is missing, if that is what it is."""
    right = lacking(fault)
    return Unreachable(otherwise) if right is None else NotPermitted(in_words(right))


class Reader:
    """Reads what is addressed to one organisation. Get one from `reader`."""

    def __init__(self, consumer: AIOKafkaConsumer, tp: TopicPartition, end: int) -> None:
        self._consumer = consumer
        self._tp = tp
        self._end = end

    async def at_end(self) -> bool:
        """Whether everything that was there when reading began has been read."""
        return bool(await self._consumer.position(self._tp) >= self._end)

    async def poll(self, timeout_ms: int = 200) -> list[bytes]:
        """The next sealed values, oldest first; empty if none came in time.

        Headers are unsigned: drop repeats by the id inside the signed cover, after opening. Raises Unreachable.
        """
        try:
            polled = await self._consumer.getmany(self._tp, timeout_ms=timeout_ms)
        except KafkaError as error:
            raise _said(error, f"reading {self._tp.topic} ended ({type(error).__name__}): try again") from error
        return [record.value or b"" for records in polled.values() for record in records]


@asynccontextmanager
async def reader(
    connection: Connection, organisation: Organisation, *, new_only: bool = False
) -> AsyncIterator[Reader]:
    """Open a direct organisation's inbox. Raises Unreachable, or ValueError if it has none: see broker.mailbox."""
    if organisation.channel is not Channel.DIRECT:
        raise ValueError("has no inbox of its own")
    tp = TopicPartition(topics.inbox(organisation.id), 0)
    consumer = AIOKafkaConsumer(
        **connection.options,
        isolation_level="read_committed",
        enable_auto_commit=False,
        fetch_max_wait_ms=50,
        auto_offset_reset="earliest",
    )
    try:
        await consumer.start()
    except (KafkaError, OSError) as error:
        await consumer.stop()
        raise Unreachable(f"no Kafka answers at {connection.bootstrap}: set KAFKA_BOOTSTRAP_SERVERS") from error
    try:
        try:
            await check_seen(consumer, tp.topic)
            consumer.assign([tp])
            end = (await consumer.end_offsets([tp]))[tp]
            begin = end if new_only else (await consumer.beginning_offsets([tp]))[tp]
            await consumer.position(tp)  # let the client's own reset end first, or it would undo the seek
            consumer.seek(tp, begin)
        except KafkaError as error:
            raise _said(error, f"{tp.topic} cannot be read ({type(error).__name__}): try again") from error
        yield Reader(consumer, tp, end)
    finally:
        await consumer.stop()
