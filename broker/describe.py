"""The contract, generated from the code: flows, JSON Schemas and AsyncAPI 3. Nothing here is written twice by hand."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel  # noqa: TC002 - the annotation is evaluated
from pydantic.json_schema import models_json_schema

from broker import topics
from broker.consent.law.policy import Policy
from broker.envelope import CONTENT_TYPE, DELIVERY
from broker.schemas.catalogue import BY_TYPE, CATALOGUE
from broker.schemas.message import SLOTS, Flow, Submission

Json = dict[str, Any]
COMPONENTS = "#/components/schemas/"


def find(name: str) -> Flow | None:
    """A flow by its full type, or without prefix and version: `encompass.notification-issued`."""
    for flow in CATALOGUE:
        if name in (flow.type, f"{flow.family}.{flow.name}", flow.name):
            return flow
    return None


def flows(policy: Policy) -> list[Json]:
    """Every flow: who sends, who receives and sees what, on which bases, by when."""
    return [
        {
            "type": flow.type,
            "title": flow.title,
            "senders": sorted(flow.senders),
            "purpose": flow.purpose,
            "addressing": flow.addressing,
            "source": flow.source,
            "views": [
                {
                    "role": role,
                    "clock": view.clock,
                    "senderBasis": {kind: view.sender_basis[kind] for kind in sorted(view.sender_basis)},
                    "recipientBasis": view.recipient_basis,
                    "basisConfirmedBy": _confirmed(policy, view.recipient_basis),
                    "sees": sorted(name for name, labels in flow.message.labels.items() if labels <= view.labels),
                    "neverSees": sorted(name for name, labels in flow.message.labels.items() if labels - view.labels),
                }
                for role, view in flow.views.items()
            ],
            "mustNotCarry": dict(flow.message.must_not_carry),
        }
        for flow in CATALOGUE
    ]


def _confirmed(policy: Policy, code: str) -> str | None:
    return next((basis.confirmed_by for basis in policy.bases if basis.code == code), None)


def _schemas(flows_: tuple[Flow, ...], template: str) -> tuple[dict[str, str], Json]:
    """(flow type -> schema name, all definitions), with the labels of every field."""
    models: list[tuple[type[BaseModel], Any]] = [
        (Submission[flow.message], "validation")  # type: ignore[name-defined]
        for flow in flows_
    ]
    refs, whole = models_json_schema(models, ref_template=template)
    definitions: Json = whole["$defs"]
    for flow in flows_:
        properties = definitions[flow.message.__name__]["properties"]
        for name, labels in flow.message.labels.items():
            properties[name]["x-labels"] = sorted(labels)
    names = {
        flow.type: str(refs[model, "validation"]["$ref"]).rpartition("/")[2]
        for flow, (model, _) in zip(flows_, models, strict=True)
    }
    for type_, name in names.items():
        definitions[name]["properties"]["type"] = {"const": type_}
        definitions[name]["properties"]["to"]["maxItems"] = SLOTS
    return names, definitions


def schema(flow: Flow) -> Json:
    """JSON Schema (2020-12) of the document that a sender signs for this type."""
    names, definitions = _schemas((flow,), "#/$defs/{model}")
    top = definitions.pop(names[flow.type])
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **top,
        "title": flow.title,
        "$defs": definitions,
    }


def asyncapi() -> Json:
    """The AsyncAPI 3.0 document: topics, headers, and what is inside the sealed bytes (`x-unsealed`)."""
    names, definitions = _schemas(CATALOGUE, COMPONENTS + "{model}")
    sealed = {
        "type": "string",
        "description": "Compact JWE (RFC 7516), sealed to its one reader; padded. See docs/wire.md.",
    }
    messages: Json = {
        f"{flow.family}.{flow.name}": {
            "name": flow.type,
            "title": flow.title,
            "summary": flow.message.__doc__.strip().splitlines()[0] if flow.message.__doc__ else flow.title,
            "contentType": CONTENT_TYPE.decode(),
            "headers": _headers(flow.type),
            "bindings": _key("caseOwner/case; the default partitioner (murmur2) finds the partition."),
            "payload": sealed,
            "x-unsealed": {"$ref": COMPONENTS + names[flow.type]},
        }
        for flow in CATALOGUE
    }
    messages["delivery"] = {
        "name": DELIVERY,
        "title": "Delivery",
        "summary": "The broker's signed cover, and the sender's signed statement cut down to what this reader may see.",
        "contentType": CONTENT_TYPE.decode(),
        "headers": _headers(DELIVERY, audience=True),
        "bindings": _key("Id of the organisation that it is for."),
        "payload": sealed,
    }
    parameters = {"organisation": {"description": "Organisation id with a hyphen for the colon, as police-01."}}
    channels: Json = {}
    operations: Json = {}
    for family in topics.FAMILIES:
        carried = [f"{flow.family}.{flow.name}" for flow in CATALOGUE if flow.family == family]
        channels[f"submit-{family}"] = {
            "address": topics.submit(family),
            "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in carried},
            "bindings": {"kafka": {"partitions": topics.SUBMIT_PARTITIONS}},
        }
        operations[f"receive-{family}"] = {"action": "receive", "channel": {"$ref": f"#/channels/submit-{family}"}}
    delivery = {"delivery": {"$ref": "#/components/messages/delivery"}}
    channels["inbox"] = {"address": "inbox.{organisation}", "parameters": parameters, "messages": delivery}
    channels["mailbox"] = {
        "address": topics.MAILBOX,
        "messages": delivery,
        "bindings": {"kafka": {"partitions": topics.MAILBOX_PARTITIONS}},
    }
    operations["send-to-inbox"] = {"action": "send", "channel": {"$ref": "#/channels/inbox"}}
    operations["send-to-mailbox"] = {"action": "send", "channel": {"$ref": "#/channels/mailbox"}}
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Safeguarding message broker",
            "version": "1.0.0",
            "description": "Information sharing for child safeguarding in England and Wales. No legal basis in this "
            "document has been confirmed by a data protection officer yet.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": CONTENT_TYPE.decode(),
        "channels": channels,
        "operations": operations,
        "components": {"schemas": definitions, "messages": messages},
    }


def _key(description: str) -> Json:
    return {"kafka": {"key": {"type": "string", "description": description}}}


def _headers(event_type: str, *, audience: bool = False) -> Mapping[str, Any]:
    names = ["ce_specversion", "ce_id", "ce_source", "ce_type", "content-type", *(["ce_audience"] if audience else [])]
    fixed = {"ce_specversion": "1.0", "ce_type": event_type, "content-type": CONTENT_TYPE.decode()}
    return {
        "type": "object",
        "description": "CloudEvents 1.0, Kafka binary mode. Unsigned: nothing here is believed, nothing is personal.",
        "required": names,
        "properties": {
            **{name: {"const": fixed[name]} if name in fixed else {"type": "string"} for name in names},
            "ce_time": {"type": "string", "format": "date-time"},
        },
    }


def known_types() -> list[str]:
    """All types, as full names."""
    return sorted(BY_TYPE)
