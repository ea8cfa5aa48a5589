"""What commands that send share: how our own errors end them, whose keys are used, and waiting for an outcome."""

import asyncio
import contextlib
import time
from collections.abc import Callable, Coroutine, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import typer

from broker import desk, post
from broker.agency import Agency, Submitted
from broker.clock import Clock
from broker.commands.options import fail, member
from broker.connection import Connection, Unreachable
from broker.errors import PLAIN, Refused
from broker.home import Home, HomeError
from broker.keys import write_new
from broker.mailbox.client import NotAccepted

T = TypeVar("T")
Body = dict[str, Any]
EXIT = {"shared": 0, "recorded": 0, "partial": 3, "held": 3, "refused": 4}
NO_OUTCOME, NOT_OPENED = 5, 6


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine, as `do`."""
    return do(lambda: asyncio.run(work))


def do(work: Callable[[], T]) -> T:
    """Do it; our own errors become one line and a code, never a traceback with values."""
    try:
        return work()
    except (HomeError, Unreachable, NotAccepted) as error:
        fail(str(error))
    except Refused as refused:
        _refused(refused)
    except KeyboardInterrupt:
        raise typer.Exit(130) from None


def _refused(refused: Refused) -> NoReturn:
    reason, cure = PLAIN[refused.reason]
    where = f" Where: {', '.join(refused.fields)}." if refused.fields else ""
    fail(f"Refused ({refused.reason}): {reason}{where}\n{cure}", EXIT["refused"])


def agency_of(home: Home, organisation: str, now: datetime) -> Agency:
    """An organisation with all of its keys that are here. Raises HomeError."""
    registry = home.registry()
    own = member(registry, organisation)
    return Agency(
        organisation=organisation,
        registry=registry,
        keys=home.keys(organisation),
        signer=home.signer(own, now),
        people=home.people(own, now),
    )


def keep_signed(folder: Path, submitted: Sequence[Submitted]) -> None:
    """Keep what was signed, for its owner's eyes alone, one file a message. Raises HomeError."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise HomeError(f"cannot make {folder} ({error.strerror}): name another folder") from error
    for one in submitted:
        write_new(folder / f"{one.message}.sd-jwt", one.statement.encode())


async def bring_up_to_date(home: Home, connection: Connection) -> bool:
    """Take in the registry's newest events, if there are any; without Kafka the copy that is here has to do."""
    with contextlib.suppress(Unreachable):
        return await desk.take_in(connection, home)
    return False


async def send_and_wait(
    connection: Connection,
    agency: Agency,
    submitted: Sequence[Submitted],
    *,
    clock: Clock,
    wait: float,
    done: Callable[[Sequence[Body]], bool],
) -> list[Body]:
    """Publish, then read what the broker says in the sender's own inbox until it is `done` or time is up."""
    own = member(agency.registry, agency.id)
    said: list[Body] = []
    async with post.reader(connection, own, new_only=True) as inbox:
        await post.publish(connection, submitted)
        until = time.monotonic() + wait
        while not done(said) and time.monotonic() < until:
            said += [dict(agency.open_delivery(sealed, clock()).body) for sealed in await inbox.poll()]
    return said
