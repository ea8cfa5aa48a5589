"""What all commands share: how they fail, how they reach Kafka, and the options that several have."""

from pathlib import Path
from typing import Annotated, NoReturn

import typer

from broker.clock import Clock, system_clock, unsafe_stepped_clock
from broker.connection import Connection, Unreachable
from broker.home import Home

DEFAULT_BOOTSTRAP = "127.0.0.1:9092"
DEFAULT_HOME = Path(".broker")
DEFAULT_MAILBOX = "http://127.0.0.1:8088"

HomeOption = Annotated[
    Path,
    typer.Option(
        "--home",
        envvar="BROKER_HOME",
        help="Folder with trust.json, registry.jsonl, keys/ and tls/.",
        show_default=True,
    ),
]
BuiltInHomeOption = Annotated[
    Path | None, typer.Option("--home", envvar="BROKER_HOME", help="Default: a built-in set of organisations.")
]
BootstrapOption = Annotated[
    str, typer.Option("--bootstrap", envvar="KAFKA_BOOTSTRAP_SERVERS", help="Kafka address, host:port.")
]
MailboxOption = Annotated[
    str,
    typer.Option(
        "--mailbox", envvar="BROKER_MAILBOX", help="Address of the mailbox service, for those without a Kafka client."
    ),
]
ClockOption = Annotated[
    Path | None,
    typer.Option("--unsafe-clock", envvar="BROKER_UNSAFE_CLOCK", hidden=True, help="Seconds to add, for the demo."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for programs instead of tables for people.")]


def clock_of(file: Path | None) -> Clock:
    """The system's clock, or the demo's."""
    return system_clock if file is None else unsafe_stepped_clock(file)


def fail(text: str, code: int = 1) -> NoReturn:
    """Say what is wrong and what to do, and end."""
    typer.secho(text, fg="red", err=True)
    raise typer.Exit(code)


def connection(home: Home, bootstrap: str) -> Connection:
    """Kafka, as whom this home's TLS files say."""
    try:
        return home.connection(bootstrap)
    except Unreachable as error:
        fail(str(error))
