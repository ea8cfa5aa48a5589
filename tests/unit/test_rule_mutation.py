"""A rule that always permits, and one that always bites, must each be noticed by the cases of that rule."""

import pytest

from broker.consent import rights
from broker.consent.book import entries
from broker.consent.rulebook import Built, Human
from broker.consent.rules import RULES
from tests import rule_report
from tests.rule_cases.every import EVERY
from tests.rule_report import cases_of, failing, report, untested

IDS = sorted(rule.id for rule in (*RULES, *rights.RULES))


@pytest.mark.parametrize("rule_id", IDS)
@pytest.mark.parametrize("bites", [False, True], ids=["always-permits", "always-bites"])
def test_a_mutant_does_not_survive(rule_id: str, bites: bool) -> None:  # noqa: FBT001
    cases = cases_of(rule_id)
    assert cases, "a rule without a case would be untested"
    assert not failing(cases)
    assert failing(cases, mutated_to=bites)


def test_the_report_counts_every_rule_and_finds_none_untested() -> None:
    made = report()
    assert made.good
    assert made.machine == len(IDS)
    assert made.machine + made.human + made.built == len(list(entries()))
    assert made.line.endswith("0 untested, 0 that survive mutation")


def test_the_report_names_what_is_not_tested(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(rule_report, "EVERY", [case for case in EVERY if case.rule != "A6-01"])
    assert rule_report.main() == 1
    said = capsys.readouterr().out
    assert "1 untested, 2 that survive mutation" in said
    assert "untested: A6-01\n" in said
    assert "survives mutation: A6-01 (always bites)" in said


@pytest.mark.parametrize(
    ("test", "missing"),
    [
        ("tests/unit/test_rule_mutation.py::test_a_mutant_does_not_survive", False),
        ("tests/unit/test_rule_mutation.py::test_nobody_wrote_this", True),
        ("the care of those who wrote it", True),
    ],
)
def test_a_rule_that_is_kept_by_construction_names_a_test_that_exists(test: str, missing: bool) -> None:  # noqa: FBT001
    assert untested(Built(id="X", states="S.", where="here", test=test, source="s", mark="P")) is missing


@pytest.mark.parametrize(("asks", "missing"), [("Is it necessary?", False), ("", True)])
def test_a_human_rule_asks_something(asks: str, missing: bool) -> None:  # noqa: FBT001
    assert untested(Human(id="X", states="S.", asks=asks, source="s", mark="P")) is missing


def test_no_id_stands_for_two_rules() -> None:
    ids = [entry.rule.id for entry in entries()]
    assert sorted(set(ids)) == sorted(ids)


def test_every_machine_checked_rule_is_in_a_section() -> None:
    assert {entry.rule.id for entry in entries()} >= set(IDS)
