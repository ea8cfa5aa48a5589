"""The night as data: what is sent when (story.json), and what everybody must have opened (expected.json)."""

import json
from dataclasses import dataclass, field
from datetime import datetime
from importlib.resources import files
from typing import Any
from uuid import uuid4

Json = dict[str, Any]
PREFIX = "uk.safeguarding.encompass."


def _load(name: str) -> Json:
    made: Json = json.loads(files(__package__).joinpath(name).read_bytes())
    return made


def _merge(value: Any, common: Json) -> Any:  # noqa: ANN401 - JSON
    """Put the fields that `$common` names into the object that names them; its own fields win."""
    if isinstance(value, dict):
        base = common[value["$common"]] if "$common" in value else {}
        return {**base, **{key: _merge(one, common) for key, one in value.items() if key != "$common"}}
    return [_merge(one, common) for one in value] if isinstance(value, list) else value


@dataclass
class Ids:
    """`@name` in the script stands for an id; every night has fresh ones."""

    ids: dict[str, str] = field(default_factory=dict)

    def real(self, value: Any) -> Any:  # noqa: ANN401 - JSON
        """Replace every `@name` by its id."""
        if isinstance(value, str) and value.startswith("@"):
            return self.ids.setdefault(value, str(uuid4()))
        if isinstance(value, dict):
            return {key: self.real(one) for key, one in value.items()}
        return [self.real(one) for one in value] if isinstance(value, list) else value

    def names(self, value: Any) -> Any:  # noqa: ANN401 - JSON
        """The inverse of `real`, for comparing."""
        back = {made: name for name, made in self.ids.items()}
        if isinstance(value, str):
            return back.get(value, value)
        if isinstance(value, dict):
            return {key: self.names(one) for key, one in value.items()}
        return [self.names(one) for one in value] if isinstance(value, list) else value


@dataclass(frozen=True)
class Step:
    """One step: when, what the narrator says, who sends what, and the bad messages that somebody slips in."""

    id: str
    at: datetime
    title: str
    sends: list[tuple[str, Json]]
    mischief: list[Json]
    arrives: dict[str, list[Json]]


@dataclass(frozen=True)
class Night:
    """The whole script."""

    starts: datetime
    steps: list[Step]
    records: dict[str, int]


def night() -> Night:
    """Read both files. `arrives` and `records` come from the hand-written expectation alone."""
    story, expected = _load("story.json"), _load("expected.json")
    steps = []
    for step in story["steps"]:
        sends = []
        for one in _merge(step["sends"], story["common"]):
            message = {"caseOwner": one["as"], **one["message"], "type": f"{PREFIX}{one['message']['type']}.v1"}
            sends.append((one["as"], message))
        steps.append(
            Step(
                id=step["id"],
                at=datetime.fromisoformat(step["at"]),
                title=step["title"],
                sends=sends,
                mischief=step.get("mischief", []),
                arrives=_merge(expected["steps"][step["id"]], expected["common"]),
            )
        )
    return Night(starts=datetime.fromisoformat(story["starts"]), steps=steps, records=expected["records"])


def item(opened: Json) -> Json:
    """What an organisation opened, in the form in which the expectation is written."""
    body = opened["body"]
    match body["is"]:
        case "delivery" if body["type"] == f"{PREFIX}receipt-recorded.v1":
            content = opened["content"]
            return {
                "is": "receipt",
                "message": body["message"],
                "from": body["from"],
                **{key: content[key] for key in ("answers", "state", "role")},
            }
        case "delivery":
            due = body["due"]
            text = {"part": body["part"], "wording": body.get("brokersWording", {})} if "part" in body else {}
            return {
                "is": "delivery",
                **text,
                "what": body["type"].removeprefix(PREFIX).removesuffix(".v1"),
                "message": body["message"],
                "roll": opened["to"][0].get("rollStatus") if opened["to"] else None,
                "content": opened["content"],
                "withheld": {name: rule for name, rule in body["notShown"].items() if rule != "not-included"}
                | body.get("notAll", {}),
                "basis": f"{body['basis']['sender']['code']} > {body['basis']['recipient']['code']}",
                "due": f"{due['at'].replace('T', ' ')[:16]} {due['kind']}{' passed' if due['passed'] else ''}"
                if due
                else "none",
                "note": bool(body["note"]),
            }
        case "overdue":
            return {"is": "overdue", "message": body["message"], "organisation": body["organisation"]}
        case _:
            return _outcome(body)


def _outcome(body: Json) -> Json:
    made: Json = {"is": "outcome", "message": body["message"], "status": body["status"]}
    made |= {"part": body["part"]} if "part" in body else {}
    owed = {one["organisation"]: f"{one['due'].replace('T', ' ')[:16]} {one['kind']}" for one in body.get("owed", ())}
    made |= {"owed": owed} if owed else {}
    if refused := body.get("refused"):
        made = {**made, "claimed": body["claimed"]} if body["claimed"] else made
        return {**made, "code": refused["code"], "where": refused["fields"]}
    made["recipients"] = {
        one["organisation"]: " ".join([one["outcome"], *(found["rule"] for found in one["findings"])])
        for one in body["recipients"]
    }
    sheets = [one["callSheet"]["telephone"] for one in body["recipients"] if one["name"] and "callSheet" in one]
    rules = {found["rule"] for one in body["recipients"] for found in one["findings"]}
    return {**made, "callSheet": sheets[0]} if "CHN-1" in rules else made
