"""`broker papers`: what a person declares, reads and is warned of. No Kafka: events are signed, or already there."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from broker.cli import app
from broker.clock import system_clock
from broker.home import Home
from broker.register import AgreementDeclared, DocumentFiled, PaperEnded
from broker.schemas.papers import Agreement
from tests.papers import agreement, document
from tests.personas import ACLAND, ARGYLE, CAMDEN, MET, MET_AREA
from tests.world import make_home

NOW = system_clock()  # the commands ask the system's clock, too
TODAY = NOW.date()
ROOT = Path(__file__).parents[2]
POLICY, AGREEMENT = ROOT / "examples/policy-document.json", ROOT / "examples/agreement.json"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return make_home(tmp_path / "home", NOW)


def papers(home: Home, *arguments: str) -> Result:
    """Run `broker papers` in this process."""
    return CliRunner().invoke(app, ["papers", *arguments], env={"BROKER_HOME": str(home.path), "COLUMNS": "220"})


def record(tmp_path: Path, file: Path, **changes: Any) -> str:  # noqa: ANN401 - JSON
    given = {**json.loads(file.read_text()), "validFrom": f"{TODAY - timedelta(days=1)}", **changes}
    given["reviewOn"] = f"{TODAY + timedelta(days=300)}" if "reviewOn" not in changes else changes["reviewOn"]
    made = tmp_path / "record.json"
    made.write_text(json.dumps(given))
    return str(made)


def accepted(home: Home, done: Result) -> None:
    """What the registry desk does with a signed event."""
    assert done.exit_code == 0, done.output
    home.add_event(done.stdout.strip().splitlines()[-1])


def test_a_document_is_filed_shown_and_ended(home: Home, tmp_path: Path) -> None:
    done = papers(home, "declare", ACLAND, record(tmp_path, POLICY), "--sign-only")
    accepted(home, done)
    newest = next(home.registry().papers.documents(ACLAND))
    assert newest.id in done.stderr
    shown = json.loads(papers(home, "show", newest.id, "--json").stdout)
    assert (shown["controller"], shown["owner"], shown["stands"]) == (ACLAND, ACLAND, "current")
    assert "sch1-para-36" in papers(home, "show", newest.id).stdout
    accepted(home, papers(home, "end", newest.id, "--as", ACLAND, "--sign-only"))
    assert f"ended {NOW:%Y-%m-%d}" in papers(home, "list", ACLAND).stdout


def test_an_agreement_is_declared_and_joined_by_each_party(home: Home, tmp_path: Path) -> None:
    accepted(home, papers(home, "agree", record(tmp_path, AGREEMENT), "--sign-only"))
    made = next(home.registry().papers.agreements(MET))
    for who in (CAMDEN, ARGYLE):
        accepted(home, papers(home, "join", made.id, "--as", who, "--sign-only"))
    listed = json.loads(papers(home, "list", ARGYLE, "--json").stdout)
    (found,) = [one for one in listed if one["id"] == made.id]
    assert found["joined"] == [MET, CAMDEN, ARGYLE]
    assert found["digest"] == made.digest
    assert f"school, {MET_AREA}" in papers(home, "show", made.id).stdout


def test_labels_that_leave_out_what_every_message_carries_are_refused_with_the_fields(
    home: Home, tmp_path: Path
) -> None:
    done = papers(home, "agree", record(tmp_path, AGREEMENT, labels=["none", "ID"]), "--sign-only")
    assert done.exit_code == 1
    assert "notification-issued.v1: childSpokenTo (VOI)" in done.stderr
    assert "hides-what-every-message-carries" in done.stderr
    assert not done.stdout


@pytest.mark.parametrize(
    ("arguments", "says", "code"),
    [
        (("show", "document-ffffffffffff"), "broker papers list", 2),
        (("declare", ACLAND, "no-such-file.json"), "cannot read", 2),
        (("declare", ACLAND, str(ROOT / "README.md")), "is not JSON", 2),
        (("declare", ACLAND, str(ROOT / "examples/good.json")), "See --help for an example", 2),
        (("end", "agreement-ffffffffffff", "--as", MET), "is not on file", 2),
        (("list", "--home", "no-such-home"), "no registry at", 1),
    ],
)
def test_an_error_says_what_to_do_next(home: Home, arguments: tuple[str, ...], says: str, code: int) -> None:
    done = papers(home, *arguments)
    assert says in done.stderr
    assert done.exit_code == code


def test_a_list_is_no_record_and_a_document_is_not_joined(home: Home, tmp_path: Path) -> None:
    (tmp_path / "list.json").write_text("[]")
    assert "one record" in papers(home, "agree", str(tmp_path / "list.json")).stderr
    own = next(home.registry().papers.documents(ACLAND)).id
    assert "only agreements are joined" in papers(home, "join", own, "--as", ACLAND).stderr


def test_an_unknown_condition_and_a_key_that_is_not_here_are_said(home: Home, tmp_path: Path) -> None:
    file = record(tmp_path, POLICY, conditions=["sch1-para-99"])
    assert "no-such-message-type-or-condition" in papers(home, "declare", ACLAND, file, "--sign-only").stderr
    own = next(home.registry().papers.documents(ACLAND)).id
    for key in (home.path / "keys" / "school-100053").iterdir():
        key.unlink()
    assert "has no valid signing key here" in papers(home, "end", own, "--as", ACLAND, "--sign-only").stderr


def test_what_is_due_is_listed_with_who_must_act_and_what_is_overdue_ends_in_1(home: Home) -> None:
    done = papers(home, "due")
    assert (done.exit_code, done.stdout.strip()) == (0, "nothing is to be reviewed within 30 days")
    begun = TODAY - timedelta(days=300)
    soon = document(ACLAND, valid_from=begun, review_on=TODAY + timedelta(days=20))
    home.declare(DocumentFiled(document=soon), ACLAND, NOW)
    done = papers(home, "due")
    assert (done.exit_code, soon.id in done.stdout, ACLAND in done.stdout) == (0, True, True)
    assert papers(home, "due", "--within", "10").stdout.startswith("nothing")
    over = agreement(valid_from=begun, review_on=TODAY - timedelta(days=1))
    home.declare(AgreementDeclared(agreement=over), MET, NOW)
    done = papers(home, "due", "--json")
    assert done.exit_code == 1
    assert [(one["id"], one["stands"]) for one in json.loads(done.stdout)] == [
        (over.id, "review-overdue"),
        (soon.id, "review-due-soon"),
    ]
    home.declare(PaperEnded(about=MET, paper=over.id), MET, NOW)
    assert papers(home, "due").exit_code == 0, "what has been ended is past that"


def test_a_long_list_shows_a_person_the_first_and_a_program_all(home: Home) -> None:
    for number in range(30):
        one = document(ACLAND, id=f"document-{number:012x}")
        home.declare(DocumentFiled(document=one), ACLAND, NOW)
    assert "use --json" in papers(home, "list").stdout
    assert len(json.loads(papers(home, "list", "--json").stdout)) == len(home.registry().papers)


def test_the_examples_are_records() -> None:
    whole = {"id": agreement().id, **json.loads(AGREEMENT.read_text())}
    assert Agreement.model_validate_json(json.dumps(whole)).parties == (MET, CAMDEN)
