"""The dry run says what the broker would do: where both can be asked, they are."""

import json
from operator import itemgetter
from random import Random
from typing import Any

import pytest

from broker.check import check
from broker.consent.law.policy import POLICY
from broker.errors import Reason
from tests import personas
from tests.personas import (
    ACLAND,
    ARGYLE,
    BROOKFIELD,
    CAMDEN,
    HEATH,
    HERTS,
    HERTS_AREA,
    MARRIOTTS,
    MET,
    NIGHT,
    Json,
    follow_up,
    incident,
    lead,
    notification,
    receipt,
    withdrawal,
)
from tests.world import World

FIRST = notification()
AT: Json = {"part": "alleged-perpetrator", "organisation": ACLAND, "capacity": "works-there", "worksWithChildren": True}


def dry(world: World, document: Any, sender: str | None = None, told: tuple[str, ...] = ()) -> Json:  # noqa: ANN401
    registry = world.registry
    had_it = [found for one in told if (found := registry.get(one))]
    return check(document, sender=sender, told=had_it, registry=registry, policy=POLICY, now=NIGHT)


@pytest.mark.parametrize(
    "document",
    [
        notification(lead(ACLAND), lead(ARGYLE)),
        notification(lead(ACLAND), lead(BROOKFIELD), lead(CAMDEN)),
        notification(content=incident(addressHandling="refuge")),
        notification(lead(MARRIOTTS), content=incident(addressHandling="refuge")),
        notification(content=incident(residenceForce=HERTS_AREA)),
        notification(lead("school:999999"), content=incident(dateOfBirth="1990-01-01")),
        notification(basis="LB-E2"),
        personas.handover(),
        notification(content=incident(connections=[AT])),
        notification(lead(HEATH), content=incident(connections=[{**AT, "organisation": HEATH}])),
        notification(lead(HEATH), content=incident(doNotTellOrganisations=[HEATH])),
    ],
    ids=[
        "two",
        "partial",
        "refuge",
        "far refuge",
        "other force",
        "unknown",
        "basis",
        "hand-over",
        "alternate",
        "no alternate",
        "not to be told",
    ],
)
def test_the_dry_run_says_what_the_broker_does(world: World, document: Json) -> None:
    said, done = dry(world, document), world.outcome(world.carry(document))
    views = [(one.pop("view"), one.pop("notShown")) for one in said["recipients"]]
    receipts = [one.pop("receipt", None) for one in done["recipients"]]  # a dry run delivers nothing
    assert [one is not None for one in receipts] == [bool(markers) for _, markers in views]
    assert json.loads(json.dumps(said)) == done
    for (view, markers), one in zip(views, done["recipients"], strict=True):
        assert set(view) == set(one["shown"])
        assert all(document["content"][name] == value for name, value in view.items())
        assert bool(markers) is bool(view)


@pytest.mark.parametrize("follows", [follow_up("notification-updated", FIRST), withdrawal(FIRST)])
def test_what_follows_is_judged_as_if_those_had_been_told(world: World, follows: Json) -> None:
    said = dry(world, follows, told=(ACLAND, CAMDEN))
    assert said["status"] == "shared"
    assert [one["organisation"] for one in said["recipients"]] == [ACLAND, CAMDEN]
    assert dry(world, follows)["refused"]["code"] == Reason.NOT_ADDRESSED


def test_one_that_could_not_have_been_told_is_refused(world: World) -> None:
    assert dry(world, withdrawal(FIRST), told=(personas.BROKER,))["status"] == "refused"


@pytest.mark.parametrize(
    ("document", "sender", "status"),
    [(receipt(FIRST), ACLAND, "shared"), (personas.told(FIRST, ACLAND), None, "recorded")],
    ids=["an answer", "told by telephone"],
)
def test_what_is_not_addressed_can_be_tried_too(world: World, document: Json, sender: str | None, status: str) -> None:
    assert dry(world, document, sender)["status"] == status


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ([], Reason.MALFORMED),
        (None, Reason.MALFORMED),
        ("x", Reason.MALFORMED),
        ({}, Reason.UNKNOWN_SENDER),
        ({"caseOwner": MET}, Reason.MALFORMED),
        ({"caseOwner": MET, "type": 5}, Reason.MALFORMED),
        ({"caseOwner": MET, "type": "x"}, Reason.UNKNOWN_TYPE),
        ({"caseOwner": [], "type": FIRST["type"]}, Reason.UNKNOWN_SENDER),
        ({**FIRST, "content": []}, Reason.MALFORMED),
        ({**FIRST, "content": None}, Reason.MALFORMED),
        ({**FIRST, "to": {}}, Reason.MALFORMED),
        ({**FIRST, "to": []}, Reason.NOT_ADDRESSED),
        ({**FIRST, "Rowan": 1}, Reason.MALFORMED),
        ({**FIRST, "content": incident(familyName="\ud800")}, Reason.MALFORMED),
        ({**FIRST, "to": [lead(f"school:10000{number}") for number in range(5)]}, Reason.MALFORMED),
    ],
    ids=lambda value: str(value)[:30],
)
def test_bad_input_is_refused_and_not_quoted(world: World, document: object, reason: Reason) -> None:
    said = dry(world, document)
    assert (said["status"], said["refused"]["code"]) == ("refused", reason)
    assert all(said["refused"]["fields"])
    assert "Rowan" not in json.dumps(said["refused"])


def test_nobody_sends_in_anothers_case(world: World) -> None:
    document = notification()
    said, done = dry(world, document, HERTS), world.outcome(world.carry(document, HERTS), HERTS)
    assert said["refused"] == done["refused"]
    assert said["refused"]["code"] == Reason.NO_SUCH_CASE


@pytest.mark.parametrize("seed", range(5))
def test_the_order_of_recipients_and_of_fields_never_matters(world: World, seed: int) -> None:
    shuffle = Random(seed)  # noqa: S311 - an order, and no secret
    lines = [lead(ACLAND, "registered-dual-main"), lead(ARGYLE), lead(BROOKFIELD), lead(CAMDEN)]
    given = notification(*lines, content=incident(addressHandling="refuge"))
    fields = shuffle.sample(sorted(given["content"]), len(given["content"]))
    other = {**given, "to": shuffle.sample(lines, 4), "content": {name: given["content"][name] for name in fields}}
    one, two = (
        sorted(dry(world, document)["recipients"], key=itemgetter("organisation")) for document in (given, other)
    )
    assert one == two
