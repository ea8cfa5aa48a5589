"""How a command declares an event of the registry: sign it, publish it, put it into force; or print it for the desk."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from broker import desk
from broker.commands.options import clock_of, connection, fail
from broker.connection import Unreachable
from broker.home import Home, HomeError
from broker.register import REGISTRAR, Event, EventRefused, sign_event
from broker.sealing import Signer

T = TypeVar("T")
WHY = {
    "not-entitled": "whoever signs is not entitled to that: an import, a channel and resuming are the registry desk's; "
    "people, suppliers, documents and joining are the organisation's own",
    "too-many-direct": "500 organisations have an inbox of their own already: use the mailbox",
    "no-such-key-person-or-delegation": "there is no such key, person or delegation: see `broker org show`",
    "already-registered": "that is registered already: see `broker org show`, or `broker papers list`",
    "no-such-organisation": "no such organisation is registered: `broker org add`, or import its register",
    "no-such-document-or-agreement": "there is no such document or agreement: see `broker papers list`",
    "not-a-party": "the agreement names neither that organisation nor a class that it is in (`broker papers show`); a "
    "document is ended by its own controller",
    "not-what-was-declared": "your copy of the agreement differs from the one on file: take in the registry "
    "(`broker org sync`), read it again, then join",
    "has-ended": "that agreement has ended: its owner declares a new one",
    "too-many-documents": "that organisation has filed 200 documents, which is all that can be looked through",
    "no-such-message-type-or-condition": "it names a message type or condition that there is not: see `broker flows`; "
    "conditions are written as sch1-para-18",
    "not-its-alternate": "an alternate is alternate:<the school's own URN>, or a council with `--is council`",
    "hides-what-every-message-carries": "its labels leave out what every message of a type carries, and what is "
    "always seen cannot be agreed away: see `broker schema TYPE` for the labels, and add them",
}
"""What to do about the refusals that a person can bring about."""


SignOnlyOption = Annotated[
    bool,
    typer.Option(
        "--sign-only", help="Print the signed event for the registry desk (`broker org accept`); publish nothing."
    ),
]


def declare(
    event: Event,
    by: str | None,
    home: Path,
    bootstrap: str,
    clock: Path | None,
    *,
    sign_only: bool = False,
) -> None:
    """Sign, publish and put into force; `by` None: with the desk's key if it is here, else the organisation's own."""
    place, now = Home(home), clock_of(clock)()
    about = "" if by is not None or not hasattr(event, "about") else event.about
    signer = by or attempt(lambda: _desk_or_own(place, about, now))
    if sign_only:
        typer.echo(attempt(lambda: sign_event(event, _signer(place, signer, now), now)))
        return
    began = time.monotonic()
    done = run(desk.announce(connection(place, bootstrap), place, event, signer, now))
    rights = f", {done.rights} rights changed" if done.rights else ""
    typer.echo(f"{event.event}: in force after {time.monotonic() - began:.2f} s (registry {done.registry}{rights})")


def _signer(place: Home, who: str, now: datetime) -> Signer:
    return place.registrar(now) if who == REGISTRAR else place.signer(place.member(who), now)


def _desk_or_own(place: Home, organisation: str, now: datetime) -> str:
    try:
        place.registrar(now)
    except HomeError:
        place.signer(place.member(organisation), now)
        return organisation
    return REGISTRAR


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine, as `attempt`."""
    return attempt(lambda: asyncio.run(work))


def attempt(work: Callable[[], T]) -> T:
    """Do it; what the registry refuses, or a home or Kafka lacks, becomes one line that says what to do."""
    try:
        return work()
    except EventRefused as refused:
        fail(f"The registry refuses this ({refused.why}): {WHY.get(refused.why, 'nothing has changed')}.")
    except (HomeError, Unreachable) as error:
        fail(str(error))
