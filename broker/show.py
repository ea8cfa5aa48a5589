"""How deliveries, outcomes and dry runs look in a terminal: for people who do not program."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console, Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from broker.consent.redact import NOT_INCLUDED, PENDING
from broker.registry import Registry

COLOUR = {
    "shared": "green",
    "share": "green",
    "partial": "yellow",
    "share-with-warning": "yellow",
    "held": "yellow",
    "hold": "yellow",
    "refused": "red",
    "refuse": "red",
    "overdue": "magenta",
    "recorded": "cyan",
}
Json = Mapping[str, Any]


def name(organisation: str, registry: Registry) -> str:
    """`school:100008` -> `Argyle Primary School (school:100008)`."""
    found = registry.get(organisation)
    return f"{found.name} ({organisation})" if found else organisation


def words(field: str) -> str:
    """`childSpokenTo` -> `child spoken to`."""
    return "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in field)


def value(item: Any) -> str:  # noqa: ANN401 - JSON
    """A JSON value on one line."""
    if isinstance(item, bool):
        return "yes" if item else "no"
    if isinstance(item, Mapping):
        return ", ".join(f"{value(part)}" for part in item.values())
    if isinstance(item, Sequence) and not isinstance(item, str):
        return "; ".join(value(part) for part in item)
    return str(item)


def contents(opened: Json) -> dict[str, str]:
    """Field -> what its reader sees of it on one line, the broker's own wording in its place and marked as that."""
    written = opened["body"].get("brokersWording", {})
    seen = {field: value(item) for field, item in opened["content"].items() if field not in written}
    for field, parts in written.items():
        signed = iter(opened["content"].get(field, ()))
        seen[field] = " ".join(
            next(signed) if part is None else f"\u00ab{part}\u00bb (broker's words)" for part in parts
        )
    return seen


def not_shown(body: Json) -> dict[str, str]:
    """Field -> the rule by which it, or some of it, is not shown."""
    some = {field: f"in part: {rule}" for field, rule in body.get("notAll", {}).items()}
    return {field: rule for field, rule in body["notShown"].items() if rule not in (NOT_INCLUDED, PENDING)} | some


def due(body: Json | None) -> str:
    """`2026-11-20 08:50 (scheme target)`, and whether that has passed."""
    if not body:
        return "no deadline"
    late = ", ALREADY PASSED: telephone" if body.get("passed") else ""
    return f"{body['at'].replace('T', ' ')[:16]} ({body['kind']}){late}"


def basis(body: Json) -> str:
    """Both ends on two lines, marked as unconfirmed while nobody has confirmed them."""
    lines = []
    for end in ("sender", "recipient"):
        if row := body.get(end):
            unconfirmed = "" if row["confirmedBy"] else "  [unconfirmed]"
            why = "; ".join(filter(None, (row["gateway"], row["article6"])))
            lines.append(f"{end}: {row['code']} {why}{unconfirmed}")
    return "\n".join(lines)


def restriction(body: Json) -> str:
    """Why the people concerned must not be told of what was received."""
    return f"the sender is exempt from telling ({body['exemption']}), and so are you to the same extent"


class Rows:
    """Two columns: a dim name, and text that is never read as markup (messages could hold some)."""

    def __init__(self) -> None:
        self.table = Table.grid(padding=(0, 2))
        self.table.add_column(style="dim", no_wrap=True)
        self.table.add_column(overflow="fold")

    def add(self, name_: str, said: str, style: str = "", tail: str = "", tail_style: str = "") -> None:
        """One row; `tail` is a coloured word behind it."""
        text = Text(said, style=style)
        if tail:
            text.append(f"  {tail}", style=tail_style)
        self.table.add_row(Text(name_), text)


def delivery(opened: Json, registry: Registry) -> Panel:
    """One opened delivery as its reader sees it."""
    body, table = opened["body"], Rows()
    table.add("from", f"{name(body['from'], registry)}   signature verified")
    for field, said in contents(opened).items():
        table.add(words(field), said)
    withheld = [f"{words(field)} ({rule})" for field, rule in not_shown(body).items()]
    left = [words(field) for field, rule in body["notShown"].items() if rule == NOT_INCLUDED]
    table.add("withheld", ", ".join(withheld) or "-")
    if follows := [words(field) for field, rule in body["notShown"].items() if rule == PENDING]:
        table.add("follows", f"{', '.join(follows)}: being read, comes as a second item in this case", "yellow")
    table.add("not included", ", ".join(left) or "-", "dim")
    table.add("read by", due(body["due"]))
    table.add("basis", basis(body["basis"]))
    if restricted := body.get("restriction"):
        table.add("tell nobody", restriction(restricted), "bold yellow")
    table.add("ring", f"{body['ring']['role']} {body['ring']['telephone']} (the broker's words)")
    if body["note"]:
        table.add("note", f"{body['note']} (the broker's words)", "yellow")
    return Panel(table.table, title=f"{body['title']}", title_align="left", subtitle=f"case {body['case'][:8]}")


def outcome(body: Json, registry: Registry) -> Panel:
    """What became of a message, as its sender is told; also a dry run."""
    colour = COLOUR[body["status"]]
    parts: list[Rows] = []
    if refused := body.get("refused"):
        table = Rows()
        table.add("why", refused["reason"])
        if refused["fields"]:
            table.add("where", ", ".join(refused["fields"]))
        table.add("what to do", refused["cure"], "bold")
        if (unsigned := body.get("unsigned")) and unsigned["count"] > 1:
            table.add("like it", f"{unsigned['count']} in your name, none signed, since {unsigned['since']}")
        parts.append(table)
    parts.extend(recipient(one, registry) for one in body["recipients"])
    for one in body.get("notReached", ()):
        table = Rows()
        table.add(
            "not reached", f"{name(one, registry)}: what this follows is still held; tell them this too", "yellow"
        )
        parts.append(table)
    if human := _human(body, registry):
        parts.append(human)
    kind = body.get("type", "")
    title = f"{kind.removeprefix('uk.safeguarding.')}  [{colour}]{body['status'].upper()}[/]".strip()
    return Panel(Group(*(part.table for part in parts)), title=title, title_align="left", border_style=colour)


def act(body: Json) -> str:
    """`duty-desk person-0a1b2c3d4e5f: break-glass, child-at-risk-now`."""
    said = [str(body[name]) for name in ("how", "because", "reviewAt") if name in body]
    return f"{body['role']} {body['person']}: {', '.join(said)}" if body else "-"


def _human(body: Json, registry: Registry) -> Rows | None:
    """What a role holder's decision has settled, and whether it is to be reviewed."""
    table = Rows()
    for one in body.get("settled", ()):
        table.add("now", f"{one['message']} for {name(one['organisation'], registry)}: {one['state']}", "bold")
    if body.get("settled") and "act" in body:
        table.add("decided", act(body["act"]))
    if "review" in body:
        table.add("review", "the glass was broken: somebody at the sender must review it", "yellow")
    return table if table.table.row_count else None


def recipient(one: Json, registry: Registry) -> Rows:
    """One recipient's lines of an outcome."""
    table, colour = Rows(), COLOUR[one["outcome"]]
    table.add("to", name(one["organisation"], registry), tail=one["outcome"], tail_style=colour)
    for finding in one["findings"]:
        table.add(finding["rule"], finding["reason"])
        table.add("  what to do", finding["cure"], "bold")
    if "view" in one:
        for field, item in one["view"].items():
            table.add(f"  {words(field)}", value(item))
    if one["withheld"]:
        table.add("withheld", ", ".join(f"{words(w['field'])} ({w['rule']})" for w in one["withheld"]))
    _free_text(one, table)
    if sheet := one.get("callSheet"):
        table.add("call sheet", f"{sheet['ring']} {sheet['telephone']} (owner: {sheet['owner']})")
    if one["due"]:
        table.add("due", due(one["due"]))
    if one["basis"]["sender"]:
        table.add("basis", basis(one["basis"]))
    return table


def _free_text(one: Json, table: Rows) -> None:
    if one.get("pending"):
        table.add("follows", ", ".join(words(field) for field in one["pending"]))
    for field, parts in one.get("brokersWording", {}).items():
        said = "; ".join(f"{number}: \u00ab{part}\u00bb" for number, part in enumerate(parts, 1) if part)
        table.add("broker's words", f"{words(field)} {said}")
    if one.get("keptBack"):
        table.add("kept back", ", ".join(one["keptBack"]), "yellow")


def overdue(body: Json, registry: Registry) -> Panel:
    """A due time that passed without an answer."""
    table = Rows()
    table.add("to", name(body["organisation"], registry))
    table.add("was due", f"{body['due'].replace('T', ' ')[:16]} ({body['kind']})")
    table.add("what to do", body["cure"], "bold")
    return Panel(table.table, title="[magenta]NOBODY HAS ANSWERED[/]", title_align="left", border_style="magenta")


def again_failed(body: Json, registry: Registry) -> Panel:
    """What was released could not be decided anew."""
    table = Rows()
    table.add("message", body["message"])
    table.add("to", name(body["organisation"], registry))
    table.add("what to do", body["cure"], "bold")
    return Panel(table.table, title="[red]RELEASED, AND NOT SENT[/]", title_align="left", border_style="red")


def any_item(opened: Json, registry: Registry) -> Panel:
    """Whatever an inbox holds."""
    match opened["body"]["is"]:
        case "delivery":
            return delivery(opened, registry)
        case "overdue":
            return overdue(opened["body"], registry)
        case "again-failed":
            return again_failed(opened["body"], registry)
        case _:
            return outcome(opened["body"], registry)


def console(*, stderr: bool = False) -> Console:
    """A console as wide as a report wants, also where output is not a terminal."""
    made = Console(stderr=stderr, highlight=False)
    return made if made.is_terminal else Console(stderr=stderr, highlight=False, width=120)
