"""Criminal-offence data, allegations included (data-protection rules, section 7)."""

from broker.consent.law.conditions import PART_2
from broker.consent.rulebook import At, Bite, Built, End, rule
from broker.schemas.claims import Article10, Schedule1, Subject
from broker.schemas.terms import Outcome

WARN, REFUSE = Outcome.SHARE_WITH_WARNING, Outcome.REFUSE


@rule(
    "A10-02",
    REFUSE,
    at=At.BOTH,
    reason="The message holds criminal-offence data (an allegation is enough), and no route of Article 10 is claimed.",
    cure="Claim official authority, if the law gives it to this body, or a condition of Schedule 1 (paragraph 18, with "
    "36 for offence data); or leave the allegation out.",
    field="content.law.article10",
    source="data-protection-rules A10-02 [DPA 2018 s10(4)-(5)]",
    mark="R",
)
def offence_data_has_a_route(end: End) -> Bite:
    """Offence data needs official authority or a Schedule 1 condition, on top of Article 6."""
    without = end.claim.article_10 is None or (end.claim.article_10 is Article10.CONDITION and not end.conditions)
    return end.uk_gdpr and end.facts.criminal_offence and without


@rule(
    "A10-03",
    REFUSE,
    at=At.BOTH,
    reason="Schedule 1 paragraph 36 is claimed without the Part 2 condition that it extends.",
    cure="Name the Part 2 condition too (paragraph 18 or 6, say). Paragraph 36 only drops its public-interest limb, "
    "for offence data; its policy document still stands.",
    field="content.law.schedule1",
    source="data-protection-rules A10-03 [DPA 2018 Sch 1 paras 5, 36]",
    mark="R",
)
def paragraph_36_extends_a_condition(end: End) -> Bite:
    """Paragraph 36 drops the public-interest limb of a Part 2 condition for offence data, and is none by itself."""
    extends = any(one.code == Schedule1.PARA_36 for one in end.conditions)
    return extends and not any(one.supports & PART_2 for one in end.conditions)


@rule(
    "A10-04",
    REFUSE,
    at=At.BOTH,
    reason="Official authority over offence data is claimed by a body to which no law gives it.",
    cure="Name a condition of Schedule 1 instead: paragraph 18 to safeguard, with 36 for offence data.",
    field="content.law.article10",
    source="data-protection-rules A10-04 [DPA 2018 s10(4); ICO]",
    mark="R; r",
)
def official_authority_is_given_by_law(end: End) -> Bite:
    """A private school, charity or care provider has no official authority over offence data: it names a condition."""
    return end.uk_gdpr and end.claim.article_10 is Article10.OFFICIAL_AUTHORITY and not end.public_authority


@rule(
    "A10-06",
    WARN,
    at=At.BOTH,
    reason="The message concerns a victim and rests on Article 10 alone. Being a victim is not offence data of the "
    "victim, but is usually health, sex-life or child-abuse data.",
    cure="Mark what is said of the victim as special-category data, and claim a point of Article 9(2) for it.",
    field="content.law.article9",
    source="data-protection-rules A10-06 [DPA 2018 s11(2)]",
    mark="R; P",
)
def a_victim_is_no_offender(end: End) -> Bite:
    """Being a victim is not criminal-offence data of the victim; it is usually special-category data."""
    by_article_10_alone = end.claim.article_10 is not None and end.claim.article_9 is None
    about_a_victim = bool(end.claim.living[Subject.VICTIM])
    return end.uk_gdpr and end.facts.criminal_offence and by_article_10_alone and about_a_victim


RULES = (
    offence_data_has_a_route,
    paragraph_36_extends_a_condition,
    official_authority_is_given_by_law,
    a_victim_is_no_offender,
)

BUILT = (
    Built(
        id="A10-01",
        states="Alleged offences, proceedings and their disposal are criminal-offence data, not convictions alone: a "
        "field that is labelled as an allegation or a prohibition makes the whole message so.",
        where="broker/judge.py: _categories",
        test="tests/unit/test_offences.py::test_an_allegation_is_offence_data",
        source="data-protection-rules A10-01 [DPA 2018 s11(2)]",
        mark="R",
    ),
    Built(
        id="A10-05",
        states="What is both special-category and criminal-offence data must pass both tests.",
        where="broker/consent/rules/special_category.py: A9-01; broker/consent/rules/offences.py: A10-02",
        test="tests/unit/test_offences.py::test_what_is_both_needs_both",
        source="data-protection-rules A10-05 [DPA 2018 s10]",
        mark="R",
    ),
)
