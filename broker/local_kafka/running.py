"""A Kafka that runs: what `find_or_start` returns, and what it raises when there is none."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Self

from broker.clock import system_clock
from broker.connection import Connection
from broker.local_kafka.guard import Guard

if TYPE_CHECKING:
    from types import TracebackType

    from broker.certificates import Authority

Say = Callable[[str], None]
"""Tells the person at the terminal one line."""

LOG_LINES_SHOWN = 15


class KafkaUnavailable(Exception):  # noqa: N818  # it reads as a sentence where it is raised
    """No Kafka could be found or started; the text ends with the next command to run."""


class NoEngine(KafkaUnavailable):
    """No container engine answers, or not in the way it is wanted."""


@dataclass(frozen=True, slots=True)
class RunningKafka:
    """A Kafka that answers. Stop it, or use it as a context manager.

    bootstrap: "host:port[,host:port...]" for clients, of the first extra listener if any was asked for.
    kind: in words a person understands, what it is and where it runs.
    listeners: bootstrap address by listener name; "LOCAL" is always there on a local JVM (plain, loopback).
    pids: the Kafka processes, one per node in order of node id; empty if they are not processes of ours.
    log_files: Kafka's own log, one per node; they go when throw-away data goes.
    authority: where its clients' certificates come from; None if it is plain, and lets everybody do everything.
    end_command: what ends it by hand after `stop(keep=True)`; empty if it is not ours to end.
    """

    bootstrap: str
    kind: str
    listeners: Mapping[str, str] = field(default_factory=dict)
    pids: tuple[int, ...] = ()
    log_files: tuple[Path, ...] = ()
    end_command: str = ""
    guard: Guard | None = field(default=None, repr=False)
    authority: "Authority | None" = field(default=None, repr=False)

    def connection(self, principal: str, folder: Path, *, hosts: Sequence[str] = ()) -> Connection:
        """A way in for one principal, with TLS files of its own in `folder`; plain where this Kafka is plain.

        `hosts`: the names by which others reach it, if it also serves.
        """
        if self.authority is None:
            return Connection(self.bootstrap)
        self.authority.issue(principal, folder, system_clock(), hosts=hosts)
        return Connection(self.bootstrap, folder)

    def stop(self, *, keep: bool = False) -> None:
        """End what was started and remove its throw-away data; twice is harmless.

        keep: leave it running instead, even after this program has ended, until `end_command` is run.
        """
        if self.guard is None:
            return
        if keep:
            self.guard.keep()
        else:
            self.guard.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: "TracebackType | None"
    ) -> None:
        self.stop()


def tail(log: Path) -> str:
    """Return the last lines of a log, marked as such."""
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines() if log.exists() else []
    return "\n".join(f"  | {line}" for line in lines[-LOG_LINES_SHOWN:])
