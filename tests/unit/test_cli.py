"""The commands that need neither Kafka nor keys."""

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from broker.cli import app
from broker.schemas.catalogue import CATALOGUE
from tests.personas import BROOKFIELD, incident, lead, notification

ROOT = Path(__file__).parents[2]
AT = "2026-11-19T22:30:00"


def broker(*arguments: str, given: Any = None) -> Result:  # noqa: ANN401 - JSON
    """Run a command in this process."""
    text = given if isinstance(given, str) else json.dumps(given)
    return CliRunner().invoke(app, list(arguments), input=text, env={"BROKER_HOME": "", "COLUMNS": "200"})


@pytest.mark.parametrize(
    ("example", "status", "code"),
    [
        ("good", "shared", 0),
        ("held", "held", 3),
        ("refused", "refused", 4),
        ("charity-referral", "shared", 0),
        ("charity-public-task", "refused", 4),
        ("urgent-public-task", "held", 3),
    ],
)
def test_check_says_what_would_happen_and_exits_by_it(example: str, status: str, code: int) -> None:
    done = broker("check", str(ROOT / f"examples/{example}.json"), "--at", AT, "--json")
    assert done.exit_code == code
    assert json.loads(done.stdout)["status"] == status


def test_check_shows_each_recipients_exact_view_and_what_is_withheld_and_why() -> None:
    one = json.loads(broker("check", str(ROOT / "examples/good.json"), "--at", AT, "--json").stdout)["recipients"][0]
    assert one["view"]["givenNames"] == "Rowan"
    assert "adultNames" not in one["view"]
    assert one["notShown"]["adultNames"] == "RD-4"
    assert {w["field"]: w["rule"] for w in one["withheld"]}["incidentRef"] == "RD-1"
    assert one["basis"]["recipient"]["confirmedBy"] is None


def test_every_example_is_tried() -> None:
    tried = {"good", "held", "refused", "charity-referral", "charity-public-task", "urgent-public-task"}
    papers = {"agreement", "policy-document"}  # of `broker papers`
    assert {one.stem for one in (ROOT / "examples").iterdir()} == tried | papers


def test_a_refusal_names_the_alternative_that_works_and_the_alternative_works() -> None:
    said = broker("check", str(ROOT / "examples/charity-public-task.json"), "--at", AT).stdout
    assert "A body that is no public authority cannot rely on the council's public task." in said
    assert "Article 6(1)(ea) fits: Annex 1 paragraph 6 if" in said
    document = json.loads((ROOT / "examples/charity-public-task.json").read_text())
    document["content"]["law"]["article6"] = "6(1)(ea)"
    assert broker("check", "-", "--at", AT, given=document).exit_code == 0


def test_an_urgent_one_is_held_instead_and_its_glass_may_be_broken() -> None:
    one = json.loads(broker("check", str(ROOT / "examples/urgent-public-task.json"), "--at", AT, "--json").stdout)
    findings = {found["rule"]: found for found in one["recipients"][0]["findings"]}
    assert findings["A6-05"]["outcome"] == "hold"
    assert "by breaking the glass" in findings["A6-05"]["cure"]


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ("not json", 2),
        ('{"type": 1, "type": 2}', 2),
        ("[]", 2),
        ("[1]", 2),
        ({}, 4),
        ({"type": "nonsense", "caseOwner": "police:01"}, 4),
        ({**notification(), "caseOwner": "police:99"}, 4),
        (notification(content=incident(pncId="2003/0062845E")), 4),
        (notification(content=incident(dateOfBirth=None)), 4),
        (notification(lead(BROOKFIELD)), 3),
    ],
)
def test_check_never_crashes_on_bad_input(given: Any, code: int) -> None:  # noqa: ANN401 - JSON
    done = broker("check", "-", "--at", AT, given=given)
    assert done.exit_code == code
    assert not isinstance(done.exception, Exception) or isinstance(done.exception, SystemExit)


def test_an_item_that_must_not_be_carried_is_named_with_its_rule_and_not_its_value() -> None:
    done = broker("check", "-", "--at", AT, given=notification(content=incident(pncId="2003/0062845E")))
    assert "RD-3" in done.stdout
    assert "0062845" not in done.output


def test_an_update_is_checked_against_who_was_told() -> None:
    update = {
        **notification(
            content={"supersedes": notification()["id"], "addressHandling": "open", "dateOfBirth": "2011-02-04"}
        ),
        "type": "uk.safeguarding.encompass.notification-corrected.v1",
        "to": [],
    }
    assert broker("check", "-", given=update).exit_code == 4
    assert broker("check", "-", "--told", "school:100053", given=update).exit_code == 0


def test_check_names_an_organisation_that_nobody_has_registered() -> None:
    done = broker("check", "-", "--told", "school:100053", "--told", "school:999999", given=notification())
    assert done.exit_code == 2
    assert "school:999999 is not in the registry" in done.output


@pytest.mark.parametrize(
    ("documents", "says"),
    [
        ([notification(), notification(content=incident(dateOfBirth=None)), notification()], "message 2 of 3, content"),
        ([notification(content=incident(dateOfBirth=None))], "Where: content.dateOfBirth"),
    ],
    ids=["of three", "alone"],
)
def test_publish_says_which_of_a_list_is_at_fault_and_sends_none(
    keyed_home: Path, documents: list[Any], says: str
) -> None:
    done = broker("publish", "-", "--as", "police:01", "--home", str(keyed_home), given=documents)
    assert done.exit_code == 4
    assert says in done.output


def test_flows_tell_for_each_type_who_sees_and_never_sees_what() -> None:
    flows = json.loads(broker("flows", "--json").stdout)
    assert [flow["type"] for flow in flows] == [flow.type for flow in CATALOGUE]
    view = flows[0]["views"][0]
    assert "adultNames" in view["neverSees"]
    assert view["basisConfirmedBy"] is None
    assert broker("flows").exit_code == 0


def test_schema_takes_short_names_and_lists_the_types_if_there_is_none() -> None:
    assert json.loads(broker("schema", "encompass.notification-issued").stdout)["title"] == "Encompass notification"
    done = broker("schema", "nonsense")
    assert done.exit_code == 2
    assert "notification-issued" in done.output


def test_a_missing_home_says_what_to_do() -> None:
    done = broker("inbox", "school:100053", "--home", "/nonexistent")
    assert done.exit_code == 1
    assert "BROKER_HOME" in done.output


def test_help_teaches_every_command() -> None:
    for command in ("run", "demo", "publish", "inbox", "check", "flows", "schema", "asyncapi", "topics", "status"):
        done = broker(command, "--help")
        assert done.exit_code == 0
        assert len(done.stdout) > 200


def test_the_commands_in_the_readme_do_what_it_says() -> None:
    lines = re.findall(r"^broker (check .*?)\s+# .*\(exit (\d)\)", (ROOT / "README.md").read_text(), re.MULTILINE)
    assert len(lines) == 6
    for arguments, code in lines:
        words = [str(ROOT / word) if word.startswith("examples/") else word for word in shlex.split(arguments)]
        assert broker(*words).exit_code == int(code)
