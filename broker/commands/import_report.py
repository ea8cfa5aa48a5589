"""What an import found and would change: for a person, and for a program."""

from collections.abc import Iterable, Sequence
from enum import Enum
from typing import Any

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table

from broker.importers.difference import Change, Difference
from broker.importers.findings import Finding, Found, Weight
from broker.importers.imported import Format, Imported
from broker.registry import Desk, Organisation, Status

SHOWN = 15
"""Lines of a list that a person is shown; --json has all of them."""
COLOUR = {Weight.PROBLEM: "red", Weight.SKIPPED: "dim", Weight.NOTE: "yellow"}
Json = dict[str, Any]


def _value(item: object) -> str:
    if item is None or item == ():
        return "-"
    if isinstance(item, bool):
        return "yes" if item else "no"
    if isinstance(item, Desk):
        return f"{item.role}, {item.telephone}"
    if isinstance(item, tuple):
        return ", ".join(map(str, item))
    return item.value if isinstance(item, Enum) else str(item)


def as_json(form: Format, imported: Imported, found: Difference) -> Json:
    """Everything."""
    return {
        "format": form.name,
        "rows": imported.rows,
        "organisations": len(imported.organisations),
        "findings": [_finding(one) for one in imported.findings],
        "new": [_organisation(one) for one in found.new],
        "changed": [_change(one) for one in found.changed],
        "closed": [_change(one) for one in found.closed],
        "reopened": [_change(one) for one in found.reopened],
        "vanished": [{"id": one.id, "name": one.name} for one in found.vanished],
        "unchanged": found.unchanged,
    }


def _finding(one: Finding) -> Json:
    return {
        "file": "links" if one.in_links else "register",
        "line": one.line,
        "column": one.column,
        "kind": one.found.value,
        "weight": one.weight.name.lower(),
        "wrong": one.wrong,
        "cure": one.cure,
    }


def _organisation(one: Organisation) -> Json:
    return one.model_dump(mode="json", by_alias=True, exclude_defaults=True)


def _change(one: Change) -> Json:
    fields = {name: {"was": _value(old), "becomes": _value(new)} for name, old, new in one.fields}
    return {"id": one.before.id, "name": one.before.name, "fields": fields}


def as_tables(form: Format, imported: Imported, found: Difference) -> Group:
    """The counts, what is wrong with which lines, and the first of every list."""
    parts: list[RenderableType] = [_counts(form, imported, found)]
    if imported.findings:
        parts.append(_findings(imported.findings))
    if found.new:
        parts.append(_organisations("new", found.new))
    for title, changes in (("closed", found.closed), ("reopened", found.reopened), ("changed", found.changed)):
        if changes:
            parts.append(_changes(title, changes))
    if found.vanished:
        parts.append(
            _organisations("registered and open, but not in the file: nothing is done about them", found.vanished)
        )
    return Group(*parts)


def _counts(form: Format, imported: Imported, found: Difference) -> Table:
    made = imported.organisations.values()
    closed = sum(1 for one in made if one.status is Status.CLOSED)
    by_weight = {weight: sum(1 for one in imported.findings if one.weight is weight) for weight in Weight}
    table = Table(title=form.title, title_justify="left", show_header=False)
    table.add_row("rows", f"{imported.rows:,}")
    table.add_row("organisations in them", f"{len(made):,}, of which {closed:,} closed")
    table.add_row("problems", f"{by_weight[Weight.PROBLEM]:,}")
    table.add_row("not meant to be imported", f"{by_weight[Weight.SKIPPED]:,}")
    table.add_row("imported with a gap", f"{by_weight[Weight.NOTE]:,}")
    for what in ("new", "changed", "closed", "reopened", "vanished"):
        table.add_row(f"[bold]{what}[/]", f"[bold]{len(getattr(found, what)):,}[/]")
    table.add_row("unchanged", f"{found.unchanged:,}")
    return table


def _findings(findings: Iterable[Finding]) -> Table:
    table = Table("what is wrong", "column", "how many", "on lines", "what to do", title="rows", title_justify="left")
    kinds: dict[tuple[Weight, Found, str, str, bool], list[Finding]] = {}
    for one in findings:
        kinds.setdefault((one.weight, one.found, one.column, one.rule, one.in_links), []).append(one)
    for (weight, _, column, _, in_links), ones in sorted(
        kinds.items(), key=lambda kind: list(Weight).index(kind[0][0])
    ):
        lines = ", ".join(str(one.line) for one in ones[:SHOWN]) + (", ..." if len(ones) > SHOWN else "")
        where = f"{column} (links)" if in_links else column
        sample = ones[0]
        style = COLOUR[weight]
        table.add_row(sample.wrong, escape(where), f"{len(ones):,}", lines, sample.cure, style=style)
    return table


def _organisations(title: str, ones: Sequence[Organisation]) -> Table:
    table = Table("id", "name", "status", title=_title(title, len(ones)), title_justify="left")
    for one in ones[:SHOWN]:
        table.add_row(one.id, escape(one.name), one.status.value)
    return table


def _changes(title: str, changes: Sequence[Change]) -> Table:
    table = Table("id", "name", "field", "was", "becomes", title=_title(title, len(changes)), title_justify="left")
    for change in changes[:SHOWN]:
        for number, (field, old, new) in enumerate(change.fields):
            who = ("", "") if number else (change.before.id, escape(change.before.name))
            table.add_row(*who, field.replace("_", " "), escape(_value(old)), escape(_value(new)))
    return table


def _title(title: str, count: int) -> str:
    return title if count <= SHOWN else f"{title}: the first {SHOWN} of {count:,} (--json has all)"
