"""How the night is told in the terminal: for people who do not program."""

from datetime import datetime
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from broker.consent.clocks import LONDON
from broker.consent.redact import PENDING, SAYS
from broker.consent.rules import free_text
from broker.registry import Registry
from broker.show import COLOUR, basis, contents, due, name, not_shown, words

Json = dict[str, Any]


def _says(marker: str) -> str:
    """What the rule says that a marker names, as `RD-4` or `in part: TXT-2`."""
    rule = marker.rpartition(" ")[2]
    return SAYS.get(rule) or free_text.SAYS.get(rule, rule)


class Narrator:
    """Prints the night as it happens."""

    def __init__(self, console: Console, registry: Registry) -> None:
        self._console = console
        self._registry = registry

    def step(self, at: datetime, title: str) -> None:
        """A new step of the night."""
        self._console.print()
        self._console.print(Rule(f"[bold]{at.astimezone(LONDON):%a %H:%M}[/]  {title}", align="left", style="blue"))

    def sends(self, organisation: str, kind: str) -> None:
        """Somebody sends something."""
        what = kind.removeprefix("uk.safeguarding.").removesuffix(".v1").replace("-", " ").replace(".", ": ")
        self._line("->", f"{name(organisation, self._registry)} sends: {what}", "bold")

    def arrived(self, organisation: str, opened: Json) -> None:
        """An organisation has opened something that it received."""
        body = opened["body"]
        who = name(organisation, self._registry)
        match body["is"]:
            case "delivery":
                self._delivery(who, opened)
            case "overdue":
                self._line("!!", f"{who} is told: nobody at {self._name(body['organisation'])} has answered", "magenta")
                self._detail("was due", f"{body['due'].replace('T', ' ')[:16]} ({body['kind']})")
                self._detail("what to do", body["cure"])
            case _:
                self._outcome(who, body)

    def _delivery(self, who: str, opened: Json) -> None:
        body, content = opened["body"], opened["content"]
        child = " ".join(str(content[part]) for part in ("givenNames", "familyName") if part in content)
        about = f" about {child}" if child else ""
        self._line("=>", f"{who} opens: {body['title']}{about}", "green")
        self._detail("signed by", f"{self._name(body['from'])}, verified")
        seen = [f"{words(field)}: {said}" for field, said in contents(opened).items() if field not in _NAMES]
        self._detail("sees", "; ".join(seen))
        withheld = not_shown(body)
        for rule in sorted(set(withheld.values())):
            fields = ", ".join(words(field) for field, one in withheld.items() if one == rule)
            self._detail("withheld", f"{fields} ({rule}: {_says(rule)})")
        if follows := [words(field) for field, rule in body["notShown"].items() if rule == PENDING]:
            self._detail("follows", f"{', '.join(follows)}, when the screening has read it")
        if body["due"]:
            self._detail("read by", due(body["due"]))
        self._detail("basis", basis(body["basis"]).replace("\n", "\n  "))
        if body["note"]:
            self._detail("note", body["note"], "yellow")

    def _outcome(self, who: str, body: Json) -> None:
        shared = [self._name(one["organisation"]) for one in body["recipients"] if one["outcome"].startswith("share")]
        to = f" with {' and '.join(shared)}" if shared else ""
        self._line("..", f"{who} is told: {body['status'].upper()}{to}", COLOUR[body["status"]])
        if refused := body.get("refused"):
            self._detail("why", f"{refused['reason']} {', '.join(refused['fields'])}")
            self._detail("what to do", refused["cure"])
        for one in body.get("owed", ()):
            when = f"{one['due'].replace('T', ' ')[:16]} ({one['kind']})"
            self._detail("owed", f"{self._name(one['organisation'])}, {one['role']}, by {when}", "yellow")
        for one in body.get("notReached", ()):
            self._detail("not reached", self._name(one), "yellow")
        for one in body["recipients"]:
            if not one["outcome"].startswith("share"):
                self._detail(one["outcome"], self._name(one["organisation"]), COLOUR[one["outcome"]])
            for found in one["findings"]:
                self._detail(found["rule"], found["reason"])
                self._detail("what to do", found["cure"])
            if sheet := one.get("callSheet"):
                self._detail("call sheet", f"{sheet['ring']}, {sheet['telephone']}; owner: {sheet['owner']}")
            if one["outcome"] == "hold":
                self._detail("due", due(one["due"]))
            place = [words(w["field"]) for w in one["withheld"] if w["rule"] == "RD-2" and w["field"] not in _ALWAYS]
            if place:
                self._detail("kept back", f"{', '.join(place)} (RD-2: {SAYS['RD-2']})", "yellow")

    def summary(self, rows: list[tuple[str, int, int, bool]]) -> None:
        """The table at the end: what arrived where, beside what was expected."""
        table = Table("who or what", "arrived", "expected", "as written down", title="The night, counted")
        for what, arrived, expected, right in rows:
            mark = "[green]yes[/]" if right else "[red]NO[/]"
            table.add_row(name(what, self._registry), str(arrived), str(expected), mark)
        self._console.print()
        self._console.print(table)

    def say(self, text: str, style: str = "") -> None:
        """A plain line."""
        self._console.print(Text(text, style=style))

    def _name(self, organisation: str) -> str:
        return name(organisation, self._registry)

    def _line(self, mark: str, text: str, style: str) -> None:
        self._console.print(Text(f" {mark} {text}", style=style))

    def _detail(self, what: str, text: str, style: str = "dim") -> None:
        table = Table.grid(padding=(0, 1))
        table.add_column(width=12, style="dim")
        table.add_column(overflow="fold")
        table.add_row(Text(what), Text(text, style=style))
        self._console.print(Padding(table, (0, 0, 0, 6)))


_NAMES = frozenset({"givenNames", "familyName"})
_ALWAYS = frozenset({"addressHandling", "residenceForce", "callbackTelephone"})
"""Kept from settings whether or not a place is protected."""
