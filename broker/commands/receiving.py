"""What commands that read share: opening and verifying what an organisation has received, by either way."""

import time
from collections.abc import Callable
from datetime import datetime

import typer

from broker import post
from broker.agency import Agency, Opened
from broker.clock import Clock
from broker.commands.sending import bring_up_to_date, do, run
from broker.connection import Connection, Unreachable
from broker.errors import Refused
from broker.holds import KEPT
from broker.home import Home, broker_of
from broker.mailbox.asking import LONGEST_WAIT
from broker.mailbox.client import Mailbox
from broker.registry import Channel, Organisation, Registry

TRY_AGAIN = 2.0
"""Seconds after which a mailbox service that did not answer is asked again."""


class Taken:
    """Opens, verifies and hands on items: each once, and what cannot be trusted not at all."""

    def __init__(self, use: Callable[[Opened, Registry], None]) -> None:
        self._use = use
        self._seen: set[str] = set()
        self.failures = 0

    def take(self, agency: Agency, sealed: bytes, now: datetime, *, again: bool = False) -> Opened | None:
        """What it opened as, if it verified. `again`: it will be tried again, so a failure is not said yet."""
        try:
            opened = agency.open_delivery(sealed, now)
        except Refused as refused:
            if again:
                return None
            self.failures += 1
            typer.secho(f"An item cannot be trusted: {refused.reason}", fg="red", err=True)
            return None
        if opened.id not in self._seen:
            self._seen.add(opened.id)
            self._use(opened, agency.registry)
        return opened

    @property
    def nothing(self) -> bool:
        """Whether there was nothing at all."""
        return not self._seen and not self.failures


async def read_inbox(
    home: Home, connection: Connection, member: Organisation, taken: Taken, clock: Clock, *, follow: bool = False
) -> None:
    """Everything in a direct organisation's inbox; with `follow` also what comes. Raises Unreachable or HomeError."""
    agency = Agency(organisation=member.id, registry=home.registry(), keys=home.keys(member.id))
    async with post.reader(connection, member) as box:
        while follow or not await box.at_end():
            for sealed in await box.poll():
                if not taken.take(agency, sealed, clock(), again=True):  # a key may be newer than our registry
                    await bring_up_to_date(home, connection)
                    agency = Agency(organisation=member.id, registry=home.registry(), keys=home.keys(member.id))
                    taken.take(agency, sealed, clock())


def read_mailbox(
    home: Home,
    address: str,
    member: Organisation,
    taken: Taken,
    clock: Clock,
    *,
    follow: bool = False,
    acknowledge: bool = True,
) -> None:
    """Claim, open, hand on, then acknowledge what could be opened; until there is nothing more, or for ever.

    What the broker says of messages of one's own is kept in HOME as it came, sealed: acknowledged, it is offered no
    more, and an open hold must not be forgotten. Raises Unreachable, NotAccepted or HomeError.
    """
    register, keys, number = home.register(), home.keys(member.id), len(home.events())
    unopened: set[str] = set()
    wait = 0
    while True:
        signer = home.signer(member, clock())
        box = Mailbox(
            address,
            organisation=member.id,
            broker=broker_of(register.registry).id,
            signer=signer,
            clock=clock,
            tls=home.tls,
        )
        try:
            claimed = box.claim(wait=wait)
            number = box.bring_up_to_date(register, number) if claimed else number
            agency = Agency(organisation=member.id, registry=register.registry, keys=keys)
            opened_here = []
            for one in claimed:
                if one.id in unopened:
                    continue
                opened = taken.take(agency, one.sealed, clock())
                if opened is None:
                    unopened.add(one.id)
                    continue
                if opened.body["is"] in KEPT:
                    home.keep(member.id, one.sealed)
                opened_here.append(one.id)
            if acknowledge:
                box.acknowledge(opened_here)
        except Unreachable as error:
            if not follow:
                raise
            typer.secho(f"{error}. Trying again.", fg="red", err=True)
            time.sleep(TRY_AGAIN)
            continue
        if not claimed and not follow:
            return
        wait = 0 if claimed or not follow else LONGEST_WAIT


def read_own(
    home: Home,
    link: Callable[[], Connection],
    address: str,
    member: Organisation,
    clock: Clock,
    use: Callable[[Opened, Registry], None],
) -> int:
    """Hand on all that an organisation's own inbox or mailbox holds, acknowledging nothing.

    `link`: Kafka, for whoever has an inbox. Returns how many items could not be trusted. Our errors end the command.
    """
    taken = Taken(use)
    if member.channel is Channel.MAILBOX:
        agency = do(lambda: Agency(organisation=member.id, registry=home.registry(), keys=home.keys(member.id)))
        for sealed in home.kept(member.id):
            taken.take(agency, sealed, clock())
        do(lambda: read_mailbox(home, address, member, taken, clock, acknowledge=False))
    else:
        run(read_inbox(home, link(), member, taken, clock))
    return taken.failures
