"""Prisons and other places of custody, by their NOMIS agency code."""

from collections.abc import Mapping
from typing import Any

from broker.importers.findings import Found
from broker.importers.imported import NATIONS, Format, Imported, Lines, collect
from broker.importers.rows import Row
from broker.registry import Nation, Registry, Status
from broker.schemas.identifiers import prison_code
from broker.schemas.terms import Kind

NEEDS = ("agency_id", "name", "active", "inactive_date", "country")
_STATUS = {"true": Status.OPEN, "false": Status.CLOSED}


def read(lines: Lines, _links: Lines | None, _registry: Registry) -> Imported:
    """Read the prison register. Raises WrongFile."""
    found = collect(lines, NEEDS, code="agency_id", identify=_identify, make=_make)
    return found.imported(Kind.PRISON, ("name", "nation", "status", "closed_on"))


def _identify(row: Row) -> str:
    return f"prison:{row.code('agency_id', prison_code)}"


def _make(row: Row, _id: str) -> Mapping[str, Any]:
    status = row.one_of("active", _STATUS)
    return {
        "name": row.name("name"),
        "nation": _nation(row),
        "status": status,
        "closedOn": row.day("inactive_date") if status is Status.CLOSED else None,
    }


def _nation(row: Row) -> Nation:
    """The register leaves the country of most closed prisons empty."""
    if row["country"]:
        return row.one_of("country", NATIONS)
    row.note(Found.NO_NATION, "country")
    return Nation.ENGLAND


FORMAT = Format(name="prisons", title="prisons", needs=NEEDS, read=read)
