"""What a monitor reads: read by a real HTTP scrape, and telling of nobody."""

import re
from collections.abc import Iterator
from urllib.request import urlopen

import pytest
from prometheus_client.parser import text_string_to_metric_families
from pytest_socket import enable_socket

from broker.connection import Unreachable
from broker.consent.redact import SAYS
from broker.local_kafka.ports import free_port
from broker.metrics import STEP, Metrics
from broker.schemas.catalogue import BY_TYPE
from tests.personas import ACLAND, ARGYLE, BROOKFIELD, CAMDEN, MARRIOTTS, incident, lead, notification, released
from tests.world import World

Figures = dict[tuple[str, tuple[tuple[str, str], ...]], float]


@pytest.fixture(autouse=True)
def _sockets_on_loopback(_no_sockets: None) -> None:
    """A scrape is a real one."""
    enable_socket()


@pytest.fixture
def scraped() -> Iterator["Scraped"]:
    one = Scraped()
    with one.metrics.served(one.port):
        yield one


class Scraped:
    """Counts that are served, and how a monitor reads them."""

    def __init__(self) -> None:
        self.metrics, self.port = Metrics(), free_port()

    def text(self) -> str:
        """As it is answered."""
        with urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=10) as answer:
            return str(answer.read().decode())

    def figures(self) -> Figures:
        """Name and labels -> value."""
        families = text_string_to_metric_families(self.text())
        found = [one for family in families for one in family.samples if not one.name.endswith("_created")]
        return {(one.name, tuple(sorted(one.labels.items()))): one.value for one in found}


def status(name: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    return "broker_messages_total", (("status", name),)


def test_what_became_of_messages_and_what_was_withheld_is_counted(world: World, scraped: Scraped) -> None:
    first = notification(lead(ACLAND), lead(ARGYLE))
    for document in (first, notification(lead(ACLAND), lead(CAMDEN)), notification(lead(BROOKFIELD))):
        scraped.metrics.count(world.carry(document))
    scraped.metrics.count(world.carry({**first, "id": notification()["id"], "basis": "LB-E9"}))
    figures = scraped.figures()
    assert figures[status("shared")] == 1
    assert figures[status("partial")] == 1
    assert figures[status("held")] == 1
    assert figures[status("refused")] == 1
    kind = first["type"]
    by_rule = {
        dict(labels)["rule"]: n for (name, labels), n in figures.items() if name == "broker_withheld_fields_total"
    }
    assert by_rule == {"RD-1": 3, "RD-4": 3}, "three deliveries; what is not delivered withholds nothing"
    assert {dict(labels)["type"] for _, labels in figures if "type" in dict(labels)} == {kind}


def test_what_is_decided_anew_is_counted_as_what_it_is(world: World, scraped: Scraped) -> None:
    document = notification(lead(MARRIOTTS), content=incident(addressHandling="refuge"))
    world.carry(document)
    world.carry(released(document, MARRIOTTS))
    (again,) = world.send_again()
    scraped.metrics.count(again)
    assert scraped.figures()[status("again-shared")] == 1
    assert again.tally.unsaid > 0


def test_a_protected_place_moves_no_count_that_an_open_one_does_not(world: World) -> None:
    def moved(handling: str) -> str:
        one = Scraped()
        with one.metrics.served(one.port):
            one.metrics.count(world.carry(notification(content=incident(addressHandling=handling))))
            return re.sub(r"(_created\S*) .*", r"\1", one.text())

    assert moved("open") == moved("withhold-from-named")


def test_what_leaves_no_marker_is_counted_in_hundreds(world: World, scraped: Scraped) -> None:
    carried = world.carry(notification(content=incident(addressHandling="withhold-from-named")))
    total = ("broker_withheld_unsaid_total", ())
    needed = -(-STEP // carried.tally.unsaid)
    for _ in range(needed - 1):
        scraped.metrics.count(carried)
    assert scraped.figures()[total] == 0
    scraped.metrics.count(carried)
    assert scraped.figures()[total] == STEP
    for _ in range(needed):
        scraped.metrics.count(carried)
    assert scraped.figures()[total] == 2 * STEP


def test_labels_are_codes_of_closed_lists_and_tell_of_nobody(world: World, scraped: Scraped) -> None:
    document = notification(lead(ACLAND), content=incident(addressHandling="withhold-from-named"))
    scraped.metrics.count(world.carry(document))
    text = scraped.text()
    labels = [label for _, labels in scraped.figures() for label in labels]
    assert {name for name, _ in labels} == {"status", "rule", "type"}
    assert {value for name, value in labels if name == "rule"} <= set(SAYS) - {"RD-2"}
    assert {value for name, value in labels if name == "type"} <= set(BY_TYPE)
    assert not [
        one for one in ("school", "police", document["id"], document["case"], "Rowan", "Testcase") if one in text
    ]


def test_it_ends_with_the_worker_and_a_port_that_is_taken_is_said(scraped: Scraped) -> None:
    with pytest.raises(Unreachable, match="take another"), Metrics().served(scraped.port):
        pass
    one = Scraped()
    with one.metrics.served(one.port):
        pass
    with one.metrics.served(one.port):
        assert one.figures()
