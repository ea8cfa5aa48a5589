"""A home in one sealed file, and back: whole or not at all, and never over another."""

import io
import shutil
import tarfile
from collections.abc import Iterable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from broker import backup, keys
from broker.cli import app
from broker.home import Home, HomeError, folder
from broker.registry import KeyUse
from tests.personas import ACLAND, NIGHT

WORDS = "correct horse battery staple"


@pytest.fixture
def home(tmp_path: Path, keyed_home: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A home; keys that are quick to open; a passphrase."""
    shutil.copytree(keyed_home, tmp_path / "home")
    made = Home(tmp_path / "home")
    monkeypatch.setattr(keys, "ITERATIONS", 1_000)
    (tmp_path / "words").write_text(WORDS)
    (tmp_path / "words").chmod(0o600)
    monkeypatch.setenv(keys.PASSPHRASE_FILE, str(tmp_path / "words"))
    (made.path / "tls").mkdir()
    (made.path / "tls" / "ca.pem").write_text("public")
    (made.path / "seconds").write_text("not a part of a home")
    return made


def broker(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def content(place: Path) -> dict[str, bytes]:
    return {str(file.relative_to(place)): file.read_bytes() for file in place.rglob("*") if file.is_file()}


def test_what_is_backed_up_comes_back_as_it_was(home: Home, tmp_path: Path) -> None:
    for file in keys.here(home.path / "keys" / folder(ACLAND), "*.jwk"):
        keys.protect(file)
    file, new = tmp_path / "backup.jwe", tmp_path / "new" / "home"
    result = broker("backup", str(file), "--home", str(home.path))
    assert result.exit_code == 0, result.output
    assert file.stat().st_mode & 0o777 == 0o600
    assert not [data for data in content(home.path).values() if data in file.read_bytes()]
    result = broker("restore", str(file), "--home", str(new))
    assert result.exit_code == 0, result.output
    before = content(home.path)
    before.pop("seconds")
    assert content(new) == before
    assert all(one.stat().st_mode & 0o077 == 0 for one in (new, *new.rglob("*.jwe"), *new.rglob("*.key")))
    assert Home(new).registry().version == home.registry().version
    assert Home(new).keys(ACLAND)


def test_nothing_is_written_over(home: Home, tmp_path: Path) -> None:
    file = tmp_path / "backup.jwe"
    backup.make(home.path, file, WORDS)
    before = content(home.path)
    for arguments in (("backup", str(file)), ("restore", str(file))):
        result = broker(*arguments, "--home", str(home.path))
        assert result.exit_code == 1
        assert "name a" in result.output.replace("\n", " ")
    assert content(home.path) == before
    (tmp_path / "empty").mkdir()
    assert backup.bring_back(file, tmp_path / "empty", WORDS)


def test_a_backup_holds_every_key_of_a_rotated_set(home: Home, tmp_path: Path) -> None:
    old = {file.name for file in (home.path / "keys" / folder(ACLAND)).iterdir()}
    made = home.new_key(ACLAND, KeyUse.SEAL, NIGHT)
    backup.make(home.path, tmp_path / "backup.jwe", WORDS)
    backup.bring_back(tmp_path / "backup.jwe", tmp_path / "new", WORDS)
    assert {one.name for one in (tmp_path / "new" / "keys" / folder(ACLAND)).iterdir()} == old | {f"{made.kid}.jwk.jwe"}


def test_a_folder_that_is_no_home_is_not_backed_up(home: Home, tmp_path: Path) -> None:
    with pytest.raises(HomeError, match="BROKER_HOME"):
        backup.make(tmp_path, tmp_path / "backup.jwe", WORDS)
    (home.path / "keys" / "strange name").touch()
    with pytest.raises(HomeError, match=r"strange name is no file of a home"):
        backup.make(home.path, tmp_path / "backup.jwe", WORDS)
    (home.path / "keys" / "strange name").unlink()
    next((home.path / "keys" / folder(ACLAND)).glob("*.jwk")).chmod(0o644)
    with pytest.raises(HomeError, match="chmod 600"):
        backup.make(home.path, tmp_path / "backup.jwe", WORDS)
    assert not (tmp_path / "backup.jwe").exists()


def packed(names: Iterable[str], kind: bytes = tarfile.REGTYPE) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for name in names:
            entry = tarfile.TarInfo(name)
            entry.type = kind
            entry.linkname = "/etc/passwd"
            tar.addfile(entry)
    return out.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        b"rubbish" * 200,
        packed(["../evil"]),
        packed(["/evil"]),
        packed(["keys/../../evil"]),
        packed(["keys/a/b/c"]),
        packed(["keys/.ssh"]),
        packed(["elsewhere"]),
        packed(["trust.json"], tarfile.SYMTYPE),
        packed(["trust.json"], tarfile.LNKTYPE),
        packed(["keys/fifo"], tarfile.FIFOTYPE),
    ],
)
def test_a_file_that_is_no_backup_leaves_nothing(data: bytes, home: Home, tmp_path: Path) -> None:
    assert home
    (tmp_path / "backup.jwe").write_bytes(keys.seal(data, WORDS))
    before = set(tmp_path.iterdir())
    with pytest.raises(HomeError, match="not a backup"):
        backup.bring_back(tmp_path / "backup.jwe", tmp_path / "new", WORDS)
    assert set(tmp_path.iterdir()) == before


def test_a_wrong_passphrase_a_damaged_file_and_a_missing_one_are_said(home: Home, tmp_path: Path) -> None:
    file, new = tmp_path / "backup.jwe", tmp_path / "new"
    backup.make(home.path, file, WORDS)
    with pytest.raises(HomeError, match="passphrase is wrong"):
        backup.bring_back(file, new, "another, quite long, phrase")
    file.write_bytes(file.read_bytes()[:-30])
    with pytest.raises(HomeError, match="damaged"):
        backup.bring_back(file, new, WORDS)
    with pytest.raises(HomeError, match="No such file"):
        backup.bring_back(tmp_path / "none", new, WORDS)
    assert not new.exists()


def test_help_says_what_is_not_in_it() -> None:
    text = " ".join(broker("backup", "--help").output.replace("│", " ").split())
    assert "Not in it: Kafka's topics" in text
