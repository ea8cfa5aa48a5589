"""A home folder: the public registry, and private keys as files that only their owner can read.

HOME/registry.json            public: organisations and their public keys
HOME/keys/school-100000/      that organisation's private keys; hand this folder to it and keep no copy
HOME/keys/broker-.../         the broker's own, with state.key for its changelogs
"""

import json
import os
import secrets
import stat
from datetime import datetime, timedelta
from pathlib import Path

from joserfc.jwk import OKPKey
from pydantic import ValidationError

from broker.registry import KeyUse, Organisation, PublicKey, Registry
from broker.schemas.terms import Kind
from broker.sealing import SEAL, Signer

STATE_KEY_BYTES = 32
KEY_LIFE = timedelta(days=365)


class HomeError(Exception):
    """Something about the home folder is wrong; the text says what to do."""


def folder(organisation: str) -> str:
    """`school:100000` -> `school-100000`."""
    return organisation.replace(":", "-")


class FileKeys:
    """The private keys in one organisation's folder, by key id."""

    def __init__(self, path: Path) -> None:
        self._keys: dict[str, OKPKey] = {}
        if not path.is_dir():
            raise HomeError(f"no keys in {path}: run `broker demo --keep` for a play set, or ask your administrator")
        for file in sorted(path.glob("*.jwk")):
            if stat.S_IMODE(file.stat().st_mode) & 0o077 and os.name == "posix":
                raise HomeError(f"{file} can be read by others: run `chmod 600 {file}`")
            self._keys[file.stem] = OKPKey.import_key(json.loads(file.read_text()))

    def private(self, kid: str) -> OKPKey | None:
        """The private key of that id, or None."""
        return self._keys.get(kid)


class Home:
    """One home folder."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def registry(self) -> Registry:
        """Read the registry. Raises HomeError."""
        file = self.path / "registry.json"
        try:
            return Registry.model_validate_json(file.read_bytes())
        except FileNotFoundError:
            raise HomeError(f"no registry at {file}: set BROKER_HOME or --home, or run `broker demo --keep`") from None
        except ValidationError as error:
            wrong = error.errors(include_input=False, include_url=False)[0]
            raise HomeError(f"{file} is not a registry: {wrong['loc']}: {wrong['msg']}") from None

    def write_registry(self, registry: Registry) -> None:
        """Write it whole, or not at all."""
        self.path.mkdir(parents=True, exist_ok=True)
        draft = self.path / "registry.json.new"
        draft.write_text(registry.model_dump_json(by_alias=True, indent=1, exclude_none=True))
        draft.replace(self.path / "registry.json")

    def keys(self, organisation: str) -> FileKeys:
        """That organisation's private keys. Raises HomeError."""
        return FileKeys(self.path / "keys" / folder(organisation))

    def signer(self, organisation: Organisation, now: datetime) -> Signer:
        """Its current signing key. Raises HomeError."""
        public = organisation.key(KeyUse.SIGN, now)
        private = self.keys(organisation.id).private(public.kid) if public else None
        if public is None or private is None:
            raise HomeError(f"{organisation.id} has no valid signing key here: register a current one")
        return Signer(organisation.id, public, private)

    def broker(self) -> Organisation:
        """The broker's own entry in the registry. Raises HomeError."""
        found = next(iter(self.registry().of_kind(Kind.BROKER)), None)
        if found is None:
            raise HomeError("the registry names no broker")
        return found

    def state_key(self) -> bytes:
        """The key of the broker's changelogs. Raises HomeError."""
        file = self.path / "keys" / folder(self.broker().id) / "state.key"
        if not file.is_file():
            raise HomeError(f"no {file}: only the broker's own host can do this")
        return file.read_bytes()

    def make_keys(self, organisation: Organisation, now: datetime) -> Organisation:
        """Make a signing and a sealing key; private halves to files (mode 600), public halves into the entry."""
        place = self.path / "keys" / folder(organisation.id)
        place.mkdir(parents=True, exist_ok=True, mode=0o700)
        made, privates = new_keys(organisation, now)
        for kid, private in privates.items():
            _write_private(place / f"{kid}.jwk", json.dumps(private.as_dict(private=True)).encode())
        if organisation.kind is Kind.BROKER:
            _write_private(place / "state.key", secrets.token_bytes(STATE_KEY_BYTES))
        return made


def new_keys(organisation: Organisation, now: datetime) -> tuple[Organisation, dict[str, OKPKey]]:
    """A fresh signing and sealing key: the entry with the public halves, and the private halves by key id."""
    privates: dict[str, OKPKey] = {}
    publics: list[PublicKey] = []
    for use, private, alg in (
        (KeyUse.SIGN, OKPKey.generate_key("Ed25519"), "Ed25519"),
        (KeyUse.SEAL, OKPKey.generate_key("X25519"), SEAL),
    ):
        kid = private.thumbprint()
        privates[kid] = private
        publics.append(
            PublicKey.model_validate(
                {
                    "kid": kid,
                    "use": use,
                    "alg": alg,
                    "jwk": private.as_dict(private=False),
                    "notBefore": now - timedelta(minutes=5),
                    "notAfter": now + KEY_LIFE,
                }
            )
        )
    return organisation.model_copy(update={"keys": (*organisation.keys, *publics)}), privates


def _write_private(file: Path, data: bytes) -> None:
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as out:
        out.write(data)
