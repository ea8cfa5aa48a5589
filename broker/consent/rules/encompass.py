"""Operation Encompass: whom the duty reaches (core-flows 4.1), and what would tell of a protected place (RD-2)."""

from broker.consent.facts import Handover
from broker.consent.rulebook import Bite, Differently, Finding, Question, rule
from broker.registry import Establishment
from broker.schemas.message import Addressing
from broker.schemas.terms import ATTENDS, FOR_A_SETTING, AddressHandling, Kind, Outcome, Release, RollStatus, Scope

HOLD, REFUSE = Outcome.HOLD, Outcome.REFUSE
BREAK = frozenset({Release.BREAK_GLASS})
EITHER = frozenset({Release.RELEASE, Release.BREAK_GLASS})


@rule(
    "ENC-18",
    REFUSE,
    reason="The person was 18 or over when the grounds were formed, by the date of birth given.",
    cure="Correct dateOfBirth if it is wrong. For an adult at risk use your adult safeguarding route.",
    field="content.dateOfBirth",
    source="core-flows 2, 8 #5 [S2]",
    mark="R",
)
def child_is_under_18(question: Question) -> Bite:
    """The duty is about children; age is tested when the grounds were formed."""
    if question.facts.under_18 is not False:
        return False
    return Differently(outcome=HOLD) if question.facts.age_is_estimated else True


@rule(
    "ENC-ROLL",
    HOLD,
    scope=Scope.RECIPIENT,
    reason="The sender does not hold that the child is a pupil there now.",
    cure="Find the child's setting (ask the council where the child lives), then send to that setting.",
    field="to.rollStatus",
    source="core-flows 4.1 steps 3-4 [S2]",
    mark="R",
    released_by=BREAK,
)
def child_attends(question: Question) -> Bite:
    """A setting is told of its own pupil only, so the sender must hold that the child is one."""
    facts, named = question.facts, question.flow.addressing is Addressing.NAMED
    if facts.recipient_role not in FOR_A_SETTING or not named or facts.roll_status in ATTENDS:
        return False
    if facts.roll_status is RollStatus.HOME_EDUCATED:
        return Differently(cure="Send encompass.authority-notified to the council where the child lives.")
    return True


@rule(
    "ENC-EST",
    HOLD,
    scope=Scope.RECIPIENT,
    reason="The registry does not say that this organisation is a school or college that the duty reaches.",
    cure="Check the register code. If it is a school or college, ask the broker's registry desk to correct its "
    "entry; else find the child's setting.",
    field="to.organisation",
    source="core-flows 4.1 step 3 [S2]",
    mark="R",
)
def recipient_is_an_establishment(question: Question) -> Bite:
    """The duty reaches relevant educational establishments; not all that has a URN is one."""
    return question.facts.recipient is Kind.SCHOOL and question.facts.establishment is None


@rule(
    "ENC-COLLEGE",
    REFUSE,
    scope=Scope.RECIPIENT,
    reason="The child is a registered pupil of a school, so the college is not a relevant establishment.",
    cure="Send to the school. The college needs a basis of its own, outside s49A.",
    field="to.organisation",
    source="core-flows 4.1 step 3, 8 #3 [S2]",
    mark="R",
    curable=False,
)
def college_beside_school(question: Question) -> Bite:
    """Where a child is a registered pupil of a school, a college is not a relevant establishment."""
    return question.facts.establishment is Establishment.COLLEGE and question.facts.school_also_named


@rule(
    "ENC-RES",
    HOLD,
    reason="The child lives in another force's area.",
    cure="Send encompass.force-handover in this case first; send direct if it is not acknowledged in an hour.",
    field="content.residenceForce",
    source="core-flows 4.1 step 2, A7 (a reading of s49A, unconfirmed)",
    mark="P",
    released_by=BREAK,
)
def residence_force_first(question: Question) -> Bite:
    """The duty is the residence force's; the attending force hands over, and sends if nobody answers."""
    facts = question.facts
    if facts.resident_in_sender_area is not False or facts.recipient_role not in FOR_A_SETTING:
        return False
    if not facts.sender_serves_an_area:
        return False  # ENC-AREA has it
    if facts.handover is Handover.OVERDUE:
        return Differently(
            outcome=Outcome.SHARE_WITH_WARNING,
            reason="The child lives in another force's area and that force has not acknowledged the hand-over in "
            "time, so the attending force sends direct.",
            cure="Tell the residence force that you have sent.",
            field="",
        )
    if facts.handover is Handover.ACKNOWLEDGED:
        return Differently(
            reason="The child lives in another force's area, and that force has the case.",
            cure="The residence force notifies the setting.",
        )
    return True


@rule(
    "ENC-AREA",
    HOLD,
    reason="Your force serves no police area, so Domestic Abuse Act 2021 s49A does not bind it.",
    cure="Send encompass.force-handover to the force where the child lives; if it does not answer, telephone it.",
    field="basis",
    source="core-flows 3.2, A7 [S2; K]",
    mark="K",
    released_by=BREAK,
)
def sender_is_bound_by_s49a(question: Question) -> Bite:
    """Section 49A binds forces maintained for a police area; others hand over."""
    facts = question.facts
    sends = facts.sender is Kind.POLICE and facts.recipient_role in FOR_A_SETTING
    return sends and not facts.sender_serves_an_area


@rule(
    "ENC-RES-TO",
    HOLD,
    scope=Scope.RECIPIENT,
    reason="That organisation does not serve where the child lives.",
    cure="Address the force that serves residenceForce, or the council that residenceAuthority names (the county, "
    "where it is a shire district).",
    field="to.organisation",
    source="core-flows A2, A7",
    mark="P",
    released_by=BREAK,
)
def goes_to_where_the_child_lives(question: Question) -> Bite:
    """A hand-over goes to the force, and a notice to the council, that serves where the child lives."""
    named = question.flow.addressing is Addressing.NAMED
    return named and question.facts.recipient_serves_residence is False


def _is_protected(question: Question) -> bool:
    handling = question.facts.address_handling
    return handling is not None and handling is not AddressHandling.OPEN


@rule(
    "RD-2-SENDER",
    HOLD,
    scope=Scope.RECIPIENT,
    reason="The address is protected and the setting lies outside your force's area: your force's name alone "
    "would tell where the child is now. Nothing was sent.",
    cure="A person at your force decides: hand over to the setting's own force, or telephone the setting without "
    "saying from where, or release it with encompass.hold-released.",
    field="sender",
    source="core-flows RD-2 [S39]; design 4",
    mark="P",
    released_by=EITHER,
)
def sender_reveals_a_protected_place(question: Question) -> Bite:
    """Where the sender's own name tells where a protected child is, no redaction under it can help."""
    facts = question.facts
    to_setting = facts.recipient_role in FOR_A_SETTING
    return to_setting and _is_protected(question) and facts.recipient_in_sender_area is not True


@rule(
    "RD-2-TEXT",
    HOLD,
    scope=Scope.RECIPIENT,
    reason="The address is protected, and settingSafetyCondition holds a postcode, a telephone number, a map "
    "reference or part of an address. Nothing was sent.",
    cure="Say only what the setting must do, and send again.",
    field="content.settingSafetyCondition",
    source="core-flows RD-2",
    mark="P",
    released_by=EITHER,
)
def condition_names_a_protected_place(question: Question) -> Bite:
    """The one free text that is never withheld must not name the place that is protected."""
    facts = question.facts
    return facts.recipient_role in FOR_A_SETTING and facts.condition_names_the_place


NOTHING_TO_SHOW = Finding(
    rule="PR-02",
    outcome=REFUSE,
    scope=Scope.RECIPIENT,
    reason="Nothing in this message is for this recipient, so it was not sent there.",
    cure="Nothing to do, unless the recipient needs to know it: then say it in a field that its role may see.",
    source="data-protection-rules 11 PR-02",
    mark="P",
)
"""Given after redaction, when an update or correction would show this recipient nothing."""

RULES = (
    child_is_under_18,
    child_attends,
    recipient_is_an_establishment,
    college_beside_school,
    residence_force_first,
    sender_is_bound_by_s49a,
    goes_to_where_the_child_lives,
    sender_reveals_a_protected_place,
    condition_names_a_protected_place,
)
