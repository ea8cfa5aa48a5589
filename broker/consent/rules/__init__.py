"""The rules a message is tested against, one section of the law to a module, in the order in which they are shown.

`HUMAN` are those that no program can check, `BUILT` those that are kept by how the product is built.
"""

from broker.consent.rulebook import Built, Human, Rule
from broker.consent.rules import (
    accountability,
    article6,
    encompass,
    gateways,
    law_enforcement,
    principles,
    regime,
    rights,
    routing,
    transparency,
)

RULES: tuple[Rule, ...] = (
    *routing.FIRST,
    *encompass.RULES,
    *routing.LAST,
    *regime.RULES,
    *article6.RULES,
    *law_enforcement.RULES,
    *gateways.RULES,
    *principles.RULES,
    *transparency.RULES,
    *accountability.RULES,
)
HUMAN: tuple[Human, ...] = (
    *law_enforcement.HUMAN,
    *gateways.HUMAN,
    *principles.HUMAN,
    *transparency.HUMAN,
    *rights.HUMAN,
    *accountability.HUMAN,
)
BUILT: tuple[Built, ...] = (
    *law_enforcement.BUILT,
    *gateways.BUILT,
    *principles.BUILT,
    *rights.BUILT,
    *accountability.BUILT,
)
