"""May this go from here to there, on what, and what is missing: steps 7 and 8, asked about an ordinary message."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from broker import legal, words
from broker.consent.law.policy import Policy
from broker.consent.rules import RULES_VERSION
from broker.judge import Parsed, judge
from broker.registry import Organisation, Registry
from broker.schemas.claims import Claim, Told
from broker.schemas.message import Addressee, Addressing, Flow, Submission
from broker.schemas.terms import STANDS_IN, AddressHandling, Kind, Outcome, Role, RollStatus
from broker.state import Case
from broker.words import Judged

Json = dict[str, Any]
ASSUMED = (
    "every field of the type is given, and the sender's row of the law is claimed as it stands",
    "the child is ten years old, and on roll at a school or college that receives",
    "the child lives in the sender's area, or where the force or council that receives it serves",
    "the address is open: nothing is protected",
    "nothing has been withdrawn, and no hand-over waits",
    "the family has been told, where a type asks; no agreement and no consent of anybody is on file",
)
"""What an ordinary message is taken to be. `broker check FILE` asks about a real one."""
_ANY_ID = UUID(int=0)
_GIVEN = "given"
"""Stands for any value: which fields are given decides, never what they say."""
_STATUS = {"share": "shared", "share-with-warning": "shared", "hold": "held", "refuse": "refused"}


def ask(
    flow: Flow, *, sender: Organisation, recipient: Organisation, registry: Registry, policy: Policy, now: datetime
) -> Json:
    """What would become of an ordinary message of this type between these two, with both bases in words."""
    asked = {"from": sender.id, "to": recipient.id, "type": flow.type, "at": now.isoformat(timespec="minutes")}
    versions = {"policy": policy.version, "rules": RULES_VERSION}
    if not flow.views:
        return {**asked, "status": "recorded", "mayGo": False, "nobodyReceives": True, **versions}
    usual = [role for role, view in flow.views.items() if role not in STANDS_IN and not view.beside]
    role = next((role for role in usual if recipient.kind in flow.kinds[role]), usual[0])
    [one] = judge(
        _message(flow, role, sender, recipient, now),
        flow,
        [_line(role, recipient)],
        Case.model_validate({"owner": _owner(flow, sender, recipient), "id": str(_ANY_ID)}),
        sender=sender,
        registry=registry,
        policy=policy,
        now=now,
    )
    told = words.recipient_outcome(one, now)
    return {
        **asked,
        "role": role.value,
        "status": _STATUS[one.decision.outcome],
        "outcome": told["outcome"],
        "mayGo": one.decision.shared,
        "basis": _ends(flow, one, policy, now.date()),
        "findings": told["findings"],
        "sees": [] if one.decision.outcome is Outcome.REFUSE else sorted(one.shown.fields),
        "withheld": told["withheld"],
        "due": told["due"],
        "assumed": list(ASSUMED),
        **versions,
    }


def _ends(flow: Flow, one: Judged, policy: Policy, day: date) -> Json:
    """Both ends in words. Without a row: the code that has none."""
    view = flow.views[one.line.role]
    rows = {
        "sender": (one.decision.sender_basis, view.sender_basis.get(one.facts.sender)),
        "recipient": (one.decision.recipient_basis, view.recipient_basis),
    }
    return {
        side: {"code": code, "onFile": False} if basis is None else {**legal.end(basis, policy, day), "onFile": True}
        for side, (basis, code) in rows.items()
    }


def _owner(flow: Flow, sender: Organisation, recipient: Organisation) -> str:
    return recipient.id if flow.addressing is Addressing.ORIGINATOR else sender.id


def _line(role: Role, recipient: Organisation) -> Addressee:
    on_roll = RollStatus.REGISTERED_SINGLE if recipient.kind is Kind.SCHOOL else None
    return Addressee.model_construct(organisation=recipient.id, role=role, roll_status=on_roll, roll_evidence=None)


def _message(flow: Flow, role: Role, sender: Organisation, recipient: Organisation, now: datetime) -> Parsed:
    """Made without validation: it names what is given and says nothing of anybody."""
    serves = recipient if recipient.kind is Kind.POLICE and flow.addressing is Addressing.NAMED else sender
    said: dict[str, object] = {
        "date_of_birth": now.date().replace(year=now.year - 10, day=1),
        "grounds_formed_at": now,
        "address_handling": AddressHandling.OPEN,
        "residence_force": serves.police_area,
        "residence_authority": recipient.id.partition(":")[2] if recipient.kind is Kind.COUNCIL else _GIVEN,
        "law": Claim(told=Told.TOLD) if "law" in flow.message.model_fields else None,
        "consent_ref": None,
        "connections": None,
        "do_not_tell_organisations": None,
    }
    content = {name: said.get(name, _GIVEN) for name in flow.message.model_fields}
    view = flow.views[role]
    return Submission.model_construct(
        type=flow.type,
        id=_ANY_ID,
        case=_ANY_ID,
        case_owner=_owner(flow, sender, recipient),
        basis=view.sender_basis.get(sender.kind) or next(iter(view.sender_basis.values())),
        to=(_line(role, recipient),) if flow.addressing is Addressing.NAMED else (),
        content=flow.message.model_construct(None, **content),
    )
