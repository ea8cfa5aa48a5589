"""Play the night: start Kafka and the worker, let separate processes send and read, compare with the expectation."""

import asyncio
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from rich.console import Console

from broker import acl, authorizer, desk, post, topics
from broker.clock import step as step_clock
from broker.clock import unsafe_stepped_clock
from broker.connection import AUTHORITY, CERTIFICATE, KEY, Connection
from broker.data import organisations
from broker.demo import mischief
from broker.demo.script import Ids, Night, Step, item, night
from broker.demo.telling import Narrator
from broker.home import Home, folder
from broker.local_kafka import RunningKafka, find_or_start, spawn_tied
from broker.local_kafka.ports import LOOPBACK, free_port
from broker.registry import Channel, Organisation, Registry
from broker.schemas.terms import Kind
from broker.statement import loads, unb64

PATIENCE = 30.0
"""Seconds to wait for what a step must bring."""
QUIET = 2.0
"""Seconds to wait at the end for anything that should not come."""
SERVICES = 2
"""The first processes of the night: the worker and the mailbox service."""
Json = dict[str, Any]


@dataclass
class Place:
    """Where the night is played: the broker's home, one home for each agency, and the clock file."""

    root: Path
    operator: Connection
    registry: Registry
    outlives: bool  # whether the services are to outlive the night
    mailbox: str  # address of the mailbox service
    running: list[subprocess.Popen[str]] = field(default_factory=list)

    @property
    def clock_file(self) -> Path:
        """Seconds to add to the system's clock, for all processes of the night."""
        return self.root / "clock"

    def home(self, organisation: str) -> Home:
        """An organisation's own home: the public registry and its own keys, nobody else's."""
        return Home(self.root / folder(organisation))

    def command(self, *arguments: str) -> list[str]:
        """A `broker` command line."""
        return [sys.executable, "-m", "broker", *arguments]

    def environment(self, organisation: str) -> dict[str, str]:
        """That organisation's environment."""
        return {
            **os.environ,
            "BROKER_HOME": str(self.home(organisation).path),
            "KAFKA_BOOTSTRAP_SERVERS": self.operator.bootstrap,
            "BROKER_MAILBOX": self.mailbox,
            "BROKER_UNSAFE_CLOCK": str(self.clock_file),
            "PYTHONUNBUFFERED": "1",
        }

    def start(self, organisation: str, *arguments: str, log: Path | None = None) -> subprocess.Popen[str]:
        """Start a long-running process as that organisation."""
        out = log.open("w") if log else subprocess.PIPE
        spawn = subprocess.Popen if self.outlives else spawn_tied
        process = spawn(
            self.command(*arguments),
            env=self.environment(organisation),
            stdout=out,
            stderr=out if log else None,
            text=True,
            start_new_session=True,
        )
        self.running.append(process)
        return process


class Box:
    """What one organisation's own process has opened so far."""

    def __init__(self, organisation: str, process: subprocess.Popen[str]) -> None:
        self.organisation = organisation
        self.items: list[Json] = []
        self._process = process
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        if self._process.stdout is not None:
            for line in self._process.stdout:
                self.items.append(json.loads(line))

    @property
    def alive(self) -> bool:
        """Whether its process still runs."""
        return self._process.poll() is None


def play(*, keep: bool, console: Console) -> int:
    """Play it all. Returns 0 only if what was opened is what was written down, and nothing else came anywhere."""
    script = night()
    signal.signal(signal.SIGTERM, _interrupted)
    root = Path(tempfile.mkdtemp(prefix="broker-demo-"))
    place: Place | None = None
    kafka: RunningKafka | None = None
    status = 1
    try:
        kafka = find_or_start(
            say=lambda text: console.print(text, style="dim"), tls=root / "authority", containers="compose"
        )
        place = _prepare(root, kafka, script, console, keep=keep)
        status = _play(place, script, console)
    finally:
        if keep and place is not None and kafka is not None and status == 0:
            services, recipients = place.running[:SERVICES], place.running[SERVICES:]
            _stop(recipients)
            kafka.stop(keep=True)
            _how_to_look_around(place, kafka, [one.pid for one in services], console)
        else:
            _stop(place.running if place else [])
            if kafka is not None:
                kafka.stop()
            shutil.rmtree(root, ignore_errors=True)
    return status


def _interrupted(*_: object) -> None:
    raise KeyboardInterrupt


def _prepare(root: Path, kafka: RunningKafka, script: Night, console: Console, *, keep: bool) -> Place:
    """Register the organisations, make everybody's keys and certificates, create the topics."""
    step_clock(root / "clock", script.starts)
    now = unsafe_stepped_clock(root / "clock")()
    desks = Home(root / "operator")
    desks.found(now)
    desks.enrol(organisations(), now)
    registry = desks.registry()
    members = tuple(registry)
    operator = kafka.connection(acl.OPERATOR, root / "operator" / "tls")
    scheme = "http" if operator.tls is None else "https"
    mailbox = f"{scheme}://{LOOPBACK}:{free_port()}"
    place = Place(root=root, operator=operator, registry=registry, outlives=keep, mailbox=mailbox)
    for member in members:
        home = place.home(member.id)
        desks.copy_registry(home)
        (home.path / "keys").mkdir()
        shutil.move(str(desks.path / "keys" / folder(member.id)), home.path / "keys" / folder(member.id))
        if member.channel is not Channel.NOT_CONNECTED:
            kafka.connection(principal(member), home.path / "tls")
    service = place.home(acl.MAILBOX_READER)
    desks.copy_registry(service)
    kafka.connection(acl.MAILBOX_READER, service.path / "tls", hosts=[LOOPBACK])
    made = asyncio.run(post.create_topics(operator, registry))
    asyncio.run(desk.sync(operator, desks))
    given = asyncio.run(authorizer.apply(operator, registry)).missing if kafka.authority else ()
    connected = sum(1 for one in members if one.channel is not Channel.NOT_CONNECTED) - 1
    console.print(
        f"Registered {len(members) - 1} real organisations by their register codes ({connected} connected), each with "
        f"keys and a certificate of its own; created {len(made)} topics, gave {len(given)} rights; all else is denied. "
        "All people are invented.",
        style="dim",
    )
    return place


def principal(member: Organisation) -> str:
    """Who a home's processes are to Kafka. Those who read a mailbox can only send, and share a name for it."""
    if member.kind is Kind.BROKER:
        return acl.WORKER
    return acl.MAILBOX_SENDER if member.channel is Channel.MAILBOX else acl.principal(member.id)


def _play(place: Place, script: Night, console: Console) -> int:
    narrator = Narrator(console, place.registry)
    broker = next(one.id for one in place.registry.of_kind(Kind.BROKER))
    log, mailbox_log = place.root / "worker.log", place.root / "mailbox.log"
    began = time.monotonic()
    worker = place.start(broker, "run", log=log)
    port = place.mailbox.rpartition(":")[2]
    mailbox = place.start(acl.MAILBOX_READER, "mailbox", "serve", "--port", port, log=mailbox_log)
    for service, its_log in ((worker, log), (mailbox, mailbox_log)):
        _until(lambda s=service, t=its_log: ".ready" in t.read_text() or s.poll() is not None, PATIENCE)
        if ".ready" not in its_log.read_text() or service.poll() is not None:
            narrator.say(f"{its_log.stem} did not start. Its log:\n{its_log.read_text()}", "red")
            return 1
    ready = f"Worker and mailbox service ready after {time.monotonic() - began:.1f} s, each as a process of its own."
    narrator.say(ready, "dim")
    boxes = {
        one.id: Box(one.id, place.start(one.id, "inbox", one.id, "--follow", "--json"))
        for one in place.registry
        if one.channel is not Channel.NOT_CONNECTED and one.kind is not Kind.BROKER
    }
    narrator.say(f"{len(boxes)} recipients run as processes of their own, each with its own keys only.", "dim")
    ids, told, expected = Ids(), dict.fromkeys(boxes, 0), dict.fromkeys(boxes, 0)
    patience = PATIENCE
    for step in script.steps:
        step_clock(place.clock_file, step.at)
        narrator.step(step.at, step.title)
        _send(place, step, ids, script, narrator)
        for organisation, items in step.arrives.items():
            expected[organisation] += len(items)
        if not _until(lambda: _ended(worker, mailbox) or _arrived(boxes, expected), patience):
            narrator.say("Not all has come in time; going on.", "red")
            patience = QUIET
        if _ended(worker, mailbox):
            ends = f"{log.read_text()[-3000:]}\n{mailbox_log.read_text()[-3000:]}"
            narrator.say(f"A service has stopped. The end of their logs:\n{ends}", "red")
            return 1
        for organisation, box in boxes.items():
            for opened in box.items[told[organisation] :]:
                narrator.arrived(organisation, opened)
                told[organisation] += 1
    _until(lambda: False, QUIET)
    return _compare(place, script, boxes, ids, narrator)


def _ended(*services: subprocess.Popen[str]) -> bool:
    return any(service.poll() is not None for service in services)


def _arrived(boxes: dict[str, Box], expected: dict[str, int]) -> bool:
    return all(len(boxes[organisation].items) >= count for organisation, count in expected.items())


def _send(place: Place, step: Step, ids: Ids, script: Night, narrator: Narrator) -> None:
    """Each sender publishes with its own command, as its own system would; bad messages are slipped in directly."""
    by_sender: dict[str, list[Json]] = {}
    for sender, message in step.sends:
        narrator.sends(sender, message["type"])
        by_sender.setdefault(sender, []).append(ids.real(message))
    senders = [
        (
            json.dumps(messages),
            subprocess.Popen(
                place.command("publish", "-", "--as", sender, "--wait", "0"),
                env=place.environment(sender),
                stdin=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            ),
        )
        for sender, messages in by_sender.items()
    ]
    for messages, process in senders:
        _, said = process.communicate(messages, timeout=PATIENCE)
        if process.returncode:
            narrator.say(f"could not send: {said}", "red")
    for bad in step.mischief:
        narrator.sends(bad["as"], f"something {bad['kind']}")
        asyncio.run(post.publish(_way_in(place, bad["as"]), [_bad(place, bad, ids, script)]))


def _way_in(place: Place, organisation: str) -> Connection:
    return place.home(organisation).connection(place.operator.bootstrap)


def _bad(place: Place, bad: Json, ids: Ids, script: Night) -> Any:  # noqa: ANN401
    now = unsafe_stepped_clock(place.clock_file)()
    model = next(message for step in script.steps for _, message in step.sends if message["id"] == bad["from"])
    document = ids.real({**model, "id": bad["id"], "case": f"@case-{bad['kind']}", "caseOwner": bad["as"]})
    member = place.registry.get(bad["as"])
    if bad["kind"] == "malformed" and member is not None:
        signer = place.home(member.id).signer(member, now)
        return mischief.malformed(document, bad["without"], signer, place.registry, now)
    return mischief.forged(document, bad["as"], place.registry, now)


def _compare(place: Place, script: Night, boxes: dict[str, Box], ids: Ids, narrator: Narrator) -> int:
    """Compare what was opened, item by item, and the number of records in every topic, with the expectation."""
    rows: list[tuple[str, int, int, bool]] = []
    for organisation, box in boxes.items():
        wanted = [one for step in script.steps for one in step.arrives.get(organisation, [])]
        opened = [ids.names(item(one)) for one in box.items]
        right = sorted(map(_text, opened)) == sorted(map(_text, wanted)) and box.alive
        rows.append((organisation, len(opened), len(wanted), right))
        if not right:
            for sign, ours, theirs in (("unexpected", opened, wanted), ("missing", wanted, opened)):
                for one in ours:
                    if _text(one) not in set(map(_text, theirs)):
                        narrator.say(f"{sign} at {organisation}: {_text(one)}", "red")
    counted = asyncio.run(_count(place))
    for what in sorted(script.records.keys() | {name for name, count in counted.items() if count}):
        came, wanted_count = counted.get(what, 0), script.records.get(what, 0)
        rows.append((what, came, wanted_count, came == wanted_count))
    shared = _in_common(boxes, ids)
    rows.append(("ids, digests and signatures that two siblings' schools have in common", shared, 0, shared == 0))
    narrator.summary(rows)
    if all(right for *_, right in rows):
        narrator.say("Everything arrived as written down by hand, and nothing else arrived anywhere.", "bold green")
        return 0
    narrator.say("NOT as written down: see above.", "bold red")
    return 1


def _in_common(boxes: dict[str, Box], ids: Ids) -> int:
    """How many marks could join the deliveries of two siblings, if their schools compared notes."""
    marks = []
    for child in ("@rowan", "@hazel", "@ash"):
        found: set[str] = set()
        for box in boxes.values():
            for opened in box.items:
                if opened["statement"] and opened["body"]["message"] == ids.real(child):
                    signed, *disclosures = opened["statement"].split("~")
                    claims = loads(unb64(signed.split(".")[1]))
                    found |= {signed.split(".")[2], claims["jti"], claims["sub"], opened["id"], *claims["_sd"]}
                    found |= {slot["..."] for slot in claims["to"]} | {text for text in disclosures if text}
        marks.append(found)
    first, second, third = marks
    return len(first & second) + len(second & third) + len(first & third) if all(marks) else -1


async def _count(place: Place) -> dict[str, int]:
    """Committed records in every topic that holds deliveries, holds, refusals and audit; mailboxes by audience."""
    counted: dict[str, int] = {}
    consumer = AIOKafkaConsumer(
        **place.operator.options, isolation_level="read_committed", auto_offset_reset="earliest"
    )
    await consumer.start()
    try:
        parts = [
            TopicPartition(topic.name, number)
            for topic in topics.topics(place.registry)
            if not topic.name.startswith(("submit.", "state.", "copies.", topics.REGISTRY))
            for number in range(topic.partitions)
        ]
        consumer.assign(parts)
        ends = await consumer.end_offsets(parts)
        while any([await consumer.position(part) < ends[part] for part in parts]):
            for part, records in (await consumer.getmany(timeout_ms=200)).items():
                for record in records:
                    reader = dict(record.headers).get("ce_audience", b"").decode()
                    what = f"{part.topic} for {reader}" if part.topic == topics.MAILBOX else part.topic
                    counted[what] = counted.get(what, 0) + 1
    finally:
        await consumer.stop()
    return counted


def _text(value: Json) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


def _until(condition: Any, patience: float) -> bool:  # noqa: ANN401 - a callable
    """Wait for a condition, at most that long."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.05)
    return bool(condition())


@contextlib.contextmanager
def _ignoring_gone() -> Iterator[None]:
    with contextlib.suppress(ProcessLookupError, subprocess.TimeoutExpired):
        yield


def _stop(running: list[subprocess.Popen[str]]) -> None:
    """End exactly the processes that the night started, by pid."""
    for process in running:
        with _ignoring_gone():
            process.terminate()
    for process in running:
        with _ignoring_gone():
            process.wait(timeout=6)
        if process.poll() is None:
            process.kill()
            process.wait()


def _kcat(home: Home, place: Place) -> str:
    """Address and TLS files of a home, as kcat wants them."""
    tls = home.connection(place.operator.bootstrap).tls
    if tls is None:
        return f"-b {place.operator.bootstrap}"
    files = {"ca": AUTHORITY, "certificate": CERTIFICATE, "key": KEY}
    named = " ".join(f"-X ssl.{what}.location={tls / name}" for what, name in files.items())
    return f"-b {place.operator.bootstrap} -X security.protocol=ssl {named}"


def _how_to_look_around(place: Place, kafka: RunningKafka, services: list[int], console: Console) -> None:
    met, acland = place.home("police:01").path, place.home("school:100053").path
    broker = next(one.id for one in place.registry.of_kind(Kind.BROKER))
    console.print(
        f"""
Kafka, the worker and the mailbox service are left running, as asked. To look around:

  export PATH={Path(sys.executable).parent}:$PATH
  export KAFKA_BOOTSTRAP_SERVERS={place.operator.bootstrap} BROKER_UNSAFE_CLOCK={place.clock_file}
  export BROKER_MAILBOX={place.mailbox}
  BROKER_HOME={met} broker inbox police:01
  BROKER_HOME={acland} broker inbox school:100053
  BROKER_HOME={place.home("school:100008").path} broker inbox school:100008     # through the mailbox service
  BROKER_HOME={place.home(broker).path} broker status
  BROKER_HOME={met} broker publish examples/good.json --as police:01
  BROKER_HOME={place.root / "operator"} broker acl verify
  kcat {_kcat(place.home("school:100053"), place)} -L
  kcat {_kcat(place.home("school:100053"), place)} -C -e -t inbox.school-100053 -f '%h\\n%s\\n'

To end it:

  kill {" ".join(map(str, services))}; {kafka.end_command}; rm -r {place.root}
""",
        soft_wrap=True,
        markup=False,
    )
