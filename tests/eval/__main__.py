"""Measure how well free text is screened: `make eval-redaction`, or `make eval-redaction NOTES=file.jsonl`.

Each file of labelled notes is read by our layers without and with the model, and by plain Presidio over that model's
base, in the same run. The figures are printed and written to `docs/redaction-eval.json` and `.html`; those of somebody
else's notes to `redaction-eval.json` and `.html` where the command was given, not over ours.
Exit 1 if a goal is missed, 2 if a file of notes cannot be read.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import track
from rich.table import Table

from broker.clock import system_clock
from broker.screening import model
from tests.bench import results
from tests.eval import figures, page, reading
from tests.eval.compile_notes import NOTES, Note
from tests.eval.figures import BESIDE, WITH, WITHOUT, Json
from tests.eval.systems import STRICTEST, Ours, PlainPresidio, System

UNTOUCHED = "test"
"""The split on which no rule was tuned: its goals decide, and nothing of it is shown in words."""
MISSED, UNREADABLE = 1, 2
WIDTH = 112
"""Of a line, in characters, also where nobody watches."""


def main() -> int:
    """Read, measure, report. Returns the exit code."""
    asked = argparse.ArgumentParser(prog="python -m tests.eval", description="Measure the screening of free text.")
    asked.add_argument("notes", nargs="?", type=Path, help="somebody else's labelled notes; ours if left out")
    theirs: Path | None = asked.parse_args().notes
    console = Console(width=WIDTH)
    sys.addaudithook(refuse_network)
    try:
        files = {file.stem: reading.read(file) for file in ([theirs] if theirs else sorted(NOTES.glob("*.jsonl")))}
        console.print("Loading spaCy and Presidio")
        systems: dict[str, System] = {WITHOUT: Ours(), WITH: Ours(model.load()), BESIDE: PlainPresidio()}
    except (reading.Malformed, OSError, model.ModelError) as wrong:
        console.print(str(wrong), style="red", markup=False)
        return UNREADABLE
    measured = {name: _measure(name, notes, systems, console, own=theirs is None) for name, notes in files.items()}
    document = {"method": _method(), "files": measured}
    for name, found in measured.items():
        _print(name, found, console)
    folder = Path() if theirs else Path("docs")
    (folder / "redaction-eval.json").write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n")
    (folder / "redaction-eval.html").write_text(page.page(document))
    if theirs:
        console.print("The files quote the notes where something was missed: keep them as the notes are kept.")
    console.print(f"Written to {folder / 'redaction-eval.json'} and {folder / 'redaction-eval.html'}")
    decides = UNTOUCHED if UNTOUCHED in measured else next(iter(measured))
    missed = [one for one in measured[decides]["goals"] if not one["met"]]
    for one in missed:
        console.print(f"Missed on {decides}: {one['goal']}: {one['reached']:.3f}, goal {one['least']:.2f}", style="red")
    return MISSED if missed else 0


def refuse_network(event: str, _: tuple[Any, ...]) -> None:
    """Hook of the interpreter: nothing that is measured may ask the network for anything."""
    if event in {"socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"}:
        raise RuntimeError("the network was asked for something: nothing that is measured may do so")


def _measure(name: str, notes: Sequence[Note], systems: dict[str, System], console: Console, *, own: bool) -> Json:
    for system in systems.values():
        system.read(notes[0])  # what is loaded at the first note is no part of the time of a note
    answers = {
        which: [system.read(note) for note in track(notes, f"{name}, {which}", console=console, transient=True)]
        for which, system in systems.items()
    }
    return figures.of_file(answers, show=not (own and name == UNTOUCHED))


def _method() -> Json:
    return {
        "ran": system_clock().date().isoformat(),
        "machine": results.machine(),
        "model": f"{model.PACKAGE} {metadata.version(model.PACKAGE)}, weights SHA-256 {model.WEIGHTS_DIGEST}",
        "spacy": metadata.version("spacy"),
        "presidio": metadata.version("presidio-analyzer"),
        "found": "a labelled span is found if a span that was found shares a character with it",
        "right": "a place found is right if it shares a character with a labelled span",
        "organisations on file": 0,
    }


def _print(name: str, found: Json, console: Console) -> None:
    """One file's figures as tables."""
    own = found["the record's own"]
    title = f"{name}: {found['notes']} notes, {found['labelled spans']} spans, {own} the record's own"
    systems = found["systems"]
    table = Table("", *systems, title=title, title_justify="left")
    for row in ("recall", "recall, the record's own", "recall, others", "precision"):
        table.add_row(row, *(_percent(one[row]) for one in systems.values()))
    for row in ("recall", "precision"):
        table.add_row(f"{row}, by character", *(_percent(one["by character"][row]) for one in systems.values()))
    table.add_section()
    for way in ("recall", "precision"):
        for kind in sorted({kind for one in systems.values() for kind in one[f"{way} by kind"]}):
            table.add_row(f"{way}, {kind}", *(_percent(one[f"{way} by kind"].get(kind)) for one in systems.values()))
        table.add_section()
    for row in ("median", "95th percentile"):
        table.add_row(f"ms a note, {row}", *(f"{one['milliseconds a note'][row]:.1f}" for one in systems.values()))
    console.print(table)
    layers = Table("layer", "found first", "recall so far", "others", "its precision")
    for rule, one in found["layers, with the model"].items():
        shares = ("recall so far", "recall so far, others", "precision")
        layers.add_row(rule, str(one["found first"]), *(_percent(one[share]) for share in shares))
    console.print(layers)
    becomes = Table("what becomes of the notes", "clear", "substituted", "withheld")
    for which in (WITHOUT, WITH):
        for recipient, states in systems[which]["what becomes of the notes"].items():
            becomes.add_row(f"{recipient}, {which}", *(str(count) for count in states.values()))
    console.print(becomes)
    through = systems[WITH]["identifiers that get through"]
    console.print(f"Identifiers that get through to {STRICTEST}, with the model: {_percent(through)}\n")


def _percent(share: Json | None) -> str:
    if share is None or share["rate"] is None:
        return "-"
    return f"{share['rate']:.3f}  ({share['of']}/{share['all']})"


if __name__ == "__main__":
    sys.exit(main())
