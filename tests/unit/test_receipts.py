"""A receipt proves what was withheld to whoever has only public keys, and tells nobody what it was."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from itertools import product
from typing import Any

import pytest

from broker.consent.redact import FINDS_THE_CHILD, NOT_INCLUDED, view
from broker.errors import Refused
from broker.home import new_key
from broker.receipts import NOT_HERE, TYP, Check, Finding, answer, read, verify
from broker.registry import KeyUse, Organisation, Registry
from broker.schemas.catalogue import BY_TYPE, CATALOGUE
from broker.schemas.message import Flow
from broker.schemas.terms import AddressHandling, Role
from broker.screening.verdict import State
from broker.sealing import Signer, sign_cover, unseal
from broker.segments import Segment
from broker.statement import TYP as STATEMENT
from broker.statement import b64, digest, dumps, loads, unb64
from tests import personas
from tests.personas import ACLAND, ARGYLE, CAMDEN, HERTS, MARRIOTTS, MET, NIGHT, Json, lead, released
from tests.world import CLEAR, World, incoming

SECRETS = {"Testcase", "Rowan", "1 Example Row", "NW1 1AA", "+442079460902", "01/0001/26", "Alex", "mother"}


def incident(**changes: Any) -> Json:  # noqa: ANN401 - JSON
    """The content of a notification with free text."""
    return personas.incident(**{**personas.TEXT, **changes})


def notification(*to: Json, content: Json | None = None, **changes: Any) -> Json:  # noqa: ANN401 - JSON
    """A notification with free text."""
    return personas.notification(*to, content=content or incident(), **changes)


@dataclass
class Told:
    """One delivery to Acland Burghley School: what its sender signed, what the school got, and the receipt."""

    world: World
    original: str
    view: str
    receipt: str

    @property
    def signed(self) -> str:
        """The signed part alone."""
        return self.original.partition("~")[0]

    @property
    def claims(self) -> Json:
        """What the receipt says."""
        return dict(loads(unb64(self.receipt.split(".")[1])))

    def saying(self, **changes: Any) -> str:  # noqa: ANN401 - JSON
        """The receipt with changes, in the broker's own hand."""
        return sign_cover({**self.claims, **changes}, self.broker, TYP)

    @property
    def broker(self) -> Signer:
        """The broker's signing key."""
        return self.world.home.signer(self.world.home.broker(), NIGHT)

    def prove(
        self,
        receipt: str | None = None,
        original: str | None = None,
        view: str | None = "",
        **more: Any,  # noqa: ANN401
    ) -> dict[Check, Finding]:
        """Every check. `view`: None leaves it out."""
        _, found = verify(
            self.receipt if receipt is None else receipt,
            registry=more.get("registry", self.world.registry),
            broker=more.get("broker", self.world.home.broker()),
            original=self.original if original is None else original,
            view=self.view if view == "" else view,
            now=more.get("now", NIGHT),
        )
        return {one.check: one for one in found}

    def failing(self, **given: Any) -> set[Check]:  # noqa: ANN401 - see prove
        """The checks that fail."""
        return {check for check, one in self.prove(**given).items() if one.failed}


def told(world: World, document: Json) -> Told:
    submitted = world.submit(document)
    carried = world.carry_record(incoming(submitted))
    (opened,) = world.opened(carried, ACLAND)
    whole = unseal(submitted.value, world.home.keys(world.home.broker().id))["statement"]
    receipt = next(one for one in world.outcome(carried)["recipients"] if one["organisation"] == ACLAND)["receipt"]
    return Told(world, str(whole), opened.statement, receipt)


@pytest.fixture
def one(world: World) -> Told:
    return told(world, notification(lead(ACLAND), lead(ARGYLE), content=incident(addressHandling="open")))


# What it holds -------------------------------------------------------------------------------------------------------


def test_every_delivery_leaves_one_and_what_is_not_sent_leaves_none(world: World) -> None:
    outcome = world.outcome(world.carry(notification(lead(ACLAND), lead(ARGYLE), lead(CAMDEN))))
    assert {one["organisation"]: "receipt" in one for one in outcome["recipients"]} == {
        ACLAND: True,
        ARGYLE: True,
        CAMDEN: False,
    }


def test_it_is_about_one_delivery(one: Told, world: World) -> None:
    receipt = read(one.receipt, world.home.broker(), NIGHT)
    statement = loads(unb64(one.original.split(".")[1]))
    assert (receipt.message, receipt.type, receipt.aud) == (statement["jti"], statement["vct"], MET)
    assert (receipt.recipient, receipt.role) == (ACLAND, "safeguarding-lead")
    assert (receipt.policy, receipt.registry) == (world.exchange.policy.version, world.registry.version)
    assert receipt.at == NIGHT
    assert receipt.shown == one.view.count("~") - 1
    parts = 2  # of free text that is not sent yet, so that nobody counts what is inside
    assert receipt.shown + len(receipt.withheld) == one.original.count("~") - 1 - parts


def test_it_holds_no_value_and_no_name_of_a_field(one: Told) -> None:
    text = json.dumps(one.claims)
    assert not {secret for secret in SECRETS if secret in text}
    assert not {name for name in BY_TYPE[one.claims["type"]].message.labels if f'"{name}"' in text}


def test_who_else_was_told_is_withheld_too(one: Told, world: World) -> None:
    alone = told(world, notification(lead(ACLAND)))
    labels = [[*one.labels] for one in read(one.receipt, world.home.broker(), NIGHT).withheld]
    assert labels.count(["EDU"]) == 1
    assert ["EDU"] not in [one["labels"] for one in alone.claims["withheld"]]


def test_the_recipient_gets_none_of_it(world: World) -> None:
    carried = world.carry(notification())
    (delivery,) = world.opened(carried, ACLAND)
    receipt = world.outcome(carried)["recipients"][0]["receipt"]
    assert "receipt" not in delivery.body
    said = json.dumps([delivery.body, delivery.content])
    gone = read(receipt, world.home.broker(), NIGHT).digests
    assert not [one for one in (receipt, *gone) if one in said]


def test_what_is_sent_again_leaves_one_of_its_own(world: World) -> None:
    document = notification(lead(MARRIOTTS), content=incident(addressHandling="refuge"))
    (held,) = world.outcome(world.carry(document))["recipients"]
    assert "receipt" not in held
    world.carry(released(document, MARRIOTTS))
    (again,) = world.send_again()
    (one,) = world.outcome(again)["recipients"]
    (opened,) = world.opened(again, MARRIOTTS)
    assert read(one["receipt"], world.home.broker(), NIGHT).jti == opened.id


# Proof -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("handling", ["open", "withhold-from-named"])
def test_it_is_proved_with_public_keys_alone(world: World, handling: str) -> None:
    one = told(world, notification(lead(ACLAND), lead(ARGYLE), content=incident(addressHandling=handling)))
    assert all(finding.passed for finding in one.prove().values())
    assert set(one.prove()) == set(Check)


def test_the_signed_part_alone_suffices_but_for_the_copy(one: Told) -> None:
    for original in (one.signed, f"{one.signed}~", f" {one.signed}\n"):
        found = one.prove(original=original, view=None)
        assert {check for check, finding in found.items() if not finding.passed} == {Check.VIEW, Check.ABSENT}
        assert all(NOT_HERE in found[check].says for check in (Check.VIEW, Check.ABSENT))
        assert not any(finding.failed for finding in found.values())


def test_the_whole_statement_is_counted_without_the_copy(one: Told) -> None:
    assert one.prove(view=None)[Check.SUM].passed


def test_a_receipt_in_another_hand_proves_nothing(one: Told) -> None:
    police = one.world.home.signer(one.world.home.member(MET), NIGHT)
    for text in (sign_cover(one.claims, police, TYP), one.receipt[:-8] + "AAAAAAAA", "", "x.y.z", "\u00e9"):
        assert one.failing(receipt=text) == {Check.BROKER}
        assert set(one.prove(receipt=text)) == {Check.BROKER}


def test_a_cover_is_no_receipt(one: Told) -> None:
    assert one.failing(receipt=sign_cover(one.claims, one.broker)) == {Check.BROKER}


@pytest.mark.parametrize(
    "change", [{"iss": "broker:other"}, {"shown": "14"}, {"withheld": [{"digest": 5}]}, {"iat": 1 << 60}, {"more": 1}]
)
def test_what_is_no_receipt_is_not_read(one: Told, change: Json) -> None:
    assert one.failing(receipt=one.saying(**change)) == {Check.BROKER}
    with pytest.raises(Refused):
        read(one.saying(**change), one.world.home.broker(), NIGHT)


def test_the_brokers_key_counts_while_it_was_valid_and_never_once_revoked(one: Told) -> None:
    assert one.failing(now=NIGHT - timedelta(days=1)) == {Check.BROKER}
    assert not one.failing(now=NIGHT + timedelta(days=3000))
    assert one.failing(broker=_revoked(one.world.home.broker(), NIGHT)) == {Check.BROKER}


def _revoked(organisation: Organisation, at: Any) -> Organisation:  # noqa: ANN401 - a time
    keys = tuple(key.model_copy(update={"revoked_at": at}) for key in organisation.keys)
    return organisation.model_copy(update={"keys": keys})


def _registry(one: Told, **sender: Any) -> Registry:  # noqa: ANN401 - fields of an organisation
    everybody = (o.model_copy(update=sender) if o.id == MET else o for o in one.world.registry)
    return Registry(list(everybody), papers=one.world.registry.papers)


def test_the_senders_key_must_be_registered_and_have_been_valid(one: Told) -> None:
    met = one.world.home.member(MET)
    assert one.failing(registry=_registry(one, keys=())) == {Check.SENDER}
    assert one.failing(registry=Registry([])) == {Check.SENDER}
    revoked = {days: _revoked(met, NIGHT + timedelta(days=days)).keys for days in (-1, 0, 1)}
    assert one.failing(registry=_registry(one, keys=revoked[0])) == {Check.SENDER}
    assert not one.failing(registry=_registry(one, keys=revoked[1]))
    later = tuple(key.model_copy(update={"not_before": NIGHT + timedelta(days=1)}) for key in met.keys)
    assert one.failing(registry=_registry(one, keys=later)) == {Check.SENDER}
    other = new_key(KeyUse.SIGN, NIGHT)[0]
    impostor = tuple(other.model_copy(update={"kid": key.kid}) if key.use is KeyUse.SIGN else key for key in met.keys)
    assert one.failing(registry=_registry(one, keys=impostor)) == {Check.SENDER}


def test_another_statement_is_not_the_one(one: Told, world: World) -> None:
    other = told(world, notification())
    found = one.failing(original=other.original, view=None)
    assert found >= {Check.ORIGINAL, Check.WITHHELD}
    assert one.failing(receipt=one.saying(message=other.claims["message"])) == {Check.ORIGINAL}
    assert one.failing(receipt=one.saying(aud=HERTS)) == {Check.ORIGINAL}


@pytest.mark.parametrize("text", ["", "x", "~", "a.b.c", "a.b.c~x", "\u00e9~", "~~~"])
def test_what_is_no_statement_is_said_so(one: Told, text: str) -> None:
    assert one.failing(original=text) == {Check.SENDER}
    assert one.failing(view=text or " ") == {Check.SENDER}


def test_what_was_not_signed_is_not_taken_for_a_disclosure(one: Told) -> None:
    made_up = b64(dumps([b64(bytes(16)), "familyName", "Other"]).encode())
    assert one.failing(original=f"{one.original}{made_up}~") == {Check.DISCLOSED}
    assert one.failing(original=f"{one.original}{one.original.split('~')[1]}~") == {Check.DISCLOSED}
    assert Check.DISCLOSED in one.failing(view=f"{one.view}{made_up}~")


def test_a_withheld_digest_that_was_not_signed_is_found(one: Told) -> None:
    first, *rest = one.claims["withheld"]
    for withheld in ([{**first, "digest": "A" * 43}, *rest], [*rest, rest[0]]):
        assert Check.WITHHELD in one.failing(receipt=one.saying(withheld=withheld))
        assert Check.WITHHELD in one.failing(receipt=one.saying(withheld=withheld), original=one.signed, view=None)


def test_another_copy_is_not_the_one_that_was_sent(one: Told, world: World) -> None:
    less = "~".join([*one.view.split("~")[:-2], ""])
    assert one.failing(view=less) == {Check.VIEW, Check.SUM}
    other = told(world, notification(lead(ACLAND), lead(ARGYLE)))
    assert Check.VIEW in one.failing(view=other.view)
    same = one.saying(view=other.claims["view"], shown=other.claims["shown"])
    assert Check.VIEW in one.failing(receipt=same, view=other.view)


def test_a_copy_that_holds_what_was_withheld_is_found(one: Told) -> None:
    leaked = one.saying(view=sha(one.original), shown=one.original.count("~") - 1)
    assert one.failing(receipt=leaked, view=one.original) == {Check.ABSENT, Check.SUM}


@pytest.mark.parametrize("how", ["one more shown", "one less withheld", "one more decoy"])
@pytest.mark.parametrize("given", ["whole", "whole and copy", "signed part and copy"])
def test_what_does_not_add_up_is_found(one: Told, how: str, given: str) -> None:
    claims = one.claims
    changes = {
        "one more shown": {"shown": claims["shown"] + 1, "decoys": claims["decoys"] - 1},
        "one less withheld": {"withheld": claims["withheld"][1:], "decoys": claims["decoys"] + 1},
        "one more decoy": {"decoys": claims["decoys"] + 1},
    }[how]
    original = one.signed if given.startswith("signed") else one.original
    view = None if given == "whole" else one.view
    failing = one.failing(receipt=one.saying(**changes), original=original, view=view)
    hidden = how == "one less withheld" and given == "signed part and copy"  # a decoy looks like any digest
    assert failing == (set() if hidden else {Check.SUM})


def test_a_sum_that_is_too_small_is_found_by_the_signed_part_alone(one: Told) -> None:
    less = one.saying(decoys=one.claims["decoys"] - 1)
    assert one.failing(receipt=less, original=one.signed, view=None) == {Check.SUM}


# Parts of a text, each a disclosure of its own -----------------------------------------------------------------------


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def in_parts(world: World) -> Told:
    """A statement with a text of two parts and a decoy: its second part is withheld, and another text whole."""
    one, two, gone = (b64(dumps([b64(bytes([n] * 16)), f"Part {n}."]).encode()) for n in (1, 2, 3))
    slots = [{"...": digest(one)}, {"...": digest(two)}, {"...": "D" * 43}]
    text = b64(dumps([b64(bytes([4] * 16)), "circumstances", slots]).encode())
    other = b64(dumps([b64(bytes([5] * 16)), "childVoice", [{"...": digest(gone)}]]).encode())
    payload = {
        "iss": MET,
        "jti": "m",
        "vct": notification()["type"],
        "iat": int(NIGHT.timestamp()),
        "_sd": [digest(text), digest(other), "E" * 43],
        "to": [{"...": "F" * 43}],
    }
    signed = sign_cover(payload, world.home.signer(world.home.member(MET), NIGHT), STATEMENT)
    view = f"{signed}~{text}~{one}~"
    claims = {
        "apart": [],
        "iss": world.home.broker().id,
        "aud": MET,
        "jti": "d",
        "iat": int(NIGHT.timestamp()),
        "message": "m",
        "statement": sha(signed),
        "type": payload["vct"],
        "recipient": ACLAND,
        "role": "safeguarding-lead",
        "policy": "p",
        "registry": "r",
        "view": sha(view),
        "shown": 2,
        "decoys": 3,
        "withheld": [
            {"digest": digest(two), "labels": ["TXT"], "rule": "TXT-5"},
            {"digest": digest(other), "labels": ["VOI"], "rule": "PR-02"},
        ],
    }
    receipt = sign_cover(claims, world.home.signer(world.home.broker(), NIGHT), TYP)
    return Told(world, f"{signed}~{text}~{other}~{one}~{two}~{gone}~", view, receipt)


def test_a_withheld_part_of_a_text_is_found_in_the_text(world: World) -> None:
    one = in_parts(world)
    assert all(finding.passed for finding in one.prove().values())
    assert all(finding.passed for finding in one.prove(original=one.signed).values())
    assert not one.failing(view=None)


def test_with_the_signed_part_alone_a_part_of_a_text_cannot_be_found(world: World) -> None:
    one = in_parts(world)
    found = one.prove(original=one.signed, view=None)
    assert found[Check.WITHHELD].failed
    assert "whole statement" in found[Check.WITHHELD].says
    assert found[Check.SUM].wrong is None


def test_a_part_that_nobody_accounts_for_is_found(world: World) -> None:
    one = in_parts(world)
    less = one.saying(withheld=one.claims["withheld"][1:], decoys=4)
    assert one.failing(receipt=less) == {Check.SUM}


# Free text, which goes as a second delivery --------------------------------------------------------------------------

VOICE = ["I hid.", "Darren was shouting.", "Mrs Okafor next door came."]
WORDED = Segment(state=State.SUBSTITUTED, rules=("TXT-2",), text="[Mother's partner] was shouting.")
KEPT_BACK = Segment(state=State.WITHHELD, rules=("TXT-5",))


def spoken(**changes: Any) -> Json:  # noqa: ANN401 - JSON
    return notification(lead(ACLAND), lead(ARGYLE), content=incident(childVoice=VOICE, **changes))


def with_text(world: World, verdicts: Mapping[str, Segment], document: Json | None = None) -> tuple[Told, Told]:
    """The receipt of the structured part, and that of the free text, to the same school."""
    submitted = world.submit(document or spoken())
    carried = world.carry_record(incoming(submitted))
    both = [carried, world.read(carried, lambda _, text: verdicts.get(text, CLEAR))]
    made = []
    for one in both:
        (opened,) = world.opened(one, ACLAND)
        mine = next(line for line in world.outcome(one)["recipients"] if line["organisation"] == ACLAND)
        made.append(Told(world, submitted.statement, opened.statement, mine["receipt"]))
    return made[0], made[1]


@pytest.mark.parametrize(
    "verdicts",
    [
        {},
        {VOICE[1]: WORDED},
        {VOICE[2]: KEPT_BACK},
        {VOICE[1]: WORDED, VOICE[2]: KEPT_BACK},
        dict.fromkeys(VOICE, KEPT_BACK),
        dict.fromkeys(VOICE, Segment(state=State.WITHHELD)),
    ],
    ids=["clear", "worded", "one kept back", "one of each", "a whole text", "no rule"],
)
def test_both_deliveries_of_a_message_are_proved(world: World, verdicts: Mapping[str, Segment]) -> None:
    for one in with_text(world, verdicts):
        for original in (one.original, one.signed):
            assert all(finding.passed for finding in one.prove(original=original).values())
        assert not one.failing(view=None)


def test_what_is_still_read_is_withheld_so_far_and_what_has_gone_before_is_apart(world: World) -> None:
    first, text = with_text(world, {VOICE[2]: KEPT_BACK})
    by_rule = [one["rule"] for one in first.claims["withheld"]]
    assert by_rule.count("pending") == 2
    assert first.claims["apart"] == []
    rules = [(one["rule"], one["labels"]) for one in text.claims["withheld"]]
    assert rules.count(("TXT-5", ["TXT", "VOI"])) == 1
    assert "pending" not in dict(rules)
    assert len(text.claims["apart"]) == first.claims["shown"] - 1, "all but its own line of `to`"
    assert not set(text.claims["apart"]) & {one["digest"] for one in text.claims["withheld"]}


def test_what_the_broker_put_in_place_of_a_segment_withholds_the_segment(world: World) -> None:
    _, text = with_text(world, {VOICE[1]: WORDED})
    assert [one["labels"] for one in text.claims["withheld"] if one["rule"] == "TXT-2"] == [["TXT", "VOI"]]


def test_a_segment_that_is_shown_after_all_is_found(world: World) -> None:
    _, text = with_text(world, {VOICE[2]: KEPT_BACK})
    _, clear = with_text(world, {})
    leak = next(part for part in text.original.split("~") if digest(part) == text.claims["withheld"][0]["digest"])
    view = f"{text.view}{leak}~"
    failing = text.failing(receipt=text.saying(view=sha(view), shown=text.claims["shown"] + 1), view=view)
    assert failing == {Check.ABSENT, Check.SUM}
    assert clear.claims["shown"] > text.claims["shown"]


def test_what_a_human_lets_go_leaves_a_receipt_too(world: World) -> None:
    document = spoken()
    submitted = world.submit(document)
    world.read(world.carry_record(incoming(submitted)), lambda _, text: KEPT_BACK if text == VOICE[2] else CLEAR)
    world.carry(released(document, ACLAND))
    (again,) = world.send_again()
    (opened,) = world.opened(again, ACLAND)
    assert opened.content == {"childVoice": [VOICE[2]]}
    (mine,) = world.outcome(again)["recipients"]
    one = Told(world, submitted.statement, opened.statement, mine["receipt"])
    assert all(finding.passed for finding in one.prove().values())
    assert not [rule for rule in one.claims["withheld"] if rule["rule"].startswith("TXT")]


def test_a_recipient_may_know_by_which_rule_some_of_a_text_is_not_shown(world: World) -> None:
    carried = world.carry(spoken())
    text = world.read(carried, lambda _, text: KEPT_BACK if text == VOICE[2] else CLEAR)
    (opened,) = world.opened(text, ACLAND)
    rules = {one["rule"]: one["fields"] for one in answer(opened.body)["withheld"]}
    assert rules["TXT-5"] == ["childVoice"]


# What a recipient may know -------------------------------------------------------------------------------------------


def said(markers: Mapping[str, str]) -> str:
    return dumps(answer({"notShown": markers}))


def asked(world: World, **changes: Any) -> Mapping[str, Any]:  # noqa: ANN401 - JSON
    (opened,) = world.opened(world.carry(notification(content=incident(**changes))), ACLAND)
    return answer(opened.body)


def test_a_recipient_is_told_the_rules_that_it_may_know(world: World) -> None:
    rules = {one["rule"]: one["fields"] for one in asked(world)["withheld"]}
    assert rules == {"RD-1": ["incidentRef"], "RD-4": ["adultNames"], "pending": ["childVoice", "circumstances"]}


def test_with_and_without_a_protected_place_the_answer_is_the_same_byte_for_byte(world: World) -> None:
    place = {"homeAddress": {"lines": ["1 Example Row"], "postcode": "NW1 1AA"}, "childVoice": "I was upstairs."}
    protected = asked(world, addressHandling="withhold-from-named", **place)
    nothing = asked(world, addressHandling="open", homeAddress=None, childVoice=None, circumstances=None)
    assert dumps(protected) == dumps(nothing)


NOT_FINDING = [
    (flow, role) for flow in CATALOGUE for role in flow.views if role not in FINDS_THE_CHILD and flow.message.labels
]


@pytest.mark.parametrize(("flow", "role"), NOT_FINDING, ids=lambda one: getattr(one, "type", one))
@pytest.mark.parametrize(("handling", "agreed"), [*product(AddressHandling, [None, (), ("ID",)])])
def test_the_answer_is_as_if_what_may_not_be_told_of_had_never_been_given(
    flow: Flow,
    role: Role,
    handling: AddressHandling,
    agreed: tuple[str, ...] | None,
) -> None:
    everything = tuple(flow.message.labels)
    one = view(flow, everything, role=role, handling=handling, agreed=agreed)
    hidden = {gone.field for gone in one.withheld if gone.neutral}
    left = tuple(name for name in everything if name not in hidden)
    other = view(flow, left, role=role, handling=AddressHandling.OPEN, agreed=agreed)
    assert said(one.markers(flow)) == said(other.markers(flow))


def test_no_rule_about_a_place_is_ever_told() -> None:
    assert said(dict.fromkeys(("a", "b"), NOT_INCLUDED)) == said({})
    for flow, role in NOT_FINDING:
        one = view(flow, tuple(flow.message.labels), role=role, handling=AddressHandling.REFUGE)
        assert "RD-2" not in said(one.markers(flow))


def test_a_rule_that_is_not_in_words_is_named_all_the_same() -> None:
    assert answer({"notShown": {"a": "ZZ-1"}})["withheld"] == [{"rule": "ZZ-1", "says": "", "fields": ["a"]}]
