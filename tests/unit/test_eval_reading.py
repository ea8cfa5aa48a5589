"""Files of labelled notes that other people bring: what is taken, and what is said of what is not."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.eval import reading
from tests.eval.compile_notes import Labelled
from tests.eval.reading import Malformed

TEXT = "Bev rang 01632 960123. Bev again."
BEV = Labelled(start=0, end=3, kind="person", own=False)
NUMBER = Labelled(start=9, end=21, kind="telephone", own=False)


def _file(folder: Path, text: str, name: str = "theirs.jsonl") -> Path:
    file = folder / name
    file.write_text(text)
    return file


def _line(**fields: Any) -> str:  # noqa: ANN401 - any JSON
    return json.dumps({"id": "n1", "note": TEXT, "spans": [], **fields}) + "\n"


def test_our_own_format(tmp_path: Path) -> None:
    spans = [
        {"start": 0, "end": 3, "kind": "person", "own": True},
        {"start": 9, "end": 21, "kind": "telephone", "own": False},
    ]
    [note] = reading.read(_file(tmp_path, _line(voice="log", record={"familyName": "X"}, spans=spans)))
    assert note.spans == (Labelled(start=0, end=3, kind="person", own=True), NUMBER)
    assert (note.id, note.voice, note.record, note.note) == ("n1", "log", {"familyName": "X"}, TEXT)


@pytest.mark.parametrize(
    "line",
    [
        {"text": TEXT, "entities": [[0, 3, "PERSON"], [9, 21, "PHONE_NUMBER"]]},
        {"text": TEXT, "label": [[9, 21, "phone"], [0, 3, "Name"]]},
        {"content": TEXT, "labels": [{"start": 0, "end": 3, "label": "PER"}, {"text": "01632 960123", "label": "tel"}]},
        {"note": TEXT, "annotations": [{"start": 0, "end": 3, "type": "person", "text": "Bev"}, [9, 21, "telephone"]]},
    ],
)
def test_plain_variations(tmp_path: Path, line: dict[str, Any]) -> None:
    for written in (json.dumps(line) + "\n\n", json.dumps([line], indent=1), "\ufeff" + json.dumps(line)):
        [note] = reading.read(_file(tmp_path, written))
        assert note.spans == (BEV, NUMBER)
        assert note.record == {}


def test_the_marked_text(tmp_path: Path) -> None:
    marked = 'id: x1   voice: log\nrecord: {"familyName": "X"}\nnote:\n{{person|Bev}} rang.\n'
    [note] = reading.read(_file(tmp_path, marked, "theirs.txt"))
    assert note.spans == (BEV,)
    with pytest.raises(Malformed, match=r"^theirs\.txt: x1: no such kind: dog"):
        reading.read(_file(tmp_path, marked.replace("person", "dog"), "theirs.txt"))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "line 2: is not JSON"),
        ("3", "line 2: is not a JSON object"),
        (_line(note=" "), "line 2: has no text"),
        (_line(note=7), "line 2: has no text"),
        (_line(record="X"), "line 2: the record is not a JSON object"),
        (_line(spans=None), "line 2: has no list of spans"),
        (_line(spans=["Bev"]), "line 2, span 1: is neither"),
        (_line(spans=[[0, 3]]), "line 2, span 1: is neither"),
        (_line(spans=[[0, 3, "person"], [3, 2, "person"]]), "line 2, span 2: start and end are not"),
        (_line(spans=[[0, 300, "person"]]), "line 2, span 1: start and end are not .* 0 and 33"),
        (_line(spans=[[True, 3, "person"]]), "line 2, span 1: start and end are not"),
        (_line(spans=[["0", "3", "person"]]), "line 2, span 1: start and end are not"),
        (_line(spans=[{"kind": "person"}]), "line 2, span 1: start and end are not"),
        (
            _line(spans=[{"start": 1, "end": 4, "kind": "person", "text": "Bev"}]),
            "line 2, span 1: its text is not what",
        ),
        (_line(spans=[{"text": "Bev", "kind": "person"}]), "line 2, span 1: .* more than once"),
        (_line(spans=[{"text": "Kev", "kind": "person"}]), "line 2, span 1: .* does not stand"),
        (_line(spans=[{"text": "", "kind": "person"}]), "line 2, span 1: .* does not stand"),
        (_line(spans=[[0, 3, "dog"]]), "line 2, span 1: no such kind: dog"),
        (_line(spans=[{"start": 0, "end": 3}]), "line 2, span 1: has no kind"),
        (_line(), "the id n1 stands twice"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(tmp_path: Path, line: str, said: str) -> None:
    with pytest.raises(Malformed, match=rf"^theirs\.jsonl[,:] {said}") as refused:
        reading.read(_file(tmp_path, _line() + line))
    assert "rang" not in str(refused.value)


def test_a_broken_list_and_an_empty_file(tmp_path: Path) -> None:
    with pytest.raises(Malformed, match="line 2: is not JSON"):
        reading.read(_file(tmp_path, "[\n{"))
    with pytest.raises(Malformed, match="holds no note"):
        reading.read(_file(tmp_path, "\n"))
    with pytest.raises(OSError, match="missing"):
        reading.read(tmp_path / "missing.jsonl")
