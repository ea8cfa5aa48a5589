"""Routing and Operation Encompass."""

from datetime import timedelta
from typing import Any

from broker.consent.facts import CaseState, Doubt, Handover
from broker.consent.law.policy import POLICY
from broker.registry import Channel, Establishment, Nation
from broker.schemas.terms import AddressHandling, Kind, Role, RollStatus
from tests.facts import HANDOVER, ISSUED, RECEIPT, TO_COUNCIL, UPDATE
from tests.rule_cases import HOLD, REFUSE, WARN, Case, claims, recipient_claims

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

TABLE = [
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
    ("FLW-2", "a notification cites LB-E1", ISSUED, {"cited_basis": "LB-E2"}, REFUSE, {"cited_basis": "LB-E1"}),
    (
        "FLW-2",
        "what follows may cite the basis of any recipient of the case",
        UPDATE,
        {"cited_basis": "LB-E3"},
        REFUSE,
        {"cited_basis": "LB-PP"},
    ),
    (
        "POL-2",
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

STALE = Case("POL-1", "past its review date", ISSUED, {}, HOLD, {}, on=POLICY.review_by + timedelta(days=1))
UNKNOWN_GATEWAYS = (
    Case(
        "POL-3",
        "a gateway that is not on file, beside one that is",
        ISSUED,
        claims(gateways=("DAA2021-s49A", "no-such-Act")),
        HOLD,
        claims(gateways=("DAA2021-s49A",)),
    ),
    Case("POL-3", "nor at the recipient", ISSUED, recipient_claims(gateways=("no-such-Act",)), HOLD, {}),
)
CASES = (STALE, *(Case(*one) for one in TABLE), *UNKNOWN_GATEWAYS)
