"""Special-category data, Schedule 1 and the policy document."""

from typing import Any

from broker.consent.facts import Paper
from broker.schemas.claims import (
    Article9,
    Life,
    NoConsent,
    NotAsked,
    Protected,
    Purpose,
    Regime,
    Schedule1,
    Section35,
    Subject,
    Whose,
)
from broker.schemas.terms import Kind
from tests.facts import HANDOVER, ISSUED, RECEIPT, TO_COUNCIL
from tests.rule_cases import HOLD, REFUSE, WARN, Case, Change, claims, recipient_claims

SPECIAL = {"special_category": True}
LAW = {"regime": Regime.PART_3, "purpose": Purpose.LAW_ENFORCEMENT, "section_35": Section35.TASK}
H9, C9, G9 = Article9.HEALTH_OR_SOCIAL_CARE, Article9.VITAL_INTERESTS, Article9.PUBLIC_INTEREST
CHILD, SIBLING, PROFESSIONAL = (Whose(subject=one) for one in (Subject.CHILD, Subject.SIBLING, Subject.PROFESSIONAL))
DEAD_SIBLING = Whose(subject=Subject.SIBLING, life=Life.DECEASED, personal_data=False)
CHILD_S, SIBLING_S = (
    NotAsked(subject=one, because=NoConsent.CANNOT_BE_GIVEN) for one in (Subject.CHILD, Subject.SIBLING)
)
PARA = {one: {"schedule_1": (one,)} for one in Schedule1}
BY_HEALTH: dict[str, Any] = {"article_9": H9, **PARA[Schedule1.PARA_2], "by_health_professional": True}
TO_POLICE: Change = {"recipient": Kind.POLICE}
NONE, LAPSED = {"sender_document": Paper.NONE}, {"sender_document": Paper.LAPSED}
THEIRS_NONE = {"recipient_document": Paper.NONE}


def paragraph(para: Schedule1, **given: Any) -> Change:  # noqa: ANN401 - any field of a claim
    """The sender claims this condition, and this."""
    return claims(schedule_1=(para,), **given)


ARTICLE_9: tuple[Case, ...] = (
    Case("A9-01", "health data, no condition", ISSUED, {**claims(article_9=None), **SPECIAL}, REFUSE, SPECIAL),
    Case("A9-01", "no such data", ISSUED, {**claims(article_9=None), **SPECIAL}, REFUSE, claims(article_9=None)),
    Case(
        "A9-01",
        "Article 9 is no part of Part 3",
        ISSUED,
        {**claims(article_9=None), **SPECIAL},
        REFUSE,
        {**claims(article_9=None, **LAW), **SPECIAL},
    ),
    Case("A9-01", "at the recipient", ISSUED, {**recipient_claims(article_9=None), **SPECIAL}, REFUSE, SPECIAL),
    Case("A9-02", "(g) with Part 1", ISSUED, paragraph(Schedule1.PARA_2), REFUSE, paragraph(Schedule1.PARA_6)),
    Case(
        "A9-02",
        "(h) with Part 2",
        TO_COUNCIL,
        claims(article_9=H9),
        REFUSE,
        claims(**BY_HEALTH),
    ),
    Case("A9-02", "(g) with none", ISSUED, claims(schedule_1=()), REFUSE, claims(article_9=C9, schedule_1=())),
    Case("A9-02", "no point at all", ISSUED, claims(schedule_1=()), REFUSE, claims(article_9=None, schedule_1=())),
    Case("A9-02", "under Part 3", ISSUED, claims(schedule_1=()), REFUSE, claims(schedule_1=(), **LAW)),
    Case(
        "A9-03",
        "able to consent",
        ISSUED,
        claims(article_9=C9),
        REFUSE,
        claims(article_9=C9, unable_to_consent=True),
    ),
    Case(
        "A9-03",
        "Article 9 is no part of Part 3",
        ISSUED,
        claims(article_9=C9),
        REFUSE,
        claims(article_9=C9, **LAW),
    ),
    Case("A9-04", "(g) beside paragraph 2 is A9-02's", ISSUED, claims(**BY_HEALTH), HOLD, paragraph(Schedule1.PARA_2)),
    Case(
        "A9-04",
        "a school receives",
        ISSUED,
        claims(**BY_HEALTH),
        HOLD,
        {**claims(**BY_HEALTH), "recipient": Kind.CARE_BOARD},
    ),
    Case("A9-04", "a school's own claim", ISSUED, recipient_claims(**BY_HEALTH), HOLD, {}),
    Case(
        "A9-04",
        "no professional",
        TO_COUNCIL,
        claims(article_9=H9, schedule_1=(Schedule1.PARA_2,)),
        REFUSE,
        claims(**BY_HEALTH),
    ),
    Case(
        "A9-04",
        "another condition of Part 1",
        TO_COUNCIL,
        claims(article_9=H9, schedule_1=(Schedule1.PARA_2,)),
        REFUSE,
        claims(article_9=H9, schedule_1=(Schedule1.PARA_3,)),
    ),
)

PARAGRAPH_18: tuple[Case, ...] = (
    Case("S1-18a", "no necessity", ISSUED, claims(necessity=False), REFUSE, {}),
    Case(
        "S1-18a",
        "another condition",
        ISSUED,
        claims(necessity=False),
        REFUSE,
        paragraph(Schedule1.PARA_6, necessity=False),
    ),
    Case(
        "S1-18a",
        "no public interest, which paragraph 36 drops for offence data alone",
        RECEIPT,
        {**claims(public_interest=False), **SPECIAL},
        REFUSE,
        {**claims(public_interest=False), "criminal_offence": True},
    ),
    Case("S1-18a", "under Part 3", ISSUED, claims(public_interest=False), REFUSE, claims(necessity=False, **LAW)),
    Case("S1-18b", "no reason at all", ISSUED, claims(not_asked=()), REFUSE, {}),
    Case("S1-18b", "nor anybody", ISSUED, claims(not_asked=(), subjects=()), REFUSE, claims(subjects=())),
    Case(
        "S1-18b", "another condition", ISSUED, claims(not_asked=()), REFUSE, paragraph(Schedule1.PARA_6, not_asked=())
    ),
    Case(
        "S1-18b",
        "one reason for two",
        ISSUED,
        claims(subjects=(CHILD, SIBLING), not_asked=(CHILD_S,)),
        REFUSE,
        claims(subjects=(CHILD, SIBLING), not_asked=(CHILD_S, SIBLING_S)),
    ),
    Case(
        "S1-18b",
        "one for two siblings",
        ISSUED,
        claims(subjects=(SIBLING, SIBLING), not_asked=(SIBLING_S,)),
        REFUSE,
        claims(subjects=(SIBLING, SIBLING), not_asked=(SIBLING_S, SIBLING_S)),
    ),
    Case(
        "S1-18b",
        "the dead are not asked",
        ISSUED,
        claims(subjects=(CHILD, SIBLING), not_asked=(CHILD_S,)),
        REFUSE,
        claims(subjects=(CHILD, DEAD_SIBLING), not_asked=(CHILD_S,)),
    ),
    Case("S1-18b", "at the recipient", ISSUED, recipient_claims(not_asked=()), REFUSE, {}),
    Case(
        "S1-18c",
        "an adult by status alone",
        ISSUED,
        claims(protects=Protected.ADULT),
        REFUSE,
        claims(protects=Protected.ADULT_AT_RISK),
    ),
    Case(
        "S1-18c",
        "paragraph 6 for such an adult",
        ISSUED,
        claims(protects=Protected.ADULT),
        REFUSE,
        paragraph(Schedule1.PARA_6, protects=Protected.ADULT),
    ),
    Case(
        "S1-18d",
        "nobody, not even a type",
        ISSUED,
        claims(protects=Protected.NOBODY_NAMED),
        REFUSE,
        claims(protects=Protected.TYPE_OF_INDIVIDUAL),
    ),
    Case(
        "S1-18d",
        "another condition",
        ISSUED,
        claims(protects=Protected.NOBODY_NAMED),
        REFUSE,
        paragraph(Schedule1.PARA_6, protects=Protected.NOBODY_NAMED),
    ),
)

OTHER_PARAGRAPHS: tuple[Case, ...] = (
    Case(
        "S1-06",
        "guidance confers no function",
        TO_COUNCIL,
        paragraph(Schedule1.PARA_6, gateways=("WT2026",)),
        REFUSE,
        paragraph(Schedule1.PARA_6),
    ),
    Case(
        "S1-06",
        "another's function",
        TO_COUNCIL,
        paragraph(Schedule1.PARA_6, gateways=("CA1989-s47",)),
        REFUSE,
        paragraph(Schedule1.PARA_6, gateways=("common-law-policing",)),
    ),
    Case(
        "S1-06",
        "no public interest",
        TO_COUNCIL,
        paragraph(Schedule1.PARA_6, public_interest=False),
        REFUSE,
        claims(public_interest=False),
    ),
    Case(
        "S1-06",
        "which paragraph 36 does not drop for health data",
        TO_COUNCIL,
        {**claims(schedule_1=(Schedule1.PARA_6, Schedule1.PARA_36), public_interest=False), **SPECIAL},
        REFUSE,
        claims(schedule_1=(Schedule1.PARA_6, Schedule1.PARA_36), public_interest=False),
    ),
    Case(
        "S1-01",
        "about nobody at work",
        TO_COUNCIL,
        paragraph(Schedule1.PARA_1),
        HOLD,
        paragraph(Schedule1.PARA_1, subjects=(PROFESSIONAL,)),
    ),
    Case(
        "S1-01",
        "under no obligation of its own",
        TO_COUNCIL,
        paragraph(Schedule1.PARA_1, subjects=(PROFESSIONAL,), gateways=("WT2026",)),
        HOLD,
        {},
    ),
    Case(
        "S1-10",
        "no document, to a school",
        ISSUED,
        {**paragraph(Schedule1.PARA_10), **NONE},
        REFUSE,
        {**paragraph(Schedule1.PARA_10), **NONE, **TO_POLICE},
    ),
    Case(
        "S1-10",
        "another's document",
        ISSUED,
        {**paragraph(Schedule1.PARA_10), "sender_document": Paper.ANOTHERS},
        REFUSE,
        paragraph(Schedule1.PARA_10),
    ),
    Case(
        "S1-10",
        "10(2) is about disclosing, not about receiving",
        ISSUED,
        {**recipient_claims(**PARA[Schedule1.PARA_10]), **THEIRS_NONE},
        HOLD,
        recipient_claims(**PARA[Schedule1.PARA_10]),
    ),
    Case(
        "S1-10",
        "no public interest",
        ISSUED,
        paragraph(Schedule1.PARA_10, public_interest=False),
        REFUSE,
        paragraph(Schedule1.PARA_6, public_interest=False),
    ),
    Case(
        "S1-10",
        "asking would prejudice nothing",
        ISSUED,
        paragraph(Schedule1.PARA_10, not_asked=(CHILD_S,)),
        REFUSE,
        paragraph(Schedule1.PARA_6, not_asked=(CHILD_S,)),
    ),
    Case(
        "S1-12",
        "about no professional",
        ISSUED,
        paragraph(Schedule1.PARA_12),
        HOLD,
        paragraph(Schedule1.PARA_12, subjects=(PROFESSIONAL,)),
    ),
    Case(
        "S1-12",
        "12: consent was obtainable",
        ISSUED,
        paragraph(Schedule1.PARA_12, subjects=(PROFESSIONAL,), not_asked=(CHILD_S,)),
        REFUSE,
        paragraph(Schedule1.PARA_11, subjects=(PROFESSIONAL,), not_asked=(CHILD_S,)),
    ),
    Case(
        "S1-12",
        "11: no reason",
        ISSUED,
        paragraph(Schedule1.PARA_11, subjects=(PROFESSIONAL,), not_asked=()),
        REFUSE,
        paragraph(Schedule1.PARA_6, subjects=(PROFESSIONAL,), not_asked=()),
    ),
    Case(
        "S1-12",
        "no public interest",
        ISSUED,
        paragraph(Schedule1.PARA_11, subjects=(PROFESSIONAL,), public_interest=False),
        REFUSE,
        paragraph(Schedule1.PARA_11, subjects=(PROFESSIONAL,)),
    ),
    Case("S1-17", "no reason", ISSUED, paragraph(Schedule1.PARA_17, not_asked=()), REFUSE, claims(not_asked=())),
    Case(
        "S1-17",
        "no public interest",
        ISSUED,
        paragraph(Schedule1.PARA_17, public_interest=False),
        REFUSE,
        paragraph(Schedule1.PARA_17),
    ),
    Case(
        "S1-19",
        "for a child",
        ISSUED,
        paragraph(Schedule1.PARA_19),
        REFUSE,
        paragraph(Schedule1.PARA_19, protects=Protected.ADULT),
    ),
    Case(
        "S1-19",
        "not health data",
        ISSUED,
        {**paragraph(Schedule1.PARA_19, protects=Protected.ADULT_AT_RISK), "other_than_health": True},
        REFUSE,
        {**paragraph(Schedule1.PARA_19, protects=Protected.ADULT_AT_RISK), **SPECIAL},
    ),
    Case(
        "S1-19",
        "no public interest",
        ISSUED,
        paragraph(Schedule1.PARA_19, protects=Protected.ADULT, public_interest=False),
        REFUSE,
        {"other_than_health": True},
    ),
    Case(
        "S1-19",
        "no reason",
        ISSUED,
        paragraph(Schedule1.PARA_19, protects=Protected.ADULT, not_asked=()),
        REFUSE,
        {},
    ),
    Case("S1-08", "about a child", ISSUED, paragraph(Schedule1.PARA_8), REFUSE, paragraph(Schedule1.PARA_6)),
    Case("S1-08", "at the recipient", ISSUED, recipient_claims(**PARA[Schedule1.PARA_8]), REFUSE, {}),
)

DOCUMENTS: tuple[Case, ...] = (
    *(
        Case("APD-01", f"{para} without", TO_COUNCIL, {**paragraph(para), **NONE}, REFUSE, paragraph(para))
        for para in (Schedule1.PARA_6, Schedule1.PARA_18, Schedule1.PARA_19, Schedule1.PARA_1)
    ),
    Case(
        "APD-01",
        "paragraph 2 needs none",
        TO_COUNCIL,
        NONE,
        REFUSE,
        {**claims(**BY_HEALTH), **NONE},
    ),
    Case("APD-01", "nor vital interests", TO_COUNCIL, NONE, REFUSE, {**claims(article_9=C9, schedule_1=()), **NONE}),
    Case(
        "APD-01",
        "paragraph 10 to a school",
        ISSUED,
        {**paragraph(Schedule1.PARA_10), **NONE},
        REFUSE,
        {**paragraph(Schedule1.PARA_10), **NONE, **TO_POLICE},
    ),
    Case(
        "APD-01",
        "paragraph 18 beside 10 needs it still",
        RECEIPT,
        {**claims(schedule_1=(Schedule1.PARA_10, Schedule1.PARA_18)), **NONE},
        REFUSE,
        {**claims(schedule_1=(Schedule1.PARA_10, Schedule1.PARA_36)), **NONE},
    ),
    Case(
        "APD-01",
        "paragraph 36 goes with its condition",
        RECEIPT,
        {**paragraph(Schedule1.PARA_36), **NONE},
        REFUSE,
        {**claims(schedule_1=(Schedule1.PARA_10, Schedule1.PARA_36)), **NONE},
    ),
    Case(
        "APD-01",
        "Schedule 1 is no part of Part 3",
        HANDOVER,
        {**claims(regime=Regime.UK_GDPR, **PARA[Schedule1.PARA_18]), **NONE},
        REFUSE,
        NONE,
    ),
    Case("APD-01", "past its grace is for a person", ISSUED, LAPSED, HOLD, {"sender_document": Paper.REVIEW_SOON}),
    Case("APD-01", "the recipient has none", ISSUED, THEIRS_NONE, HOLD, {"recipient_document": Paper.CURRENT}),
    Case(
        "APD-01",
        "the recipient's has lapsed",
        ISSUED,
        {"recipient_document": Paper.LAPSED},
        HOLD,
        {"recipient_document": Paper.REVIEW_OVERDUE},
    ),
    Case(
        "APD-02",
        "the recipient's document",
        ISSUED,
        {"sender_document": Paper.ANOTHERS},
        REFUSE,
        {"sender_document": Paper.CURRENT},
    ),
    Case("APD-02", "at the recipient", ISSUED, {"recipient_document": Paper.ANOTHERS}, HOLD, THEIRS_NONE),
    Case(
        "APD-02",
        "where none is needed",
        ISSUED,
        {"sender_document": Paper.ANOTHERS},
        REFUSE,
        {**claims(article_9=C9, schedule_1=()), "sender_document": Paper.ANOTHERS},
    ),
    Case("APD-03", "within its grace", ISSUED, {"sender_document": Paper.REVIEW_OVERDUE}, WARN, {}),
    Case("APD-03", "due soon is no warning", ISSUED, LAPSED, HOLD, {"sender_document": Paper.REVIEW_SOON}),
    Case("APD-03", "the recipient's", ISSUED, {"recipient_document": Paper.LAPSED}, HOLD, THEIRS_NONE),
    Case("APD-03", "the recipient's, within", ISSUED, {"recipient_document": Paper.REVIEW_OVERDUE}, WARN, {}),
    Case(
        "APD-03",
        "where none is needed",
        ISSUED,
        LAPSED,
        HOLD,
        {**claims(article_9=C9, schedule_1=()), **LAPSED},
    ),
)

CASES: tuple[Case, ...] = (*ARTICLE_9, *PARAGRAPH_18, *OTHER_PARAGRAPHS, *DOCUMENTS)
