"""An urgent message: what a person could cure is held for that person, and only what nobody can cure is refused."""

from dataclasses import replace

import pytest

from broker.consent.decide import decide
from broker.consent.facts import Facts
from broker.consent.law.policy import POLICY
from broker.consent.rulebook import Rule
from broker.consent.rules import RULES
from broker.schemas.claims import Claim, Urgency
from broker.schemas.terms import Outcome, Release, Scope
from tests.personas import NIGHT
from tests.rule_cases import HOLD, REFUSE, WARN, Case
from tests.rule_cases.every import CASES

BY_ID = {rule.id: rule for rule in RULES}
REFUSED = [case for case in CASES if case.outcome is REFUSE and BY_ID[case.rule].scope is not Scope.ELEMENT]


def urgent(facts: Facts, released: Release | None = None) -> Facts:
    said = (facts.claimed or Claim()).given
    return replace(facts, claimed=Claim(**{**said, "urgency": Urgency.URGENT}), released=released)


def outcome_of(rule: Rule, facts: Facts) -> set[Outcome]:
    return {found.outcome for found in decide(facts, POLICY, NIGHT).findings if found.rule == rule.id}


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: f"{case.rule}: {case.says}")
def test_a_refusal_that_a_person_could_cure_is_held(case: Case) -> None:
    rule = BY_ID[case.rule]
    assert REFUSE in outcome_of(rule, case.bitten)
    assert REFUSE in outcome_of(rule, replace(case.bitten, released=Release.BREAK_GLASS))
    if rule.curable:
        assert REFUSE not in outcome_of(rule, urgent(case.bitten))
        assert HOLD in outcome_of(rule, urgent(case.bitten, Release.RELEASE))
        assert WARN in outcome_of(rule, urgent(case.bitten, Release.BREAK_GLASS))
    else:
        assert REFUSE in outcome_of(rule, urgent(case.bitten, Release.BREAK_GLASS))


def test_some_can_be_cured_and_some_cannot() -> None:
    assert {BY_ID[case.rule].curable for case in REFUSED} == {True, False}
