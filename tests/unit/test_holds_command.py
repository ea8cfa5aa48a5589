"""`broker holds`: what a desk sees, and that only its own role holder can decide, and only what can be decided."""

import json
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from unittest.mock import AsyncMock

import pytest
from typer.testing import CliRunner, Result

from broker import cli, desk, post
from broker.agency import Submitted
from broker.clock import system_clock
from broker.commands import holds, receiving
from broker.mailbox.client import Claimed
from broker.register import REGISTRAR, Connected, PersonAdded, PersonRevoked
from broker.registry import Channel
from broker.schemas.terms import PersonRole
from broker.topics import MAILBOX, inbox
from tests.personas import ACLAND, BROOKFIELD, HERTS, MARRIOTTS, MET, Json, incident, lead, notification, told
from tests.world import World, incoming, make_home

HELD, REFUSED, NO_OUTCOME, NOT_OPENED, USAGE = 3, 4, 5, 6, 2


class Box:
    """An inbox that holds what it is given, also later."""

    def __init__(self, held: list[bytes], begin: int) -> None:
        self._held, self._next = held, begin

    async def at_end(self) -> bool:
        """See Reader."""
        return self._next >= len(self._held)

    async def poll(self) -> list[bytes]:
        """See Reader."""
        taken, self._next = self._held[self._next :], len(self._held)
        return taken


class Police:
    """The Metropolitan Police with their own inbox, and a broker that answers at once."""

    def __init__(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.world = World(make_home(path, system_clock()), now=system_clock())
        self.inbox: list[bytes] = []
        self.submitted: list[Submitted] = []
        self.deaf = False
        monkeypatch.setattr(holds, "connection", lambda *_: None)
        monkeypatch.setattr(desk, "take_in", AsyncMock(return_value=False))
        monkeypatch.setattr(post, "reader", self.reader)
        monkeypatch.setattr(post, "publish", self.publish)

    @asynccontextmanager
    async def reader(self, *_: object, new_only: bool = False) -> AsyncIterator[Box]:
        """Their inbox, from its beginning or from now on."""
        yield Box(self.inbox, len(self.inbox) if new_only else 0)

    async def publish(self, _: object, submitted: Sequence[Submitted]) -> None:
        """What the broker makes of it."""
        self.submitted += submitted
        for one in [] if self.deaf else submitted:
            self.hear(self.world.carry_record(incoming(one)))
            for again in self.world.send_again():
                self.hear(again)

    def hear(self, carried: object) -> None:
        """What comes to them of something that was carried."""
        self.inbox += [out.value for out in carried.outgoing if out.topic == inbox(MET)]  # type: ignore[attr-defined]

    def send(self, document: Json) -> Json:
        """They submit, and hear of it."""
        self.hear(self.world.carry(document))
        return document

    def run(self, *arguments: str) -> Result:
        """A command of `broker holds`."""
        options = ("--home", str(self.world.home.path))
        return CliRunner().invoke(cli.app, ["holds", *arguments, *options], env={"COLUMNS": "200"})

    def listed(self, *options: str) -> list[Json]:
        """What `list --json` says."""
        return [json.loads(line) for line in self.run("list", "--as", MET, "--json", *options).stdout.splitlines()]

    def who(self, role: PersonRole = PersonRole.DUTY_DESK, organisation: str = MET) -> str:
        """A role holder, as the commands name one."""
        people = self.world.home.member(organisation).people
        return f"{organisation}/{next(one.id for one in people if one.role is role)}"


@pytest.fixture
def police(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Police:
    return Police(tmp_path, monkeypatch)


def refuge() -> Json:
    return notification(lead(MARRIOTTS), content=incident(addressHandling="refuge"))


def plain(text: str) -> str:
    """Without frames and folds."""
    return re.sub(r"[│┃\s]+", " ", text)


def test_the_list_says_what_waits_why_and_what_may_be_done(police: Police) -> None:
    assert (police.run("list", "--as", MET).exit_code, police.run("list", "--as", MET).stdout) == (
        0,
        "Nothing is held.\n",
    )
    document = police.send(refuge())
    police.send(notification(lead(BROOKFIELD)))
    done = police.run("list", "--as", MET)
    assert done.exit_code == HELD
    for says in (
        document["id"],
        "RD-2-SENDER",
        "release --break-glass",
        "CHN-1",
        "telephone",
        "0 h 0",
    ):
        assert says in done.stdout, says
    assert not any(secret in done.output for secret in ("Testcase", "Rowan", "Example Row"))
    first, second = police.listed()
    assert first["due"]["at"][:10] in done.stdout
    assert (first["message"], first["may"], first["open"]) == (
        document["id"],
        ["release", "break-glass", "refuse", "told-by-other-channel"],
        True,
    )
    assert second["may"] == ["refuse", "told-by-other-channel"]


def test_settled_holds_are_listed_only_if_they_are_asked_for(police: Police) -> None:
    police.send(told(police.send(refuge()), MARRIOTTS))
    assert police.listed() == []
    (hold,) = police.listed("--all")
    assert (hold["state"], hold["may"]) == ("told-by-other-channel", [])
    assert police.run("list", "--as", MET, "--all").exit_code == 0


def test_one_hold_is_shown_whole(police: Police) -> None:
    document = police.send(refuge())
    done = police.run("show", document["id"], MARRIOTTS, "--as", MET)
    assert done.exit_code == 0
    for says in (document["case"], "would tell where the child is now", "released by", "call sheet", "sender's desk"):
        assert says in plain(done.stdout), says
    shown = json.loads(police.run("show", document["id"], MARRIOTTS, "--as", MET, "--json").stdout)
    assert shown["findings"][0]["releasedBy"] == ["break-glass", "release"]
    unknown = police.run("show", document["id"], ACLAND, "--as", MET)
    assert unknown.exit_code == 1
    assert f"broker holds list --as {MET}" in unknown.stderr


def release(police: Police, document: Json, organisation: str, *options: str, who: str = "") -> Result:
    """Release it, as the duty desk unless somebody else."""
    reason = ("--reason", "confirmed-with-the-setting", "--as", who or police.who())
    return police.run("release", document["id"], organisation, *reason, *options)


def refuse(police: Police, document: Json, organisation: str, *options: str, reason: str = "not-needed") -> Result:
    """Decide not to share it."""
    return police.run("refuse", document["id"], organisation, "--reason", reason, "--as", police.who(), *options)


def test_the_duty_desk_lets_it_go_and_sees_what_became_of_it(police: Police) -> None:
    document = police.send(refuge())
    done = release(police, document, MARRIOTTS)
    assert done.exit_code == 0, done.output
    for says in ("RECORDED", "released", police.who().partition("/")[2], "SHARED"):
        assert says in plain(done.stdout), says
    assert police.listed() == []
    again = release(police, document, MARRIOTTS)
    assert again.exit_code == REFUSED
    assert "it is sent" in again.stderr
    assert len(police.submitted) == 1


def test_against_a_rule_the_glass_must_be_broken_and_it_is_listed_for_review(police: Police) -> None:
    document = police.send(notification(lead(ACLAND, "left")))
    done = release(police, document, ACLAND)
    assert done.exit_code == REFUSED
    assert "add --break-glass" in done.stderr
    assert police.submitted == []
    assert police.run("list", "--as", MET, "--reviews").stdout == "Nothing awaits review.\n"
    done = release(police, document, ACLAND, "--break-glass", "--json")
    assert done.exit_code == 0, done.output
    recorded, again = map(json.loads, done.stdout.splitlines())
    assert (recorded["act"]["how"], again["review"]) == ("break-glass", "break-glass")
    (review,) = police.listed("--reviews")
    assert (review["of"], review["message"], review["act"]["role"]) == ("break-glass", document["id"], "duty-desk")
    said = police.run("list", "--as", MET, "--reviews")
    assert said.exit_code == HELD
    assert "confirmed-with-the-setting" in said.stdout


def test_what_nobody_can_release_is_said_without_sending_anything(police: Police) -> None:
    document = police.send(notification(lead(BROOKFIELD)))
    for options in ((), ("--break-glass",)):
        done = release(police, document, BROOKFIELD, *options)
        assert done.exit_code == REFUSED
        assert "Nobody can release it: CHN-1 cannot be passed. Nothing was sent." in plain(done.stderr)
        assert "telephone" in done.stderr
    assert police.submitted == []


def test_a_reason_is_needed_and_only_those_of_the_list(police: Police) -> None:
    document = police.send(refuge())
    for reason in ((), ("--reason", "because")):
        done = police.run("release", document["id"], MARRIOTTS, "--as", police.who(), *reason)
        assert done.exit_code == USAGE
        assert "--reason" in done.stderr
    assert "child-at-risk-now" in done.stderr


def test_the_duty_desk_decides_not_to_share(police: Police) -> None:
    document = police.send(refuge())
    done = refuse(police, document, MARRIOTTS)
    assert done.exit_code == 0, done.output
    assert "not-shared" in done.stdout
    (hold,) = police.listed("--all")
    assert (hold["state"], hold["act"]["because"]) == ("not-shared", "not-needed")
    again = refuse(police, document, MARRIOTTS)
    assert again.exit_code == REFUSED
    assert "it is not-shared" in again.stderr


def test_a_risk_needs_a_time_to_look_again(police: Police) -> None:
    document = police.send(refuge())
    done = refuse(police, document, MARRIOTTS, reason="operational-risk")
    assert done.exit_code == USAGE
    assert "--review-at" in done.stderr
    done = refuse(police, document, MARRIOTTS, "--review-at", "2026-11-20T12:00:00", reason="operational-risk")
    assert done.exit_code == 0, done.output
    (review,) = police.listed("--reviews")
    assert (review["of"], review["review_at"]) == ("not-shared", "2026-11-20T12:00:00Z")
    assert "look again at" in police.run("list", "--as", MET, "--reviews").stdout


def test_nobody_but_a_role_holder_of_the_sender_can_work_it(police: Police) -> None:
    document = police.send(refuge())
    home = police.world.home
    officer = home.new_person(MET, PersonRole.DATA_PROTECTION_OFFICER, police.world.now)
    home.declare(PersonAdded(about=MET, person=officer), MET, police.world.now)
    gone = police.who()
    for who, code, says in (
        (MET, USAGE, "names an organisation and its role holder"),
        (f"{MET}/person-000000000000", 1, "has no role holder"),
        (f"{MET}/{officer.id}", REFUSED, "is data-protection-officer. What is held is worked by: deputy, duty-desk"),
        (f"police:99/{officer.id}", USAGE, "is not in the registry"),
        (f"{BROOKFIELD}/{officer.id}", USAGE, "is not connected"),
    ):
        done = release(police, document, MARRIOTTS, who=who)
        assert (done.exit_code, says in plain(done.stderr)) == (code, True), done.stderr
    home.declare(PersonRevoked(about=MET, person=gone.partition("/")[2]), MET, police.world.now)
    done = release(police, document, MARRIOTTS, who=gone)
    assert done.exit_code == 1
    assert "broker person add" in done.stderr
    assert police.submitted == []


def test_another_organisation_has_been_told_of_no_such_hold(police: Police) -> None:
    document = police.send(refuge())
    police.inbox.clear()  # theirs holds nothing of it
    done = release(police, document, MARRIOTTS, who=police.who(organisation=HERTS))
    assert done.exit_code == 1
    assert "Only the organisation that sent a message works its holds" in plain(done.stderr)


def test_a_broker_that_does_not_answer_is_said_and_a_refusal_ends_the_wait(police: Police) -> None:
    document = police.send(refuge())
    police.deaf = True
    done = release(police, document, MARRIOTTS, "--wait", "0.1")
    assert done.exit_code == NO_OUTCOME
    assert "No outcome came" in done.stderr
    police.deaf = False
    police.world.carry(told(document, MARRIOTTS))  # settled meanwhile, and not heard of yet
    done = release(police, document, MARRIOTTS)
    assert done.exit_code == REFUSED
    assert "There is no such message" in plain(done.stdout)


def test_a_release_in_vain_is_said_at_once(police: Police, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: str) -> list[object]:
        world = police.world
        return [
            world.exchange.again_failed(case, telling, world.now) for case, telling in world.memory.to_send_again({})
        ]

    document = police.send(refuge())
    monkeypatch.setattr(police.world, "send_again", fails)
    done = release(police, document, MARRIOTTS)
    assert done.exit_code == 1
    assert "RELEASED, AND NOT SENT" in done.stdout
    assert "Telephone the recipient now" in plain(done.stdout)
    said = police.run("list", "--as", MET)
    assert "released in vain" in said.stdout


def test_what_cannot_be_opened_is_said_beside_the_list(police: Police) -> None:
    document = police.send(refuge())
    police.inbox.append(b"rubbish")
    done = police.run("list", "--as", MET)
    assert done.exit_code == NOT_OPENED
    assert "A hold may be missing here" in done.stderr
    assert document["id"] in done.stdout


class Service:
    """A mailbox service that lends what lies there, and forgets what is acknowledged."""

    def __init__(self, items: list[bytes]) -> None:
        self.items = dict(enumerate(items))
        self.lent: set[int] = set()

    def __call__(self, *_: object, **__: object) -> "Service":
        return self

    def claim(self, *, wait: int = 0) -> list[Claimed]:
        """See Mailbox."""
        assert wait == 0
        offered = [Claimed(str(number), sealed) for number, sealed in self.items.items() if number not in self.lent]
        self.lent |= set(self.items)
        return offered

    def acknowledge(self, items: list[str]) -> None:
        """See Mailbox."""
        for one in items:
            self.items.pop(int(one), None)

    def bring_up_to_date(self, _: object, start: int) -> int:
        """See Mailbox."""
        return start


@pytest.fixture
def by_mailbox(police: Police, monkeypatch: pytest.MonkeyPatch) -> Service:
    """The police read a mailbox, in which one hold lies."""
    home = police.world.home
    home.declare(Connected(about=MET, channel=Channel.MAILBOX), REGISTRAR, police.world.now)
    carried = police.world.carry(refuge())
    service = Service([out.value for out in carried.outgoing if out.key == MET.encode() and out.topic == MAILBOX])
    assert len(service.items) == 1
    monkeypatch.setattr(receiving, "Mailbox", service)
    return service


def test_who_reads_a_mailbox_sees_its_holds_also_once_they_are_acknowledged(
    police: Police, by_mailbox: Service
) -> None:
    (hold,) = police.listed()
    assert by_mailbox.items, "listing acknowledges nothing"
    assert police.listed() == [hold], "while they are on loan too"
    by_mailbox.lent.clear()  # the minute has passed
    shown = CliRunner().invoke(cli.app, ["inbox", MET, "--home", str(police.world.home.path)], env={"COLUMNS": "200"})
    assert (shown.exit_code, "RD-2-SENDER" in shown.stdout) == (0, True), shown.output
    assert not by_mailbox.items
    assert police.listed() == [hold]
    kept = list((police.world.home.path / "said" / "police-01").iterdir())
    assert [file.stat().st_mode & 0o777 for file in kept] == [0o600]
    assert kept[0].read_bytes().count(b".") == 4, "as it came, sealed"


def test_who_reads_a_mailbox_hears_later_what_became_of_it(police: Police, by_mailbox: Service) -> None:
    (hold,) = police.listed()
    assert by_mailbox.items
    reason = ("--reason", "place-is-known-there", "--as", police.who())
    done = police.run("release", hold["message"], hold["organisation"], *reason)
    assert (done.exit_code, len(police.submitted)) == (0, 1), done.output
    assert f"broker inbox {MET}" in done.stdout
