"""The 36 invalid combinations of the data-protection rules, section 16: each routine and urgent, by its number.

Two of them are valid and must be let through. In an urgent message a refusal that a person could cure is a hold.
"""

from dataclasses import replace
from typing import Any, NamedTuple

import pytest

from broker.consent.decide import Decision, decide
from broker.consent.facts import Facts, Paper
from broker.consent.law.policy import POLICY
from broker.consent.rights import SIX_MONTHS, Requester, RightsDecision, weigh
from broker.registry import Nation
from broker.schemas.claims import (
    Agreed,
    Annex1,
    Article6,
    Article9,
    Article10,
    Bar,
    Barred,
    Claim,
    Life,
    NoConsent,
    NotAsked,
    Protected,
    Purpose,
    Regime,
    Schedule1,
    Section35,
    Subject,
    Urgency,
    Whose,
)
from broker.schemas.terms import Outcome
from tests.facts import CHARITY_REFERS, HANDOVER, INDEPENDENT_ANSWERS, ISSUED, RECEIPT, TO_COUNCIL
from tests.personas import NIGHT
from tests.rule_cases import HOLD, REFUSE, Change
from tests.rule_cases.rights import ERASED, REFUSED, RELEASED

FOR_GOOD = "for good"
"""No person can cure it, so it is refused in an urgent message too."""


class Combination(NamedTuple):
    """`rule` None: it is valid. `how`: FOR_GOOD if it is refused however urgent."""

    number: int
    says: str
    facts: Facts
    rule: str | None
    change: Change
    how: str = ""


def one(
    number: int,
    says: str,
    facts: Facts,
    rule: str | None,
    how: str = "",
    *,
    also: Change | None = None,
    **claimed: Any,  # noqa: ANN401 - any field of a claim
) -> Combination:
    return Combination(number, says, facts, rule, {"claimed": Claim(**claimed), **(also or {})}, how)


SPECIAL: Change = {"special_category": True, "other_than_health": True}
HEALTH: Change = {"special_category": True}
CRIME: Change = {"criminal_offence": True}
LAW: Change = {
    "regime": Regime.PART_3,
    "purpose": Purpose.LAW_ENFORCEMENT,
    "section_35": Section35.TASK,
}
MAPPA = ("CJA2003-s325(4)",)
CHILD = NotAsked(subject=Subject.CHILD, because=NoConsent.CANNOT_BE_GIVEN)
ALL_THREE = (Whose(subject=Subject.CHILD), Whose(subject=Subject.VICTIM), Whose(subject=Subject.ALLEGED_HARMER))
PART_3_ROW = next(row for row in POLICY.bases if row.code == "LB-PP")
WHOLE_PART_3: Change = {
    **{name: value for name, value in PART_3_ROW.claim.given.items() if name != "gateways"},
    "outside_part_3_by": None,
    "article_6": None,
    "article_9": None,
    "article_10": None,
    "schedule_1": (),
    "gateways": ("common-law-policing",),
}
"""What a force claims for its own law-enforcement purpose, with everything that Part 3 asks for."""

BY_HEALTH = {"article_9": Article9.HEALTH_OR_SOCIAL_CARE, "schedule_1": (Schedule1.PARA_2,)}
EA, E6, C6 = Article6.RECOGNISED_INTEREST, Article6.PUBLIC_TASK, Article6.LEGAL_OBLIGATION

TABLE: tuple[Combination, ...] = (
    one(1, "a public authority on (f)", RECEIPT, "A6-06", article_6=Article6.LEGITIMATE_INTEREST),
    *(
        one(2, f"a public authority on (ea), {annex}", RECEIPT, "A6-06", article_6=EA, annex_1=annex)
        for annex in Annex1
    ),
    one(3, "a charity on it", CHARITY_REFERS, "A6-05", article_6=E6, gateways=("CA1989-s47",)),
    one(
        3,
        "an independent school on the council's function",
        INDEPENDENT_ANSWERS,
        "A6-05",
        article_6=E6,
        gateways=("CA1989-s47",),
    ),
    one(4, "(ea) para 1 without a request", INDEPENDENT_ANSWERS, "A6-07", annex_1=Annex1.REQUEST),
    one(4, "(ea) para 1, a request silent on need", INDEPENDENT_ANSWERS, "A6-07", annex_1=Annex1.REQUEST, request=True),
    one(5, "(c) on a power", TO_COUNCIL, "A6-02", article_6=C6, gateways=("OMA2007-s14",)),
    one(5, "(c) on guidance", TO_COUNCIL, "A6-02", article_6=C6, gateways=("WT2026",)),
    one(5, "(c) on a duty that is not in force", TO_COUNCIL, "A6-02", article_6=C6, gateways=("CA2004-s16LB",)),
    one(5, "(c) on another's duty", TO_COUNCIL, "A6-02", article_6=C6, gateways=("CA1989-s17",)),
    one(6, "special category without Article 9", ISSUED, "A9-01", also=SPECIAL, article_9=None, schedule_1=()),
    one(7, "(g) with a condition of Part 1", ISSUED, "A9-02", also=SPECIAL, schedule_1=(Schedule1.PARA_2,)),
    one(7, "(h) with a condition of Part 2", ISSUED, "A9-02", also=SPECIAL, article_9=Article9.HEALTH_OR_SOCIAL_CARE),
    *(
        one(
            8,
            f"{para} without a policy document",
            ISSUED,
            "APD-01",
            also={**SPECIAL, "sender_document": Paper.NONE},
            schedule_1=(para,),
        )
        for para in (Schedule1.PARA_1, Schedule1.PARA_6, Schedule1.PARA_18, Schedule1.PARA_19)
    ),
    one(
        9,
        "para 10 without one, to a school",
        ISSUED,
        "S1-10",
        also={**SPECIAL, "sender_document": Paper.NONE},
        schedule_1=(Schedule1.PARA_10,),
    ),
    one(
        10,
        "para 10 without one, to the police",
        RECEIPT,
        None,
        also={**SPECIAL, "sender_document": Paper.NONE},
        schedule_1=(Schedule1.PARA_10,),
    ),
    one(11, "para 18 with consent as the basis", ISSUED, "CON-09", also=SPECIAL, article_6=Article6.CONSENT),
    one(12, "para 18 without a reason", ISSUED, "S1-18b", also=SPECIAL, not_asked=()),
    one(12, "para 18, one reason for several", ISSUED, "S1-18b", also=SPECIAL, not_asked=(CHILD,), subjects=ALL_THREE),
    one(13, "para 18 for an adult whose limbs are unproved", ISSUED, "S1-18c", also=SPECIAL, protects=Protected.ADULT),
    one(14, "para 19 for a child", ISSUED, "S1-19", also=HEALTH, schedule_1=(Schedule1.PARA_19,)),
    one(
        14,
        "para 19 for other data than health",
        ISSUED,
        "S1-19",
        also=SPECIAL,
        schedule_1=(Schedule1.PARA_19,),
        protects=Protected.ADULT_AT_RISK,
    ),
    one(
        15, "9(2)(c), able to consent", ISSUED, "A9-03", also=SPECIAL, article_9=Article9.VITAL_INTERESTS, schedule_1=()
    ),
    one(16, "an allegation without an Article 10 route", ISSUED, "A10-02", also=CRIME, article_10=None),
    one(
        17,
        "official authority claimed by no public body",
        INDEPENDENT_ANSWERS,
        "A10-04",
        also=CRIME,
        article_10=Article10.OFFICIAL_AUTHORITY,
    ),
    one(18, "police, welfare, no authority to leave Part 3", ISSUED, "P3-05", outside_part_3_by=None),
    one(19, "police, welfare, authority, no Article 6", ISSUED, "X-02", article_6=None),
    one(19, "police, welfare, authority, no Article 10", ISSUED, "X-02", also=CRIME, article_10=None),
    one(20, "police, law enforcement, to a council", TO_COUNCIL, None, also=CRIME, **WHOLE_PART_3),
    one(21, "sensitive under Part 3, not strictly needed", HANDOVER, "P3-02", also=SPECIAL, strictly_necessary=False),
    one(21, "sensitive under Part 3, no condition", HANDOVER, "P3-02", also=SPECIAL, schedule_8=None),
    one(21, "sensitive under Part 3, no s42 document", HANDOVER, "P3-02", also=SPECIAL, section_42_document=False),
    one(22, "Part 3 without what tells its accuracy", HANDOVER, "P3-08", tells_accuracy=False),
    one(23, "a school under Part 3", RECEIPT, "REG-02", FOR_GOOD, **LAW),
    Combination(23, "a school receives under Part 3", ISSUED, "REG-02", {"recipient_claimed": Claim(**LAW)}, FOR_GOOD),
    one(24, "a school under UK GDPR inside MAPPA", RECEIPT, "REG-03", gateways=MAPPA),
    one(24, "a school receives under UK GDPR inside MAPPA", ISSUED, "REG-03", gateways=MAPPA, **LAW),
    *(
        one(25, f"consent {state}", RECEIPT, "CON-04", also={"consent": state}, article_6=Article6.CONSENT)
        for state in (Agreed.EXPIRED, Agreed.WITHDRAWN, Agreed.OTHER_PURPOSE, Agreed.OTHER_RECIPIENT)
    ),
    one(
        26,
        "consent in a flow that asks for none",
        ISSUED,
        "CON-02",
        also={"consent": Agreed.STANDS},
        article_6=Article6.CONSENT,
    ),
    one(
        27,
        "duty to refer without agreement",
        TO_COUNCIL,
        "CON-07",
        also={"agreement": Agreed.NOTHING},
        gateways=("CA2004-s11", "HA1996-s213B"),
    ),
    one(28, "a child's referral is not blocked for want of consent", ISSUED, None, also={"consent": None}),
    one(
        29,
        "an exempt sender whose restriction does not travel",
        ISSUED,
        "TR-04",
        exempt=True,
        restriction_travels=False,
    ),
    one(
        35,
        "a dead child's data as personal data",
        ISSUED,
        "REG-07",
        subjects=(Whose(subject=Subject.CHILD, life=Life.DECEASED), Whose(subject=Subject.SIBLING)),
    ),
    one(
        35,
        "its living sibling's not",
        ISSUED,
        "REG-07",
        subjects=(
            Whose(subject=Subject.CHILD, life=Life.DECEASED, personal_data=False),
            Whose(subject=Subject.SIBLING, personal_data=False),
        ),
    ),
    one(
        36,
        "an English gateway cited by a Welsh body",
        RECEIPT,
        "REG-09",
        also={"sender_nation": Nation.WALES},
        gateways=("CA2004-s11",),
    ),
)
BARS = [bar for bar in Bar if bar is not Bar.PRIVILEGE]


def decided(row: Combination, urgency: Urgency) -> Decision:
    facts = replace(row.facts, **row.change)
    said = {**(facts.claimed or Claim()).given, "urgency": urgency}
    return decide(replace(facts, claimed=Claim(**said)), POLICY, NIGHT)


def named(rows: tuple[Combination, ...]) -> list[Any]:
    return [pytest.param(row, id=f"{row.number} {row.says}") for row in rows]


@pytest.mark.parametrize("row", named(tuple(row for row in TABLE if row.rule)))
def test_routine_it_is_refused_by_its_rule(row: Combination) -> None:
    decision = decided(row, Urgency.ROUTINE)
    assert decision.outcome is REFUSE
    assert REFUSE in {found.outcome for found in decision.findings if found.rule == row.rule}


@pytest.mark.parametrize("row", named(tuple(row for row in TABLE if row.rule)))
def test_urgent_it_is_held_for_a_person_unless_nobody_can_cure_it(row: Combination) -> None:
    decision = decided(row, Urgency.URGENT)
    assert decision.outcome is (REFUSE if row.how == FOR_GOOD else HOLD)
    assert decision.outcome in {found.outcome for found in decision.findings if found.rule == row.rule}


@pytest.mark.parametrize("urgency", Urgency)
@pytest.mark.parametrize("row", named(tuple(row for row in TABLE if not row.rule)))
def test_what_is_valid_is_let_through(row: Combination, urgency: Urgency) -> None:
    assert decided(row, urgency).shared


@pytest.mark.parametrize("urgency", Urgency)
@pytest.mark.parametrize("bar", BARS)
def test_34_a_barred_element_stops_and_the_rest_goes(bar: Bar, urgency: Urgency) -> None:
    row = one(34, bar, ISSUED, "CF-03", barred=(Barred(field="childVoice", bar=bar),))
    decision = decided(row, urgency)
    assert decision.shared
    assert decision.removed == {"childVoice": "CF-03"}
    excepted = one(34, bar, ISSUED, None, barred=(Barred(field="childVoice", bar=bar, excepted=True),))
    assert not decided(excepted, urgency).removed


RIGHTS = [
    (
        30,
        "the child's own request refused as child-abuse data",
        REFUSED,
        {"requester": Requester.CHILD},
        "RT-02",
        REFUSE,
    ),
    (31, "health data exported with an opinion too old", RELEASED, {"opinion_age": SIX_MONTHS + 1}, "RT-04", REFUSE),
    (32, "17(1)(g) deleted by a machine", ERASED, {"decided_by_machine": True}, "RT-09", REFUSE),
    (32, "17(1)(g) decided by a body that did not investigate", ERASED, {"investigated_here": False}, "RT-11", REFUSE),
    (33, "erasure done, recipients not told", ERASED, {"recipients_told": False}, "RT-12", HOLD),
]


@pytest.mark.parametrize(("number", "says", "lawful", "change", "rule", "outcome"), RIGHTS)
def test_a_decision_about_rights_is_weighed_the_same_however_urgent(
    number: int, says: str, lawful: RightsDecision, change: Change, rule: str, outcome: Outcome
) -> None:
    assert weigh(lawful) == ()
    assert {one.rule: one.outcome for one in weigh(replace(lawful, **change))}[rule] is outcome, (number, says)


def test_all_36_are_here() -> None:
    assert {row.number for row in TABLE} | {row[0] for row in RIGHTS} | {34} == set(range(1, 37))
