"""`broker receipt`: what was withheld of each delivery, proved against what was signed, without showing any of it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer
from rich.table import Table
from rich.text import Text

from broker import show
from broker.agency import Opened
from broker.commands.decision import FileOption, records_of
from broker.commands.options import (
    DEFAULT_BOOTSTRAP,
    DEFAULT_HOME,
    DEFAULT_MAILBOX,
    BootstrapOption,
    ClockOption,
    HomeOption,
    JsonOption,
    MailboxOption,
    clock_of,
    connection,
    fail,
    or_fail,
    print_json,
)
from broker.commands.options import member as member_of
from broker.commands.receiving import read_own
from broker.commands.sending import NOT_OPENED
from broker.errors import PLAIN, Refused
from broker.home import Home
from broker.keys import write_new
from broker.legal import LABELS
from broker.receipts import IN_WORDS, Finding, Receipt, answer, read, verify
from broker.registry import Registry
from broker.schemas.terms import Label
from broker.statement import MAX_BYTES, dumps, loads

app = typer.Typer(
    no_args_is_help=True,
    help="Receipts: the broker signs, of every delivery, what it withheld: digests, labels and rules, never a value. "
    "They are for the sender and its auditors; a recipient asks what it may know: `ask`.",
)
ReceiptArgument = Annotated[
    Path, typer.Argument(metavar="RECEIPT", help="A file that `receipt list --out` has written.")
]
Json = dict[str, Any]
SHORT = 12


class _Signed(NamedTuple):
    """A receipt as it was signed, and what it says."""

    text: str
    receipt: Receipt


@app.command(name="list")
def list_(
    organisation: Annotated[
        str | None, typer.Option("--as", help="Your organisation, as police:01; default: the audit record.")
    ] = None,
    message: Annotated[str | None, typer.Option(metavar="ID", help="Of this message only.")] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="FOLDER", file_okay=False, help="Write each to a file there, as ID.jws.")
    ] = None,
    file: FileOption = None,
    home: HomeOption = DEFAULT_HOME,
    bootstrap: BootstrapOption = DEFAULT_BOOTSTRAP,
    address: MailboxOption = DEFAULT_MAILBOX,
    as_json: JsonOption = False,
    clock: ClockOption = None,
) -> None:
    """The receipts of an organisation's own messages, out of its inbox; or, for an auditor, out of the audit record.

    Example: broker receipt list --as police:01 --out receipts
    """
    place, now = Home(home), clock_of(clock)
    outcomes: list[Mapping[str, Any]] = []
    failures = 0
    if organisation is None:
        outcomes += records_of(home, bootstrap, file).bodies
    else:
        member = member_of(or_fail(place.registry), organisation)

        def keep(opened: Opened, _: Registry) -> None:
            outcomes.append(opened.body)

        failures = read_own(place, lambda: connection(place, bootstrap), address, member, now, keep)
    broker = or_fail(place.broker)
    texts = [one["receipt"] for body in outcomes for one in body.get("recipients", ()) if "receipt" in one]
    found = []
    for text in dict.fromkeys(texts):
        try:
            found.append(_Signed(text, read(text, broker, now())))
        except Refused as refused:
            failures += 1
            typer.secho(f"A receipt cannot be trusted: {PLAIN[refused.reason][0]}", fg="red", err=True)
    found = [one for one in found if message in (None, one.receipt.message)]
    if out is not None:
        _write(out, found)
    if as_json:
        for one in found:
            typer.echo(one.receipt.model_dump_json(by_alias=True))
    else:
        show.console().print(_table(found, or_fail(place.registry)) if found else "No receipts here.")
    raise typer.Exit(NOT_OPENED if failures else 0)


def _write(folder: Path, found: list[_Signed]) -> None:
    """Write what is not there yet; a receipt never changes."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        fail(f"cannot make {folder} ({error.strerror}): name another folder", 2)
    for one in found:
        file = folder / f"{one.receipt.jti}.jws"
        if not file.exists():
            or_fail(lambda: write_new(file, one.text.encode()))  # noqa: B023 - called at once


def _table(found: list[_Signed], registry: Registry) -> Table:
    table = Table("receipt", "message", "to", "at", "shown", "withheld")
    for _, one in found:
        rules = sorted({gone.rule for gone in one.withheld})
        table.add_row(
            one.jti,
            one.message[:SHORT],
            show.name(one.recipient, registry),
            f"{one.at:%Y-%m-%d %H:%M}",
            str(one.shown),
            f"{len(one.withheld)}: {', '.join(rules)}" if rules else "0",
        )
    return table


@app.command(name="show")
def show_(
    file: ReceiptArgument, home: HomeOption = DEFAULT_HOME, as_json: JsonOption = False, clock: ClockOption = None
) -> None:
    """One receipt in words, if the broker signed it: what kind of thing was withheld, and by which rule."""
    place = Home(home)
    registry, broker = or_fail(place.registry), or_fail(place.broker)
    try:
        receipt = read(_text(file), broker, clock_of(clock)())
    except Refused as refused:
        fail(f"This is no receipt of {broker.id}: {PLAIN[refused.reason][0]}")
    if as_json:
        typer.echo(receipt.model_dump_json(by_alias=True, indent=1))
    else:
        show.console().print(_rows(receipt, registry).table)


def _rows(receipt: Receipt, registry: Registry) -> show.Rows:
    rows = show.Rows()
    rows.add("receipt", receipt.jti)
    rows.add("message", f"{receipt.message}  {receipt.type.removeprefix('uk.safeguarding.')}")
    rows.add("from", show.name(receipt.aud, registry))
    rows.add("to", f"{show.name(receipt.recipient, registry)}, {receipt.role}")
    rows.add("sent", f"{receipt.at:%Y-%m-%d %H:%M:%S} UTC, policy {receipt.policy}, registry {receipt.registry}")
    rows.add("shown", f"{receipt.shown} disclosures, and {receipt.decoys} digests that stand for nothing")
    if receipt.apart:
        rows.add("apart", f"{len(receipt.apart)} that it got in another delivery of the same message")
    rows.add("withheld", str(len(receipt.withheld)))
    for gone in sorted(receipt.withheld, key=lambda one: (one.rule, one.labels)):
        labels = "; ".join(LABELS[Label(one)] if one in list(Label) else one for one in gone.labels)
        rows.add(f"  {gone.rule}", f"{labels}", tail=f"{gone.digest[:SHORT]}…", tail_style="dim")
        rows.add("", IN_WORDS.get(gone.rule, ""), "dim")
    return rows


@app.command(name="verify")
def verify_(
    file: ReceiptArgument,
    statement: Annotated[
        Path,
        typer.Option(
            metavar="FILE", help="What the sender signed (`broker publish --keep`): whole, or its signed part alone."
        ),
    ],
    view: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The recipient's copy: `statement` in what `broker inbox --json` prints."),
    ] = None,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
    clock: ClockOption = None,
) -> None:
    """Prove a receipt against what was signed: offline, with public keys only, and without showing any content.

    Says how each check ended. Exit code 0: none failed; 1: one did. What takes a file that is not given is said to be
    not checked. HOME needs no keys: the registrar's public key and the registry are enough.
    """
    place = Home(home)
    receipt, found = verify(
        _text(file),
        registry=or_fail(place.registry),
        broker=or_fail(place.broker),
        original=_text(statement),
        view=None if view is None else _text(view),
        now=clock_of(clock)(),
    )
    failed = [one for one in found if one.failed]
    if as_json:
        checks = [{"check": one.check, "failed": one.failed, "checked": one.wrong is not None} for one in found]
        print_json({"receipt": receipt and receipt.jti, "proved": not failed, "checks": checks})
    else:
        _print(receipt, found)
    raise typer.Exit(1 if failed else 0)


def _print(receipt: Receipt | None, found: tuple[Finding, ...]) -> None:
    console = show.console()
    for one in found:
        mark, style = ("yes", "green") if one.passed else ("NO", "bold red") if one.failed else ("-", "dim")
        console.print(Text(f"{mark:>4}  ", style=style) + Text(one.says, style="" if one.passed else style))
    if any(one.failed for one in found):
        console.print(Text("NOT PROVED. Keep these files and ring the broker's desk.", style="bold red"))
    elif receipt is not None:
        console.print(
            Text(f"Proved: {len(receipt.withheld)} disclosures were withheld from {receipt.recipient}.", style="green")
        )


@app.command()
def ask(
    item: Annotated[str, typer.Argument(metavar="ITEM", help="The id of a delivery to you, or of its message.")],
    organisation: Annotated[str, typer.Option("--as", help="Your organisation, as school:100053.")],
    file: Annotated[
        Path | None,
        typer.Option("--from", metavar="FILE", help="What `broker inbox --json` printed, instead of the inbox."),
    ] = None,
    home: HomeOption = DEFAULT_HOME,
    bootstrap: BootstrapOption = DEFAULT_BOOTSTRAP,
    address: MailboxOption = DEFAULT_MAILBOX,
    as_json: JsonOption = False,
    clock: ClockOption = None,
) -> None:
    """What you may know of what was withheld from you: the rules, where it is safe to say so.

    Where it is not, the answer is the very same as if nothing had been withheld. It comes from your own copy, so
    nobody learns that you asked.
    """
    found: list[Mapping[str, Any]] = []
    if file is not None:
        found += _lines(file)
    else:
        place = Home(home)
        member = member_of(or_fail(place.registry), organisation)

        def keep(opened: Opened, _: Registry) -> None:
            found.append({"id": opened.id, "body": opened.body})

        read_own(place, lambda: connection(place, bootstrap), address, member, clock_of(clock), keep)
    deliveries = [one for one in found if one["body"].get("is") == "delivery"]
    one = next((one for one in deliveries if item in (one["id"], one["body"]["message"])), None)
    if one is None:
        fail(f"No delivery {item} to {organisation} is here. See `broker inbox {organisation} --json`, and --from.", 2)
    said = answer(one["body"])
    if as_json:
        typer.echo(dumps(said))
        return
    rows = show.Rows()
    for rule in said["withheld"]:
        rows.add(rule["rule"], f"{', '.join(map(show.words, rule['fields']))}: {rule['says']}")
    rows.add("the rest", said["andTheRest"])
    show.console().print(rows.table)


def _lines(file: Path) -> list[Mapping[str, Any]]:
    """Items as `broker inbox --json` prints them, one a line."""
    try:
        found = [loads(line) for line in file.read_bytes().splitlines() if line.strip()]
        return [{"id": str(one["id"]), "body": dict(one["body"])} for one in found]
    except OSError as error:
        fail(f"cannot read {file}: {error.strerror}", 2)
    except (ValueError, TypeError, KeyError):
        fail(f"{file} is not what `broker inbox --json` prints", 2)


def _text(file: Path) -> str:
    try:
        with file.open("rb") as opened:
            data = opened.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            fail(f"{file} is larger than anything that is sent", 2)
        return data.decode("ascii")
    except OSError as error:
        fail(f"cannot read {file}: {error.strerror}", 2)
    except UnicodeDecodeError:
        fail(f"{file} is not what a receipt or a statement is written in", 2)
