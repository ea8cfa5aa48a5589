"""Whether a message can go where it is addressed: policy, flow, address, channel, keys, the state of its case."""

from broker.consent.conflict import Conflict
from broker.consent.facts import CaseState, Doubt
from broker.consent.rulebook import At, Bite, Differently, End, Question, rule
from broker.registry import Channel
from broker.schemas.message import Addressing
from broker.schemas.terms import STANDS_IN, Kind, Outcome, Scope

HOLD, REFUSE = Outcome.HOLD, Outcome.REFUSE


@rule(
    "POL-1",
    HOLD,
    scope=Scope.CONFIGURATION,
    reason="The broker's policy is past its review date, so it decides nothing.",
    cure="Telephone the recipient now. Send again under a new id once the operator has loaded a current policy.",
    source="design 3",
    mark="P",
)
def policy_is_current(question: Question) -> Bite:
    """A stale policy decides nothing."""
    return question.day > question.policy.review_by


@rule(
    "FLW-1",
    REFUSE,
    reason="This kind of organisation does not send this message type.",
    cure="See `broker flows` for the types that your organisation sends.",
    field="type",
    source="core-flows 7",
    mark="P",
    curable=False,
)
def sender_may_send(question: Question) -> Bite:
    """A type is sent by the kinds of organisation that its flow names."""
    return question.facts.sender not in question.flow.senders


@rule(
    "ADR-1",
    HOLD,
    scope=Scope.RECIPIENT,
    reason="No such organisation is in the register.",
    cure="Check the register code (a school's URN changes when it converts). Send again with the right code, or "
    "ask the council where the child lives which setting it is.",
    field="to.organisation",
    source="core-flows 8 #24",
    mark="P",
)
def recipient_exists(question: Question) -> Bite:
    """An organisation that the registry does not know is a hold for the sender's desk, never a bounce."""
    return question.facts.recipient is None


@rule(
    "GW-E1",
    REFUSE,
    scope=Scope.RECIPIENT,
    reason="This message type has no view for that recipient in that role, so it may see nothing.",
    cure="See `broker flows` for who may receive this type.",
    field="to.role",
    source="design 3",
    mark="P",
    curable=False,
)
def role_is_in_the_flow(question: Question) -> Bite:
    """The flow's gateway reaches only the recipients that its views name."""
    facts, flow = question.facts, question.flow
    if facts.recipient_role in STANDS_IN and facts.conflict is Conflict.NONE:
        return Differently(
            reason="An alternate is told only in place of a setting's usual safeguarding lead.",
            cure="Address the setting itself, and say in connections which adult is at it and in which capacity.",
        )
    can_have_it = facts.recipient is None or facts.recipient in flow.kinds.get(facts.recipient_role, ())
    if facts.recipient_role in flow.views and can_have_it:
        return False
    if facts.recipient is Kind.COUNCIL and facts.cited_basis == "LB-E1":
        return Differently(
            reason="Domestic Abuse Act 2021 s49A reaches relevant educational establishments; a council is not one.",
            cure="Send encompass.authority-notified to the council where the child lives, on LB-E2 (Children Act "
            "2004 s11).",
            source="core-flows 3.4 LB-E2 [S2]",
            mark="R",
        )
    return True


@rule(
    "FLW-2",
    REFUSE,
    reason="The basis that the sender cites is not the basis of this message to this recipient.",
    cure="See `broker flows` for the basis to cite.",
    field="basis",
    source="core-flows 3.4",
    mark="P",
)
def the_basis_is_this_flows(question: Question) -> Bite:
    """The basis that the sender cites must be that of this message to this recipient."""
    facts, flow = question.facts, question.flow
    view = flow.views.get(facts.recipient_role)
    if view is None or facts.sender not in view.sender_basis:
        return False  # FLW-1 or GW-E1 has it
    right = view.sender_basis[facts.sender]
    several = flow.addressing is Addressing.LEDGER or view.beside  # each recipient of these has a basis of its own
    citable = {one.sender_basis.get(facts.sender) for one in flow.views.values()} if several else {right}
    return Differently(cure=f"Cite {right} in `basis`.") if facts.cited_basis not in citable else False


ADD_THE_ROW = (
    "A data protection officer must add and confirm the missing row; meanwhile tell the recipient by telephone if your "
    "own law allows it."
)


@rule(
    "POL-2",
    HOLD,
    scope=Scope.RECIPIENT,
    reason="No basis in force for the sender in its nation is on file (gap in the policy, not a breach of law).",
    cure=ADD_THE_ROW,
    field="basis",
    source="design 3; data-protection-rules REG-09",
    mark="P",
)
def sender_has_a_row(question: Question) -> Bite:
    """The sender needs a row of the law, in force, in its nation. A missing (Welsh) row is a gap, not a breach."""
    view = question.flow.views.get(question.facts.recipient_role)
    return view is not None and question.facts.sender in view.sender_basis and question.sender is None


@rule(
    "X-04",
    HOLD,
    scope=Scope.RECIPIENT,
    reason="No basis in force for the recipient in its nation is on file (gap in the policy, not a breach of law).",
    cure=ADD_THE_ROW,
    field="to.organisation",
    source="data-protection-rules X-04 [ICO]; design 3",
    mark="r; P",
)
def recipient_has_a_row(question: Question) -> Bite:
    """Whoever receives becomes a controller, and needs a basis of its own to receive and hold."""
    known = question.facts.recipient is not None and question.facts.recipient_nation is not None
    return known and question.facts.recipient_role in question.flow.views and question.recipient is None


@rule(
    "POL-3",
    HOLD,
    at=At.BOTH,
    reason="A gateway is cited that is not on file, so nobody here knows what it allows.",
    cure="See `broker policy show` for the codes on file. If the provision is missing there, a data protection officer "
    "must add it with its source; meanwhile tell the recipient by telephone if your own law allows it.",
    field="content.law.gateways",
    source="design 3",
    mark="P",
)
def gateways_are_on_file(end: End) -> Bite:
    """What is cited as a gateway must be a provision on file. One that is missing is a gap, not a breach."""
    return len(end.gateways) != len(end.claim.gateways)


@rule(
    "CASE-1",
    REFUSE,
    reason="What this message follows has been withdrawn.",
    cure="Open a new case, with the original groundsFormedAt, for the right child or setting.",
    field="case",
    source="core-flows A3",
    mark="P",
    curable=False,
)
def case_is_open(question: Question) -> Bite:
    """Nothing more is said to recipients of a case that has been withdrawn."""
    answers = question.flow.addressing is Addressing.ORIGINATOR
    return question.facts.case is CaseState.WITHDRAWN and not answers


def _is_to_be_reached(question: Question) -> bool:
    """Whether its desk is to be reached at all: a finding about that desk would make somebody ring it."""
    facts = question.facts
    return not facts.conflict.holds and (not facts.not_to_be_told or facts.released is not None)


@rule(
    "ADR-2",
    HOLD,
    scope=Scope.RECIPIENT,
    reason="The register says that the organisation has closed.",
    cure="Find out where the child is now (the outcome names the registered successors, if any) and send there.",
    field="to.organisation",
    source="core-flows 8 #24",
    mark="P",
)
def recipient_is_open(question: Question) -> Bite:
    """A setting or council that has closed receives nothing; its successor is another organisation."""
    return question.facts.recipient_closed and _is_to_be_reached(question)


@rule(
    "CHN-1",
    HOLD,
    scope=Scope.RECIPIENT,
    reason="The organisation is registered but not connected to the broker.",
    cure="Telephone its published desk, then send told-by-other-channel to close this.",
    field="to.organisation",
    source="design 5",
    mark="P",
)
def recipient_is_connected(question: Question) -> Bite:
    """A known organisation without a connection is told by a human, and the broker keeps the case open."""
    return question.facts.recipient_channel is Channel.NOT_CONNECTED and _is_to_be_reached(question)


@rule(
    "ORG-1",
    HOLD,
    scope=Scope.RECIPIENT,
    reason="The recipient is suspended from the broker, so nothing is sent to it.",
    cure="Telephone its published desk, then send told-by-other-channel to close this.",
    field="to.organisation",
    source="design 5",
    mark="P",
)
def recipient_is_not_suspended(question: Question) -> Bite:
    """Whoever is cut off from the broker is told by a human."""
    return question.facts.recipient_suspended and _is_to_be_reached(question)


@rule(
    "KEY-1",
    HOLD,
    scope=Scope.RECIPIENT,
    reason="The recipient has no valid sealing key, so nothing can be sealed to it.",
    cure="Telephone its published desk; its own administrator must register a current key.",
    field="to.organisation",
    source="design 5",
    mark="P",
)
def recipient_can_be_sealed_to(question: Question) -> Bite:
    """Without a valid sealing key nothing leaves, and never in plaintext."""
    facts = question.facts
    connected = facts.recipient is not None and facts.recipient_channel is not Channel.NOT_CONNECTED
    return connected and not facts.recipient_has_key and _is_to_be_reached(question)


@rule(
    "KEY-2",
    HOLD,
    reason="The key that signed this has been revoked, so nobody can tell who signed it. Nothing was sent.",
    cure="If it is yours, send it again under a new id, signed with a current key; else tell your security.",
    source="design 5",
    mark="P",
)
def key_is_not_revoked(question: Question) -> Bite:
    """What was on its way when its key was revoked may be somebody else's."""
    return Doubt.KEY_REVOKED in question.facts.doubts


@rule(
    "FRESH-1",
    HOLD,
    reason="The message is dated in the future. Nothing was sent.",
    cure="Correct the sending system's clock and send again under a new id; if it is urgent, telephone.",
    source="design 2",
    mark="P",
)
def signed_in_the_present(question: Question) -> Bite:
    """A message dated in the future comes from a wrong clock, or from somebody who wants it to wait."""
    return Doubt.DATED_AHEAD in question.facts.doubts


FIRST = (
    policy_is_current,
    sender_may_send,
    recipient_exists,
    role_is_in_the_flow,
    the_basis_is_this_flows,
    sender_has_a_row,
    recipient_has_a_row,
    gateways_are_on_file,
)
LAST = (
    case_is_open,
    recipient_is_open,
    recipient_is_connected,
    recipient_is_not_suspended,
    recipient_can_be_sealed_to,
    key_is_not_revoked,
    signed_in_the_present,
)
