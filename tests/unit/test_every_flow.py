"""Walks the catalogue: what is promised of one flow is proved of every flow."""

import ast
import importlib
import inspect
import pkgutil
from collections import Counter
from datetime import time

import pytest
from jsonschema import Draft202012Validator

from broker import describe, routers, schemas, topics
from broker.app import make_exchange
from broker.connection import Connection
from broker.consent import rules
from broker.consent.clocks import deadline
from broker.consent.law.policy import POLICY
from broker.consent.redact import FINDS_THE_CHILD, RULE_OF_LABEL, SAYS, view
from broker.consent.rulebook import Rule
from broker.consent.rules import RULES
from broker.errors import PLAIN, Reason, Refused
from broker.loop import Loop
from broker.schemas.catalogue import BY_TYPE, CATALOGUE
from broker.schemas.message import Clock, Flow
from broker.schemas.terms import AddressHandling, Label, Role
from broker.state import StateSeal
from tests import personas
from tests.personas import ACLAND, NIGHT, notification
from tests.world import World

RULE_MODULES = [
    importlib.import_module(f"broker.consent.rules.{one.name}") for one in pkgutil.iter_modules(rules.__path__)
]
every_flow = pytest.mark.parametrize("flow", CATALOGUE, ids=lambda flow: flow.name)

ORIGINAL = notification()
EXAMPLES = [
    ORIGINAL,
    personas.handover(),
    personas.follow_up("notification-updated", ORIGINAL),
    personas.follow_up("notification-corrected", ORIGINAL, givenNames="Robin"),
    personas.withdrawal(ORIGINAL),
    personas.receipt(ORIGINAL),
    personas.told(ORIGINAL, ACLAND),
    personas.released(ORIGINAL, ACLAND),
    personas.not_shared(ORIGINAL, ACLAND),
]


def parsed_rules() -> list[ast.FunctionDef]:
    """Every function that stands in a module of rules."""
    bodies = [ast.parse(inspect.getsource(module)).body for module in RULE_MODULES]
    return [node for body in bodies for node in body if isinstance(node, ast.FunctionDef)]


@every_flow
def test_every_field_is_labelled(flow: Flow) -> None:
    wire = {info.alias for info in flow.message.model_fields.values()}
    assert set(flow.message.labels) == wire
    assert all(labels and labels <= set(Label) for labels in flow.message.labels.values())


@every_flow
def test_no_field_says_what_its_sender_did_not_say(flow: Flow) -> None:
    assert {info.default for info in flow.message.model_fields.values() if not info.is_required()} <= {None}


@every_flow
@pytest.mark.parametrize("handling", [None, *AddressHandling])
def test_a_role_that_is_not_listed_sees_nothing(flow: Flow, handling: AddressHandling | None) -> None:
    for role in set(Role) - set(flow.views):
        shown = view(flow, tuple(flow.message.labels), role=role, handling=handling)
        assert not shown.fields
        assert len(shown.withheld) == len(flow.message.labels)


@every_flow
def test_only_who_must_find_the_child_sees_by_name_area_or_link(flow: Flow) -> None:
    kept = {Label.ADULT_NAME, Label.LINK, Label.SAFETY, Label.ROUTING, Label.DIRECT_LINE}
    for role in set(flow.views) - FINDS_THE_CHILD:
        needs = {Label.ADULT_NAME} if role is Role.DESIGNATED_OFFICER else set()  # an allegation is against somebody
        assert flow.views[role].labels & kept == needs


@every_flow
def test_every_view_has_one_kind_of_reader_and_a_basis_for_each_end(flow: Flow) -> None:
    assert set(flow.kinds) == set(flow.views)
    held = {(basis.code, kind) for basis in POLICY.bases for kind in basis.controller}
    for role, seen in flow.views.items():
        assert {
            *((code, kind) for kind, code in seen.sender_basis.items()),
            *((seen.recipient_basis, kind) for kind in flow.kinds[role]),
        } <= held
        assert set(seen.sender_basis) == flow.senders


@pytest.mark.parametrize("flow", [flow for flow in CATALOGUE if flow.family == "encompass"], ids=lambda flow: flow.name)
def test_encompass_asks_no_consent_wherever_it_tells_of_a_child(flow: Flow) -> None:
    """A refusal would not stop the sharing (WT 32), so asking would mislead (CON-02)."""
    labels = frozenset[Label]().union(*flow.message.labels.values())
    assert flow.asks_no_consent is bool(labels - {Label.NONE, Label.LINK, Label.TIME, Label.PRACTITIONER})


@every_flow
def test_what_must_not_be_carried_cannot_be(flow: Flow) -> None:
    assert not set(flow.message.must_not_carry) & set(flow.message.labels)


@every_flow
def test_every_flow_is_one_schema_file(flow: Flow) -> None:
    name = flow.name.replace("-", "_")
    files = {found.name for found in pkgutil.iter_modules(schemas.__path__)}
    of_family = f"{flow.family}_{name}"  # where several families have a type of that name
    module = importlib.import_module(f"broker.schemas.{of_family if of_family in files else name}")
    assert module.FLOW is BY_TYPE[flow.type] is flow
    assert module.__doc__


def test_no_schema_file_is_missing_from_the_catalogue() -> None:
    modules = [
        importlib.import_module(f"broker.schemas.{found.name}") for found in pkgutil.iter_modules(schemas.__path__)
    ]
    assert Counter(id(flow) for flow in CATALOGUE) == Counter(id(one.FLOW) for one in modules if hasattr(one, "FLOW"))
    assert len(BY_TYPE) == len(CATALOGUE)


@every_flow
def test_every_flow_has_a_json_schema_with_the_labels_of_each_field(flow: Flow) -> None:
    schema = describe.schema(flow)
    Draft202012Validator.check_schema(schema)
    properties = schema["$defs"][flow.message.__name__]["properties"]
    assert {name: set(one["x-labels"]) for name, one in properties.items()} == flow.message.labels
    assert schema["properties"]["type"] == {"const": flow.type}


@pytest.mark.parametrize("document", EXAMPLES, ids=lambda document: document["type"].split(".")[-2])
def test_what_the_broker_accepts_its_json_schema_accepts(document: personas.Json) -> None:
    validator = Draft202012Validator(describe.schema(BY_TYPE[document["type"]]))
    assert not list(validator.iter_errors(document))
    assert list(validator.iter_errors({**document, "content": {**document["content"], "nickname": "Ro"}}))


def test_every_family_has_exactly_one_subscriber(world: World) -> None:
    subscribed: Counter[str] = Counter()
    for found in pkgutil.iter_modules(routers.__path__):
        module = importlib.import_module(f"broker.routers.{found.name}")
        if not hasattr(module, "FAMILY"):
            continue
        loop = Loop(
            family=module.FAMILY,
            connection=Connection("127.0.0.1:9"),
            exchange=make_exchange(world.home, world.registry, lambda: NIGHT),
            clock=lambda: NIGHT,
            seal=StateSeal({1: bytes(32)}),
            stop=print,
        )
        subscribed.update(topic.name for one in module.router(loop).subscribers for topic in one.topics)
    assert subscribed == Counter(topics.submit(flow) for flow in topics.FAMILIES)


def test_every_reason_is_explained_with_what_to_do() -> None:
    assert set(PLAIN) == set(Reason)
    assert all(why.endswith(".") and cure.endswith(".") for why, cure in PLAIN.values())


@pytest.mark.parametrize("reason", Reason)
def test_a_refusal_prints_its_code_alone(reason: Reason) -> None:
    assert str(Refused(reason, ("content.familyName",))) == reason.value


def test_every_rule_is_listed_once_and_says_what_it_says() -> None:
    ids = Counter(rule.id for rule in RULES)
    assert set(ids.values()) == {1}
    assert len({rule.states for rule in RULES}) == len(RULES)
    for rule in RULES:
        assert rule.states.endswith("."), rule.id
        assert rule.reason.endswith("."), rule.id
        assert rule.cure.endswith("."), rule.id
        assert rule.source, rule.id
        assert rule.mark, rule.id


def test_every_rule_that_is_written_is_listed() -> None:
    """A rule that stands in a module, but not in its list, would never be asked."""
    written = {id(value) for module in RULE_MODULES for value in vars(module).values() if isinstance(value, Rule)}
    assert written == {id(rule) for rule in RULES}


def test_the_text_of_every_finding_is_a_constant() -> None:
    """Formatted only with a basis code (`right`) or the name of a field of the type (`known`): never with facts."""
    for function in parsed_rules():
        for node in ast.walk(function):
            match node:
                case ast.FormattedValue(value=ast.Name(id=name)):
                    assert name in ("right", "known")
                case ast.FormattedValue() | ast.BinOp(op=ast.Mod()) | ast.Attribute(attr="format"):
                    pytest.fail(f"{function.name} puts something into a text")


def test_every_redaction_rule_says_what_it_does() -> None:
    assert {*RULE_OF_LABEL.values(), "PR-02", "AGR-1"} == set(SAYS)


@pytest.mark.parametrize("clock", set(Clock) - {Clock.NONE})
def test_every_clock_that_a_view_may_name_has_a_deadline(clock: Clock) -> None:
    assert deadline(clock, start=NIGHT, opens=time(8, 50))
