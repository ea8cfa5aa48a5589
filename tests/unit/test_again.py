"""Deciding anew: a recipient that lost its key, a supplier that changed, a hold that the sender's human lets go."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import AsyncMock

import pytest
from aiokafka import TopicPartition

from broker.agency import Agency
from broker.connection import Connection
from broker.consent.decide import decide
from broker.consent.law.policy import POLICY
from broker.consent.rules import RULES
from broker.drafts import Carried
from broker.errors import Reason, Refused
from broker.exchange import Exchange
from broker.home import ROLES
from broker.loop import Loop, Owner
from broker.register import (
    REGISTRAR,
    KeyAdded,
    KeyRevocation,
    KeyRevoked,
    PersonAdded,
    ResendAsked,
    Resumed,
    Suspended,
)
from broker.registry import KeyUse, Registry
from broker.schemas import hold_refused, hold_released
from broker.schemas.claims import Claim, Urgency
from broker.schemas.encompass import FAMILY
from broker.schemas.message import Flow
from broker.schemas.terms import Outcome, PersonRole, Release, Scope
from broker.sealing import unseal
from broker.state import StateSeal, TellingState
from broker.topics import AUDIT, HELD, inbox
from broker.written import copy_key
from tests.personas import (
    ACLAND,
    ARGYLE,
    BROKER,
    BROOKFIELD,
    CAMDEN,
    HERTS,
    HERTS_AREA,
    MARRIOTTS,
    MET,
    NIGHT,
    Json,
    incident,
    lead,
    not_shared,
    notification,
    receipt,
    released,
    told,
    withdrawal,
)
from tests.rule_cases import Case
from tests.rule_cases.every import CASES
from tests.world import World, incoming, make_home

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


def kept_by_the_broker(world: World, carried: Carried) -> Json:
    """Its audit record of what it did."""
    (record,) = (out for out in carried.outgoing if out.topic == AUDIT)
    return dict(unseal(record.value, world.home.keys(BROKER)))


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


def urgent(world: World) -> World:
    """The same world under a policy in which what police tell a school is urgent."""

    class Urgent(World):
        @property
        def exchange(self) -> Exchange:
            rows = [
                replace(one, claim=Claim(urgency=Urgency.URGENT).over(one.claim)) if one.code == "LB-E1" else one
                for one in POLICY.bases
            ]
            broker = self.home.broker()
            keys, signer = self.home.keys(broker.id), self.home.signer(broker, self.now)
            policy = replace(POLICY, bases=tuple(rows))
            return Exchange(registry=self.registry, policy=policy, keys=keys, signer=signer)

    return Urgent(world.home)


GROWN_UP = incident(dateOfBirth="2008-11-19")


def test_a_curable_refusal_of_an_urgent_message_is_held_and_broken_through_and_flagged_for_review(own: World) -> None:
    document = notification(content=GROWN_UP)
    assert own.carry(document).line.status == "refused", "if it is not urgent"
    hasty = urgent(own)
    held = hasty.carry(document := notification(content=GROWN_UP))
    (finding,) = hasty.outcome(held)["recipients"][0]["findings"]
    assert (finding["rule"], finding["outcome"], finding["releasedBy"]) == ("ENC-18", "hold", ["break-glass"])
    hasty.carry(released(document, ACLAND))
    (still,) = hasty.send_again()
    assert still.line.status == "again-held"
    assert "review" not in hasty.outcome(still)
    hasty.carry(released(document, ACLAND, "break-glass"))
    (broken,) = hasty.send_again()
    assert broken.line.status == "again-shared"
    assert hasty.outcome(broken)["review"] == "break-glass"
    audit = kept_by_the_broker(hasty, broken)
    assert (audit["is"], audit["released"], audit["review"]) == ("decision-anew", "break-glass", "break-glass")
    (opened,) = hasty.opened(broken, ACLAND)
    assert "review" not in opened.body, "the school is told nothing of it"


def test_an_ordinary_release_is_not_flagged_and_glass_that_did_not_break_neither(own: World) -> None:
    for document, organisation, how in (
        (refuge(), MARRIOTTS, "release"),
        (notification(lead(BROOKFIELD)), BROOKFIELD, "break-glass"),
    ):
        own.carry(document)
        own.carry(released(document, organisation, how))
        (again,) = own.send_again()
        assert "review" not in own.outcome(again)
        assert "review" not in kept_by_the_broker(own, again)


def test_each_hold_says_how_it_may_be_released(own: World) -> None:
    school_elsewhere = refuge(residenceForce=HERTS_AREA)
    found = {
        one["rule"]: one["releasedBy"] for one in own.outcome(own.carry(school_elsewhere))["recipients"][0]["findings"]
    }
    assert found == {"ENC-RES": ["break-glass"], "RD-2-SENDER": ["break-glass", "release"]}
    (finding,) = own.outcome(own.carry(notification(lead(BROOKFIELD))))["recipients"][0]["findings"]
    assert finding["releasedBy"] == []


INCURABLE = [
    case for case in CASES if case.outcome is Outcome.REFUSE and not {one.id: one for one in RULES}[case.rule].curable
]


@pytest.mark.parametrize("case", INCURABLE, ids=lambda case: f"{case.rule}: {case.says}")
def test_no_glass_is_broken_where_there_is_no_power_to_share(case: Case) -> None:
    """No such power, or a statutory bar: urgent and with the glass broken it is refused all the same."""
    claimed = Claim(urgency=Urgency.URGENT).over(case.bitten.claimed or Claim())
    pressed = replace(case.bitten, claimed=claimed, released=Release.BREAK_GLASS)
    decision = decide(pressed, POLICY, NIGHT)
    if all(found.scope is Scope.ELEMENT for found in decision.findings if found.rule == case.rule):
        assert case.rule in decision.removed.values(), "the barred field stays behind, and the rest goes"
    else:
        assert decision.outcome is Outcome.REFUSE


def test_the_incurable_are_among_them() -> None:
    assert {"FLW-1", "GW-E1", "REG-02", "REG-04", "CASE-1", "ENC-COLLEGE"} <= {case.rule for case in INCURABLE}


@pytest.mark.parametrize("why", ["no view for it", "this kind does not send it", "forged"])
def test_what_was_refused_for_good_cannot_be_released_by_anybody(own: World, why: str) -> None:
    hasty = urgent(own)
    if why == "no view for it":
        camden = {"organisation": CAMDEN, "role": "safeguarding-lead"}
        document, sender, organisation = notification(lead(ACLAND, "left"), camden), MET, CAMDEN
        carried = hasty.carry(document)
    elif why == "this kind does not send it":
        document, sender, organisation = notification(lead(ARGYLE), caseOwner=ACLAND), ACLAND, ARGYLE
        carried = hasty.carry(document, ACLAND)
    else:
        document, sender, organisation = notification(), MET, ACLAND
        forger = replace(hasty.home.signer(hasty.home.member(HERTS), NIGHT), organisation=MET)
        agency = Agency(organisation=MET, registry=own.registry, keys=own.home.keys(MET), signer=forger)
        carried = hasty.carry_record(incoming(agency.submit(document, NIGHT)))
        assert carried.line.rules == (Reason.FORGED,)
    assert carried.line.status == ("held" if why == "no view for it" else "refused"), "held for the school alone"
    about = released(document, organisation, "break-glass") | {"caseOwner": sender}
    assert hasty.carry(about, sender).line.rules == (Reason.NO_SUCH_CASE,)
    assert hasty.send_again() == []


@pytest.mark.parametrize("make", [released, not_shared])
def test_only_a_role_holder_of_whoever_sent_it_works_a_hold(own: World, make: Callable[..., Json]) -> None:
    document = refuge()
    own.carry(document)
    about = make(document, MARRIOTTS)
    for other in (HERTS, ACLAND, CAMDEN):
        assert own.carry(about | {"id": notification()["id"]}, other).line.rules == (Reason.NO_SUCH_CASE,), other
    office = own.home.signer(own.home.member(MET), NIGHT)
    officer = own.home.new_person(MET, PersonRole.DATA_PROTECTION_OFFICER, NIGHT)
    own.home.declare(PersonAdded(about=MET, person=officer), MET, NIGHT)
    _, adviser = own.home.person(own.home.member(MET), officer.id, NIGHT)
    for signer in (office, adviser):
        careless = Agency(
            organisation=MET,
            registry=own.registry,
            keys=own.home.keys(MET),
            people=dict.fromkeys(PersonRole, signer),
        )
        record = incoming(careless.submit(about | {"id": notification()["id"]}, NIGHT))
        assert own.carry_record(record).line.rules == (Reason.WRONG_ROLE,)
    assert state(own, document, MARRIOTTS) == [TellingState.HELD]
    assert own.send_again() == []


def test_the_sender_is_told_when_what_was_held_is_sent_after_all(own: World) -> None:
    own.home.declare(Suspended(about=ACLAND), REGISTRAR, NIGHT)
    own.carry(notification())
    own.home.declare(Resumed(about=ACLAND), REGISTRAR, NIGHT)
    own.now += LATER
    (again,) = own.send_again(ACLAND)
    outcome = own.outcome(again)
    assert (outcome["again"], outcome["status"]) == (True, "shared")
    own.now += LATER
    (once_more,) = own.send_again(ACLAND)
    assert not own.opened(once_more, MET), "of what it had already it is not told again"


# Decided not to share -------------------------------------------------------------------------------------------------


def test_the_senders_own_role_holder_decides_not_to_share_and_all_is_over(own: World) -> None:
    document = refuge()
    own.carry(document)
    assert kept(own, document)
    refused = own.carry(not_shared(document, MARRIOTTS, "operational-risk", reviewAt="2026-11-20T12:00:00Z"))
    desk = next(one for one in own.home.member(MET).people if one.role is PersonRole.DUTY_DESK)
    act = {
        "role": "duty-desk",
        "person": desk.id,
        "because": "operational-risk",
        "reviewAt": "2026-11-20T12:00:00Z",
    }
    settled = [{"message": document["id"], "organisation": MARRIOTTS, "state": "not-shared"}]
    outcome, audit = own.outcome(refused), kept_by_the_broker(own, refused)
    assert (outcome["status"], outcome["act"], outcome["settled"]) == ("recorded", act, settled)
    assert (audit["is"], audit["act"], audit["settled"]) == ("decision", act, settled)
    assert state(own, document, MARRIOTTS) == [TellingState.NOT_SHARED]
    assert not kept(own, document)
    assert own.memory.next_due(NIGHT + timedelta(days=30)) is None, "its clock has stopped"
    assert own.send_again(MARRIOTTS) == []
    for after in (released(document, MARRIOTTS), not_shared(document, MARRIOTTS), told(document, MARRIOTTS)):
        assert own.carry(after).line.rules == (Reason.NO_SUCH_CASE,), "it is final"
    assert own.carry(receipt(document), MARRIOTTS).line.rules == (Reason.NO_SUCH_CASE,), "it was told nothing"


def test_a_release_that_was_not_decided_yet_gives_way_to_the_decision_not_to_share(own: World) -> None:
    document = refuge()
    own.carry(document)
    let_go = own.outcome(own.carry(released(document, MARRIOTTS)))
    assert let_go["settled"] == [{"message": document["id"], "organisation": MARRIOTTS, "state": "released"}]
    assert (let_go["act"]["how"], let_go["act"]["because"]) == ("release", "confirmed-with-the-setting")
    own.carry(not_shared(document, MARRIOTTS))
    assert own.send_again() == []


def test_a_risk_must_be_looked_at_again(own: World) -> None:
    document = refuge()
    own.carry(document)
    with pytest.raises(Refused) as refused:
        own.carry(not_shared(document, MARRIOTTS, "operational-risk"))
    assert refused.value.reason is Reason.MALFORMED


@pytest.mark.parametrize("make", [told, withdrawal])
def test_whatever_ends_a_hold_says_so_in_its_own_outcome(own: World, make: Callable[..., Json]) -> None:
    document = refuge()
    own.carry(document)
    outcome = own.outcome(own.carry(make(document, MARRIOTTS) if make is told else make(document)))
    becomes = "told-by-other-channel" if make is told else "withdrawn"
    assert outcome["settled"] == [{"message": document["id"], "organisation": MARRIOTTS, "state": becomes}]
    assert ("act" in outcome) is (make is told), "a withdrawal is the organisation's own"


@pytest.mark.parametrize("flow", [hold_released.FLOW, hold_refused.FLOW], ids=lambda flow: flow.name)
def test_every_kind_that_works_holds_has_somebody_in_a_role_to_do_so(flow: Flow) -> None:
    assert all(flow.signed_by & set(ROLES[kind]) for kind in flow.senders)
    assert PersonRole.DATA_PROTECTION_OFFICER not in flow.signed_by


# Deciding anew fails --------------------------------------------------------------------------------------------------


class WithoutCopies(Loop):
    """A loop whose kept copies are gone, and which keeps what it would write."""

    def __init__(self, world: World) -> None:
        super().__init__(
            family=FAMILY,
            connection=Connection("127.0.0.1:9"),
            exchange=world.exchange,
            clock=lambda: world.now,
            seal=StateSeal({1: bytes(32)}),
            stop=print,
        )
        self.owner = Owner(TopicPartition(self.topic, 0))
        self.owner.cabinet = world.memory
        self.owner.producer = AsyncMock()
        self.written: list[Carried] = []

    async def _read_kept(self, partition: int) -> dict[str, bytes]:  # noqa: ARG002 - there is none
        return {}

    async def _write(self, owner: Owner, carried: Sequence[Carried], *_: object) -> None:
        assert owner is self.owner
        self.written += carried

    async def look(self) -> None:
        """One look at what is to be decided anew."""
        await self._again(self.owner)


async def test_a_release_that_cannot_be_decided_is_told_to_the_sender_once_and_not_tried_for_ever(own: World) -> None:
    document = refuge()
    own.carry(document)
    for _ in range(2):
        own.carry(released(document, MARRIOTTS, "break-glass"))
        loop = WithoutCopies(own)
        await loop.look()
        await loop.look()
        (failed,) = loop.written
        assert failed.line.status == "again-failed"
        (notice,) = own.opened(failed, MET)
        assert (notice.body["is"], notice.body["message"], notice.body["organisation"]) == (
            "again-failed",
            document["id"],
            MARRIOTTS,
        )
        assert notice.body["cure"].startswith("What you released could not be decided again")
        audit = kept_by_the_broker(own, failed)
        assert (audit["is"], audit["released"]) == ("again-failed", "break-glass")
        assert own.send_again() == []
        assert state(own, document, MARRIOTTS) == [TellingState.HELD]
        own.now += timedelta(minutes=1)
    assert own.carry(told(document, MARRIOTTS)).line.status == "recorded", "its sender can close it"


async def test_two_releases_in_vain_are_two_notices(own: World) -> None:
    document = refuge()
    own.carry(document)
    events = set()
    for _ in range(2):
        own.carry(released(document, MARRIOTTS))
        loop = WithoutCopies(own)
        await loop.look()
        events |= {one.id for run in loop.written for one in own.opened(run, MET)}
        own.now += timedelta(minutes=1)
    assert len(events) == 2, "the second must not pass for a repetition"


async def test_what_a_recipient_asked_for_and_cannot_be_decided_stays_as_it_is(own: World) -> None:
    document = notification()
    own.carry(document)
    own.now += LATER
    own.home.declare(ResendAsked(about=ACLAND), ACLAND, own.now)
    loop = WithoutCopies(own)
    await loop.look()
    assert loop.written == []
    assert state(own, document) == [TellingState.SENT]


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
