"""RFC 9901 as it stands: the published examples, and every reason that section 7.1 gives for rejecting."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from broker.statement import ALG, DEEPEST, Disclosure, b64, digest, dumps, loads, read_disclosure, reveal, unb64
from tests.personas import Json

PUBLISHED: Json = json.loads((Path(__file__).parents[1] / "vectors" / "rfc9901.json").read_text(encoding="utf-8"))
ISSUER = ECKey.import_key(PUBLISHED["issuerKey"])
EXAMPLES: list[Json] = PUBLISHED["examples"]
each_example = pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example["name"])


def opened(example: Json) -> tuple[Json, list[Disclosure]]:
    signed, *disclosed = example["sdJwt"].split("~")
    assert disclosed.pop() == ""
    payload = jws.deserialize_compact(signed, ISSUER, algorithms=["ES256"]).payload
    return loads(payload), [read_disclosure(text) for text in disclosed]


def test_the_examples_are_all_there() -> None:
    assert len(EXAMPLES) == 9
    assert sum(example["sdJwt"].count("~") - 1 for example in EXAMPLES) == 4 + 10 + 2 + 16 + 9 + 2 + 2 + 28 + 3


@each_example
def test_a_published_example_is_read_as_published(example: Json) -> None:
    assert reveal(*opened(example)) == example["payload"]


@each_example
def test_a_published_example_with_another_signature_is_refused(example: Json) -> None:
    signed, tilde, rest = example["sdJwt"].partition("~")
    head, body, signature = signed.split(".")
    other = b64(bytes([unb64(signature)[0] ^ 1]) + unb64(signature)[1:])
    with pytest.raises(JoseError):
        opened({"sdJwt": f"{head}.{body}.{other}{tilde}{rest}"})


@each_example
def test_a_published_example_with_one_value_altered_is_refused(example: Json) -> None:
    payload, disclosures = opened(example)
    for at, one in enumerate(disclosures):
        parts = [one.salt, *([] if one.name is None else [one.name]), "altered"]
        altered = [*disclosures[:at], disclosure(*parts), *disclosures[at + 1 :]]
        with pytest.raises(ValueError, match="not signed"):
            reveal(payload, altered)


@each_example
def test_any_disclosure_may_be_left_out_unless_another_stands_in_it(example: Json) -> None:
    payload, disclosures = opened(example)
    everything = dumps(reveal(payload, disclosures))
    for one in disclosures:
        left = [other for other in disclosures if other is not one]
        if any(other.digest in dumps(one.value) for other in left):
            with pytest.raises(ValueError, match="not signed"):
                reveal(payload, left)
        else:
            assert len(dumps(reveal(payload, left))) < len(everything)


def disclosure(*parts: object) -> Disclosure:
    return read_disclosure(b64(dumps(list(parts)).encode()))


SALT = "x" * 22
NAME, OTHER = disclosure(SALT, "name", "Rowan"), disclosure(SALT, "name", "Robin")
ELEMENT = disclosure(SALT, "GB")


def slot(one: Disclosure) -> Json:
    return {"...": one.digest}


def test_digests_without_a_disclosure_leave_nothing_behind() -> None:
    decoys = [digest(str(n)) for n in range(9)]
    payload = {
        "_sd_alg": ALG,
        "_sd": [decoys[0], NAME.digest],
        "in": {"_sd": decoys[1:3]},
        "list": [{"...": decoys[3]}, slot(ELEMENT), {"...": decoys[4]}, [{"...": decoys[5]}]],
    }
    assert reveal(payload, [NAME, ELEMENT]) == {"name": "Rowan", "in": {}, "list": ["GB", []]}
    assert reveal(payload, []) == {"in": {}, "list": [[]]}


def test_what_is_disclosed_may_hold_digests_too() -> None:
    inner = disclosure(SALT, "town", "Ealing")
    outer = disclosure(SALT, "address", {"_sd": [digest("decoy"), inner.digest], "flats": [slot(ELEMENT)]})
    payload = {"_sd": [outer.digest]}
    assert reveal(payload, [inner, outer, ELEMENT]) == {"address": {"town": "Ealing", "flats": ["GB"]}}
    assert reveal(payload, [outer]) == {"address": {"flats": []}}


def test_the_hash_is_sha_256_unless_it_is_named() -> None:
    assert reveal({"_sd": [NAME.digest]}, [NAME]) == {"name": "Rowan"}
    inside = {"claims": {"_sd_alg": "is only special on top"}}
    assert reveal(inside, []) == inside


def chain(length: int) -> tuple[Json, list[Disclosure]]:
    made = [disclosure(SALT, "end", 1)]
    for _ in range(length):
        made.append(disclosure(SALT, "next", {"_sd": [made[-1].digest]}))
    return {"_sd": [made[-1].digest]}, made


TWICE_NESTED = disclosure(SALT, "outer", {"_sd": [NAME.digest]})
REJECTED: dict[str, tuple[Json, list[Disclosure]]] = {
    "another hash": ({"_sd_alg": "sha-512", "_sd": [NAME.digest]}, [NAME]),
    "a hash that is none": ({"_sd_alg": None, "_sd": [NAME.digest]}, [NAME]),
    "a digest twice in one place": ({"_sd": [NAME.digest] * 2}, [NAME]),
    "a digest twice in two places": ({"_sd": [NAME.digest], "in": {"_sd": [NAME.digest]}}, [NAME]),
    "a digest twice, once in a disclosure": ({"_sd": [TWICE_NESTED.digest, NAME.digest]}, [TWICE_NESTED, NAME]),
    "a decoy twice": ({"_sd": [digest("x")], "in": [{"...": digest("x")}]}, []),
    "a disclosure that no digest stands for": ({"_sd": [digest("x")]}, [NAME]),
    "a disclosure whose parent is left out": ({"_sd": [TWICE_NESTED.digest]}, [NAME]),
    "the same disclosure twice": ({"_sd": [NAME.digest]}, [NAME, NAME]),
    "an element as a claim": ({"_sd": [ELEMENT.digest]}, [ELEMENT]),
    "a claim as an element": ({"list": [slot(NAME)]}, [NAME]),
    "a name that is there already": ({"name": "Robin", "_sd": [NAME.digest]}, [NAME]),
    "a name disclosed twice": ({"_sd": [NAME.digest, OTHER.digest]}, [NAME, OTHER]),
    **{
        f"a claim called {name}": ({"_sd": [one.digest]}, [one])
        for name in ("_sd", "...")
        for one in [disclosure(SALT, name, [])]
    },
    "digests that are no list": ({"_sd": NAME.digest}, [NAME]),
    "a digest that is no text": ({"_sd": [1]}, []),
    "a digest that is a list": ({"_sd": [[]]}, []),
    "an element's digest that is no text": ({"list": [{"...": None}]}, []),
    "something beside an element's digest": ({"list": [{**slot(ELEMENT), "note": 1}]}, [ELEMENT]),
    "an element's digest outside a list": ({"in": slot(ELEMENT)}, [ELEMENT]),
    "disclosures in disclosures without end": chain(DEEPEST + 1),
    "a thousand disclosures in disclosures": chain(1000),
}


@pytest.mark.parametrize(("payload", "disclosures"), REJECTED.values(), ids=REJECTED)
def test_what_section_7_says_to_reject_is_rejected(payload: Json, disclosures: list[Disclosure]) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        reveal(payload, disclosures)


def test_a_short_chain_is_no_reason() -> None:
    assert dumps(reveal(*chain(5))).count("next") == 5


@pytest.mark.parametrize(
    "text",
    [
        b64(b"[]"),
        b64(b'["salt"]'),
        b64(b'["salt","name","value","more"]'),
        b64(b'[1,"name","value"]'),
        b64(b'["salt",1,"value"]'),
        b64(b'{"salt":"name"}'),
        b64(b'"salt"'),
        b64(b'["salt","name",{"a":1,"a":2}]'),
        b64(b'["salt",' + b"[" * 99999),
        b64(b"\xff"),
        b64('["salt","name","value"]'.encode("utf-16")),
        "=",
        "",
    ],
    ids=lambda text: text[:30],
)
def test_what_is_no_disclosure_is_rejected(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_disclosure(text)


@pytest.mark.parametrize("make", [lambda n: "[" * n + "1" + "]" * n, lambda n: '{"a":' * n + "1" + "}" * n])
def test_json_is_read_to_a_fixed_depth(make: Callable[[int], str]) -> None:
    value: Any = loads(make(DEEPEST))
    for _ in range(DEEPEST - 1):
        value = value[0] if isinstance(value, list) else value["a"]
    for depth in (DEEPEST + 1, 500, 990, 100_000):
        with pytest.raises(ValueError, match="deeply"):
            loads(make(depth))
    wide = "[" + ",".join(["[]"] * 1000) + "]"
    assert len(loads(wide)) == 1000
