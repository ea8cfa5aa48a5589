"""Probation delivery units, by their nDelius code."""

from collections.abc import Mapping
from typing import Any

from broker.importers.imported import Format, Imported, Lines, collect
from broker.importers.rows import Row
from broker.registry import Nation, Registry
from broker.schemas.identifiers import pdu_code
from broker.schemas.terms import Kind

NEEDS = ("pdu_code", "pdu_name", "region_code")
_WALES = "N03"  # the one Welsh region of the twelve


def read(lines: Lines, _links: Lines | None, _registry: Registry) -> Imported:
    """Read the list of probation delivery units. Raises WrongFile."""
    found = collect(lines, NEEDS, code="pdu_code", identify=_identify, make=_make)
    return found.imported(Kind.DELIVERY_UNIT, ("name", "nation"))


def _identify(row: Row) -> str:
    return f"pdu:{row.code('pdu_code', pdu_code)}"


def _make(row: Row, _id: str) -> Mapping[str, Any]:
    return {
        "name": row.name("pdu_name", "{} probation delivery unit"),
        "nation": Nation.WALES if row.code("region_code", _region) == _WALES else Nation.ENGLAND,
    }


def _region(text: str) -> str:
    if len(text) != len(_WALES) or not text.startswith("N"):
        raise ValueError("a probation region has the letter N and two digits")
    return text


FORMAT = Format(name="delivery-units", title="probation delivery units", needs=NEEDS, read=read)
