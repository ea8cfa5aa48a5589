"""The drill: the homes are gone, the backups are brought back, and everything that was waiting goes on."""

import json
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

from broker import backup, desk, topics
from broker.agency import Agency, Submitted
from broker.errors import Reason
from broker.home import Home, folder
from broker.register import REGISTRAR, KeyAdded, ResendAsked
from broker.registry import KeyUse
from broker.sealing import sealed_to, unseal
from broker.status import status
from tests.integration.rig import (
    OUT,
    Process,
    Service,
    Watch,
    copy_of,
    delivery_of,
    once_each,
    outcome_of,
    process,
    publish,
    watching,
)
from tests.personas import ACLAND, BROKER, BROOKFIELD, MET, lead, notification

WORDS = "correct horse battery staple"


def write(service: Service, *schools: str) -> Submitted:
    """A notification to these schools, under the registry and keys of today."""
    return service.world.agency(MET).submit(notification(*map(lead, schools)), service.now())


@asynccontextmanager
async def worker(service: Service) -> AsyncIterator[Process]:
    async with process(service) as one:
        await one.ready()
        yield one
        if one.running:
            assert await one.terminate() == 0


async def carried(service: Service, watch: Watch, *submitted: Submitted) -> None:
    """Publish, and wait until each has been told to its school and answered to its sender."""
    await publish(service.police, submitted)
    await watch.until_seen(once_each(submitted))


def lose(home: Home) -> None:
    shutil.rmtree(home.path)
    assert not home.path.exists()


async def test_after_the_homes_are_lost_the_backups_open_all_that_was_waiting_and_new_messages_flow(
    own_service: Service, tmp_path: Path
) -> None:
    service, home = own_service, own_service.world.home
    school = Home(tmp_path / "school")
    home.copy_registry(school)
    shutil.copytree(home.path / "keys" / folder(ACLAND), school.path / "keys" / folder(ACLAND))
    async with watching(service.operator, *OUT) as watch:
        async with process(service) as lost:
            await lost.ready()
            one = write(service, ACLAND, BROOKFIELD)  # the second is held: it is not connected
            await carried(service, watch, one)
            backup.make(home.path, tmp_path / "broker.jwe", WORDS)
            backup.make(school.path, tmp_path / "school.jwe", WORDS)
            waiting = write(service, ACLAND)
            await publish(service.police, [waiting])  # carried by whichever worker comes to it
        for gone in (home, school):
            lose(gone)
        backup.bring_back(tmp_path / "broker.jwe", home.path, WORDS)
        backup.bring_back(tmp_path / "school.jwe", school.path, WORDS)
        async with worker(service):
            await watch.until_seen(once_each([waiting]))
            two = write(service, ACLAND)
            await carried(service, watch, two)
            await publish(service.police, [one])  # the state is known: the same outcome, no second delivery
            await watch.until(lambda: watch.events[outcome_of(one.message)] == 2, "the outcome once more")
            assert watch.events[delivery_of(one.message)] == 1
            before = len(watch.values(topics.inbox(ACLAND)))
            asked = service.now() + timedelta(seconds=1)  # an event has whole seconds, and tells of what was before it
            home.declare(ResendAsked(about=ACLAND), REGISTRAR, asked)
            await desk.sync(service.operator, home)  # the copies open: all three are decided anew
            await watch.until(lambda: len(watch.values(topics.inbox(ACLAND))) == before + 3, "three from their copies")
    figures = (await status(home, service.operator, service.now())).figures
    assert figures["held, waiting for a human at the sender"] == 1
    assert figures["unread"] == 3
    held = await copy_of(service.operator, [topics.HELD])
    assert [unseal(record.value or b"", home.keys(BROKER))["message"] for record in held] == [one.message]
    opened = [
        Agency(organisation=ACLAND, registry=school.registry(), keys=school.keys(ACLAND)).open_delivery(
            record.value or b"", service.now()
        )
        for record in await copy_of(service.operator, [topics.inbox(ACLAND)])
    ]
    assert len(opened) == 6
    assert {item.content["givenNames"] for item in opened} == {"Rowan"}


async def test_a_backup_of_a_rotated_key_set_opens_the_old_and_the_new_and_an_older_one_says_what_is_missing(
    own_service: Service, tmp_path: Path
) -> None:
    service, home = own_service, own_service.world.home
    backup.make(home.path, tmp_path / "older.jwe", WORDS)
    under_old = [write(service, ACLAND) for _ in range(2)]
    home.declare(KeyAdded(about=BROKER, key=home.new_key(BROKER, KeyUse.SEAL, service.now())), REGISTRAR, service.now())
    await desk.sync(service.operator, home)
    under_new = [write(service, ACLAND) for _ in range(2)]
    assert len({sealed_to(one.value) for one in under_old + under_new}) == 2
    backup.make(home.path, tmp_path / "newer.jwe", WORDS)
    police = service.world.agency(MET)
    async with watching(service.operator, *OUT) as watch:
        lose(home)
        backup.bring_back(tmp_path / "older.jwe", home.path, WORDS)
        async with worker(service):
            await carried(service, watch, under_old[0])
            await publish(service.police, [under_new[0]])
            await watch.until(lambda: under_new[0].value in watch.values(topics.QUARANTINE), "the refusal")
            assert watch.reasons([under_new[0].value]) == [Reason.UNSEALABLE]
        await watch.to_end()
        told = [police.open_delivery(value or b"", service.now()).body for value in watch.values(topics.inbox(MET))]
        assert [body for body in told if body["status"] == "refused" and under_new[0].message in json.dumps(body)]
        lose(home)
        backup.bring_back(tmp_path / "newer.jwe", home.path, WORDS)
        async with worker(service):
            await carried(service, watch, under_old[1], under_new[1])
        await watch.to_end()
    assert watch.of(once_each([*under_old, under_new[1]])) == once_each([*under_old, under_new[1]])
