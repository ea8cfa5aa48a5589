"""What the package carries: a hand-written set of real organisations, every released policy, every rule's cases.

The desk numbers are drama numbers. The papers of a play set are made up: a policy document and an impact assessment
each, and an agreement of every force with all. `python -m tests.generate_docs` writes the policies and the cases.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from importlib.resources import files
from typing import Any

from pydantic import TypeAdapter

from broker.papers import Papers
from broker.registry import Organisation, Registry, Status
from broker.schemas.catalogue import CATALOGUE
from broker.schemas.claims import Schedule1
from broker.schemas.papers import Agreement, Document, DocumentKind
from broker.schemas.terms import Kind, PersonRole

BEGAN, REVIEWED = timedelta(days=30), timedelta(days=365)
"""How long ago the papers of a play set began, and after how long they are reviewed."""
TAKES_PART = frozenset(
    kind for flow in CATALOGUE for kind in (*flow.senders, *frozenset[Kind]().union(*flow.kinds.values()))
)


def organisations() -> Registry:
    """The set, without keys."""
    listed = TypeAdapter(tuple[Organisation, ...]).validate_json(
        files(__package__).joinpath("organisations.json").read_bytes()
    )
    return Registry(listed)


def documents(play_set: Iterable[Organisation], day: date) -> Iterator[Document]:
    """The documents of a play set. Whoever is in the area of one of its forces relies on that force's assessment."""
    members = _taking_part(play_set)
    force_of = {one.police_area: one.id for one in members if one.kind is Kind.POLICE}
    for one in members:
        conditions = (Schedule1.PARA_6.value, Schedule1.PARA_18.value, Schedule1.PARA_36.value)
        policy = "Appropriate policy document (made up)"
        yield Document(
            **_written(policy, one.id, day),
            id=f"document-{_code(f'{policy} {one.id}')}",
            controller=one.id,
            kind=DocumentKind.POLICY,
            conditions=conditions,
        )
        assessment = "Impact assessment of Operation Encompass (made up)"
        yield Document(
            **_written(assessment, force_of.get(one.police_area, one.id), day),
            id=f"document-{_code(f'{assessment} {one.id}')}",
            controller=one.id,
            kind=DocumentKind.IMPACT,
            flows=tuple(flow.type for flow in CATALOGUE if one.kind in flow.senders),
        )


def agreements(play_set: Iterable[Organisation], day: date) -> Iterator[Agreement]:
    """One of each force with all others."""
    members = _taking_part(play_set)
    for force in (one for one in members if one.kind is Kind.POLICE and len(members) > 1):
        title = "Information-sharing agreement for Operation Encompass (made up)"
        yield Agreement(
            **_written(title, force.id, day),
            id=f"agreement-{_code(f'{title} {force.id}')}",
            parties=(force.id, *(one.id for one in members if one is not force)),
            flows=tuple(flow.type for flow in CATALOGUE if flow.views),
        )


def filed(play_set: Iterable[Organisation], day: date) -> Papers:
    """All of them, filed and joined by everybody."""
    members, papers = list(play_set), Papers()
    for document in documents(members, day):
        papers = papers.file(document)
    for agreement in agreements(members, day):
        papers = papers.agree(agreement)
        for party in agreement.parties:
            papers = papers.join(agreement.id, party)
    return papers


def _taking_part(play_set: Iterable[Organisation]) -> list[Organisation]:
    """Whoever is connected, and every force: what it may send can be asked before it is connected."""
    there = [one for one in play_set if one.status is Status.OPEN and one.kind in TAKES_PART]
    return [one for one in there if one.connected or one.kind is Kind.POLICE]


def _written(title: str, owner: str, day: date) -> dict[str, Any]:
    return {
        "title": title,
        "owner": owner,
        "owner_role": PersonRole.DATA_PROTECTION_OFFICER,
        "reference": "made up, for play: there is no such text",
        "sha256": hashlib.sha256(title.encode()).hexdigest(),
        "valid_from": day - BEGAN,
        "review_on": day - BEGAN + REVIEWED,
    }


def _code(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def policies() -> dict[str, bytes]:
    """File name -> the text of every policy version that was ever released."""
    folder = files(__package__).joinpath("policies")
    return {one.name: one.read_bytes() for one in sorted(folder.iterdir(), key=lambda one: one.name)}


def rule_cases() -> dict[str, list[dict[str, Any]]]:
    """Rule id -> the cases by which it is tested, in words."""
    made: dict[str, list[dict[str, Any]]] = json.loads(files(__package__).joinpath("rule_cases.json").read_bytes())
    return made
