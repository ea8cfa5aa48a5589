"""Policy versions as files: exactly what a version says is loaded, or nothing is; a home may have its own."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from broker import backup, data
from broker.app import make_exchange
from broker.cli import app
from broker.consent.law.archive import file_name, filed, loaded
from broker.consent.law.policy import POLICY, Policy
from broker.consent.law.provisions import SHARING_DUTY
from broker.home import Home, HomeError
from broker.policies import IN_FORCE, KEPT, NoSuchPolicy, Policies
from broker.registry import Nation
from broker.schemas.claims import Article6, Claim
from broker.schemas.terms import Kind
from tests.personas import NIGHT
from tests.world import make_home

Json = dict[str, Any]
SINCE, SI = date(2026, 9, 30), "SI 2026/000 reg 2"
ON = POLICY.switched_on(SHARING_DUTY, since=SINCE, source=SI)


def broker(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments), env={"BROKER_HOME": "", "COLUMNS": "200"})


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home that holds nothing yet."""
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


def changed(**changes: Any) -> bytes:  # noqa: ANN401 - any part of the file
    """The policy's file with something changed and the version left as it was."""
    return json.dumps({**json.loads(filed(POLICY)), **changes}).encode()


# Versions ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("policy", [POLICY, ON], ids=["the release's", "one provision more"])
def test_a_policy_comes_back_as_it_was_filed(policy: Policy) -> None:
    back = loaded(filed(policy).encode())
    assert back.version == policy.version
    assert [one.in_words for one in back.bases] == [one.in_words for one in policy.bases]
    for name in ("issued", "review_by", "provisions", "conditions", "exemptions", "regulators"):
        assert getattr(back, name) == getattr(policy, name)
    assert filed(back) == filed(policy)


@pytest.mark.parametrize(
    "change",
    [
        {"claim": Claim(article_6=Article6.CONSENT)},
        {"controller": frozenset({Kind.SCHOOL})},
        {"independent": True},
        {"jurisdiction": frozenset({Nation.WALES})},
        {"in_force_to": date(2030, 1, 1)},
        {"confirmed_by": "data-protection-officer"},
        {"source": "another"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_whatever_is_different_in_a_row_makes_another_version(change: Json) -> None:
    bases = (replace(POLICY.bases[0], **change), *POLICY.bases[1:])
    assert replace(POLICY, bases=bases).version != POLICY.version


def test_what_is_different_elsewhere_makes_another_version_too() -> None:
    others = [
        ON,
        replace(POLICY, review_by=date(2028, 1, 1)),
        replace(POLICY, issued=date(2026, 11, 25)),
        replace(POLICY, conditions=POLICY.conditions[1:]),
        replace(POLICY, exemptions=POLICY.exemptions[1:]),
        replace(POLICY, regulators=POLICY.regulators[1:]),
    ]
    assert len({POLICY.version, *(one.version for one in others)}) == len(others) + 1


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (b"", "not JSON"),
        (b"\xff", "not JSON"),
        (b'{"version": 1, "version": 2}', "names a thing twice"),
        (b'{"version": "\\ud800"}', "it "),
        (b"[]", "no policy as this release knows them: the whole"),
        (b"{}", "bases"),
        (changed(more=1), "more"),
        (changed(issued="24 November"), "issued"),
        (changed(review_by=20271122), "review_by"),
        (changed(bases=[]), "its content is"),
        (changed(review_by="2030-01-01"), "its content is"),
        (changed(version="2026-11-24+000000000000"), "it says that it is 2026-11-24+000000000000"),
        (filed(POLICY).replace('"mark": "K"', '"mark": "R"', 1).encode(), "its content is"),
        (filed(POLICY).replace('"force": "duty"', '"force": "wish"', 1).encode(), "provisions.0.force"),
        (filed(POLICY).replace('"independent": null', '"independent": "no"', 1).encode(), "independent"),
        (filed(POLICY).replace('"title"', '"name"', 1).encode(), "bases.0"),
    ],
    ids=range(16),
)
def test_what_is_not_exactly_a_policy_is_not_loaded(text: bytes, says: str) -> None:
    with pytest.raises(ValueError, match="it ") as refused:
        loaded(text)
    assert says in str(refused.value)


def test_this_release_is_in_the_archive_and_every_file_there_is_what_its_name_says() -> None:
    archive = {name: loaded(text) for name, text in data.policies().items()}
    assert all(name == file_name(policy.version) for name, policy in archive.items())
    assert archive[file_name(POLICY.version)].version == POLICY.version
    days = [policy.issued for policy in archive.values()]
    assert len(set(days)) == len(days), "a draft of a released policy was left: python -m tests.generate_docs"


def test_what_is_not_on_file_cannot_be_looked_up() -> None:
    assert POLICY.regulator(POLICY.issued).code == "ICO"
    with pytest.raises(LookupError, match="no regulator"):
        POLICY.regulator(date(2018, 5, 24))
    with pytest.raises(LookupError, match="no provision"):
        POLICY.switched_on("CA2004-s16ZZ", since=SINCE, source=SI)


# A home's own ------------------------------------------------------------------------------------------------------


def test_a_home_without_a_policy_has_the_releases(home: Path) -> None:
    for place in (home, None):
        assert Policies(place).in_force() is POLICY
        assert not Policies(place).of_its_own()
        assert [one.version for one in Policies(place).versions()] == [POLICY.version]


def test_a_home_keeps_what_was_in_force_before(home: Path) -> None:
    policies = Policies(home)
    policies.put(ON)
    later = ON.switched_on("HA1996-s213AA", since=SINCE, source=SI)
    policies.put(later)
    assert policies.in_force().version == later.version
    assert next(iter(policies.versions())).version == POLICY.version
    assert {one.version for one in policies.versions()} == {POLICY.version, ON.version, later.version}
    assert policies.get(ON.version).version == ON.version
    assert policies.get(POLICY.version) is POLICY
    assert sorted(one.name for one in home.iterdir()) == [KEPT, IN_FORCE]


def test_a_policy_that_was_put_there_by_hand_is_found_by_its_version_too(home: Path) -> None:
    (home / IN_FORCE).write_text(filed(ON))
    assert Policies(home).get(ON.version).version == ON.version
    assert ON.version in {one.version for one in Policies(home).versions()}


def test_what_was_released_is_found_in_the_package(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    monkeypatch.setattr(data, "policies", lambda: {file_name(ON.version): filed(ON).encode()})
    assert Policies(None).get(ON.version).version == ON.version
    assert Policies(home).get(ON.version).version == ON.version


@pytest.mark.parametrize("name", ["", "2026-11-24+000000000000", "../policy", "/nonexistent"])
def test_what_is_not_on_file_is_said_to_be_so(home: Path, name: str) -> None:
    Policies(home).put(ON)
    with pytest.raises(NoSuchPolicy, match="broker policy list"):
        Policies(home).get(name)


def test_a_file_under_another_versions_name_is_not_that_version(home: Path) -> None:
    Policies(home).put(ON)
    wrong = "2026-11-24+000000000000"
    (home / KEPT / file_name(wrong)).write_text(filed(ON))
    with pytest.raises(HomeError, match="put the right one back"):
        Policies(home).get(wrong)


def spoil(home: Path) -> None:
    text = (home / IN_FORCE).read_text()
    (home / IN_FORCE).write_text(text.replace(SI, "SI 2026/999"))


def cut(home: Path) -> None:
    (home / IN_FORCE).write_text((home / IN_FORCE).read_text()[:1000])


def link(home: Path) -> None:
    (home / IN_FORCE).unlink()
    (home / IN_FORCE).symlink_to(home / "nowhere")


def folder(home: Path) -> None:
    (home / IN_FORCE).unlink()
    (home / IN_FORCE).mkdir()


@pytest.mark.parametrize("harm", [spoil, cut, link, folder])
def test_a_policy_that_cannot_be_used_stops_everything_that_decides(
    tmp_path: Path, harm: Callable[[Path], None]
) -> None:
    home = make_home(tmp_path / "home")
    Policies(home.path).put(ON)
    assert make_exchange(home, home.registry(), lambda: NIGHT).policy.version == ON.version
    harm(home.path)
    with pytest.raises(HomeError, match=r"policy\.json"):
        make_exchange(home, home.registry(), lambda: NIGHT)
    for arguments in (
        ("check", "examples/good.json"),
        ("basis", "--from", "police:01", "--to", "school:100053", "--flow", "notification-issued"),
        ("policy", "list"),
        ("policy", "show"),
        ("policy", "switch-on", SHARING_DUTY, "--since", "2026-09-30", "--source", SI),
        ("flows",),
    ):
        done = broker(*arguments, "--home", str(home.path))
        assert done.exit_code == 1, arguments
        assert "policy.json" in done.output


def test_a_backup_holds_the_policies_too(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    Policies(home.path).put(ON)
    backup.make(home.path, tmp_path / "file", "correct horse battery staple")
    backup.bring_back(tmp_path / "file", tmp_path / "new", "correct horse battery staple")
    assert Policies(tmp_path / "new").in_force().version == ON.version
    assert Policies(tmp_path / "new").get(POLICY.version).version == POLICY.version
    assert len(list((tmp_path / "new" / KEPT).iterdir())) == 2


# Commands ----------------------------------------------------------------------------------------------------------


def switched_on(home: Path, code: str = SHARING_DUTY, **changes: str) -> Result:
    given = {"since": "2026-09-30", "source": SI, **changes}
    options = [word for name, value in given.items() for word in (f"--{name.replace('_', '-')}", value)]
    return broker("policy", "switch-on", code, *options, "--home", str(home))


def test_switching_on_makes_a_version_that_decides_here(home: Path) -> None:
    done = switched_on(home, confirmed_by="data-protection-officer")
    assert done.exit_code == 0, done.output
    policy = Policies(home).in_force()
    found = policy.provision(SHARING_DUTY)
    assert found is not None
    assert (found.in_force_from, found.source, found.confirmed_by) == (SINCE, SI, "data-protection-officer")
    assert policy.version in done.output
    assert [one for one in policy.provisions if one.code != SHARING_DUTY] == [
        one for one in POLICY.provisions if one.code != SHARING_DUTY
    ]
    listed = json.loads(broker("policy", "list", "--home", str(home), "--json").stdout)
    assert [(one["version"], one["inForce"]) for one in listed] == [(POLICY.version, False), (policy.version, True)]
    assert listed[0]["off"] == listed[1]["off"] + 1


def test_a_wrong_date_is_put_right_by_switching_on_again(home: Path) -> None:
    switched_on(home)
    done = switched_on(home, since="2026-10-31")
    assert "was since 2026-09-30" in done.output
    found = Policies(home).in_force().provision(SHARING_DUTY)
    assert found is not None
    assert found.in_force_from == date(2026, 10, 31)


@pytest.mark.parametrize(
    ("code", "changes", "says"),
    [
        ("CA2004-s16ZZ", {}, "Those that are off: CA2004-s16LB"),
        (SHARING_DUTY, {"since": "30 September"}, "--since"),
        (SHARING_DUTY, {"source": "  "}, "--source must say"),
        (SHARING_DUTY, {"source": "x" * 301}, "--source must say"),
        (SHARING_DUTY, {"source": "\u202eback"}, "--source must say"),
        (SHARING_DUTY, {"confirmed_by": "Alex Testcase"}, "data-protection-officer"),
    ],
    ids=["no such provision", "no date", "no source", "a long source", "an invisible source", "a name for a role"],
)
def test_what_cannot_be_switched_on_changes_nothing(home: Path, code: str, changes: dict[str, str], says: str) -> None:
    done = switched_on(home, code, **changes)
    assert done.exit_code == 2
    assert says in done.output
    assert not list(home.iterdir())


def test_switching_on_needs_a_home() -> None:
    done = switched_on(Path("/nonexistent"))
    assert done.exit_code == 1
    assert "BROKER_HOME" in done.output


def test_a_policy_is_shown_whole_with_what_is_off_and_what_nobody_confirmed() -> None:
    assert broker("policy", "show", "--json").stdout == filed(POLICY)
    said = broker("policy", "show", POLICY.version).stdout
    assert "OFF: not" in said
    assert "nobody" in said
    assert POLICY.version in broker("policy", "list").stdout


def test_a_file_is_shown_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "new.json").write_text(filed(ON))
    assert broker("policy", "show", str(tmp_path / "new.json"), "--json").stdout == filed(ON)


def test_an_unknown_version_says_where_to_look() -> None:
    done = broker("policy", "show", "2020-01-01+000000000000")
    assert done.exit_code == 2
    assert "broker policy list" in done.output


def test_a_file_that_is_no_policy_is_said_to_be_none(tmp_path: Path) -> None:
    (tmp_path / "new.json").write_text("{}")
    done = broker("policy", "show", str(tmp_path / "new.json"))
    assert done.exit_code == 1
    assert "cannot be used" in done.output


def test_the_homes_policy_decides_the_dry_run(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    ended = tuple(replace(one, in_force_to=date(2026, 1, 1)) for one in POLICY.bases)
    Policies(home.path).put(replace(POLICY, bases=ended))
    done = broker("check", "examples/good.json", "--home", str(Home(home.path).path), "--json")
    assert done.exit_code == 3
    assert {one["rule"] for one in json.loads(done.stdout)["recipients"][0]["findings"]} == {"POL-2", "X-04"}
