"""The law compiled into one immutable version, which every decision names, and which can be loaded to replay it."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date
from typing import Any

from pydantic_core import to_jsonable_python

from broker.consent.law.bases import BASES, Basis
from broker.consent.law.conditions import CONDITIONS, Condition
from broker.consent.law.provisions import PROVISIONS, Provision
from broker.consent.law.record import Record
from broker.consent.law.regulators import EXEMPTIONS, REGULATORS
from broker.registry import Nation
from broker.schemas.claims import Claim
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
        """Version: the date of issue and the digest of the content.

        What stands at its default is left out of the digest: a field that a later release adds changes no version.
        """
        everything = (*self.provisions, *self.conditions, *self.exemptions, *self.regulators)
        content = [self.review_by.isoformat(), [_said(one) for one in self.bases], [_said(one) for one in everything]]
        digest = hashlib.sha256(dumps(content).encode()).hexdigest()[:12]
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
        found = next((one for one in reversed(self.regulators) if one.in_force(day)), None)
        if found is None:
            raise LookupError("no regulator is on file for that day")
        return found

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


def listed(records: Sequence[Record]) -> list[dict[str, Any]]:
    """The records as JSON, everything said, sets in one order: the same text everywhere."""
    return [_said(one, whole=True) for one in records]


def _said(one: Record, *, whole: bool = False) -> dict[str, Any]:
    """One record, what stands at its default said only if it is to be `whole`."""
    values = {part.name: (getattr(one, part.name), part.default) for part in fields(one)}
    return {name: _plain(value, whole=whole) for name, (value, default) in values.items() if whole or value != default}


def _plain(value: object, *, whole: bool) -> object:
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, Claim):
        return value.model_dump(mode="json", by_alias=False, exclude_defaults=not whole)
    return to_jsonable_python(value)


POLICY = Policy(issued=date(2026, 11, 24), review_by=date(2027, 11, 22), bases=BASES)
"""The policy that this release carries."""
