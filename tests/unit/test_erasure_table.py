"""docs/erasure.md has a row for every topic there is, and every test that it names exists."""

import re
from pathlib import Path

from broker import topics
from broker.data import organisations
from broker.registry import Registry
from tests.named import existing, rows

TABLE = Path(__file__).parents[2] / "docs" / "erasure.md"


def listed() -> set[str]:
    return {name for row in rows(TABLE) for name in re.findall(r"^`([a-z.*-]+)`$", row[0])}


def test_every_topic_has_a_row_and_every_row_a_topic() -> None:
    families = {name for family in topics.FAMILIES for name in map(str, (f"submit.{family}", f"state.{family}"))}
    assert families
    needed = {re.sub(r"^(submit|state|copies|inbox)\..*", r"\1.*", one.name) for one in topics.topics(_registry())}
    assert listed() == needed


def test_every_test_that_is_named_exists() -> None:
    named = [name for row in rows(TABLE) for name in re.findall(r"`(test_\w+\.py::\w+)`", row[-1])]
    assert len(named) > 10
    assert not set(named) - existing()


def test_what_has_no_test_says_that_it_is_a_gap() -> None:
    bare = [row[0] for row in rows(TABLE) if "::" not in row[-1] and not row[-1].startswith("gap: ")]
    assert not bare


def _registry() -> Registry:
    return Registry(organisations())
