"""What each organisation has yet to acknowledge, and who has it on loan. Pure: it holds places, never content.

What relies on a person's agreement is handed out only while that stands: not once it has lapsed, and never again once
it has been revoked. Then it is as if nothing had ever been held; the notice that it was revoked goes only to whoever
had been handed it.

An item is named by the digest of its sealed bytes: unguessable, different for every copy that is ever sealed, the same
after a restart, and it tells nothing of how much there is for others.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from broker.envelope import NO_SLIP, Slip

LEASE = 60.0
"""Seconds for which an item that was handed out is offered to nobody else."""
MOST_BYTES = 1024 * 1024
"""Sealed bytes handed out at once; a single item may be larger."""


class Place(NamedTuple):
    """Where an item lies in the mailbox topic."""

    partition: int
    offset: int


class Item(NamedTuple):
    """An item that is handed out."""

    id: str
    place: Place


@dataclass(slots=True)
class _Entry:
    place: Place
    size: int
    slip: Slip
    leased_until: float = 0.0
    lent: bool = False

    def lendable(self, at: datetime) -> bool:
        return self.slip.expires is None or at < self.slip.expires


def item_id(sealed: bytes) -> str:
    """32 hexadecimal digits: half of a SHA-256."""
    return hashlib.sha256(sealed).hexdigest()[:32]


class Index:
    """Unread items by organisation, oldest first, made from the mailbox topic and from the acknowledgements."""

    def __init__(self, starts: Mapping[int, int]) -> None:
        """`starts`: for each partition, the offset at which reading begins."""
        self._next = dict(starts)
        self._unread: dict[str, dict[str, _Entry]] = {}
        self._early: dict[tuple[str, str], Place] = {}
        self._lent_early: set[tuple[str, str]] = set()
        self._never_lent: set[tuple[str, str]] = set()
        """Deliveries that were revoked before anybody had been handed them."""

    def __len__(self) -> int:
        return sum(map(len, self._unread.values())) + len(self._early)

    def arrived(self, place: Place, organisation: str, item: str, size: int, slip: Slip = NO_SLIP) -> bool:
        """Take in the next record of a partition. Returns whether it is now waiting to be claimed."""
        self._next[place.partition] = place.offset + 1
        had = [self._revoke(organisation, event) for event in slip.revokes]
        if self._early.pop((organisation, item), None) or slip.empty or (had and not any(had)):
            return False
        entry = _Entry(place, size, slip, lent=(organisation, item) in self._lent_early)
        self._lent_early.discard((organisation, item))
        self._unread.setdefault(organisation, {})[item] = entry
        return True

    def _revoke(self, organisation: str, event: str) -> bool:
        """Drop a delivery. Returns whether it may have been handed out: it had been lent, or is gone from here."""
        mine = self._unread.get(organisation, {})
        found = next((item for item, entry in mine.items() if entry.slip.event == event), None)
        if found is None:
            return (organisation, event) not in self._never_lent
        entry = mine[found]
        self._drop(organisation, found)
        if not entry.lent:
            self._never_lent.add((organisation, event))
        return entry.lent

    def lent(self, place: Place, organisation: str, item: str) -> None:
        """Take in that something which may be revoked has been handed out; it may be read before the item is."""
        if place.offset >= self._next[place.partition]:
            self._lent_early.add((organisation, item))
        elif entry := self._unread.get(organisation, {}).get(item):
            entry.lent = True

    def may_end(self, organisation: str, items: Iterable[Item]) -> tuple[Item, ...]:
        """Those of these that lapse or may be revoked, and are not known to have been handed out."""
        mine = self._unread.get(organisation, {})
        known = [(item, mine[item.id]) for item in items if item.id in mine]
        return tuple(item for item, entry in known if entry.slip.expires is not None and not entry.lent)

    def acknowledged(self, place: Place, organisation: str, item: str) -> None:
        """Take in an acknowledgement, which may be read before the item is."""
        if place.offset >= self._next[place.partition]:
            self._early[organisation, item] = place
            return
        self._drop(organisation, item)

    def _drop(self, organisation: str, item: str) -> None:
        mine = self._unread.get(organisation, {})
        mine.pop(item, None)
        if not mine:
            self._unread.pop(organisation, None)

    def claim(self, organisation: str, most: int, now: float, at: datetime) -> tuple[Item, ...]:
        """Lend at most that many items that nobody has, oldest first. `at`: the time of day, by which some lapse."""
        found: list[Item] = []
        size = 0
        for item, entry in self._unread.get(organisation, {}).items():
            if entry.leased_until > now or not entry.lendable(at):
                continue
            size += entry.size
            if len(found) == most or (found and size > MOST_BYTES):
                break
            entry.leased_until = now + LEASE
            found.append(Item(item, entry.place))
        return tuple(found)

    def give_back(self, organisation: str, items: Iterable[Item]) -> None:
        """End the loan of what could not be handed over after all."""
        mine = self._unread.get(organisation, {})
        for item in items:
            if entry := mine.get(item.id):
                entry.leased_until = 0.0

    def free_at(self, organisation: str, at: datetime) -> float | None:
        """When the next loan ends, or None if nothing is waiting."""
        waiting = (entry for entry in self._unread.get(organisation, {}).values() if entry.lendable(at))
        return min((entry.leased_until for entry in waiting), default=None)

    def unread(self, organisation: str, items: Iterable[str]) -> tuple[Item, ...]:
        """Those of these that are this organisation's and not acknowledged yet; all others look alike."""
        mine = self._unread.get(organisation, {})
        return tuple(Item(item, mine[item].place) for item in dict.fromkeys(items) if item in mine)

    def forget(self, starts: Mapping[int, int]) -> int:
        """Drop what lies before these offsets: Kafka's retention has taken it. Returns how many were unread."""
        gone = [
            (organisation, item, entry.place)
            for organisation, mine in self._unread.items()
            for item, entry in mine.items()
            if entry.place.offset < starts[entry.place.partition]
        ]
        for organisation, item, place in gone:
            self.acknowledged(place, organisation, item)
        return len(gone)
