"""The rules a message is tested against: each a small pure function named by its id, in the order they are shown.

A rule returns a Finding when it bites, else None. A finding never quotes content: its texts are constants. Rule ids
follow the domain notes (RD-, GW-, A6-, REG-, CLK-); ENC- rules state section 4.1 of the flow notes.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from broker.consent.facts import CaseState, Doubt, Facts, Handover
from broker.consent.law import Policy
from broker.registry import Channel, Establishment
from broker.schemas.catalogue import BY_TYPE
from broker.schemas.message import Addressing
from broker.schemas.terms import ATTENDS, AddressHandling, Kind, Outcome, Release, Role, RollStatus, Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One rule that bit: what follows, why, on which field, and what would make it lawful."""

    rule: str
    outcome: Outcome
    scope: Scope
    reason: str
    cure: str
    field: str = ""
    source: str
    mark: str


Rule = Callable[[Facts, Policy, datetime], Finding | None]


def policy_is_current(facts: Facts, policy: Policy, now: datetime) -> Finding | None:
    """POL-1: a stale policy decides nothing."""
    if now.date() <= policy.review_by:
        return None
    return Finding(
        rule="POL-1",
        outcome=Outcome.HOLD,
        scope=Scope.CONFIGURATION,
        reason="The broker's policy is past its review date, so it decides nothing.",
        cure="Telephone the recipient now. Send again under a new id once the operator has loaded a current policy.",
        source="design 3",
        mark="P",
    )


def sender_may_send(facts: Facts, policy: Policy, now: datetime) -> Finding | None:
    """FLW-1: a type is sent by the kinds of organisation that its flow names."""
    if facts.sender in BY_TYPE[facts.type].senders:
        return None
    return Finding(
        rule="FLW-1",
        outcome=Outcome.REFUSE,
        scope=Scope.MESSAGE,
        reason="This kind of organisation does not send this message type.",
        cure="See `broker flows` for the types that your organisation sends.",
        field="type",
        source="core-flows 7",
        mark="P",
    )


def recipient_exists(facts: Facts, policy: Policy, now: datetime) -> Finding | None:
    """ADR-1: an organisation that the registry does not know is a hold for the sender's desk, never a bounce."""
    if facts.recipient is not None:
        return None
    return Finding(
        rule="ADR-1",
        outcome=Outcome.HOLD,
        scope=Scope.RECIPIENT,
        reason="No such organisation is in the register.",
        cure="Check the register code (a school's URN changes when it converts). Send again with the right code, or "
        "ask the council where the child lives which setting it is.",
        field="to.organisation",
        source="core-flows 8 #24",
        mark="P",
    )


def role_is_in_the_flow(facts: Facts, policy: Policy, now: datetime) -> Finding | None:
    """GW-E1: the flow's gateway reaches only the recipients that its views name."""
    flow = BY_TYPE[facts.type]
    if facts.recipient_role in flow.views and facts.recipient in (None, flow.kinds[facts.recipient_role]):
        return None
    if facts.recipient is Kind.COUNCIL and facts.cited_basis == "LB-E1":
        return Finding(
            rule="GW-E1",
            outcome=Outcome.REFUSE,
            scope=Scope.RECIPIENT,
            reason="Domestic Abuse Act 2021 s49A reaches relevant educational establishments; a council is not one.",
            cure="Send encompass.authority-notified to the council where the child lives, on LB-E2 (Children Act "
            "2004 s11).",
            field="to.role",
            source="core-flows 3.4 LB-E2 [S2]",
            mark="R",
        )
    return Finding(
        rule="GW-E1",
        outcome=Outcome.REFUSE,
        scope=Scope.RECIPIENT,
        reason="This message type has no view for that recipient in that role, so it may see nothing.",
        cure="See `broker flows` for who may receive this type.",
        field="to.role",
        source="design 3",
        mark="P",
    )


def sender_basis_stands(facts: Facts, policy: Policy, now: datetime) -> Finding | None:
    """A6-01/A6-02: the basis the sender cites must be this flow's, in force, in the sender's jurisdiction."""
    flow = BY_TYPE[facts.type]
    view = flow.views.get(facts.recipient_role)
    if view is None or facts.sender not in view.sender_basis:
        return None  # FLW-1 or GW-E1 has it
    right = view.sender_basis[facts.sender]
    follows = flow.addressing is Addressing.LEDGER  # it reaches everybody told, each on its own basis
    citable = {one.sender_basis.get(facts.sender) for one in flow.views.values()} if follows else {right}
    if facts.cited_basis not in citable:
        return Finding(
            rule="A6-01",
            outcome=Outcome.REFUSE,
            scope=Scope.MESSAGE,
            reason="The basis that the sender cites is not the basis of this message to this recipient.",
            cure=f"Cite {right} in `basis`.",
            field="basis",
            source="data-protection-rules 4",
            mark="K",
        )
    row = policy.basis(
        right,
        kind=facts.sender,
        nation=facts.sender_nation,
        independent=facts.sender_independent,
        day=now.date(),
    )
    return None if row else _no_row("A6-02", "basis", "sender")


def recipient_basis_stands(facts: Facts, policy: Policy, now: datetime) -> Finding | None:
    """X-04: every recipient needs a basis of its own to receive and hold."""
    view = BY_TYPE[facts.type].views.get(facts.recipient_role)
    if view is None or facts.recipient is None or facts.recipient_nation is None:
        return None
    row = policy.basis(
        view.recipient_basis,
        kind=facts.recipient,
        nation=facts.recipient_nation,
        independent=facts.recipient_independent,
        day=now.date(),
    )
    return None if row else _no_row("X-04", "to.organisation", "recipient")


def _no_row(rule: str, field: str, party: str) -> Finding:
    return Finding(
        rule=rule,
        outcome=Outcome.HOLD,
        scope=Scope.RECIPIENT,
        reason=f"No basis in force for the {party} in its nation is on file (gap in the policy, not a breach of law).",
        cure="A data protection officer must add and confirm the missing row; meanwhile tell the recipient by "
        "telephone if your own law allows it.",
        field=field,
        source="design 3; REG-09",
        mark="P",
    )


def child_is_under_18(facts: Facts, policy: Policy, now: datetime) -> Finding | None:
    """ENC-18: the duty is about children; age is tested when the grounds were formed."""
    if facts.under_18 is not False:
        return None
    return Finding(
        rule="ENC-18",
        outcome=Outcome.HOLD if facts.age_is_estimated else Outcome.REFUSE,
        scope=Scope.MESSAGE,
        reason="The person was 18 or over when the grounds were formed, by the date of birth given.",
        cure="Correct dateOfBirth if it is wrong. For an adult at risk use your adult safeguarding route.",
        field="content.dateOfBirth",
        source="core-flows 2, 8 #5 [S2]",
        mark="R",
    )


def child_attends(facts: Facts, policy: Policy, now: datetime) -> Finding | None:
    """ENC-ROLL: a setting is told of its own pupil only, so the sender must hold that the child is one."""
    named = BY_TYPE[facts.type].addressing is Addressing.NAMED
    if facts.recipient_role is not Role.SAFEGUARDING_LEAD or not named:
        return None
    if facts.roll_status in ATTENDS:
        return None
    if facts.roll_status is RollStatus.HOME_EDUCATED:
        cure = "Send encompass.authority-notified to the council where the child lives."
    else:
        cure = "Find the child's setting (ask the council where the child lives), then send to that setting."
    return Finding(
        rule="ENC-ROLL",
        outcome=Outcome.HOLD,
        scope=Scope.RECIPIENT,
        reason="The sender does not hold that the child is a pupil there now.",
        cure=cure,
        field="to.rollStatus",
        source="core-flows 4.1 steps 3-4 [S2]",
        mark="R",
    )


def recipient_is_an_establishment(facts: Facts, policy: Policy, now: datetime) -> Finding | None:
    """ENC-EST: the duty reaches relevant educational establishments; not all that has a URN is one."""
    if facts.recipient is not Kind.SCHOOL or facts.establishment is not None:
        return None
    return Finding(
        rule="ENC-EST",
        outcome=Outcome.HOLD,
        scope=Scope.RECIPIENT,
        reason="The registry does not say that this organisation is a school or college that the duty reaches.",
        cure="Check the register code. If it is a school or college, ask the broker's registry desk to correct its "
        "entry; else find the child's setting.",
        field="to.organisation",
        source="core-flows 4.1 step 3 [S2]",
        mark="R",
    )


def college_beside_school(facts: Facts, policy: Policy, now: datetime) -> Finding | None:
    """ENC-COLLEGE: where a child is a registered pupil of a school, a college is not a relevant establishment."""
    if facts.establishment is not Establishment.COLLEGE or not facts.school_also_named:
        return None
    return Finding(
        rule="ENC-COLLEGE",
        outcome=Outcome.REFUSE,
        scope=Scope.RECIPIENT,
        reason="The child is a registered pupil of a school, so the college is not a relevant establishment.",
        cure="Send to the school. The college needs a basis of its own, outside s49A.",
        field="to.organisation",
        source="core-flows 4.1 step 3, 8 #3 [S2]",
        mark="R",
    )


def residence_force_first(facts: Facts, policy: Policy, now: datetime) -> Finding | None:
    """ENC-RES: the duty is the residence force's; the attending force hands over, and sends if nobody answers."""
    if facts.resident_in_sender_area is not False or facts.recipient_role is not Role.SAFEGUARDING_LEAD:
        return None
    if not facts.sender_serves_an_area:
        return None  # ENC-AREA has it
    source = "core-flows 4.1 step 2, A7 (a reading of s49A, unconfirmed)"
    if facts.handover is Handover.OVERDUE:
        return Finding(
            rule="ENC-RES",
            outcome=Outcome.SHARE_WITH_WARNING,
            scope=Scope.MESSAGE,
            reason="The child lives in another force's area and that force has not acknowledged the hand-over in "
            "time, so the attending force sends direct.",
            cure="Tell the residence force that you have sent.",
            source=source,
            mark="P",
        )
    acknowledged = facts.handover is Handover.ACKNOWLEDGED
    return Finding(
        rule="ENC-RES",
        outcome=Outcome.HOLD,
        scope=Scope.MESSAGE,
        reason="The child lives in another force's area, and that force has the case."
        if acknowledged
        else "The child lives in another force's area.",
        cure="The residence force notifies the setting."
        if acknowledged
        else "Send encompass.force-handover in this case first; send direct if it is not acknowledged in an hour.",
        field="content.residenceForce",
        source=source,
        mark="P",
    )


def sender_is_bound_by_s49a(facts: Facts, policy: Policy, now: datetime) -> Finding | None:
    """ENC-AREA: s49A binds forces maintained for a police area; others hand over."""
    if facts.sender_serves_an_area or facts.recipient_role is not Role.SAFEGUARDING_LEAD:
        return None
    return Finding(
        rule="ENC-AREA",
        outcome=Outcome.HOLD,
        scope=Scope.MESSAGE,
        reason="Your force serves no police area, so Domestic Abuse Act 2021 s49A does not bind it.",
        cure="Send encompass.force-handover to the force where the child lives; if it does not answer, telephone it.",
        field="basis",
        source="core-flows 3.2, A7 [S2; K]",
        mark="K",
    )


def goes_to_where_the_child_lives(facts: Facts, policy: Policy, now: datetime) -> Finding | None:
    """ENC-RES-TO: a hand-over goes to the force, and a notice to the council, that serves where the child lives."""
    if BY_TYPE[facts.type].addressing is not Addressing.NAMED or facts.recipient_serves_residence is not False:
        return None
    return Finding(
        rule="ENC-RES-TO",
        outcome=Outcome.HOLD,
        scope=Scope.RECIPIENT,
        reason="That organisation does not serve where the child lives.",
        cure="Address the force that serves residenceForce, or the council that residenceAuthority names (the county, "
        "where it is a shire district).",
        field="to.organisation",
        source="core-flows A2, A7",
        mark="P",
    )


def sender_reveals_a_protected_place(facts: Facts, policy: Policy, now: datetime) -> Finding | None:
    """RD-2-SENDER: where the sender's own name tells where a protected child is, no redaction under it can help."""
    if (
        facts.recipient_role is not Role.SAFEGUARDING_LEAD
        or facts.address_handling in (None, AddressHandling.OPEN)
        or facts.recipient_in_sender_area is True
    ):
        return None
    return Finding(
        rule="RD-2-SENDER",
        outcome=Outcome.HOLD,
        scope=Scope.RECIPIENT,
        reason="The address is protected and the setting lies outside your force's area: your force's name alone "
        "would tell where the child is now. Nothing was sent.",
        cure="A person at your force decides: hand over to the setting's own force, or telephone the setting without "
        "saying from where, or release it with encompass.hold-released.",
        field="sender",
        source="core-flows RD-2 [S39]; design 4",
        mark="P",
    )


def condition_names_a_protected_place(facts: Facts, policy: Policy, now: datetime) -> Finding | None:
    """RD-2-TEXT: the one free text that is never withheld must not name the place that is protected."""
    if facts.recipient_role is not Role.SAFEGUARDING_LEAD or not facts.condition_names_the_place:
        return None
    return Finding(
        rule="RD-2-TEXT",
        outcome=Outcome.HOLD,
        scope=Scope.RECIPIENT,
        reason="The address is protected, and settingSafetyCondition holds a postcode, a telephone number or part of "
        "an address. Nothing was sent.",
        cure="Say only what the setting must do, and send again.",
        field="content.settingSafetyCondition",
        source="core-flows RD-2",
        mark="P",
    )


def case_is_open(facts: Facts, policy: Policy, now: datetime) -> Finding | None:
    """CASE-1: nothing more is said to recipients of a case that has been withdrawn."""
    flow = BY_TYPE[facts.type]
    if facts.case is not CaseState.WITHDRAWN or flow.addressing is Addressing.ORIGINATOR:
        return None
    return Finding(
        rule="CASE-1",
        outcome=Outcome.REFUSE,
        scope=Scope.MESSAGE,
        reason="What this message follows has been withdrawn.",
        cure="Open a new case, with the original groundsFormedAt, for the right child or setting.",
        field="case",
        source="core-flows A3",
        mark="P",
    )


def recipient_is_connected(facts: Facts, policy: Policy, now: datetime) -> Finding | None:
    """CHN-1: a known organisation without a connection is told by a human, and the broker keeps the case open."""
    if facts.recipient_channel is not Channel.NOT_CONNECTED:
        return None
    return Finding(
        rule="CHN-1",
        outcome=Outcome.HOLD,
        scope=Scope.RECIPIENT,
        reason="The organisation is registered but not connected to the broker.",
        cure="Telephone its published desk, then send encompass.told-by-other-channel to close this.",
        field="to.organisation",
        source="design 5",
        mark="P",
    )


def recipient_can_be_sealed_to(facts: Facts, policy: Policy, now: datetime) -> Finding | None:
    """KEY-1: without a valid sealing key nothing leaves, and never in plaintext."""
    if facts.recipient is None or facts.recipient_channel is Channel.NOT_CONNECTED or facts.recipient_has_key:
        return None
    return Finding(
        rule="KEY-1",
        outcome=Outcome.HOLD,
        scope=Scope.RECIPIENT,
        reason="The recipient has no valid sealing key, so nothing can be sealed to it.",
        cure="Telephone its published desk; its own administrator must register a current key.",
        field="to.organisation",
        source="design 5",
        mark="P",
    )


def recipient_is_open(facts: Facts, policy: Policy, now: datetime) -> Finding | None:
    """ADR-2: a setting or council that has closed receives nothing; its successor is another organisation."""
    if not facts.recipient_closed:
        return None
    return Finding(
        rule="ADR-2",
        outcome=Outcome.HOLD,
        scope=Scope.RECIPIENT,
        reason="The register says that the organisation has closed.",
        cure="Find out where the child is now (the outcome names the registered successors, if any) and send there.",
        field="to.organisation",
        source="core-flows 8 #24",
        mark="P",
    )


def recipient_is_not_suspended(facts: Facts, policy: Policy, now: datetime) -> Finding | None:
    """ORG-1: whoever is cut off from the broker is told by a human."""
    if not facts.recipient_suspended:
        return None
    return Finding(
        rule="ORG-1",
        outcome=Outcome.HOLD,
        scope=Scope.RECIPIENT,
        reason="The recipient is suspended from the broker, so nothing is sent to it.",
        cure="Telephone its published desk, then send encompass.told-by-other-channel to close this.",
        field="to.organisation",
        source="design 5",
        mark="P",
    )


def key_is_not_revoked(facts: Facts, policy: Policy, now: datetime) -> Finding | None:
    """KEY-2: what was on its way when its key was revoked may be somebody else's."""
    if Doubt.KEY_REVOKED not in facts.doubts:
        return None
    return Finding(
        rule="KEY-2",
        outcome=Outcome.HOLD,
        scope=Scope.MESSAGE,
        reason="The key that signed this has been revoked, so nobody can tell who signed it. Nothing was sent.",
        cure="If it is yours, send it again under a new id, signed with a current key; else tell your security.",
        source="design 5",
        mark="P",
    )


def signed_in_the_present(facts: Facts, policy: Policy, now: datetime) -> Finding | None:
    """FRESH-1: a message dated in the future comes from a wrong clock, or from somebody who wants it to wait."""
    if Doubt.DATED_AHEAD not in facts.doubts:
        return None
    return Finding(
        rule="FRESH-1",
        outcome=Outcome.HOLD,
        scope=Scope.MESSAGE,
        reason="The message is dated in the future. Nothing was sent.",
        cure="Correct the sending system's clock and send again under a new id; if it is urgent, telephone.",
        source="design 2",
        mark="P",
    )


NOTHING_TO_SHOW = Finding(
    rule="PR-02",
    outcome=Outcome.REFUSE,
    scope=Scope.RECIPIENT,
    reason="Nothing in this message is for this recipient, so it was not sent there.",
    cure="Nothing to do, unless the recipient needs to know it: then say it in a field that its role may see.",
    source="data-protection-rules 11 PR-02",
    mark="P",
)
"""Given after redaction, when an update or correction would show this recipient nothing."""

RELEASES: Mapping[str, frozenset[Release]] = {
    "RD-2-SENDER": frozenset({Release.RELEASE, Release.BREAK_GLASS}),
    "RD-2-TEXT": frozenset({Release.RELEASE, Release.BREAK_GLASS}),
    "ENC-ROLL": frozenset({Release.BREAK_GLASS}),
    "ENC-RES": frozenset({Release.BREAK_GLASS}),
    "ENC-RES-TO": frozenset({Release.BREAK_GLASS}),
    "ENC-AREA": frozenset({Release.BREAK_GLASS}),
}
"""Which holds the sender's own role holder can let go, and how. No other rule, and no refusal, can be released."""

RULES: tuple[Rule, ...] = (
    policy_is_current,
    sender_may_send,
    recipient_exists,
    role_is_in_the_flow,
    sender_basis_stands,
    recipient_basis_stands,
    child_is_under_18,
    child_attends,
    recipient_is_an_establishment,
    college_beside_school,
    residence_force_first,
    sender_is_bound_by_s49a,
    goes_to_where_the_child_lives,
    sender_reveals_a_protected_place,
    condition_names_a_protected_place,
    case_is_open,
    recipient_is_open,
    recipient_is_connected,
    recipient_is_not_suspended,
    recipient_can_be_sealed_to,
    key_is_not_revoked,
    signed_in_the_present,
)
