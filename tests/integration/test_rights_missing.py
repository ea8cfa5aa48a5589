"""A right that is missing is said in one line, by name, with what to do; nothing waits in silence for it."""

import asyncio
import json
import os
import re
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiokafka.protocol.admin import DeleteAclsRequest

from broker import authorizer
from broker.acl import principal
from tests.integration.rig import OUT, ROOT, Service, admin, once_each, process, publish, until, watching
from tests.personas import ACLAND, MET, lead, notification

TOPIC, GROUP, TRANSACTION, READ, WRITE = 2, 3, 5, 3, 4
LITERAL, PREFIXED, ALLOW = 3, 4, 3


@pytest.fixture
async def given(service: Service) -> AsyncIterator[Service]:
    """The service, whose rights a test may take away."""
    yield service
    await authorizer.apply(service.operator, service.world.registry)


async def take(service: Service, who: str, resource: int, name: str, operation: int, pattern: int = LITERAL) -> None:
    """Take one right away, and wait until that is known."""
    async with admin(service.operator) as client:
        asked = DeleteAclsRequest(resource, name, pattern, f"User:{who}", "*", operation, ALLOW)
        answer = await client._client.send(client._client.get_random_node(), asked)  # noqa: SLF001 - it has no method
        assert len(answer.filter_responses[0][2]) == 1
    for _ in range(500):
        if (await authorizer.compare(service.operator, service.world.registry, who)).missing:
            return
        await asyncio.sleep(0.02)
    pytest.fail("the right is still there")


@pytest.mark.parametrize(
    ("resource", "name", "operation", "pattern", "said"),
    [
        (TOPIC, "submit.", READ, PREFIXED, "submit.encompass"),
        (TOPIC, "mailbox.", WRITE, PREFIXED, "mailbox.standard"),
        (GROUP, "broker.", READ, PREFIXED, "a right on group broker."),
        (TRANSACTION, "broker.", WRITE, PREFIXED, "a right on transactional id broker."),
    ],
)
async def test_a_worker_that_lacks_a_right_ends_and_names_it(
    given: Service, resource: int, name: str, operation: int, pattern: int, said: str
) -> None:
    await take(given, "worker", resource, name, operation, pattern)
    async with process(given) as worker:
        assert await worker.ended(within=30) == 1
    last = worker.said[-1]
    assert said in last
    assert "broker acl apply" in last
    assert len(worker.said) == 1


async def test_a_worker_that_may_not_read_its_changelog_carries_nothing(given: Service) -> None:
    """With an empty memory it would take a repeated message for a new one."""
    first, second = given.write(0), given.write(0)
    async with watching(given.operator, *OUT) as watch:
        async with process(given) as worker:
            await publish(given.police, [first])
            await watch.until_seen(once_each([first]))
            assert await worker.terminate() == 0
        await take(given, "worker", TOPIC, "state.", READ, PREFIXED)
        await publish(given.police, [second])
        async with process(given) as worker:
            assert await worker.ended(within=30) == 1
        await watch.to_end()
        assert not watch.of(once_each([second]))
        assert "a right on topic state.encompass" in worker.said[-1]
        await authorizer.apply(given.operator, given.world.registry)
        async with process(given) as worker:
            await watch.until_seen(once_each([second]))
            assert await worker.terminate() == 0
    assert watch.of(once_each([first, second])) == once_each([first, second])


async def test_a_worker_that_loses_a_right_ends_without_trying_again_and_loses_nothing(given: Service) -> None:
    one = given.write(0)
    async with watching(given.operator, *OUT) as watch:
        async with process(given) as worker:
            await worker.ready()
            await take(given, "worker", TOPIC, "inbox.", WRITE, PREFIXED)
            await publish(given.police, [one])
            assert await worker.ended(within=30) == 1
        assert "a right on topic inbox." in worker.said[-1]
        assert worker.events["transaction.failed"] == 0
        await authorizer.apply(given.operator, given.world.registry)
        async with process(given) as worker:
            await watch.until_seen(once_each([one]))
            assert await worker.terminate() == 0
        await watch.to_end()
    assert watch.of(once_each([one])) == once_each([one])


@pytest.mark.parametrize(
    ("command", "name", "operation"),
    [
        (("publish", "-", "--as", MET, "--wait", "0"), "submit.encompass", WRITE),
        (("publish", "-", "--as", MET), "inbox.police-01", READ),
        (("inbox", MET), "inbox.police-01", READ),
    ],
)
async def test_a_command_that_lacks_a_right_says_so_in_one_line(
    given: Service, command: tuple[str, ...], name: str, operation: int, tmp_path: Path
) -> None:
    await take(given, principal(MET), TOPIC, name, operation)
    done = await asyncio.to_thread(_broker, given, command, tmp_path)
    assert done.returncode == 1
    (said,) = done.stderr.splitlines()
    assert re.search(rf"{name} .* a right on it|a right on topic {name}", said)
    assert "broker acl apply" in said


async def test_an_open_inbox_that_loses_its_right_says_so(given: Service, tmp_path: Path) -> None:
    following = asyncio.create_task(
        asyncio.to_thread(_broker, given, ("inbox", MET, "--follow", "--json"), tmp_path, within=30)
    )
    await asyncio.sleep(3)
    assert not following.done()
    await take(given, principal(MET), TOPIC, "inbox.police-01", READ)
    await until(following.done, "the command ended", within=10)
    assert following.result().returncode == 1
    assert "a right on topic inbox.police-01" in " ".join(following.result().stderr.split())


def _broker(
    service: Service, command: tuple[str, ...], folder: Path, *, within: float = 60
) -> subprocess.CompletedProcess[str]:
    home = service.kafka.home(service.world.home, principal(MET), folder / "police")
    return subprocess.run(
        [sys.executable, "-m", "broker", *command],
        cwd=ROOT,
        env={
            **os.environ,
            "BROKER_HOME": str(home.path),
            "BROKER_UNSAFE_CLOCK": str(service.clock),
            "KAFKA_BOOTSTRAP_SERVERS": service.operator.bootstrap,
        },
        input=json.dumps(notification(lead(ACLAND))),
        capture_output=True,
        text=True,
        timeout=within,
        check=False,
    )
