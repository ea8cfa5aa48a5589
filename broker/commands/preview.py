"""`broker preview`: what was signed beside what one recipient will see. Nothing is sent."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from broker import show
from broker.check import tried
from broker.commands.options import (
    AtOption,
    BuiltInHomeOption,
    JsonOption,
    document_in,
    fail,
    moment,
    policy_of,
    print_json,
    registry_of,
    write_page,
)
from broker.commands.options import member as member_of
from broker.commands.sending import EXIT
from broker.preview.page import page
from broker.preview.sides import Reader, recipients, sides
from broker.preview.terminal import rendered
from broker.registry import Registry
from broker.screening.model import ModelError, load
from broker.screening.own import known
from broker.screening.screen import Screen
from broker.screening.verdict import Verdict

OF_ONE = {"share": "shared", "share-with-warning": "shared", "hold": "held", "refuse": "refused"}
"""The outcome for one recipient, as the status of a message to it alone."""


def preview(
    file: Annotated[Path, typer.Argument(help="A message as JSON; - for standard input.")],
    recipient: Annotated[str, typer.Option("--as", help="Who would receive it, as school:100053.")],
    sender: Annotated[str | None, typer.Option(help="Who sends; default: the document's caseOwner.")] = None,
    told: Annotated[
        list[str] | None, typer.Option(help="For an update, correction or withdrawal: who got the original.")
    ] = None,
    html: Annotated[
        Path | None, typer.Option("--html", help="Write a page for a practitioner to this file.", dir_okay=False)
    ] = None,
    model: Annotated[
        bool, typer.Option("--model", help="Read free text with the language model too, if that extra is installed.")
    ] = False,
    home: BuiltInHomeOption = None,
    at: AtOption = None,
    as_json: JsonOption = False,
) -> None:
    """What was signed, and what that recipient will see, side by side, field by field. Nothing is sent.

    For the sender's own eyes: it shows what is hidden from the recipient. Needs no Kafka, no keys and no network.
    Minimisation with review, not anonymisation. Exit code for this recipient: 0 shared, 3 held, 4 refused.
    """
    document, now = document_in(file), moment(at)
    registry = registry_of(home, now)
    had_it = [member_of(registry, one) for one in told or []]
    done = tried(document, sender=sender, told=had_it, registry=registry, policy=policy_of(home), now=now)
    if "refused" in done.outcome:
        if as_json:
            print_json(done.outcome)
        else:
            show.console().print(show.outcome(done.outcome, registry))
        raise typer.Exit(EXIT["refused"])
    if recipient not in recipients(done):
        named = ", ".join(show.name(one, registry) for one in recipients(done)) or "nobody: the broker records it"
        fail(f"{recipient} is no recipient of this message. It goes to: {named}", 2)
    found = sides(done, recipient, _reader(registry, model=model), with_model=model)
    if as_json:
        print_json(asdict(found))
    elif html is None:
        show.console().print(rendered(found))
    if html is not None:
        write_page(html, page(found), private=True)
    raise typer.Exit(EXIT[OF_ONE[found.outcome]])


def _reader(registry: Registry, *, model: bool) -> Reader:
    """Reads as the broker's screening does."""
    try:
        screen = Screen(names_of_organisations=[one.name for one in registry], model=load() if model else None)
    except ModelError as error:
        fail(str(error))

    def read(text: str, content: Mapping[str, Any], shown: frozenset[str], spare: frozenset[str]) -> Verdict:
        return screen.read(text, known(content), shown, spare)

    return read
