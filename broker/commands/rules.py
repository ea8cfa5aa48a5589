"""`broker rules`: every rule, and everything that there is to say of one."""

from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from broker import show
from broker.commands.options import HtmlOption, JsonOption, fail, print_json, write_page
from broker.consent.book import Entry, book, entries
from broker.consent.rulebook import Built, Human, Redaction, Rule
from broker.consent.rules import RULES_VERSION
from broker.data import rule_cases
from broker.pages import KIND_WORDS, rule_rows, rules_page

Json = dict[str, Any]


def rules(
    rule_id: Annotated[str | None, typer.Argument(metavar="[ID]", help="One rule, as A6-01; default: all.")] = None,
    section: Annotated[str | None, typer.Option(help="Only one section, as article6.", show_default=False)] = None,
    html: HtmlOption = None,
    as_json: JsonOption = False,
) -> None:
    """Every rule that a message is tested against: what it says, what follows, source and mark.

    With an ID: all of it, with what cures it, the function that checks it, and the cases by which it is tested. Kinds:
    machine (the broker checks it), human (no program can; it says what the human is asked), built (kept by how the
    product is built).

    Example: broker rules ENC-ROLL
    """
    if html is not None:
        write_page(html, rules_page(book(), rule_cases(), rules_version=RULES_VERSION))
    elif rule_id is not None:
        _one(rule_id, as_json=as_json)
    else:
        _all(section, as_json=as_json)


def _one(rule_id: str, *, as_json: bool) -> None:
    found = next((entry for entry in entries() if entry.rule.id == rule_id.upper()), None)
    if found is None:
        alike = sorted(entry.rule.id for entry in entries() if entry.rule.id.startswith(rule_id.upper()[:2]))
        hint = f"Alike: {', '.join(alike)}. " if alike else ""
        fail(f"There is no rule {rule_id}. {hint}`broker rules` lists all.", 2)
    cases = rule_cases()
    if as_json:
        print_json(_as_json(found, cases.get(found.rule.id, [])))
        return
    table = show.Rows()
    table.add(found.rule.id, found.rule.states, "bold")
    table.add("section", found.section)
    table.add("kind", f"{found.kind} ({KIND_WORDS[found.kind]})")
    for name, text in rule_rows(found, cases):
        table.add(name, text)
    show.console().print(table.table)


def _all(section: str | None, *, as_json: bool) -> None:
    names = [one.name for one in book()]
    if section is not None and section not in names:
        fail(f"There is no section {section}. There are: {', '.join(names)}.", 2)
    chosen = [entry for entry in entries() if section in (None, entry.section)]
    if as_json:
        cases = rule_cases()
        listed = [_as_json(entry, cases.get(entry.rule.id, [])) for entry in chosen]
        print_json({"rulesVersion": RULES_VERSION, "rules": listed})
        return
    table = Table("id", "kind", "what it says", "outcome", "scope", "source", "mark")
    for entry in chosen:
        rule = entry.rule
        follows = (rule.outcome.value, rule.scope.value) if isinstance(rule, Rule) else ("-", "-")
        said = (rule.id, entry.kind.value, rule.states, *follows, rule.source, rule.mark)
        table.add_row(*map(escape, said))
    show.console().print(table)


def _as_json(entry: Entry, cases: list[Json]) -> Json:
    rule = entry.rule
    made: Json = {"id": rule.id, "section": entry.section, "kind": entry.kind.value, "says": rule.states}
    if isinstance(rule, Rule):
        made |= {
            "askedOf": rule.at.value,
            "outcome": rule.outcome.value,
            "outcomeAtRecipient": rule.at_recipient and rule.at_recipient.value,
            "scope": rule.scope.value,
            "reason": rule.reason,
            "cure": rule.cure,
            "field": rule.field,
            "curable": rule.curable,
            "releasedBy": sorted(rule.released_by),
        }
    if isinstance(rule, Human):
        made["asks"] = rule.asks
    if isinstance(rule, Built):
        made["test"] = rule.test
    if isinstance(rule, Redaction):
        made |= {"why": rule.why, "keptBy": [one.value for one in rule.kept_by]}
    return {**made, "where": entry.where, "source": rule.source, "mark": rule.mark, "cases": cases}
