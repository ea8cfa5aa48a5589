"""Find a Kafka to work with, or start one: given address, container engine, or a local JVM, in that order.

The demo, the tests and the benchmarks all come here, so that `make demo` works on a machine that has
nothing but Python. Whatever is started here ends with the program that asked for it, however that
program ends: a small *guard* process owns the Kafka processes and outlives a `kill -9` of its owner just
long enough to stop them and to remove throw-away data.

    with find_or_start(say=print, tls=folder / "authority", containers="compose") as kafka:
        ...  # kafka.connection("operator", folder / "operator") is a way in for the operator

By hand: `python -m broker.local_kafka` starts one and waits for Ctrl-C.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from broker.clock import system_clock
from broker.local_kafka.cluster import start_local
from broker.local_kafka.containers import start_with_compose, start_with_testcontainers
from broker.local_kafka.guard import spawn_tied
from broker.local_kafka.jars import ensure_jars
from broker.local_kafka.running import KafkaUnavailable, NoEngine, RunningKafka, Say

if TYPE_CHECKING:
    from broker.certificates import Authority

__all__ = [
    "KafkaUnavailable",
    "NoEngine",
    "RunningKafka",
    "ensure_jars",
    "find_or_start",
    "spawn_tied",
    "start_local",
    "start_with_compose",
    "start_with_testcontainers",
]


def find_or_start(
    *,
    say: Say,
    tls: Path,
    nodes: int = 1,
    data: Path | None = None,
    containers: Literal["compose", "testcontainers"],
    server_properties: Mapping[str, str] | None = None,
) -> RunningKafka:
    """Return a Kafka that answers, and say which way it came.

    say: gets one line for each thing worth knowing.
    tls: folder for a new certificate authority: what is started here is secured, and its clients' certificates come
        from there. A given Kafka is secured if KAFKA_TLS names the folder of an authority that it knows
        (ca.pem, ca.key); otherwise it is taken as plain, with no rights to be given or withheld.
    nodes: 1 or 3; a given Kafka has the nodes it has, and a container is always one node.
    data: folder that keeps topics and records between runs; without it they go when Kafka stops.
    containers: how to use a container engine if one answers.
    server_properties: more settings for Kafka, see `start_local`; a given Kafka is taken as it is.

    Kept data, three nodes and extra listeners are what only a local JVM has: no container is tried then.

    It blocks for some seconds; from a coroutine call it with `asyncio.to_thread`.
    Raises KafkaUnavailable when no way is left, with the next command to run.
    """
    if given := os.environ.get("KAFKA_BOOTSTRAP_SERVERS", "").strip():
        folder = os.environ.get("KAFKA_TLS", "").strip()  # it is not ours: it is never stopped
        how = f"secured by {folder} (KAFKA_TLS)" if folder else "PLAIN: no TLS and no rights, as KAFKA_TLS is not set"
        say(f"Using the Kafka at {given} (KAFKA_BOOTSTRAP_SERVERS), {how}.")
        return RunningKafka(
            bootstrap=given,
            kind="the Kafka named by KAFKA_BOOTSTRAP_SERVERS",
            authority=_authority(Path(folder), new=False) if folder else None,
        )
    authority = _authority(tls, new=True)
    if os.name == "posix" and nodes == 1 and data is None and "listeners" not in (server_properties or {}):
        start = start_with_compose if containers == "compose" else start_with_testcontainers
        try:
            return start(say=say, server_properties=server_properties, authority=authority)
        except NoEngine as reason:
            say(f"No container engine to use ({reason}): Kafka runs as a local process instead.")
        except KafkaUnavailable as reason:
            say(f"Kafka did not start in a container, so it runs as a local process instead: {reason}")
    return start_local(say=say, nodes=nodes, data=data, server_properties=server_properties, authority=authority)


def _authority(folder: Path, *, new: bool) -> "Authority":
    from broker.certificates import Authority, CertificateError  # noqa: PLC0415  # `--jars` works without cryptography

    try:
        return Authority.make(folder, system_clock()) if new else Authority(folder)
    except CertificateError as error:
        raise KafkaUnavailable(str(error)) from None
