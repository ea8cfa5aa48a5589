"""Deciding anew: a recipient that lost its key, a supplier that changed, a hold that the sender's human lets go."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from broker.errors import Reason, Refused
from broker.exchange import Carried, copy_key
from broker.register import REGISTRAR, KeyAdded, KeyRevocation, KeyRevoked, ResendAsked, Resumed, Suspended
from broker.registry import KeyUse, Registry
from broker.state import TellingState
from broker.topics import HELD, inbox
from tests.personas import (
    ACLAND,
    ARGYLE,
    BROOKFIELD,
    HERTS,
    HERTS_AREA,
    MARRIOTTS,
    MET,
    NIGHT,
    Json,
    incident,
    lead,
    notification,
    receipt,
    released,
    told,
    withdrawal,
)
from tests.world import World, make_home

LATER = timedelta(hours=1)


@pytest.fixture
def own(tmp_path: Path) -> World:
    """A world of one's own, whose registry a test may change."""
    return World(make_home(tmp_path))


def new_sealing_key(world: World, organisation: str) -> None:
    """The old one is lost: revoked, and its file gone."""
    old = world.home.member(organisation).key(KeyUse.SEAL, world.now)
    assert old is not None
    lost = KeyRevoked(about=organisation, kid=old.kid, because=KeyRevocation.LOST)
    world.home.declare(lost, REGISTRAR, world.now)
    (world.home.path / "keys" / organisation.replace(":", "-") / f"{old.kid}.jwk").unlink()
    fresh = world.home.new_key(organisation, KeyUse.SEAL, world.now)
    world.home.declare(KeyAdded(about=organisation, key=fresh), REGISTRAR, world.now)


def state(world: World, document: Json, organisation: str = ACLAND) -> list[TellingState]:
    case = world.memory.case(MET, document["case"])
    assert case is not None
    return [one.state for one in case.tellings if one.recipient == organisation]


def statuses(done: list[Carried]) -> list[str]:
    return [one.line.status for one in done]


def kept(world: World, document: Json) -> bool:
    case = world.memory.case(MET, document["case"])
    assert case is not None
    return world.copies[copy_key(case, document["id"])] is not None


def test_a_school_that_lost_its_key_gets_everything_that_it_has_not_answered_and_nothing_else(own: World) -> None:
    unread, answered, elsewhere = notification(), notification(), notification(lead(ARGYLE))
    first = own.carry(unread)
    for document in (answered, elsewhere):
        own.carry(document)
    own.carry(receipt(answered), ACLAND)
    due = own.memory.case(MET, unread["case"])
    own.now += LATER
    new_sealing_key(own, ACLAND)
    (again,) = own.send_again(ACLAND)
    assert again.line.status == "again-shared"
    (opened,) = own.opened(again, ACLAND)
    assert opened.content["givenNames"] == "Rowan"
    assert opened.verified == ("broker:england-and-wales", MET) or MET in opened.verified
    events = [
        dict(out.headers)["ce_id"] for run in (first, again) for out in run.outgoing if out.topic == inbox(ACLAND)
    ]
    assert len(set(events)) == 2, "a reader must not take it for a repetition"
    case = own.memory.case(MET, unread["case"])
    assert due is not None
    assert case is not None
    assert [one.due for one in case.tellings] == [one.due for one in due.tellings], "the first clock runs on"
    assert own.send_again() == []
    own.carry(receipt(unread), ACLAND)
    assert state(own, unread) == [TellingState.ACKNOWLEDGED]


def test_a_copy_is_kept_until_the_last_recipient_has_answered_and_no_longer(own: World) -> None:
    document = notification(lead(ACLAND), lead("school:100006", "registered-dual-subsidiary"), lead(BROOKFIELD))
    own.carry(document)
    own.carry(receipt(document), ACLAND)
    own.carry(receipt(document, role="deputy"), "school:100006")
    assert kept(own, document), "the unconnected school is still to be told"
    own.carry(told(document, BROOKFIELD))
    assert not kept(own, document)


def test_what_nobody_need_answer_is_not_kept(own: World) -> None:
    carried = own.carry(notification(lead(ACLAND), type=notification()["type"], basis="LB-E2"))
    assert carried.line.status == "refused"
    assert carried.copies == ()


def test_it_is_decided_anew_and_held_if_it_may_not_go_any_more(own: World) -> None:
    document = notification()
    own.carry(document)
    own.home.declare(Suspended(about=ACLAND), REGISTRAR, NIGHT)
    own.now += LATER
    (again,) = own.send_again(ACLAND)
    assert again.line.status == "again-held"
    assert [out.topic for out in again.outgoing].count(HELD) == 1
    (line,) = own.outcome(again)["recipients"]
    assert [one["rule"] for one in line["findings"]] == ["ORG-1"]
    assert state(own, document) == [TellingState.HELD]
    own.home.declare(Resumed(about=ACLAND), REGISTRAR, NIGHT)
    own.now += LATER
    assert statuses(own.send_again(ACLAND)) == ["again-shared"]
    assert state(own, document) == [TellingState.SENT]


def test_what_was_withdrawn_meanwhile_does_not_come_back_but_its_withdrawal_does(own: World) -> None:
    document = notification()
    own.carry(document)
    own.carry(withdrawal(document))
    own.now += LATER
    new_sealing_key(own, ACLAND)
    done = own.send_again(ACLAND)
    assert sorted(statuses(done)) == ["again-refused", "again-shared"]
    opened = [one.body["type"] for run in done for one in own.opened(run, ACLAND)]
    assert opened == ["uk.safeguarding.encompass.notification-withdrawn.v1"]


def test_a_copy_whose_signer_was_revoked_meanwhile_is_held(own: World) -> None:
    document = notification()
    own.carry(document)
    key = own.home.member(MET).key(KeyUse.SIGN, NIGHT)
    assert key is not None
    own.home.declare(KeyAdded(about=MET, key=own.home.new_key(MET, KeyUse.SIGN, NIGHT)), REGISTRAR, NIGHT)
    own.home.declare(KeyRevoked(about=MET, kid=key.kid, because=KeyRevocation.COMPROMISED), REGISTRAR, NIGHT)
    own.now += LATER
    (again,) = own.send_again(ACLAND)
    assert [one["rule"] for one in own.outcome(again)["recipients"][0]["findings"]] == ["KEY-2"]


def test_it_is_sent_again_once_although_the_clock_of_whoever_asked_runs_ahead(own: World) -> None:
    own.carry(notification())
    own.home.declare(ResendAsked(about=ACLAND), ACLAND, NIGHT + timedelta(minutes=1))
    for sent in (1, 0):
        wanted = own.memory.to_send_again(own.registry.resend)
        assert len(wanted) == sent
        for case, telling in wanted:
            text = own.copies[copy_key(case, telling.message)]
            assert text is not None
            own.memory.remember(*own.exchange.again(case, telling, text, own.now).remember)


# Releases ------------------------------------------------------------------------------------------------------------


def refuge(**changes: Any) -> Json:  # noqa: ANN401 - JSON
    """A child in a refuge whose school lies outside the sender's area: held for the sender's human."""
    return notification(lead(MARRIOTTS), content=incident(addressHandling="refuge", **changes))


def test_the_senders_own_role_holder_lets_a_hold_go(own: World) -> None:
    document = refuge()
    assert own.carry(document).line.status == "held"
    assert own.send_again() == []
    assert own.carry(released(document, MARRIOTTS)).line.status == "recorded"
    (again,) = own.send_again()
    assert again.line.status == "again-shared"
    (opened,) = own.opened(again, MARRIOTTS)
    assert "homeAddress" not in opened.content, "what may be seen is decided as ever"
    outcome = own.outcome(again)
    assert outcome["again"] is True
    (finding,) = outcome["recipients"][0]["findings"]
    assert (finding["rule"], outcome["recipients"][0]["outcome"]) == ("RD-2-SENDER", "share-with-warning")
    assert own.send_again() == []
    assert state(own, document, MARRIOTTS) == [TellingState.SENT]


ELSEWHERE = notification(lead(MARRIOTTS), content=incident(residenceForce=HERTS_AREA))


@pytest.mark.parametrize(
    ("document", "organisation", "how", "status"),
    [
        (notification(lead(ACLAND, "left")), ACLAND, "release", "again-held"),
        (notification(lead(ACLAND, "left")), ACLAND, "break-glass", "again-shared"),
        (
            notification(lead(MARRIOTTS), content=incident(residenceForce=HERTS_AREA)),
            MARRIOTTS,
            "release",
            "again-held",
        ),
        (
            notification(lead(MARRIOTTS), content=incident(residenceForce=HERTS_AREA)),
            MARRIOTTS,
            "break-glass",
            "again-shared",
        ),
        (notification(lead(BROOKFIELD)), BROOKFIELD, "break-glass", "again-held"),
    ],
    ids=["roll-release", "roll-glass", "residence-release", "residence-glass", "not-connected-glass"],
)
def test_breaking_the_glass_goes_further_than_a_release_but_not_past_what_nobody_can_mend(
    own: World, document: Json, organisation: str, how: str, status: str
) -> None:
    assert own.carry(document).line.status == "held"
    own.carry(released(document, organisation, how))
    assert statuses(own.send_again()) == [status]
    assert own.send_again() == [], "a release is tried once"


@pytest.mark.parametrize("wrong", ["not held", "another school", "no such message", "recipient"])
def test_only_what_is_held_for_that_recipient_can_be_released_and_only_by_its_sender(own: World, wrong: str) -> None:
    document = notification() if wrong == "not held" else refuge()
    own.carry(document)
    about = released({**document, "id": notification()["id"]} if wrong == "no such message" else document, MARRIOTTS)
    if wrong == "another school":
        about["content"]["organisation"] = ACLAND
    if wrong == "recipient":
        about["caseOwner"] = MET
        assert own.carry(about, HERTS).line.rules == (Reason.NO_SUCH_CASE,)
        return
    assert own.carry(about).line.rules == (Reason.NO_SUCH_CASE,)


def test_a_copy_that_nobody_registered_could_have_signed_is_not_sent(own: World) -> None:
    document = notification()
    own.carry(document)
    case = own.memory.case(MET, document["case"])
    assert case is not None
    text = own.copies[copy_key(case, document["id"])]
    assert text is not None
    made = own.exchange
    made.take(Registry(one for one in own.registry if one.id != MET), own.home.signer(own.home.broker(), NIGHT))
    with pytest.raises(Refused) as refused:
        made.again(case, case.tellings[0], text, NIGHT)
    assert refused.value.reason is Reason.FORGED
