"""Whatever a register file holds, an import ends with a finding for every row that is not imported, or refuses it."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.importers import formats
from broker.importers.difference import difference
from broker.importers.findings import Found, Weight
from broker.importers.rows import WrongFile
from broker.registry import Registry
from tests.unit.test_importers import SAMPLES, sheet

CELLS = st.one_of(
    st.text(max_size=30),
    st.sampled_from(
        ["", "1", "190001", "E09000007", "open", "true", "England", "N03", "31-08-2026", "\x00", '"', "\r"]
    ),
)


@given(data=st.binary(max_size=400), form=st.sampled_from(sorted(formats.FORMATS)))
def test_any_bytes_are_refused_as_a_whole(data: bytes, form: str) -> None:
    with pytest.raises(WrongFile):
        formats.read(formats.FORMATS[form], io.BytesIO(data), None, Registry())


@given(form=st.sampled_from(sorted(SAMPLES)), rows=st.lists(st.dictionaries(st.integers(0, 9), CELLS), max_size=5))
def test_a_row_of_anything_is_imported_or_named(form: str, rows: list[dict[int, str]]) -> None:
    columns = list(SAMPLES[form])
    made = [{columns[n]: cell for n, cell in row.items() if n < len(columns)} for row in rows]
    data = sheet(SAMPLES[form], *(SAMPLES[form] | row for row in made), encoding="utf-8")
    imported = formats.read(formats.FORMATS[form], io.BytesIO(data), None, Registry())
    left_out = [one for one in imported.findings if one.weight is not Weight.NOTE]
    assert imported.rows == len(rows) + 1
    assert len(imported.organisations) + len(left_out) == imported.rows
    assert difference(Registry(), imported).entries == tuple(imported.organisations.values())


@given(form=st.sampled_from(sorted(SAMPLES)), damage=st.binary(min_size=1, max_size=8), at=st.integers(0, 400))
def test_damage_in_one_row_costs_no_other_row(form: str, damage: bytes, at: int) -> None:
    whole = sheet(SAMPLES[form])
    heading, row, _ = whole.split(b"\r\n")
    damaged = row[:at] + damage + row[at:]
    data = b"\r\n".join([heading, damaged, row, b""])
    ((name, good),) = formats.read(formats.FORMATS[form], io.BytesIO(whole), None, Registry()).organisations.items()
    imported = formats.read(formats.FORMATS[form], io.BytesIO(data), None, Registry())
    named_twice = any(one.found is Found.TWICE for one in imported.findings)
    assert named_twice or imported.organisations[name] == good
