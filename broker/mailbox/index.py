"""What each organisation has yet to acknowledge, and who has it on loan. Pure: it holds places, never content.

An item is named by the digest of its sealed bytes: unguessable, different for every copy that is ever sealed, the same
after a restart, and it tells nothing of how much there is for others.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

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
    leased_until: float = 0.0


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

    def __len__(self) -> int:
        return sum(map(len, self._unread.values())) + len(self._early)

    def arrived(self, place: Place, organisation: str, item: str, size: int) -> bool:
        """Take in the next record of a partition. Returns whether it is now waiting to be claimed."""
        self._next[place.partition] = place.offset + 1
        if self._early.pop((organisation, item), None):
            return False
        self._unread.setdefault(organisation, {})[item] = _Entry(place, size)
        return True

    def acknowledged(self, place: Place, organisation: str, item: str) -> None:
        """Take in an acknowledgement, which may be read before the item is."""
        if place.offset >= self._next[place.partition]:
            self._early[organisation, item] = place
            return
        mine = self._unread.get(organisation, {})
        mine.pop(item, None)
        if not mine:
            self._unread.pop(organisation, None)

    def claim(self, organisation: str, most: int, now: float) -> tuple[Item, ...]:
        """Lend at most that many items that nobody has, oldest first."""
        found: list[Item] = []
        size = 0
        for item, entry in self._unread.get(organisation, {}).items():
            if entry.leased_until > now:
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

    def free_at(self, organisation: str) -> float | None:
        """When the next loan ends, or None if nothing is waiting."""
        return min((entry.leased_until for entry in self._unread.get(organisation, {}).values()), default=None)

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
