"""Consent (data-protection rules, section 5): seldom the basis, held to a high standard, and never a mere formality."""

from collections import Counter

from broker.consent.law.provisions import Force
from broker.consent.rulebook import At, Bite, End, rule
from broker.schemas.claims import Agreed, Article6, Article9, Schedule1, Section35
from broker.schemas.message import Addressing
from broker.schemas.terms import Outcome, Release

WARN, HOLD, REFUSE = Outcome.SHARE_WITH_WARNING, Outcome.HOLD, Outcome.REFUSE
EITHER = frozenset({Release.RELEASE, Release.BREAK_GLASS})
ANOTHER_BASIS = (
    "Claim the basis that stands without consent: 6(1)(e) or (c) for a public body, 6(1)(ea) Annex 1 paragraph 6 for "
    "any other, and 9(2)(g) with the condition that fits."
)


def _on_consent(end: End) -> bool:
    """Whether this side relies on a person's consent, in whichever regime."""
    if end.uk_gdpr:
        return end.claim.article_6 is Article6.CONSENT or end.claim.article_9 is Article9.CONSENT
    return end.claim.section_35 is Section35.CONSENT


@rule(
    "CON-01",
    WARN,
    at=At.BOTH,
    reason="Consent is chosen as the basis. It is not needed to safeguard, and must be specific, limited in time and "
    "open to withdrawal, with deletion when it is withdrawn.",
    cure=ANOTHER_BASIS,
    field="content.law.article6",
    source="data-protection-rules CON-01 [WT 32, myths box]",
    mark="R",
)
def consent_is_seldom_the_basis(end: End) -> Bite:
    """Consent is not needed to safeguard where another basis exists, and it sets a high standard."""
    return _on_consent(end)


@rule(
    "CON-02",
    REFUSE,
    at=At.BOTH,
    reason="Consent is claimed in a flow that goes on whatever the person answers, so asking would mislead.",
    cure=ANOTHER_BASIS,
    field="content.law.article6",
    source="data-protection-rules CON-02 [WT 32, 224, 239; ICO; DfE]",
    mark="R; r",
)
def nobody_is_asked_what_they_cannot_refuse(end: End) -> Bite:
    """Where refusing would not stop the sharing, consent is not the basis and nobody is asked for it."""
    return end.flow.asks_no_consent and _on_consent(end)


@rule(
    "CON-03",
    HOLD,
    at=At.SENDER,
    reason="A public authority relies on consent, which is presumed not to be freely given to it.",
    cure="A person at the sender checks that it was freely given, specific, informed, recorded apart from anything "
    "else, and as easy to withdraw as to give; then releases it. Otherwise claim another basis.",
    field="content.law.article6",
    source="data-protection-rules CON-03 [Arts 4(11), 7]",
    mark="K",
    released_by=EITHER,
)
def consent_is_freely_given(end: End) -> Bite:
    """Valid consent is free, specific, informed and recorded; to a public authority that is presumed a problem."""
    return end.public_authority and _on_consent(end)


@rule(
    "CON-04",
    REFUSE,
    at=At.BOTH,
    reason="Consent is relied on, but none stands: it is not on file, has expired, was withdrawn, or was given for "
    "another purpose or recipient.",
    cure="If safeguarding carries this without consent, claim that basis and say so to the person. If not, do not "
    "share it unless the person consents anew.",
    field="content.law.article6",
    source="data-protection-rules CON-04 [WT 32]",
    mark="R; P",
)
def consent_stands_now(end: End) -> Bite:
    """Consent is looked up each time the broker decides, because a queue can outlive it."""
    found = end.facts.consent
    relied_on = _on_consent(end) or (end.sends and found not in (None, Agreed.WITHDRAWN))  # CON-05
    return relied_on and found is not Agreed.STANDS


@rule(
    "CON-05",
    HOLD,
    at=At.SENDER,
    reason="Consent was relied on and has been withdrawn, and another ground is claimed in its place.",
    cure="A person at the sender decides whether that ground stood from the beginning, then releases it. If not: stop, "
    "tell those who received it, and erase what no other ground covers.",
    field="content.law.article6",
    source="data-protection-rules CON-05 [Arts 17(1)(b), 19; WT 32]",
    mark="R",
    released_by=EITHER,
)
def no_ground_is_swapped_in(end: End) -> Bite:
    """After a withdrawal nobody swaps in another basis: a person decides whether one was there all along."""
    return end.facts.consent is Agreed.WITHDRAWN and not _on_consent(end)


@rule(
    "CON-06",
    REFUSE,
    at=At.BOTH,
    reason="Agreement to a service (Family Help, Channel, an assessment) is cited as consent to share.",
    cure="Claim the basis that stands without consent, and tell the family. If they refuse the service, that ends the "
    "offer, not the recording or the sharing.",
    field="content.law.agreementToService",
    source="data-protection-rules CON-06 [WT 135, 144, 146; DfE advice]",
    mark="R; r",
)
def agreeing_to_a_service_is_no_consent(end: End) -> Bite:
    """Agreement to a service is not data-protection consent; refusing it ends the offer, not the sharing."""
    return end.claim.agreement_to_service and _on_consent(end)


@rule(
    "CON-07",
    REFUSE,
    at=At.SENDER,
    reason="The gateway cited works only with the person's agreement, and none stands on file.",
    cure="Ask for the agreement that the Act requires and record it; or, to safeguard a child or a vulnerable adult "
    "under your local procedure, record that override; or cite a gateway that needs no agreement.",
    field="content.law.safeguardingOverride",
    source="data-protection-rules CON-07 [WT 299; Housing Act 1996 ss213B, 213AA]",
    mark="R",
)
def the_gateway_has_its_agreement(end: End) -> Bite:
    """Some gateways need the person's agreement by statute. It is kept apart from consent, and is no basis.

    That an agreement has ended is told on, and asked about, without one.
    """
    gated = any(one.force is Force.AGREEMENT_GATED for one in end.gateways)
    if end.flow.addressing is not Addressing.NAMED:
        return False
    return gated and end.facts.agreement is not Agreed.STANDS and not end.claim.safeguarding_override


@rule(
    "CON-08",
    REFUSE,
    at=At.BOTH,
    reason="Consent is claimed, but somebody whose data is in the message has not given it.",
    cure="Ask each person (a child who understands what is asked answers for themselves, at whatever age), leave the "
    "others out, or claim a basis that stands without consent.",
    field="content.law.consentCovers",
    source="data-protection-rules CON-08 [Art 8]",
    mark="r; K",
)
def consent_is_each_persons_own(end: End) -> Bite:
    """Consent covers the person who gave it: a parent's does not cover the other parent, a partner or the referrer."""
    given = Counter(end.claim.consent_covers)
    return _on_consent(end) and (not given or bool(end.claim.living - given))


@rule(
    "CON-09",
    REFUSE,
    at=At.BOTH,
    reason="Schedule 1 paragraph 18 is for sharing without consent, and consent is claimed beside it.",
    cure="Claim the one or the other: to safeguard, paragraph 18 with 9(2)(g), and 6(1)(e), (c) or (ea).",
    field="content.law.schedule1",
    source="data-protection-rules CON-09 [DPA 2018 Sch 1 para 18(1)(c)]",
    mark="R",
)
def paragraph_18_is_without_consent(end: End) -> Bite:
    """Paragraph 18 requires processing without consent, so that consent beside it is a contradiction."""
    return _on_consent(end) and any(one.code == Schedule1.PARA_18 for one in end.conditions)


RULES = (
    consent_is_seldom_the_basis,
    nobody_is_asked_what_they_cannot_refuse,
    consent_is_freely_given,
    consent_stands_now,
    no_ground_is_swapped_in,
    agreeing_to_a_service_is_no_consent,
    the_gateway_has_its_agreement,
    consent_is_each_persons_own,
    paragraph_18_is_without_consent,
)
