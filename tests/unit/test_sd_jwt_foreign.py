"""A foreign SD-JWT library reads our statements, whole and cut down, and refuses one that was altered."""

from typing import Any

import pytest
from jwcrypto.jwk import JWK
from jwcrypto.jws import InvalidJWSSignature
from sd_jwt.verifier import SDJWTVerifier

from broker.registry import KeyUse
from broker.schemas.catalogue import CATALOGUE
from broker.schemas.message import Flow
from broker.statement import Statement, b64, dumps, loads, unb64, verify
from tests.fixed import private
from tests.make_golden import issuer, statements
from tests.personas import Json

each_flow = pytest.mark.parametrize("flow", CATALOGUE, ids=lambda flow: flow.name)
ABOUT = ("iss", "jti", "sub", "own", "iat", "vct", "basis")


def _ours(text: str, flow: Flow) -> Statement:
    return verify(text, key=private(issuer(flow), KeyUse.SIGN), alg="Ed25519", flow=flow)


def _foreign(text: str, flow: Flow) -> Json:
    key = JWK(**private(issuer(flow), KeyUse.SIGN).as_dict(private=False))

    def key_of(who: str, header: Any) -> Any:  # noqa: ANN401 - the library has no types
        assert (who, header["alg"]) == (issuer(flow), "Ed25519")
        return key

    read: Json = SDJWTVerifier(text, key_of).get_verified_payload()
    return read


@each_flow
def test_it_reads_the_same_in_a_whole_statement(flow: Flow) -> None:
    for text in statements(flow):
        ours = _ours(text, flow)
        about = {name: ours.claims[name] for name in ABOUT}
        read = _foreign(text, flow)
        to = sorted(read.pop("to"), key=lambda line: str(line["organisation"]))
        assert to == sorted(ours.to, key=lambda line: str(line["organisation"]))
        assert read == {**about, **ours.content}


@each_flow
def test_it_reads_the_same_in_a_statement_that_was_cut_down(flow: Flow) -> None:
    whole = _ours(statements(flow)[0], flow)
    fields = frozenset(sorted(whole.content)[::2])
    addressee = whole.to[0]["organisation"] if whole.to else ""
    read = _foreign(whole.cut(fields=fields, addressee=addressee), flow)
    about = {name: whole.claims[name] for name in ABOUT}
    to = [line for line in whole.to if line["organisation"] == addressee]
    assert read == {**about, "to": to, **{name: whole.content[name] for name in fields}}


@each_flow
def test_it_drops_a_value_that_the_sender_did_not_sign(flow: Flow) -> None:
    """The standard says that a disclosure without a digest is not part of the statement; we refuse the whole."""
    signed, first, *rest = statements(flow)[0].split("~")
    salt, name, _ = loads(unb64(first))
    altered = b64(dumps([salt, name, "altered"]).encode())
    assert name not in _foreign("~".join([signed, altered, *rest]), flow)


def test_it_refuses_a_signature_of_somebody_else() -> None:
    flow = CATALOGUE[0]
    signed, *rest = statements(flow)[0].split("~")
    head, payload, _ = signed.split(".")
    _, _, other = statements(flow)[1].split("~")[0].split(".")
    with pytest.raises(InvalidJWSSignature):
        _foreign("~".join([f"{head}.{payload}.{other}", *rest]), flow)
