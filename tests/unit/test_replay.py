"""A decision is made again from its record alone: the same under its own policy, and shown where another differs."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from broker import topics
from broker.cli import app
from broker.consent.law.archive import filed
from broker.consent.law.policy import POLICY, Policy
from broker.consent.rules import RULES, RULES_VERSION, version_of
from broker.drafts import Carried
from broker.policies import Policies
from broker.replay import Unreadable, compare, read, read_all
from broker.schemas.claims import Article6, Claim
from broker.sealing import unseal
from tests.personas import ACLAND, BROKER, BROOKFIELD, CAMDEN, HEATH, Json, incident, lead, notification, receipt
from tests.world import World

LATER = "2026-11-25"


def broker(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments), env={"BROKER_HOME": "", "COLUMNS": "200"})


def record(world: World, carried: Carried) -> Json:
    """The audit body, as it comes out of the topic."""
    (out,) = (one for one in carried.outgoing if one.topic == topics.AUDIT)
    return dict(unseal(out.value, world.home.keys(BROKER)))


def decided(world: World) -> list[Json]:
    """Records of every outcome: shared, held, refused, a protected place, and an answer."""
    first = notification(lead(ACLAND), lead(BROOKFIELD), lead(CAMDEN))
    documents = [first, notification(content=incident(addressHandling="refuge")), notification(basis="LB-E2")]
    return [
        *(record(world, world.carry(one)) for one in documents),
        record(world, world.carry(receipt(first), ACLAND)),
    ]


@pytest.fixture
def file(world: World, tmp_path: Path) -> Path:
    """Those records as `broker decision show` prints them."""
    made = tmp_path / "decisions.jsonl"
    made.write_text("".join(f"{json.dumps(one)}\n" for one in decided(world)))
    return made


def without_schools() -> Policy:
    """A policy in which no school has a row any more."""
    return replace(POLICY, bases=tuple(one for one in POLICY.bases if one.code != "LB-E3"))


def by_public_task() -> Policy:
    """A policy in which police notify on 6(1)(e): another basis, the same outcome."""
    first, *rest = POLICY.bases
    claim = Claim(article_6=Article6.PUBLIC_TASK).over(first.claim)
    return replace(POLICY, bases=(replace(first, claim=claim), *rest))


# From the record ---------------------------------------------------------------------------------------------------


def test_every_decision_is_made_again_as_it_was(world: World) -> None:
    records, unreadable = read_all(decided(world))
    assert unreadable == 0
    assert {one.verdict.outcome for one in records} == {"share", "hold", "refuse"}
    for one in records:
        assert (one.policy, one.rules, one.registry) == (POLICY.version, RULES_VERSION, world.registry.version)
        assert not one.verdict.differs(one.again(POLICY))


def test_what_was_decided_anew_is_a_decision_too(world: World) -> None:
    world.carry(notification(lead(HEATH)))
    world.now += timedelta(hours=1)
    (again,) = world.send_again(HEATH)
    body = record(world, again)
    assert body["is"] == "decision-anew"
    (one,) = read(body)
    assert not one.verdict.differs(one.again(POLICY))


def test_a_record_needs_no_content_and_holds_none(world: World) -> None:
    body = record(world, world.carry(notification()))
    assert "familyName" in body["given"]
    assert not set(json.dumps(body).split('"')) & {"Testcase", "Rowan", "NW1 1AA"}


def test_another_policy_differs_in_outcome_rules_bases_and_fields(world: World) -> None:
    (one,) = read(record(world, world.carry(notification())))
    found = one.verdict.differs(one.again(without_schools()))
    assert found["outcome"] == {"before": "share", "after": "hold"}
    assert found["rules"]["after"] == ["X-04: hold"]
    assert found["recipient's basis"]["after"] is None
    assert "familyName" in found["shown"]["lost"]
    assert found["shown"]["gained"] == []
    assert ["adultNames", "RD-4"] in found["withheld"]["before"]
    assert "sender's basis" not in found


def test_another_basis_is_a_difference_though_all_else_is_the_same(world: World) -> None:
    (one,) = read(record(world, world.carry(notification())))
    assert list(one.verdict.differs(one.again(by_public_task()))) == ["sender's basis"]


def test_what_a_policy_would_change_is_found_over_all_records(world: World) -> None:
    records, _ = read_all(decided(world))
    assert compare(POLICY, POLICY, records) == []
    changes = compare(without_schools(), POLICY, records)
    gained = {(one.record.recipient, one.after.outcome): one.as_json["gained"] for one in changes}
    assert "familyName" in gained[ACLAND, "share"]
    assert all(one.as_json["lost"] == [] for one in changes)


def test_the_day_can_be_another_than_that_of_the_record(world: World) -> None:
    ended = tuple(replace(one, in_force_to=date(2026, 11, 25)) for one in POLICY.bases)
    records, _ = read_all([record(world, world.carry(notification()))])
    policy = replace(POLICY, bases=ended)
    assert not compare(POLICY, policy, records)
    assert compare(POLICY, policy, records, records[0].at.replace(day=26))


def _gone(name: str) -> Callable[[Json], None]:
    return lambda body: body.pop(name)


def _recipient(**changes: Any) -> Callable[[Json], None]:  # noqa: ANN401 - JSON
    return lambda body: body["recipients"][0].update(changes)


def _fact(**changes: Any) -> Callable[[Json], None]:  # noqa: ANN401 - JSON
    return lambda body: body["recipients"][0]["facts"].update(changes)


@pytest.mark.parametrize(
    "spoil",
    [
        *(_gone(name) for name in ("type", "at", "policy", "rules", "given", "recipients", "message")),
        lambda body: body.update(type="uk.safeguarding.encompass.nothing.v9"),
        lambda body: body.update(at="yesterday"),
        lambda body: body.update(given=None),
        lambda body: body.update(recipients=[1]),
        _recipient(facts={}),
        _recipient(facts=None),
        _recipient(findings=[{}]),
        _fact(star_sign="leo"),
        _fact(sender="wizard"),
        _fact(under_18="yes"),
        _recipient(withheld=None),
    ],
)
def test_a_record_of_another_release_says_so(world: World, spoil: Callable[[Json], None]) -> None:
    body = record(world, world.carry(notification()))
    spoil(body)
    with pytest.raises(Unreadable):
        read(body)
    assert read_all([body]) == ([], 1)


def test_what_is_no_decision_holds_none() -> None:
    assert read({"is": "overdue"}) == []


def test_the_rules_have_a_version_of_what_they_say() -> None:
    said = replace(RULES[0], states="Otherwise.")
    assert version_of(RULES) == RULES_VERSION
    assert len({RULES_VERSION, version_of(RULES[1:]), version_of((said, *RULES[1:]))}) == 3


# Commands ----------------------------------------------------------------------------------------------------------


def first(file: Path) -> Json:
    return dict(json.loads(file.read_text().splitlines()[0]))


def replayed(file: Path, message: str, *more: str, home: Path = Path("/nonexistent")) -> Result:
    return broker("decision", "replay", message, "--from", str(file), "--home", str(home), *more)


def test_replaying_says_same(file: Path) -> None:
    done = replayed(file, first(file)["message"])
    assert done.exit_code == 0
    assert done.stdout.count(": same") == 3
    listed = json.loads(replayed(file, first(file)["message"], "--json").stdout)
    assert {one["to"] for one in listed} == {ACLAND, BROOKFIELD, CAMDEN}
    assert not any(one["differs"] or one["rulesChanged"] for one in listed)


def test_replaying_shows_what_differs(file: Path) -> None:
    body = first(file)
    body["recipients"][0]["facts"]["under_18"] = False
    body["rules"] = "000000000000"
    file.write_text(json.dumps(body))
    done = replayed(file, body["message"])
    assert done.exit_code == 1
    for text in ("DIFFERENT", "ENC-18: refuse", "The rules have changed since", RULES_VERSION):
        assert text in done.stdout


def test_replaying_uses_the_version_of_the_record(file: Path, tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    policies = Policies(tmp_path / "home")
    policies.put(without_schools())
    body = {**first(file), "policy": without_schools().version}
    file.write_text(json.dumps(body))
    assert replayed(file, body["message"], home=tmp_path / "home").exit_code == 1
    done = replayed(file, body["message"])
    assert done.exit_code == 1
    assert "is not on file" in done.output
    assert "same" not in done.output


def test_a_record_that_this_release_cannot_read_is_not_guessed_at(file: Path) -> None:
    body = first(file)
    del body["given"]
    file.write_text(json.dumps(body))
    done = replayed(file, body["message"])
    assert done.exit_code == 1
    assert "Use the release of its day" in done.output


def test_a_message_that_nobody_decided_about_is_said_to_be_none(file: Path) -> None:
    done = replayed(file, "11111111-1111-4111-8111-111111111111")
    assert done.exit_code == 1
    assert "broker decision show" in done.output


@pytest.mark.parametrize("line", ["x", "[]", '{"is": "overdue"}', '{"is": "decision", "is": "decision"}'])
def test_a_file_of_something_else_is_wrong_usage(file: Path, line: str) -> None:
    file.write_text(f"{file.read_text()}{line}\n")
    for arguments in (("decision", "show"), ("decision", "replay", "x")):
        done = broker(*arguments, "--from", str(file))
        assert done.exit_code == 2
        assert "line 5, is no decision record" in done.output


def test_a_file_that_is_not_there_is_wrong_usage() -> None:
    done = replayed(Path("/nonexistent/file"), "x")
    assert done.exit_code == 2
    assert "No such file" in done.output


def test_records_are_shown_as_they_are_read(file: Path) -> None:
    assert broker("decision", "show", "--from", str(file)).stdout == "".join(
        f"{json.dumps(json.loads(line), ensure_ascii=False)}\n" for line in file.read_text().splitlines()
    )
    one = first(file)
    assert json.loads(broker("decision", "show", one["message"], "--from", str(file)).stdout) == one


def differing(file: Path, old: str, new: str, *more: str) -> Result:
    return broker("policy", "diff", old, new, "--against", str(file), *more)


def test_a_diff_says_who_gains_and_loses_which_field(file: Path, tmp_path: Path) -> None:
    (tmp_path / "new.json").write_text(filed(without_schools()))
    done = differing(file, POLICY.version, str(tmp_path / "new.json"), "--json")
    assert done.exit_code == 1
    said = json.loads(done.stdout)
    assert (said["decisions"], said["new"]) == (6, without_schools().version)
    change = next(one for one in said["changes"] if one["to"] == ACLAND and one["lost"])
    assert change["message"] == first(file)["message"]
    assert "familyName" in change["lost"]
    assert change["differs"]["outcome"] == {"before": "share", "after": "hold"}
    shown = differing(file, POLICY.version, str(tmp_path / "new.json"))
    assert shown.exit_code == 1
    for text in ("share → hold", "LB-E3 → none", "family name", "6 decisions"):
        assert text in shown.stdout


def test_a_basis_in_other_words_is_shown(file: Path, tmp_path: Path) -> None:
    (tmp_path / "new.json").write_text(filed(by_public_task()))
    assert "LB-E1 (in other words)" in differing(file, POLICY.version, str(tmp_path / "new.json")).stdout


def test_nothing_that_changes_is_exit_code_0(file: Path) -> None:
    done = differing(file, POLICY.version, POLICY.version)
    assert done.exit_code == 0
    assert "6 decisions, 0 would change" in done.stdout


def test_a_record_that_cannot_be_decided_again_is_counted_and_is_no_success(file: Path) -> None:
    body = first(file)
    del body["given"]
    file.write_text(json.dumps(body))
    done = differing(file, POLICY.version, POLICY.version)
    assert done.exit_code == 1
    assert "1 records are of another release" in done.stdout


def test_a_diff_as_at_another_day(file: Path, tmp_path: Path) -> None:
    ended = tuple(replace(one, in_force_to=date(2026, 11, 25)) for one in POLICY.bases)
    (tmp_path / "new.json").write_text(filed(replace(POLICY, bases=ended)))
    assert differing(file, POLICY.version, str(tmp_path / "new.json")).exit_code == 0
    assert differing(file, POLICY.version, str(tmp_path / "new.json"), "--at", LATER).exit_code == 1


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("2020-01-01+000000000000", POLICY.version), 2, "broker policy list"),
        ((POLICY.version, "/nonexistent/new.json"), 2, "broker policy list"),
        ((POLICY.version, POLICY.version, "--at", "tomorrow"), 2, "--at"),
        ((POLICY.version, POLICY.version, "--at", "0001-01-01"), 2, "plausible"),
    ],
)
def test_a_diff_that_is_asked_wrongly_says_what_to_do(
    file: Path, arguments: tuple[str, ...], code: int, says: str
) -> None:
    done = broker("policy", "diff", *arguments, "--against", str(file))
    assert done.exit_code == code
    assert says in done.output
