"""`broker basis`: may this go, on what, and what is missing."""

from typing import Annotated, Any

import typer
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.text import Text

from broker import show
from broker.commands.options import (
    AtOption,
    BuiltInHomeOption,
    JsonOption,
    fail,
    flow_of,
    member,
    moment,
    policy_of,
    print_json,
    registry_of,
)
from broker.legal import plain
from broker.ordinary import ask

Json = dict[str, Any]
EXIT = {"shared": 0, "recorded": 0, "held": 3, "refused": 4}
ANSWER = {
    "shared": "YES: an ordinary one may go",
    "recorded": "NOBODY RECEIVES IT: the broker records it",
    "held": "NOT YET: it would be held for a human at the sender",
    "refused": "NO: it would be refused",
}


def basis(
    sender: Annotated[str, typer.Option("--from", metavar="ORG", help="Who would send, as police:01.")],
    recipient: Annotated[str, typer.Option("--to", metavar="ORG", help="Who would receive, as school:100053.")],
    flow: Annotated[str, typer.Option("--flow", metavar="TYPE", help="As encompass.notification-issued.")],
    at: AtOption = None,
    home: BuiltInHomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say whether this may go from one to another, on what basis at each end, and what is missing.

    Asks about an ordinary message of that type, and says what it takes for ordinary; `broker check FILE` asks about a
    real one. Needs no Kafka and no keys. Exit code 0 it may go, 3 held, 4 refused.

    Example: broker basis --from police:01 --to school:100053 --flow encompass.notification-issued
    """
    asked, now = flow_of(flow), moment(at)
    registry, policy = registry_of(home, now), policy_of(home)
    ends = {"sender": member(registry, sender), "recipient": member(registry, recipient)}
    if sender == recipient:
        fail("From and to are the same organisation: name two.", 2)
    said = ask(asked, **ends, registry=registry, policy=policy, now=now)
    if as_json:
        print_json(said)
    else:
        show.console().print(_panel(said, f"{show.name(sender, registry)} → {show.name(recipient, registry)}"))
    raise typer.Exit(EXIT[said["status"]])


def _panel(said: Json, who: str) -> Panel:
    colour = show.COLOUR[said["status"]]
    parts: list[RenderableType] = [Text(who), Text(ANSWER[said["status"]], style=f"bold {colour}")]
    if said["status"] != "recorded":
        parts += [*_missing(said), *_ends(said), _rest(said)]
    title = said["type"].removeprefix("uk.safeguarding.")
    foot = f"policy {said['policy']}, rules {said['rules']}"
    return Panel(Group(*parts), title=title, title_align="left", subtitle=foot, border_style=colour)


def _missing(said: Json) -> list[RenderableType]:
    made: list[RenderableType] = []
    for found in said["findings"]:
        rows = show.Rows()
        rows.add(found["rule"], found["reason"], tail=found["outcome"], tail_style=show.COLOUR[found["outcome"]])
        rows.add("  what to do", found["cure"], "bold")
        made.append(rows.table)
    return made


def _ends(said: Json) -> list[RenderableType]:
    return [_end(side, said["basis"][side]).table for side in ("sender", "recipient")]


def _end(side: str, row: Json) -> show.Rows:
    rows = show.Rows()
    if not row["onFile"]:
        code = row["code"] or "any code"
        rows.add(f"\n{side}", f"\nno row of the law under {code} for this kind of organisation, nation and day", "red")
        return rows
    rows.add(f"\n{side}", f"\n{row['code']}: {row['title']}", "bold")
    rows.add("  regime", row["regime"])
    for number in ("6", "9", "10"):
        rows.add(f"  Article {number}", row[f"article{number}"])
    for one in row["conditions"]:
        rows.add("  condition", f"{one['code']} {one['title']}; {one['state']}")
    for one in row["gateways"]:
        rows.add(
            "  gateway", f"{one['title']}: {one['force']}; {one['state']}", tail=_confirmed(one), tail_style="yellow"
        )
    for code in row["gatewaysNotOnFile"]:
        rows.add("  gateway", f"{code} is not on file", "red")
    rows.add("  document", "an appropriate policy document" if row["policyDocument"] else "none needed")
    rows.add("  source", f"{row['source']} [{row['mark']}]; {row['state']}", tail=_confirmed(row), tail_style="yellow")
    return rows


def _confirmed(row: Json) -> str:
    return f"confirmed by the {plain(row['confirmedBy'])}" if row["confirmedBy"] else "confirmed by nobody yet"


def _rest(said: Json) -> RenderableType:
    rows = show.Rows()
    rows.add("\nto the", f"\n{plain(said['role'])}")
    rows.add("sees" if said["mayGo"] else "would see", ", ".join(map(show.words, said["sees"])) or "nothing")
    rows.add("withheld", ", ".join(f"{show.words(w['field'])} ({w['rule']})" for w in said["withheld"]) or "-")
    if said["due"]:
        rows.add("deadline", f"{show.due(said['due'])}: {said['due']['says']}")
    for one in said["assumed"]:
        rows.add("assumed", one, "dim")
    return rows.table
