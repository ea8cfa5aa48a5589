from datetime import timedelta
from typing import Any

import pytest

from broker import state
from broker.ledger import fired
from broker.state import (
    CASE_KEPT,
    LEEWAY,
    WINDOW,
    Cabinet,
    Case,
    Grant,
    Seen,
    StateSeal,
    Telling,
    Unsigned,
    state_key_of,
)
from tests.personas import ACLAND, ARGYLE, MET, NIGHT

HOUR = timedelta(hours=1)


def telling(**changes: Any) -> Telling:  # noqa: ANN401 - fields
    given = {
        "message": "m1",
        "root": changes.get("message", "m1"),
        "type": "t",
        "sender": MET,
        "recipient": ACLAND,
        "role": "safeguarding-lead",
        "state": "sent",
        "at": NIGHT,
        "due": NIGHT + HOUR,
        **changes,
    }
    return Telling.model_validate(given, strict=False)


def case(*tellings: Telling, id_: str = "c1") -> Case:
    return Case.model_validate({"owner": MET, "id": id_, "tellings": tellings})


def seen(number: int, at: timedelta = timedelta()) -> Seen:
    given = {"message": f"{MET}/m{number}", "digest": "d", "outcome": "{}", "sender": MET, "at": NIGHT + at}
    return Seen.model_validate(given)


def test_what_is_remembered_can_be_looked_up() -> None:
    cabinet = Cabinet()
    assert (cabinet.case(MET, "c1"), cabinet.seen(f"{MET}/m1")) == (None, None)
    written = cabinet.remember(case(telling()), seen(1))
    assert [key for key, _ in written] == [f"case/{MET}/c1", f"seen/{MET}/m1"]
    assert (cabinet.case(MET, "c1"), cabinet.seen(f"{MET}/m1")) == (case(telling()), seen(1))
    assert list(cabinet.cases()) == [case(telling())]


def test_a_changelog_restores_the_same_memory() -> None:
    first, second = Cabinet(), Cabinet()
    log = first.remember(case(telling()), seen(1), seen(2), case(id_="c2"), case(telling(state="acknowledged")))
    log += [(f"case/{MET}/c2", None), *first.forget(NIGHT + WINDOW + LEEWAY, most=1)]
    for key, value in log:
        second.restore(key, value)
    assert list(second.cases()) == [case(telling(state="acknowledged"))]
    assert second.seen(f"{MET}/m1") is None
    assert second.seen(f"{MET}/m2") == seen(2)
    assert second.next_due(NIGHT + HOUR) is None
    second.restore(f"seen/{MET}/m9", None)
    second.restore(f"case/{MET}/c9", None)


def test_due_times_come_in_order_and_only_once_they_have_passed() -> None:
    cabinet = Cabinet()
    late, early = telling(message="late", due=NIGHT + 2 * HOUR), telling(message="early")
    cabinet.remember(case(late, early))
    assert cabinet.next_due(NIGHT + HOUR - timedelta(seconds=1)) is None
    assert cabinet.next_due(NIGHT + HOUR) == (case(late, early), early)
    assert cabinet.next_due(NIGHT + HOUR) is None
    assert cabinet.next_due(NIGHT + 2 * HOUR) == (case(late, early), late)


def test_a_due_time_fires_once_even_after_a_restart() -> None:
    cabinet, again = Cabinet(), Cabinet()
    cabinet.remember(case(telling()))
    found = cabinet.next_due(NIGHT + HOUR)
    assert found is not None
    for key, value in cabinet.remember(fired(*found)):
        again.restore(key, value)
    assert cabinet.next_due(NIGHT + 9 * HOUR) is None
    assert again.next_due(NIGHT + 9 * HOUR) is None


@pytest.mark.parametrize("state", ["acknowledged", "erased", "told-by-other-channel", "withdrawn", "not-shared"])
def test_what_a_human_has_answered_does_not_fall_due(state: str) -> None:
    cabinet = Cabinet()
    cabinet.remember(case(telling()))
    cabinet.remember(case(telling(state=state)))
    assert cabinet.next_due(NIGHT + 9 * HOUR) is None


def test_a_hold_falls_due_like_anything_else_but_what_has_no_clock_never() -> None:
    cabinet = Cabinet()
    cabinet.remember(case(telling(due=None), telling(state="held", recipient=ARGYLE)))
    found = cabinet.next_due(NIGHT + HOUR)
    assert found is not None
    assert found[1].recipient == ARGYLE


def test_a_due_time_of_a_case_that_is_gone_is_dropped() -> None:
    cabinet = Cabinet()
    cabinet.remember(case(telling()))
    cabinet.restore(f"case/{MET}/c1", None)
    assert cabinet.next_due(NIGHT + HOUR) is None


def test_ids_are_forgotten_only_after_the_window_in_small_steps() -> None:
    cabinet = Cabinet()
    cabinet.remember(*(seen(number, timedelta(seconds=number)) for number in range(5)))
    end = NIGHT + WINDOW + LEEWAY
    assert cabinet.forget(end - timedelta(seconds=1)) == []
    assert [key for key, _ in cabinet.forget(end + timedelta(seconds=2), most=2)] == [
        f"seen/{MET}/m0",
        f"seen/{MET}/m1",
    ]
    assert cabinet.forget(end + timedelta(seconds=2)) == [(f"seen/{MET}/m2", None)]
    assert cabinet.seen(f"{MET}/m3") is not None
    assert len(cabinet.forget(end + HOUR)) == 2
    assert cabinet.forget(end + HOUR) == []


def test_what_was_rejected_falls_due_again_though_it_had_fired_before() -> None:
    cabinet = Cabinet()
    cabinet.remember(case(telling()))
    found = cabinet.next_due(NIGHT + HOUR)
    assert found is not None
    cabinet.remember(fired(*found))
    cabinet.remember(case(telling(state="rejected")))
    again = cabinet.next_due(NIGHT + HOUR)
    assert again is not None
    cabinet.remember(fired(*again))
    assert cabinet.next_due(NIGHT + 9 * HOUR) is None


OLD = NIGHT + CASE_KEPT + timedelta(seconds=1)


@pytest.mark.parametrize(
    ("tellings", "gone"),
    [
        ([{"state": "acknowledged"}], True),
        ([{"state": "acknowledged"}, {"state": "erased"}, {"state": "withdrawn"}], True),
        ([{"state": "acknowledged"}, {"overdue": True}], False),  # nobody has ever answered
        ([{"state": "held", "overdue": True}], False),
        ([{"state": "rejected", "overdue": True}], False),
        ([{"state": "acknowledged"}, {"state": "acknowledged", "at": NIGHT + HOUR}], False),  # one is younger
        ([], True),  # all of it was refused
    ],
    ids=str,
)
def test_a_case_is_forgotten_after_ninety_days_if_nothing_in_it_is_open(
    tellings: list[dict[str, Any]],
    gone: bool,  # noqa: FBT001
) -> None:
    cabinet = Cabinet()
    cabinet.remember(case(*(telling(**one) for one in tellings)))
    assert cabinet.forget(NIGHT + CASE_KEPT) == ([] if tellings else [(f"case/{MET}/c1", None)])
    assert cabinet.forget(OLD) == ([(f"case/{MET}/c1", None)] if gone and tellings else [])
    assert (cabinet.case(MET, "c1") is None) is gone


def test_one_case_that_nobody_ever_answers_keeps_no_other_and_steps_stay_small() -> None:
    cabinet = Cabinet()
    cabinet.remember(
        case(telling(overdue=True), id_="open"),
        *(case(telling(state="acknowledged"), id_=f"c{number}") for number in range(5)),
        case(telling(at=OLD), id_="young"),
    )
    assert len(cabinet.forget(OLD, most=3)) == 2
    assert len(cabinet.forget(OLD)) == 3
    assert cabinet.forget(OLD) == []
    assert {one.id for one in cabinet.cases()} == {"open", "young"}


@pytest.mark.parametrize(
    "spoil",
    [
        lambda key, sealed: (key, sealed[:-1]),
        lambda key, _: (key, b""),
        lambda key, sealed: (key, sealed[:5]),
        lambda key, sealed: (key, sealed[:20]),
        lambda key, sealed: (key + "x", sealed),  # moved to another key
        lambda key, sealed: (key, sealed[:-1] + bytes([sealed[-1] ^ 1])),
    ],
)
def test_a_changelog_value_opens_whole_and_in_its_place_only(spoil: Any) -> None:  # noqa: ANN401 - a lambda
    seal = StateSeal({1: bytes(32)})
    sealed = seal.seal("case/x", "Rowan")
    assert seal.unseal("case/x", sealed) == "Rowan"
    assert seal.seal("case/x", "Rowan") != sealed
    assert b"Rowan" not in sealed
    with pytest.raises(ValueError, match=r"state key|[Nn]once"):
        seal.unseal(*spoil("case/x", sealed))
    with pytest.raises(ValueError, match="state key"):
        StateSeal({1: bytes([1] * 32)}).unseal("case/x", sealed)


def test_a_new_state_key_seals_and_the_old_one_opens_until_it_is_gone() -> None:
    keys = {1: bytes(32), 2: bytes([1] * 32)}
    before, both = StateSeal({1: keys[1]}), StateSeal(keys)
    old = before.seal("case/x", "Rowan")
    new = both.seal("case/x", "Rowan")
    assert (before.rotated, both.rotated) == (False, True)
    assert (state_key_of(old), state_key_of(new)) == (1, 2)
    assert both.unseal("case/x", old) == both.unseal("case/x", new) == "Rowan"
    assert (both.outdated(old), both.outdated(new)) == (True, False)
    for seal, sealed in ((StateSeal({2: keys[2]}), old), (before, new)):
        with pytest.raises(ValueError, match=r"state key [12] .* is not here"):
            seal.unseal("case/x", sealed)
    with pytest.raises(ValueError, match="does not open"):
        both.unseal("case/x", old[:1] + b"\2" + old[2:])


def test_memory_is_bounded_and_what_was_forgotten_early_cannot_be_played_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state, "MOST_SEEN", 3)
    cabinet = Cabinet()
    cabinet.remember(*(seen(number, timedelta(hours=number)) for number in range(3)))
    assert cabinet.forget(NIGHT) == []
    assert cabinet.forgotten() == NIGHT, "full: an older one may have been here"
    cabinet.remember(seen(3, timedelta(hours=3)))
    assert cabinet.forget(NIGHT + 4 * HOUR) == [(f"seen/{MET}/m0", None)]
    assert cabinet.forgotten() == NIGHT + HOUR
    again = Cabinet()
    for number in (1, 2, 3):
        again.remember(seen(number, timedelta(hours=number)))
    assert again.forgotten() == cabinet.forgotten(), "a restart changes nothing"
    cabinet.forget(NIGHT + WINDOW + 2 * HOUR)
    assert cabinet.forgotten() is None


def unsigned(organisation: str, at: timedelta = timedelta(), count: int = 1) -> Unsigned:
    return Unsigned(claimed=organisation, since=NIGHT + at, count=count)


def test_counts_of_what_was_not_signed_are_kept_restored_and_forgotten_after_an_hour() -> None:
    first, second = Cabinet(), Cabinet()
    log = first.remember(unsigned(MET), unsigned(ACLAND, HOUR / 2), unsigned(MET, count=2))
    assert [key for key, _ in log] == [f"unsigned/{MET}", f"unsigned/{ACLAND}", f"unsigned/{MET}"]
    for key, value in log:
        second.restore(key, value)
    for cabinet in (first, second):
        assert cabinet.unsigned(MET) == unsigned(MET, count=2)
        assert cabinet.forget(NIGHT + HOUR - timedelta(seconds=1)) == []
        assert cabinet.forget(NIGHT + HOUR) == [(f"unsigned/{MET}", None)]
        assert (cabinet.unsigned(MET), cabinet.unsigned(ACLAND)) == (None, unsigned(ACLAND, HOUR / 2))
    first.remember(unsigned(MET, HOUR))
    assert first.forget(NIGHT + 3 * HOUR, most=1) == [(f"unsigned/{ACLAND}", None)]
    assert first.forget(NIGHT + 3 * HOUR) == [(f"unsigned/{MET}", None)]
    second.restore(f"unsigned/{ACLAND}", None)
    assert second.unsigned(ACLAND) is None


def test_a_count_that_begins_anew_is_forgotten_after_those_that_began_before_it() -> None:
    cabinet = Cabinet()
    cabinet.remember(unsigned(MET), unsigned(ACLAND, HOUR / 2), unsigned(MET, HOUR))
    assert cabinet.forget(NIGHT + HOUR * 1.5) == [(f"unsigned/{ACLAND}", None)]


def test_however_many_there_are_few_are_told() -> None:
    told = [count for count in range(1, 100_001) if unsigned(MET, count=count).told]
    assert told == [*range(1, 11), *(2**power for power in range(4, 17))]


def agreed(**changes: Any) -> Grant:  # noqa: ANN401 - fields
    given = {
        "id": "g1",
        "what": "gateway-agreement",
        "givenBy": "the-person",
        "givenFor": "the-person",
        "purpose": "duty-to-refer",
        "recipients": (ACLAND,),
        "wordingVersion": "1",
        "givenAt": NIGHT,
        "expiresAt": NIGHT + 2 * CASE_KEPT,
        "at": NIGHT,
        **changes,
    }
    return Grant.model_validate(given, strict=False)


def test_a_case_is_kept_while_what_was_agreed_in_it_stands_and_keeps_no_other() -> None:
    cabinet = Cabinet()
    held = case().model_copy(update={"grants": (agreed(),)})
    cabinet.remember(held, case(telling(state="acknowledged"), id_="c2"))
    late = NIGHT + CASE_KEPT + HOUR
    assert cabinet.forget(late) == [(f"case/{MET}/c2", None)]
    assert cabinet.case(MET, "c1") == held
    assert cabinet.forget(NIGHT + 2 * CASE_KEPT) == [(f"case/{MET}/c1", None)]


def test_a_case_in_which_an_agreement_was_recorded_of_late_is_not_forgotten() -> None:
    cabinet = Cabinet()
    cabinet.remember(case().model_copy(update={"grants": (agreed(withdrawn=True),)}))
    assert cabinet.forget(NIGHT + HOUR) == []
    assert cabinet.forget(NIGHT + CASE_KEPT + HOUR) == [(f"case/{MET}/c1", None)]


@pytest.mark.parametrize(
    ("changes", "at", "stands"),
    [
        ({}, timedelta(), True),
        ({"withdrawn": True}, timedelta(), False),
        ({"expires_at": NIGHT + HOUR}, HOUR, False),
        ({"given_at": NIGHT + LEEWAY}, timedelta(), True),
        ({"given_at": NIGHT + HOUR}, timedelta(), False),
    ],
)
def test_an_agreement_stands_from_when_to_when(changes: dict[str, Any], at: timedelta, stands: bool) -> None:  # noqa: FBT001
    assert agreed().model_copy(update=changes).stands(NIGHT + at) is stands
