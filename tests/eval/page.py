"""The figures as a page that a data protection officer can read: no script, and nothing from outside."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from typing import Any

from broker.consent.rules.free_text import SAYS
from tests.eval.figures import BESIDE, WITH, WITHOUT

Json = Mapping[str, Any]

HEADLINE = "Minimisation with review, not anonymisation"
TITLE = f"Screening of free text: {HEADLINE.lower()}"
WHAT = "How well the broker finds what identifies people in free text, measured on made-up notes about made-up people."
NOT = (
    "A text that was screened is not anonymous. Whoever knows the family will know them by what happened. Screening "
    "finds most of what names somebody, and not all; what it doubts it withholds whole, and the sender&rsquo;s own "
    "people decide. The lawful basis never rests on these figures."
)
LIMITS = (
    (
        "Plain Presidio: its default recognisers and configuration over the base of our model as it comes. It knows no "
        "record, and the dates and nationalities that it marks are not held against it where our labels leave them out."
    ),
    "A text in another language, which nobody could screen, is withheld; here it counts as nothing found.",
    (
        "The notes were written for this by a language model, not by practitioners, and labelled by what wrote them. "
        "Real notes will differ: measure on your own before you rely on a figure."
    ),
)
COLOURS = {WITHOUT: "#8fb4d9", WITH: "#1f4e79", BESIDE: "#b9b2a6"}
STATES = {"clear": "#3f7d4f", "substituted": "#8a6d1d", "withheld": "#8a2f28"}
WIDTH, LEFT, BAR = 640, 210, 11
"""Of a chart, in its own units: whole width, what the words at its left take, the height of one bar."""
OWN = "the record's own"
SPLITS = {
    "dev": "Notes to develop on, by another author than the rules': crowded with forms of the record's own names.",
    "tune": "The notes that the rules and the model were tuned on: these figures flatter.",
    "test": "The untouched notes: written by somebody who had not seen the rules, and never tuned on. Judge by these.",
}
STYLE = """
@page { size: A4; margin: 16mm 14mm; }
* { box-sizing: border-box; }
body { font: 10.5pt/1.45 Georgia, "Times New Roman", serif; color: #1a1a1a; max-width: 190mm; margin: 8mm auto;
  padding: 0 6mm; overflow-wrap: break-word; }
h1, h2, h3, th, text, .small { font-family: "Helvetica Neue", Arial, sans-serif; }
h1 { font-size: 20pt; line-height: 1.2; margin: 0 0 3mm; }
h2 { font-size: 14pt; margin: 9mm 0 2mm; padding-top: 2mm; border-top: 2px solid #1a1a1a; break-after: avoid; }
h3 { font-size: 11pt; margin: 6mm 0 1.5mm; break-after: avoid; }
p { margin: 0 0 2mm; }
.notice { border: 1.5px solid #8a1c1c; padding: 2.5mm 3.5mm; margin: 4mm 1px; }
.small { font-size: 8.5pt; color: #444; }
.no { color: #8a1c1c; font-weight: 700; }
svg { display: block; width: 100%; height: auto; margin: 1mm 0 3mm; break-inside: avoid; }
text { font-size: 10px; fill: #1a1a1a; }
table { width: 100%; border-collapse: collapse; margin: 1mm 0 3mm; break-inside: avoid; }
th, td { text-align: left; vertical-align: top; padding: 1mm 2mm; border-bottom: 0.5px solid #b5b5b5; }
td { font-size: 9.5pt; }
th { font-size: 8.5pt; }
.n { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
@media print { body { margin: 0; padding: 0; max-width: none; } }
"""


def page(document: Json) -> str:
    """The whole page, from the document that `python -m tests.eval` writes."""
    method, files = document["method"], document["files"]
    body = [
        f"<h1>{HEADLINE}</h1>",
        f"<p>{WHAT}</p>",
        f'<div class="notice"><p><strong>What this is not.</strong> {NOT}</p></div>',
        *(part for name, found in _untouched_first(files) for part in _file(name, found)),
        "<h2>How it was measured</h2>",
        "<ul>",
        *(f"<li>{line}</li>" for line in _method(method)),
        "</ul>",
    ]
    head = f'<meta charset="utf-8">\n<meta name="viewport" content="width=device-width">\n<title>{TITLE}</title>'
    return (
        f'<!doctype html>\n<html lang="en-GB">\n<head>\n{head}\n<style>{STYLE}</style>\n</head>\n<body>\n'
        + "\n".join(body)
        + "\n</body>\n</html>\n"
    )


def _method(method: Json) -> Iterator[str]:
    yield f"On {escape(method['ran'])}, {escape(method['machine'])}."
    yield (
        f"Model: {escape(method['model'])}; spaCy {escape(method['spacy'])}, Presidio {escape(method['presidio'])}. "
        "Its base is a general English model; the part that reads names was trained further on made-up notes, and has "
        "never seen a real one. Nothing that was measured may use the network."
    )
    yield (
        f"Found: {escape(method['found'])}. Right: {escape(method['right'])}. By character is strict: a first name "
        "found of a whole name is half found."
    )
    yield (
        f"Organisations on file while measuring: {method['organisations on file']}, so a school counts as found only "
        "if the text itself tells that it is one."
    )
    yield from LIMITS


def _untouched_first(files: Json) -> list[tuple[str, Json]]:
    return sorted(files.items(), key=lambda one: one[0] in ("dev", "tune"))


def _file(name: str, found: Json) -> list[str]:
    systems = found["systems"]
    counts = f"{found['notes']} notes, {found['labelled spans']} identifiers, {found[OWN]} of the record itself"
    rows = ("recall, the record's own", "recall, others", "precision")
    words = ("the record's own people and places", "other people and places", "finds that are right")
    kinds = list(dict.fromkeys(kind for one in systems.values() for kind in one["recall by kind"]))
    return [
        f"<h2>{escape(name)}: {counts}</h2>",
        f"<p>{escape(SPLITS.get(name, 'Notes that somebody else brought.'))}</p>",
        _goals(found["goals"]),
        "<h3>Found, and rightly found</h3>",
        _legend(COLOURS),
        _bars(
            [
                (word, [(which, one[row]) for which, one in systems.items()])
                for row, word in zip(rows, words, strict=True)
            ]
        ),
        _through(systems),
        "<h3>Found, by what it is</h3>",
        _bars([(kind, [(which, one["recall by kind"].get(kind)) for which, one in systems.items()]) for kind in kinds]),
        "<h3>Layer by layer</h3>",
        "<p>Each layer reads before the next; the bar is what all layers up to it have found together.</p>",
        _layers(found["layers, with the model"]),
        "<h3>What becomes of the notes</h3>",
        _legend(STATES),
        _becomes(systems),
        "<h3>All figures</h3>",
        _all(systems, kinds),
        *_in_words(found.get("in words, with the model")),
    ]


def _goals(goals: Sequence[Json]) -> str:
    rows = [
        [
            escape(one["goal"]),
            f"{one['least']:.2f}",
            "-" if one["reached"] is None else f"{one['reached']:.3f}",
            "reached" if one["met"] else '<span class="no">missed</span>',
        ]
        for one in goals
    ]
    return _table(["goal", "at least", "measured", ""], rows, numbers=(1, 2))


def _through(systems: Json) -> str:
    through = systems[WITH]["identifiers that get through"]
    kept = systems[WITH]["notes without identifiers that are not clear"]
    return (
        f"<p><strong>In the end, with the model:</strong> of {through['all']} identifiers, {through['of']} would reach "
        "a recipient that may see none of them, because nothing else in their note was doubtful either. Of "
        f"{kept['all']} notes that name nobody, {kept['of']} would be held back for nothing.</p>"
    )


def _layers(layers: Json) -> str:
    bars = [(f"{rule}, {one['found first']} first", [(WITH, one["recall so far"])]) for rule, one in layers.items()]
    said = " ".join(f"{rule}: {SAYS[rule]}" for rule in layers)
    return f'{_bars(bars)}<p class="small">{escape(said)}</p>'


def _becomes(systems: Json) -> str:
    rows = [
        (f"{recipient}, {which}", states)
        for which in (WITHOUT, WITH)
        for recipient, states in systems[which]["what becomes of the notes"].items()
    ]
    height = len(rows) * 34 + 4
    parts = []
    for number, (words, states) in enumerate(rows):
        top, at, every = number * 34 + 4, 0.0, sum(states.values())
        parts.append(f'<text x="0" y="{top + 9}">{escape(words)}</text>')
        for state, count in states.items():
            wide = count / every * WIDTH
            parts.append(f'<rect x="{at:.1f}" y="{top + 13}" width="{wide:.1f}" height="13" fill="{STATES[state]}"/>')
            if count:
                parts.append(f'<text x="{at + 3:.1f}" y="{top + 23}" style="fill:#fff">{count}</text>')
            at += wide
    return _svg(height, parts, "Notes that are clear, substituted and withheld")


def _bars(rows: Sequence[tuple[str, Sequence[tuple[str, Json | None]]]]) -> str:
    """Groups of bars from 0 to 1, one group a row, with lines at each quarter."""
    parts: list[str] = []
    room = WIDTH - LEFT - 90
    top = 4
    for words, bars in rows:
        parts.append(f'<text x="0" y="{top + 9}">{escape(words)}</text>')
        for which, share in bars:
            rate = None if share is None else share["rate"]
            wide = (rate or 0.0) * room
            said = "none" if share is None or rate is None else f"{rate:.3f} ({share['of']}/{share['all']})"
            parts.append(f'<rect x="{LEFT}" y="{top}" width="{wide:.1f}" height="{BAR - 1}" fill="{COLOURS[which]}"/>')
            parts.append(f'<text x="{LEFT + wide + 4:.1f}" y="{top + 9}">{said}</text>')
            top += BAR
        top += 7
    lines = [
        f'<line x1="{LEFT + room * quarter / 4}" x2="{LEFT + room * quarter / 4}" y1="0" y2="{top - 5}" stroke="#ddd"/>'
        for quarter in range(5)
    ]
    return _svg(top, [*lines, *parts], "Shares from 0 to 1")


def _svg(height: int, parts: Iterable[str], what: str) -> str:
    drawn = "".join(parts)
    return f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{what}">{drawn}</svg>'


def _legend(colours: Mapping[str, str]) -> str:
    parts = [
        f'<rect x="{number * 130}" y="2" width="10" height="10" fill="{colour}"/>'
        f'<text x="{number * 130 + 14}" y="11">{escape(words)}</text>'
        for number, (words, colour) in enumerate(colours.items())
    ]
    return _svg(14, parts, "What the colours mean")


def _all(systems: Json, kinds: Sequence[str]) -> str:
    every, ways = systems.values(), ("recall", "precision")
    rows = [
        *([way, *(_share(one[way]) for one in every)] for way in ways),
        *([f"{way}, by character", *(_share(one["by character"][way]) for one in every)] for way in ways),
        *([f"precision, {kind}", *(_share(one["precision by kind"].get(kind)) for one in every)] for kind in kinds),
        *(
            [f"milliseconds a note, {point}", *(f"{one['milliseconds a note'][point]:.1f}" for one in every)]
            for point in ("median", "95th percentile")
        ),
    ]
    return _table(["", *map(escape, systems)], rows, numbers=(1, 2, 3))


def _in_words(words: Json | None) -> list[str]:
    """What was missed and what was wrong, of notes on which that may be known."""
    if words is None:
        return ['<p class="small">What was missed in these notes is not shown, so that nobody tunes a rule on it.</p>']
    missed = [[escape(one["note"]), escape(one["kind"]), escape(one["text"])] for one in words["missed"]]
    wrong = [[escape(one["note"]), escape(", ".join(one["rules"])), escape(one["text"])] for one in words["wrong"]]
    return [
        f"<h3>Missed, with the model: {len(missed)}</h3>",
        _table(["note", "what it is", "text"], missed),
        f"<h3>Found but no identifier: {len(wrong)}</h3>",
        _table(["note", "by", "text"], wrong),
    ]


def _table(head: Sequence[str], rows: Sequence[Sequence[str]], numbers: Sequence[int] = ()) -> str:
    def line(row: Sequence[str]) -> str:
        return "".join(
            f'<td class="n">{one}</td>' if at in numbers else f"<td>{one}</td>" for at, one in enumerate(row)
        )

    above = "".join(f'<th class="n">{one}</th>' if at in numbers else f"<th>{one}</th>" for at, one in enumerate(head))
    below = "".join(f"<tr>{line(row)}</tr>" for row in rows)
    return f"<table><thead><tr>{above}</tr></thead><tbody>{below}</tbody></table>"


def _share(share: Json | None) -> str:
    return "-" if share is None or share["rate"] is None else f"{share['rate']:.3f} ({share['of']}/{share['all']})"
