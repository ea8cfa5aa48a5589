"""Criminal-offence data."""

from broker.schemas.claims import Article10, Life, Purpose, Regime, Schedule1, Section35, Subject, Whose
from tests.facts import INDEPENDENT_ANSWERS, ISSUED, RECEIPT
from tests.rule_cases import REFUSE, WARN, Case, claims, recipient_claims

CRIME = {"criminal_offence": True}
OFFICIAL = Article10.OFFICIAL_AUTHORITY
CONDITION = Article10.CONDITION
LAW = {"regime": Regime.PART_3, "purpose": Purpose.LAW_ENFORCEMENT, "section_35": Section35.TASK}
DEAD_VICTIM = (Whose(subject=Subject.VICTIM, life=Life.DECEASED, personal_data=False),)

CASES: tuple[Case, ...] = (
    Case("A10-02", "an allegation without a route", ISSUED, {**claims(article_10=None), **CRIME}, REFUSE, CRIME),
    Case(
        "A10-02",
        "none is needed without one",
        ISSUED,
        {**claims(article_10=None), **CRIME},
        REFUSE,
        claims(article_10=None),
    ),
    Case(
        "A10-02",
        "a condition that is not named",
        ISSUED,
        {**claims(article_10=CONDITION, schedule_1=()), **CRIME},
        REFUSE,
        {**claims(article_10=CONDITION), **CRIME},
    ),
    Case(
        "A10-02",
        "official authority names none",
        ISSUED,
        {**claims(article_10=CONDITION, schedule_1=()), **CRIME},
        REFUSE,
        {**claims(article_10=OFFICIAL, schedule_1=()), **CRIME},
    ),
    Case(
        "A10-02",
        "Article 10 is no part of Part 3",
        ISSUED,
        {**claims(article_10=None), **CRIME},
        REFUSE,
        {**claims(article_10=None, **LAW), **CRIME},
    ),
    Case("A10-02", "at the recipient", ISSUED, {**recipient_claims(article_10=None), **CRIME}, REFUSE, CRIME),
    Case(
        "A10-03",
        "paragraph 36 by itself",
        ISSUED,
        claims(schedule_1=(Schedule1.PARA_36,)),
        REFUSE,
        claims(schedule_1=(Schedule1.PARA_18, Schedule1.PARA_36)),
    ),
    Case(
        "A10-03",
        "extending Part 1",
        ISSUED,
        claims(schedule_1=(Schedule1.PARA_2, Schedule1.PARA_36)),
        REFUSE,
        claims(schedule_1=(Schedule1.PARA_2,)),
    ),
    Case(
        "A10-04",
        "a private school that receives",
        ISSUED,
        {**recipient_claims(article_10=OFFICIAL), "recipient_independent": True},
        REFUSE,
        recipient_claims(article_10=OFFICIAL),
    ),
    Case(
        "A10-04",
        "a private school",
        INDEPENDENT_ANSWERS,
        claims(article_10=OFFICIAL),
        REFUSE,
        claims(article_10=CONDITION),
    ),
    Case(
        "A10-04",
        "a state school may",
        RECEIPT,
        {**claims(article_10=OFFICIAL), "sender_independent": True},
        REFUSE,
        claims(article_10=OFFICIAL),
    ),
    Case(
        "A10-04",
        "Article 10 is no part of Part 3",
        INDEPENDENT_ANSWERS,
        claims(article_10=OFFICIAL),
        REFUSE,
        claims(article_10=OFFICIAL, **LAW),
    ),
    Case(
        "A10-06",
        "nor there",
        ISSUED,
        {**claims(article_9=None), **CRIME},
        WARN,
        {**claims(article_9=None, **LAW), **CRIME},
    ),
    Case("A10-06", "a victim on Article 10 alone", ISSUED, {**claims(article_9=None), **CRIME}, WARN, CRIME),
    Case("A10-06", "no offence data at all", ISSUED, {**claims(article_9=None), **CRIME}, WARN, claims(article_9=None)),
    Case(
        "A10-06",
        "a victim who has died",
        ISSUED,
        {**claims(article_9=None), **CRIME},
        WARN,
        {**claims(article_9=None, subjects=DEAD_VICTIM), **CRIME},
    ),
    Case(
        "A10-06",
        "no route at all is A10-02's",
        ISSUED,
        {**claims(article_9=None), **CRIME},
        WARN,
        {**claims(article_9=None, article_10=None), **CRIME},
    ),
)
