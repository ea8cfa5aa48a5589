"""What a program can test of a decision about somebody's rights: where it bites, and the nearest case beside it."""

import pytest

from broker.consent.rights import RightsDecision, weigh
from tests.rule_cases.rights import ANSWERED, CASES, CORRECTED, ERASED, KEPT_BACK, REFUSED, RELEASED, RightsCase


@pytest.mark.parametrize("decision", [ANSWERED, REFUSED, RELEASED, KEPT_BACK, ERASED, CORRECTED])
def test_a_lawful_decision_has_no_finding(decision: RightsDecision) -> None:
    assert weigh(decision) == ()


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.rule}: {case.says}")
def test_a_rule_bites_there_and_not_here(case: RightsCase) -> None:
    assert case.holds()
