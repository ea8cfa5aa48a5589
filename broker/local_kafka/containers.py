"""Kafka in a container: with docker compose (for the demo), or with testcontainers (for the tests)."""

import contextlib
import hashlib
import os
import socket
import sys
import time
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, cast

from broker.clock import system_clock
from broker.local_kafka.guard import Guard, Plan
from broker.local_kafka.jars import ANSWERS_WITHIN_S, KAFKA, REPOSITORY, run, succeeds
from broker.local_kafka.ports import LOOPBACK, brokers_at, free_port
from broker.local_kafka.running import KafkaUnavailable, NoEngine, RunningKafka, Say

if TYPE_CHECKING:
    from broker.certificates import Authority

COMPOSE = REPOSITORY / "deploy" / "compose.yaml"
READY_WITHIN_S = 60.0


def start_with_compose(
    *, say: Say, server_properties: Mapping[str, str] | None = None, authority: "Authority | None" = None
) -> RunningKafka:
    """Build and start the service `kafka` of deploy/compose.yaml, as a compose project of its own.

    server_properties: win over those of deploy/kafka/start.sh.
    authority: as in `start_local`.
    Raises NoEngine if no engine answers or it has no compose, KafkaUnavailable if Kafka does not start.
    """
    if not succeeds("docker", "info"):
        raise NoEngine("`docker info` does not answer")
    compose = next((c for c in (["docker", "compose"], ["docker-compose"]) if succeeds(*c, "version")), None)
    if compose is None:
        raise NoEngine("docker answers but has no compose command")
    project = [*compose, "--project-name", f"safeguarding-{os.getpid()}", "--file", str(COMPOSE)]
    port = free_port()
    say("Starting Kafka with docker compose (deploy/compose.yaml).")
    environment = {
        **os.environ,
        "KAFKA_PORT": str(port),
        "KAFKA_PROPERTIES": _lines(server_properties),
        "KAFKA_NODE_TLS": str(_node(authority)) if authority else "/dev/null",
        "KAFKA_IMAGE_TAG": _image_name().partition(":")[2],  # built if there is none of that name
    }
    named = f"KAFKA_NODE_TLS={environment['KAFKA_NODE_TLS']}"  # without which compose does not even read its file
    guard = Guard(Plan(owner=os.getpid(), last=["env", named, *project, "down", "--volumes"]))
    try:
        run([*project, "up", "--detach", "kafka"], say, environment)
        return _contained(guard, f"{LOOPBACK}:{port}", "with docker compose", say, authority)
    except BaseException:
        guard.stop()
        raise


def start_with_testcontainers(
    *, say: Say, server_properties: Mapping[str, str] | None = None, authority: "Authority | None" = None
) -> RunningKafka:
    """Start a container of our Kafka image (deploy/kafka/Dockerfile, built if it is not there yet).

    server_properties: win over those of deploy/kafka/start.sh.
    authority: as in `start_local`.
    Raises NoEngine if no engine answers, KafkaUnavailable if Kafka does not start.
    """
    try:
        from docker.errors import DockerException, ImageNotFound  # noqa: PLC0415  # only tests have these
        from testcontainers.core.container import DockerContainer  # noqa: PLC0415
        from testcontainers.core.docker_client import DockerClient, get_docker_host  # noqa: PLC0415
    except ImportError as missing:
        raise NoEngine("testcontainers is not installed") from missing
    engine_socket = (get_docker_host() or "unix:///var/run/docker.sock").removeprefix("unix://")
    if engine_socket.startswith("/") and not _accepts(engine_socket):
        raise NoEngine(f"nothing answers at {engine_socket}")  # before docker-py leaks a socket to find out
    image = _image_name()
    try:
        engine = DockerClient(timeout=int(ANSWERS_WITHIN_S)).client
    except DockerException as silent:
        raise NoEngine("no engine answers on the Docker socket") from silent
    with contextlib.closing(engine):
        try:
            engine.images.get(image)
        except ImageNotFound:
            say("Building the Kafka image.")
            run(["docker", "build", "--tag", image, str(KAFKA)], say, {**os.environ, "DOCKER_BUILDKIT": "1"})
        except DockerException as silent:
            raise NoEngine("the engine on the Docker socket does not answer") from silent
    port = free_port()
    name = f"safeguarding-kafka-{uuid.uuid4().hex[:12]}"
    say("Starting Kafka in a container (testcontainers).")
    remove = f"import docker; docker.from_env().containers.get({name!r}).remove(force=True, v=True)"
    guard = Guard(Plan(owner=os.getpid(), last=[sys.executable, "-c", remove]))
    try:
        container = DockerContainer(
            image,
            name=name,
            env={"KAFKA_HOST_ADDRESS": f"{LOOPBACK}:{port}", "KAFKA_PROPERTIES": _lines(server_properties)},
        )
        if authority is not None:
            container.with_volume_mapping(str(_node(authority)), "/etc/kafka-tls", "ro")
        # The port is chosen beforehand, because Kafka must be told it to advertise it; loopback only.
        container.ports["9093/tcp"] = cast("int", (LOOPBACK, port))
        with contextlib.closing(container.get_docker_client().client):
            container.start()
            return _contained(guard, f"{LOOPBACK}:{port}", "in a container (testcontainers)", say, authority)
    except DockerException as reason:
        guard.stop()
        raise KafkaUnavailable(
            f"The Kafka container did not start: {reason}\nNext: deploy/with-engine.sh COMMAND"
        ) from reason
    except BaseException:
        guard.stop()
        raise


def _node(authority: "Authority") -> Path:
    """The node's TLS files, for a mount: any user may read them, but the folder above is closed."""
    folder = authority.folder / "node"
    authority.issue_node(folder, (LOOPBACK, "localhost", "kafka"), system_clock())
    folder.chmod(0o755)
    (folder / "node.pem").chmod(0o644)
    return folder


def _contained(guard: Guard, bootstrap: str, how: str, say: Say, authority: "Authority | None") -> RunningKafka:
    """Wait until the Kafka in a container answers."""
    began = time.monotonic()
    running = RunningKafka(
        bootstrap=bootstrap,
        kind=f"Apache Kafka {how}",
        listeners={"HOST": bootstrap},
        end_command=f"kill {guard.pid}",
        guard=guard,
        authority=authority,
    )
    probe = running.connection("operator", authority.folder / "operator" if authority else Path())
    while brokers_at(probe) != 1:
        if time.monotonic() > began + READY_WITHIN_S:
            raise KafkaUnavailable(
                f"Kafka in its container did not answer within {READY_WITHIN_S:.0f} s. "
                f"Next, to see why: docker compose --file {COMPOSE} up kafka"
            )
        time.sleep(0.1)
    say(f"Kafka answers at {bootstrap} after {time.monotonic() - began:.1f} s.")
    return running


def _image_name() -> str:
    """Name our Kafka image by what it is made of; deploy/with-engine.sh does the same sum."""
    parts = b"".join((KAFKA / n).read_bytes() for n in ("Dockerfile", "log4j2.yaml", "pom.xml", "start.sh"))
    return f"safeguarding-kafka:{hashlib.sha256(parts).hexdigest()[:12]}"


def _accepts(path: str) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(path) == 0


def _lines(properties: Mapping[str, str] | None) -> str:
    return "\n".join(f"{key}={value}" for key, value in (properties or {}).items())
