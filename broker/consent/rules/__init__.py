"""The rules a message is tested against, one section of the law to a module, in the order in which they are shown.

A module has up to three tuples: RULES, which the broker checks; HUMAN, which a human is asked; BUILT, which are kept by
how the product is built. `broker.consent.book` collects all three from the modules in SECTIONS.
"""

import hashlib
from types import ModuleType

from broker.consent.rulebook import Rule
from broker.consent.rules import article6, consent_given, encompass, offences, regime, routing, special_category
from broker.statement import dumps

SECTIONS: tuple[ModuleType, ...] = (routing, encompass, regime, article6, consent_given, special_category, offences)

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
"""In the order in which findings are shown."""


def version_of(rules: tuple[Rule, ...]) -> str:
    """A digest of what the rules say and what follows from them, though not of the code behind each."""
    said = [
        [one.id, one.states, one.at, one.outcome, one.at_recipient, one.scope, one.curable, sorted(one.released_by)]
        for one in rules
    ]
    return hashlib.sha256(dumps(said).encode()).hexdigest()[:12]


RULES_VERSION = version_of(RULES)
"""Stored with every decision, so that a replay can say whether the rules are still the same."""
