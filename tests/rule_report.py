"""Rule by rule, is it tested? `python -m tests.rule_report` runs all cases and mutants; exit code 1: not all hold.

A machine-checked rule is tested if it has a case that holds; a mutant of it (always permits, always bites) survives if
every case of the rule holds all the same. A rule that is kept by how it is built is tested if the test that it names
exists (and the unit layer runs it).
"""

import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass

from broker.consent.book import RuleKind, entries
from broker.consent.rulebook import Built, Human, Rule
from tests.named import existing
from tests.rule_cases import Case
from tests.rule_cases.every import EVERY
from tests.rule_cases.rights import RightsCase

_A_TEST = re.compile(r"test_\w+\.py::\w+")
AnyCase = Case | RightsCase


def cases_of(rule_id: str) -> list[AnyCase]:
    """The cases of one rule."""
    return [case for case in EVERY if case.rule == rule_id]


def failing(cases: Iterable[AnyCase], *, mutated_to: bool | None = None) -> list[str]:
    """The cases that do not hold of their rule: as it is, or as a mutant that always permits or always bites."""
    return [case.says for case in cases if not case.holds(mutated_to=mutated_to)]


@dataclass(frozen=True, kw_only=True)
class Report:
    """How many rules of which kind there are, and which are not tested as they should be."""

    machine: int
    human: int
    built: int
    untested: tuple[str, ...]
    surviving: tuple[str, ...]

    @property
    def good(self) -> bool:
        """Whether there is nothing to mend."""
        return not self.untested and not self.surviving

    @property
    def line(self) -> str:
        """In one line."""
        return (
            f"rule by rule: {self.machine + self.human + self.built} rules, {self.machine} machine-checked, "
            f"{self.human} human, {self.built} by construction, {len(self.untested)} untested, "
            f"{len(self.surviving)} that survive mutation"
        )


def untested(rule: Rule | Human | Built) -> bool:
    """Whether nothing shows that it is kept; of a human rule, that nobody is asked anything."""
    match rule:
        case Rule():
            return not cases_of(rule.id) or bool(failing(cases_of(rule.id)))
        case Human():
            return not rule.asks
        case Built():
            named = _A_TEST.findall(rule.test)
            return not named or not set(named) <= existing()


def report() -> Report:
    """Run every case and every mutant."""
    found = list(entries())
    count = {kind: sum(entry.kind is kind for entry in found) for kind in RuleKind}
    return Report(
        machine=count[RuleKind.MACHINE],
        human=count[RuleKind.HUMAN],
        built=count[RuleKind.BUILT],
        untested=tuple(entry.rule.id for entry in found if untested(entry.rule)),
        surviving=tuple(
            f"{entry.rule.id} ({'always bites' if bites else 'always permits'})"
            for entry in found
            if entry.kind is RuleKind.MACHINE
            for bites in (False, True)
            if not failing(cases_of(entry.rule.id), mutated_to=bites)
        ),
    )


def main() -> int:
    """Print the line, and what is wrong."""
    made = report()
    said = [made.line, *(f"untested: {one}" for one in made.untested)]
    said += [f"survives mutation: {one}" for one in made.surviving]
    sys.stdout.write("\n".join(said) + "\n")
    return 0 if made.good else 1


if __name__ == "__main__":
    sys.exit(main())
