"""Free text while something else happens in its case: nothing goes that must not, and nobody is forgotten."""

import pytest

from broker import topics
from broker.drafts import Carried
from broker.registry import AlternateIs, Status
from broker.state import Part, Telling, TellingState
from broker.statement import dumps, loads
from broker.words import remembered
from tests.personas import (
    ACLAND,
    ARGYLE,
    CAMDEN,
    GARRETT,
    HEATH,
    HERTS_AREA,
    ISLINGTON,
    TEXT,
    Json,
    agreement_withdrawn,
    follow_up,
    grant,
    homeless,
    incident,
    lead,
    not_shared,
    notification,
    receipt,
    released,
    told,
    withdrawal,
)
from tests.unit.test_conflict import ALTERNATE, amend, at, got, of, officer
from tests.unit.test_narrative import (
    KEPT_BACK,
    MINUTES,
    VOICE,
    holds,
    kept_back,
    later,
    spoken,
    states,
    verdict,
)
from tests.world import CLEAR, World


def screened(*carried: Carried) -> list[Carried]:
    """Of these, what asks the screening to read something."""
    return [one for one in carried if any(out.topic == topics.SCREEN for out in one.outgoing)]


def of_case(world: World, message: Json, recipient: str = ARGYLE) -> list[Telling]:
    case = world.memory.case(message["caseOwner"], message["case"])
    assert case is not None
    return [one for one in case.tellings if (one.message, one.recipient) == (message["id"], recipient)]


def held_for_its_area() -> Json:
    """A message that a rule holds, and that a role holder may break through."""
    return notification(lead(ARGYLE), content=incident(childVoice=VOICE, residenceForce=HERTS_AREA))


# A release of a message is none of its free text ----------------------------------------------------------------------


def test_free_text_of_a_message_that_was_released_waits_for_the_screening(world: World) -> None:
    world.carry(message := held_for_its_area())
    world.carry(released(message, ARGYLE, "break-glass"))
    (first,) = world.send_again()
    assert world.send_again() == [], "the next look at what has been let go finds nothing"
    assert states(world, message) == [(Part.WHOLE, TellingState.SENT), (Part.TEXT, TellingState.SCREENING)]
    (delivery,) = world.opened(world.read(first, verdict), ARGYLE)
    assert delivery.content["childVoice"] == [VOICE[0]], "and what was broken through for it is broken through"


def test_the_clock_of_free_text_runs_also_where_the_hold_had_fallen_due(world: World) -> None:
    world.carry(message := held_for_its_area())
    world.now = max(one.due for one in of_case(world, message) if one.due) + MINUTES
    assert len(later(world, MINUTES)) == 1
    world.carry(released(message, ARGYLE, "break-glass"))
    world.send_again()
    (fired,) = later(world, 16 * MINUTES)
    assert [one["rule"] for one in world.outcome(fired)["recipients"][0]["findings"]] == ["TXT-8"]


def test_what_waits_for_its_text_once_it_is_released_is_read(world: World) -> None:
    world.carry(first := notification(lead(ARGYLE)))
    sent = world.carry(
        update := follow_up("notification-updated", first, childVoice=VOICE, doNotTellOrganisations=[ARGYLE])
    )
    assert states(world, update) == [(Part.WHOLE, TellingState.HELD)]
    world.carry(released(update, ARGYLE))
    (again,) = world.send_again()
    assert screened(again) == [again]
    assert states(world, update) == [(Part.BOTH, TellingState.SCREENING)]
    (delivery,) = world.opened(world.read(again, verdict), ARGYLE)
    assert delivery.content["childVoice"] == [VOICE[0]]
    assert sent.line.status == "held"


def test_text_that_a_rule_holds_is_read_before_it_goes_once_that_is_released(world: World) -> None:
    """Whoever lets go what a rule held has not read what the screening would have found."""
    sent = world.carry(message := spoken())
    world.carry(follow_up("notification-updated", message, doNotTellOrganisations=[ARGYLE], referralMade=True))
    assert world.opened(world.read(sent, verdict), ARGYLE) == []
    world.carry(released(message, ARGYLE))
    (again,) = world.send_again()
    assert world.opened(again, ARGYLE) == []
    (delivery,) = world.opened(world.read(again, verdict), ARGYLE)
    assert delivery.content["childVoice"] == [VOICE[0]]


def test_a_release_clears_the_text_of_whoever_has_the_rest_and_of_nobody_else(world: World) -> None:
    """The alternate is told all of it now, of which a human has cleared one segment for the usual lead."""
    message = notification(lead(ACLAND), content=incident(**{**TEXT, "childVoice": VOICE}))
    world.read(world.carry(message), verdict)
    world.carry(follow_up("notification-updated", message, connections=[at()], referralMade=True))
    world.carry(released(message, ACLAND))
    (again,) = world.send_again()
    assert got(world, again) == {}
    (delivery,) = world.opened(world.read(again, verdict), ALTERNATE)
    assert delivery.content["childVoice"] == [VOICE[0]]
    assert delivery.content["givenNames"] == "Rowan"


def test_a_release_that_comes_before_the_answer_counts(world: World) -> None:
    sent = world.carry(message := spoken())
    world.carry(released(message, ARGYLE))
    assert world.read(sent, kept_back).line.status == "repeated"
    (again,) = world.send_again()
    assert world.opened(again, ARGYLE)[0].content["childVoice"] == VOICE


def test_a_release_that_comes_before_its_time_is_up_counts(world: World) -> None:
    world.carry(message := spoken())
    world.carry(released(message, ARGYLE))
    assert later(world, 16 * MINUTES) == []
    (again,) = world.send_again()
    assert world.opened(again, ARGYLE)[0].content["childVoice"] == VOICE


# What the recipient says ----------------------------------------------------------------------------------------------


def test_no_text_follows_to_whoever_says_that_the_child_is_not_theirs(world: World) -> None:
    sent = world.carry(message := spoken())
    answer = world.carry(receipt(message, state="rejected", rejectedBecause="not-on-roll"), ARGYLE)
    assert "settled" not in world.outcome(answer, ARGYLE), "it does not hear what is held"
    read = world.read(sent)
    assert world.opened(read, ARGYLE) == []
    assert states(world, message) == [(Part.WHOLE, TellingState.REJECTED), (Part.TEXT, TellingState.WITHDRAWN)]


def test_nor_if_it_is_read_late(world: World) -> None:
    sent = world.carry(message := spoken())
    later(world, 16 * MINUTES)
    world.carry(receipt(message, state="rejected", rejectedBecause="not-on-roll"), ARGYLE)
    assert world.opened(world.read(sent), ARGYLE) == []
    assert states(world, message)[1] == (Part.TEXT, TellingState.HELD), "its sender knows of both, and decides"


def test_a_call_about_what_was_sent_stops_no_text(world: World) -> None:
    sent = world.carry(message := spoken())
    world.carry(told(message, ARGYLE))
    assert states(world, message) == [(Part.WHOLE, TellingState.TOLD), (Part.TEXT, TellingState.SCREENING)]
    assert world.opened(world.read(sent), ARGYLE)


# Protected later ------------------------------------------------------------------------------------------------------


def test_text_that_must_not_go_any_more_ends_and_is_no_hold_without_a_reason(world: World) -> None:
    sent = world.carry(message := spoken())
    world.carry(follow_up("notification-updated", message, addressHandling="refuge", referralMade=True))
    read = world.read(sent)
    assert world.opened(read, ARGYLE) == []
    (mine,) = world.outcome(read)["recipients"]
    assert mine["shown"] == []
    assert {one["rule"] for one in mine["withheld"] if one["field"] in {"childVoice", "circumstances"}} == {"RD-2"}
    assert states(world, message)[1] == (Part.TEXT, TellingState.WITHDRAWN)
    assert holds(world, sent, read).holds == ()


def test_nor_does_it_come_again_to_a_new_key(world: World) -> None:
    world.read(world.carry(message := spoken()))
    world.carry(follow_up("notification-updated", message, addressHandling="refuge", referralMade=True))
    world.now += MINUTES
    again = [one for one in world.send_again(ARGYLE) if one.line.type.endswith("notification-issued.v1")]
    opened = [item for one in again for item in world.opened(one, ARGYLE)]
    assert [("part" in item.body, "childVoice" in item.content) for item in opened] == [(False, False)]
    assert states(world, message)[1] == (Part.TEXT, TellingState.WITHDRAWN)


def test_text_that_was_corrected_while_it_was_read_does_not_follow_its_correction(world: World) -> None:
    sent = world.carry(message := spoken())
    corrected = world.carry(follow_up("notification-corrected", message, circumstances=["Neighbours argued."]))
    assert world.opened(world.read(corrected), ARGYLE)[0].content["circumstances"] == ["Neighbours argued."]
    (delivery,) = world.opened(world.read(sent), ARGYLE)
    assert delivery.content == {"childVoice": VOICE}, "what else there is goes"


def test_if_all_of_it_was_corrected_it_ends(world: World) -> None:
    sent = world.carry(message := notification(lead(ARGYLE), content=incident(circumstances=["They argued."])))
    world.carry(follow_up("notification-corrected", message, circumstances=["Neighbours argued."]))
    assert world.opened(world.read(sent), ARGYLE) == []
    assert states(world, message)[1] == (Part.TEXT, TellingState.WITHDRAWN)


def test_what_was_kept_back_of_a_text_that_ends_is_no_hold_that_nobody_sees(world: World) -> None:
    sent = world.carry(message := spoken())
    read = world.read(sent, verdict)
    world.carry(follow_up("notification-updated", message, addressHandling="refuge", referralMade=True))
    world.now += MINUTES
    again = world.send_again(ARGYLE)
    assert not [one for one in holds(world, sent, read, *again).holds if one.open]
    assert TellingState.HELD not in [state for _, state in states(world, message)]


# Read anew ------------------------------------------------------------------------------------------------------------


def test_what_was_kept_back_stays_so_for_whoever_lost_its_key(world: World) -> None:
    world.read(world.carry(message := spoken()), verdict)
    world.now += MINUTES
    again = world.send_again(ARGYLE)
    assert len(screened(*again)) == 1
    (fresh,) = screened(*again)
    world.read(fresh, verdict)
    assert states(world, message) == [
        (Part.WHOLE, TellingState.SENT),
        (Part.TEXT, TellingState.SENT),
        (Part.TEXT, TellingState.HELD),
    ]
    assert later(world, 16 * MINUTES) == []
    world.carry(released(message, ARGYLE))
    (cleared,) = world.send_again()
    assert world.opened(cleared, ARGYLE)[0].content == {"childVoice": [VOICE[2]]}


@pytest.mark.parametrize("decided", ["released", "refused"])
def test_what_a_human_has_decided_of_a_segment_is_not_asked_again(world: World, decided: str) -> None:
    sent = world.carry(message := spoken())
    first = world.read(sent, verdict)
    if decided == "released":
        done = [world.carry(released(message, ARGYLE)), *world.send_again()]
    else:
        done = [world.carry(not_shared(message, ARGYLE, "not-needed"))]
    world.now += MINUTES
    again = world.send_again(ARGYLE)
    (fresh,) = screened(*again)
    read = world.read(fresh, verdict)
    opened = [item.content.get("childVoice") for one in (*again, read) for item in world.opened(one, ARGYLE)]
    assert [one for one in opened if one] == ([[VOICE[2]], [VOICE[0]]] if decided == "released" else [[VOICE[0]]])
    assert TellingState.HELD not in [state for _, state in states(world, message)]
    assert not [one for one in holds(world, sent, first, *done, *again, read).holds if one.open]


def test_text_that_was_held_because_nobody_could_be_reached_is_read_anew_for_a_new_key(world: World) -> None:
    world.carry(message := spoken())
    later(world, 16 * MINUTES)
    world.now += MINUTES
    again = screened(*world.send_again(ARGYLE))
    assert len(again) == 1
    assert world.opened(world.read(again[0]), ARGYLE)[0].content["childVoice"] == VOICE
    assert states(world, message)[1] == (Part.TEXT, TellingState.SENT)


def test_what_was_delivered_before_it_was_read_anew_can_still_be_taken_back(world: World) -> None:
    world.carry(given := grant(ISLINGTON), CAMDEN)
    read = world.read(world.carry(message := homeless(given, ISLINGTON), CAMDEN))
    (delivery,) = world.opened(read, ISLINGTON)
    world.now += MINUTES
    world.send_again(ISLINGTON)
    later(world, 16 * MINUTES)
    assert [one.state for one in of_case(world, message, ISLINGTON)] == [TellingState.HELD]
    carried = world.carry(agreement_withdrawn(given), CAMDEN)
    assert len(world.opened(carried, ISLINGTON)) == 1, "it is told to erase what it may have"
    revoked = [dict(out.headers).get("ce_revokes", b"").decode() for out in carried.outgoing]
    assert any(delivery.id in one for one in revoked)


def test_an_overdue_notice_about_what_was_read_anew_is_no_repetition(world: World) -> None:
    ids = []
    world.read(world.carry(message := spoken()))
    for _ in range(2):
        world.now = max(one.due for one in of_case(world, message) if one.due)
        ids += [item.id for one in later(world, MINUTES) for item in world.opened(one, "police:01")]
        for one in screened(*world.send_again(ARGYLE)):
            world.read(one)
    assert len(ids) == len(set(ids)) == 3, "of the message, of its text, and of its text once it had come again"


@pytest.mark.parametrize("decided", ["released", "refused"])
def test_a_decision_about_what_was_kept_back_is_none_about_what_is_read_anew(world: World, decided: str) -> None:
    world.read(world.carry(message := spoken()), verdict)
    world.now += MINUTES
    (fresh,) = screened(*world.send_again(ARGYLE))
    world.carry(released(message, ARGYLE) if decided == "released" else not_shared(message, ARGYLE, "not-needed"))
    opened = [*world.opened(world.read(fresh, verdict), ARGYLE)]
    opened += [item for one in world.send_again() for item in world.opened(one, ARGYLE)]
    assert [item.content["childVoice"] for item in opened if "childVoice" in item.content] == (
        [[VOICE[0]], [VOICE[2]]] if decided == "released" else [[VOICE[0]]]
    )


def test_a_hold_is_seen_again_when_it_falls_due_though_the_text_has_gone(world: World) -> None:
    sent = world.carry(message := spoken(lead(ARGYLE), lead(HEATH)))
    world.carry(follow_up("notification-updated", message, doNotTellOrganisations=[ARGYLE], referralMade=True))
    world.now += MINUTES
    again = world.send_again(ARGYLE)
    world.carry(follow_up("notification-corrected", message, doNotTellOrganisations=[], referralMade=True))
    read = world.read(sent)
    assert states(world, message) == [(Part.WHOLE, TellingState.HELD), (Part.TEXT, TellingState.SENT)]
    about = (message["id"], ARGYLE)
    found = holds(world, sent, *again, read, *later(world, 24 * 60 * MINUTES)).holds
    assert (True, True) in [(one.open, one.overdue) for one in found if (one.message, one.organisation) == about]


# In two capacities ----------------------------------------------------------------------------------------------------


def test_a_council_that_stands_in_for_two_settings_gets_the_text_of_both_in_each_capacity(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    amend(world, monkeypatch, HEATH, alternate=CAMDEN, alternate_is=AlternateIs.COUNCIL)
    content = of(at(ARGYLE), at(HEATH), **TEXT)
    sent = world.carry(notification(lead(ARGYLE), lead(HEATH), officer(), content=content))
    opened = world.opened(world.read(sent), CAMDEN)
    assert [(one.body["role"], [line["organisation"] for line in one.to]) for one in opened] == [
        ("alternate-council", [ARGYLE]),
        ("alternate-council", [HEATH]),
        ("designated-officer", [CAMDEN]),
    ]
    assert len({one.id for one in opened}) == 3
    assert "childVoice" not in opened[2].content


def test_a_council_that_knows_as_designated_officer_does_not_know_as_alternate(world: World) -> None:
    message = notification(lead(ARGYLE), officer(), content=of(at(GARRETT), **TEXT))
    first = world.carry(message)
    assert set(got(world, first)) == {ARGYLE, CAMDEN}
    world.carry(follow_up("notification-updated", message, connections=[at(ARGYLE)], referralMade=True))
    opened = {one.body["role"]: one for one in world.opened(world.read(first), CAMDEN)}
    assert "homeAddress" in opened["alternate-council"].content, "it has had nothing of it in that capacity"
    assert "part" in opened["designated-officer"].body


def test_a_hold_in_one_capacity_is_not_hidden_by_what_goes_in_another(world: World) -> None:
    sent = world.carry(notification(lead(ARGYLE), officer(), content=of(at(ARGYLE), **TEXT)))
    read = world.read(sent, lambda name, _: KEPT_BACK if name == "childVoice" else CLEAR)
    assert [one["outcome"] for one in world.outcome(read)["recipients"]] == ["hold", "share"]
    (hold,) = holds(world, sent, read).holds
    assert (hold.organisation, hold.open) == (CAMDEN, True)


def test_the_alternate_reads_beside_the_text_too_not_to_pass_it_on(world: World) -> None:
    read = world.read(world.carry(notification(content=of(at(), **TEXT))))
    note = got(world, read)[ALTERNATE]["note"]
    assert "Do not pass it to the usual desk" in note
    assert "second incident" in note


# Who must not be told, and who is owed --------------------------------------------------------------------------------


def test_a_setting_that_must_not_be_told_is_known_by_the_code_that_it_had_before(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    amend(world, monkeypatch, GARRETT, status=Status.CLOSED, successors=(ACLAND,))
    carried = world.carry(notification(lead(ACLAND), content=incident(doNotTellOrganisations=[GARRETT])))
    assert got(world, carried) == {}
    assert carried.line.status == "held"


def test_what_is_owed_does_not_end_with_the_withdrawal_of_one_of_two_messages(world: World) -> None:
    message = notification(content=of(at()))
    world.carry(message)
    world.carry({**notification(content=of(at())), "case": message["case"]})
    world.carry(withdrawal(message))
    case = world.memory.case(message["caseOwner"], message["case"])
    assert case is not None
    assert TellingState.OWED in [one.state for one in case.tellings]


# What is kept, and said -----------------------------------------------------------------------------------------------


def test_the_copy_goes_when_the_text_is_the_last_to_be_settled(world: World) -> None:
    sent = world.carry(message := spoken())
    world.carry(receipt(message), ARGYLE)
    world.carry(follow_up("notification-updated", message, addressHandling="refuge", referralMade=True))
    world.read(sent)
    assert [one for key, one in world.copies.items() if message["id"] in key] == [None]


def test_a_text_that_is_clear_for_one_and_barred_for_another_is_partial(world: World) -> None:
    sent = world.carry(message := spoken(lead(ARGYLE), lead(HEATH)))
    world.carry(follow_up("notification-updated", message, doNotTellOrganisations=[HEATH], referralMade=True))
    assert world.outcome(world.read(sent))["status"] == "partial"


def test_a_repetition_gets_an_outcome_that_can_be_remembered_however_long_it_was(world: World) -> None:
    outcome = world.outcome(world.carry(notification(lead(ARGYLE), lead(CAMDEN))))
    whole = len(dumps(outcome))
    assert remembered(outcome, whole) == dumps(outcome)
    (shared, refused) = loads(remembered(outcome, whole - 1))["recipients"]
    assert "receipt" not in shared
    assert refused["findings"]
    least = loads(remembered(outcome, 100))
    assert [(one["outcome"], one["findings"]) for one in least["recipients"]] == [("share", []), ("refuse", [])]
    assert least["status"] == outcome["status"]


# Not mended -----------------------------------------------------------------------------------------------------------


@pytest.mark.xfail(
    strict=True, reason="a receipt answers a message, and cannot say which of its two deliveries was read"
)
def test_whoever_answered_before_the_text_was_sent_has_not_answered_it(world: World) -> None:
    sent = world.carry(message := spoken())
    world.now += 10 * MINUTES
    world.read(sent)
    world.carry(receipt(message, at="2026-11-19T22:35:00Z"), ARGYLE)
    assert states(world, message) == [(Part.WHOLE, TellingState.ACKNOWLEDGED), (Part.TEXT, TellingState.SENT)]


@pytest.mark.xfail(strict=True, reason="no verdict is kept, so a release clears all the text of what waited for it")
def test_a_release_of_what_waited_for_its_text_keeps_the_brokers_wording_of_the_rest(world: World) -> None:
    world.carry(given := grant(ISLINGTON), CAMDEN)
    content = {"agreedReason": ["He agreed.", VOICE[2]], "risk": [VOICE[1]]}
    world.read(world.carry(message := homeless(given, ISLINGTON, **content), CAMDEN), verdict)
    freed = {**released(message, ISLINGTON), "caseOwner": CAMDEN, "basis": "LB-DR"}
    assert world.carry(freed, CAMDEN).line.status == "recorded"
    (again,) = world.send_again()
    (delivery,) = world.opened(again, ISLINGTON)
    assert VOICE[1] not in delivery.content.get("risk", [])


@pytest.mark.xfail(strict=True, reason="its sender hears of the rejection, and not that the hold has ended with it")
def test_a_hold_that_ends_with_a_rejection_is_not_left_open_at_its_sender(world: World) -> None:
    sent = world.carry(message := spoken())
    told_of = [sent, *later(world, 16 * MINUTES)]
    world.now += MINUTES
    told_of += world.send_again(ARGYLE)
    told_of.append(world.carry(receipt(message, state="rejected", rejectedBecause="not-on-roll"), ARGYLE))
    assert states(world, message)[1] == (Part.TEXT, TellingState.WITHDRAWN)
    assert not [one for one in holds(world, *told_of).holds if one.open]
