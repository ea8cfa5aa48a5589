"""How the registry comes about: who may declare what, and that nothing forged, repeated or malformed changes it."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from joserfc import jws

from broker.home import Home, HomeError, new_key
from broker.register import (
    FIRST_VERSION,
    MAX_EVENT,
    MOST_ENTRIES,
    REGISTRAR,
    TYP,
    AgreementDeclared,
    AgreementJoined,
    AlternateDeclared,
    Connected,
    Delegated,
    DelegationEnded,
    DocumentFiled,
    Event,
    EventRefused,
    KeyAdded,
    KeyRevocation,
    KeyRevoked,
    PaperEnded,
    PersonAdded,
    PersonRevoked,
    Register,
    Registered,
    ResendAsked,
    Resumed,
    Suspended,
    Why,
    registered,
    sign_event,
)
from broker.registry import (
    MOST_DIRECT,
    PARSED_KEPT,
    AlternateIs,
    Channel,
    Delegation,
    Desk,
    KeyUse,
    Nation,
    Organisation,
    Registry,
)
from broker.schemas.papers import Document
from broker.schemas.terms import PersonRole
from broker.statement import b64, dumps
from broker.topics import topics
from tests.papers import agreement, document
from tests.personas import ACLAND, CAMDEN, HERTS, MET, NIGHT
from tests.world import make_home

SUPPLIER = "supplier:register-software"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return make_home(tmp_path)


def refusal(home: Home, event: Event, by: str) -> Why:
    before, events = home.registry().version, home.events()
    with pytest.raises(EventRefused) as refused:
        home.declare(event, by, NIGHT)
    assert (home.registry().version, home.events()) == (before, events), "a refused event changes nothing"
    return refused.value.why


def school(number: int, **changes: object) -> Organisation:
    entry = {"id": f"school:{number}", "name": f"School {number}", "nation": "England", **changes}
    return Organisation.model_validate_json(json.dumps(entry))


def delegation(supplier: str = SUPPLIER, **changes: object) -> Delegation:
    made = {
        "id": "delegation-0123456789ab",
        "supplier": supplier,
        "flows": ("uk.safeguarding.encompass.feedback-submitted.v1",),
        "notBefore": NIGHT,
        "notAfter": NIGHT + timedelta(days=1),
        **changes,
    }
    return Delegation.model_validate(made)


def a_key(_: Home) -> KeyAdded:
    return KeyAdded(about=ACLAND, key=new_key(KeyUse.SIGN, NIGHT)[0])


def a_person(home: Home, use: KeyUse = KeyUse.SIGN) -> PersonAdded:
    person = home.member(ACLAND).people[0]
    fresh = {"id": "person-0123456789ab", "key": new_key(use, NIGHT)[0]}
    return PersonAdded(about=ACLAND, person=person.model_copy(update=fresh))


def revocation(home: Home) -> KeyRevoked:
    return KeyRevoked(about=ACLAND, kid=home.member(ACLAND).keys[0].kid, because=KeyRevocation.LOST)


def joining(home: Home) -> AgreementJoined:
    made = agreement()
    home.declare(AgreementDeclared(agreement=made), MET, NIGHT)
    return AgreementJoined(about=ACLAND, agreement=made.id, sha256=made.digest)


def an_alternate(to: str, who: AlternateIs = AlternateIs.HEADTEACHER, about: str = ACLAND) -> AlternateDeclared:
    return AlternateDeclared(about=about, alternate=to, who=who)


def filed_by(home: Home) -> Document:
    return next(home.registry().papers.documents(ACLAND))


EVENTS: dict[str, tuple[Callable[[Home], Event], set[str]]] = {
    "registered": (lambda _: Registered(organisations=(school(199999),)), {REGISTRAR}),
    "connected": (lambda _: Connected(about=ACLAND, channel=Channel.MAILBOX), {REGISTRAR}),
    "alternate declared": (
        lambda _: AlternateDeclared(about=ACLAND, alternate="alternate:100053", who=AlternateIs.PROPRIETOR),
        {REGISTRAR},
    ),
    "resumed": (lambda _: Resumed(about=ACLAND), {REGISTRAR}),
    "suspended": (lambda _: Suspended(about=ACLAND), {REGISTRAR, ACLAND}),
    "key added": (a_key, {REGISTRAR, ACLAND}),
    "key revoked": (revocation, {REGISTRAR, ACLAND}),
    "person added": (a_person, {ACLAND}),
    "person revoked": (
        lambda home: PersonRevoked(about=ACLAND, person=home.member(ACLAND).people[0].id),
        {REGISTRAR, ACLAND},
    ),
    "delegated": (lambda _: Delegated(about=ACLAND, delegation=delegation()), {ACLAND}),
    "resend asked": (lambda _: ResendAsked(about=ACLAND), {REGISTRAR, ACLAND}),
    "document filed": (lambda _: DocumentFiled(document=document(ACLAND)), {ACLAND}),
    "agreement declared": (lambda _: AgreementDeclared(agreement=agreement(owner=ACLAND)), {ACLAND}),
    "agreement joined": (joining, {ACLAND}),
    "paper ended": (lambda home: PaperEnded(about=ACLAND, paper=filed_by(home).id), {REGISTRAR, ACLAND}),
}


@pytest.mark.parametrize("by", [REGISTRAR, ACLAND, MET])
@pytest.mark.parametrize("name", EVENTS)
def test_only_who_is_entitled_declares(home: Home, name: str, by: str) -> None:
    make, entitled = EVENTS[name]
    event = make(home)
    if by not in entitled:
        assert refusal(home, event, by) is Why.NOT_ENTITLED
        return
    before = home.registry().version
    home.declare(event, by, NIGHT)
    assert home.registry().version != before
    again = Home(home.path).registry()
    assert again.version == home.registry().version
    assert list(again) == list(home.registry()), "another reader comes to the same"


def test_a_later_alternate_replaces_the_one_before_and_an_import_leaves_it(home: Home) -> None:
    assert (home.member(ACLAND).alternate, home.member(ACLAND).alternate_is) == ("alternate:100053", "headteacher")
    home.declare(an_alternate(CAMDEN, AlternateIs.COUNCIL), REGISTRAR, NIGHT)
    (event,) = registered([home.member(ACLAND)])
    assert event.organisations[0].alternate is None
    home.declare(event, REGISTRAR, NIGHT)
    assert (home.member(ACLAND).alternate, home.member(ACLAND).alternate_is) == (CAMDEN, "council")


def test_in_law_an_alternate_is_its_setting(home: Home) -> None:
    registry = home.registry()
    assert registry.controller(home.member("alternate:100053")) == home.member(ACLAND)
    assert registry.controller(home.member(CAMDEN)) == home.member(CAMDEN)
    alone = Registry([home.member("alternate:100053")])
    assert alone.controller(home.member("alternate:100053")) == home.member("alternate:100053")


def test_every_event_is_in_that_table() -> None:
    assert {make.__name__ for make in Event.__args__} == {
        "".join(word.title() for word in name.split()) for name in EVENTS
    } | {"DelegationEnded"}


@pytest.mark.parametrize("by", [REGISTRAR, ACLAND])
def test_a_delegation_is_ended_once_and_stays_so(home: Home, by: str) -> None:
    home.declare(Delegated(about=ACLAND, delegation=delegation()), ACLAND, NIGHT)
    assert refusal(home, Delegated(about=ACLAND, delegation=delegation()), ACLAND) is Why.TAKEN
    ended = DelegationEnded(about=ACLAND, delegation=delegation().id)
    home.declare(ended, by, NIGHT)
    home.declare(ended, by, NIGHT + timedelta(hours=1))
    (one,) = home.member(ACLAND).delegations
    assert one.ended_at == NIGHT
    other = DelegationEnded(about=ACLAND, delegation="delegation-ffffffffffff")
    assert refusal(home, other, by) is Why.NO_SUCH


def test_a_revocation_is_for_ever_and_keeps_its_first_time(home: Home) -> None:
    person = home.member(ACLAND).people[0]
    for later in (0, 1):
        at = NIGHT + timedelta(hours=later)
        home.declare(revocation(home), REGISTRAR, at)
        home.declare(PersonRevoked(about=ACLAND, person=person.id), REGISTRAR, at)
    school = home.member(ACLAND)
    assert [school.keys[0].revoked_at, school.people[0].key.revoked_at] == [NIGHT, NIGHT]
    assert refusal(home, KeyAdded(about=ACLAND, key=school.keys[0]), REGISTRAR) is Why.TAKEN


@pytest.mark.parametrize(
    ("event", "by", "why"),
    [
        (lambda _: Suspended(about="school:999999"), REGISTRAR, Why.UNKNOWN),
        (lambda _: KeyRevoked(about=ACLAND, kid="no-such-key", because=KeyRevocation.LOST), REGISTRAR, Why.NO_SUCH),
        (lambda _: PersonRevoked(about=ACLAND, person="nobody"), REGISTRAR, Why.NO_SUCH),
        (lambda home: KeyAdded(about=ACLAND, key=home.member(ACLAND).keys[0]), REGISTRAR, Why.TAKEN),
        (lambda home: KeyAdded(about=ACLAND, key=home.member(ACLAND).people[0].key), REGISTRAR, Why.TAKEN),
        (lambda home: PersonAdded(about=ACLAND, person=home.member(ACLAND).people[0]), ACLAND, Why.TAKEN),
        (
            lambda home: PersonAdded(
                about=ACLAND,
                person=a_person(home).person.model_copy(update={"id": home.member(ACLAND).people[0].id}),
            ),
            ACLAND,
            Why.TAKEN,
        ),
        (lambda home: a_person(home, KeyUse.SEAL), ACLAND, Why.MALFORMED),
        (lambda _: Delegated(about=ACLAND, delegation=delegation(HERTS)), ACLAND, Why.NOT_ENTITLED),
        (lambda _: Delegated(about=ACLAND, delegation=delegation(endedAt=NIGHT)), ACLAND, Why.TAKEN),
        (
            lambda home: Registered(organisations=(home.member(ACLAND),)),
            REGISTRAR,
            Why.NOT_ENTITLED,
        ),
        (
            lambda _: Registered(organisations=(school(199998).model_copy(update={"alternate": CAMDEN}),)),
            REGISTRAR,
            Why.NOT_ENTITLED,
        ),
        (lambda _: an_alternate("alternate:100008", about="school:100008"), REGISTRAR, Why.UNKNOWN),
        (lambda _: an_alternate("alternate:100053", about="school:100006"), REGISTRAR, Why.NOT_ITS_ALTERNATE),
        (lambda _: an_alternate(ACLAND), REGISTRAR, Why.NOT_ITS_ALTERNATE),
        (lambda _: an_alternate(CAMDEN), REGISTRAR, Why.NOT_ITS_ALTERNATE),
        (lambda _: an_alternate("alternate:100053", AlternateIs.COUNCIL), REGISTRAR, Why.NOT_ITS_ALTERNATE),
        (lambda _: an_alternate(CAMDEN, AlternateIs.COUNCIL, about=MET), REGISTRAR, Why.NOT_ITS_ALTERNATE),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused(home: Home, event: Callable[[Home], Event], by: str, why: Why) -> None:
    assert refusal(home, event(home), by) is why


def test_a_suspended_organisation_changes_nothing_of_itself(home: Home) -> None:
    signer = home.signer(home.member(ACLAND), NIGHT)
    home.declare(Suspended(about=ACLAND), ACLAND, NIGHT)
    with pytest.raises(EventRefused) as refused:
        home.add_event(sign_event(a_key(home), signer, NIGHT))
    assert refused.value.why is Why.NOT_ENTITLED
    home.declare(revocation(home), REGISTRAR, NIGHT)


def test_an_import_leaves_channel_keys_people_and_suppliers_as_they_are(home: Home) -> None:
    home.declare(Delegated(about=ACLAND, delegation=delegation()), ACLAND, NIGHT)
    home.declare(Suspended(about=ACLAND), REGISTRAR, NIGHT)
    before = home.member(ACLAND)
    (event,) = registered([before.model_copy(update={"name": "Another name", "channel": Channel.NOT_CONNECTED})])
    home.declare(event, REGISTRAR, NIGHT)
    assert home.member(ACLAND) == before.model_copy(update={"name": "Another name"})


# Forgeries -----------------------------------------------------------------------------------------------------------


def spoilt(home: Home, name: str) -> str:
    good = sign_event(Suspended(about=MET), home.registrar(NIGHT), NIGHT)
    header, payload, signature = good.split(".")
    key = home.registrar(NIGHT)
    if name == "payload changed":
        return ".".join([header, b64(dumps({"is": "resumed", "iss": "registrar"}).encode()), signature])
    if name == "another key":
        return sign_event(Suspended(about=MET), home.signer(home.member(HERTS), NIGHT), NIGHT).replace("x", "x")
    if name in ("another type", "a claim more"):
        claims = {"iss": REGISTRAR, "iat": int(NIGHT.timestamp()), "jti": "0e4a6a0e-6d0b-4f8a-8d0e-2f6f2f5d9f11"}
        body = {**claims, "is": "suspended", "about": MET, **({"also": 1} if name == "a claim more" else {})}
        head = {"alg": "Ed25519", "kid": key.kid, "typ": "JWT" if name == "another type" else TYP}
        return jws.serialize_compact(head, dumps(body).encode(), key.key, algorithms=["Ed25519"])
    return {
        "empty": "",
        "no JWS": "rubbish",
        "not JSON": f"{b64(b'x')}.{payload}.{signature}",
        "header is a list": f"{b64(b'[]')}.{payload}.{signature}",
        "alg none": f"{b64(dumps({'alg': 'none', 'kid': key.kid, 'typ': TYP}).encode())}.{payload}.",
        "truncated": good[:-10],
        "too long": good + "A" * MAX_EVENT,
    }[name]


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("payload changed", Why.FORGED),
        ("another key", Why.NOT_ENTITLED),
        ("another type", Why.FORGED),
        ("a claim more", Why.MALFORMED),
        ("empty", Why.MALFORMED),
        ("no JWS", Why.MALFORMED),
        ("not JSON", Why.MALFORMED),
        ("header is a list", Why.MALFORMED),
        ("alg none", Why.FORGED),
        ("truncated", Why.FORGED),
        ("too long", Why.MALFORMED),
    ],
)
def test_a_bad_event_changes_nothing(home: Home, name: str, why: Why) -> None:
    before = home.registry().version
    with pytest.raises(EventRefused) as refused:
        home.register().apply(spoilt(home, name))
    assert refused.value.why is why
    assert home.registry().version == before


def test_a_registry_of_another_desk_convinces_nobody(home: Home, tmp_path: Path) -> None:
    stranger = make_home(tmp_path / "stranger")
    ours = Register(home.trust())
    with pytest.raises(EventRefused) as refused:
        ours.apply(stranger.events()[0])
    assert refused.value.why is Why.FORGED
    assert ours.registry.version == FIRST_VERSION


def test_an_event_counts_once(home: Home) -> None:
    text = home.declare(Suspended(about=MET), REGISTRAR, NIGHT)
    home.declare(Resumed(about=MET), REGISTRAR, NIGHT)
    with pytest.raises(EventRefused) as refused:
        home.add_event(text)
    assert refused.value.why is Why.REPEATED
    assert not home.member(MET).suspended


def test_a_key_speaks_for_its_own_time_only(home: Home) -> None:
    for days in (-2, 400):
        with pytest.raises(EventRefused) as refused:
            home.add_event(
                sign_event(
                    ResendAsked(about=ACLAND),
                    home.signer(home.member(ACLAND), NIGHT),
                    NIGHT + timedelta(days=days),
                )
            )
        assert refused.value.why is Why.KEY_NOT_VALID


def test_a_home_with_a_bad_event_says_which_and_is_not_believed(home: Home) -> None:
    file = home.path / "registry.jsonl"
    lines = file.read_text().splitlines()
    file.write_text("\n".join([*lines[:3], lines[3][:-4] + "AAAA", *lines[4:]]) + "\n")
    with pytest.raises(HomeError, match="registry event 4: signature-does-not-verify"):
        Home(home.path).registry()


# Size ----------------------------------------------------------------------------------------------------------------


def test_thirty_thousand_organisations_need_no_more_topics_than_five_hundred(home: Home) -> None:
    before, template = len(topics(home.registry())), school(199999, channel="mailbox")
    everybody = [template.model_copy(update={"id": f"school:{200000 + number}"}) for number in range(30_000)]
    assert len(registered(everybody)) == 30_000 / MOST_ENTRIES
    registry = home.registry().put(everybody, "later")
    assert len(registry) > 30_000
    assert len(topics(registry)) == before
    assert [registry.get(f"school:{200000 + number}") for number in range(PARSED_KEPT + 10)].count(None) == 0


def test_the_five_hundred_and_first_direct_organisation_is_refused(home: Home) -> None:
    room = MOST_DIRECT - len(home.registry().direct)
    for event in registered(school(200000 + number, channel="direct") for number in range(room)):
        home.declare(event, REGISTRAR, NIGHT)
    (one_more,) = registered([school(300000, channel="direct")])
    assert refusal(home, one_more, REGISTRAR) is Why.TOO_MANY_DIRECT
    (listed,) = registered([school(300000)])
    home.declare(listed, REGISTRAR, NIGHT)
    connected = Connected(about="school:300000", channel=Channel.DIRECT)
    assert refusal(home, connected, REGISTRAR) is Why.TOO_MANY_DIRECT


@pytest.mark.parametrize(
    ("address", "good"),
    [
        ("safeguarding@school.example", True),
        ("DSL.team@school.example", True),
        ("jane.smith@school.example", False),
        ("j.smith1@council.example", False),
        ("no address", False),
    ],
)
def test_a_desk_has_a_role_address_and_never_a_persons(address: str, good: bool) -> None:  # noqa: FBT001
    desk = {"role": "Safeguarding lead", "telephone": "+442079460901", "email": address}
    if good:
        assert Desk.model_validate(desk).email == address
    else:
        with pytest.raises(ValueError, match=r"role address|pattern"):
            Desk.model_validate(desk)


def test_a_plain_registry_is_its_content_and_finds_by_id() -> None:
    one = Organisation(id=ACLAND, name="A", nation=Nation.ENGLAND)
    made = Registry([one])
    assert made.get(ACLAND) == one
    assert made.get(MET) is None
    assert made.version == Registry([one]).version != Registry().version
    assert [role.value for role in PersonRole][:1] == ["safeguarding-lead"]


def test_who_asks_to_be_sent_things_again_is_known_with_the_time(home: Home) -> None:
    assert home.registry().resend == {}
    home.declare(ResendAsked(about=ACLAND), ACLAND, NIGHT)
    assert home.registry().resend == {ACLAND: NIGHT + timedelta(seconds=1)}
    home.declare(ResendAsked(about=ACLAND), REGISTRAR, NIGHT + timedelta(hours=1))
    assert home.registry().resend == {ACLAND: NIGHT + timedelta(hours=1, seconds=1)}
