"""What is unread, whose it is, and who has it on loan."""

import hashlib
import random
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from broker.envelope import Slip
from broker.mailbox.asking import MOST_ITEMS
from broker.mailbox.index import LEASE, MOST_BYTES, Index, Item, Place, item_id
from tests.personas import ARGYLE, HEATH, NIGHT

START = {0: 0, 1: 0}
SIZE = 8192


def ids(index: Index, organisation: str, now: float, most: int = MOST_ITEMS) -> list[str]:
    return [item.id for item in index.claim(organisation, most, now, NIGHT)]


def holding(*items: str, organisation: str = ARGYLE) -> Index:
    made = Index(START)
    for offset, item in enumerate(items):
        assert made.arrived(Place(0, offset), organisation, item, SIZE)
    return made


def test_an_items_id_is_of_its_sealed_bytes_alone() -> None:
    assert item_id(b"sealed") == hashlib.sha256(b"sealed").hexdigest()[:32]
    assert item_id(b"sealed") != item_id(b"sealed again")


def test_what_is_waiting_is_lent_oldest_first_and_no_more_than_was_asked_for() -> None:
    index = holding("a", "b", "c")
    assert ids(index, ARGYLE, 0.0, most=2) == ["a", "b"]
    assert ids(index, ARGYLE, 0.0) == ["c"]


def test_what_is_on_loan_is_offered_again_only_when_the_loan_has_ended() -> None:
    index = holding("a")
    assert ids(index, ARGYLE, 0.0) == ["a"]
    assert index.free_at(ARGYLE, NIGHT) == LEASE
    assert ids(index, ARGYLE, LEASE - 0.001) == []
    assert ids(index, ARGYLE, LEASE) == ["a"]


def test_what_could_not_be_handed_over_is_offered_again_at_once() -> None:
    index = holding("a")
    index.give_back(ARGYLE, index.claim(ARGYLE, 1, 0.0, NIGHT))
    index.give_back(ARGYLE, [Item("never-there", Place(0, 0))])
    assert ids(index, ARGYLE, 0.0) == ["a"]


def test_one_organisation_is_never_lent_anothers_and_cannot_acknowledge_it() -> None:
    index = holding("a")
    assert ids(index, HEATH, 0.0) == []
    assert index.unread(HEATH, ["a"]) == ()
    index.acknowledged(Place(0, 0), HEATH, "a")
    assert ids(index, ARGYLE, 0.0) == ["a"]
    assert index.free_at(HEATH, NIGHT) is None


def test_acknowledging_is_final_and_the_same_for_what_was_never_there() -> None:
    index = holding("a", "b")
    assert index.unread(ARGYLE, ["a", "a", "no"]) == (Item("a", Place(0, 0)),)
    for _ in range(2):
        index.acknowledged(Place(0, 0), ARGYLE, "a")
        assert index.unread(ARGYLE, ["a"]) == index.unread(ARGYLE, ["no"]) == ()
    assert ids(index, ARGYLE, 0.0) == ["b"]
    index.acknowledged(Place(0, 1), ARGYLE, "b")
    assert len(index) == 0


def test_no_more_bytes_are_lent_at_once_than_fit_but_always_one_item() -> None:
    index = Index(START)
    for offset, item in enumerate("abc"):
        index.arrived(Place(0, offset), ARGYLE, item, MOST_BYTES // 2 + 1)
    index.arrived(Place(0, 3), HEATH, "huge", 2 * MOST_BYTES)
    assert ids(index, ARGYLE, 0.0) == ["a"]
    assert ids(index, ARGYLE, 0.0) == ["b"], "what did not fit was not lent"
    assert ids(index, HEATH, 0.0) == ["huge"]


def test_a_sealed_copy_that_comes_later_is_another_item() -> None:
    index = holding("a")
    index.acknowledged(Place(0, 0), ARGYLE, "a")
    index.arrived(Place(0, 1), ARGYLE, "a-sealed-again", SIZE)
    assert ids(index, ARGYLE, 0.0) == ["a-sealed-again"]


@given(st.randoms(use_true_random=False), st.integers(1, 30))
def test_a_rebuilt_index_holds_what_was_not_acknowledged_in_whatever_order_the_topics_are_read(
    random_: random.Random, count: int
) -> None:
    places = {f"item-{number}": Place(number % 2, number // 2) for number in range(count)}
    acknowledged = {item for item in places if random_.random() < 0.5}
    index = Index(START)
    arrivals, claims = list(places), sorted(acknowledged)
    while arrivals or claims:
        if claims and (not arrivals or random_.random() < 0.5):
            item = claims.pop(random_.randrange(len(claims)))
            index.acknowledged(places[item], ARGYLE, item)
        else:
            item = arrivals.pop(0)
            index.arrived(places[item], ARGYLE, item, SIZE)
    assert ids(index, ARGYLE, 0.0) == [item for item in places if item not in acknowledged]
    assert len(index) == count - len(acknowledged), "nothing is kept of what was acknowledged"


def test_an_acknowledgement_of_what_retention_has_taken_is_not_kept() -> None:
    index = Index({0: 100})
    index.acknowledged(Place(0, 99), ARGYLE, "gone")
    assert len(index) == 0


def test_what_retention_takes_is_counted_and_forgotten() -> None:
    index = holding("a", "b", "c")
    assert index.forget({0: 2, 1: 0}) == 2
    assert index.forget({0: 2, 1: 0}) == 0
    assert ids(index, ARGYLE, 0.0) == ["c"]


# --- what lapses and what is revoked ------------------------------------------------------------------------

HOUR = timedelta(hours=1)
REFERRAL = Slip(event="event-1", expires=NIGHT + HOUR)
NOTICE = Slip(event="event-2", revokes=("event-1",))


def relied(*, index: Index | None = None) -> Index:
    """One item that lapses in an hour."""
    made = index or Index(START)
    assert made.arrived(Place(0, 0), ARGYLE, "referral", SIZE, REFERRAL)
    return made


def hand_out(index: Index) -> None:
    """Claim as the service does: what may be revoked is recorded before it is handed out."""
    for item in index.may_end(ARGYLE, index.claim(ARGYLE, MOST_ITEMS, 0.0, NIGHT)):
        index.lent(item.place, ARGYLE, item.id)


def test_what_has_lapsed_is_lent_to_nobody_and_nothing_is_waiting() -> None:
    index = relied()
    late = NIGHT + HOUR
    assert index.claim(ARGYLE, 1, 0.0, late) == ()
    assert index.free_at(ARGYLE, late) is None
    assert [item.id for item in index.claim(ARGYLE, 1, 0.0, late - timedelta(seconds=1))] == ["referral"]


def test_what_was_lent_before_it_lapsed_can_be_acknowledged() -> None:
    index = relied()
    hand_out(index)
    assert index.unread(ARGYLE, ["referral"]) == (Item("referral", Place(0, 0)),)


def test_what_is_revoked_before_anybody_had_it_leaves_no_trace_and_its_notice_none_either() -> None:
    index = relied()
    assert not index.arrived(Place(0, 1), ARGYLE, "notice", SIZE, NOTICE)
    assert ids(index, ARGYLE, 0.0) == []
    assert index.free_at(ARGYLE, NIGHT) is None
    assert index.unread(ARGYLE, ["referral", "notice"]) == ()
    assert len(index) == 0
    assert not index.arrived(Place(0, 2), ARGYLE, "notice again", SIZE, NOTICE), "nor when it is said again"


def test_whoever_was_handed_it_gets_the_notice_and_never_the_thing_itself_again() -> None:
    index = relied()
    hand_out(index)
    assert index.arrived(Place(0, 1), ARGYLE, "notice", SIZE, NOTICE)
    assert ids(index, ARGYLE, 2 * LEASE) == ["notice"]


def test_whoever_has_acknowledged_it_gets_the_notice() -> None:
    index = relied()
    index.acknowledged(Place(0, 0), ARGYLE, "referral")
    assert index.arrived(Place(0, 1), ARGYLE, "notice", SIZE, NOTICE)


def test_a_restart_knows_who_was_handed_what_before_it_reads_the_items() -> None:
    index = Index(START)
    index.lent(Place(0, 0), ARGYLE, "referral")
    relied(index=index)
    assert index.may_end(ARGYLE, [Item("referral", Place(0, 0))]) == (), "it is recorded once"
    assert index.arrived(Place(0, 1), ARGYLE, "notice", SIZE, NOTICE)


def test_a_revocation_without_a_notice_is_never_lent() -> None:
    index = relied()
    assert not index.arrived(Place(0, 1), ARGYLE, item_id(b""), 0, Slip(revokes=("event-1",), empty=True))
    assert ids(index, ARGYLE, 0.0) == []
    assert len(index) == 0


def test_nobody_elses_delivery_is_revoked() -> None:
    index = relied()
    assert index.arrived(Place(0, 1), HEATH, "notice", SIZE, NOTICE), "it knows of no such delivery to this reader"
    assert ids(index, ARGYLE, 0.0) == ["referral"]


def test_what_does_not_rely_on_an_agreement_is_not_recorded_when_it_is_lent() -> None:
    index = holding("a")
    assert index.may_end(ARGYLE, [*index.claim(ARGYLE, 1, 0.0, NIGHT), Item("gone", Place(0, 9))]) == ()
    index.lent(Place(0, 0), ARGYLE, "gone")
    assert len(index) == 1
