"""Read labelled notes, ours and other people's: one JSON object a line, in the format of `README.md` here.

Of other people's files plain variations are taken too: other names for the same field or kind, spans as lists or by
their text alone, no record, one JSON list in place of lines, and the marked `.txt` that ours are written in. Anything
else is refused, with the line and what is wrong with it.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeGuard

from tests.eval.compile_notes import KINDS, Labelled, Note, parse

TEXT = ("note", "text", "content", "narrative")
SPANS = ("spans", "entities", "labels", "annotations", "label")
KIND = ("kind", "label", "type", "entity_type", "entity", "class")
OWN = ("own", "is_own", "record", "in_record")

SAME: Mapping[str, str] = {
    **dict.fromkeys(
        ("per", "name", "names", "first-name", "surname", "person-name", "nickname", "practitioner"), "person"
    ),
    **dict.fromkeys(("location", "loc", "gpe", "fac", "address", "street", "street-address", "town", "city"), "place"),
    **dict.fromkeys(("post-code", "uk-postcode", "zip"), "postcode"),
    **dict.fromkeys(("dob", "date-of-birth", "birthday", "date-time"), "date"),
    **dict.fromkeys(("phone", "phone-number", "telephone-number", "mobile", "tel"), "telephone"),
    **dict.fromkeys(("email", "email-address", "e-mail-address", "mail"), "e-mail"),
    **dict.fromkeys(("url", "handle", "username", "user-name", "social", "social-media", "ip-address"), "online"),
    **dict.fromkeys(
        (
            *(
                "id",
                "identifier",
                "reference",
                "ref",
                "nhs",
                "nhs-number",
                "uk-nhs",
                "upn",
                "uln",
                "pnc",
                "pnc-id",
                "cro",
            ),
            *(
                "crn",
                "prison-number",
                "nino",
                "national-insurance",
                "uk-nino",
                "uprn",
                "incident-ref",
                "bank",
                "account",
            ),
        ),
        "number",
    ),
    **dict.fromkeys(("org", "organization", "school", "refuge", "gp", "gp-surgery"), "organisation"),
    **dict.fromkeys(("vrm", "vrn", "registration", "number-plate", "vehicle-registration"), "vehicle"),
}
"""Other people's word for a kind -> ours."""


class Malformed(ValueError):  # noqa: N818 - read by the person whose file it is
    """A file of notes that cannot be read: where, and what is wrong. It quotes no text of a note."""


def read(file: Path) -> tuple[Note, ...]:
    """The notes of one file, in its order. Raises Malformed, and OSError if there is no such file."""
    text = file.read_text(encoding="utf-8-sig")
    notes: list[Note] = []
    try:
        if file.suffix == ".txt":
            notes += parse(text)
        else:
            for place, line in _objects(text):
                notes.append(_note(line, place))
    except Malformed as wrong:
        raise Malformed(f"{file.name}, {wrong}") from wrong
    except ValueError as wrong:
        raise Malformed(f"{file.name}: {wrong}") from wrong
    if not notes:
        raise Malformed(f"{file.name}: holds no note")
    ids = [note.id for note in notes]
    if twice := [one for one in ids if ids.count(one) > 1]:
        raise Malformed(f"{file.name}: the id {twice[0]} stands twice")
    return tuple(notes)


def _objects(text: str) -> Iterator[tuple[str, Any]]:
    """(where, object) for each line that is not blank, or for each object of one list."""
    if text.lstrip().startswith("["):
        try:
            listed = json.loads(text)
        except json.JSONDecodeError as wrong:
            raise Malformed(f"line {wrong.lineno}: is not JSON ({wrong.msg}, column {wrong.colno})") from None
        yield from ((f"note {number}", one) for number, one in enumerate(listed, 1))
        return
    for number, line in enumerate(text.split("\n"), 1):  # not splitlines: a note may hold other separators
        if line.strip():
            try:
                yield f"line {number}", json.loads(line)
            except json.JSONDecodeError as wrong:
                raise Malformed(f"line {number}: is not JSON ({wrong.msg}, column {wrong.colno})") from None


def _note(line: Any, place: str) -> Note:  # noqa: ANN401 - whatever JSON held
    if not isinstance(line, dict):
        raise Malformed(f"{place}: is not a JSON object")
    text = _one(line, TEXT)
    if not isinstance(text, str) or not text.strip():
        raise Malformed(f"{place}: has no text. One of these is needed: {', '.join(TEXT)}")
    record = line.get("record") or {}
    if not isinstance(record, dict):
        raise Malformed(f"{place}: the record is not a JSON object")
    spans = _one(line, SPANS)
    if not isinstance(spans, list):
        raise Malformed(
            f"{place}: has no list of spans. One of these is needed, [] if there are none: {', '.join(SPANS)}"
        )
    labelled = [_span(one, text, f"{place}, span {number}") for number, one in enumerate(spans, 1)]
    return Note(
        id=str(line.get("id", place.replace(" ", "-"))),
        voice=str(line.get("voice", "")),
        record=record,
        note=text,
        spans=tuple(sorted(labelled, key=lambda span: (span.start, span.end))),
    )


def _span(one: Any, text: str, place: str) -> Labelled:  # noqa: ANN401 - whatever JSON held
    own = False
    if isinstance(one, dict):
        kind, words, own = _one(one, KIND), one.get("text"), bool(_one(one, OWN))
        start, end = one.get("start"), one.get("end")
        if start is None and end is None and isinstance(words, str):
            start, end = _only(words, text, place)
    elif isinstance(one, list) and len(one) == 3:
        (start, end, kind), words = one, None
    else:
        raise Malformed(f"{place}: is neither an object nor [start, end, kind]")
    if not _is_offset(start) or not _is_offset(end) or not 0 <= start < end <= len(text):
        raise Malformed(f"{place}: start and end are not two offsets in characters within 0 and {len(text)}")
    if isinstance(words, str) and text[start:end] != words:
        raise Malformed(f"{place}: its text is not what stands at {start} to {end}. Are the offsets bytes?")
    return Labelled(start=start, end=end, kind=_kind(kind, place), own=own)


def _is_offset(value: Any) -> TypeGuard[int]:  # noqa: ANN401 - whatever JSON held
    return isinstance(value, int) and not isinstance(value, bool)


def _only(words: str, text: str, place: str) -> tuple[int, int]:
    """Where the words stand, if they stand there once."""
    start = text.find(words)
    if not words or start < 0:
        raise Malformed(f"{place}: its text does not stand in the note")
    if text.find(words, start + 1) >= 0:
        raise Malformed(f"{place}: its text stands in the note more than once, so start and end are needed")
    return start, start + len(words)


def _kind(kind: Any, place: str) -> str:  # noqa: ANN401 - whatever JSON held
    if not isinstance(kind, str):
        raise Malformed(f"{place}: has no kind. One of these is needed: {', '.join(KIND)}")
    plain = kind.strip().lower().replace("_", "-").replace(" ", "-")
    plain = SAME.get(plain, plain)
    if plain not in KINDS:
        raise Malformed(f"{place}: no such kind: {plain[:40]}. Kinds: {', '.join(sorted(KINDS))}")
    return plain


def _one(among: Mapping[str, Any], names: Sequence[str]) -> Any:  # noqa: ANN401 - whatever JSON held
    """The first of these fields that is there, or None."""
    return next((among[name] for name in names if name in among), None)
