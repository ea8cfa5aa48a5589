"""`broker acl`: who may do what in Kafka, and how much: computed from the registry, compared with the live cluster."""

import asyncio
import json
from collections.abc import Coroutine, Iterable
from dataclasses import asdict
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from broker import authorizer, show
from broker.acl import Acl, Difference, Rule
from broker.commands.options import (
    DEFAULT_BOOTSTRAP,
    DEFAULT_HOME,
    BootstrapOption,
    HomeOption,
    JsonOption,
    connection,
    fail,
)
from broker.connection import Unreachable
from broker.home import Home, HomeError
from broker.registry import Registry

app = typer.Typer(
    no_args_is_help=True,
    help="Rights in Kafka: computed from the registry, one principal each; what is not given is denied, and whoever "
    "sends more than its limit waits. "
    "Needs the operator's certificate in HOME/tls.",
)
OnlyOption = Annotated[
    str | None, typer.Option("--only", help="One principal, as police-01, worker. Default: all.", show_default=False)
]


@app.command()
def plan(
    only: OnlyOption = None,
    home: HomeOption = DEFAULT_HOME,
    bootstrap: BootstrapOption = DEFAULT_BOOTSTRAP,
    as_json: JsonOption = False,
) -> None:
    """Show what `apply` would change, each rule with its reason. Changes nothing; exit code 0 either way."""
    place = Home(home)
    found = _run(authorizer.compare(connection(place, bootstrap), _registry(place), only))
    _show(found, as_json, "give", "take away")


@app.command()
def apply(
    only: OnlyOption = None,
    home: HomeOption = DEFAULT_HOME,
    bootstrap: BootstrapOption = DEFAULT_BOOTSTRAP,
    as_json: JsonOption = False,
) -> None:
    """Make the live rights and limits equal to what the registry says, and wait until they are in force.

    What is too much is taken away first, also where it was given by hand.
    """
    place = Home(home)
    changed = _run(authorizer.apply(connection(place, bootstrap), _registry(place), only))
    _show(changed, as_json, "given", "taken away")


@app.command()
def verify(
    only: OnlyOption = None,
    home: HomeOption = DEFAULT_HOME,
    bootstrap: BootstrapOption = DEFAULT_BOOTSTRAP,
    as_json: JsonOption = False,
) -> None:
    """Compare the live rights with what the registry says. Exit code 1, and the differences, if they are not equal."""
    place = Home(home)
    found = _run(authorizer.compare(connection(place, bootstrap), _registry(place), only))
    _show(found, as_json, "missing", "beyond the registry")
    if found:
        counts = f"{len(found.missing)} missing, {len(found.extra)} beyond the registry"
        fail(f"The live rights are not what the registry says: {counts}. Ask who did that, then `broker acl apply`.")


def _registry(home: Home) -> Registry:
    try:
        return home.registry()
    except HomeError as error:
        fail(str(error))


def _run(work: Coroutine[Any, Any, Difference]) -> Difference:
    try:
        return asyncio.run(work)
    except Unreachable as error:
        fail(str(error))


def _show(found: Difference, as_json: bool, missing: str, extra: str) -> None:
    if as_json:
        made = {"missing": _json(found.missing), "extra": _json(found.extra)}
        typer.echo(json.dumps(made, ensure_ascii=False, indent=1))
        return
    if not found:
        show.console().print("The live rights are what the registry says.")
        return
    table = Table("", "principal", "right or limit", "because")
    for title, style, ones in ((extra, "red", found.extra), (missing, "green", found.missing)):
        for one in sorted(ones, key=str):
            who, _, what = str(one).partition(" ")
            why = one.why or "no rule of ours says so"
            table.add_row(title, escape(who.removeprefix("User:")), escape(what), why, style=style)
    show.console().print(table)


def _json(ones: Iterable[Rule]) -> list[dict[str, Any]]:
    return [_one(one) for one in sorted(ones, key=str)]


def _one(rule: Rule) -> dict[str, Any]:
    made = {**asdict(rule), "principal": rule.principal}
    if isinstance(rule, Acl):
        made |= {"resource": rule.resource.name.lower(), "operation": rule.operation.name.lower()}
    return made
