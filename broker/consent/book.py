"""The book of rules: every rule of every section, of all three kinds, with where it is kept."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from types import ModuleType

from broker.consent.rulebook import Built, Human, Redaction, Rule
from broker.consent.rules import RULES, SECTIONS

AnyRule = Rule | Human | Built


class RuleKind(StrEnum):
    """How a rule is kept."""

    MACHINE = "machine"
    HUMAN = "human"
    BUILT = "built"


KINDS: dict[type[AnyRule], RuleKind] = {
    Rule: RuleKind.MACHINE,
    Human: RuleKind.HUMAN,
    Built: RuleKind.BUILT,
    Redaction: RuleKind.BUILT,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One rule and where it stands."""

    section: str
    rule: AnyRule

    @property
    def kind(self) -> RuleKind:
        """How it is kept."""
        return KINDS[type(self.rule)]

    @property
    def where(self) -> str:
        """The function that checks it, as module:function; for the others, what keeps it or that a human does."""
        if isinstance(self.rule, Rule):
            return f"{self.rule.bites.__module__}:{self.rule.bites.__name__}"
        return self.rule.where if isinstance(self.rule, Built) else "a human decides"


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One section: its short name, its title (how its module begins), its rules in order: checked, asked, built."""

    name: str
    title: str
    entries: tuple[Entry, ...]


def book() -> tuple[Section, ...]:
    """Every section. A rule is in the section of the module that holds its function."""
    return tuple(_section(module) for module in SECTIONS)


def entries() -> Iterator[Entry]:
    """Every rule, section by section."""
    for section in book():
        yield from section.entries


def _section(module: ModuleType) -> Section:
    name = module.__name__.rpartition(".")[2]
    checked: list[AnyRule] = [one for one in RULES if one.bites.__module__ == module.__name__]
    checked += getattr(module, "WEIGHED", ())
    others: tuple[AnyRule, ...] = (*getattr(module, "HUMAN", ()), *getattr(module, "BUILT", ()))
    title = re.split(r" \(|\. |\.$", (module.__doc__ or name).strip().splitlines()[0])[0]
    return Section(name=name, title=title, entries=tuple(Entry(section=name, rule=one) for one in (*checked, *others)))
