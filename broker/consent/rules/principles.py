"""Principles, confidentiality, and bars that no lawful basis lifts (data-protection rules, section 11)."""

from broker.consent.rulebook import At, Bite, Built, Differently, End, Human, Question, rule
from broker.schemas.claims import Bar
from broker.schemas.terms import Outcome, Release, Scope

WARN, HOLD, REFUSE = Outcome.SHARE_WITH_WARNING, Outcome.HOLD, Outcome.REFUSE
BY_A_PERSON = frozenset({Release.RELEASE, Release.BREAK_GLASS})
HAVE_EXCEPTIONS = frozenset(Bar) - {Bar.PRIVILEGE}


@rule(
    "PR-01",
    REFUSE,
    at=At.BOTH,
    reason="It is not recorded why this is necessary and proportionate for the purpose.",
    cure="Record it in a line, where your organisation keeps such records, and say so in the message.",
    field="content.law.necessity",
    source="data-protection-rules PR-01 [Art 5; WT 32]",
    mark="K; R",
)
def it_is_necessary_for_the_purpose(end: End) -> Bite:
    """Article 5: lawful, for a purpose, no more than needed, and the controller can show it."""
    return end.uk_gdpr and not end.claim.necessity


@rule(
    "PR-03",
    WARN,
    at=At.SENDER,
    reason="Fact, opinion and hearsay are not marked, or the source and the date are not given.",
    cure="Mark what is fact and what opinion; give the source, and as of when it is true.",
    field="content.law.factFromOpinion",
    source="data-protection-rules PR-03",
    mark="r; P",
)
def fact_opinion_and_source_are_marked(end: End) -> Bite:
    """Fact, opinion and hearsay are marked, with the source and the as-of date."""
    return end.uk_gdpr and not (end.claim.fact_from_opinion and end.claim.tells_accuracy)


@rule(
    "CF-01",
    HOLD,
    at=At.SENDER,
    reason="A duty of confidence is owed, and nothing is recorded that overrides it.",
    cure="A person decides: with consent, by statute or for an overriding public interest it may go. Record which, and "
    "send again or release it.",
    field="content.law.confidenceOverridden",
    source="data-protection-rules CF-01 [WT myths box]",
    mark="R",
    released_by=BY_A_PERSON,
)
def confidence_is_kept_or_overridden(end: End) -> Bite:
    """Confidentiality and Article 8 ECHR stand beside data protection; within MAPPA s325(4) lifts confidentiality."""
    claim = end.claim
    return claim.confidence_owed and not claim.confidence_overridden and not end.in_mappa


def barred_fields(end: End, bars: frozenset[Bar], *, whatever_excepts: bool = False) -> tuple[Differently, ...]:
    """A bite for each field that these bars cover. `whatever_excepts`: no exception lifts them.

    A field that the type needs cannot be taken out, so the whole message is held; one that it does not have is refused
    without being named, because nobody can tell which field is meant.
    """
    needed = {info.alias: info.is_required() for info in end.flow.message.model_fields.values()}
    fields = {one.field for one in end.claim.barred if one.bar in bars and (whatever_excepts or not one.excepted)}
    bites = [_barred(known, required=needed[known]) for known in needed if known is not None and known in fields]
    return (*bites, *(() if fields <= needed.keys() else (NO_SUCH_FIELD,)))


def _barred(known: str, *, required: bool) -> Differently:
    if not required:
        return Differently(field=f"content.{known}")
    return Differently(
        outcome=Outcome.HOLD,
        scope=Scope.MESSAGE,
        field=f"content.{known}",
        reason="A statutory bar covers a field without which this message cannot be sent. Nothing was sent.",
        cure="A person decides with legal advice what may be said at all, and by which way. If the field is not barred "
        "after all, send again under a new id without that entry.",
    )


NO_SUCH_FIELD = Differently(
    scope=Scope.MESSAGE,
    field="content.law.barred",
    reason="A statutory bar is said to cover a field that this message type does not have. Nothing was sent.",
    cure="Correct the name of the field (`broker schema` lists them) and send again under a new id.",
)


@rule(
    "CF-03",
    REFUSE,
    at=At.SENDER,
    scope=Scope.ELEMENT,
    reason="A statutory bar covers this field, and its own exception is not named: this field was not sent.",
    cure="A lawful basis does not lift a bar. If the bar's own exception applies, record it and say so in the message; "
    "else leave the field out.",
    source="data-protection-rules CF-03 [DPA 2018 Sch 4 paras 2-5]",
    mark="R for access; rest K",
    curable=False,
)
def a_basis_lifts_no_bar(end: End) -> Bite:
    """A lawful basis does not lift a statutory bar; a barred field stops unless the bar's own exception is named."""
    return barred_fields(end, HAVE_EXCEPTIONS)


@rule(
    "CF-04",
    REFUSE,
    at=At.SENDER,
    scope=Scope.ELEMENT,
    reason="Legally privileged advice never flows automatically: this field was not sent.",
    cure="Leave it out. Whether privilege is waived is for your legal team, outside the broker.",
    source="data-protection-rules CF-04 [DPA 2018 Sch 2 para 19]",
    mark="R",
    curable=False,
)
def privilege_never_flows(end: End) -> Bite:
    """Privilege and professional legal advice never flow automatically, whatever exception is named."""
    return barred_fields(end, frozenset({Bar.PRIVILEGE}), whatever_excepts=True)


@rule(
    "CF-05",
    HOLD,
    scope=Scope.RECIPIENT,
    reason="The recipient is outside the United Kingdom, so the rules on transfers abroad apply.",
    cure="Your data protection officer decides whether the transfer is allowed, and by which route; then release it, "
    "or tell the recipient by another way.",
    field="to.organisation",
    source="data-protection-rules CF-05 [WT 182, 348]",
    mark="R; K",
    released_by=BY_A_PERSON,
)
def nothing_goes_abroad_unasked(question: Question) -> Bite:
    """To an embassy, a foreign authority or a visiting force the transfer rules apply, in either regime."""
    return question.facts.recipient_abroad


RULES = (
    it_is_necessary_for_the_purpose,
    fact_opinion_and_source_are_marked,
    confidence_is_kept_or_overridden,
    a_basis_lifts_no_bar,
    privilege_never_flows,
    nothing_goes_abroad_unasked,
)

HUMAN = (
    Human(
        id="CF-02",
        states="A health body keeps to the Caldicott principles, with a Guardian or delegate for flows out of routine. "
        "The national data opt-out does not stop individual safeguarding.",
        asks="Who is the Caldicott Guardian, or the delegate, of each health body that takes part, and do they know of "
        "this flow?",
        source="data-protection-rules CF-02 [WT myths box]",
        mark="K; R",
    ),
)

BUILT = (
    Built(
        id="PR-02",
        states="Each type has a list of what each role may see; the rest is taken out, and a message that would show a "
        "recipient nothing is not sent to it.",
        where="broker/consent/redact.py: view; broker/consent/rules/encompass.py: NOTHING_TO_SHOW",
        test="tests/unit/test_exchange.py::test_a_follow_up_that_would_show_nothing_new_is_not_sent",
        source="data-protection-rules PR-02 [DfE golden rules 5-6]",
        mark="r; P",
    ),
    Built(
        id="PR-04",
        states="Whoever could be harmed if identified is protected by default: where a place is protected, nothing "
        "from which it could be derived is shown to a setting, and adults appear by their relationship.",
        where="broker/consent/redact.py: DERIVES_A_PLACE",
        test="tests/property/test_redaction.py::test_a_marker_tells_nothing_of_a_protected_place",
        source="data-protection-rules PR-04 [DfE golden rule 5]",
        mark="r",
    ),
    Built(
        id="PR-05",
        states="Every decision to share or not to share is recorded with its reasons, in the same transaction.",
        where="broker/written.py: decided",
        test="tests/unit/test_disclosure_log.py::test_a_decision_is_recorded_with_its_reasons_whether_or_not_it_shares",
        source="data-protection-rules PR-05 [DfE golden rule 7; WT 252]",
        mark="K; R",
    ),
)
