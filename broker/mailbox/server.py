"""The mailbox reader as a process: a registry that is followed, everybody's unread items, and a careful HTTP server."""

import asyncio
import signal
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import h11
import structlog
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from broker.clock import Clock
from broker.connection import CERTIFICATE, KEY, Connection, Unreachable, loopback
from broker.follower import Follower
from broker.home import Home, broker_of
from broker.mailbox.asking import Door
from broker.mailbox.service import Service
from broker.mailbox.topic import Mailboxes
from broker.registry import Registry

HEAD_WITHIN = 10.0
"""Seconds from the first byte of a connection or request to the end of its headers."""
LONGEST_CONNECTION = 300.0
"""Seconds: nobody who reads slowly, or not at all, keeps a connection for longer."""
MOST_CONNECTIONS = 1000
MOST_HEAD = 16 * 1024
GRACE = 3

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Listening:
    """Where to listen. Without TLS files only on this machine."""

    host: str
    port: int
    tls: Path | None

    def __post_init__(self) -> None:
        if self.tls is None and not loopback(self.host):
            raise Unreachable(
                f"{self.host} is not this machine alone, and there are no TLS files: nothing is served in the clear. "
                "Put them in HOME/tls; the registry desk makes them with `broker certificate issue mailbox-reader`"
            )


class PatientOnlySoLong(H11Protocol):
    """The server's HTTP/1.1, which itself would wait for ever for headers, and for a reader of what it has sent."""

    _head: asyncio.TimerHandle | None = None
    _end: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn has it
        """Start both clocks."""
        super().connection_made(transport)
        self._head = self.loop.call_later(HEAD_WITHIN, transport.abort)
        self._end = self.loop.call_later(LONGEST_CONNECTION, transport.abort)

    def data_received(self, data: bytes) -> None:
        """Start the clock with the first byte of a request, stop it with the last of its headers."""
        super().data_received(data)
        waits = self.conn.their_state is h11.IDLE
        if self._head is not None and not waits:
            self._head.cancel()
            self._head = None
        elif self._head is None and waits:
            self._head = self.loop.call_later(HEAD_WITHIN, self.transport.abort)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop both clocks."""
        for timer in (self._head, self._end):
            if timer is not None:
                timer.cancel()
        super().connection_lost(exc)


class _Server(uvicorn.Server):
    """The server, which says when it listens."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """See uvicorn.Server."""
        await super().startup(sockets)
        self._ready()


async def run(home: Home, connection: Connection, listening: Listening, clock: Clock) -> str:
    """Serve until told to stop; return why it could not go on, or nothing. Raises HomeError or Unreachable."""
    ending: list[str] = []
    server: list[uvicorn.Server] = []

    def stop(because: str) -> None:
        ending.append(because)
        for one in server:
            one.should_exit = True

    mailboxes = Mailboxes(connection, clock=clock, stop=stop)

    def changed(_: Registry) -> None:
        mailboxes.wake_all()

    follower = Follower(connection, home.trust(), changed=changed, stop=stop)
    try:
        broker = broker_of(await follower.start())
        unread = await mailboxes.start()
        service = Service(mailboxes, Door(broker.id), lambda: follower.registry, clock)

        def ready() -> None:
            log.info("mailbox.ready", records=unread, registry=follower.registry.version)

        server.append(_Server(_config(service, listening), ready))
        if not ending:
            signal.signal(signal.SIGTERM, lambda *_: None)  # the server passes the signal on when it has ended
            await server[0].serve()
    except SystemExit:  # so the server says that it cannot listen
        return f"cannot listen on {listening.host}:{listening.port}: is something else there? Name another --port"
    finally:
        await mailboxes.close()
        await follower.close()
    return "; ".join(ending)


def _config(service: Service, listening: Listening) -> uvicorn.Config:
    tls = listening.tls

    def context(*_: object) -> ssl.SSLContext:
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        made.minimum_version = ssl.TLSVersion.TLSv1_3
        if tls is not None:
            made.load_cert_chain(tls / CERTIFICATE, tls / KEY)
        return made

    return uvicorn.Config(
        service.app(),
        host=listening.host,
        port=listening.port,
        http=PatientOnlySoLong,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=MOST_CONNECTIONS,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=GRACE,
        h11_max_incomplete_event_size=MOST_HEAD,
        ssl_context_factory=None if tls is None else context,
    )
