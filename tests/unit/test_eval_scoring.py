"""The scorer, on cases counted by hand."""

import pytest

from broker.screening.verdict import Kind, Span
from tests.eval import scoring
from tests.eval.compile_notes import Labelled, Note
from tests.eval.scoring import Place, Share

TEXT = "Darren Cole left. Bev rang 01632 960123."
#       0          11     18  21    27         39


def _note(*spans: Labelled) -> Note:
    return Note(id="n1", voice="test", record={}, note=TEXT, spans=spans)


def _label(start: int, end: int, kind: str = "person", *, own: bool = False) -> Labelled:
    return Labelled(start=start, end=end, kind=kind, own=own)


def _span(start: int, end: int, kind: Kind = Kind.PERSON, rule: str = "TXT-5") -> Span:
    return Span(start=start, end=end, kind=kind, rule=rule, certain=False, field=None)


LABELS = (_label(0, 11, own=True), _label(18, 21), _label(27, 39, "telephone"))
NOTE = _note(*LABELS)


def test_everything_found() -> None:
    read = [(NOTE, [_span(0, 11), _span(18, 21), _span(27, 39, Kind.TELEPHONE)])]
    assert scoring.recall(read) == Share(of=3, all=3)
    assert scoring.precision(read) == Share(of=3, all=3)
    assert [share.rate for share in scoring.by_character(read)] == [1.0, 1.0]
    assert scoring.missed(*read[0]) == ()
    assert scoring.wrong(*read[0]) == ()


def test_everything_missed() -> None:
    read = [(NOTE, list[Span]())]
    assert scoring.recall(read) == Share(of=0, all=3)
    assert scoring.recall(read).rate == 0.0
    assert scoring.precision(read).rate is None
    assert scoring.by_character(read) == (Share(of=0, all=24), Share(of=0, all=0))
    assert scoring.missed(*read[0]) == LABELS


def test_all_that_is_found_is_wrong() -> None:
    read = [(NOTE, [_span(12, 16), _span(22, 26)])]
    assert scoring.recall(read) == Share(of=0, all=3)
    assert scoring.precision(read) == Share(of=0, all=2)
    assert scoring.wrong(*read[0]) == (Place(12, 16), Place(22, 26))


def test_half_a_name_is_found_by_overlap_and_half_by_character() -> None:
    read = [(NOTE, [_span(0, 6)])]
    assert scoring.recall(read) == Share(of=1, all=3)
    assert scoring.precision(read) == Share(of=1, all=1)
    assert scoring.by_character(read) == (Share(of=6, all=24), Share(of=6, all=6))


def test_one_character_is_enough_and_a_neighbour_is_not() -> None:
    assert scoring.recall([(NOTE, [_span(10, 12)])]).of == 1
    assert scoring.recall([(NOTE, [_span(11, 18)])]).of == 0
    assert scoring.precision([(NOTE, [_span(11, 18)])]) == Share(of=0, all=1)


def test_a_place_found_by_two_layers_counts_once() -> None:
    read = [(NOTE, [_span(18, 21, rule="TXT-4"), _span(18, 26), _span(12, 16)])]
    assert scoring.precision(read) == Share(of=1, all=2)
    assert scoring.places([_span(18, 21), _span(21, 26)]) == (Place(18, 21), Place(21, 26))
    assert scoring.places([_span(0, 11), _span(2, 4), _span(10, 12)]) == (Place(0, 12),)


def test_one_wide_span_finds_all_that_it_covers() -> None:
    """Recall alone would reward it; by character it is seen."""
    read = [(NOTE, [_span(0, len(TEXT))])]
    assert scoring.recall(read).rate == 1.0
    assert scoring.precision(read).rate == 1.0
    assert scoring.by_character(read) == (Share(of=24, all=24), Share(of=24, all=34))


def test_a_text_that_nobody_could_read_finds_nothing() -> None:
    read = [(NOTE, [_span(0, len(TEXT), Kind.LANGUAGE, "TXT-9")])]
    assert scoring.recall(read) == Share(of=0, all=3)
    assert scoring.precision(read) == Share(of=0, all=0)


def test_by_kind_and_by_whose_it_is() -> None:
    read = [(NOTE, [_span(0, 11), _span(27, 39, Kind.NUMBER), _span(12, 16)])]
    assert scoring.recall(read, lambda label: label.own) == Share(of=1, all=1)
    assert scoring.recall(read, lambda label: not label.own) == Share(of=1, all=2)
    assert scoring.recall(read, lambda label: label.kind == "telephone") == Share(of=1, all=1)
    assert scoring.precision(read, lambda span: span.kind is Kind.PERSON) == Share(of=1, all=2)
    assert scoring.precision(read, lambda span: span.kind is Kind.NUMBER) == Share(of=1, all=1)


def test_the_layer_that_found_it_first_has_it() -> None:
    spans = [_span(0, 11, rule="TXT-2"), _span(0, 6, rule="TXT-4"), _span(18, 21, rule="TXT-5")]
    layers = scoring.by_layer([(NOTE, spans)], ["TXT-2", "TXT-3", "TXT-4", "TXT-5"])
    assert [(first.of, upto.of) for first, upto in layers.values()] == [(1, 1), (0, 1), (0, 1), (1, 2)]
    assert {upto.all for _, upto in layers.values()} == {3}


def test_a_note_with_nothing_in_it_only_counts_against_precision() -> None:
    read = [(_note(), [_span(0, 6)]), (NOTE, [_span(0, 6)])]
    assert scoring.recall(read) == Share(of=1, all=3)
    assert scoring.precision(read) == Share(of=1, all=2)


def test_shares_add_up() -> None:
    assert Share(of=1, all=2) + Share(of=2, all=2) == Share(of=3, all=4)
    assert Share(of=0, all=0).rate is None


def test_the_middle_of_measured_times() -> None:
    assert scoring.middle([3.0, 1.0, 2.0], 0.5) == 2.0
    assert scoring.middle([1.0] * 19 + [9.0], 0.95) == 9.0
    assert scoring.middle([5.0], 0.95) == 5.0
    with pytest.raises(ValueError, match="nothing was measured"):
        scoring.middle([], 0.5)
