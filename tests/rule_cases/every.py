"""All of them."""

from tests.rule_cases import Case, article6, regime, routing

CASES: tuple[Case, ...] = (*routing.CASES, *regime.CASES, *article6.CASES)
