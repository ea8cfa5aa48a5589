"""The formats that can be imported, by name; and what to say about a file of another one."""

from collections.abc import Mapping, Sequence

from broker.importers import care_boards, councils, delivery_units, gias, police, prisons
from broker.importers.imported import Format, Imported, Lines
from broker.importers.rows import MissingColumns, WrongFile
from broker.registry import Registry

FORMATS: Mapping[str, Format] = {
    one.name: one
    for one in (
        councils.FORMAT,
        police.FORMAT,
        gias.FORMAT,
        prisons.FORMAT,
        delivery_units.FORMAT,
        care_boards.FORMAT,
    )
}


def read(form: Format, lines: Lines, links: Lines | None, registry: Registry) -> Imported:
    """Read a register file of that format, and its second file. Raises WrongFile, whose text says what to do."""
    try:
        return form.read(lines, links, registry)
    except MissingColumns as error:
        raise WrongFile(f"{error}.{_looks_like(error.heading)}") from None


def _looks_like(heading: Sequence[str]) -> str:
    for one in FORMATS.values():
        if set(one.needs) <= set(heading):
            return f" It looks like {one.title}: `broker org import {one.name}`."
        if one.links and set(one.links.needs) <= set(heading):
            return f" It looks like {one.links.title}: give it as --links of `broker org import {one.name}`."
    return " It looks like none of: " + ", ".join(one.title for one in FORMATS.values()) + "."
