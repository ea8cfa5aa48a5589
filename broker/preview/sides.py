"""What one recipient will see beside what was signed, field by field, as values. Pure: no terminal, no page, no file.

It shows the sender's side: what is hidden from the recipient stands here, and that it is hidden. It is built on the dry
run (`broker.check`), so that a view is computed in one way only.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from broker import legal, show, words
from broker.check import Tried
from broker.consent.clocks import LONDON
from broker.judge import A_TIME
from broker.receipts import IN_WORDS, OF_A_LINE, OTHERS
from broker.schemas.message import Flow
from broker.schemas.terms import Code, Label, Outcome
from broker.screening.verdict import State, Verdict
from broker.words import Judged

Json = Mapping[str, Any]
Reader = Callable[[str, Json, frozenset[str], frozenset[str]], Verdict]
"""Reads one piece of free text: the text, the message's content, the fields that its recipient is shown, and texts that
are no hit (the recipient's own name)."""

NOT_ANONYMOUS = (
    "This is minimisation with review, not anonymisation: who knows the family may recognise it in what is left, and "
    "screening can miss something. Read it before you send it."
)
FOR_THE_SENDER = "For the sender's own eyes: it shows what the recipient may not see. Do not pass it on."
SCREENED_LATER = "Free text is read before it goes. It follows what is certain as a second delivery in the same case."
BY_RULES = "Read here by rules alone: a broker with the language model may keep back more."
WITH_MODEL = "Read here by rules and by the language model."


class Seen(Code):
    """What becomes of one field for one recipient."""

    SHOWN = "shown"
    SCREENED = "screened"  # free text: each piece by itself
    WITHHELD = "withheld"  # and the recipient is told by which rule
    HIDDEN = "hidden"  # to the recipient it looks as if it had been left out
    NOTHING = "nothing"  # the whole message is refused


class Mark(Code):
    """What a run of text is."""

    PLAIN = "plain"
    FOUND = "found"  # in what was signed: what screening found
    BROKER = "broker"  # in what is seen: the broker's words in its place


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A run of text of one kind."""

    text: str
    mark: Mark = Mark.PLAIN


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One piece of free text, as signed and as seen. `seen`: empty if it is withheld. `why`: rule and reason."""

    signed: tuple[Run, ...]
    seen: tuple[Run, ...]
    state: State
    why: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One field, or one line of `to`. `marker`: what stands in the recipient's copy in its place; empty: nothing."""

    field: str
    name: str
    labels: tuple[str, ...]
    signed: str
    seen: Seen
    rule: str = ""
    why: str = ""
    marker: str = ""
    pieces: tuple[Piece, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Fields that belong together."""

    title: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """The whole. `sent`: it goes at once; `held`: only if the sender's human lets it go; neither: never, as it stands.

    `cover`: the broker's words beside it. `left_out`: fields that the sender did not give. `read_by`: how the free text
    was read for this preview.
    """

    title: str
    type: str
    sender: str
    recipient: str
    organisation: str
    role: str
    outcome: str
    sent: bool
    held: bool
    findings: tuple[Json, ...]
    cover: Json
    groups: tuple[Group, ...]
    left_out: tuple[str, ...]
    read_by: str = BY_RULES

    def count(self, *seen: Seen) -> int:
        """How many fields are of these kinds."""
        return sum(row.seen in seen for group in self.groups for row in group.rows)

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """All free text."""
        return tuple(piece for group in self.groups for row in group.rows for piece in row.pieces)


GROUPS: Mapping[str, tuple[Label, ...]] = {
    "Free text": (Label.NARRATIVE,),
    "Safety": (Label.SAFETY, Label.CONDITION),
    "Law and agreement": (Label.LAW,),
    "Whom to ring": (Label.PRACTITIONER, Label.DIRECT_LINE),
    "Adults": (Label.OTHER_PEOPLE, Label.ADULT_NAME),
    "The child": (Label.IDENTITY, Label.LOCATION, Label.EDUCATION, Label.SUPPORT_NEED),
    "The incident": (Label.TIME, Label.AS_SPECIAL, Label.VOICE, Label.ALLEGATION, Label.OPINION),
}
"""Where a field stands: in the first of these with which it shares a label, by the order of the labels."""
ADDRESSED, THE_REST = "Addressed to", "About the message"
ORDER = (
    "The child",
    "The incident",
    "Adults",
    "Safety",
    "Free text",
    "Whom to ring",
    "Law and agreement",
    THE_REST,
    ADDRESSED,
)


def recipients(done: Tried) -> tuple[str, ...]:
    """Who would receive it."""
    return tuple(one.line.organisation for one in done.judged)


def sides(done: Tried, organisation: str, read: Reader, *, with_model: bool = False) -> Preview:
    """Both sides for one of its recipients. Raises LookupError if it is none, or if nothing could be parsed.

    `with_model`: `read` uses the language model too.
    """
    flow, sender = done.flow, done.sender
    found = [
        pair
        for pair in zip(done.judged, done.outcome["recipients"], strict=True)
        if pair[0].line.organisation == organisation
    ]
    if flow is None or sender is None or not found:
        raise LookupError(organisation)
    one, told = found[0]
    signed = {"jti": done.outcome["message"], "sub": done.outcome["case"], "own": done.outcome["caseOwner"]}
    cover = words.delivery(signed=signed, flow=flow, sender=sender, one=one, told=told, digest="")
    labels = flow.message.labels
    rows = [
        *sorted(
            _fields(done.content, flow, one, told, cover["notShown"], read), key=lambda row: _place(labels[row.field])
        ),
        *_lines(done.to, one),
    ]
    titles = [_title(labels[row.field]) if row.field in labels else ADDRESSED for row in rows]
    grouped = {title: tuple(row for where, row in zip(titles, rows, strict=True) if where == title) for title in ORDER}
    return Preview(
        title=flow.title,
        type=flow.type,
        sender=sender.name,
        recipient=told["name"] or organisation,
        organisation=organisation,
        role=legal.plain(one.line.role.value),
        outcome=told["outcome"],
        sent=one.decision.shared,
        held=one.decision.outcome is Outcome.HOLD,
        findings=tuple(told["findings"]),
        cover=cover,
        groups=tuple(Group(title=title, rows=of) for title, of in grouped.items() if of),
        left_out=tuple(show.words(name) for name in flow.message.labels if name not in done.content),
        read_by=WITH_MODEL if with_model else BY_RULES,
    )


def _fields(
    content: Json, flow: Flow, one: Judged, told: Json, markers: Mapping[str, str], read: Reader
) -> Iterator[Row]:
    gone = {each.field: each for each in one.shown.withheld}
    reasons = {**IN_WORDS, **{finding["rule"]: finding["reason"] for finding in told["findings"]}}
    may_see = one.shown.fields | one.shown.pending
    spare = frozenset({told["name"]} if told["name"] else ())
    for name, value in content.items():
        labels = flow.message.labels[name]
        row = partial(
            Row,
            field=name,
            name=show.words(name),
            labels=tuple(legal.LABELS[label] for label in sorted(labels)),
            signed=_in_words(value),
        )
        if one.decision.outcome is Outcome.REFUSE:
            made = row(seen=Seen.NOTHING)
        elif name in gone:
            rule = gone[name].rule
            seen = Seen.HIDDEN if gone[name].neutral else Seen.WITHHELD
            made = row(seen=seen, rule=rule, why=reasons.get(rule, ""), marker=markers[name])
        elif name in one.shown.pending:
            pieces = tuple(_piece(text, read(text, content, may_see, spare)) for text in _texts(value))
            made = row(seen=Seen.SCREENED, pieces=pieces)
        else:
            made = row(seen=Seen.SHOWN)
        yield made


def _title(labels: frozenset[Label]) -> str:
    return next((title for title, of in GROUPS.items() if labels & frozenset(of)), THE_REST)


def _place(labels: frozenset[Label]) -> int:
    return next((at for at, label in enumerate(GROUPS.get(_title(labels), ())) if label in labels), 0)


def _in_words(value: object) -> str:
    """What was signed, on one line; a time as a clock in England and Wales shows it."""
    if isinstance(value, str) and A_TIME.fullmatch(value):
        return f"{datetime.fromisoformat(value).astimezone(LONDON):%A %-d %B %Y, %H:%M}"
    return show.value(value)


def _texts(value: str | Sequence[str]) -> Sequence[str]:
    """The pieces of a free text: a short one is one."""
    return (value,) if isinstance(value, str) else value


def _lines(to: Sequence[Json], one: Judged) -> Iterator[Row]:
    """A recipient sees its own line of `to`, or its setting's, and not that there are others."""
    for number, line in enumerate(to, start=1):
        own = line["organisation"] == (one.instead_of or one.line.organisation)
        row = partial(
            Row,
            field=f"to.{number}",
            name="to this one" if own else "to another",
            labels=tuple(legal.LABELS[Label(label)] for label in OF_A_LINE),
            signed=show.value(line),
        )
        if one.decision.outcome is Outcome.REFUSE:
            yield row(seen=Seen.NOTHING)
        elif own:
            yield row(seen=Seen.SHOWN)
        else:
            yield row(seen=Seen.HIDDEN, rule=OTHERS, why=IN_WORDS[OTHERS])


# Free text ---------------------------------------------------------------------------------------------------------


def _piece(text: str, verdict: Verdict) -> Piece:
    seen: tuple[Run, ...] = ()
    if verdict.state is State.CLEAR:
        seen = (Run(text=text),)
    elif verdict.state is State.SUBSTITUTED:
        seen = _brokers(text, verdict)
    return Piece(
        signed=_found(text, verdict) if verdict.state is not State.CLEAR else (Run(text=text),),
        seen=seen,
        state=verdict.state,
        why=tuple((rule, IN_WORDS.get(rule, "")) for rule in verdict.rules),
    )


def _spans(text: str, verdict: Verdict) -> list[tuple[int, int]]:
    """Where the finds are, in order, those that touch or overlap as one."""
    made: list[tuple[int, int]] = []
    for start, end in sorted((max(0, span.start), min(len(text), span.end)) for span in verdict.spans):
        if made and start <= made[-1][1]:
            made[-1] = made[-1][0], max(end, made[-1][1])
        elif start < end:
            made.append((start, end))
    return made


def _found(text: str, verdict: Verdict) -> tuple[Run, ...]:
    runs, at = [], 0
    for start, end in _spans(text, verdict):
        runs += [Run(text=text[at:start]), Run(text=text[start:end], mark=Mark.FOUND)]
        at = end
    return tuple(run for run in (*runs, Run(text=text[at:])) if run.text)


def _brokers(text: str, verdict: Verdict) -> tuple[Run, ...]:
    """Which words are the broker's: what is not the sender's own, from one find to the next.

    If the two cannot be laid side by side, all of it is marked as the broker's: never one word too few.
    """
    runs: list[Run] = []
    ours, at, rest = text, 0, verdict.text
    for start, end in _spans(text, verdict):
        before, at = ours[at:start], end
        closes = rest.find("]", len(before))
        if not rest.startswith(f"{before}[") or closes < 0:
            return (Run(text=verdict.text, mark=Mark.BROKER),)
        runs += [Run(text=before), Run(text=rest[len(before) : closes + 1], mark=Mark.BROKER)]
        rest = rest[closes + 1 :]
    if rest != ours[at:]:
        return (Run(text=verdict.text, mark=Mark.BROKER),)
    return tuple(run for run in (*runs, Run(text=rest)) if run.text)
