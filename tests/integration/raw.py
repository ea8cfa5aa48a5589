"""Operations that Kafka knows rights for, as one cheap request each; all that is read of the answer: was it allowed."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple

from aiokafka.client import AIOKafkaClient
from aiokafka.protocol.admin import (
    AlterConfigsRequest,
    CreateAclsRequest,
    CreatePartitionsRequest,
    CreateTopicsRequest,
    DeleteAclsRequest,
    DeleteGroupsRequest,
    DeleteRecordsRequest,
    DeleteTopicsRequest,
    DescribeAclsRequest,
    DescribeConfigsRequest,
    DescribeGroupsRequest,
)
from aiokafka.protocol.commit import OffsetCommitRequest, OffsetFetchRequest
from aiokafka.protocol.coordination import FindCoordinatorRequest
from aiokafka.protocol.fetch import FetchRequest
from aiokafka.protocol.group import HeartbeatRequest, JoinGroupRequest, LeaveGroupRequest, SyncGroupRequest
from aiokafka.protocol.metadata import MetadataRequest
from aiokafka.protocol.offset import OffsetRequest
from aiokafka.protocol.produce import ProduceRequest
from aiokafka.protocol.transaction import (
    AddOffsetsToTxnRequest,
    AddPartitionsToTxnRequest,
    EndTxnRequest,
    InitProducerIdRequest,
)
from aiokafka.record.default_records import DefaultRecordBatchBuilder

from broker.connection import Connection

DENIED = {29: "topic", 30: "group", 31: "cluster", 53: "transactional id"}
"""Kafka's codes for a right that is missing."""
TOPIC, NODE, LITERAL = 2, 4, 3
NOBODY, PRODUCER, TIMEOUT = "nobody", 10**9, 5_000
COMMITTED_TO = "registry-events"
"""A topic that whoever may commit may also read, so that the group alone decides."""


class Tried(NamedTuple):
    """What came of one request: whether Kafka let it through to be judged on other grounds."""

    allowed: bool
    code: int


@asynccontextmanager
async def connected(connection: Connection) -> AsyncIterator[AIOKafkaClient]:
    """A client that does nothing of itself."""
    client = AIOKafkaClient(**connection.options)
    try:
        await client.bootstrap()
        yield client
    finally:
        await client.close()


def batch() -> bytes:
    """One record that says nothing."""
    builder = DefaultRecordBatchBuilder(
        magic=2,
        compression_type=0,
        is_transactional=False,
        producer_id=-1,
        producer_epoch=-1,
        base_sequence=-1,
        batch_size=1024,
    )
    builder.append(0, 0, b"matrix", b"matrix", [])
    return bytes(builder.build())


@dataclass(frozen=True)
class Ask:
    """One operation: the request for a resource of this name, and where its answer has the error code."""

    request: Callable[[str], Any]
    code: Callable[[Any], int]


def _first(answer: Any) -> int:  # noqa: ANN401 - an untyped client
    """The code in `[(name, [(partition, code, ...)])]`."""
    return int(answer.topics[0][1][0][1])


ON_TOPIC: Mapping[str, Ask] = {
    "describe": Ask(lambda name: MetadataRequest([name], allow_auto_topic_creation=False), lambda a: a.topics[0][0]),
    "list offsets": Ask(lambda name: OffsetRequest(-1, 0, [(name, [(0, -1)])]), _first),
    "fetch": Ask(lambda name: FetchRequest(0, 0, 1024, 0, [(name, [(0, 0, 1024)])]), _first),
    "produce": Ask(lambda name: ProduceRequest(None, -1, TIMEOUT, [(name, [(0, batch())])]), _first),
    "describe configs": Ask(lambda name: DescribeConfigsRequest([(TOPIC, name, None)]), lambda a: a.resources[0][0]),
    "alter configs": Ask(
        lambda name: AlterConfigsRequest([(TOPIC, name, [("retention.ms", "1")])], validate_only=True),
        lambda a: a.resources[0][0],
    ),
    "create": Ask(
        lambda name: CreateTopicsRequest([(name, 1, 1, [], [])], TIMEOUT, validate_only=True),
        lambda a: a.topic_errors[0][1],
    ),
    "create partitions": Ask(
        lambda name: CreatePartitionsRequest([(name, (99, None))], TIMEOUT, validate_only=True),
        lambda a: a.topic_errors[0][1],
    ),
    "delete": Ask(lambda name: DeleteTopicsRequest([name], TIMEOUT), lambda a: a.topic_error_codes[0][1]),
    "delete records": Ask(
        lambda name: DeleteRecordsRequest([(name, [(0, 0)])], TIMEOUT), lambda a: a.topics[0][1][0][2]
    ),
}
ON_GROUP: Mapping[str, Ask] = {
    "find coordinator": Ask(lambda name: FindCoordinatorRequest(name, 0), lambda a: a.error_code),
    "join": Ask(  # a session of one millisecond is refused, so that nobody really joins
        lambda name: JoinGroupRequest(name, 1, 1, "", "", "consumer", [("range", b"")]), lambda a: a.error_code
    ),
    "sync": Ask(lambda name: SyncGroupRequest(name, 1, NOBODY, "", []), lambda a: a.error_code),
    "heartbeat": Ask(lambda name: HeartbeatRequest(name, 1, NOBODY), lambda a: a.error_code),
    "leave": Ask(lambda name: LeaveGroupRequest(name, NOBODY), lambda a: a.error_code),
    "commit": Ask(lambda name: OffsetCommitRequest(name, -1, "", -1, [(COMMITTED_TO, [(0, 0, "")])]), _first),
    "fetch offsets": Ask(lambda name: OffsetFetchRequest(name, None), lambda a: a.error_code),
    "describe": Ask(lambda name: DescribeGroupsRequest([name]), lambda a: a.groups[0][0]),
    "delete": Ask(lambda name: DeleteGroupsRequest([name]), lambda a: a.results[0][1]),
}
ON_TRANSACTION: Mapping[str, Ask] = {
    "find coordinator": Ask(lambda name: FindCoordinatorRequest(name, 1), lambda a: a.error_code),
    "init producer id": Ask(lambda name: InitProducerIdRequest(name, TIMEOUT), lambda a: a.error_code),
    "add partitions": Ask(
        lambda name: AddPartitionsToTxnRequest(name, PRODUCER, 0, [(f"state.{name}", [0])]),
        lambda a: a.errors[0][1][0][1],
    ),
    "add offsets": Ask(
        lambda name: AddOffsetsToTxnRequest(name, PRODUCER, 0, "broker.encompass"), lambda a: a.error_code
    ),
    "end": Ask(lambda name: EndTxnRequest(name, PRODUCER, 0, transaction_result=True), lambda a: a.error_code),
}
ON_CLUSTER: Mapping[str, Ask] = {
    "write idempotently": Ask(lambda _: InitProducerIdRequest(None, TIMEOUT), lambda a: a.error_code),
    "see rights": Ask(lambda name: DescribeAclsRequest(TOPIC, name, LITERAL, None, None, 1, 1), lambda a: a.error_code),
    "give rights": Ask(  # an empty name is refused, so that nothing is really given
        lambda _: CreateAclsRequest(TOPIC, "", LITERAL, "User:nobody", "*", 3, 3),
        lambda a: a.creation_responses[0][0],
    ),
    "take rights away": Ask(
        lambda name: DeleteAclsRequest(TOPIC, name, LITERAL, "User:nobody", "*", 3, 3),
        lambda a: a.filter_responses[0][0],
    ),
    "see a node's configuration": Ask(
        lambda _: DescribeConfigsRequest([(NODE, "1", None)]), lambda a: a.resources[0][0]
    ),
    "alter a node's configuration": Ask(
        lambda _: AlterConfigsRequest([(NODE, "1", [("log.cleaner.threads", "1")])], validate_only=True),
        lambda a: a.resources[0][0],
    ),
}


async def tried(client: AIOKafkaClient, ask: Ask, name: str) -> Tried:
    """Ask, and read whether a right was missing."""
    code = int(ask.code(await client.send(client.get_random_node(), ask.request(name))))
    return Tried(code not in DENIED, code)
