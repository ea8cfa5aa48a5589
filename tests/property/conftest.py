"""No sockets here: these layers prove rules, and rules need no network."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from pytest_socket import disable_socket, enable_socket

from broker.home import Home
from tests.world import World

settings.register_profile("rules", deadline=None)  # a busy machine breaks no rule
settings.load_profile("rules")


@pytest.fixture(autouse=True)
def _no_sockets() -> Iterator[None]:
    disable_socket(allow_unix_socket=True)  # the event loop's own pair
    yield
    enable_socket()


@pytest.fixture(scope="session")
def fresh(keyed_home: Path) -> Callable[[], World]:
    """Makes a world with an empty memory: each example gets its own."""
    return lambda: World(Home(keyed_home))
