"""A lane of its own for each test, and a service of worker processes for each module."""

import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from broker.home import Home
from tests.integration.rig import Lane, Service, empty, fresh_service
from tests.principals import Principals
from tests.world import World


@pytest.fixture
def logged() -> Iterator[list[dict[str, object]]]:
    """What workers in this process log."""
    with capture_logs() as entries:
        yield entries  # type: ignore[misc]


@pytest.fixture(scope="module")
async def tidy(kafka: Principals, keyed_home: Path) -> AsyncIterator[None]:
    """What a module has left is sealed with keys that no other module's home has: take it away."""
    yield
    await empty(kafka.operator, Home(keyed_home).registry())


@pytest.fixture
async def lane(kafka: Principals, world: World, tidy: None, logged: list[dict[str, object]]) -> Lane:  # noqa: ARG001 - quiet
    """A submit topic, changelog and group that no other test uses."""
    made = Lane(kafka, world)
    await made.create()
    return made


@pytest.fixture(scope="module")
async def service(
    kafka: Principals,
    keyed_home: Path,
    tidy: None,  # noqa: ARG001 - for its end
    tmp_path_factory: pytest.TempPathFactory,
) -> Service:
    """The topics of the product, empty, for worker processes."""
    return await fresh_service(kafka, Home(keyed_home), tmp_path_factory.mktemp("service"))


@pytest.fixture
async def own_service(
    kafka: Principals,
    keyed_home: Path,
    tidy: None,  # noqa: ARG001 - for its end
    tmp_path: Path,
) -> Service:
    """The same for one test, with a home that it may change: keys made, destroyed, lost."""
    shutil.copytree(keyed_home, tmp_path / "home")
    return await fresh_service(kafka, Home(tmp_path / "home"), tmp_path)
