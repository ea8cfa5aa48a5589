"""A policy version as text, and back: bytes in, a policy out, and nothing that is not exactly what its version says."""

import json
from datetime import date
from typing import Any

from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from broker.consent.law.bases import Basis
from broker.consent.law.conditions import Condition
from broker.consent.law.policy import Policy, listed
from broker.consent.law.provisions import Provision
from broker.consent.law.record import Record
from broker.statement import dumps, loads


@dataclass(frozen=True, kw_only=True, config=ConfigDict(strict=True, extra="forbid", hide_input_in_errors=True))
class _Filed:
    version: str
    issued: date
    review_by: date
    bases: tuple[Basis, ...]
    provisions: tuple[Provision, ...]
    conditions: tuple[Condition, ...]
    exemptions: tuple[Record, ...]
    regulators: tuple[Record, ...]


_FILED = TypeAdapter(_Filed)


def filed(policy: Policy) -> str:
    """The policy as JSON text, always the same for the same version."""
    whole: dict[str, Any] = {
        "version": policy.version,
        "issued": policy.issued.isoformat(),
        "review_by": policy.review_by.isoformat(),
        "bases": listed(policy.bases),
        "provisions": listed(policy.provisions),
        "conditions": listed(policy.conditions),
        "exemptions": listed(policy.exemptions),
        "regulators": listed(policy.regulators),
    }
    return json.dumps(whole, ensure_ascii=False, indent=1) + "\n"


def loaded(text: bytes) -> Policy:
    """The policy of such a text. Raises ValueError if it is none, or not the version that it says it is."""
    try:
        file = _FILED.validate_json(dumps(loads(text)))
    except ValidationError as error:
        paths = sorted(
            {".".join(str(part) for part in one["loc"]) or "the whole" for one in error.errors(include_input=False)}
        )
        raise ValueError(f"it is no policy as this release knows them: {', '.join(paths[:5])}") from None
    except ValueError:
        raise ValueError("it is not JSON, or names a thing twice") from None
    policy = Policy(
        issued=file.issued,
        review_by=file.review_by,
        bases=file.bases,
        provisions=file.provisions,
        conditions=file.conditions,
        exemptions=file.exemptions,
        regulators=file.regulators,
    )
    if policy.version != file.version:
        raise ValueError(f"it says that it is {file.version}, but its content is {policy.version}")
    return policy


def file_name(version: str) -> str:
    """`2026-11-24+0123456789ab` -> `2026-11-24-0123456789ab.json`."""
    return f"{version.replace('+', '-')}.json"
