"""An organisation's own side of its mailbox: sign a request, post it, read the answer. Only the standard library."""

import http.client
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from broker.clock import Clock
from broker.connection import AUTHORITY, Unreachable, loopback
from broker.mailbox.asking import LONGEST_WAIT, MOST_ITEMS, Why, ask
from broker.register import EventRefused, Register
from broker.sealing import Signer
from broker.statement import loads

ANSWER_WITHIN = LONGEST_WAIT + 15.0
MOST_ANSWER = 16 * 1024 * 1024
TRIES = 2
"""Once more if the request was too old on arrival: a clock may have been set meanwhile."""


class NotAccepted(Exception):  # noqa: N818 - an ordinary, named outcome
    """The service does not hand out this mailbox to this key; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """One sealed item on loan. Acknowledge it once it has been opened, verified and kept."""

    id: str
    sealed: bytes


class Mailbox:
    """One organisation's mailbox, over HTTP."""

    def __init__(
        self, address: str, *, organisation: str, broker: str, signer: Signer, clock: Clock, tls: Path | None = None
    ) -> None:
        """`signer`: the organisation's own key, or its supplier's. `tls`: the folder with the authority's certificate.

        Raises Unreachable if the address is not one that may be spoken to.
        """
        parts = urlsplit(address)
        try:
            self._host, self._port = parts.hostname or "", parts.port
        except ValueError:
            self._host = ""
        if parts.scheme not in ("http", "https") or not self._host or parts.path not in ("", "/"):
            raise Unreachable(f"{address} is no address of a mailbox service: set BROKER_MAILBOX, as https://host:port")
        if parts.scheme == "http" and not loopback(self._host):
            raise Unreachable(f"{address} is another machine and not https: nothing is sent to it in the clear")
        self._context = _context(tls, address) if parts.scheme == "https" else None
        self._address = address
        self._organisation = organisation
        self._broker = broker
        self._signer = signer
        self._clock = clock

    def claim(self, *, most: int = MOST_ITEMS, wait: int = 0) -> list[Claimed]:
        """What is not acknowledged and on loan to nobody, oldest first. Raises Unreachable or NotAccepted."""
        answered = self._ask(act="claim", most=most, wait=wait)
        return [Claimed(one["id"], one["sealed"].encode("ascii")) for one in answered["items"]]

    def acknowledge(self, items: list[str]) -> None:
        """Say that these have been opened and kept. Again is harmless. Raises Unreachable or NotAccepted."""
        for begin in range(0, len(items), MOST_ITEMS):
            self._ask(act="acknowledge", items=items[begin : begin + MOST_ITEMS])

    def bring_up_to_date(self, register: Register, start: int) -> int:
        """Take in the registry's events from number `start` on, each verified; return the next number.

        Raises Unreachable.
        """
        while True:
            status, answered = self._exchange("GET", f"/registry-events?from={start}")
            if status != http.client.OK:
                raise self._unreachable(str(answered.get("error")))
            for event in answered["events"]:
                try:
                    register.apply(event)
                except EventRefused:
                    continue  # known already, or not good: the service cannot make us believe it
            if not answered["events"]:
                return start
            start = answered["next"]

    def _ask(self, **act: object) -> Mapping[str, Any]:
        answered: Mapping[str, Any] = {}
        for _ in range(TRIES):
            body = ask(self._organisation, self._broker, self._signer, self._clock(), **act)
            status, answered = self._exchange("POST", "/mailbox", body)
            if status == http.client.OK:
                return answered
            if status == http.client.FORBIDDEN:
                raise NotAccepted(f"The mailbox of {self._organisation} was not opened. {answered.get('do')}")
            if answered.get("error") != Why.EXPIRED:
                break
        raise self._unreachable(f"{answered.get('error')}: {answered.get('do')}")

    def _exchange(self, method: str, path: str, body: bytes | None = None) -> tuple[int, Mapping[str, Any]]:
        connection = (
            http.client.HTTPConnection(self._host, self._port, timeout=ANSWER_WITHIN)
            if self._context is None
            else http.client.HTTPSConnection(self._host, self._port, timeout=ANSWER_WITHIN, context=self._context)
        )
        try:
            connection.request(method, path, body, {"Content-Type": "application/jose", "Connection": "close"})
            response = connection.getresponse()
            answered = loads(response.read(MOST_ANSWER))
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise self._unreachable(type(error).__name__) from error
        finally:
            connection.close()
        if not isinstance(answered, dict):
            raise self._unreachable("not an answer of a mailbox service")
        return response.status, answered

    def _unreachable(self, why: str) -> Unreachable:
        return Unreachable(
            f"no mailbox service answers as it should at {self._address} ({why}): this does NOT mean that nothing is "
            "waiting. Set BROKER_MAILBOX, or ask the broker's operator"
        )


def _context(tls: Path | None, address: str) -> ssl.SSLContext:
    if tls is None:
        raise Unreachable(f"{address} cannot be checked without {AUTHORITY}: put it in HOME/tls; the desk has it")
    context = ssl.create_default_context(cafile=str(tls / AUTHORITY))
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    return context
