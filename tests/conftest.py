"""Fixtures that every layer shares."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from broker import authorizer
from broker.home import Home
from broker.local_kafka import find_or_start
from tests import node_peers
from tests.principals import Principals
from tests.world import World, make_home


@pytest.fixture(autouse=True)
def _fresh_logging() -> Iterator[None]:
    """Logging is configured once a process; every test starts from the default."""
    structlog.reset_defaults()
    yield
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def keyed_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home folder whose keys are made once a session: tests read it and never change it."""
    return make_home(tmp_path_factory.mktemp("home")).path


@pytest.fixture
def world(keyed_home: Path) -> World:
    """The built-in organisations, the procedure, and an empty memory."""
    return World(Home(keyed_home))


@pytest.fixture(scope="session")
def kafka(keyed_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Principals]:
    """A real, secured Kafka (given, in a container if an engine answers, else a local JVM process), and ways into it.

    The built-in organisations have their rights.
    """
    folder = tmp_path_factory.mktemp("principals")
    with find_or_start(say=print, tls=folder / "authority", containers="testcontainers") as running:
        made = Principals(running, folder)
        if running.authority is not None:
            asyncio.run(authorizer.apply(made.operator, Home(keyed_home).registry()))
        yield made


@pytest.fixture(scope="session")
def peers(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> node_peers.Peers:
    """Programs in real Node that use what nobody here wrote."""
    return node_peers.peers(pytestconfig.rootpath, tmp_path_factory.mktemp("node"))
