"""`broker mailbox`: the service for organisations without a Kafka client of their own."""

import asyncio
from typing import Annotated

import typer

from broker import logs
from broker.commands.options import (
    DEFAULT_BOOTSTRAP,
    DEFAULT_HOME,
    BootstrapOption,
    ClockOption,
    HomeOption,
    clock_of,
    connection,
    fail,
)
from broker.connection import Unreachable
from broker.home import Home, HomeError
from broker.mailbox.server import Listening, run

app = typer.Typer(no_args_is_help=True, help="The mailbox reader, for organisations without a Kafka client.")


@app.callback()
def _several() -> None:
    """Let `serve` be a command of its own."""


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on; other machines need TLS files in HOME/tls.")] = (
        "127.0.0.1"
    ),
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 8088,
    home: HomeOption = DEFAULT_HOME,
    bootstrap: BootstrapOption = DEFAULT_BOOTSTRAP,
    clock: ClockOption = None,
) -> None:
    """Serve mailboxes over HTTP by claim and acknowledge, until stopped.

    Needs no organisation's keys: who asks is known by its registered key, and everything is sealed to its reader. HOME
    holds trust.json and, for Kafka and for HTTPS, tls/ (`broker certificate issue mailbox-reader`). Exits non-zero,
    for the supervisor to restart it, rather than serve what it cannot follow.
    """
    logs.set_up()
    place = Home(home)
    now = clock_of(clock)
    try:
        because = asyncio.run(run(place, connection(place, bootstrap), Listening(host, port, place.tls), now))
    except (HomeError, Unreachable) as error:
        fail(str(error))
    except KeyboardInterrupt:
        raise typer.Exit(130) from None
    if because:
        fail(f"The mailbox service stopped: {because}")
