"""The registry desk: its own copy of the signed events, and `registry-events`, kept the same."""

import asyncio
from dataclasses import dataclass

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from broker import topics
from broker.connection import Connection, Unreachable
from broker.follower import TP, read_events
from broker.home import Home, HomeError
from broker.register import EventRefused

MAX_REQUEST = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Synced:
    """How many events went which way."""

    published: int
    taken: int


async def sync(connection: Connection, home: Home) -> Synced:
    """Publish what only this home has, or take in what only Kafka has. Only the registry desk may publish.

    Raises Unreachable, or HomeError if the two have parted: then somebody has written to one of them.
    """
    there, here = await read_events(connection), home.events()
    same = min(len(there), len(here))
    if there[:same] != here[:same]:
        raise HomeError(
            f"{topics.REGISTRY} and this home hold different events: do not go on; compare both with a backup"
        )
    for text in there[same:]:
        try:
            home.add_event(text)
        except EventRefused as why:
            raise HomeError(f"{topics.REGISTRY} holds an event that this home refuses ({why}): tell the desk") from None
    await _publish(connection, here[same:])
    return Synced(published=len(here) - same, taken=len(there) - same)


async def _publish(connection: Connection, events: list[str]) -> None:
    if not events:
        return
    producer = AIOKafkaProducer(**connection.options, enable_idempotence=True, max_request_size=MAX_REQUEST)
    try:
        await producer.start()
        sent = [await producer.send(TP.topic, text.encode("ascii"), partition=TP.partition) for text in events]
        await asyncio.gather(*sent)
    except (KafkaError, OSError) as error:
        raise Unreachable(
            f"{topics.REGISTRY} at {connection.bootstrap} did not take the events ({type(error).__name__}): they are "
            "kept in this home, and nobody else knows of them yet; run `broker org sync`"
        ) from error
    finally:
        await producer.stop()
