"""Regimes."""

from broker.registry import Nation
from broker.schemas.claims import Life, Purpose, Regime, Section35, Subject, Whose
from broker.schemas.terms import Kind
from tests.facts import HANDOVER, ISSUED, RECEIPT, TO_COUNCIL
from tests.rule_cases import REFUSE, WARN, Case, claims, recipient_claims

P3 = Regime.PART_3
LAW = {"regime": P3, "purpose": Purpose.LAW_ENFORCEMENT, "section_35": Section35.TASK}
MAPPA = ("CJA2003-s325(4)",)
DEAD = Whose(subject=Subject.CHILD, life=Life.DECEASED)
DEAD_AND_SAID = Whose(subject=Subject.CHILD, life=Life.DECEASED, personal_data=False)
SIBLING = Whose(subject=Subject.SIBLING)
FORGOTTEN_SIBLING = Whose(subject=Subject.SIBLING, personal_data=False)
UNBORN = Whose(subject=Subject.CHILD, life=Life.UNBORN)

CASES: tuple[Case, ...] = (
    Case("REG-01", "welfare is not under Part 3", ISSUED, claims(regime=P3), REFUSE, claims(**LAW)),
    Case(
        "REG-02",
        "a school is no competent authority",
        RECEIPT,
        claims(**LAW),
        REFUSE,
        {**claims(**LAW), "sender": Kind.POLICE},
    ),
    Case("REG-02", "nor is the school that receives", ISSUED, recipient_claims(**LAW), REFUSE, {}),
    Case("REG-03", "a school inside MAPPA under UK GDPR", ISSUED, claims(gateways=MAPPA), REFUSE, {}),
    Case(
        "REG-03",
        "both under Part 3",
        ISSUED,
        claims(gateways=MAPPA, **LAW),
        REFUSE,
        {**claims(gateways=MAPPA, **LAW), **recipient_claims(**LAW)},
    ),
    Case(
        "REG-04",
        "an intelligence service in MAPPA",
        HANDOVER,
        {**claims(gateways=MAPPA), "recipient": Kind.INTELLIGENCE},
        REFUSE,
        claims(gateways=MAPPA),
    ),
    Case("REG-05", "a school receives under Part 3", ISSUED, recipient_claims(regime=P3), REFUSE, {}),
    Case(
        "REG-06",
        "a council receives under Part 3",
        TO_COUNCIL,
        recipient_claims(**LAW),
        REFUSE,
        {**recipient_claims(**LAW), **claims(gateways=MAPPA)},
    ),
    Case(
        "REG-07",
        "the dead child's data as personal data",
        ISSUED,
        claims(subjects=(DEAD, SIBLING)),
        REFUSE,
        claims(subjects=(DEAD_AND_SAID, SIBLING)),
    ),
    Case("REG-07", "the living sibling's not", ISSUED, claims(subjects=(DEAD_AND_SAID, FORGOTTEN_SIBLING)), REFUSE, {}),
    Case("REG-08", "unborn", ISSUED, claims(subjects=(UNBORN,)), WARN, claims(subjects=(SIBLING,))),
    Case(
        "REG-09",
        "an English gateway from Wales",
        RECEIPT,
        {**claims(gateways=("CA2004-s11",)), "sender_nation": Nation.WALES},
        REFUSE,
        claims(gateways=("CA2004-s11",)),
    ),
)
