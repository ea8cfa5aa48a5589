"""Councils with children's services, by the ONS code of their area."""

from collections.abc import Mapping
from typing import Any

from broker.importers.findings import Found
from broker.importers.imported import NATIONS, Format, Imported, Lines, collect
from broker.importers.rows import Row
from broker.registry import Registry
from broker.schemas.identifiers import gss_code, is_childrens_services, police_force_area
from broker.schemas.terms import Kind

NEEDS = ("gss_code", "official_name", "nation", "police_force_gss")


def read(lines: Lines, _links: Lines | None, _registry: Registry) -> Imported:
    """Read the list of local authorities. Raises WrongFile."""
    found = collect(lines, NEEDS, code="gss_code", identify=_identify, make=_make)
    return found.imported(Kind.COUNCIL, ("name", "nation", "police_area"))


def _identify(row: Row) -> str:
    code = row.code("gss_code", gss_code)
    if not is_childrens_services(code):
        raise row.left_out(Found.WRONG_CODE, "gss_code", "areas of this kind have no children's services of their own")
    return f"la:{code}"


def _make(row: Row, _id: str) -> Mapping[str, Any]:
    return {
        "name": row.name("official_name"),
        "nation": row.one_of("nation", NATIONS),
        "policeArea": row.code("police_force_gss", police_force_area),
    }


FORMAT = Format(name="councils", title="councils with children's services", needs=NEEDS, read=read)
