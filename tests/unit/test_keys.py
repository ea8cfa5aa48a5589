"""Private keys at rest: plain for their owner alone, under a passphrase, or mounted; anything else is refused."""

import base64
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from joserfc import jwe
from joserfc.jwk import OctKey
from typer.testing import CliRunner, Result

from broker import keys
from broker.app import make_exchange
from broker.certificates import Authority, CertificateError
from broker.cli import app
from broker.clock import system_clock
from broker.home import Home, HomeError, folder
from broker.registry import KeyUse
from tests.personas import ACLAND, BROKER, NIGHT, lead, notification
from tests.world import World

WORDS = "correct horse battery staple"
NOT_OURS = os.name == "posix" and os.geteuid() == 0
QUICK = 1_000
"""Iterations, so that a test does not take a minute; the real figure has a test of its own."""


@pytest.fixture
def words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file with the passphrase; keys are quick to open."""
    monkeypatch.setattr(keys, "ITERATIONS", QUICK)
    monkeypatch.setattr(keys, "_opened", {})
    monkeypatch.setattr(keys, "_asked", [])
    file = tmp_path / "words"
    file.write_text(f"{WORDS}\n")
    file.chmod(0o600)
    monkeypatch.setenv(keys.PASSPHRASE_FILE, str(file))
    return file


@pytest.fixture
def home(tmp_path: Path, keyed_home: Path) -> Home:
    """A home of its own, plain."""
    shutil.copytree(keyed_home, tmp_path / "home")
    return Home(tmp_path / "home")


def broker(*arguments: str, text: str = "") -> Result:
    return CliRunner().invoke(app, list(arguments), input=text, env={"COLUMNS": "200"})


def shared(home: Home) -> str:
    """One message through the procedure with the keys of this home, and opened by its school."""
    world = World(home)
    carried = world.carry(notification(lead(ACLAND)))
    return str(world.opened(carried, ACLAND)[0].content["givenNames"])


# Under a passphrase ---------------------------------------------------------------------------------------------------


def test_a_protected_home_works_like_a_plain_one_and_holds_no_key_in_the_clear(home: Home, words: Path) -> None:
    before = {file.name: file.read_bytes() for file in keys.secrets_of(home.path)}
    state = home.state_keys()
    assert words.is_file()
    assert broker("keys", "protect", "--home", str(home.path)).exit_code == 0
    left = [
        file for file in home.path.rglob("*") if file.is_file() and file.name not in ("trust.json", "registry.jsonl")
    ]
    assert {file.name for file in left} == {f"{name}.jwe" for name in before}
    secret = [json.loads(data)["d"].encode() for name, data in before.items() if name.endswith(".jwk")]
    assert secret
    assert not [one for one in secret for file in left if one in file.read_bytes()]
    assert shared(Home(home.path)) == "Rowan"
    assert Home(home.path).state_keys() == state
    assert broker("keys", "unprotect", "--home", str(home.path)).exit_code == 0
    assert {file.name: file.read_bytes() for file in keys.secrets_of(home.path)} == before
    assert not list(home.path.rglob("*.jwe"))


def test_what_is_written_is_rfc_7517_section_7_with_at_least_310_000_iterations() -> None:
    sealed = keys.seal(b'{"kty":"OKP"}', WORDS)
    opened = jwe.decrypt_compact(sealed, OctKey.import_key(WORDS.encode()), registry=keys._REGISTRY)  # noqa: SLF001
    header = opened.headers()
    assert (header["alg"], header["enc"]) == ("PBES2-HS512+A256KW", "A256GCM")
    assert header["p2c"] == 310_000
    assert len(header["p2s"]) >= 20
    assert keys.unseal(sealed, WORDS, "it") == b'{"kty":"OKP"}'


@pytest.mark.parametrize(
    "header",
    [
        {"p2c": 1},
        {"p2c": 2_000_001},
        {"p2c": 10**12},
        {"p2c": "1000"},
        {"p2c": True},
        {"alg": "PBES2-HS256+A128KW"},
        {"alg": "dir"},
        {"enc": "A128GCM"},
        {"zip": "DEF"},
        {"jku": "https://example.org"},
    ],
)
def test_a_header_that_we_do_not_write_is_refused_before_any_work(header: dict[str, object], words: Path) -> None:
    assert words.is_file()
    good = keys.seal(b"secret", WORDS).decode()
    known = {"alg": keys.WRAP, "enc": keys.CONTENT, "p2s": "A" * 22, "p2c": QUICK}
    text = _header({**known, **header}) + good[good.index(".") :]
    with pytest.raises(HomeError, match="does not open"):
        keys.unseal(text.encode(), WORDS, "it")


def _header(value: dict[str, object]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def _flip(data: bytes) -> bytes:
    return data[:-8] + (b"A" if data[-8:-7] != b"A" else b"B") + data[-7:]


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda file, _: file.write_bytes(_flip(file.read_bytes())), "passphrase is wrong or the file is damaged"),
        (lambda file, _: file.write_bytes(b""), "passphrase is wrong or the file is damaged"),
        (lambda file, _: file.write_bytes(b"\xff" * 100), "passphrase is wrong or the file is damaged"),
        (lambda file, _: file.chmod(0o640), "chmod 600"),
        (lambda _, words: words.write_text("another, quite long, phrase"), "passphrase is wrong"),
        (lambda _, words: words.write_text("short"), "choose several words"),
        (lambda _, words: words.chmod(0o644), "chmod 600"),
        (lambda _, words: words.unlink(), "no .*words"),
    ],
)
def test_what_does_not_open_is_said_with_the_next_step(
    spoil: Callable[[Path, Path], None], says: str, home: Home, words: Path
) -> None:
    place = home.path / "keys" / folder(ACLAND)
    for file in keys.here(place, "*.jwk"):
        keys.protect(file)
    keys._opened.clear()  # noqa: SLF001
    spoil(keys.protected(keys.here(place, "*.jwk")[0]), words)
    with pytest.raises(HomeError, match=says) as refused:
        home.keys(ACLAND)
    assert WORDS not in str(refused.value)


def test_without_a_file_or_a_terminal_the_passphrase_is_asked_for_in_words(
    home: Home, words: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys.protect(keys.here(home.path / "keys" / folder(ACLAND), "*.jwk")[0])
    assert words.is_file()
    monkeypatch.delenv(keys.PASSPHRASE_FILE)
    keys._opened.clear()  # noqa: SLF001
    with pytest.raises(HomeError, match="BROKER_PASSPHRASE_FILE"):
        home.keys(ACLAND)


def test_at_a_terminal_it_is_typed_once_to_open_and_twice_to_protect(monkeypatch: pytest.MonkeyPatch) -> None:
    typed = iter([WORDS, "something else", WORDS, WORDS])
    monkeypatch.setattr(keys, "_asked", [])
    monkeypatch.delenv(keys.PASSPHRASE_FILE, raising=False)
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("getpass.getpass", lambda _: next(typed))
    with pytest.raises(HomeError, match="not the same"):
        keys.passphrase(new=True)
    assert keys.passphrase(new=True) == WORDS
    assert keys.passphrase() == WORDS


def test_a_new_key_beside_protected_ones_is_protected(home: Home, words: Path) -> None:
    assert words.is_file()
    place = home.path / "keys" / folder(ACLAND)
    for file in keys.here(place, "*.jwk"):
        keys.protect(file)
    made = home.new_key(ACLAND, KeyUse.SEAL, NIGHT)
    assert not (place / f"{made.kid}.jwk").exists()
    assert home.keys(ACLAND).private(made.kid) is not None


def test_a_run_that_ended_halfway_is_finished_by_the_next(home: Home, words: Path) -> None:
    assert words.is_file()
    file = keys.here(home.path / "keys" / folder(ACLAND), "*.jwk")[0]
    data = file.read_bytes()
    keys.write_new(keys.protected(file), keys.seal(data, WORDS))
    assert keys.read(file) == data
    assert keys.protect(file)
    assert not file.exists()
    assert not keys.protect(file)
    assert keys.read(file) == data
    keys.write_new(file, data)
    assert keys.unprotect(file)
    assert not keys.unprotect(file)
    assert keys.read(file) == data


# TLS ------------------------------------------------------------------------------------------------------------------


def test_the_key_for_kafka_and_the_authoritys_own_may_be_protected(tmp_path: Path, words: Path) -> None:
    assert words.is_file()
    authority = Authority.make(tmp_path / "authority", system_clock())
    authority.issue("police-01", tmp_path / "tls", system_clock())
    assert broker("keys", "protect", "--home", str(tmp_path)).exit_code == 0
    assert not (tmp_path / "tls" / "client.key").exists()
    assert not (tmp_path / "authority" / "ca.key").exists()
    connection = Home(tmp_path).connection("127.0.0.1:9092")
    assert connection.options["security_protocol"] == "SSL"
    Authority(tmp_path / "authority").issue("police-01", tmp_path / "tls", system_clock())
    assert not (tmp_path / "tls" / "client.key.jwe").exists()
    assert connection.options["security_protocol"] == "SSL"
    words.write_text("another, quite long, phrase")
    keys._opened.clear()  # noqa: SLF001
    with pytest.raises(CertificateError, match="does not open"):
        Authority(tmp_path / "authority")


# Mounted --------------------------------------------------------------------------------------------------------------


def mount(home: Home) -> Path:
    """The broker's keys as Kubernetes mounts a secret: links to links, readable by all."""
    place = home.path / "keys" / folder(BROKER)
    real = place / "..2026_11_24"
    real.mkdir()
    (place / "..data").symlink_to("..2026_11_24")
    for file in [*place.glob("*.jwk"), *place.glob("*.key")]:
        file.rename(real / file.name)
        (real / file.name).chmod(0o444)
        file.symlink_to(Path("..data") / file.name)
    return place


def test_a_mounted_secret_is_used_only_where_it_is_said_to_be_one(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    place = mount(home)
    with pytest.raises(HomeError, match=r"chmod 600.*BROKER_SECRETS"):
        home.keys(BROKER)
    with pytest.raises(HomeError, match="BROKER_SECRETS"):
        home.state_keys()
    monkeypatch.setenv(keys.MOUNTED, str(home.path / "keys" / "elsewhere"))
    with pytest.raises(HomeError, match="chmod 600"):
        home.keys(BROKER)
    monkeypatch.setenv(keys.MOUNTED, str(place))
    assert make_exchange(home, home.registry(), lambda: NIGHT)
    assert list(home.state_keys()) == [1]


@pytest.mark.parametrize("mode", [0o664, 0o646, 0o666])
def test_a_mounted_secret_that_others_could_change_is_refused(
    mode: int, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = mount(home)
    monkeypatch.setenv(keys.MOUNTED, str(place))
    next(place.glob("..data/*.jwk")).chmod(mode)
    with pytest.raises(HomeError, match="0440 or 0444"):
        home.keys(BROKER)


@pytest.mark.skipif(not NOT_OURS, reason="only root can give a file away")
def test_a_mounted_secret_of_another_user_is_refused(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    place = mount(home)
    monkeypatch.setenv(keys.MOUNTED, str(place))
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert home.keys(BROKER)  # root's
    os.chown(next(place.glob("..data/*.jwk")), 1001, -1)
    with pytest.raises(HomeError, match="owned by root"):
        home.keys(BROKER)


def test_a_mounted_secret_is_not_destroyed_here(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    place = mount(home)
    monkeypatch.setenv(keys.MOUNTED, str(place))
    file = next(place.glob("*.jwk"))
    with pytest.raises(HomeError, match="where it is made"):
        keys.destroy(file)
    assert file.exists()


# Files ----------------------------------------------------------------------------------------------------------------


def test_nothing_is_written_over_a_key_and_a_failed_write_leaves_nothing(home: Home, tmp_path: Path) -> None:
    file = keys.here(home.path / "keys" / folder(ACLAND), "*.jwk")[0]
    before = file.read_bytes()
    for write in (keys.write, keys.write_new):
        with pytest.raises(HomeError, match="is there already"):
            write(file, b"other")
    assert file.read_bytes() == before
    with pytest.raises(HomeError, match="cannot write"):
        keys.write_new(tmp_path / "no such folder" / "key", b"")
    assert not [one for one in file.parent.iterdir() if one.name.startswith(".")]


def test_a_destroyed_key_is_overwritten_before_it_is_removed(home: Home, tmp_path: Path) -> None:
    file = keys.here(home.path / "keys" / folder(ACLAND), "*.jwk")[0]
    secret = json.loads(file.read_bytes())["d"].encode()
    os.link(file, tmp_path / "the same file")
    keys.destroy(file)
    assert not file.exists()
    assert secret not in (tmp_path / "the same file").read_bytes()
    with pytest.raises(HomeError, match="cannot remove"):
        keys.erase(file)


# Commands -------------------------------------------------------------------------------------------------------------


def test_keys_list_says_what_is_here_and_never_a_key(home: Home) -> None:
    place = home.path / "keys" / folder(BROKER)
    member = home.broker()
    secret = [json.loads(file.read_bytes())["d"] for file in place.glob("*.jwk")]
    next(file for file in place.glob("*.jwk") if file.stem == member.keys[0].kid).unlink()
    home.new_key(BROKER, KeyUse.SEAL, NIGHT)
    result = broker("keys", "list", BROKER, "--home", str(home.path), "--json")
    assert result.exit_code == 0
    rows = json.loads(result.stdout)
    assert [row["private"] for row in rows] == ["not here", "here, plain", "here, plain", "here, plain"]
    assert {row["use"] for row in rows} == {"sign", "seal", "not registered", "changelogs"}
    assert not [one for one in secret if one in result.output]
    assert broker("keys", "list", ACLAND, "--home", str(home.path)).output.count("safeguarding-lead") == 1
    assert broker("keys", "list", "school:999999", "--home", str(home.path)).exit_code == 1


def test_protecting_nothing_is_said(tmp_path: Path) -> None:
    result = broker("keys", "protect", "--home", str(tmp_path))
    assert result.exit_code == 1
    assert "BROKER_HOME" in result.output


def test_destroying_asks_first_and_refuses_a_key_in_use(home: Home) -> None:
    lead_key = home.member(ACLAND).people[0].key.kid
    at = ("--home", str(home.path))
    file = home.path / "keys" / folder(ACLAND) / f"{lead_key}.jwk"
    assert broker("keys", "destroy", ACLAND, lead_key, *at, text="n\n").exit_code == 1
    assert file.exists()
    result = broker("keys", "destroy", ACLAND, lead_key, *at, text="y\n")
    assert result.exit_code == 0, result.output
    assert "only signs" in result.output
    assert not file.exists()
    assert "keys list" in broker("keys", "destroy", ACLAND, lead_key, *at, "--yes").output
    assert "keys list" in broker("keys", "destroy", ACLAND, "../../x", *at, "--yes").output
    sealing = next(key.kid for key in home.member(ACLAND).keys if key.use is KeyUse.SEAL)
    in_use = broker("keys", "destroy", ACLAND, sealing, *at, "--yes")
    assert in_use.exit_code == 1
    assert "newest of its use" in in_use.output
    assert "delivered to school:100053" in broker("keys", "destroy", ACLAND, sealing, *at, "--yes", "--force").output
    assert "rotate-state" in broker("keys", "destroy", BROKER, "state-1", *at, "--yes").output


def test_a_new_state_key_is_numbered_after_the_others(home: Home) -> None:
    result = broker("keys", "rotate-state", "--home", str(home.path))
    assert result.exit_code == 0
    assert "destroy broker:england-and-wales state-1" in result.output
    assert sorted(home.state_keys()) == [1, 2]
