"""All of them."""

from tests.rule_cases import Case, article6, consent_given, offences, regime, routing, special_category

CASES: tuple[Case, ...] = (
    *routing.CASES,
    *regime.CASES,
    *article6.CASES,
    *consent_given.CASES,
    *special_category.CASES,
    *offences.CASES,
)
