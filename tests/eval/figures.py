"""The figures of one file of notes: what each system found, what would become of the notes, and which goals are met."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from broker.screening.verdict import Kind, Span, State
from tests.eval import scoring
from tests.eval.compile_notes import Labelled
from tests.eval.scoring import Read, Share
from tests.eval.systems import STRICTEST, Answer

WITHOUT, WITH, BESIDE = "without the model", "with the model", "plain Presidio"
LAYERS = ("TXT-9", "TXT-2", "TXT-3", "TXT-4", "TXT-5", "TXT-6")
"""In the order in which they read: the surest and cheapest first, the model last."""

OWN = "TXT-2"
"""The layer that knows the record."""

Json = dict[str, Any]
Answers = Mapping[str, Sequence[Answer]]
"""System -> its answer to each note of the file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """One goal of ours: the least share that will do, and the one reached (None: there was nothing to reach it on)."""

    name: str
    least: float
    reached: float | None

    @property
    def met(self) -> bool:
        """Whether it is reached. On nothing, nothing is missed."""
        return self.reached is None or self.reached >= self.least


def own(label: Labelled) -> bool:
    """The record's own."""
    return label.own


def others(label: Labelled) -> bool:
    """Somebody else's."""
    return not label.own


def goals(answers: Answers) -> tuple[Goal, ...]:
    """What the figures of one file are held against."""
    without, with_model = _read(answers[WITHOUT]), _read(answers[WITH])
    return (
        Goal(
            name="the record's own identifiers found, without the model",
            least=1.0,
            reached=scoring.recall(without, own).rate,
        ),
        Goal(
            name="the record's own identifiers found, with the model",
            least=1.0,
            reached=scoring.recall(with_model, own).rate,
        ),
        Goal(
            name="other identifiers found, without the model", least=0.90, reached=scoring.recall(without, others).rate
        ),
        Goal(
            name="other identifiers found, with the model", least=0.95, reached=scoring.recall(with_model, others).rate
        ),
        Goal(name="finds that are right, without the model", least=0.85, reached=scoring.precision(without).rate),
        Goal(name="finds that are right, with the model", least=0.85, reached=scoring.precision(with_model).rate),
    )


def of_file(answers: Answers, *, show: bool) -> Json:
    """All figures of one file. `show`: also what was missed and what was wrong, in words; never of the test split."""
    notes = [answer.note for answer in answers[WITHOUT]]
    labels = [label for note in notes for label in note.spans]
    figures: Json = {
        "notes": len(notes),
        "labelled spans": len(labels),
        "the record's own": sum(label.own for label in labels),
        "systems": {name: _system(given) for name, given in answers.items()},
        "the record's own, found as its own": _share(scoring.recall(_by_rule(_read(answers[WITH]), OWN), own)),
        "layers, with the model": _layers(_read(answers[WITH])),
        "goals": [
            {"goal": one.name, "least": one.least, "reached": _rounded(one.reached), "met": one.met}
            for one in goals(answers)
        ],
    }
    if show:
        figures["in words, with the model"] = {
            "missed": [
                {
                    "note": one.note.id,
                    "kind": label.kind,
                    "own": label.own,
                    "text": one.note.note[label.start : label.end],
                }
                for one in answers[WITH]
                for label in scoring.missed(one.note, one.spans)
            ],
            "wrong": [
                {
                    "note": one.note.id,
                    "rules": _rules_at(one.spans, place),
                    "text": one.note.note[place.start : place.end],
                }
                for one in answers[WITH]
                for place in scoring.wrong(one.note, one.spans)
            ],
        }
    return figures


def _system(answers: Sequence[Answer]) -> Json:
    read = _read(answers)
    found, right = scoring.by_character(read)
    milliseconds = [answer.seconds * 1000 for answer in answers]
    return {
        "recall": _share(scoring.recall(read)),
        "recall, the record's own": _share(scoring.recall(read, own)),
        "recall, others": _share(scoring.recall(read, others)),
        "precision": _share(scoring.precision(read)),
        "by character": {"recall": _share(found), "precision": _share(right)},
        "recall by kind": _by_kind(lambda kind: scoring.recall(read, lambda label: label.kind == kind)),
        "precision by kind": _by_kind(lambda kind: scoring.precision(read, lambda span: span.kind == kind)),
        "milliseconds a note": {
            "median": round(scoring.middle(milliseconds, 0.5), 2),
            "95th percentile": round(scoring.middle(milliseconds, 0.95), 2),
        },
        **({"what becomes of the notes": _states(answers), **_after(answers)} if answers[0].states else {}),
    }


def _by_kind(count: Callable[[Kind], Share]) -> Json:
    counted = {kind: count(kind) for kind in Kind}
    return {kind.value: _share(share) for kind, share in counted.items() if share.all}


def _states(answers: Sequence[Answer]) -> Json:
    return {
        recipient: {state.value: sum(answer.states[recipient] is state for answer in answers) for state in State}
        for recipient in answers[0].states
    }


def _after(answers: Sequence[Answer]) -> Json:
    """What counts in the end: identifiers that get through to somebody who may see none, and notes kept for nothing."""
    through = sum(
        len(scoring.missed(answer.note, answer.spans))
        for answer in answers
        if answer.states[STRICTEST] is not State.WITHHELD
    )
    empty = [answer for answer in answers if not answer.note.spans]
    kept = sum(answer.states[STRICTEST] is not State.CLEAR for answer in empty)
    return {
        "identifiers that get through": _share(
            Share(of=through, all=sum(len(answer.note.spans) for answer in answers))
        ),
        "notes without identifiers that are not clear": _share(Share(of=kept, all=len(empty))),
    }


def _layers(read: Sequence[Read]) -> Json:
    everything, theirs = scoring.by_layer(read, LAYERS), scoring.by_layer(_only(read, others), LAYERS)
    return {
        rule: {
            "found first": everything[rule][0].of,
            "recall so far": _share(everything[rule][1]),
            "recall so far, others": _share(theirs[rule][1]),
            "precision": _share(scoring.precision(_by_rule(read, rule))),
        }
        for rule in LAYERS
    }


def _only(read: Sequence[Read], wanted: Callable[[Labelled], bool]) -> list[Read]:
    """The same notes with the wanted labels alone."""
    return [(replace(note, spans=tuple(filter(wanted, note.spans))), spans) for note, spans in read]


def _by_rule(read: Sequence[Read], rule: str) -> list[Read]:
    """The same notes with what one layer found."""
    return [(note, [span for span in spans if span.rule == rule]) for note, spans in read]


def _read(answers: Sequence[Answer]) -> list[Read]:
    return [(answer.note, answer.spans) for answer in answers]


def _rules_at(spans: Sequence[Span], place: scoring.Place) -> list[str]:
    return sorted({span.rule for span in spans if scoring.touches(span, place)})


def _share(share: Share) -> Json:
    return {"of": share.of, "all": share.all, "rate": _rounded(share.rate)}


def _rounded(rate: float | None) -> float | None:
    return None if rate is None else round(rate, 4)
