"""Telling the family."""

from broker.schemas.claims import NotToldBecause, Told
from tests.facts import HANDOVER, ISSUED
from tests.rule_cases import REFUSE, WARN, Case, claims

CASES: tuple[Case, ...] = (
    Case("TR-01", "not said", ISSUED, claims(told=Told.UNSET), WARN, claims(told=Told.TOLD)),
    Case("TR-02", "for no reason", ISSUED, claims(not_told_because=None), REFUSE, {}),
    *(
        Case(
            "TR-02",
            f"{because} is a reason",
            ISSUED,
            claims(not_told_because=None),
            REFUSE,
            claims(not_told_because=because),
        )
        for because in NotToldBecause
    ),
    Case(
        "TR-02",
        "told",
        ISSUED,
        claims(not_told_because=None),
        REFUSE,
        claims(told=Told.TOLD, not_told_because=None),
    ),
    Case("TR-03", "no date", ISSUED, claims(recheck_set=False), WARN, claims(told=Told.TOLD, recheck_set=False)),
    Case("TR-04", "exempt, and silent", HANDOVER, claims(restriction_travels=False), REFUSE, {}),
    Case("TR-04", "not exempt", ISSUED, claims(exempt=True), REFUSE, claims(exempt=True, restriction_travels=True)),
)
