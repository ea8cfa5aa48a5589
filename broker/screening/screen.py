"""Read a text for one recipient: what it may not see is replaced by the broker's wording, or the text is withheld.

Cheapest and surest first: how the text is written (`normal`), the record's own identifiers (`own`), numbers by their
shape (`patterns`), lists (`gazetteers`), people by where their names stand (`kinship`), and a model if there is one.
This is minimisation with review, not anonymisation: what no layer sees goes out.
"""

from collections.abc import Iterable, Sequence

from broker.screening import gazetteers, kinship, patterns
from broker.screening.dates import written
from broker.screening.language import foreign
from broker.screening.normal import Normal, Reading, fold, normal, with_figures
from broker.screening.own import own
from broker.screening.tokens import Words, well_known, words_of
from broker.screening.verdict import Kind, Known, Model, Span, State, Verdict

MOST = 1000
"""Characters of a text that is read: a longer one is withheld, so that no text costs more than its share."""
HIDDEN = "TXT-9"
FAILED = "TXT-8"
AGAIN = "TXT-7"
_GUESSES = frozenset({"TXT-4", "TXT-5", "TXT-6"})


class Screen:
    """Reads texts. Made once: it holds the registered organisations, and a model if there is one."""

    def __init__(self, *, names_of_organisations: Iterable[str] = (), model: Model | None = None) -> None:
        self._organisations = gazetteers.Gazetteer(names_of_organisations)
        self._model = model

    def read(
        self, text: str, known: tuple[Known, ...], shown: frozenset[str], spare: frozenset[str] = frozenset()
    ) -> Verdict:
        """What becomes of this text for a recipient that is shown these fields. Never raises.

        `spare`: texts that are no hit, as the recipient's own name.
        """
        if len(text) > MOST:
            return _withheld((FAILED,), ())
        try:
            return self._read(text, known, shown, spare)
        except Exception:  # noqa: BLE001 - whatever fails, nothing goes out, and what is said of it holds no text
            return _withheld((FAILED,), ())

    def scan(self, text: str, known: tuple[Known, ...]) -> tuple[Span, ...]:
        """Every span that any layer finds, in the order of the text. Raises whatever the model raises."""
        found = normal(text)
        spans = [
            Span(start=start, end=end, kind=Kind.HIDDEN, rule=HIDDEN, certain=False, field=None)
            for start, end in found.hidden
        ]
        spans += [
            Span(start=start, end=end, kind=Kind.LANGUAGE, rule=HIDDEN, certain=False, field=None)
            for start, end in found.foreign
        ]
        words = words_of(found.plain.text)
        spans += self._in_sentences(found.plain, words, known)
        spans += _in_fragments(found, known)
        if self._model is not None:
            spans += self._model.people_and_places(text)
        spans = _without_what_all_know(found.plain, words, spans)
        return tuple(sorted(_without_what_is_known(text, spans), key=lambda one: (one.start, -one.end, one.rule)))

    def _read(self, text: str, known: tuple[Known, ...], shown: frozenset[str], spare: frozenset[str]) -> Verdict:
        hits = _hits(text, self.scan(text, known), shown, spare)
        if not hits:
            return Verdict(state=State.CLEAR, text="", rules=(), spans=())
        rules = tuple(sorted({one.rule for one in hits}))
        if not all(one.certain for one in hits):
            return _withheld(rules, hits)
        wording, written_by_us = _substituted(text, hits, known)
        left = [
            one
            for one in _hits(wording, self.scan(wording, known), shown, spare)
            if not any(start <= one.start and one.end <= end for start, end in written_by_us)
        ]
        if left:
            return _withheld(tuple(sorted({*rules, AGAIN})), hits)
        return Verdict(state=State.SUBSTITUTED, text=wording, rules=rules, spans=hits)

    def _in_sentences(self, reading: Reading, words: Words, known: tuple[Known, ...]) -> list[Span]:
        dates = tuple(written(with_figures(reading.text)))
        spans = own(known).spans(reading, words, dates) if known else []
        spans += patterns.spans(reading, dates)
        spans += self._organisations.spans(reading, words)
        spans += gazetteers.places(reading, words)
        spans += kinship.people(reading, words)
        for start, end in foreign(words):
            first, last = reading.where(start, end)
            spans.append(Span(start=first, end=last, kind=Kind.LANGUAGE, rule=HIDDEN, certain=False, field=None))
        return spans


def _in_fragments(found: Normal, known: tuple[Known, ...]) -> list[Span]:
    spans: list[Span] = []
    for reading in found.others:
        spans += own(known).disguised(reading)
        spans += patterns.spans(reading, tuple(written(reading.text))) if reading.encoded else []
        spans += kinship.disguised(reading, words_of(reading.text))
    return spans


def _without_what_all_know(reading: Reading, words: Words, spans: Sequence[Span]) -> list[Span]:
    """Leave out the guesses that are a name all know: Harry Potter, Clare's Law, Jack Daniel's."""
    if all(one.certain for one in spans):
        return list(spans)
    all_know = [reading.where(*place) for place in well_known(words)]
    return [
        one
        for one in spans
        if one.certain
        or one.rule not in _GUESSES
        or not any(start <= one.start and one.end <= end for start, end in all_know)
    ]


def _without_what_is_known(text: str, spans: Sequence[Span]) -> list[Span]:
    """Leave out the guesses about what a surer layer has named: all of it, by itself or by two that touch."""
    named = {place for one in spans if one.certain for place in range(one.start, one.end)}
    kept = [
        one
        for one in spans
        if one.certain
        or one.rule in {HIDDEN, "TXT-2"}
        or not all(place in named or not text[place].isalnum() for place in range(one.start, one.end))
    ]
    return list(dict.fromkeys(kept))


def _hits(text: str, spans: Sequence[Span], shown: frozenset[str], spare: frozenset[str]) -> tuple[Span, ...]:
    """The spans that this recipient may not see.

    A shape or a listed name inside what the recipient is shown anyway is no hit either.
    """
    free = [one for one in spans if one.field in shown and one.certain]
    own_names = [_plain(one) for one in spare]
    return tuple(
        [
            one
            for one in spans
            if one not in free
            and not (one.certain and any(other.start <= one.start and one.end <= other.end for other in free))
            and not (own_names and _is_spared(_plain(text[one.start : one.end]), one, own_names))
        ]
    )


def _is_spared(plain: str, span: Span, own_names: Sequence[str]) -> bool:
    """Whether this is the recipient's own name, or the beginning of it."""
    if span.kind not in {Kind.ORGANISATION, Kind.PLACE, Kind.PERSON} or span.field is not None:
        return False
    return any(f" {name} ".startswith(f" {plain} ") or f" {plain} ".startswith(f" {name} ") for name in own_names)


def _plain(text: str) -> str:
    return " ".join(token.low.replace("'", "") for token in words_of(fold(text)).tokens)


def _substituted(text: str, hits: Sequence[Span], known: tuple[Known, ...]) -> tuple[str, list[tuple[int, int]]]:
    """The text with every hit replaced, and where the broker's words stand in it."""
    ways: dict[tuple[int, int], list[str]] = {}
    for one in sorted(hits, key=lambda hit: (hit.start, -hit.end, hit.field is None)):
        ways.setdefault((one.start, one.end), []).append(_says(text, one, known))
    merged: list[tuple[int, int, str]] = []
    for (start, end), says in ways.items():
        before = merged[-1] if merged else (0, 0, "")
        if start < before[1]:
            merged[-1] = before[0], max(end, before[1]), before[2]
        elif before[2] in says and text[before[1] : start].strip(" ,.-") == "":
            merged[-1] = before[0], end, before[2]
        else:
            merged.append((start, end, says[0]))
    parts: list[str] = []
    ours: list[tuple[int, int]] = []
    length = done = 0
    for start, end, saying in merged:
        kept, wording = text[done:start], f"[{saying}]"
        parts += [kept, wording]
        ours.append((length + len(kept), length + len(kept) + len(wording)))
        length += len(kept) + len(wording)
        done = end
    return "".join([*parts, text[done:]]), ours


def _says(text: str, span: Span, known: tuple[Known, ...]) -> str:
    """What the broker writes: of several identifiers in one field, that of which a part is written here."""
    ways = [one for one in known if one.field == span.field and one.kind is span.kind]
    if not ways:
        return patterns.SAYS.get(span.kind, "something")
    if len({one.says for one in ways}) == 1:
        return ways[0].says
    alone = [one for one in ways if any(own((one,)).spans(Reading(text), words_of(text), tuple(written(text))))]
    here = [
        one
        for one in alone
        if any(
            hit.start <= span.start and span.end <= hit.end
            for hit in own((one,)).spans(Reading(text), words_of(text), tuple(written(text)))
        )
    ]
    return here[0].says if here else "a person"


def _withheld(rules: tuple[str, ...], spans: tuple[Span, ...]) -> Verdict:
    return Verdict(state=State.WITHHELD, text="", rules=rules, spans=spans)
