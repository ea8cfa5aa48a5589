"""Both sides as one page that a practitioner can read: no script, nothing from outside; light, dark and on paper."""

from collections.abc import Iterator, Sequence
from html import escape

from broker import show
from broker.preview import wording
from broker.preview.sides import (
    FOR_THE_SENDER,
    NOT_ANONYMOUS,
    SCREENED_LATER,
    Group,
    Mark,
    Piece,
    Preview,
    Row,
    Run,
    Seen,
)
from broker.screening.verdict import State

STYLE = """
@page { size: A4; margin: 14mm 12mm; }
:root { color-scheme: light dark; --ground: #fff; --ink: #1b1b1b; --soft: #4d4d4d; --line: #c9c9c9; --band: #f2f2ef;
  --ok: #0b5d2a; --held: #7a4b00; --hidden: #7a1f6b; --bad: #9b1c1c; --ours: #0b4a8a; --mark: #ffe9a8;
  --note: #fff7e0; }
@media (prefers-color-scheme: dark) { :root { --ground: #161718; --ink: #ececec; --soft: #b9b9b9; --line: #45474a;
  --band: #202224; --ok: #7fd6a0; --held: #f0c070; --hidden: #e9a3dc; --bad: #ff9d94; --ours: #8cc4ff; --mark: #5c4a00;
  --note: #2c2614; } }
* { box-sizing: border-box; }
body { background: var(--ground); color: var(--ink); font: 16px/1.5 "Helvetica Neue", Arial, sans-serif;
  max-width: 72rem; margin: 0 auto; padding: 1.5rem 1rem 3rem; overflow-wrap: anywhere; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 .25rem; }
h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; break-after: avoid; }
p { margin: 0 0 .5rem; }
.soft { color: var(--soft); }
.own { color: var(--bad); font-weight: 600; }
.state { border-left: .4rem solid currentColor; padding: .4rem .8rem; margin: 1rem 0; background: var(--band); }
.state p { color: var(--ink); }
.state p:first-child { font-size: 1.1rem; }
.notice { background: var(--note); border: 1px solid var(--line); padding: .6rem .8rem; margin: 1rem 0; }
dl { display: grid; grid-template-columns: minmax(6rem, 10rem) 1fr; gap: .25rem 1rem; margin: 1rem 0; }
dt { color: var(--soft); }
dd { margin: 0; white-space: pre-line; }
table { width: 100%; border-collapse: collapse; table-layout: fixed; }
col.name { width: 22%; }
th, td { text-align: left; vertical-align: top; padding: .5rem .6rem; border-bottom: 1px solid var(--line); }
thead th { background: var(--band); border-bottom: 2px solid var(--ink); }
tbody th { font-weight: 600; }
tbody th small { display: block; font-weight: 400; color: var(--soft); font-size: .8rem; }
tr { break-inside: avoid; }
thead { display: table-header-group; }
.chip { display: inline-block; border: 1px solid currentColor; border-radius: .6rem; padding: 0 .5rem; font-size: .8rem;
  font-weight: 600; margin-right: .4rem; }
.ok { color: var(--ok); } .held { color: var(--held); } .hidden { color: var(--hidden); } .bad { color: var(--bad); }
.ours { color: var(--ours); font-weight: 600; }
mark { background: var(--mark); color: inherit; padding: 0 .1em; }
.why { display: block; color: var(--soft); font-size: .9rem; }
.piece + .piece { margin-top: .6rem; padding-top: .6rem; border-top: 1px dashed var(--line); }
.text { white-space: pre-line; }
@media (max-width: 40rem) {
  col.name, thead { display: none; }
  table, tbody, tr, th, td { display: block; width: auto; }
  tr { border-bottom: 2px solid var(--line); padding: .4rem 0; }
  th, td { border: 0; padding: .2rem 0; }
  td::before { content: attr(data-side); display: block; color: var(--soft); font-size: .8rem; }
}
@media print { :root { color-scheme: light; --ground: #fff; --ink: #000; --soft: #333; --line: #999; --band: #eee;
  --ok: #0b5d2a; --held: #7a4b00; --hidden: #7a1f6b; --bad: #9b1c1c; --ours: #0b4a8a; --mark: #ffe9a8; --note: #fff; }
  body { font-size: 10pt; max-width: none; padding: 0; } mark { outline: 1px solid #7a4b00; } }
"""
POLICY = "default-src 'none'; style-src 'unsafe-inline'"
TONE = {Seen.SHOWN: "ok", Seen.WITHHELD: "held", Seen.HIDDEN: "hidden", Seen.NOTHING: "bad"}
PIECE_TONE = {State.CLEAR: "ok", State.SUBSTITUTED: "ours", State.WITHHELD: "held"}
MARKED = {
    Mark.PLAIN: "{}",
    Mark.FOUND: "<mark>{}</mark>",
    Mark.BROKER: '<span class="ours">{}</span>',
}
OUTCOME_TONE = {"green": "ok", "yellow": "held", "red": "bad"}


def page(preview: Preview) -> str:
    """The whole page."""
    title = (
        f"What {preview.recipient} {'will see' if preview.sent else 'would see' if preview.held else 'will not see'}"
    )
    body = [
        f"<h1>{escape(title)}</h1>",
        f'<p class="soft">{escape(preview.title)}, signed by {escape(preview.sender)}</p>',
        f'<p class="own">{escape(FOR_THE_SENDER)}</p>',
        _state(preview),
        f'<p class="notice" role="note">{escape(NOT_ANONYMOUS)}</p>',
        _facts(preview),
        *(part for one in preview.groups for part in _group(one, preview)),
    ]
    if preview.left_out:
        body.append(f'<h2>What you left out</h2><p class="soft">{escape(", ".join(preview.left_out))}</p>')
    return (
        '<!doctype html>\n<html lang="en-GB">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n'
        f"<title>{escape(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n"
        + "\n".join(body)
        + "\n</main>\n</body>\n</html>\n"
    )


def _state(preview: Preview) -> str:
    tone = OUTCOME_TONE[show.COLOUR[preview.outcome]]
    findings = "".join(
        f'<p><span class="chip">{escape(one["rule"])}</span>{escape(one["reason"])} '
        f"<strong>What to do:</strong> {escape(one['cure'])}</p>"
        for one in preview.findings
    )
    return (
        f'<div class="state {tone}"><p><strong>{escape(wording.verdict(preview))}</strong></p>'
        f"<p>{escape(wording.in_figures(preview))}.</p>{findings}</div>"
    )


def _facts(preview: Preview) -> str:
    cover = preview.cover
    facts = [
        ("For", f"{preview.recipient} ({preview.organisation}), {preview.role}"),
        ("To be read by", show.due(cover["due"])),
        ("Lawful basis", show.basis(cover["basis"]) if cover["basis"]["sender"] else "none"),
        ("Tell nobody", show.restriction(cover["restriction"]) if cover["restriction"] else ""),
        ("Whom it rings", f"{cover['ring']['role']} {cover['ring']['telephone']}" if cover["ring"] else ""),
        ("The broker adds", cover["note"]),
    ]
    return f"<dl>{''.join(f'<dt>{escape(name)}</dt><dd>{escape(said)}</dd>' for name, said in facts if said)}</dl>"


def _group(group: Group, preview: Preview) -> Iterator[str]:
    yield f"<h2>{escape(group.title)}</h2>"
    if any(row.pieces for row in group.rows):
        yield f'<p class="soft">{escape(f"{SCREENED_LATER} {preview.read_by}")}</p>'
    signed, sees = f"{preview.sender} signed", wording.sees(preview)
    rows = "".join(_row(row, signed, sees) for row in group.rows)
    yield (
        '<table><colgroup><col class="name"><col><col></colgroup><thead><tr><th scope="col">Item</th>'
        f'<th scope="col">{escape(signed)}</th><th scope="col">{escape(sees)}</th></tr></thead>'
        f"<tbody>{rows}</tbody></table>"
    )


def _row(row: Row, signed: str, sees: str) -> str:
    name = row.name[:1].upper() + row.name[1:]
    left = (
        "".join(f'<div class="piece text">{_runs(piece.signed)}</div>' for piece in row.pieces)
        if row.pieces
        else f'<span class="text">{escape(row.signed)}</span>'
    )
    return (
        f'<tr><th scope="row">{escape(name)}<small>{escape("; ".join(row.labels))}</small></th>'
        f'<td data-side="{escape(signed)}">{left}</td><td data-side="{escape(sees)}">{_seen(row)}</td></tr>'
    )


def _seen(row: Row) -> str:
    if row.pieces:
        return "".join(map(_piece, row.pieces))
    chip = f'<span class="chip {TONE[row.seen]}">{escape(wording.SEEN[row.seen])}</span>'
    if row.seen is Seen.SHOWN:
        return f'<span class="text">{escape(row.signed)}</span>'
    return (
        f'{chip}its copy says: {escape(wording.marker(row))}<span class="why">{escape(wording.explained(row))}</span>'
    )


def _piece(piece: Piece) -> str:
    chip = f'<span class="chip {PIECE_TONE[piece.state]}">{escape(wording.PIECES[piece.state])}</span>'
    text = f'<div class="text">{_runs(piece.seen)}</div>' if piece.seen else ""
    why = f'<span class="why">{escape(wording.because(piece))}</span>' if piece.why else ""
    return f'<div class="piece">{text}{chip}{why}</div>'


def _runs(runs: Sequence[Run]) -> str:
    return "".join(MARKED[run.mark].format(escape(run.text)) for run in runs)
