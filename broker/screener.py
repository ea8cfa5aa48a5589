"""The screening as a process of its own: takes free text that the worker asks about, and answers before it takes more.

It reads in yet another process, which is ended if one text takes too long: what could not be read is kept back (TXT-8),
never passed. An answer may be written twice, if this process ends between writing and committing; the worker applies
it once. What cannot be answered at all is logged and passed over: the worker's own clock then tells the sender.
"""

import asyncio
import multiprocessing
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from multiprocessing.connection import Connection as Pipe
from typing import Protocol

import structlog
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.errors import KafkaError

from broker import reading, topics
from broker.clock import Clock
from broker.connection import Connection
from broker.errors import Refused
from broker.follower import Follower
from broker.home import Home, broker_of
from broker.post import MAX_REQUEST
from broker.refusal import in_words, lacking
from broker.registry import KeyUse, Registry
from broker.screening.model import ModelError, load
from broker.screening.own import known
from broker.screening.screen import Screen
from broker.screening.verdict import Known, State, Verdict
from broker.sealing import KeyRing, Signer, unseal
from broker.segments import Segment
from broker.statement import Statement
from broker.written import reread

EACH_WITHIN = 2.0
"""Seconds for one segment, after which it is kept back."""
ALL_WITHIN = 20.0
"""Seconds for one message, whatever it holds: what is left then is kept back unread. Longer, and Kafka would take the
process for dead, and give the same message to the next one."""
STARTS_WITHIN = 60.0
"""Seconds for a reader to load what it needs."""
POLL_MS = 100
AT_ONCE = 10

log = structlog.get_logger()


class CannotGoOn(RuntimeError):  # noqa: N818 - said of this process
    """Nothing can be read or answered here: taking more would only pass it over, so this process ends."""


class Reader(Protocol):
    """Reads one segment for one recipient."""

    async def read(self, text: str, known: Sequence[Known], shown: frozenset[str], spare: frozenset[str]) -> Verdict:
        """See broker.screening.screen.Screen.read. Never raises."""


UNREAD = Verdict(state=State.WITHHELD, text="", rules=("TXT-8",), spans=())


class Isolated:
    """A reader in a process of its own, which is ended and begun anew if it takes too long or dies."""

    def __init__(self, names: Iterable[str], *, with_model: bool, within: float = EACH_WITHIN) -> None:
        self._names = tuple(names)
        self._with_model = with_model
        self.within = within
        self.process: multiprocessing.process.BaseProcess | None = None
        self._pipe: Pipe | None = None

    async def start(self) -> None:
        """Begin the process and wait until it can read. Raises CannotGoOn if it cannot."""
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self.process = context.Process(target=_serve, args=(theirs, self._names, self._with_model), daemon=True)
        self.process.start()
        theirs.close()
        if not await asyncio.to_thread(self._pipe.poll, STARTS_WITHIN):
            await self.close()
            raise CannotGoOn("the reader of free text did not start in time")
        try:
            failed = self._pipe.recv()
        except (EOFError, OSError):
            failed = "the reader of free text ended at its start"
        if failed:
            await self.close()
            raise CannotGoOn(failed)

    async def close(self) -> None:
        """End the process."""
        process, self.process = self.process, None
        pipe, self._pipe = self._pipe, None
        if pipe is not None:
            pipe.close()
        if process is not None:
            process.kill()
            await asyncio.to_thread(process.join)

    async def read(self, text: str, known: Sequence[Known], shown: frozenset[str], spare: frozenset[str]) -> Verdict:
        """See Reader."""
        if self._pipe is None:
            await self.start()
        pipe = self._pipe
        try:
            if pipe is None:
                return UNREAD
            pipe.send((text, tuple(known), shown, spare))
            if await asyncio.to_thread(pipe.poll, self.within):
                answer = pipe.recv()
                return answer if isinstance(answer, Verdict) else UNREAD
        except (OSError, EOFError):
            log.warning("screening.reader.ended", next="it is started again")
        else:
            log.warning("screening.reader.too-slow", seconds=self.within, next="it is started again")
        await self.close()
        return UNREAD


def _serve(pipe: Pipe, names: tuple[str, ...], with_model: bool) -> None:  # noqa: FBT001 - called by name of process
    try:
        screen = Screen(names_of_organisations=names, model=load() if with_model else None)
    except ModelError as fault:
        pipe.send(f"the language model cannot be loaded: {fault}")
        return
    except Exception as fault:  # noqa: BLE001 - whatever it is, whoever started us must hear of it
        pipe.send(f"the reader of free text cannot load what it needs ({type(fault).__name__})")
        return
    pipe.send("")
    while True:
        try:
            text, own, shown, spare = pipe.recv()
        except EOFError:
            return
        pipe.send(screen.read(text, own, shown, spare))


class Screener:
    """Answers what the worker asks, with the broker's own keys."""

    def __init__(
        self, registry: Registry, keys: KeyRing, signer: Signer, reader: Reader, *, all_within: float = ALL_WITHIN
    ) -> None:
        self.all_within = all_within
        self._registry = registry
        self._keys = keys
        self._signer = signer
        self._reader = reader

    def take(self, registry: Registry, signer: Signer) -> None:
        """Go on with another registry."""
        self._registry, self._signer = registry, signer

    async def answer(self, value: bytes, now: datetime) -> reading.Read:
        """Read all that is asked about one message. Raises Refused if it is no question of the worker's."""
        asked = reading.read_request(unseal(value, self._keys))
        kept = reread(self._registry, asked.statement, asked.at)
        own, until = known(kept.statement.content), time.monotonic() + self.all_within
        lines = [
            reading.ForOne.model_validate(
                {
                    "organisation": line.organisation,
                    "insteadOf": line.instead_of,
                    "fields": {
                        name: await self._field(kept.statement, name, own, line, until) for name in line.pending
                    },
                }
            )
            for line in asked.lines
        ]
        to = broker_of(self._registry).key(KeyUse.SEAL, now)
        if to is None:
            raise CannotGoOn("the broker has no valid sealing key: register a current one and restart")
        message = str(kept.submission.id)
        return reading.answered(asked, message, kept.flow.family, lines, signer=self._signer, to=to, now=now)

    async def _field(
        self, statement: Statement, name: str, own: Sequence[Known], line: reading.Asked, until: float
    ) -> tuple[Segment, ...]:
        value = statement.content[name]
        made = []
        for text in [value] if isinstance(value, str) else value:
            found = UNREAD
            if time.monotonic() < until:
                found = await self._reader.read(text, own, frozenset(line.shown), frozenset({line.name}))
            made.append(Segment(state=found.state, rules=found.rules, text=found.text))
        return tuple(made)


async def run(
    home: Home, connection: Connection, clock: Clock, *, with_model: bool, ready: Callable[[], None] = lambda: None
) -> str:
    """Read and answer until cancelled; return why it could not go on. Raises HomeError or Unreachable."""
    ended: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    def stop(because: str) -> None:
        if not ended.done():
            ended.set_result(because)

    def changed(registry: Registry) -> None:
        screener.take(registry, home.signer(broker_of(registry), clock()))

    follower = Follower(connection, home.trust(), changed=changed, stop=stop)
    registry = await follower.start()
    broker = broker_of(registry)
    reader = Isolated((one.name for one in registry), with_model=with_model)
    screener = Screener(registry, home.keys(broker.id), home.signer(broker, clock()), reader)
    consumer = AIOKafkaConsumer(
        topics.SCREEN,
        **connection.options,
        group_id=reading.GROUP,
        isolation_level="read_committed",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
    )
    producer = AIOKafkaProducer(**connection.options, enable_idempotence=True, max_request_size=MAX_REQUEST)
    try:
        await reader.start()
        await consumer.start()
        await producer.start()
        log.info("screening.ready", registry=registry.version)
        ready()
        work = asyncio.create_task(_work(consumer, producer, screener, clock))
        done, _ = await asyncio.wait({ended, work}, return_when=asyncio.FIRST_COMPLETED)
        work.cancel()
        return ended.result() if ended in done else await work
    except CannotGoOn as fault:
        return str(fault)
    finally:
        await producer.stop()
        await consumer.stop()
        await reader.close()
        await follower.close()


async def _work(consumer: AIOKafkaConsumer, producer: AIOKafkaProducer, screener: Screener, clock: Clock) -> str:
    """Answer batch after batch, committing each once its answers are written; return why that ended."""
    try:
        while True:
            polled = await consumer.getmany(timeout_ms=POLL_MS, max_records=AT_ONCE)
            for records in polled.values():
                for record in records:
                    await _one(producer, screener, record.value or b"", clock)
            if polled:
                await consumer.commit()
    except (KafkaError, OSError) as fault:
        right = lacking(fault)
        log.error("screening.fatal", fault=type(fault).__name__, next="restart this process")  # noqa: TRY400
        return in_words(right) if right else f"Kafka could not be reached any more ({type(fault).__name__})"


async def _one(producer: AIOKafkaProducer, screener: Screener, value: bytes, clock: Clock) -> None:
    began = clock()
    try:
        made = await screener.answer(value, began)
    except (KafkaError, OSError, CannotGoOn):
        raise
    except Exception as fault:  # noqa: BLE001 - one question that cannot be answered must not stop the others
        reason = fault.reason if isinstance(fault, Refused) else ""
        log.error("screening.fault", fault=type(fault).__name__, reason=reason)  # noqa: TRY400 - no traceback: it could quote
        return
    await producer.send_and_wait(
        made.topic, made.value, key=made.key, partition=made.partition, headers=list(made.headers)
    )
    log.info("screening.answered", topic=made.topic, milliseconds=round((clock() - began).total_seconds() * 1000, 1))
