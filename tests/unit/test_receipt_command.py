"""`broker receipt`: from the sender's own inbox to a proof, and what a recipient may ask."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any
from unittest.mock import AsyncMock

import pytest
from typer.testing import CliRunner, Result

from broker import cli, desk, post
from broker.agency import Submitted
from broker.clock import system_clock
from broker.commands import receipt
from broker.home import Home
from tests import personas
from tests.personas import ACLAND, ARGYLE, MET, Json, lead
from tests.world import World, incoming, make_home

NOT_OPENED, USAGE = 6, 2
SECRETS = ["Testcase", "Rowan", "Police attended", "+442079460902"]


def incident(**changes: Any) -> Json:  # noqa: ANN401 - JSON
    """The content of a notification with free text."""
    return personas.incident(**{**personas.TEXT, **changes})


def notification(*to: Json, content: Json | None = None, **changes: Any) -> Json:  # noqa: ANN401 - JSON
    """A notification with free text."""
    return personas.notification(*to, content=content or incident(), **changes)


class Box:
    """An inbox that holds what it was given."""

    def __init__(self, held: list[bytes]) -> None:
        self._held = list(held)

    async def at_end(self) -> bool:
        """See Reader."""
        return not self._held

    async def poll(self) -> list[bytes]:
        """See Reader."""
        taken, self._held = self._held, []
        return taken


class Office:
    """Everybody's home in one folder, everybody's inbox, and a broker that answers at once."""

    def __init__(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.path = path
        self.world = World(make_home(path / "home", system_clock()), now=system_clock())
        self.inboxes: dict[str, list[bytes]] = {}
        self.decisions: list[Json] = []
        for module in (cli, receipt):
            monkeypatch.setattr(module, "reach" if module is cli else "connection", lambda *_: None)
        monkeypatch.setattr(desk, "take_in", AsyncMock(return_value=False))
        monkeypatch.setattr(post, "reader", self.reader)
        monkeypatch.setattr(post, "publish", self.publish)

    @asynccontextmanager
    async def reader(self, _: object, member: object, **__: object) -> AsyncIterator[Box]:
        """One organisation's inbox, from its beginning."""
        yield Box(self.inboxes.get(member.id, []))  # type: ignore[attr-defined]

    async def publish(self, _: object, submitted: list[Submitted]) -> None:
        """The broker carries at once."""
        for one in submitted:
            carried = self.world.carry_record(incoming(one))
            for out in carried.outgoing:
                self.inboxes.setdefault(out.key.decode(), []).append(out.value)

    def broker(self, *arguments: object, home: Path | None = None) -> Result:
        """Run a command in this process."""
        given = [str(one) for one in arguments]
        env = {"BROKER_HOME": str(home or self.world.home.path), "COLUMNS": "200"}
        return CliRunner().invoke(cli.app, given, env=env)

    def send(self, document: Json) -> None:
        """Publish, keeping what was signed."""
        file = self.path / "message.json"
        file.write_text(json.dumps(document))
        done = self.broker("publish", file, "--as", MET, "--wait", "0", "--keep", self.path / "signed")
        assert done.exit_code == 0, done.output

    def receipts(self) -> dict[str, Path]:
        """Files of receipts by recipient."""
        listed = self.broker("receipt", "list", "--as", MET, "--out", self.path / "receipts", "--json")
        assert listed.exit_code == 0, listed.output
        found = [json.loads(line) for line in listed.stdout.splitlines()]
        return {one["recipient"]: self.path / "receipts" / f"{one['jti']}.jws" for one in found}

    def view(self, organisation: str) -> Path:
        """The copy of the first delivery to that organisation."""
        file = self.path / "view.sd-jwt"
        file.write_text(self.deliveries(organisation)[0]["statement"])
        return file

    def deliveries(self, organisation: str) -> list[Json]:
        """What it opens."""
        agency = self.world.agency(organisation)
        return [asdict(agency.open_delivery(sealed, system_clock())) for sealed in self.inboxes[organisation]]


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Office:
    return Office(tmp_path, monkeypatch)


def two(**changes: object) -> Json:
    now = system_clock()
    times = {"occurredFrom": now.isoformat(timespec="seconds"), "groundsFormedAt": now.isoformat(timespec="seconds")}
    return notification(
        lead(ACLAND, "registered-dual-main"),
        lead(ARGYLE, "registered-dual-subsidiary"),
        content=incident(**times, **changes),
    )


def test_from_publishing_to_a_proof_with_public_keys_alone(office: Office, tmp_path: Path) -> None:
    document = two()
    office.send(document)
    signed = tmp_path / "signed" / f"{document['id']}.sd-jwt"
    found = office.receipts()
    assert set(found) == {ACLAND, ARGYLE}
    assert {file.stat().st_mode & 0o777 for file in (signed, *found.values())} == {0o600}
    public = tmp_path / "public"
    office.world.home.copy_registry(Home(public))
    assert {one.name for one in public.iterdir()} == {"trust.json", "registry.jsonl"}
    view = office.view(ACLAND)
    done = office.broker("receipt", "verify", found[ACLAND], "--statement", signed, "--view", view, home=public)
    assert done.exit_code == 0, done.output
    assert "Proved" in done.stdout
    assert "not checked" not in done.stdout
    assert not [one for one in SECRETS if one in done.output]
    alone = tmp_path / "alone"
    alone.write_text(signed.read_text().partition("~")[0])
    less = office.broker("receipt", "verify", found[ACLAND], "--statement", alone, home=public)
    assert (less.exit_code, less.stdout.count("not checked")) == (0, 2)


def test_a_receipt_of_another_recipient_does_not_fit_this_copy(office: Office, tmp_path: Path) -> None:
    document = two()
    office.send(document)
    signed, other = tmp_path / "signed" / f"{document['id']}.sd-jwt", office.receipts()[ARGYLE]
    done = office.broker("receipt", "verify", other, "--statement", signed, "--view", office.view(ACLAND))
    assert done.exit_code == 1
    assert "another copy" in done.stdout
    assert "NOT PROVED" in done.stdout
    said = json.loads(office.broker("receipt", "verify", other, "--statement", signed, "--json").stdout)
    assert said["proved"] is True
    assert [one["check"] for one in said["checks"] if not one["checked"]] == [
        "the-view-that-was-sent",
        "view-holds-nothing-withheld",
    ]


def test_a_list_is_read_by_people_and_by_message(office: Office) -> None:
    first, second = two(), two()
    office.send(first)
    office.send(second)
    everything = office.broker("receipt", "list", "--as", MET)
    assert everything.stdout.count("Acland Burghley School") == 2
    some = office.broker("receipt", "list", "--as", MET, "--message", first["id"], "--json").stdout.splitlines()
    assert {json.loads(one)["message"] for one in some} == {first["id"]}
    assert "No receipts" in office.broker("receipt", "list", "--as", ACLAND).stdout
    office.receipts()
    office.receipts()  # again is harmless


def test_an_auditor_lists_them_from_the_decision_records(office: Office, tmp_path: Path) -> None:
    office.send(two())
    (outcome,) = (one["body"] for one in office.deliveries(MET))
    records = tmp_path / "decisions.jsonl"
    records.write_text(json.dumps({"is": "decision", **{n: outcome[n] for n in ("message", "recipients")}}) + "\n")
    listed = office.broker("receipt", "list", "--from", records, "--json")
    assert len(listed.stdout.splitlines()) == 2
    forged = json.loads(records.read_text())
    forged["recipients"][0]["receipt"] = "x.y.z"
    records.write_text(json.dumps(forged))
    listed = office.broker("receipt", "list", "--from", records, "--json")
    assert listed.exit_code == NOT_OPENED
    assert len(listed.stdout.splitlines()) == 1


def test_one_is_shown_in_words(office: Office, tmp_path: Path) -> None:
    office.send(two())
    file = office.receipts()[ACLAND]
    said = office.broker("receipt", "show", file).stdout
    assert "adults appear by their relationship to the child" in said
    assert not [one for one in SECRETS if one in said]
    assert json.loads(office.broker("receipt", "show", file, "--json").stdout)["recipient"] == ACLAND
    bad = tmp_path / "bad.jws"
    bad.write_text("x.y.z")
    assert office.broker("receipt", "show", bad).exit_code == 1


def test_a_recipient_asks_its_own_copy_and_no_rule_about_a_place_is_told(office: Office, tmp_path: Path) -> None:
    place = {"homeAddress": {"lines": ["1 Example Row"], "postcode": "NW1 1AA"}}
    office.send(two(addressHandling="withhold-from-named", **place))
    office.send(two(addressHandling="open", homeAddress=None, childVoice=None, circumstances=None))
    items = office.deliveries(ACLAND)
    answers = {office.broker("receipt", "ask", one["id"], "--as", ACLAND, "--json").stdout_bytes for one in items}
    words = {office.broker("receipt", "ask", one["body"]["message"], "--as", ACLAND).stdout_bytes for one in items}
    assert len(answers) == len(words) == 1
    saved = tmp_path / "inbox.jsonl"
    saved.write_text("".join(json.dumps(one) + "\n" for one in items))
    from_file = office.broker("receipt", "ask", items[0]["id"], "--as", ACLAND, "--from", saved, "--json")
    assert {from_file.stdout_bytes} == answers
    assert b"RD-4" in from_file.stdout_bytes
    assert b"RD-2" not in from_file.stdout_bytes


def test_what_is_not_there_is_said_plainly(office: Office, tmp_path: Path) -> None:
    office.send(two())
    no_such = "11111111-1111-4111-8111-111111111111"
    assert office.broker("receipt", "ask", no_such, "--as", ACLAND).exit_code == USAGE
    assert office.broker("receipt", "show", tmp_path / "none").exit_code == USAGE
    for name, data in (("big", b"x" * 300_000), ("binary", b"\xff")):
        (tmp_path / name).write_bytes(data)
        assert office.broker("receipt", "show", tmp_path / name).exit_code == USAGE
    for bad in (tmp_path / "none", tmp_path / "binary"):
        assert office.broker("receipt", "ask", no_such, "--as", ACLAND, "--from", bad).exit_code == USAGE
    in_the_way = tmp_path / "binary"
    assert office.broker("receipt", "list", "--as", MET, "--out", in_the_way / "x").exit_code == USAGE
