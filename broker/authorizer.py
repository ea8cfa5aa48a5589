"""Kafka's authorizer: read the rights that a live cluster has, and make them what the registry says.

aiokafka's administration client knows no ACLs, but its protocol does.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any

from aiokafka.client import AIOKafkaClient
from aiokafka.errors import ClusterAuthorizationFailedError, KafkaError, SecurityDisabled, for_code
from aiokafka.protocol.admin import CreateAclsRequest_v1, DeleteAclsRequest_v1, DescribeAclsRequest_v1
from aiokafka.protocol.api import Request

from broker.acl import Acl, Difference, Operation, Resource, difference, of, rules
from broker.connection import Connection, NotPermitted, Unreachable
from broker.registry import Registry

ANY, LITERAL, PREFIXED, DENY, ALLOW = 1, 3, 4, 2, 3
"""Kafka's numbers: anything in a filter, two kinds of pattern, two permissions."""
AT_ONCE = 500
IN_FORCE_WITHIN = 20.0
"""Seconds for rights that the controller has taken to be known to the brokers."""
IN_FORCE_POLL = 0.02


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


async def live(connection: Connection, only: str | None = None) -> frozenset[Acl]:
    """The rights that this cluster has; `only` those of one principal. Raises Unreachable."""
    async with _client(connection) as client:
        return await _live(client, only)


async def compare(connection: Connection, registry: Registry, only: str | None = None) -> Difference:
    """What the cluster lacks of what the registry says, and has beyond it. Raises Unreachable."""
    return difference(_wanted(registry, only), await live(connection, only))


async def apply(connection: Connection, registry: Registry, only: str | None = None) -> Difference:
    """Make the cluster's rights what the registry says, and wait until they are in force; return what was changed.

    What is too much goes first. `only`: one principal, as when an organisation is suspended. Raises Unreachable.
    """
    wanted = _wanted(registry, only)
    async with _client(connection) as client:
        changes = difference(wanted, await _live(client, only))
        for some in _pieces(changes.extra):
            answer = await _ask(client, _Delete(some))
            for code, said, _ in answer.filter_responses:
                _check(code, said)
        for some in _pieces(changes.missing):
            answer = await _ask(client, _Create(some))
            for code, said in answer.creation_responses:
                _check(code, said)
        until = time.monotonic() + IN_FORCE_WITHIN
        while remaining := difference(wanted, await _live(client, only)):
            if time.monotonic() > until:
                first = min(remaining.missing or remaining.extra)
                raise Unreachable(
                    f"Kafka took the changes, but after {IN_FORCE_WITHIN:g} s they are not in force, the first being: "
                    f"{first}. Look at Kafka's log, then run `broker acl verify`"
                )
            await asyncio.sleep(IN_FORCE_POLL)
    return changes


def _wanted(registry: Registry, only: str | None) -> frozenset[Acl]:
    wanted = rules(registry)
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


async def _live(client: AIOKafkaClient, only: str | None) -> frozenset[Acl]:
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


def _pieces(rights: Iterable[Acl]) -> Iterable[list[Acl]]:
    whole = sorted(rights)
    return (whole[start : start + AT_ONCE] for start in range(0, len(whole), AT_ONCE))
