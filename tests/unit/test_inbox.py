"""`broker inbox`: a key that is missing, wrong, damaged, expired or revoked is said loudly, and is no empty inbox."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from unittest.mock import AsyncMock

import pytest
from joserfc.jwk import OKPKey
from typer.testing import CliRunner, Result

from broker import cli, desk, post
from broker.home import Home, folder
from broker.registry import KeyUse, PublicKey
from tests.personas import ACLAND, MET, NIGHT, incident, lead, notification
from tests.world import World, make_home

NOT_OPENED, USAGE = 6, 2
SECRET = [str(incident()[name]) for name in ("familyName", "givenNames", "dateOfBirth")]


class Box:
    """An inbox that holds what it was given."""

    def __init__(self, held: list[bytes]) -> None:
        self._held = held

    async def at_end(self) -> bool:
        """See Reader."""
        return not self._held

    async def poll(self) -> list[bytes]:
        """See Reader."""
        taken, self._held = self._held, []
        return taken


class School:
    """A school with a folder of its own: its keys, and the registry as it is told."""

    def __init__(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.world = World(make_home(path))
        self.keys = path / "keys" / "school-100053"
        carried = self.world.carry(notification(lead(ACLAND)))
        self.held = [out.value for out in carried.outgoing if out.key == ACLAND.encode()]
        self._monkeypatch = monkeypatch
        monkeypatch.setattr(cli, "reach", lambda *_: None)
        monkeypatch.setattr(desk, "take_in", AsyncMock(return_value=False))
        self.clock(NIGHT)

    def clock(self, now: datetime) -> None:
        """What the school's clock shows."""
        self._monkeypatch.setattr(cli, "system_clock", lambda: now)

    def file(self, use: KeyUse) -> Path:
        """Where its private key for that use is."""
        return self.keys / f"{self.public(ACLAND, use).kid}.jwk"

    def public(self, organisation: str, use: KeyUse) -> PublicKey:
        """A registered key."""
        found = self.world.home.member(organisation).key(use, NIGHT)
        assert found is not None
        return found

    def inbox(self, *options: str) -> Result:
        """Run the command."""

        @asynccontextmanager
        async def reader(*_: object) -> AsyncIterator[Box]:
            yield Box(list(self.held))

        self._monkeypatch.setattr(post, "reader", reader)
        home = str(self.world.home.path)
        return CliRunner().invoke(cli.app, ["inbox", ACLAND, "--home", home, *options], env={"COLUMNS": "200"})


@pytest.fixture
def school(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> School:
    return School(tmp_path, monkeypatch)


def test_with_its_key_a_school_reads_what_it_was_sent(school: School) -> None:
    done = school.inbox()
    assert (done.exit_code, SECRET[1] in done.stdout) == (0, True)
    (item,) = map(json.loads, school.inbox("--json").stdout.splitlines())
    assert item["verified"] == ["broker", MET]


def test_an_empty_inbox_says_that_it_is_empty(school: School) -> None:
    school.held = []
    done = school.inbox()
    assert (done.exit_code, done.stderr) == (0, "")
    assert "Nothing here" in done.stdout
    assert (school.inbox("--json").exit_code, school.inbox("--json").stdout) == (0, "")


def no_sealing_key(school: School) -> None:
    school.file(KeyUse.SEAL).unlink()


def another_key_under_its_name(school: School) -> None:
    other = OKPKey.generate_key("X25519")
    school.file(KeyUse.SEAL).write_text(json.dumps(other.as_dict(private=True)))


def its_signing_key_under_that_name(school: School) -> None:
    school.file(KeyUse.SEAL).write_text(school.file(KeyUse.SIGN).read_text())


def only_the_public_half(school: School) -> None:
    school.file(KeyUse.SEAL).write_text(json.dumps(dict(school.public(ACLAND, KeyUse.SEAL).jwk)))


def a_delivery_for_another(school: School) -> None:
    carried = school.world.carry(notification(lead("school:100008")))
    school.held = [out.value for out in carried.outgoing if out.key == b"school:100008"]


def one_byte_changed(school: School) -> None:
    school.held = [value[:-5] + (b"A" if value[-5:-4] != b"A" else b"B") + value[-4:] for value in school.held]


def rubbish(school: School) -> None:
    school.held = [b"", b"\xff" * 5000]


def broker_key_expired(school: School) -> None:
    """The cover was signed when the broker's key was no longer valid, by the reader's registry."""
    school.world.now = NIGHT + timedelta(days=366)
    school.clock(school.world.now)
    _reregister(school, "broker:england-and-wales", not_after=NIGHT)


def broker_key_revoked(school: School) -> None:
    _reregister(school, "broker:england-and-wales", revoked_at=NIGHT)


def sender_key_revoked(school: School) -> None:
    _reregister(school, MET, revoked_at=NIGHT - timedelta(minutes=1))


def _reregister(school: School, organisation: str, **changes: datetime) -> None:
    registry = school.world.registry
    member = registry.get(organisation)
    assert member is not None
    keys = tuple(key.model_copy(update=changes) if key.use is KeyUse.SIGN else key for key in member.keys)
    told = registry.put([member.model_copy(update={"keys": keys})], "as it is told")
    school._monkeypatch.setattr(Home, "registry", lambda _: told)  # noqa: SLF001 - the test's own


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (no_sealing_key, "cannot-be-opened"),
        (another_key_under_its_name, "cannot-be-opened"),
        (its_signing_key_under_that_name, "cannot-be-opened"),
        (only_the_public_half, "cannot-be-opened"),
        (a_delivery_for_another, "cannot-be-opened"),
        (one_byte_changed, "cannot-be-opened"),
        (rubbish, "cannot-be-opened"),
        (broker_key_expired, "key-not-valid"),
        (broker_key_revoked, "key-revoked"),
        (sender_key_revoked, "key-revoked"),
    ],
)
def test_what_cannot_be_opened_or_believed_is_said_loudly_and_never_shown(
    school: School, spoil: Callable[[School], None], reason: str
) -> None:
    spoil(school)
    for options in ((), ("--json",)):
        done = school.inbox(*options)
        assert done.exit_code == NOT_OPENED
        assert f"cannot be trusted: {reason}" in done.stderr
        assert "do not act on them; ring the broker's desk" in done.stderr
        assert "Nothing here" not in done.output
        assert done.stdout == ""
        assert not any(secret in done.output for secret in SECRET)


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda one: [file.unlink() for file in one.keys.iterdir()] and one.keys.rmdir(), "no keys in"),
        (lambda one: one.file(KeyUse.SEAL).chmod(0o644), "can be read by others"),
        (lambda one: one.file(KeyUse.SEAL).write_text(""), "is not a private key"),
        (lambda one: one.file(KeyUse.SEAL).write_text('{"kty":"OKP","crv":"X25519"}'), "is not a private key"),
        (
            lambda one: one.file(KeyUse.SEAL).write_text('{"kty":"OKP","crv":"X25519","d":"AA","x":"AA"}'),
            "is not a priv",
        ),
    ],
    ids=["no folder", "readable by others", "empty file", "no point", "too short"],
)
def test_a_key_that_cannot_be_used_stops_the_command_before_it_looks(
    school: School, spoil: Callable[[School], object], says: str
) -> None:
    spoil(school)
    done = school.inbox()
    assert done.exit_code not in (0, NOT_OPENED)
    assert says in done.stderr
    assert done.stdout == ""


def test_one_that_cannot_be_opened_does_not_hide_the_others(school: School) -> None:
    school.held = [b"rubbish", *school.held, b"rubbish"]
    done = school.inbox()
    assert done.exit_code == NOT_OPENED
    assert SECRET[1] in done.stdout
    assert done.stderr.count("cannot be trusted") == 2
    assert "2 items" in done.stderr


def test_who_is_not_connected_has_no_inbox(school: School) -> None:
    outside = next(one for one in school.world.registry if not one.connected)
    (school.world.home.path / "keys" / folder(outside.id)).mkdir(exist_ok=True)
    done = CliRunner().invoke(cli.app, ["inbox", outside.id, "--home", str(school.world.home.path)])
    assert done.exit_code == USAGE
    assert "told by telephone" in done.stderr
