"""Principles, confidentiality and bars."""

from broker.schemas.claims import Bar, Barred
from tests.facts import HANDOVER, ISSUED
from tests.rule_cases import HOLD, REFUSE, WARN, Case, Change, claims, recipient_claims

MAPPA = ("CJA2003-s325(4)",)


def barred(field: str, bar: Bar, *, excepted: bool = False) -> Change:
    return claims(barred=(Barred(field=field, bar=bar, excepted=excepted),))


CASES: tuple[Case, ...] = (
    Case("PR-01", "not said why", ISSUED, claims(necessity=False), REFUSE, claims(necessity=True)),
    Case("PR-01", "nor by the recipient", ISSUED, recipient_claims(necessity=False), REFUSE, {}),
    Case("PR-01", "P3-11 has it under Part 3", ISSUED, claims(necessity=False), REFUSE, {"type": HANDOVER.type}),
    Case("PR-03", "unmarked", ISSUED, claims(fact_from_opinion=False), WARN, claims(fact_from_opinion=True)),
    Case("PR-03", "no source", ISSUED, claims(tells_accuracy=False), WARN, claims(tells_accuracy=True)),
    Case(
        "CF-01",
        "confidence owed",
        HANDOVER,
        claims(confidence_owed=True),
        HOLD,
        claims(confidence_owed=True, confidence_overridden=True),
    ),
    Case(
        "CF-01",
        "not inside MAPPA",
        HANDOVER,
        claims(confidence_owed=True),
        HOLD,
        claims(confidence_owed=True, gateways=MAPPA),
    ),
    *(
        Case("CF-03", bar, ISSUED, barred("circumstances", bar), REFUSE, barred("circumstances", bar, excepted=True))
        for bar in Bar
        if bar is not Bar.PRIVILEGE
    ),
    Case("CF-03", "a field that the type needs", ISSUED, barred("familyName", Bar.ADOPTION), HOLD, {}),
    Case(
        "CF-03",
        "a field that it does not have",
        ISSUED,
        barred("adoptionOrder", Bar.ADOPTION),
        REFUSE,
        barred("adoptionOrder", Bar.ADOPTION, excepted=True),
    ),
    Case(
        "CF-04",
        "legal advice, whatever is said to except it",
        ISSUED,
        barred("circumstances", Bar.PRIVILEGE, excepted=True),
        REFUSE,
        barred("circumstances", Bar.ADOPTION),
    ),
    Case("CF-04", "in a field that the type needs", ISSUED, barred("familyName", Bar.PRIVILEGE), HOLD, {}),
    Case("CF-05", "an embassy", ISSUED, {"recipient_abroad": True}, HOLD, {"recipient_abroad": False}),
)
