"""A registry that came about by many changes is the one that is made of the result at once."""

from datetime import UTC, datetime
from unittest.mock import patch

from hypothesis import given
from hypothesis import strategies as st

from broker import layered
from broker.registry import Channel, Nation, Organisation, Registry

organisations = st.builds(
    Organisation,
    id=st.sampled_from(["school:100000", "school:100001", "police:01", "la:E09000007", "broker:england-and-wales"]),
    name=st.sampled_from(["Example One", "Example Two"]),
    nation=st.just(Nation.ENGLAND),
    channel=st.sampled_from(Channel),
    resendBefore=st.none() | st.just(datetime(2026, 11, 19, tzinfo=UTC)),
)


@given(st.lists(st.lists(organisations, max_size=3), max_size=6), st.integers(1, 4))
def test_however_it_came_about_the_same_registry_answers_the_same(changes: list[list[Organisation]], most: int) -> None:
    with patch.object(layered, "MOST_LATEST", most):
        made, everybody, before = Registry(), dict[str, Organisation](), []
        for number, change in enumerate(changes):
            before.append((made, list(made)))
            made = made.put(change, str(number))
            everybody.update({one.id: one for one in change})
    at_once = Registry(everybody.values())
    assert list(made) == list(at_once) == list(everybody.values())
    assert len(made) == len(everybody)
    assert [made.get(name) for name in everybody] == list(everybody.values())
    reached = [one for one in everybody.values() if one.channel is Channel.DIRECT and not one.id.startswith("broker:")]
    assert list(made.direct) == list(at_once.direct) == reached
    assert made.inboxes == len(reached)
    asked = {one.id: one.resend_before for one in everybody.values() if one.resend_before}
    assert made.resend == at_once.resend == asked
    for earlier, held in before:
        assert list(earlier) == held
