"""A large mapping of which another version costs little: all but the latest entries are shared between versions."""

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Generic, TypeVar

MOST_LATEST = 1024
"""Entries changed since the shared ones were last copied."""
K = TypeVar("K")
V = TypeVar("V")


class Layered(Generic[K, V]):
    """Immutable: `put` makes another. One change costs the same in any size, but for one in MOST_LATEST."""

    def __init__(self, shared: Mapping[K, V], latest: Mapping[K, V] | None = None) -> None:
        self._shared = shared
        self._latest: Mapping[K, V] = latest or {}

    def put(self, entries: Mapping[K, V]) -> "Layered[K, V]":
        """Another, with these entries added or replaced."""
        latest = {**self._latest, **entries}
        if len(latest) < MOST_LATEST:
            return Layered(self._shared, latest)
        return Layered({**self._shared, **latest})

    def get(self, key: K) -> V | None:
        """The entry of that key, or None."""
        found = self._latest.get(key)
        return self._shared.get(key) if found is None else found

    def __len__(self) -> int:
        return len(self.whole)

    def __iter__(self) -> Iterator[K]:
        return iter(self.whole)

    @cached_property
    def whole(self) -> Mapping[K, V]:
        """All entries, in the order in which their keys first came."""
        return {**self._shared, **self._latest} if self._latest else self._shared
