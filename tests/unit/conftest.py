"""No sockets here: these layers prove rules, and rules need no network."""

from collections.abc import Iterator

import pytest
from pytest_socket import disable_socket, enable_socket


@pytest.fixture(autouse=True)
def _no_sockets() -> Iterator[None]:
    disable_socket(allow_unix_socket=True)  # the event loop's own pair
    yield
    enable_socket()
