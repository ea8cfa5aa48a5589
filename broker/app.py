"""The worker: the one place that joins registry, keys, policy, loop and routers into a running process."""

from collections.abc import Callable
from dataclasses import dataclass

import structlog
from aiokafka.errors import KafkaError
from faststream import FastStream
from faststream.kafka import KafkaBroker
from faststream.security import BaseSecurity

from broker.clock import Clock
from broker.connection import Connection
from broker.drafts import Carried
from broker.exchange import Exchange
from broker.follower import Follower
from broker.home import Home, broker_of
from broker.loop import Loop
from broker.policies import Policies
from broker.post import admin, missing_topics
from broker.refusal import in_words, lacking
from broker.registry import Registry
from broker.routers import encompass, housing, referral
from broker.state import StateSeal

log = structlog.get_logger()

ROUTERS = (encompass, referral, housing)
"""One for each family of message types; each has a loop of its own."""


@dataclass
class Ending:
    """Why the worker stopped: empty if it was asked to."""

    because: str = ""


def make_exchange(home: Home, registry: Registry, clock: Clock) -> Exchange:
    """The procedure with the broker's keys and the policy in this home. Raises HomeError."""
    broker = broker_of(registry)
    return Exchange(
        registry=registry,
        policy=Policies(home.path).in_force(),
        keys=home.keys(broker.id),
        signer=home.signer(broker, clock()),
    )


def kafka_broker(connection: Connection, *, consumer_only: bool = True) -> KafkaBroker:
    """FastStream's client on this connection. Only the loop writes, so it is for reading alone."""
    options = connection.options
    context = options.get("ssl_context")
    return KafkaBroker(
        connection.bootstrap,
        security=None if context is None else BaseSecurity(ssl_context=context, use_ssl=True),
        consumer_only=consumer_only,
        allow_auto_create_topics=False,
        logger=None,
    )


async def run(
    home: Home,
    connection: Connection,
    clock: Clock,
    *,
    count: Callable[[Carried], None] = lambda _: None,
    ready: Callable[[], None] = lambda: None,
) -> Ending:
    """Run the worker until it is told to stop or cannot go on. Raises HomeError or Unreachable.

    `count` is given everything, once it has been written.
    """
    ending = Ending()
    broker = kafka_broker(connection)
    app = FastStream(broker, logger=None)

    def stop(because: str) -> None:
        ending.because = ending.because or because  # what other families meet after it only follows from it
        app.exit()

    def changed(registry: Registry) -> None:
        exchange.take(registry, home.signer(broker_of(registry), clock()))

    follower = Follower(connection, home.trust(), changed=changed, stop=stop)
    registry = await follower.start()
    try:
        exchange = make_exchange(home, registry, clock)
        async with admin(connection) as client:
            missing = await missing_topics(client, registry)
        if missing:
            names = ", ".join(topic.name for topic in missing)
            return Ending(
                because=f"these topics do not exist, or this principal may not see them: {names}; "
                "run `broker topics --create`, then `broker acl apply`"
            )
        await _run(app, broker, exchange, connection, home, clock, ready, stop, count)
    finally:
        await follower.close()
    return ending


async def _run(
    app: FastStream,
    broker: KafkaBroker,
    exchange: Exchange,
    connection: Connection,
    home: Home,
    clock: Clock,
    ready: Callable[[], None],
    stop: Callable[[str], None],
    count: Callable[[Carried], None],
) -> None:
    seal = StateSeal(home.state_keys())
    for one in ROUTERS:
        loop = Loop(
            family=one.FAMILY,
            connection=connection,
            exchange=exchange,
            clock=clock,
            seal=seal,
            stop=stop,
            count=count,
        )
        broker.include_router(one.router(loop))
        app.after_shutdown(loop.close)
    app.after_startup(ready)
    log.info("worker.starting", policy=exchange.policy.version, registry=exchange.registry.version)
    try:
        await app.run()
    except KafkaError as fault:
        right = lacking(fault)
        if right is None:
            raise
        stop(f"cannot read: {in_words(right)}")
