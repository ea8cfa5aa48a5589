"""A rule that always permits, and one that always bites, must each be noticed by the cases of that rule."""

from collections.abc import Iterable
from dataclasses import replace

import pytest

from broker.consent.decide import decide_by
from broker.consent.law.policy import POLICY
from broker.consent.rulebook import Rule
from broker.consent.rules import RULES
from tests.personas import NIGHT
from tests.rule_cases import Case
from tests.rule_cases.every import CASES

IDS = sorted({rule.id for rule in RULES} - {"POL-1"})  # of the calendar alone: test_rules has it


def failing(cases: Iterable[Case], rules: tuple[Rule, ...]) -> list[str]:
    """The cases that do not hold under these rules."""
    return [case.says for case in cases if not _holds(case, rules)]


def _holds(case: Case, rules: tuple[Rule, ...]) -> bool:
    try:
        bitten, spared = (decide_by(rules, facts, POLICY, NIGHT.date()) for facts in (case.bitten, case.spared))
    except AssertionError:
        return False  # nothing may be shared without a basis at both ends
    found = {one.outcome for one in bitten.findings if one.rule == case.rule}
    return case.outcome in found and all(one.rule != case.rule for one in spared.findings)


def _mutant(rule_id: str, bites: bool) -> tuple[Rule, ...]:  # noqa: FBT001 - the two mutations
    return tuple(replace(rule, bites=lambda _: bites) if rule.id == rule_id else rule for rule in RULES)


@pytest.mark.parametrize("rule_id", IDS)
@pytest.mark.parametrize("bites", [False, True], ids=["always-permits", "always-bites"])
def test_a_mutant_does_not_survive(rule_id: str, bites: bool) -> None:  # noqa: FBT001
    cases = [case for case in CASES if case.rule == rule_id]
    assert cases, "a rule without a case would be untested"
    assert not failing(cases, RULES)
    assert failing(cases, _mutant(rule_id, bites))
