"""The rules a message is tested against, one section of the law to a module, in the order in which they are shown.

A module has up to three tuples: RULES, which the broker checks; HUMAN, which a human is asked; BUILT, which are kept by
how the product is built. `broker.consent.book` collects all three from the modules in SECTIONS. What is asked of a
decision about somebody's rights, and not of a message, stands in `broker.consent.rights`.
"""

import hashlib
from types import ModuleType

from broker.consent.rulebook import Built, Human, Rule
from broker.consent.rules import (
    accountability,
    article6,
    consent_given,
    encompass,
    free_text,
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
from broker.statement import dumps

SECTIONS: tuple[ModuleType, ...] = (
    routing,
    encompass,
    free_text,
    regime,
    article6,
    consent_given,
    special_category,
    offences,
    law_enforcement,
    gateways,
    principles,
    transparency,
    rights,
    accountability,
)

RULES: tuple[Rule, ...] = (
    *routing.FIRST,
    *encompass.RULES,
    *routing.LAST,
    *regime.RULES,
    *article6.RULES,
    *consent_given.RULES,
    *special_category.RULES,
    *offences.RULES,
    *law_enforcement.RULES,
    *gateways.RULES,
    *principles.RULES,
    *transparency.RULES,
    *accountability.RULES,
)
"""In the order in which findings are shown."""
HUMAN: tuple[Human, ...] = tuple(one for section in SECTIONS for one in getattr(section, "HUMAN", ()))
BUILT: tuple[Built, ...] = tuple(one for section in SECTIONS for one in getattr(section, "BUILT", ()))


def version_of(rules: tuple[Rule, ...]) -> str:
    """A digest of what the rules say and what follows from them, though not of the code behind each."""
    said = [
        [one.id, one.states, one.at, one.outcome, one.at_recipient, one.scope, one.curable, sorted(one.released_by)]
        for one in rules
    ]
    return hashlib.sha256(dumps(said).encode()).hexdigest()[:12]


RULES_VERSION = version_of(RULES)
"""Stored with every decision, so that a replay can say whether the rules are still the same."""
