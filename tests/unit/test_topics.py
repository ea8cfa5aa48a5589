"""How many topics there are, whatever the size of the register."""

from broker import topics
from broker.data import organisations
from broker.registry import MOST_DIRECT, Channel, Organisation, Registry
from tests.personas import ACLAND, ARGYLE

NATIONAL = 30_000


def national(direct: int) -> Registry:
    """As many schools as there are; so many with a Kafka client, all others with a mailbox."""
    school = organisations().get(ARGYLE)
    assert school is not None
    return Registry(
        school.model_copy(
            update={
                "id": f"school:{100_000 + number}",
                "channel": Channel.DIRECT if number < direct else Channel.MAILBOX,
            }
        )
        for number in range(NATIONAL)
    )


def test_five_hundred_direct_ones_among_thirty_thousand_need_five_hundred_topics_beside_the_fixed_ones() -> None:
    fixed = {topic.name for topic in topics.topics(Registry())}
    registry = national(MOST_DIRECT)
    assert len(registry) == NATIONAL
    names = {topic.name for topic in topics.topics(registry)}
    assert len(names) == len(fixed) + MOST_DIRECT
    assert len(topics.topics(national(0))) == len(fixed) < 20


def test_every_mailbox_has_its_place_in_the_same_topic_and_they_are_spread_evenly() -> None:
    filled = [0] * topics.MAILBOX_PARTITIONS
    for one in national(0):
        topic, partition = topics.destination(one)
        assert topic == topics.MAILBOX
        filled[partition] += 1
    assert max(filled) < 1.2 * min(filled)


def test_what_may_have_to_be_taken_back_goes_to_a_mailbox_also_of_whoever_has_an_inbox() -> None:
    (one,) = (one for one in organisations() if one.id == ACLAND)
    assert topics.destination(one) == (topics.inbox(ACLAND), 0)
    by_id = topics.partition_of(ACLAND.encode(), topics.MAILBOX_PARTITIONS)
    assert topics.destination(one, mailbox_only=True) == (topics.MAILBOX, by_id)


def test_acknowledgements_are_kept_longer_than_what_they_are_about() -> None:
    kept = {topic.name: topic for topic in topics.topics(Registry())}
    mailbox, claims = kept[topics.MAILBOX], kept[topics.MAILBOX_CLAIMS]
    assert mailbox.retention_days is not None
    assert claims.retention_days is not None
    a_segment = 7  # days until Kafka closes one, of which it keeps all as long as the newest
    assert claims.retention_days > mailbox.retention_days + a_segment
    assert claims.partitions == mailbox.partitions


def test_whoever_is_not_connected_has_no_place() -> None:
    one = Organisation.model_validate(
        {"id": "school:100011", "name": "A school", "nation": next(iter(organisations())).nation}
    )
    assert one.channel is Channel.NOT_CONNECTED
    assert topics.topics(Registry([one])) == topics.topics(Registry())
