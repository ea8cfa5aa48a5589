"""What the broker's own keys still have to open, and re-sealing it before one of them is destroyed.

Records of Kafka cannot be changed: what is re-sealed is appended under the newest key, with its old time, so that its
retention does not begin anew. The old record stays until its retention ends, and opens for nobody once its key is gone.
"""

import asyncio
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError

from broker import topics
from broker.connection import Connection, Unreachable
from broker.errors import Refused
from broker.home import FileKeys, Home
from broker.loop import Stamped, group_of, read_records, read_whole
from broker.post import MAX_REQUEST, admin
from broker.registry import KeyUse, Organisation, PublicKey
from broker.schemas.terms import Kind
from broker.sealing import seal, sealed_to, unseal
from broker.state import Cabinet, StateSeal, state_key_of

RESEALED = "resealed"
"""Header of a record that was sealed anew: the offset of the one that it replaces."""
STATE_KEY = re.compile(r"state-([1-9][0-9]{0,4})")
"""How a key of the changelogs is called."""
OWN = (topics.HELD, topics.AUDIT)


@dataclass(frozen=True, slots=True)
class Resealed:
    """By topic: how many records now stand under the newest key as well; how many holds are over and were left."""

    again: Mapping[str, int]
    left: int


async def in_the_way(connection: Connection, home: Home, member: Organisation, kid: str, now: datetime) -> str:
    """Why this key should not be destroyed now; empty if nothing speaks against it. Raises HomeError or Unreachable."""
    if state := STATE_KEY.fullmatch(kid):
        number = int(state[1])
        if number == max(home.state_keys()):
            return "new changelog entries are sealed with it; first `broker keys rotate-state`, and restart the workers"
        left = await needed_of_state(connection, number)
        return f"{counts(left)} are sealed with it; restart every worker, which seals them anew" if left else ""
    if kid in {key.kid for use in KeyUse if (key := member.key(use, now))}:
        return "it is the newest of its use; first register another, and wait until senders have taken it"
    if member.kind is Kind.BROKER and any(key.kid == kid and key.use is KeyUse.SEAL for key in member.keys):
        left = await needed(connection, home, kid)
        return f"{counts(left)} need it; let the worker carry what waits, and run `broker keys reseal`" if left else ""
    return ""


def counts(found: Mapping[str, int]) -> str:
    """`audit: 3, held: 1`."""
    return ", ".join(f"{topic}: {count}" for topic, count in sorted(found.items())) or "nothing"


async def needed(connection: Connection, home: Home, kid: str) -> Counter[str]:
    """By topic, the records that only this sealing key of the broker opens and that somebody still needs."""
    found: Counter[str] = Counter()
    keys, waiting = home.keys(home.broker().id), await _open_holds(connection, StateSeal(home.state_keys()))
    async with admin(connection) as client:
        for family in topics.FAMILIES:
            parts = [TopicPartition(topics.submit(family), p) for p in range(topics.SUBMIT_PARTITIONS)]
            done = await client.list_consumer_group_offsets(group_of(family), partitions=parts)
            for part in parts:
                async for record in read_records(connection, part):
                    found[part.topic] += record.offset >= done[part].offset and sealed_to(record.value or b"") == kid
    for topic in OWN:
        for partition in range(topics.SUBMIT_PARTITIONS):
            for record in await unreplaced(connection, TopicPartition(topic, partition)):
                body = opened(record, keys) if sealed_to(record.value or b"") == kid else None
                found[topic] += body is not None and (topic != topics.HELD or _about(body) in waiting)
    return +found


async def needed_of_state(connection: Connection, number: int) -> Counter[str]:
    """By topic, the values that only this key of the changelogs opens and that a worker would restore."""
    found: Counter[str] = Counter()
    for family in topics.FAMILIES:
        for topic in (topics.state(family), topics.copies(family)):
            for partition in range(topics.SUBMIT_PARTITIONS):
                last = {key: value async for key, value in read_whole(connection, TopicPartition(topic, partition))}
                found[topic] += sum(value is not None and state_key_of(value) == number for value in last.values())
    return +found


async def reseal(connection: Connection, home: Home, to: PublicKey, *, settled: bool = False) -> Resealed:
    """Seal every audit record, and every hold that somebody still has to act on, to this newest key.

    `settled`: holds that are over, too: while a law or an inquiry forbids to destroy anything. It can be run again:
    what has been done is not done twice. Raises HomeError or Unreachable.
    """
    keys, waiting = home.keys(home.broker().id), await _open_holds(connection, StateSeal(home.state_keys()))
    again: Counter[str] = Counter()
    left = 0
    producer = AIOKafkaProducer(**connection.options, enable_idempotence=True, max_request_size=MAX_REQUEST)
    try:
        await producer.start()
        for topic in OWN:
            for partition in range(topics.SUBMIT_PARTITIONS):
                tp = TopicPartition(topic, partition)
                for record in await unreplaced(connection, tp):
                    body = None if sealed_to(record.value or b"") == to.kid else opened(record, keys)
                    if body is None:
                        continue  # done, or its key is gone already: that was to be so
                    if topic == topics.HELD and not settled and _about(body) not in waiting:
                        left += 1
                        continue
                    await producer.send_and_wait(
                        topic,
                        seal(body, to),
                        key=record.key,
                        partition=partition,
                        timestamp_ms=record.timestamp,
                        headers=[(RESEALED, str(record.offset).encode())],
                    )
                    again[topic] += 1
                    await asyncio.sleep(0)
    except KafkaError as error:
        raise Unreachable(f"Kafka did not take all of it ({type(error).__name__}): run it again") from error
    finally:
        await producer.stop()
    return Resealed(again=again, left=left)


async def unreplaced(connection: Connection, tp: TopicPartition) -> list[Stamped]:
    """The records of which there is no later one under a newer key."""
    records = [record async for record in read_records(connection, tp)]
    replaced = {int(value or b"-1") for one in records for name, value in one.headers if name == RESEALED}
    return [one for one in records if one.offset not in replaced]


async def _open_holds(connection: Connection, state: StateSeal) -> set[tuple[str, str]]:
    """Message and recipient of everything that waits for somebody."""
    found: set[tuple[str, str]] = set()
    for family in topics.FAMILIES:
        for partition in range(topics.SUBMIT_PARTITIONS):
            cabinet = Cabinet()
            async for key, value in read_whole(connection, TopicPartition(topics.state(family), partition)):
                cabinet.restore(key.decode(), None if value is None else state.unseal(key.decode(), value))
            found |= {(one.message, one.recipient) for case in cabinet.cases() for one in case.tellings if one.open}
    return found


def opened(record: Stamped, keys: FileKeys) -> Any:  # noqa: ANN401 - JSON
    """What the broker sealed to itself, or None if its key is not here."""
    try:
        return unseal(record.value or b"", keys)
    except Refused:
        return None


def _about(held: Mapping[str, Any]) -> tuple[str, str]:
    """Message and recipient of a hold."""
    return str(held["message"]), str(held["recipient"]["organisation"])
