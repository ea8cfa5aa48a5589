"""Who may sign what, and until when: role keys, suppliers, suspension, revocation, rotation, clocks that run ahead."""

from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from broker import state
from broker.agency import Agency
from broker.errors import Reason, Refused
from broker.home import new_key
from broker.register import (
    REGISTRAR,
    Delegated,
    DelegationEnded,
    KeyAdded,
    KeyRevocation,
    KeyRevoked,
    PersonRevoked,
    Resumed,
    Suspended,
    registered,
)
from broker.registry import Delegation, KeyUse, Nation, Organisation, Status
from broker.schemas.catalogue import BY_TYPE
from broker.schemas.terms import PersonRole
from broker.sealing import Signer
from broker.state import LEEWAY, TellingState
from broker.statement import unb64
from broker.topics import inbox
from tests import foreign
from tests.personas import ACLAND, HERTS, MET, NIGHT, Json, follow_up, lead, notification, receipt, told
from tests.personas import withdrawal as withdrawn
from tests.world import World, incoming, make_home

SUPPLIER = "supplier:register-software"
ISSUED = notification()["type"]
RECEIPT = receipt(notification())["type"]


@pytest.fixture
def own(tmp_path: Path) -> World:
    """A world of one's own, whose registry a test may change."""
    return World(make_home(tmp_path))


def rules(world: World, document: Json, sender: str = MET) -> list[str]:
    carried = world.carry(document, sender)
    outcome = world.outcome(carried, sender)
    return [finding["rule"] for one in outcome["recipients"] for finding in one["findings"]]


def states(world: World, document: Json) -> list[TellingState]:
    case = world.memory.case(MET, document["case"])
    return [one.state for one in case.tellings] if case else []


# Role keys -----------------------------------------------------------------------------------------------------------


def signed_by(world: World, document: Json, sender: str, signer: Signer) -> Any:  # noqa: ANN401 - carried
    """The document, signed with whatever key a careless system takes."""
    careless = Agency(
        organisation=sender,
        registry=world.registry,
        keys=world.home.keys(sender),
        signer=signer,
        people=dict.fromkeys(PersonRole, signer),
    )
    return world.carry_record(incoming(careless.submit(document, world.now)))


def test_an_acknowledgement_counts_only_with_a_role_key_in_the_role_that_it_states(own: World) -> None:
    document = notification()
    own.carry(document)
    school = own.home.member(ACLAND)
    people, office = own.home.people(school, NIGHT), own.home.signer(school, NIGHT)
    by_office = signed_by(own, receipt(document), ACLAND, office)
    assert by_office.line.rules == (Reason.WRONG_ROLE,)
    as_somebody_else = signed_by(own, receipt(document), ACLAND, people[PersonRole.DEPUTY])
    assert as_somebody_else.line.rules == (Reason.WRONG_ROLE,)
    assert states(own, document) == [TellingState.SENT]
    assert signed_by(own, receipt(document, role="deputy"), ACLAND, people[PersonRole.DEPUTY]).line.status == "shared"
    assert states(own, document) == [TellingState.ACKNOWLEDGED]


def test_a_role_key_signs_nothing_else(own: World) -> None:
    duty = own.home.people(own.home.member(MET), NIGHT)[PersonRole.DUTY_DESK]
    assert signed_by(own, notification(), MET, duty).line.rules == (Reason.WRONG_ROLE,)


def test_an_agency_without_the_role_key_is_told_before_it_sends(own: World) -> None:
    member = own.home.member(ACLAND)
    keys, signer = own.home.keys(ACLAND), own.home.signer(member, NIGHT)
    office = Agency(organisation=ACLAND, registry=own.registry, keys=keys, signer=signer)
    with pytest.raises(Refused) as refused:
        office.submit(receipt(notification()), NIGHT)
    assert refused.value.reason is Reason.WRONG_ROLE


def test_a_revoked_role_holder_acknowledges_nothing(own: World) -> None:
    document = notification()
    own.carry(document)
    person = next(one for one in own.home.member(ACLAND).people if one.role is PersonRole.SAFEGUARDING_LEAD)
    answer = own.submit(receipt(document), ACLAND)
    own.home.declare(PersonRevoked(about=ACLAND, person=person.id), ACLAND, NIGHT)
    carried = own.carry_record(incoming(answer))
    assert carried.line.status == "held"
    assert states(own, document) == [TellingState.SENT]
    with pytest.raises(Refused):  # and its own system does not offer it any more
        own.submit(receipt(document), ACLAND)


# Suspension ----------------------------------------------------------------------------------------------------------


def test_a_suspended_sender_is_refused_until_it_is_resumed_and_may_send_the_same_again(own: World) -> None:
    sent = own.submit(notification())
    own.home.declare(Suspended(about=MET), REGISTRAR, NIGHT)
    assert own.carry_record(incoming(sent)).line.rules == (Reason.SUSPENDED,)
    own.home.declare(Resumed(about=MET), REGISTRAR, NIGHT)
    assert own.carry_record(incoming(sent)).line.status == "shared"


def test_a_suspended_recipient_is_a_hold_with_a_call_sheet(own: World) -> None:
    own.home.declare(Suspended(about=ACLAND), REGISTRAR, NIGHT)
    carried = own.carry(notification())
    (line,) = own.outcome(carried)["recipients"]
    assert [finding["rule"] for finding in line["findings"]] == ["ORG-1"]
    assert line["callSheet"]["telephone"]
    assert [out for out in carried.outgoing if out.topic == inbox(ACLAND)] == []


# Keys: rotation, expiry, revocation ----------------------------------------------------------------------------------


def test_a_rotation_loses_nothing_that_is_on_its_way(own: World) -> None:
    sent, to_school = own.submit(notification()), own.carry(notification())
    for organisation in (MET, ACLAND, own.home.broker().id):
        for use in KeyUse:
            key = own.home.new_key(organisation, use, NIGHT + timedelta(hours=1))
            own.home.declare(KeyAdded(about=organisation, key=key), organisation, NIGHT)
    own.now += timedelta(hours=1)
    assert own.carry_record(incoming(sent)).line.status == "shared"
    assert len(own.opened(to_school, ACLAND)) == 1
    fresh = own.carry(notification())
    assert fresh.line.status == "shared"
    newest = own.home.member(ACLAND).key(KeyUse.SEAL, own.now)
    assert newest is not None
    (delivery,) = (out for out in fresh.outgoing if out.topic == inbox(ACLAND))
    assert f'"kid":"{newest.kid}"'.encode() in unb64(delivery.value.decode().partition(".")[0])


def test_what_was_signed_while_its_key_was_valid_is_accepted_after_it_has_expired(own: World) -> None:
    own.now = NIGHT + timedelta(seconds=1)
    key = own.home.new_key(MET, KeyUse.SIGN, own.now, timedelta(hours=2))
    own.home.declare(KeyAdded(about=MET, key=key), MET, own.now)
    signer = own.home.signer(own.home.member(MET), own.now)
    assert signer.kid == key.kid
    sent = own.submit(notification())
    own.now += timedelta(hours=3)
    assert own.carry_record(incoming(sent)).line.status == "shared"
    assert signed_by(own, notification(), MET, signer).line.rules == (Reason.KEY_NOT_VALID,)


def revoke(world: World, organisation: str, use: KeyUse) -> str:
    kid = next(key.kid for key in world.home.member(organisation).keys if key.use is use)
    event = KeyRevoked(about=organisation, kid=kid, because=KeyRevocation.COMPROMISED)
    world.home.declare(event, REGISTRAR, NIGHT)
    return kid


def test_what_a_revoked_key_signed_is_held_whenever_it_says_that_it_was_signed(own: World) -> None:
    first = notification()
    own.carry(first)
    on_its_way = own.submit(notification())
    update, away = (own.submit(one) for one in (follow_up("notification-updated", first), withdrawn(first)))
    closing = own.submit(told(first, ACLAND))
    own.home.declare(KeyAdded(about=MET, key=own.home.new_key(MET, KeyUse.SIGN, NIGHT)), REGISTRAR, NIGHT)
    revoke(own, MET, KeyUse.SIGN)
    for one in (on_its_way, update, away):
        carried = own.carry_record(incoming(one))
        (line,) = own.outcome(carried)["recipients"]
        assert [finding["rule"] for finding in line["findings"]] == ["KEY-2"]
        assert carried.line.status == "held"
        assert [out.topic for out in carried.outgoing].count("held") == 1
        assert [out for out in carried.outgoing if out.topic == inbox(ACLAND)] == []
    case = own.memory.case(MET, first["case"])
    assert case is not None
    assert case.withdrawn == (), "a doubtful withdrawal withdraws nothing"
    assert case.tellings[0].state is TellingState.SENT
    duty = own.home.member(MET).people[0]
    own.home.declare(PersonRevoked(about=MET, person=duty.id), REGISTRAR, NIGHT)
    assert own.carry_record(incoming(closing)).line.rules == (Reason.KEY_REVOKED,), "nor does it close a hold"


def test_a_delivery_whose_sender_key_was_revoked_before_the_broker_said_so_is_refused(own: World) -> None:
    carried = own.carry(notification())
    assert len(own.opened(carried, ACLAND)) == 1
    revoke(own, MET, KeyUse.SIGN)
    with pytest.raises(Refused) as refused:
        own.opened(carried, ACLAND)
    assert refused.value.reason is Reason.KEY_REVOKED


def test_nothing_that_a_revoked_key_of_the_broker_signed_is_believed(own: World) -> None:
    carried = own.carry(notification())
    revoke(own, own.home.broker().id, KeyUse.SIGN)
    with pytest.raises(Refused) as refused:
        own.opened(carried, ACLAND)
    assert refused.value.reason is Reason.KEY_REVOKED


def test_nothing_is_sealed_to_a_revoked_key(own: World) -> None:
    revoke(own, ACLAND, KeyUse.SEAL)
    assert rules(own, notification()) == ["KEY-1"]


# Clocks that run ahead -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("ahead", "found"), [(LEEWAY, []), (LEEWAY + timedelta(seconds=1), ["FRESH-1"])])
def test_a_message_dated_in_the_future_is_held(world: World, ahead: timedelta, found: list[str]) -> None:
    document = notification()
    record = foreign.record(world, document, iat=int((NIGHT + ahead).timestamp()))
    carried = world.carry_record(record)
    (line,) = world.outcome(carried)["recipients"]
    assert [finding["rule"] for finding in line["findings"]] == found
    again = world.carry_record(record)
    assert again.line.status == "repeated"
    assert world.outcome(again) == world.outcome(carried)


def test_what_nobody_receives_is_refused_if_it_is_dated_in_the_future(world: World) -> None:
    document = notification(lead("school:100011"))
    world.carry(document)
    iat = int((NIGHT + timedelta(hours=1)).timestamp())
    carried = world.carry_record(foreign.record(world, told(document, "school:100011"), iat=iat))
    assert carried.line.rules == (Reason.FROM_THE_FUTURE,)


# Suppliers -----------------------------------------------------------------------------------------------------------


@dataclass
class Supplied:
    """A school that has a supplier, and the supplier's own key."""

    world: World
    signer: Signer

    def delegate(self, *flows: str, days: int = 30) -> str:
        code = "delegation-0123456789ab"
        until = NIGHT + timedelta(days=days)
        delegation = Delegation.model_validate(
            {"id": code, "supplier": SUPPLIER, "flows": flows, "notBefore": NIGHT, "notAfter": until}
        )
        self.world.home.declare(Delegated(about=ACLAND, delegation=delegation), ACLAND, NIGHT)
        return code

    def sends(self, document: Json) -> Any:  # noqa: ANN401 - carried
        agency = Agency(
            organisation=ACLAND, registry=self.world.registry, keys=self.world.home.keys(SUPPLIER), signer=self.signer
        )
        return self.world.carry_record(incoming(agency.submit(document, self.world.now)))


@pytest.fixture
def supplied(own: World) -> Supplied:
    (event,) = registered([Organisation(id=SUPPLIER, name="Register software", nation=Nation.ENGLAND)])
    own.home.declare(event, REGISTRAR, NIGHT)
    key = own.home.new_key(SUPPLIER, KeyUse.SIGN, NIGHT)
    own.home.declare(KeyAdded(about=SUPPLIER, key=key), REGISTRAR, NIGHT)
    return Supplied(own, own.home.signer(own.home.member(SUPPLIER), NIGHT))


def feedback(about: Json) -> Json:
    return {
        **receipt(about),
        "type": "uk.safeguarding.encompass.feedback-submitted.v1",
        "id": notification()["id"],
        "content": {"answers": about["id"], "usefulness": "useful"},
    }


FLOW = BY_TYPE["uk.safeguarding.encompass.feedback-submitted.v1"]


def test_a_supplier_signs_for_a_school_only_what_and_while_the_school_lets_it(supplied: Supplied) -> None:
    world = supplied.world
    document = notification()
    world.carry(document)
    answer = feedback(document)
    assert supplied.sends(answer).line.rules == (Reason.FORGED,), "no delegation yet"
    code = supplied.delegate(FLOW.type)
    assert supplied.sends(feedback(document)).line.status == "shared"
    world.home.declare(DelegationEnded(about=ACLAND, delegation=code), ACLAND, NIGHT)
    assert supplied.sends(feedback(document)).line.rules == (Reason.FORGED,)


@pytest.mark.parametrize("why", ["another flow", "expired", "supplier suspended"])
def test_a_supplier_without_a_current_delegation_for_that_type_is_nobody(supplied: Supplied, why: str) -> None:
    world = supplied.world
    document = notification()
    world.carry(document)
    supplied.delegate(ISSUED if why == "another flow" else FLOW.type, days=1)
    if why == "expired":
        world.now += timedelta(days=2)
    if why == "supplier suspended":
        world.home.declare(Suspended(about=SUPPLIER), REGISTRAR, NIGHT)
    suspended = why == "supplier suspended"
    expected = Reason.SUSPENDED if suspended else Reason.FORGED
    assert supplied.sends(feedback(document)).line.rules == (expected,)


def test_what_a_supplier_sent_is_read_after_its_delegation_has_ended(supplied: Supplied) -> None:
    world = supplied.world
    document = notification()
    world.carry(document)
    code = supplied.delegate(FLOW.type)
    sent = supplied.sends(feedback(document))
    world.home.declare(DelegationEnded(about=ACLAND, delegation=code), ACLAND, NIGHT + timedelta(seconds=1))
    (opened,) = [one for one in world.opened(sent, MET) if one.body["is"] == "delivery"]
    assert opened.content["usefulness"] == "useful"


def test_another_key_than_the_suppliers_own_is_nobodys(supplied: Supplied) -> None:
    supplied.delegate(FLOW.type)
    document = notification()
    supplied.world.carry(document)
    key, private = new_key(KeyUse.SIGN, NIGHT)
    stranger = replace(supplied, signer=Signer(ACLAND, key, private))
    assert stranger.sends(feedback(document)).line.rules == (Reason.FORGED,)


def test_a_supplier_never_signs_for_a_role_holder(supplied: Supplied) -> None:
    supplied.delegate(RECEIPT)
    document = notification()
    supplied.world.carry(document)
    assert signed_by(supplied.world, receipt(document), ACLAND, supplied.signer).line.rules == (Reason.WRONG_ROLE,)


def test_a_key_of_another_force_is_not_mine(own: World) -> None:
    herts = own.home.signer(own.home.member(HERTS), NIGHT)
    assert signed_by(own, notification(), MET, herts).line.rules == (Reason.FORGED,)


def test_a_key_that_is_made_is_valid_for_a_year_from_five_minutes_ago() -> None:
    key, _ = new_key(KeyUse.SIGN, NIGHT)
    assert (key.valid(NIGHT - LEEWAY), key.valid(NIGHT + timedelta(days=365))) == (True, False)


def test_an_id_that_was_forgotten_for_want_of_room_is_stale_and_acts_no_second_time(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(state, "MOST_SEEN", 2)
    first = incoming(world.submit(notification()))
    assert world.carry_record(first).line.status == "shared"
    for minutes in (10, 20):
        world.now = NIGHT + timedelta(minutes=minutes)
        world.carry(notification())
    world.memory.forget(world.now)
    assert world.carry_record(first).line.rules == (Reason.STALE,)
    assert world.carry(notification()).line.status == "shared"


def test_a_school_that_has_closed_is_a_hold_that_names_its_successor(own: World) -> None:
    closed = own.home.member(ACLAND).model_copy(
        update={"status": Status.CLOSED, "successors": ("school:100008",), "keys": (), "people": ()}
    )
    (event,) = registered([closed])
    own.home.declare(event, REGISTRAR, NIGHT)
    carried = own.carry(notification())
    (line,) = own.outcome(carried)["recipients"]
    assert [finding["rule"] for finding in line["findings"]] == ["ADR-2"]
    assert line["successors"] == ["school:100008"]
    assert line["callSheet"]["telephone"]
