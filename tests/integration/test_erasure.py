"""What destroying a key erases, and what it does not: each time the real bytes are copied out of Kafka first."""

import base64
import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from broker import backup, custody, desk, keys, topics
from broker.agency import Submitted
from broker.errors import Refused
from broker.home import FileKeys, Home, folder
from broker.mailbox.topic import Mailboxes
from broker.register import REGISTRAR, KeyAdded
from broker.registry import KeyUse
from broker.schemas.encompass import FAMILY
from broker.sealing import unseal
from broker.state import StateSeal
from tests.integration.rig import (
    OUT,
    Copied,
    Service,
    Watch,
    copy_of,
    fresh_service,
    once_each,
    outcome_of,
    process,
    publish,
    watching,
)
from tests.personas import ACLAND, BROKER, BROOKFIELD, HEATH, MET, Json, incident, lead, notification, receipt, told
from tests.principals import Principals

IN_CLEAR = b"Rowan in clear"
WORDS = "correct horse battery staple"
SUBMIT, STATE, COPIES = topics.submit(FAMILY), topics.state(FAMILY), topics.copies(FAMILY)
ROWS = (SUBMIT, STATE, COPIES, topics.inbox(ACLAND), topics.MAILBOX, topics.HELD, topics.QUARANTINE, topics.AUDIT)
PERSONAL = [str(incident()[name]) for name in ("familyName", "givenNames", "dateOfBirth", "callbackTelephone")]


def reading(home: Home, copied: Copied) -> str | None:
    """What anybody who has every key that is left in this home makes of a record; None: nobody opens it."""
    if copied.value is None:
        return None
    if copied.topic in (STATE, COPIES):
        try:
            return StateSeal(home.state_keys()).unseal(copied.key.decode(), copied.value)
        except ValueError:
            return None
    for place in sorted((home.path / "keys").iterdir()):
        try:
            return json.dumps(unseal(copied.value, FileKeys(place)), sort_keys=True)
        except Refused:
            continue
    return None


@dataclass
class Erased:
    """A service in which keys were rotated and the old ones destroyed, and what was copied on the way.

    `before`: all topics under the old keys; `then`: what every record of it was read as at that time.
    """

    service: Service
    before: list[Copied]
    then: Mapping[Copied, str | None]
    after: list[Copied]
    backup: Path
    said: Mapping[str, str]
    answered: Submitted
    held: Submitted
    settled: Submitted

    def of(self, topic: str, *, new: bool = False) -> list[Copied]:
        """What was copied of one topic before; or what has come since."""
        if not new:
            return [
                one
                for one in self.before
                if one.topic == topic and (topic != topics.MAILBOX or one.key == HEATH.encode())
            ]
        known = set(self.before)
        return [one for one in self.after if one.topic == topic and one not in known]

    def now(self, one: Copied) -> str | None:
        """What a record is read as with all keys that are left."""
        return reading(self.service.world.home, one)


def send(service: Service, document: Json, sender: str = MET) -> Submitted:
    """Signed and sealed under the keys of that time."""
    return service.world.agency(sender).submit(document, service.now())


async def in_the_way(service: Service, key: str) -> str:
    """Why `broker keys destroy` would refuse."""
    home = service.world.home
    return await custody.in_the_way(service.operator, home, home.broker(), key, service.now())


async def answered(service: Service, documents: Mapping[str, Json], watch: Watch) -> None:
    """One of the messages is read by its school, of another the hold is settled by telephone."""
    first, second = (send(service, receipt(documents[name]), ACLAND) for name in ("answered", "settled"))
    third = send(service, told(documents["settled"], BROOKFIELD))
    await publish(service.operator, [first, second, third])
    await watch.until_seen([outcome_of(first.message, ACLAND), outcome_of(second.message, ACLAND)])
    await watch.until_seen([outcome_of(third.message)])


async def rotated(service: Service) -> dict[str, str]:
    """Register newer sealing keys; return the ids of the old ones by organisation."""
    home, now = service.world.home, service.now()
    old = {one: key.kid for one in (BROKER, ACLAND, HEATH) if (key := home.member(one).key(KeyUse.SEAL, now))}
    for one in old:
        home.declare(KeyAdded(about=one, key=home.new_key(one, KeyUse.SEAL, now)), REGISTRAR, now)
    await desk.sync(service.operator, home)
    return old


async def under_new_keys(service: Service, late: Submitted, old: str, watch: Watch, said: dict[str, str]) -> None:
    """A worker that knows the new keys; then what the broker must keep is sealed anew."""
    home = service.world.home
    waiting = send(service, notification(lead(ACLAND)))
    await publish(service.police, [waiting, late])
    key = home.broker().key(KeyUse.SEAL, service.now())
    assert key is not None
    assert key.kid != old
    said["newest"] = await in_the_way(service, key.kid)
    said["sealing, waiting"] = await in_the_way(service, old)
    async with process(service):
        await watch.until_seen(once_each([waiting, late]))
        said["state, sealed anew"] = await in_the_way(service, "state-1")
        new = send(service, notification(lead(ACLAND), lead(HEATH), lead(BROOKFIELD)))
        await publish(service.police, [new])
        await watch.until_seen(once_each([new]))
        done = await custody.reseal(service.kafka.connection("worker"), home, key)
        said["resealed"], said["left"] = custody.counts(done.again), str(done.left)
        done = await custody.reseal(service.kafka.connection("worker"), home, key)
        said["resealed twice"] = custody.counts(done.again)
        said["sealing, re-sealed"] = await in_the_way(service, old)


@pytest.fixture(scope="module")
async def erased(
    kafka: Principals,
    keyed_home: Path,
    tidy: None,  # noqa: ARG001 - for its end
    tmp_path_factory: pytest.TempPathFactory,
) -> Erased:
    """One life of keys: messages, a copy, rotation, re-sealing, destruction."""
    place = tmp_path_factory.mktemp("erasure")
    shutil.copytree(keyed_home, place / "home")
    service = await fresh_service(kafka, Home(place / "home"), place)
    home, names = service.world.home, [topic.name for topic in topics.topics(service.world.registry)]
    said: dict[str, str] = {}
    documents = {
        "held": notification(lead(ACLAND), lead(HEATH), lead(BROOKFIELD)),
        "settled": notification(lead(ACLAND), lead(BROOKFIELD)),
        "answered": notification(lead(ACLAND)),
    }
    first = {name: send(service, document) for name, document in documents.items()}
    spoilt = replace(first["held"], value=service.world.sealed({"statement": 1}))
    plain = replace(first["held"], value=IN_CLEAR)
    async with watching(service.operator, *OUT) as watch:
        async with process(service) as worker:
            await publish(service.police, [*first.values(), spoilt, plain])
            await watch.until_seen(once_each(first.values()))
            await watch.until(lambda: plain.value in watch.values(topics.QUARANTINE), "the refusal")
            before = await copy_of(service.operator, names)
            then = {one: reading(home, one) for one in before}
            await answered(service, documents, watch)
            late = send(service, notification(lead(ACLAND)))  # sealed to the old key, and still on its way
            old = await rotated(service)
            said["state, in use"] = await in_the_way(service, "state-1")
            home.new_state_key(BROKER)
            said["state, old"] = await in_the_way(service, "state-1")
            assert await worker.terminate() == 0
        await under_new_keys(service, late, old[BROKER], watch, said)
        after = await copy_of(service.operator, names)
    backup.make(home.path, place / "backup.jwe", WORDS)
    for organisation, kid in old.items():
        keys.destroy(home.path / "keys" / folder(organisation) / f"{kid}.jwk")
    keys.destroy(home.path / "keys" / folder(BROKER) / "state-1.key")
    return Erased(service, before, then, after, place / "backup.jwe", said, **first)


@pytest.mark.parametrize("topic", ROWS)
def test_a_copy_that_is_sealed_to_a_destroyed_key_opens_for_nobody(topic: str, erased: Erased) -> None:
    copied = [one for one in erased.of(topic) if one.value != IN_CLEAR]
    assert copied
    assert not [one for one in copied if erased.then[one] is None], "it was readable when it was copied"
    if topic not in (STATE, topics.AUDIT, topics.QUARANTINE):
        assert "Rowan" in "".join(_content(erased.then[one] or "") for one in copied) or topic == topics.MAILBOX
    assert not [one for one in copied if erased.now(one) is not None]
    newer = [one for one in erased.of(topic, new=True) if one.value is not None and topic != topics.QUARANTINE]
    assert newer or topic == topics.QUARANTINE
    opened = [one for one in newer if erased.now(one) is not None]
    assert opened or topic == topics.QUARANTINE, "what came since still opens"


def _content(text: str) -> str:
    """Disclosures are base64: all of them, decoded."""
    parts = text.replace('"', "~").split("~")
    return text + "".join(
        base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)).decode("utf-8", "replace")
        for part in parts
        if len(part) > 20 and part.replace("-", "").replace("_", "").isalnum()
    )


def test_a_key_that_was_not_destroyed_still_opens_every_copy(erased: Erased) -> None:
    outcomes = erased.of(topics.inbox(MET))
    assert outcomes
    assert [erased.now(one) for one in outcomes] == [erased.then[one] for one in outcomes]
    assert None not in [erased.now(one) for one in outcomes]


def test_a_tombstone_does_not_erase_a_copy_taken_before_and_the_key_does(erased: Erased) -> None:
    name = f"/{erased.answered.message}".encode()
    copied = [one for one in erased.of(COPIES) if one.key.endswith(name) and one.value]
    last = [one for one in erased.after if one.topic == COPIES and one.key.endswith(name)][-1]
    assert last.value is None, "everybody has answered: it is gone for the worker"
    assert [erased.then[one] for one in copied if erased.then[one]], "and yet the copy opened"
    assert not [one for one in copied if erased.now(one)]
    waiting = f"/{erased.held.message}".encode()
    anew = [one for one in erased.of(COPIES, new=True) if one.key.endswith(waiting)]
    assert anew, "what waits was written again under the new state key"
    assert erased.now(anew[-1]) == erased.then[next(one for one in erased.of(COPIES) if one.key.endswith(waiting))]


def test_a_key_that_is_still_needed_is_not_destroyed(erased: Erased) -> None:
    assert "rotate-state" in erased.said["state, in use"]
    assert "restart every worker" in erased.said["state, old"]
    assert erased.said["state, sealed anew"] == ""
    assert "newest of its use" in erased.said["newest"]
    for topic in (SUBMIT, topics.HELD, topics.AUDIT):
        assert f"{topic}: " in erased.said["sealing, waiting"]
    assert erased.said["sealing, re-sealed"] == ""


def test_open_holds_and_the_audit_are_carried_over_before_a_key_goes(erased: Erased) -> None:
    assert erased.said["resealed twice"] == "nothing"
    assert "held: 1" in erased.said["resealed"]
    assert erased.said["left"] == "1"
    kept = [erased.now(one) for one in erased.of(topics.HELD, new=True)]
    was = {str(json.loads(text)["message"]): text for one in erased.of(topics.HELD) if (text := erased.then[one])}
    assert set(was) == {erased.held.message, erased.settled.message}
    assert was[erased.held.message] in kept
    assert was[erased.settled.message] not in kept
    audit = [erased.then[one] for one in erased.of(topics.AUDIT)]
    assert audit
    assert not set(audit) - {erased.now(one) for one in erased.of(topics.AUDIT, new=True)}


def test_bytes_that_were_sent_unsealed_are_erased_by_retention_alone(erased: Erased) -> None:
    assert IN_CLEAR in [one.value for one in erased.of(topics.QUARANTINE)]
    kept = next(one for one in topics.topics(erased.service.world.registry) if one.name == topics.QUARANTINE)
    assert kept.retention_days == 30


def test_a_backup_brings_a_destroyed_key_back(erased: Erased, tmp_path: Path) -> None:
    backup.bring_back(erased.backup, tmp_path / "restored", WORDS)
    restored = Home(tmp_path / "restored")
    for topic in ROWS:
        copied = [one for one in erased.of(topic) if one.value != IN_CLEAR]
        assert [reading(restored, one) for one in copied] == [erased.then[one] for one in copied]


async def test_what_is_in_clear_says_nothing_of_a_person_and_no_key_erases_it(erased: Erased) -> None:
    boxes = Mailboxes(erased.service.operator, clock=erased.service.now, stop=print)
    await boxes.start()
    try:
        await boxes.acknowledge(HEATH, boxes.index.claim(HEATH, 10, 0.0, erased.service.now()))
    finally:
        await boxes.close()
    clear = await copy_of(erased.service.operator, [topics.MAILBOX_CLAIMS, topics.REGISTRY])
    assert {one.topic for one in clear} == {topics.MAILBOX_CLAIMS, topics.REGISTRY}
    text = "".join(_content((one.key + (one.value or b"")).decode().replace(".", "~")) for one in clear)
    assert ACLAND in text
    assert not [word for word in PERSONAL if word in text]
