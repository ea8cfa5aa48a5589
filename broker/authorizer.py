"""Kafka's authorizer and quotas: read the rights and limits of a live cluster, and make them what the registry says.

aiokafka's administration client knows neither. Its protocol knows all but how to change a limit.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from aiokafka.client import AIOKafkaClient
from aiokafka.errors import ClusterAuthorizationFailedError, KafkaError, SecurityDisabled, for_code
from aiokafka.protocol.admin import (
    CreateAclsRequest_v1,
    DeleteAclsRequest_v1,
    DescribeAclsRequest_v1,
    DescribeClientQuotasRequest,
)
from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.types import Array, Boolean, Float64, Int16, Int32, Schema, String

from broker.acl import Acl, Difference, Operation, Quota, Resource, Rule, difference, of, quotas, rules
from broker.connection import Connection, NotPermitted, Unreachable
from broker.registry import Registry

ANY, LITERAL, PREFIXED, DENY, ALLOW = 1, 3, 4, 2, 3
"""Kafka's numbers: anything in a filter, two kinds of pattern, two permissions."""
EXACTLY = 0
"""Kafka's number for a name, in a filter of limits."""
AT_ONCE = 500
IN_FORCE_WITHIN = 20.0
"""Seconds for rights that the controller has taken to be known to the brokers."""
IN_FORCE_POLL = 0.02
Some = TypeVar("Some")


class _Describe(Request[DescribeAclsRequest_v1]):  # type: ignore[misc]  # an untyped client
    API_KEY = 29

    def __init__(self, principal: str | None) -> None:
        self._principal = principal

    def build(self, request: type[Any]) -> Any:  # noqa: ANN401 - an untyped client
        return request(ANY, None, ANY, self._principal, None, ANY, ANY)


class _Create(Request[CreateAclsRequest_v1]):  # type: ignore[misc]  # an untyped client
    API_KEY = 30

    def __init__(self, rights: Iterable[Acl]) -> None:
        self._rights = [_numbers(one) for one in rights]

    def build(self, request: type[Any]) -> Any:  # noqa: ANN401 - an untyped client
        return request(self._rights)


class _Delete(Request[DeleteAclsRequest_v1]):  # type: ignore[misc]  # an untyped client
    API_KEY = 31

    def __init__(self, rights: Iterable[Acl]) -> None:
        self._rights = [_numbers(one) for one in rights]

    def build(self, request: type[Any]) -> Any:  # noqa: ANN401 - an untyped client
        return request(self._rights)


class _QuotasAltered(Response):  # type: ignore[misc]  # an untyped client
    """https://kafka.apache.org/protocol#The_Messages_AlterClientQuotas, version 0."""

    API_KEY = 49
    API_VERSION = 0
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        (
            "entries",
            Array(
                ("error_code", Int16),
                ("error_message", String("utf-8")),
                ("entity", Array(("entity_type", String("utf-8")), ("entity_name", String("utf-8")))),
            ),
        ),
    )


class _AlterQuotasRequest(RequestStruct):  # type: ignore[misc]  # an untyped client
    API_KEY = 49
    API_VERSION = 0
    RESPONSE_TYPE = _QuotasAltered
    SCHEMA = Schema(
        (
            "entries",
            Array(
                ("entity", Array(("entity_type", String("utf-8")), ("entity_name", String("utf-8")))),
                ("ops", Array(("key", String("utf-8")), ("value", Float64), ("remove", Boolean))),
            ),
        ),
        ("validate_only", Boolean),
    )


class AlterQuotas(Request[_AlterQuotasRequest]):  # type: ignore[misc]  # an untyped client
    """Set limits, or remove them: each with whether it is to be removed."""

    API_KEY = 49

    def __init__(self, change: Iterable[tuple[Quota, bool]]) -> None:
        self._entries = [(list(one.on), [(one.what, one.value, remove)]) for one, remove in change]

    def build(self, request: type[Any]) -> Any:  # noqa: ANN401 - an untyped client
        """As the client wants it."""
        return request(self._entries, False)


async def live(connection: Connection, only: str | None = None) -> frozenset[Rule]:
    """The rights and limits that this cluster has; `only` those of one principal. Raises Unreachable."""
    async with _client(connection) as client:
        return await _live(client, only)


async def compare(connection: Connection, registry: Registry, only: str | None = None) -> Difference:
    """What the cluster lacks of what the registry says, and has beyond it. Raises Unreachable."""
    return difference(_wanted(registry, only), await live(connection, only))


async def apply(connection: Connection, registry: Registry, only: str | None = None) -> Difference:
    """Make the cluster's rights and limits what the registry says, wait until they are in force; return the changes.

    What is too much goes first. `only`: one principal, as when an organisation is suspended. Raises Unreachable.
    """
    wanted = _wanted(registry, only)
    async with _client(connection) as client:
        changes = difference(wanted, await _live(client, only))
        for some in _pieces(one for one in changes.extra if isinstance(one, Acl)):
            answer = await _ask(client, _Delete(some))
            for code, said, _ in answer.filter_responses:
                _check(code, said)
        for limits, remove in ((changes.extra, True), (changes.missing, False)):
            for pairs in _pieces((one, remove) for one in limits if isinstance(one, Quota)):
                answer = await _ask(client, AlterQuotas(pairs))
                for code, said, _ in answer.entries:
                    _check(code, said)
        for some in _pieces(one for one in changes.missing if isinstance(one, Acl)):
            answer = await _ask(client, _Create(some))
            for code, said in answer.creation_responses:
                _check(code, said)
        until = time.monotonic() + IN_FORCE_WITHIN
        while remaining := difference(wanted, await _live(client, only)):
            if time.monotonic() > until:
                first = min(remaining.missing or remaining.extra, key=str)
                raise Unreachable(
                    f"Kafka took the changes, but after {IN_FORCE_WITHIN:g} s they are not in force, the first being: "
                    f"{first}. Look at Kafka's log, then run `broker acl verify`"
                )
            await asyncio.sleep(IN_FORCE_POLL)
    return changes


def _wanted(registry: Registry, only: str | None) -> frozenset[Rule]:
    wanted: frozenset[Rule] = rules(registry) | quotas(registry)
    return wanted if only is None else of(wanted, only)


@asynccontextmanager
async def _client(connection: Connection) -> AsyncIterator[AIOKafkaClient]:
    client = AIOKafkaClient(**connection.options)
    try:
        await client.bootstrap()
    except (KafkaError, OSError) as error:
        await client.close()
        raise Unreachable(
            f"no Kafka answers at {connection.bootstrap}, or it does not take this certificate: "
            "set KAFKA_BOOTSTRAP_SERVERS, and look at HOME/tls"
        ) from error
    try:
        yield client
    finally:
        await client.close()


async def _ask(client: AIOKafkaClient, request: Any) -> Any:  # noqa: ANN401 - an untyped client
    try:
        return await client.send(client.get_random_node(), request)
    except (KafkaError, OSError) as error:
        raise Unreachable(f"Kafka did not answer about rights ({type(error).__name__}): try again") from error


async def _live(client: AIOKafkaClient, only: str | None) -> frozenset[Rule]:
    return await _live_rights(client, only) | await _live_limits(client, only)


async def _live_limits(client: AIOKafkaClient, only: str | None) -> frozenset[Rule]:
    answer = await _ask(client, DescribeClientQuotasRequest([] if only is None else [("user", EXACTLY, only)], False))
    _check(answer.error_code, answer.error_message)
    return frozenset(
        Quota(tuple(sorted(entity)), what, value) for entity, values in answer.entries for what, value in values
    )


async def _live_rights(client: AIOKafkaClient, only: str | None) -> frozenset[Rule]:
    answer = await _ask(client, _Describe(None if only is None else f"User:{only}"))
    _check(answer.error_code, answer.error_message)
    return frozenset(
        Acl(
            principal=principal,
            resource=Resource(resource),
            name=name,
            operation=Operation(operation),
            prefixed=pattern == PREFIXED,
            host=host,
            allows=permission == ALLOW,
        )
        for resource, name, pattern, held in answer.resources
        for principal, host, operation, permission in held
    )


def _check(code: int, said: str | None) -> None:
    if not code:
        return
    kind = for_code(code)
    if kind is ClusterAuthorizationFailedError:
        raise NotPermitted("only the operator may see and change rights: use the operator's certificate in HOME/tls")
    if kind is SecurityDisabled:
        raise Unreachable(
            "this Kafka has no authorizer: everybody may do everything. Start it as deploy/README.md says"
        )
    raise Unreachable(f"Kafka would not do it: {kind.__name__}: {said or 'no more was said'}")


def _numbers(one: Acl) -> tuple[int, str, int, str, str, int, int]:
    pattern, permission = PREFIXED if one.prefixed else LITERAL, ALLOW if one.allows else DENY
    return (one.resource, one.name, pattern, one.principal, one.host, one.operation, permission)


def _pieces(all_of_them: Iterable[Some]) -> Iterable[list[Some]]:
    whole = list(all_of_them)
    return (whole[start : start + AT_ONCE] for start in range(0, len(whole), AT_ONCE))
