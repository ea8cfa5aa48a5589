"""A home folder: the public registry as signed events, and private keys as files that only their owner can read.

HOME/trust.json               the registrar's public key: the one thing that is believed without a signature
HOME/registry.jsonl           a copy of the signed events of `registry-events`, one a line
HOME/policy.json              a policy of its own, if it has one: broker.policies
HOME/keys/school-100000/      that organisation's private keys; hand this folder to it and keep no copy
HOME/keys/broker-.../         the broker's own, with state-1.key, state-2.key, ... for its changelogs
HOME/keys/registrar/          the registry desk's
HOME/said/school-100053/      what the broker said to an organisation that reads a mailbox, sealed to it
HOME/tls/                     who this home is to Kafka: ca.pem, client.pem, client.key

How private keys lie there, plain, under a passphrase or mounted: broker.keys.
"""

import contextlib
import hashlib
import json
import os
import re
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path

from joserfc.errors import JoseError
from joserfc.jwk import OKPKey
from pydantic import ValidationError

from broker import data
from broker import keys as at_rest
from broker.connection import Connection
from broker.register import (
    REGISTRAR,
    AboutPapers,
    AgreementDeclared,
    AgreementJoined,
    AlternateDeclared,
    DocumentFiled,
    Event,
    EventRefused,
    KeyAdded,
    PersonAdded,
    Register,
    registered,
    sign_event,
)
from broker.registry import KeyUse, Organisation, Person, PublicKey, Registry
from broker.schemas.terms import Kind, PersonRole
from broker.sealing import SEAL, Signer

STATE_KEY_BYTES = 32
STATE_KEYS = "state-*.key"
KEY_LIFE = timedelta(days=365)
REGISTRAR_KEY_LIFE = timedelta(days=3650)
OVERLAP = timedelta(minutes=5)
"""A new key is valid from a little before it was made, for clocks that differ."""
ROLES: Mapping[Kind, tuple[PersonRole, ...]] = {
    Kind.SCHOOL: (PersonRole.SAFEGUARDING_LEAD, PersonRole.DEPUTY),
    Kind.ALTERNATE: (PersonRole.HEADTEACHER, PersonRole.CHAIR_OF_GOVERNORS),
    Kind.COUNCIL: (PersonRole.DUTY_DESK, PersonRole.SOCIAL_WORK_TEAM, PersonRole.DESIGNATED_OFFICER),
    Kind.POLICE: (PersonRole.DUTY_DESK,),
    Kind.PRISON: (PersonRole.OFFENDER_MANAGEMENT_UNIT,),
    Kind.DELIVERY_UNIT: (PersonRole.DUTY_DESK,),
    Kind.CARE_BOARD: (PersonRole.SAFEGUARDING_LEAD,),
    Kind.CHARITY: (PersonRole.SAFEGUARDING_LEAD, PersonRole.DEPUTY),
}
"""The role holders that an organisation of a kind starts with in a play set."""
_KID = re.compile(r"[A-Za-z0-9_-]{8,64}")


HomeError = at_rest.HomeError
"""Something about the home folder is wrong; the text says what to do."""


def folder(organisation: str) -> str:
    """`school:100000` -> `school-100000`."""
    return organisation.replace(":", "-")


class FileKeys:
    """The private keys in one organisation's folder, by key id. A key that is added later is found too."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._keys: dict[str, OKPKey] = {}
        if not path.is_dir():
            raise HomeError(f"no keys in {path}: run `broker demo --keep` for a play set, or ask your administrator")
        for file in at_rest.here(path, "*.jwk"):
            self._keys[file.stem] = _read_private(file)

    def private(self, kid: str) -> OKPKey | None:
        """The private key of that id, or None."""
        if kid not in self._keys and _KID.fullmatch(kid) and at_rest.is_here(file := self._path / f"{kid}.jwk"):
            self._keys[kid] = _read_private(file)
        return self._keys.get(kid)


class Home:
    """One home folder."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._read: tuple[int, Register] | None = None

    # The registry --------------------------------------------------------------------------------------------------

    def register(self) -> Register:
        """The events of this home, every signature checked. Raises HomeError."""
        file = self.path / "registry.jsonl"
        try:
            size = file.stat().st_size
        except FileNotFoundError:
            raise HomeError(f"no registry at {file}: set BROKER_HOME or --home, or run `broker demo --keep`") from None
        if self._read is None or self._read[0] != size:
            self._read = (size, self._folded(self.events()))
        return self._read[1]

    def _folded(self, events: Iterable[str]) -> Register:
        made = Register(self.trust())
        for number, line in enumerate(events, start=1):
            try:
                made.apply(line)
            except EventRefused as why:
                raise HomeError(f"registry event {number}: {why}: ask the registry desk for a good copy") from None
        return made

    def connection(self, bootstrap: str) -> Connection:
        """Kafka, as whom the TLS files say; without any, only a Kafka on this machine. Raises Unreachable."""
        return Connection(bootstrap, self.tls)

    @property
    def tls(self) -> Path | None:
        """The folder with its TLS files, if there is one."""
        place = self.path / "tls"
        return place if place.exists() else None

    def registry(self) -> Registry:
        """All organisations, as the events of this home make them. Raises HomeError."""
        return self.register().registry

    def trust(self) -> PublicKey:
        """The registrar's public key. Raises HomeError."""
        file = self.path / "trust.json"
        try:
            return PublicKey.model_validate_json(file.read_bytes())
        except FileNotFoundError:
            raise HomeError(f"no {file}: ask the registry desk for its public key") from None
        except ValidationError:
            raise HomeError(f"{file} is not a public key: ask the registry desk for it again") from None

    def events(self) -> list[str]:
        """The signed events of this home, in order."""
        file = self.path / "registry.jsonl"
        return file.read_text(encoding="ascii").split() if file.exists() else []

    def add_event(self, text: str) -> Event:
        """Check one signed event and keep it. Raises EventRefused or HomeError, and keeps nothing then."""
        (self.path / "registry.jsonl").touch()
        register = self.register()
        event = register.apply(text, new=True)
        with (self.path / "registry.jsonl").open("a", encoding="ascii") as out:
            out.write(f"{text}\n")
            out.flush()
            os.fsync(out.fileno())
        self._read = ((self.path / "registry.jsonl").stat().st_size, register)
        return event

    def good_events(self, events: Iterable[str]) -> list[str]:
        """Those that change something, in order, as everybody who follows the registry takes them."""
        made, good = Register(self.trust()), []
        for text in events:
            with contextlib.suppress(EventRefused):
                made.apply(text)
                good.append(text)
        return good

    def replace_events(self, events: Sequence[str]) -> None:
        """Keep exactly these events, whole or not at all. Raises HomeError if one is not good."""
        made = self._folded(events)
        draft = self.path / "registry.jsonl.new"
        draft.write_text("".join(f"{text}\n" for text in events), encoding="ascii")
        draft.replace(self.path / "registry.jsonl")
        self._read = ((self.path / "registry.jsonl").stat().st_size, made)

    def declare(self, event: Event, by: str, now: datetime) -> str:
        """Sign an event as that organisation, or as REGISTRAR, and keep it. Raises EventRefused or HomeError."""
        text = sign_event(event, self.registrar(now) if by == REGISTRAR else self.signer(self.member(by), now), now)
        self.add_event(text)
        return text

    def member(self, organisation: str) -> Organisation:
        """Its entry. Raises HomeError if there is none."""
        found = self.registry().get(organisation)
        if found is None:
            raise HomeError(f"{organisation} is not in the registry: see `broker org show`")
        return found

    def copy_registry(self, to: "Home") -> None:
        """Give another home the public part of this one."""
        to.path.mkdir(parents=True, exist_ok=True)
        for name in ("trust.json", "registry.jsonl"):
            (to.path / name).write_bytes((self.path / name).read_bytes())

    # Keys ----------------------------------------------------------------------------------------------------------

    def keys(self, organisation: str) -> FileKeys:
        """That organisation's private keys. Raises HomeError."""
        return FileKeys(self.path / "keys" / folder(organisation))

    def signer(self, organisation: Organisation, now: datetime) -> Signer:
        """Its current signing key. Raises HomeError."""
        keys = self.keys(organisation.id)
        valid = [key for key in organisation.keys if key.use is KeyUse.SIGN and key.valid(now)]
        for public in sorted(valid, key=lambda key: key.not_before, reverse=True):
            if private := keys.private(public.kid):  # a newer one may be registered before it is on this host
                return Signer(organisation.id, public, private)
        raise HomeError(f"{organisation.id} has no valid signing key here: register a current one")

    def people(self, organisation: Organisation, now: datetime) -> dict[PersonRole, Signer]:
        """The role keys that are valid and here; the newest of each role."""
        keys, found = self.keys(organisation.id), {}
        for person in sorted(organisation.people, key=lambda one: one.key.not_before):
            private = keys.private(person.key.kid) if person.key.valid(now) else None
            if private is not None:
                found[person.role] = Signer(organisation.id, person.key, private)
        return found

    def person(self, organisation: Organisation, code: str, now: datetime) -> tuple[PersonRole, Signer]:
        """In which role the holder of that code signs, and with which key. Raises HomeError."""
        found = organisation.person(code)
        if found is None:
            raise HomeError(f"{organisation.id} has no role holder {code}: see `broker person show {organisation.id}`")
        private = self.keys(organisation.id).private(found.key.kid) if found.key.valid(now) else None
        if private is None:
            raise HomeError(
                f"the role key of {code} is not here, or not valid any more: `broker person add {organisation.id}` "
                "makes one"
            )
        return found.role, Signer(organisation.id, found.key, private)

    # What the broker said to an organisation that reads a mailbox: acknowledged, it is nowhere else -------------------

    def keep(self, organisation: str, sealed: bytes) -> None:
        """Keep an item as it came, sealed to that organisation. Again is harmless. Raises HomeError."""
        place, name = self.path / "said" / folder(organisation), hashlib.sha256(sealed).hexdigest()[:32]
        place.mkdir(parents=True, exist_ok=True, mode=0o700)
        here = list(place.glob("*.jwe"))
        if not any(one.stem.endswith(name) for one in here):
            at_rest.write_new(place / f"{len(here):08d}-{name}.jwe", sealed)

    def kept(self, organisation: str) -> list[bytes]:
        """What has been kept, in the order in which it came."""
        return [one.read_bytes() for one in sorted((self.path / "said" / folder(organisation)).glob("*.jwe"))]

    def registrar(self, now: datetime) -> Signer:
        """The registry desk's signing key. Raises HomeError."""
        public = self.trust()
        private = self.keys(REGISTRAR).private(public.kid)
        if private is None or not public.valid(now):
            raise HomeError("the registry desk's key is not here: only the registry desk can do this")
        return Signer(REGISTRAR, public, private)

    def broker(self) -> Organisation:
        """The broker's own entry in the registry. Raises HomeError."""
        return broker_of(self.registry())

    def state_keys(self) -> dict[int, bytes]:
        """The keys of the broker's changelogs by number; the highest is in use. Raises HomeError."""
        place = self.path / "keys" / folder(self.broker().id)
        found = {int(file.stem.partition("-")[2]): at_rest.read(file) for file in at_rest.here(place, STATE_KEYS)}
        if not found:
            raise HomeError(f"no {place}/state-1.key: only the broker's own host can do this")
        return found

    def new_state_key(self, broker: str) -> int:
        """Make the key that is used for changelogs from the worker's next start. Raises HomeError."""
        place = self.path / "keys" / folder(broker)
        number = 1 + max((int(file.stem.partition("-")[2]) for file in at_rest.here(place, STATE_KEYS)), default=0)
        at_rest.write(place / f"state-{number}.key", secrets.token_bytes(STATE_KEY_BYTES))
        return number

    def new_key(self, organisation: str, use: KeyUse, now: datetime, life: timedelta = KEY_LIFE) -> PublicKey:
        """Make a key; the private half goes to a file, the public half is returned for the registry."""
        made, private = new_key(use, now, life)
        file = self.path / "keys" / folder(organisation) / f"{made.kid}.jwk"
        at_rest.write(file, json.dumps(private.as_dict(private=True)).encode())
        return made

    def found(self, now: datetime) -> None:
        """Begin a registry of one's own: make the registrar's key. Raises HomeError if there is one already."""
        if (self.path / "trust.json").exists():
            raise HomeError(f"{self.path} has a registry already")
        made = self.new_key(REGISTRAR, KeyUse.SIGN, now, REGISTRAR_KEY_LIFE)
        (self.path / "trust.json").write_text(made.model_dump_json(by_alias=True))

    def enrol(self, organisations: Iterable[Organisation], now: datetime) -> None:
        """Register organisations; make their keys, role keys and made-up papers. For play sets and tests."""
        everybody = list(organisations)
        for facts in registered(everybody):
            self.declare(facts, REGISTRAR, now)
        for one in everybody:
            for event in self._first_keys(one, now):
                self.declare(event, one.id if isinstance(event, PersonAdded) else REGISTRAR, now)
        for event in _alternates(everybody):
            self.declare(event, REGISTRAR, now)
        for event in _first_papers(everybody, now.date()):
            self.declare(event, event.about, now)

    def _first_keys(self, one: Organisation, now: datetime) -> Iterator[Event]:
        for use in KeyUse:
            yield KeyAdded(about=one.id, key=self.new_key(one.id, use, now))
        if one.kind is Kind.BROKER:
            self.new_state_key(one.id)
        for role in ROLES.get(one.kind, ()):
            yield PersonAdded(about=one.id, person=self.new_person(one.id, role, now))

    def new_person(self, organisation: str, role: PersonRole, now: datetime, life: timedelta = KEY_LIFE) -> Person:
        """Make a role key, under a fresh made-up code."""
        key = self.new_key(organisation, KeyUse.SIGN, now, life)
        return Person(id=f"person-{secrets.token_hex(6)}", role=role, key=key)


def _alternates(play_set: Sequence[Organisation]) -> Iterator[AlternateDeclared]:
    there = {one.id for one in play_set}
    for one in play_set:
        if one.alternate in there and one.alternate is not None and one.alternate_is is not None:
            yield AlternateDeclared(about=one.id, alternate=one.alternate, who=one.alternate_is)


def _first_papers(play_set: Sequence[Organisation], day: date) -> Iterator[AboutPapers]:
    for document in data.documents(play_set, day):
        yield DocumentFiled(document=document)
    for agreement in data.agreements(play_set, day):
        yield AgreementDeclared(agreement=agreement)
        for party in agreement.parties:
            if party != agreement.owner:
                yield AgreementJoined(about=party, agreement=agreement.id, sha256=agreement.digest)


def broker_of(registry: Registry) -> Organisation:
    """The broker's own entry. Raises HomeError."""
    found = next(registry.of_kind(Kind.BROKER), None)
    if found is None:
        raise HomeError("the registry names no broker: the registry desk registers it, then runs `broker org sync`")
    return found


def new_key(use: KeyUse, now: datetime, life: timedelta = KEY_LIFE) -> tuple[PublicKey, OKPKey]:
    """A fresh key: its public half as the registry holds it, and the private half.

    Its id never begins as an option of a command does.
    """
    alg = "Ed25519" if use is KeyUse.SIGN else SEAL
    while (private := OKPKey.generate_key("Ed25519" if use is KeyUse.SIGN else "X25519")).thumbprint().startswith("-"):
        pass
    public = PublicKey.model_validate(
        {
            "kid": private.thumbprint(),
            "use": use,
            "alg": alg,
            "jwk": {name: value for name, value in private.as_dict(private=False).items() if name != "kid"},
            "notBefore": now - OVERLAP,
            "notAfter": now + life,
        }
    )
    return public, private


def _read_private(file: Path) -> OKPKey:
    try:
        return OKPKey.import_key(json.loads(at_rest.read(file)))
    except (ValueError, JoseError) as error:
        raise HomeError(f"{file} is not a private key: put it back from your copy, or register a new one") from error
