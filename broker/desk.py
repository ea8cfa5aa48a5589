"""The registry desk: its own copy of the signed events, and `registry-events`, kept the same."""

import asyncio
from dataclasses import dataclass
from datetime import datetime

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from broker import authorizer, topics
from broker.acl import principal
from broker.connection import Connection, Unreachable
from broker.follower import TP, read_events
from broker.home import Home
from broker.post import create_topics
from broker.register import Connected, Event, Resumed, Suspended

MAX_REQUEST = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Synced:
    """How many events went which way."""

    published: int
    taken: int


@dataclass(frozen=True, slots=True)
class Announced:
    """Which registry is in force now, and how many rights in Kafka have changed."""

    registry: str
    rights: int


async def sync(connection: Connection, home: Home) -> Synced:
    """Take in what only Kafka has, and publish what only this home has: only the registry desk may do the latter.

    What both have keeps Kafka's order; what is new here comes after it. So an event that was taken out of the topic
    is put back by whoever has it, and what is no good there is passed over, as every follower does. Raises Unreachable,
    or HomeError if an event of this home does not fit on what others have published.
    """
    there, here = await read_events(connection), home.events()
    published, known = set(there), set(here)
    new_here = [text for text in here if text not in published]
    good = home.good_events(there)
    home.replace_events([*good, *new_here])
    await _publish(connection, new_here)
    return Synced(published=len(new_here), taken=len(set(good) - known))


async def take_in(connection: Connection, home: Home) -> bool:
    """Replace this home's copy by the good events of Kafka, if there are more: for those who only follow.

    Returns whether there were. A topic that lacks what this home knows to be good changes nothing. Raises Unreachable.
    """
    good = home.good_events(await read_events(connection))
    more = set(good) > set(home.events())
    if more:
        home.replace_events(good)
    return more


async def announce(connection: Connection, home: Home, event: Event, by: str, now: datetime) -> Announced:
    """Sign one event, publish it at once, and put into force in Kafka what follows: rights and topics.

    Raises Unreachable, HomeError or EventRefused.
    """
    await _publish(connection, [home.declare(event, by, now)])
    registry, changed = home.registry(), 0
    if isinstance(event, Suspended | Resumed | Connected) and connection.tls is not None:
        if any(one.id == event.about for one in registry.direct):
            await create_topics(connection, registry)
        rights = await authorizer.apply(connection, registry, principal(event.about))
        changed = len(rights.missing) + len(rights.extra)
    await sync(connection, home)
    return Announced(registry=home.registry().version, rights=changed)


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
