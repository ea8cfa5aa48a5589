"""The suspension drill fails if anything passes too late, or is unaccounted for."""

from dataclasses import replace

import pytest

from broker.agency import Submitted
from broker.demo.drill import BOUND, Seen, Sent, judged


def submitted(message: str) -> Submitted:
    return Submitted(topic="t", key=b"k", headers=[], value=b"v", message=message, case="c")


GOOD = Seen(
    sent=[Sent(submitted("a"), -1.0, True), Sent(submitted("b"), 1.2, True), Sent(submitted("c"), 1.5, False)],
    read=[0.1, 1.1],
    declared=1.0,
    ended=1.4,
)
LATE = replace(GOOD, sent=[*GOOD.sent, Sent(submitted("d"), 1.0 + BOUND, True)])
STATUSES = {"a": "shared", "b": "refused"}


def test_a_force_that_was_cut_off_in_time_passes() -> None:
    assert judged(GOOD, STATUSES, "shared")[1]


@pytest.mark.parametrize(
    ("seen", "statuses", "after"),
    [
        (LATE, {**STATUSES, "d": "refused"}, "shared"),
        (LATE, {**STATUSES, "d": "shared"}, "shared"),
        (replace(GOOD, read=[1.0 + BOUND]), STATUSES, "shared"),
        (replace(GOOD, sent=GOOD.sent[:2]), STATUSES, "shared"),
        (GOOD, {"a": "shared"}, "shared"),
        (GOOD, {"a": "refused", "b": "refused"}, "shared"),
        (GOOD, STATUSES, "refused"),
    ],
    ids=["taken late", "passed on late", "read late", "never denied", "no outcome", "never worked", "not let in again"],
)  # fmt: skip
def test_one_that_was_not_fails(seen: Seen, statuses: dict[str, str], after: str) -> None:
    assert not judged(seen, statuses, after)[1]
