"""Private keys at rest: the one place where files that hold a secret are checked, read, written and destroyed.

NAME        plain, for its owner alone (mode 600)
NAME.jwe    the same under a passphrase (RFC 7517 section 7: a JWE with PBES2-HS512+A256KW)

Below the folder that BROKER_SECRETS names, files are mounted by Kubernetes or Docker: links, often root's and readable
by others, but never writable by them. There, and only there, that is accepted. The passphrase is in the file that
BROKER_PASSPHRASE_FILE names, or is asked for at a terminal: never an argument or a variable, which others can see.
"""

import getpass
import os
import secrets
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

WRAP, CONTENT = "PBES2-HS512+A256KW", "A256GCM"
ITERATIONS = 310_000
MOST_ITERATIONS = 2_000_000
"""More would only keep whoever opens the file busy."""
SHORTEST = 14
"""Bytes in a passphrase."""
LARGEST = 256 * 1024 * 1024
PROTECTED = ".jwe"
MOUNTED, PASSPHRASE_FILE = "BROKER_SECRETS", "BROKER_PASSPHRASE_FILE"

_asked: list[str] = []
_opened: dict[tuple[str, int, int], bytes] = {}
"""What this process has opened with the passphrase, so that it costs half a second once and not at each use."""


class HomeError(Exception):
    """Something about the home folder is wrong; the text says what to do."""


class _Sealed(jwe.JWERegistry):
    """One form and no other; the library's own bound on iterations is lower than what we ask for."""

    max_ciphertext_length = LARGEST

    def check_header(self, header: dict[str, object], check_more: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002 - the library's signature
        """Refuse what `seal` does not write. Raises ValueError."""
        count = header.get("p2c", ITERATIONS)
        if header.get("alg") != WRAP or header.get("enc") != CONTENT or header.keys() - {*_FORM, "p2c", "p2s"}:
            raise ValueError("another form")
        if type(count) is not int or not ITERATIONS <= count <= MOST_ITERATIONS:
            raise ValueError("another iteration count")


_FORM = {"alg": WRAP, "enc": CONTENT, "cty": "octet-stream"}
_REGISTRY = _Sealed(algorithms=[WRAP, CONTENT])


# Under a passphrase ---------------------------------------------------------------------------------------------------


def passphrase(*, new: bool = False) -> str:
    """The passphrase of this home. `new`: to be typed twice. Raises HomeError."""
    if named := os.environ.get(PASSPHRASE_FILE):
        return _long_enough(_bytes(Path(named)).decode("utf-8", "replace").rstrip("\r\n"))
    if not _asked:
        if not sys.stdin.isatty():
            raise HomeError(f"a passphrase is needed: name a file that holds it in {PASSPHRASE_FILE}")
        typed = _long_enough(getpass.getpass("Passphrase of the keys: "))
        if new and typed != getpass.getpass("The same again: "):
            raise HomeError("the two are not the same: nothing was changed, try again")
        _asked.append(typed)
    return _asked[0]


def _long_enough(text: str) -> str:
    if len(text.encode()) < SHORTEST:
        raise HomeError(f"that passphrase is shorter than {SHORTEST} characters: choose several words")
    return text


def seal(data: bytes, phrase: str) -> bytes:
    """Bytes -> compact JWE that opens with the passphrase alone."""
    key = OctKey.import_key(phrase.encode())
    return jwe.encrypt_compact({**_FORM, "p2c": ITERATIONS}, data, key, registry=_REGISTRY).encode("ascii")


def unseal(sealed: bytes, phrase: str, name: str) -> bytes:
    """Compact JWE -> bytes. `name`: for the message. Raises HomeError: wrong, or damaged; nobody can tell which."""
    try:
        opened = jwe.decrypt_compact(sealed, OctKey.import_key(phrase.encode()), registry=_REGISTRY)
    except (JoseError, ValueError, KeyError, TypeError, AssertionError):
        raise HomeError(
            f"{name} does not open: the passphrase is wrong or the file is damaged; try the other passphrase, then "
            "bring the file back with `broker restore`"
        ) from None
    return opened.plaintext or b""


# Files ----------------------------------------------------------------------------------------------------------------


def protected(file: Path) -> Path:
    """Where the same secret is, under a passphrase."""
    return file.with_name(file.name + PROTECTED)


def is_here(file: Path) -> bool:
    """Whether this secret is here, in either form."""
    return file.is_file() or protected(file).is_file()


def here(folder: Path, pattern: str) -> list[Path]:
    """The secrets in a folder by their plain names, whichever form they have."""
    found = {*folder.glob(pattern), *(one.with_name(one.stem) for one in folder.glob(pattern + PROTECTED))}
    return sorted(found)


def read(file: Path) -> bytes:
    """The secret, from whichever form is here. Raises HomeError; FileNotFoundError if it is not here at all."""
    if file.is_file() or not protected(file).is_file():
        return _bytes(file)
    sealed = protected(file)
    at = sealed.stat()
    stamp = (str(sealed.resolve()), at.st_mtime_ns, at.st_size)
    if stamp not in _opened:
        _opened[stamp] = unseal(_bytes(sealed), passphrase(), str(sealed))
    return _opened[stamp]


def write(file: Path, data: bytes) -> None:
    """A new secret, under the passphrase if the others of its folder are or one is set. Raises HomeError."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if is_here(file):
        raise HomeError(f"{file} is there already: nothing is written over a key")
    if os.environ.get(PASSPHRASE_FILE) or any(file.parent.glob(f"*{PROTECTED}")):
        write_new(protected(file), seal(data, passphrase()))
    else:
        write_new(file, data)


def write_new(file: Path, data: bytes) -> None:
    """Whole or not at all, mode 600, never over another. Raises HomeError."""
    draft = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
    try:
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as out:
            out.write(data)
            out.flush()
            os.fsync(out.fileno())
        if file.exists():
            raise HomeError(f"{file} is there already: nothing is written over it")
        draft.rename(file)
    except OSError as error:
        raise HomeError(
            f"cannot write {file} ({error.strerror}): a mounted secret is changed where it is made"
        ) from None
    finally:
        draft.unlink(missing_ok=True)


def protect(file: Path) -> bool:
    """Put a plain secret under the passphrase. False: it was so already. Raises HomeError."""
    if not file.is_file():
        return False
    data = _bytes(file)
    if not protected(file).exists():  # an earlier run may have ended between the two steps
        write_new(protected(file), seal(data, passphrase(new=True)))
    erase(file)
    return True


def unprotect(file: Path) -> bool:
    """Make a protected secret plain again. False: it was so already. Raises HomeError."""
    if not protected(file).is_file():
        return False
    data = read(protected(file).with_name(file.name)) if not file.is_file() else b""
    if not file.is_file():
        write_new(file, data)
    erase(protected(file))
    return True


def destroy(file: Path) -> None:
    """Both forms of a secret are overwritten and removed. Raises HomeError."""
    for one in (file, protected(file)):
        if one.is_symlink() or (one.exists() and _mounted(one)):
            raise HomeError(f"{one} is a mounted secret: destroy it where it is made")
        if one.exists():
            erase(one)


def erase(file: Path) -> None:
    """Overwrite, then remove. A disk that copies on write, and every backup, still have it. Raises HomeError."""
    try:
        with file.open("r+b") as out:
            out.write(secrets.token_bytes(file.stat().st_size))
            out.flush()
            os.fsync(out.fileno())
        file.unlink()
    except OSError as error:
        raise HomeError(f"cannot remove {file} ({error.strerror}): do so by hand") from None


def check(file: Path) -> None:
    """Whether others could read or change it. Raises HomeError."""
    if os.name != "posix":
        return
    if _mounted(file):
        at = file.stat()
        if at.st_uid not in (0, os.geteuid()) or stat.S_IMODE(at.st_mode) & 0o022:
            raise HomeError(f"{file} can be changed by others: mount it read-only, owned by root, mode 0440 or 0444")
    elif stat.S_IMODE(file.stat().st_mode) & 0o077:
        raise HomeError(
            f"{file} can be read by others: run `chmod 600 {file}`; or, if it is a mounted secret, set {MOUNTED} to "
            "the folder of the mount"
        )


def _mounted(file: Path) -> bool:
    """Whether it lies, by its name or by where its links lead, below the folder of mounted secrets."""
    named = os.environ.get(MOUNTED)
    return bool(named) and file.absolute().is_relative_to(Path(named or "").absolute())


def _bytes(file: Path) -> bytes:
    if not file.exists():
        raise HomeError(f"no {file}: bring it back with `broker restore`, or register a new key")
    check(file)
    return file.read_bytes()


def secrets_of(home: Path) -> Iterator[Path]:
    """Every secret of a home, by its plain name: private keys, keys of changelogs, TLS keys."""
    for folder in sorted(home.glob("keys/*")):
        yield from here(folder, "*.jwk")
        yield from here(folder, "state-*.key")
    for name in ("tls/client.key", "authority/ca.key"):
        if is_here(home / name):
            yield home / name
