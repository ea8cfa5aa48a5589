"""`broker backup` and `broker restore`: a home folder in one sealed file, and back."""

from pathlib import Path
from typing import Annotated

import typer

from broker import backup as homes
from broker.commands.options import DEFAULT_HOME, HomeOption, fail
from broker.keys import HomeError, passphrase


def backup(
    file: Annotated[Path, typer.Argument(help="The file to make; one that is there is never written over.")],
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Put HOME (trust.json, registry.jsonl, policies, keys/, tls/, authority/) into one file, under a passphrase.

    Not in it: Kafka's topics. What waits in submit, inbox, mailbox, held, state and copies is in Kafka and nowhere
    else; without them a restored home has nothing to open. Keep the file and its passphrase apart, both away from this
    machine. Whoever has both has these keys: a key that was destroyed lives on in every backup made before.
    The passphrase is in the file that BROKER_PASSPHRASE_FILE names, or is asked for.
    """
    try:
        names = homes.make(home, file, passphrase(new=True))
    except HomeError as error:
        fail(str(error))
    private = sum(name.startswith("keys/") for name in names)
    typer.echo(f"{file}: {len(names)} files, {private} of them private keys. Try it: broker restore {file} --home NEW")


def restore(
    file: Annotated[Path, typer.Argument(help="A file that `broker backup` made.")],
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Make HOME from a backup. A HOME that is there already is never written over.

    A backup holds the keys of its day. If keys have been rotated since, and the newer ones are lost: revoke those, add
    new ones, and let the worker decide anew what was sealed to them (`broker org --help`).
    """
    try:
        names = homes.bring_back(file, home, passphrase())
    except HomeError as error:
        fail(str(error))
    typer.echo(f"{home}: {len(names)} files brought back. Next: broker status --home {home}")
