"""Which law governs each side (data-protection rules, section 3). Purpose decides it, not what the body is."""

from broker.consent.law.provisions import MAPPA
from broker.consent.rulebook import At, Bite, End, Question, rule
from broker.schemas.claims import Life, Purpose, Regime, Subject
from broker.schemas.terms import Kind, Outcome, Scope

WARN, HOLD, REFUSE = Outcome.SHARE_WITH_WARNING, Outcome.HOLD, Outcome.REFUSE


@rule(
    "REG-01",
    REFUSE,
    at=At.BOTH,
    reason="Part 3 is claimed for a welfare purpose.",
    cure="A disclosure for welfare is under the UK GDPR, whoever makes it: claim Article 6, and the authority in law "
    "by which it leaves Part 3 (s36(4)).",
    field="content.law.regime",
    source="data-protection-rules REG-01 [DPA 2018 ss29-31, 35; ICO data sharing code]",
    mark="R; r",
)
def purpose_decides_the_regime(end: End) -> Bite:
    """Part 3 governs only a competent authority's processing for a law-enforcement purpose."""
    return end.claim.regime is Regime.PART_3 and end.claim.purpose is Purpose.WELFARE


@rule(
    "REG-02",
    REFUSE,
    at=At.BOTH,
    reason="Part 3 is claimed by a body that is no competent authority for this purpose.",
    cure="Claim the UK GDPR, with a point of Article 6(1). Only inside MAPPA (s325(4)) is it deemed competent.",
    field="content.law.regime",
    source="data-protection-rules REG-02 [DPA 2018 s30, Sch 7]",
    mark="R",
    curable=False,
)
def part_3_is_for_competent_authorities(end: End) -> Bite:
    """A competent authority is listed in Schedule 7, or has statutory functions for a law-enforcement purpose."""
    return end.claim.regime is Regime.PART_3 and not end.competent


@rule(
    "REG-03",
    REFUSE,
    at=At.BOTH,
    reason="Inside MAPPA (s325(4)) everybody is treated as a competent authority, but the UK GDPR is claimed.",
    cure="Claim Part 3 at both sides for this exchange; use outside MAPPA is a new disclosure, with its own basis.",
    field="content.law.regime",
    source="data-protection-rules REG-03 [CJA 2003 s325(4)-(4G); WT 322-325]",
    mark="R",
)
def mappa_is_part_3_for_all(end: End) -> Bite:
    """Whoever gives or receives under s325(4) is treated as a competent authority for that processing."""
    return end.in_mappa and end.uk_gdpr


@rule(
    "REG-04",
    REFUSE,
    scope=Scope.RECIPIENT,
    reason="MAPPA does not reach the intelligence services.",
    cure="There is no way for this through the broker. Speak to your legal team.",
    field="to.organisation",
    source="data-protection-rules REG-04 [s325(4C), (4F)]",
    mark="R",
    curable=False,
)
def no_intelligence_service_in_mappa(question: Question) -> Bite:
    """MAPPA deeming does not extend to the intelligence services."""
    in_mappa = question.sender is not None and question.sender.in_mappa
    claimed = question.facts.claimed is not None and MAPPA in question.facts.claimed.gateways
    return (in_mappa or claimed) and question.facts.recipient is Kind.INTELLIGENCE


@rule(
    "REG-05",
    REFUSE,
    at=At.RECIPIENT,
    reason="The recipient claims Part 3 for what it receives for welfare.",
    cure="The recipient's side is worked out by itself: a welfare body receives under the UK GDPR.",
    field="to.organisation",
    source="data-protection-rules REG-05 [DPA 2018 ss30-31]",
    mark="R; P",
)
def the_recipients_regime_is_its_own(end: End) -> Bite:
    """The recipient's regime is worked out separately: police to school is UK GDPR at the school."""
    return end.claim.regime is Regime.PART_3 and not end.competent


@rule(
    "REG-06",
    REFUSE,
    at=At.RECIPIENT,
    reason="Offender data that a prison or probation shares under Part 3 does not make the council's side Part 3.",
    cure="The council receives under the UK GDPR, unless it is inside MAPPA.",
    field="to.organisation",
    source="data-protection-rules REG-06 [WT 239]",
    mark="R; P",
)
def a_council_receives_under_uk_gdpr(end: End) -> Bite:
    """Section 14 or s325 settles the regime of prison and probation, not that of the council outside MAPPA."""
    return end.kind is Kind.COUNCIL and end.claim.regime is Regime.PART_3 and not end.in_mappa


@rule(
    "REG-07",
    REFUSE,
    at=At.SENDER,
    reason="A dead person's data is treated as personal data, or that of a living relative as none.",
    cure="Only a living person's data is personal data: mark the dead person so, and keep its confidentiality; every "
    "living relative in the record stays a data subject.",
    field="content.law.subjects",
    source="data-protection-rules REG-07 [DPA 2018 s3(2)]",
    mark="R; K",
)
def only_the_living_are_data_subjects(end: End) -> Bite:
    """Neither regime covers a dead person, but relatives in the same record are still data subjects."""
    return any(one.personal_data is (one.life is Life.DECEASED) for one in end.claim.subjects)


@rule(
    "REG-08",
    WARN,
    at=At.SENDER,
    reason="The record of an unborn child is the pregnant person's own health data.",
    cure="Treat it so; at birth, send it again under a new case for the child.",
    field="content.law.subjects",
    source="data-protection-rules REG-08 [DPA 2018 s3]",
    mark="R; P",
)
def an_unborn_childs_data_is_the_mothers(end: End) -> Bite:
    """Data of an unborn child belongs to the pregnant person; it is re-keyed at birth."""
    return any(one.subject is Subject.CHILD and one.life is Life.UNBORN for one in end.claim.subjects)


@rule(
    "REG-09",
    REFUSE,
    at=At.BOTH,
    reason="A gateway is cited that is not law where this body is.",
    cure="A Welsh body cites Welsh law (Social Services and Well-being (Wales) Act 2014, if it is that body's "
    "function), an English one English law.",
    field="content.law.gateways",
    source="data-protection-rules REG-09 [WT 3]",
    mark="R; K",
)
def a_gateway_is_law_there(end: End) -> Bite:
    """Working Together and ss10-16Q of the Children Act 2004 are for England; a Welsh body cites Welsh law."""
    return any(end.nation not in one.jurisdiction for one in end.gateways)


RULES = (
    purpose_decides_the_regime,
    part_3_is_for_competent_authorities,
    mappa_is_part_3_for_all,
    no_intelligence_service_in_mappa,
    the_recipients_regime_is_its_own,
    a_council_receives_under_uk_gdpr,
    only_the_living_are_data_subjects,
    an_unborn_childs_data_is_the_mothers,
    a_gateway_is_law_there,
)
