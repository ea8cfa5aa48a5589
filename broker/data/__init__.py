"""What the package carries: a hand-written set of real organisations, every released policy, every rule's cases.

The desk numbers are drama numbers. `python -m tests.generate_docs` writes the policies and the cases.
"""

import json
from importlib.resources import files
from typing import Any

from pydantic import TypeAdapter

from broker.registry import Organisation, Registry


def organisations() -> Registry:
    """The set, without keys."""
    listed = TypeAdapter(tuple[Organisation, ...]).validate_json(
        files(__package__).joinpath("organisations.json").read_bytes()
    )
    return Registry(listed)


def policies() -> dict[str, bytes]:
    """File name -> the text of every policy version that was ever released."""
    folder = files(__package__).joinpath("policies")
    return {one.name: one.read_bytes() for one in sorted(folder.iterdir(), key=lambda one: one.name)}


def rule_cases() -> dict[str, list[dict[str, Any]]]:
    """Rule id -> the cases by which it is tested, in words."""
    made: dict[str, list[dict[str, Any]]] = json.loads(files(__package__).joinpath("rule_cases.json").read_bytes())
    return made
