"""How Kafka is reached, and as whom: an address, and the folder with one principal's TLS files.

FOLDER/ca.pem        the authority that Kafka's own certificate must come from
FOLDER/client.pem    the principal's certificate
FOLDER/client.key    its private key, kept as broker.keys says
"""

import ipaddress
import secrets
import ssl
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from broker import keys

AUTHORITY, CERTIFICATE, KEY = "ca.pem", "client.pem", "client.key"


class Unreachable(Exception):  # noqa: N818
    """Kafka cannot be reached, or not like this; the text says what to do."""


class NotPermitted(Unreachable):
    """Kafka refused: this principal lacks a right; the text says which and what to do."""


@dataclass(frozen=True, slots=True)
class Connection:
    """An address, `host:port[,host:port...]`, and the TLS files of whoever connects.

    Without TLS files only this machine is spoken to. Raises Unreachable if that, or a file, is not as it should be.
    """

    bootstrap: str
    tls: Path | None = None

    def __post_init__(self) -> None:
        if self.tls is not None:
            _check(self.tls)
        elif elsewhere := [one for one in self.bootstrap.split(",") if not _loopback(one)]:
            raise Unreachable(
                f"{elsewhere[0]} is another machine, and there are no TLS files: nothing is sent to it in the clear. "
                f"Put {AUTHORITY}, {CERTIFICATE} and {KEY} in HOME/tls; the registry desk makes them with "
                "`broker certificate issue`"
            )

    @property
    def options(self) -> dict[str, Any]:
        """What every Kafka client is given. The files are read each time, so a renewed certificate is used next."""
        if self.tls is None:
            return {"bootstrap_servers": self.bootstrap}
        return {"bootstrap_servers": self.bootstrap, "security_protocol": "SSL", "ssl_context": _context(self.tls)}


def _check(tls: Path) -> None:
    for name in (AUTHORITY, CERTIFICATE, KEY):
        if not (tls / name).is_file() and not (name == KEY and keys.is_here(tls / KEY)):
            raise Unreachable(f"no {tls / name}: the registry desk makes it with `broker certificate issue`")
    try:
        keys.check(tls / KEY if (tls / KEY).is_file() else keys.protected(tls / KEY))
    except keys.HomeError as error:
        raise Unreachable(str(error)) from None


def _context(tls: Path) -> ssl.SSLContext:
    """TLS 1.3 only; Kafka's certificate must be of our authority and for the name that was asked for."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    try:
        context.load_verify_locations(tls / AUTHORITY)
        _load(context, tls)
    except keys.HomeError as error:
        raise Unreachable(str(error)) from None
    except ssl.SSLError as error:
        raise Unreachable(f"the TLS files in {tls} do not fit together ({error.reason}): ask for new ones") from None
    return context


def _load(context: ssl.SSLContext, tls: Path) -> None:
    """Python's TLS reads keys from files only, so one that is protected passes through a file under a random word."""
    if (tls / KEY).is_file():
        context.load_cert_chain(tls / CERTIFICATE, tls / KEY)
        return
    key = load_pem_private_key(keys.read(tls / KEY), None)
    once = secrets.token_hex(32)
    hidden = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(once.encode()))
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / KEY
        keys.write_new(file, hidden)
        context.load_cert_chain(tls / CERTIFICATE, file, password=once)


def _loopback(address: str) -> bool:
    return loopback(address.strip().rpartition(":")[0].strip("[]"))


def loopback(host: str) -> bool:
    """Whether that is this machine, and cannot be another."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
