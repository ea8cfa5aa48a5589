"""Tables in documents that name tests, and the tests that there are."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

TESTS = Path(__file__).parent


def rows(document: Path) -> Iterator[list[str]]:
    """The cells of every row of every table, without the heads."""
    lines = document.read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines):
        head = number + 1 < len(lines) and lines[number + 1].startswith("| ---")
        if line.startswith("| ") and not head and not line.startswith("| ---"):
            yield [cell.strip() for cell in line.strip().strip("|").split(" | ")]


@cache
def existing() -> frozenset[str]:
    """`test_file.py::test_name` of every test function, read without importing anything."""
    return frozenset(
        f"{file.name}::{node.name}"
        for file in TESTS.rglob("test_*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_")
    )
