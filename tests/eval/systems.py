"""What is measured: our screening without and with its model, and beside it plain Presidio over that model's base."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from broker.schemas.encompass import EDUCATION_SEES
from broker.schemas.notification_issued import NotificationIssued
from broker.screening import model
from broker.screening.own import known
from broker.screening.screen import Screen
from broker.screening.verdict import Kind, Model, Span, State
from tests.eval.compile_notes import Note

RECIPIENTS: Mapping[str, frozenset[str]] = {
    "a recipient that may be shown none of it": frozenset(),
    "the child's school": frozenset(
        name for name, labels in NotificationIssued.labels.items() if labels <= EDUCATION_SEES
    ),
}
"""For whom a verdict is asked -> the fields of the record that it is shown."""

STRICTEST = next(iter(RECIPIENTS))


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What one system makes of one note. `states`: recipient -> verdict; empty for a system that gives none."""

    note: Note
    spans: tuple[Span, ...]
    states: Mapping[str, State]
    seconds: float


class System(Protocol):
    """Something that reads notes."""

    def read(self, note: Note) -> Answer:
        """Read one note."""
        ...


class Ours:
    """Our layers. No organisation is on file, so that a school counts as found only if the text itself tells."""

    def __init__(self, with_model: Model | None = None) -> None:
        self._screen = Screen(model=with_model)

    def read(self, note: Note) -> Answer:
        """Read one note; the time is that of one verdict."""
        own = known(note.record)
        began = time.perf_counter()
        self._screen.read(note.note, own, frozenset())
        seconds = time.perf_counter() - began
        states = {name: self._screen.read(note.note, own, shown).state for name, shown in RECIPIENTS.items()}
        return Answer(note=note, spans=tuple(self._screen.scan(note.note, own)), states=states, seconds=seconds)


class PlainPresidio:
    """Presidio as it comes: its default recognisers and configuration, over the spaCy model that ours starts from."""

    def __init__(self) -> None:
        import tldextract  # noqa: PLC0415 - of the optional extra, like the rest here
        from presidio_analyzer import AnalyzerEngine  # noqa: PLC0415
        from presidio_analyzer.nlp_engine import NlpEngineProvider  # noqa: PLC0415

        # Its e-mail recogniser would fetch a list of domains; the library brings a copy of that list.
        tldextract.extract = tldextract.TLDExtract(cache_dir=None, suffix_list_urls=())
        configuration = NlpEngineProvider().nlp_configuration
        configuration["models"] = [{"lang_code": model.LANGUAGE, "model_name": str(model.folder())}]
        engine = NlpEngineProvider(nlp_configuration=configuration).create_engine()
        self._analyzer = AnalyzerEngine(nlp_engine=engine)

    def read(self, note: Note) -> Answer:
        """Read one note. It knows no record and gives no verdict."""
        began = time.perf_counter()
        found: Sequence[Any] = self._analyzer.analyze(text=note.note, language=model.LANGUAGE)
        seconds = time.perf_counter() - began
        spans = [_span(one.start, one.end, one.entity_type) for one in found if self._counts(one, note)]
        return Answer(note=note, spans=tuple(spans), states={}, seconds=seconds)

    @staticmethod
    def _counts(one: Any, note: Note) -> bool:  # noqa: ANN401 - of the optional extra
        """It marks every date and nationality, which our labels leave out: those are not held against it."""
        return one.entity_type not in {"DATE_TIME", "NRP"} or any(
            one.start < label.end and label.start < one.end for label in note.spans
        )


def _span(start: int, end: int, entity: str) -> Span:
    kind = ITS_KINDS.get(entity, Kind.NUMBER)
    return Span(start=start, end=end, kind=kind, rule="presidio", certain=False, field=None)


ITS_KINDS = {
    "PERSON": Kind.PERSON,
    "NRP": Kind.PERSON,
    "LOCATION": Kind.PLACE,
    "UK_POSTCODE": Kind.POSTCODE,
    "DATE_TIME": Kind.DATE,
    "PHONE_NUMBER": Kind.TELEPHONE,
    "EMAIL_ADDRESS": Kind.EMAIL,
    "URL": Kind.ONLINE,
    "IP_ADDRESS": Kind.ONLINE,
    "ORGANIZATION": Kind.ORGANISATION,
    "UK_VEHICLE_REGISTRATION": Kind.VEHICLE,
}
"""Presidio's kinds -> ours; all others are numbers of some sort."""
