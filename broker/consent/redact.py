"""Choose which fields one recipient sees: labels that its role may see, less what a safety rule takes away.

A field is shown only if the recipient may see every one of its labels. What is withheld for an ordinary reason leaves a
marker with the rule. What is withheld because a place is protected looks exactly like a field that the sender left out
(`not-included`), because a marker would itself tell (RD-13). Free text is `pending` until the screening has read it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from broker.schemas.message import Flow, Message
from broker.schemas.terms import AddressHandling, Label, Role

NOT_INCLUDED = "not-included"
"""The marker of a field that the sender left out, and of one that looks to the recipient as if it had been."""
RULE_OF_LABEL: Mapping[Label, str] = {
    Label.LINK: "RD-1",
    Label.ADULT_NAME: "RD-4",
    Label.VOICE: "RD-5",
    Label.CONFLICT: "RD-7",
    Label.PLACEMENT: "RD-8",
    Label.CARE_PLAN: "RD-9",
    Label.OFFENCE_VICTIM: "RD-10",
    Label.SUPPORT_NEED: "RD-6",
    Label.SAFETY: "RD-2",
    Label.ROUTING: "RD-2",
    Label.DIRECT_LINE: "RD-2",
}
"""Which redaction rule keeps a label from a role that may not see it; PR-02 (minimum for the role) for the rest."""

SAYS: Mapping[str, str] = {
    "RD-1": "one child, one message: nothing that joins one child to another",
    "RD-2": "from this a protected place, or where a child lives, could be derived",
    "RD-4": "adults appear by their relationship to the child",
    "RD-5": "the child's own words go to those who keep the child safe, and to nobody else",
    "RD-7": "that an adult is at a setting is not said to its usual safeguarding lead",
    "RD-8": "where a looked-after child is placed is for those who need it to care for the child",
    "RD-9": "needs assessment and care plan go to the area authority alone",
    "RD-10": "the victims of an offence stay anonymous",
    "RD-6": "health only as what support the child needs",
    "PR-02": "not among what this role needs",
    "AGR-1": "not among what the agreement between the two lets be seen",
}
"""What each redaction rule says, in one line."""

NOT_INCLUDED, PENDING = "not-included", "pending"
"""Markers of a field that its sender left out, or that looks so; and of free text that is still being read."""

TELLS_OF_A_PLACE = frozenset({Label.SAFETY, Label.ROUTING, Label.DIRECT_LINE})
"""Labels whose marker would tell something of a protected place: withheld without one."""

DERIVES_A_PLACE = frozenset({Label.LOCATION, Label.NARRATIVE, *TELLS_OF_A_PLACE})
"""RD-2: a protected place can be derived from these. Free text is among them until the text pipeline reads it."""

WITHOUT_A_MARKER = TELLS_OF_A_PLACE | {Label.CONFLICT}
"""Labels whose marker would itself tell what is withheld (RD-13): a field that has one looks like one left out."""

FINDS_THE_CHILD = frozenset({Role.SOCIAL_CARE, Role.RESIDENCE_FORCE})
"""RD-2 does not bite on children's social care and police, who must be able to find the child."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Withheld:
    """One field that this recipient does not see. `neutral`: to the recipient it looks like a field left out."""

    field: str
    rule: str
    neutral: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """The view of one recipient over the fields that the sender gave.

    `pending`: free text that it may see once the screening has read it; none of the `fields` that go at once.
    """

    fields: frozenset[str]
    withheld: tuple[Withheld, ...]
    pending: frozenset[str] = frozenset()

    def markers(self, flow: Flow) -> dict[str, str]:
        """What the recipient is told of every field that it does not see (yet): a rule, `pending` or `not-included`."""
        told = dict.fromkeys([name for name in flow.message.labels if name not in self.fields], NOT_INCLUDED)
        told.update({one.field: one.rule for one in self.withheld if not one.neutral})
        told.update(dict.fromkeys(self.pending, PENDING))
        return told


def view(
    flow: Flow,
    given: tuple[str, ...],
    *,
    role: Role,
    handling: AddressHandling | None,
    agreed: tuple[str, ...] | None = None,
    read: bool = False,
) -> Shown:
    """Split the given fields into shown, pending and withheld. A role that the flow does not list sees nothing.

    `agreed`: the labels that an agreement between the two lets be seen; None: whatever the flow does. `read`: the free
    text has been screened, so none of it is pending.
    """
    sees = flow.views.get(role)
    may_see = sees.labels if sees else frozenset[Label]()
    protected = handling not in (None, AddressHandling.OPEN) and role not in FINDS_THE_CHILD
    waits = sees is not None and sees.screened and not read
    return _shown(flow.message, may_see, DERIVES_A_PLACE if protected else frozenset(), given, agreed, waits)


@lru_cache(maxsize=2048)  # by which fields a sender gives: few differ
def _shown(
    message: type[Message],
    may_see: frozenset[Label],
    derives: frozenset[Label],
    given: tuple[str, ...],
    agreed: tuple[str, ...] | None,
    waits: bool,  # noqa: FBT001 - a key of the memory
) -> Shown:
    """`derives`: labels from which a protected place follows. `waits`: free text is screened first."""
    verdicts = [(name, _verdict(name, message.labels[name], may_see, derives)) for name in given]
    if agreed is not None:
        verdicts = [(name, found or _beyond(name, message.labels[name], agreed)) for name, found in verdicts]
    fields = frozenset([name for name, withheld in verdicts if withheld is None])
    pending = frozenset([name for name in fields if waits and Label.NARRATIVE in message.labels[name]])
    return Shown(
        fields=fields - pending,
        withheld=tuple([withheld for _, withheld in verdicts if withheld is not None]),
        pending=pending,
    )


def without(shown: Shown, removed: Mapping[str, str]) -> Shown:
    """The same view less the fields that a statutory bar covers: name -> rule. To the recipient they were left out."""
    covered = sorted((shown.fields | shown.pending) & removed.keys())
    gone = [Withheld(field=name, rule=removed[name], neutral=True) for name in covered]
    return Shown(
        fields=shown.fields - removed.keys(),
        withheld=(*shown.withheld, *gone),
        pending=shown.pending - removed.keys(),
    )


def _verdict(
    name: str, labels: frozenset[Label], may_see: frozenset[Label], derives: frozenset[Label]
) -> Withheld | None:
    if labels & derives:
        return Withheld(field=name, rule="RD-2", neutral=True)
    if labels <= may_see:
        return None
    rule = RULE_OF_LABEL.get(min(labels - may_see), "PR-02")
    return Withheld(field=name, rule=rule, neutral=bool(labels & WITHOUT_A_MARKER))


def _beyond(name: str, labels: frozenset[Label], agreed: tuple[str, ...]) -> Withheld | None:
    """How a field is withheld that goes beyond an agreement.

    What a place could be derived from leaves no marker, so that it looks the same whether a place is protected or not.
    """
    return (
        None
        if labels <= frozenset(agreed)
        else Withheld(field=name, rule="AGR-1", neutral=bool(labels & (DERIVES_A_PLACE | WITHOUT_A_MARKER)))
    )
