"""Gateways and duties: a power is not a duty, and guidance is neither (data-protection rules, section 10)."""

from broker.consent.law.provisions import SHARING_DUTY, Force, Provision
from broker.consent.rulebook import At, Bite, Built, Differently, End, Human, rule
from broker.consent.rules.principles import barred_fields
from broker.schemas.claims import Article6, Bar
from broker.schemas.terms import Kind, Outcome, Scope

WARN, REFUSE = Outcome.SHARE_WITH_WARNING, Outcome.REFUSE
IDENTIFIER, PARTNERS_ASK, VICTIM_REQUEST = "CA2004-s16LC", "CA2004-s16H", "PCSCA2022-s44A"
NEEDS_A_GATEWAY = frozenset({Article6.LEGAL_OBLIGATION, Article6.PUBLIC_TASK})


@rule(
    "GW-01",
    REFUSE,
    at=At.SENDER,
    reason="Children Act 2004 s16LB is cited, but the recipient is outside it, or it is not recorded that this may "
    "help the recipient's functions.",
    cure="Record why it is relevant to the child's welfare and may help the recipient; to a body outside s16LB(4), "
    "cite another gateway.",
    field="content.law.gateways",
    source="data-protection-rules GW-01 [s16LB(1)-(2), (4)]",
    mark="R",
)
def the_duty_to_share_has_its_tests(end: End) -> Bite:
    """Section 16LB: both bodies are within it, and the sender considers that it may help the recipient's functions."""
    cited = [one for one in end.gateways if one.code == SHARING_DUTY]
    return any(end.other not in one.on or not end.claim.necessity for one in cited)


@rule(
    "GW-05",
    WARN,
    at=At.SENDER,
    reason="Children Act 2004 s16LC (consistent identifier) is cited, but no regulations that name one are on file.",
    cure="Nobody need include an identifier yet: leave s16LC out, and the number too unless it is needed.",
    field="content.law.gateways",
    source="data-protection-rules GW-05 [s16LC(1)-(8)]",
    mark="R; r",
)
def no_identifier_is_required_yet(end: End) -> Bite:
    """Until regulations specify the identifier of s16LC, nobody is required to include one."""
    return any(one.code == IDENTIFIER and not end.has(one) for one in end.gateways)


@rule(
    "GW-06",
    REFUSE,
    at=At.SENDER,
    reason="Children Act 2004 s16H is cited, but no request of the safeguarding partners is stored.",
    cure="Store the request, which says what information is required; without one cite another gateway.",
    field="content.law.request",
    source="data-protection-rules GW-06 [WT 89-92]",
    mark="R",
)
def the_partners_have_asked(end: End) -> Bite:
    """Section 16H binds whoever safeguarding partners have asked for specified information."""
    return any(one.code == PARTNERS_ASK for one in end.gateways) and not end.claim.request


def _opens(end: End, gateway: Provision) -> bool:
    reaches = not end.sends or gateway.to is None or end.other is None or end.other in gateway.to
    return gateway.force is not Force.GUIDANCE and reaches


@rule(
    "GW-07",
    REFUSE,
    at=At.BOTH,
    reason="Nothing is cited that lets this body share.",
    cure="Cite a provision of law that gives this body the power or duty, as the Act under which it acts.",
    field="content.law.gateways",
    source="data-protection-rules GW-07",
    mark="P",
)
def guidance_is_no_gateway(end: End) -> Bite:
    """A message that cites guidance alone, or what does not reach the recipient, or nothing for (c) or (e)."""
    if any(_opens(end, one) for one in end.gateways):
        return False
    if any(one.force is Force.GUIDANCE for one in end.gateways):
        return Differently(
            reason="Only guidance is cited. A power is not a duty, and guidance is neither: it lets nobody share.",
            cure="Cite the provision of law that the guidance is about, such as Children Act 2004 s11 or s10.",
        )
    if end.gateways:
        return Differently(
            reason="What is cited does not reach this recipient.",
            cure="Cite a provision that does, or send to a body that it reaches. Domestic Abuse Act 2021 s49A reaches "
            "schools and colleges only.",
        )
    return bool(end.claim.gateways) or end.claim.article_6 in NEEDS_A_GATEWAY


@rule(
    "GW-08",
    REFUSE,
    at=At.SENDER,
    scope=Scope.ELEMENT,
    reason="Inside MAPPA, but s325(4) does not lift interception law: this field was not sent.",
    cure="Leave it out. Whether interception law itself allows it is for your legal team, outside the broker.",
    source="data-protection-rules GW-08 [s325(4B)-(4C)]",
    mark="R",
    curable=False,
)
def mappa_does_not_lift_interception_law(end: End) -> Bite:
    """Section 325(4) lifts confidentiality within MAPPA, but neither data-protection nor interception law."""
    if not end.in_mappa:
        return False
    return barred_fields(end, frozenset({Bar.INTERCEPTION}), whatever_excepts=True)


@rule(
    "GW-09",
    REFUSE,
    at=At.SENDER,
    reason="A police request about a victim (s44A) is cited, but it does not go to the police, or the request, what it "
    "states or its necessity is not recorded.",
    cure="Store the written request, with why the police believe that you hold this and for which line of enquiry, and "
    "record that it is necessary and proportionate. Counselling notes need more: ask your legal team.",
    field="content.law.request",
    source="data-protection-rules GW-09 [PCSC Act 2022 s44A]",
    mark="R in part",
)
def a_victim_request_is_complete(end: End) -> Bite:
    """Police requests about a victim: written, relevant to a line of enquiry, necessary and proportionate."""
    claim = end.claim
    complete = claim.request and claim.request_states_need and claim.necessity and end.other is Kind.POLICE
    return any(one.code == VICTIM_REQUEST for one in end.gateways) and not complete


RULES = (
    the_duty_to_share_has_its_tests,
    no_identifier_is_required_yet,
    the_partners_have_asked,
    guidance_is_no_gateway,
    mappa_does_not_lift_interception_law,
    a_victim_request_is_complete,
)

HUMAN = (
    Human(
        id="GW-02",
        states="Under s16LB information is kept back only if sharing would be more detrimental to the child.",
        asks="Who at your organisation decided not to share, and why would sharing have been worse for the child? "
        "Record both; nothing comes through the broker that was not sent.",
        source="data-protection-rules GW-02 [s16LB(3)]",
        mark="R; P",
    ),
    Human(
        id="GW-03",
        states="Section 16LB also answers requests: one that nobody answers may be a breach.",
        asks="Has each request of another covered body been answered, or its refusal been decided by a named person? "
        "(Enquiries through the broker, with their clock, are step 5.)",
        source="data-protection-rules GW-03 [s16LB(5)]",
        mark="R in part",
    ),
    Human(
        id="GW-10",
        states="Data-protection law is taken to apply to what is shared under ss16LB and 16LC.",
        asks="Before s16LB is switched on: has a lawyer read s16LB(5) onward and said whether it lifts "
        "confidentiality, and whether it is subject to data-protection law?",
        source="data-protection-rules GW-10, 17: the text was read for s16LC(2) only",
        mark="P",
    ),
)

BUILT = (
    Built(
        id="GW-04",
        states="Over-sharing falls outside the duty: a recipient sees only what its role needs, and the sender is told "
        "of each field that was kept back.",
        where="broker/consent/redact.py: view",
        test="tests/property/test_redaction.py::test_no_field_with_a_label_outside_the_view_is_ever_in_a_cut_statement",
        source="data-protection-rules GW-04 [s16LB(2)]",
        mark="R",
    ),
)
