"""Conflict of interest (RD-7): who at a setting may not be told, and who is told instead. Values in, values out.

A sender says that an adult is at an organisation and in which capacity. Nobody is told through a desk that the alleged
perpetrator could read, or learn of; a victim stays with the safeguarding lead, unless that lead is the victim or the
victim can read the lead's messages.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from broker.registry import AlternateIs, KeyUse, Organisation, Registry, Status
from broker.schemas.encompass import AdultRole, Capacity, Connection
from broker.schemas.message import kind_of
from broker.schemas.terms import Code, Kind, Role

READS_THE_DESK = frozenset({Capacity.SAFEGUARDING_LEAD, Capacity.HAS_ACCESS})
"""Capacities in which also a victim, or another adult, would read what is about them."""

IS_THE_ALTERNATE: Mapping[AlternateIs | None, frozenset[Capacity]] = {
    AlternateIs.HEADTEACHER: frozenset({Capacity.HEAD}),
    AlternateIs.CHAIR_OF_GOVERNORS: frozenset({Capacity.GOVERNS}),
    AlternateIs.PROPRIETOR: frozenset({Capacity.GOVERNS}),
}
"""Capacities in which somebody could be the alternate, or sits beside it."""


class Conflict(Code):
    """How a conflict of interest stands between the adults of a message and one recipient."""

    NONE = "none"
    INSTEAD = "told-instead"  # the declared alternate is told
    FROM_NOW = "told-instead-from-now"  # the same, of what follows something that its usual desk was told
    NO_ALTERNATE = "no-alternate-declared"
    ALTERNATE_TOO = "alternate-conflicts-too"
    OUT_OF_REACH = "alternate-out-of-reach"
    STAFF = "at-the-recipient"  # of a council or a force, which has no alternate

    @property
    def holds(self) -> bool:
        """Whether nobody at the setting can be told, so that its usual desk must not be rung either."""
        return self in (Conflict.NO_ALTERNATE, Conflict.ALTERNATE_TOO, Conflict.OUT_OF_REACH)


@dataclass(frozen=True, slots=True, kw_only=True)
class WayRound:
    """Who is told of a pupil of a setting: nobody else (`to` None), or its alternate, in a role of its own."""

    conflict: Conflict
    to: str | None = None
    role: Role | None = None


def setting_of(organisation: str) -> str:
    """`alternate:100000` -> `school:100000`; anything else is itself."""
    kind, _, code = organisation.partition(":")
    return f"{Kind.SCHOOL}:{code}" if kind == Kind.ALTERNATE else organisation


def at(connections: Iterable[Connection], organisation: str, registry: Registry) -> list[Connection]:
    """Those with that organisation, under the code that it has now or one that it had before."""
    return [one for one in connections if organisation in codes(one.organisation, registry)]


def codes(organisation: str, registry: Registry) -> set[str]:
    """The code that was said, of an alternate its setting's, and those that have succeeded it since."""
    code = setting_of(organisation)
    entry = registry.get(code)
    return {code, *(entry.successors if entry else ())}


def in_the_way(connections: Iterable[Connection], setting: str, registry: Registry) -> bool:
    """Whether the usual safeguarding lead of that setting must not have it."""
    return any(
        one.part is AdultRole.ALLEGED_PERPETRATOR or one.capacity in READS_THE_DESK
        for one in at(connections, setting, registry)
    )


def is_staff(connections: Iterable[Connection], organisation: str, registry: Registry) -> bool:
    """Whether the alleged perpetrator is at that very recipient, which is no setting."""
    return any(one.part is AdultRole.ALLEGED_PERPETRATOR for one in at(connections, organisation, registry))


def way_round(connections: Sequence[Connection], setting: str, registry: Registry, now: datetime) -> WayRound:
    """Who is told instead of the usual safeguarding lead."""
    if not in_the_way(connections, setting, registry):
        return WayRound(conflict=Conflict.NONE)
    entry = registry.get(setting)
    if entry is None or entry.alternate is None:
        return WayRound(conflict=Conflict.NO_ALTERNATE)
    if alternate_conflicts(connections, entry, registry):
        return WayRound(conflict=Conflict.ALTERNATE_TOO)
    alternate = registry.get(entry.alternate)
    if alternate is None or not _reached(alternate, now):
        return WayRound(conflict=Conflict.OUT_OF_REACH)
    role = Role.ALTERNATE if alternate.kind is Kind.ALTERNATE else Role.ALTERNATE_COUNCIL
    return WayRound(conflict=Conflict.INSTEAD, to=alternate.id, role=role)


def alternate_conflicts(connections: Iterable[Connection], setting: Organisation, registry: Registry) -> bool:
    """Whether an adult of the incident is, or sits beside, the declared alternate."""
    own = IS_THE_ALTERNATE.get(setting.alternate_is, frozenset())
    there = is_staff(connections, setting.alternate or "", registry)
    return there or any(one.capacity in own for one in at(connections, setting.id, registry))


def _reached(alternate: Organisation, now: datetime) -> bool:
    there = alternate.connected and not alternate.suspended and alternate.status is Status.OPEN
    return there and alternate.key(KeyUse.SEAL, now) is not None


def employers(connections: Iterable[Connection]) -> tuple[str, ...]:
    """Where somebody who works with children, and is alleged to have done harm, is: each once, in order.

    Never of a victim: nobody reports a victim to the designated officer.
    """
    alleged = AdultRole.ALLEGED_PERPETRATOR
    found = (setting_of(one.organisation) for one in connections if one.part is alleged and one.works_with_children)
    return tuple(dict.fromkeys(found))


def designated_officer_at(employer: str, registry: Registry) -> str:
    """The council whose designated officer must know: the employer's, or itself if it is one.

    Where the register does not say, it is the employer, and a human finds out which council that is.
    """
    entry = registry.get(employer)
    if kind_of(employer) is Kind.COUNCIL or entry is None or entry.council is None:
        return employer
    return entry.council
