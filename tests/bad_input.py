"""Records that somebody means harm with, each made from what a true one is made of."""

import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from joserfc import jwe, jws
from joserfc.jwk import ECKey, OctKey, OKPKey

from broker.errors import Reason
from broker.exchange import Incoming
from broker.registry import KeyUse, PublicKey
from broker.sealing import CONTENT, SEAL, public
from broker.statement import TYP, b64, digest, dumps, loads, unb64
from tests import foreign
from tests.personas import ACLAND, HERTS, MET, Json, incident, lead, notification
from tests.world import World, incoming

DEEP = 30_000
"""Levels of nesting that fit into a statement; what surrounds it takes more."""


@dataclass(frozen=True)
class Bad:
    """One bad record and the reason for which it must be refused."""

    name: str
    reason: Reason
    record: Incoming


class Workshop:
    """A true record, its parts, and every key that somebody who means harm could have."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.document = notification(lead(ACLAND))
        self._submitted = world.submit(self.document)
        self.text = foreign.statement(world, self.document)
        self.true = self.sealing(self.text)
        self.signed, *self.disclosed = self.text.split("~")
        self.head, self.body, self.signature = self.signed.split(".")
        self.header: Json = loads(unb64(self.head))
        self.claims: Json = loads(unb64(self.body))
        self.met_signs, self.met_seals = self.key(MET, KeyUse.SIGN), self.key(MET, KeyUse.SEAL)
        broker = world.home.broker()
        self.broker_seals, self.broker_signs = self.key(broker.id, KeyUse.SEAL), self.key(broker.id, KeyUse.SIGN)
        private = world.home.keys(MET).private(self.met_signs.kid)
        assert private is not None
        self.private = private

    def key(self, organisation: str, use: KeyUse) -> PublicKey:
        """The public key of that organisation for that use."""
        member = self.world.registry.get(organisation)
        found = member.key(use, self.world.now) if member else None
        assert found is not None
        return found

    def around(self, value: bytes, **changes: Any) -> Incoming:  # noqa: ANN401 - overrides
        """The true record with another value in it."""
        return incoming(self._submitted, value=value, **changes)

    def sealing(self, text: object) -> Incoming:
        """The true record around another statement."""
        return self.around(self.world.sealed({"statement": text}))

    def signing(self, signed: str) -> Incoming:
        """The true record around another JWS, with the true disclosures."""
        return self.sealing("~".join([signed, *self.disclosed]))

    def jws(self, header: object, payload: bytes | None = None, signature: bytes | None = None) -> str:
        """A JWS with any header, signed with the sender's key unless a signature is given."""
        head = header if isinstance(header, bytes) else json.dumps(header).encode()
        told = f"{b64(head)}.{b64(payload) if payload is not None else self.body}"
        made = jws.JWSRegistry.algorithms["Ed25519"].sign(told.encode(), self.private)
        return f"{told}.{b64(made if signature is None else signature)}"

    def claiming(self, payload: bytes) -> Incoming:
        """The true record around other claims, signed by the sender."""
        return self.signing(self.jws(self.header, payload))

    def with_disclosure(self, parts: str) -> str:
        """The true statement, signed with one disclosure that is a salt and then any JSON text."""
        made = b64(f'["{b64(bytes(16))}",{parts}]'.encode())
        kept = self.disclosed[1:-1]
        digests = [digest(made), *(one for one in self.claims["_sd"] if one != digest(self.disclosed[0]))]
        payload = dumps({**self.claims, "_sd": sorted(digests)}).encode()
        return "~".join([self.jws(self.header, payload), made, *kept, ""])

    def encrypted(self, plaintext: bytes, key: object = None, algorithms: tuple[str, ...] = (), **header: Any) -> bytes:  # noqa: ANN401 - JSON
        """A JWE of any kind."""
        head = {"alg": SEAL, "enc": CONTENT, "kid": self.broker_seals.kid, **header}
        allowed = [SEAL, CONTENT, *algorithms]
        reader: Any = key or public(self.broker_seals)
        return jwe.encrypt_compact(head, plaintext, reader, algorithms=allowed).encode()

    def relabelled(self, **changes: object) -> bytes:
        """The true JWE under another header."""
        head, *rest = (self.true.value or b"").decode().split(".")
        header = {**loads(unb64(head)), **changes}
        return ".".join([b64(json.dumps(header).encode()), *rest]).encode()


def forgeries(shop: Workshop) -> Iterator[Bad]:
    """Signatures that are not the sender's, and algorithms that are not its key's."""

    def bad(name: str, signed: str, reason: Reason = Reason.FORGED) -> Bad:
        return Bad(name, reason, shop.signing(signed))

    told = f"{shop.head}.{shop.body}"
    x = unb64(shop.met_signs.jwk["x"])
    other = foreign.statement(shop.world, notification(lead(ACLAND))).split("~")[0].split(".")[2]
    stranger = OKPKey.generate_key("Ed25519")
    by_stranger = jws.JWSRegistry.algorithms["Ed25519"].sign(told.encode(), stranger)
    yield bad("no signature", f"{told}.")
    yield bad("a signature of zeros", f"{told}.{b64(bytes(64))}")
    yield bad("the signature of another message", f"{told}.{other}")
    yield bad("a signature by another key", f"{told}.{b64(by_stranger)}")
    yield bad("a signature with a point of low order", f"{told}.{b64(bytes([1, *bytes(63)]))}")
    yield bad("a signature and a half", f"{told}.{shop.signature}{shop.signature[:43]}")
    yield bad("two signatures", f"{told}.{shop.signature}.{shop.signature}", Reason.MALFORMED)
    yield bad("its own key under the kid of another", shop.jws({**shop.header, "kid": "x" * 43}))
    yield bad("the sealing key named as signing key", shop.jws({**shop.header, "kid": shop.met_seals.kid}))
    yield bad("another's key named", shop.jws({**shop.header, "kid": shop.key(HERTS, KeyUse.SIGN).kid}))
    for kid in ("../../registry", "\0", "' or 1=1 --", "a" * 5000, "\ud800"):
        yield bad(f"kid {kid[:15]!r}", shop.jws({**shop.header, "kid": kid}))
    for alg in ("none", "None", "nOnE", "", "EdDSA", "Ed448", "ES256", "RS256", "PS256", "ed25519", "Ed25519 "):
        yield bad(f"alg {alg!r}, truly signed", shop.jws({**shop.header, "alg": alg}))
        yield bad(f"alg {alg!r}, unsigned", shop.jws({**shop.header, "alg": alg}, signature=b""))
    jwk = dumps(dict(shop.met_signs.jwk)).encode()
    pem = public(shop.met_signs).as_pem(private=False)
    der = public(shop.met_signs).as_der(private=False)
    for size, function in (("256", hashlib.sha256), ("384", hashlib.sha384), ("512", hashlib.sha512)):
        for form, secret in (("raw", x), ("jwk", jwk), ("pem", pem), ("der", der), ("empty", b"")):
            head = b64(json.dumps({**shop.header, "alg": f"HS{size}"}).encode())
            mac = hmac.new(secret, f"{head}.{shop.body}".encode(), function).digest()
            yield bad(f"HS{size} with the public key as {form}", f"{head}.{shop.body}.{b64(mac)}")
    curve = ECKey.generate_key("P-256")
    header = {**shop.header, "alg": "ES256"}
    yield bad(
        "ES256 with a key of its own", jws.serialize_compact(header, unb64(shop.body), curve, algorithms=["ES256"])
    )


def headers(shop: Workshop) -> Iterator[Bad]:
    """JWS headers that ask a reader to do something else, and statements in another form."""

    def bad(name: str, signed: str, reason: Reason = Reason.FORGED) -> Bad:
        return Bad(name, reason, shop.signing(signed))

    stranger = OKPKey.generate_key("Ed25519")
    odd: list[object] = [None, [], {}, ["Ed25519"], 5, True]
    for alg in odd:
        yield bad(f"alg {alg!r}", shop.jws({**shop.header, "alg": alg}))
    offered = dict(stranger.as_dict(private=False))
    for name, value in {
        "jwk": offered,
        "jku": "https://example.org/keys",
        "x5u": "https://example.org/keys",
        "x5c": [b64(bytes(64))],
        "x5t": "A" * 27,
        "crit": ["exp"],
        "b64": False,
        "zip": "DEF",
        "cty": "json",
        "exp": 1,
    }.items():
        header = {**shop.header, name: value}
        head = b64(json.dumps(header).encode())
        made = jws.JWSRegistry.algorithms["Ed25519"].sign(f"{head}.{shop.body}".encode(), stranger)
        yield bad(f"{name} in the header, truly signed", shop.jws(header))
        yield bad(f"{name} in the header, signed by a stranger", f"{head}.{shop.body}.{b64(made)}")
    crits: list[object] = [[], ["b64"], ["alg"], "b64", [5]]
    for crit in crits:
        yield bad(f"crit {crit!r}", shop.jws({**shop.header, "crit": crit, "b64": False}))
    head = b64(json.dumps({**shop.header, "b64": False, "crit": ["b64"]}).encode())
    raw = jws.JWSRegistry.algorithms["Ed25519"].sign(head.encode() + b"." + unb64(shop.body), shop.private)
    yield bad("b64 false, truly signed over the raw payload", f"{head}.{shop.body}.{b64(raw)}")
    yield bad("no payload", f"{shop.head}..{shop.signature}", Reason.MALFORMED)
    for typ in ("JWT", "safeguarding-cover+jwt", TYP.upper(), None):
        yield bad(f"typ {typ!r}", shop.jws({**shop.header, "typ": typ}))
    twice = dumps(shop.header)
    yield bad("alg twice", shop.jws(b'{"alg":"none",' + twice[1:].encode()), Reason.MALFORMED)
    yield bad("kid twice", shop.jws(twice[:-1].encode() + b',"kid":"x"}'), Reason.MALFORMED)
    for name, text in {
        "a JWS in JSON": dumps({"payload": shop.body, "protected": shop.head, "signature": shop.signature}),
        "a JWS in general JSON": dumps({"payload": shop.body, "signatures": [{"protected": shop.head}]}),
        "a key binding at the end": shop.text + shop.signed,
        "no tilde": shop.signed,
        "two tildes": shop.text.replace("~", "~~"),
        "spaces": " " + shop.text,
        "a line break at the end": shop.text + "\n",
    }.items():
        yield Bad(name, Reason.MALFORMED, shop.sealing(text))


def seals(shop: Workshop) -> Iterator[Bad]:
    """What cannot be opened, and what must not be."""

    def bad(name: str, value: bytes, reason: Reason = Reason.UNSEALABLE) -> Bad:
        return Bad(name, reason, shop.around(value))

    plain = dumps({"statement": shop.text}).encode()
    for alg in ("dir", "none", "ECDH-ES", "ECDH-ES+A128KW", "A256KW", "RSA1_5", "RSA-OAEP", "A256GCMKW"):
        yield bad(f"alg {alg}", shop.relabelled(alg=alg))
    yield bad(
        "a password stretched a billion times", shop.relabelled(alg="PBES2-HS512+A256KW", p2c=1 << 30, p2s="AAAA")
    )
    encs: list[object] = ["A128GCM", "A256CBC-HS512", "none", None, {}]
    for enc in encs:
        yield bad(f"enc {enc!r}", shop.relabelled(enc=enc))
    for name, kid in {
        "the broker's signing key for the agreement": shop.broker_signs.kid,
        "the sender's key": shop.met_seals.kid,
        "a path": "../../keys/state.key",
        "NUL": "\0",
    }.items():
        yield bad(f"kid: {name}", shop.relabelled(kid=kid))
    odd: list[object] = [None, [], {}, 5]
    for one in odd:
        yield bad(f"kid {one!r}", shop.relabelled(kid=one))
    signs = OKPKey.generate_key("Ed25519").as_dict(private=False)
    large = OKPKey.generate_key("X448").as_dict(private=False)
    for name, epk in {
        "P-256": dict(ECKey.generate_key("P-256").as_dict(private=False)),
        "Ed25519": dict(signs),
        "Ed25519 said to be X25519": {**signs, "crv": "X25519"},
        "X448": dict(large),
        "X448 said to be X25519": {**large, "crv": "X25519"},
        "zeros": {"kty": "OKP", "crv": "X25519", "x": b64(bytes(32))},
        "one": {"kty": "OKP", "crv": "X25519", "x": b64(bytes([1, *bytes(31)]))},
        "the prime": {"kty": "OKP", "crv": "X25519", "x": b64(bytes([0xED, *[0xFF] * 30, 0x7F]))},
        "symmetric": {"kty": "oct", "k": b64(bytes(32))},
        "no point": {"kty": "OKP", "crv": "X25519"},
        "a list": [],
    }.items():
        yield bad(f"epk: {name}", shop.relabelled(epk=epk))
    for crit in (["exp"], ["b64"], []):
        yield bad(f"crit {crit!r}", shop.relabelled(crit=crit))
    zips: list[object] = ["DEF", "GZIP", "", [], 5, True]
    for one in zips:
        yield bad(f"zip {one!r}", shop.relabelled(zip=one))
    bomb = shop.encrypted(b'{"statement":"' + b" " * 50_000_000 + b'"}', algorithms=("DEF",), zip="DEF")
    yield bad("a bomb of 50 MB", bomb)
    yield bad("a true message, compressed", shop.encrypted(plain, algorithms=("DEF",), zip="DEF"))
    secret = OctKey.generate_key(256)
    yield bad("a shared secret", shop.encrypted(plain, secret, ("A256KW",), alg="A256KW"))
    yield bad("ten mebibytes", b"a" * (10 << 20), Reason.OVERSIZED)
    yield bad("ten mebibytes of claims", shop.encrypted(plain[:-2] + b"x" * (10 << 20) + b'"}'), Reason.OVERSIZED)
    long = shop.encrypted(dumps({"statement": shop.text + "A" * (100 << 10)}).encode())
    yield bad("a long statement", long, Reason.OVERSIZED)
    head = shop.relabelled().split(b".")[0].decode()
    yield bad("a JWE in JSON", dumps({"protected": head, "recipients": []}).encode())
    true = (shop.true.value or b"").split(b".")
    for name, header in {
        "alg twice": b'{"alg":"none",' + unb64(true[0].decode())[1:],
        "nested": b"[" * 100_000,
        "nested in a member": unb64(true[0].decode())[:-1] + b',"x":' + b"[" * 100_000,
        "UTF-16": unb64(true[0].decode()).decode().encode("utf-16"),
    }.items():
        yield bad(f"header: {name}", b".".join([b64(header).encode(), *true[1:]]))
    yield bad("six parts", b".".join([*true, true[0]]))
    yield bad("four parts", b".".join(true[:4]))


def texts(shop: Workshop) -> Iterator[Bad]:
    """JSON that is not what it seems, on every level where there is JSON."""

    def bad(name: str, record: Incoming, reason: Reason = Reason.MALFORMED) -> Bad:
        return Bad(name, reason, record)

    claims, tail = dumps(shop.claims).encode(), dumps({"statement": shop.text}).encode()
    plains = {
        "statement twice": tail[:-1] + b',"statement":"x"}',
        "nested 100,000 levels": b"[" * 100_000,
        "nested 90,000 levels and closed": b"[" * 90_000 + b"]" * 90_000,
        "nested 30,000 objects": b'{"a":' * 30_000 + b"1" + b"}" * 30_000,
        "nested beside it": tail[:-1] + b',"x":' + b"[" * 900 + b"]" * 900 + b"}",
        "NaN beside it": tail[:-1] + b',"x":NaN}',
        "UTF-16": tail.decode().encode("utf-16"),
        "a byte order mark": b"\xef\xbb\xbf" + tail,
        "not UTF-8": b'{"statement":"\xff"}',
        "overlong UTF-8": b'{"statement":"\xc0\xaf"}',
        "a list": b"[" + tail + b"]",
        "a number": b'{"statement":5}',
        "half a character": b'{"statement":"\\ud800"}',
        "NUL": b'{"statement":"\\u0000"}',
        "nothing": b"",
    }
    for name, plain in plains.items():
        yield bad(f"opened: {name}", shop.around(shop.encrypted(plain)))
    payloads = {
        "nested": b"[" * DEEP,
        "nested in a claim": claims[:-1] + b',"x":' + b"[" * DEEP + b"]" * DEEP + b"}",
        "nested in a slot": claims.replace(b'{"...":"', b'{"x":' + b"[" * 900 + b"]" * 900 + b',"...":"', 1),
        "iss twice": claims[:-1] + f',"iss":"{HERTS}"}}'.encode(),
        "jti twice": b'{"jti":"x",' + claims[1:],
        "a digest twice in a slot": claims.replace(b'{"...":"', b'{"...":"","...":"', 1),
        "iat infinite": claims.replace(b'"iat":', b'"iat":1e400,"x":', 1),
        "iat of 5,000 digits": claims.replace(b'"iat":', b'"iat":' + b"9" * 5000, 1),
        "UTF-16": claims.decode().encode("utf-16"),
        "a byte order mark": b"\xef\xbb\xbf" + claims,
    }
    for name, payload in payloads.items():
        yield bad(f"claims: {name}", shop.claiming(payload))
    yield bad("header: nested", shop.signing(shop.jws(b"[" * DEEP)))
    yield bad(
        "header: nested in a member", shop.signing(shop.jws(dumps(shop.header)[:-1].encode() + b',"x":' + b"[" * 990))
    )
    for name, value in {
        "nested": "[" * 20_000,
        "nested and closed": "[" * 990 + "]" * 990,
        "a little nested": "[" * 33 + "]" * 33,
        "nested objects": '{"a":' * 990 + "1" + "}" * 990,
        "a key twice": '{"lines":["1 Example Row"],"lines":["x"],"postcode":"NW1 1AA"}',
        "NaN": "NaN",
        "5,000 digits": "9" * 5000,
    }.items():
        yield bad(f"disclosure: {name}", shop.sealing(shop.with_disclosure(f'"homeAddress",{value}')))


INVISIBLE = {
    "NUL": "Ro\0wan",
    "zero width space": "Ro\u200bwan",
    "zero width joiner": "Ro\u200dwan",
    "soft hyphen": "Ro\u00adwan",
    "right to left": "\u202enawoR",
    "isolate": "\u2066Rowan",
    "byte order mark": "\ufeffRowan",
    "tag letters": "Rowan\U000e0041",
    "private use": "Rowan\ue000",
    "Hangul filler": "\u3164",
    "Braille blank": "Rowan\u2800",
    "line separator": "Ro\u2028wan",
    "interlinear note": "Ro\ufff9wan",
    "Mongolian separator": "Ro\u180ewan",
    "half a character": "Ro\ud800wan",
    "an escape": "Ro\x1b[2Jwan",
    "a heap of accents": "Ro" + "\u0301" * 5 + "wan",
    "a Cyrillic o": "R\u043ewan",
    "a Greek o": "R\u03bfwan",
    "decomposed": "Sia\u0302n",
    "decomposed twice": "Nguye\u0302\u0303n",
    "spaces around": " Rowan",
    "nothing": "",
    "only spaces": "   ",
    "a list": ["Rowan"],
    "201 letters": "R" * 201,
}  # fmt: skip
IDS = {
    "Cyrillic o": "p\u043elice:01",
    "Turkish dotless i": "pol\u0131ce:01",
    "Turkish capital i": "pol\u0130ce:01",
    "capitals": "POLICE:01",
    "fullwidth digits": "police:\uff10\uff11",
    "Arabic digits": "police:\u0660\u0661",
    "fullwidth colon": "police\uff1a01",
    "zero width": "police:\u200b01",
    "combining": "police:01\u0301",
    "NUL": "police:01\0",
    "a line break": "police:01\n",
    "a space": "police:01 ",
    "right to left": "\u202epolice:01",
    "half a character": "police:01\ud800",
}


def letters(shop: Workshop) -> Iterator[Bad]:
    """Unicode tricks in names and ids."""
    world = shop.world
    for name, value in INVISIBLE.items():
        content = {**incident(), "givenNames": value}
        yield Bad(f"given names: {name}", Reason.MALFORMED, foreign.record(world, notification(content=content)))
    for name, value in IDS.items():
        claims = {**shop.claims, "iss": value}
        yield Bad(f"iss: {name}", Reason.UNKNOWN_SENDER, shop.claiming(json.dumps(claims).encode()))
        claims = {**shop.claims, "own": value}
        yield Bad(f"own: {name}", Reason.MALFORMED, shop.claiming(json.dumps(claims).encode()))
        line = {**lead(ACLAND), "organisation": value}
        yield Bad(f"to: {name}", Reason.MALFORMED, foreign.record(world, notification(line)))
    for wrong in (
        "\u0435ncompass",
        "encompass\u200b",
        "Encompass",
        "\uff45ncompass",
        "encompass\n",
        "encompass\0",
        "\ud800",
    ):
        claims = {**shop.claims, "vct": shop.claims["vct"].replace("encompass", wrong)}
        yield Bad(f"vct: {wrong!r}", Reason.UNKNOWN_TYPE, shop.claiming(json.dumps(claims).encode()))
    for name, wrong in {
        "capitals": shop.claims["jti"].upper(),
        "braces": "{" + shop.claims["jti"] + "}",
        "fullwidth digits": "\uff10" + shop.claims["jti"][1:],
        "a line break": shop.claims["jti"] + "\n",
        "a urn": "urn:uuid:" + shop.claims["jti"],
        "NUL": "\0" + shop.claims["jti"][1:],
    }.items():
        for claim in ("jti", "sub"):
            claims = {**shop.claims, claim: wrong}
            yield Bad(f"{claim}: {name}", Reason.MALFORMED, shop.claiming(json.dumps(claims).encode()))


def truncations(shop: Workshop) -> Iterator[Bad]:
    """A true record and a true statement, cut off at many places."""
    value = shop.true.value or b""
    for end in [*range(0, 400, 13), *range(400, len(value), 211), len(value) - 1]:
        yield Bad(f"record cut at {end}", Reason.UNSEALABLE, shop.around(value[:end]))
    for end in [*range(0, len(shop.text), 97), len(shop.text) - 1]:
        if shop.text[end - 1 : end] == "~" and end > len(shop.signed):
            continue  # fewer disclosures: a shorter statement, still signed
        reason = Reason.MALFORMED
        yield Bad(f"statement cut at {end}", reason, shop.sealing(shop.text[:end]))


KINDS: dict[str, Callable[[Workshop], Iterator[Bad]]] = {
    "forgeries": forgeries,
    "headers": headers,
    "seals": seals,
    "texts": texts,
    "letters": letters,
    "truncations": truncations,
}
