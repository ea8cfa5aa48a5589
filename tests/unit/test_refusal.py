"""A missing right is named, however deep the client has wrapped it."""

import pytest
from aiokafka.errors import (
    ClusterAuthorizationFailedError,
    GroupAuthorizationFailedError,
    KafkaError,
    TopicAuthorizationFailedError,
    TransactionalIdAuthorizationFailed,
)

from broker.refusal import in_words, lacking


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (TopicAuthorizationFailedError("audit"), "topic audit"),
        (TopicAuthorizationFailedError({"b", "a"}), "topic a, b"),
        (TopicAuthorizationFailedError(), "a topic"),
        (GroupAuthorizationFailedError("broker"), "group broker"),
        (TransactionalIdAuthorizationFailed("broker.x"), "transactional id broker.x"),
        (ClusterAuthorizationFailedError(3), "the cluster"),
        (KafkaError("audit"), None),
        (None, None),
    ],
)
def test_what_a_right_is_missing_on_is_named(fault: BaseException | None, said: str | None) -> None:
    assert lacking(fault) == said


def test_the_cause_of_another_fault_is_found() -> None:
    outer = KafkaError("in a background task")
    outer.__cause__ = TopicAuthorizationFailedError("held")
    assert lacking(outer) == "topic held"
    assert in_words("topic held").startswith("Kafka denies this principal a right on topic held. `broker acl plan`")
