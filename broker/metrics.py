"""Counts for a monitor (Prometheus): what became of messages, and what was withheld under which rule.

No label holds an organisation, a case, a message or anybody's data: a count that is split by any of these is a record
of who was told of whom, kept by a monitor that nobody has screened. Labels are codes from closed lists that are in the
source: a status, a rule, a message type.

A rule that would tell of a protected place is not among them either. These are counted in one total of the process, of
all types and rules, and that total moves in steps of `STEP`: if it moved with each message, whoever reads it every
second beside the log, which names recipients, would see which of them has a child that is hidden.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, Counter, start_http_server

from broker.connection import Unreachable
from broker.drafts import Carried

HOST = "127.0.0.1"
"""Counts are for a monitor on this machine: it carries them on, or nobody does."""
STEP = 100
"""What leaves no marker is counted in hundreds."""


class Metrics:
    """The counts of one process, from its start."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._messages = Counter(
            "broker_messages", "Messages by what became of them.", ["status"], registry=self._registry
        )
        self._withheld = Counter(
            "broker_withheld_fields",
            "Fields withheld from a recipient, by the rule that it is told and the type of message.",
            ["rule", "type"],
            registry=self._registry,
        )
        self._unsaid = Counter(
            "broker_withheld_unsaid",
            f"Fields withheld that look to the recipient as if left out, of all rules and types, in steps of {STEP}.",
            registry=self._registry,
        )
        self._below_a_step = 0

    def count(self, one: Carried) -> None:
        """Count what has been written."""
        self._messages.labels(one.line.status).inc()
        for rule in one.tally.rules:
            self._withheld.labels(rule, one.line.type).inc()
        steps, self._below_a_step = divmod(self._below_a_step + one.tally.unsaid, STEP)
        self._unsaid.inc(steps * STEP)

    @contextmanager
    def served(self, port: int) -> Iterator[None]:
        """Meanwhile they are read on this port of this machine alone. Raises Unreachable."""
        try:
            server, thread = start_http_server(port, addr=HOST, registry=self._registry)
        except (OSError, OverflowError) as error:
            raise Unreachable(f"cannot serve metrics on port {port}: take another, or leave out --metrics") from error
        try:
            yield
        finally:
            server.shutdown()
            server.server_close()
            thread.join()
