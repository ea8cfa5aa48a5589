"""The disclosure ledger of one case, as pure functions: whom a follow-up must reach, and what a message changes."""

from collections.abc import Sequence
from datetime import datetime

from broker.consent import conflict
from broker.consent.clocks import OPENS, Deadline, deadline
from broker.consent.decide import Decision
from broker.consent.facts import CaseState, Handover
from broker.consent.rules.free_text import TEXT_FIRST
from broker.registry import Registry
from broker.schemas import force_handover
from broker.schemas.agreement import AgreedPurpose, GrantOf
from broker.schemas.agreement_given import AgreementGiven
from broker.schemas.agreement_withdrawn import AgreementWithdrawn
from broker.schemas.claims import Agreed
from broker.schemas.encompass import Connection, LocationCategory
from broker.schemas.hold_refused import HoldRefused
from broker.schemas.hold_released import HoldReleased
from broker.schemas.message import Addressee, Addressing, Clock, Flow, Message, Submission
from broker.schemas.notification_corrected import NotificationCorrected
from broker.schemas.notification_withdrawn import NotificationWithdrawn
from broker.schemas.receipt_recorded import ReceiptRecorded, ReceiptState
from broker.schemas.terms import STANDS_IN, AddressHandling, Kind, Label, Outcome, Role
from broker.schemas.told_by_other_channel import ToldByOtherChannel
from broker.state import OPEN, WAITING, Case, Grant, Part, Telling, TellingState

KNOWS = frozenset({TellingState.SENT, TellingState.ACKNOWLEDGED, TellingState.REJECTED, TellingState.TOLD})
"""A recipient in one of these states holds something, so corrections and withdrawals must chase it."""

NEVER_SENT = frozenset({*WAITING, TellingState.OWED, TellingState.WITHDRAWN, TellingState.NOT_SHARED})
"""A recipient in one of these states has nothing to answer. (Or has rejected it, and answers the withdrawal.)"""

WAITS = frozenset({*WAITING, TellingState.OWED})
"""A recipient in one of these states has been told nothing yet, and waits for the sender's human."""

NOT_HANDED_OVER = frozenset(
    {TellingState.REJECTED, TellingState.WITHDRAWN, TellingState.NOT_SHARED, TellingState.ERASED}
)
"""A hand-over in one of these states has ended with no other force having the case."""

BEING_READ = Part.TEXT, TellingState.SCREENING
"""Free text that follows what was sent, once it has been read."""

ANSWERED = {
    ReceiptState.ACKNOWLEDGED: TellingState.ACKNOWLEDGED,
    ReceiptState.REJECTED: TellingState.REJECTED,
    ReceiptState.ERASED: TellingState.ERASED,
}


def refers_to(content: Message) -> str:
    """The earlier message that this content updates, corrects, withdraws or answers. Empty if none."""
    return str(getattr(content, "supersedes", None) or getattr(content, "answers", None) or "")


def root_of(case: Case, content: Message) -> str:
    """The first message of the thread that this content follows. Empty if it follows none."""
    return next((one.root for one in case.tellings if one.message == refers_to(content)), "")


def roots_of(case: Case, content: Message) -> tuple[str, ...]:
    """The same; of a withdrawn agreement, the first messages of all threads that relied on it."""
    if isinstance(content, AgreementWithdrawn):
        return tuple(dict.fromkeys(one.root for one in case.tellings if content.grant_id in one.grants))
    return (root_of(case, content),)


def grant(case: Case, ref: str | None) -> Grant | None:
    """The grant of that id, or None."""
    return next((one for one in case.grants if one.id == ref), None)


def agreed(found: Grant | None, what: GrantOf, purpose: AgreedPurpose | None, recipient: str, now: datetime) -> Agreed:
    """How a grant stands now as that kind of thing, for that purpose and that recipient."""
    if found is None or found.what is not what or not (found.stands(now) or found.withdrawn or found.expires_at <= now):
        return Agreed.NOTHING
    if found.withdrawn:
        return Agreed.WITHDRAWN
    if found.expires_at <= now:
        return Agreed.EXPIRED
    if found.purpose is not purpose:
        return Agreed.OTHER_PURPOSE
    return Agreed.STANDS if recipient in found.recipients else Agreed.OTHER_RECIPIENT


def delivered(case: Case, content: Message, recipient: str) -> tuple[str, ...]:
    """The deliveries to one recipient that must become unclaimable with this message: they relied on what it ends."""
    if not isinstance(content, AgreementWithdrawn):
        return ()
    relied = (one for one in case.tellings if content.grant_id in one.grants and one.recipient == recipient)
    return tuple(event for one in relied for event in one.events)


def concerns(case: Case, content: Message, flow: Flow, sender: str) -> bool:
    """Whether the message that is referred to was told in this case (to this very sender, if it is an answer)."""
    if isinstance(content, AgreementWithdrawn):
        return grant(case, content.grant_id) is not None
    told = [one for one in case.tellings if one.message == refers_to(content)]
    if flow.addressing is Addressing.ORIGINATOR:
        told = [one for one in told if one.recipient == sender and one.state not in NEVER_SENT]
    if isinstance(content, ReceiptRecorded) and content.state is ReceiptState.ERASED:
        told = [one for one in told if one.root in case.withdrawn]
    if isinstance(content, HoldReleased | HoldRefused):
        told = _holds(case, content)
    if isinstance(content, ToldByOtherChannel):
        told = [one for one in told if one.recipient == content.organisation and one.state in OPEN]
    return bool(told)


def _holds(case: Case, content: HoldReleased | HoldRefused) -> list[Telling]:
    """What a human decides about: what is held, and text that is still being read only where nothing else waits."""
    about = (content.answers, content.organisation)
    waiting = [one for one in case.tellings if (one.message, one.recipient) == about and one.state in WAITING]
    return [one for one in waiting if one.state is TellingState.HELD] or waiting


def everybody_told(case: Case, *roots: str) -> list[Addressee]:
    """One line for each organisation, and role, that holds something of these threads, in the order of telling."""
    told = dict.fromkeys((one.recipient, one.role) for one in case.tellings if one.root in roots and _has_it(one))
    return [Addressee.model_validate({"organisation": who, "role": role}) for who, role in told]


def _has_it(one: Telling) -> bool:
    """Whether its recipient holds something: also where that is being read again, to be sent to a new key."""
    return one.state in KNOWS or (one.state in WAITING and bool(one.events))


def still_held(case: Case, root: str) -> bool:
    """Whether a message of this thread is held for somebody."""
    return any(one.root == root and one.state in WAITING for one in case.tellings)


def not_reached(case: Case, content: Message, flow: Flow) -> tuple[str, ...]:
    """Whom a follow-up cannot reach: all that they were to be told of its thread is held.

    Only the sender of the thread may hear of it: an answer's sender would learn who else was addressed. A withdrawal
    needs to reach nobody who has been told nothing.
    """
    if flow.addressing is not Addressing.LEDGER or isinstance(content, NotificationWithdrawn | AgreementWithdrawn):
        return ()
    root = root_of(case, content)
    reached = {line.organisation for line in everybody_told(case, root)}
    held = [one.recipient for one in case.tellings if one.root == root and one.state in WAITING]
    return tuple(dict.fromkeys(one for one in held if one not in reached))


def handling(case: Case, content: Message) -> AddressHandling | None:
    """How the place is protected: as this message says, unless an earlier one in its case said more.

    An incident at a refuge protects the refuge, wherever the child lives.
    """
    said: AddressHandling | None = getattr(content, "address_handling", None)
    if said in (None, AddressHandling.OPEN):
        if getattr(content, "location_category", None) is LocationCategory.REFUGE_OR_CONFIDENTIAL:
            return AddressHandling.REFUGE
        if case.handling is not AddressHandling.OPEN:
            return case.handling
    return said


def connections(case: Case, content: Message) -> tuple[Connection, ...]:
    """Which adults are at which organisations: as said in this case and by this message. A correction replaces it."""
    said: tuple[Connection, ...] | None = getattr(content, "connections", None)
    if said is None or isinstance(content, NotificationCorrected):
        return case.connections if said is None else said
    return tuple(dict.fromkeys((*case.connections, *said)))


def not_told(case: Case, content: Message) -> tuple[str, ...]:
    """Which organisations must not be told: the same way."""
    said: tuple[str, ...] | None = getattr(content, "do_not_tell_organisations", None)
    if said is None or isinstance(content, NotificationCorrected):
        return case.not_told if said is None else said
    return tuple(dict.fromkeys((*case.not_told, *said)))


def stands_for(case: Case, organisation: str) -> str | None:
    """The setting in whose usual lead's place that organisation was told in this case, or None."""
    stood = (one for one in case.tellings if one.recipient == organisation and one.role in STANDS_IN)
    return next((one.instead_of for one in stood), None)


def owed(
    case: Case, submission: Submission[Message], flow: Flow, sender: str, kind: Kind, registry: Registry, now: datetime
) -> list[Telling]:
    """What a sender owes to designated officers whom it has not addressed, in this message or before (CLK-LADO).

    Of an allegation against somebody who works with children, where the sender is police or the employer itself.
    `case`: as it stands with this message in it.
    """
    if getattr(submission.content, "connections", None) is None:
        return []
    employers = [
        one for one in conflict.employers(case.connections) if kind is Kind.POLICE or conflict.setting_of(sender) == one
    ]
    councils = dict.fromkeys(conflict.designated_officer_at(one, registry) for one in employers)
    reached = {
        one.recipient
        for one in case.tellings
        if one.role is Role.DESIGNATED_OFFICER and (one.open or one.state in KNOWS)
    }
    grounds: datetime = getattr(submission.content, "grounds_formed_at", now)
    due = deadline(Clock.DESIGNATED_OFFICER, start=min(grounds, now), opens=OPENS)
    message = str(submission.id)
    return [
        Telling(
            message=message,
            root=root_of(case, submission.content) or message,
            type=flow.type,
            sender=sender,
            recipient=council,
            role=Role.DESIGNATED_OFFICER,
            state=TellingState.OWED,
            at=now,
            due=due.due if due else None,
            kind=due.kind if due else None,
        )
        for council in councils
        if council not in reached
    ]


def owing(case: Case, tellings: Sequence[Telling]) -> Case:
    """The case with what its sender owes."""
    return case.model_copy(update={"tellings": (*case.tellings, *tellings)})


def handover(case: Case) -> Handover:
    """Where the hand-over to the force of residence stands in this case."""
    latest = None
    for one in case.tellings:
        if one.type == force_handover.FLOW.type:
            latest = one
    if latest is None or latest.state in NOT_HANDED_OVER:
        return Handover.NONE
    if latest.state in (TellingState.ACKNOWLEDGED, TellingState.TOLD):
        return Handover.ACKNOWLEDGED
    if latest.overdue:
        return Handover.OVERDUE
    return Handover.NONE if latest.state is TellingState.HELD else Handover.WAITING


def state_of(case: Case, content: Message, message: str) -> CaseState:
    """Whether this is the first message, or it or what it follows is still standing, or has been withdrawn."""
    if (root_of(case, content) or message) in case.withdrawn:
        return CaseState.WITHDRAWN
    return CaseState.OPEN if case.tellings else CaseState.NEW


def told(
    message: str,
    root: str,
    flow: Flow,
    sender: str,
    line: Addressee,
    decision: Decision,
    due: Deadline | None,
    now: datetime,
    *,
    grants: Sequence[Grant] = (),
    event: str = "",
    instead_of: str | None = None,
) -> Telling | None:
    """The ledger entry of one recipient of one message; None if it was refused to that recipient.

    `grants`: what it relies on. `event`: the delivery. `instead_of`: the setting in whose lead's place it is told.
    """
    if decision.outcome is Outcome.REFUSE:
        return None
    waits = TEXT_FIRST in decision.findings
    held = TellingState.SCREENING if waits else TellingState.HELD
    state = TellingState.SENT if decision.shared else held
    due = deadline(Clock.SCREENING, start=now, opens=OPENS) if waits else due
    return Telling.model_validate(
        {
            "message": message,
            "root": root or message,
            "type": flow.type,
            "sender": sender,
            "recipient": line.organisation,
            "role": line.role,
            "part": Part.BOTH if waits else Part.WHOLE,
            "state": state,
            "at": now,
            "due": due.due if due else None,
            "kind": due.kind if due else None,
            "grants": tuple(one.id for one in grants),
            "events": (event,) if grants and decision.shared else (),
            "insteadOf": instead_of,
        }
    )


def text_awaited(telling: Telling, now: datetime) -> Telling:
    """The entry of the free text that follows what was just sent: it has a clock of its own."""
    due = deadline(Clock.SCREENING, start=now, opens=OPENS)
    follows = {"part": Part.TEXT, "state": TellingState.SCREENING, "at": now, **_clock(due), "overdue": False}
    return telling.model_copy(update={**follows, "released": None, "let_go": telling.passes, "events": ()})


def has_text(case: Case, telling: Telling) -> bool:
    """Whether the free text of that message for that recipient has an entry already."""
    return any(_beside(one, telling) and one.part is Part.TEXT for one in case.tellings)


def _beside(one: Telling, telling: Telling) -> bool:
    """Whether both are of the same message to the same recipient, in the same capacity."""
    return (one.message, one.recipient, one.role, one.instead_of) == (
        telling.message,
        telling.recipient,
        telling.role,
        telling.instead_of,
    )


def text_awaited_too(case: Case, telling: Telling, now: datetime) -> Case:
    """The case with such an entry, for what has been decided anew and sent."""
    return case.model_copy(update={"tellings": (*case.tellings, text_awaited(telling, now))})


def asked_to_read(case: Case, telling: Telling, now: datetime) -> Case:
    """The case once free text is to be read: again, because its reader has a new key, or first, of what is let go."""
    due = deadline(Clock.SCREENING, start=now, opens=OPENS)
    part = Part.BOTH if telling.part is Part.WHOLE else telling.part
    reads = {"part": part, "state": TellingState.SCREENING, "at": now, "overdue": False, **_clock(due)}
    return _with(case, telling, **reads, released=None, let_go=telling.passes, barred=False)


def awaiting(case: Case, message: str, recipient: str, instead_of: str | None) -> Telling | None:
    """The entry for whose recipient the free text of this message is being read, or could not be in time.

    None if a human has just let it go, which counts; or if its recipient says that the message is not theirs.
    """
    mine = [
        one for one in case.tellings if (one.message, one.recipient, one.instead_of) == (message, recipient, instead_of)
    ]
    if any(one.state is TellingState.REJECTED for one in mine):
        return None
    waits = (one for one in mine if one.part is not Part.WHOLE and one.state in WAITING and one.released is None)
    return next((one for one in waits if not one.segments), None)


def settled_segments(case: Case, telling: Telling) -> frozenset[str]:
    """Segments of that free text of which a human has decided before: what comes of reading it again asks no more."""
    beside = (one for one in case.tellings if one is not telling and _beside(one, telling))
    return frozenset(name for one in beside if not _undecided(one) for name in one.segments)


def _undecided(one: Telling) -> bool:
    """Whether it is what was kept back of a free text, and its sender's human has not decided about it yet."""
    return one.state is TellingState.HELD and bool(one.segments) and one.released is None


def text_sent(
    case: Case, telling: Telling, due: Deadline | None, stays: Sequence[str], now: datetime, **also: object
) -> Case:
    """The case once free text has gone out. `stays`: segments that were kept back, which its sender's human settles."""
    sent = telling.model_copy(
        update={"state": TellingState.SENT, "at": now, "released": None, "overdue": False, "barred": False, **also}
        | _clock(due)
    )
    rest = (_kept_back(telling, stays, now).model_copy(update={"events": ()}),) if stays else ()
    return _met(_replaced(_without_rest(case, telling), telling, sent, *rest))


def text_held(case: Case, telling: Telling, stays: Sequence[str], now: datetime) -> Case:
    """The case once nothing of the free text could go. `stays`: which segments; none: all that was pending."""
    return _replaced(_without_rest(case, telling), telling, _kept_back(telling, stays, now, telling.part))


def _without_rest(case: Case, telling: Telling) -> Case:
    """The case without what was kept back when this text was read before: it has been read again."""
    if telling.segments:
        return case
    rest = [one for one in case.tellings if _beside(one, telling) and _undecided(one)]
    return case.model_copy(update={"tellings": tuple(one for one in case.tellings if one not in rest)})


def text_barred(case: Case, telling: Telling, decision: Decision, now: datetime) -> Case:
    """The case once nothing may be shared with that recipient any more, whatever the free text holds."""
    if decision.outcome is Outcome.HOLD:
        return _replaced(case, telling, _kept_back(telling, (), now, telling.part).model_copy(update={"barred": True}))
    return text_ended(case, telling, now)


def text_ended(case: Case, telling: Telling, now: datetime) -> Case:
    """The case once that free text need not go any more, nor what was kept back of it."""
    return _with(_without_rest(case, telling), telling, state=TellingState.WITHDRAWN, at=now, released=None)


def _kept_back(telling: Telling, stays: Sequence[str], now: datetime, part: Part = Part.TEXT) -> Telling:
    due = deadline(Clock.AT_ONCE, start=now, opens=OPENS)
    held = {"part": part, "state": TellingState.HELD, "at": now, "released": None, "overdue": False, "barred": False}
    return telling.model_copy(update={**held, "segments": tuple(stays), **_clock(due)})


def _clock(due: Deadline | None) -> dict[str, object]:
    return {"due": due.due if due else None, "kind": due.kind if due else None}


def of_each_thread(case: Case, content: Message, telling: Telling) -> Sequence[Telling]:
    """The same entry for each thread that it ends, so that each is answered by itself."""
    roots = roots_of(case, content)
    mine = [one for one in roots if any((t.root, t.recipient) == (one, telling.recipient) for t in case.tellings)]
    return [telling.model_copy(update={"root": one}) for one in mine] or [telling]


def after(
    case: Case,
    submission: Submission[Message],
    sender: str,
    tellings: Sequence[Telling],
    now: datetime,
    *,
    believed: bool = True,
) -> Case:
    """The case once this message has been carried. An answer is not itself something to be answered.

    `believed`: False if it is not certain who signed it; then it is only remembered that it is held.
    """
    if not believed:
        return case.model_copy(update={"tellings": (*case.tellings, *(one for one in tellings if one.due))})
    content, withdrawn, grants = submission.content, case.withdrawn, case.grants
    root = root_of(case, content)
    kept = _corrected(case, content, root)
    if isinstance(content, ReceiptRecorded):
        if any(one.state is TellingState.SENT for one in tellings):  # an answer that went nowhere answers nothing
            kept = tuple(_answered(one, content, sender, root) for one in kept)
        tellings = ()
    elif isinstance(content, ToldByOtherChannel):
        about = [one for one in kept if (one.message, one.recipient) == (content.answers, content.organisation)]
        held = [
            one for one in about if one.state is TellingState.HELD
        ]  # of what else was sent, its reader is the judge
        sent = [one for one in about if one.state in OPEN and (one.part, one.state) != BEING_READ]  # text still follows
        kept = tuple(_settled(one, TellingState.TOLD) if one in (held or sent or about) else one for one in kept)
    elif isinstance(content, HoldReleased):
        holds = _holds(case, content)
        kept = tuple(one.model_copy(update={"released": content.how}) if one in holds else one for one in kept)
    elif isinstance(content, HoldRefused):
        holds = _holds(case, content)
        kept = tuple(_settled(one, TellingState.NOT_SHARED) if one in holds else one for one in kept)
    elif isinstance(content, NotificationWithdrawn) and (tellings or not everybody_told(case, root)):
        withdrawn = tuple(dict.fromkeys((*withdrawn, root)))
        others = any(one.root not in withdrawn and one.state in (*KNOWS, *WAITING) for one in kept)
        kept = tuple(  # a refused one withdraws nothing
            _withdrawn(one) if one.root == root and not (others and one.state is TellingState.OWED) else one
            for one in kept
        )
    elif isinstance(content, AgreementGiven):
        grants = (*grants, _recorded(content, now))
    elif isinstance(content, AgreementWithdrawn):  # it has ended, whatever becomes of telling so
        kept = tuple(_withdrawn(one) if content.grant_id in one.grants else one for one in kept)
        withdrawn = tuple(dict.fromkeys((*withdrawn, *roots_of(case, content))))
        grants = tuple(
            one.model_copy(update={"withdrawn": True}) if one.id == content.grant_id else one for one in grants
        )
    return _met(
        case.model_copy(
            update={
                "tellings": (*kept, *(one for one in tellings if one.due)),
                "withdrawn": withdrawn,
                "grants": grants,
                "handling": handling(case, content) or case.handling,
                "connections": connections(case, content),
                "not_told": not_told(case, content),
            }
        )
    )


def _corrected(case: Case, content: Message, root: str) -> tuple[Telling, ...]:
    """The entries of the case; those of free text that a correction gives anew know so."""
    if not isinstance(content, NotificationCorrected):
        return case.tellings
    right = [name for name in content.given if Label.NARRATIVE in content.labels[name]]
    return tuple(
        one.model_copy(update={"corrected": tuple(dict.fromkeys((*one.corrected, *right)))})
        if one.root == root and one.part is not Part.WHOLE
        else one
        for one in case.tellings
    )


def _met(case: Case) -> Case:
    """Nothing is owed any more to a designated officer who has been told, or of whom nobody is alleged any more."""
    if all(one.state is not TellingState.OWED for one in case.tellings):
        return case
    told = {one.recipient for one in case.tellings if one.role is Role.DESIGNATED_OFFICER and one.state in KNOWS}
    alleged = bool(conflict.employers(case.connections))
    return case.model_copy(
        update={
            "tellings": tuple(
                _settled(one, TellingState.WITHDRAWN)
                if one.state is TellingState.OWED and (one.recipient in told or not alleged)
                else one
                for one in case.tellings
            )
        }
    )


def _recorded(content: AgreementGiven, now: datetime) -> Grant:
    said = content.model_dump(by_alias=True, exclude={"grant_id"})
    return Grant.model_validate({**said, "id": content.grant_id, "at": now})


def _settled(one: Telling, state: TellingState) -> Telling:
    return one.model_copy(update={"state": state, "released": None}) if one.state in OPEN else one


def settled(before: Case, after: Case) -> tuple[Telling, ...]:
    """What was held or owed and is not any more, or has been let go: as it now stands. Its sender is told."""
    pairs = zip(before.tellings, after.tellings, strict=False)  # what is new comes last
    return tuple(now for was, now in pairs if was.state in WAITS and was != now)


def _withdrawn(one: Telling) -> Telling:
    """Nobody need be told any more what is held, nor found for what was rejected; who has it must still answer."""
    return one if one.state is TellingState.SENT else _settled(one, TellingState.WITHDRAWN)


def _answered(one: Telling, receipt: ReceiptRecorded, sender: str, root: str) -> Telling:
    """`erased` answers the whole thread, every other state one message. A rejection's clock runs (again)."""
    if _stops(one, receipt, sender):
        return _settled(one, TellingState.WITHDRAWN)
    if one.recipient != sender or one.state in (*NEVER_SENT, TellingState.ERASED):
        return one  # what was never sent cannot be answered; what was erased stays so
    if receipt.state is ReceiptState.ERASED:
        return one.model_copy(update={"state": TellingState.ERASED}) if one.root == root else one
    if one.message != receipt.answers:
        return one
    return one.model_copy(update={"state": ANSWERED[receipt.state], "overdue": False})


def _stops(one: Telling, receipt: ReceiptRecorded, sender: str) -> bool:
    """Whether it is free text on its way to whoever says that the message is not theirs."""
    rejected = receipt.state is ReceiptState.REJECTED and (one.message, one.recipient) == (receipt.answers, sender)
    return rejected and (one.part, one.state) == BEING_READ


def moved(case: Case, telling: Telling, line: Addressee, instead_of: str | None) -> tuple[Case, Telling]:
    """The case, and this telling in it, with who is told now: a setting's lead may have become its alternate (RD-7).

    Who has had nothing of the message yet gets the whole of it, and not its free text alone.
    """
    if (telling.recipient, telling.role) == (line.organisation, line.role):
        return case, telling
    made = telling.model_copy(update={"recipient": line.organisation, "role": line.role, "instead_of": instead_of})
    knows = any(_beside(one, made) and one.state in KNOWS for one in case.tellings)
    if telling.part is not Part.WHOLE and not knows:
        made = made.model_copy(update={"part": Part.BOTH, "segments": ()})
    return _replaced(case, telling, made), made


def decided_anew(
    case: Case, telling: Telling, decision: Decision, now: datetime, *, grants: Sequence[Grant] = (), event: str = ""
) -> Case:
    """The case once this telling has been decided again. Its clock runs on: a new copy is no new deadline.

    `grants`: what it relies on now. `event`: the new delivery.
    """
    held = TellingState.HELD if decision.outcome is Outcome.HOLD else telling.state
    changed = _with(
        case,
        telling,
        state=TellingState.SENT if decision.shared else held,
        at=now,
        released=None,
        grants=tuple(dict.fromkeys((*telling.grants, *(one.id for one in grants)))),
        events=(*telling.events, event) if grants and decision.shared else telling.events,
        barred=telling.part is not Part.WHOLE and decision.outcome is Outcome.HOLD,
    )
    return _met(changed)


def cannot_be_decided(case: Case, telling: Telling) -> Case:
    """The case once deciding a released telling anew has failed: still held, to be released again or told of."""
    return _with(case, telling, released=None)


def fired(case: Case, telling: Telling) -> Case:
    """The case once this telling's due time has fired; it fires once."""
    return _with(case, telling, overdue=True)


def _with(case: Case, telling: Telling, **change: object) -> Case:
    return _replaced(case, telling, telling.model_copy(update=change))


def _replaced(case: Case, telling: Telling, *by: Telling) -> Case:
    changed = tuple(new for one in case.tellings for new in (by if one is telling else (one,)))
    return case.model_copy(update={"tellings": changed})
