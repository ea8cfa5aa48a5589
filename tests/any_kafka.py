"""What every Kafka must do that broker.local_kafka starts, however it does; and programs that start one and end.

Reads /proc: these tests are for Linux.
"""

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError

from broker.connection import Connection
from broker.local_kafka import RunningKafka

REPOSITORY = Path(__file__).parents[1]
ENDS_WITHIN_S = 30.0


class AnyKafka:
    """Tests; a class that inherits them brings the fixture `kafka`."""

    @pytest.fixture
    def operator(self, kafka: RunningKafka, tmp_path: Path) -> Connection:
        """A way in for whoever may do everything."""
        return kafka.connection("operator", tmp_path / "operator")

    def test_it_listens_on_loopback_only(self, kafka: RunningKafka) -> None:
        port = int(kafka.bootstrap.rpartition(":")[2])
        inodes = {inode for pid in kafka.pids for inode in _sockets(pid)}
        ours = {address for address, at, inode in _listening() if at == port or inode in inodes}
        assert ours
        assert ours <= {"127.0.0.1", "::ffff:127.0.0.1"}

    async def test_a_record_arrives_as_it_was_sent(self, operator: Connection) -> None:
        await create_topic(operator, "plain")
        await send(operator, "plain", b"one")
        assert await read(operator, "plain") == b"one"

    async def test_an_unknown_topic_is_not_made_by_writing_to_it(self, operator: Connection) -> None:
        with pytest.raises(KafkaError):
            await send(operator, "never-created", b"one", request_timeout_ms=1_000)

    async def test_a_committed_transaction_is_read_and_an_aborted_one_is_not(self, operator: Connection) -> None:
        await create_topic(operator, "transactions")
        producer = AIOKafkaProducer(**operator.options, transactional_id="test.transactions.0")
        await producer.start()
        try:
            await producer.begin_transaction()
            await producer.send_and_wait("transactions", b"aborted")
            await producer.abort_transaction()
            async with producer.transaction():
                await producer.send_and_wait("transactions", b"committed")
        finally:
            await producer.stop()
        assert await read(operator, "transactions", isolation_level="read_committed") == b"committed"


# --- clients ----------------------------------------------------------------------------------------------


async def create_topic(connection: Connection, name: str, *, replication: int = 1) -> None:
    client = AIOKafkaAdminClient(**connection.options)
    await client.start()
    try:
        await client.create_topics([NewTopic(name, num_partitions=1, replication_factor=replication)])
    finally:
        await client.close()


async def send(connection: Connection, topic: str, value: bytes, *, request_timeout_ms: int = 20_000) -> None:
    producer = AIOKafkaProducer(**connection.options, acks="all", request_timeout_ms=request_timeout_ms)
    await producer.start()
    try:
        await producer.send_and_wait(topic, value)
    finally:
        await producer.stop()


async def read(connection: Connection, topic: str, *, isolation_level: str = "read_uncommitted") -> bytes | None:
    """Return the first record's value."""
    consumer = AIOKafkaConsumer(
        topic, **connection.options, auto_offset_reset="earliest", isolation_level=isolation_level
    )
    await consumer.start()
    try:
        value: bytes | None = (await consumer.getone()).value
        return value
    finally:
        await consumer.stop()


def answers(bootstrap: str) -> bool:
    host, _, port = bootstrap.split(",", maxsplit=1)[0].partition(":")
    with socket.socket() as probe:
        return probe.connect_ex((host, int(port))) == 0


# --- programs that start Kafka ----------------------------------------------------------------------------


class Started:
    """What a program that started Kafka printed about it."""

    def __init__(self, line: str) -> None:
        facts = json.loads(line)
        self.bootstrap: str = facts["bootstrap"]
        self.pids: list[int] = facts["pids"]
        self.folder = Path(facts["folder"] or "/nowhere")
        self.end_command: str = facts["end_command"]
        self.guard = int(self.end_command.split()[-1])

    def ended(self) -> bool:
        return not any(map(alive, [*self.pids, self.guard]))


@contextlib.contextmanager
def owner(*then: str, start: str = "start_local") -> Iterator[tuple[subprocess.Popen[str], Started]]:
    """Run a program of its own, in a process group of its own, that starts Kafka and goes on with these lines."""
    script = f"""
import json, os, signal
from broker import local_kafka
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored if the tests run in a shell's background
kafka = local_kafka.{start}(say=lambda line: None)
facts = {{"bootstrap": kafka.bootstrap, "pids": kafka.pids, "end_command": kafka.end_command}}
facts["folder"] = str(kafka.log_files[0].parents[1]) if kafka.log_files else ""
print(json.dumps(facts), flush=True)
"""
    with subprocess.Popen(
        [sys.executable, "-c", script + "\n".join(then)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=REPOSITORY,
        process_group=0,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        try:
            line = process.stdout.readline()
            assert line, process.stderr.read()
            yield process, Started(line)
        finally:
            process.kill()


def interrupt(process: subprocess.Popen[str]) -> None:
    """Do what Ctrl-C in a terminal does: the signal goes to the whole process group."""
    os.killpg(process.pid, signal.SIGINT)


def until(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + ENDS_WITHIN_S
    while not condition():
        assert time.monotonic() < deadline, f"not within {ENDS_WITHIN_S:.0f} s: {what}"
        time.sleep(0.02)


def alive(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


def _sockets(pid: int) -> set[str]:
    """Inode numbers of the sockets that this process holds."""
    links = [str(link.readlink()) for link in Path(f"/proc/{pid}/fd").iterdir() if link.is_symlink()]
    return {m[1] for link in links if (m := re.fullmatch(r"socket:\[(\d+)\]", link))}


def _listening() -> Iterator[tuple[str, int, str]]:
    """Address, port and inode number of every listening TCP socket of this machine."""
    for table, family in (("tcp", socket.AF_INET), ("tcp6", socket.AF_INET6)):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            _, local, _, state, *_, inode = line.split()[:10]
            if state == "0A":
                address, _, port = local.partition(":")
                words = [bytes.fromhex(address[i : i + 8])[::-1] for i in range(0, len(address), 8)]
                yield socket.inet_ntop(family, b"".join(words)), int(port, 16), inode
