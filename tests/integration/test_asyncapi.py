"""The official AsyncAPI parser takes our document, and refuses it when it is broken on purpose."""

import json
from collections import Counter
from collections.abc import Callable

import pytest

from broker import topics
from broker.schemas.catalogue import CATALOGUE
from tests.generate_docs import DOCS
from tests.node_peers import Peers
from tests.personas import Json


@pytest.fixture(scope="session")
def verdict(peers: Peers) -> Callable[[Json], Json]:
    """What the parser says of a document: whether it parsed, messages per address, errors and warnings."""
    return lambda document: peers.ask("validate.cjs", document)


@pytest.fixture
def document() -> Json:
    """The committed document, to be broken at will."""
    read: Json = json.loads((DOCS / "asyncapi.json").read_text(encoding="utf-8"))
    return read


def test_the_official_parser_takes_the_document(verdict: Callable[[Json], Json], document: Json) -> None:
    said = verdict(document)
    assert said["wrong"] == []
    assert said["parsed"]
    carried = Counter(topics.submit(flow.family) for flow in CATALOGUE)
    assert {name: said["messages"][name] for name in carried} == carried
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
