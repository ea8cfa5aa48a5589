"""Decisions about rights."""

from dataclasses import replace
from typing import Any, NamedTuple

from broker.consent.rights import RULES, SIX_MONTHS, Ground, Opinion, Requester, Right, RightsDecision, weigh_by
from broker.schemas.terms import Outcome
from tests.rule_cases import HOLD, REFUSE, mutant

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


class RightsCase(NamedTuple):
    """`change` to a lawful `decision` makes `rule` bite; `near` does not."""

    rule: str
    says: str
    decision: RightsDecision
    change: dict[str, Any]
    near: dict[str, Any]

    @property
    def outcome(self) -> Outcome:
        return HOLD if self.rule == "RT-12" else REFUSE

    def holds(self, *, mutated_to: bool | None = None) -> bool:
        rules = mutant(RULES, self.rule, mutated_to)
        bitten, spared = (weigh_by(rules, replace(self.decision, **change)) for change in (self.change, self.near))
        found = {one.outcome for one in bitten if one.rule == self.rule}
        return self.outcome in found and all(one.rule != self.rule for one in spared)


CASES: tuple[RightsCase, ...] = (
    RightsCase(
        "RT-02",
        "the child's own request",
        REFUSED,
        {"requester": Requester.CHILD},
        {"requester": Requester.PARENTAL_RESPONSIBILITY},
    ),
    RightsCase(
        "RT-02", "granted", REFUSED, {"requester": Requester.ADULT}, {"requester": Requester.ADULT, "granted": True}
    ),
    RightsCase(
        "RT-02",
        "on another ground",
        REFUSED,
        {"requester": Requester.CHILD},
        {"requester": Requester.CHILD, "ground": Ground.SERIOUS_HARM},
    ),
    RightsCase(
        "RT-02",
        "not of erasure",
        REFUSED,
        {"requester": Requester.CHILD},
        {"requester": Requester.CHILD, "right": Right.ERASURE},
    ),
    RightsCase(
        "RT-04", "no opinion", RELEASED, {"opinion": Opinion.NONE}, {"opinion": Opinion.NONE, "already_known": True}
    ),
    RightsCase("RT-04", "too old", RELEASED, {"opinion_age": SIX_MONTHS + 1}, {"opinion_age": 0}),
    RightsCase(
        "RT-04", "released against it", RELEASED, {"opinion": Opinion.SERIOUS_HARM}, {"by_health_professional": True}
    ),
    RightsCase(
        "RT-04",
        "no health data",
        RELEASED,
        {"opinion": Opinion.NONE},
        {"opinion": Opinion.NONE, "holds_health_data": False},
    ),
    RightsCase(
        "RT-04",
        "a clinician needs none",
        RELEASED,
        {"opinion": Opinion.NONE},
        {"opinion": Opinion.NONE, "by_health_professional": True},
    ),
    RightsCase(
        "RT-04",
        "kept back without one",
        KEPT_BACK,
        {"opinion": Opinion.NONE},
        {"opinion": Opinion.NONE, "ground": None},
    ),
    RightsCase("RT-04", "kept back against it", KEPT_BACK, {"opinion": Opinion.NO_SERIOUS_HARM}, {}),
    RightsCase(
        "RT-04",
        "that it is known excuses no keeping back",
        KEPT_BACK,
        {"opinion": Opinion.NONE, "already_known": True},
        {"already_known": True},
    ),
    RightsCase(
        "RT-09", "by a machine", ERASED, {"decided_by_machine": True}, {"decided_by_machine": True, "granted": False}
    ),
    RightsCase("RT-09", "no evidence", ERASED, {"convicted_or_under_order": False}, {"ground": None}),
    RightsCase("RT-09", "action was taken", ERASED, {"no_further_action": False}, {"no_further_action": True}),
    RightsCase(
        "RT-09",
        "not of rectification",
        ERASED,
        {"decided_by_machine": True},
        {"decided_by_machine": True, "right": Right.RECTIFICATION},
    ),
    RightsCase("RT-11", "another investigated", ERASED, {"investigated_here": False}, {"investigated_here": True}),
    RightsCase(
        "RT-11", "on another ground", ERASED, {"investigated_here": False}, {"investigated_here": False, "ground": None}
    ),
    *(
        RightsCase("RT-12", right, replace(CORRECTED, right=right), {"recipients_told": False}, {"granted": False})
        for right in Right
        if right is not Right.ACCESS
    ),
    RightsCase(
        "RT-12",
        "not of access",
        CORRECTED,
        {"recipients_told": False},
        {"recipients_told": False, "right": Right.ACCESS},
    ),
)
