"""Special-category data, the conditions of Schedule 1, and the policy document (data-protection rules, section 6)."""

from collections import Counter

from broker.consent.facts import Paper
from broker.consent.law.conditions import PART_1, PART_2
from broker.consent.law.provisions import GIVES_A_TASK
from broker.consent.rulebook import At, Bite, Built, Differently, End, rule
from broker.schemas.claims import Article9, NoConsent, Protected, Schedule1, Subject
from broker.schemas.terms import Kind, Outcome, Release

WARN, HOLD, REFUSE = Outcome.SHARE_WITH_WARNING, Outcome.HOLD, Outcome.REFUSE
BREAK = frozenset({Release.BREAK_GLASS})
EITHER = frozenset({Release.RELEASE, Release.BREAK_GLASS})
SELDOM_HEALTH = frozenset({Kind.SCHOOL, Kind.CHARITY})
"""Recipients whose work is seldom done by or under a health or social work professional (A9-04)."""
NO_OWN = (Paper.NONE, Paper.ANOTHERS)


def _claims(end: End, *codes: Schedule1) -> bool:
    """Whether one of these conditions is claimed."""
    return any(one.code in codes for one in end.conditions)


def _function_cited(end: End) -> bool:
    """Whether a function or duty of this very body is among its gateways."""
    return any(one.force in GIVES_A_TASK and end.has(one) for one in end.gateways)


def _no_public_interest(end: End) -> bool:
    """Whether that limb is wanting. Paragraph 36 drops it, but for offence data alone (A10-03, A10-05)."""
    dropped = _claims(end, Schedule1.PARA_36) and not end.facts.special_category
    return not (end.claim.public_interest or dropped)


def _not_asked(end: End) -> frozenset[NoConsent]:
    """The reasons that it gives for not asking."""
    return frozenset(one.because for one in end.claim.not_asked)


def _excused(end: End) -> bool:
    """Whether paragraph 10(2) spares it the document: it discloses to a competent authority under paragraph 10."""
    return end.sends and end.other_competent and _claims(end, Schedule1.PARA_10)


def _needs_document(end: End) -> bool:
    """Whether something that it claims stands only on an appropriate policy document; 36 goes with its condition."""
    spared = (Schedule1.PARA_10, Schedule1.PARA_36) if _excused(end) else ()
    return any(one.policy_document and one.code not in spared for one in end.conditions)


@rule(
    "A9-01",
    REFUSE,
    at=At.BOTH,
    reason="The message holds special-category data, and no point of Article 9(2) is claimed.",
    cure="Claim the point that fits (to safeguard: 9(2)(g) with Schedule 1 paragraph 18 or 6), or leave that data out.",
    field="content.law.article9",
    source="data-protection-rules A9-01 [Art 9; WT 32]",
    mark="K; R",
)
def special_category_has_a_condition(end: End) -> Bite:
    """Special-category data needs a point of Article 9(2) as well as Article 6."""
    return end.uk_gdpr and end.facts.special_category and end.claim.article_9 is None


@rule(
    "A9-02",
    REFUSE,
    at=At.BOTH,
    reason="The point of Article 9(2) and the Schedule 1 condition that are claimed do not go together.",
    cure="Points (b), (h), (i) and (j) go with a condition of Part 1 (paragraphs 1 to 4), (g) with one of Part 2 "
    "(paragraph 6, 10 or 18, say). The others need none.",
    field="content.law.schedule1",
    source="data-protection-rules A9-02 [DPA 2018 s10(1)-(3)]",
    mark="R",
)
def the_condition_goes_with_the_point(end: End) -> Bite:
    """(b), (h), (i) and (j) need a Part 1 condition too, and (g) a Part 2 one; the other points need none."""
    point = end.claim.article_9
    return end.uk_gdpr and point in PART_1 | PART_2 and not any(point in one.supports for one in end.conditions)


@rule(
    "A9-03",
    REFUSE,
    at=At.BOTH,
    reason="Article 9(2)(c) is claimed for somebody who is able to consent.",
    cure="It is for a person who is physically or legally unable to. To safeguard, claim 9(2)(g) with paragraph 18; "
    "Article 6(1)(d) may still stand.",
    field="content.law.unableToConsent",
    source="data-protection-rules A9-03 [Art 9(2)(c)]",
    mark="K",
)
def vital_interests_of_who_cannot_consent(end: End) -> Bite:
    """9(2)(c) needs a person who is physically or legally unable to consent; Article 6(1)(d) does not."""
    return end.uk_gdpr and end.claim.article_9 is Article9.VITAL_INTERESTS and not end.claim.unable_to_consent


@rule(
    "A9-04",
    HOLD,
    at=At.BOTH,
    reason="Health or social care (9(2)(h), paragraph 2) is claimed where a school or charity receives, whose work is "
    "seldom done by or under a health or social work professional.",
    cure="A person at the sender confirms who is responsible there, then releases it; or claim 9(2)(g) with paragraph "
    "18.",
    field="content.law.byHealthProfessional",
    source="data-protection-rules A9-04 [DPA 2018 Sch 1 para 2, s11(1)]",
    mark="R",
    released_by=EITHER,
)
def health_care_is_by_its_professionals(end: End) -> Bite:
    """(h) with paragraph 2 needs a health or social work professional, or another who owes confidentiality in law."""
    if end.claim.article_9 is not Article9.HEALTH_OR_SOCIAL_CARE or not _claims(end, Schedule1.PARA_2):
        return False
    if (end.other if end.sends else end.kind) in SELDOM_HEALTH:
        return True
    if end.claim.by_health_professional:
        return False
    return Differently(
        outcome=REFUSE,
        reason="Health or social care (9(2)(h), paragraph 2) is claimed without a professional who is responsible.",
        cure="Record that it is by or under a health or social work professional, or another who owes confidentiality "
        "in law; or claim 9(2)(g) with paragraph 18 or 6.",
    )


@rule(
    "S1-18a",
    REFUSE,
    at=At.BOTH,
    reason="Schedule 1 paragraph 18 is claimed without a record of necessity or of substantial public interest.",
    cure="Record why it is necessary to protect the person from harm or to protect their well-being, and why that is "
    "of substantial public interest.",
    field="content.law.necessity",
    source="data-protection-rules S1-18a [DPA 2018 Sch 1 para 18]",
    mark="R",
)
def safeguarding_is_necessary(end: End) -> Bite:
    """Paragraph 18 needs necessity and substantial public interest, besides whom it protects, a reason, a document."""
    return _claims(end, Schedule1.PARA_18) and (not end.claim.necessity or _no_public_interest(end))


@rule(
    "S1-18b",
    REFUSE,
    at=At.BOTH,
    reason="Schedule 1 paragraph 18 is claimed, and somebody whose data is used has no reason of their own for not "
    "having been asked.",
    cure="Give for each living person whose data is used, not for the child alone: cannot be given, not reasonably "
    "obtainable, or would prejudice the protection.",
    field="content.law.notAsked",
    source="data-protection-rules S1-18b [DPA 2018 Sch 1 para 18(2)]",
    mark="R",
)
def each_person_has_a_reason(end: End) -> Bite:
    """Why consent was not sought is said of each person whose data is used, not once for all."""
    given = Counter(one.subject for one in end.claim.not_asked)
    return _claims(end, Schedule1.PARA_18) and (not given or bool(end.claim.living - given))


@rule(
    "S1-18c",
    REFUSE,
    at=At.BOTH,
    reason="Schedule 1 paragraph 18 is claimed to protect an adult who is not shown to be at risk.",
    cure="A public body may claim paragraph 6 with a function of its own. For paragraph 18 record all three limbs: "
    "needs for care and support, harm or its risk, and being unable to protect themselves because of those needs.",
    field="content.law.protects",
    source="data-protection-rules S1-18c [DPA 2018 Sch 1 para 18(3)]",
    mark="R",
)
def an_adult_at_risk_by_all_three_limbs(end: End) -> Bite:
    """An adult is at risk by three limbs, not by status: a care leaver or adult victim does not pass by that alone."""
    return _claims(end, Schedule1.PARA_18) and end.claim.protects is Protected.ADULT


@rule(
    "S1-18d",
    REFUSE,
    at=At.BOTH,
    reason="Schedule 1 paragraph 18 is claimed to protect nobody: neither a person nor a type of person.",
    cure="Say whom it protects. To share what is known of a pattern or a place, name the type of individual.",
    field="content.law.protects",
    source="data-protection-rules S1-18d [DPA 2018 Sch 1 para 18(4)]",
    mark="R",
)
def a_person_or_a_type_of_person(end: End) -> Bite:
    """Paragraph 18 covers a type of individual as well as a named one, so patterns and places can qualify."""
    return _claims(end, Schedule1.PARA_18) and end.claim.protects is Protected.NOBODY_NAMED


@rule(
    "S1-06",
    REFUSE,
    at=At.BOTH,
    reason="Schedule 1 paragraph 6 is claimed without a function of this body in law, or without substantial public "
    "interest.",
    cure="Cite the function of your own, conferred by an Act or by common law, that this serves, and record why it is "
    "of substantial public interest; or claim paragraph 18.",
    field="content.law.gateways",
    source="data-protection-rules S1-06 [DPA 2018 Sch 1 para 6]",
    mark="R",
)
def a_function_in_law_is_exercised(end: End) -> Bite:
    """Paragraph 6 is the exercise of a function in law, in the substantial public interest."""
    return _claims(end, Schedule1.PARA_6) and (not _function_cited(end) or _no_public_interest(end))


@rule(
    "S1-01",
    HOLD,
    at=At.BOTH,
    reason="Schedule 1 paragraph 1 is claimed, but not about somebody at work under an obligation of this body: that "
    "it is social security or social protection law is for a person to say.",
    cure="A person confirms which obligation or right in employment, social security or social protection law this is, "
    "then releases it; to safeguard, claim paragraph 18 or 6.",
    field="content.law.schedule1",
    source="data-protection-rules S1-01 [DPA 2018 Sch 1 para 1]",
    mark="R",
    released_by=EITHER,
)
def employment_law_is_about_someone_at_work(end: End) -> Bite:
    """Paragraph 1 is for obligations or rights in employment, social security or social protection law."""
    at_work = bool(end.claim.living[Subject.PROFESSIONAL])
    return _claims(end, Schedule1.PARA_1) and not (at_work and _function_cited(end))


@rule(
    "S1-10",
    REFUSE,
    at=At.BOTH,
    at_recipient=HOLD,
    reason="Schedule 1 paragraph 10 is claimed without a policy document of its own, and the recipient is no competent "
    "authority.",
    cure="Put the document on file. Paragraph 10 needs none only for a disclosure to the police, a prison, probation "
    "or another competent authority.",
    field="content.law.schedule1",
    source="data-protection-rules S1-10 [DPA 2018 Sch 1 para 10(1)-(2)]",
    mark="R",
    released_by=BREAK,
)
def unlawful_acts_are_told_to_authorities(end: End) -> Bite:
    """Paragraph 10: asking would prejudice it, public interest; no document needed towards a competent authority."""
    if not _claims(end, Schedule1.PARA_10):
        return False
    if NoConsent.WOULD_PREJUDICE_PROTECTION not in _not_asked(end) or _no_public_interest(end):
        return Differently(
            reason="Schedule 1 paragraph 10 is claimed without a record that asking would prejudice the prevention or "
            "detection, or of the substantial public interest.",
            cure="Record both; or, to safeguard, claim paragraph 18 with a reason for each person.",
        )
    return not _excused(end) and end.document in NO_OWN


@rule(
    "S1-12",
    REFUSE,
    at=At.BOTH,
    reason="Schedule 1 paragraph 11 or 12 is claimed without substantial public interest, or without a reason for not "
    "asking (for 12: that consent is not reasonably obtainable).",
    cure="Record both; or, to safeguard, claim paragraph 18 with a reason for each person.",
    field="content.law.schedule1",
    source="data-protection-rules S1-12 [DPA 2018 Sch 1 paras 11-12]",
    mark="R",
    released_by=EITHER,
)
def protective_functions_are_about_professionals(end: End) -> Bite:
    """Paragraphs 11 and 12 serve protective functions and regulators: referrals of a professional, mostly."""
    if not _claims(end, Schedule1.PARA_11, Schedule1.PARA_12):
        return False
    reasons = _not_asked(end)
    obtainable = _claims(end, Schedule1.PARA_12) and NoConsent.NOT_REASONABLY_OBTAINABLE not in reasons
    if not reasons or obtainable or _no_public_interest(end):
        return True
    if end.claim.living[Subject.PROFESSIONAL]:
        return False
    return Differently(
        outcome=HOLD,
        reason="Schedule 1 paragraph 11 or 12 is claimed in a message about no professional.",
        cure="A person confirms which protective function or regulatory enquiry it serves, then releases it; to "
        "safeguard, claim paragraph 18 or 6.",
        mark="P",
    )


@rule(
    "S1-17",
    REFUSE,
    at=At.BOTH,
    reason="Schedule 1 paragraph 17 (counselling) is claimed without substantial public interest, or without a reason "
    "for not asking.",
    cure="Record both; or, to safeguard, claim paragraph 18 with a reason for each person.",
    field="content.law.schedule1",
    source="data-protection-rules 6, table of conditions [DPA 2018 Sch 1 para 17]",
    mark="R",
)
def counselling_has_its_limbs(end: End) -> Bite:
    """Paragraph 17 needs substantial public interest and a reason for not asking, as the table of conditions says."""
    return _claims(end, Schedule1.PARA_17) and (not _not_asked(end) or _no_public_interest(end))


@rule(
    "S1-19",
    REFUSE,
    at=At.BOTH,
    reason="Schedule 1 paragraph 19 is claimed for somebody who is not an adult, for data that is not health data, or "
    "without public interest or a reason for not asking.",
    cure="Paragraph 19 covers health data of adults at economic risk. For a child, or other data, claim paragraph 18.",
    field="content.law.schedule1",
    source="data-protection-rules S1-19 [DPA 2018 Sch 1 para 19]",
    mark="R",
)
def economic_well_being_of_adults(end: End) -> Bite:
    """Paragraph 19 covers health data of adults at economic risk only."""
    adult = end.claim.protects in (Protected.ADULT, Protected.ADULT_AT_RISK)
    fits = adult and not end.facts.other_than_health and bool(_not_asked(end))
    return _claims(end, Schedule1.PARA_19) and (not fits or _no_public_interest(end))


@rule(
    "S1-08",
    REFUSE,
    at=At.BOTH,
    reason="Schedule 1 paragraph 8 (equality monitoring) is claimed for a message about particular people.",
    cure="It never supports a decision about an individual. To safeguard, claim paragraph 18 or 6.",
    field="content.law.schedule1",
    source="data-protection-rules S1-08 [DPA 2018 Sch 1 para 8(3)]",
    mark="R",
)
def equality_monitoring_decides_nothing(end: End) -> Bite:
    """Paragraph 8 never supports a decision about an individual, and every message here is about one."""
    return _claims(end, Schedule1.PARA_8)


OR_A_DOCUMENT = (
    "Or put an appropriate policy document on file, which says how Article 5 is met and how long data is kept."
)
TO_AN_AUTHORITY = (
    "The recipient is a competent authority, so paragraph 10 needs no document for this (10(2)), if it is to prevent "
    "or detect an unlawful act. If not, try in order: 9(2)(h) with paragraph 2, if a health or social work "
    "professional is responsible; 9(2)(c), if the person cannot consent; 9(2)(f), for legal claims. " + OR_A_DOCUMENT
)
TO_HEALTH_OR_CARE = (
    "Try in order: 9(2)(h) with paragraph 2, if a health or social work professional is responsible; 9(2)(c), if the "
    "person cannot consent; 9(2)(f), for legal claims. For offence data the last two are not enough. " + OR_A_DOCUMENT
)
TO_OTHERS = (
    "Try in order: 9(2)(c), if the person cannot consent; 9(2)(f), for legal claims. For offence data neither is "
    "enough. " + OR_A_DOCUMENT
)


@rule(
    "APD-01",
    REFUSE,
    at=At.BOTH,
    at_recipient=HOLD,
    reason="A condition is claimed that needs an appropriate policy document, and none that is kept up is on file.",
    cure=OR_A_DOCUMENT,
    field="sender",
    source="data-protection-rules APD-01 [DPA 2018 Sch 1 paras 5, 38-40]",
    mark="R",
    released_by=BREAK,
)
def the_policy_document_exists(end: End) -> Bite:
    """The document exists when the processing happens; one that lapsed is for a person to look at (APD-03)."""
    if end.document not in (Paper.NONE, Paper.LAPSED) or not _needs_document(end):
        return False
    outcome = HOLD if end.document is Paper.LAPSED else None
    if not end.sends:
        return Differently(outcome=outcome)
    if end.other_competent:
        return Differently(outcome=outcome, cure=TO_AN_AUTHORITY)
    return Differently(outcome=outcome, cure=TO_OTHERS if end.other in SELDOM_HEALTH else TO_HEALTH_OR_CARE)


@rule(
    "APD-02",
    REFUSE,
    at=At.BOTH,
    at_recipient=HOLD,
    reason="The appropriate policy document relied on is another controller's.",
    cure="Each controller needs a document of its own; the recipient's does not cover the sender. Put yours on file.",
    field="sender",
    source="data-protection-rules APD-02 [DPA 2018 Sch 1 para 39]",
    mark="R; P",
    released_by=BREAK,
)
def each_controller_has_its_own_document(end: End) -> Bite:
    """Each controller needs a policy document of its own; the recipient's does not cover the sender."""
    return end.document is Paper.ANOTHERS and _needs_document(end)


@rule(
    "APD-03",
    WARN,
    at=At.BOTH,
    reason="The review of the appropriate policy document is overdue.",
    cure="Review it and put the new date on file before its grace ends: after that every message is held.",
    field="sender",
    source="data-protection-rules APD-03 [DPA 2018 Sch 1 para 40]",
    mark="R; P",
    released_by=BREAK,
)
def the_document_is_reviewed(end: End) -> Bite:
    """A review that is overdue is a warning, and after the grace a hold."""
    if not _needs_document(end):
        return False
    if end.document is not Paper.LAPSED:
        return end.document is Paper.REVIEW_OVERDUE
    if not end.sends:
        return Differently(outcome=HOLD)
    return Differently(
        outcome=HOLD,
        reason="The appropriate policy document has ended, or its review is overdue beyond the grace.",
        cure="Review it and put the new date on file; telephone the recipient meanwhile.",
    )


RULES = (
    special_category_has_a_condition,
    the_condition_goes_with_the_point,
    vital_interests_of_who_cannot_consent,
    health_care_is_by_its_professionals,
    safeguarding_is_necessary,
    each_person_has_a_reason,
    an_adult_at_risk_by_all_three_limbs,
    a_person_or_a_type_of_person,
    a_function_in_law_is_exercised,
    employment_law_is_about_someone_at_work,
    unlawful_acts_are_told_to_authorities,
    protective_functions_are_about_professionals,
    counselling_has_its_limbs,
    economic_well_being_of_adults,
    equality_monitoring_decides_nothing,
    the_policy_document_exists,
    each_controller_has_its_own_document,
    the_document_is_reviewed,
)

BUILT = (
    Built(
        id="APD-04",
        states="Without a document the sender is told what would do without one, in order, for the recipient at hand: "
        "paragraph 10(2), paragraph 2 with (h), 9(2)(c), 9(2)(f).",
        where="broker/consent/rules/special_category.py: the_policy_document_exists",
        test="tests/unit/test_special_category.py::test_without_a_document_the_cure_fits_the_recipient",
        source="data-protection-rules APD-04",
        mark="R; P",
    ),
)
