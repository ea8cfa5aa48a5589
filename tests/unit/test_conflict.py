"""Conflict of interest (RD-7), the designated officer (CLK-LADO) and do-not-tell, through the whole procedure."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from broker import topics
from broker.cli import app
from broker.drafts import Carried
from broker.errors import Reason
from broker.judge import MOST_CONNECTIONS
from broker.registry import AlternateIs, Channel, KeyUse, Registry, Status
from broker.schemas.terms import Kind
from broker.sealing import unseal
from broker.show import console, outcome
from broker.state import Cabinet, Case, TellingState
from tests import foreign, personas
from tests.personas import (
    ACLAND,
    ARGYLE,
    BROKER,
    CAMDEN,
    GARRETT,
    HEATH,
    ISLINGTON,
    MARRIOTTS,
    MET,
    TEXT,
    Json,
    follow_up,
    incident,
    lead,
    notification,
    receipt,
    released,
    told,
    withdrawal,
)
from tests.world import World, make_home

ALTERNATE = "alternate:100053"
HARMER, VICTIM, OTHER = "alleged-perpetrator", "victim", "other"
CAPACITIES = ["works-there", "governs", "has-access", "head", "safeguarding-lead"]


def at(school: str = ACLAND, capacity: str = "works-there", part: str = HARMER, *, children: bool = True) -> Json:
    """One connection, as a sender states it."""
    return {"part": part, "organisation": school, "capacity": capacity, "worksWithChildren": children}


def of(*connections: Json, **content: Any) -> Json:  # noqa: ANN401 - JSON
    """The content of a notification that states them."""
    return incident(connections=list(connections), **content)


def officer(council: str = CAMDEN) -> Json:
    return {"organisation": council, "role": "designated-officer"}


def got(world: World, carried: Carried) -> dict[str, Json]:
    """Who can open what: organisation -> the broker's cover of its delivery. Tried with everybody's own keys."""
    everybody = [one.id for one in world.registry if one.kind is not Kind.BROKER and one.id != MET]
    opened = [(one, item.body) for one in everybody for item in world.opened(carried, one)]
    return {one: dict(body) for one, body in opened if body["is"] == "delivery"}


def recipients(world: World, carried: Carried, sender: str = MET) -> dict[str, Json]:
    return {one["organisation"]: one for one in world.outcome(carried, sender)["recipients"]}


def bitten(one: Json) -> list[str]:
    return [found["rule"] for found in one["findings"]]


def case_of(world: World, document: Json) -> Case:
    case = world.memory.case(document["caseOwner"], document["case"])
    assert case is not None
    return case


def tellings(world: World, document: Json) -> dict[tuple[str, str], TellingState]:
    return {(one.recipient, one.role.value): one.state for one in case_of(world, document).tellings}


def amend(world: World, monkeypatch: pytest.MonkeyPatch, organisation: str, **changes: Any) -> None:  # noqa: ANN401
    """Another entry of the registry, for the rest of the test."""
    changed = [one.model_copy(update=changes if one.id == organisation else {}) for one in world.registry]
    made = Registry(changed, papers=world.registry.papers)
    monkeypatch.setattr(World, "registry", property(lambda _: made))


def fired(world: World, **later: float) -> list[Json]:
    """Let time pass: the notices that fall due, as their sender opens them."""
    world.now += timedelta(**later)
    notices = []
    while due := world.memory.next_due(world.now):
        carried = world.exchange.fire(*due, world.now)
        world.memory.remember(*carried.remember)
        notices += [dict(one.body) for one in world.opened(carried, MET)]
    return notices


# Who is told ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("capacity", [one for one in CAPACITIES if one != "head"])
def test_where_the_alleged_perpetrator_is_at_the_setting_its_alternate_is_told_and_the_usual_desk_gets_nothing(
    world: World, capacity: str
) -> None:
    document = notification(content=of(at(capacity=capacity)))
    carried = world.carry(document)
    assert set(got(world, carried)) == {ALTERNATE}
    assert topics.inbox(ACLAND) not in {out.topic for out in carried.outgoing}
    one = recipients(world, carried)[ALTERNATE]
    assert (one["insteadOf"], one["outcome"], bitten(one)) == (ACLAND, "share-with-warning", ["RD-7"])
    assert tellings(world, document) == {
        (ALTERNATE, "alternate"): TellingState.SENT,
        (CAMDEN, "designated-officer"): TellingState.OWED,
    }


def test_the_alternate_verifies_the_senders_own_signature_and_sees_why_it_is_told(world: World) -> None:
    carried = world.carry(notification(lead(ACLAND), lead(HEATH), content=of(at())))
    (opened,) = world.opened(carried, ALTERNATE)
    assert opened.verified == ("broker", MET)
    assert [line["organisation"] for line in opened.to] == [ACLAND], "its own setting's line, and no other"
    assert opened.content["connections"] == [at()]
    assert (opened.body["role"], opened.body["due"]["at"]) == ("alternate", "2026-11-20T08:40+00:00")
    assert "instead of the usual safeguarding lead" in opened.body["note"]
    assert "designated officer within one working day" in opened.body["note"]
    (other,) = world.opened(carried, HEATH)
    assert "connections" not in other.content
    assert other.body["notShown"]["connections"] == "not-included", "its absence tells nothing"
    assert other.body["note"] == ""


def test_a_setting_cannot_tell_a_message_with_connections_from_one_without(world: World) -> None:
    """Of another setting, that is: at its own, the usual desk gets nothing at all."""
    plain, stated = (
        world.opened(world.carry(notification(lead(HEATH), content=content)), HEATH)[0]
        for content in (incident(), of(at(), at(part=VICTIM)))
    )
    assert plain.body["notShown"] == stated.body["notShown"]
    assert plain.content == stated.content
    assert len(plain.statement.split("~")) == len(stated.statement.split("~"))


@pytest.mark.parametrize("part", [VICTIM, OTHER])
@pytest.mark.parametrize("capacity", CAPACITIES)
def test_a_victim_stays_with_the_safeguarding_lead_unless_the_lead_is_the_victim_or_they_share_the_desk(
    world: World, part: str, capacity: str
) -> None:
    document = notification(content=of(at(capacity=capacity, part=part)))
    carried = world.carry(document)
    reads = capacity in ("has-access", "safeguarding-lead")
    assert set(got(world, carried)) == {ALTERNATE if reads else ACLAND}
    assert "owed" not in world.outcome(carried), "nobody reports a victim to the designated officer"
    assert TellingState.OWED not in tellings(world, document).values()
    if reads:
        assert "designated officer" not in got(world, carried)[ALTERNATE]["note"]


def test_only_the_setting_that_is_named_is_passed_by(world: World) -> None:
    carried = world.carry(notification(lead(ACLAND), lead(HEATH), content=of(at(GARRETT))))
    assert set(got(world, carried)) == {ACLAND, HEATH}


def test_a_connection_with_the_code_that_a_setting_had_before_counts(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    amend(world, monkeypatch, GARRETT, successors=(ACLAND,))
    assert set(got(world, world.carry(notification(content=of(at(GARRETT)))))) == {ALTERNATE}


def test_a_connection_with_the_alternates_own_entry_is_one_with_its_setting(world: World) -> None:
    assert set(got(world, world.carry(notification(content=of(at(ALTERNATE)))))) == {ALTERNATE}


def test_a_council_that_is_the_alternate_is_told_on_its_own_basis(world: World) -> None:
    document = notification(lead(ARGYLE), content=of(at(ARGYLE)))
    carried = world.carry(document)
    assert set(got(world, carried)) == {CAMDEN}
    (opened,) = world.opened(carried, CAMDEN)
    assert (opened.body["role"], opened.body["basis"]["recipient"]["code"]) == ("alternate-council", "LB-E2-LA")
    assert [line["organisation"] for line in opened.to] == [ARGYLE]
    assert "adultNames" not in opened.content, "it stands in for a setting, and sees what a setting sees"


def test_a_council_may_stand_in_for_two_settings_and_be_told_as_designated_officer_too(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    amend(world, monkeypatch, HEATH, alternate=CAMDEN, alternate_is=AlternateIs.COUNCIL)
    both = of(at(ARGYLE), at(HEATH))
    carried = world.carry(notification(lead(ARGYLE), lead(HEATH), officer(), content=both))
    opened = world.opened(carried, CAMDEN)
    assert [(one.body["role"], one.to[0]["organisation"]) for one in opened] == [
        ("alternate-council", ARGYLE),
        ("alternate-council", HEATH),
        ("designated-officer", CAMDEN),
    ]
    assert len({one.id for one in opened}) == 3


# Nobody can be told --------------------------------------------------------------------------------------------------

UNREACHED = [
    {"channel": Channel.NOT_CONNECTED},
    {"keys": "only to sign"},
    {"suspended": True},
    {"status": Status.CLOSED},
]


def is_held_and_the_councils_desk_is_on_the_sheet(world: World, carried: Carried, school: str) -> Json:
    assert got(world, carried) == {}
    one = recipients(world, carried)[school]
    assert (one["outcome"], bitten(one), one["findings"][0]["releasedBy"]) == ("hold", ["RD-7"], [])
    assert one["callSheet"]["ring"].startswith("Children's social care front door of London Borough of")
    assert "Do not ring the setting's usual desk" in one["findings"][0]["cure"]
    return one


@pytest.mark.parametrize("changes", UNREACHED, ids=str)
def test_an_alternate_that_cannot_be_reached_is_a_hold(
    world: World, monkeypatch: pytest.MonkeyPatch, changes: Json
) -> None:
    if "keys" in changes:
        changes = {"keys": tuple(key for key in world.home.member(ALTERNATE).keys if key.use is KeyUse.SIGN)}
    amend(world, monkeypatch, ALTERNATE, **changes)
    carried = world.carry(notification(content=of(at())))
    is_held_and_the_councils_desk_is_on_the_sheet(world, carried, ACLAND)


@pytest.mark.parametrize("who", [HARMER, VICTIM])
def test_an_alternate_who_is_in_it_too_is_a_hold(world: World, who: str) -> None:
    carried = world.carry(notification(content=of(at(), at(capacity="head", part=who))))
    is_held_and_the_councils_desk_is_on_the_sheet(world, carried, ACLAND)


@pytest.mark.parametrize(
    ("alternate", "capacity", "held"),
    [
        (AlternateIs.HEADTEACHER, "head", True),
        (AlternateIs.HEADTEACHER, "governs", False),
        (AlternateIs.CHAIR_OF_GOVERNORS, "governs", True),
        (AlternateIs.CHAIR_OF_GOVERNORS, "head", False),
        (AlternateIs.PROPRIETOR, "governs", True),
    ],
)
def test_whether_an_alternate_is_in_it_goes_by_the_capacity(
    world: World, monkeypatch: pytest.MonkeyPatch, alternate: AlternateIs, capacity: str, *, held: bool
) -> None:
    amend(world, monkeypatch, ACLAND, alternate_is=alternate)
    carried = world.carry(notification(content=of(at(capacity=capacity))))
    assert (carried.line.status == "held") is held


def test_a_council_that_is_the_alternate_is_in_it_if_the_alleged_perpetrator_is_there(world: World) -> None:
    carried = world.carry(notification(lead(ARGYLE), content=of(at(ARGYLE), at(CAMDEN))))
    assert got(world, carried) == {}
    assert bitten(recipients(world, carried)[ARGYLE]) == ["RD-7"]


def test_no_alternate_is_a_hold_that_nobody_can_let_go_to_the_usual_desk(world: World) -> None:
    document = notification(lead(HEATH), content=of(at(HEATH)))
    is_held_and_the_councils_desk_is_on_the_sheet(world, world.carry(document), HEATH)
    for how in ("release", "break-glass"):
        world.now += timedelta(minutes=1)
        world.carry(released(document, HEATH, how))
        (again,) = world.send_again()
        is_held_and_the_councils_desk_is_on_the_sheet(world, again, HEATH)
    world.now += timedelta(minutes=1)
    assert [got(world, one) for one in world.send_again(HEATH)] == [{}], "nor by asking to be sent it again"
    world.carry(told(document, HEATH))
    assert tellings(world, document)[HEATH, "safeguarding-lead"] is TellingState.TOLD


def test_a_setting_without_a_council_on_file_is_not_rung_at_its_usual_desk_all_the_same(world: World) -> None:
    carried = world.carry(notification(lead(MARRIOTTS), content=of(at(MARRIOTTS))))
    sheet = recipients(world, carried)[MARRIOTTS]["callSheet"]
    assert sheet["ring"].startswith("not its usual desk")
    assert sheet["telephone"] is None


def test_a_usual_desk_that_could_not_be_reached_is_not_what_is_complained_of(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A finding about the desk would make somebody ring it."""
    amend(world, monkeypatch, HEATH, channel=Channel.NOT_CONNECTED, keys=(), suspended=True, status=Status.CLOSED)
    carried = world.carry(notification(lead(HEATH), content=of(at(HEATH))))
    assert bitten(recipients(world, carried)[HEATH]) == ["RD-7"]


def test_an_unknown_setting_has_no_alternate(world: World) -> None:
    unknown = "school:199999"
    carried = world.carry(notification(lead(unknown), content=of(at(unknown))))
    assert {"ADR-1", "RD-7"} <= set(bitten(recipients(world, carried)[unknown]))


def test_once_an_alternate_is_declared_the_hold_is_let_go_to_it(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    document = notification(lead(HEATH), content=of(at(HEATH)))
    world.carry(document)
    amend(world, monkeypatch, HEATH, alternate=CAMDEN, alternate_is=AlternateIs.COUNCIL)
    world.now += timedelta(minutes=1)
    world.carry(released(document, HEATH))
    (again,) = world.send_again()
    assert set(got(world, again)) == {CAMDEN}
    assert tellings(world, document)[CAMDEN, "alternate-council"] is TellingState.SENT
    assert (HEATH, "safeguarding-lead") not in tellings(world, document)


@pytest.mark.parametrize("how", ["overdue", "in vain"])
def test_no_notice_sends_anybody_to_ring_the_usual_desk(world: World, how: str) -> None:
    document = notification(lead(HEATH), content=of(at(HEATH, children=False)))
    world.carry(document)
    if how == "overdue":
        (notice,) = fired(world, days=1)
    else:
        case = case_of(world, document)
        failed = world.exchange.again_failed(case, case.tellings[0], world.now)
        (notice,) = (dict(one.body) for one in world.opened(failed, MET))
    assert notice["cure"].startswith("Do not ring its usual desk")


def test_an_alternate_is_told_only_in_place_of_a_lead(world: World) -> None:
    line = {**lead(ACLAND), "organisation": ALTERNATE, "role": "alternate"}
    carried = world.carry(notification(line))
    assert bitten(recipients(world, carried)[ALTERNATE])[0] == "GW-E1"


def test_a_protected_place_protects_itself_from_the_alternate_too(world: World) -> None:
    content = of(at(), addressHandling="refuge", settingSafetyCondition="Ring 020 7946 0902 at 1 Example Row.")
    carried = world.carry(notification(content=content))
    assert got(world, carried) == {}
    one = recipients(world, carried)[ALTERNATE]
    assert bitten(one) == ["RD-2-TEXT", "RD-7"]
    assert one["callSheet"]["ring"] == "Headteacher's office"


# What follows --------------------------------------------------------------------------------------------------------


def test_what_follows_goes_to_the_alternate_through_the_ledger(world: World) -> None:
    document = notification(content=of(at()))
    world.carry(document)
    for later in (
        follow_up("notification-updated", document, referralMade=True),
        follow_up("notification-corrected", document, givenNames="Robin"),
        withdrawal(document),
    ):
        carried = world.carry(later)
        assert set(got(world, carried)) == {ALTERNATE}
        assert recipients(world, carried)[ALTERNATE]["insteadOf"] == ACLAND


@pytest.mark.parametrize("name", ["notification-updated", "notification-corrected"])
def test_a_connection_that_is_stated_later_turns_what_follows_to_the_alternate(world: World, name: str) -> None:
    document = notification(lead(ACLAND), lead(HEATH))
    assert set(got(world, world.carry(document))) == {ACLAND, HEATH}
    first = world.carry(follow_up(name, document, connections=[at()], referralMade=True))
    assert set(got(world, first)) == {ALTERNATE, HEATH}
    cure = recipients(world, first)[ALTERNATE]["findings"][0]["cure"]
    assert "has not had what its usual desk was told before" in cure
    second = world.carry(follow_up("notification-updated", document, referralMade=True))
    assert set(got(world, second)) == {ALTERNATE, HEATH}, "remembered, and told once"
    assert set(got(world, world.carry(withdrawal(document)))) == {ALTERNATE, HEATH}


def test_an_update_of_nothing_but_a_connection_is_for_the_alternate_alone(world: World) -> None:
    document = notification(lead(ACLAND), lead(HEATH))
    world.carry(document)
    carried = world.carry(follow_up("notification-updated", document, connections=[at()]))
    assert set(got(world, carried)) == {ALTERNATE}
    assert bitten(recipients(world, carried)[HEATH]) == ["PR-02"]


def test_what_the_usual_desk_has_not_answered_is_not_sent_to_it_again(world: World) -> None:
    document = notification()
    world.carry(document)
    world.carry(follow_up("notification-updated", document, connections=[at()]))
    world.now += timedelta(minutes=1)
    again = world.send_again(ACLAND)
    assert [set(got(world, one)) for one in again] == [{ALTERNATE}]
    assert (ACLAND, "safeguarding-lead") not in tellings(world, document)
    assert [one["cure"][:30] for one in fired(world, hours=12)] != []


def test_a_desk_that_has_not_answered_is_not_rung_once_a_connection_is_known(world: World) -> None:
    document = notification()
    world.carry(document)
    world.carry(follow_up("notification-updated", document, connections=[at(children=False)]))
    notices = {one["organisation"]: one["cure"] for one in fired(world, days=1)}
    assert notices[ACLAND].startswith("Do not ring its usual desk")
    assert notices[ALTERNATE].startswith("Telephone the recipient's desk")


def test_an_alternate_that_lost_its_key_is_sent_it_again_for_the_same_setting(world: World) -> None:
    document = notification(content=of(at()))
    first = world.carry(document)
    world.now += timedelta(minutes=1)
    (again,) = world.send_again(ALTERNATE)
    (was,), (now,) = world.opened(first, ALTERNATE), world.opened(again, ALTERNATE)
    assert (now.content, now.to, now.body["role"]) == (was.content, was.to, "alternate")
    telling = next(one for one in case_of(world, document).tellings if one.recipient == ALTERNATE)
    assert (telling.instead_of, telling.state) == (ACLAND, TellingState.SENT)


def test_a_correction_that_takes_a_connection_back_turns_what_follows_to_the_usual_desk_again(world: World) -> None:
    document = notification()
    world.carry(document)
    world.carry(follow_up("notification-updated", document, connections=[at()], referralMade=True))
    assert tellings(world, document)[CAMDEN, "designated-officer"] is TellingState.OWED
    taken_back = follow_up("notification-corrected", document, connections=[], givenNames="Robin")
    assert set(got(world, world.carry(taken_back))) == {ACLAND, ALTERNATE}
    assert tellings(world, document)[CAMDEN, "designated-officer"] is TellingState.WITHDRAWN


def test_a_new_connection_may_rule_out_the_alternate_that_was_told(world: World) -> None:
    document = notification(content=of(at()))
    world.carry(document)
    later = world.carry(
        follow_up("notification-updated", document, connections=[at(capacity="head")], referralMade=True)
    )
    assert got(world, later) == {}
    one = recipients(world, later)[ALTERNATE]
    assert (bitten(one), one["outcome"]) == (["RD-7"], "hold")
    assert one["callSheet"]["ring"].startswith("Children's social care front door")


def test_the_alternate_answers_and_gives_feedback_as_its_setting(world: World) -> None:
    document = notification(content=of(at()))
    world.carry(document)
    assert world.carry(receipt(document, role="headteacher"), ALTERNATE).line.status == "shared"
    assert tellings(world, document)[ALTERNATE, "alternate"] is TellingState.ACKNOWLEDGED
    nobodys = world.carry_record(foreign.record(world, receipt(document), ACLAND))
    assert world.outcome(nobodys, ACLAND)["refused"]["code"] == Reason.NO_SUCH_CASE, "the usual desk learns nothing"


def test_what_is_remembered_of_connections_survives_a_restart(world: World) -> None:
    document = notification(content=of(at(), doNotTellOrganisations=[HEATH]))
    world.carry(document)
    case, restored = case_of(world, document), Cabinet()
    for key, value in Cabinet().remember(case):
        restored.restore(key, value)
    assert restored.case(MET, document["case"]) == case
    assert case.not_told == (HEATH,)
    assert [one.organisation for one in case.connections] == [ACLAND]


# At a council or a force ---------------------------------------------------------------------------------------------


def test_where_the_alleged_perpetrator_is_at_the_council_a_human_agrees_who_opens_it(world: World) -> None:
    document = personas.referral(connections=[at(CAMDEN, children=False)])
    carried = world.carry(document, personas.CHARITY)
    one = recipients(world, carried, personas.CHARITY)[CAMDEN]
    assert (one["outcome"], bitten(one)) == ("hold", ["RD-7-STAFF"])
    assert one["findings"][0]["releasedBy"] == ["break-glass", "release"]
    other = world.carry(personas.referral(connections=[at(CAMDEN, part=VICTIM)]), personas.CHARITY)
    assert set(got(world, other)) == {CAMDEN}


# The designated officer ----------------------------------------------------------------------------------------------


def test_the_sender_owes_the_designated_officer_whom_it_did_not_address(world: World) -> None:
    document = notification(lead(HEATH), content=of(at()))
    (owed,) = world.outcome(world.carry(document))["owed"]
    assert (owed["organisation"], owed["role"], owed["kind"]) == (CAMDEN, "designated-officer", "guidance")
    assert owed["due"] == "2026-11-20T17:00+00:00", "one working day from when the police knew"
    assert "within one working day [S1 para 264]" in owed["cure"]
    notices = fired(world, days=1)
    (notice,) = [one for one in notices if one["state"] == "owed"]
    assert (notice["organisation"], notice["kind"]) == (CAMDEN, "guidance")
    assert notice["cure"].startswith("Nobody has told the designated officer.")
    assert fired(world, days=1) == [], "it fires once"


@pytest.mark.parametrize(
    "connection",
    [at(part=VICTIM), at(part=OTHER), at(children=False)],
    ids=["a victim", "another adult", "works with no children"],
)
def test_nothing_is_owed_and_nobody_is_reported_unless_a_harmer_works_with_children(
    world: World, connection: Json
) -> None:
    document = notification(lead(HEATH), officer(), content=of(connection))
    carried = world.carry(document)
    assert set(got(world, carried)) == {HEATH}
    assert (recipients(world, carried)[CAMDEN]["outcome"], bitten(recipients(world, carried)[CAMDEN])) == (
        "refuse",
        ["RD-7-DO"],
    )
    assert "owed" not in world.outcome(carried)


def test_urgency_makes_no_report_of_a_victim(world: World) -> None:
    carried = world.carry(notification(officer()))
    assert recipients(world, carried)[CAMDEN]["outcome"] == "refuse"


def test_the_designated_officer_sees_who_is_alleged_to_have_done_what_where_and_not_where_the_child_lives(
    world: World,
) -> None:
    document = notification(lead(ACLAND), officer(), content=of(at(), childInjurySupport="wears a sling"))
    carried = world.carry(document)
    assert "owed" not in world.outcome(carried)
    (opened,) = world.opened(carried, CAMDEN)
    assert {"connections", "adultNames", "adults", "givenNames"} <= set(opened.content)
    hidden = {"homeAddress", "childVoice", "childInjurySupport", "residenceForce", "incidentRef", "addressHandling"}
    assert not hidden & set(opened.content)
    due = opened.body["due"]
    assert (due["clock"], due["kind"], due["at"]) == ("CLK-LADO", "guidance", "2026-11-20T17:00+00:00")
    assert opened.body["basis"]["sender"]["code"] == "LB-E2"
    answered = receipt(document, role="designated-officer") | {"basis": "LB-E2-LA"}
    assert world.carry(answered, CAMDEN).line.status == "shared"
    later = world.carry(follow_up("notification-updated", document, attendedAt="2026-11-19T22:00:00Z"))
    assert set(got(world, later)) == {ALTERNATE, CAMDEN}


def test_a_message_in_the_case_to_the_designated_officer_is_what_was_owed(world: World) -> None:
    document = notification(content=of(at()))
    world.carry(document)
    told_now = notification(officer(), content=of(at()), case=document["case"])
    outcome = world.outcome(world.carry(told_now))
    assert outcome["settled"] == [{"message": document["id"], "organisation": CAMDEN, "state": "withdrawn"}]
    assert "owed" not in outcome
    states = [one.state for one in case_of(world, document).tellings if one.recipient == CAMDEN]
    assert states == [TellingState.WITHDRAWN, TellingState.SENT]


def test_what_is_owed_is_closed_by_a_telephone_call_and_owed_once(world: World) -> None:
    document = notification(content=of(at(), at(GARRETT)))
    owed = world.outcome(world.carry(document))["owed"]
    assert [one["organisation"] for one in owed] == [CAMDEN, ISLINGTON], "by where each employer is"
    again = world.carry(notification(lead(HEATH), content=of(at()), case=document["case"]))
    assert "owed" not in world.outcome(again)
    settled = world.outcome(world.carry(told(document, CAMDEN)))["settled"]
    assert settled == [{"message": document["id"], "organisation": CAMDEN, "state": "told-by-other-channel"}]
    assert tellings(world, document)[CAMDEN, "designated-officer"] is TellingState.TOLD
    assert "owed" not in world.outcome(world.carry(notification(lead(HEATH), content=of(at()), case=document["case"])))


def test_a_designated_officer_for_whom_it_is_held_is_told_once_it_is_let_go(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = notification(content=of(at()))
    world.carry(document)
    amend(world, monkeypatch, CAMDEN, channel=Channel.NOT_CONNECTED)
    held = notification(officer(), content=of(at()), case=document["case"])
    world.carry(held)
    states = [one.state for one in case_of(world, document).tellings if one.recipient == CAMDEN]
    assert states == [TellingState.OWED, TellingState.HELD]
    amend(world, monkeypatch, CAMDEN, channel=Channel.DIRECT)
    world.now += timedelta(minutes=1)
    world.carry(released(held, CAMDEN))
    world.send_again()
    states = [one.state for one in case_of(world, document).tellings if one.recipient == CAMDEN]
    assert states == [TellingState.WITHDRAWN, TellingState.SENT]


def test_an_employer_whose_council_is_not_on_file_is_named_itself_for_a_human_to_find_out(world: World) -> None:
    for employer in (MARRIOTTS, "school:199999"):
        (owed,) = world.outcome(world.carry(notification(content=of(at(employer)))))["owed"]
        assert owed["organisation"] == employer
    (owed,) = world.outcome(world.carry(notification(content=of(at(ISLINGTON)))))["owed"]
    assert owed["organisation"] == ISLINGTON, "a council that is the employer has a designated officer of its own"


def test_only_police_and_the_employer_itself_owe_it(world: World) -> None:
    charitys = world.carry(personas.referral(connections=[at()]), personas.CHARITY)
    assert "owed" not in world.outcome(charitys, personas.CHARITY)
    for employer, owes in ((ACLAND, True), (GARRETT, False)):
        referred = personas.referral(sender=ACLAND, basis="LB-W1", connections=[at(employer)])
        assert ("owed" in world.outcome(world.carry(referred, ACLAND), ACLAND)) is owes


def test_nothing_is_owed_on_the_word_of_somebody_who_may_be_somebody_else(world: World) -> None:
    document = notification(content=of(at()))
    ahead = int((world.now + timedelta(hours=1)).timestamp())
    carried = world.carry_record(foreign.record(world, document, iat=ahead))
    assert "owed" not in world.outcome(carried)
    assert case_of(world, document).connections == ()


def test_what_is_owed_ends_with_the_withdrawal_of_what_it_was_about(world: World) -> None:
    document = notification(content=of(at()))
    world.carry(document)
    world.carry(withdrawal(document))
    assert tellings(world, document)[CAMDEN, "designated-officer"] is TellingState.WITHDRAWN


def test_no_copy_is_kept_of_a_message_for_what_is_only_owed(world: World) -> None:
    document = notification(content=of(at()))
    world.carry(document)
    world.carry(receipt(document, role="headteacher"), ALTERNATE)
    assert case_of(world, document).open
    assert case_of(world, document).unanswered == frozenset()
    assert list(world.copies.values()) == [None]


# Do-not-tell ---------------------------------------------------------------------------------------------------------


def test_a_setting_is_told_whom_not_to_tell_by_relation_and_also_where_a_place_is_protected(world: World) -> None:
    said = [{"who": "father", "of": "both"}, {"who": "mother's former partner", "of": "where-the-child-is"}]
    for handling in ("open", "refuge"):
        carried = world.carry(notification(content=incident(doNotTell=said, addressHandling=handling)))
        (opened,) = world.opened(carried, ACLAND)
        assert opened.content["doNotTell"] == said


def test_an_organisation_that_must_not_be_told_gets_nothing_now_or_later(world: World) -> None:
    document = notification(lead(ACLAND), lead(HEATH), content=incident(doNotTellOrganisations=[HEATH]))
    carried = world.carry(document)
    assert set(got(world, carried)) == {ACLAND}
    one = recipients(world, carried)[HEATH]
    assert (one["outcome"], bitten(one)) == ("hold", ["RD-DNT"])
    assert one["callSheet"]["ring"] == "nobody there: you have said that it must not be told"
    (opened,) = world.opened(carried, ACLAND)
    assert "doNotTellOrganisations" not in opened.content
    assert opened.body["notShown"]["doNotTellOrganisations"] == "not-included"
    named_later = world.carry(notification(lead(HEATH), case=document["case"]))
    assert bitten(recipients(world, named_later)[HEATH]) == ["RD-DNT"], "remembered in the case"
    assert all(
        notice["cure"].startswith("Do not ring") for notice in fired(world, days=1) if notice["organisation"] == HEATH
    )


def test_one_that_was_told_before_gets_no_more(world: World) -> None:
    document = notification(lead(ACLAND), lead(HEATH))
    world.carry(document)
    later = follow_up("notification-updated", document, doNotTellOrganisations=[HEATH], referralMade=True)
    assert set(got(world, world.carry(later))) == {ACLAND}
    assert set(got(world, world.carry(withdrawal(document)))) == {ACLAND}


def test_nor_does_its_alternate_or_the_alternate_of_one_that_must_not(world: World) -> None:
    for barred in (ACLAND, ALTERNATE):
        carried = world.carry(notification(content=of(at(), doNotTellOrganisations=[barred])))
        assert got(world, carried) == {}
        assert "RD-DNT" in bitten(recipients(world, carried)[ALTERNATE])


def test_the_senders_human_decides_and_then_what_else_is_in_the_way_counts(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = notification(lead(HEATH), content=incident(doNotTellOrganisations=[HEATH]))
    world.carry(document)
    amend(world, monkeypatch, HEATH, channel=Channel.NOT_CONNECTED)
    world.now += timedelta(minutes=1)
    world.carry(released(document, HEATH))
    (again,) = world.send_again()
    assert bitten(recipients(world, again)[HEATH]) == ["RD-DNT", "CHN-1"]
    amend(world, monkeypatch, HEATH, channel=Channel.MAILBOX)
    world.now += timedelta(minutes=1)
    world.carry(released(document, HEATH))
    (again,) = world.send_again()
    assert set(got(world, again)) == {HEATH}


def test_a_correction_takes_it_back(world: World) -> None:
    document = notification(lead(ACLAND), lead(HEATH))
    world.carry(document)
    world.carry(follow_up("notification-updated", document, doNotTellOrganisations=[HEATH], referralMade=True))
    world.carry(follow_up("notification-corrected", document, doNotTellOrganisations=[], givenNames="Robin"))
    later = world.carry(follow_up("notification-updated", document, referralMade=True))
    assert set(got(world, later)) == {ACLAND, HEATH}


def test_an_answer_always_reaches_whoever_asked(world: World) -> None:
    document = notification(content=incident(doNotTellOrganisations=[MET]))
    world.carry(document)
    assert world.carry(receipt(document), ACLAND).line.status == "shared"


# Words of the document -----------------------------------------------------------------------------------------------

TWO = [
    {"adultRef": "adult-1", "role": "victim", "relation": "mother"},
    {"adultRef": "adult-2", "role": "alleged-perpetrator", "relation": "father"},
]


@pytest.mark.parametrize(
    ("content", "good"),
    [
        ({"connections": [{**at(), "adultRef": "adult-2"}]}, True),
        ({"connections": [{**at(part=VICTIM), "adultRef": "adult-1"}]}, True),
        ({"connections": [{**at(), "adultRef": "adult-1"}]}, False),  # a victim is not turned into a harmer
        ({"connections": [{**at(), "adultRef": "adult-3"}]}, False),
        ({"connections": [{**at(), "adultRef": "adult-2"}], "adults": None}, False),
        ({"connections": [at()], "adults": None}, True),
        ({"connections": [{**at(), "capacity": "parent"}]}, False),
        ({"connections": [{**at(), "name": "Zqname"}]}, False),
        ({"connections": [at()] * 10}, False),
        ({"doNotTell": [{"who": "adult-2", "of": "both"}]}, True),
        ({"doNotTell": [{"who": "adult-4", "of": "both"}]}, False),
        ({"doNotTell": [{"who": "Zqname", "of": "both"}]}, False),  # never a name
        ({"doNotTell": []}, False),
        ({"doNotTellOrganisations": ["Zqname"]}, False),
    ],
    ids=str,
)
def test_what_may_be_said_of_connections(world: World, content: Json, *, good: bool) -> None:
    given = {name: value for name, value in {**incident(adults=TWO), **content}.items() if value is not None}
    carried = world.carry_record(foreign.record(world, notification(content=given)))
    outcome = world.outcome(carried)
    assert (outcome["status"] != "refused") is good
    assert "Zqname" not in str(outcome)


def test_a_follow_up_may_point_to_an_adult_of_the_first_message(world: World) -> None:
    document = notification(content=incident(adults=TWO))
    world.carry(document)
    later = follow_up("notification-updated", document, connections=[{**at(), "adultRef": "adult-2"}])
    assert set(got(world, world.carry(later))) == {ALTERNATE}


def test_nothing_of_a_conflict_is_in_the_open(world: World) -> None:
    carried = world.carry(notification(content=of(at(capacity="has-access"))))
    in_front = b"".join(part for out in carried.outgoing for part in (out.key, *(value for _, value in out.headers)))
    sealed = b"".join(out.value for out in carried.outgoing)
    for word in (b"has-access", b"alleged", ACLAND.encode()):
        assert word not in in_front + sealed
    assert b"RD-7" not in in_front  # four characters may stand in ciphertext by chance
    (kept,) = (out for out in carried.outgoing if out.topic == topics.AUDIT)
    assert b"alleged-perpetrator" not in str(unseal(kept.value, world.home.keys(BROKER))).encode()


# How it looks to people ----------------------------------------------------------------------------------------------


def test_people_read_who_is_told_instead_whom_not_to_ring_and_what_is_owed(world: World) -> None:
    def shown(carried: Carried) -> str:
        out = console()
        with out.capture() as captured:
            out.print(outcome(world.outcome(carried), world.registry))
        return " ".join(captured.get().replace("│", " ").split())

    told_instead = shown(world.carry(notification(content=of(at()))))
    for part in (
        "instead of the usual safeguarding lead of Acland Burghley School (school:100053), who is not told",
        "owed to London Borough of Camden, children's social care (la:E09000007), designated-officer",
        "(guidance)",
    ):
        assert part in told_instead
    held = shown(world.carry(notification(lead(MARRIOTTS), content=of(at(MARRIOTTS)))))
    assert "not its usual desk: ring the council in whose area the setting is (owner" in held
    assert "None" not in held


def test_the_command_declares_an_alternate_and_shows_it(tmp_path: Path) -> None:
    helped = CliRunner().invoke(app, ["org", "alternate", "--help"], env={"COLUMNS": "200"}).stdout
    assert "conflict of interest (RD-7)" in helped
    assert "Only the registry desk can" in helped
    home = make_home(tmp_path / "home")
    said = CliRunner().invoke(app, ["org", "show", ACLAND, "--home", str(home.path)], env={"COLUMNS": "200"}).stdout
    assert f"{ALTERNATE} (headteacher)" in said


def test_an_alternate_who_turns_out_to_be_in_it_is_not_rung_either(world: World) -> None:
    document = notification(content=of(at(children=False)))
    world.carry(document)
    head = at(capacity="head", children=False)
    world.carry(follow_up("notification-updated", document, connections=[head], referralMade=True))
    cures = [one["cure"] for one in fired(world, days=1) if one["organisation"] == ALTERNATE]
    assert len(cures) == 2
    assert all(cure.startswith("Do not ring its usual desk") for cure in cures)


def test_nor_is_the_alternate_of_a_setting_that_must_not_be_told(world: World) -> None:
    document = notification(content=of(at(children=False), doNotTellOrganisations=[ACLAND]))
    world.carry(document)
    (notice,) = fired(world, days=1)
    assert (notice["organisation"], notice["cure"][:26]) == (ALTERNATE, "Do not ring its usual desk")


@pytest.mark.parametrize("field", ["connections", "doNotTellOrganisations"])
def test_a_case_remembers_so_much_of_whom_not_to_tell_and_no_more(world: World, field: str) -> None:
    document = notification()
    world.carry(document)
    for batch in range(MOST_CONNECTIONS // 9 + 2):
        schools = [f"school:{100100 + batch * 9 + one}" for one in range(9)]
        said: Json = {field: [at(one) for one in schools] if field == "connections" else schools}
        last = world.carry(follow_up("notification-updated", document, **said, referralMade=True))
        assert (last.line.rules == (Reason.CASE_FULL,)) is (batch * 9 + 9 > MOST_CONNECTIONS)
    nothing: Json = {field: []}
    taken_back = follow_up("notification-corrected", document, **nothing, givenNames="Robin")
    assert world.carry(taken_back).line.status == "shared"
    assert world.carry(withdrawal(document)).line.status == "shared"


# Free text, which follows --------------------------------------------------------------------------------------------


def test_the_free_text_follows_to_the_alternate_and_names_its_setting(world: World) -> None:
    document = notification(content=of(at(), **TEXT))
    read = world.read(world.carry(document))
    assert set(got(world, read)) == {ALTERNATE}
    (opened,) = world.opened(read, ALTERNATE)
    assert "circumstances" in opened.content
    assert [line["organisation"] for line in opened.to] == [ACLAND]


def test_free_text_that_is_read_when_a_connection_is_known_goes_to_the_alternate_with_all_the_rest(
    world: World,
) -> None:
    document = notification(content=incident(**TEXT))
    first = world.carry(document)
    assert set(got(world, first)) == {ACLAND}
    world.carry(follow_up("notification-updated", document, connections=[at()]))
    read = world.read(first)
    assert set(got(world, read)) == {ALTERNATE}
    (opened,) = world.opened(read, ALTERNATE)
    assert {"givenNames", "adults", "circumstances"} <= set(opened.content), "it has had nothing of it before"
    held = [one for one in case_of(world, document).tellings if one.recipient == ACLAND]
    assert [one.state for one in held] == [TellingState.SENT], "what the usual desk was told before it was known"


def test_free_text_is_held_where_nobody_at_the_setting_can_be_told_any_more(world: World) -> None:
    document = notification(lead(HEATH), content=incident(**TEXT))
    first = world.carry(document)
    world.carry(follow_up("notification-updated", document, connections=[at(HEATH)], referralMade=True))
    assert got(world, world.read(first)) == {}
