"""Kafka in a container does what Kafka as a local process does, and ends with its owner too.

Needs a container engine: `make test-containers`.
"""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest

from broker.local_kafka import RunningKafka, find_or_start
from tests.any_kafka import ENDS_WITHIN_S, AnyKafka, answers, owner, send, until

Way = Literal["testcontainers", "compose"]
WAYS: tuple[Way, ...] = ("testcontainers", "compose")


@pytest.fixture(autouse=True, scope="module")
def _not_given() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("KAFKA_BOOTSTRAP_SERVERS", raising=False)
        yield


@pytest.fixture(scope="module", params=WAYS)
def kafka(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningKafka]:
    """One Kafka per way of starting a container, found as the demo and the tests find theirs."""
    tls = tmp_path_factory.mktemp("found") / "authority"
    with find_or_start(say=print, tls=tls, containers=request.param) as running:
        assert not running.pids, "this is a local process: no container engine was found"
        yield running


class TestAContainer(AnyKafka):
    """What every Kafka must do."""


@pytest.mark.parametrize("way", WAYS)
def test_a_container_ends_with_the_program_that_started_it(way: Way) -> None:
    with owner("signal.pause()", start=f"start_with_{way}") as (process, started):
        assert answers(started.bootstrap)
        process.kill()
        process.wait(ENDS_WITHIN_S)
        until(started.ended, "the guard of the container did its work")
        assert not answers(started.bootstrap)


@pytest.mark.parametrize("way", WAYS)
def test_settings_reach_a_container(way: Way, tmp_path: Path) -> None:
    settings = {"auto.create.topics.enable": "true"}
    tls = tmp_path / "authority"
    with find_or_start(say=print, tls=tls, containers=way, server_properties=settings) as running:
        assert not running.pids
        operator = running.connection("operator", tmp_path / "operator")
        asyncio.run(send(operator, "made-by-writing-to-it", b"one"))
