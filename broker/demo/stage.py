"""Where the demo plays: a Kafka, the services, and a home of its own for every agency; cleared away afterwards."""

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
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from rich.console import Console

from broker import acl, authorizer, desk, post
from broker.clock import step as step_clock
from broker.clock import unsafe_stepped_clock
from broker.connection import AUTHORITY, CERTIFICATE, KEY, Connection
from broker.data import organisations
from broker.demo.telling import Narrator
from broker.home import Home, folder
from broker.local_kafka import RunningKafka, find_or_start, spawn_tied
from broker.local_kafka.ports import LOOPBACK, free_port
from broker.registry import Channel, Organisation, Registry
from broker.schemas.terms import Kind

PATIENCE = 30.0
"""Seconds to wait for what a step must bring."""
SERVICES = 3
"""The first processes that are started: the worker, the screening and the mailbox service."""
Json = dict[str, Any]


@dataclass
class Place:
    """Where it is played: the broker's home, one home for each agency, and the clock file."""

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

    def start_services(self, narrator: Narrator) -> "Services | None":
        """Start the worker, the screening and the mailbox service, and wait until they are ready; None if not."""
        broker = next(one.id for one in self.registry.of_kind(Kind.BROKER))
        began = time.monotonic()
        port = self.mailbox.rpartition(":")[2]
        started: dict[Path, subprocess.Popen[str]] = {}
        for name, who, command in (
            ("worker", broker, ("run",)),
            ("screening", acl.SCREENER, ("screen",)),
            ("mailbox", acl.MAILBOX_READER, ("mailbox", "serve", "--port", port)),
        ):
            log = self.root / f"{name}.log"
            started[log] = self.start(who, *command, log=log)
        for its_log, service in started.items():
            until(lambda s=service, t=its_log: ".ready" in t.read_text() or s.poll() is not None, PATIENCE)
            if ".ready" not in its_log.read_text() or service.poll() is not None:
                narrator.say(f"{its_log.stem} did not start. Its log:\n{its_log.read_text()}", "red")
                return None
        took = time.monotonic() - began
        narrator.say(f"Worker, screening and mailbox service, a process each, are ready after {took:.1f} s.", "dim")
        return Services(tuple(started.values()), tuple(started))


@dataclass(frozen=True, slots=True)
class Services:
    """The worker, the screening and the mailbox service, as processes, and what they log."""

    processes: tuple[subprocess.Popen[str], ...]
    logs: tuple[Path, ...]

    @property
    def ended(self) -> bool:
        """Whether one of them has."""
        return any(one.poll() is not None for one in self.processes)

    def last_words(self) -> str:
        """The end of their logs."""
        return "\n".join(log.read_text()[-3000:] for log in self.logs)


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


def staged(act: Callable[[Place], int], starts: datetime, console: Console, *, keep: bool = False) -> int:
    """Start Kafka, prepare everything, let `act` play, and clear it all away again; return what `act` returned.

    `keep`: leave it running if that is 0, and say how to look around.
    """
    signal.signal(signal.SIGTERM, _interrupted)
    root = Path(tempfile.mkdtemp(prefix="broker-demo-"))
    place: Place | None = None
    kafka: RunningKafka | None = None
    status = 1
    try:
        kafka = find_or_start(
            say=lambda text: console.print(text, style="dim"), tls=root / "authority", containers="compose"
        )
        place = _prepare(root, kafka, starts, console, keep=keep)
        status = act(place)
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


def _prepare(root: Path, kafka: RunningKafka, starts: datetime, console: Console, *, keep: bool) -> Place:
    """Register the organisations, make everybody's keys and certificates, create the topics."""
    step_clock(root / "clock", starts)
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
    screener = place.home(acl.SCREENER)  # it reads and answers with the broker's own keys
    desks.copy_registry(screener)
    broker = place.home(next(one.id for one in registry.of_kind(Kind.BROKER)))
    shutil.copytree(broker.path / "keys", screener.path / "keys")
    kafka.connection(acl.SCREENER, screener.path / "tls")
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


def until(condition: Any, patience: float) -> bool:  # noqa: ANN401 - a callable
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
