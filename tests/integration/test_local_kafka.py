"""Kafka as a local process is the real thing, keeps to loopback, and never outlives its owner."""

import os
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from broker.certificates import Authority
from broker.clock import system_clock
from broker.connection import Connection
from broker.local_kafka import KafkaUnavailable, RunningKafka, ensure_jars, find_or_start, jars, settings, start_local
from tests.any_kafka import (
    ENDS_WITHIN_S,
    REPOSITORY,
    AnyKafka,
    alive,
    answers,
    create_topic,
    interrupt,
    owner,
    read,
    send,
    until,
)

STARTS_WITHIN_S = 15.0
THREE_START_WITHIN_S = 30.0


@dataclass(frozen=True)
class Begun:
    """A Kafka, how it was found, and how long that took."""

    kafka: RunningKafka
    said: list[str]
    seconds: float


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Begun]:
    """Found where neither an address is given nor an engine answers, by a thread that ends at once."""
    ensure_jars(print)  # not timed
    found: list[Begun] = []

    def find() -> None:
        said: list[str] = []
        began = time.monotonic()
        folder = tmp_path_factory.mktemp("found") / "authority"
        running = find_or_start(say=said.append, tls=folder, containers="testcontainers")
        found.append(Begun(running, said, time.monotonic() - began))

    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("KAFKA_BOOTSTRAP_SERVERS", raising=False)
        patch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
        thread = threading.Thread(target=find)
        thread.start()
        thread.join()
    with found[0].kafka:
        yield found[0]


@pytest.fixture(scope="module")
def kafka(begun: Begun) -> RunningKafka:
    """A local process."""
    return begun.kafka


# --- finding one ------------------------------------------------------------------------------------------


def test_without_an_engine_it_says_so_and_runs_a_local_process(begun: Begun) -> None:
    assert begun.said[0].startswith("No container engine to use")
    assert begun.kafka.pids


async def test_a_given_kafka_is_used_and_never_stopped(
    kafka: RunningKafka, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert kafka.authority is not None
    folder = kafka.authority.folder
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", kafka.bootstrap)
    monkeypatch.setenv("KAFKA_TLS", str(folder))
    said: list[str] = []
    with find_or_start(say=said.append, tls=tmp_path / "unused", containers="testcontainers") as given:
        assert given.bootstrap == kafka.bootstrap
        assert given.pids == ()
        await create_topic(given.connection("operator", tmp_path / "operator"), "on-a-given-kafka")
    assert answers(kafka.bootstrap)
    assert said == [f"Using the Kafka at {kafka.bootstrap} (KAFKA_BOOTSTRAP_SERVERS), secured by {folder} (KAFKA_TLS)."]


def test_a_given_kafka_without_an_authority_is_called_plain(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:9")
    monkeypatch.delenv("KAFKA_TLS", raising=False)
    said: list[str] = []
    with find_or_start(say=said.append, tls=tmp_path / "unused", containers="testcontainers") as given:
        assert given.connection("police-01", tmp_path / "police") == Connection("127.0.0.1:9")
    assert "PLAIN: no TLS and no rights" in said[0]
    monkeypatch.setenv("KAFKA_TLS", str(tmp_path))
    with pytest.raises(KafkaUnavailable, match="no certificate authority"):
        find_or_start(say=said.append, tls=tmp_path / "unused", containers="testcontainers")


def test_it_can_be_imported_where_there_is_no_posix() -> None:
    script = "import sys; sys.modules.update(fcntl=None, resource=None, pwd=None); import broker.local_kafka"
    subprocess.run([sys.executable, "-c", script], cwd=REPOSITORY, check=True, timeout=ENDS_WITHIN_S)


# --- one node, three nodes --------------------------------------------------------------------------------


class TestALocalProcess(AnyKafka):
    """What every Kafka must do."""


def test_one_node_answers_within_fifteen_seconds_and_outlives_the_thread_that_started_it(begun: Begun) -> None:
    assert begun.seconds < STARTS_WITHIN_S
    assert answers(begun.kafka.bootstrap)


async def test_three_nodes_replicate_a_topic_three_times_and_survive_the_loss_of_one(tmp_path: Path) -> None:
    quick = {"broker.session.timeout.ms": "3000", "broker.heartbeat.interval.ms": "500"}  # the loss is noticed sooner
    began = time.monotonic()
    authority = Authority.make(tmp_path / "authority", system_clock())
    with start_local(say=print, nodes=3, server_properties=quick, authority=authority) as three:
        operator = three.connection("operator", tmp_path / "operator")
        assert time.monotonic() - began < THREE_START_WITHIN_S
        assert len(three.pids) == len(three.bootstrap.split(",")) == 3
        await create_topic(operator, "replicated", replication=3)
        client = AIOKafkaAdminClient(**operator.options)
        await client.start()
        try:
            topics = await client.describe_topics(["replicated"])
        finally:
            await client.close()
        assert sorted(topics[0]["partitions"][0]["replicas"]) == [1, 2, 3]
        os.kill(three.pids[2], signal.SIGKILL)
        await send(operator, "replicated", b"still here")
        assert await read(operator, "replicated") == b"still here"


async def test_an_extra_listener_asks_for_a_password_and_stopping_leaves_no_process_and_no_data() -> None:
    jaas = "org.apache.kafka.common.security.plain.PlainLoginModule required"
    properties = {
        "listeners": "SASL_PLAINTEXT://127.0.0.1:0",
        "sasl.enabled.mechanisms": "PLAIN",
        "listener.name.sasl_plaintext.plain.sasl.jaas.config": f'{jaas} user_school="right";',
    }
    guarded = start_local(say=print, server_properties=properties)
    folder = guarded.log_files[0].parents[1]
    try:
        assert set(guarded.listeners) == {"LOCAL", "SASL_PLAINTEXT"}
        assert guarded.bootstrap == guarded.listeners["SASL_PLAINTEXT"]
        assert await _welcomes(guarded.bootstrap, "right")
        assert not await _welcomes(guarded.bootstrap, "wrong")
        assert folder.is_dir()
    finally:
        guarded.stop()
    guarded.stop()  # twice is harmless
    assert not any(map(alive, guarded.pids))
    assert not folder.exists()


async def _welcomes(bootstrap: str, password: str) -> bool:
    client = AIOKafkaAdminClient(
        bootstrap_servers=bootstrap,
        security_protocol="SASL_PLAINTEXT",
        sasl_mechanism="PLAIN",
        sasl_plain_username="school",
        sasl_plain_password=password,
    )
    try:
        await client.start()
    except KafkaError:
        return False
    finally:
        await client.close()
    return True


async def test_records_and_address_outlive_a_restart_where_data_is_kept(tmp_path: Path) -> None:
    with start_local(say=print, data=tmp_path) as first:
        await create_topic(Connection(first.bootstrap), "kept")
        await send(Connection(first.bootstrap), "kept", b"before")
    with start_local(say=print, data=tmp_path) as second:
        assert second.bootstrap == first.bootstrap
        assert await read(Connection(second.bootstrap), "kept") == b"before"
    with pytest.raises(KafkaUnavailable, match="made with 1 node, not 3"):
        start_local(say=print, data=tmp_path, nodes=3)


def test_a_cluster_id_never_looks_like_an_option_of_the_storage_tool(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = [
        uuid.UUID(bytes=bytes([first] * 16)) for first in (0xF8, 0xFB, 0x01)
    ]  # base64: "-Pj4...", "-_v7...", "AQEB..."
    monkeypatch.setattr(uuid, "uuid4", lambda: drawn.pop(0))
    assert settings.new_id() == "AQEBAQEBAQEBAQEBAQEBAQ"


def test_a_secured_kafka_has_no_plain_listener(tmp_path: Path) -> None:
    for count in (1, 3):
        cluster = settings.lay_out(tmp_path / str(count), count, {}, tls=True)
        for node in cluster.nodes:
            written = dict(line.split("=", 1) for line in node.settings.read_text().splitlines())
            assert written["listener.security.protocol.map"] == "LOCAL:SSL,CONTROLLER:SSL"
            assert written["ssl.client.auth"] == "required"
            assert written["allow.everyone.if.no.acl.found"] == "false"
            assert written["super.users"] == "User:kafka-node;User:operator"


# --- who ends when ----------------------------------------------------------------------------------------


def test_kafka_and_its_data_end_with_its_interrupted_owner() -> None:
    with owner("signal.pause()") as (process, started):
        interrupt(process)
        process.wait(ENDS_WITHIN_S)
        until(started.ended, "Kafka ended with its owner")
        assert not started.folder.exists()


def test_kafka_and_its_data_end_with_its_killed_owner_though_a_forked_child_of_it_lives_on() -> None:
    with owner("child = os.fork()", "if child: print(child, flush=True)", "signal.pause()") as (process, started):
        assert process.stdout is not None
        child = int(process.stdout.readline())
        try:
            process.kill()
            until(started.ended, "Kafka ended with its owner")
            assert not started.folder.exists()
            assert alive(child)
        finally:
            os.kill(child, signal.SIGKILL)


def test_kafka_ends_even_if_its_guard_is_killed() -> None:
    with owner("signal.sigwait([signal.SIGUSR1])", "kafka.stop()") as (process, started):
        os.kill(started.guard, signal.SIGKILL)
        until(lambda: not any(map(alive, started.pids)), "Kafka ended with its guard")
        process.send_signal(signal.SIGUSR1)
        assert process.wait(ENDS_WITHIN_S) == 0
        assert not started.folder.exists()


def test_a_kept_kafka_outlives_its_owner_until_it_is_ended_by_hand() -> None:
    with owner("kafka.stop(keep=True)") as (process, started):
        assert process.wait(ENDS_WITHIN_S) == 0
        assert answers(started.bootstrap)
        subprocess.run(["sh", "-c", started.end_command], check=True)  # `kill` may exist in shells only
        until(started.ended, "the kept Kafka ended")
        assert not started.folder.exists()


def test_a_tied_child_ends_with_its_killed_parent() -> None:
    script = """
import signal
from broker.local_kafka import spawn_tied
print(spawn_tied(["sleep", "600"], start_new_session=True).pid, flush=True)
signal.pause()
"""
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, cwd=REPOSITORY) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        until(lambda: Path(f"/proc/{child}/comm").read_text() == "sleep\n", "the child became its command")
        parent.kill()
        until(lambda: not alive(child), "the child ended with its parent")


# --- what goes wrong --------------------------------------------------------------------------------------


def test_a_kafka_that_fails_to_start_shows_the_end_of_its_log(tmp_path: Path) -> None:
    with pytest.raises(KafkaUnavailable, match=r"  \| .*num\.io\.threads"):
        start_local(say=print, data=tmp_path, server_properties={"num.io.threads": "none"})


@pytest.mark.parametrize("listener", ["PLAINTEXT://0.0.0.0:0", "PLAINTEXT://127.0.0.1", "PLAINTEXT://:9092"])
def test_an_extra_listener_beyond_loopback_is_refused(listener: str) -> None:
    with pytest.raises(KafkaUnavailable, match="not on loopback"):
        start_local(say=print, server_properties={"listeners": listener})


def test_jars_that_are_asked_for_twice_at_once_are_fetched_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _pretend_maven(
        tmp_path,
        'echo run >> "$0.runs"',
        'for a in "$@"; do case "$a" in -Djars.folder=*) to="${a#*=}";; esac; done',
        'mkdir -p "$to"; touch "$to/a.jar"',
    )
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setenv("BROKER_CACHE", str(tmp_path / "cache"))
    script = "from broker.local_kafka import ensure_jars; print(ensure_jars(lambda line: None))"
    both = [subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) for _ in "12"]
    folders = {process.communicate(timeout=ENDS_WITHIN_S)[0].strip() for process in both}
    assert len(folders) == 1
    assert [file.name for file in Path(folders.pop()).iterdir()] == ["a.jar"]
    assert (tmp_path / "mvn.runs").read_text().count("run") == 1


def test_a_failing_maven_is_shown_with_the_next_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _pretend_maven(tmp_path, "echo nothing to be had", "exit 1")
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setenv("BROKER_CACHE", str(tmp_path / "cache"))
    with pytest.raises(KafkaUnavailable, match=r"nothing to be had\nNext.*: mvn"):
        ensure_jars(print)
    assert [file.name for file in (tmp_path / "cache").iterdir()] == ["kafka.lock"]


def test_a_missing_java_without_root_or_apt_names_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jars, "_find_java", lambda: None)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(KafkaUnavailable, match="Next: install a Java 17 or later runtime and Maven"):
        jars.ensure_java(print)


def _pretend_maven(folder: Path, *lines: str) -> None:
    maven = folder / "mvn"
    maven.write_text("\n".join(["#!/bin/sh", *lines]) + "\n")
    maven.chmod(0o700)
