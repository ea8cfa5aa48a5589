"""Conflict of interest and do-not-tell."""

from dataclasses import replace

from broker.consent.conflict import Conflict
from broker.consent.facts import Facts
from broker.registry import Channel
from broker.schemas.terms import Kind, Outcome, Release, Role
from tests.facts import HANDOVER, ISSUED, TO_COUNCIL, UPDATE
from tests.rule_cases import HOLD, REFUSE, WARN, Case, Change

TO_OFFICER = replace(ISSUED, recipient=Kind.COUNCIL, recipient_role=Role.DESIGNATED_OFFICER, roll_status=None)
HARMER: Change = {"harmer_works_with_children": True}
INSTEAD: Change = {"conflict": Conflict.INSTEAD, "recipient_role": Role.ALTERNATE}
BARRED: Change = {"not_to_be_told": True}

TABLE: list[tuple[str, str, Facts, Change, Outcome, Change]] = [
    ("RD-7", "no alternate is declared", ISSUED, {"conflict": Conflict.NO_ALTERNATE}, HOLD, {}),
    (
        "RD-7",
        "nor does the glass break",
        ISSUED,
        {"conflict": Conflict.NO_ALTERNATE, "released": Release.BREAK_GLASS},
        HOLD,
        {},
    ),
    ("RD-7", "the alternate is in it too", ISSUED, {"conflict": Conflict.ALTERNATE_TOO}, HOLD, {}),
    ("RD-7", "the alternate is out of reach", UPDATE, {"conflict": Conflict.OUT_OF_REACH}, HOLD, {}),
    ("RD-7", "the alternate is told", ISSUED, INSTEAD, WARN, {}),
    (
        "RD-7",
        "also of what follows",
        UPDATE,
        {**INSTEAD, "conflict": Conflict.FROM_NOW},
        WARN,
        {"conflict": Conflict.STAFF},
    ),
    ("RD-7-STAFF", "at the council", TO_COUNCIL, {"conflict": Conflict.STAFF}, HOLD, {}),
    ("RD-7-STAFF", "at the force", HANDOVER, {"conflict": Conflict.STAFF}, HOLD, {"conflict": Conflict.INSTEAD}),
    ("RD-7-DO", "a victim is never reported", TO_OFFICER, {}, REFUSE, HARMER),
    (
        "RD-7-DO",
        "the safeguarding lead is another matter",
        TO_OFFICER,
        {},
        REFUSE,
        {"recipient_role": Role.SAFEGUARDING_LEAD},
    ),
    ("RD-DNT", "the sender has said so", ISSUED, BARRED, HOLD, {}),
    ("RD-DNT", "of what follows too", UPDATE, BARRED, HOLD, {}),
    (
        "RD-DNT",
        "its human lets it go",
        ISSUED,
        {**BARRED, "released": Release.RELEASE},
        WARN,
        {"released": Release.RELEASE},
    ),
    ("GW-E1", "an alternate is never addressed", ISSUED, {"recipient_role": Role.ALTERNATE}, REFUSE, INSTEAD),
    (
        "CHN-1",
        "once its human lets it go",
        ISSUED,
        {**BARRED, "released": Release.RELEASE, "recipient_channel": Channel.NOT_CONNECTED},
        HOLD,
        {**BARRED, "recipient_channel": Channel.NOT_CONNECTED},
    ),
    (
        "CHN-1",
        "nobody is sent to ring a desk that must not know",
        ISSUED,
        {"recipient_channel": Channel.NOT_CONNECTED},
        HOLD,
        {"conflict": Conflict.NO_ALTERNATE, "recipient_channel": Channel.NOT_CONNECTED},
    ),
    (
        "KEY-1",
        "the same",
        ISSUED,
        {"recipient_has_key": False},
        HOLD,
        {"conflict": Conflict.NO_ALTERNATE, "recipient_has_key": False},
    ),
    ("ORG-1", "the same", ISSUED, {"recipient_suspended": True}, HOLD, {**BARRED, "recipient_suspended": True}),
    ("ADR-2", "the same", ISSUED, {"recipient_closed": True}, HOLD, {**BARRED, "recipient_closed": True}),
    ("ENC-ROLL", "asked of an alternate too", ISSUED, {**INSTEAD, "roll_status": None}, HOLD, INSTEAD),
    ("ENC-RES", "asked of an alternate too", ISSUED, {**INSTEAD, "resident_in_sender_area": False}, HOLD, INSTEAD),
    (
        "FLW-2",
        "the council of a setting is told on its own basis, beside the setting's",
        ISSUED,
        {"cited_basis": "LB-E2"},
        REFUSE,
        {**HARMER, "recipient": Kind.COUNCIL, "recipient_role": Role.DESIGNATED_OFFICER, "cited_basis": "LB-E1"},
    ),
]
CASES = tuple(Case(*one) for one in TABLE)
