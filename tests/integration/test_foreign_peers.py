"""Programs in Node: stock `jose` as a supplier's client, `@sd-jwt/core` to read and sign statements."""

from collections.abc import Mapping

import pytest

from broker import topics
from broker.drafts import Carried
from broker.errors import Reason
from broker.exchange import Incoming
from broker.registry import KeyUse, Organisation, Registry
from broker.schemas.catalogue import BY_TYPE, CATALOGUE
from broker.schemas.message import Flow
from broker.screening.verdict import State
from broker.sealing import seal, unseal
from broker.segments import Segment
from broker.state import Cabinet
from broker.statement import HEADER, TYP, Statement, b64, digest, dumps, loads, unb64, verify
from tests.fixed import NOW, REGISTRY, exchange, private, public_key
from tests.generate_docs import DOCS
from tests.make_golden import issuer, statements
from tests.make_vectors import read
from tests.node_peers import Peers
from tests.personas import ACLAND, ARGYLE, BROKER, HEATH, MET, Json, incident, lead, notification
from tests.world import CLEAR, World

VECTOR: Json = read()
ABOUT = ("iss", "jti", "sub", "own", "iat", "vct", "basis")


def task(agency: str, keys: Mapping[str, Json], members: Registry, now: str, **work: object) -> Json:
    """What `agency.mjs` is asked: an agency with its own private keys, the public registry, and the work."""
    entries = [one.model_dump(mode="json", by_alias=True, exclude_none=True) for one in members]
    return {"agency": agency, "privateKeys": dict(keys), "registry": entries, "now": now, **work}


def ask(peers: Peers, world: World, agency: str, **work: object) -> Json:
    member = world.registry.get(agency)
    assert isinstance(member, Organisation)
    ring = world.home.keys(agency)
    keys = {key.kid: found.as_dict(private=True) for key in member.keys if (found := ring.private(key.kid))}
    return peers.ask("agency.mjs", task(agency, keys, world.registry, world.now.isoformat(), **work), _schemas())


def _schemas() -> str:
    return str(DOCS / "schemas")


def incoming(made: Json) -> Incoming:
    """The record as Kafka would bring it: partitioned by its key."""
    key = made["key"].encode()
    return Incoming(
        partition=topics.partition_of(key, topics.SUBMIT_PARTITIONS),
        partitions=topics.SUBMIT_PARTITIONS,
        key=key,
        headers=[(name, text.encode()) for name, text in made["headers"].items()],
        value=made["value"].encode(),
    )


def delivered(carried: Carried, organisation: str) -> list[str]:
    return [out.value.decode() for out in carried.outgoing if out.key == organisation.encode() and out.headers]


VOICE = {"childVoice": ["I hid.", "Then it was quiet."], "alsoKnownAs": ["Ro"]}
SENT = [
    notification(lead(ACLAND)),
    notification(lead(ACLAND), lead(ARGYLE), lead(HEATH), lead("school:100457")),
    notification(content=incident(givenNames="Siân Llŷr", circumstances=["“Quoted”, Ń, 字, 😀\n" * 50] * 8, **VOICE)),
    notification(content=incident(homeAddress=None, adults=None, adultNames=None)),
]


def test_what_a_stranger_s_client_submits_is_carried_and_read(peers: Peers, world: World) -> None:
    sent = ask(peers, world, MET, submit=SENT)["submissions"]
    for document, made in zip(SENT, sent, strict=True):
        assert made["topic"] == topics.submit(BY_TYPE[document["type"]].family)
        carried = world.carry_record(incoming(made))
        assert (carried.line.status, carried.line.message) == ("shared", document["id"])
        assert world.outcome(carried)["message"] == document["id"]
        for line in document["to"]:
            (opened,) = world.opened(carried, line["organisation"])
            assert (opened.verified, list(opened.to)) == (("broker", MET), [line])
            assert opened.content["givenNames"] == document["content"]["givenNames"]
            assert opened.content.items() <= document["content"].items()
        if "circumstances" in document["content"]:
            (follows,) = world.opened(world.read(carried), ACLAND)
            assert follows.content == {name: document["content"][name] for name in ("childVoice", "circumstances")}


def some_of_it(_: str, text: str) -> Segment:
    return Segment(state=State.WITHHELD, rules=("TXT-5",)) if "quiet" in text else CLEAR


def test_a_stranger_s_client_reads_every_delivery_as_ours_does(peers: Peers, world: World) -> None:
    deliveries: list[str] = []
    ours: list[Json] = []
    for document in SENT:
        arrived = [world.carry(document)]
        if "circumstances" in document["content"]:
            arrived.append(world.read(arrived[0], some_of_it))
        for carried in arrived:
            mine = world.opened(carried, ACLAND)
            deliveries += delivered(carried, ACLAND)
            ours += [{"id": one.id, "body": one.body, "content": one.content, "to": list(one.to)} for one in mine]
    assert len(ours) == 5
    assert ours[3]["content"]["childVoice"] == ["I hid."]
    assert ask(peers, world, ACLAND, open=deliveries)["openings"] == ours
    refused = ask(peers, world, HEATH, open=deliveries)["openings"]
    assert refused == [{"refused": Reason.UNSEALABLE}] * len(deliveries)


def test_a_stranger_s_client_reads_the_outcome_that_it_is_told(peers: Peers, world: World) -> None:
    (made,) = ask(peers, world, MET, submit=[notification()])["submissions"]
    carried = world.carry_record(incoming(made))
    (outcome,) = ask(peers, world, MET, open=delivered(carried, MET))["openings"]
    assert outcome["body"] == world.outcome(carried)
    assert outcome["body"]["status"] == "shared"


def test_a_stranger_s_client_refuses_every_bad_delivery_of_the_vectors_and_opens_the_good_one(peers: Peers) -> None:
    for reader in (ACLAND, HEATH):
        bad = [one for one in VECTOR["refusedDeliveries"] if one["reader"] == reader]
        assert bad
        values = [seal(one["value"], public_key(reader, KeyUse.SEAL)).decode() for one in bad]
        key = private(reader, KeyUse.SEAL)
        asked = task(
            reader,
            {key.thumbprint(): key.as_dict(private=True)},
            REGISTRY,
            NOW.isoformat(),
            open=[*values, VECTOR["delivery"]["sealed"]],
        )
        *refused, last = peers.ask("agency.mjs", asked, _schemas())["openings"]
        assert [one.get("refused") for one in refused] == [one["reason"] for one in bad]
        assert last.get("content") == (VECTOR["delivery"]["content"] if reader == ACLAND else None)


def test_a_stranger_s_submission_with_the_keys_of_the_vectors_is_carried(peers: Peers) -> None:
    key = private(MET, KeyUse.SIGN)
    keys = {key.thumbprint(): key.as_dict(private=True)}
    asked = task(MET, keys, REGISTRY, NOW.isoformat(), submit=[VECTOR["signing"]["document"]])
    (made,) = peers.ask("agency.mjs", asked, _schemas())["submissions"]
    assert {name: made["headers"][name] for name in made["headers"]}.items() <= VECTOR["record"]["headers"].items()
    assert (made["topic"], made["key"]) == (VECTOR["record"]["topic"], VECTOR["record"]["key"])
    assert exchange().carry(incoming(made), Cabinet(), NOW).line.status == "shared"


# --- @sd-jwt/core --------------------------------------------------------------------------------------------------


def ours(text: str, flow: Flow) -> Statement:
    return verify(text, key=private(issuer(flow), KeyUse.SIGN), alg="Ed25519", flow=flow)


def said(statement: Statement) -> Json:
    """What a reader of the standard must make of it, with the lines of `to` in one order."""
    about = {name: statement.claims[name] for name in ABOUT}
    return {**about, **statement.content, "to": by_organisation(statement.to)}


def by_organisation(lines: list[Json]) -> list[Json]:
    return sorted(lines, key=lambda line: str(line["organisation"]))


def wholes_and_cuts() -> list[tuple[Flow, str]]:
    made: list[tuple[Flow, str]] = []
    for flow in CATALOGUE:
        for text in statements(flow):
            whole = ours(text, flow)
            line = whole.to[0]["organisation"] if whole.to else ""
            half, none = frozenset(sorted(whole.content)[::2]), frozenset[str]()
            cuts = [whole.cut(fields=half, addressee=line), whole.cut(fields=none, addressee="")]
            made += [(flow, one) for one in (text, *cuts)]
    return made


def jwk(flow: Flow) -> Json:
    return dict(private(issuer(flow), KeyUse.SIGN).as_dict(private=False))


def test_sd_jwt_core_reads_the_same_in_every_statement_whole_and_cut_down(peers: Peers) -> None:
    asked = wholes_and_cuts()
    assert len(asked) >= 3 * 2 * len(CATALOGUE)
    verify_these = [{"statement": text, "jwk": jwk(flow)} for flow, text in asked]
    answers = peers.ask("sd_jwt.mjs", {"verify": verify_these, "issue": []})["verified"]
    for (flow, text), answer in zip(asked, answers, strict=True):
        assert {**answer, "to": by_organisation(answer["to"])} == said(ours(text, flow))


def test_sd_jwt_core_refuses_what_was_altered(peers: Peers) -> None:
    """A disclosure that nobody signed it leaves out; the standard rejects the whole, and so do we."""
    flow = CATALOGUE[0]
    text = statements(flow)[0]
    signed, first, *rest = text.split("~")
    head, payload, signature = signed.split(".")
    salt, name, _ = loads(unb64(first))
    claims = loads(unb64(payload))
    another = statements(flow)[1].split("~")[0].split(".")[2]
    elsewhere = b64(dumps({**claims, "own": "police:41"}).encode())
    stranger = dict(private(HEATH, KeyUse.SIGN).as_dict(private=False))
    asked = [
        {"statement": text, "jwk": jwk(flow)},
        {"statement": "~".join([signed, b64(dumps([salt, name, "x"]).encode()), *rest]), "jwk": jwk(flow)},
        {"statement": "~".join([f"{head}.{payload}.{another}", first, *rest]), "jwk": jwk(flow)},
        {"statement": "~".join([f"{head}.{elsewhere}.{signature}", first, *rest]), "jwk": jwk(flow)},
        {"statement": text, "jwk": stranger},
    ]
    good, without, *bad = peers.ask("sd_jwt.mjs", {"verify": asked, "issue": []})["verified"]
    assert good[name] == ours(text, flow).content[name]
    assert without == {claim: value for claim, value in good.items() if claim != name}
    assert [set(answer) for answer in bad] == [{"refused"}] * 3


def issued(peers: Peers, world: World, documents: list[Json], *, short: int = 0) -> list[str]:
    """Each document as the library signs it, with `short` digests too few."""
    member = world.registry.get(MET)
    assert member is not None
    signer = world.home.signer(member, world.now)
    tasks = [
        {
            "claims": {
                "iss": MET,
                "jti": one["id"],
                "sub": one["case"],
                "own": one["caseOwner"],
                "iat": int(world.now.timestamp()),
                "vct": one["type"],
                "basis": one["basis"],
            },
            "fields": one["content"],
            "segmented": sorted(BY_TYPE[one["type"]].message.segmented & set(one["content"])),
            "lines": one["to"],
            "digests": len(BY_TYPE[one["type"]].message.labels) - short,
            "header": {"alg": "Ed25519", "kid": signer.kid, "typ": TYP},
            "jwk": signer.key.as_dict(private=True),
        }
        for one in documents
    ]
    assert set(tasks[0]["header"]) == HEADER
    made: list[str] = peers.ask("sd_jwt.mjs", {"verify": [], "issue": tasks})["issued"]
    return made


def test_what_sd_jwt_core_issues_to_our_form_is_carried(peers: Peers, world: World) -> None:
    sent = SENT[:3]
    for document, text in zip(sent, issued(peers, world, sent), strict=True):
        record = incoming_of(world, document, text)
        carried = world.carry_record(record)
        assert carried.line.status == "shared"
        (opened,) = world.opened(carried, ACLAND)
        assert opened.content.items() <= document["content"].items()
        held = unseal(record.value or b"", world.home.keys(BROKER))["statement"]
        assert {digest(part) for part in opened.statement.split("~")[1:-1]} < {digest(p) for p in held.split("~")[1:-1]}


def test_what_sd_jwt_core_issues_with_a_digest_too_few_is_refused(peers: Peers, world: World) -> None:
    document = notification()
    (text,) = issued(peers, world, [document], short=1)
    assert world.carry_record(incoming_of(world, document, text)).line.rules == (Reason.MALFORMED,)


def incoming_of(world: World, document: Json, text: str) -> Incoming:
    headers = {"ce_specversion": "1.0", "ce_id": document["id"], "ce_source": MET, "ce_type": document["type"]}
    return incoming(
        {
            "key": f"{document['caseOwner']}/{document['case']}",
            "headers": {**headers, "content-type": "application/jose"},
            "value": world.sealed({"statement": text}).decode(),
        }
    )


@pytest.mark.parametrize("flow", CATALOGUE, ids=lambda flow: flow.name)
def test_the_schemas_tell_a_stranger_how_many_digests_there_are(flow: Flow) -> None:
    schema = loads((DOCS / "schemas" / f"{flow.type}.json").read_bytes())
    content = schema["$defs"][schema["properties"]["content"]["$ref"].rpartition("/")[2]]
    assert len(content["properties"]) == len(flow.message.labels)
