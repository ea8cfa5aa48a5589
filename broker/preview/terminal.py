"""Both sides in a terminal: two columns, readable at 80 characters and at 120."""

from collections.abc import Iterator, Sequence

from rich.box import SQUARE
from rich.console import Group as Stack
from rich.console import RenderableType
from rich.panel import Panel
from rich.table import Column, Table
from rich.text import Text

from broker import show
from broker.preview import wording
from broker.preview.sides import (
    FOR_THE_SENDER,
    NOT_ANONYMOUS,
    SCREENED_LATER,
    Mark,
    Piece,
    Preview,
    Row,
    Run,
    Seen,
)
from broker.screening.verdict import State

STYLES = {Mark.PLAIN: "", Mark.FOUND: "black on yellow", Mark.BROKER: "bold cyan"}
COLOUR = {State.CLEAR: "green", State.SUBSTITUTED: "cyan", State.WITHHELD: "yellow"}
NOT_SEEN = {Seen.WITHHELD: "yellow", Seen.HIDDEN: "magenta", Seen.NOTHING: "red"}


def rendered(preview: Preview) -> RenderableType:
    """The whole."""
    return Stack(_head(preview), _sides(preview), _foot(preview))


def _head(preview: Preview) -> Panel:
    rows, cover = show.Rows(), preview.cover
    colour = show.COLOUR[preview.outcome]
    rows.add("signed by", preview.sender)
    rows.add("seen by", f"{preview.recipient} ({preview.organisation}), {preview.role}")
    rows.add("what becomes of it", wording.verdict(preview), colour)
    for finding in preview.findings:
        rows.add(finding["rule"], finding["reason"])
        rows.add("  what to do", finding["cure"], "bold")
    rows.add("in figures", wording.in_figures(preview))
    rows.add("read by", show.due(cover["due"]))
    if cover["basis"]["sender"]:
        rows.add("basis", show.basis(cover["basis"]))
    if cover["restriction"]:
        rows.add("tell nobody", show.restriction(cover["restriction"]), "bold yellow")
    if cover["ring"]:
        rows.add("whom it rings", f"{cover['ring']['role']} {cover['ring']['telephone']}")
    if cover["note"]:
        rows.add("note to it", f"{cover['note']} (the broker's words)")
    rows.add("keep it here", FOR_THE_SENDER, "bold red")
    title = f"{preview.title}  [{colour}]{preview.outcome.upper()}[/]"
    return Panel(rows.table, title=title, title_align="left", border_style=colour)


def _sides(preview: Preview) -> Table:
    table = Table(
        Column(Text(f"{preview.sender} signed"), ratio=1, overflow="fold"),
        Column(Text(wording.sees(preview)), ratio=1, overflow="fold"),
        expand=True,
        box=SQUARE,
    )
    for group in preview.groups:
        table.add_section()
        table.add_row(Text(group.title.upper(), style="bold"), Text())
        for row in group.rows:
            for signed, seen in _cells(row):
                table.add_row(signed, seen)
    return table


def _cells(row: Row) -> Iterator[tuple[RenderableType, RenderableType]]:
    """The cells of one field: of free text, piece beside piece."""
    name = Text(row.name, style="dim underline")
    if row.pieces:
        yield name, name
        for piece in row.pieces:
            yield _runs(piece.signed), Stack(*_piece(piece))
    elif row.seen is Seen.SHOWN:
        yield Stack(name, Text(row.signed)), Stack(name, Text(row.signed))
    else:
        said = Text(wording.marker(row), style=NOT_SEEN[row.seen])
        yield Stack(name, Text(row.signed)), Stack(Text(), said, Text(wording.explained(row), style="dim"))


def _piece(piece: Piece) -> Iterator[Text]:
    if piece.seen:
        yield _runs(piece.seen)
    if piece.state is not State.CLEAR:
        yield Text(f"{wording.PIECES[piece.state]}: {wording.because(piece)}", style=COLOUR[piece.state])


def _runs(runs: Sequence[Run]) -> Text:
    """Finds stand between marks of their own too: not every terminal has colours."""
    return Text.assemble(*((f"«{run.text}»" if run.mark is Mark.FOUND else run.text, STYLES[run.mark]) for run in runs))


def _foot(preview: Preview) -> Table:
    rows = show.Rows()
    if preview.left_out:
        rows.add("you left out", ", ".join(preview.left_out), "dim")
    if preview.pieces:
        rows.add("free text", f"{SCREENED_LATER} {preview.read_by}")
    rows.add("take care", NOT_ANONYMOUS, "bold")
    return rows.table
