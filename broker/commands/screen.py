"""`broker screen`: the process that reads free text before anybody else does."""

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
from broker.screener import run


def screen(
    model: Annotated[
        bool, typer.Option("--model", help="Read with the language model, too: pip install '.[model]' first.")
    ] = False,
    home: HomeOption = DEFAULT_HOME,
    bootstrap: BootstrapOption = DEFAULT_BOOTSTRAP,
    clock: ClockOption = None,
) -> None:
    """Read free text that the worker asks about, segment by segment, and answer it, until stopped.

    What is clear follows its message; what names somebody whom the recipient may not know of is replaced by the
    broker's own wording, marked as such, or kept back, and its sender hears why. This is minimisation with review, not
    anonymisation. Needs the broker's own keys in HOME, and tls/ (`broker certificate issue screener`). If it does not
    run, structured fields still go on time, and after 15 minutes senders are told that their text did not.
    """
    logs.set_up()
    place = Home(home)
    try:
        because = asyncio.run(run(place, connection(place, bootstrap), clock_of(clock), with_model=model))
    except (HomeError, Unreachable) as error:
        fail(str(error))
    except KeyboardInterrupt:
        raise typer.Exit(130) from None
    if because:
        fail(f"The screening stopped: {because}")
