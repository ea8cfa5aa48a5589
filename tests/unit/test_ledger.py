"""The ledger of one case, by the story told in it: each story is what happened, and what follows."""

from dataclasses import replace

import pytest

from broker.consent.clocks import deadline
from broker.consent.decide import decide
from broker.consent.facts import CaseState, Handover
from broker.consent.law.policy import POLICY
from broker.judge import parse
from broker.ledger import (
    after,
    concerns,
    everybody_told,
    fired,
    handling,
    handover,
    not_reached,
    refers_to,
    root_of,
    state_of,
    told,
)
from broker.schemas.catalogue import BY_TYPE
from broker.schemas.message import Addressee, Clock, Message
from broker.schemas.terms import AddressHandling
from broker.state import Case
from tests import personas
from tests.facts import ISSUED
from tests.personas import (
    ACLAND,
    ARGYLE,
    BROOKFIELD,
    HERTS,
    MET,
    NIGHT,
    Json,
    follow_up,
    incident,
    lead,
    notification,
)
from tests.unit.test_state import HOUR, case, telling

EMPTY = case()
FIRST = notification(lead(ACLAND), lead(ARGYLE))
OTHER = notification(lead(ARGYLE), case=FIRST["case"])
UPDATE = follow_up("notification-updated", FIRST)
OF_UPDATE = follow_up("notification-corrected", UPDATE | {"content": FIRST["content"]}, givenNames="Robin")
ANSWER = telling(message="the answer itself", due=None)


def carried(to: Case, document: Json, sender: str, *tellings: object) -> Case:
    """The case after a document."""
    return after(to, parse(document, BY_TYPE[document["type"]]), sender, tellings, NIGHT)  # type: ignore[arg-type]


def content(document: Json) -> Message:
    """What a document says, validated."""
    return parse(document, BY_TYPE[document["type"]]).content


def withdrawn(of: Case) -> Case:
    """The case once the first message has been withdrawn."""
    return of.model_copy(update={"withdrawn": (FIRST["id"],)})


def states(of: Case) -> list[str]:
    return [one.state.value for one in of.tellings]


@pytest.mark.parametrize(
    ("state", "answer", "becomes"),
    [
        ("sent", "acknowledged", "acknowledged"),
        ("sent", "rejected", "rejected"),
        ("sent", "erased", "erased"),
        ("acknowledged", "erased", "erased"),
        ("acknowledged", "rejected", "rejected"),
        ("rejected", "acknowledged", "acknowledged"),
        ("told-by-other-channel", "acknowledged", "acknowledged"),
        ("held", "erased", "held"),  # it was never sent, and must still be told
        ("withdrawn", "acknowledged", "withdrawn"),
        ("not-shared", "acknowledged", "not-shared"),
        ("erased", "acknowledged", "erased"),  # gone is gone
    ],
)
def test_an_answer_moves_its_own_telling(state: str, answer: str, becomes: str) -> None:
    before = case(
        telling(message=FIRST["id"], state=state),
        telling(message=FIRST["id"], recipient=ARGYLE),
    )
    why = {"rejectedBecause": "not-on-roll"} if answer == "rejected" else {}
    assert states(carried(before, personas.receipt(FIRST, state=answer, **why), ACLAND, ANSWER)) == [becomes, "sent"]


@pytest.mark.parametrize("answers", [(), (telling(state="held", due=None),)], ids=["refused", "held"])
@pytest.mark.parametrize("state", ["acknowledged", "erased"])
def test_an_answer_that_was_not_delivered_changes_nothing(state: str, answers: tuple[object, ...]) -> None:
    before = case(telling(message=FIRST["id"]))
    assert carried(before, personas.receipt(FIRST, state=state), ACLAND, *answers) == before


def test_erasing_covers_everything_of_the_thread_that_the_recipient_was_sent() -> None:
    before = case(
        telling(message=FIRST["id"]),
        telling(message="update", root=FIRST["id"]),
        telling(message="update", root=FIRST["id"], recipient=ARGYLE),
        telling(message="another thread"),
    )
    erased = carried(before, personas.receipt(FIRST, state="erased"), ACLAND, ANSWER)
    assert states(erased) == ["erased", "erased", "sent", "sent"]
    assert states(carried(before, personas.receipt(FIRST), ACLAND, ANSWER)) == ["acknowledged", "sent", "sent", "sent"]


def test_a_rejection_stays_open_and_its_clock_runs_again() -> None:
    before = case(telling(message=FIRST["id"], overdue=True))
    refused = personas.receipt(FIRST, state="rejected", rejectedBecause="not-on-roll")
    (rejected,) = carried(before, refused, ACLAND, ANSWER).tellings
    assert (rejected.state, rejected.open, rejected.overdue) == ("rejected", True, False)


def test_an_answer_is_not_itself_answered() -> None:
    before = case(telling(message=FIRST["id"]))
    assert len(carried(before, personas.receipt(FIRST), ACLAND, ANSWER).tellings) == 1


@pytest.mark.parametrize(
    ("state", "becomes"),
    [
        ("held", "told-by-other-channel"),
        ("sent", "told-by-other-channel"),
        ("acknowledged", "acknowledged"),
        ("erased", "erased"),
        ("rejected", "told-by-other-channel"),
    ],
)
def test_telling_by_other_channel_closes_what_is_open_for_that_recipient(state: str, becomes: str) -> None:
    before = case(
        telling(message=FIRST["id"], recipient=BROOKFIELD, state=state),
        telling(message=FIRST["id"], recipient=ARGYLE, state="held"),
    )
    assert states(carried(before, personas.told(FIRST, BROOKFIELD), MET)) == [becomes, "held"]


# what was told of the thread, whom the withdrawal reached or is held for, whether it withdraws, what becomes of each
@pytest.mark.parametrize(
    ("before", "reached", "withdraws", "becomes"),
    [
        (["sent"], ["sent"], True, ["sent", "sent"]),
        (["sent"], ["held"], True, ["sent", "held"]),
        (["sent"], [], False, ["sent"]),  # the withdrawal itself was refused
        (["sent", "held"], ["sent"], True, ["sent", "withdrawn", "sent"]),
        (["sent", "held"], [], False, ["sent", "held"]),
        (["held"], [], True, ["withdrawn"]),  # nobody had been told yet
        (["rejected", "acknowledged"], ["sent", "sent"], True, ["withdrawn", "acknowledged", "sent", "sent"]),
    ],
    ids=str,
)
def test_a_withdrawal_ends_holds_and_rejections_of_its_thread_unless_it_is_refused(
    before: list[str],
    reached: list[str],
    withdraws: bool,  # noqa: FBT001
    becomes: list[str],
) -> None:
    who = [ACLAND, ARGYLE]
    of = case(
        telling(message="m9", recipient=BROOKFIELD, state="held"),
        *(telling(message=FIRST["id"], recipient=one, state=state) for one, state in zip(who, before, strict=False)),
    )
    new = [telling(message="w", root=FIRST["id"], state=state) for state in reached]
    made = carried(of, personas.withdrawal(FIRST), MET, *new)
    assert states(made) == ["held", *becomes]  # the other thread is none of its business
    assert made.withdrawn == ((FIRST["id"],) if withdraws else ())


def test_a_withdrawal_that_is_held_survives_a_second_one() -> None:
    of = case(telling(message=FIRST["id"]))
    once = carried(of, personas.withdrawal(FIRST), MET, telling(message="w", root=FIRST["id"], state="held"))
    assert carried(once, personas.withdrawal(FIRST), MET) == once


def test_only_what_has_a_clock_is_kept_in_the_case() -> None:
    assert len(carried(EMPTY, FIRST, MET, telling(), telling(due=None)).tellings) == 1


def test_who_holds_something_of_the_thread_must_hear_what_follows() -> None:
    before = case(
        telling(recipient=HERTS, role="residence-force", message="another thread"),
        telling(recipient=ACLAND),
        telling(recipient=ARGYLE, state="held"),
        telling(recipient="school:100006", state="rejected"),
        telling(recipient=BROOKFIELD, state="told-by-other-channel"),
        telling(recipient="school:100457", state="erased"),
        telling(recipient="la:E09000007", role="childrens-social-care", state="acknowledged"),
        telling(recipient=ACLAND, message="m2", root="m1"),
        telling(recipient="school:117534", state="withdrawn"),
    )
    assert [(line.organisation, line.role.value) for line in everybody_told(before, "m1")] == [
        (ACLAND, "safeguarding-lead"),
        ("school:100006", "safeguarding-lead"),
        (BROOKFIELD, "safeguarding-lead"),
        ("la:E09000007", "childrens-social-care"),
    ]


@pytest.mark.parametrize(
    ("document", "held"),
    [
        (UPDATE, (BROOKFIELD,)),
        (OF_UPDATE, (BROOKFIELD,)),
        (personas.withdrawal(FIRST), ()),  # who has been told nothing need hear of no withdrawal
        (personas.receipt(FIRST), ()),  # a recipient must not learn who else was addressed
        (personas.told(FIRST, BROOKFIELD), ()),
        (OTHER, ()),
    ],
    ids=["update", "of the update", "withdrawal", "answer", "told", "first message"],
)
def test_the_sender_of_a_follow_up_learns_whom_it_cannot_reach(document: Json, held: tuple[str, ...]) -> None:
    of = case(
        telling(message=FIRST["id"]),
        telling(message=FIRST["id"], recipient=BROOKFIELD, state="held"),
        telling(message=OTHER["id"], recipient=ARGYLE, state="held"),
        telling(message=UPDATE["id"], root=FIRST["id"], state="held"),  # and had the first message
    )
    assert not_reached(of, content(document), BY_TYPE[document["type"]]) == held


@pytest.mark.parametrize(
    ("document", "root"),
    [(FIRST, ""), (UPDATE, FIRST["id"]), (OF_UPDATE, FIRST["id"]), (personas.withdrawal(OTHER), OTHER["id"])],
    ids=["first", "update", "of the update", "other thread"],
)
def test_a_follow_up_of_a_follow_up_keeps_the_root(document: Json, root: str) -> None:
    of = case(
        telling(message=FIRST["id"]),
        telling(message=UPDATE["id"], root=FIRST["id"]),
        telling(message=OTHER["id"], recipient=ARGYLE),
    )
    assert root_of(of, content(document)) == root


@pytest.mark.parametrize(
    ("says", "before", "protects"),
    [
        ({}, "open", "open"),
        ({}, "refuge", "refuge"),
        ({"addressHandling": "court-ordered"}, "refuge", "court-ordered"),
        ({"locationCategory": "refuge-or-confidential"}, "open", "refuge"),
        ({"locationCategory": "public"}, "open", "open"),
    ],
    ids=str,
)
@pytest.mark.parametrize("name", ["notification-issued", "notification-updated", "notification-corrected"])
def test_the_strictest_handling_in_a_case_is_remembered(name: str, says: Json, before: str, protects: str) -> None:
    first = name == "notification-issued"
    document = notification(content=incident(**says)) if first else follow_up(name, FIRST, givenNames="Ro", **says)
    of = EMPTY.model_copy(update={"handling": AddressHandling(before)})
    assert handling(of, content(document)) == protects
    assert carried(of, document, MET).handling == protects


def test_a_follow_up_that_says_nothing_of_the_place_is_handled_as_the_case_is() -> None:
    silent = personas.withdrawal(FIRST)
    assert handling(EMPTY, content(silent)) is None
    protected = EMPTY.model_copy(update={"handling": AddressHandling.REFUGE})
    assert handling(protected, content(silent)) is AddressHandling.REFUGE
    assert carried(protected, silent, MET).handling is AddressHandling.REFUGE


@pytest.mark.parametrize(
    ("tellings", "stands"),
    [
        ([], Handover.NONE),
        (["held"], Handover.NONE),
        (["held overdue"], Handover.OVERDUE),  # nobody could be handed it in time
        (["rejected"], Handover.NONE),
        (["rejected overdue"], Handover.NONE),
        (["withdrawn"], Handover.NONE),
        (["not-shared"], Handover.NONE),
        (["erased"], Handover.NONE),
        (["sent"], Handover.WAITING),
        (["sent overdue"], Handover.OVERDUE),
        (["acknowledged"], Handover.ACKNOWLEDGED),
        (["told-by-other-channel"], Handover.ACKNOWLEDGED),
        (["sent overdue", "sent"], Handover.WAITING),  # the newest counts
        (["acknowledged", "rejected"], Handover.NONE),
    ],
    ids=str,
)
def test_where_a_hand_over_stands(tellings: list[str], stands: Handover) -> None:
    type_ = personas.handover()["type"]
    made = [
        telling(
            recipient=HERTS,
            type=type_,
            role="residence-force",
            state=state.partition(" ")[0],
            overdue=state.endswith("overdue"),
        )
        for state in tellings
    ]
    update = telling(recipient=HERTS, type=UPDATE["type"], role="residence-force", message="u", root="m1")
    assert handover(case(telling(), *made)) is stands
    assert handover(case(telling(), *made, update)) is stands  # an update of the hand-over is not another


@pytest.mark.parametrize(
    ("of", "document", "state"),
    [
        (EMPTY, FIRST, CaseState.NEW),
        (case(telling()), OTHER, CaseState.OPEN),
        (case(telling(message=FIRST["id"])), UPDATE, CaseState.OPEN),
        (withdrawn(case(telling(message=FIRST["id"]))), UPDATE, CaseState.WITHDRAWN),
        (withdrawn(case(telling(message=FIRST["id"]), telling(message=OTHER["id"]))), OTHER, CaseState.OPEN),
        (
            withdrawn(case(telling(message=FIRST["id"]), telling(message=OTHER["id"]))),
            follow_up("notification-updated", OTHER),
            CaseState.OPEN,
        ),
    ],
    ids=["new", "open", "followed", "withdrawn", "another message", "another thread"],
)
def test_where_a_case_stands(of: Case, document: Json, state: CaseState) -> None:
    assert state_of(of, content(document), document["id"]) is state


ERASED = personas.receipt(FIRST, state="erased")


@pytest.mark.parametrize(
    ("document", "sender", "before", "after_withdrawal"),
    [
        (personas.withdrawal(FIRST), MET, True, True),
        (personas.withdrawal(notification()), MET, False, False),
        (personas.receipt(FIRST), ACLAND, True, True),
        (personas.receipt(FIRST), ARGYLE, False, False),  # its copy is held: it has nothing to answer
        (personas.receipt(FIRST), BROOKFIELD, False, False),  # and this one's hold has been withdrawn
        (personas.receipt(FIRST), "school:100006", False, False),
        (ERASED, ACLAND, False, True),
        (ERASED, ARGYLE, False, False),
        (personas.told(FIRST, ARGYLE), MET, True, True),
        (personas.told(FIRST, HERTS), MET, True, True),  # has rejected it
        (personas.told(FIRST, BROOKFIELD), MET, False, False),
        (personas.told(FIRST, "school:100006"), MET, False, False),
    ],
)
def test_what_a_case_concerns(document: Json, sender: str, before: bool, after_withdrawal: bool) -> None:  # noqa: FBT001
    flow = BY_TYPE[document["type"]]
    of = case(
        telling(message=FIRST["id"]),
        *(
            telling(message=FIRST["id"], recipient=who, state=state)
            for who, state in ((ARGYLE, "held"), (BROOKFIELD, "withdrawn"), (HERTS, "rejected"))
        ),
    )
    assert concerns(of, content(document), flow, sender) is before
    assert concerns(withdrawn(of), content(document), flow, sender) is after_withdrawal


def test_a_first_message_refers_to_nothing() -> None:
    assert refers_to(parse(FIRST, BY_TYPE[FIRST["type"]]).content) == ""


@pytest.mark.parametrize(
    ("changes", "state"), [({}, "sent"), ({"recipient_has_key": False}, "held"), ({"under_18": False}, None)], ids=str
)
def test_a_refusal_leaves_no_telling(changes: dict[str, bool], state: str | None) -> None:

    decision = decide(replace(ISSUED, **changes), POLICY, NIGHT)  # type: ignore[arg-type]
    due = deadline(Clock.ONE_HOUR, start=NIGHT, opens=NIGHT.time())
    line = Addressee.model_validate_json('{"organisation": "school:100053", "role": "safeguarding-lead"}')
    for root in ("", "r"):
        made = told("m", root, BY_TYPE[FIRST["type"]], MET, line, decision, due, NIGHT)
        assert (made and made.state) == state
        if made:
            assert (made.due, made.root) == (NIGHT + HOUR, root or "m")


def test_firing_marks_that_telling_alone() -> None:
    before = case(telling(), telling(recipient=ARGYLE))
    assert [one.overdue for one in fired(before, before.tellings[1]).tellings] == [False, True]
