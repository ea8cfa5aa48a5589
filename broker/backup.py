"""A home folder in one file under a passphrase, and back: whole or not at all, and never over another."""

import io
import re
import secrets
import shutil
import tarfile
from pathlib import Path

from broker.keys import HomeError, check, seal, unseal, write_new

PARTS = ("trust.json", "registry.jsonl", "policy.json", "policies", "keys", "tls", "authority")
_NAME = re.compile(
    r"(?:keys|tls|authority)(?:/[A-Za-z0-9_-][A-Za-z0-9_.-]*){1,2}|trust\.json|registry\.jsonl|policy\.json|"
    r"policies/[0-9a-f-]+\.json"
)
MOST_FILES = 10_000


def make(home: Path, file: Path, phrase: str) -> list[str]:
    """Put a home into a new file; return what it holds. Raises HomeError."""
    if not (home / "registry.jsonl").is_file():
        raise HomeError(f"{home} is not a home: there is no registry.jsonl; set BROKER_HOME or --home")
    if file.exists():
        raise HomeError(f"{file} is there already: name another file")
    names = _names(home)
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for name in names:
            if name.startswith("keys/"):
                check(home / name)
            data = (home / name).read_bytes()
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))
    write_new(file, seal(packed.getvalue(), phrase))
    return names


def bring_back(file: Path, home: Path, phrase: str) -> list[str]:
    """Make a home of such a file; return what it holds. Raises HomeError, and leaves nothing then."""
    if home.exists() and any(home.iterdir()):
        raise HomeError(f"{home} is not empty: nothing is written over a home; name a new folder with --home")
    try:
        data = unseal(file.read_bytes(), phrase, str(file))
    except OSError as error:
        raise HomeError(f"cannot read {file}: {error.strerror}") from None
    home.parent.mkdir(parents=True, exist_ok=True)
    draft = home.with_name(f".{home.name}.{secrets.token_hex(4)}")
    draft.mkdir(mode=0o700)
    try:
        names = _unpack(data, draft)
        if home.exists():
            home.rmdir()
        draft.rename(home)
    except tarfile.TarError:
        raise HomeError(f"{file} is not a backup of a home: find the right file") from None
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return names


def _names(home: Path) -> list[str]:
    found = [one for part in PARTS for one in (home / part, *sorted((home / part).rglob("*"))) if one.is_file()]
    names = [str(one.relative_to(home)) for one in found if not _hidden(one.relative_to(home))]
    if strange := [name for name in names if not _NAME.fullmatch(name)]:
        raise HomeError(f"{home / strange[0]} is no file of a home: take it away first, so that nothing is forgotten")
    return names


def _hidden(name: Path) -> bool:
    """What a mount keeps for itself, and drafts."""
    return any(part.startswith(".") for part in name.parts)


def _unpack(data: bytes, to: Path) -> list[str]:
    names: list[str] = []
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:") as tar:
        for entry in tar:
            content = tar.extractfile(entry) if entry.isreg() and _NAME.fullmatch(entry.name) else None
            if content is None or len(names) >= MOST_FILES:
                raise tarfile.TarError("no file of a home")
            place = to / entry.name
            place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            write_new(place, content.read())
            names.append(entry.name)
    return names
