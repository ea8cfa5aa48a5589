"""`broker org`: the organisations that take part."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from broker import show
from broker.clock import system_clock
from broker.commands import import_report
from broker.commands.options import DEFAULT_HOME, BuiltInHomeOption, JsonOption, fail
from broker.data import organisations
from broker.home import Home, HomeError
from broker.importers import formats
from broker.importers.difference import difference
from broker.importers.rows import WrongFile, WrongLinks
from broker.register import REGISTRAR, EventRefused, registered
from broker.registry import Organisation

EVERY = 10_000_000
"""Bytes after which a line says how far it is, where there is no terminal for a bar."""

app = typer.Typer(
    no_args_is_help=True,
    help="The organisations that take part: registers, keys, suppliers, suspension. Begin: `broker org found`.",
)

_FORMATS = ", ".join(f"{one.name} ({one.title})" for one in formats.FORMATS.values())


@app.command(name="import")
def import_(
    name: Annotated[str, typer.Argument(metavar="FORMAT", help=f"One of: {_FORMATS}.")],
    file: Annotated[Path, typer.Argument(help="The register as published, CSV.", exists=True, dir_okay=False)],
    links: Annotated[
        Path | None,
        typer.Option(help="The second file, for gias and care-boards: who followed whom.", exists=True, dir_okay=False),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only show what would change. Needs no Kafka and no HOME.")
    ] = False,
    home: BuiltInHomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Import a published register: councils first, then the others.

    Only what a register knows is changed: name, place, status, successors. Channels, keys, people and suppliers stay
    as they are, and whoever is missing from the file is listed, never deleted. Rows that cannot be used are listed
    with their line; they stop nothing and the exit code stays 0. Exit code 1: no row could be used. 2: not that format.
    Without --dry-run the changes are signed with the registry desk's key in HOME and added to its registry: run
    `broker org sync` before, to compare with the newest, and after, to publish.

    Example: broker org import gias edubasealldata.csv --links links_edubasealldata.csv --dry-run
    """
    form = formats.FORMATS.get(name)
    if form is None:
        fail(f"{name} is not a format. There are: {_FORMATS}", 2)
    if links is not None and form.links is None:
        fail(f"{form.title} come in one file: leave --links out", 2)
    try:
        place = Home(home or DEFAULT_HOME)
        registry = organisations() if dry_run and home is None else place.registry()
        second = _lines(links) if links else None
        imported = formats.read(form, _lines(file), second, registry)
    except HomeError as error:
        fail(str(error))
    except WrongLinks as error:
        fail(f"{links} is not the second file of {form.title}: {error}", 2)
    except WrongFile as error:
        fail(f"{file} is not {form.title}: {error}", 2)
    except OSError as error:
        fail(f"cannot read {error.filename}: {error.strerror}", 2)
    found = difference(registry, imported)
    if as_json:
        typer.echo(json.dumps(import_report.as_json(form, imported, found), ensure_ascii=False, indent=1))
    else:
        show.console().print(import_report.as_tables(form, imported, found))
    if not imported.organisations:
        fail("No row could be used: nothing is imported.")
    if not dry_run:
        done = f"registered {_register(place, found.entries):,} new or changed organisations in {place.path}"
        typer.echo(f"{done}; `broker org sync` publishes them", err=as_json)


def _register(home: Home, entries: Sequence[Organisation]) -> int:
    """Sign what has changed as the registry desk; an import that was interrupted is simply made again."""
    try:
        for event in registered(entries):
            home.declare(event, REGISTRAR, system_clock())
    except HomeError as error:
        fail(str(error))
    except EventRefused as why:
        fail(f"The registry refuses this ({why}): nothing of that part is registered. Please report it.")
    return len(entries)


def _lines(file: Path) -> Iterator[bytes]:
    """The lines of a file, while a bar, or a line now and then, says how far it is."""
    size, done, said = file.stat().st_size, 0, 0
    console = Console(stderr=True)
    with file.open("rb") as opened, Progress(console=console, disable=not console.is_terminal, transient=True) as bar:
        task = bar.add_task(file.name, total=size)
        for line in opened:
            yield line
            done += len(line)
            bar.update(task, completed=done)
            if done - said >= EVERY and not console.is_terminal:
                said = done
                typer.echo(f"{file.name}: {done // 1_000_000} of {size // 1_000_000} MB", err=True)
