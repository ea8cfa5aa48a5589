"""The authority behind every TLS certificate of this broker, and the certificates: one for each principal.

FOLDER/ca.pem    its certificate, which everybody has
FOLDER/ca.key    its private key, kept as broker.keys says: whoever has it can become any principal

The keys are EC P-256, which Java's TLS takes everywhere. Kafka reads the principal from the common name, so
`police:01` is `CN=police-01`.
"""

import ipaddress
import os
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from broker import keys
from broker.connection import AUTHORITY, CERTIFICATE, KEY

AUTHORITY_KEY = "ca.key"
AUTHORITY_LIFE = timedelta(days=3650)
LIFE = timedelta(days=365)
BACKDATED = timedelta(minutes=5)
"""Clocks differ: a certificate is valid from a little before it was made."""


class CertificateError(Exception):
    """No authority, or not one to be used; the text says what to do."""


class Authority:
    """Issues the certificates that Kafka and its clients show each other."""

    def __init__(self, folder: Path) -> None:
        """Open the one in this folder. Raises CertificateError."""
        self.folder = folder
        try:
            self._certificate = x509.load_pem_x509_certificate((folder / AUTHORITY).read_bytes())
            key = serialization.load_pem_private_key(keys.read(folder / AUTHORITY_KEY), None)
        except keys.HomeError as error:
            raise CertificateError(str(error)) from None
        except (OSError, ValueError, TypeError) as error:
            raise CertificateError(
                f"no certificate authority in {folder} ({type(error).__name__}): name the folder with {AUTHORITY} and "
                f"{AUTHORITY_KEY}, or make a new one with `broker certificate authority`"
            ) from None
        if not isinstance(key, ec.EllipticCurvePrivateKey) or key.public_key() != self._certificate.public_key():
            raise CertificateError(f"{folder / AUTHORITY_KEY} is not the key of {folder / AUTHORITY}: bring them back")
        self._key = key

    @classmethod
    def make(cls, folder: Path, now: datetime) -> "Authority":
        """Make a new one in this folder. Raises CertificateError rather than replace one that is there."""
        if keys.is_here(folder / AUTHORITY_KEY):
            raise CertificateError(f"{folder} holds an authority already: name another folder")
        key = ec.generate_private_key(ec.SECP256R1())
        name = _name("safeguarding-broker-authority")
        usage = _usage(key_cert_sign=True, crl_sign=True)
        certificate = (
            _draft(name, name, key.public_key(), now, AUTHORITY_LIFE)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(usage, critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .sign(key, hashes.SHA256())
        )
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write(folder / AUTHORITY, _pem(certificate), 0o644)
        _write(folder / AUTHORITY_KEY, _private(key), 0o600)
        return cls(folder)

    def issue(
        self, principal: str, to: Path, now: datetime, *, life: timedelta = LIFE, hosts: Sequence[str] = ()
    ) -> x509.Certificate:
        """Write a fresh key and certificate for one principal, and the authority's certificate, to a folder.

        `hosts`: the names by which others reach it, if it also serves.
        """
        serving = (ExtendedKeyUsageOID.SERVER_AUTH,) if hosts else ()
        certificate, key = self._sign(principal, now, life, ExtendedKeyUsageOID.CLIENT_AUTH, *serving, hosts=hosts)
        to.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write(to / AUTHORITY, _pem(self._certificate), 0o644)
        _write(to / CERTIFICATE, _pem(certificate), 0o644)
        _write(to / KEY, _private(key), 0o600)
        keys.protected(to / KEY).unlink(missing_ok=True)  # of the certificate before
        return certificate

    def issue_node(self, to: Path, hosts: Sequence[str], now: datetime, *, life: timedelta = LIFE) -> None:
        """Write what a Kafka node needs, `node.pem` and `ca.pem`, under the names by which clients reach it.

        A node shows its certificate to other nodes as well, so it serves at both ends.
        """
        both = (ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH)
        certificate, key = self._sign("kafka-node", now, life, *both, hosts=hosts)
        to.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write(to / AUTHORITY, _pem(self._certificate), 0o644)
        _write(to / "node.pem", _private(key) + _pem(certificate), 0o600)

    def _sign(
        self, principal: str, now: datetime, life: timedelta, *uses: x509.ObjectIdentifier, hosts: Sequence[str] = ()
    ) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
        key = ec.generate_private_key(ec.SECP256R1())
        draft = (
            _draft(_name(principal), self._certificate.subject, key.public_key(), now, life)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(digital_signature=True), critical=True)
            .add_extension(x509.ExtendedKeyUsage(uses), critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
        )
        if hosts:
            draft = draft.add_extension(x509.SubjectAlternativeName([_host(host) for host in hosts]), critical=False)
        return draft.sign(self._key, hashes.SHA256()), key


def _draft(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now: datetime, life: timedelta
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACKDATED)
        .not_valid_after(now + life)
    )


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _usage(*, digital_signature: bool = False, key_cert_sign: bool = False, crl_sign: bool = False) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=digital_signature,
        key_cert_sign=key_cert_sign,
        crl_sign=crl_sign,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _private(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _write(file: Path, data: bytes, mode: int) -> None:
    """Whole or not at all, and never for a moment readable by others."""
    draft = file.with_name(f"{file.name}.{secrets.token_hex(4)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(handle, "wb") as out:
        out.write(data)
    draft.replace(file)
