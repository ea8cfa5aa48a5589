"""Part 3, and leaving it for a welfare purpose (data-protection rules, sections 8 and 9; X-04 is in routing)."""

from broker.consent.law.provisions import GIVES_A_TASK, HMPPS, MAPPA
from broker.consent.rulebook import At, Bite, Built, End, Human, Question, rule
from broker.schemas.claims import Claim, Life, Protected, Purpose, Regime, Schedule8, Section35
from broker.schemas.terms import Kind, Outcome, Scope

WARN, HOLD, REFUSE = Outcome.SHARE_WITH_WARNING, Outcome.HOLD, Outcome.REFUSE
BY_SCHEDULE_7 = frozenset({Kind.POLICE, *HMPPS})
"""Competent authorities in their own right, whose files are mostly under Part 3."""


def _part_3(end: End) -> bool:
    return end.claim.regime is Regime.PART_3


def _leaves_part_3(end: End) -> bool:
    return end.kind in BY_SCHEDULE_7 and end.uk_gdpr and end.claim.purpose is Purpose.WELFARE


@rule(
    "P3-01",
    REFUSE,
    at=At.BOTH,
    reason="Part 3 is claimed without saying how the processing is based on law.",
    cure="Claim s35(2)(b) if it is necessary for a task of a competent authority for this purpose, or s35(2)(a) if the "
    "person has consented.",
    field="content.law.section35",
    source="data-protection-rules P3-01 [DPA 2018 s35(2)]",
    mark="R",
)
def part_3_is_based_on_law(end: End) -> Bite:
    """Under Part 3 it is based on law, and on consent or on a task of a competent authority for that purpose."""
    return _part_3(end) and end.claim.section_35 is None


@rule(
    "P3-02",
    REFUSE,
    at=At.BOTH,
    reason="Sensitive processing under Part 3, but strict necessity, a condition of Schedule 8 or the s42 policy "
    "document is missing.",
    cure="Record why it is strictly necessary, claim a condition of Schedule 8, and have the s42 policy document in "
    "place; or leave the health and other sensitive data out.",
    field="content.law.schedule8",
    source="data-protection-rules P3-02 [DPA 2018 ss35(3)-(5), (8), 42]",
    mark="R",
)
def sensitive_processing_is_strictly_necessary(end: End) -> Bite:
    """Sensitive data: strict necessity, a condition of Schedule 8 and an s42 document, or consent and that document."""
    claim = end.claim
    strictly = claim.strictly_necessary and claim.schedule_8 is not None
    grounds = strictly or claim.section_35 is Section35.CONSENT
    return _part_3(end) and end.facts.special_category and not (grounds and claim.section_42_document)


def _as_paragraph_18(claim: Claim) -> bool:
    concerned = {one.subject for one in claim.subjects if one.life is not Life.DECEASED}
    explained = concerned <= {one.subject for one in claim.not_asked}
    protects = claim.protects in (Protected.CHILD, Protected.ADULT_AT_RISK)
    return protects and claim.public_interest and explained


@rule(
    "P3-03",
    REFUSE,
    at=At.BOTH,
    reason="A condition of Schedule 8 is claimed, but one of its own tests is not recorded as met.",
    cure="Paragraph 1 needs the substantial public interest. Paragraph 4 needs that too, a child or an adult at risk "
    "whom it protects, and for each person concerned why consent was not asked for.",
    field="content.law.schedule8",
    source="data-protection-rules P3-03 [DPA 2018 Sch 8 paras 1, 4]",
    mark="R",
)
def a_schedule_8_condition_is_met(end: End) -> Bite:
    """Schedule 8: paragraph 1 needs substantial public interest; paragraph 4 (safeguarding) has para 18's tests."""
    claim = end.claim
    unmet = (claim.schedule_8 is Schedule8.STATUTORY and not claim.public_interest) or (
        claim.schedule_8 is Schedule8.SAFEGUARDING and not _as_paragraph_18(claim)
    )
    return _part_3(end) and end.facts.special_category and unmet


@rule(
    "P3-04",
    REFUSE,
    at=At.BOTH,
    reason="Under Part 3, but no law is cited that authorises this body to do it, or it is not said to be necessary.",
    cure="Cite the power or duty of your own by which you share this for a law-enforcement purpose (a police force: "
    "common-law policing), and record why it is necessary and proportionate.",
    field="content.law.gateways",
    source="data-protection-rules P3-04 [DPA 2018 s36(3)]",
    mark="R",
)
def another_police_purpose_is_authorised_by_law(end: End) -> Bite:
    """Another law-enforcement purpose is allowed if authorised by law, necessary and proportionate."""
    authorised = any(one.force in GIVES_A_TASK and end.has(one) for one in end.gateways)
    necessary = end.claim.necessity or end.claim.strictly_necessary
    return _part_3(end) and not (authorised and necessary)


@rule(
    "P3-05",
    REFUSE,
    at=At.SENDER,
    reason="A competent authority shares for welfare, but names no authority in law to leave Part 3.",
    cure="Name the authority in law (s36(4)), for a police force telling a school Domestic Abuse Act 2021 s49A, for a "
    "council Children Act 2004 s11; and claim Article 6 too.",
    field="content.law.outsidePart3By",
    source="data-protection-rules P3-05 [DPA 2018 s36(4)]",
    mark="R",
)
def leaving_part_3_is_authorised_by_law(end: End) -> Bite:
    """What police, prison or probation hold is used for welfare only if the law authorises that."""
    return _leaves_part_3(end) and end.claim.outside_part_3_by is None


@rule(
    "P3-06",
    WARN,
    at=At.SENDER,
    reason="Fact is not separated from assessment.",
    cure="Mark, as far as possible, what is fact and what is somebody's assessment.",
    field="content.law.factFromOpinion",
    source="data-protection-rules P3-06 [DPA 2018 s38(2)]",
    mark="R",
)
def fact_is_separated_from_assessment(end: End) -> Bite:
    """Under Part 3 fact is kept apart from personal assessment as far as possible."""
    return _part_3(end) and not end.claim.fact_from_opinion


@rule(
    "P3-07",
    WARN,
    at=At.SENDER,
    reason="It is not said who is suspect, convicted, victim or witness.",
    cure="Distinguish them where it matters and as far as possible.",
    field="content.law.subjectClasses",
    source="data-protection-rules P3-07 [DPA 2018 s38(3)]",
    mark="R",
)
def people_are_told_apart(end: End) -> Bite:
    """Under Part 3 suspects, the convicted, victims and witnesses are distinguished."""
    return _part_3(end) and not end.claim.subject_classes


@rule(
    "P3-08",
    REFUSE,
    at=At.SENDER,
    reason="Nothing tells the recipient how accurate, complete, reliable and current this is.",
    cure="Send with it as of when it is true, where it comes from and whether it has been verified.",
    field="content.law.tellsAccuracy",
    source="data-protection-rules P3-08 [DPA 2018 s38(4)-(5)]",
    mark="R",
)
def accuracy_travels_with_it(end: End) -> Bite:
    """Every transmission under Part 3 carries what the recipient needs to judge its accuracy."""
    return _part_3(end) and not end.claim.tells_accuracy


@rule(
    "P3-11",
    WARN,
    at=At.SENDER,
    reason="No justification is recorded.",
    cure="Record in a line why it is necessary and proportionate: s62 no longer asks for it, but the recipient's side "
    "and your own accountability do.",
    field="content.law.necessity",
    source="data-protection-rules P3-11",
    mark="P",
)
def a_justification_is_still_recorded(end: End) -> Bite:
    """A justification is recorded although s62 has not asked for one since August 2025."""
    return _part_3(end) and not end.claim.necessity


@rule(
    "P3-12",
    WARN,
    at=At.BOTH,
    reason="No time limit is set for reviewing whether this is still needed.",
    cure="Set a review date.",
    field="content.law.reviewSet",
    source="data-protection-rules P3-12 [DPA 2018 s39(2)]",
    mark="R",
)
def a_review_is_set(end: End) -> Bite:
    """Under Part 3 time limits for periodic review are set."""
    return _part_3(end) and not end.claim.review_set


@rule(
    "X-01",
    REFUSE,
    at=At.SENDER,
    reason="A competent authority shares for a law-enforcement purpose, but not under Part 3 with its s35 route.",
    cure="The purpose decides, whoever receives: claim Part 3 and the route in s35(2). A body that is no competent "
    "authority may receive it so.",
    field="content.law.regime",
    source="data-protection-rules X-01 [DPA 2018 ss31, 35]",
    mark="R; P",
)
def the_purpose_is_tested_not_only_the_recipient(end: End) -> Bite:
    """A law-enforcement purpose stays Part 3 at the sender, also towards a body that is no competent authority."""
    claim = end.claim
    routed = claim.regime is Regime.PART_3 and claim.section_35 is not None
    return end.competent and claim.purpose is Purpose.LAW_ENFORCEMENT and not routed


@rule(
    "X-02",
    REFUSE,
    at=At.SENDER,
    reason="Part 3 is left by an authority in law, but what the UK GDPR then asks for is missing: Article 6, Article "
    "10 or 9 for what the message holds, or why it is necessary.",
    cure="The authority is not enough: claim a point of Article 6, Article 10 for offences and allegations, Article 9 "
    "for health and the like, and record the necessity.",
    field="content.law.article6",
    source="data-protection-rules X-02 [DPA 2018 s36(4); ICO reuse guidance]",
    mark="R; r",
)
def out_of_part_3_the_uk_gdpr_applies_whole(end: End) -> Bite:
    """Leaving Part 3 for welfare needs Article 6, Article 10, any Article 9 condition and necessity as well."""
    claim, facts = end.claim, end.facts
    whole = (
        claim.article_6 is not None
        and (claim.article_10 is not None or not facts.criminal_offence)
        and (claim.article_9 is not None or not facts.special_category)
        and claim.necessity
    )
    return _leaves_part_3(end) and claim.outside_part_3_by is not None and not whole


@rule(
    "X-03",
    REFUSE,
    at=At.SENDER,
    reason="What is named as authority to leave Part 3 is none, or is not this body's, or is not in force where it is.",
    cure="Name one that is: Domestic Abuse Act 2021 s49A; Children Act 2004 s11, s16H or (once in force) s16LB; "
    "Children Act 1989 s47(9); Offender Management Act 2007 s14; common-law policing; s325 only within MAPPA.",
    field="content.law.outsidePart3By",
    source="data-protection-rules X-03",
    mark="R; K",
)
def the_authority_lets_it_out(end: End) -> Bite:
    """Only certain provisions are authority to leave Part 3, for the body that has them, while they are in force."""
    named = end.claim.outside_part_3_by
    if named is None:
        return False
    found = end.policy.provision(named)
    lets = found is not None and found.lets_out_of_part_3 and end.has(found)
    return not lets or (named == MAPPA and not end.in_mappa)


@rule(
    "X-05",
    REFUSE,
    at=At.SENDER,
    reason="A body that is no competent authority shares with one, and claims the recipient's regime.",
    cure="Your side is under the UK GDPR: claim Article 6. Schedule 1 paragraph 10 needs no policy document there.",
    field="content.law.regime",
    source="data-protection-rules X-05 [DPA 2018 Sch 1 para 10(2)]",
    mark="R",
)
def towards_police_the_sender_stays_under_uk_gdpr(end: End) -> Bite:
    """A council or school that tells police, prison or probation applies the UK GDPR at its own side."""
    return _part_3(end) and not end.competent and end.other in BY_SCHEDULE_7


@rule(
    "X-06",
    HOLD,
    at=At.BOTH,
    reason="Inside MAPPA, but for a welfare purpose: that is another processing than the one MAPPA allows.",
    cure="A person decides: keep it within MAPPA (Part 3, law-enforcement purpose), or send it anew outside MAPPA, "
    "with an authority to leave Part 3 and a basis under the UK GDPR (X-02).",
    field="content.law.purpose",
    source="data-protection-rules X-06 [CJA 2003 s325(4E)]",
    mark="R; P",
)
def mappa_material_stays_inside_mappa(end: End) -> Bite:
    """What is held under MAPPA stays inside that purpose; its use for ordinary social care is a new processing."""
    return end.in_mappa and end.claim.purpose is Purpose.WELFARE


@rule(
    "X-07",
    REFUSE,
    scope=Scope.RECIPIENT,
    reason="The recipient is an intelligence service, and there is no way from here to Part 4.",
    cure="There is no way for this through the broker. Speak to your legal team.",
    field="to.organisation",
    source="data-protection-rules X-07",
    mark="P",
    curable=False,
)
def nothing_goes_to_an_intelligence_service(question: Question) -> Bite:
    """There is no path to the intelligence services, whose processing is under Part 4."""
    return question.facts.recipient is Kind.INTELLIGENCE


RULES = (
    part_3_is_based_on_law,
    sensitive_processing_is_strictly_necessary,
    a_schedule_8_condition_is_met,
    another_police_purpose_is_authorised_by_law,
    leaving_part_3_is_authorised_by_law,
    fact_is_separated_from_assessment,
    people_are_told_apart,
    accuracy_travels_with_it,
    a_justification_is_still_recorded,
    a_review_is_set,
    the_purpose_is_tested_not_only_the_recipient,
    out_of_part_3_the_uk_gdpr_applies_whole,
    the_authority_lets_it_out,
    towards_police_the_sender_stays_under_uk_gdpr,
    mappa_material_stays_inside_mappa,
    nothing_goes_to_an_intelligence_service,
)

HUMAN = (
    Human(
        id="P3-13",
        states="There is a processor contract, a contact point for joint controllers, and a record of processing.",
        asks="Before an organisation is admitted: has somebody seen its processor contract with the broker's operator, "
        "who is the contact point, and is this flow in its record of processing with its legal basis?",
        source="data-protection-rules P3-13 [DPA 2018 ss58, 59, 61]",
        mark="R",
    ),
)

BUILT = (
    Built(
        id="P3-09",
        states="If something was wrong or unlawfully sent, everybody who was told hears of it without delay. "
        "The sender of a correction or withdrawal names nobody.",
        where="broker/ledger.py: everybody_told",
        test="tests/unit/test_exchange.py::test_what_follows_reaches_exactly_those_told",
        source="data-protection-rules P3-09 [DPA 2018 s38(5)(c)]",
        mark="R",
    ),
    Built(
        id="P3-10",
        states="Each disclosure is logged, in the transaction that sends: date and time, who sent, who received. "
        "Who reads a file at an agency, and what its logs are used for, is that agency's to log and to limit.",
        where="broker/written.py: decided",
        test="tests/unit/test_disclosure_log.py::test_a_disclosure_is_logged_with_when_who_sent_and_who_received",
        source="data-protection-rules P3-10 [DPA 2018 s62]",
        mark="R; r",
    ),
)
