"""`broker org`, `person` and `redeliver`: what the registry desk, or an organisation for itself, declares."""

import json
import secrets
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError
from rich.table import Table

from broker import desk, show
from broker.commands.declaring import WHY, SignOnlyOption, attempt, declare, run
from broker.commands.options import (
    DEFAULT_BOOTSTRAP,
    DEFAULT_HOME,
    BootstrapOption,
    ClockOption,
    HomeOption,
    JsonOption,
    clock_of,
    connection,
    fail,
)
from broker.commands.org import app
from broker.home import Home, HomeError
from broker.register import (
    REGISTRAR,
    AlternateDeclared,
    Connected,
    Delegated,
    DelegationEnded,
    KeyAdded,
    KeyRevocation,
    KeyRevoked,
    PersonAdded,
    PersonRevoked,
    ResendAsked,
    Resumed,
    Suspended,
    registered,
)
from broker.registry import AlternateIs, Channel, Delegation, Desk, KeyUse, Nation, Organisation
from broker.schemas.catalogue import BY_TYPE
from broker.schemas.terms import PersonRole

person_app = typer.Typer(
    no_args_is_help=True,
    help="Role holders: who may acknowledge, close and release. A role key belongs to a made-up code, never to a name.",
)
OrganisationArgument = Annotated[str, typer.Argument(metavar="ORG", help="An organisation, as school:100053.")]


# The desk's own ------------------------------------------------------------------------------------------------------


@app.command()
def found(home: HomeOption = DEFAULT_HOME, clock: ClockOption = None) -> None:
    """Begin a registry: make the registrar's key in HOME. Once, by whoever runs the registry desk.

    Give HOME/trust.json to everybody: with it they check every event themselves.
    """
    place = Home(home)
    home.mkdir(parents=True, exist_ok=True)
    attempt(lambda: place.found(clock_of(clock)()))
    typer.echo(f"Made {home / 'trust.json'}, for everybody. Next: `broker org add` or `broker org import`.")


@app.command()
def sync(home: HomeOption = DEFAULT_HOME, bootstrap: BootstrapOption = DEFAULT_BOOTSTRAP) -> None:
    """Make this home's registry and the one in Kafka the same: take in what is new there, publish what is new here."""
    place = Home(home)
    done = run(desk.sync(connection(place, bootstrap), place))
    typer.echo(f"took in {done.taken}, published {done.published} events; registry {place.registry().version}")


@app.command()
def accept(
    file: Annotated[Path, typer.Argument(help="A signed event that an organisation has sent to the desk.")],
    home: HomeOption = DEFAULT_HOME,
    bootstrap: BootstrapOption = DEFAULT_BOOTSTRAP,
) -> None:
    """Check an event that an organisation signed itself (`--sign-only`), and publish it."""
    place = Home(home)

    async def work() -> None:
        await desk.sync(connection(place, bootstrap), place)
        place.add_event(file.read_text(encoding="ascii", errors="replace").strip())
        await desk.sync(connection(place, bootstrap), place)

    run(work())
    typer.echo(f"accepted; registry {place.registry().version}")


@app.command()
def add(
    organisation: OrganisationArgument,
    name: Annotated[str, typer.Option(help="Its name, by its register.")],
    nation: Annotated[Nation, typer.Option(help="Whose law it cites.")] = Nation.ENGLAND,
    channel: Annotated[Channel, typer.Option(help="How it is reached.")] = Channel.NOT_CONNECTED,
    police_area: Annotated[str | None, typer.Option(help="Police force area, as E23000001.")] = None,
    council: Annotated[str | None, typer.Option(help="A school's council, as la:E09000007.")] = None,
    desk_role: Annotated[str | None, typer.Option(help="Its published desk: a role, never a person.")] = None,
    desk_telephone: Annotated[str | None, typer.Option(help="That desk's number, as +442079460901.")] = None,
    desk_email: Annotated[str | None, typer.Option(help="That desk's shared mailbox, as safeguarding@...")] = None,
    home: HomeOption = DEFAULT_HOME,
    bootstrap: BootstrapOption = DEFAULT_BOOTSTRAP,
    clock: ClockOption = None,
) -> None:
    """Register one organisation, or correct its entry. Registers of many are imported: `broker org import`."""
    desk_given = {"role": desk_role, "telephone": desk_telephone, "email": desk_email}
    given: dict[str, Any] = {
        "id": organisation,
        "name": name,
        "nation": nation,
        "channel": channel,
        "policeArea": police_area,
        "council": council,
        "desk": {key: value for key, value in desk_given.items() if value} or None,
    }
    try:
        entry = Organisation.model_validate_json(json.dumps({key: value for key, value in given.items() if value}))
    except ValidationError as error:
        fail(f"That is no entry: {_first(error)}. See `broker org add --help`.", 2)
    (event,) = registered([entry])
    declare(event, REGISTRAR, home, bootstrap, clock)


@app.command(name="show")
def show_(
    organisation: Annotated[str | None, typer.Argument(metavar="[ORG]", help="One, whole; without it: a list.")] = None,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
    clock: ClockOption = None,
) -> None:
    """What the registry says: of one organisation with its keys, people and suppliers, or of all."""
    place, now = Home(home), clock_of(clock)()
    registry = attempt(place.registry)
    if organisation is None:
        table = Table("organisation", "name", "channel", "state")
        for number, one in enumerate(registry):
            if number == MOST_SHOWN and not as_json:
                table.add_row("...", f"{len(registry) - MOST_SHOWN:,} more: name one", "", "")
                break
            table.add_row(one.id, one.name, one.channel, _state(one))
        if as_json:
            typer.echo(json.dumps([{"id": one.id, "name": one.name, "channel": one.channel} for one in registry]))
            return
        show.console().print(table)
        return
    entry = registry.get(organisation)
    if entry is None:
        fail(WHY["no-such-organisation"], 2)
    if as_json:
        typer.echo(entry.model_dump_json(by_alias=True, exclude_defaults=True, indent=1))
        return
    show.console().print(_entry(entry, now))


MOST_SHOWN = 40


@app.command()
def connect(
    organisation: OrganisationArgument,
    channel: Annotated[Channel, typer.Argument(help="direct: its own Kafka client. mailbox: the mailbox reader.")],
    home: HomeOption = DEFAULT_HOME,
    bootstrap: BootstrapOption = DEFAULT_BOOTSTRAP,
    clock: ClockOption = None,
) -> None:
    """Say how an organisation is reached from now on; makes its topic and its rights. At most 500 are direct."""
    declare(Connected(about=organisation, channel=channel), REGISTRAR, home, bootstrap, clock)


@app.command()
def alternate(
    organisation: Annotated[str, typer.Argument(metavar="SCHOOL", help="The setting, as school:100053.")],
    to: Annotated[
        str, typer.Option(metavar="ID", help="Its alternate's own entry, as alternate:100053; or a council.")
    ],
    who: Annotated[AlternateIs, typer.Option("--is", help="Who that is.")],
    home: HomeOption = DEFAULT_HOME,
    bootstrap: BootstrapOption = DEFAULT_BOOTSTRAP,
    clock: ClockOption = None,
) -> None:
    """Declare who is told where a setting's usual safeguarding lead must not be: a conflict of interest (RD-7).

    When police say that the alleged perpetrator works at the setting, governs it or can read its desk, the message goes
    to the alternate and the usual desk gets nothing. Without an alternate it is held, and somebody telephones the
    council. Choose somebody who does not read the safeguarding desk: the headteacher; the chair of governors, where the
    headteacher leads safeguarding; the council, where the setting has nobody else.

    The alternate has an entry, keys and people of its own, which the safeguarding lead does not hold. Register it,
    then declare it. Only the registry desk can: it hears it from the governing body, not from the safeguarding desk.

    Example, with the desk's home:

      broker org add alternate:100053 --name "Acland Burghley School, headteacher" --channel mailbox

      broker org alternate school:100053 --to alternate:100053 --is headteacher

      broker org show school:100053
    """
    declare(AlternateDeclared(about=organisation, alternate=to, who=who), REGISTRAR, home, bootstrap, clock)


@app.command()
def suspend(
    organisation: OrganisationArgument,
    home: HomeOption = DEFAULT_HOME,
    bootstrap: BootstrapOption = DEFAULT_BOOTSTRAP,
    clock: ClockOption = None,
) -> None:
    """Cut an organisation off now: its next submission and its next read fail, in open streams too.

    What it is to be told is held for the senders' desks, with a call sheet. Nothing is lost: `broker org resume`, then
    `broker redeliver`.
    """
    declare(Suspended(about=organisation), None, home, bootstrap, clock)


@app.command()
def resume(
    organisation: OrganisationArgument,
    home: HomeOption = DEFAULT_HOME,
    bootstrap: BootstrapOption = DEFAULT_BOOTSTRAP,
    clock: ClockOption = None,
) -> None:
    """Let a suspended organisation in again. Only the registry desk can."""
    declare(Resumed(about=organisation), REGISTRAR, home, bootstrap, clock)


# Keys and suppliers --------------------------------------------------------------------------------------------------


@app.command(name="rotate-key")
def rotate_key(
    organisation: OrganisationArgument,
    use: Annotated[KeyUse, typer.Option(help="Which key.")],
    days: Annotated[int, typer.Option(min=1, help="How long the new one is valid.")] = 365,
    resend: Annotated[
        bool, typer.Option("--resend", help="A new supplier: seal what is unread to the new key too.")
    ] = False,
    sign_only: SignOnlyOption = False,
    home: HomeOption = DEFAULT_HOME,
    bootstrap: BootstrapOption = DEFAULT_BOOTSTRAP,
    clock: ClockOption = None,
) -> None:
    """Make a new key in HOME and register it. The old one stays valid beside it, so nothing in flight is lost.

    The first key of an organisation, or one after all were lost, is registered with the desk's key; every other is
    signed by the organisation's own. Changing supplier: the new supplier makes the key, then --resend, then revoke the
    old one.
    """
    place, now = Home(home), clock_of(clock)()
    by = attempt(lambda: _own_or_desk(place, organisation, now))
    key = attempt(lambda: place.new_key(organisation, use, now, timedelta(days=days)))
    declare(KeyAdded(about=organisation, key=key), by, home, bootstrap, clock, sign_only=sign_only)
    if resend:
        declare(ResendAsked(about=organisation), by, home, bootstrap, clock, sign_only=sign_only)


@app.command(name="revoke-key")
def revoke_key(
    organisation: OrganisationArgument,
    kid: Annotated[str, typer.Argument(help="The key's id: `broker org show ORG`.")],
    because: Annotated[KeyRevocation, typer.Option(help="Why.")],
    sign_only: SignOnlyOption = False,
    home: HomeOption = DEFAULT_HOME,
    bootstrap: BootstrapOption = DEFAULT_BOOTSTRAP,
    clock: ClockOption = None,
) -> None:
    """Believe nothing any more that this key signed, and seal nothing more to it. What is on its way is held."""
    event = KeyRevoked(about=organisation, kid=kid, because=because)
    declare(event, None, home, bootstrap, clock, sign_only=sign_only)


@app.command()
def delegate(
    organisation: OrganisationArgument,
    supplier: Annotated[str, typer.Argument(help="The supplier, as supplier:register-software.")],
    flow: Annotated[list[str], typer.Option(help="A message type that it may send for you. Repeat it.")],
    days: Annotated[int, typer.Option(min=1, help="For how long.")] = 365,
    sign_only: SignOnlyOption = False,
    home: HomeOption = DEFAULT_HOME,
    bootstrap: BootstrapOption = DEFAULT_BOOTSTRAP,
    clock: ClockOption = None,
) -> None:
    """Let a supplier send these message types for you. Needs your organisation's own key; the supplier signs with its.

    It can never sign for a role holder: acknowledging stays with your people. Your sealing key stays yours.
    """
    now = clock_of(clock)()
    types = [one if one.startswith("uk.") else f"uk.safeguarding.{one}.v1" for one in flow]
    if unknown := [one for one in types if one not in BY_TYPE]:
        fail(f"{unknown[0]} is no message type: see `broker flows`", 2)
    made = Delegation.model_validate(
        {
            "id": f"delegation-{secrets.token_hex(6)}",
            "supplier": supplier,
            "flows": tuple(types),
            "notBefore": now,
            "notAfter": now + timedelta(days=days),
        }
    )
    event = Delegated(about=organisation, delegation=made)
    declare(event, organisation, home, bootstrap, clock, sign_only=sign_only)


@app.command(name="end-delegation")
def end_delegation(
    organisation: OrganisationArgument,
    delegation: Annotated[str, typer.Argument(help="Its id: `broker org show ORG`.")],
    sign_only: SignOnlyOption = False,
    home: HomeOption = DEFAULT_HOME,
    bootstrap: BootstrapOption = DEFAULT_BOOTSTRAP,
    clock: ClockOption = None,
) -> None:
    """The supplier acts for you no more."""
    event = DelegationEnded(about=organisation, delegation=delegation)
    declare(event, None, home, bootstrap, clock, sign_only=sign_only)


def redeliver(
    organisation: OrganisationArgument,
    sign_only: SignOnlyOption = False,
    home: HomeOption = DEFAULT_HOME,
    bootstrap: BootstrapOption = DEFAULT_BOOTSTRAP,
    clock: ClockOption = None,
) -> None:
    """Send an organisation again what it has not answered: it lost its key, changed its supplier, or was suspended.

    Every message is decided anew, on today's registry and policy, from the broker's sealed copy, and sealed to the
    present key. What may not go any more is held, and its sender is told. The first clocks run on.
    """
    declare(ResendAsked(about=organisation), None, home, bootstrap, clock, sign_only=sign_only)


# People --------------------------------------------------------------------------------------------------------------


@person_app.command(name="add")
def person_add(
    organisation: OrganisationArgument,
    role: Annotated[PersonRole, typer.Option(help="In which role.")],
    days: Annotated[int, typer.Option(min=1, help="For how long.")] = 365,
    sign_only: SignOnlyOption = False,
    home: HomeOption = DEFAULT_HOME,
    bootstrap: BootstrapOption = DEFAULT_BOOTSTRAP,
    clock: ClockOption = None,
) -> None:
    """Make a role key in HOME, delegated by your organisation's own key, under a made-up code.

    Keep the list of who has which code yourself: the broker never learns a name.
    """
    place, now = Home(home), clock_of(clock)()
    person = attempt(lambda: place.new_person(organisation, role, now, timedelta(days=days)))
    event = PersonAdded(about=organisation, person=person)
    declare(event, organisation, home, bootstrap, clock, sign_only=sign_only)
    typer.echo(f"{person.id} signs as {role} until {person.key.not_after:%Y-%m-%d}", err=sign_only)


@person_app.command(name="show")
def person_show(organisation: OrganisationArgument, home: HomeOption = DEFAULT_HOME, clock: ClockOption = None) -> None:
    """The role holders of an organisation, by their codes."""
    now = clock_of(clock)()
    entry = attempt(lambda: Home(home).member(organisation))
    table = Table("person", "role", "valid until", "state")
    for one in entry.people:
        table.add_row(one.id, one.role, f"{one.key.not_after:%Y-%m-%d}", _key_state(one.key, now))
    show.console().print(table)


@person_app.command(name="revoke")
def person_revoke(
    organisation: OrganisationArgument,
    person: Annotated[str, typer.Argument(help="The code: `broker person show ORG`.")],
    sign_only: SignOnlyOption = False,
    home: HomeOption = DEFAULT_HOME,
    bootstrap: BootstrapOption = DEFAULT_BOOTSTRAP,
    clock: ClockOption = None,
) -> None:
    """That role holder signs no more: has left, changed role, or lost the key."""
    event = PersonRevoked(about=organisation, person=person)
    declare(event, None, home, bootstrap, clock, sign_only=sign_only)


# How -----------------------------------------------------------------------------------------------------------------


def _own_or_desk(place: Home, organisation: str, now: datetime) -> str:
    member = place.member(organisation)
    try:
        place.signer(member, now)
    except HomeError:
        place.registrar(now)
        return REGISTRAR
    return organisation


def _first(error: ValidationError) -> str:
    wrong = error.errors(include_input=False, include_url=False)[0]
    return f"{'.'.join(map(str, wrong['loc']))}: {wrong['msg']}"


def _state(one: Organisation) -> str:
    return "suspended" if one.suspended else str(one.status)


def _key_state(key: Any, now: datetime) -> str:  # noqa: ANN401 - a public key
    if key.revoked_at is not None:
        return f"revoked {key.revoked_at:%Y-%m-%d %H:%M}"
    return "valid" if key.valid(now) else "not valid now"


def _entry(one: Organisation, now: datetime) -> Table:
    table = Table(title=f"{one.id}  {one.name}", show_header=False, title_justify="left")
    facts = {
        "state": _state(one),
        "nation": one.nation,
        "channel": one.channel,
        "police area": one.police_area,
        "council": one.council,
        "desk": _desk(one.desk),
        "closed on": one.closed_on,
        "alternate": f"{one.alternate} ({one.alternate_is})" if one.alternate else "",
        "successors": ", ".join(one.successors),
        "sent again if unanswered since before": one.resend_before,
    }
    for what, value in facts.items():
        if value:
            table.add_row(what, str(value))
    for key in one.keys:
        table.add_row(f"key to {key.use}", f"{key.kid}  until {key.not_after:%Y-%m-%d}  {_key_state(key, now)}")
    for person in one.people:
        table.add_row(person.role, f"{person.id}  {_key_state(person.key, now)}")
    for delegation in one.delegations:
        state = "current" if delegation.valid(now) else "ended"
        table.add_row("supplier", f"{delegation.supplier}  {delegation.id}  {', '.join(delegation.flows)}  {state}")
    return table


def _desk(published: Desk | None) -> str:
    if published is None:
        return ""
    return ", ".join(filter(None, (published.role, published.telephone, published.email)))
