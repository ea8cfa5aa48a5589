"""Ports on loopback: which are free, which answer, and how many brokers are behind them."""

import asyncio
import contextlib
import random
import socket
import threading

from broker.connection import Connection
from broker.local_kafka.running import KafkaUnavailable

LOOPBACK = "127.0.0.1"
PORTS = range(20_000, 32_000)  # below the ports that the system hands to outgoing connections


def free_port() -> int:
    """Find a free port."""
    with contextlib.ExitStack() as held:
        return hold_free_port(held)


def hold_free_port(held: contextlib.ExitStack) -> int:
    """Find a free port; it stays taken until `held` is closed, so that the next one found is another."""
    for port in random.sample(PORTS, 200):
        with contextlib.suppress(OSError):
            hold(port, held)
            return port
    raise KafkaUnavailable("No free port on loopback. Next: ss -ltn shows what holds them.")


def hold(port: int, held: contextlib.ExitStack) -> None:
    """Take this port. Raises OSError if it is not free."""
    taken = held.enter_context(socket.socket())
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    taken.bind((LOOPBACK, port))


def brokers_at(connection: Connection) -> int:
    """How many brokers a metadata answer lists; 0 without an answer."""
    if not all(map(_listens, connection.bootstrap.split(","))):
        return 0  # asked first because the client logs each refused connection as an error

    from aiokafka.admin import AIOKafkaAdminClient  # noqa: PLC0415  # `--jars` works where this is not installed
    from aiokafka.errors import KafkaError  # noqa: PLC0415

    async def ask() -> None:
        client = AIOKafkaAdminClient(**connection.options, request_timeout_ms=5_000)
        try:
            await client.start()
            counted.append(len((await client.describe_cluster())["brokers"]))
        except (KafkaError, OSError):
            return
        finally:
            await client.close()

    counted: list[int] = []
    thread = threading.Thread(target=lambda: asyncio.run(ask()))  # a loop may run in ours
    thread.start()
    thread.join()
    return counted[0] if counted else 0


def _listens(address: str) -> bool:
    host, _, port = address.rpartition(":")
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex((host, int(port))) == 0
