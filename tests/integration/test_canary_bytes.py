"""Every byte that is written while real messages go through real processes, searched for what only its reader may see.

Not searched, as it is there that content belongs: what an agency gives to `broker publish`, and what `broker inbox` and
`broker publish` print to that agency itself.
"""

import asyncio
import base64
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from broker import authorizer, desk, post, topics
from broker.acl import MAILBOX_READER
from broker.agency import Submitted
from broker.certificates import Authority
from broker.clock import system_clock
from broker.demo.stage import principal
from broker.home import Home
from broker.local_kafka import start_local
from broker.local_kafka.ports import LOOPBACK, free_port
from broker.loop import read_records
from broker.schemas.encompass import FAMILY
from tests import foreign
from tests.canary import every_byte, found_in, of_process
from tests.integration.rig import outcome_of
from tests.personas import ACLAND, BROOKFIELD, HEATH, MARRIOTTS, MET, NIGHT, Json, lead, notification, receipt, released
from tests.principals import Principals
from tests.unit.test_canary import FULL, TOKENS, WRONG, protected
from tests.world import World, make_home

PATIENCE = 60.0
SMALL_INDEXES = {"log.index.size.max.bytes": "65536"}
"""Kafka would otherwise make 20 MB of zeros for every partition."""


@dataclass
class Night:
    """A Kafka of its own with everything that runs, and where each of them writes."""

    kafka: Principals
    home: Home
    folder: Path
    mailbox: str
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    said: dict[str, bytes] = field(default_factory=dict)
    """By command, what it wrote to its standard error: nobody's content belongs there."""

    @property
    def logs(self) -> Path:
        """What the broker's side logs."""
        return self.folder / "logs"

    @property
    def temporary(self) -> Path:
        """Where every process puts its temporary files."""
        return self.folder / "temporary"

    def environment(self, name: str) -> dict[str, str]:
        """For a process that is this principal."""
        own = self.kafka.home(self.home, name, self.folder / "homes" / name)
        return {
            **{key: value for key, value in os.environ.items() if not key.startswith(("BROKER_", "KAFKA_"))},
            "BROKER_HOME": str(own.path),
            "KAFKA_BOOTSTRAP_SERVERS": self.kafka.operator.bootstrap,
            "BROKER_MAILBOX": self.mailbox,
            "BROKER_UNSAFE_CLOCK": str(self.folder / "seconds"),
            "TMPDIR": str(self.temporary),
        }

    def start(self, name: str, *command: str) -> None:
        """Start a service, or start it again; its log goes on."""
        log = self.logs / f"{name}.log"
        before = log.read_bytes().count(b".ready") if log.exists() else 0
        with log.open("ab") as out:
            self.running[name] = subprocess.Popen(
                [sys.executable, "-m", "broker", *command], env=self.environment(name), stdout=out, stderr=out
            )
        until(lambda: log.read_bytes().count(b".ready") > before, f"{name} is ready")

    def run(self, organisation: str, *arguments: str, given: Json | None = None) -> int:
        """An agency's command. Its output is its own; its errors are kept."""
        member = self.home.registry().get(organisation)
        assert member is not None
        done = subprocess.run(
            [sys.executable, "-m", "broker", *arguments],
            env=self.environment(principal(member)),
            input=None if given is None else json.dumps(given).encode(),
            capture_output=True,
            timeout=PATIENCE,
            check=False,
        )
        self.said[f"{len(self.said)} {' '.join(arguments)}"] = done.stderr
        return done.returncode

    def publish(self, document: Json, sender: str = MET) -> int:
        """Submit by `broker publish`."""
        return self.run(sender, "publish", "-", "--as", sender, given=document)

    def submit(self, *submitted: Submitted) -> None:
        """Submit bytes that no well-meaning client writes, or the same ones twice."""
        asyncio.run(post.publish(self.kafka.agency(self.home, MET), submitted))

    def logged(self) -> list[dict[str, Any]]:
        """What the worker has logged."""
        lines = (self.logs / "worker.log").read_bytes().splitlines()
        return [json.loads(line) for line in lines if line.startswith(b"{")]

    def statuses(self) -> list[str]:
        """What became of each message."""
        return [str(line["status"]) for line in self.logged() if "status" in line]

    def every_place(self) -> Iterator[tuple[str, bytes]]:
        """Every byte that there is outside what is sealed, by where it is."""
        yield from every_byte(self.folder)
        yield from self.said.items()
        pids = [one.pid for one in self.running.values() if one.poll() is None]
        for pid in (*pids, *self.kafka.running.pids):
            yield from of_process(pid)

    def leaks(self, tokens: set[str]) -> dict[str, set[str]]:
        """By token, where it is."""
        found: dict[str, set[str]] = {}
        for place, data in self.every_place():
            for token in found_in(data, tokens):
                found.setdefault(token, set()).add(place)
        return found


def until(done: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + PATIENCE
    while not done():
        assert time.monotonic() < end, f"not within {PATIENCE:.0f} s: {what}"
        time.sleep(0.05)


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Night]:
    """A Kafka whose disks can be read, a worker and a mailbox service: a whole night has gone through them."""
    folder = tmp_path_factory.mktemp("night")
    for name in ("logs", "homes", "temporary"):
        (folder / name).mkdir()
    home = make_home(folder / "home", NIGHT)
    (folder / "seconds").write_text(str((NIGHT - system_clock()).total_seconds()))
    authority = Authority.make(folder / "authority", system_clock())
    with start_local(say=print, data=folder / "kafka", server_properties=SMALL_INDEXES, authority=authority) as running:
        kafka = Principals(running, folder / "tls")
        (folder / "tls").mkdir()
        port = free_port()
        made = Night(kafka, home, folder, f"https://{LOOPBACK}:{port}")
        asyncio.run(post.create_topics(kafka.operator, home.registry()))
        asyncio.run(authorizer.apply(kafka.operator, home.registry()))
        asyncio.run(desk.sync(kafka.operator, home))
        try:
            made.start("worker", "run")
            made.start(MAILBOX_READER, "mailbox", "serve", "--port", str(port))
            play(made)
            yield made
        finally:
            for one in made.running.values():
                one.terminate()
            for one in made.running.values():
                one.wait(timeout=20)
                if one.stdin is not None:
                    one.stdin.close()


def play(night: Night) -> None:
    """Success, hold, refusal, release, repetition, rubbish, crash, receipt, redelivery, mailbox."""
    world = World(night.home)
    first = notification(lead(ACLAND), lead(HEATH), lead(BROOKFIELD), content=FULL)
    held = protected(notification(lead(MARRIOTTS), content=FULL))
    wrong = {**first, "content": {**FULL, **WRONG}}
    night.publish(first)
    night.publish(held)
    night.publish(released({**held, "caseOwner": MET}, MARRIOTTS))
    night.publish({**notification(lead(ACLAND), content=FULL), "basis": "LB-E2"})
    night.publish(wrong)
    record = foreign.record(world, wrong, MET)
    assert record.key is not None
    assert record.value is not None
    broken = Submitted(
        topic=topics.submit(FAMILY),
        key=record.key,
        headers=[(name, value or b"") for name, value in record.headers],
        value=record.value,
        message="",
        case="",
    )
    twice = world.agency(MET).submit(notification(lead(ACLAND), content=FULL), NIGHT)
    night.submit(broken, twice, twice)
    until(lambda: "repeated" in night.statuses(), "a repetition")
    lost = [world.agency(MET).submit(notification(lead(ACLAND), content=FULL), NIGHT) for _ in range(20)]
    night.submit(*lost)
    night.running["worker"].kill()
    night.running["worker"].wait()
    night.start("worker", "run")
    wanted = {outcome_of(one.message) for one in lost}
    until(lambda: wanted <= _outcomes(night), "an outcome for each, after a crash")
    night.publish(receipt(first), ACLAND)
    night.run(ACLAND, "inbox", ACLAND)
    night.run(HEATH, "inbox", HEATH)
    night.run(HEATH, "inbox", ACLAND)  # without its keys
    night.run(MET, "redeliver", ACLAND)


def _outcomes(night: Night) -> set[str]:
    """The ids of all events in the sender's inbox."""

    async def read() -> set[str]:
        tp = TopicPartition(topics.inbox(MET), 0)
        return {
            (value or b"").decode()
            async for record in read_records(night.kafka.operator, tp)
            for name, value in record.headers
            if name == "ce_id"
        }

    return asyncio.run(read())


def test_the_night_was_whole(night: Night) -> None:
    assert {"partial", "held", "refused", "repeated", "shared"} <= set(night.statuses())
    assert sum(line.get("event") == "worker.ready" for line in night.logged()) == 2 * len(topics.FAMILIES)
    assert any(line.get("event") == "message.again" for line in night.logged())
    assert b"Refused (malformed)" in b"".join(night.said.values())
    places = [place for place, _ in night.every_place()]
    for part in (
        "inbox.school-100053-0",
        "__consumer_offsets",
        "__transaction_state",
        "mailbox.standard",
        "state.encompass",
        "worker.log",
        "registry.jsonl",
        "cmdline",
        ".index",
    ):
        assert any(part in place for place in places), part
    assert sum(len(data) for place, data in night.every_place() if "inbox.school-100053-0" in place) > 100_000


def test_no_token_is_in_any_byte_outside_what_is_sealed(night: Night) -> None:
    assert night.leaks(TOKENS) == {}


# --- planted leaks ------------------------------------------------------------------------------------------


PLANTED = "Zqplanted Leak/26?"
AT = {
    "header": "submit.encompass-0/",
    "key": "submit.encompass-0/",
    "group": "__consumer_offsets",
    "transactional id": "__transaction_state",
    "log": "logs/worker.log",
    "temporary file": "temporary/",
    "file name": "temporary/",
    "home": "home/",
    "argument": "cmdline",
    "variable": "environ",
    "error text": "planted error",
}
"""Where each kind of leak must be found."""


async def _plant_in_kafka(night: Night, place: str, text: str) -> None:
    connection = night.kafka.operator
    if place == "group":
        group = AIOKafkaConsumer(**connection.options, group_id=text, enable_auto_commit=False)
        await group.start()
        tp = TopicPartition(topics.QUARANTINE, 0)
        group.assign([tp])
        await group.commit({tp: 0})
        await group.stop()
        return
    more = {"transactional_id": text} if place == "transactional id" else {}
    producer = AIOKafkaProducer(**connection.options, **more)
    await producer.start()
    if place == "header":
        await producer.send_and_wait(topics.submit(FAMILY), b"-", partition=0, headers=[("x", text.encode())])
    elif place == "key":
        await producer.send_and_wait(topics.submit(FAMILY), b"-", partition=0, key=text.encode())
    await producer.stop()


def _plant(night: Night, place: str, text: str) -> None:
    match place:
        case "log":
            with (night.logs / "worker.log").open("a") as log:
                log.write(json.dumps({"event": "message.carried", "fault": text}) + "\n")
        case "temporary file":
            (night.temporary / "left-over").write_text(text)
        case "file name":
            (night.temporary / text.replace("/", "-")).mkdir()
        case "home":
            (night.home.path / "note").write_text(text)
        case "argument" | "variable":
            given = [text] if place == "argument" else []
            night.running[place] = subprocess.Popen(
                [sys.executable, "-c", "input()", *given], stdin=subprocess.PIPE, env={"LEAK": text}
            )
        case "error text":
            night.said["planted error"] = f"ValueError: {text!r}".encode()
        case _:
            asyncio.run(_plant_in_kafka(night, place, text))


@pytest.mark.parametrize("place", AT)
def test_a_planted_leak_is_found_wherever_it_is(place: str, night: Night) -> None:
    token = f"Zq{place.replace(' ', '')}planted"
    _plant(night, place, token.upper() if place != "transactional id" else token)
    found = night.leaks({token})
    assert any(AT[place] in where for where in found.get(token, ()))


DISGUISES: dict[str, Callable[[str], bytes]] = {
    "plain": str.encode,
    "capitals": lambda token: token.upper().encode(),
    "hexadecimal": lambda token: token.encode().hex().encode(),
    "HEXADECIMAL": lambda token: token.encode().hex().upper().encode(),
    "JSON": lambda token: "".join(f"\\u{ord(letter):04X}" for letter in token).encode(),
    "UTF-16": lambda token: token.encode("utf-16"),
    "UTF-16, the other way round": lambda token: token.encode("utf-16-be"),
    "base64": lambda token: base64.b64encode(token.encode()),
    "base64, one on": lambda token: base64.b64encode(b"?" + token.encode() + b"??"),
    "base64, two on": lambda token: base64.b64encode(b"??" + token.encode() + b"?"),
}


@pytest.mark.parametrize("disguise", DISGUISES)
def test_a_leak_is_found_in_every_disguise(disguise: str, tmp_path: Path) -> None:
    (tmp_path / "segment.log").write_bytes(b"\0" * 1000 + b"before" + DISGUISES[disguise](PLANTED) + b"after")
    found = {token for _, data in every_byte(tmp_path) for token in found_in(data, {PLANTED, "Zqsomething else"})}
    assert found == {PLANTED}
