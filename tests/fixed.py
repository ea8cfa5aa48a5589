"""A world in which nothing is random: keys from names, salts from a label, one moment, two documents a type.

TEST KEYS ONLY: whoever reads this file can make every private key in it.
"""

import hashlib
from collections.abc import Callable
from typing import Any, Literal

from joserfc.jwk import OKPKey

from broker.agency import Agency
from broker.consent.law.policy import POLICY
from broker.data import filed, organisations
from broker.exchange import Exchange
from broker.home import ROLES
from broker.judge import Parsed, parse
from broker.registry import KeyUse, Organisation, Person, PublicKey, Registry
from broker.schemas.catalogue import BY_TYPE
from broker.schemas.terms import PersonRole
from broker.sealing import SEAL, Signer
from tests.personas import ACLAND, BROKER, CAMDEN, HERTS, MET, NIGHT, Json, incident, lead

NOW = NIGHT
NOT_BEFORE, NOT_AFTER = "2026-01-01T00:00:00Z", "2036-01-01T00:00:00Z"
CURVES: dict[KeyUse, Literal["Ed25519", "X25519"]] = {KeyUse.SIGN: "Ed25519", KeyUse.SEAL: "X25519"}
ALGS = {KeyUse.SIGN: "Ed25519", KeyUse.SEAL: SEAL}


def private(organisation: str, use: KeyUse | PersonRole) -> OKPKey:
    """The test key of that organisation for that use or role: its secret is the SHA-256 of its name."""
    secret = hashlib.sha256(f"test key, never use: {organisation} {use}".encode()).digest()
    made = OKPKey.derive_key(secret, CURVES[use] if isinstance(use, KeyUse) else "Ed25519")
    assert isinstance(made, OKPKey)
    return made


def public_key(organisation: str, use: KeyUse | PersonRole) -> PublicKey:
    """Its public half, as the registry holds it."""
    key, kind = private(organisation, use), use if isinstance(use, KeyUse) else KeyUse.SIGN
    return PublicKey.model_validate_json(
        f'{{"kid":"{key.thumbprint()}","use":"{kind}","alg":"{ALGS[kind]}","jwk":{_jwk(key)},'
        f'"notBefore":"{NOT_BEFORE}","notAfter":"{NOT_AFTER}"}}'
    )


def _jwk(key: OKPKey) -> str:
    public = key.as_dict(private=False)
    return f'{{"kty":"OKP","crv":"{public["crv"]}","x":"{public["x"]}"}}'


def _keyed(organisation: Organisation) -> Organisation:
    return organisation.model_copy(
        update={
            "keys": tuple(public_key(organisation.id, use) for use in KeyUse),
            "people": tuple(_person(organisation.id, role) for role in ROLES.get(organisation.kind, ())),
        }
    )


def _person(organisation: str, role: PersonRole) -> Person:
    code = hashlib.sha256(f"{organisation} {role}".encode()).hexdigest()[:12]
    return Person(id=f"person-{code}", role=role, key=public_key(organisation, role))


REGISTRY = Registry((_keyed(one) for one in organisations()), papers=filed(organisations(), NIGHT.date()))


class Keys:
    """The key ring of one organisation."""

    def __init__(self, organisation: str) -> None:
        uses = (*KeyUse, *PersonRole)
        self._keys = {key.thumbprint(): key for key in (private(organisation, use) for use in uses)}

    def private(self, kid: str) -> OKPKey | None:
        """The private key of that id, or None."""
        return self._keys.get(kid)


def signer(organisation: str) -> Signer:
    """Its signing key."""
    key = private(organisation, KeyUse.SIGN)
    return Signer(organisation, public_key(organisation, KeyUse.SIGN), key)


def role_signer(organisation: str, role: PersonRole) -> Signer:
    """The key of one of its role holders."""
    return Signer(organisation, public_key(organisation, role), private(organisation, role))


def agency(organisation: str) -> Agency:
    """Its own side."""
    member = REGISTRY.get(organisation)
    return Agency(
        organisation=organisation,
        registry=REGISTRY,
        keys=Keys(organisation),
        signer=signer(organisation),
        people={one.role: role_signer(organisation, one.role) for one in member.people} if member else None,
    )


def exchange() -> Exchange:
    """The broker's procedure."""
    return Exchange(registry=REGISTRY, policy=POLICY, keys=Keys(BROKER), signer=signer(BROKER))


def stream(label: str) -> Callable[[int], bytes]:
    """Bytes that look random and are the same every time: SHAKE-256 of the label and a counter."""
    count = 0

    def take(size: int) -> bytes:
        nonlocal count
        count += 1
        return hashlib.shake_256(f"{label} {count}".encode()).digest(size)

    return take


def uuid(label: str) -> str:
    """A UUID (version 4 in form) that is the same every time."""
    digits = hashlib.sha256(label.encode()).hexdigest()
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:32]}"


def parsed(document: Json) -> Parsed:
    """The document, validated."""
    return parse(document, BY_TYPE[document["type"]])


def _document(name: str, content: Json, family: str = "encompass", **changes: Any) -> Json:  # noqa: ANN401 - JSON
    return {
        "type": f"uk.safeguarding.{family}.{name}.v1",
        "id": uuid(f"message {name}"),
        "case": uuid("case"),
        "caseOwner": MET,
        "basis": "LB-E1",
        "to": [],
        "content": content,
        **changes,
    }


_ADDRESS = {"lines": ["1 Example Row", "Example Estate"], "postcode": "NW1 1AA"}
_EARLIER = uuid("message notification-issued")
_INCIDENT_DETAIL: Json = {
    "occurredTo": "2026-11-19T21:55:00Z",
    "attendedAt": "2026-11-19T22:05:00+00:00",
    "locationCategory": "home",
    "locationAddress": _ADDRESS,
    "childWhereabouts": "at home with the mother",
    "childVoice": ["Clywais i weiddi. I heard “shouting”.", "I stayed in my room."],
    "voicePresence": "mother present",
    "welfareCheck": False,
    "circumstances": ["Police attended an argument between two adults."],
    "adults": [{"adultRef": "adult-1", "role": "victim", "relation": "mother"}],
    "adultNames": [{"adultRef": "adult-1", "name": "Alex Testcase"}],
    "childInjurySupport": "a quiet place to sit",
    "referralMade": True,
    "settingSafetyCondition": "One adult must not collect the child.",
    "priorNotificationRef": uuid("an earlier incident"),
    "supportSuggestion": ["A word before the first lesson."],
}
_CHILD: Json = {
    "familyName": "Testcase",
    "givenNames": "Siân Llŷr",
    "alsoKnownAs": ["Siani"],
    "dateOfBirth": "2011-02-03",
    "dateOfBirthIs": "estimated",
}
_WHOLE: Json = {
    **incident(),
    **_INCIDENT_DETAIL,
    **_CHILD,
    "homeAddress": _ADDRESS,
    "uprn": "100012345678",
    "currentAddress": _ADDRESS,
    "residenceAuthority": CAMDEN.removeprefix("la:"),
    "communicationNeeds": "Welsh first",
}
_LEAST: Json = incident(
    dateOfBirthIs=None,
    homeAddress=None,
    locationCategory=None,
    childVoice=None,
    circumstances=None,
    adults=None,
    adultNames=None,
)


def _council() -> Json:
    return {"organisation": CAMDEN, "role": "childrens-social-care"}


def _force() -> Json:
    return {"organisation": HERTS, "role": "residence-force"}


def documents() -> dict[str, tuple[Json, Json]]:
    """Type -> a document with every field of it, and one with as few as may be."""
    told: Json = {
        "answers": _EARLIER,
        "organisation": ACLAND,
        "how": "telephone",
        "at": "2026-11-20T07:40:00Z",
        "toldRole": "safeguarding lead",
        "toldByRole": "duty sergeant",
    }
    let_go: Json = {
        "answers": _EARLIER,
        "organisation": ACLAND,
        "how": "break-glass",
        "because": "child-at-risk-now",
        "at": "2026-11-20T07:40:00Z",
    }
    not_shared: Json = {
        "answers": _EARLIER,
        "organisation": ACLAND,
        "because": "operational-risk",
        "at": "2026-11-20T07:40:00Z",
        "reviewAt": "2026-11-20T12:00:00Z",
    }
    known_there = {**not_shared, "because": "recipient-already-told"}
    del known_there["reviewAt"]
    withdrawn: Json = {
        "supersedes": _EARLIER,
        "reason": "wrong-setting",
        "instructions": ["delete-or-return", "list-who-saw-it"],
        "breachAssessmentRef": "DPO/26/17",
    }
    receipt: Json = {
        "answers": _EARLIER,
        "state": "acknowledged",
        "role": "safeguarding-lead",
        "at": "2026-11-20T07:40:00Z",
    }
    rejection: Json = {
        **receipt,
        "state": "rejected",
        "rejectedBecause": "not-on-roll",
        "correctSetting": "100006",
        "leftRollOn": "2026-07-17",
    }
    feedback: Json = {
        "answers": _EARLIER,
        "usefulness": "essential",
        "supportGiven": "check-in",
        "timeliness": "before-school",
        "contentGap": "child-voice",
    }
    notify: Json = {"basis": "LB-E2", "to": [_council()]}
    correction: Json = {
        "supersedes": _EARLIER,
        "addressHandling": "open",
        **{name: value for name, value in _CHILD.items() if name != "alsoKnownAs"},
        **_INCIDENT_DETAIL,
        "homeAddress": _ADDRESS,
        "occurredFrom": "2026-11-19T21:40:00Z",
        "childPresence": "saw",
        "childSpokenTo": False,
        "callbackRole": "Officer in the case",
        "callbackTelephone": "+442079460902",
    }
    update: Json = {"supersedes": _EARLIER, "addressHandling": "open", **_CHILD}
    few = {name: update[name] for name in update if name not in ("alsoKnownAs", "dateOfBirthIs")}
    elected = {
        "educationStatus": "home-educated",
        "homeAddress": _ADDRESS,
        "residenceAuthority": CAMDEN.removeprefix("la:"),
    }
    pairs = (
        (
            _document("notification-issued", _WHOLE, to=[lead(ACLAND), lead("school:100006", "registered-dual-main")]),
            _document("notification-issued", _LEAST, to=[{"organisation": ACLAND, "role": "safeguarding-lead"}]),
        ),
        (
            _document("authority-notified", {**_WHOLE, **elected}, **notify),
            _document("authority-notified", {**_LEAST, **elected}, **notify),
        ),
        (
            _document("notification-updated", {**update, **_INCIDENT_DETAIL}),
            _document("notification-updated", few),
        ),
        (
            _document("notification-corrected", correction),
            _document(
                "notification-corrected",
                {"supersedes": _EARLIER, "addressHandling": "open", "givenNames": "Rowan"},
            ),
        ),
        (_document("notification-withdrawn", withdrawn), _document("notification-withdrawn", withdrawn)),
        (
            _document("receipt-recorded", rejection, basis="LB-E3"),
            _document("receipt-recorded", receipt, basis="LB-E3"),
        ),
        (
            _document("feedback-submitted", feedback, basis="LB-E3"),
            _document("feedback-submitted", {"answers": _EARLIER}, basis="LB-E3"),
        ),
        (
            _document("force-handover", _WHOLE, basis="LB-PP", to=[_force()]),
            _document("force-handover", _LEAST, basis="LB-PP", to=[_force()]),
        ),
        (_document("told-by-other-channel", told), _document("told-by-other-channel", told)),
        (_document("hold-released", let_go), _document("hold-released", let_go)),
        (_document("hold-refused", not_shared), _document("hold-refused", known_there)),
        *_of_referral(told, let_go, withdrawn, receipt, rejection),
        *_of_housing(told, receipt, rejection),
    )
    return {whole["type"]: (whole, least) for whole, least in pairs}


def _of_referral(
    told: Json, let_go: Json, withdrawn: Json, receipt: Json, rejection: Json
) -> tuple[tuple[Json, Json], ...]:
    child = {name: _CHILD[name] for name in ("familyName", "givenNames", "dateOfBirth")}
    least: Json = {**child, "worry": ["Falls asleep in every lesson."]}
    whole: Json = {
        **_CHILD,
        "worry": ["Comes without food or a coat.", "Says that nobody is at home."],
        "significantHarm": "likely",
        "homeAddress": _ADDRESS,
        "currentAddress": _ADDRESS,
        "addressHandling": "open",
        "childVoice": ["I wait on the stairs."],
        "developmentalNeeds": ["Often tired."],
        "caringCapacity": ["One parent, who works nights."],
        "externalFactors": ["No heating."],
        "assessmentsMade": ["An early help assessment in spring."],
        "adults": [{"adultRef": "adult-1", "role": "other", "relation": "father"}],
        "adultNames": [{"adultRef": "adult-1", "name": "Alex Testcase"}],
        "callbackRole": "Safeguarding lead",
        "callbackTelephone": "+442079460905",
        "law": {
            "urgency": "urgent",
            "told": "told",
            "subjects": [{"subject": "child"}, {"subject": "parent", "personalData": True}],
            "notAsked": [{"subject": "child", "because": "not-reasonably-obtainable"}],
            "barred": [{"field": "childVoice", "bar": "family-court-papers", "excepted": True}],
            "article9": None,
        },
    }
    refer: Json = {"family": "referral", "basis": "LB-V1", "to": [_council()]}
    other: Json = {"family": "referral", "basis": "LB-V1"}
    return (
        (_document("child-referred", whole, **refer), _document("child-referred", least, **refer)),
        (
            _document("receipt-recorded", rejection, family="referral", basis="LB-W1-LA"),
            _document("receipt-recorded", receipt, family="referral", basis="LB-W1-LA"),
        ),
        (_document("told-by-other-channel", told, **other), _document("told-by-other-channel", told, **other)),
        (_document("hold-released", let_go, **other), _document("hold-released", let_go, **other)),
        (_document("withdrawn", withdrawn, **other), _document("withdrawn", withdrawn, **other)),
    )


def _of_housing(told: Json, receipt: Json, rejection: Json) -> tuple[tuple[Json, Json], ...]:
    ref = uuid("a grant")
    given: Json = {
        "grantId": ref,
        "what": "gateway-agreement",
        "givenBy": "the-person",
        "givenFor": "the-person",
        "purpose": "duty-to-refer",
        "recipients": [CAMDEN],
        "wordingVersion": "2026-1",
        "givenAt": "2026-11-19T20:00:00Z",
        "expiresAt": "2026-12-19T20:00:00Z",
    }
    ended: Json = {"grantId": ref, "withdrawnBy": "the-person", "withdrawnAt": "2026-11-20T07:40:00Z"}
    least: Json = {"name": "Alder Testcase", "contact": "+447700900123", "agreedReason": ["Has no home to go to."]}
    whole: Json = {
        **least,
        "threat": "likely-within-56-days",
        "homelessFrom": "2026-12-01",
        "roughSleepingRisk": True,
        "risk": ["None known to staff who visit."],
        "agreementRef": ref,
        "consentRef": uuid("a consent"),
        "law": {"safeguardingOverride": True},
    }
    refer: Json = {"family": "housing", "basis": "LB-DR", "to": [{"organisation": CAMDEN, "role": "housing-authority"}]}
    other: Json = {"family": "housing", "basis": "LB-DR"}
    return (
        (_document("duty-to-refer", whole, **refer), _document("duty-to-refer", least, **refer)),
        (_document("agreement-given", given, **other), _document("agreement-given", given, **other)),
        (_document("agreement-withdrawn", ended, **other), _document("agreement-withdrawn", ended, **other)),
        (
            _document("receipt-recorded", rejection, family="housing", basis="LB-DR-HA"),
            _document("receipt-recorded", receipt, family="housing", basis="LB-DR-HA"),
        ),
        (_document("told-by-other-channel", told, **other), _document("told-by-other-channel", told, **other)),
    )
