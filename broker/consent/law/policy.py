"""The law compiled into one immutable version, which every decision names, and which can be loaded to replay it."""

import hashlib
from dataclasses import dataclass, field, replace
from datetime import date

from pydantic_core import to_jsonable_python

from broker.consent.law.bases import BASES, Basis
from broker.consent.law.conditions import CONDITIONS, Condition
from broker.consent.law.provisions import PROVISIONS, Provision
from broker.consent.law.record import Record
from broker.consent.law.regulators import EXEMPTIONS, REGULATORS
from broker.registry import Nation
from broker.schemas.terms import Kind
from broker.statement import dumps


@dataclass(frozen=True, kw_only=True, eq=False)  # one policy is the same as another only if it is that one
class Policy:
    """An immutable compilation. Decisions fail closed once `review_by` has passed."""

    issued: date
    review_by: date
    bases: tuple[Basis, ...]
    provisions: tuple[Provision, ...] = PROVISIONS
    conditions: tuple[Condition, ...] = CONDITIONS
    exemptions: tuple[Record, ...] = EXEMPTIONS
    regulators: tuple[Record, ...] = REGULATORS
    version: str = field(init=False)
    _by_code: dict[str, Record] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Version: the date of issue and the digest of the content."""
        everything = (*self.provisions, *self.conditions, *self.exemptions, *self.regulators)
        content = [self.review_by, self.bases, everything]
        digest = hashlib.sha256(dumps(to_jsonable_python(_ordered(content))).encode()).hexdigest()[:12]
        object.__setattr__(self, "version", f"{self.issued.isoformat()}+{digest}")
        object.__setattr__(self, "_by_code", {one.code: one for one in everything})

    def basis(self, code: str, *, kind: Kind, nation: Nation, independent: bool, day: date) -> Basis | None:
        """The row of this code that this controller may cite on this day, or None."""
        for basis in self.bases:
            if (
                basis.code == code
                and kind in basis.controller
                and nation in basis.jurisdiction
                and basis.in_force(day)
                and basis.independent in (None, independent)
            ):
                return basis
        return None

    def provision(self, code: str) -> Provision | None:
        """The gateway of that code, in force or not, or None."""
        found = self._by_code.get(code)
        return found if isinstance(found, Provision) else None

    def condition(self, code: str) -> Condition | None:
        """The condition of that code, in force or not, or None."""
        found = self._by_code.get(code)
        return found if isinstance(found, Condition) else None

    def regulator(self, day: date) -> Record:
        """Who supervises on that day. Raises LookupError if nobody is on file."""
        return next(one for one in reversed(self.regulators) if one.in_force(day))

    def names(self, codes: tuple[str, ...]) -> str:
        """Gateways in words."""
        return "; ".join(found.title if (found := self.provision(code)) else code for code in codes)

    def switched_on(self, code: str, *, since: date, source: str, confirmed_by: str | None = None) -> "Policy":
        """Another policy in which that provision is in force since that day, by that source. Raises LookupError."""
        if self.provision(code) is None:
            raise LookupError(f"no provision {code}")
        provisions = tuple(
            replace(one, in_force_from=since, source=source, confirmed_by=confirmed_by) if one.code == code else one
            for one in self.provisions
        )
        return replace(self, provisions=provisions)


def _ordered(value: object) -> object:
    """Sets in one order, so that the digest is the same everywhere."""
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, (list, tuple)):
        return [_ordered(one) for one in value]
    slots = [name for kind in type(value).__mro__ for name in getattr(kind, "__slots__", ())]
    if isinstance(value, Record):
        return {name: _ordered(getattr(value, name)) for name in sorted(slots)}
    return value


POLICY = Policy(issued=date(2026, 11, 24), review_by=date(2027, 11, 22), bases=BASES)
"""The policy that this release carries."""
