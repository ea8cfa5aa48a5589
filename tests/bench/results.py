"""`docs/bench.json`: one section for each measurement, so that each can be run again alone."""

import json
import os
import platform
from pathlib import Path
from typing import Any

from broker.clock import system_clock

FILE = Path("docs/bench.json")


def machine() -> str:
    """On what this was measured."""
    return f"{os.cpu_count()} shared cores; {platform.machine()}, Python {platform.python_version()}"


def write(section: str, method: dict[str, Any], figures: dict[str, Any]) -> None:
    """Put one section in the place of the one that was there."""
    sections = json.loads(FILE.read_text()) if FILE.exists() else {}
    sections[section] = {"method": {**method, "ran": system_clock().date().isoformat()}, "figures": figures}
    FILE.write_text(json.dumps(sections, indent=1) + "\n")
    print(f"written to {FILE}, {section}")
