"""Integrated care boards of the NHS in England, by their ODS code; and who took over from whom."""

from collections.abc import Mapping
from typing import Any

from broker.importers.imported import Format, Imported, Lines, Links, collect, succeed
from broker.importers.rows import Row
from broker.registry import Nation, Registry, Status
from broker.schemas.identifiers import ods_code
from broker.schemas.terms import Kind

NEEDS = ("ods_code", "name", "end_date", "status")
_STATUS = {status.value: status for status in Status}


def read(lines: Lines, links: Lines | None, registry: Registry) -> Imported:
    """Read the list of boards, and the list of successions if there is one. Raises WrongFile."""
    found = collect(lines, NEEDS, code="ods_code", identify=_identify, make=_make)
    if links is None:
        return found.imported(Kind.CARE_BOARD, _FACTS)
    succeed(found, LINKS, links, registry)
    return found.imported(Kind.CARE_BOARD, (*_FACTS, "successors"))


_FACTS = ("name", "nation", "status", "closed_on")


def _board(text: str) -> str:
    code = ods_code(text)
    if len(code) not in (3, 5):
        raise ValueError("the ODS code of a care board has three or five letters and digits")
    return code


def _identify(row: Row) -> str:
    return f"icb:{row.code('ods_code', _board)}"


def _make(row: Row, _id: str) -> Mapping[str, Any]:
    status = row.one_of("status", _STATUS)
    return {
        "name": row.name("name"),
        "nation": Nation.ENGLAND,
        "status": status,
        "closedOn": row.day("end_date") if status is Status.CLOSED else None,
    }


def _succession(row: Row) -> tuple[str, str]:
    return f"icb:{row.code('predecessor_ods', _board)}", f"icb:{row.code('successor_ods', _board)}"


LINKS = Links(
    title="successions of care boards",
    needs=("predecessor_ods", "successor_ods"),
    predecessor="predecessor_ods",
    successor="successor_ods",
    reads=_succession,
)
FORMAT = Format(name="care-boards", title="integrated care boards", needs=NEEDS, links=LINKS, read=read)
