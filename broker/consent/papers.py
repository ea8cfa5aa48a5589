"""How papers stand on a day: the policy documents, impact assessment and agreement that a message rests on.

Expiry warns ahead, then bites: a review that is due within 30 days is listed (`broker papers due`); one that is overdue
gives a warning with every message for 30 days more (our proposal); after that the paper counts as lapsed. What lapses
never lets more be seen than it did.
"""

from datetime import date, timedelta
from functools import lru_cache
from typing import NamedTuple, TypeVar

from broker.consent.facts import Paper
from broker.consent.law.policy import Policy
from broker.papers import Papers
from broker.registry import Nation
from broker.schemas.claims import Claim
from broker.schemas.papers import Agreement, Document, DocumentKind, Written
from broker.schemas.terms import Kind

SOON = timedelta(days=30)
"""How long ahead a review, or an end, is announced."""
GRACE = timedelta(days=30)
"""How long a paper counts after its review was due (proposed)."""
BEST_FIRST = (Paper.CURRENT, Paper.REVIEW_SOON, Paper.REVIEW_OVERDUE, Paper.LAPSED, Paper.ANOTHERS, Paper.NONE)
MOST_REMEMBERED = 8192
"""Answers kept for one registry and day: it bounds memory, not what can be asked."""
K = TypeVar("K")
V = TypeVar("V")


def standing(paper: Written, ended: date | None, day: date) -> Paper:
    """How one paper stands on a day. Before its first day there is none."""
    if day < paper.valid_from:
        return Paper.NONE
    over = (ended is not None and ended <= day) or (paper.valid_to is not None and paper.valid_to < day)
    if over or paper.review_on + GRACE < day:
        return Paper.LAPSED
    if paper.review_on < day:
        return Paper.REVIEW_OVERDUE
    if min(paper.review_on, paper.valid_to or paper.review_on) - SOON <= day:
        return Paper.REVIEW_SOON
    return Paper.CURRENT


class Due(NamedTuple):
    """A paper that is to be reviewed, or that ends, and by when."""

    paper: Document | Agreement
    by: date
    stands: Paper


def due(papers: Papers, day: date, within: timedelta = SOON) -> list[Due]:
    """What must be reviewed or renewed within that time, the most urgent first; what has been ended is past that."""
    found = []
    for paper in papers:
        by = min(paper.review_on, paper.valid_to or paper.review_on)
        if papers.ended(paper.id) is None and by <= day + within:
            found.append(Due(paper, by, standing(paper, None, day)))
    return sorted(found, key=lambda one: (one.by, one.paper.id))


class Agreed(NamedTuple):
    """How agreements between two stand for one flow. `labels`: the most that may be seen; None: what the flow lets."""

    stands: Paper
    labels: tuple[str, ...] | None = None


class Standing:
    """The papers of one registry on one day. Each question is answered once and remembered."""

    def __init__(self, papers: Papers, day: date) -> None:
        self._papers = papers
        self._day = day
        self._documents: dict[tuple[str, str], Paper] = {}
        self._agreed: dict[tuple[str, str, str], Agreed] = {}

    def policy_document(self, controller: str, conditions: frozenset[str]) -> Paper:
        """How that controller's appropriate policy documents stand for these conditions: the worst counts."""
        found = [self._document(DocumentKind.POLICY, controller, one) for one in conditions]
        return max(found, key=BEST_FIRST.index, default=Paper.CURRENT)

    def impact_assessment(self, controller: str, flow: str) -> Paper:
        """How the impact assessment on which that controller sends this type stands."""
        return self._document(DocumentKind.IMPACT, controller, flow)

    def agreement(self, one: str, other: str, flow: str) -> Agreed:
        """How agreements between the two for this type stand. Every one that stands binds; with none, the lapsed do.

        Nobody needs one with itself.
        """
        if one == other:
            return Agreed(Paper.CURRENT)
        key = (one, other, flow)
        if (known := self._agreed.get(key)) is not None:
            return known
        found = [(self._between(agreement, one, other), agreement) for agreement in self._papers.between(one, other)]
        begun = [(how, agreement) for how, agreement in found if flow in agreement.flows and how is not Paper.NONE]
        best = min((how for how, _ in begun), key=BEST_FIRST.index, default=Paper.NONE)
        binding = [agreement for how, agreement in begun if (how is Paper.LAPSED) is (best is Paper.LAPSED)]
        return _kept(self._agreed, key, Agreed(best, _labels(binding)))

    def _between(self, agreement: Agreement, one: str, other: str) -> Paper:
        papers = self._papers
        ends = (papers.ended(agreement.id), papers.left(agreement.id, one), papers.left(agreement.id, other))
        return standing(agreement, min((end.date() for end in ends if end), default=None), self._day)

    def _document(self, kind: DocumentKind, controller: str, covers: str) -> Paper:
        key = (controller, covers)
        if (known := self._documents.get(key)) is not None:
            return known
        found = [
            self._filed(one)
            for one in self._papers.documents(controller)
            if one.kind is kind and covers in (*one.conditions, *one.flows)
        ]
        return _kept(self._documents, key, min(found, key=BEST_FIRST.index, default=Paper.NONE))

    def _filed(self, document: Document) -> Paper:
        ended = self._papers.ended(document.id)
        how = standing(document, ended.date() if ended else None, self._day)
        anothers = document.kind is DocumentKind.POLICY and document.owner != document.controller
        return Paper.ANOTHERS if anothers and how is not Paper.NONE else how


def _kept(answers: dict[K, V], key: K, answer: V) -> V:
    if len(answers) >= MOST_REMEMBERED:
        answers.clear()
    answers[key] = answer
    return answer


def _labels(agreements: list[Agreement]) -> tuple[str, ...] | None:
    named = [frozenset(one.labels) for one in agreements if one.labels is not None]
    return tuple(sorted(frozenset.intersection(*named))) if named else None


@lru_cache(maxsize=2)  # a worker follows one registry; another only while it changes, or at midnight
def of(papers: Papers, day: date) -> Standing:
    """How the papers of a registry stand on a day."""
    return Standing(papers, day)


@lru_cache(maxsize=1024)
def needing_a_document(
    policy: Policy,
    basis: str,
    kind: Kind,
    nation: Nation,
    claimed: Claim | None,
    day: date,
    *,
    independent: bool,
) -> frozenset[str]:
    """The conditions, in the row that stands for this controller, that need an appropriate policy document."""
    row = policy.basis(basis, kind=kind, nation=nation, independent=independent, day=day)
    if row is None:
        return frozenset()
    claim = row.claim if claimed is None else claimed.over(row.claim)
    known = {code: policy.condition(code) for code in claim.schedule_1}
    return frozenset(str(code) for code, found in known.items() if found is None or found.policy_document)
