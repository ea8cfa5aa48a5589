"""Synthetic people and the messages about them. Nobody here can be real: all are in test ranges."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

NIGHT = datetime(2026, 11, 19, 22, 30, tzinfo=UTC)
"""A Thursday evening in term: the next school day is Friday 20 November 2026."""

MET, HERTS = "police:01", "police:41"
CAMDEN, ISLINGTON = "la:E09000007", "la:E09000019"
ARGYLE, ACLAND, HEATH, GARRETT = "school:100008", "school:100053", "school:100006", "school:100457"
MARRIOTTS, BROOKFIELD = "school:117534", "school:100011"
BROKER = "broker:england-and-wales"
CHARITY = "charity:9999999"
MET_AREA, HERTS_AREA = "E23000001", "E23000027"

Json = dict[str, Any]


def lead(school: str, roll: str = "registered-single") -> Json:
    """A line of `to`: the safeguarding lead of a school."""
    return {
        "organisation": school,
        "role": "safeguarding-lead",
        "rollStatus": roll,
        "rollEvidence": {"source": "parent", "asOf": "2026-11-19"},
    }


def incident(**changes: Any) -> Json:  # noqa: ANN401 - JSON
    """The content of a notification about Rowan Testcase, 15, without free text; None removes a field."""
    content: Json = {
        "familyName": "Testcase",
        "givenNames": "Rowan",
        "dateOfBirth": "2011-02-03",
        "dateOfBirthIs": "exact",
        "homeAddress": {"lines": ["1 Example Row"], "postcode": "NW1 1AA"},
        "addressHandling": "open",
        "residenceForce": MET_AREA,
        "incidentRef": "01/0001/26",
        "forceCode": "01",
        "occurredFrom": "2026-11-19T21:40:00Z",
        "groundsFormedAt": "2026-11-19T22:15:00Z",
        "locationCategory": "home",
        "childPresence": "heard",
        "childSpokenTo": True,
        "adults": [{"adultRef": "adult-1", "role": "victim", "relation": "mother"}],
        "adultNames": [{"adultRef": "adult-1", "name": "Alex Testcase"}],
        "callbackRole": "Officer in the case",
        "callbackTelephone": "+442079460902",
    }
    content.update(changes)
    return {name: value for name, value in content.items() if value is not None}


TEXT: Json = {
    "childVoice": ["I heard shouting and stayed in my room."],
    "circumstances": ["Police attended an argument between two adults."],
}
"""Free text about the same, as it is signed."""


def notification(*to: Json, content: Json | None = None, **changes: Any) -> Json:  # noqa: ANN401 - JSON
    """A document of type encompass.notification-issued, by default to Acland Burghley School."""
    return document("notification-issued", to=list(to) or [lead(ACLAND)], content=content or incident(), **changes)


def document(
    name: str,
    *,
    content: Json,
    to: list[Json] | None = None,
    basis: str = "LB-E1",
    family: str = "encompass",
    **changes: Any,  # noqa: ANN401 - JSON
) -> Json:
    """A document of an Encompass type with fresh ids, from the Metropolitan Police unless changed."""
    return {
        "type": f"uk.safeguarding.{family}.{name}.v1",
        "id": str(uuid4()),
        "case": str(uuid4()),
        "caseOwner": MET,
        "basis": basis,
        "to": to or [],
        "content": content,
        **changes,
    }


def receipt(about: Json, *, state: str = "acknowledged", role: str = "safeguarding-lead", **content: Any) -> Json:  # noqa: ANN401 - JSON
    """An answer to a document: a school's, unless another role answers."""
    answer = {"answers": about["id"], "state": state, "role": role, "at": "2026-11-20T07:40:00Z"}
    return document(
        "receipt-recorded",
        basis="LB-E3",
        case=about["case"],
        caseOwner=about["caseOwner"],
        content={**answer, **content},
    )


def follow_up(name: str, about: Json, *, basis: str = "LB-E1", **content: Any) -> Json:  # noqa: ANN401 - JSON
    """An update or correction in the case of a document; an update names the child again."""
    named = {key: about["content"][key] for key in ("familyName", "givenNames", "dateOfBirth")}
    given = {"supersedes": about["id"], "addressHandling": "open", **content}
    return document(
        name,
        basis=basis,
        case=about["case"],
        content={**named, **given} if name == "notification-updated" else given,
    )


def withdrawal(about: Json, *, basis: str = "LB-E1") -> Json:
    """A withdrawal of a document."""
    return document(
        "notification-withdrawn",
        basis=basis,
        case=about["case"],
        content={
            "supersedes": about["id"],
            "reason": "mistaken-identity",
            "instructions": ["delete-or-return"],
            "breachAssessmentRef": "B/1",
        },
    )


def handover(to: str = HERTS, **changes: Any) -> Json:  # noqa: ANN401 - JSON
    """Hertfordshire's child, met by the Metropolitan Police, handed over to a force."""
    return document(
        "force-handover",
        basis="LB-PP",
        to=[{"organisation": to, "role": "residence-force"}],
        content=incident(residenceForce=HERTS_AREA),
        **changes,
    )


def released(about: Json, organisation: str, how: str = "release") -> Json:
    """The sender's desk lets a held document go."""
    content = {
        "answers": about["id"],
        "organisation": organisation,
        "how": how,
        "because": "confirmed-with-the-setting",
        "at": "2026-11-19T22:40:00Z",
    }
    return document("hold-released", case=about["case"], content=content)


def not_shared(about: Json, organisation: str, because: str = "recipient-already-told", **content: Any) -> Json:  # noqa: ANN401 - JSON
    """The sender's desk decides not to share a held document."""
    decided = {"answers": about["id"], "organisation": organisation, "because": because, "at": "2026-11-19T22:40:00Z"}
    return document("hold-refused", case=about["case"], content={**decided, **content})


def told(about: Json, organisation: str) -> Json:
    """The sender's desk has told somebody of a document by telephone."""
    return document(
        "told-by-other-channel",
        basis="LB-E1",
        case=about["case"],
        content={
            "answers": about["id"],
            "organisation": organisation,
            "how": "telephone",
            "at": "2026-11-20T08:00:00Z",
            "toldRole": "Designated safeguarding lead",
            "toldByRole": "Operation Encompass desk",
        },
    )


def referral(
    *to: str,
    sender: str = CHARITY,
    basis: str = "LB-V1",
    law: Json | None = None,
    **content: Any,  # noqa: ANN401 - JSON
) -> Json:
    """A child referred to Camden by the made-up charity, which has told the family."""
    given = {
        "familyName": "Testcase",
        "givenNames": "Hazel",
        "dateOfBirth": "2014-05-06",
        "worry": ["She comes without food or a coat."],
        "law": {"told": "told", **(law or {})},
        **content,
    }
    lines = [{"organisation": one, "role": "childrens-social-care"} for one in to or (CAMDEN,)]
    return document(
        "child-referred",
        family="referral",
        basis=basis,
        caseOwner=sender,
        to=lines,
        content={name: value for name, value in given.items() if value is not None},
    )


def grant(
    *recipients: str,
    sender: str = CAMDEN,
    case: str | None = None,
    **content: Any,  # noqa: ANN401 - JSON
) -> Json:
    """A homeless person has agreed this evening, for a month, that Camden's social workers refer them to Islington."""
    given = {
        "grantId": str(uuid4()),
        "what": "gateway-agreement",
        "givenBy": "the-person",
        "givenFor": "the-person",
        "purpose": "duty-to-refer",
        "recipients": list(recipients or (ISLINGTON,)),
        "wordingVersion": "2026-1",
        "givenAt": "2026-11-19T20:00:00Z",
        "expiresAt": "2026-12-19T20:00:00Z",
        **content,
    }
    made = document("agreement-given", family="housing", basis="LB-DR", caseOwner=sender, content=given)
    return made if case is None else {**made, "case": case}


def agreement_withdrawn(given: Json) -> Json:
    """The person has changed their mind."""
    content = {
        "grantId": given["content"]["grantId"],
        "withdrawnBy": "the-person",
        "withdrawnAt": "2026-11-19T22:20:00Z",
    }
    return document(
        "agreement-withdrawn",
        family="housing",
        basis="LB-DR",
        case=given["case"],
        caseOwner=given["caseOwner"],
        content=content,
    )


def homeless(given: Json, *to: str, **content: Any) -> Json:  # noqa: ANN401 - JSON
    """That person is referred, on that agreement."""
    said = {
        "name": "Alder Testcase",
        "contact": "+447700900123",
        "agreedReason": "Leaves hospital on Monday and has no home to go to.",
        "agreementRef": given["content"]["grantId"],
        **content,
    }
    lines = [{"organisation": one, "role": "housing-authority"} for one in to or (ISLINGTON,)]
    return document(
        "duty-to-refer",
        family="housing",
        basis="LB-DR",
        case=given["case"],
        caseOwner=given["caseOwner"],
        to=lines,
        content={name: value for name, value in said.items() if value is not None},
    )


def answer(about: Json, *, state: str = "acknowledged", role: str = "duty-desk", **content: Any) -> Json:  # noqa: ANN401 - JSON
    """A council's answer to a referral, in the family of what it answers."""
    family = about["type"].split(".")[2]
    said = {"answers": about["id"], "state": state, "role": role, "at": "2026-11-20T09:40:00Z", **content}
    return document(
        "receipt-recorded",
        family=family,
        basis={"referral": "LB-W1-LA", "housing": "LB-DR-HA"}[family],
        case=about["case"],
        caseOwner=about["caseOwner"],
        content=said,
    )
