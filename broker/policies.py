"""The policy versions on file: those that were ever released, and those that a home has made itself.

HOME/policy.json      the policy in force here, if this home has one of its own; else the release's
HOME/policies/        every version that was ever in force here, so that its decisions can be replayed

Nothing falls back: a policy that is there and cannot be read stops whoever needs it.
"""

import re
from pathlib import Path

from broker import data
from broker.consent.law.archive import file_name, filed, loaded
from broker.consent.law.policy import POLICY, Policy
from broker.home import HomeError

IN_FORCE = "policy.json"
KEPT = "policies"
_A_VERSION = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\+[0-9a-f]{12}")


class NoSuchPolicy(HomeError):  # noqa: N818 - it says what is so
    """That version is neither in the release nor in the home."""


class Policies:
    """What is on file in the release and, if there is one, in this home."""

    def __init__(self, home: Path | None) -> None:
        self._home = home

    def in_force(self) -> Policy:
        """By which everything is decided here and now. Raises HomeError."""
        file = self._home and self._home / IN_FORCE
        return _read(file) if file and _is_there(file) else POLICY

    def of_its_own(self) -> bool:
        """Whether this home has a policy of its own."""
        return self._home is not None and _is_there(self._home / IN_FORCE)

    def versions(self) -> list[Policy]:
        """Every version on file, each once: the release's, then this home's. Raises HomeError if one is spoilt."""
        released = (_checked(text, name) for name, text in data.policies().items())
        found = {one.version: one for one in (POLICY, *released)}
        kept = sorted((self._home / KEPT).glob("*.json")) if self._home else []
        found |= {one.version: one for one in map(_read, kept)}
        if self.of_its_own():
            found.setdefault((own := self.in_force()).version, own)
        return list(found.values())

    def get(self, name: str) -> Policy:
        """The policy of that version. Raises NoSuchPolicy, or HomeError if it is spoilt."""
        if name == POLICY.version:
            return POLICY
        if not _A_VERSION.fullmatch(name):
            raise _not_on_file(name)
        if self._home is not None and (file := self._home / KEPT / file_name(name)).exists():
            return _as_named(_read(file), name)
        if (text := data.policies().get(file_name(name))) is not None:
            return _as_named(_checked(text, file_name(name)), name)
        if self.of_its_own() and (own := self.in_force()).version == name:
            return own
        raise _not_on_file(name)

    def named(self, name: str) -> Policy:
        """A version, or a file that holds one. Raises as `get`."""
        return _read(Path(name)) if Path(name).is_file() else self.get(name)

    def put(self, policy: Policy) -> None:
        """Make this the home's policy, whole or not at all; the one before is kept. Raises HomeError."""
        if self._home is None or not self._home.is_dir():
            raise HomeError(f"no home at {self._home}: set BROKER_HOME or --home, or run `broker demo --keep`")
        (self._home / KEPT).mkdir(exist_ok=True)
        for one in (self.in_force(), policy):
            (self._home / KEPT / file_name(one.version)).write_text(filed(one), encoding="utf-8")
        draft = self._home / f"{IN_FORCE}.new"
        draft.write_text(filed(policy), encoding="utf-8")
        draft.replace(self._home / IN_FORCE)


def _is_there(file: Path) -> bool:
    """A link that leads nowhere is there too: it must not pass for a home without a policy."""
    return file.is_symlink() or file.exists()


def _read(file: Path) -> Policy:
    try:
        return _checked(file.read_bytes(), str(file))
    except OSError as error:
        raise HomeError(f"cannot read the policy {file}: {error.strerror}") from None


def _checked(text: bytes, name: str) -> Policy:
    try:
        return loaded(text)
    except ValueError as why:
        raise HomeError(
            f"the policy {name} cannot be used: {why}. Put it back from your copy, or from policies/, where every "
            "version that was in force is kept; nothing is decided by another one meanwhile"
        ) from None


def _not_on_file(name: str) -> NoSuchPolicy:
    return NoSuchPolicy(f"policy {name} is not on file: `broker policy list` shows those that are")


def _as_named(policy: Policy, version: str) -> Policy:
    if policy.version != version:
        raise HomeError(f"the file of policy {version} holds {policy.version}: put the right one back from your copy")
    return policy
