"""Kafka as local processes: one or three JVMs bound to loopback."""

import os
import shutil
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from broker.clock import system_clock
from broker.connection import Connection
from broker.local_kafka.guard import Command, Guard, Plan
from broker.local_kafka.jars import KAFKA, ensure_jars, ensure_java, version
from broker.local_kafka.ports import LOOPBACK, brokers_at
from broker.local_kafka.running import KafkaUnavailable, RunningKafka, Say, tail
from broker.local_kafka.settings import Cluster, Node, in_words, lay_out

if TYPE_CHECKING:
    from broker.certificates import Authority

HEAP = "-Xmx512m"
READY_WITHIN_S = 60.0  # the usual time is 3 s for one node and 7 s for three, on two cores
NEXT_BY_HAND = "Next, to keep all of its log: python -m broker.local_kafka --data FOLDER"


def start_local(
    *,
    say: Say,
    nodes: int = 1,
    data: Path | None = None,
    server_properties: Mapping[str, str] | None = None,
    authority: "Authority | None" = None,
) -> RunningKafka:
    """Start Apache Kafka (KRaft) as local processes bound to loopback, and wait until it answers.

    nodes: 1, or 3 with replication factor 3 and two in-sync replicas; each is broker and controller.
    data: kept, and used again with the same ports where they are free; default a throw-away folder.
    server_properties: override ours, but for two that are added to ours: `listeners` (port 0 means a free
        one: "SASL_SSL://127.0.0.1:0") and `listener.security.protocol.map`. The plain listener LOCAL stays,
        between the nodes and for the readiness check: with an authorizer, "User:ANONYMOUS" must be among
        `super.users`. Not with an authority.
    authority: every listener asks for one of its certificates, and nobody may do anything without an ACL but
        the operator and the nodes themselves. None: plain, for trying Kafka itself out.

    Raises KafkaUnavailable, with the end of Kafka's log if it was Kafka that failed.
    """
    if os.name != "posix":
        raise KafkaUnavailable(
            "Starting Kafka needs Linux or macOS. Next: set KAFKA_BOOTSTRAP_SERVERS to a Kafka that runs."
        )
    jars, java = ensure_jars(say), ensure_java(say)
    jvm = _jvm(java, jars, _archive(java, jars, say))
    folder = Path(tempfile.mkdtemp(prefix="kafka-")) if data is None else data.resolve()
    try:
        cluster = lay_out(folder, nodes, server_properties or {}, tls=authority is not None)
        if authority is not None:
            for node in cluster.nodes:
                authority.issue_node(node.tls, (LOOPBACK, "localhost"), system_clock())
            authority.issue("operator", folder / "operator", system_clock())
    except BaseException:
        if data is None:
            shutil.rmtree(folder, ignore_errors=True)
        raise
    say(f"Starting Apache Kafka {version(jars)} on this machine ({in_words(nodes)}).")
    began = time.monotonic()
    # Three nodes on two cores start a third sooner with the quick compiler alone; one node keeps both, to be
    # as fast as Kafka is once it is warm.
    compiler = ["-XX:TieredStopAtLevel=1"] if nodes > 1 else []
    probe = Connection(cluster.listeners["LOCAL"], folder / "operator" if authority else None)
    guard = _start(cluster, jvm, *compiler, probe=probe, remove=None if data else folder)
    running = RunningKafka(
        bootstrap=cluster.bootstrap,
        kind=f"Apache Kafka {version(jars)} on this machine ({in_words(nodes)})",
        listeners=cluster.listeners,
        pids=guard.pids,
        log_files=tuple(node.log for node in cluster.nodes),
        end_command=f"kill {guard.pid}",
        guard=guard,
        authority=authority,
    )
    say(f"Kafka answers at {running.bootstrap} after {time.monotonic() - began:.1f} s.")
    return running


def alive(pid: int) -> bool:
    """Whether there is a process of this id."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def _start(
    cluster: Cluster, jvm: Sequence[str], *options: str, probe: Connection | None = None, remove: Path | None
) -> Guard:
    """Format the nodes that need it, start all, and return their guard once they answer."""
    deadline = time.monotonic() + READY_WITHIN_S
    guard = Guard(
        Plan(
            owner=os.getpid(),
            first=[Command([*jvm, *_format(cluster, n)], str(n.log)) for n in cluster.nodes if not n.identity.exists()],
            nodes=[
                Command([*jvm, *options, f"-Djava.io.tmpdir={n.temporary}", "kafka.Kafka", str(n.settings)], str(n.log))
                for n in cluster.nodes
            ],
            remove=None if remove is None else str(remove),
        )
    )
    try:
        _wait_ready(cluster, probe or Connection(cluster.bootstrap), guard, deadline)
    except BaseException:
        guard.stop()
        raise
    return guard


def _format(cluster: Cluster, node: Node) -> list[str]:
    """Kafka's own tool gives the node's folder its identity and the cluster its feature levels."""
    return ["kafka.tools.StorageTool", "format", "--cluster-id", cluster.id, "--config", str(node.settings)]


def _wait_ready(cluster: Cluster, probe: Connection, guard: Guard, deadline: float) -> None:
    """Return once a metadata answer lists every node; raise KafkaUnavailable if one ends or time does."""
    if not guard.started(READY_WITHIN_S):
        raise KafkaUnavailable(f"Kafka's storage could not be formatted.\n{_logs(cluster)}\n{NEXT_BY_HAND}")
    while time.monotonic() < deadline:
        for node, pid in zip(cluster.nodes, guard.pids, strict=True):
            if not alive(pid):
                raise KafkaUnavailable(
                    f"Kafka node {node.number} ended while starting.\n{tail(node.log)}\n{NEXT_BY_HAND}"
                )
        if brokers_at(probe) == len(cluster.nodes):
            return
        time.sleep(0.05)
    raise KafkaUnavailable(f"Kafka did not answer within {READY_WITHIN_S:.0f} s.\n{_logs(cluster)}\n{NEXT_BY_HAND}")


def _logs(cluster: Cluster) -> str:
    return "\n".join(tail(node.log) for node in cluster.nodes)


def _jvm(java: Path, jars: Path, *options: str) -> list[str]:
    """Return the command before the name of the class to run."""
    quiet = ["-XX:-UsePerfData", "-Xlog:cds=off", "-Xlog:cds+dynamic=off", "-Djava.awt.headless=true"]
    log_settings = f"-Dlog4j2.configurationFile={KAFKA / 'log4j2.yaml'}"
    return [str(java), HEAP, *options, *quiet, log_settings, "-cp", f"{jars}/*"]


def _archive(java: Path, jars: Path, say: Say) -> str:
    """Return Java's option to use the archive (AppCDS) of the classes a starting Kafka loads: half the time to start.

    The first time a Kafka is started to write it. If that fails an empty file is left, which Java passes over.
    """
    archive = jars.with_suffix(".jsa")
    if not archive.exists():
        say("Preparing Kafka for quick starts (once; some seconds).")
        partial = archive.with_suffix(f".{os.getpid()}")
        with tempfile.TemporaryDirectory(prefix="kafka-") as folder:
            cluster = lay_out(Path(folder), 1, {})
            try:
                _start(cluster, _jvm(java, jars), f"-XX:ArchiveClassesAtExit={partial}", remove=None).stop()
            except KafkaUnavailable as reason:
                say(f"That did not work, so Kafka starts slower: {reason}")
            partial.touch()
            partial.rename(archive)
    return f"-XX:SharedArchiveFile={archive}"
