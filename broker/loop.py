"""The transactional loop: the only thing that writes. One producer per owned partition, one transaction per batch.

Each input partition has an Owner. Starting its producer fences whoever owned the partition before; then the committed
offset and the state changelog are final and can be read. Outputs, state and offset go in one transaction, so either all
of a batch happened or none of it. The consumer is only ever moved inside the handler (aiokafka fetches before the
rebalance listener ends, so seeking there loses messages).

An exception never leaves the handler: FastStream would swallow it, and the next commit would skip the batch. What
cannot be mended here ends the process, so that a partition is never silently deaf.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Protocol

import structlog
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.abc import ConsumerRebalanceListener
from aiokafka.errors import KafkaError, ProducerFenced

from broker import topics
from broker.clock import Clock
from broker.connection import Connection
from broker.drafts import Carried
from broker.errors import Reason, Refused
from broker.exchange import Exchange, Incoming
from broker.refusal import in_words, lacking
from broker.state import Cabinet, Case, StateSeal, Telling
from broker.written import copy_key

GROUP = "broker"
"""With what the name of every group of workers begins."""
TRANSACTION_BUDGET = 0.1
"""Seconds of computing in one transaction: longer ones hold back every reader of the partitions they touch."""
TRANSACTION_TIMEOUT_MS = 10_000
TOGETHER = 16
"""Records opened, decided and sealed together, step by step: enough to gain by it, and no long time without a look at
the clock."""
AT_ONCE = 50
"""Messages decided anew in one transaction."""
TICK = 0.25
"""Seconds between looks at what has fallen due."""
REOPEN_TRIES = 5
REOPEN_FIRST_WAIT = 0.2
FAILURES_IN_A_ROW = 5
"""Transactions of one partition that failed, with none between that did not, after which the process ends: trying again
for ever would be as silent as not trying."""
FAULTY_SENDERS = 3
"""Faults of ours on messages of this many senders mean that we are broken, not they: stop."""
FENCED_WAIT = 1.0
"""Seconds for a process that woke from a pause to notice that the group has moved on without it."""

log = structlog.get_logger()


def group_of(family: str) -> str:
    """The group in which workers share one family's partitions: what happens to one group does not touch another."""
    return f"{GROUP}.{family}"


class Broken(Exception):  # noqa: N818 - said of this process
    """Messages of several senders fail in us: committing would set aside everything that comes."""


class Record(Protocol):
    """What the loop reads of a polled record."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes | None]]


class Stamped(Record, Protocol):
    """The same, with when it was written."""

    timestamp: int


class Owner:
    """One owned partition: its producer, its memory, and the next offset to handle."""

    def __init__(self, tp: TopicPartition) -> None:
        self.tp = tp
        self.lock = asyncio.Lock()
        self.producer: AIOKafkaProducer | None = None
        self.cabinet = Cabinet()
        self.next = 0
        self.synced = False
        self.failed = 0
        self.registry = ""  # the version at which it was last looked who asks to be sent things again

    async def close(self) -> None:
        """Stop the producer, ending its transaction."""
        producer, self.producer = self.producer, None
        if producer is not None:
            await producer.stop()


class Loop(ConsumerRebalanceListener):  # type: ignore[misc]
    """The owners of one family's submit topic in this process."""

    def __init__(
        self,
        *,
        family: str,
        connection: Connection,
        exchange: Exchange,
        clock: Clock,
        seal: StateSeal,
        stop: Callable[[str], None],
        count: Callable[[Carried], None] = lambda _: None,
    ) -> None:
        """`stop`: ends the process, saying why. `count`: is given everything, once it has been written."""
        self.topic = topics.submit(family)
        self.group = group_of(family)
        self._changelog = topics.state(family)
        self._kept = topics.copies(family)
        self._connection = connection
        self._exchange = exchange
        self._clock = clock
        self._seal = seal
        self._stop = stop
        self._count = count
        self._owners: dict[TopicPartition, Owner] = {}
        self.consumer: Callable[[], AIOKafkaConsumer | None] = lambda: None
        self._partitions = topics.SUBMIT_PARTITIONS
        self._faulty: set[str] = set()
        self._ticker: asyncio.Task[None] | None = None
        self._over = False
        self.ready = asyncio.Event()

    def bind(self, consumer: Callable[[], AIOKafkaConsumer | None]) -> None:
        """Tell the loop how to reach the subscriber's consumer, which exists only once it has started."""
        self.consumer = consumer

    # Ownership -----------------------------------------------------------------------------------------------------

    async def on_partitions_revoked(self, revoked: Sequence[TopicPartition]) -> None:
        """Let each running transaction end, then give the partition up."""
        for tp in revoked:
            if owner := self._owners.pop(tp, None):
                async with owner.lock:
                    await owner.close()

    async def on_partitions_assigned(self, assigned: Sequence[TopicPartition]) -> None:
        """Open every assigned partition; a failure ends the process (the client would only log it).

        Records are fetched meanwhile: they must find an owner and wait for its lock. Dropped, they would be read again
        only after the next message.
        """
        if self._ticker is None:
            self._ticker = asyncio.create_task(self._tick())
        owners = [self._owners.setdefault(tp, Owner(tp)) for tp in assigned]
        try:
            await asyncio.gather(*(self._take(owner) for owner in owners))
        except Exception as fault:  # noqa: BLE001 - whatever it is, this process must not stay deaf
            self._fatal("cannot take partitions", fault)
            return
        log.info("worker.ready", topic=self.topic, partitions=len(assigned), group=self.group)
        self.ready.set()

    async def _take(self, owner: Owner) -> None:
        async with owner.lock:
            await self._open(owner)

    async def _open(self, owner: Owner) -> None:
        """Fence the previous owner, then read what it committed: offset and state. Does not seek."""
        await owner.close()
        consumer = self.consumer()
        if consumer is None:
            raise RuntimeError("the subscriber has no consumer")
        producer = AIOKafkaProducer(
            **self._connection.options,
            transactional_id=f"{self.group}.{owner.tp.topic}.{owner.tp.partition}",
            transaction_timeout_ms=TRANSACTION_TIMEOUT_MS,
        )
        try:
            await producer.start()
            owner.next = await consumer.committed(owner.tp) or 0
            owner.cabinet = await self._restore(owner.tp.partition)
            if self._seal.rotated:
                await self._seal_anew(producer, owner.tp.partition)
        except BaseException:
            await producer.stop()
            raise
        owner.synced = False
        owner.registry = ""
        owner.producer = producer

    async def _restore(self, partition: int) -> Cabinet:
        cabinet = Cabinet()
        async for key, value in read_whole(self._connection, TopicPartition(self._changelog, partition)):
            name = key.decode()
            cabinet.restore(name, None if value is None else self._seal.unseal(name, value))
        return cabinet

    async def _seal_anew(self, producer: AIOKafkaProducer, partition: int) -> None:
        """Write what an older state key sealed again, under the newest, so that the older one can be destroyed."""
        for topic in (self._changelog, self._kept):
            latest: dict[bytes, bytes | None] = {}
            async for key, value in read_whole(self._connection, TopicPartition(topic, partition)):
                latest.pop(key, None)  # in the order of the last writing, by which ids are forgotten
                latest[key] = value
            old = [(key, value) for key, value in latest.items() if value is not None and self._seal.outdated(value)]
            for begin in range(0, len(old), AT_ONCE):
                async with producer.transaction():
                    for key, value in old[begin : begin + AT_ONCE]:
                        name = key.decode()
                        sealed = self._seal.seal(name, self._seal.unseal(name, value))
                        await producer.send_and_wait(topic, sealed, key=key, partition=partition)

    async def _reopen(self, owner: Owner, fault: Exception) -> None:
        """After a failed transaction: a new epoch, what was really committed, and a seek at once, with back-off.

        Not if a right is missing: nobody gives it by our trying again.
        """
        if lacking(fault):
            raise fault
        log.warning("transaction.failed", fault=type(fault).__name__, partition=owner.tp.partition)
        owner.failed += 1
        if owner.failed > FAILURES_IN_A_ROW:
            raise fault
        if isinstance(fault, ProducerFenced):
            await asyncio.sleep(FENCED_WAIT)
        wait = REOPEN_FIRST_WAIT
        for attempt in range(REOPEN_TRIES):
            consumer = self.consumer()
            if consumer is None or owner.tp not in consumer.assignment():
                await owner.close()
                self._owners.pop(owner.tp, None)
                return
            try:
                await self._open(owner)
                consumer.seek(owner.tp, owner.next)
            except (KafkaError, OSError, TimeoutError) as again:
                log.warning("reopen.failed", fault=type(again).__name__, partition=owner.tp.partition)
                if attempt + 1 == REOPEN_TRIES or lacking(again):
                    raise
                await asyncio.sleep(wait)
                wait *= 2
            else:
                owner.synced = True
                return

    # Work ----------------------------------------------------------------------------------------------------------

    async def carry(self, records: Sequence[Record]) -> None:
        """Handle one polled batch, whatever it holds. Never raises.

        Not after a fatal fault: what was not handled then lies before this batch, and its commit would skip it.
        """
        if self._over:
            return
        by_partition: dict[TopicPartition, list[Record]] = {}
        for record in records:
            by_partition.setdefault(TopicPartition(record.topic, record.partition), []).append(record)
        try:
            await asyncio.gather(*(self._partition(tp, batch) for tp, batch in by_partition.items()))
        except Exception as fault:  # noqa: BLE001 - FastStream would swallow it and skip the batch
            self._fatal("cannot go on", fault)

    async def _partition(self, tp: TopicPartition, batch: list[Record]) -> None:
        owner = self._owners.get(tp)
        if owner is None:
            return  # revoked meanwhile: its next owner reads these
        async with owner.lock:
            if owner.producer is None:
                return
            if not owner.synced:
                owner.synced = True
                if batch[0].offset != owner.next:
                    consumer = self.consumer()
                    if consumer is not None:
                        consumer.seek(tp, owner.next)
                    return
            waiting = [record for record in batch if record.offset >= owner.next]
            while waiting:
                try:
                    done = await self._transact(owner, waiting)
                except Broken:
                    raise
                except Exception as fault:  # noqa: BLE001 - the outcome is unknown: reload what was committed
                    await self._reopen(owner, fault)
                    return
                waiting = waiting[done:]

    async def _transact(self, owner: Owner, waiting: list[Record]) -> int:
        """Carry as many records as fit in the budget, in one transaction; return how many."""
        carried: list[Carried] = []
        entries: list[tuple[str, str | None]] = []
        began, now = time.monotonic(), self._clock()
        for first in range(0, len(waiting), TOGETHER):
            for one in self._together(owner, waiting[first : first + TOGETHER], now):
                entries += owner.cabinet.remember(*one.remember)
                carried.append(one)
            if time.monotonic() - began > TRANSACTION_BUDGET:
                break
            await asyncio.sleep(0)  # the group's heartbeat lives on this event loop too
        offset = waiting[len(carried) - 1].offset + 1
        await self._write(owner, carried, entries, offset)
        owner.next = offset
        spent = round((time.monotonic() - began) * 1000, 1)
        for one in carried:
            log.info("message.carried", **asdict(one.line), partition=owner.tp.partition, milliseconds=spent)
            self._count(one)
        return len(carried)

    def _together(self, owner: Owner, records: Sequence[Record], now: datetime) -> Iterator[Carried]:
        """Carry some records at once; if a fault of ours is among them, one by one, so that it harms no other.

        What each changes is remembered by the caller before it takes the next.
        """
        incoming = [self._incoming(record) for record in records]
        try:
            carried = self._exchange.carry_all(incoming, owner.cabinet, now)
        except Exception:  # noqa: BLE001 - whatever it is, it is met again below, by the one that it belongs to
            for record in incoming:
                yield self._one(owner, record, now)
            return
        for one in carried:
            self._faulty.discard(one.line.sender)
            yield one

    def _incoming(self, record: Record) -> Incoming:
        return Incoming(
            partition=record.partition,
            partitions=self._partitions,
            key=record.key,
            headers=record.headers,
            value=record.value,
        )

    def _one(self, owner: Owner, incoming: Incoming, now: datetime) -> Carried:
        try:
            carried = self._exchange.carry(incoming, owner.cabinet, now)
        except Exception as fault:  # ours, and deterministic: set it aside, tell the sender, alarm
            where = _where(fault)
            try:
                carried = self._exchange.set_aside(incoming, Refused(Reason.FAULT), now)
            except Exception as again:
                raise Broken from again  # not even a refusal can be made: trying again would go on for ever
            self._faulty.add(carried.line.sender)
            kind, sender = type(fault).__name__, carried.line.sender
            log.error("message.fault", fault=kind, where=where, sender=sender)  # noqa: TRY400 - a traceback could quote
            if len(self._faulty) >= FAULTY_SENDERS:
                raise Broken from fault
            return carried
        self._faulty.discard(carried.line.sender)
        return carried

    async def _write(
        self,
        owner: Owner,
        carried: Sequence[Carried],
        entries: Sequence[tuple[str, str | None]],
        offset: int | None,
    ) -> None:
        producer = owner.producer
        if producer is None:
            raise RuntimeError("no producer")
        own = [(self._changelog, key, value) for key, value in entries]
        own += [(self._kept, key, value) for one in carried for key, value in one.copies]
        async with producer.transaction():
            sent: list[asyncio.Future[object]] = []
            try:
                for out in (out for one in carried for out in one.outgoing):
                    headers = list(out.headers)
                    send = producer.send(out.topic, out.value, key=out.key, partition=out.partition, headers=headers)
                    sent.append(await send)
                for topic, key, value in own:
                    sealed = None if value is None else self._seal.seal(key, value)
                    send = producer.send(topic, sealed, key=key.encode(), partition=owner.tp.partition)
                    sent.append(await send)
            finally:  # once one has failed, `send` only says "not in transaction": the cause is in what was sent before
                await _all(sent)
            if offset is not None:
                await producer.send_offsets_to_transaction({owner.tp: offset}, self.group)
        owner.failed = 0

    # Time ----------------------------------------------------------------------------------------------------------

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK)
            for owner in list(self._owners.values()):
                try:
                    await self._fire(owner)
                    await self._again(owner)
                except Exception as fault:  # noqa: BLE001 - a clock that stops silently is a child forgotten
                    self._fatal("cannot fire what is due", fault)
                    return

    async def _fire(self, owner: Owner) -> None:
        """Emit what has fallen due, and forget ids past the window, in one transaction if there is anything."""
        async with owner.lock:
            if owner.producer is None:
                return
            now = self._clock()
            carried: list[Carried] = []
            entries = owner.cabinet.forget(now)
            while len(carried) < 100 and (due := owner.cabinet.next_due(now)):  # noqa: PLR2004 - one transaction
                one = self._exchange.fire(*due, now)
                entries += owner.cabinet.remember(*one.remember)
                carried.append(one)
            if not entries:
                return
            try:
                await self._write(owner, carried, entries, None)
            except (KafkaError, OSError, TimeoutError) as fault:
                await self._reopen(owner, fault)
                return
            for one in carried:
                log.info("message.overdue", **asdict(one.line), partition=owner.tp.partition)
                self._count(one)

    async def _again(self, owner: Owner) -> None:
        """Decide anew what has been let go, and what recipients with a new key have not answered."""
        registry = self._exchange.registry
        if not owner.cabinet.released and owner.registry == registry.version:
            return
        async with owner.lock:
            if owner.producer is None:
                return
            owner.registry = registry.version
            wanted = owner.cabinet.to_send_again(registry.resend)
            kept = await self._read_kept(owner.tp.partition) if wanted else {}
            for begin in range(0, len(wanted), AT_ONCE):
                carried: list[Carried] = []
                entries: list[tuple[str, str | None]] = []
                for case, telling in wanted[begin : begin + AT_ONCE]:
                    if one := self._decide_anew(owner, case, telling, kept):
                        entries += owner.cabinet.remember(*one.remember)
                        carried.append(one)
                try:
                    await self._write(owner, carried, entries, None)
                except (KafkaError, OSError, TimeoutError) as fault:
                    await self._reopen(owner, fault)
                    return
                for one in carried:
                    log.info("message.again", **asdict(one.line), partition=owner.tp.partition)
                    self._count(one)

    def _decide_anew(self, owner: Owner, case: Case, telling: Telling, kept: Mapping[str, bytes]) -> Carried | None:
        """If it cannot be, it stays open and its clock runs. Its sender is told so at once of what it has released.

        None of what a recipient asked for: it is asked for again when this partition is next opened.
        """
        key = copy_key(case, telling.message)
        now_case = owner.cabinet.case(case.owner, case.id)
        if now_case is None or telling not in now_case.tellings:
            return None
        try:
            return self._exchange.again(now_case, telling, self._seal.unseal(key, kept[key]), self._clock())
        except Exception as fault:  # noqa: BLE001 - one that cannot be decided must not stop the others
            log.error("again.failed", fault=type(fault).__name__, where=_where(fault), message=telling.message)  # noqa: TRY400
            return self._exchange.again_failed(now_case, telling, self._clock()) if telling.released else None

    async def _read_kept(self, partition: int) -> dict[str, bytes]:
        found: dict[str, bytes] = {}
        async for key, value in read_whole(self._connection, TopicPartition(self._kept, partition)):
            if value is None:
                found.pop(key.decode(), None)
            else:
                found[key.decode()] = value
        return found

    # Ending --------------------------------------------------------------------------------------------------------

    async def close(self) -> None:
        """At shutdown (the client does not call the listener then): finish what runs, stop every producer."""
        if self._ticker is not None:
            self._ticker.cancel()
        await self.on_partitions_revoked(list(self._owners))

    def cannot_read(self, fault: Exception) -> None:
        """A poll failed. Unless Kafka says to try again, it always would, and drop what it had read of others."""
        if isinstance(fault, KafkaError) and fault.retriable:
            log.warning("poll.failed", fault=type(fault).__name__, topic=self.topic)
        else:
            self._fatal("cannot read", fault)

    def _fatal(self, what: str, fault: Exception) -> None:
        if self._over:
            return
        self._over = True
        right = lacking(fault)
        cure = "broker acl plan" if right else "restart the worker"
        log.error("worker.fatal", fault=type(fault).__name__, where=_where(fault), next=cure)
        self._stop(f"{what}: {in_words(right)}" if right else what)


async def _all(sent: Sequence[asyncio.Future[object]]) -> None:
    """Wait for everything; a right that is missing comes before what follows from it."""
    faults = [one for one in await asyncio.gather(*sent, return_exceptions=True) if isinstance(one, BaseException)]
    if faults:
        raise next((one for one in faults if isinstance(one, Exception) and lacking(one)), faults[0])


def _where(fault: Exception) -> str:
    """Module and line in which a fault rose: no text of it, which could quote a message."""
    trace = fault.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return "" if trace is None else f"{trace.tb_frame.f_globals.get('__name__', '')}:{trace.tb_lineno}"


async def read_whole(connection: Connection, tp: TopicPartition) -> AsyncIterator[tuple[bytes, bytes | None]]:
    """Every committed (key, value) of one partition, from its beginning to its present end."""
    async for record in read_records(connection, tp):
        yield record.key or b"", record.value


async def read_records(connection: Connection, tp: TopicPartition) -> AsyncIterator[Stamped]:
    """Every committed record of one partition, from its beginning to its present end."""
    consumer = AIOKafkaConsumer(
        **connection.options,
        isolation_level="read_committed",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
    )
    await consumer.start()
    try:
        consumer.assign([tp])
        end = (await consumer.end_offsets([tp]))[tp]
        await consumer.seek_to_beginning(tp)
        while await consumer.position(tp) < end:
            for records in (await consumer.getmany(tp, timeout_ms=200)).values():
                for record in records:
                    yield record
    finally:
        await consumer.stop()
