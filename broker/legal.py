"""The law of a policy in words: one end of a transfer, one provision, one flow. For `broker basis` and the pages."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from broker.consent.clocks import deadline
from broker.consent.law.bases import Basis
from broker.consent.law.policy import Policy
from broker.consent.law.provisions import Provision
from broker.consent.law.record import Record
from broker.registry import Nation
from broker.schemas.message import Clock, Flow, View
from broker.schemas.terms import Code, Kind, Label, Role

Json = dict[str, Any]

KINDS: dict[Kind, str] = {
    Kind.SCHOOL: "school or college",
    Kind.COUNCIL: "local authority",
    Kind.POLICE: "police force",
    Kind.PRISON: "prison",
    Kind.DELIVERY_UNIT: "probation delivery unit",
    Kind.CARE_BOARD: "integrated care board",
    Kind.CHARITY: "charity",
    Kind.INTELLIGENCE: "intelligence service",
    Kind.SUPPLIER: "supplier",
    Kind.ALTERNATE: "a setting's alternate",
    Kind.BROKER: "the broker",
}
"""Kinds of organisation in words."""

LABELS: dict[Label, str] = {
    Label.NONE: "codes and registered organisations; no personal data",
    Label.IDENTITY: "who the child is",
    Label.LOCATION: "addresses, and what an address follows from",
    Label.TIME: "when it happened",
    Label.EDUCATION: "schooling",
    Label.SUPPORT_NEED: "health, only as what support the child needs",
    Label.AS_SPECIAL: "not special category in law, handled as if it were",
    Label.ALLEGATION: "what is said to have happened (criminal-offence data)",
    Label.CONDITION: "a live prohibition that the setting must act on (criminal-offence data)",
    Label.VOICE: "the child's own words",
    Label.OPINION: "a professional's opinion",
    Label.OTHER_PEOPLE: "adults, by their relationship to the child",
    Label.ADULT_NAME: "adults by name",
    Label.PRACTITIONER: "practitioners, by role",
    Label.DIRECT_LINE: "a direct telephone line",
    Label.ROUTING: "area codes by which the broker routes",
    Label.SAFETY: "that, and why, a place is protected",
    Label.NARRATIVE: "free text",
    Label.CONFLICT: "that an adult is at a setting, and in which capacity",
    Label.PLACEMENT: "where a looked-after child is placed",
    Label.CARE_PLAN: "needs assessment and care plan of a looked-after child",
    Label.OFFENCE_VICTIM: "who the victims of an offence are",
    Label.LINK: "what joins one child's messages to another's",
    Label.LAW: "what the sender claims in law, for the broker alone",
}
"""What each label of a field stands for."""


def plain(code: str) -> str:
    """`safeguarding-lead` -> `safeguarding lead`."""
    return code.replace("-", " ")


def day_of(one: date) -> str:
    """`5 February 2026`."""
    return f"{one.day} {one:%B %Y}"


def state(one: Record, day: date) -> str:
    """Whether it can be cited on that day, and why not."""
    if one.in_force_from is None:
        return "OFF: not known to be in force"
    begins = day_of(one.in_force_from)
    if day < one.in_force_from:
        return f"NOT YET: in force from {begins}"
    if one.in_force_to is None:
        return f"in force since {begins}"
    ends = day_of(one.in_force_to)
    return f"ENDED on {ends}" if one.in_force_to <= day else f"in force since {begins}, until {ends}"


def record(one: Record, day: date) -> Json:
    """One record of the law: what it is, whether it is in force, where it was read, who has confirmed it."""
    return {
        "code": str(one.code),
        "title": one.title,
        "state": state(one, day),
        "inForce": one.in_force(day),
        "nations": [nation.value for nation in Nation if nation in one.jurisdiction],
        "source": one.source,
        "mark": one.mark,
        "confirmedBy": one.confirmed_by,
    }


def provision(one: Provision, day: date) -> Json:
    """One gateway, with what it is, whose it is and whom it reaches."""
    on = [KINDS[kind] for kind in Kind if kind in one.on]
    to = "whoever has the function that it serves" if one.to is None else None
    return {
        **record(one, day),
        "force": one.force.value,
        "on": on,
        "to": to or ", ".join(KINDS[kind] for kind in Kind if one.to and kind in one.to),
    }


def end(basis: Basis, policy: Policy, day: date) -> Json:
    """One controller's side: regime, articles, conditions and gateways with their state."""
    claim = basis.claim
    cited = [one for one in (claim.annex_1, *claim.schedule_1, claim.schedule_8) if one]
    conditions = [found for one in cited if (found := policy.condition(one))]
    known = [policy.provision(code) for code in claim.gateways]
    return {
        **record(basis, day),
        "controllers": [KINDS[kind] for kind in Kind if kind in basis.controller],
        "independent": basis.independent,
        "regime": basis.regime,
        "article6": _named(basis.article_6, claim.article_6, claim.annex_1, claim.section_35),
        "article9": _named(basis.article_9, claim.article_9, claim.schedule_8),
        "article10": basis.article_10 if claim.article_10 is None else plain(claim.article_10),
        "conditions": [record(one, day) for one in conditions],
        "policyDocument": any(one.policy_document for one in conditions) or claim.section_42_document,
        "gateways": [provision(one, day) for one in known if one],
        "gatewaysNotOnFile": [code for code, found in zip(claim.gateways, known, strict=True) if found is None],
    }


def _named(cited: str, *codes: Code | None) -> str:
    """`6(1)(e)` -> `6(1)(e) public task`: each point with the name that it has here."""
    for one in codes:
        if one is not None and one in cited:
            cited = cited.replace(one, f"{one} {one.name.lower().replace('_', ' ')}", 1)
    return cited


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """What one role receives of one flow, and the rows of the law at both ends."""

    role: Role
    receives: tuple[Kind, ...]
    senders: tuple[tuple[Kind, str, tuple[Basis, ...]], ...]
    recipient_code: str
    recipient: tuple[Basis, ...]
    labels: frozenset[Label]
    sees: tuple[str, ...]
    never_sees: tuple[str, ...]
    due: str
    due_kind: str


def legs(flow: Flow, policy: Policy) -> Iterator[Leg]:
    """Every leg of a flow, with all rows of the policy that could stand for it, in force or not."""
    for role, view in flow.views.items():
        says, kind = clock(view.clock)
        receives = tuple(one for one in Kind if one in flow.kinds.get(role, ()))
        yield Leg(
            role=role,
            receives=receives,
            senders=tuple((one, code, _rows(policy, code, one)) for one, code in sorted(view.sender_basis.items())),
            recipient_code=view.recipient_basis,
            recipient=tuple(basis for one in receives or Kind for basis in _rows(policy, view.recipient_basis, one)),
            labels=view.labels,
            sees=_fields(flow, view, seen=True),
            never_sees=_fields(flow, view, seen=False),
            due=says,
            due_kind=kind,
        )


def _rows(policy: Policy, code: str, kind: Kind) -> tuple[Basis, ...]:
    return tuple(one for one in policy.bases if one.code == code and kind in one.controller)


def _fields(flow: Flow, view: View, *, seen: bool) -> tuple[str, ...]:
    return tuple(sorted(name for name, labels in flow.message.labels.items() if (labels <= view.labels) is seen))


def clock(one: Clock) -> tuple[str, str]:
    """What a clock demands, and by what kind of rule."""
    found = deadline(one, start=datetime(2026, 11, 24, 12, tzinfo=UTC), opens=time(9))
    return ("no deadline", "") if found is None else (found.says, found.kind.value)
