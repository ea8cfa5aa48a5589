"""A statutory bar takes its fields out of a message that is otherwise lawful, or stops what cannot do without them."""

from dataclasses import replace

import pytest

from broker.consent.decide import Decision, decide
from broker.consent.law.policy import POLICY
from broker.consent.redact import view, without
from broker.consent.rules.principles import a_basis_lifts_no_bar, privilege_never_flows
from broker.schemas.catalogue import BY_TYPE
from broker.schemas.claims import Bar, Barred, Claim, Urgency
from broker.schemas.terms import Outcome, Release, Scope
from tests.facts import HANDOVER, ISSUED
from tests.personas import CHARITY, NIGHT, referral
from tests.world import World

ADOPTION = Barred(field="circumstances", bar=Bar.ADOPTION)
COURT = Barred(field="childVoice", bar=Bar.COURT_PAPERS)
ADVICE = Barred(field="supportSuggestion", bar=Bar.PRIVILEGE, excepted=True)
NEEDED = Barred(field="familyName", bar=Bar.ADOPTION)
MADE_UP = Barred(field="RowanTestcase", bar=Bar.ADOPTION)


def decided(*barred: Barred, released: Release | None = None) -> Decision:
    claimed = Claim(barred=barred, urgency=Urgency.URGENT) if released else Claim(barred=barred)
    return decide(replace(ISSUED, claimed=claimed, released=released), POLICY, NIGHT)


def test_each_barred_field_is_taken_out_by_its_rule_and_the_rest_goes() -> None:
    decision = decided(ADOPTION, COURT, ADVICE)
    assert decision.outcome is Outcome.SHARE_WITH_WARNING
    assert decision.removed == {"circumstances": "CF-03", "childVoice": "CF-03", "supportSuggestion": "CF-04"}
    assert {found.field for found in decision.findings} == {f"content.{name}" for name in decision.removed}
    given = ("givenNames", *decision.removed)
    flow = BY_TYPE[ISSUED.type]
    shown = view(flow, given, role=ISSUED.recipient_role, handling=None)
    assert without(shown, decision.removed).fields == {"givenNames"}


def test_to_the_recipient_a_barred_field_looks_like_one_that_was_left_out() -> None:
    flow = BY_TYPE[ISSUED.type]
    with_it, left_out = (
        view(flow, given, role=ISSUED.recipient_role, handling=None)
        for given in (("givenNames", "circumstances"), ("givenNames",))
    )
    assert without(with_it, decided(ADOPTION).removed).markers(flow) == left_out.markers(flow)


def test_a_field_is_taken_out_once_however_many_bars_cover_it() -> None:
    twice = decided(ADOPTION, Barred(field="circumstances", bar=Bar.FERTILITY))
    assert len(twice.findings) == len(twice.removed) == 1


def test_inside_mappa_what_was_intercepted_is_taken_out_too() -> None:
    tapped = Barred(field="circumstances", bar=Bar.INTERCEPTION, excepted=True)
    facts = replace(HANDOVER, claimed=Claim(gateways=("CJA2003-s325(4)",), barred=(tapped,)))
    assert decide(facts, POLICY, NIGHT).removed == {"circumstances": "GW-08"}


def test_what_a_message_cannot_do_without_holds_it_whole_and_nobody_releases_it() -> None:
    for released in (None, *Release):
        decision = decided(NEEDED, ADOPTION, released=released)
        assert decision.outcome is Outcome.HOLD
        (held,) = (found for found in decision.findings if found.scope is Scope.MESSAGE)
        assert held.field == "content.familyName"


@pytest.mark.parametrize("released", [None, *Release])
def test_a_field_that_the_type_does_not_have_is_refused_and_its_name_is_not_repeated(released: Release | None) -> None:
    decision = decided(MADE_UP, ADOPTION, released=released)
    assert decision.outcome is Outcome.REFUSE
    assert MADE_UP.field not in str(decision.findings)
    assert {found.rule for found in decision.findings} == {"CF-03"}


def test_no_bar_can_be_cured_by_breaking_the_glass() -> None:
    assert not a_basis_lifts_no_bar.curable
    assert not privilege_never_flows.curable
    assert decided(ADOPTION, released=Release.BREAK_GLASS).removed == {"circumstances": "CF-03"}


def test_in_a_whole_message_the_barred_field_stays_behind_and_the_sender_is_told_by_which_rule(world: World) -> None:
    court = [{"field": "childVoice", "bar": "family-court-papers"}]
    sent = world.carry(referral(childVoice="I wait on the stairs.", law={"barred": court}), CHARITY)
    (told,) = world.outcome(sent, CHARITY)["recipients"]
    assert told["outcome"] == "share-with-warning"
    assert {"field": "childVoice", "rule": "CF-03"} in told["withheld"]
    assert "childVoice" not in told["shown"]
    assert "worry" in told["shown"]
