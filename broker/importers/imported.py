"""What a register file amounts to: the organisations in it, and what there is to say about its rows."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from broker.importers.findings import Finding, Found
from broker.importers.rows import LeftOut, Row, WrongFile, WrongLinks, table
from broker.registry import Nation, Organisation, Registry, Status
from broker.schemas.terms import Kind

Lines: TypeAlias = Iterable[bytes]
NATIONS = {nation.value: nation for nation in Nation}


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """One published register: which columns its file and its second file must have, and what reads them."""

    name: str
    title: str
    needs: tuple[str, ...]
    links: "Links | None" = None
    read: "Callable[[Lines, Lines | None, Registry], Imported]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """A register file, read.

    `facts`: the fields that this register knows; of an organisation that is registered already, no others change.
    `mentioned`: everybody whose code is in the file, also those whose row cannot be used.
    """

    kind: Kind
    facts: tuple[str, ...]
    organisations: Mapping[str, Organisation]
    mentioned: frozenset[str]
    rows: int
    findings: tuple[Finding, ...]


@dataclass(slots=True)
class Collected:
    """The rows of a file while it is being read."""

    organisations: dict[str, Organisation]
    mentioned: set[str]
    findings: list[Finding]
    rows: int = 0

    def imported(self, kind: Kind, facts: tuple[str, ...]) -> Imported:
        """What came of it."""
        return Imported(
            kind=kind,
            facts=facts,
            organisations=self.organisations,
            mentioned=frozenset(self.mentioned),
            rows=self.rows + sum(1 for one in self.findings if one.found in _NO_ROW and not one.in_links),
            findings=tuple(sorted(self.findings, key=lambda one: (one.in_links, one.line))),
        )


_NO_ROW = (Found.UNREADABLE, Found.WRONG_LENGTH)


def collect(
    lines: Lines,
    needs: Sequence[str],
    *,
    code: str,
    identify: Callable[[Row], str],
    make: Callable[[Row, str], Mapping[str, Any]],
) -> Collected:
    """Read every row: `identify` gives its organisation's id, from column `code`, and `make` its other fields.

    Raises WrongFile.
    """
    so_far = Collected({}, set(), [])
    for row in table(lines, needs, so_far.findings):
        so_far.rows += 1
        try:
            name = identify(row)
            if name in so_far.mentioned:
                raise row.left_out(Found.TWICE, code)
            so_far.mentioned.add(name)
            so_far.organisations[name] = Organisation.model_validate({"id": name, **make(row, name)})
        except LeftOut as out:
            so_far.findings.append(out.finding)
    return so_far


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """The second file of a register: who followed whom. `reads` gives the two ids, or None for another sort of link."""

    title: str
    needs: tuple[str, ...]
    predecessor: str
    successor: str
    reads: Callable[[Row], tuple[str, str] | None]


def succeed(so_far: Collected, links: Links, lines: Lines, registry: Registry) -> None:
    """Add the successors of those that have closed. Raises WrongLinks."""
    findings: list[Finding] = []
    try:
        followed = _followed(links, lines, so_far, registry, findings)
    except WrongFile as error:
        raise WrongLinks(str(error)) from None
    for name, successors in followed.items():
        once = tuple(dict.fromkeys(successors))
        so_far.organisations[name] = so_far.organisations[name].model_copy(update={"successors": once})
    so_far.findings += [replace(one, in_links=True) for one in findings]


def _followed(
    links: Links, lines: Lines, so_far: Collected, registry: Registry, findings: list[Finding]
) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for row in table(lines, links.needs, findings):
        try:
            ends = links.reads(row)
        except LeftOut as out:
            findings.append(out.finding)
            continue
        if ends is not None and _usable(row, links, ends, so_far, registry):
            found.setdefault(ends[0], []).append(ends[1])
    return found


def _usable(row: Row, links: Links, ends: tuple[str, str], so_far: Collected, registry: Registry) -> bool:
    predecessor, successor = ends
    made = so_far.organisations.get(predecessor)
    if made is None:
        row.note(Found.NOBODY_SUCCEEDED, links.predecessor)
    elif made.status is Status.OPEN:
        row.note(Found.STILL_OPEN, links.predecessor)
    elif successor == predecessor or (successor not in so_far.organisations and registry.get(successor) is None):
        row.note(Found.NOBODY_SUCCEEDS, links.successor)
    else:
        return True
    return False
