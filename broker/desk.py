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
from broker.register import Connected, Event, Registered, Resumed, Suspended
from broker.registry import Channel

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
    is put back by whoever has it. Raises Unreachable, or HomeError if the events do not fit together.
    """
    there, here = await read_events(connection), home.events()
    known, mine = set(there), set(here)
    new_here = [text for text in here if text not in known]
    if here != [*there, *new_here]:
        home.replace_events([*there, *new_here])
    await _publish(connection, new_here)
    return Synced(published=len(new_here), taken=len(known - mine))


async def announce(connection: Connection, home: Home, event: Event, by: str, now: datetime) -> Announced:
    """Sign one event, publish it, and put into force in Kafka what follows: rights and topics.

    It is signed on top of everything that others have published. Raises Unreachable, HomeError or EventRefused.
    """
    await sync(connection, home)
    home.declare(event, by, now)
    await sync(connection, home)
    registry = home.registry()
    about = [] if isinstance(event, Registered) else [registry.get(event.about)]
    changed = 0
    for one in about:
        if one is not None and isinstance(event, Suspended | Resumed | Connected) and connection.tls is not None:
            if one.channel is Channel.DIRECT:
                await create_topics(connection, registry)
            rights = await authorizer.apply(connection, registry, principal(one.id))
            changed += len(rights.missing) + len(rights.extra)
    return Announced(registry=registry.version, rights=changed)


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
