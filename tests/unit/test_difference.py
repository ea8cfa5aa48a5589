"""An import changes what its register knows, and nothing else."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from broker.home import new_key
from broker.importers.difference import Difference, difference
from broker.importers.gias import SWITCHBOARD
from broker.importers.imported import Imported
from broker.registry import Channel, KeyUse, Nation, Organisation, Registry, Status
from broker.schemas.terms import Kind

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
FACTS = ("name", "nation", "police_area", "establishment", "independent", "council", "desk", "status", "closed_on")


def one(**fields: Any) -> Organisation:  # noqa: ANN401 - JSON
    given = {"id": "school:190001", "name": "Larkspur School", "nation": Nation.ENGLAND}
    return Organisation.model_validate(given | fields)


def desk(role: str) -> dict[str, str]:
    return {"role": role, "telephone": "02079460123"}


def compared(
    before: list[Organisation], told: list[Organisation], *, facts: tuple[str, ...] = FACTS, also: tuple[str, ...] = ()
) -> Difference:
    imported = Imported(
        kind=Kind.SCHOOL,
        facts=facts,
        organisations={made.id: made for made in told},
        mentioned=frozenset({made.id for made in told} | set(also)),
        rows=len(told),
        findings=(),
    )
    return difference(Registry(before), imported)


def test_new_ones_are_listed_and_registered() -> None:
    found = compared([], [one()])
    assert found.new == found.entries == (one(),)


def test_a_change_names_the_field_with_its_old_and_new_value() -> None:
    found = compared([one()], [one(name="Larkspur Academy", independent=True)])
    (change,) = found.changed
    assert change.fields == (("name", "Larkspur School", "Larkspur Academy"), ("independent", False, True))
    assert found.entries == (one(name="Larkspur Academy", independent=True),)


def test_what_a_register_does_not_know_stays_as_it_is() -> None:
    key, _ = new_key(KeyUse.SIGN, NOW)
    before = one(
        channel=Channel.DIRECT, sessionStart="08:40", keys=(key,), suspended=True, resendBefore=NOW - timedelta(days=1)
    )
    (after,) = compared([before], [one(name="Larkspur Academy")]).entries
    assert after == before.model_copy(update={"name": "Larkspur Academy"})
    assert after.keys == (key,)


def test_a_format_that_does_not_know_a_field_does_not_change_it() -> None:
    closed = one(status=Status.CLOSED, successors=("school:190002",))
    found = compared([closed], [one(name="Other")], facts=("nation",))
    assert (found.unchanged, found.entries) == (1, ())


def test_a_register_that_is_silent_about_something_does_not_unsay_it() -> None:
    before = one(policeArea="E23000001", council="la:E09000007", desk=desk(SWITCHBOARD))
    assert compared([before], [one()]).unchanged == 1


@pytest.mark.parametrize(("role", "replaced"), [(SWITCHBOARD, True), ("Designated safeguarding lead", False)])
def test_a_switchboard_never_replaces_a_desk_that_the_school_has_given(role: str, *, replaced: bool) -> None:
    new = desk(SWITCHBOARD) | {"telephone": "02079460999"}
    found = compared([one(desk=desk(role))], [one(desk=new)])
    assert bool(found.changed) is replaced


def test_a_school_that_closes_and_one_that_reopens_are_listed_apart() -> None:
    closed = one(status=Status.CLOSED, closedOn=date(2026, 8, 31), successors=("school:190002",))
    closing = compared([one()], [closed], facts=(*FACTS, "successors"))
    assert [change.after for change in closing.closed] == [closed]
    reopening = compared([closed], [one()])
    assert [change.after for change in reopening.reopened] == [one()]
    assert closing.changed == reopening.changed == ()


def test_a_successor_that_the_links_no_longer_name_goes() -> None:
    before = one(status=Status.CLOSED, successors=("school:190002",))
    told = one(status=Status.CLOSED)
    assert compared([before], [told]).unchanged == 1
    assert compared([before], [told], facts=(*FACTS, "successors")).entries == (told,)


def test_whoever_is_missing_is_listed_and_never_registered_as_anything_else() -> None:
    gone, closed = one(), one(id="school:190002", status=Status.CLOSED)
    unusable = one(id="school:190003")
    council = one(id="la:E09000007")
    found = compared([gone, closed, unusable, council], [], also=("school:190003",))
    assert found.vanished == (gone,)
    assert found.entries == ()


def test_an_import_repeated_changes_nothing() -> None:
    told = [one(desk=desk(SWITCHBOARD), status=Status.CLOSED, closedOn=date(2026, 8, 31)), one(id="school:190002")]
    first = compared([], told)
    again = compared(list(first.entries), told)
    assert (again.unchanged, again.entries, again.vanished) == (2, (), ())
