"""Kafka is secured in the same way wherever it runs."""

import re
from pathlib import Path

from broker.local_kafka.settings import secured

START = Path(__file__).parents[2] / "deploy" / "kafka" / "start.sh"


def test_a_container_is_secured_as_a_local_process_is() -> None:
    given = re.search(r"secured='(.*?)'", START.read_text(), re.DOTALL)
    assert given is not None
    settings = dict(line.split("=", 1) for line in given[1].splitlines())
    assert settings == secured("/etc/kafka-tls/node.pem", "/etc/kafka-tls/ca.pem")
