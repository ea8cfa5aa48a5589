"""`broker decision`: what was decided, out of the audit topic, and whether it would be decided so again."""

import asyncio
import json
from pathlib import Path
from typing import Annotated, Any

import typer

from broker import show
from broker.commands.options import (
    DEFAULT_BOOTSTRAP,
    DEFAULT_HOME,
    BootstrapOption,
    HomeOption,
    JsonOption,
    connection,
    fail,
    or_fail,
    print_json,
)
from broker.consent.rules import RULES_VERSION
from broker.home import Home
from broker.policies import Policies
from broker.recorded import Found, in_audit, in_file
from broker.replay import Recorded, Unreadable, read

app = typer.Typer(
    no_args_is_help=True,
    help="Decisions on record: coded facts, rules, bases, names of fields; never content. Needs the broker's own keys.",
)
FileOption = Annotated[
    Path | None,
    typer.Option("--from", metavar="FILE", help="Records from a file (`broker decision show`), without Kafka."),
]
Json = dict[str, Any]


@app.command(name="show")
def show_(
    message: Annotated[str | None, typer.Argument(metavar="[MESSAGE-ID]", help="Default: all of them.")] = None,
    home: HomeOption = DEFAULT_HOME,
    bootstrap: BootstrapOption = DEFAULT_BOOTSTRAP,
    file: FileOption = None,
) -> None:
    """Print decision records as JSON, one a line: the form that `replay --from` and `policy diff --against` read.

    Example: broker decision show > decisions.jsonl
    """
    found = records_of(home, bootstrap, file)
    bodies = found.bodies if message is None else _about(found, message)
    for body in bodies:
        typer.echo(json.dumps(body, ensure_ascii=False))
    if found.closed:
        typer.echo(f"{found.closed} records cannot be opened with the keys here", err=True)


@app.command()
def replay(
    message: Annotated[str, typer.Argument(metavar="MESSAGE-ID", help="The message that was decided about.")],
    home: HomeOption = DEFAULT_HOME,
    bootstrap: BootstrapOption = DEFAULT_BOOTSTRAP,
    file: FileOption = None,
    as_json: JsonOption = False,
) -> None:
    """Decide again, from the facts on record, under the policy version that the record names and as at its time.

    Says "same", or shows what differs. A policy version that is not on file fails: nothing is decided by another one.
    Rules are code, and this release has only its own: it says if they have changed since. Exit code 0 the same, 1 not.
    """
    found = records_of(home, bootstrap, file)
    try:
        records = [one for body in _about(found, message) for one in read(body)]
    except Unreadable as why:
        fail(f"The record of {message} cannot be decided again by this release: {why}. Use the release of its day.")
    results = [_again(one, Policies(home)) for one in records]
    if as_json:
        print_json(results)
    else:
        for one in results:
            _print(one)
    raise typer.Exit(1 if any(one["differs"] for one in results) else 0)


def records_of(home: Path, bootstrap: str, file: Path | None) -> Found:
    """The decision records of a file, or of the audit topic."""
    if file is not None:
        return or_fail(lambda: in_file(file), 2)
    place = Home(home)
    return or_fail(lambda: asyncio.run(in_audit(connection(place, bootstrap), place)))


def _about(found: Found, message: str) -> list[Any]:
    bodies = found.about(message)
    if not bodies:
        closed = f" {found.closed} records cannot be opened with the keys here." if found.closed else ""
        fail(f"No decision about {message} is on record.{closed} See `broker decision show` for those that are.")
    return bodies


def _again(one: Recorded, policies: Policies) -> Json:
    policy = or_fail(lambda: policies.get(one.policy))
    return {
        "message": one.message,
        "to": one.recipient,
        "at": one.at.isoformat(),
        "outcome": one.verdict.outcome,
        "policy": one.policy,
        "registry": one.registry,
        "rules": one.rules,
        "rulesNow": RULES_VERSION,
        "rulesChanged": one.rules != RULES_VERSION,
        "differs": one.verdict.differs(one.again(policy)),
    }


def _print(one: Json) -> None:
    said = "[yellow]DIFFERENT[/]" if one["differs"] else "[green]same[/]"
    console = show.console()
    console.print(f"{one['to']}: {said}  {one['outcome']} at {one['at']}, policy {one['policy']}, rules {one['rules']}")
    for what, change in one["differs"].items():
        rows = show.Rows()
        for name, item in change.items():
            rows.add(f"  {what}, {name}", show.value(item) or "-")
        console.print(rows.table)
    if one["rulesChanged"]:
        console.print(f"  The rules have changed since: this release has {one['rulesNow']}.")
