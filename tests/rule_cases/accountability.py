"""Papers of a flow."""

from broker.consent.facts import Paper
from tests.facts import ISSUED
from tests.rule_cases import REFUSE, WARN, Case

CASES: tuple[Case, ...] = (
    Case("AC-02", "none", ISSUED, {"impact_assessment": Paper.NONE}, REFUSE, {"impact_assessment": Paper.CURRENT}),
    Case(
        "AC-02", "another's", ISSUED, {"impact_assessment": Paper.ANOTHERS}, REFUSE, {"sharing_agreement": Paper.NONE}
    ),
    *(
        Case("AC-03", paper, ISSUED, {"sharing_agreement": paper}, WARN, {"sharing_agreement": near})
        for paper, near in (
            (Paper.NONE, Paper.CURRENT),
            (Paper.ANOTHERS, Paper.CURRENT),
            (Paper.LAPSED, Paper.REVIEW_SOON),
            (Paper.REVIEW_OVERDUE, Paper.REVIEW_SOON),
        )
    ),
)
