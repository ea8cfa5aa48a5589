"""The dry run integrators live by: what would become of a message, and exactly what each recipient would see."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from broker import ledger, words
from broker.agency import complete
from broker.consent.law.policy import Policy
from broker.errors import Reason, Refused
from broker.judge import Parsed, address, judge, parse
from broker.registry import Organisation, Registry
from broker.schemas.catalogue import BY_TYPE
from broker.schemas.message import Addressing, Flow
from broker.schemas.terms import STANDS_IN, Role
from broker.state import Case, TellingState
from broker.words import Judged

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """A dry run. `outcome`: as `check` returns it; the rest is there only if the document could be parsed.

    `content`, `to`: as they would be signed. `judged`: per recipient, in the order of the outcome's recipients.
    """

    outcome: Json
    flow: Flow | None = None
    sender: Organisation | None = None
    content: Mapping[str, Any] = field(default_factory=dict)
    to: Sequence[Json] = ()
    judged: Sequence[Judged] = ()


def check(
    document: Mapping[str, Any],
    *,
    sender: str | None,
    told: Sequence[Organisation],
    registry: Registry,
    policy: Policy,
    now: datetime,
) -> Json:
    """What would become of a document: see `tried`.

    Returns status (shared, partial, held, refused, recorded) and per recipient the outcome, the view with its values,
    and what is not shown and why.
    """
    return tried(document, sender=sender, told=told, registry=registry, policy=policy, now=now).outcome


def tried(
    document: Mapping[str, Any],
    *,
    sender: str | None,
    told: Sequence[Organisation],
    registry: Registry,
    policy: Policy,
    now: datetime,
) -> Tried:
    """Parse, address, decide and redact one document as the broker would, in a case of its own.

    `told`: for an update, correction or withdrawal, the organisations that received the original. Never raises for bad
    input.
    """
    try:
        return _tried(document, sender, told, registry, policy, now)
    except Refused as refused:
        claimed = str(document.get("id", "")) if isinstance(document, Mapping) else ""
        return Tried(outcome=words.refusal(message=claimed, refused=refused, policy=policy.version))


def _tried(
    document: Mapping[str, Any],
    sender_id: str | None,
    told: Sequence[Organisation],
    registry: Registry,
    policy: Policy,
    now: datetime,
) -> Tried:
    if not isinstance(document, Mapping):
        raise Refused(Reason.MALFORMED, ("(the document is not a JSON object)",))
    who = sender_id or str(document.get("caseOwner", ""))
    sender = registry.get(who)
    if sender is None:
        raise Refused(Reason.UNKNOWN_SENDER, ("caseOwner",))
    whole = complete(document, who)
    flow = BY_TYPE.get(str(whole["type"]))
    if flow is None:
        raise Refused(Reason.UNKNOWN_TYPE, ("type",))
    submission = parse(whole, flow)
    if flow.addressing is not Addressing.ORIGINATOR and submission.case_owner != sender.id:
        raise Refused(Reason.NO_SUCH_CASE, ("caseOwner",))
    case = Case.model_validate({"owner": submission.case_owner, "id": str(submission.case)})
    if flow.addressing is Addressing.LEDGER:
        case = _case(submission, flow, told, now)
        if not case.tellings:
            raise Refused(Reason.NOT_ADDRESSED, ("(say who received the original: --told ORG)",))
    lines = address(submission, flow, case)
    judged = judge(submission, flow, lines, case, sender=sender, registry=registry, policy=policy, now=now)
    signed = {"jti": str(submission.id), "sub": str(submission.case), "own": submission.case_owner}
    outcomes = [words.recipient_outcome(one, now) for one in judged]
    tellings = [
        ledger.told(str(submission.id), "", flow, sender.id, one.line, one.decision, one.deadline, now)
        for one in judged
    ]
    then = ledger.after(case, submission, sender.id, [one for one in tellings if one is not None], now)
    result = words.outcome(
        signed=signed,
        flow=flow,
        judged=judged,
        told=outcomes,
        not_reached=(),
        policy=policy.version,
        owed=ledger.owed(then, submission, flow, sender.id, sender.kind, registry, now),
    )
    normal = submission.model_dump(by_alias=True, exclude_none=True, mode="json")
    content = normal["content"]
    for one, body in zip(judged, result["recipients"], strict=True):
        body["view"] = {name: content[name] for name in content if name in body["shown"]}
        body["notShown"] = one.shown.markers(flow) if one.decision.shared else {}
    return Tried(outcome=result, flow=flow, sender=sender, content=content, to=normal["to"], judged=judged)


def _case(submission: Parsed, flow: Flow, told: Sequence[Organisation], now: datetime) -> Case:
    """The case as it would stand if these had received the message that this one follows."""
    usual = [role for role, view in flow.views.items() if role not in STANDS_IN and not view.beside]
    roles = {kind: role for role in usual for kind in flow.kinds[role]}
    original = ledger.refers_to(submission.content)
    tellings = tuple(
        {
            "message": original,
            "root": original,
            "type": flow.type,
            "sender": submission.case_owner,
            "recipient": one.id,
            "role": roles.get(one.kind, Role.ORIGINATOR),
            "state": TellingState.SENT,
            "at": now,
        }
        for one in told
    )
    return Case.model_validate({"owner": submission.case_owner, "id": str(submission.case), "tellings": tellings})
