"""Article 6: one basis for each controller, and who may rely on which (data-protection rules, section 4)."""

from broker.consent.law.provisions import BINDS, GIVES_A_TASK, SHARING_DUTY
from broker.consent.rulebook import At, Bite, End, rule
from broker.schemas.claims import Annex1, Article6, Protected, Urgency
from broker.schemas.terms import Kind, Outcome, Release

WARN, HOLD, REFUSE = Outcome.SHARE_WITH_WARNING, Outcome.HOLD, Outcome.REFUSE
A_PUBLIC_BODY = (
    "A public body: rely on Article 6(1)(e) with a function of your own, or on 6(1)(c) with a duty of your own."
)


@rule(
    "A6-01",
    REFUSE,
    at=At.BOTH,
    reason="No Article 6 basis is claimed.",
    cure="Claim exactly one point of Article 6(1) for this purpose.",
    field="content.law.article6",
    source="data-protection-rules A6-01 [Art 6; WT 32]",
    mark="K; R",
)
def one_basis_each(end: End) -> Bite:
    """Exactly one primary Article 6 basis for each controller and purpose; the recipient declares its own."""
    return end.uk_gdpr and end.claim.article_6 is None


@rule(
    "A6-02",
    REFUSE,
    at=At.BOTH,
    reason="Article 6(1)(c) is claimed, but nothing cited is a duty of this body that is in force where it is.",
    cure="Rely on 6(1)(e) (a public body, with a function of its own) or 6(1)(ea) Annex 1 para 6 (any other), or cite "
    "the duty.",
    field="content.law.gateways",
    source="data-protection-rules A6-02 [Art 6(3)]",
    mark="K",
)
def a_legal_obligation_is_a_duty(end: End) -> Bite:
    """(c) needs a named duty, in force, on this body, in its jurisdiction. A power or guidance is not a duty."""
    bound = any(one.force in BINDS and end.has(one) for one in end.gateways)
    return end.claim.article_6 is Article6.LEGAL_OBLIGATION and not bound


@rule(
    "A6-03",
    REFUSE,
    at=At.BOTH,
    reason="Children Act 2004 s16LB is cited, but its commencement is not on file, or it does not bind this body.",
    cure="Until it is switched on with a source: rely on 6(1)(e) or 6(1)(ea), with a gateway that is in force.",
    field="content.law.gateways",
    source="data-protection-rules A6-03, 17 [s16LB]",
    mark="R",
)
def the_duty_to_share_is_in_force(end: End) -> Bite:
    """From its commencement s16LB makes (c) the natural basis; before that, or outside it, use (e) or (ea)."""
    return any(one.code == SHARING_DUTY and not end.has(one) for one in end.gateways)


@rule(
    "A6-04",
    REFUSE,
    at=At.BOTH,
    reason="Article 6(1)(e) is claimed, but no function of this body is cited: only another's, or none in force.",
    cure="Cite the function of your own that this serves (DPA 2018 s8), not the recipient's.",
    field="content.law.gateways",
    source="data-protection-rules A6-04 [Art 6(1)(e) as amended; DPA 2018 s8]",
    mark="R",
)
def a_public_task_is_ones_own(end: End) -> Bite:
    """(e) needs a function, in law, of the body itself. The recipient's task is not enough."""
    own = any(one.force in GIVES_A_TASK and end.has(one) for one in end.gateways)
    return end.claim.article_6 is Article6.PUBLIC_TASK and not own


@rule(
    "A6-05",
    REFUSE,
    at=At.BOTH,
    reason="A body that is no public authority cannot rely on the council's public task.",
    cure="Article 6(1)(ea) fits: Annex 1 paragraph 6 if it is necessary to safeguard a child or an adult at risk, or "
    "paragraph 1 if the council asked in writing and says for which public task it needs it.",
    field="content.law.article6",
    source="data-protection-rules A6-05 [DUAA 2025 s70, Sch 4]",
    mark="R",
)
def nobody_borrows_a_public_task(end: End) -> Bite:
    """A private or voluntary body cannot borrow the council's public task; (ea) is made for it."""
    return end.claim.article_6 is Article6.PUBLIC_TASK and not end.public_authority


@rule(
    "A6-06",
    REFUSE,
    at=At.BOTH,
    reason="Points (ea) and (f) are closed to public authorities in the performance of their tasks.",
    cure=A_PUBLIC_BODY,
    field="content.law.article6",
    source="data-protection-rules A6-06 [DUAA 2025 s70(2)(c); DPA 2018 s7]",
    mark="R",
)
def no_interests_of_public_authorities(end: End) -> Bite:
    """(ea) and (f) are closed to public authorities in the performance of their tasks."""
    interests = (Article6.RECOGNISED_INTEREST, Article6.LEGITIMATE_INTEREST)
    return end.claim.article_6 in interests and end.public_authority


@rule(
    "A6-07",
    REFUSE,
    at=At.BOTH,
    reason="Annex 1 paragraph 1 is claimed without a stored request that says for which public task it is needed.",
    cure="Store the request with the need it states; or, to safeguard somebody unasked, claim Annex 1 paragraph 6.",
    field="content.law.request",
    source="data-protection-rules A6-07 [Annex 1 para 1]",
    mark="R",
)
def a_request_states_its_need(end: End) -> Bite:
    """(ea) paragraph 1 needs a stored request that states the need. Sharing unasked cannot use it."""
    return end.claim.annex_1 is Annex1.REQUEST and not (end.claim.request and end.claim.request_states_need)


@rule(
    "A6-08",
    REFUSE,
    at=At.BOTH,
    reason="Annex 1 paragraph 6 is claimed without a record of the necessity, or for nobody it protects.",
    cure="Record why it is necessary to safeguard somebody under 18, or an adult at risk.",
    field="content.law.necessity",
    source="data-protection-rules A6-08 [Annex 1 paras 6-7; ICO guidance 23 March 2026]",
    mark="R; r",
)
def safeguarding_interest_records_necessity(end: End) -> Bite:
    """(ea) paragraph 6: necessary to safeguard someone under 18 or at risk; no balancing test, but it is recorded."""
    protects = end.claim.protects in (Protected.CHILD, Protected.ADULT_AT_RISK, Protected.TYPE_OF_INDIVIDUAL)
    return end.claim.annex_1 is Annex1.SAFEGUARDING and not (end.claim.necessity and protects)


@rule(
    "A6-09",
    REFUSE,
    at=At.SENDER,
    reason="Annex 1 paragraph 5 (crime) is for disclosure to the police.",
    cure="To a welfare body, claim Annex 1 paragraph 6.",
    field="content.law.annex1",
    source="data-protection-rules A6-09 [Annex 1 para 5]",
    mark="R",
)
def the_crime_interest_goes_to_police(end: End) -> Bite:
    """(ea) paragraph 5 is available to bodies that are not public when they send to the police."""
    return end.claim.annex_1 is Annex1.CRIME and end.other is not Kind.POLICE


@rule(
    "A6-10",
    WARN,
    at=At.BOTH,
    reason="Vital interests are claimed in a message that is not urgent; another basis plainly fits.",
    cure="Claim (c), (e) or (ea) unless life or limb is at stake now.",
    field="content.law.article6",
    source="data-protection-rules A6-10",
    mark="K",
)
def vital_interests_are_for_emergencies(end: End) -> Bite:
    """(d) is for life and limb; a last resort where another basis plainly fits."""
    return end.claim.article_6 is Article6.VITAL_INTERESTS and end.claim.urgency is not Urgency.URGENT


@rule(
    "A6-11",
    REFUSE,
    at=At.BOTH,
    reason="A contract is no basis for safeguarding.",
    cure="Claim (c), (e) or (ea).",
    field="content.law.article6",
    source="data-protection-rules A6-11",
    mark="P",
)
def no_contract(end: End) -> Bite:
    """(b) has no place in these flows."""
    return end.claim.article_6 is Article6.CONTRACT


@rule(
    "A6-12",
    REFUSE,
    at=At.BOTH,
    reason="A compatible purpose is cited in place of a lawful basis.",
    cure="Being compatible is not a basis: claim a point of Article 6(1) too.",
    field="content.law.article6",
    source="data-protection-rules A6-12 [Art 5(3)]",
    mark="R",
)
def compatible_is_no_basis(end: End) -> Bite:
    """A compatible purpose is not itself a lawful basis; both are needed."""
    return end.uk_gdpr and end.claim.first_collected_on_consent and end.claim.article_6 is None


@rule(
    "A6-13",
    HOLD,
    at=At.SENDER,
    reason="The data was first collected on consent, so its use for another purpose is narrow.",
    cure="A person decides whether consent could reasonably be sought now; if not, that person releases it.",
    field="content.law.firstCollectedOnConsent",
    source="data-protection-rules A6-13 [Annex 2; Art 8A(4)]",
    mark="R in part; K",
    released_by=frozenset({Release.RELEASE, Release.BREAK_GLASS}),
)
def what_was_collected_on_consent(end: End) -> Bite:
    """Data first collected on consent is re-used mainly where consent cannot reasonably be sought."""
    return end.claim.first_collected_on_consent and end.claim.article_6 is not Article6.CONSENT


@rule(
    "A6-14",
    REFUSE,
    at=At.BOTH,
    reason="A significant decision about a person would be taken by a machine alone.",
    cure="A person decides; the message then says so.",
    field="content.law.decidedByMachineAlone",
    source="data-protection-rules A6-14 [DUAA 2025 s80]",
    mark="r",
    curable=False,
)
def no_machine_decides_alone(end: End) -> Bite:
    """A solely automated significant decision cannot rest on (ea); no rule engine decides a person's outcome."""
    return end.claim.decided_by_machine_alone


RULES = (
    one_basis_each,
    a_legal_obligation_is_a_duty,
    the_duty_to_share_is_in_force,
    a_public_task_is_ones_own,
    nobody_borrows_a_public_task,
    no_interests_of_public_authorities,
    a_request_states_its_need,
    safeguarding_interest_records_necessity,
    the_crime_interest_goes_to_police,
    vital_interests_are_for_emergencies,
    no_contract,
    compatible_is_no_basis,
    what_was_collected_on_consent,
    no_machine_decides_alone,
)
