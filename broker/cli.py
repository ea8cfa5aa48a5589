"""The `broker` command.

Exit codes: 0 done or shared, 1 a human must act or something is wrong, 2 wrong usage, 3 held, 4 refused, 5 no
outcome in time, 6 an item that cannot be opened or verified.
"""

import asyncio
import contextlib
import json
import logging
import sys
import time
import traceback
from collections.abc import Callable, Coroutine
from dataclasses import asdict
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Annotated, Any, NoReturn, TypeVar

import typer
from rich.table import Table

from broker import describe, desk, logs, post, show, topics
from broker.agency import Agency, Submitted
from broker.app import run as run_worker
from broker.check import check as check_document
from broker.clock import Clock, system_clock
from broker.commands import acl, backup, certificate, keys, mailbox, members, org
from broker.commands.options import (
    DEFAULT_BOOTSTRAP,
    DEFAULT_HOME,
    DEFAULT_MAILBOX,
    BootstrapOption,
    BuiltInHomeOption,
    ClockOption,
    HomeOption,
    JsonOption,
    MailboxOption,
    clock_of,
    fail,
)
from broker.commands.options import connection as reach
from broker.connection import Connection, Unreachable
from broker.consent.law.policy import POLICY
from broker.data import organisations
from broker.demo.drill import drill
from broker.demo.night import play
from broker.errors import PLAIN, Refused
from broker.home import Home, HomeError, broker_of, new_key
from broker.local_kafka import KafkaUnavailable
from broker.mailbox.asking import LONGEST_WAIT
from broker.mailbox.client import Mailbox, NotAccepted
from broker.registry import Channel, KeyUse, Organisation, Registry
from broker.statement import loads
from broker.status import status as read_status

T = TypeVar("T")
EXIT = {"shared": 0, "recorded": 0, "partial": 3, "held": 3, "refused": 4}
NO_OUTCOME, NOT_OPENED = 5, 6
TRY_AGAIN = 2.0
"""Seconds after which a mailbox service that did not answer is asked again."""

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    help=(
        "Safeguarding message broker: tells the right professional about a child, lawfully, and nobody else.\n\n"
        "Start with [bold]make demo[/], or try [bold]broker check examples/good.json[/]. No Kafka is needed for "
        "check, flows, schema and asyncapi."
    ),
    epilog="Exit codes: 0 shared or done, 1 a human must act, 2 usage, 3 held, 4 refused, 5 no outcome yet, "
    "6 cannot be opened.",
)
app.add_typer(org.app, name="org")
app.add_typer(members.person_app, name="person")
app.command()(members.redeliver)
app.add_typer(acl.app, name="acl")
app.add_typer(certificate.app, name="certificate")
app.add_typer(mailbox.app, name="mailbox")
app.add_typer(keys.app, name="keys")
app.command()(backup.backup)
app.command()(backup.restore)

AsOption = Annotated[str, typer.Option("--as", help="The organisation that you are, as police:01.")]


def _run(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine, as `_do`."""
    return _do(lambda: asyncio.run(work))


def _do(work: Callable[[], T]) -> T:
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


def _documents(file: Path) -> list[dict[str, Any]]:
    """One document, or a list of them. `-` is standard input."""
    try:
        data = loads(sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes())
    except OSError as error:
        fail(f"cannot read {file}: {error.strerror}", 2)
    except ValueError:
        fail(f"{file} is not JSON (or holds a key twice). See `broker schema TYPE` for the form.", 2)
    made = data if isinstance(data, list) else [data]
    if not made or not all(isinstance(one, dict) for one in made):
        fail(f"{file} must hold a message, or a list of messages. See `broker schema TYPE`.", 2)
    return made


def _print(value: Any) -> None:  # noqa: ANN401 - JSON
    typer.echo(json.dumps(value, ensure_ascii=False, indent=1))


def _member(registry: Registry, organisation: str) -> Organisation:
    found = registry.get(organisation)
    if found is None:
        fail(f"{organisation} is not in the registry. It holds: {', '.join(islice((o.id for o in registry), 40))}", 2)
    return found


def _agency(home: Home, organisation: str, now: datetime) -> Agency:
    registry = home.registry()
    member = _member(registry, organisation)
    return Agency(
        organisation=organisation,
        registry=registry,
        keys=home.keys(organisation),
        signer=home.signer(member, now),
        people=home.people(member, now),
    )


@app.command()
def run(
    home: HomeOption = DEFAULT_HOME, bootstrap: BootstrapOption = DEFAULT_BOOTSTRAP, clock: ClockOption = None
) -> None:
    """Run a worker: read submissions, decide, redact, seal and deliver, until stopped.

    Needs the broker's own keys in HOME. Run as many as there are partitions to share. Exits non-zero, for the
    supervisor to restart it, rather than let a partition go unread.
    """
    logs.set_up()
    place = Home(home)
    ending = _run(run_worker(place, reach(place, bootstrap), clock_of(clock)))
    if ending.because:
        fail(f"The worker stopped: {ending.because}")


@app.command()
def demo(
    keep: Annotated[bool, typer.Option("--keep", help="Leave everything running, to look around.")] = False,
    suspend_midway: Annotated[
        bool, typer.Option("--suspend-midway", help="Play the drill instead: a force is cut off while it sends.")
    ] = False,
) -> None:
    """Play one night on a real Kafka, with separate processes, and check it against a hand-written expectation.

    Exit code 0 only if every organisation opened exactly what was written down, and nothing else arrived anywhere.
    With --suspend-midway: only if nothing was accepted or read later than 2 s after the suspension, and every message
    that was sent has an outcome.
    """
    try:
        status_code = drill(show.console()) if suspend_midway else play(keep=keep, console=show.console())
    except (KafkaUnavailable, Unreachable) as error:
        fail(str(error))
    except KeyboardInterrupt:
        fail("Interrupted; everything that was started has been stopped.", 130)
    raise typer.Exit(status_code)


@app.command()
def publish(
    file: Annotated[Path, typer.Argument(help="A message, or a list of messages, as JSON; - for standard input.")],
    sender: AsOption,
    wait: Annotated[float, typer.Option(help="Seconds to wait for the outcomes; 0: do not wait.")] = 20,
    home: HomeOption = DEFAULT_HOME,
    bootstrap: BootstrapOption = DEFAULT_BOOTSTRAP,
    as_json: JsonOption = False,
    clock: ClockOption = None,
) -> None:
    """Sign, seal and submit messages as an organisation, and wait for what became of them.

    Example: broker publish examples/good.json --as police:01
    """
    documents = _documents(file)
    now = clock_of(clock)
    place = Home(home)
    if wait and _member(place.registry(), sender).channel is Channel.MAILBOX:
        wait = 0
        typer.echo(f"The outcome will be in its mailbox: broker inbox {sender}", err=True)
    bodies = _run(_publish(place, reach(place, bootstrap), sender, documents, now, wait))
    registry = place.registry()
    console = show.console()
    for body in bodies:
        if as_json:
            typer.echo(json.dumps(body, ensure_ascii=False))
        else:
            console.print(show.outcome(body, registry))
    if wait and len(bodies) < len(documents):
        missing = len(documents) - len(bodies)
        fail(f"{missing} outcomes did not come in {wait:g} s. Is a worker running? See `broker status`.", NO_OUTCOME)
    raise typer.Exit(max((EXIT[body["status"]] for body in bodies), default=0))


async def _publish(
    home: Home, connection: Connection, sender: str, documents: list[dict[str, Any]], clock: Clock, wait: float
) -> list[dict[str, Any]]:
    agency = _agency(home, sender, clock())
    submitted = [_submit(agency, documents, number, clock()) for number in range(len(documents))]
    direct = _member(home.registry(), sender).channel is Channel.DIRECT
    if direct and await _bring_up_to_date(home, connection):  # so that nothing is sealed to a key that is revoked
        agency = _agency(home, sender, clock())
        submitted = [_submit(agency, documents, number, clock()) for number in range(len(documents))]
    waiting = {one.message for one in submitted}
    found: dict[str, dict[str, Any]] = {}
    if not wait:
        await post.publish(connection, submitted)
        return []
    async with post.reader(connection, _member(home.registry(), sender), new_only=True) as inbox:
        await post.publish(connection, submitted)
        until = time.monotonic() + wait
        while waiting - found.keys() and time.monotonic() < until:
            for sealed in await inbox.poll():
                body = dict(agency.open_delivery(sealed, clock()).body)
                if body["is"] == "outcome" and body["message"] in waiting:
                    found[body["message"]] = body
    return [found[one.message] for one in submitted if one.message in found]


def _submit(agency: Agency, documents: list[dict[str, Any]], number: int, now: datetime) -> Submitted:
    """Sign and seal one of a list. A refusal says which; nothing of the list has been sent then."""
    try:
        return agency.submit(documents[number], now)
    except Refused as refused:
        if len(documents) == 1:
            raise
        which = f"message {number + 1} of {len(documents)}"
        raise Refused(refused.reason, (which, *refused.fields)) from None


@app.command()
def inbox(
    organisation: Annotated[str, typer.Argument(help="Whose inbox or mailbox, as school:100053.")],
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Stay, and show what comes.")] = False,
    from_mailbox: Annotated[
        bool, typer.Option("--from-mailbox", help="Who has an inbox: read what depends on a person's agreement.")
    ] = False,
    home: HomeOption = DEFAULT_HOME,
    bootstrap: BootstrapOption = DEFAULT_BOOTSTRAP,
    address: MailboxOption = DEFAULT_MAILBOX,
    as_json: JsonOption = False,
    clock: ClockOption = None,
) -> None:
    """Open and verify what an organisation has received: deliveries, outcomes, overdue notices.

    Needs that organisation's own keys, and no others. Anything that does not open or verify is said loudly, never
    shown, and makes the exit code 6. A mailbox is read through the mailbox service: what has been shown is
    acknowledged and not offered again; what does not open or verify is not, and is offered again after a minute.
    What depends on a person's agreement is never in an inbox, where it could not be taken back: `--from-mailbox`.
    """
    place, now, shown = Home(home), clock_of(clock), _Shown(as_json)
    member = _do(lambda: _member(place.registry(), organisation))
    if not member.connected:
        fail(f"{organisation} is not connected: it is told by telephone", 2)
    if member.channel is Channel.MAILBOX or from_mailbox:
        _do(lambda: _read_mailbox(place, address, member, follow, shown, now))
    else:
        _run(_read_inbox(place, reach(place, bootstrap), member, follow, shown, now))
    if failures := shown.end():
        fail(f"{failures} items did not open or verify: do not act on them; ring the broker's desk", NOT_OPENED)


class _Shown:
    """Opens, verifies and shows items: each once, and what cannot be trusted not at all."""

    def __init__(self, as_json: bool) -> None:
        self._as_json = as_json
        self._seen: set[str] = set()
        self.failures = 0

    def take(self, agency: Agency, sealed: bytes, now: datetime, *, again: bool = False) -> bool:
        """Whether it opened and verified. `again`: it will be tried again, so a failure is not said yet."""
        try:
            opened = agency.open_delivery(sealed, now)
        except Refused as refused:
            if again:
                return False
            self.failures += 1
            typer.secho(f"An item cannot be trusted: {refused.reason}", fg="red", err=True)
            return False
        if opened.id not in self._seen:
            self._seen.add(opened.id)
            if self._as_json:
                print(json.dumps(asdict(opened), ensure_ascii=False), flush=True)  # noqa: T201
            else:
                show.console().print(show.any_item(asdict(opened), agency.registry))
        return True

    def end(self) -> int:
        """Say so if there was nothing; return how many items could not be trusted."""
        if not self._seen and not self.failures and not self._as_json:
            show.console().print("Nothing here. (An inbox that cannot be opened says so instead.)")
        return self.failures


async def _read_inbox(
    home: Home, connection: Connection, member: Organisation, follow: bool, shown: _Shown, clock: Clock
) -> None:
    agency = Agency(organisation=member.id, registry=home.registry(), keys=home.keys(member.id))
    async with post.reader(connection, member) as box:
        while follow or not await box.at_end():
            for sealed in await box.poll():
                if not shown.take(agency, sealed, clock(), again=True):  # a key may be newer than our registry
                    await _bring_up_to_date(home, connection)
                    agency = Agency(organisation=member.id, registry=home.registry(), keys=home.keys(member.id))
                    shown.take(agency, sealed, clock())


async def _bring_up_to_date(home: Home, connection: Connection) -> bool:
    """Take in the registry's newest events, if there are any; without Kafka the copy that is here has to do."""
    with contextlib.suppress(Unreachable):
        return await desk.take_in(connection, home)
    return False


def _read_mailbox(home: Home, address: str, member: Organisation, follow: bool, shown: _Shown, clock: Clock) -> None:
    """Claim, open, show, then acknowledge what could be shown; until there is nothing more, or for ever."""
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
            kept = []
            for one in claimed:
                if one.id not in unopened and not shown.take(agency, one.sealed, clock()):
                    unopened.add(one.id)
                if one.id not in unopened:
                    kept.append(one.id)
            box.acknowledge(kept)
        except Unreachable as error:
            if not follow:
                raise
            typer.secho(f"{error}. Trying again.", fg="red", err=True)
            time.sleep(TRY_AGAIN)
            continue
        if not claimed and not follow:
            return
        wait = 0 if claimed or not follow else LONGEST_WAIT


@app.command()
def check(
    file: Annotated[Path, typer.Argument(help="A message as JSON; - for standard input.")],
    sender: Annotated[str | None, typer.Option("--as", help="Who sends; default: the document's caseOwner.")] = None,
    told: Annotated[
        list[str] | None, typer.Option(help="For an update, correction or withdrawal: who got the original.")
    ] = None,
    home: BuiltInHomeOption = None,
    at: Annotated[datetime | None, typer.Option(help="Decide as at this time (UTC); default: now.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Dry run: what would become of a message, and exactly what each recipient would see. Nothing is sent.

    Says outcome and scope, the rules with their reasons and what would cure them, and for each recipient the view, what
    is withheld and why. Needs no Kafka, no keys and no network. Exit code 0 shared, 3 held, 4 refused.
    """
    documents = _documents(file)
    now = system_clock() if at is None else at.replace(tzinfo=at.tzinfo or system_clock().tzinfo)
    try:
        registry = Home(home).registry() if home else _example_registry(now)
    except HomeError as error:
        fail(str(error))
    had_it = [_member(registry, one) for one in told or []]
    results = [
        check_document(one, sender=sender, told=had_it, registry=registry, policy=POLICY, now=now) for one in documents
    ]
    if as_json:
        _print(results[0] if len(results) == 1 else results)
    else:
        for result in results:
            show.console().print(show.outcome(result, registry))
    raise typer.Exit(max(EXIT[result["status"]] for result in results))


def _example_registry(now: datetime) -> Registry:
    return Registry(
        one.model_copy(update={"keys": tuple(new_key(use, now)[0] for use in KeyUse)}) for one in organisations()
    )


@app.command()
def flows(as_json: JsonOption = False) -> None:
    """Every message type: who may send it, who receives it, what each sees and never sees, on which basis."""
    if as_json:
        _print(describe.flows())
        return
    table = Table("message type", "from", "to: sees / never sees", "basis at each end", "clock", show_lines=True)
    for flow in describe.flows():
        views = flow["views"] or [None]
        for view in views:
            sees = (
                f"[bold]{view['role']}[/]\n{', '.join(map(show.words, view['sees']))}\n"
                f"[red]never:[/] {', '.join(map(show.words, view['neverSees'])) or '-'}"
                if view
                else "the broker records it; nobody receives it"
            )
            ends = [*view["senderBasis"].values(), view["recipientBasis"], "[dim]unconfirmed[/]"] if view else ["-"]
            bases = "\n".join(ends)
            short = flow["type"].removeprefix("uk.safeguarding.").removesuffix(".v1")
            table.add_row(short, ", ".join(flow["senders"]), sees, bases, view["clock"] if view else "-")
    show.console().print(table)


@app.command()
def schema(
    message_type: Annotated[str, typer.Argument(metavar="TYPE", help="As encompass.notification-issued.")],
) -> None:
    """JSON Schema of the document a sender signs for a message type, with the labels of every field."""
    flow = describe.find(message_type)
    if flow is None:
        fail("No such type. This broker carries:\n  " + "\n  ".join(describe.known_types()), 2)
    _print(describe.schema(flow))


@app.command()
def asyncapi() -> None:
    """The AsyncAPI 3 document of all topics and messages (JSON, which is also YAML)."""
    _print(describe.asyncapi())


@app.command(name="topics")
def topics_(
    create: Annotated[bool, typer.Option("--create", help="Create those that do not exist yet.")] = False,
    home: HomeOption = DEFAULT_HOME,
    bootstrap: BootstrapOption = DEFAULT_BOOTSTRAP,
    as_json: JsonOption = False,
) -> None:
    """The topics that this registry needs, with partitions and retention; `--create` makes the missing ones."""
    place = Home(home)
    try:
        registry = place.registry()
    except HomeError as error:
        fail(str(error))
    needed = topics.topics(registry)
    made = _run(post.create_topics(reach(place, bootstrap), registry)) if create else []
    if as_json:
        _print([{"name": t.name, "partitions": t.partitions, "config": t.config, "holds": t.holds} for t in needed])
        return
    table = Table("topic", "partitions", "kept", "holds")
    for topic in needed:
        special = {None: "compacted", topics.FOR_EVER: "for ever"}
        kept = special.get(topic.retention_days, f"{topic.retention_days} days")
        table.add_row(topic.name, str(topic.partitions), kept, topic.holds)
    show.console().print(table)
    if create:
        typer.echo(f"created {len(made)}, {len(needed) - len(made)} were there")


@app.command()
def status(
    home: HomeOption = DEFAULT_HOME,
    bootstrap: BootstrapOption = DEFAULT_BOOTSTRAP,
    as_json: JsonOption = False,
    clock: ClockOption = None,
) -> None:
    """The on-call page: lanes, age of the oldest unread child, holds, keys, policy. Exit code 1: a human must act."""
    place = Home(home)
    found = _run(read_status(place, reach(place, bootstrap), clock_of(clock)()))
    if as_json:
        _print({"figures": found.figures, "mustAct": found.must_act})
    else:
        table = Table("what", "figure")
        for what, figure in found.figures.items():
            table.add_row(what, str(figure))
        show.console().print(table)
        for one in found.must_act:
            typer.secho(f"ACT: {one}", fg="red")
        if not found.must_act:
            typer.secho("Nothing needs a human now.", fg="green")
    raise typer.Exit(1 if found.must_act else 0)


def main() -> None:
    """Entry point. A fault of ours is named by its kind and place: its text could quote a message."""
    logging.getLogger().addHandler(logging.NullHandler())  # what a library says could quote; we say what matters
    try:
        app()
    except Exception as fault:  # noqa: BLE001 - the last resort
        where = traceback.extract_tb(fault.__traceback__)[-1]
        place = f"{Path(where.filename).name}:{where.lineno}"
        typer.secho(f"Fault: {type(fault).__name__} at {place}. Please report it.", fg="red", err=True)
        sys.exit(1)
