"""What is held at an organisation, as its own inbox tells: the newest word wins, and nothing said is lost."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from broker.drafts import Carried
from broker.holds import Folded, Hold, May, Word, fold
from broker.register import REGISTRAR, Resumed, Suspended
from broker.schemas.terms import Release
from tests.personas import (
    ACLAND,
    BROOKFIELD,
    HERTS,
    HERTS_AREA,
    MARRIOTTS,
    MET,
    NIGHT,
    Json,
    follow_up,
    incident,
    lead,
    not_shared,
    notification,
    receipt,
    released,
    told,
    withdrawal,
)
from tests.world import World, make_home

REFUGE = incident(addressHandling="refuge")


class Desk:
    """The Metropolitan Police's desk, and all that its inbox has said."""

    def __init__(self, world: World, of: str = MET) -> None:
        self.world = world
        self.of = of
        self.words: list[Word] = []

    def hear(self, *carried: Carried) -> None:
        """What came of something, as it lies in the inbox."""
        for one in carried:
            self.words += [Word(item.id, item.at, item.body) for item in self.world.opened(one, self.of)]

    def send(self, document: Json) -> Json:
        """Submit, and hear what became of it."""
        self.hear(self.world.carry(document, self.of))
        return document

    def anew(self, *asked: str) -> None:
        """The loop decides anew what is to be decided."""
        self.hear(*self.world.send_again(*asked))

    @property
    def folded(self) -> Folded:
        return fold(self.words)

    @property
    def hold(self) -> Hold:
        """The only one."""
        (hold,) = self.folded.holds
        return hold


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A desk in a world of its own."""
    return Desk(World(make_home(tmp_path)))


def held(desk: Desk, **changes: Any) -> Json:  # noqa: ANN401 - JSON
    """A notification that waits for the desk's human."""
    return desk.send(notification(lead(MARRIOTTS), content=REFUGE, **changes))


def test_a_hold_says_why_what_may_be_done_by_when_and_whom_to_ring(desk: Desk) -> None:
    document = held(desk)
    hold = desk.hold
    assert (hold.message, hold.organisation, hold.state, hold.open) == (document["id"], MARRIOTTS, "held", True)
    assert (hold.case, hold.owner, hold.basis, hold.type) == (document["case"], MET, "LB-E1", document["type"])
    (finding,) = hold.findings
    assert finding["rule"] == "RD-2-SENDER"
    assert finding["cure"]
    assert hold.may == (May.RELEASE, May.BREAK_GLASS, May.REFUSE, May.TELL)
    assert hold.due is not None
    assert hold.due["at"].startswith("2026-11-20T08:45")
    assert hold.call_sheet is not None
    assert hold.call_sheet["owner"] == "sender's desk"
    assert hold.since == NIGHT.isoformat()


def test_what_was_shared_or_refused_at_once_is_no_hold(desk: Desk) -> None:
    desk.send(notification(content=incident(dateOfBirth="2008-01-01")))
    document = desk.send(notification(lead(ACLAND), lead(MARRIOTTS), content=REFUGE))
    assert (desk.hold.message, desk.hold.organisation) == (document["id"], MARRIOTTS)


@pytest.mark.parametrize(
    ("document", "may", "in_the_way"),
    [
        (notification(lead(ACLAND, "left")), [May.BREAK_GLASS, May.REFUSE, May.TELL], ("ENC-ROLL",)),
        (
            notification(lead(MARRIOTTS), content=incident(addressHandling="refuge", residenceForce=HERTS_AREA)),
            [May.BREAK_GLASS, May.REFUSE, May.TELL],
            ("ENC-RES",),
        ),
        (notification(lead(BROOKFIELD)), [May.REFUSE, May.TELL], ("CHN-1",)),
        (notification(lead(BROOKFIELD, "left")), [May.REFUSE, May.TELL], ("ENC-ROLL", "CHN-1")),
    ],
    ids=["roll", "residence and refuge", "not connected", "one way is not enough"],
)
def test_every_rule_that_holds_it_must_be_passed_in_the_same_way(
    desk: Desk, document: Json, may: list[May], in_the_way: tuple[str, ...]
) -> None:
    desk.send(document)
    assert list(desk.hold.may) == may
    assert desk.hold.in_the_way(Release.RELEASE) == in_the_way


def test_a_released_hold_is_closed_by_what_is_decided_anew(desk: Desk) -> None:
    document = held(desk)
    desk.send(released(document, MARRIOTTS))
    assert (desk.hold.state, desk.hold.may, desk.hold.open) == ("released", (), True)
    desk.anew()
    assert (desk.hold.state, desk.hold.open) == ("sent", False)
    assert desk.hold.act["because"] == "confirmed-with-the-setting"
    assert desk.folded.reviews == ()


def test_a_hold_that_is_still_held_after_its_release_keeps_its_age_and_its_first_clock(desk: Desk) -> None:
    document = desk.send(notification(lead(ACLAND, "left")))
    before = desk.hold
    desk.world.now += timedelta(days=1)
    desk.send(released(document, ACLAND))
    desk.anew()
    assert (desk.hold.state, desk.hold.since, desk.hold.due) == ("held", before.since, before.due)
    assert desk.hold.act["how"] == "release"


def test_broken_glass_awaits_review_with_who_and_why(desk: Desk) -> None:
    document = desk.send(notification(lead(ACLAND, "left")))
    desk.send(released(document, ACLAND, "break-glass"))
    desk.anew()
    (review,) = desk.folded.reviews
    assert (review.of, review.message, review.organisation, review.review_at) == (
        "break-glass",
        document["id"],
        ACLAND,
        None,
    )
    assert review.act["role"] == "duty-desk"
    assert review.act["person"].startswith("person-")
    del desk.words[:2]
    (review,) = desk.folded.reviews
    assert review.act == {}, "the inbox goes back no further, and the review stands"


def test_a_decision_not_to_share_closes_it_and_a_risk_is_looked_at_again(desk: Desk) -> None:
    first, second = held(desk), held(desk)
    desk.send(not_shared(first, MARRIOTTS))
    desk.send(not_shared(second, MARRIOTTS, "operational-risk", reviewAt="2026-11-20T12:00:00Z"))
    assert [hold.state for hold in desk.folded.holds] == ["not-shared"] * 2
    assert not any(hold.open for hold in desk.folded.holds)
    (review,) = desk.folded.reviews
    assert (review.of, review.message, review.review_at) == ("not-shared", second["id"], "2026-11-20T12:00:00Z")


@pytest.mark.parametrize("ends", ["told", "withdrawn"])
def test_telling_them_and_withdrawing_it_close_a_hold(desk: Desk, ends: str) -> None:
    document = held(desk)
    desk.send(told(document, MARRIOTTS) if ends == "told" else withdrawal(document))
    assert desk.hold.state == ("told-by-other-channel" if ends == "told" else "withdrawn")
    assert not desk.hold.open


def test_what_cannot_go_any_more_is_refused_and_over(desk: Desk) -> None:
    """Its recipient was suspended when it came, and it was withdrawn before it was asked for again."""
    document = desk.send(notification())
    desk.world.home.declare(Suspended(about=ACLAND), REGISTRAR, NIGHT)
    desk.world.now += timedelta(hours=1)
    desk.anew(ACLAND)
    assert desk.hold.state == "held"
    desk.world.home.declare(Resumed(about=ACLAND), REGISTRAR, NIGHT)
    outcome = dict(desk.words[-1].body)
    gone = [{**one, "outcome": "refuse"} for one in outcome["recipients"]]
    desk.words.append(Word("another", NIGHT.isoformat(), {**outcome, "recipients": gone}))
    assert (desk.hold.message, desk.hold.state, desk.hold.may) == (document["id"], "refused", ())


def test_what_is_held_again_after_it_was_sent_is_a_new_hold(desk: Desk) -> None:
    document = held(desk)
    desk.world.now += timedelta(minutes=1)
    desk.send(released(document, MARRIOTTS))
    desk.anew()
    desk.world.home.declare(Suspended(about=MARRIOTTS), REGISTRAR, NIGHT)
    desk.world.now += timedelta(hours=1)
    desk.anew(MARRIOTTS)
    assert (desk.hold.state, desk.hold.since) == ("held", desk.world.now.isoformat())
    desk.world.home.declare(Resumed(about=MARRIOTTS), REGISTRAR, NIGHT)
    desk.send(not_shared(document, MARRIOTTS))
    assert desk.hold.state == "not-shared"


def test_the_same_word_twice_counts_once(desk: Desk) -> None:
    """A retry gets the first outcome again: it must not open what has been settled since."""
    document = held(desk)
    desk.send(told(document, MARRIOTTS))
    desk.words.append(desk.words[0])
    assert not desk.hold.open


def overdue(desk: Desk) -> None:
    """Everything that is due fires."""
    desk.world.now += timedelta(days=1)
    while due := desk.world.memory.next_due(desk.world.now):
        fired = desk.world.exchange.fire(*due, desk.world.now)
        desk.world.memory.remember(*fired.remember)
        desk.hear(fired)


def failed(desk: Desk) -> None:
    """What was released cannot be decided anew."""
    for case, telling in desk.world.memory.to_send_again({}):
        done = desk.world.exchange.again_failed(case, telling, desk.world.now)
        desk.world.memory.remember(*done.remember)
        desk.hear(done)


def test_an_overdue_notice_marks_the_hold_and_one_of_what_was_sent_makes_none(desk: Desk) -> None:
    held(desk)
    desk.send(notification())
    overdue(desk)
    assert len(desk.words) == 4
    assert (desk.hold.overdue, desk.hold.state) == (True, "held")


def test_a_release_in_vain_leaves_it_held_and_says_so(desk: Desk) -> None:
    document = held(desk)
    desk.send(released(document, MARRIOTTS))
    failed(desk)
    assert (desk.hold.state, desk.hold.failed) == ("held", True)
    desk.send(released(document, MARRIOTTS))
    assert not desk.hold.failed
    desk.anew()
    assert (desk.hold.state, desk.hold.failed) == ("sent", False)


@pytest.mark.parametrize("notice", ["overdue", "again-failed"])
def test_a_hold_whose_outcome_is_no_longer_in_the_inbox_is_still_listed(desk: Desk, notice: str) -> None:
    document = held(desk)
    if notice == "overdue":
        overdue(desk)
    else:
        desk.send(released(document, MARRIOTTS))
        failed(desk)
    desk.words = desk.words[-1:]
    hold = desk.hold
    assert (hold.message, hold.organisation, hold.open) == (document["id"], MARRIOTTS, True)
    assert (hold.findings, hold.overdue, hold.failed) == ((), notice == "overdue", notice != "overdue")
    assert hold.may == (May.REFUSE, May.TELL), "why it is held is not known here"


def test_what_settles_a_hold_that_is_no_longer_in_the_inbox_lists_nothing(desk: Desk) -> None:
    document = held(desk)
    desk.send(told(document, MARRIOTTS))
    del desk.words[0]
    assert desk.folded == Folded((), ())


def test_an_answer_that_is_held_is_sent_again_by_whoever_gave_it(desk: Desk) -> None:
    school = Desk(desk.world, ACLAND)
    document = desk.send(notification())
    desk.world.home.declare(Suspended(about=MET), REGISTRAR, NIGHT)
    school.send(receipt(document))
    assert (school.hold.due, school.hold.may) == (None, (May.SEND_AGAIN,))
    desk.world.home.declare(Resumed(about=MET), REGISTRAR, NIGHT)
    other = desk.send(notification())
    school.send(receipt(other))
    assert school.hold.open, "that was another case"
    school.send(receipt(document))
    assert (school.hold.state, school.hold.open) == ("sent", False)


def test_a_follow_up_that_is_held_is_a_hold_of_its_own(desk: Desk) -> None:
    document = desk.send(notification())
    desk.world.home.declare(Suspended(about=ACLAND), REGISTRAR, NIGHT)
    update = desk.send(follow_up("notification-updated", document))
    assert (desk.hold.message, desk.hold.organisation) == (update["id"], ACLAND)


def test_a_hold_names_the_successors_of_a_setting_and_needs_no_basis(desk: Desk) -> None:
    document = held(desk)
    body = dict(desk.words[0].body)
    (one,) = body["recipients"]
    changed = {**one, "successors": [ACLAND], "basis": {"sender": None, "recipient": None}}
    desk.words = [Word("closed", NIGHT.isoformat(), {**body, "recipients": [changed]})]
    assert (desk.hold.message, desk.hold.successors, desk.hold.basis) == (document["id"], (ACLAND,), None)


def test_what_others_send_is_nothing_to_fold(desk: Desk) -> None:
    """A delivery in the same inbox is passed over."""
    herts = Desk(desk.world, HERTS)
    herts.words.append(Word("delivery", NIGHT.isoformat(), {"is": "delivery", "from": MET}))
    assert herts.folded == Folded((), ())
