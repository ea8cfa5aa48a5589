"""The broker image, built from deploy/, carries a message on a Kafka in a container (`make test-containers`)."""

import asyncio
import os
import time
from pathlib import Path

from testcontainers.core.container import DockerContainer

from broker import authorizer, desk, post
from broker.acl import principal
from broker.clock import system_clock
from broker.connection import Connection
from broker.local_kafka import find_or_start
from tests.personas import ACLAND, MET, incident, notification
from tests.world import World, make_home

IMAGE = "safeguarding-broker"
PATIENCE = 60


def test_a_worker_from_the_image_delivers_what_a_police_force_signed(tmp_path: Path) -> None:
    now = system_clock()
    home = tmp_path / "home"
    world = World(make_home(home, now), now=now)
    with find_or_start(say=print, tls=tmp_path / "authority", containers="testcontainers") as kafka:
        assert not kafka.pids, "this is a local process: no container engine was found"
        operator = kafka.connection("operator", tmp_path / "operator")
        asyncio.run(post.create_topics(operator, world.registry))
        asyncio.run(desk.sync(operator, world.home))
        asyncio.run(authorizer.apply(operator, world.registry))
        kafka.connection("worker", home / "tls")
        worker = (
            DockerContainer(IMAGE)
            .with_command("run")
            .with_env("KAFKA_BOOTSTRAP_SERVERS", kafka.bootstrap)
            .with_volume_mapping(str(home), "/var/lib/broker", "ro")
            .with_kwargs(network_mode="host", user=str(os.getuid()), read_only=True)
        )
        with worker:
            end = time.monotonic() + PATIENCE
            while b"worker.ready" not in worker.get_logs()[1]:
                assert time.monotonic() < end, worker.get_logs()[1].decode()
                time.sleep(0.2)
            content = incident(occurredFrom=now.isoformat(), groundsFormedAt=now.isoformat())
            police = kafka.connection(principal(MET), tmp_path / "police")
            school = kafka.connection(principal(ACLAND), tmp_path / "school")
            assert asyncio.run(_opened(world, police, school, notification(content=content))) == "Rowan"


async def _opened(world: World, police: Connection, school: Connection, document: dict[str, object]) -> str:
    """The given name that the school reads, from its own inbox."""
    submitted = world.agency(MET).submit(document, system_clock())
    member = world.registry.get(ACLAND)
    assert member is not None
    async with post.reader(school, member, new_only=True) as inbox:
        await post.publish(police, [submitted])
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            for sealed in await inbox.poll():
                return str(world.agency(ACLAND).open_delivery(sealed, system_clock()).content["givenNames"])
    raise TimeoutError("nothing came")
