"""`broker holds`: what waits for an organisation's own human, and that human's decision, signed with a role key."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.panel import Panel
from rich.table import Column, Table
from rich.text import Text

from broker import post, show
from broker.agency import Agency, Opened
from broker.clock import Clock
from broker.commands.options import (
    DEFAULT_BOOTSTRAP,
    DEFAULT_HOME,
    DEFAULT_MAILBOX,
    BootstrapOption,
    ClockOption,
    HomeOption,
    JsonOption,
    MailboxOption,
    clock_of,
    connection,
    fail,
)
from broker.commands.options import member as member_of
from broker.commands.receiving import read_own
from broker.commands.sending import (
    EXIT,
    NO_OUTCOME,
    NOT_OPENED,
    bring_up_to_date,
    do,
    run,
    send_and_wait,
)
from broker.holds import KEPT, Body, Folded, Hold, May, Review, Word, fold
from broker.home import Home
from broker.registry import Channel, Organisation, Registry
from broker.schemas.catalogue import BY_TYPE
from broker.schemas.hold_refused import NotSharedReason
from broker.schemas.hold_released import ReleaseReason
from broker.schemas.message import Flow
from broker.schemas.terms import Release

app = typer.Typer(
    no_args_is_help=True,
    help="Holds: messages of yours that wait for a human of yours. Only your own inbox is read and only your own role "
    "holders decide: the people who run the broker can do neither.",
)
SAYS = {
    May.RELEASE: "release",
    May.BREAK_GLASS: "release --break-glass",
    May.REFUSE: "refuse",
    May.TELL: "telephone, then send told-by-other-channel",
    May.SEND_AGAIN: "put right what holds it, and send it again",
}
"""What may be done, in a few words."""

MessageArgument = Annotated[str, typer.Argument(metavar="MESSAGE", help="The id of the message that is held.")]
RecipientArgument = Annotated[str, typer.Argument(metavar="RECIPIENT", help="For whom it is held, as school:100053.")]
AsOption = Annotated[str, typer.Option("--as", help="Your organisation, as police:01.")]
PersonOption = Annotated[
    str, typer.Option("--as", help="Who decides: organisation and role holder, as police:01/person-0a1b2c3d4e5f.")
]
WaitOption = Annotated[float, typer.Option(help="Seconds to wait for what becomes of it.")]


@app.command(name="list")
def list_(
    organisation: AsOption,
    everything: Annotated[bool, typer.Option("--all", help="Also what has been settled, and how.")] = False,
    reviews: Annotated[
        bool, typer.Option("--reviews", help="Instead: where the glass was broken, and what is to be looked at again.")
    ] = False,
    home: HomeOption = DEFAULT_HOME,
    bootstrap: BootstrapOption = DEFAULT_BOOTSTRAP,
    address: MailboxOption = DEFAULT_MAILBOX,
    as_json: JsonOption = False,
    clock: ClockOption = None,
) -> None:
    """What is held and waits for somebody here: why, what may be done, by when.

    Read from the organisation's own inbox, as far back as that is kept; nothing is acknowledged. Exit code 3: something
    is open; 6: an item could not be opened. What awaits review stays listed for as long as the inbox is kept: record
    the review in your own system.
    """
    place, now = Home(home), clock_of(clock)
    member = _sender(place, organisation)
    folded, failures = _folded(place, bootstrap, address, member, now)
    found = [hold for hold in folded.holds if everything or hold.open]
    if as_json:
        for one in map(asdict, folded.reviews) if reviews else map(in_json, found):
            typer.echo(json.dumps(one, ensure_ascii=False))
    elif not (folded.reviews if reviews else found):
        typer.echo("Nothing awaits review." if reviews else "Nothing is held.")
    else:
        registry = place.registry()
        table = _reviews(folded.reviews, registry) if reviews else _list(found, registry, now())
        show.console().print(table)
    waiting = folded.reviews if reviews else any(hold.open for hold in folded.holds)
    raise typer.Exit(NOT_OPENED if failures else EXIT["held"] if waiting else 0)


@app.command(name="show")
def show_(
    message: MessageArgument,
    recipient: RecipientArgument,
    organisation: AsOption,
    home: HomeOption = DEFAULT_HOME,
    bootstrap: BootstrapOption = DEFAULT_BOOTSTRAP,
    address: MailboxOption = DEFAULT_MAILBOX,
    as_json: JsonOption = False,
    clock: ClockOption = None,
) -> None:
    """One hold, whole: the rules that hold it with reasons and cures, what may be done, and whom to ring."""
    place, now = Home(home), clock_of(clock)
    member = _sender(place, organisation)
    folded, _ = _folded(place, bootstrap, address, member, now)
    hold = _find(folded, member, message, recipient)
    if as_json:
        typer.echo(json.dumps(in_json(hold), ensure_ascii=False, indent=1))
    else:
        show.console().print(_whole(hold, place.registry(), now()))


@app.command()
def release(
    message: MessageArgument,
    recipient: RecipientArgument,
    person: PersonOption,
    reason: Annotated[ReleaseReason, typer.Option(help="Why it may go after all.")],
    break_glass: Annotated[
        bool, typer.Option("--break-glass", help="Against a rule that would hold it. It is flagged for review.")
    ] = False,
    wait: WaitOption = 20,
    home: HomeOption = DEFAULT_HOME,
    bootstrap: BootstrapOption = DEFAULT_BOOTSTRAP,
    address: MailboxOption = DEFAULT_MAILBOX,
    as_json: JsonOption = False,
    clock: ClockOption = None,
) -> None:
    """Let a held message go, signed with your role key. It is decided anew, and shows its recipient what it ever may.

    What cannot be released is said at once, and nothing is sent. Exit code 0: it has gone; 3: it is still held.
    """
    how = Release.BREAK_GLASS if break_glass else Release.RELEASE
    work = _Work(home, bootstrap, address, clock, person)
    hold = work.hold(message, recipient)
    _may_go(hold, how)
    content = {"how": how.value, "because": reason.value}
    work.decide(hold, "hold-released", content, anew=True, wait=wait, as_json=as_json)


@app.command()
def refuse(
    message: MessageArgument,
    recipient: RecipientArgument,
    person: PersonOption,
    reason: Annotated[NotSharedReason, typer.Option(help="Why it is not shared.")],
    review_at: Annotated[
        datetime | None, typer.Option(help="When to look at it again (UTC); needed for operational-risk.")
    ] = None,
    wait: WaitOption = 20,
    home: HomeOption = DEFAULT_HOME,
    bootstrap: BootstrapOption = DEFAULT_BOOTSTRAP,
    address: MailboxOption = DEFAULT_MAILBOX,
    as_json: JsonOption = False,
    clock: ClockOption = None,
) -> None:
    """Decide not to share what is held: lawful, recorded with its reason, and final. Its clock stops.

    The broker drops its copy. To share it after all, send it again under a new id.
    """
    if reason is NotSharedReason.OPERATIONAL_RISK and review_at is None:
        fail("A risk passes: say with --review-at when to look at it again, as 2026-11-20T12:00:00.", 2)
    work = _Work(home, bootstrap, address, clock, person)
    hold = work.hold(message, recipient)
    if May.REFUSE not in hold.may:
        fail(f"There is nothing to refuse. What may be done: {_next(hold)}.", EXIT["refused"])
    content = {"because": reason.value}
    if review_at is not None:
        content["reviewAt"] = review_at.replace(tzinfo=UTC).isoformat()
    work.decide(hold, "hold-refused", content, anew=False, wait=wait, as_json=as_json)


# How -----------------------------------------------------------------------------------------------------------------


class _Work:
    """One role holder's decision: whose key, about which hold, and what becomes of it."""

    def __init__(self, home: Path, bootstrap: str, address: str, clock: Path | None, person: str) -> None:
        organisation, _, code = person.partition("/")
        if not code:
            fail(
                "--as names an organisation and its role holder, as police:01/person-0a1b2c3d4e5f: see "
                f"`broker person show {organisation}`",
                2,
            )
        self.clock = clock_of(clock)
        self._place, self._bootstrap, self._address = Home(home), bootstrap, address
        self._member = _sender(self._place, organisation)
        self._code = code
        self._role, self._signer = do(lambda: self._place.person(self._member, code, self.clock()))

    def hold(self, message: str, recipient: str) -> Hold:
        """What the role holder's own organisation has been told of it."""
        folded, _ = _folded(self._place, self._bootstrap, self._address, self._member, self.clock)
        return _find(folded, self._member, message, recipient)

    def decide(self, hold: Hold, name: str, content: Body, *, anew: bool, wait: float, as_json: bool) -> NoReturn:
        """Sign as that role holder, submit, show what became of it, and end. `anew`: it is then decided anew."""
        flow = _flow(hold, name)
        if self._role not in flow.signed_by:
            entitled = ", ".join(sorted(flow.signed_by))
            fail(f"{self._code} is {self._role}. What is held is worked by: {entitled}.", EXIT["refused"])
        document = {
            "type": flow.type,
            "case": hold.case,
            "caseOwner": hold.owner,
            "basis": _basis(hold, self._member),
            "content": {
                "answers": hold.message,
                "organisation": hold.organisation,
                "at": self.clock().isoformat(timespec="seconds"),
                **content,
            },
        }
        if self._member.channel is Channel.MAILBOX:
            run(self._post(document))
            typer.echo(f"Submitted. What became of it will be in its mailbox: broker inbox {self._member.id}")
            raise typer.Exit(0)
        said = run(self._send(document, hold if anew else None, wait))
        for body in said:
            if as_json:
                typer.echo(json.dumps(body, ensure_ascii=False))
            else:
                show.console().print(show.any_item({"body": body}, self._place.registry()))
        if not said or (anew and len(said) == 1 and said[0]["status"] == "recorded"):
            fail(f"No outcome came in {wait:g} s. Look later: broker holds list --as {self._member.id}", NO_OUTCOME)
        raise typer.Exit(EXIT.get(said[-1].get("status", ""), 1))

    async def _post(self, document: Body) -> None:
        await post.publish(connection(self._place, self._bootstrap), [self._agency().submit(document, self.clock())])

    async def _send(self, document: Body, anew: Hold | None, wait: float) -> list[dict[str, Any]]:
        """The outcome of the decision, and if it is to be decided anew, what became of the hold."""
        reached = connection(self._place, self._bootstrap)
        await bring_up_to_date(self._place, reached)
        agency = self._agency()
        submitted = agency.submit(document, self.clock())

        def about_it(said: Sequence[Body]) -> list[dict[str, Any]]:
            own = [one for one in said if one["is"] == "outcome" and one["message"] == submitted.message]
            return [dict(one) for one in (*own, *(one for one in said if anew and _became(one, anew)))]

        def done(said: Sequence[Body]) -> bool:
            found = about_it(said)
            return any(one["status"] == "refused" for one in found[:1]) or len(found) > (anew is not None)

        said = await send_and_wait(reached, agency, [submitted], clock=self.clock, wait=wait, done=done)
        return about_it(said)

    def _agency(self) -> Agency:
        """The organisation with this one role key, so that nobody else's can sign."""
        return Agency(
            organisation=self._member.id,
            registry=self._place.registry(),
            keys=self._place.keys(self._member.id),
            people={self._role: self._signer},
        )


def _became(body: Body, hold: Hold) -> bool:
    """Whether this says what became of a released hold."""
    if body["is"] == "again-failed":
        return bool((body["message"], body["organisation"]) == (hold.message, hold.organisation))
    recipients = [one["organisation"] for one in body.get("recipients", ())]
    return bool(body.get("again")) and body["message"] == hold.message and hold.organisation in recipients


def _sender(home: Home, organisation: str) -> Organisation:
    member = do(lambda: member_of(home.registry(), organisation))
    if not member.connected:
        fail(f"{organisation} is not connected: it has sent nothing that could be held", 2)
    return member


def _folded(home: Home, bootstrap: str, address: str, member: Organisation, clock: Clock) -> tuple[Folded, int]:
    """What its inbox says of holds, and how many items in it could not be trusted."""
    words: list[Word] = []

    def keep(opened: Opened, _: Registry) -> None:
        if opened.body["is"] in KEPT:
            words.append(Word(opened.id, opened.at, opened.body))

    failures = read_own(home, lambda: connection(home, bootstrap), address, member, clock, keep)
    if failures:
        typer.secho("A hold may be missing here: ring the broker's desk.", fg="red", err=True)
    return fold(words), failures


def _find(folded: Folded, member: Organisation, message: str, recipient: str) -> Hold:
    found = next((one for one in folded.holds if (one.message, one.organisation) == (message, recipient)), None)
    if found is None:
        fail(
            f"{member.id} has been told of no hold of {message} for {recipient}. Only the organisation that sent a "
            f"message works its holds: broker holds list --as {member.id}"
        )
    return found


def _flow(hold: Hold, name: str) -> Flow:
    """The type by which holds of that message's family are worked."""
    family = BY_TYPE[hold.type].family
    return next(flow for flow in BY_TYPE.values() if (flow.family, flow.name) == (family, name))


def _basis(hold: Hold, member: Organisation) -> str:
    """On which the message was sent; where no row of the law was found, that of its flow."""
    views = BY_TYPE[hold.type].views.values()
    return hold.basis or next(view.sender_basis[member.kind] for view in views if member.kind in view.sender_basis)


def _may_go(hold: Hold, how: Release) -> None:
    """End the command, with what to do instead, unless the hold may be let go so."""
    if May(how) in hold.may:
        return
    rules = ", ".join(hold.in_the_way(how))
    if May.BREAK_GLASS in hold.may:
        fail(f"{rules} is passed only by breaking the glass: add --break-glass. It is flagged for review.", 4)
    why = f"Nobody can release it: {rules} cannot be passed" if rules else f"It cannot be released: it is {hold.state}"
    fail(f"{why}. Nothing was sent. What may be done: {_next(hold)}.", EXIT["refused"])


def _next(hold: Hold) -> str:
    return "; ".join(SAYS[one] for one in hold.may) or f"nothing, it is {hold.state}"


# Shown ---------------------------------------------------------------------------------------------------------------


def in_json(hold: Hold) -> dict[str, Any]:
    """A hold for programs."""
    return {**asdict(hold), "open": hold.open, "may": [one.value for one in hold.may]}


def _about() -> Column:
    """Wide enough for an id, so that it can be copied."""
    return Column("message, for whom", min_width=36)


def _state(hold: Hold) -> Text:
    """How it stands, and what is pressing about it."""
    said = Text(hold.state)
    if hold.failed:
        said.append("\nreleased in vain: telephone", style="red")
    if hold.overdue and hold.open:
        said.append("\nOVERDUE: telephone", style="magenta")
    return said


def _age(hold: Hold, now: datetime) -> str:
    minutes = int((now - datetime.fromisoformat(hold.since)).total_seconds() // 60)
    return f"{minutes // 60} h {minutes % 60} min"


def _list(holds: Sequence[Hold], registry: Registry, now: datetime) -> Table:
    table = Table(_about(), "state, age", "held by", "what may be done", "read by", show_lines=True)
    for hold in holds:
        what = hold.type.removeprefix("uk.safeguarding.").removesuffix(".v1")
        state = _state(hold)
        state.append(f"\n{_age(hold, now)}", style="dim")
        table.add_row(
            Text(f"{hold.message}\n{what}\n{show.name(hold.organisation, registry)}"),
            state,
            Text(", ".join(one["rule"] for one in hold.findings)),
            Text("\n".join(SAYS[one] for one in hold.may)),
            Text(show.due(hold.due)),
        )
    return table


def _whole(hold: Hold, registry: Registry, now: datetime) -> Panel:
    rows = show.Rows()
    rows.add("message", hold.message)
    rows.add("case", f"{hold.case} of {hold.owner}")
    rows.add("for", show.name(hold.organisation, registry))
    rows.add("state", str(_state(hold)).replace("\n", "; "), tail=_age(hold, now), tail_style="dim")
    for finding in hold.findings:
        rows.add(finding["rule"], finding["reason"])
        rows.add("  what to do", finding["cure"], "bold")
        rows.add("  released by", ", ".join(finding["releasedBy"]) or "nobody: it cannot be released")
    rows.add("may be done", _next(hold))
    rows.add("read by", show.due(hold.due))
    if sheet := hold.call_sheet:
        rows.add("call sheet", f"{sheet['ring']} {sheet['telephone']} (owner: {sheet['owner']})")
    if hold.successors:
        rows.add("successors", ", ".join(hold.successors))
    if hold.act:
        rows.add("decided", show.act(hold.act))
    return Panel(rows.table, title=hold.type.removeprefix("uk.safeguarding."), title_align="left")


def _reviews(reviews: Sequence[Review], registry: Registry) -> Table:
    table = Table(_about(), "to be reviewed", "when it was decided", "by whom, and why", show_lines=True)
    for one in reviews:
        when = f"{one.of}\nlook again at {one.review_at}" if one.review_at else one.of
        about = f"{one.message}\n{show.name(one.organisation, registry)}"
        table.add_row(Text(about), Text(when), Text(one.at), Text(show.act(one.act)))
    return table
