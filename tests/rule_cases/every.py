"""All of them."""

from tests.rule_cases import (
    Case,
    accountability,
    article6,
    conflict,
    consent_given,
    gateways,
    law_enforcement,
    offences,
    principles,
    regime,
    rights,
    routing,
    special_category,
    transparency,
)

CASES: tuple[Case, ...] = (
    *routing.CASES,
    *conflict.CASES,
    *regime.CASES,
    *article6.CASES,
    *consent_given.CASES,
    *special_category.CASES,
    *offences.CASES,
    *law_enforcement.CASES,
    *gateways.CASES,
    *principles.CASES,
    *transparency.CASES,
    *accountability.CASES,
)
"""Of messages."""
EVERY: tuple[Case | rights.RightsCase, ...] = (*CASES, *rights.CASES)
"""And of decisions about rights."""
