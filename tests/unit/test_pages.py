"""`broker rules`, and the two printable pages: all of it is there, nothing from outside, everything escaped."""

import json
import re
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from broker import legal
from broker.cli import app
from broker.consent import book as books
from broker.consent.book import Entry, RuleKind, Section, book, entries
from broker.consent.law.policy import POLICY
from broker.consent.law.regulators import REGULATORS
from broker.consent.rulebook import Built, Human, Rule
from broker.consent.rules import RULES, RULES_VERSION, article6
from broker.data import organisations, rule_cases
from broker.legal import KINDS, LABELS
from broker.pages import law_page, rules_page
from broker.policies import Policies
from broker.schemas.catalogue import CATALOGUE
from broker.schemas.terms import Kind, Label, Outcome
from tests.generate_docs import cases
from tests.world import make_home

DAY = POLICY.issued
HUMAN = Human(id="Z-01", states="It is <necessary>.", asks="Is it & why?", source="a <b> source", mark="R")
BUILT = Built(
    id="Z-02", states="No copy is kept.", where="broker.nowhere", test="test_x.py::test_y", source="s", mark="P"
)


def broker(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments), env={"BROKER_HOME": "", "COLUMNS": "200"})


class Strict(HTMLParser):
    """Every element that is opened is closed, in order; collects names, text and targets."""

    VOID = frozenset({"meta", "br", "col"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.names: set[str] = set()
        self.attributes: list[tuple[str, str | None]] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.attributes += attrs
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def parsed(page: str) -> Strict:
    reader = Strict()
    reader.feed(page)
    reader.close()
    assert not reader.open
    return reader


def text_of(page: str) -> str:
    return " ".join(" ".join(parsed(page).text).split())


def rules() -> str:
    extra = Section(name="x", title="More", entries=tuple(Entry(section="x", rule=one) for one in (HUMAN, BUILT)))
    return rules_page([*book(), extra], cases(), rules_version=RULES_VERSION)


def law() -> str:
    return law_page(CATALOGUE, POLICY, organisations(), DAY)


@pytest.mark.parametrize("page", [rules(), law()], ids=["rules", "law"])
def test_a_page_stands_alone(page: str) -> None:
    made = parsed(page)
    assert page.startswith("<!DOCTYPE html>")
    assert not made.names & {"script", "link", "img", "iframe", "object", "form"}
    assert not re.search(r"https?:|url\(|@import|javascript:", page)
    ids = [value for name, value in made.attributes if name == "id"]
    assert len(set(ids)) == len(ids)
    assert {value for name, value in made.attributes if name == "href"} <= {f"#{one}" for one in ids}
    assert not {name for name, _ in made.attributes} - {
        "id",
        "href",
        "class",
        "lang",
        "charset",
        "name",
        "content",
        "style",
    }
    assert "Nothing on this page has been confirmed" in page


def test_the_page_of_rules_says_all_of_every_rule() -> None:
    said = text_of(rules())
    for rule in RULES:
        for part in (rule.id, rule.states, rule.reason, rule.cure, rule.source, f":{rule.bites.__name__}"):
            assert " ".join(part.split()) in said
    assert f"{len(cases()['A6-07'])} cases" in said
    assert "silent on the need (refuse)" in said
    assert "the human is asked Is it & why?" in said
    assert "It is <necessary>." in said
    assert "It is <necessary>." not in rules()
    assert "test_x.py::test_y" in said
    assert str(sum(entry.kind is RuleKind.MACHINE for entry in entries())) in said


def test_the_page_of_the_law_says_what_a_lawyer_asks_of_every_flow() -> None:
    said = text_of(law())
    for flow in CATALOGUE:
        for part in (flow.type, flow.title, flow.purpose, flow.source):
            assert part in said
    for record in (*POLICY.bases, *POLICY.provisions, *POLICY.conditions, *POLICY.exemptions, *POLICY.regulators):
        assert record.source in said
        assert record.title in said
    assert said.count("nobody yet") > len(POLICY.provisions)
    assert "Children Act 2004 s16LB (duty to share information) CA2004-s16LB duty of: school or college, " in said
    assert said.count("OFF: not known to be in force") > sum(one.in_force_from is None for one in POLICY.provisions)
    for part in (
        "kind of deadline scheme target",
        "kind of deadline proposal",
        "an appropriate policy document",
        "the submission 7 days; deliveries 30 days; what is held 90 days",
        "UK GDPR (welfare disclosure out of Part 3, s36(4))",
        "DPA 2018 Part 3",
        "who the child is ID",
        "chair of governors, deputy, designated officer, duty desk, headteacher, proprietor, safeguarding lead",
        "Nobody receives it",
        "until it is replaced",
        "for ever",
    ):
        assert part in said


def test_a_leg_without_a_row_is_said_to_have_none() -> None:
    none = replace(POLICY, bases=())
    assert text_of(law_page(CATALOGUE, none, organisations(), DAY)).count("no row of the law") >= len(CATALOGUE) - 2


def test_a_gateway_that_is_not_on_file_is_said_to_be_missing() -> None:
    none = replace(POLICY, provisions=())
    assert "DAA2021-s49A : not on file" in text_of(law_page(CATALOGUE, none, organisations(), DAY))


def test_what_somebody_has_confirmed_is_said_with_the_role() -> None:
    confirmed = tuple(replace(one, confirmed_by="data-protection-officer") for one in POLICY.bases)
    said = text_of(law_page(CATALOGUE, replace(POLICY, bases=confirmed), organisations(), DAY))
    assert "confirmed by data protection officer" in said


def test_whatever_a_record_says_is_escaped() -> None:
    evil = tuple(replace(one, title="<script>alert(1)</script>", source='"&<') for one in POLICY.bases)
    provisions = tuple(replace(one, title="<b>", source="<i>") for one in POLICY.provisions)
    page = law_page(CATALOGUE, replace(POLICY, bases=evil, provisions=provisions), organisations(), DAY)
    assert not parsed(page).names & {"script", "b", "i"}


@pytest.mark.parametrize(
    ("begins", "ends", "says"),
    [
        (None, None, "OFF: not known to be in force"),
        (date(2026, 11, 25), None, "NOT YET: in force from 25 November 2026"),
        (date(2026, 11, 24), None, "in force since 24 November 2026"),
        (date(2026, 1, 1), date(2026, 11, 24), "ENDED on 24 November 2026"),
        (date(2026, 1, 1), date(2026, 11, 25), "in force since 1 January 2026, until 25 November 2026"),
    ],
)
def test_a_state_says_since_when_or_why_not(begins: date | None, ends: date | None, says: str) -> None:
    record = replace(REGULATORS[0], in_force_from=begins, in_force_to=ends)
    assert legal.state(record, DAY) == says
    assert legal.record(record, DAY)["inForce"] is says.startswith("in force since")


def test_every_kind_and_label_has_words() -> None:
    assert set(KINDS) == set(Kind)
    assert set(LABELS) == set(Label)


# The command -------------------------------------------------------------------------------------------------------


def test_the_cases_in_the_package_are_the_cases_of_the_tests() -> None:
    assert rule_cases() == cases()


def test_every_rule_is_listed_once_with_its_kind() -> None:
    said = json.loads(broker("rules", "--json").stdout)
    assert said["rulesVersion"] == RULES_VERSION
    assert sorted(one["id"] for one in said["rules"]) == sorted(entry.rule.id for entry in entries())
    assert {one["kind"] for one in said["rules"]} <= set(RuleKind)
    table = broker("rules")
    assert table.exit_code == 0
    assert all(rule.id in table.stdout for rule in RULES)


def test_a_section_is_listed_alone() -> None:
    said = json.loads(broker("rules", "--section", "article6", "--json").stdout)
    assert [one["id"] for one in said["rules"]][: len(article6.RULES)] == [rule.id for rule in article6.RULES]
    assert "REG-01" not in broker("rules", "--section", "article6").stdout


def test_one_rule_is_told_whole() -> None:
    one = json.loads(broker("rules", "A6-07", "--json").stdout)
    assert one["where"] == "broker.consent.rules.article6:" + one["where"].partition(":")[2]
    assert one["cases"] == cases()["A6-07"]
    assert (one["outcome"], one["scope"], one["section"]) == ("refuse", "message", "article6")
    said = broker("rules", "a6-07")
    assert said.exit_code == 0
    for text in (one["says"][:40], one["reason"][:40], one["where"], "silent on the need"):
        assert text in said.stdout


@pytest.mark.parametrize("rule", [HUMAN, BUILT], ids=["human", "built"])
def test_rules_of_the_other_kinds_are_told_too(monkeypatch: pytest.MonkeyPatch, rule: Human | Built) -> None:
    monkeypatch.setattr(article6, "HUMAN" if isinstance(rule, Human) else "BUILT", (rule,), raising=False)
    one = json.loads(broker("rules", rule.id, "--json").stdout)
    assert (one["kind"], one["section"]) == (books.KINDS[type(rule)], "article6")
    assert one["asks" if isinstance(rule, Human) else "test"] in broker("rules", rule.id).stdout
    assert rule.id in broker("rules").stdout


def test_what_follows_at_the_recipients_side_is_told() -> None:
    entry = next(one for one in entries() if isinstance(one.rule, Rule))
    assert isinstance(entry.rule, Rule)
    other = replace(entry.rule, at_recipient=Outcome.REFUSE, outcome=Outcome.HOLD)
    page = rules_page([Section(name="x", title="X", entries=(Entry(section="x", rule=other),))], {}, rules_version="v")
    assert "; at the recipient's side: refuse" in text_of(page)
    assert "0 cases" in text_of(page)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("A6-99",), "Alike: A6-01"),
        (("ZZ",), "`broker rules` lists all"),
        (("--section", "nonsense"), "article6"),
        (("--html", "/nonexistent/rules.html"), "cannot write"),
    ],
)
def test_what_is_asked_wrongly_says_what_there_is(arguments: tuple[str, ...], says: str) -> None:
    done = broker("rules", *arguments)
    assert done.exit_code == 2
    assert says in done.output


def test_the_pages_are_written_as_they_are_in_docs(tmp_path: Path) -> None:
    assert broker("rules", "--html", str(tmp_path / "rules.html")).exit_code == 0
    committed = Path(__file__).parents[2] / "docs" / "rules.html"
    assert (tmp_path / "rules.html").read_text(encoding="utf-8") == committed.read_text(encoding="utf-8")
    assert broker("flows", "--html", str(tmp_path / "law.html")).exit_code == 0
    assert POLICY.version in (tmp_path / "law.html").read_text(encoding="utf-8")


def test_the_page_of_a_home_is_of_its_policy(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    own = POLICY.switched_on("CA2004-s16LB", since=DAY, source="SI 2026/000")
    Policies(home.path).put(own)
    broker("flows", "--html", str(tmp_path / "law.html"), "--home", str(home.path))
    page = (tmp_path / "law.html").read_text(encoding="utf-8")
    assert own.version in page
    assert "SI 2026/000" in page
