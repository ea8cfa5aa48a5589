"""`broker policy`: the law as dated data, in versions: which are on file, what is in them, what one would change."""

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from broker import legal, show
from broker.commands.decision import records_of
from broker.commands.options import (
    DEFAULT_BOOTSTRAP,
    DEFAULT_HOME,
    BootstrapOption,
    BuiltInHomeOption,
    HomeOption,
    JsonOption,
    fail,
    moment,
    or_fail,
    print_json,
)
from broker.consent.law.archive import filed
from broker.consent.law.policy import Policy
from broker.home import HomeError
from broker.policies import NoSuchPolicy, Policies
from broker.replay import Change, compare, read_all
from broker.schemas.terms import PersonRole

app = typer.Typer(
    no_args_is_help=True,
    help="The law as dated data, in immutable versions: list them, look at one, switch a provision on, compare two "
    "over recorded decisions.",
)
VersionArgument = Annotated[str, typer.Argument(help="A version, as `broker policy list` shows it, or a file.")]
MOST_SOURCE = 300
Json = dict[str, Any]


@app.command(name="list")
def list_(home: BuiltInHomeOption = None, as_json: JsonOption = False) -> None:
    """Every policy version on file: those that were released, and those that were in force in HOME."""
    policies = Policies(home)
    in_force = or_fail(policies.in_force).version
    rows = [
        {
            "version": one.version,
            "issued": one.issued.isoformat(),
            "reviewBy": one.review_by.isoformat(),
            "off": sum(found.in_force_from is None for found in one.provisions),
            "inForce": one.version == in_force,
        }
        for one in or_fail(policies.versions)
    ]
    if as_json:
        print_json(rows)
        return
    table = Table("version", "issued", "to be reviewed by", "provisions that are off", "decides here")
    for row in rows:
        table.add_row(*map(str, list(row.values())[:4]), "yes" if row["inForce"] else "")
    show.console().print(table)


@app.command(name="show")
def show_(
    version: Annotated[str | None, typer.Argument(help="A version or a file; default: the one in force.")] = None,
    home: BuiltInHomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """What is in a policy: bases and provisions, since when, from which source, confirmed by whom.

    --json prints it whole, as it is kept on file. `broker flows --html FILE` makes a page for a lawyer of it.
    """
    policy = or_fail(Policies(home).in_force) if version is None else _policy(home, version)
    if as_json:
        typer.echo(filed(policy), nl=False)
        return
    day = moment(None).date()
    console = show.console()
    console.print(f"Policy {policy.version}, issued {policy.issued}, to be reviewed by {policy.review_by}")
    for title, records in (("bases", policy.bases), ("provisions", policy.provisions)):
        table = Table(title, "what", "state", "source", "mark", "confirmed by")
        for one in records:
            said = legal.record(one, day)
            cells = (said["code"], said["title"], said["state"], said["source"], said["mark"])
            table.add_row(
                *map(escape, cells), said["confirmedBy"] or "nobody", style=None if said["inForce"] else "dim"
            )
        console.print(table)


@app.command(name="switch-on")
def switch_on(
    code: Annotated[str, typer.Argument(help="The provision, as CA2004-s16LB.")],
    since: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="The day on which it began.")],
    source: Annotated[str, typer.Option(help="Where that is written: the commencement regulations, say.")],
    confirmed_by: Annotated[PersonRole | None, typer.Option(help="In which role somebody has confirmed it.")] = None,
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Switch a provision on, with the day and a source: makes a new policy version, in force in HOME from now on.

    Nothing else is changed; the version before is kept in HOME/policies, so that its decisions can be replayed. Workers
    take it up when they are started again. See first what it would change: `broker policy diff`.

    Example: broker policy switch-on CA2004-s16LB --since 2026-09-30 --source "SI 2026/000 reg 2"
    """
    policies = Policies(home)
    before = or_fail(policies.in_force)
    written = " ".join(source.split())
    if not written or not written.isprintable() or len(written) > MOST_SOURCE:
        fail(f"--source must say where it is written, in 1 to {MOST_SOURCE} letters.", 2)
    found = before.provision(code)
    if found is None:
        off = ", ".join(one.code for one in before.provisions if one.in_force_from is None)
        fail(f"There is no provision {code}. Those that are off: {off}. All: `broker policy show`.", 2)
    after = before.switched_on(code, since=since.date(), source=written, confirmed_by=confirmed_by)
    or_fail(lambda: policies.put(after))
    was = f"since {found.in_force_from}" if found.in_force_from else "off"
    typer.echo(
        f"{code}: was {was}, now in force since {since.date()}. Policy {after.version} decides in {home} instead of "
        f"{before.version}, which is kept. Restart the workers; see `broker policy diff {before.version} "
        f"{after.version} --against decisions`."
    )


@app.command()
def diff(
    old: VersionArgument,
    new: VersionArgument,
    against: Annotated[
        str, typer.Option(help="A file of decision records (`broker decision show`), or `decisions`: the audit topic.")
    ],
    at: Annotated[
        datetime | None, typer.Option("--at", help="Decide all as at this day; default: each as at its own.")
    ] = None,
    home: HomeOption = DEFAULT_HOME,
    bootstrap: BootstrapOption = DEFAULT_BOOTSTRAP,
    as_json: JsonOption = False,
) -> None:
    """Over recorded decisions: what would be decided differently, and who would gain or lose which field.

    Exit code 0 nothing changes; 1 something does, or a record cannot be decided again. Records hold codes, no content.

    Example: broker policy diff 2026-11-24+0123456789ab new.json --against decisions --at 2026-12-01
    """
    before, after = _policy(home, old), _policy(home, new)
    now = None if at is None else moment(at)
    found = records_of(home, bootstrap, None if against == "decisions" else Path(against))
    records, unreadable = read_all(found.bodies)
    changes = compare(before, after, records, now)
    summary = {
        "old": before.version,
        "new": after.version,
        "decisions": len(records),
        "changed": len(changes),
        "cannotBeDecidedAgain": unreadable,
        "cannotBeOpened": found.closed,
    }
    if as_json:
        print_json({**summary, "changes": [one.as_json for one in changes]})
    else:
        if changes:
            show.console().print(_table(changes))
        typer.echo(
            f"{len(records)} decisions, {len(changes)} would change; {unreadable} records are of another release and "
            f"cannot be decided again; {found.closed} cannot be opened with the keys here"
        )
    raise typer.Exit(1 if changes or unreadable else 0)


def _policy(home: Path | None, name: str) -> Policy:
    try:
        return Policies(home).named(name)
    except NoSuchPolicy as error:
        fail(str(error), 2)
    except HomeError as error:
        fail(str(error))


def _table(changes: list[Change]) -> Table:
    table = Table("message", "to", "outcome", "basis at each end", "gains", "loses", show_lines=True)
    for one in changes:
        said = one.as_json
        fields = (", ".join(map(show.words, said[name])) or "-" for name in ("gained", "lost"))
        outcome = _arrow(one.before.outcome, one.after.outcome)
        table.add_row(one.record.message, one.record.recipient, outcome, _bases(one), *map(escape, fields))
    return table


def _bases(one: Change) -> str:
    lines = []
    for end in ("sender", "recipient"):
        was, becomes = one.before.basis.get(end), one.after.basis.get(end)
        other = " (in other words)" if was != becomes and _code(was) == _code(becomes) else ""
        lines.append(_arrow(_code(was), _code(becomes)) + other)
    return "\n".join(lines)


def _code(basis: Json | None) -> str:
    return str(basis["code"]) if basis else "none"


def _arrow(before: str, after: str) -> str:
    return before if before == after else f"{before} → {after}"
