"""The `broker` command.

Exit codes: 0 done or shared, 1 a human must act or something is wrong, 2 wrong usage, 3 held, 4 refused, 5 no
outcome in time, 6 an item that cannot be opened or verified.
"""

import json
import logging
import sys
import traceback
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from broker import describe, logs, post, show, topics
from broker.agency import Agency, Opened, Submitted
from broker.app import run as run_worker
from broker.check import check as check_document
from broker.clock import Clock, system_clock
from broker.commands import (
    acl,
    backup,
    basis,
    certificate,
    decision,
    holds,
    keys,
    mailbox,
    members,
    org,
    papers,
    policy,
    preview,
    receipt,
    rules,
    screen,
)
from broker.commands.options import (
    DEFAULT_BOOTSTRAP,
    DEFAULT_HOME,
    DEFAULT_MAILBOX,
    AtOption,
    BootstrapOption,
    BuiltInHomeOption,
    ClockOption,
    HomeOption,
    HtmlOption,
    JsonOption,
    MailboxOption,
    clock_of,
    documents_in,
    fail,
    flow_of,
    moment,
    policy_of,
    print_json,
    registry_of,
    write_page,
)
from broker.commands.options import connection as reach
from broker.commands.options import member as member_of
from broker.commands.receiving import Taken, read_inbox, read_mailbox
from broker.commands.sending import (
    EXIT,
    NO_OUTCOME,
    NOT_OPENED,
    agency_of,
    bring_up_to_date,
    do,
    keep_signed,
    send_and_wait,
)
from broker.commands.sending import run as run_
from broker.connection import Connection, Unreachable
from broker.demo.drill import drill
from broker.demo.night import play
from broker.errors import Refused
from broker.home import Home, HomeError
from broker.local_kafka import KafkaUnavailable
from broker.metrics import Metrics
from broker.pages import law_page
from broker.registry import Channel, Registry
from broker.schemas.catalogue import CATALOGUE
from broker.status import status as read_status

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
app.command()(screen.screen)
app.add_typer(org.app, name="org")
app.add_typer(members.person_app, name="person")
app.command()(members.redeliver)
app.add_typer(papers.app, name="papers")
app.command()(basis.basis)
app.command()(rules.rules)
app.command()(preview.preview)
app.add_typer(policy.app, name="policy")
app.add_typer(decision.app, name="decision")
app.add_typer(holds.app, name="holds")
app.add_typer(receipt.app, name="receipt")
app.add_typer(acl.app, name="acl")
app.add_typer(certificate.app, name="certificate")
app.add_typer(mailbox.app, name="mailbox")
app.add_typer(keys.app, name="keys")
app.command()(backup.backup)
app.command()(backup.restore)

AsOption = Annotated[str, typer.Option("--as", help="The organisation that you are, as police:01.")]


@app.command()
def run(
    metrics: Annotated[
        int | None,
        typer.Option(metavar="PORT", min=1, max=65535, help="Serve counts for Prometheus on this port of 127.0.0.1."),
    ] = None,
    home: HomeOption = DEFAULT_HOME,
    bootstrap: BootstrapOption = DEFAULT_BOOTSTRAP,
    clock: ClockOption = None,
) -> None:
    """Run a worker: read submissions, decide, redact, seal and deliver, until stopped.

    Needs the broker's own keys in HOME. Run as many as there are partitions to share. Exits non-zero, for the
    supervisor to restart it, rather than let a partition go unread.
    """
    logs.set_up()
    place, counts = Home(home), Metrics()
    with ExitStack() as meanwhile:
        if metrics is not None:
            do(lambda: meanwhile.enter_context(counts.served(metrics)))
        ending = run_(run_worker(place, reach(place, bootstrap), clock_of(clock), count=counts.count))
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
    keep: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            file_okay=False,
            help="Keep what was signed there, as ID.sd-jwt, to prove receipts.",
        ),
    ] = None,
    home: HomeOption = DEFAULT_HOME,
    bootstrap: BootstrapOption = DEFAULT_BOOTSTRAP,
    as_json: JsonOption = False,
    clock: ClockOption = None,
) -> None:
    """Sign, seal and submit messages as an organisation, and wait for what became of them.

    Example: broker publish examples/good.json --as police:01
    """
    documents = documents_in(file)
    now = clock_of(clock)
    place = Home(home)
    if wait and member_of(place.registry(), sender).channel is Channel.MAILBOX:
        wait = 0
        typer.echo(f"The outcome will be in its mailbox: broker inbox {sender}", err=True)
    bodies = run_(_publish(place, reach(place, bootstrap), sender, documents, now, wait, keep))
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
    home: Home,
    connection: Connection,
    sender: str,
    documents: list[dict[str, Any]],
    clock: Clock,
    wait: float,
    keep: Path | None,
) -> list[dict[str, Any]]:
    agency = agency_of(home, sender, clock())
    submitted = [_submit(agency, documents, number, clock()) for number in range(len(documents))]
    direct = member_of(home.registry(), sender).channel is Channel.DIRECT
    if direct and await bring_up_to_date(home, connection):  # so that nothing is sealed to a key that is revoked
        agency = agency_of(home, sender, clock())
        submitted = [_submit(agency, documents, number, clock()) for number in range(len(documents))]
    if keep is not None:
        keep_signed(keep, submitted)
    if not wait:
        await post.publish(connection, submitted)
        return []
    waiting = {one.message for one in submitted}

    def outcomes(said: Sequence[dict[str, Any]]) -> dict[str, dict[str, Any]]:
        return {one["message"]: one for one in said if one["is"] == "outcome" and one["message"] in waiting}

    said = await send_and_wait(
        connection, agency, submitted, clock=clock, wait=wait, done=lambda said: not waiting - outcomes(said).keys()
    )
    found = outcomes(said)
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
    place, now = Home(home), clock_of(clock)
    member = do(lambda: member_of(place.registry(), organisation))
    if not member.connected:
        fail(f"{organisation} is not connected: it is told by telephone", 2)
    taken = Taken(_in_json if as_json else _for_people)
    if member.channel is Channel.MAILBOX or from_mailbox:
        do(lambda: read_mailbox(place, address, member, taken, now, follow=follow))
    else:
        run_(read_inbox(place, reach(place, bootstrap), member, taken, now, follow=follow))
    if taken.nothing and not as_json:
        show.console().print("Nothing here. (An inbox that cannot be opened says so instead.)")
    if taken.failures:
        fail(f"{taken.failures} items did not open or verify: do not act on them; ring the broker's desk", NOT_OPENED)


def _in_json(opened: Opened, _: Registry) -> None:
    print(json.dumps(asdict(opened), ensure_ascii=False), flush=True)  # noqa: T201


def _for_people(opened: Opened, registry: Registry) -> None:
    show.console().print(show.any_item(asdict(opened), registry))


@app.command()
def check(
    file: Annotated[Path, typer.Argument(help="A message as JSON; - for standard input.")],
    sender: Annotated[str | None, typer.Option("--as", help="Who sends; default: the document's caseOwner.")] = None,
    told: Annotated[
        list[str] | None, typer.Option(help="For an update, correction or withdrawal: who got the original.")
    ] = None,
    home: BuiltInHomeOption = None,
    at: AtOption = None,
    as_json: JsonOption = False,
) -> None:
    """Dry run: what would become of a message, and exactly what each recipient would see. Nothing is sent.

    Says outcome and scope, the rules with their reasons and what would cure them, and for each recipient the view, what
    is withheld and why. Needs no Kafka, no keys and no network. Exit code 0 shared, 3 held, 4 refused.
    """
    documents = documents_in(file)
    now = moment(at)
    registry, in_force = registry_of(home, now), policy_of(home)
    had_it = [member_of(registry, one) for one in told or []]
    results = [
        check_document(one, sender=sender, told=had_it, registry=registry, policy=in_force, now=now)
        for one in documents
    ]
    if as_json:
        print_json(results[0] if len(results) == 1 else results)
    else:
        for result in results:
            show.console().print(show.outcome(result, registry))
    raise typer.Exit(max(EXIT[result["status"]] for result in results))


@app.command()
def flows(home: BuiltInHomeOption = None, html: HtmlOption = None, as_json: JsonOption = False) -> None:
    """Every message type: who may send it, who receives it, what each sees and never sees, on which basis.

    --html: a page for a lawyer, with both bases in full, deadlines and their kind, retention, and who has confirmed it.
    """
    if html is not None:
        now = system_clock()
        page = law_page(CATALOGUE, policy_of(home), registry_of(home, now), now.date())
        write_page(html, page)
        return
    if as_json:
        print_json(describe.flows(policy_of(home)))
        return
    table = Table("message type", "from", "to: sees / never sees", "basis at each end", "clock", show_lines=True)
    for flow in describe.flows(policy_of(home)):
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
    print_json(describe.schema(flow_of(message_type)))


@app.command()
def asyncapi() -> None:
    """The AsyncAPI 3 document of all topics and messages (JSON, which is also YAML)."""
    print_json(describe.asyncapi())


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
    made = run_(post.create_topics(reach(place, bootstrap), registry)) if create else []
    if as_json:
        print_json([{"name": t.name, "partitions": t.partitions, "config": t.config, "holds": t.holds} for t in needed])
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
    found = run_(read_status(place, reach(place, bootstrap), clock_of(clock)()))
    if as_json:
        print_json({"figures": found.figures, "mustAct": found.must_act})
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
