"""Start a Kafka on this machine, print its address, and run it until Ctrl-C, SIGTERM or its own end."""

import argparse
import sys
import time
from pathlib import Path

from broker.local_kafka.cluster import alive, start_local
from broker.local_kafka.jars import ensure_jars
from broker.local_kafka.running import KafkaUnavailable, tail


def main() -> int:
    """Return 0 if it was told to end, 1 if it could not start or ended by itself."""
    arguments = argparse.ArgumentParser(prog="python -m broker.local_kafka", description=__doc__)
    arguments.add_argument("--nodes", type=int, choices=(1, 3), default=1)
    arguments.add_argument("--data", type=Path, help="keep topics and records here between runs")
    arguments.add_argument("--jars", action="store_true", help="only fetch Kafka, print its folder and end")
    asked = arguments.parse_args()

    def say(line: str) -> None:
        sys.stderr.write(line + "\n")

    try:
        if asked.jars:
            sys.stdout.write(f"{ensure_jars(say)}\n")
            return 0
        with start_local(say=say, nodes=asked.nodes, data=asked.data) as kafka:
            sys.stdout.write(kafka.bootstrap + "\n")
            sys.stdout.flush()
            say("Ctrl-C stops it.")
            while all(map(alive, kafka.pids)):
                time.sleep(0.5)
            say("Kafka ended by itself:\n" + "\n".join(map(tail, kafka.log_files)))
            return 1
    except KafkaUnavailable as reason:
        say(str(reason))
        return 1
    except KeyboardInterrupt:
        say("Stopped.")
        return 0


if __name__ == "__main__":
    sys.exit(main())
