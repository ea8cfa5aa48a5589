"""docs/threats.md: every row names a test that exists, and what has none is marked as a gap where gaps are."""

import re
from pathlib import Path

import pytest

from tests.named import existing, rows

TABLE = Path(__file__).parents[2] / "docs" / "threats.md"
NAMED = re.compile(r"`(test_\w+\.py::test_\w+)`")


def wrong(table: list[list[str]], gaps: list[list[str]], tests: frozenset[str]) -> list[str]:
    """What is not as it should be."""
    found = [f"{row[0]}: no test, and no gap" for row in table if not NAMED.search(row[-1])]
    found += [f"{name}: no such test" for row in table for name in NAMED.findall(row[-1]) if name not in tests]
    found += [f"{row[0]}: a gap that is not marked" for row in gaps if not row[0].startswith("GAP: ")]
    found += [f"{row[0]}: a gap among what is covered" for row in table if "GAP" in " ".join(row)]
    return found + [f"{row[0]}: not four cells" for row in table + gaps if len(row) != 4]


def parts(file: Path) -> tuple[list[list[str]], list[list[str]]]:
    """The rows that name tests, and those under Gaps."""
    everything = list(rows(file))
    gaps = [row for row in everything if row[0].startswith("GAP") or not NAMED.search(row[-1])]
    text = file.read_text(encoding="utf-8").partition("## Gaps")[2]
    under = [row for row in gaps if row[0] in text]
    return [row for row in everything if row not in under], under


def test_every_threat_names_its_test_or_is_listed_as_a_gap() -> None:
    table, gaps = parts(TABLE)
    assert len(table) > 40
    assert len(gaps) > 5
    assert wrong(table, gaps, existing()) == []


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("| A threat | a control | on | `test_threats.py::test_that_nobody_wrote` |", "no such test"),
        ("| A threat | a control | on | by hand |", "no test, and no gap"),
        ("| GAP: a threat | a control | on | - |", "no test, and no gap"),
        ("| A threat | a control | `test_threats.py::test_a_table_that_is_wrong_is_noticed` |", "not four cells"),
    ],
)
def test_a_table_that_is_wrong_is_noticed(row: str, says: str, tmp_path: Path) -> None:
    head, gaps = TABLE.read_text(encoding="utf-8").split("## Gaps")
    (tmp_path / "threats.md").write_text(f"{head.rstrip()}\n{row}\n\n## Gaps{gaps}", encoding="utf-8")
    assert any(says in one for one in wrong(*parts(tmp_path / "threats.md"), existing()))
