"""The suspension drill: cut a police force off while it sends, and measure what was still accepted, sent and read."""

import asyncio
import contextlib
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError
from rich.console import Console
from rich.table import Table

from broker import post, topics
from broker.agency import Agency, Submitted
from broker.clock import system_clock, unsafe_stepped_clock
from broker.connection import Connection
from broker.demo.script import Ids, night
from broker.demo.stage import PATIENCE, Json, Place, staged
from broker.demo.telling import Narrator
from broker.follower import TP

FORCE = "police:01"
INBOX = TopicPartition(topics.inbox(FORCE), 0)
BEFORE, AFTER = 2.0, 3.0
"""Seconds of sending before the suspension, and after it."""
EVERY = 0.02
"""Seconds between two submissions."""
BOUND = 2.0
"""Seconds from the suspension to the last byte that may still pass."""


@dataclass
class Sent:
    """One submission of the drill: when Kafka took it (seconds since the command), or that it would not."""

    one: Submitted
    at: float
    taken: bool


@dataclass
class Seen:
    """What was observed, in seconds since the command to suspend was typed.

    `declared`: when Kafka got the signed event, from which the bound is counted; before it Python was starting.
    """

    sent: list[Sent] = field(default_factory=list)
    read: list[float] = field(default_factory=list)
    declared: float = 0.0
    ended: float = 0.0
    said: str = ""


def drill(console: Console) -> int:
    """Play it. Returns 0 only if nothing passed later than BOUND, and every message sent is accounted for."""
    script = night()
    return staged(lambda place: _play(place, console), script.starts, console)


def _play(place: Place, console: Console) -> int:
    narrator = Narrator(console, place.registry)
    if not place.start_services(narrator):
        return 1
    narrator.say(f"{FORCE} sends every {EVERY * 1000:.0f} ms and reads its inbox in an open stream.", "dim")
    seen, statuses, after = asyncio.run(_suspend_midway(place))
    narrator.say(f"$ broker org suspend {FORCE}\n{seen.said.strip()}", "bold")
    rows, right = judged(seen, statuses, after)
    table = Table("", "", "as it must be")
    for what, figure, good in rows:
        table.add_row(what, figure, "yes" if good else "NO", style=None if good else "red")
    console.print(table)
    verdict = "Cut off in time; nothing was lost." if right else "NOT as it must be: see above."
    narrator.say(verdict, "bold green" if right else "bold red")
    return 0 if right else 1


def judged(seen: Seen, statuses: dict[str, str], after: str) -> tuple[list[tuple[str, str, bool]], bool]:
    """What was seen, line by line, each with whether it is as it must be; and whether all are."""
    taken = [one for one in seen.sent if one.taken]
    shared = [one.at for one in taken if statuses.get(one.one.message) == "shared"]
    refused = len(taken) - len(shared)
    unaccounted = sum(one.one.message not in statuses for one in taken)
    last = {
        "last submission that Kafka took": max(one.at for one in taken),
        "last submission that was accepted and passed on": max(shared, default=0.0),
        "last record that its open stream still read": max(seen.read, default=0.0),
    }
    rows = [("command typed, until Kafka had the signed event", f"{seen.declared:.2f} s", True)]
    for what, at in last.items():
        rows.append((what, f"{at - seen.declared:+.2f} s after that", at - seen.declared < BOUND))
    rows += [
        ("submissions taken by Kafka", str(len(taken)), len(taken) > 0),
        ("submissions denied by Kafka", str(len(seen.sent) - len(taken)), len(seen.sent) > len(taken)),
        ("of those taken, passed on", str(len(shared)), len(shared) > 0),
        ("of those taken, refused by the worker", str(refused), True),
        ("of those taken, without an outcome", str(unaccounted), unaccounted == 0),
        ("after `broker org resume`, the next submission is", after, after == "shared"),
    ]
    return rows, all(good for *_, good in rows)


async def _suspend_midway(place: Place) -> tuple[Seen, dict[str, str], str]:
    seen, start = Seen(), time.monotonic()
    seconds = [start + BEFORE]  # when the command is typed, once it has been

    def since() -> float:
        return time.monotonic() - seconds[0]

    sending = asyncio.create_task(_keep_sending(place, seen, since))
    reading = asyncio.create_task(_keep_reading(place, seen, since))
    await asyncio.sleep(BEFORE)
    seconds[0] = time.monotonic()
    done = await asyncio.to_thread(_command, place, "org", "suspend", FORCE)
    seen.ended, seen.said = since(), done.stdout + done.stderr
    seen.declared = await _declared(place) - seconds[0]
    await asyncio.sleep(max(0.0, seen.declared + BOUND + AFTER - since()))
    for task in (sending, reading):
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
    statuses = await _statuses(place, [one.one.message for one in seen.sent if one.taken])
    await asyncio.to_thread(_command, place, "org", "resume", FORCE)
    again = _write(place)
    await post.publish(_connection(place, FORCE), [again])
    after = (await _statuses(place, [again.message])).get(again.message, "not answered")
    return seen, statuses, after


async def _declared(place: Place) -> float:
    """When Kafka got the last event of the registry, on the clock of time.monotonic."""
    consumer = AIOKafkaConsumer(**place.operator.options, enable_auto_commit=False)
    await consumer.start()
    try:
        consumer.assign([TP])
        end = (await consumer.end_offsets([TP]))[TP]
        await consumer.position(TP)
        consumer.seek(TP, end - 1)
        record = await consumer.getone(TP)
    finally:
        await consumer.stop()
    return float(time.monotonic() - (system_clock().timestamp() - record.timestamp / 1000))


def _connection(place: Place, organisation: str) -> Connection:
    return place.home(organisation).connection(place.operator.bootstrap)


def _command(place: Place, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        place.command(*arguments),
        env=place.environment("operator"),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def _write(place: Place) -> Submitted:
    model: Json = next(message for step in night().steps for _, message in step.sends if message["id"] == "@rowan")
    ids, now = Ids(), unsafe_stepped_clock(place.clock_file)()
    return _agency(place).submit(ids.real(model), now)


def _agency(place: Place) -> Agency:
    home, now = place.home(FORCE), unsafe_stepped_clock(place.clock_file)()
    signer = home.signer(home.member(FORCE), now)
    return Agency(organisation=FORCE, registry=home.registry(), keys=home.keys(FORCE), signer=signer)


async def _keep_sending(place: Place, seen: Seen, since: Callable[[], float]) -> None:
    """Through one open connection of the force's own, whatever Kafka says to it."""
    async with AIOKafkaProducer(**_connection(place, FORCE).options, acks="all", request_timeout_ms=2000) as producer:
        while True:
            one, taken = _write(place), True
            try:
                await producer.send_and_wait(one.topic, one.value, key=one.key, headers=list(one.headers))
            except KafkaError:
                taken = False
            seen.sent.append(Sent(one, since(), taken))
            await asyncio.sleep(EVERY)


@asynccontextmanager
async def _inbox(connection: Connection) -> AsyncIterator[AIOKafkaConsumer]:
    """The force's inbox, from its beginning."""
    consumer = AIOKafkaConsumer(
        **connection.options, isolation_level="read_committed", enable_auto_commit=False, fetch_max_wait_ms=50
    )
    await consumer.start()
    try:
        consumer.assign([INBOX])
        await consumer.seek_to_beginning(INBOX)
        yield consumer
    finally:
        await consumer.stop()


async def _keep_reading(place: Place, seen: Seen, since: Callable[[], float]) -> None:
    """Through one open stream of the force's own, until Kafka denies it."""
    async with _inbox(_connection(place, FORCE)) as consumer:
        with contextlib.suppress(KafkaError):
            while True:
                if await consumer.getmany(INBOX, timeout_ms=50):
                    seen.read.append(since())


async def _statuses(place: Place, wanted: Sequence[str]) -> dict[str, str]:
    """What the force was told of each message: read as the operator, opened with the force's own keys."""
    found: dict[str, str] = {}
    agency, clock, until = _agency(place), unsafe_stepped_clock(place.clock_file), time.monotonic() + PATIENCE
    async with _inbox(place.operator) as consumer:
        while set(wanted) - found.keys() and time.monotonic() < until:
            for record in (await consumer.getmany(INBOX, timeout_ms=200)).get(INBOX, ()):
                body = agency.open_delivery(record.value, clock()).body
                if body["is"] == "outcome":
                    found[str(body["message"] or body["claimed"])] = str(body["status"])
    return found
