"""Ways into a real Kafka, each as one principal with a certificate of its own."""

from dataclasses import dataclass, field
from pathlib import Path

from broker.acl import MAILBOX_READER
from broker.connection import Connection
from broker.demo.stage import principal
from broker.home import Home
from broker.local_kafka import RunningKafka
from broker.local_kafka.ports import LOOPBACK


@dataclass
class Principals:
    """A Kafka that runs, and the TLS files of those who connect to it."""

    running: RunningKafka
    folder: Path
    _made: dict[str, Connection] = field(default_factory=dict)

    def connection(self, name: str) -> Connection:
        """As this principal: its certificate is made once."""
        if name not in self._made:
            hosts = [LOOPBACK] if name == MAILBOX_READER else []
            self._made[name] = self.running.connection(name, self.folder / name, hosts=hosts)
        return self._made[name]

    @property
    def operator(self) -> Connection:
        """As the registry desk, for setting up and for looking on."""
        return self.connection("operator")

    def agency(self, home: Home, organisation: str) -> Connection:
        """As this organisation's own system."""
        member = home.registry().get(organisation)
        assert member is not None
        return self.connection(principal(member))

    def home(self, shared: Home, name: str, place: Path) -> Home:
        """A home like `shared`, whose processes are this principal to Kafka."""
        if not place.exists():
            place.mkdir()
            for entry in shared.path.iterdir():
                if entry.name != "tls":
                    (place / entry.name).symlink_to(entry)
            if (tls := self.connection(name).tls) is not None:
                (place / "tls").symlink_to(tls)
        return Home(place)
