"""Each rule through `decide`: where it bites and what follows, and the nearest case in which it must not."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from broker.consent.decide import SEVERITY, decide, decide_by
from broker.consent.facts import CaseState, Facts, Handover
from broker.consent.law.bases import BASES
from broker.consent.law.policy import POLICY, Policy
from broker.consent.rules import RULES
from broker.schemas.terms import Kind, Outcome, Role, RollStatus, Scope
from tests.facts import HANDOVER, ISSUED, RECEIPT, TO_COUNCIL, UPDATE
from tests.personas import NIGHT
from tests.rule_cases import HOLD, REFUSE, SHARE, WARN, Case, Change
from tests.rule_cases.every import CASES
from tests.rule_cases.routing import ELSEWHERE, INDEPENDENT, NO_AREA


def bites(facts: Facts, policy: Policy = POLICY, now: datetime = NIGHT) -> dict[str, Outcome]:
    decision = decide(facts, policy, now)
    assert decision.shared is (decision.outcome in (SHARE, WARN))
    return {found.rule: found.outcome for found in decision.findings}


@pytest.mark.parametrize("facts", [ISSUED, TO_COUNCIL, HANDOVER, UPDATE, RECEIPT], ids=lambda facts: facts.type)
def test_an_ordinary_message_is_shared_on_a_basis_at_both_ends(facts: Facts) -> None:
    decision = decide(facts, POLICY, NIGHT)
    assert (decision.outcome, decision.findings) == (SHARE, ())
    assert decision.sender_basis is not None
    assert decision.sender_basis.code == facts.cited_basis
    assert decision.recipient_basis is not None
    assert facts.recipient in decision.recipient_basis.controller


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.rule}: {case.says}")
def test_a_rule_bites_there_and_not_here(case: Case) -> None:
    then = datetime.combine(case.on, NIGHT.timetz())
    decision = decide(case.bitten, POLICY, then)
    assert bites(case.bitten, now=then)[case.rule] is case.outcome
    of_one_field = any(found.rule == case.rule and found.scope is Scope.ELEMENT for found in decision.findings)
    assert SEVERITY.index(decision.outcome) >= SEVERITY.index(WARN if of_one_field else case.outcome)
    assert case.rule not in bites(case.spared)


def test_every_rule_has_its_case_here() -> None:
    assert {rule.id for rule in RULES} == {case.rule for case in CASES}


def test_a_force_without_an_area_is_told_that_and_not_of_a_residence_force() -> None:
    assert bites(replace(ISSUED, **NO_AREA)) == {"ENC-AREA": HOLD}


@pytest.mark.parametrize("facts", [TO_COUNCIL, HANDOVER], ids=lambda facts: facts.type)
def test_a_child_of_another_force_holds_up_settings_alone(facts: Facts) -> None:
    assert not bites(replace(facts, resident_in_sender_area=False, sender_serves_an_area=False))


def test_an_answer_may_follow_a_withdrawal() -> None:
    assert not bites(replace(RECEIPT, case=CaseState.WITHDRAWN))


@pytest.mark.parametrize(("day", "stale"), [(22, False), (23, True)])
def test_a_policy_past_its_review_decides_nothing(day: int, stale: bool) -> None:  # noqa: FBT001
    assert ("POL-1" in bites(ISSUED, now=datetime(2027, 11, day, 12, tzinfo=UTC))) is stale


@pytest.mark.parametrize(
    ("change", "cure"),
    [
        ({"recipient": Kind.COUNCIL}, "authority-notified"),
        ({"recipient": Kind.COUNCIL, "cited_basis": "LB-E2"}, "broker flows"),
        ({"roll_status": RollStatus.HOME_EDUCATED}, "authority-notified"),
        ({"roll_status": RollStatus.UNKNOWN}, "ask the council"),
        ({"cited_basis": "LB-E2"}, "Cite LB-E1"),
        (ELSEWHERE, "force-handover"),
        ({**ELSEWHERE, "handover": Handover.ACKNOWLEDGED}, "residence force notifies"),
    ],
    ids=str,
)
def test_a_finding_says_what_would_make_it_lawful(change: Change, cure: str) -> None:
    assert cure in decide(replace(ISSUED, **change), POLICY, NIGHT).findings[0].cure


@pytest.mark.parametrize(
    ("change", "on", "in_force"),
    [
        ({}, date(2025, 11, 6), False),  # s49A began on 7 November 2025
        ({}, date(2025, 11, 7), True),
        (INDEPENDENT, date(2026, 2, 4), False),  # 6(1)(ea) began on 5 February 2026
        (INDEPENDENT, date(2026, 2, 5), True),
    ],
    ids=str,
)
def test_a_basis_is_cited_only_while_it_is_in_force(change: Change, on: date, in_force: bool) -> None:  # noqa: FBT001
    now = datetime(on.year, on.month, on.day, 12, tzinfo=UTC)
    assert bites(replace(ISSUED, **change), now=now) == ({} if in_force else {"X-04" if change else "POL-2": HOLD})


def test_a_basis_ends_on_its_day() -> None:
    ended = tuple(replace(basis, in_force_to=NIGHT.date()) for basis in BASES)
    policy = Policy(issued=POLICY.issued, review_by=POLICY.review_by, bases=ended)
    assert bites(ISSUED, policy) == {"POL-2": HOLD, "X-04": HOLD}
    assert policy.version != POLICY.version
    assert policy.version.startswith("2026-11-24+")


def test_state_and_independent_schools_cite_different_rows() -> None:
    rows = {
        independent: decide(replace(ISSUED, recipient_independent=independent), POLICY, NIGHT).recipient_basis
        for independent in (False, True)
    }
    assert {key: row.claim.gateways for key, row in rows.items() if row} == {
        False: ("EA2002-s175",),
        True: ("EA2002-s157",),
    }


def test_the_gravest_finding_is_the_outcome() -> None:
    facts = replace(ISSUED, recipient_has_key=False, under_18=False, **ELSEWHERE, handover=Handover.OVERDUE)
    assert set(bites(facts).values()) == {WARN, HOLD, REFUSE}
    assert decide(facts, POLICY, NIGHT).outcome is REFUSE


def test_a_share_that_no_rule_stopped_but_no_basis_carries_is_a_fault() -> None:
    facts = replace(ISSUED, cited_basis="LB-XX", recipient_role=Role.SOCIAL_CARE)
    with pytest.raises(AssertionError, match="basis at both ends"):
        decide_by((), facts, POLICY, NIGHT.date())


@pytest.mark.parametrize(("at", "begun"), [("2026-06-30T22:59:59Z", False), ("2026-06-30T23:00:00Z", True)])
def test_law_begins_at_midnight_in_england_and_wales(at: str, begun: bool) -> None:  # noqa: FBT001
    """In summer an hour before it does by the clock that computers keep."""
    begins = tuple(replace(basis, in_force_from=date(2026, 7, 1)) for basis in BASES)
    policy = Policy(issued=POLICY.issued, review_by=POLICY.review_by, bases=begins)
    assert decide(ISSUED, policy, datetime.fromisoformat(at)).shared is begun
