"""What the broker must remember of each case: whom it told what, what is due when, and which ids it has seen.

Pure values plus one container per partition. No content of any message is kept here; values are sealed before they are
written to the changelog, because even which rule held a message can tell something.
"""

import heapq
import os
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic import AwareDatetime, Field

from broker.consent.clocks import DeadlineKind
from broker.schemas.agreement import AgreedPurpose, GivenBy, GivenFor, GrantOf
from broker.schemas.encompass import Connection
from broker.schemas.message import Block, OrganisationId
from broker.schemas.terms import AddressHandling, Release, Role

WINDOW = timedelta(days=7)
"""How long ids are remembered. Anything signed earlier is refused as stale, so nothing can be replayed after it."""
LEEWAY = timedelta(minutes=5)
"""How far a sender's clock may run ahead."""
MOST_SEEN = 100_000
"""Ids that one partition remembers: ten times a national week. Beyond it the oldest are forgotten early, and whatever
could be one of them is refused as stale."""
LONGEST_OUTCOME = 65536
"""Characters of an outcome that are remembered: twice what the longest message to the most recipients takes."""
CASE_KEPT = timedelta(days=90)
"""How long a case is remembered after its last event, if nothing is open in it. Unconfirmed."""
TOLD_ONE_BY_ONE = 10
"""Refusals without a signature of which one partition tells the organisation that they name, before it tells only of
the 16th, the 32nd and so on: anybody can write them in anybody's name."""
TOLD_ANEW = timedelta(hours=1)
"""After which it counts from the beginning."""
NUMBER, NONCE = 2, 12


class TellingState(StrEnum):
    """How far one recipient has got with one message."""

    SENT = "sent"
    HELD = "held"
    SCREENING = "being-screened"  # its free text is being read
    ACKNOWLEDGED = "acknowledged"
    REJECTED = "rejected"
    ERASED = "erased"
    TOLD = "told-by-other-channel"
    WITHDRAWN = "withdrawn"  # was held, and need not be told any more
    OWED = "owed"  # nobody has been told yet, and the sender owes it: the designated officer (CLK-LADO)
    NOT_SHARED = "not-shared"  # was held, and its sender's role holder decided not to share it


OPEN = frozenset(
    {TellingState.SENT, TellingState.HELD, TellingState.SCREENING, TellingState.REJECTED, TellingState.OWED}
)
"""A human still has to act: read it, settle the hold, or find whose it is if the recipient says it is not theirs. Or
the screening has."""

WAITING = frozenset({TellingState.HELD, TellingState.SCREENING})
"""Its sender's human may let it go, or decide not to."""


class Part(StrEnum):
    """Which part of a message a telling is about."""

    WHOLE = "whole"  # all that goes at once
    TEXT = "text"  # the free text, which follows
    BOTH = "both"  # it could not go without its free text


AGAIN = frozenset({TellingState.SENT, TellingState.HELD})
"""What may be sent again: a recipient that has answered has it."""


class Grant(Block):
    """What a person has agreed to, as the organisation that heard it had it recorded. `at`: when that was.

    `withdrawn`: the person has changed their mind.
    """

    id: str
    what: GrantOf
    given_by: GivenBy
    given_for: GivenFor
    purpose: AgreedPurpose
    recipients: tuple[OrganisationId, ...]
    wording_version: str
    given_at: AwareDatetime
    expires_at: AwareDatetime
    at: AwareDatetime
    withdrawn: bool = False

    def stands(self, now: datetime) -> bool:
        """Whether it has begun, has not lapsed and has not been withdrawn."""
        return not self.withdrawn and self.given_at <= now + LEEWAY and now < self.expires_at


class Telling(Block):
    """One message for one recipient. `overdue`: its due time has fired. `root`: the message it follows, or itself.

    `released`: a role holder of the sender has let it go, and it has not been decided anew yet. `grants`: what it
    relies on; then `events` are the deliveries of it, each of which must become unclaimable if one is withdrawn.
    `instead_of`: the setting in whose usual lead's place it was told (RD-7).
    `segments`: of free text that was kept back, which, as `circumstances/2`; none: all that was pending.
    `corrected`: free text of which a correction has given the right value since, so that it need not follow any more.
    `let_go`: how the rest of the message had been released, while its free text is read. `barred`: a rule holds free
    text of which nobody has read yet whether it may go, so that letting it go clears none of it.
    """

    message: str
    root: str
    type: str
    sender: OrganisationId
    recipient: OrganisationId
    role: Role
    part: Part = Part.WHOLE
    state: TellingState
    at: AwareDatetime
    due: AwareDatetime | None = None
    kind: DeadlineKind | None = None
    overdue: bool = False
    released: Release | None = None
    grants: tuple[str, ...] = ()
    events: tuple[str, ...] = ()
    instead_of: OrganisationId | None = None
    segments: tuple[str, ...] = ()
    corrected: tuple[str, ...] = ()
    let_go: Release | None = None
    barred: bool = False

    @property
    def open(self) -> bool:
        """Whether a human still has to act."""
        return self.state in OPEN and self.due is not None

    @property
    def passes(self) -> Release | None:
        """With which release it is decided: the one that goes further."""
        return (
            Release.BREAK_GLASS if Release.BREAK_GLASS in (self.released, self.let_go) else self.released or self.let_go
        )

    @property
    def cleared(self) -> bool:
        """Whether a human at the sender has read this free text and cleared it, now or before."""
        if self.part is Part.WHOLE or (self.barred and not self.segments):
            return False
        return self.released is not None or (self.state is TellingState.SENT and bool(self.segments))


class Case(Block):
    """Everything told in one case: one child, one incident, one sender.

    `withdrawn`: roots that have been withdrawn. `handling`: the strictest that any message in the case has asked for.
    `grants`: the register of what the person concerned has agreed to. `connections`: which adults are at which
    organisations, and `not_told`: which organisations must not be told, as its sender has said so far.
    """

    owner: OrganisationId
    id: str
    withdrawn: tuple[str, ...] = ()
    handling: AddressHandling = AddressHandling.OPEN
    tellings: tuple[Telling, ...] = ()
    grants: tuple[Grant, ...] = ()
    connections: tuple[Connection, ...] = ()
    not_told: tuple[OrganisationId, ...] = ()

    @property
    def open(self) -> bool:
        """Whether a human still has to act on something in it."""
        return any(one.open for one in self.tellings)

    @property
    def unanswered(self) -> frozenset[str]:
        """Messages in it on which a human still has to act: of these, and no others, the broker keeps a copy."""
        return frozenset(one.message for one in self.tellings if one.open and one.state is not TellingState.OWED)

    def past(self, now: datetime) -> bool:
        """Whether its last event is long past."""
        last = (*(one.at for one in self.tellings), *(one.at for one in self.grants))
        return all(at + CASE_KEPT < now for at in last)

    def needed(self, now: datetime) -> bool:
        """Whether somebody still has to act, or may still rely on what was agreed in it."""
        return self.open or any(one.stands(now) for one in self.grants)


class Seen(Block):
    """A message id with the digest of what came under it, and the outcome that was answered."""

    message: str
    digest: str
    outcome: Annotated[str, Field(max_length=LONGEST_OUTCOME)]
    sender: OrganisationId
    at: AwareDatetime


class Unsigned(Block):
    """How many records in an organisation's name were refused, with no signature to prove it, since the first one."""

    claimed: OrganisationId
    since: AwareDatetime
    count: int = 1

    @property
    def told(self) -> bool:
        """Whether the organisation hears of this one: of the first few, then each time the number has doubled."""
        return self.count <= TOLD_ONE_BY_ONE or self.count.bit_count() == 1

    def past(self, now: datetime) -> bool:
        """Whether the next one is a first one again."""
        return self.since + TOLD_ANEW <= now


Remembered = Case | Seen | Unsigned
KINDS: Mapping[str, type[Remembered]] = {"case": Case, "seen": Seen, "unsigned": Unsigned}
"""By the first part of a changelog key."""


class Memory(Protocol):
    """What the procedure may look up. It never writes: it returns what should be remembered."""

    def case(self, owner: str, case: str) -> Case | None:
        """The case, or None."""

    def seen(self, message: str) -> Seen | None:
        """What came under that message id, or None."""

    def forgotten(self) -> datetime | None:
        """Ids that came before that time may have been forgotten early, for want of room. None: none has."""

    def unsigned(self, claimed: str) -> Unsigned | None:
        """What was refused of late in that organisation's name, or None."""


class Ahead:
    """A memory as it will be once some more is remembered, which is left as it is."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._cases: dict[tuple[str, str], Case] = {}
        self._seen: dict[str, Seen] = {}
        self._unsigned: dict[str, Unsigned] = {}

    def remember(self, entries: Sequence[Remembered]) -> None:
        """Take in values."""
        for entry in entries:
            if isinstance(entry, Case):
                self._cases[entry.owner, entry.id] = entry
            elif isinstance(entry, Seen):
                self._seen[entry.message] = entry
            else:
                self._unsigned[entry.claimed] = entry

    def case(self, owner: str, case: str) -> Case | None:
        """See Memory."""
        return self._cases.get((owner, case)) or self._memory.case(owner, case)

    def seen(self, message: str) -> Seen | None:
        """See Memory."""
        return self._seen.get(message) or self._memory.seen(message)

    def forgotten(self) -> datetime | None:
        """See Memory."""
        return self._memory.forgotten()

    def unsigned(self, claimed: str) -> Unsigned | None:
        """See Memory."""
        return self._unsigned.get(claimed) or self._memory.unsigned(claimed)


class Cabinet:
    """The memory of one partition, held by its owner. `remember` returns the changelog entries to write."""

    def __init__(self) -> None:
        self._cases: OrderedDict[tuple[str, str], Case] = OrderedDict()
        self._seen: OrderedDict[str, Seen] = OrderedDict()
        self._unsigned: dict[str, Unsigned] = {}  # at most one for each organisation of the registry
        self._due: list[tuple[datetime, str, str, str, str]] = []
        self.released = False  # whether something has been let go and not been decided anew yet

    def case(self, owner: str, case: str) -> Case | None:
        """See Memory."""
        return self._cases.get((owner, case))

    def seen(self, message: str) -> Seen | None:
        """See Memory."""
        return self._seen.get(message)

    def forgotten(self) -> datetime | None:
        """See Memory. It follows from what is remembered, so a restart changes nothing."""
        return next(iter(self._seen.values())).at if len(self._seen) >= MOST_SEEN else None

    def unsigned(self, claimed: str) -> Unsigned | None:
        """See Memory."""
        return self._unsigned.get(claimed)

    def cases(self) -> Iterator[Case]:
        """All cases, in no order."""
        yield from self._cases.values()

    def remember(self, *entries: Remembered) -> list[tuple[str, str | None]]:
        """Take in values; return (changelog key, JSON) for each."""
        written: list[tuple[str, str | None]] = []
        for entry in entries:
            if isinstance(entry, Case):
                self._cases[entry.owner, entry.id] = entry
                self._cases.move_to_end((entry.owner, entry.id))
                for telling in entry.tellings:
                    self.released = self.released or telling.released is not None
                    if telling.open and not telling.overdue and telling.due is not None:
                        item = (telling.due, entry.owner, entry.id, telling.message, telling.recipient)
                        heapq.heappush(self._due, item)
                key = f"case/{entry.owner}/{entry.id}"
            elif isinstance(entry, Seen):
                self._seen[entry.message] = entry
                key = f"seen/{entry.message}"
            else:
                if entry.count == 1:
                    self._unsigned.pop(entry.claimed, None)  # in the order of their first ones
                self._unsigned[entry.claimed] = entry
                key = f"unsigned/{entry.claimed}"
            written.append((key, entry.model_dump_json(by_alias=True)))
        return written

    def restore(self, key: str, value: str | None) -> None:
        """Apply one changelog entry, in the order of the log."""
        kind, _, rest = key.partition("/")
        if value is not None:
            self.remember(KINDS[kind].model_validate_json(value))
        elif kind == "case":
            owner, _, case = rest.rpartition("/")
            self._cases.pop((owner, case), None)
        else:
            (self._seen if kind == "seen" else self._unsigned).pop(rest, None)

    def to_send_again(self, asked: Mapping[str, datetime]) -> list[tuple[Case, Telling]]:
        """What has been let go, and what recipients who lost their key (by id: before when) have not answered."""
        self.released = False
        return [
            (case, one)
            for case in self._cases.values()
            for one in case.tellings
            if one.open
            and (
                one.released is not None
                or (_comes_again(one) and one.recipient in asked and one.at < asked[one.recipient])
            )
        ]

    def next_due(self, now: datetime) -> tuple[Case, Telling] | None:
        """Take the earliest telling whose due time has come and is still open, or None."""
        while self._due and self._due[0][0] <= now:
            due, owner, case_id, message, recipient = heapq.heappop(self._due)
            case = self._cases.get((owner, case_id))
            for telling in case.tellings if case else ():
                same = (telling.message, telling.recipient, telling.due) == (message, recipient, due)
                waits = telling.open and not telling.overdue and telling.released is None  # let go: is decided at once
                if same and waits and case is not None:
                    return case, telling
        return None

    def forget(self, now: datetime, most: int = 100) -> list[tuple[str, str | None]]:
        """Drop at most `most` ids past the window or beyond MOST_SEEN, counts and cases that are over.

        Returns their tombstones.
        """
        gone: list[tuple[str, str | None]] = []
        while self._unsigned and len(gone) < most:
            claimed, first = next(iter(self._unsigned.items()))
            if not first.past(now):
                break
            del self._unsigned[claimed]
            gone.append((f"unsigned/{claimed}", None))
        while self._seen and len(gone) < most:
            message, oldest = next(iter(self._seen.items()))
            if oldest.at + WINDOW + LEEWAY > now and len(self._seen) <= MOST_SEEN:
                break
            del self._seen[message]
            gone.append((f"seen/{message}", None))
        for _ in range(min(most - len(gone), len(self._cases))):
            key, longest_untouched = next(iter(self._cases.items()))
            if not longest_untouched.past(now):
                break
            if longest_untouched.needed(now):
                self._cases.move_to_end(key)  # or one that nobody ever answers would keep all others
                continue
            del self._cases[key]
            gone.append((f"case/{key[0]}/{key[1]}", None))
        return gone


def _comes_again(one: Telling) -> bool:
    """Whether it may be sent again. What was kept back of a free text waits for its sender, and for nothing else."""
    return one.state in AGAIN and not (one.state is TellingState.HELD and one.segments)


class StateSeal:
    """Seals changelog values under the newest of the broker's own state keys, by number (AES-256-GCM).

    The number stands before each value. It and the record key are authenticated. Older keys open until destroyed.
    """

    def __init__(self, keys: Mapping[int, bytes]) -> None:
        self._ciphers = {number.to_bytes(NUMBER, "big"): AESGCM(key) for number, key in keys.items()}
        self._newest = max(self._ciphers)

    @property
    def rotated(self) -> bool:
        """Whether anything could still be sealed under an older key."""
        return len(self._ciphers) > 1

    def seal(self, key: str, value: str) -> bytes:
        """JSON text -> number, nonce and ciphertext."""
        nonce = os.urandom(NONCE)
        sealed = self._ciphers[self._newest].encrypt(nonce, value.encode(), self._newest + key.encode())
        return self._newest + nonce + sealed

    def unseal(self, key: str, sealed: bytes) -> str:
        """Raises ValueError if the value is not ours, was moved to another key, or its state key is not here."""
        number, nonce, rest = sealed[:NUMBER], sealed[NUMBER : NUMBER + NONCE], sealed[NUMBER + NONCE :]
        cipher = self._ciphers.get(number)
        if cipher is None:
            raise ValueError(f"state key {int.from_bytes(number, 'big')} of a changelog value is not here")
        try:
            return cipher.decrypt(nonce, rest, number + key.encode()).decode()
        except InvalidTag as error:
            raise ValueError("a changelog value does not open with the broker's state key") from error

    def outdated(self, sealed: bytes) -> bool:
        """Whether it is sealed under an older key than new values are."""
        return state_key_of(sealed).to_bytes(NUMBER, "big") != self._newest


def state_key_of(sealed: bytes) -> int:
    """The number of the state key that a changelog value is sealed under."""
    return int.from_bytes(sealed[:NUMBER], "big")
