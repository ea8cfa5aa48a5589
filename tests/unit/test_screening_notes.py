"""The goals of screening without a model, on the notes its rules were written on; the untouched ones are no test."""

import json
from pathlib import Path
from typing import Any

import pytest

from broker.screening.own import known
from broker.screening.screen import Screen

FILES = Path(__file__).parents[1] / "eval/notes"


def notes(split: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (FILES / f"{split}.jsonl").read_text(encoding="utf-8").splitlines()]


NOTES = [*notes("tune"), *notes("dev")]
TO_BE_ONES_OWN = 0.98
"""The share of the record's own identifiers found as such; the rest are pet names found as somebody's."""
SCREEN = Screen()


def touch(one: dict[str, Any], start: int, end: int) -> bool:
    return bool(one["start"] < end and start < one["end"])


@pytest.mark.parametrize("note", NOTES, ids=[note["id"] for note in NOTES])
def test_every_identifier_of_the_record_is_found(note: dict[str, Any]) -> None:
    found = SCREEN.scan(note["note"], known(note["record"]))
    missed = [
        note["note"][label["start"] : label["end"]]
        for label in note["spans"]
        if label["own"] and not any(touch(label, one.start, one.end) for one in found)
    ]
    assert missed == []


def test_identifiers_of_the_record_are_found_as_its_own() -> None:
    seen = [
        any(one.field is not None and touch(label, one.start, one.end) for one in found)
        for note in NOTES
        for found in [SCREEN.scan(note["note"], known(note["record"]))]
        for label in note["spans"]
        if label["own"]
    ]
    assert sum(seen) / len(seen) >= TO_BE_ONES_OWN


def test_others_are_found_and_little_else_is() -> None:
    labels = hits = predicted = right = 0
    for note in NOTES:
        found = SCREEN.scan(note["note"], known(note["record"]))
        others = [label for label in note["spans"] if not label["own"]]
        labels += len(others)
        hits += sum(any(touch(label, one.start, one.end) for one in found) for label in others)
        predicted += len(found)
        right += sum(any(touch(label, one.start, one.end) for label in note["spans"]) for one in found)
    assert hits / labels >= 0.95
    assert right / predicted >= 0.95
