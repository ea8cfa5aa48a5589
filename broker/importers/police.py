"""The territorial police forces of England and Wales, by the code that criminal justice systems use for them."""

from collections.abc import Mapping
from typing import Any

from broker.importers.imported import NATIONS, Format, Imported, Lines, collect
from broker.importers.rows import Row
from broker.registry import Registry
from broker.schemas.identifiers import police_force_area, police_force_code
from broker.schemas.terms import Kind

NEEDS = ("cjs_force_code", "cjs_force_name", "pfa_gss_code", "nation")


def read(lines: Lines, _links: Lines | None, _registry: Registry) -> Imported:
    """Read the list of police force areas. Raises WrongFile.

    It names the area and not the force, so a force that is registered keeps its name.
    """
    found = collect(lines, NEEDS, code="cjs_force_code", identify=_identify, make=_make)
    return found.imported(Kind.POLICE, ("nation", "police_area"))


def _identify(row: Row) -> str:
    return f"police:{row.code('cjs_force_code', police_force_code)}"


def _make(row: Row, _id: str) -> Mapping[str, Any]:
    form = "{}" if "police" in row["cjs_force_name"].lower() else "{} Police"
    return {
        "name": row.name("cjs_force_name", form),
        "nation": row.one_of("nation", NATIONS),
        "policeArea": row.code("pfa_gss_code", police_force_area),
    }


FORMAT = Format(name="police", title="police force areas", needs=NEEDS, read=read)
