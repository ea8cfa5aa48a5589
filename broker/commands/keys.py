"""`broker keys`: the private keys in this home: under a passphrase or not, listed, re-sealed for, destroyed."""

import asyncio
import json
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from broker import custody, show
from broker.clock import system_clock
from broker.commands.options import DEFAULT_BOOTSTRAP, DEFAULT_HOME, BootstrapOption, HomeOption, JsonOption, fail
from broker.commands.options import connection as reach
from broker.connection import Unreachable
from broker.home import STATE_KEYS, Home, HomeError, folder
from broker.keys import destroy, here, is_here, protect, protected, secrets_of, unprotect
from broker.registry import KeyUse, Organisation, PublicKey
from broker.schemas.terms import Kind

app = typer.Typer(
    no_args_is_help=True,
    help="The private keys in HOME: encrypt the files, list them, destroy one and know what that erases.",
)
WhoseArgument = Annotated[str, typer.Argument(metavar="ORG", help="Whose keys, as school:100053.")]


@app.command(name="protect")
def protect_(home: HomeOption = DEFAULT_HOME) -> None:
    """Encrypt every private key in HOME with a passphrase (JWE, RFC 7517 section 7).

    From then on every command needs the passphrase: from the file that BROKER_PASSPHRASE_FILE names, or typed. Lose
    it, and the keys are lost.
    """
    _each(home, protected_now=True)


@app.command(name="unprotect")
def unprotect_(home: HomeOption = DEFAULT_HOME) -> None:
    """Make every private key in HOME a plain file (mode 600) again."""
    _each(home, protected_now=False)


def _each(home: Path, *, protected_now: bool) -> None:
    try:
        files = list(secrets_of(home))
        done = sum((protect if protected_now else unprotect)(file) for file in files)
    except HomeError as error:
        fail(str(error))
    if not files:
        fail(f"no private key in {home}: set BROKER_HOME or --home")
    typer.echo(f"{len(files)} private keys {'under the passphrase' if protected_now else 'plain'}, {done} changed now")


@app.command(name="list")
def list_(organisation: WhoseArgument, home: HomeOption = DEFAULT_HOME, as_json: JsonOption = False) -> None:
    """The keys of an organisation: ids, use, validity, and whether the private half is here. Never a key itself."""
    place = Home(home)
    try:
        member = place.member(organisation)
    except HomeError as error:
        fail(str(error))
    rows = _rows(place, member, system_clock())
    if as_json:
        typer.echo(json.dumps(rows, indent=1))
        return
    table = Table("key", "use", "from", "until", "state", "private half")
    for row in rows:
        table.add_row(*(str(value) for value in row.values()))
    show.console().print(table)


def _rows(home: Home, member: Organisation, now: datetime) -> list[dict[str, str]]:
    place = home.path / "keys" / folder(member.id)
    registered = [(key.use.value, key) for key in member.keys]
    registered += [(f"{one.id} ({one.role})", one.key) for one in member.people]
    rows = [
        {
            "key": key.kid,
            "use": use,
            "from": f"{key.not_before:%Y-%m-%d}",
            "until": f"{key.not_after:%Y-%m-%d}",
            "state": _state(key, now),
            "private": _form(place / f"{key.kid}.jwk"),
        }
        for use, key in registered
    ]
    known = {key.kid for _, key in registered}
    loose = [file for file in here(place, "*.jwk") if file.stem not in known]
    loose += here(place, STATE_KEYS)
    for file in loose:
        use = "changelogs" if file.suffix == ".key" else "not registered"
        row = {"key": file.stem, "use": use, "from": "-", "until": "-", "state": "-", "private": _form(file)}
        rows.append(row)
    return rows


def _state(key: PublicKey, now: datetime) -> str:
    if key.revoked_at is not None:
        return "revoked"
    return "valid" if key.valid(now) else "expired" if key.not_after <= now else "not yet valid"


def _form(file: Path) -> str:
    if file.is_file():
        return "here, plain"
    return "here, under a passphrase" if protected(file).is_file() else "not here"


@app.command()
def rotate_state(home: HomeOption = DEFAULT_HOME) -> None:
    """Make a new key for the broker's changelogs. Then restart every worker: it seals all of them anew as it starts.

    After that the old one can go: broker keys destroy BROKER state-1
    """
    place = Home(home)
    try:
        broker = place.broker().id
        place.state_keys()
        number = place.new_state_key(broker)
    except HomeError as error:
        fail(str(error))
    typer.echo(f"state-{number} made. Restart every worker, then: broker keys destroy {broker} state-{number - 1}")


@app.command()
def reseal(
    settled: Annotated[
        bool, typer.Option("--settled", help="Holds that are over, too: while nothing may be destroyed by law.")
    ] = False,
    home: HomeOption = DEFAULT_HOME,
    bootstrap: BootstrapOption = DEFAULT_BOOTSTRAP,
) -> None:
    """Seal what the broker must keep (open holds, audit) to its newest sealing key, before an older one is destroyed.

    It is appended; the old records stay until their retention ends. Can be run again at any time.
    """
    place = Home(home)
    try:
        key = place.broker().key(KeyUse.SEAL, system_clock())
        if key is None:
            fail("The broker has no valid sealing key: register one first")
        done = asyncio.run(custody.reseal(reach(place, bootstrap), place, key, settled=settled))
    except (HomeError, Unreachable) as error:
        fail(str(error))
    typer.echo(f"sealed anew: {custody.counts(done.again)}. Left as they are: {done.left} holds that are over.")


@app.command(name="destroy")
def destroy_(
    organisation: WhoseArgument,
    kid: Annotated[str, typer.Argument(metavar="KEY", help="Its id in `broker keys list`, as state-1.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Although something still needs it.")] = False,
    home: HomeOption = DEFAULT_HOME,
    bootstrap: BootstrapOption = DEFAULT_BOOTSTRAP,
) -> None:
    """Destroy the private half of a key in HOME: what is sealed to it can then be opened by nobody, ever.

    Refused while the key is in use or, for the broker's own, while something in Kafka still needs it. Not reached:
    backups, other machines that hold this key, and what somebody opened and kept. docs/erasure.md has the whole table.
    """
    place = Home(home)
    try:
        member = place.member(organisation)
        file = _file(place, member, kid)
        in_the_way = asyncio.run(custody.in_the_way(reach(place, bootstrap), place, member, kid, system_clock()))
        if in_the_way and not force:
            fail(f"{kid} is still needed: {in_the_way}. Nothing was destroyed.")
        typer.echo(_ends(member, kid))
        if not yes and not typer.confirm("Destroy it?"):
            fail("Nothing was destroyed.")
        destroy(file)
    except (HomeError, Unreachable) as error:
        fail(str(error))
    typer.echo(f"{kid} is destroyed in {home}. Backups and other machines may still hold it: see docs/erasure.md")


def _file(home: Home, member: Organisation, kid: str) -> Path:
    found = {one.stem: one for pattern in ("*.jwk", STATE_KEYS) for one in _here(home, member, pattern)}
    if kid not in found or not is_here(found[kid]):
        raise HomeError(f"no private half of {kid} is here: see `broker keys list {member.id}`")
    return found[kid]


def _here(home: Home, member: Organisation, pattern: str) -> list[Path]:
    return here(home.path / "keys" / folder(member.id), pattern)


def _ends(member: Organisation, kid: str) -> str:
    """What can no longer be opened."""
    use = next((key.use for key in member.keys if key.kid == kid), None)
    if custody.STATE_KEY.fullmatch(kid):
        return "Nobody will open any value of state.* and copies.* that is sealed with it, nor copies made of them."
    if use is not KeyUse.SEAL:
        return "It only signs: nothing is sealed to it. What it has signed can still be verified."
    if member.kind is Kind.BROKER:
        return "Nobody will open what is sealed to it in submit.*, held, quarantine and audit, nor copies made of them."
    return f"Nobody will open what was delivered to {member.id} under it, read or unread, nor copies made of it."
