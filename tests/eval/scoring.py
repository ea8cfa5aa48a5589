"""How well spans that somebody found agree with the spans that somebody labelled: counts, no opinions.

Recall: a labelled span is found if any span that was found shares a character with it. Precision: of the spans that
were found, those that share a character with a labelled one. Both are also given by character, which is strict: a find
of "Darren" in "Darren Cole" is half of it. A span over a whole text (`language`) says that nobody could read it, so it
finds nothing and is wrong about nothing.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from broker.screening.verdict import Kind, Span
from tests.eval.compile_notes import Labelled, Note


class Range(Protocol):
    """Anything from `start` up to `end`, in characters."""

    @property
    def start(self) -> int:
        """The first character."""
        ...

    @property
    def end(self) -> int:
        """The one after the last."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """So many of so many."""

    of: int
    all: int

    @property
    def rate(self) -> float | None:
        """The share, 0 to 1; None of nothing."""
        return self.of / self.all if self.all else None

    def __add__(self, other: "Share") -> "Share":
        return Share(of=self.of + other.of, all=self.all + other.all)


NOTHING = Share(of=0, all=0)

Read = tuple[Note, Sequence[Span]]
"""A note, and what was found in it."""


def touches(one: Range, other: Range) -> bool:
    """Whether the two share a character."""
    return one.start < other.end and other.start < one.end


def finds(spans: Iterable[Span]) -> tuple[Span, ...]:
    """The spans that point at something: all but those that say that a text could not be read."""
    return tuple([span for span in spans if span.kind is not Kind.LANGUAGE])


def recall(read: Iterable[Read], wanted: Callable[[Labelled], bool] = lambda _: True) -> Share:
    """Of the labelled spans that are wanted, those that were found."""
    hits = [
        any(touches(label, span) for span in finds(spans))
        for note, spans in read
        for label in filter(wanted, note.spans)
    ]
    return Share(of=sum(hits), all=len(hits))


def precision(read: Iterable[Read], wanted: Callable[[Span], bool] = lambda _: True) -> Share:
    """Of the spans found that are wanted, those that touch a labelled one. The same place found twice counts once."""
    hits = [
        any(touches(place, label) for label in note.spans)
        for note, spans in read
        for place in places(span for span in finds(spans) if wanted(span))
    ]
    return Share(of=sum(hits), all=len(hits))


@dataclass(frozen=True, slots=True)
class Place:
    """A stretch of a text that one or more spans mark together."""

    start: int
    end: int


def places(spans: Iterable[Range]) -> tuple[Place, ...]:
    """Spans that share a character, as one: what a reader of the marked text would see."""
    merged: list[Place] = []
    for span in sorted(spans, key=lambda one: (one.start, one.end)):
        if merged and span.start < merged[-1].end:
            merged[-1] = Place(merged[-1].start, max(merged[-1].end, span.end))
        else:
            merged.append(Place(span.start, span.end))
    return tuple(merged)


def by_character(read: Iterable[Read]) -> tuple[Share, Share]:
    """(recall, precision) counted in characters that are no blanks: the strict figures."""
    both = marked = labelled = 0
    for note, spans in read:
        truth = _characters(note.note, note.spans)
        found = _characters(note.note, finds(spans))
        both, marked, labelled = both + len(truth & found), marked + len(found), labelled + len(truth)
    return Share(of=both, all=labelled), Share(of=both, all=marked)


def _characters(text: str, spans: Iterable[Range]) -> set[int]:
    return {at for span in spans for at in range(span.start, span.end) if not text[at].isspace()}


def missed(note: Note, spans: Sequence[Span]) -> tuple[Labelled, ...]:
    """The labelled spans of a note that nothing touches."""
    return tuple([label for label in note.spans if not any(touches(label, span) for span in finds(spans))])


def wrong(note: Note, spans: Sequence[Span]) -> tuple[Place, ...]:
    """The places found that touch nothing labelled."""
    return tuple([place for place in places(finds(spans)) if not any(touches(place, label) for label in note.spans)])


def by_layer(read: Sequence[Read], rules: Sequence[str]) -> Mapping[str, tuple[Share, Share]]:
    """Rule -> (of all labelled spans, those that it found and no rule before it; those found up to and with it)."""
    counted = {}
    before = NOTHING
    for number, rule in enumerate(rules, 1):
        upto = frozenset(rules[:number])
        found = recall([(note, [span for span in spans if span.rule in upto]) for note, spans in read])
        counted[rule] = (Share(of=found.of - before.of, all=found.all), found)
        before = found
    return counted


def middle(values: Sequence[float], share: float) -> float:
    """The value below which this share of the values lies: 0.5 is the median. Raises ValueError on none."""
    if not values:
        raise ValueError("nothing was measured")
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]
