"""A referral to children's social care, and all that may follow it in its own family."""

from dataclasses import replace

import pytest

from broker import topics
from broker.consent.decide import decide
from broker.consent.law.policy import POLICY
from broker.errors import Reason
from broker.registry import Nation
from broker.schemas.catalogue import BY_TYPE
from broker.schemas.child_referred import FLOW
from broker.schemas.claims import Article6
from broker.schemas.terms import Kind, Outcome, Role
from broker.state import TellingState
from tests import personas
from tests.facts import TO_COUNCIL
from tests.personas import CAMDEN, CHARITY, NIGHT, Json, answer, document, referral
from tests.world import World

NOWHERE = "la:E09000033"
REFERRED = replace(TO_COUNCIL, type=FLOW.type, resident_in_sender_area=None, recipient_serves_residence=None)
ROWS = FLOW.views[Role.SOCIAL_CARE].sender_basis


def follow(name: str, about: Json, **content: object) -> Json:
    return document(
        name,
        family="referral",
        basis="LB-V1",
        case=about["case"],
        caseOwner=about["caseOwner"],
        content=content,
    )


def let_go(about: Json, organisation: str, how: str = "break-glass") -> Json:
    said = personas.released(about, organisation, how)["content"]
    return follow("hold-released", about, **said)


def states(world: World, about: Json) -> list[TellingState]:
    case = world.memory.case(about["caseOwner"], about["case"])
    assert case is not None
    return [one.state for one in case.tellings]


@pytest.mark.parametrize("independent", [False, True])
@pytest.mark.parametrize("kind", sorted(FLOW.senders))
def test_every_kind_of_referrer_in_england_has_a_basis_of_its_own(kind: Kind, independent: bool) -> None:  # noqa: FBT001
    facts = replace(REFERRED, sender=kind, cited_basis=ROWS[kind], sender_independent=independent)
    decision = decide(facts, POLICY, NIGHT)
    if independent and kind not in (Kind.SCHOOL, Kind.CHARITY):
        assert decision.outcome is Outcome.REFUSE, "there is no such body"
        return
    assert decision.shared, decision.findings
    assert decision.sender_basis is not None
    private = kind is Kind.CHARITY or (kind is Kind.SCHOOL and independent)
    wanted = Article6.RECOGNISED_INTEREST if private else Article6.PUBLIC_TASK
    assert decision.sender_basis.claim.article_6 is wanted
    if kind in (Kind.POLICE, Kind.PRISON, Kind.DELIVERY_UNIT):
        assert decision.sender_basis.claim.outside_part_3_by == "CA2004-s11"


@pytest.mark.parametrize("kind", [Kind.POLICE, Kind.PRISON, Kind.DELIVERY_UNIT, Kind.COUNCIL, Kind.CARE_BOARD])
def test_where_the_gateway_is_not_law_a_hold_names_the_gap(kind: Kind) -> None:
    facts = replace(REFERRED, sender=kind, cited_basis=ROWS[kind], sender_nation=Nation.WALES)
    decision = decide(facts, POLICY, NIGHT)
    assert decision.outcome is Outcome.HOLD
    assert [found.rule for found in decision.findings] == ["POL-2"]
    assert "gap in the policy" in decision.findings[0].reason


def test_a_welsh_council_that_receives_is_a_gap_too() -> None:
    facts = replace(REFERRED, sender=Kind.CHARITY, cited_basis="LB-V1", recipient_nation=Nation.WALES)
    assert {found.rule for found in decide(facts, POLICY, NIGHT).findings} == {"X-04", "TR-01"}


def test_a_referral_goes_to_the_council_and_what_is_claimed_in_law_to_nobody(world: World) -> None:
    said = referral()
    submitted = world.submit(said, CHARITY)
    assert submitted.topic == topics.submit("referral")
    carried = world.carry(said, CHARITY)
    (opened,) = world.opened(carried, CAMDEN)
    assert opened.content["worry"] == said["content"]["worry"]
    assert "law" not in opened.content
    assert opened.body["due"]["clock"] == "CLK-AT-ONCE"
    assert opened.body["due"]["kind"] == "proposal", "the working day of WF-07 is for the council's answer"


def test_no_view_of_any_flow_shows_what_is_claimed_in_law() -> None:
    for flow in BY_TYPE.values():
        for name in ({"law"} & set(flow.message.labels)) if flow.views else ():
            assert all(not flow.message.labels[name] <= view.labels for view in flow.views.values())


def test_a_claim_reaches_the_broker_as_it_was_made(world: World) -> None:
    """Defaults would be laid over the row; to deny a basis is not to be silent about it."""
    silent, denies = referral(), referral(law={"article6": None})
    assert world.carry(silent, CHARITY).line.status == "shared"
    refused = world.outcome(world.carry(denies, CHARITY), CHARITY)
    assert refused["status"] == "refused"
    assert "A6-01" in {found["rule"] for found in refused["recipients"][0]["findings"]}


def test_a_council_answers_and_the_referrer_hears_no_more_than_that(world: World) -> None:
    said = referral()
    world.carry(said, CHARITY)
    done = world.carry(answer(said), CAMDEN)
    (heard,) = [one for one in world.opened(done, CHARITY) if one.body["is"] == "delivery"]
    assert heard.content["state"] == "acknowledged"
    assert states(world, said) == [TellingState.ACKNOWLEDGED]


def test_an_answer_of_another_family_finds_no_case_of_it(world: World) -> None:
    said = referral()
    world.carry(said, CHARITY)
    done = world.carry(personas.receipt(said, role="duty-desk") | {"basis": "LB-E2-LA"}, CAMDEN)
    assert world.outcome(done, CAMDEN)["status"] == "refused"
    assert states(world, said) == [TellingState.SENT]


def test_what_is_held_is_told_by_telephone_and_closed(world: World) -> None:
    said = referral(NOWHERE)
    assert world.carry(said, CHARITY).line.status == "held"
    told = personas.told(said, NOWHERE)["content"]
    assert world.carry(follow("told-by-other-channel", said, **told), CHARITY).line.status == "recorded"
    assert states(world, said) == [TellingState.TOLD]


def test_an_urgent_wrong_claim_is_held_and_goes_when_its_glass_is_broken(world: World) -> None:
    said = referral(law={"article6": "6(1)(e)", "gateways": ["CA1989-s47"], "urgency": "urgent"})
    held = world.outcome(world.carry(said, CHARITY), CHARITY)
    assert held["status"] == "held"
    cures = [found["cure"] for found in held["recipients"][0]["findings"] if found["outcome"] == "hold"]
    assert cures
    assert all("by breaking the glass" in cure for cure in cures)
    world.carry(let_go(said, CAMDEN, "release"), CHARITY)
    assert [one.line.status for one in world.send_again()] == ["again-held"], "an ordinary release is not enough"
    world.carry(let_go(said, CAMDEN), CHARITY)
    assert [one.line.status for one in world.send_again()] == ["again-shared"]
    assert states(world, said) == [TellingState.SENT]


def test_a_referral_of_the_wrong_child_is_withdrawn_and_erased(world: World) -> None:
    said = referral()
    world.carry(said, CHARITY)
    ended = follow("withdrawn", said, **personas.withdrawal(said)["content"])
    assert world.carry(ended, CHARITY).line.status == "shared"
    world.carry(answer(said, state="erased"), CAMDEN)
    assert set(states(world, said)) == {TellingState.ERASED}


def test_an_update_of_a_notification_is_none_of_a_referral(world: World) -> None:
    said = referral()
    world.carry(said, CHARITY)
    update = personas.follow_up("notification-updated", said) | {"caseOwner": CHARITY}
    refused = world.outcome(world.carry(update, CHARITY), CHARITY)
    assert refused["status"] == "refused"
    assert Reason.MALFORMED not in str(refused)
