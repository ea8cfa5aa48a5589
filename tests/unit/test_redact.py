from dataclasses import replace

import pytest

from broker.consent.redact import Shown, view, without
from broker.schemas import authority_notified, force_handover, notification_issued
from broker.schemas.terms import AddressHandling, Label, Role
from tests.personas import TEXT, incident

OPEN, REFUGE = AddressHandling.OPEN, AddressHandling.REFUGE
FULL = incident(
    **TEXT,
    settingSafetyCondition="The father must not collect the child.",
    childWhereabouts="with an aunt",
    currentAddress={"lines": ["2 Example Row"], "postcode": "NW1 1AB"},
    locationAddress={"lines": ["1 Example Row"], "postcode": "NW1 1AA"},
    childInjurySupport="wears a sling",
    communicationNeeds="Welsh first",
)
FLOWS = {
    Role.SAFEGUARDING_LEAD: notification_issued.FLOW,
    Role.SOCIAL_CARE: authority_notified.FLOW,
    Role.RESIDENCE_FORCE: force_handover.FLOW,
}
PROTECTED = set(AddressHandling) - {OPEN}


def shown(role: Role, handling: AddressHandling | None) -> Shown:
    return view(FLOWS[role], tuple(FULL), role=role, handling=handling)


# field -> marker in an open case, marker where a place is protected; None: shown
SETTING: dict[str, tuple[str | None, str | None]] = {
    "givenNames": (None, None),
    "dateOfBirth": (None, None),
    "childPresence": (None, None),
    "childSpokenTo": (None, None),
    "adults": (None, None),
    "communicationNeeds": ("pending", "not-included"),
    "settingSafetyCondition": (None, None),
    "callbackRole": ("not-included", "not-included"),
    "forceCode": ("not-included", "not-included"),
    "adultNames": ("RD-4", "RD-4"),
    "incidentRef": ("RD-1", "RD-1"),
    "homeAddress": (None, "not-included"),
    "currentAddress": (None, "not-included"),
    "locationCategory": (None, "not-included"),
    "childWhereabouts": ("pending", "not-included"),
    "circumstances": ("pending", "not-included"),
    "childVoice": ("pending", "not-included"),
    "childInjurySupport": ("pending", "not-included"),
    "locationAddress": ("not-included", "not-included"),
    "residenceForce": ("not-included", "not-included"),
    "callbackTelephone": ("not-included", "not-included"),
    "addressHandling": ("not-included", "not-included"),
    "supportSuggestion": ("not-included", "not-included"),  # not given
}


@pytest.mark.parametrize("field", SETTING)
@pytest.mark.parametrize("handling", [None, *AddressHandling])
def test_what_a_setting_sees(field: str, handling: AddressHandling | None) -> None:
    made = shown(Role.SAFEGUARDING_LEAD, handling)
    marker = SETTING[field][handling in PROTECTED]
    assert (field in made.fields) is (marker is None)
    assert made.markers(notification_issued.FLOW).get(field) == marker


def test_free_text_needs_the_label_of_its_role() -> None:
    flow = notification_issued.FLOW
    lead = flow.views[Role.SAFEGUARDING_LEAD]
    for labels, sees in ((lead.labels, "pending"), (lead.labels - {Label.NARRATIVE}, "PR-02")):
        changed = replace(flow, views={Role.SAFEGUARDING_LEAD: replace(lead, labels=labels)})
        made = view(changed, ("circumstances",), role=Role.SAFEGUARDING_LEAD, handling=OPEN)
        assert made.markers(changed)["circumstances"] == sees
        assert not made.fields


def test_what_has_been_read_is_pending_no_more() -> None:
    made = view(notification_issued.FLOW, tuple(FULL), role=Role.SAFEGUARDING_LEAD, handling=OPEN, read=True)
    assert "circumstances" in made.fields
    assert not made.pending


@pytest.mark.parametrize("handling", PROTECTED)
def test_the_kind_of_protection_makes_no_difference(handling: AddressHandling) -> None:
    assert shown(Role.SAFEGUARDING_LEAD, handling) == shown(Role.SAFEGUARDING_LEAD, REFUGE)


@pytest.mark.parametrize(
    ("role", "hidden"), [(Role.SOCIAL_CARE, {"incidentRef": "RD-1"}), (Role.RESIDENCE_FORCE, {})], ids=str
)
def test_who_must_find_the_child_sees_a_protected_place(role: Role, hidden: dict[str, str]) -> None:
    for handling in AddressHandling:
        assert {one.field: one.rule for one in shown(role, handling).withheld} == hidden


def test_every_given_field_is_shown_or_withheld_and_every_absent_one_is_marked() -> None:
    made = shown(Role.SAFEGUARDING_LEAD, REFUGE)
    withheld = {one.field for one in made.withheld}
    assert made.fields | withheld == set(FULL)
    assert not made.fields & withheld
    assert set(made.markers(notification_issued.FLOW)) == set(notification_issued.FLOW.message.labels) - made.fields


@pytest.mark.parametrize(
    ("label", "rule"), [(Label.SUPPORT_NEED, "RD-6"), (Label.OPINION, "PR-02"), (Label.EDUCATION, None)]
)
def test_a_label_that_a_role_may_not_see_takes_its_fields_with_its_rule(label: Label, rule: str | None) -> None:
    flow, role = notification_issued.FLOW, Role.SAFEGUARDING_LEAD
    narrowed = replace(flow, views={role: replace(flow.views[role], labels=flow.views[role].labels - {label})})
    withheld = view(narrowed, tuple(flow.message.labels), role=role, handling=OPEN).withheld
    assert {one.rule for one in withheld if label in flow.message.labels[one.field]} == ({rule} if rule else set())


def test_a_field_under_a_statutory_bar_is_withheld_and_looks_like_one_left_out() -> None:
    shown = Shown(fields=frozenset({"childVoice", "circumstances"}), withheld=())
    less = without(shown, {"childVoice": "CF-03", "homeAddress": "CF-03"})
    assert less.fields == {"circumstances"}
    assert [(one.field, one.rule, one.neutral) for one in less.withheld] == [("childVoice", "CF-03", True)]
