"""`broker org import --dry-run`: needs no Kafka and no home folder."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from broker.cli import app
from broker.clock import system_clock
from broker.commands import import_report, org
from broker.data import organisations
from broker.home import Home
from broker.register import MOST_ENTRIES
from broker.registry import Status
from broker.schemas.terms import Kind
from tests.unit.test_importers import BOARD, COUNCIL, GOOD, HEADING, LINK, PRISON, SCHOOL, sheet

NOW = system_clock()  # the command asks the system's clock, too


def imported(*arguments: str, home: str = "") -> Result:
    """Run `broker org import` in this process."""
    return CliRunner().invoke(app, ["org", "import", *arguments], env={"BROKER_HOME": home, "COLUMNS": "220"})


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "register.csv"


def as_json(file: Path, form: str, *arguments: str) -> dict[str, Any]:
    done = imported(form, str(file), "--dry-run", "--json", *arguments)
    assert done.exit_code == 0, done.output
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_a_dry_run_says_what_is_new_and_what_vanished_beside_the_built_in_organisations(file: Path) -> None:
    file.write_bytes(sheet(SCHOOL | {"URN": "100053", "EstablishmentName": "Acland Burghley School"}, SCHOOL))
    done = imported("gias", str(file), "--dry-run")
    assert done.exit_code == 0
    assert "Larkspur Primary School" in done.stdout
    assert "school:100008" in done.stdout  # registered, and not in the file
    assert "Needs" not in done.stderr


def test_a_changed_field_is_shown_with_both_values(file: Path) -> None:
    file.write_bytes(sheet(COUNCIL | {"police_force_gss": "E23000002"}))
    (change,) = as_json(file, "councils")["changed"]
    assert change["id"] == "la:E09000007"
    assert change["fields"]["police_area"] == {"was": "E23000001", "becomes": "E23000002"}
    shown = imported("councils", str(file), "--dry-run").stdout
    assert "police area" in shown
    assert "E23000002" in shown


def test_the_report_has_a_row_for_every_sort_of_finding_with_lines_and_cure(file: Path) -> None:
    rows = [SCHOOL | {"URN": str(number)} for number in range(20)]
    file.write_bytes(sheet(*rows, SCHOOL))
    done = imported("gias", str(file), "--dry-run")
    assert done.exit_code == 0
    assert "a URN has six digits" in done.stdout
    assert "2, 3, 4" in done.stdout
    assert "..." in done.stdout
    assert len(as_json(file, "gias")["findings"]) == 20


def test_a_person_is_shown_the_first_and_told_how_many_there_are(file: Path) -> None:
    file.write_bytes(sheet(*(SCHOOL | {"URN": str(190000 + number)} for number in range(20))))
    done = imported("gias", str(file), "--dry-run")
    assert f"the first {import_report.SHOWN} of 20" in done.stdout
    assert "school:190019" not in done.stdout
    assert len(as_json(file, "gias")["new"]) == 20


def test_the_second_file_is_read_and_its_findings_are_marked(file: Path, tmp_path: Path) -> None:
    links = tmp_path / "links.csv"
    links.write_bytes(sheet({"predecessor_ods": "QZZ", "successor_ods": "QYY"}))
    file.write_bytes(sheet(BOARD | {"status": "closed"}))
    found = as_json(file, "care-boards", "--links", str(links))
    assert [(one["file"], one["line"], one["kind"]) for one in found["findings"]] == [("links", 2, "unknown-successor")]
    assert "successor_ods (links)" in imported("care-boards", str(file), "--links", str(links), "--dry-run").stdout


def test_a_name_that_looks_like_markup_is_shown_as_it_is(file: Path) -> None:
    file.write_bytes(sheet(PRISON | {"name": "[red]Lark[/red] [link=x]"}))
    assert "[red]Lark[/red] [link=x]" in imported("prisons", str(file), "--dry-run").stdout


def test_closed_and_reopened_ones_are_listed_with_their_dates(file: Path) -> None:
    closed = SCHOOL | {"URN": "100053", "EstablishmentStatus (code)": "2", "CloseDate": "31-08-2026"}
    file.write_bytes(sheet(closed))
    (change,) = as_json(file, "gias")["closed"]
    assert change["fields"]["closed_on"] == {"was": "-", "becomes": "2026-08-31"}
    assert "2026-08-31" in imported("gias", str(file), "--dry-run").stdout


@pytest.mark.parametrize(
    ("form", "data", "code", "says"),
    [
        ("nonsense", sheet(SCHOOL), 2, "There are: councils"),
        ("gias", sheet(PRISON), 2, "broker org import prisons"),
        ("gias", b"", 2, "empty"),
        ("gias", sheet(SCHOOL | {"URN": "1"}), 1, "No row could be used"),
    ],
)
def test_a_file_that_is_of_no_use_says_so_and_what_to_do(
    file: Path, form: str, data: bytes, code: int, says: str
) -> None:
    file.write_bytes(data)
    done = imported(form, str(file), "--dry-run")
    assert done.exit_code == code
    assert says in done.output


def test_a_wrong_second_file_is_named(file: Path, tmp_path: Path) -> None:
    links = tmp_path / "links.csv"
    links.write_bytes(sheet(PRISON))
    file.write_bytes(sheet(SCHOOL))
    done = imported("gias", str(file), "--links", str(links), "--dry-run")
    assert done.exit_code == 2
    assert "links.csv is not the second file" in done.output
    assert imported("prisons", str(file), "--links", str(links), "--dry-run").exit_code == 2


def test_an_import_signs_what_changed_keeps_the_rest_and_repeated_changes_nothing(file: Path, tmp_path: Path) -> None:
    home = Home(tmp_path / "desk")
    home.found(NOW)
    home.enrol([one for one in organisations() if one.id in {"la:E09000007", "school:100053"}], NOW)
    before = home.registry().get("school:100053")
    rows = [SCHOOL | {"URN": str(190000 + number)} for number in range(MOST_ENTRIES)]
    file.write_bytes(sheet(SCHOOL | {"URN": "100053"}, *rows))
    done = imported("gias", str(file), home=str(home.path))
    assert done.exit_code == 0, done.output
    assert "registered 501 new or changed" in done.stdout
    after = Home(home.path).registry()
    assert len(after) == 502
    kept = after.get("school:100053")
    assert before is not None
    assert kept is not None
    assert (kept.name, kept.council) == ("Larkspur Primary School", "la:E09000007")
    assert (kept.keys, kept.people, kept.channel, kept.desk) == (
        before.keys,
        before.people,
        before.channel,
        before.desk,
    )
    assert "registered 0 new or changed" in imported("gias", str(file), home=str(home.path)).stdout


def test_only_the_registry_desk_can_import(file: Path, tmp_path: Path) -> None:
    desk, other = Home(tmp_path / "desk"), Home(tmp_path / "other")
    desk.found(NOW)
    desk.enrol([], NOW)
    (desk.path / "registry.jsonl").touch()
    desk.copy_registry(other)
    file.write_bytes(sheet(SCHOOL))
    assert imported("gias", str(file), "--dry-run", home=str(other.path)).exit_code == 0
    done = imported("gias", str(file), home=str(other.path))
    assert done.exit_code == 1
    assert (other.path / "registry.jsonl").read_bytes() == b""


def test_the_built_in_set_has_an_organisation_of_every_register() -> None:
    kinds = {one.kind for one in organisations()}
    assert kinds == set(Kind) - {Kind.SUPPLIER}
    (old,) = (one for one in organisations() if one.status is Status.CLOSED)
    assert all(organisations().get(one) for one in old.successors)


@pytest.mark.parametrize("what", ["no-such-file.csv", "."])
def test_a_file_that_cannot_be_read_is_wrong_usage(what: str) -> None:
    assert imported("gias", what, "--dry-run").exit_code == 2


def test_a_home_without_a_registry_says_what_to_do(file: Path, tmp_path: Path) -> None:
    file.write_bytes(sheet(SCHOOL))
    done = imported("gias", str(file), "--dry-run", home=str(tmp_path / "none"))
    assert done.exit_code == 1
    assert "BROKER_HOME" in done.output


def test_without_a_terminal_a_line_now_and_then_says_how_far_it_is(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(org, "EVERY", 1_000)
    file.write_bytes(HEADING + GOOD * 100)
    done = imported("gias", str(file), "--dry-run")
    assert done.stderr.count("register.csv: 0 of 0 MB") > 5
    assert LINK["LinkName"] not in done.output
