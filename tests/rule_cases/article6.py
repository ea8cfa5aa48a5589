"""Article 6."""

from broker.schemas.claims import Annex1, Article6, Protected, Urgency
from broker.schemas.terms import Kind
from tests.facts import CHARITY_REFERS, INDEPENDENT_ANSWERS, ISSUED, RECEIPT, TO_COUNCIL
from tests.rule_cases import HOLD, REFUSE, WARN, Case, claims, recipient_claims

E6, C6, EA, F6 = (
    Article6.PUBLIC_TASK,
    Article6.LEGAL_OBLIGATION,
    Article6.RECOGNISED_INTEREST,
    Article6.LEGITIMATE_INTEREST,
)

CASES: tuple[Case, ...] = (
    Case("A6-01", "none is claimed", ISSUED, claims(article_6=None), REFUSE, claims(article_6=C6)),
    Case("A6-01", "nor by the recipient", ISSUED, recipient_claims(article_6=None), REFUSE, {}),
    Case("A6-02", "a power is no duty", RECEIPT, claims(article_6=C6, gateways=("OMA2007-s14",)), REFUSE, {}),
    Case(
        "A6-02",
        "guidance is none",
        TO_COUNCIL,
        claims(article_6=C6, gateways=("WT2026",)),
        REFUSE,
        claims(article_6=C6),
    ),
    Case(
        "A6-02",
        "nor another's duty",
        TO_COUNCIL,
        claims(article_6=C6, gateways=("CA1989-s47",)),
        REFUSE,
        claims(article_6=E6),
    ),
    Case(
        "A6-03",
        "s16LB is off until its commencement is on file",
        TO_COUNCIL,
        claims(article_6=C6, gateways=("CA2004-s16LB",)),
        REFUSE,
        claims(article_6=C6, gateways=("CA2004-s11",)),
    ),
    Case("A6-04", "the council's function only", TO_COUNCIL, claims(gateways=("CA1989-s47",)), REFUSE, {}),
    Case("A6-04", "no function at all", RECEIPT, claims(gateways=()), REFUSE, claims(gateways=("EA2002-s175",))),
    Case(
        "A6-05",
        "a charity on the council's task",
        CHARITY_REFERS,
        claims(article_6=E6, gateways=("CA1989-s47",)),
        REFUSE,
        claims(article_6=EA),
    ),
    Case("A6-05", "an independent school", INDEPENDENT_ANSWERS, claims(article_6=E6), REFUSE, claims(article_6=EA)),
    Case("A6-06", "(ea) of a public body", RECEIPT, claims(article_6=EA, annex_1=Annex1.SAFEGUARDING), REFUSE, {}),
    Case("A6-06", "(f) of a public body", RECEIPT, claims(article_6=F6), REFUSE, claims(article_6=E6)),
    Case("A6-06", "not of an independent school", RECEIPT, claims(article_6=F6), REFUSE, {"sender_independent": True}),
    Case(
        "A6-07",
        "no request",
        INDEPENDENT_ANSWERS,
        claims(annex_1=Annex1.REQUEST),
        REFUSE,
        claims(annex_1=Annex1.REQUEST, request=True, request_states_need=True),
    ),
    Case(
        "A6-07",
        "silent on the need",
        INDEPENDENT_ANSWERS,
        claims(annex_1=Annex1.REQUEST, request=True),
        REFUSE,
        claims(annex_1=Annex1.SAFEGUARDING),
    ),
    Case("A6-08", "no necessity", INDEPENDENT_ANSWERS, claims(necessity=False), REFUSE, claims(necessity=True)),
    Case("A6-08", "for an adult who is not at risk", INDEPENDENT_ANSWERS, claims(protects=Protected.ADULT), REFUSE, {}),
    Case(
        "A6-08",
        "for nobody, not even a type",
        INDEPENDENT_ANSWERS,
        claims(protects=Protected.NOBODY_NAMED),
        REFUSE,
        claims(protects=Protected.TYPE_OF_INDIVIDUAL),
    ),
    Case(
        "A6-09",
        "to a council",
        INDEPENDENT_ANSWERS,
        {**claims(annex_1=Annex1.CRIME), "recipient": Kind.COUNCIL},
        REFUSE,
        claims(annex_1=Annex1.CRIME),
    ),
    Case(
        "A6-10",
        "no emergency",
        ISSUED,
        claims(article_6=Article6.VITAL_INTERESTS),
        WARN,
        claims(article_6=Article6.VITAL_INTERESTS, urgency=Urgency.URGENT),
    ),
    Case("A6-11", "a contract", ISSUED, claims(article_6=Article6.CONTRACT), REFUSE, claims(article_6=C6)),
    Case(
        "A6-12",
        "compatible, and nothing else",
        ISSUED,
        claims(article_6=None, first_collected_on_consent=True),
        REFUSE,
        claims(article_6=None),
    ),
    Case(
        "A6-13", "collected on consent", ISSUED, claims(first_collected_on_consent=True), HOLD, claims(necessity=True)
    ),
    Case("A6-14", "a machine alone", ISSUED, claims(decided_by_machine_alone=True), REFUSE, claims(necessity=True)),
)
