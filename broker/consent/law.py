"""The law as dated data: every basis a message may cite, with its source, its evidence mark and who confirmed it.

Marks: `R` primary text read, `r` read in part, `K` well known but not seen in a source, `P` our proposal. Nothing here
has been confirmed by a data protection officer yet: `confirmed_by` is None throughout and the product shows that.
"""

import hashlib
from dataclasses import asdict, dataclass, field
from datetime import date

from broker.registry import Nation
from broker.schemas.terms import Kind
from broker.statement import dumps

ENGLAND_AND_WALES = frozenset({Nation.ENGLAND, Nation.WALES})


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """Why one controller may disclose, or receive and hold. `jurisdiction` is whose organisations may cite it."""

    code: str
    controller: frozenset[Kind]
    leg: str
    gateway: str
    regime: str
    article_6: str
    article_9: str
    article_10: str
    in_force_from: date
    in_force_to: date | None = None
    jurisdiction: frozenset[Nation] = ENGLAND_AND_WALES
    independent: bool | None = None  # True, False: only (not) independent settings; None: either
    source: str
    mark: str
    confirmed_by: str | None = None

    def in_force(self, day: date) -> bool:
        """Whether the basis can be cited on this day."""
        return self.in_force_from <= day and (self.in_force_to is None or day < self.in_force_to)


BASES: tuple[Basis, ...] = (
    Basis(
        code="LB-E1",
        controller=frozenset({Kind.POLICE}),
        leg="police disclose to a relevant educational establishment",
        gateway="Domestic Abuse Act 2021 s49A",
        regime="UK GDPR (welfare disclosure; authorised to leave Part 3 by s49A, DPA 2018 s36(4))",
        article_6="6(1)(c), with 6(1)(e) as fallback",
        article_9="9(2)(g) with DPA 2018 Sch 1 para 18 (safeguarding)",
        article_10="official authority",
        in_force_from=date(2025, 11, 7),
        source="core-flows 3.4 [S2, S25]",
        mark="R text, r date",
    ),
    Basis(
        code="LB-E2",
        controller=frozenset({Kind.POLICE}),
        leg="police disclose to the local authority",
        gateway="Children Act 2004 s11; Working Together 2026 paras 30, 133",
        regime="UK GDPR (welfare disclosure; DPA 2018 s36(4))",
        article_6="6(1)(e)",
        article_9="9(2)(g) with DPA 2018 Sch 1 para 18 (safeguarding)",
        article_10="official authority",
        in_force_from=date(2026, 3, 1),
        jurisdiction=frozenset({Nation.ENGLAND}),
        source="core-flows 3.4 [S1]; not s49A: a council is not a relevant educational establishment",
        mark="r",
    ),
    Basis(
        code="LB-E2-LA",
        controller=frozenset({Kind.COUNCIL}),
        leg="local authority receives, holds and answers",
        gateway="Children Act 2004 s11; Working Together 2026 para 133",
        regime="UK GDPR",
        article_6="6(1)(e)",
        article_9="9(2)(g) with DPA 2018 Sch 1 para 18 (safeguarding)",
        article_10="DPA 2018 Sch 1 paras 18 and 36",
        in_force_from=date(2026, 3, 1),
        jurisdiction=frozenset({Nation.ENGLAND}),
        source="core-flows A2",
        mark="P",
    ),
    Basis(
        code="LB-E3",
        controller=frozenset({Kind.SCHOOL}),
        leg="state-funded school or college receives, holds and answers",
        gateway="Education Act 2002 s175",
        regime="UK GDPR",
        article_6="6(1)(e)",
        article_9="9(2)(g) with DPA 2018 Sch 1 para 18 (safeguarding)",
        article_10="DPA 2018 Sch 1 paras 18 and 36",
        in_force_from=date(2018, 5, 25),
        independent=False,
        source="core-flows 3.4 [S1 para 7]",
        mark="K",
    ),
    Basis(
        code="LB-E3",
        controller=frozenset({Kind.SCHOOL}),
        leg="independent school receives, holds and answers",
        gateway="Education Act 2002 s157; Independent School Standards",
        regime="UK GDPR",
        article_6="6(1)(c), or 6(1)(ea) Annex 1 para 6 (safeguarding)",
        article_9="9(2)(g) with DPA 2018 Sch 1 para 18 (safeguarding)",
        article_10="DPA 2018 Sch 1 paras 18 and 36",
        in_force_from=date(2026, 2, 5),
        independent=True,
        source="core-flows 3.4 [S1 para 7, S24]",
        mark="K",
    ),
    Basis(
        code="LB-PP",
        controller=frozenset({Kind.POLICE}),
        leg="police to police, and police receiving an answer",
        gateway="common-law policing powers",
        regime="DPA 2018 Part 3",
        article_6="not applicable: DPA 2018 s35(2)(b)",
        article_9="DPA 2018 Sch 8 para 4 (safeguarding)",
        article_10="not applicable under Part 3",
        in_force_from=date(2018, 5, 25),
        source="core-flows A4, A7; code proposed here",
        mark="P",
    ),
)


def _plain(value: object) -> object:
    if isinstance(value, frozenset):
        return sorted(value)
    return value.isoformat() if isinstance(value, date) else value


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """An immutable compilation of the law as data. Decisions fail closed once `review_by` has passed."""

    issued: date
    review_by: date
    bases: tuple[Basis, ...]
    version: str = field(init=False)

    def __post_init__(self) -> None:
        """Version: the date of issue and the digest of the content."""
        rows = [{name: _plain(value) for name, value in asdict(basis).items()} for basis in self.bases]
        digest = hashlib.sha256(dumps([self.review_by.isoformat(), rows]).encode()).hexdigest()[:12]
        object.__setattr__(self, "version", f"{self.issued.isoformat()}+{digest}")

    def basis(self, code: str, *, kind: Kind, nation: Nation, independent: bool, day: date) -> Basis | None:
        """The row of this code that this controller may cite on this day, or None."""
        for basis in self.bases:
            if (
                basis.code == code
                and kind in basis.controller
                and nation in basis.jurisdiction
                and basis.in_force(day)
                and basis.independent in (None, independent)
            ):
                return basis
        return None


POLICY = Policy(issued=date(2026, 11, 22), review_by=date(2027, 11, 22), bases=BASES)
