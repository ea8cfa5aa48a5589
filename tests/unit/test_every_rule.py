"""Sections 8 to 15 of the data-protection rules: each is checked, asked of a human, or kept by how it is built."""

import ast
from collections import Counter
from pathlib import Path

import pytest

from broker.consent import rights
from broker.consent.rulebook import Built, Human
from broker.consent.rules import BUILT, HUMAN, RULES

ROOT = Path(__file__).parents[2]
SECTIONS = {"P3": 13, "X": 7, "GW": 10, "PR": 5, "CF": 5, "TR": 5, "RT": 14, "AC": 6, "RET": 4}
"""How many each section has, as of 22 November 2026."""
IDS = [f"{section}-{number:02d}" for section, last in SECTIONS.items() for number in range(1, last + 1)]


@pytest.mark.parametrize("rule_id", IDS)
def test_every_rule_is_accounted_for_once(rule_id: str) -> None:
    checked = [one.id for one in (*RULES, *rights.RULES)]
    assert Counter([*checked, *(one.id for one in HUMAN), *(one.id for one in BUILT)])[rule_id] == 1


@pytest.mark.parametrize("one", BUILT, ids=lambda one: one.id)
def test_what_is_kept_by_construction_names_a_place_and_a_test_that_exist(one: Built) -> None:
    for place in one.where.split("; "):
        path, inside = place.split(": ")
        assert inside in (ROOT / path).read_text()
    file, name = one.test.split("::")
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    parsed = ast.parse((ROOT / file).read_text())
    assert name in {node.name for node in parsed.body if isinstance(node, functions)}
    assert name.startswith("test_")


@pytest.mark.parametrize("one", [*HUMAN, *BUILT], ids=lambda one: one.id)
def test_it_says_what_it_says_and_where_that_was_read(one: Human | Built) -> None:
    assert one.states.endswith((".", ".)"))
    assert one.source
    assert one.mark
    if isinstance(one, Human):
        assert "?" in one.asks
