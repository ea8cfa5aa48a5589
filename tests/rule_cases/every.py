"""All of them."""

from tests.rule_cases import (
    Case,
    accountability,
    article6,
    gateways,
    law_enforcement,
    principles,
    regime,
    routing,
    transparency,
)

CASES: tuple[Case, ...] = (
    *routing.CASES,
    *regime.CASES,
    *article6.CASES,
    *law_enforcement.CASES,
    *gateways.CASES,
    *principles.CASES,
    *transparency.CASES,
    *accountability.CASES,
)
