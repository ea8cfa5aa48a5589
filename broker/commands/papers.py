"""`broker papers`: policy documents, impact assessments and information-sharing agreements, with their review dates."""

import json
import secrets
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from pydantic import ValidationError
from rich.table import Table

from broker import show
from broker.commands.declaring import SignOnlyOption, attempt, declare
from broker.commands.options import (
    DEFAULT_BOOTSTRAP,
    DEFAULT_HOME,
    BootstrapOption,
    ClockOption,
    HomeOption,
    JsonOption,
    clock_of,
    fail,
)
from broker.consent.papers import SOON, due, standing
from broker.home import Home
from broker.papers import Papers
from broker.register import (
    AgreementDeclared,
    AgreementJoined,
    DocumentFiled,
    EventRefused,
    PaperEnded,
    fits_this_release,
    hidden,
)
from broker.schemas.papers import Agreement, Document, Written
from broker.statement import loads

MOST_SHOWN = 40
Paper = TypeVar("Paper", bound=Written)
app = typer.Typer(
    no_args_is_help=True,
    help=(
        "Documents and agreements that messages rest on: who answers for them, and when they must be reviewed.\n\n"
        "A controller needs an appropriate policy document for each condition of Schedule 1 that it relies on and, to "
        "send a type, an impact assessment; two that share as a matter of course have an agreement. The text is kept "
        "elsewhere and named here with its SHA-256. Organisations with keys of their own elsewhere use --sign-only, "
        "and the registry desk takes it in with `broker org accept`."
    ),
)
OrganisationArgument = Annotated[str, typer.Argument(metavar="ORG", help="An organisation, as police:01.")]
AsOption = Annotated[str, typer.Option("--as", help="The organisation that you are, as school:100053.")]
IdArgument = Annotated[str, typer.Argument(metavar="ID", help="As `broker papers list` shows it.")]


@app.command(name="list")
def list_(
    organisation: Annotated[str | None, typer.Argument(metavar="[ORG]", help="Only its own; without it: all.")] = None,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
    clock: ClockOption = None,
) -> None:
    """What is on file, and how it stands today: of one organisation, or of all."""
    papers, day = _papers(home), clock_of(clock)().date()
    found = iter(papers) if organisation is None else _of(papers, organisation)
    if as_json:
        typer.echo(json.dumps([_as_json(papers, one, day) for one in found]))
        return
    table = Table("id", "what", "whose", "review on", "stands")
    for number, one in enumerate(found):
        if number == MOST_SHOWN:
            table.add_row("...", "more: name an organisation, or use --json", "", "", "")
            break
        table.add_row(one.id, _what(one), _whose(one), f"{one.review_on}", _stands(papers, one, day))
    show.console().print(table)


@app.command(name="show")
def show_(
    paper: IdArgument, home: HomeOption = DEFAULT_HOME, as_json: JsonOption = False, clock: ClockOption = None
) -> None:
    """One document or agreement: where its text is kept, what a program applies of it, and who has joined it."""
    papers, day = _papers(home), clock_of(clock)().date()
    found = _paper(papers, paper)
    said = _as_json(papers, found, day)
    if as_json:
        typer.echo(json.dumps(said, indent=1))
        return
    table = Table(title=f"{found.id}  {found.title}", show_header=False, title_justify="left")
    for name, value in said.items():
        if name not in ("id", "title"):
            table.add_row(name, "\n".join(map(_line, value)) if isinstance(value, list) else f"{value}")
    show.console().print(table)


@app.command(name="declare")
def declare_(
    organisation: OrganisationArgument,
    file: Annotated[Path, typer.Argument(metavar="FILE.json", help="The record, as JSON.")],
    sign_only: SignOnlyOption = False,
    home: HomeOption = DEFAULT_HOME,
    bootstrap: BootstrapOption = DEFAULT_BOOTSTRAP,
    clock: ClockOption = None,
) -> None:
    """File a policy document or an impact assessment. Needs the organisation's own key.

    Form: examples/policy-document.json (kind, title, owner's role, where the text is kept, its SHA-256, dates).

    An impact assessment has kind impact-assessment, and flows (full message types) for conditions. Its owner may be
    another organisation that has made it for all; a policy document must be your own. validTo, the last day, may be
    left out. To replace one, file the new one and end the old one.
    """
    given = {"id": _new_id("document"), "owner": organisation, **_read(file), "controller": organisation}
    document = _record(Document, given, file)
    event = DocumentFiled(document=document)
    attempt(lambda: fits_this_release(event))
    declare(event, organisation, home, bootstrap, clock, sign_only=sign_only)
    typer.echo(f"{document.id}: to be reviewed by {document.review_on}", err=sign_only)


@app.command()
def agree(
    file: Annotated[Path, typer.Argument(metavar="FILE.json", help="The record, as JSON.")],
    sign_only: SignOnlyOption = False,
    home: HomeOption = DEFAULT_HOME,
    bootstrap: BootstrapOption = DEFAULT_BOOTSTRAP,
    clock: ClockOption = None,
) -> None:
    """Declare an information-sharing agreement. Needs its owner's own key; each party then joins for itself.

    Form: examples/agreement.json.

    classes: who may join without being named, by kind and council or policeArea. labels: the most that may be seen
    under it, by the labels of `broker schema TYPE`; without them, whatever the flow lets be seen.
    """
    agreement = _record(Agreement, {"id": _new_id("agreement"), **_read(file)}, file)
    event = AgreementDeclared(agreement=agreement)
    try:
        fits_this_release(event)
    except EventRefused:
        if lacking := hidden(agreement):
            typer.secho("Every message carries these, and its recipients always see them:", err=True)
            typer.echo("\n".join(f"  {one}" for one in lacking), err=True)
    attempt(lambda: fits_this_release(event))
    declare(event, agreement.owner, home, bootstrap, clock, sign_only=sign_only)
    typer.echo(f"{agreement.id}: each party now runs `broker papers join {agreement.id} --as ORG`", err=sign_only)


@app.command()
def join(
    agreement: IdArgument,
    organisation: AsOption,
    sign_only: SignOnlyOption = False,
    home: HomeOption = DEFAULT_HOME,
    bootstrap: BootstrapOption = DEFAULT_BOOTSTRAP,
    clock: ClockOption = None,
) -> None:
    """Join an agreement: from then on it binds your organisation. Read it first (`broker papers show`).

    You sign the record as it is in your own copy of the registry, text and digest, so nobody can swap it afterwards.
    """
    found = _paper(_papers(home), agreement)
    if not isinstance(found, Agreement):
        fail(f"{agreement} is a document: only agreements are joined", 2)
    event = AgreementJoined(about=organisation, agreement=found.id, sha256=found.digest)
    declare(event, organisation, home, bootstrap, clock, sign_only=sign_only)


@app.command()
def end(
    paper: IdArgument,
    organisation: AsOption,
    sign_only: SignOnlyOption = False,
    home: HomeOption = DEFAULT_HOME,
    bootstrap: BootstrapOption = DEFAULT_BOOTSTRAP,
    clock: ClockOption = None,
) -> None:
    """End a document, or an agreement that you own; or leave an agreement that you have joined.

    What rested on it is decided without it from now on: without a policy document nothing is shared.
    """
    event = PaperEnded(about=organisation, paper=_paper(_papers(home), paper).id)
    declare(event, organisation, home, bootstrap, clock, sign_only=sign_only)


@app.command(name="due")
def due_(
    within: Annotated[int, typer.Option(min=0, help="Days ahead.")] = SOON.days,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
    clock: ClockOption = None,
) -> None:
    """What must be reviewed or renewed soon, or is overdue. Exit code 1 if something is overdue.

    A paper counts for 30 days after its review was due, with a warning on every message; then as if it had lapsed.
    """
    papers, day = _papers(home), clock_of(clock)().date()
    found = due(papers, day, timedelta(days=within))
    if as_json:
        typer.echo(json.dumps([_as_json(papers, one.paper, day) | {"by": f"{one.by}"} for one in found]))
    elif found:
        table = Table("by", "id", "what", "who must act", "stands")
        for one in found:
            table.add_row(f"{one.by}", one.paper.id, _what(one.paper), _whose(one.paper), one.stands)
        show.console().print(table)
    else:
        typer.echo(f"nothing is to be reviewed within {within} days")
    raise typer.Exit(any(one.by < day for one in found))


def _papers(home: Path) -> Papers:
    return attempt(lambda: Home(home).registry()).papers


def _of(papers: Papers, organisation: str) -> list[Document | Agreement]:
    return [*papers.documents(organisation), *papers.agreements(organisation)]


def _paper(papers: Papers, name: str) -> Document | Agreement:
    found = papers.get(name)
    if found is None:
        fail(f"{name} is not on file: see `broker papers list`", 2)
    return found


def _stands(papers: Papers, paper: Document | Agreement, day: date) -> str:
    ended = papers.ended(paper.id)
    return f"ended {ended:%Y-%m-%d}" if ended else standing(paper, None, day)


def _as_json(papers: Papers, paper: Document | Agreement, day: date) -> dict[str, Any]:
    said = paper.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    if isinstance(paper, Agreement):
        said |= {"joined": papers.parties(paper.id), "digest": paper.digest}
    return said | {"stands": _stands(papers, paper, day)}


def _what(paper: Document | Agreement) -> str:
    return f"{paper.kind}: {paper.title}" if isinstance(paper, Document) else f"agreement: {paper.title}"


def _whose(paper: Document | Agreement) -> str:
    return f"{paper.controller if isinstance(paper, Document) else paper.owner}, {paper.owner_role}"


def _line(value: object) -> str:
    return ", ".join(f"{one}" for one in value.values()) if isinstance(value, Mapping) else f"{value}"


def _new_id(kind: str) -> str:
    return f"{kind}-{secrets.token_hex(6)}"


def _read(file: Path) -> dict[str, Any]:
    try:
        made = loads(file.read_bytes())
    except OSError as error:
        fail(f"cannot read {file}: {error.strerror}", 2)
    except ValueError:
        fail(f"{file} is not JSON (or holds a key twice)", 2)
    if not isinstance(made, dict):
        fail(f"{file} must hold one record: see --help", 2)
    return made


def _record(kind: type[Paper], given: Mapping[str, Any], file: Path) -> Paper:
    try:
        return kind.model_validate_json(json.dumps(given))
    except ValidationError as error:
        wrong = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(map(str, wrong["loc"]))
        fail(f"{file}: {f'{where}: ' if where else ''}{wrong['msg']}. See --help for an example.", 2)
