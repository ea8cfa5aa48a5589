"""The rules a message is tested against, one section of the law to a module, in the order in which they are shown."""

from broker.consent.rulebook import Rule
from broker.consent.rules import article6, encompass, regime, routing

RULES: tuple[Rule, ...] = (
    *routing.FIRST,
    *encompass.RULES,
    *routing.LAST,
    *regime.RULES,
    *article6.RULES,
)
