"""What is held at an organisation and waits for its own human: folded from what its inbox says. The newest word wins.

Everything here comes from outcomes and notices that the broker sealed to the sender alone; nothing of a message's
content is among it, and the broker's operators see none of it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, NamedTuple

from broker.schemas.terms import Outcome, Release
from broker.state import TellingState
from broker.words import RELEASED

Body = Mapping[str, Any]
SENT, REFUSED = "sent", "refused"
OPEN = frozenset({TellingState.HELD.value, RELEASED})
KEPT = frozenset({"outcome", "overdue", "again-failed"})
"""What the broker says that can tell of a hold (by `is`)."""


class Word(NamedTuple):
    """One thing that the broker said: its id, when, and the body of its cover."""

    id: str
    at: str
    body: Body


class May(StrEnum):
    """What the sender's human may do about a hold."""

    RELEASE = "release"
    BREAK_GLASS = "break-glass"
    REFUSE = "refuse"
    TELL = "told-by-other-channel"
    SEND_AGAIN = "send-again"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """One message that is, or was, held for one recipient.

    `findings`: the rules that hold it. `basis`: the code that it was sent on. `due`: when a human must have read it;
    None for an answer, which nobody waits for and which the broker does not keep. `failed`: it was released, and the
    broker could not decide it anew. `act`: which role holder settled or released it, how and why.
    """

    message: str
    organisation: str
    name: str | None = None
    type: str
    case: str
    owner: str
    state: str = TellingState.HELD.value
    since: str
    findings: tuple[Body, ...] = ()
    basis: str | None = None
    due: Body | None = None
    call_sheet: Body | None = None
    successors: tuple[str, ...] = ()
    overdue: bool = False
    failed: bool = False
    act: Body = field(default_factory=dict)

    @property
    def open(self) -> bool:
        """Whether it still waits for somebody."""
        return self.state in OPEN

    @property
    def may(self) -> tuple[May, ...]:
        """What may be done now. Neither released nor broken through: a rule that nobody at the sender can mend."""
        if self.state != TellingState.HELD:
            return ()
        if self.due is None:
            return (May.SEND_AGAIN,)
        ways = [set(one["releasedBy"]) for one in self.findings]
        both = set.intersection(*ways) if ways else set()
        releases = [May(one) for one in (Release.RELEASE, Release.BREAK_GLASS) if one in both]
        return (*releases, May.REFUSE, May.TELL)

    def in_the_way(self, how: Release) -> tuple[str, ...]:
        """The rules that cannot be passed in that way."""
        return tuple(one["rule"] for one in self.findings if how not in one["releasedBy"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """A decision of a role holder that somebody else at the sender looks at afterwards.

    `of`: `break-glass`, or `not-shared` with a time at which it is to be looked at again.
    """

    of: str
    message: str
    organisation: str
    at: str
    act: Body
    review_at: str | None = None


class Folded(NamedTuple):
    """All holds, and what awaits review, in the order in which they came."""

    holds: tuple[Hold, ...]
    reviews: tuple[Review, ...]


def fold(words: Iterable[Word]) -> Folded:
    """Fold what the broker said, oldest first. What it said twice counts once."""
    folding = _Folding()
    seen: set[str] = set()
    for word in words:
        if word.id not in seen:
            seen.add(word.id)
            folding.take(word)
    return Folded(tuple(folding.holds.values()), tuple(folding.reviews))


class _Folding:
    def __init__(self) -> None:
        self.holds: dict[tuple[str, str], Hold] = {}
        self.reviews: list[Review] = []

    def take(self, word: Word) -> None:
        body = word.body
        if body["is"] == "outcome":
            for one in sorted(body["recipients"], key=_is_held):  # who is told in two capacities may be held in one
                self._recipient(word, one)
            for one in body.get("settled", ()):
                self._settle(word, one)
        elif body["is"] in KEPT and body["state"] == TellingState.HELD:
            self._notice(word)

    def _recipient(self, word: Word, one: Body) -> None:
        body, key = word.body, (word.body["message"], one["organisation"])
        before = self.holds.get(key)
        if one["outcome"] == Outcome.HOLD:
            self.holds[key] = _held(word, one, before)
            return
        shared = one["outcome"] != Outcome.REFUSE
        if before is not None:
            self.holds[key] = replace(before, state=SENT if shared else REFUSED, failed=False)
        if body.get("review") == Release.BREAK_GLASS:
            act = before.act if before else {}
            self.reviews.append(Review(of=May.BREAK_GLASS, message=key[0], organisation=key[1], at=word.at, act=act))
        for other, hold in self.holds.items():
            about = (hold.case, hold.type, hold.organisation)
            if shared and hold.due is None and hold.open and about == (body["case"], body["type"], key[1]):
                self.holds[other] = replace(hold, state=SENT)  # an answer that was sent again

    def _settle(self, word: Word, one: Body) -> None:
        key, act = (one["message"], one["organisation"]), word.body.get("act", {})
        if key in self.holds:
            self.holds[key] = replace(self.holds[key], state=one["state"], act=act, failed=False)
        if review_at := act.get("reviewAt"):
            self.reviews.append(
                Review(of=one["state"], message=key[0], organisation=key[1], at=word.at, act=act, review_at=review_at)
            )

    def _notice(self, word: Word) -> None:
        """Overdue, or released in vain: still held, whether or not its outcome is still in the inbox."""
        body = word.body
        key = (body["message"], body["organisation"])
        overdue = body["is"] == "overdue"
        hold = self.holds.get(key) or Hold(
            message=key[0],
            organisation=key[1],
            type=body["type"],
            case=body["case"],
            owner=body["caseOwner"],
            since=word.at,
            due={"at": body.get("due") or word.at, "kind": body.get("kind") or "not known here"},
        )
        hold = replace(hold, state=TellingState.HELD.value)  # another part of the message may have gone meanwhile
        self.holds[key] = replace(hold, overdue=True) if overdue else replace(hold, failed=True)


def _is_held(one: Body) -> bool:
    return bool(one["outcome"] == Outcome.HOLD)


def _held(word: Word, one: Body, before: Hold | None) -> Hold:
    """The hold as an outcome tells of it. Decided anew, its first clock runs on."""
    body, going = word.body, before if before is not None and before.open else None
    sender = one["basis"]["sender"]
    return Hold(
        message=body["message"],
        organisation=one["organisation"],
        name=one["name"],
        type=body["type"],
        case=body["case"],
        owner=body["caseOwner"],
        since=going.since if going else word.at,
        findings=tuple(found for found in one["findings"] if found["outcome"] == Outcome.HOLD),
        basis=sender["code"] if sender else None,
        due=going.due if going else one["due"],
        call_sheet=one.get("callSheet"),
        successors=tuple(one.get("successors", ())),
        overdue=going.overdue if going else False,
        act=going.act if going else {},
    )
