"""From answers to figures, goals and a page, on answers made by hand."""

import json
from dataclasses import replace

from broker.screening.verdict import Kind, Span, State
from tests.eval import figures, page
from tests.eval.compile_notes import Labelled, Note
from tests.eval.figures import BESIDE, WITH, WITHOUT, Json
from tests.eval.systems import RECIPIENTS, STRICTEST, Answer

NOTE = Note(
    id="n1",
    voice="log",
    record={},
    note="Zebedee <b>left</b> with Florence.",
    spans=(Labelled(start=0, end=7, kind="person", own=True), Labelled(start=25, end=33, kind="person", own=False)),
)
EMPTY = Note(id="n2", voice="log", record={}, note="Hope she is ok.", spans=())
OWN = Span(start=0, end=7, kind=Kind.PERSON, rule="TXT-2", certain=True, field="familyName")
OTHER = Span(start=25, end=33, kind=Kind.PERSON, rule="TXT-6", certain=False, field=None)
WRONG = Span(start=0, end=4, kind=Kind.PERSON, rule="TXT-5", certain=False, field=None)


def _answer(note: Note, *spans: Span, state: State = State.WITHHELD) -> Answer:
    return Answer(note=note, spans=spans, states=dict.fromkeys(RECIPIENTS, state), seconds=0.001)


def _beside(*answers: Answer) -> list[Answer]:
    return [replace(answer, states={}) for answer in answers]


GOOD = [_answer(NOTE, OWN, OTHER), _answer(EMPTY, state=State.CLEAR)]
BLIND = [_answer(NOTE, state=State.CLEAR), _answer(EMPTY, WRONG)]


def _document(*, show: bool) -> Json:
    answers = {WITHOUT: BLIND, WITH: GOOD, BESIDE: _beside(*BLIND)}
    method = {"ran": "today", "machine": "m", "model": "w", "spacy": "1", "presidio": "2", "found": "f", "right": "r"}
    file = figures.of_file(answers, show=show)
    return {"method": {**method, "organisations on file": 0}, "files": {"theirs": file}}


def test_goals_are_reached_when_all_is_found() -> None:
    assert all(goal.met for goal in figures.goals({WITHOUT: GOOD, WITH: GOOD, BESIDE: BLIND}))


def test_every_goal_is_missed_when_nothing_right_is_found() -> None:
    assert not any(goal.met for goal in figures.goals({WITHOUT: BLIND, WITH: BLIND, BESIDE: GOOD}))


def test_a_goal_on_nothing_is_not_missed() -> None:
    nothing = [_answer(EMPTY, state=State.CLEAR)]
    assert all(goal.met and goal.reached is None for goal in figures.goals({WITHOUT: nothing, WITH: nothing}))


def test_what_gets_through_is_what_nobody_found_in_a_note_that_goes_out() -> None:
    systems = _document(show=True)["files"]["theirs"]["systems"]
    assert systems[WITHOUT]["identifiers that get through"] == {"of": 2, "all": 2, "rate": 1.0}
    assert systems[WITH]["identifiers that get through"] == {"of": 0, "all": 2, "rate": 0.0}
    assert systems[WITHOUT]["notes without identifiers that are not clear"] == {"of": 1, "all": 1, "rate": 1.0}
    assert systems[WITH]["what becomes of the notes"][STRICTEST] == {"clear": 1, "substituted": 0, "withheld": 1}
    assert "what becomes of the notes" not in systems[BESIDE]


def test_the_layers_of_the_run_with_the_model() -> None:
    layers = _document(show=True)["files"]["theirs"]["layers, with the model"]
    assert {rule: one["found first"] for rule, one in layers.items() if one["found first"]} == {"TXT-2": 1, "TXT-6": 1}
    assert layers["TXT-5"]["recall so far, others"] == {"of": 0, "all": 1, "rate": 0.0}
    assert layers["TXT-6"]["recall so far, others"] == {"of": 1, "all": 1, "rate": 1.0}


def test_the_page_is_whole_and_says_what_it_is() -> None:
    text = page.page(_document(show=True))
    assert "<h1>Minimisation with review, not anonymisation</h1>" in text
    assert text.count("<svg") == text.count("</svg>") > 3
    assert "missed</span>" in text
    for outside in ("http", "<script", "<link", "src=", "url("):
        assert outside not in text


def test_words_of_a_note_stand_escaped_and_of_the_untouched_split_not_at_all() -> None:
    blind = {WITHOUT: BLIND, WITH: BLIND, BESIDE: _beside(*BLIND)}
    shown, hidden = (figures.of_file(blind, show=show) for show in (True, False))
    document = _document(show=True)
    assert "Zebedee" in page.page({**document, "files": {"theirs": shown}})
    assert "Florence" in json.dumps(shown)
    for word in ("Zebedee", "Florence", "Hope"):
        assert word not in json.dumps(hidden)
        assert word not in page.page({**document, "files": {"test": hidden}})
    odd = {"missed": [{"note": "n", "kind": "person", "own": False, "text": "<b>"}], "wrong": []}
    assert "<td>&lt;b&gt;</td>" in page.page({**document, "files": {"x": {**shown, "in words, with the model": odd}}})
