"""Keeps a registry current: reads `registry-events` to its end, then follows it for as long as the process lives.

Whoever follows checks every signature itself and needs to trust nothing but the registrar's key. An event that is not
good is logged and changes nothing. A follower that cannot go on ends its process: a suspension that nobody sees is a
door left open.
"""

import asyncio
from collections.abc import Callable

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from broker import topics
from broker.connection import Connection, NotPermitted, Unreachable
from broker.refusal import check_seen
from broker.register import EventRefused, Register
from broker.registry import PublicKey, Registry

TP = TopicPartition(topics.REGISTRY, 0)
POLL_MS = 200

log = structlog.get_logger()


class Follower:
    """One reader of the registry's events. `changed` is called with each new registry, in order."""

    def __init__(
        self,
        connection: Connection,
        registrar: PublicKey,
        *,
        changed: Callable[[Registry], None],
        stop: Callable[[str], None],
    ) -> None:
        self._connection = connection
        self._register = Register(registrar)
        self._changed = changed
        self._stop = stop
        self._consumer: AIOKafkaConsumer | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def registry(self) -> Registry:
        """As of the last event."""
        return self._register.registry

    async def start(self) -> Registry:
        """Read everything there is, then go on in the background; return the registry. Raises Unreachable."""
        consumer = AIOKafkaConsumer(
            **self._connection.options,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            fetch_max_wait_ms=POLL_MS,
        )
        try:
            await consumer.start()
            await check_seen(consumer, TP.topic)
            consumer.assign([TP])
            end = (await consumer.end_offsets([TP]))[TP]
            await consumer.seek_to_beginning(TP)
            while await consumer.position(TP) < end:
                await self._poll(consumer)
        except NotPermitted:
            await consumer.stop()
            raise
        except (KafkaError, OSError) as error:
            await consumer.stop()
            raise Unreachable(
                f"{topics.REGISTRY} cannot be read at {self._connection.bootstrap} ({type(error).__name__}): "
                "is the topic there (`broker topics --create`), and may you read it (`broker acl verify`)?"
            ) from error
        self._consumer = consumer
        self._task = asyncio.create_task(self._follow(consumer))
        return self.registry

    async def close(self) -> None:
        """Stop following."""
        if self._task is not None:
            self._task.cancel()
        if self._consumer is not None:
            await self._consumer.stop()

    async def _follow(self, consumer: AIOKafkaConsumer) -> None:
        try:
            while True:
                before = self.registry
                await self._poll(consumer)
                if self.registry is not before:
                    log.info("registry.changed", registry=self.registry.version)
                    self._changed(self.registry)
        except Exception as fault:  # noqa: BLE001 - whatever it is, going on without the registry would be blind
            log.error("registry.lost", fault=type(fault).__name__, next="restart this process")  # noqa: TRY400
            self._stop("the registry cannot be followed any more")

    async def _poll(self, consumer: AIOKafkaConsumer) -> None:
        for record in (await consumer.getmany(TP, timeout_ms=POLL_MS)).get(TP, ()):
            try:
                self._register.apply(record.value or b"")
            except EventRefused as refused:
                log.warning("registry.event.refused", reason=refused.why, offset=record.offset)
            await asyncio.sleep(0)


async def read_events(connection: Connection) -> list[str]:
    """Every event of `registry-events`, good or not, in order. Raises Unreachable."""
    consumer = AIOKafkaConsumer(**connection.options, enable_auto_commit=False, auto_offset_reset="earliest")
    found: list[str] = []
    try:
        await consumer.start()
        await check_seen(consumer, TP.topic)
        consumer.assign([TP])
        end = (await consumer.end_offsets([TP]))[TP]
        await consumer.seek_to_beginning(TP)
        while await consumer.position(TP) < end:
            records = (await consumer.getmany(TP, timeout_ms=POLL_MS)).get(TP, ())
            found += [(record.value or b"").decode("ascii", "replace") for record in records]
    except (KafkaError, OSError) as error:
        raise Unreachable(
            f"{topics.REGISTRY} cannot be read at {connection.bootstrap} ({type(error).__name__})"
        ) from error
    finally:
        await consumer.stop()
    return found
