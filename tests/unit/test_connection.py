"""How Kafka is reached: never in the clear beyond this machine, and never with files that do not fit or that leak."""

import ssl
from pathlib import Path

import pytest

from broker.certificates import Authority, CertificateError
from broker.clock import system_clock
from broker.connection import Connection, Unreachable
from broker.home import Home


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.make(tmp_path_factory.mktemp("authority") / "ca", system_clock())


@pytest.fixture
def home(authority: Authority, tmp_path: Path) -> Home:
    """A home with TLS files."""
    authority.issue("police-01", tmp_path / "tls", system_clock())
    return Home(tmp_path)


@pytest.mark.parametrize("address", ["127.0.0.1:9092", "localhost:1", "[::1]:9092", "127.0.0.1:1,127.0.0.2:2"])
def test_this_machine_may_be_spoken_to_without_tls(address: str, tmp_path: Path) -> None:
    assert Home(tmp_path).connection(address).options == {"bootstrap_servers": address}


@pytest.mark.parametrize("address", ["kafka:9092", "10.0.0.1:9092", "127.0.0.1:1,kafka:2", "localhost.example:1", ""])
def test_another_machine_is_not_spoken_to_without_tls(address: str, tmp_path: Path) -> None:
    with pytest.raises(Unreachable, match=r"in the clear.*HOME/tls.*broker certificate issue"):
        Home(tmp_path).connection(address)


def test_with_tls_files_every_client_gets_them(home: Home) -> None:
    options = home.connection("kafka:9092").options
    assert options["security_protocol"] == "SSL"
    context = options["ssl_context"]
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert context.minimum_version is ssl.TLSVersion.TLSv1_3


@pytest.mark.parametrize("name", ["ca.pem", "client.pem", "client.key"])
def test_a_missing_file_is_named_and_nothing_is_sent_plain(home: Home, name: str) -> None:
    (home.path / "tls" / name).unlink()
    with pytest.raises(Unreachable, match=f"no .*{name}.*broker certificate issue"):
        home.connection("127.0.0.1:9092")


def test_a_private_key_that_others_can_read_is_refused(home: Home) -> None:
    (home.path / "tls" / "client.key").chmod(0o640)
    with pytest.raises(Unreachable, match="chmod 600"):
        home.connection("127.0.0.1:9092")


def test_files_that_do_not_fit_together_are_refused(home: Home, authority: Authority, tmp_path: Path) -> None:
    authority.issue("police-41", tmp_path / "other", system_clock())
    (home.path / "tls" / "client.key").write_bytes((tmp_path / "other" / "client.key").read_bytes())
    with pytest.raises(Unreachable, match="do not fit together"):
        _ = home.connection("127.0.0.1:9092").options


def test_a_renewed_certificate_is_used_next(home: Home, authority: Authority) -> None:
    connection = home.connection("127.0.0.1:9092")
    before = connection.options["ssl_context"]
    authority.issue("police-01", home.path / "tls", system_clock())
    assert connection.options["ssl_context"] is not before


def test_an_authority_is_never_made_over_another_and_its_key_is_its_owners_alone(authority: Authority) -> None:
    with pytest.raises(CertificateError, match="already"):
        Authority.make(authority.folder, system_clock())
    key = authority.folder / "ca.key"
    assert key.stat().st_mode & 0o777 == 0o600
    key.chmod(0o644)
    try:
        with pytest.raises(CertificateError, match="chmod 600"):
            Authority(authority.folder)
    finally:
        key.chmod(0o600)


@pytest.mark.parametrize("wrong", ["nothing there", "rubbish", "the key of another"])
def test_what_is_not_an_authority_is_refused_with_what_to_do(wrong: str, authority: Authority, tmp_path: Path) -> None:
    folder = tmp_path / "ca"
    if wrong != "nothing there":
        other = Authority.make(folder, system_clock())
        source = authority.folder if wrong == "the key of another" else None
        (other.folder / "ca.pem").write_bytes((source / "ca.pem").read_bytes() if source else b"rubbish")
    with pytest.raises(CertificateError, match=r"ca\.key|broker certificate authority"):
        Authority(folder)


def test_certificates_chain_to_the_authority_and_say_what_they_are_for(authority: Authority, tmp_path: Path) -> None:
    made = authority.issue("police-01", tmp_path / "tls", system_clock())
    assert made.subject.rfc4514_string() == "CN=police-01"
    again = authority.issue("police-01", tmp_path / "tls", system_clock())
    assert made.serial_number != again.serial_number
    assert made.public_key() != again.public_key()
    authority.issue_node(tmp_path / "node", ["kafka", "127.0.0.1"], system_clock())
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(tmp_path / "node" / "node.pem")
    server.load_verify_locations(authority.folder / "ca.pem")
    server.verify_mode = ssl.CERT_REQUIRED
    client = Connection("kafka:9092", tmp_path / "tls").options["ssl_context"]
    assert _shake_hands(client, server, "kafka") == "police-01"
    assert _shake_hands(client, server, "127.0.0.1") == "police-01"
    with pytest.raises(ssl.SSLCertVerificationError, match=r"[Hh]ostname"):
        _shake_hands(client, server, "elsewhere")


def _shake_hands(client: ssl.SSLContext, server: ssl.SSLContext, name: str) -> str:
    """The common name that a server sees, of a handshake in memory."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ours = client.wrap_bio(to_client, to_server, server_hostname=name)
    theirs = server.wrap_bio(to_server, to_client, server_side=True)
    done: set[str] = set()
    for _ in range(6):
        for which, end in (("client", ours), ("server", theirs)):
            try:
                end.do_handshake()
                done.add(which)
            except ssl.SSLWantReadError:
                pass
    assert done == {"client", "server"}
    seen = theirs.getpeercert() or {}
    subject = seen.get("subject", ())
    return str(dict(pair for part in subject for pair in part)["commonName"])  # type: ignore[misc]  # typeshed: a mixture
