"""What the record of a decision names: when, who sent, who received, and why it was shared or not."""

from datetime import datetime

import pytest

from broker import topics
from broker.drafts import Carried
from broker.sealing import unseal
from tests.personas import ACLAND, ARGYLE, BROKER, BROOKFIELD, MET, NIGHT, Json, incident, lead, notification
from tests.world import World


def logged(world: World, carried: Carried) -> Json:
    """The record of that decision."""
    (record,) = (out for out in carried.outgoing if out.topic == topics.AUDIT)
    opened: Json = unseal(record.value, world.home.keys(BROKER))
    return opened


def test_a_disclosure_is_logged_with_when_who_sent_and_who_received(world: World) -> None:
    told = logged(world, world.carry(notification(lead(ACLAND), lead(ARGYLE))))
    assert datetime.fromisoformat(told["at"]) == NIGHT
    assert told["from"] == MET
    received = {one["organisation"]: one["outcome"] for one in told["recipients"]}
    assert received == {ACLAND: "share", ARGYLE: "share"}


@pytest.mark.parametrize(
    ("to", "born", "outcome", "rules"),
    [
        (ACLAND, "2011-02-03", "share", []),
        (BROOKFIELD, "2011-02-03", "hold", ["CHN-1"]),
        (ACLAND, "1990-01-01", "refuse", ["ENC-18"]),
    ],
)
def test_a_decision_is_recorded_with_its_reasons_whether_or_not_it_shares(
    world: World, to: str, born: str, outcome: str, rules: list[str]
) -> None:
    carried = world.carry(notification(lead(to), content=incident(dateOfBirth=born)))
    (recipient,) = logged(world, carried)["recipients"]
    assert (recipient["organisation"], recipient["outcome"]) == (to, outcome)
    assert [found["rule"] for found in recipient["findings"]] == rules
    assert all(found["reason"] for found in recipient["findings"])
    assert recipient["basis"]["sender"]["code"] == "LB-E1"
