"""What a program can test of a decision about somebody's rights: where it bites, and the nearest case beside it."""

from dataclasses import replace
from typing import Any, NamedTuple

import pytest

from broker.consent.rights import (
    RULES,
    SIX_MONTHS,
    Ground,
    Opinion,
    Requester,
    Right,
    RightsDecision,
    weigh,
    weigh_by,
)
from broker.consent.rulebook import Rule
from broker.schemas.terms import Outcome

ANSWERED = RightsDecision(right=Right.ACCESS, requester=Requester.CHILD, granted=True)
REFUSED = replace(ANSWERED, granted=False, ground=Ground.CHILD_ABUSE_DATA, requester=Requester.COURT_APPOINTEE)
RELEASED = replace(ANSWERED, holds_health_data=True, opinion=Opinion.NO_SERIOUS_HARM, opinion_age=SIX_MONTHS)
KEPT_BACK = replace(RELEASED, granted=False, ground=Ground.SERIOUS_HARM, opinion=Opinion.SERIOUS_HARM)
ERASED = RightsDecision(
    right=Right.ERASURE,
    requester=Requester.ADULT,
    granted=True,
    ground=Ground.MALICIOUS_ALLEGATION,
    convicted_or_under_order=True,
    investigated_here=True,
    no_further_action=True,
    recipients_told=True,
)
CORRECTED = RightsDecision(right=Right.RECTIFICATION, requester=Requester.CHILD, granted=True, recipients_told=True)


class Case(NamedTuple):
    """`change` to a lawful `decision` makes `rule` bite; `near` does not."""

    rule: str
    says: str
    decision: RightsDecision
    change: dict[str, Any]
    near: dict[str, Any]


CASES = (
    Case(
        "RT-02",
        "the child's own request",
        REFUSED,
        {"requester": Requester.CHILD},
        {"requester": Requester.PARENTAL_RESPONSIBILITY},
    ),
    Case("RT-02", "granted", REFUSED, {"requester": Requester.ADULT}, {"requester": Requester.ADULT, "granted": True}),
    Case(
        "RT-02",
        "on another ground",
        REFUSED,
        {"requester": Requester.CHILD},
        {"requester": Requester.CHILD, "ground": Ground.SERIOUS_HARM},
    ),
    Case(
        "RT-02",
        "not of erasure",
        REFUSED,
        {"requester": Requester.CHILD},
        {"requester": Requester.CHILD, "right": Right.ERASURE},
    ),
    Case("RT-04", "no opinion", RELEASED, {"opinion": Opinion.NONE}, {"opinion": Opinion.NONE, "already_known": True}),
    Case("RT-04", "too old", RELEASED, {"opinion_age": SIX_MONTHS + 1}, {"opinion_age": 0}),
    Case("RT-04", "released against it", RELEASED, {"opinion": Opinion.SERIOUS_HARM}, {"by_health_professional": True}),
    Case(
        "RT-04",
        "no health data",
        RELEASED,
        {"opinion": Opinion.NONE},
        {"opinion": Opinion.NONE, "holds_health_data": False},
    ),
    Case(
        "RT-04",
        "a clinician needs none",
        RELEASED,
        {"opinion": Opinion.NONE},
        {"opinion": Opinion.NONE, "by_health_professional": True},
    ),
    Case(
        "RT-04",
        "kept back without one",
        KEPT_BACK,
        {"opinion": Opinion.NONE},
        {"opinion": Opinion.NONE, "ground": None},
    ),
    Case("RT-04", "kept back against it", KEPT_BACK, {"opinion": Opinion.NO_SERIOUS_HARM}, {}),
    Case(
        "RT-04",
        "that it is known excuses no keeping back",
        KEPT_BACK,
        {"opinion": Opinion.NONE, "already_known": True},
        {"already_known": True},
    ),
    Case("RT-09", "by a machine", ERASED, {"decided_by_machine": True}, {"decided_by_machine": True, "granted": False}),
    Case("RT-09", "no evidence", ERASED, {"convicted_or_under_order": False}, {"ground": None}),
    Case("RT-09", "action was taken", ERASED, {"no_further_action": False}, {"no_further_action": True}),
    Case(
        "RT-09",
        "not of rectification",
        ERASED,
        {"decided_by_machine": True},
        {"decided_by_machine": True, "right": Right.RECTIFICATION},
    ),
    Case("RT-11", "another investigated", ERASED, {"investigated_here": False}, {"investigated_here": True}),
    Case(
        "RT-11", "on another ground", ERASED, {"investigated_here": False}, {"investigated_here": False, "ground": None}
    ),
    *(
        Case("RT-12", right, replace(CORRECTED, right=right), {"recipients_told": False}, {"granted": False})
        for right in Right
        if right is not Right.ACCESS
    ),
    Case(
        "RT-12",
        "not of access",
        CORRECTED,
        {"recipients_told": False},
        {"recipients_told": False, "right": Right.ACCESS},
    ),
)


@pytest.mark.parametrize("decision", [ANSWERED, REFUSED, RELEASED, KEPT_BACK, ERASED, CORRECTED])
def test_a_lawful_decision_has_no_finding(decision: RightsDecision) -> None:
    assert weigh(decision) == ()


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.rule}: {case.says}")
def test_a_rule_bites_there_and_not_here(case: Case) -> None:
    found = {one.rule: one.outcome for one in weigh(replace(case.decision, **case.change))}
    assert found[case.rule] is (Outcome.HOLD if case.rule == "RT-12" else Outcome.REFUSE)
    assert case.rule not in {one.rule for one in weigh(replace(case.decision, **case.near))}


def failing(cases: list[Case], rules: tuple[Rule, ...]) -> list[str]:
    """The cases that do not hold under these rules."""
    return [
        case.says
        for case in cases
        for change, bites in ((case.change, True), (case.near, False))
        if (case.rule in {one.rule for one in weigh_by(rules, replace(case.decision, **change))}) is not bites
    ]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
@pytest.mark.parametrize("bites", [False, True], ids=["always-permits", "always-bites"])
def test_a_mutant_does_not_survive(rule: Rule, bites: bool) -> None:  # noqa: FBT001
    cases = [case for case in CASES if case.rule == rule.id]
    assert not failing(cases, RULES)
    assert failing(cases, tuple(replace(one, bites=lambda _: bites) if one is rule else one for one in RULES))
