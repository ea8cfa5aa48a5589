"""Each rule through `decide`: where it bites and what follows, and the nearest case in which it must not."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from broker.consent import decide as deciding
from broker.consent.decide import decide
from broker.consent.facts import CaseState, Doubt, Facts, Handover
from broker.consent.law import BASES, POLICY, Policy
from broker.consent.rules import RULES
from broker.registry import Channel, Establishment, Nation
from broker.schemas.terms import AddressHandling, Kind, Outcome, Role, RollStatus
from tests.facts import HANDOVER, ISSUED, RECEIPT, TO_COUNCIL, UPDATE
from tests.personas import NIGHT

SHARE, WARN, HOLD, REFUSE = Outcome.SHARE, Outcome.SHARE_WITH_WARNING, Outcome.HOLD, Outcome.REFUSE
REFUGE = {"address_handling": AddressHandling.REFUGE}
ELSEWHERE: dict[str, Any] = {"resident_in_sender_area": False, "recipient_serves_residence": False}
NO_AREA: dict[str, Any] = {"sender_serves_an_area": False, "resident_in_sender_area": False}
UNPLACED: dict[str, Any] = {"recipient_in_sender_area": None}
NOBODY: dict[str, Any] = {
    "recipient": None,
    "recipient_nation": None,
    "recipient_channel": None,
    "recipient_has_key": False,
    "establishment": None,
    "recipient_in_sender_area": None,
    "recipient_serves_residence": None,
}
UNKNOWN_ROLL = {"roll_status": RollStatus.UNKNOWN}
INDEPENDENT = {"recipient_independent": True}

Change = dict[str, Any]
# rule, what it says, facts, the change that makes it bite, what follows, the nearest change that does not
TABLE: list[tuple[str, str, Facts, Change, Outcome, Change]] = [
    ("FLW-1", "a school issues no notification", ISSUED, {"sender": Kind.SCHOOL}, REFUSE, {}),
    ("FLW-1", "a force gives no feedback", RECEIPT, {"sender": Kind.BROKER}, REFUSE, {"sender": Kind.SCHOOL}),
    ("ADR-1", "an unknown organisation is a hold, not a bounce", ISSUED, NOBODY, HOLD, {}),
    ("GW-E1", "s49A does not reach a council", ISSUED, {"recipient": Kind.COUNCIL}, REFUSE, {}),
    (
        "GW-E1",
        "a role that the flow does not list sees nothing",
        ISSUED,
        {"recipient_role": Role.ORIGINATOR},
        REFUSE,
        {},
    ),
    (
        "GW-E1",
        "whether or not the register knows the organisation",
        ISSUED,
        {**NOBODY, "recipient_role": Role.SOCIAL_CARE},
        REFUSE,
        NOBODY,
    ),
    (
        "GW-E1",
        "nor a force as a school",
        TO_COUNCIL,
        {"recipient": Kind.POLICE},
        REFUSE,
        {"recipient": Kind.COUNCIL},
    ),
    ("A6-01", "a notification cites LB-E1", ISSUED, {"cited_basis": "LB-E2"}, REFUSE, {"cited_basis": "LB-E1"}),
    (
        "A6-01",
        "what follows may cite the basis of any recipient of the case",
        UPDATE,
        {"cited_basis": "LB-E3"},
        REFUSE,
        {"cited_basis": "LB-PP"},
    ),
    (
        "A6-02",
        "a missing Welsh row is a hold",
        TO_COUNCIL,
        {"sender_nation": Nation.WALES},
        HOLD,
        {"sender_nation": Nation.ENGLAND},
    ),
    (
        "X-04",
        "a Welsh council has no row yet",
        TO_COUNCIL,
        {"recipient_nation": Nation.WALES},
        HOLD,
        {"recipient_nation": Nation.ENGLAND},
    ),
    ("ENC-18", "an adult is no child", ISSUED, {"under_18": False}, REFUSE, {"under_18": None}),
    (
        "ENC-18",
        "an estimate is for a human to settle",
        ISSUED,
        {"under_18": False, "age_is_estimated": True},
        HOLD,
        {"age_is_estimated": True},
    ),
    *(
        ("ENC-ROLL", f"{status} is not on roll", ISSUED, {"roll_status": status}, HOLD, {"roll_status": other})
        for status, other in [
            (RollStatus.HOME_EDUCATED, RollStatus.NURSERY),
            (RollStatus.LEFT, RollStatus.REGISTERED_DUAL_SUBSIDIARY),
            (None, RollStatus.RECEIVING_EDUCATION),
        ]
    ),
    ("ENC-ROLL", "asked in an open case too", ISSUED, {**UNKNOWN_ROLL, "case": CaseState.OPEN}, HOLD, {}),
    (
        "ENC-ROLL",
        "asked after an overdue hand-over too",
        ISSUED,
        {**UNKNOWN_ROLL, **ELSEWHERE, "handover": Handover.OVERDUE},
        HOLD,
        {**ELSEWHERE, "handover": Handover.OVERDUE},
    ),
    (
        "ENC-COLLEGE",
        "a college beside a school is not told under s49A",
        ISSUED,
        {"establishment": Establishment.COLLEGE, "school_also_named": True},
        REFUSE,
        {"establishment": Establishment.COLLEGE},
    ),
    (
        "ENC-COLLEGE",
        "two schools are both told",
        ISSUED,
        {"establishment": Establishment.COLLEGE, "school_also_named": True},
        REFUSE,
        {"school_also_named": True},
    ),
    ("ENC-RES", "a child of another force is handed over first", ISSUED, ELSEWHERE, HOLD, {}),
    (
        "ENC-RES",
        "a hand-over that waits keeps it",
        ISSUED,
        {**ELSEWHERE, "handover": Handover.WAITING},
        HOLD,
        {"handover": Handover.WAITING},
    ),
    (
        "ENC-RES",
        "a hand-over that was taken keeps it",
        ISSUED,
        {**ELSEWHERE, "handover": Handover.ACKNOWLEDGED},
        HOLD,
        {"resident_in_sender_area": None},
    ),
    (
        "ENC-RES",
        "nobody took it, so the attending force sends",
        ISSUED,
        {**ELSEWHERE, "handover": Handover.OVERDUE},
        WARN,
        {"handover": Handover.OVERDUE},
    ),
    ("ENC-RES", "asked for settings alone", ISSUED, ELSEWHERE, HOLD, {**ELSEWHERE, "recipient_role": Role.SOCIAL_CARE}),
    ("ENC-AREA", "s49A binds no force without an area", ISSUED, NO_AREA, HOLD, {}),
    ("ENC-AREA", "asked for settings alone", UPDATE, NO_AREA, HOLD, {**NO_AREA, "recipient_role": Role.SOCIAL_CARE}),
    ("ENC-RES-TO", "to the force of residence", HANDOVER, {"recipient_serves_residence": False}, HOLD, {}),
    (
        "ENC-RES-TO",
        "to the council of residence",
        TO_COUNCIL,
        {"recipient_serves_residence": False},
        HOLD,
        {"recipient_serves_residence": None},
    ),
    ("RD-2-SENDER", "nobody knows where the setting is", ISSUED, {**REFUGE, **UNPLACED}, HOLD, UNPLACED),
    ("RD-2-SENDER", "nor follow-ups", UPDATE, {**REFUGE, "recipient_in_sender_area": False}, HOLD, REFUGE),
    (
        "RD-2-SENDER",
        "the sender's name would tell the place",
        ISSUED,
        {**REFUGE, "recipient_in_sender_area": False},
        HOLD,
        REFUGE,
    ),
    (
        "RD-2-SENDER",
        "not where the address is open",
        ISSUED,
        {"address_handling": AddressHandling.COURT_ORDERED, "recipient_in_sender_area": False},
        HOLD,
        {"recipient_in_sender_area": False},
    ),
    (
        "RD-2-TEXT",
        "the condition names the place",
        ISSUED,
        {**REFUGE, "condition_names_the_place": True},
        HOLD,
        REFUGE,
    ),
    ("CASE-1", "nothing follows a withdrawal", UPDATE, {"case": CaseState.WITHDRAWN}, REFUSE, {}),
    ("CHN-1", "a human rings", ISSUED, {"recipient_channel": Channel.NOT_CONNECTED}, HOLD, {}),
    (
        "KEY-1",
        "nothing leaves unsealed",
        ISSUED,
        {"recipient_has_key": False},
        HOLD,
        {"recipient_channel": Channel.MAILBOX},
    ),
    ("ENC-EST", "a URN that is no school", ISSUED, {"establishment": None}, HOLD, {"recipient": Kind.COUNCIL}),
    ("ADR-2", "a school that has closed", ISSUED, {"recipient_closed": True}, HOLD, {}),
    ("ORG-1", "cut off", ISSUED, {"recipient_suspended": True}, HOLD, {}),
    ("KEY-2", "a revoked key", ISSUED, {"doubts": (Doubt.KEY_REVOKED,)}, HOLD, {"doubts": (Doubt.DATED_AHEAD,)}),
    ("FRESH-1", "tomorrow's date", ISSUED, {"doubts": (Doubt.DATED_AHEAD,)}, HOLD, {"doubts": (Doubt.KEY_REVOKED,)}),
]


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


@pytest.mark.parametrize(
    ("rule", "facts", "change", "outcome", "near"),
    [pytest.param(rule, *rest, id=f"{rule}: {says}") for rule, says, *rest in TABLE],
)
def test_a_rule_bites_there_and_not_here(
    rule: str, facts: Facts, change: Change, outcome: Outcome, near: Change
) -> None:
    decision = decide(replace(facts, **change), POLICY, NIGHT)
    assert bites(replace(facts, **change))[rule] is outcome
    assert deciding.SEVERITY.index(decision.outcome) >= deciding.SEVERITY.index(outcome)
    assert rule not in bites(replace(facts, **near))


def test_every_rule_has_its_case_here() -> None:
    named = {rule for rule, *_ in TABLE} | {"POL-1"}
    assert {one for rule in RULES for one in (rule.__doc__ or "").partition(":")[0].split("/")} == named


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
    assert bites(replace(ISSUED, **change), now=now) == ({} if in_force else {"X-04" if change else "A6-02": HOLD})


def test_a_basis_ends_on_its_day() -> None:
    ended = tuple(replace(basis, in_force_to=NIGHT.date()) for basis in BASES)
    policy = Policy(issued=POLICY.issued, review_by=POLICY.review_by, bases=ended)
    assert bites(ISSUED, policy) == {"A6-02": HOLD, "X-04": HOLD}
    assert policy.version != POLICY.version
    assert policy.version.startswith("2026-11-22+")


def test_state_and_independent_schools_cite_different_rows() -> None:
    rows = {
        independent: decide(replace(ISSUED, recipient_independent=independent), POLICY, NIGHT).recipient_basis
        for independent in (False, True)
    }
    assert {key: row.gateway.partition(" s")[0] for key, row in rows.items() if row} == {
        False: "Education Act 2002",
        True: "Education Act 2002",
    }
    assert rows[False] != rows[True]


def test_the_gravest_finding_is_the_outcome() -> None:
    facts = replace(ISSUED, recipient_has_key=False, under_18=False, **ELSEWHERE, handover=Handover.OVERDUE)
    assert set(bites(facts).values()) == {WARN, HOLD, REFUSE}
    assert decide(facts, POLICY, NIGHT).outcome is REFUSE


def test_a_share_that_no_rule_stopped_but_no_basis_carries_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deciding, "RULES", ())
    with pytest.raises(AssertionError, match="basis at both ends"):
        decide(replace(ISSUED, cited_basis="LB-XX", recipient_role=Role.SOCIAL_CARE), POLICY, NIGHT)
