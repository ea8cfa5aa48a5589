"""Turn labelled notes as people write them into lines of JSON: `python -m tests.eval.compile_notes`.

Every `notes/*.txt` beside this file becomes a `*.jsonl` of the same name. The format, and what is labelled and what is
not, is in `README.md` here. Whatever is malformed is refused with the id of the note, and nothing is written.
"""

import json
import re
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

NOTES = Path(__file__).parent / "notes"

KINDS = frozenset(
    {"person", "place", "postcode", "date", "telephone", "e-mail", "online", "number", "organisation", "vehicle"}
)
"""What a labelled span can be."""

RECORD = frozenset(
    {
        *("familyName", "givenNames", "alsoKnownAs", "dateOfBirth", "homeAddress", "currentAddress"),
        *("locationAddress", "uprn", "incidentRef", "callbackTelephone", "adults", "adultNames"),
    }
)
"""Fields of a message that a record may hold, by their names on the wire."""

_NOTE = re.compile(
    r"id: (?P<id>[a-z][a-z0-9-]*) +voice: (?P<voice>[^\n]+)\nrecord: (?P<record>[^\n]+)\nnote:\n(?P<note>.+)", re.DOTALL
)
_MARK = re.compile(r"\{\{(?P<own>own )?(?P<kind>[a-z-]+)\|(?P<text>[^{}|]+)\}\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """One labelled span: where it stands in the note, in characters; `own`: a form of a value of the note's record."""

    start: int
    end: int
    kind: str
    own: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """One note without its marks, the record of the message that it would stand in, and what is to be found in it."""

    id: str
    voice: str
    record: Mapping[str, Any]
    note: str
    spans: tuple[Labelled, ...]


def parse(text: str) -> tuple[Note, ...]:
    """Read a file of notes separated by a line `---`. Raises ValueError naming the note and what is wrong with it."""
    blocks = [block.strip() for block in re.split(r"^---$", text, flags=re.MULTILINE)]
    notes = tuple([_note(block, number) for number, block in enumerate(blocks, 1) if block])
    if twice := [name for name, times in Counter(note.id for note in notes).items() if times > 1]:
        raise ValueError(f"{twice[0]}: stands twice")
    return notes


def lines(notes: Iterable[Note]) -> str:
    """One JSON object a line: id, voice, record, note, spans."""
    return "".join([json.dumps(asdict(note), ensure_ascii=False) + "\n" for note in notes])


def unmarked(text: str) -> tuple[str, tuple[Labelled, ...]]:
    """Take the marks out of a text and say where they stood. Raises ValueError on a mark that is not one."""
    spans: list[Labelled] = []
    plain, read = "", 0
    for mark in _MARK.finditer(text):
        plain, read = plain + text[read : mark.start()], mark.end()
        words, kind = mark["text"], mark["kind"]
        if kind not in KINDS:
            raise ValueError(f"no such kind: {kind}")
        if words != words.strip():
            raise ValueError(f"a blank at the edge of a mark: {mark[0]}")
        spans.append(Labelled(start=len(plain), end=len(plain) + len(words), kind=kind, own=mark["own"] is not None))
        plain += words
    plain += text[read:]
    if stray := re.search(r".{0,20}[{}].{0,20}", plain):
        raise ValueError(f"a brace that is no mark: {stray[0]}")
    return plain, tuple(spans)


def _note(block: str, number: int) -> Note:
    match = _NOTE.fullmatch(block)
    if match is None:
        raise ValueError(f"note {number} of the file: is not `id: ... voice: ...`, `record: ...`, `note:` and a text")
    try:
        text, spans = unmarked(match["note"])
        return Note(
            id=match["id"], voice=match["voice"].strip(), record=_record(match["record"]), note=text, spans=spans
        )
    except ValueError as error:
        raise ValueError(f"{match['id']}: {error}") from error


def _record(text: str) -> Mapping[str, Any]:
    record = json.loads(text)
    if not isinstance(record, dict) or not record:
        raise ValueError("the record is not a JSON object with fields")
    if unknown := sorted(record.keys() - RECORD):
        raise ValueError(f"no such field of a record: {', '.join(unknown)}")
    return record


def main(folder: Path = NOTES) -> None:
    """Compile every file of the folder, or none."""
    compiled = {
        file.with_suffix(".jsonl"): parse(file.read_text(encoding="utf-8")) for file in sorted(folder.glob("*.txt"))
    }
    for file, notes in compiled.items():
        file.write_text(lines(notes), encoding="utf-8")
        spans = [span for note in notes for span in note.spans]
        sys.stdout.write(
            f"{file.name}: {len(notes)} notes, {len(spans)} spans, {sum(span.own for span in spans)} the record's own\n"
        )


if __name__ == "__main__":
    main()
