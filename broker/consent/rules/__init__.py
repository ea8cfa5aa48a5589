"""The rules a message is tested against, one section of the law to a module, in the order in which they are shown."""

from broker.consent.rulebook import Rule
from broker.consent.rules import article6, consent_given, encompass, offences, regime, routing, special_category

RULES: tuple[Rule, ...] = (
    *routing.FIRST,
    *encompass.RULES,
    *routing.LAST,
    *regime.RULES,
    *article6.RULES,
    *consent_given.RULES,
    *special_category.RULES,
    *offences.RULES,
)
