"""Consent."""

from dataclasses import replace

from broker.schemas.claims import (
    Agreed,
    Article6,
    Article9,
    Purpose,
    Regime,
    Section35,
    Subject,
    Whose,
)
from broker.schemas.terms import Role
from tests.facts import HANDOVER, ISSUED, RECEIPT, TO_COUNCIL, UPDATE, type_of
from tests.rule_cases import HOLD, REFUSE, WARN, Case, claims, recipient_claims

A6, E6 = Article6.CONSENT, Article6.PUBLIC_TASK
STANDS = {"consent": Agreed.STANDS}
WITHDRAWN = {"consent": Agreed.WITHDRAWN}
TWO_PARENTS = (Whose(subject=Subject.PARENT), Whose(subject=Subject.PARENT))
REFERRED = ("HA1996-s213B",)
P3 = {"regime": Regime.PART_3, "purpose": Purpose.LAW_ENFORCEMENT, "section_35": Section35.CONSENT}
FEEDBACK = replace(RECEIPT, type=type_of("feedback-submitted"))

CASES: tuple[Case, ...] = (
    Case("CON-01", "consent is chosen", FEEDBACK, claims(article_6=A6), WARN, claims(article_6=E6)),
    Case("CON-01", "for Article 9", FEEDBACK, claims(article_9=Article9.CONSENT), WARN, {}),
    Case("CON-01", "by the recipient", ISSUED, recipient_claims(article_6=A6), WARN, {}),
    Case("CON-01", "under Part 3", HANDOVER, claims(section_35=Section35.CONSENT), WARN, claims(article_6=A6)),
    Case("CON-02", "in a flow that asks nobody", RECEIPT, claims(article_6=A6), REFUSE, claims(article_6=E6)),
    Case(
        "CON-02",
        "the same in a flow that might ask",
        RECEIPT,
        claims(article_6=A6),
        REFUSE,
        {**claims(article_6=A6), "type": FEEDBACK.type},
    ),
    Case(
        "CON-02",
        "want of consent stops nothing there",
        UPDATE,
        {**claims(article_6=A6), "consent": Agreed.NOTHING},
        REFUSE,
        {"consent": Agreed.NOTHING},
    ),
    Case(
        "CON-03",
        "to a public authority",
        FEEDBACK,
        claims(article_6=A6),
        HOLD,
        {**claims(article_6=A6), "sender_independent": True},
    ),
    Case("CON-03", "the sender's alone", ISSUED, claims(article_6=A6), HOLD, recipient_claims(article_6=A6)),
    *(
        Case(
            "CON-04",
            f"{found} at the time",
            FEEDBACK,
            {**claims(article_6=A6), "consent": found},
            REFUSE,
            {**claims(article_6=A6), **STANDS},
        )
        for found in (None, *Agreed)
        if found is not Agreed.STANDS
    ),
    Case("CON-04", "relied on beside another ground", ISSUED, {"consent": Agreed.EXPIRED}, REFUSE, STANDS),
    Case("CON-04", "nobody relies on any", ISSUED, {"consent": Agreed.NOTHING}, REFUSE, {}),
    Case("CON-04", "a swapped ground is CON-05's", ISSUED, {"consent": Agreed.OTHER_RECIPIENT}, REFUSE, WITHDRAWN),
    Case(
        "CON-04",
        "for Article 9, at the recipient",
        ISSUED,
        {**recipient_claims(article_9=Article9.CONSENT), **WITHDRAWN},
        REFUSE,
        {**recipient_claims(article_9=Article9.CONSENT), **STANDS},
    ),
    Case("CON-05", "another ground after a withdrawal", ISSUED, WITHDRAWN, HOLD, STANDS),
    Case("CON-05", "consent itself is CON-04's", ISSUED, WITHDRAWN, HOLD, {**WITHDRAWN, **claims(article_6=A6)}),
    Case(
        "CON-06",
        "a service agreed to, cited as consent",
        FEEDBACK,
        claims(article_6=A6, agreement_to_service=True),
        REFUSE,
        claims(article_6=E6, agreement_to_service=True),
    ),
    Case(
        "CON-06",
        "consent that is no service",
        FEEDBACK,
        claims(article_6=A6, agreement_to_service=True),
        REFUSE,
        claims(article_6=A6),
    ),
    Case(
        "CON-07",
        "no agreement",
        TO_COUNCIL,
        claims(gateways=REFERRED),
        REFUSE,
        {**claims(gateways=REFERRED), "agreement": Agreed.STANDS},
    ),
    Case(
        "CON-07",
        "withdrawn, without the override",
        TO_COUNCIL,
        {**claims(gateways=REFERRED), "agreement": Agreed.WITHDRAWN},
        REFUSE,
        {**claims(gateways=REFERRED, safeguarding_override=True), "agreement": Agreed.WITHDRAWN},
    ),
    Case("CON-07", "another gateway needs none", TO_COUNCIL, claims(gateways=REFERRED), REFUSE, {}),
    Case(
        "CON-08",
        "one parent for both",
        FEEDBACK,
        claims(article_6=A6, subjects=TWO_PARENTS, consent_covers=(Subject.PARENT,)),
        REFUSE,
        claims(article_6=A6, subjects=TWO_PARENTS, consent_covers=(Subject.PARENT, Subject.PARENT)),
    ),
    Case(
        "CON-08",
        "the referrer was not asked",
        FEEDBACK,
        claims(
            article_6=A6,
            subjects=(Whose(subject=Subject.CHILD), Whose(subject=Subject.REFERRER)),
            consent_covers=(Subject.CHILD,),
        ),
        REFUSE,
        claims(article_6=A6, subjects=(Whose(subject=Subject.CHILD),), consent_covers=(Subject.CHILD,)),
    ),
    Case("CON-08", "a consent of nobody", FEEDBACK, claims(article_6=A6, subjects=()), REFUSE, claims(subjects=())),
    Case("CON-09", "paragraph 18 beside it", ISSUED, claims(article_6=A6), REFUSE, {}),
    Case(
        "CON-09",
        "for Article 9",
        ISSUED,
        claims(article_9=Article9.CONSENT),
        REFUSE,
        claims(article_9=Article9.CONSENT, schedule_1=()),
    ),
    Case("CON-09", "paragraph 18 is no part of Part 3", ISSUED, claims(article_6=A6), REFUSE, claims(**P3)),
    Case(
        "CON-09",
        "at the recipient",
        TO_COUNCIL,
        recipient_claims(article_6=A6),
        REFUSE,
        {"recipient_role": Role.ORIGINATOR, **recipient_claims(article_6=A6)},
    ),
)
