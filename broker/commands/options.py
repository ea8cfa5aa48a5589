"""What all commands share: how they fail, how they reach Kafka, and the options that several have."""

import json
import sys
from collections.abc import Callable
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Annotated, Any, NoReturn, TypeVar

import typer

from broker import describe
from broker.clock import Clock, system_clock, unsafe_stepped_clock
from broker.connection import Connection, Unreachable
from broker.consent.law.policy import Policy
from broker.data import filed, organisations
from broker.home import Home, HomeError, new_key
from broker.policies import Policies
from broker.registry import KeyUse, Organisation, Registry
from broker.schemas.message import Flow
from broker.statement import loads

T = TypeVar("T")

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
AtOption = Annotated[
    datetime | None, typer.Option("--at", help="As at this day or time (UTC), as 2026-11-24; default: now.")
]
HtmlOption = Annotated[
    Path | None, typer.Option("--html", help="Write the printable page to this file instead.", dir_okay=False)
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for programs instead of tables for people.")]


def clock_of(file: Path | None) -> Clock:
    """The system's clock, or the demo's."""
    return system_clock if file is None else unsafe_stepped_clock(file)


def documents_in(file: Path) -> list[dict[str, Any]]:
    """One document, or a list of them. `-` is standard input."""
    try:
        data = loads(sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes())
    except OSError as error:
        fail(f"cannot read {file}: {error.strerror}", 2)
    except ValueError:
        fail(f"{file} is not JSON (or holds a key twice). See `broker schema TYPE` for the form.", 2)
    made = data if isinstance(data, list) else [data]
    if not made or not all(isinstance(one, dict) for one in made):
        fail(f"{file} must hold a message, or a list of messages. See `broker schema TYPE`.", 2)
    return made


def document_in(file: Path) -> dict[str, Any]:
    """The one document in a file."""
    found = documents_in(file)
    if len(found) > 1:
        fail(f"{file} holds {len(found)} messages: give one at a time", 2)
    return found[0]


def moment(at: datetime | None) -> datetime:
    """The time that was given (UTC, unless it says otherwise), or now."""
    if at is None:
        return system_clock()
    if not 1900 <= at.year <= 2200:  # noqa: PLR2004 - nobody alive is concerned by others
        fail(f"{at.year} is not a plausible year: give --at as 2026-11-24 or 2026-11-24T07:30:00", 2)
    return at.replace(tzinfo=at.tzinfo or system_clock().tzinfo)


def registry_of(home: Path | None, now: datetime) -> Registry:
    """The home's registry, or the built-in organisations, each with fresh keys."""
    if home is None:
        keyed = [
            one.model_copy(update={"keys": tuple(new_key(use, now)[0] for use in KeyUse)}) for one in organisations()
        ]
        return Registry(keyed, papers=filed(keyed, now.date()))
    return or_fail(Home(home).registry)


def policy_of(home: Path | None) -> Policy:
    """The home's policy, or the release's."""
    return or_fail(Policies(home).in_force)


def member(registry: Registry, organisation: str) -> Organisation:
    """Its entry in the registry."""
    found = registry.get(organisation)
    if found is None:
        fail(f"{organisation} is not in the registry. It holds: {', '.join(islice((o.id for o in registry), 40))}", 2)
    return found


def flow_of(message_type: str) -> Flow:
    """A message type by its full or short name."""
    found = describe.find(message_type)
    if found is None:
        fail("No such type. This broker carries:\n  " + "\n  ".join(describe.known_types()), 2)
    return found


def or_fail(work: Callable[[], T], code: int = 1) -> T:
    """Do it; what is wrong with a home or with Kafka becomes one line and a code."""
    try:
        return work()
    except (HomeError, Unreachable) as error:
        fail(str(error), code)


def print_json(value: Any) -> None:  # noqa: ANN401 - JSON
    """For programs."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=1))


def write_page(file: Path, page: str, *, private: bool = False) -> None:
    """Write a printable page. `private`: it holds personal data, so only its owner may read it."""
    try:
        if private:
            file.touch(mode=0o600)
            file.chmod(0o600)
        file.write_text(page, encoding="utf-8")
    except OSError as error:
        fail(f"cannot write {file}: {error.strerror}; name another file", 2)
    typer.echo(f"{file} written: open it in a browser; it prints on A4")


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
