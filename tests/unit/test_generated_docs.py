"""The committed contract is the one in the code, and its JSON Schemas tell good documents from bad ones.

When this fails: `make docs`, or `python -m tests.generate_docs`.
"""

import json
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator
from typer.testing import CliRunner

from broker.cli import app
from broker.consent.law.policy import POLICY
from broker.errors import Reason, Refused
from broker.judge import parse
from broker.schemas.catalogue import BY_TYPE, CATALOGUE
from broker.schemas.message import SLOTS, Flow
from tests.fixed import documents
from tests.generate_docs import DOCS, RELEASED, SCHEMAS, generated
from tests.personas import Json

each_flow = pytest.mark.parametrize("flow", CATALOGUE, ids=lambda flow: flow.name)


def _schema(flow: Flow) -> Json:
    found: Json = json.loads((SCHEMAS / f"{flow.type}.json").read_text(encoding="utf-8"))
    return found


def test_the_committed_files_are_what_the_code_generates() -> None:
    made = generated()
    there = {*SCHEMAS.iterdir(), *RELEASED.glob(f"{POLICY.issued}-*.json"), *(file for file in made if file.exists())}
    stale = [file.name for file, text in made.items() if file not in there or file.read_text(encoding="utf-8") != text]
    assert (stale, sorted(there - set(made))) == ([], [])


def test_the_command_line_prints_the_same() -> None:
    made = generated()
    assert CliRunner().invoke(app, ["asyncapi"]).stdout == made[DOCS / "asyncapi.json"]
    flow = CATALOGUE[0]
    for name in (flow.type, f"{flow.family}.{flow.name}"):
        assert CliRunner().invoke(app, ["schema", name]).stdout == made[SCHEMAS / f"{flow.type}.json"]


def test_asyncapi_is_yaml_too() -> None:
    text = (DOCS / "asyncapi.json").read_text(encoding="utf-8")
    assert yaml.safe_load(text) == json.loads(text)


@each_flow
def test_a_schema_is_valid_2020_12_and_takes_every_good_document(flow: Flow) -> None:
    schema = _schema(flow)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    Draft202012Validator.check_schema(schema)
    for document in documents()[flow.type]:
        Draft202012Validator(schema).validate(document)


@each_flow
def test_a_schema_gives_every_field_its_labels(flow: Flow) -> None:
    properties = _schema(flow)["$defs"][flow.message.__name__]["properties"]
    said = {name: frozenset(one["x-labels"]) for name, one in properties.items()}
    assert said == {name: frozenset(map(str, labels)) for name, labels in flow.message.labels.items()}


def _without(part: Json, name: str) -> Json:
    return {key: value for key, value in part.items() if key != name}


def _bad(whole: Json) -> dict[str, Json]:
    """Documents that both the schema and the code must refuse."""
    content: Json = whole["content"]
    name = next(iter(_least(whole)))
    line = {"organisation": "school:100053", "role": "safeguarding-lead"}
    other = next(flow.type for flow in CATALOGUE if flow.type != whole["type"])
    return {
        "another type": {**whole, "type": other},
        "an unknown member": {**whole, "urgent": True},
        "an unknown field": {**whole, "content": {**content, "convictions": []}},
        "a required field missing": {**whole, "content": _without(content, name)},
        "a field of another form": {**whole, "content": {**content, name: {"x": 1}}},
        "no content": _without(whole, "content"),
        "a case owner that is no organisation": {**whole, "caseOwner": "vigilante:1"},
        "too many recipients": {
            **whole,
            "to": [{**line, "organisation": f"school:10000{n}"} for n in range(SLOTS + 1)],
        },
    }


def _least(whole: Json) -> list[str]:
    found: list[str] = BY_TYPE[whole["type"]].message.model_json_schema(by_alias=True)["required"]
    return found


@each_flow
@pytest.mark.parametrize("what", _bad(next(iter(documents().values()))[0]))
def test_schema_and_code_refuse_the_same_bad_document(flow: Flow, what: str) -> None:
    bad: dict[str, Any] = _bad(documents()[flow.type][0])[what]
    assert not Draft202012Validator(_schema(flow)).is_valid(bad)
    if what != "another type":  # the procedure finds the type first, then parses by it
        with pytest.raises(Refused) as refused:
            parse(bad, flow)
        assert refused.value.reason is Reason.MALFORMED
