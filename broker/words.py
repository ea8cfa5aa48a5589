"""What the broker itself says, as JSON bodies: the cover beside a delivery, the outcome, the overdue notice.

Texts are constants of the rules; values are codes, public ids and times. `Judged` is one recipient's share.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic.alias_generators import to_camel
from pydantic_core import to_json, to_jsonable_python

from broker.consent.clocks import LONDON, Deadline
from broker.consent.decide import Decision
from broker.consent.facts import Facts
from broker.consent.redact import Shown
from broker.consent.rulebook import Finding
from broker.consent.rules.free_text import TEXT_FIRST, kept_back
from broker.errors import PLAIN, Refused
from broker.registry import Organisation, Person
from broker.schemas.agreement_withdrawn import FLOW as AGREEMENT_WITHDRAWN
from broker.schemas.claims import NotToldBecause
from broker.schemas.message import Addressee, Flow, Message
from broker.schemas.terms import Outcome, Release
from broker.segments import Goes
from broker.state import Grant, Part, Telling, TellingState, Unsigned

Body = dict[str, Any]
"""Codes stand in it as plain text (`.value`): a writer of JSON takes much longer over members of an enumeration."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One recipient's share of a message, decided and redacted but not yet sealed. `grants`: what it relies on.

    `instead_of`: the setting in whose usual lead's place it is told (RD-7). `council`: of a setting, as registered.
    """

    line: Addressee
    organisation: Organisation | None
    facts: Facts
    decision: Decision
    shown: Shown
    deadline: Deadline | None
    grants: tuple[Grant, ...] = ()
    instead_of: str | None = None
    council: Organisation | None = None

    @property
    def text_follows(self) -> bool:
        """Whether something of it is sent, and its free text once that has been read."""
        return self.decision.shared and bool(self.shown.pending)

    @property
    def waits_for_text(self) -> bool:
        """Whether all of it has to wait until its free text has been read."""
        return TEXT_FIRST in self.decision.findings

    @property
    def expires(self) -> datetime | None:
        """When the first agreement that it relies on lapses: from then on it may not be fetched."""
        return min((one.expires_at for one in self.grants), default=None)


def bases(decision: Decision) -> Body:
    """The lawful basis at both ends, with who confirmed it (nobody yet)."""
    sender, recipient = decision.sender_basis, decision.recipient_basis
    return {"sender": sender and sender.in_words, "recipient": recipient and recipient.in_words}


def restriction(decision: Decision) -> Body | None:
    """What must travel with it where its sender relies on the crime exemption (TR-04); None where it does not.

    The recipient is then exempt to the same extent, and tells the people concerned nothing of this.
    """
    basis = decision.sender_basis
    if basis is None or not basis.claim.exempt:
        return None
    return {"tell": "nobody", "exemption": NotToldBecause.CRIME.value, "recipient": "exempt-to-the-same-extent"}


def due(deadline: Deadline | None, now: datetime) -> Body | None:
    """When a human must have read it, by what kind of rule, and whether that has already passed."""
    if deadline is None:
        return None
    return {
        "at": deadline.due.astimezone(LONDON).isoformat(timespec="minutes"),
        "clock": deadline.clock.value,
        "kind": deadline.kind.value,
        "says": deadline.says,
        "assumes": deadline.assumes,
        "passed": deadline.due < now,
    }


def _finding(finding: Finding) -> Body:
    return {
        "rule": finding.rule,
        "outcome": finding.outcome.value,
        "scope": finding.scope.value,
        "reason": finding.reason,
        "cure": finding.cure,
        "field": finding.field,
        "source": finding.source,
        "mark": finding.mark,
        "releasedBy": sorted(one.value for one in finding.released_by),
    }


def delivery(
    *, signed: Mapping[str, Any], flow: Flow, sender: Organisation, one: Judged, told: Body, digest: str
) -> Body:
    """The broker's cover beside a cut-down statement: what it is, on what basis, due when, what is not shown.

    `told`: what its sender is told of this recipient, which has the same basis and the same due time.
    Findings are for the sender alone: why a message was let pass could tell a recipient where a child lives.
    """
    return {
        "is": "delivery",
        "from": sender.id,
        "type": flow.type,
        "title": flow.title,
        "message": signed["jti"],
        "case": signed["sub"],
        "caseOwner": signed["own"],
        "role": one.line.role.value,
        "view": digest,
        "notShown": one.shown.markers(flow),
        "basis": told["basis"],
        "due": told["due"],
        "restriction": restriction(one.decision),
        "note": " ".join(filter(None, (flow.note, *_as_alternate(one)))),
        "ring": _ring(sender),
    }


INSTEAD = (
    "You are told instead of the usual safeguarding lead, who has not been told: an adult of this incident is at your "
    "setting (see connections). Do not pass it to the usual desk. You act for the child as the lead would."
)
EMPLOYER = (
    "Somebody who works with children is alleged to have done harm. The employer has its own duty to tell the "
    "council's designated officer within one working day [S1 para 264]; it stands beside that of the police."
)
"""What the broker says to an alternate."""


def _as_alternate(one: Judged) -> tuple[str, ...]:
    if one.instead_of is None:
        return ()
    return (INSTEAD, EMPLOYER) if one.facts.harmer_works_with_children else (INSTEAD,)


def with_text(body: Body, goes: Goes, flow: Flow, one: Judged, *, both: bool) -> Body:
    """The cover beside free text: which of it is the broker's wording, and why some of it is not shown.

    It does not say how many segments were kept back. `both`: it goes with all the rest, and not as what follows it.
    """
    none = {name: rules[0] for name, rules in goes.rules.items() if name not in goes.wording}
    some = {name: rules[0] for name, rules in goes.rules.items() if name in goes.wording}
    follows: Body = {
        "part": Part.TEXT.value,
        "title": f"Free text to: {flow.title}",
        "note": " ".join((ADDS, *_as_alternate(one))),
    }
    shown = {name: rule for name, rule in body["notShown"].items() if name not in goes.wording} if both else {}
    return {**body, **({} if both else follows), "notShown": {**shown, **none}, "notAll": some, **wording(goes)}


ADDS = "This adds free text to a message that you have: do not record it as a second incident."


def wording(goes: Goes) -> Body:
    """By field, segment by segment: null for one as its sender signed it, else what the broker wrote in its place."""
    written = {name: list(said) for name, said in goes.wording.items() if any(said)}
    return {"brokersWording": written} if written else {}


def text_outcome(told: Body, goes: Goes, by: Body | None, *, sent: bool) -> Body:
    """What became of the free text for one recipient, as its sender is told. `told`: its outcome; `by`: when due."""
    affected = {one.partition("/")[0] for one in goes.stays}
    findings = kept_back(rule for name in affected for rule in goes.rules[name])
    return {
        **told,
        "outcome": Outcome.HOLD.value if goes.stays else told["outcome"],
        "findings": [*told["findings"], *(_finding(one) for one in findings)],
        "shown": sorted(goes.wording) if sent else [],
        "withheld": [],
        "keptBack": list(goes.stays),
        **(wording(goes) if sent else {}),
        "due": by,
    }


def recipient_outcome(one: Judged, now: datetime) -> Body:
    """What became of the message for one recipient, as its sender is told."""
    body: Body = {
        "organisation": one.line.organisation,
        "name": one.organisation.name if one.organisation else None,
        "outcome": one.decision.outcome.value,
        "findings": [_finding(finding) for finding in one.decision.findings],
        "shown": sorted(one.shown.fields) if one.decision.shared else [],
        "pending": sorted(one.shown.pending) if one.decision.shared or one.waits_for_text else [],
        "withheld": [{"field": w.field, "rule": w.rule} for w in sorted(one.shown.withheld, key=lambda w: w.field)]
        if one.decision.shared
        else [],
        "basis": bases(one.decision),
        "due": due(one.deadline, now) if one.decision.outcome is not Outcome.REFUSE else None,
    }
    if one.instead_of is not None:
        body["insteadOf"] = one.instead_of
    if one.decision.outcome is Outcome.HOLD and one.organisation is not None:
        whom = _whom_to_ring(one, one.organisation)
        body["callSheet"] = {"owner": "sender's desk", "ring": whom["role"], "telephone": whom["telephone"]}
        if one.organisation.successors:
            body["successors"] = list(one.organisation.successors)
    return body


def _whom_to_ring(one: Judged, organisation: Organisation) -> Body:
    """The desk to ring about a hold: never one that must not be told (RD-7, RD-DNT)."""
    if one.facts.conflict.holds:
        there = one.council and _ring(one.council)
        return {**there, "role": f"{there['role']} of {one.council.name}"} if there and one.council else NOT_ITS_DESK
    if one.facts.not_to_be_told and one.facts.released is None:
        return NOBODY_THERE
    return _ring(organisation) or {"role": "the register has no desk: ask its switchboard", "telephone": None}


NOT_ITS_DESK: Body = {"role": "not its usual desk: ring the council in whose area the setting is", "telephone": None}
NOBODY_THERE: Body = {"role": "nobody there: you have said that it must not be told", "telephone": None}


def _ring(organisation: Organisation) -> Body | None:
    desk = organisation.desk
    return {"role": desk.role, "telephone": desk.telephone} if desk else None


def status(judged: Sequence[Judged]) -> str:
    """One word for a whole message: recorded, shared, partial, held or refused."""
    outcomes = {one.decision.outcome for one in judged}
    shared = {one.decision.shared for one in judged}
    if not judged:
        return "recorded"
    if shared == {True}:
        return "shared"
    if True in shared:
        return "partial"
    return "held" if Outcome.HOLD in outcomes else "refused"


def status_of(told: Sequence[Body]) -> str:
    """The same of free text: shared, partial if any of it was kept back somewhere, held if all of it was."""
    if not any(one.get("keptBack") or one["outcome"] in STOPPED for one in told):
        return "shared"
    return "partial" if any(one["shown"] for one in told) else "held"


STOPPED = frozenset({Outcome.HOLD.value, Outcome.REFUSE.value})


def outcome(
    *,
    signed: Mapping[str, Any],
    flow: Flow,
    judged: Sequence[Judged],
    told: Sequence[Body],
    not_reached: Sequence[str],
    policy: str,
    owed: Sequence[Telling] = (),
) -> Body:
    """What the sender is told of its message. `told`: the outcome of each recipient.

    `not_reached`: for whom what it follows is still held. `owed`: whom the sender has yet to tell by itself.
    """
    owes = [
        {"organisation": one.recipient, "role": one.role.value, "due": _in_london(one), "kind": one.kind, "cure": OWED}
        for one in owed
    ]
    return {
        "is": "outcome",
        "message": signed["jti"],
        "case": signed["sub"],
        "caseOwner": signed["own"],
        "type": flow.type,
        "status": status(judged),
        "recipients": list(told),
        "notReached": list(not_reached),
        "policy": policy,
        **({"owed": owes} if owes else {}),
    }


OWED = (
    "Somebody who works with children is alleged to have done harm. The designated officer of the council in whose "
    "area the employer is must know within one working day [S1 para 264], and you have not addressed them. Send this "
    "in the same case to that council, in the role designated-officer; or telephone, then send told-by-other-channel. "
    "If no council is named here, the register does not say which it is: find out."
)
"""What a sender must do about a designated officer whom it has not addressed."""


def _in_london(telling: Telling) -> str | None:
    return telling.due.astimezone(LONDON).isoformat(timespec="minutes") if telling.due else None


def remembered(outcome: Body, most: int) -> str:
    """An outcome as JSON of at most so many characters, to be said again if the same message comes again.

    One that is longer is said again without its receipts, and then without its reasons: its sender has had them.
    """
    text = to_json(outcome).decode()
    if len(text) <= most:
        return text
    recipients = [{name: one[name] for name in one if name != "receipt"} for one in outcome["recipients"]]
    text = to_json({**outcome, "recipients": recipients}).decode()
    if len(text) <= most:
        return text
    return to_json({**outcome, "recipients": [{**one, "findings": []} for one in recipients]}).decode()


def act(content: Message, person: Person | None) -> Body:
    """Which role holder, under which code, did what and why, if it takes one: for the audit record and the outcome."""
    if person is None:
        return {}
    given = {name: getattr(content, name, None) for name in ("how", "because", "review_at")}
    said = {to_camel(name): to_jsonable_python(value) for name, value in given.items() if value is not None}
    return {"act": {"role": person.role.value, "person": person.id, **said}}


def settled(tellings: Sequence[Telling]) -> Body:
    """Which holds this ended, or let go: as they stand now."""
    found = [
        {
            "message": one.message,
            "organisation": one.recipient,
            "state": RELEASED if one.released else one.state.value,
        }
        for one in tellings
    ]
    return {"settled": found} if found else {}


def review(how: Release | None, one: Judged) -> Body:
    """That a rule was broken through, which somebody at the sender reviews afterwards."""
    broken = how is Release.BREAK_GLASS and one.decision.shared
    return {"review": Release.BREAK_GLASS.value} if broken else {}


def refusal(
    *, message: str, claimed: str = "", refused: Refused, policy: str, unsigned: Unsigned | None = None
) -> Body:
    """What the sender is told of a message that could not be accepted.

    `message` is empty unless the sender's signature was verified; `claimed` is the id that an unsigned header gave.
    `unsigned`: how many there have been of late that only claim to be from it.
    """
    reason, cure = PLAIN[refused.reason]
    number = {"unsigned": {"count": unsigned.count, "since": unsigned.since.isoformat()}} if unsigned else {}
    return {
        "is": "outcome",
        "message": message,
        "claimed": claimed,
        "status": "refused",
        "refused": {"code": refused.reason, "reason": reason, "cure": cure, "fields": list(refused.fields)},
        "recipients": [],
        "policy": policy,
        **number,
    }


RELEASED = "released"
"""How a hold stands between its release and the moment, a second later, at which it has been decided anew."""

QUIETLY = (
    "Do not ring its usual desk: an adult of this incident is there, or you have said that it must not be told. Ring "
    "the council in whose area it is, if it must know; then send told-by-other-channel to close this."
)
"""The same as below, of whoever must not be told by ordinary ways (RD-7, RD-DNT)."""

WHAT_NEXT = {
    TellingState.OWED: f"Nobody has told the designated officer. {OWED}",
    TellingState.SENT: "Telephone the recipient's desk; for a hand-over, send direct in the same case.",
    TellingState.HELD: "This is still held. Telephone the recipient now, then send told-by-other-channel.",
    TellingState.REJECTED: "The recipient says that it is not theirs. Find whose it is and send there, or telephone; "
    "then send told-by-other-channel to close this.",
}
"""What the sender must do about something whose due time has passed."""


NOT_ERASED = (
    "The person's agreement was withdrawn, and nobody has said that what relied on it is erased. If it had not been "
    "fetched it never can be, and this notice does not appear there either. Telephone the recipient's desk; then send "
    "told-by-other-channel to close this."
)
"""The same, of the notice that an agreement has been withdrawn."""
NOT_FETCHED = (
    "Telephone the recipient's desk. It may be that the person's agreement lapsed before this was fetched: then it "
    "never can be. Ask the person again, and send it anew."
)
"""The same, of what relies on an agreement."""


def unread(
    *, case: str, owner: str, telling: Telling, recipient: Organisation | None, by: Body | None, policy: str
) -> Body:
    """Free text could not be read in time, so none of it went: its sender's human settles it."""
    return {
        "is": "outcome",
        "message": telling.message,
        "case": case,
        "caseOwner": owner,
        "type": telling.type,
        "status": "held",
        "again": True,
        "part": telling.part.value,
        "recipients": [
            {
                "organisation": telling.recipient,
                "name": recipient.name if recipient else None,
                "outcome": Outcome.HOLD.value,
                "findings": [_finding(one) for one in kept_back(["TXT-8"])],
                "shown": [],
                "pending": [],
                "withheld": [],
                "keptBack": [],
                "basis": {"sender": None, "recipient": None},
                "due": by,
            }
        ],
        "notReached": [],
        "policy": policy,
    }


def overdue(*, case: str, owner: str, telling: Telling, quietly: bool = False) -> Body:
    """A due time has passed and no human has answered: whose move it is now. `quietly`: not by ringing its desk."""
    cure = WHAT_NEXT.get(telling.state, WHAT_NEXT[TellingState.SENT])
    if telling.state is TellingState.SENT and telling.type == AGREEMENT_WITHDRAWN.type:
        cure = NOT_ERASED
    elif telling.state is TellingState.SENT and telling.grants:
        cure = NOT_FETCHED
    elif quietly:
        cure = QUIETLY
    return {
        "is": "overdue",
        "message": telling.message,
        "case": case,
        "caseOwner": owner,
        "type": telling.type,
        "organisation": telling.recipient,
        "state": telling.state,
        "due": _in_london(telling),
        "kind": telling.kind,
        "cure": cure,
    }


TELL_THEM_YOURSELF = (
    "What you released could not be decided again by the broker (a fault of ours, or its copy is gone), and it has not "
    "been sent. Telephone the recipient now, then send encompass.told-by-other-channel; or send the message again "
    "under a new id."
)


def again_failed(*, case: str, owner: str, telling: Telling, quietly: bool = False) -> Body:
    """A released hold could not be decided anew, so nobody has been told: it is the sender's move at once."""
    return {
        "is": "again-failed",
        "message": telling.message,
        "case": case,
        "caseOwner": owner,
        "type": telling.type,
        "organisation": telling.recipient,
        "state": telling.state,
        "released": telling.released,
        "cure": QUIETLY if quietly else TELL_THEM_YOURSELF,
    }
