"""`broker basis`: may this go, on what at each end, and what is missing."""

from dataclasses import replace
from datetime import date
from itertools import product
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from broker.cli import app
from broker.commands.options import registry_of
from broker.consent.law.policy import POLICY, Policy
from broker.ordinary import ask
from broker.policies import Policies
from broker.registry import Registry
from broker.schemas.catalogue import BY_TYPE, CATALOGUE
from broker.schemas.message import Addressing, Flow
from tests.personas import ACLAND, BROKER, BROOKFIELD, CAMDEN, HERTS, MET, NIGHT, Json
from tests.world import make_home

AT = "2026-11-19T22:30:00"
REGISTRY = registry_of(None, NIGHT)
ISSUED = "encompass.notification-issued"


def broker(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments), env={"BROKER_HOME": "", "COLUMNS": "200"})


def basis(sender: str, recipient: str, flow: str = ISSUED, *more: str, at: str = AT) -> Result:
    return broker("basis", "--from", sender, "--to", recipient, "--flow", flow, "--at", at, *more)


def asked(flow: str, sender: str, recipient: str, *, registry: Registry = REGISTRY, policy: Policy = POLICY) -> Json:
    ends = {"sender": registry.get(sender), "recipient": registry.get(recipient)}
    assert ends["sender"] is not None
    assert ends["recipient"] is not None
    return ask(
        BY_TYPE[f"uk.safeguarding.encompass.{flow}.v1"],
        sender=ends["sender"],
        recipient=ends["recipient"],
        registry=registry,
        policy=policy,
        now=NIGHT,
    )


@pytest.mark.parametrize("flow", CATALOGUE, ids=lambda flow: flow.name)
def test_every_type_can_be_asked_about_between_any_two(flow: Flow) -> None:
    statuses = set()
    for sender, recipient in product(REGISTRY, REGISTRY):
        said = ask(flow, sender=sender, recipient=recipient, registry=REGISTRY, policy=POLICY, now=NIGHT)
        statuses.add(said["status"])
        assert said["mayGo"] is (said["status"] == "shared")
        if said["status"] != "recorded":
            assert bool(said["findings"]) is not said["mayGo"]
            assert said["assumed"]
    if flow.agreed_purpose is not None and flow.addressing is Addressing.NAMED:
        assert statuses <= {"refused", "held"}, "nobody's agreement is on file"
    else:
        assert ("recorded" if flow.addressing is Addressing.BROKER_RECORD else "shared") in statuses


@pytest.mark.parametrize(
    ("flow", "sender", "recipient", "ends", "kind"),
    [
        ("notification-issued", MET, ACLAND, ("LB-E1", "LB-E3"), "scheme target"),
        ("authority-notified", MET, CAMDEN, ("LB-E2", "LB-E2-LA"), "proposal"),
        ("force-handover", MET, HERTS, ("LB-PP", "LB-PP"), "proposal"),
        ("notification-withdrawn", MET, ACLAND, ("LB-E1", "LB-E3"), "proposal"),
        ("receipt-recorded", ACLAND, MET, ("LB-E3", "LB-PP"), None),
    ],
)
def test_what_may_go_says_on_what(
    flow: str, sender: str, recipient: str, ends: tuple[str, str], kind: str | None
) -> None:
    said = asked(flow, sender, recipient)
    assert said["status"] == "shared"
    assert (said["basis"]["sender"]["code"], said["basis"]["recipient"]["code"]) == ends
    assert (said["due"] and said["due"]["kind"]) == kind
    for end in said["basis"].values():
        assert end["confirmedBy"] is None
        assert end["gateways"]
        assert all(one["confirmedBy"] is None and one["inForce"] for one in end["gateways"])


def test_the_view_is_that_of_the_procedure() -> None:
    said = asked("notification-issued", MET, ACLAND)
    assert "familyName" in said["sees"]
    assert "adultNames" not in said["sees"]
    assert {one["field"]: one["rule"] for one in said["withheld"]}["adultNames"] == "RD-4"


def test_what_may_not_go_says_why_and_what_to_do() -> None:
    said = asked("notification-issued", MET, CAMDEN)
    assert said["status"] == "refused"
    assert "authority-notified" in said["findings"][0]["cure"]
    assert said["sees"] == []
    assert said["basis"]["recipient"] == {"code": "LB-E3", "onFile": False}


def test_what_is_held_says_what_would_be_seen() -> None:
    said = asked("notification-issued", MET, BROOKFIELD)  # not connected
    assert said["status"] == "held"
    assert [one["rule"] for one in said["findings"]] == ["CHN-1"]
    assert "familyName" in said["sees"]


def test_a_type_that_nobody_of_that_kind_sends_has_no_code_to_name() -> None:
    said = asked("notification-issued", ACLAND, MET)
    assert said["basis"]["sender"] == {"code": None, "onFile": False}


def test_an_organisation_that_is_cut_off_is_told_so() -> None:
    entries = [one.model_copy(update={"suspended": True}) if one.id == ACLAND else one for one in REGISTRY]
    cut = Registry(entries, papers=REGISTRY.papers)
    assert [one["rule"] for one in asked("notification-issued", MET, ACLAND, registry=cut)["findings"]] == ["ORG-1"]


# The command -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sender", "recipient", "flow", "code", "says"),
    [
        (MET, ACLAND, ISSUED, 0, "YES"),
        (MET, BROOKFIELD, ISSUED, 3, "NOT YET"),
        (MET, CAMDEN, ISSUED, 4, "NO: "),
        (ACLAND, MET, ISSUED, 4, "no row of the law under any code"),
        (MET, ACLAND, "encompass.told-by-other-channel", 0, "NOBODY RECEIVES IT"),
        (ACLAND, MET, "receipt-recorded", 0, "YES"),
    ],
)
def test_the_answer_is_the_exit_code_too(sender: str, recipient: str, flow: str, code: int, says: str) -> None:
    done = basis(sender, recipient, flow)
    assert done.exit_code == code
    assert says in done.stdout
    assert basis(sender, recipient, flow, "--json").exit_code == code


def test_the_answer_says_plainly_that_nobody_has_confirmed_it_and_what_was_assumed() -> None:
    said = basis(MET, ACLAND).stdout
    for text in (
        "Domestic Abuse Act 2021 s49A",
        "in force since 7 November 2025",
        "confirmed by nobody yet",
        "6(1)(c) legal obligation",
        "sch1-para-36",
        "2026-11-20 08:40 (scheme target)",
        "assumed",
        POLICY.version,
    ):
        assert text in said


def test_the_answer_is_as_at_that_day() -> None:
    done = basis(MET, ACLAND, at="2025-11-06")
    assert done.exit_code == 3
    assert "no row of the law under LB-E1" in done.stdout
    assert basis(MET, ACLAND, at="2025-11-07").exit_code == 0


def test_a_gateway_that_is_not_on_file_is_said_to_be_missing(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    provisions = tuple(one for one in POLICY.provisions if one.code != "DAA2021-s49A")
    Policies(home.path).put(replace(POLICY, provisions=provisions))
    assert "DAA2021-s49A is not on file" in basis(MET, ACLAND, ISSUED, "--home", str(home.path)).stdout


def test_who_has_confirmed_it_is_said(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    since, by = date(2025, 11, 7), "data-protection-officer"
    Policies(home.path).put(POLICY.switched_on("DAA2021-s49A", since=since, source="SI 2025/000", confirmed_by=by))
    said = basis(MET, ACLAND, ISSUED, "--home", str(home.path)).stdout
    assert "confirmed by the data protection officer" in " ".join(said.replace("│", " ").split())


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((MET, "school:999999"), "school:999999 is not in the registry"),
        (("police:99", ACLAND), "police:99 is not in the registry"),
        ((MET, ACLAND, "nonsense"), "uk.safeguarding.encompass.notification-issued.v1"),
        ((MET, MET), "name two"),
        ((BROKER, "", ISSUED), "is not in the registry"),
    ],
)
def test_what_is_asked_wrongly_says_what_there_is(arguments: tuple[str, ...], says: str) -> None:
    done = basis(*arguments)
    assert done.exit_code == 2
    assert says in done.output


@pytest.mark.parametrize("at", ["tomorrow", "2026-13-01", "0001-01-01", "9999-12-31"])
def test_a_date_that_is_none_says_how_to_give_one(at: str) -> None:
    done = basis(MET, ACLAND, at=at)
    assert done.exit_code == 2
    assert "--at" in done.output
