"""Part 3, and leaving it."""

from broker.registry import Nation
from broker.schemas.claims import Protected, Purpose, Regime, Schedule8, Section35, Subject, Whose
from broker.schemas.terms import Kind
from tests.facts import HANDOVER, ISSUED, RECEIPT, TO_COUNCIL
from tests.rule_cases import HOLD, REFUSE, WARN, Case, Change, claims, recipient_claims

MAPPA = "CJA2003-s325(4)"
PROBATION: Change = {"sender": Kind.DELIVERY_UNIT}
LAW = {"regime": Regime.PART_3, "purpose": Purpose.LAW_ENFORCEMENT, "section_35": Section35.TASK}
HEALTH: Change = {"special_category": True}
OFFENCE: Change = {"criminal_offence": True}
UNASKED = (Whose(subject=Subject.SIBLING),)

CASES: tuple[Case, ...] = (
    Case(
        "P3-01",
        "no route",
        HANDOVER,
        claims(section_35=None),
        REFUSE,
        claims(section_35=Section35.CONSENT),
    ),
    Case("P3-01", "nor at the recipient", HANDOVER, recipient_claims(section_35=None), REFUSE, {}),
    Case("P3-01", "not under the UK GDPR", HANDOVER, claims(section_35=None), REFUSE, {"cited_basis": "LB-E2"}),
    *(
        Case("P3-02", f"health without {name}", HANDOVER, {**HEALTH, **claims(**given)}, REFUSE, near)
        for name, given, near in (
            ("strict necessity", {"strictly_necessary": False}, HEALTH),
            ("a condition", {"schedule_8": None}, claims(schedule_8=None)),
            ("the s42 document", {"section_42_document": False}, {**OFFENCE, **claims(section_42_document=False)}),
        )
    ),
    Case(
        "P3-02",
        "consent without the document",
        HANDOVER,
        {**HEALTH, **claims(section_35=Section35.CONSENT, section_42_document=False)},
        REFUSE,
        {**HEALTH, **claims(section_35=Section35.CONSENT, strictly_necessary=False, schedule_8=None)},
    ),
    Case("P3-02", "nor at the recipient", HANDOVER, {**HEALTH, **recipient_claims(schedule_8=None)}, REFUSE, HEALTH),
    Case(
        "P3-03",
        "paragraph 1 without the public interest",
        HANDOVER,
        {**HEALTH, **claims(schedule_8=Schedule8.STATUTORY, public_interest=False)},
        REFUSE,
        {**HEALTH, **claims(schedule_8=Schedule8.JUSTICE, public_interest=False)},
    ),
    Case(
        "P3-03",
        "paragraph 4 for an adult who is not at risk",
        HANDOVER,
        {**HEALTH, **claims(protects=Protected.ADULT)},
        REFUSE,
        {**HEALTH, **claims(protects=Protected.ADULT_AT_RISK)},
    ),
    Case(
        "P3-03",
        "paragraph 4, somebody not asked and no word why",
        HANDOVER,
        {**HEALTH, **claims(subjects=UNASKED)},
        REFUSE,
        {**HEALTH, **claims(subjects=UNASKED, schedule_8=Schedule8.STATUTORY)},
    ),
    Case(
        "P3-03",
        "no sensitive data, no condition",
        HANDOVER,
        {**HEALTH, **claims(public_interest=False)},
        REFUSE,
        claims(public_interest=False),
    ),
    Case("P3-04", "no law", HANDOVER, claims(gateways=()), REFUSE, {}),
    Case("P3-04", "guidance is none", HANDOVER, claims(gateways=("WT2026",)), REFUSE, claims(gateways=("CA2004-s11",))),
    Case(
        "P3-04",
        "not said to be necessary",
        HANDOVER,
        claims(necessity=False, strictly_necessary=False),
        REFUSE,
        claims(necessity=False),
    ),
    Case(
        "P3-05",
        "welfare, and no authority",
        ISSUED,
        claims(outside_part_3_by=None),
        REFUSE,
        claims(outside_part_3_by="DAA2021-s49A"),
    ),
    Case(
        "P3-05",
        "not for a school's own data",
        TO_COUNCIL,
        claims(outside_part_3_by=None),
        REFUSE,
        {**claims(outside_part_3_by=None), "type": RECEIPT.type, "sender": Kind.SCHOOL},
    ),
    Case("P3-06", "mixed up", HANDOVER, claims(fact_from_opinion=False), WARN, claims(fact_from_opinion=True)),
    Case("P3-07", "not told apart", HANDOVER, claims(subject_classes=False), WARN, claims(subject_classes=True)),
    Case("P3-08", "nothing of accuracy", HANDOVER, claims(tells_accuracy=False), REFUSE, claims(tells_accuracy=True)),
    Case("P3-08", "PR-03 under the UK GDPR", HANDOVER, claims(tells_accuracy=False), REFUSE, {}),
    Case("P3-11", "no justification", HANDOVER, claims(necessity=False), WARN, claims(strictly_necessary=False)),
    Case("P3-12", "no review", HANDOVER, claims(review_set=False), WARN, claims(review_set=True)),
    Case("P3-12", "nor at the recipient", HANDOVER, recipient_claims(review_set=False), WARN, {}),
    Case(
        "X-01",
        "a crime to prevent, to a council, under the UK GDPR",
        TO_COUNCIL,
        claims(purpose=Purpose.LAW_ENFORCEMENT),
        REFUSE,
        claims(**LAW),
    ),
    Case(
        "X-01",
        "no route",
        TO_COUNCIL,
        claims(**{**LAW, "section_35": None}),
        REFUSE,
        claims(section_35=None),
    ),
    Case(
        "X-01",
        "a school has no Part 3",
        TO_COUNCIL,
        claims(purpose=Purpose.LAW_ENFORCEMENT),
        REFUSE,
        {**claims(purpose=Purpose.LAW_ENFORCEMENT), "sender": Kind.SCHOOL, "type": RECEIPT.type},
    ),
    Case("X-02", "no Article 6", ISSUED, claims(article_6=None), REFUSE, claims(article_9=None, article_10=None)),
    Case(
        "X-02",
        "no Article 10",
        ISSUED,
        {**OFFENCE, **claims(article_10=None)},
        REFUSE,
        {**HEALTH, **claims(article_10=None)},
    ),
    Case(
        "X-02",
        "no Article 9",
        ISSUED,
        {**HEALTH, **claims(article_9=None)},
        REFUSE,
        {**OFFENCE, **claims(article_9=None)},
    ),
    Case("X-02", "not necessary", ISSUED, claims(necessity=False), REFUSE, {**HEALTH, **OFFENCE}),
    Case(
        "X-02",
        "P3-05 has it where no authority is named",
        ISSUED,
        claims(article_6=None),
        REFUSE,
        claims(article_6=None, outside_part_3_by=None),
    ),
    Case(
        "X-03",
        "guidance is no authority",
        TO_COUNCIL,
        claims(outside_part_3_by="WT2026"),
        REFUSE,
        claims(outside_part_3_by="common-law-policing"),
    ),
    Case("X-03", "nothing on file", TO_COUNCIL, claims(outside_part_3_by="no-such-Act"), REFUSE, {}),
    Case(
        "X-03",
        "another's authority",
        RECEIPT,
        claims(outside_part_3_by="common-law-policing"),
        REFUSE,
        claims(outside_part_3_by=None),
    ),
    Case(
        "X-03",
        "not law in Wales",
        ISSUED,
        {**claims(outside_part_3_by="CA2004-s11"), "sender_nation": Nation.WALES},
        REFUSE,
        claims(outside_part_3_by="CA2004-s11"),
    ),
    Case(
        "X-03",
        "off until its commencement is on file",
        TO_COUNCIL,
        claims(outside_part_3_by="CA2004-s16LB"),
        REFUSE,
        claims(outside_part_3_by="CA2004-s16H"),
    ),
    Case(
        "X-03",
        "s325 outside MAPPA",
        TO_COUNCIL,
        claims(outside_part_3_by=MAPPA),
        REFUSE,
        claims(outside_part_3_by=MAPPA, gateways=(MAPPA,)),
    ),
    Case("X-05", "a school to the police", RECEIPT, claims(**LAW), REFUSE, claims(gateways=(MAPPA,), **LAW)),
    Case("X-05", "not police to police", RECEIPT, claims(**LAW), REFUSE, {"sender": Kind.POLICE, **claims(**LAW)}),
    Case("X-05", "not to a council", RECEIPT, claims(**LAW), REFUSE, {"recipient": Kind.COUNCIL, **claims(**LAW)}),
    Case(
        "X-06",
        "welfare inside MAPPA",
        TO_COUNCIL,
        {**claims(gateways=(MAPPA,), **LAW)},
        HOLD,
        {**claims(gateways=(MAPPA,), **LAW), **recipient_claims(**LAW)},
    ),
    Case("X-06", "at the sender", TO_COUNCIL, {**claims(gateways=(MAPPA,)), **recipient_claims(**LAW)}, HOLD, {}),
    Case("X-07", "an intelligence service", HANDOVER, {"recipient": Kind.INTELLIGENCE}, REFUSE, {}),
)
