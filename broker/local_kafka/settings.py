"""The files of a local Kafka: its nodes' folders, and the settings in them."""

import base64
import contextlib
import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from broker.local_kafka.ports import LOOPBACK, hold, hold_free_port
from broker.local_kafka.running import KafkaUnavailable


@dataclass(frozen=True, slots=True)
class Node:
    """One node's files. `folder` holds its settings, its log file, its records and its temporary files."""

    number: int
    folder: Path
    ports: tuple[int, ...]

    @property
    def settings(self) -> Path:
        """Kafka's server.properties."""
        return self.folder / "server.properties"

    @property
    def tls(self) -> Path:
        """The node's own certificate and key, and the authority's certificate."""
        return self.folder / "tls"

    @property
    def log(self) -> Path:
        """What Kafka says."""
        return self.folder / "kafka.log"

    @property
    def temporary(self) -> Path:
        """Java's folder for temporary files."""
        return self.folder / "tmp"

    @property
    def identity(self) -> Path:
        """What Kafka's storage tool writes last, so a node that has it is formatted."""
        return self.folder / "records" / "meta.properties"


@dataclass(frozen=True, slots=True)
class Cluster:
    """The nodes, and the names of their listeners in the order of each node's ports."""

    id: str
    nodes: tuple[Node, ...]
    names: tuple[str, ...]

    @property
    def listeners(self) -> dict[str, str]:
        """Bootstrap address by listener name, those of clients only."""
        return {
            name: ",".join(f"{LOOPBACK}:{node.ports[i]}" for node in self.nodes)
            for i, name in enumerate(self.names)
            if name != "CONTROLLER"
        }

    @property
    def bootstrap(self) -> str:
        """Address of the first extra listener, or of LOCAL if there is none."""
        return list(self.listeners.values())[1 if len(self.listeners) > 1 else 0]


def lay_out(folder: Path, count: int, extra: Mapping[str, str], *, tls: bool = False) -> Cluster:
    """Write every node's settings; take cluster id and ports from an earlier run in this folder if any.

    tls: the listeners of ours speak TLS; each node's `tls` folder must be filled before it starts.

    Raises KafkaUnavailable if this cannot be had.
    """
    if count not in (1, 3):
        raise KafkaUnavailable(f"A local Kafka has 1 or 3 nodes, not {count}. Next: ask for one of these.")
    earlier = sorted(folder.glob("node-*"))
    if earlier and len(earlier) != count:
        raise KafkaUnavailable(
            f"{folder} was made with {in_words(len(earlier))}, not {count}. "
            f"Next: ask for {len(earlier)}, or name another folder."
        )
    wanted = [f"LOCAL://{LOOPBACK}:0", f"CONTROLLER://{LOOPBACK}:0"]
    for listener in filter(None, map(str.strip, extra.get("listeners", "").split(","))):
        if not re.fullmatch(rf"\w+://{re.escape(LOOPBACK)}:\d+", listener):
            raise KafkaUnavailable(f"{listener!r} is not on loopback. Next: write NAME://{LOOPBACK}:0.")
        wanted.append(listener)
    chosen = _ports(earlier, [_port(listener) for listener in wanted], count)
    made = tuple(Node(number, folder / f"node-{number}", ports) for number, ports in enumerate(chosen, start=1))
    earlier_id = next((found for node in made if (found := _setting(node.identity, "cluster.id"))), None)
    cluster = Cluster(earlier_id or new_id(), made, tuple(listener.partition("://")[0] for listener in wanted))
    for node in made:
        node.folder.mkdir(mode=0o700, parents=True, exist_ok=True)  # its settings may hold passwords of listeners
        node.temporary.mkdir(exist_ok=True)
        lines = (f"{key}={value}\n" for key, value in _properties(cluster, node, wanted, extra, tls=tls).items())
        node.settings.write_text("".join(lines), encoding="utf-8")
    return cluster


def secured(keystore: str, truststore: str) -> dict[str, str]:
    """Kafka's settings where everybody must show a certificate of the authority's, and may do nothing unless told so.

    A principal is the whole subject, `CN=name` and no more: anything else is nobody.
    """
    return {
        "ssl.keystore.type": "PEM",
        "ssl.keystore.location": keystore,
        "ssl.truststore.type": "PEM",
        "ssl.truststore.location": truststore,
        "ssl.client.auth": "required",
        "ssl.enabled.protocols": "TLSv1.3",
        "ssl.principal.mapping.rules": "RULE:^CN=([A-Za-z0-9-]+)$/$1/",
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "allow.everyone.if.no.acl.found": "false",
        "super.users": "User:kafka-node;User:operator",
    }


def new_id() -> str:
    """Make a cluster id as Kafka does: 16 random bytes that its tools cannot mistake for an option."""
    while (made := base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")).startswith("-"):
        pass
    return made


def in_words(count: int) -> str:
    """Return "1 node" or "3 nodes"."""
    return "1 node" if count == 1 else f"{count} nodes"


def _properties(
    cluster: Cluster, node: Node, wanted: Sequence[str], extra: Mapping[str, str], *, tls: bool
) -> dict[str, str]:
    """Kafka's settings for development: real durability rules, but small and quick to start."""
    count = str(len(cluster.nodes))
    in_sync = "2" if len(cluster.nodes) > 1 else "1"
    listeners = [re.sub(r":\d+$", f":{port}", w) for w, port in zip(wanted, node.ports, strict=True)]
    protocol = "SSL" if tls else "PLAINTEXT"
    protocols = [f"LOCAL:{protocol}", f"CONTROLLER:{protocol}"]
    if given := extra.get("listener.security.protocol.map"):
        protocols.append(given)
    else:
        protocols += [f"{name}:{name}" for name in cluster.names[2:]]
    ours = {
        "process.roles": "broker,controller",
        "node.id": str(node.number),
        "controller.quorum.voters": ",".join(f"{n.number}@{LOOPBACK}:{n.ports[1]}" for n in cluster.nodes),
        "controller.listener.names": "CONTROLLER",
        "inter.broker.listener.name": "LOCAL",
        "log.dirs": str(node.folder / "records"),
        "auto.create.topics.enable": "false",
        "default.replication.factor": count,
        "min.insync.replicas": in_sync,
        "group.initial.rebalance.delay.ms": "0",
        "offsets.topic.replication.factor": count,
        "offsets.topic.num.partitions": "4",
        "transaction.state.log.replication.factor": count,
        "transaction.state.log.min.isr": in_sync,
        "transaction.state.log.num.partitions": "4",
        "share.coordinator.state.topic.replication.factor": count,
        "share.coordinator.state.topic.min.isr": in_sync,
        "share.coordinator.state.topic.num.partitions": "1",
    }
    fixed = {
        "listeners": ",".join(listeners),
        "advertised.listeners": ",".join(x for x in listeners if not x.startswith("CONTROLLER:")),
        "listener.security.protocol.map": ",".join(protocols),
    }
    if tls:
        ours |= secured(str(node.tls / "node.pem"), str(node.tls / "ca.pem"))
    return {**ours, **extra, **fixed}


def _ports(earlier: Sequence[Path], wanted: Sequence[int], count: int) -> list[tuple[int, ...]]:
    """Ports for each node: those of the earlier run if all are free, else free ones where 0 is wanted."""
    before = [
        tuple(map(_port, listeners.split(",")))
        for folder in earlier
        if (listeners := _setting(folder / "server.properties", "listeners"))
    ]
    fits = all(len(p) == len(wanted) and all(w in (0, b) for w, b in zip(wanted, p, strict=True)) for p in before)
    if len(before) == count and fits:
        with contextlib.suppress(OSError), contextlib.ExitStack() as held:
            for port in (port for ports in before for port in ports):
                hold(port, held)
            return before
    with contextlib.ExitStack() as held:
        return [tuple(port or hold_free_port(held) for port in wanted) for _ in range(count)]


def _port(listener: str) -> int:
    return int(listener.rpartition(":")[2])


def _setting(file: Path, key: str) -> str | None:
    """Read one value of a properties file."""
    text = file.read_text(encoding="utf-8") if file.exists() else ""
    found = re.search(rf"^{re.escape(key)}=(.*)$", text, re.MULTILINE)
    return found[1] if found else None
