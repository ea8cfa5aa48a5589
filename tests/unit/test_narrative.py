"""Free text: structured fields go at once, free text once it is read, and its writer hears what was kept back."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from broker import envelope, topics
from broker.consent.rules.free_text import SAYS
from broker.drafts import Carried
from broker.errors import Reason, Refused
from broker.exchange import Incoming
from broker.holds import Folded, Word, fold
from broker.registry import Registry
from broker.screening.own import known
from broker.screening.screen import Screen
from broker.screening.verdict import State
from broker.sealing import Signer, unseal
from broker.segments import Segment
from broker.state import Part, Telling, TellingState
from broker.statement import dumps
from broker.written import reread
from tests.personas import (
    ACLAND,
    ARGYLE,
    BROKER,
    CAMDEN,
    HERTS_AREA,
    ISLINGTON,
    MET,
    TEXT,
    Json,
    follow_up,
    grant,
    homeless,
    incident,
    lead,
    not_shared,
    notification,
    receipt,
    referral,
    released,
    told,
    withdrawal,
)
from tests.world import CLEAR, World

VOICE = ["I hid.", "Darren was shouting.", "Mrs Okafor next door came."]
KEPT_BACK = Segment(state=State.WITHHELD, rules=("TXT-5",))
WORDED = Segment(state=State.SUBSTITUTED, rules=("TXT-2",), text="[Mother's partner] was shouting.")
MINUTES = timedelta(minutes=1)


def verdict(_: str, text: str) -> Segment:
    """The second segment names the record's own adult, the third somebody else."""
    return {VOICE[1]: WORDED, VOICE[2]: KEPT_BACK}.get(text, CLEAR)


def kept_back(_: str, __: str) -> Segment:
    return KEPT_BACK


def spoken(*to: Json, **changes: object) -> Json:
    return notification(*(to or (lead(ARGYLE),)), content=incident(**{**TEXT, "childVoice": VOICE, **changes}))


def tellings(world: World, message: Json, recipient: str = ARGYLE) -> dict[tuple[Part, tuple[str, ...]], Telling]:
    case = world.memory.case(message["caseOwner"], message["case"])
    assert case is not None
    mine = [one for one in case.tellings if (one.message, one.recipient) == (message["id"], recipient)]
    return {(one.part, one.segments): one for one in mine}


def states(world: World, message: Json, recipient: str = ARGYLE) -> list[tuple[Part, TellingState]]:
    return [(part, one.state) for (part, _), one in tellings(world, message, recipient).items()]


def later(world: World, passed: timedelta) -> list[Carried]:
    """Let time pass and fire what falls due."""
    world.now += passed
    fired = []
    while due := world.memory.next_due(world.now):
        fired.append(world.exchange.fire(*due, world.now))
        world.memory.remember(*fired[-1].remember)
    return fired


def holds(world: World, *carried: Carried, of: str = MET) -> Folded:
    return fold(Word(item.id, item.at, item.body) for one in carried for item in world.opened(one, of))


# What goes at once ---------------------------------------------------------------------------------------------------


def test_structured_fields_go_at_once_and_the_text_is_pending(world: World) -> None:
    carried = world.carry(message := spoken())
    (delivery,) = world.opened(carried, ARGYLE)
    assert delivery.content["familyName"] == "Testcase"
    assert delivery.content["adults"] == [{"adultRef": "adult-1", "role": "victim", "relation": "mother"}]
    assert not {"childVoice", "circumstances"} & set(delivery.content)
    pending = {name for name, marker in delivery.body["notShown"].items() if marker == "pending"}
    assert pending == {"childVoice", "circumstances"}
    (mine,) = world.outcome(carried)["recipients"]
    assert (world.outcome(carried)["status"], mine["outcome"]) == ("shared", "share")
    assert mine["pending"] == ["childVoice", "circumstances"]
    assert not set(mine["pending"]) & {*mine["shown"], *(one["field"] for one in mine["withheld"])}
    assert states(world, message) == [(Part.WHOLE, TellingState.SENT), (Part.TEXT, TellingState.SCREENING)]


def test_the_screening_is_asked_once_for_all_recipients_and_told_what_each_is_shown(world: World) -> None:
    asked = world.asked(world.carry(spoken(lead(ARGYLE), lead(ACLAND))))
    assert [line.organisation for line in asked.lines] == [ARGYLE, ACLAND]
    assert asked.lines[0].pending == ("childVoice", "circumstances")
    assert "familyName" in asked.lines[0].shown
    assert "adultNames" not in asked.lines[0].shown


def test_what_has_no_free_text_asks_nothing(world: World) -> None:
    carried = world.carry(message := notification(lead(ARGYLE)))
    assert not [out for out in carried.outgoing if out.topic == topics.SCREEN]
    assert states(world, message) == [(Part.WHOLE, TellingState.SENT)]


def test_a_protected_place_leaves_no_text_pending_anywhere(world: World) -> None:
    carried = world.carry(spoken(addressHandling="refuge"))
    (delivery,) = world.opened(carried, ARGYLE)
    assert "pending" not in delivery.body["notShown"].values()
    assert not [out for out in carried.outgoing if out.topic == topics.SCREEN]
    assert world.outcome(carried)["recipients"][0]["pending"] == []


def test_social_care_and_police_read_at_once_what_was_written(world: World) -> None:
    carried = world.carry(referral(CAMDEN), "charity:9999999")
    assert world.opened(carried, CAMDEN)[0].content["worry"] == ["She comes without food or a coat."]
    assert not [out for out in carried.outgoing if out.topic == topics.SCREEN]


# What follows --------------------------------------------------------------------------------------------------------


def test_clear_text_follows_in_the_same_case_with_a_clock_of_its_own_and_nothing_else_in_it(world: World) -> None:
    sent = world.carry(message := spoken())
    world.now += MINUTES
    carried = world.read(sent)
    (delivery,) = world.opened(carried, ARGYLE)
    assert delivery.content == {
        "childVoice": VOICE,
        "circumstances": ["Police attended an argument between two adults."],
    }
    assert delivery.verified == ("broker", MET)
    assert (delivery.body["part"], delivery.body["case"], delivery.body["message"]) == (
        "text",
        message["case"],
        message["id"],
    )
    assert delivery.body["notShown"] == {} == delivery.body["notAll"]
    assert "second incident" in delivery.body["note"]
    assert delivery.body["due"]["clock"] == "CLK-AT-ONCE"
    outcome = world.outcome(carried)
    assert (outcome["status"], outcome["again"], outcome["part"]) == ("shared", True, "text")
    assert states(world, message) == [(Part.WHOLE, TellingState.SENT), (Part.TEXT, TellingState.SENT)]
    assert holds(world, sent, carried).holds == ()


def test_what_a_rule_keeps_back_is_a_segment_and_its_sender_hears_why(world: World) -> None:
    sent = world.carry(message := spoken())
    carried = world.read(sent, verdict)
    (delivery,) = world.opened(carried, ARGYLE)
    assert delivery.content["childVoice"] == [VOICE[0]]
    assert delivery.body["brokersWording"] == {"childVoice": [None, WORDED.text]}
    assert delivery.body["notAll"] == {"childVoice": "TXT-2"}
    assert not {VOICE[1], VOICE[2]} & set(delivery.statement.split("~"))
    (mine,) = world.outcome(carried)["recipients"]
    assert world.outcome(carried)["status"] == "partial"
    assert mine["keptBack"] == ["childVoice/3"]
    assert [one["rule"] for one in mine["findings"]] == ["TXT-2", "TXT-5"]
    assert {one["reason"] for one in mine["findings"]} == {SAYS["TXT-2"], SAYS["TXT-5"]}
    (hold,) = holds(world, sent, carried).holds
    assert (hold.message, hold.organisation, hold.open) == (message["id"], ARGYLE, True)
    assert set(hold.may) == {"release", "break-glass", "refuse", "told-by-other-channel"}
    assert states(world, message) == [
        (Part.WHOLE, TellingState.SENT),
        (Part.TEXT, TellingState.SENT),
        (Part.TEXT, TellingState.HELD),
    ]


def test_no_word_of_what_was_kept_back_is_in_any_reason_or_record_but_sealed(world: World) -> None:
    carried = world.read(world.carry(spoken()), verdict)
    for body in (world.outcome(carried), world.opened(carried, ARGYLE)[0].body):
        assert "Okafor" not in dumps(body)
        assert "Darren" not in dumps(body)
    assert all(b"Okafor" not in out.value for out in carried.outgoing)


def test_text_of_which_nothing_may_go_is_held_and_the_rest_was_on_time(world: World) -> None:
    sent = world.carry(message := spoken())
    carried = world.read(sent, kept_back)
    assert world.opened(sent, ARGYLE)
    assert world.opened(carried, ARGYLE) == []
    assert world.outcome(carried)["status"] == "held"
    assert states(world, message)[1] == (Part.TEXT, TellingState.HELD)
    assert len(holds(world, sent, carried).holds) == 1


def test_the_cleared_segment_travels_as_an_update_and_the_case_is_closed(world: World) -> None:
    sent = world.carry(message := spoken())
    read = world.read(sent, verdict)
    freed = world.carry(released(message, ARGYLE))
    (again,) = world.send_again()
    (delivery,) = world.opened(again, ARGYLE)
    assert delivery.content == {"childVoice": [VOICE[2]]}, "as its sender signed it, and no more than was kept back"
    assert delivery.body["part"] == "text"
    assert (Part.TEXT, TellingState.HELD) not in states(world, message)
    assert not [one for one in holds(world, sent, read, freed, again).holds if one.open]


def test_a_sender_may_clear_text_that_is_still_being_read(world: World) -> None:
    sent = world.carry(message := spoken())
    world.carry(released(message, ARGYLE))
    (again,) = world.send_again()
    assert world.opened(again, ARGYLE)[0].content["childVoice"] == VOICE
    assert world.read(sent).line.status == "repeated", "what the screening says then comes too late"


def test_what_needs_not_go_is_refused_and_over(world: World) -> None:
    sent = world.carry(message := spoken())
    read = world.read(sent, kept_back)
    decided = world.carry(not_shared(message, ARGYLE, "not-needed"))
    assert not [one for one in holds(world, sent, read, decided).holds if one.open]
    assert states(world, message) == [(Part.WHOLE, TellingState.SENT), (Part.TEXT, TellingState.NOT_SHARED)]


def test_telling_what_was_kept_back_closes_that_and_leaves_the_rest_to_be_read(world: World) -> None:
    world.read(world.carry(message := spoken()), kept_back)
    world.carry(told(message, ARGYLE))
    assert states(world, message) == [(Part.WHOLE, TellingState.SENT), (Part.TEXT, TellingState.TOLD)]


def test_an_answer_before_the_text_came_does_not_answer_the_text(world: World) -> None:
    sent = world.carry(message := spoken())
    world.carry(receipt(message), ARGYLE)
    assert states(world, message) == [(Part.WHOLE, TellingState.ACKNOWLEDGED), (Part.TEXT, TellingState.SCREENING)]
    assert world.opened(world.read(sent), ARGYLE), "and it still comes"
    world.carry(receipt(message), ARGYLE)
    assert {state for _, state in states(world, message)} == {TellingState.ACKNOWLEDGED}


def test_nobody_who_reads_the_text_in_time_is_not_told_that_it_was_not(world: World) -> None:
    sent = world.carry(spoken())
    world.read(sent)
    assert later(world, 16 * MINUTES) == []


# What goes wrong -----------------------------------------------------------------------------------------------------


def test_text_that_nobody_read_in_time_is_kept_back_and_its_sender_told_once(world: World) -> None:
    sent = world.carry(message := spoken())
    assert later(world, 14 * MINUTES) == []
    (fired,) = later(world, 2 * MINUTES)
    (mine,) = world.outcome(fired)["recipients"]
    assert [one["rule"] for one in mine["findings"]] == ["TXT-8"]
    assert world.outcome(fired)["status"] == "held"
    (hold,) = holds(world, sent, fired).holds
    assert hold.open
    assert "release" in hold.may
    assert states(world, message)[1] == (Part.TEXT, TellingState.HELD)
    assert later(world, MINUTES) == []


def test_a_late_answer_is_better_than_none(world: World) -> None:
    sent = world.carry(message := spoken())
    (fired,) = later(world, 16 * MINUTES)
    carried = world.read(sent)
    assert world.opened(carried, ARGYLE)[0].content["childVoice"] == VOICE
    assert not [one for one in holds(world, sent, fired, carried).holds if one.open]
    assert states(world, message)[1] == (Part.TEXT, TellingState.SENT)


def test_what_nobody_read_in_time_can_be_cleared_whole(world: World) -> None:
    world.carry(message := spoken())
    later(world, 16 * MINUTES)
    world.carry(released(message, ARGYLE))
    (again,) = world.send_again()
    assert world.opened(again, ARGYLE)[0].content["childVoice"] == VOICE


def test_an_answer_counts_once(world: World) -> None:
    asked = world.asked(world.carry(message := spoken()))
    first = world.carry_record(world.answer(asked, verdict))
    again = world.carry_record(world.answer(asked, lambda _, __: CLEAR))
    assert first.line.status == "text-partial"
    assert (again.line.status, again.outgoing, again.remember) == ("repeated", (), ())
    assert (Part.TEXT, TellingState.HELD) in states(world, message)


@pytest.mark.parametrize(
    "ends", [withdrawal, lambda message: not_shared(message, ARGYLE)], ids=["withdrawn", "not shared"]
)
def test_text_of_what_has_ended_does_not_follow(world: World, ends: Callable[[Json], Json]) -> None:
    sent = world.carry(message := spoken())
    world.carry(ends(message))
    assert world.read(sent).line.status == "repeated"


def test_a_reader_who_was_suspended_meanwhile_gets_no_text(world: World) -> None:
    sent = world.carry(message := spoken())
    record = world.answer(world.asked(sent), lambda _, __: CLEAR)
    members = (one.model_copy(update={"suspended": one.id == ARGYLE}) for one in world.registry)
    exchange = world.exchange
    exchange.take(Registry(members, papers=world.registry.papers), world.home.signer(world.home.broker(), world.now))
    carried = exchange.carry(record, world.memory, world.now)
    world.memory.remember(*carried.remember)
    assert world.opened(carried, ARGYLE) == []
    assert [one["rule"] for one in world.outcome(carried)["recipients"][0]["findings"]] == ["ORG-1"]
    assert states(world, message)[1] == (Part.TEXT, TellingState.HELD)


def police_sign(world: World) -> Signer:
    met = world.registry.get(MET)
    assert met is not None
    return world.home.signer(met, world.now)


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda world, asked: world.answer(asked, kept_back, signer=police_sign(world)), Reason.FORGED),
        (lambda world, asked: world.answer(asked, kept_back, statement=asked.statement[:-2] + "~"), Reason.MALFORMED),
        (lambda world, asked: world.answer(asked, kept_back, case="00000000-0000-4000-8000-000000000000"), None),
        (lambda world, asked: elsewhere(world.answer(asked, kept_back)), Reason.WRONG_PARTITION),
        (lambda world, asked: replace(world.answer(asked, kept_back), key=b"police:01/x"), Reason.WRONG_PARTITION),
        (lambda world, asked: sealed(world, asked, {"screened": "x", "statement": "y"}), Reason.FORGED),
        (lambda world, asked: sealed(world, asked, {"screened": 1, "statement": "y"}), Reason.MALFORMED),
        (lambda world, asked: sealed(world, asked, {"screened": "x"}), Reason.MALFORMED),
    ],
    ids=[
        "signed by a sender",
        "about another statement",
        "of no case",
        "another partition",
        "another key",
        "no signature",
        "no text",
        "no statement",
    ],
)
def test_what_is_no_answer_of_the_screening_lets_nothing_pass(
    world: World, spoil: Callable[[World, object], Incoming], reason: Reason | None
) -> None:
    asked = world.asked(world.carry(message := spoken()))
    carried = world.carry_record(spoil(world, asked))
    assert carried.line.status == "refused"
    assert [out.topic for out in carried.outgoing if out.topic == topics.QUARANTINE] == [topics.QUARANTINE]
    assert carried.line.rules == (reason or Reason.NO_SUCH_CASE,)
    assert world.opened(carried, ARGYLE) == []
    assert states(world, message)[1] == (Part.TEXT, TellingState.SCREENING)


def elsewhere(record: Incoming) -> Incoming:
    return replace(record, partition=(record.partition + 1) % record.partitions)


def sealed(world: World, asked: object, value: Json) -> Incoming:
    good = world.answer(asked, kept_back)  # type: ignore[arg-type]
    return replace(good, value=world.sealed(value))


def test_an_answer_about_another_message_of_the_case_is_refused(world: World) -> None:
    one = spoken()
    other = {**spoken(), "case": one["case"]}
    asked = world.asked(world.carry(one))
    world.carry(other)
    carried = world.carry_record(world.answer(asked, kept_back, message=other["id"]))
    assert carried.line.rules == (Reason.MISMATCH,)


def test_nobody_can_send_the_words_of_another_as_read(world: World) -> None:
    """A sender that seals its own statement with a screening of its own making is refused, and told nothing of it."""
    carried = world.carry_record(
        replace(
            world.answer(world.asked(world.carry(spoken())), kept_back, signer=police_sign(world)),
            headers=envelope.headers(event_id="x", source=MET, event_type=envelope.SCREENED, at=world.now),
        )
    )
    assert carried.line.rules == (Reason.FORGED,)


ODD = {
    "zero width": "Dar\u200bren hit her.",
    "right to left": "\u202eneraD hit her.",
    "a letter of another script": "D\u0430rren hit her.",
    "markup": "<b>Dar</b>ren hit her.",
    "entities": "D&#97;rren hit her.",
    "base64": "Note RGFycmVuIENvbGUgaGl0IGhlci4= ends.",
    "spaced out": "D a r r e n hit her.",
    "in an address": "Write to darren.testcase87@mail.example today.",
    "in a handle": "He posts as @d_testcase_87 now.",
    "another language": "Darren uderzył ją wczoraj wieczorem w kuchni i wyszedł z domu.",
}


@pytest.mark.parametrize("text", ODD.values(), ids=ODD.keys())
def test_odd_text_neither_crashes_nor_slips_by(world: World, text: str) -> None:
    """With the real layers: it is refused when it is parsed, or no part of the name reaches the school."""
    names = [{"adultRef": "adult-1", "name": "Darren Testcase"}]
    message = notification(lead(ARGYLE), content=incident(circumstances=[text], adultNames=names))
    try:
        sent = world.carry(message)
    except Refused:
        return
    asked, screen = world.asked(sent), Screen()
    own = known(reread(world.registry, asked.statement, asked.at).statement.content)
    shown = frozenset(asked.lines[0].shown)

    def really(_: str, text: str) -> Segment:
        found = screen.read(text, own, shown)
        return Segment(state=found.state, rules=found.rules, text=found.text)

    carried = world.carry_record(world.answer(asked, really))
    said = [dumps([one.content, one.body]) for one in world.opened(carried, ARGYLE)]
    assert not [one for one in said if "arren" in one or "neraD" in one or "RGFy" in one or "d_test" in one]
    assert world.outcome(carried)["status"] in {"held", "shared", "partial"}
    assert any(rule.startswith("TXT-") for one in world.outcome(carried)["recipients"] for rule in _why(one))


def _why(one: Json) -> set[str]:
    worded = {"TXT-2"} if one.get("brokersWording") else set()
    return {found["rule"] for found in one["findings"]} | worded


def test_a_narrative_of_a_million_characters_is_refused_by_its_path(world: World) -> None:
    with pytest.raises(Refused) as refused:
        world.submit(notification(lead(ARGYLE), content=incident(circumstances="He left. " * 110_000)))
    assert (refused.value.reason, refused.value.fields) == (
        Reason.MALFORMED,
        ("content.circumstances", "content.circumstances.0"),
    )


# What cannot go without its text -------------------------------------------------------------------------------------


def test_an_update_that_is_nothing_but_text_waits_for_it_and_goes_whole(world: World) -> None:
    world.carry(first := notification(lead(ARGYLE), content=incident()))
    sent = world.carry(update := follow_up("notification-updated", first, childVoice=VOICE))
    assert world.opened(sent, ARGYLE) == []
    assert [one["rule"] for one in world.outcome(sent)["recipients"][0]["findings"]] == ["TXT-0"]
    assert states(world, update) == [(Part.BOTH, TellingState.SCREENING)]
    read = world.read(sent, verdict)
    (delivery,) = world.opened(read, ARGYLE)
    assert delivery.content["childVoice"] == [VOICE[0]]
    assert delivery.content["supersedes"] == first["id"]
    assert "part" not in delivery.body
    assert [one.state for one in tellings(world, update).values()] == [TellingState.SENT, TellingState.HELD]


def test_if_nothing_of_it_may_go_all_of_it_is_held_until_its_sender_lets_it_go(world: World) -> None:
    world.carry(first := notification(lead(ARGYLE), content=incident()))
    sent = world.carry(update := follow_up("notification-updated", first, childVoice=VOICE))
    read = world.read(sent, kept_back)
    assert world.opened(read, ARGYLE) == []
    assert states(world, update) == [(Part.BOTH, TellingState.HELD)]
    freed = world.carry(released(update, ARGYLE))
    (again,) = world.send_again()
    assert world.opened(again, ARGYLE)[0].content["childVoice"] == VOICE
    assert world.opened(again, ARGYLE)[0].content["supersedes"] == first["id"]
    assert not [one for one in holds(world, sent, read, freed, again).holds if one.open]


def test_a_required_text_holds_the_whole_message(world: World) -> None:
    world.carry(given := grant(ISLINGTON), CAMDEN)
    why = ["He agreed.", "His landlord is Mr Bell."]
    sent = world.carry(message := homeless(given, ISLINGTON, agreedReason=why), CAMDEN)
    assert world.opened(sent, ISLINGTON) == []
    read = world.read(sent, lambda _, text: KEPT_BACK if "Bell" in text else CLEAR)
    assert world.opened(read, ISLINGTON) == []
    assert world.outcome(read, CAMDEN)["status"] == "held"
    assert states(world, message, ISLINGTON) == [(Part.BOTH, TellingState.HELD)]


def test_a_required_text_that_is_clear_lets_it_go_with_the_slip_of_its_agreement(world: World) -> None:
    world.carry(given := grant(ISLINGTON), CAMDEN)
    sent = world.carry(homeless(given, ISLINGTON), CAMDEN)
    read = world.read(sent)
    (delivery,) = world.opened(read, ISLINGTON)
    assert delivery.content["agreedReason"]
    (out,) = [out for out in read.outgoing if out.key == ISLINGTON.encode()]
    assert out.topic == topics.MAILBOX
    assert "ce_expires" in dict(out.headers)


# With everything else ------------------------------------------------------------------------------------------------


def test_a_released_hold_sends_the_structured_part_and_asks_for_the_text(world: World) -> None:
    message = notification(lead(ARGYLE), content=incident(childVoice=VOICE, residenceForce=HERTS_AREA))
    world.carry(message)
    world.carry(released(message, ARGYLE, "break-glass"))
    (again,) = world.send_again()
    assert "childVoice" not in world.opened(again, ARGYLE)[0].content
    assert states(world, message) == [(Part.WHOLE, TellingState.SENT), (Part.TEXT, TellingState.SCREENING)]
    assert world.opened(world.read(again), ARGYLE)[0].content["childVoice"] == VOICE


def test_whoever_lost_its_key_gets_the_text_again_once_it_has_been_read_again(world: World) -> None:
    world.read(world.carry(message := spoken()))
    world.now += MINUTES
    again = world.send_again(ARGYLE)
    assert [one.line.status for one in again] == ["again-shared", "being-screened"]
    assert states(world, message) == [(Part.WHOLE, TellingState.SENT), (Part.TEXT, TellingState.SCREENING)]
    (delivery,) = world.opened(world.read(again[1]), ARGYLE)
    assert delivery.content["childVoice"] == VOICE


def test_a_withdrawal_reaches_whoever_has_the_text_once(world: World) -> None:
    world.read(world.carry(message := spoken()))
    carried = world.carry(withdrawal(message))
    assert len(world.opened(carried, ARGYLE)) == 1
    world.carry(receipt(message, state="erased"), ARGYLE)
    assert {state for _, state in states(world, message)} == {TellingState.ERASED}


def test_the_copy_is_kept_until_the_text_is_settled_too(world: World) -> None:
    sent = world.carry(message := spoken())
    world.carry(receipt(message), ARGYLE)
    assert list(world.copies.values()) != [None]
    world.read(sent)
    world.carry(receipt(message), ARGYLE)
    assert list(world.copies.values()) == [None]


def test_together_with_others_an_answer_is_carried_in_its_order(world: World) -> None:
    sent = world.carry(spoken())
    record = world.answer(world.asked(sent), lambda _, __: CLEAR)
    carried = world.exchange.carry_all([record, record], world.memory, world.now)
    assert [one.line.status for one in carried] == ["text-shared", "repeated"]


def test_the_broker_records_which_digests_it_kept_back(world: World) -> None:
    carried = world.read(world.carry(spoken()), verdict)
    (audit,) = [out for out in carried.outgoing if out.topic == topics.AUDIT]
    body = unseal(audit.value, world.home.keys(BROKER))
    assert body["is"] == "decision-text"
    assert set(body["recipients"][0]["digests"]) == {"childVoice/3"}


def test_no_rule_without_words(world: World) -> None:
    sent = world.carry(spoken())
    carried = world.read(sent, lambda _, __: Segment(state=State.WITHHELD, rules=("TXT-0",)))
    assert [one["rule"] for one in world.outcome(carried)["recipients"][0]["findings"]] == ["TXT-8"]
