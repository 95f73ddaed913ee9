"""The token endpoint: how the service shows who it is, and what it takes as an answer."""

import json
from base64 import b64decode
from typing import Any
from urllib.parse import parse_qs

import pytest

from charter.access.jwks import public_jwks, read_published
from charter.access.keyfiles import pem_key
from charter.access.keys import BadKey
from charter.access.oidc.exchange import (
    APPLE,
    CannotAuthenticate,
    Declined,
    read_tokens,
    signing_key,
    token_request,
)
from charter.access.oidc.known import read_providers
from charter.access.oidc.metadata import Metadata
from charter.access.oidc.provider import Provider
from charter.access.outbound import Outgoing, Reply, Unreachable
from charter.access.tokens import signed_claims
from tests.access.forge import NOW
from tests.support.oidc.provider import CLIENT_KEY

ISSUER = "https://id.example"
METHODS = frozenset({"client_secret_basic"})
METADATA = Metadata(ISSUER, "", f"{ISSUER}/token", None, None, METHODS, True)
PEM = CLIENT_KEY.as_pem(private=True).decode()
PUBLIC = CLIENT_KEY.as_pem(private=False).decode()


def request(provider: Provider) -> Outgoing:
    return token_request(provider, METADATA, {"code": "the code"}, NOW)


def sent(outgoing: Outgoing) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(outgoing.body.decode()).items()}


def claims_of(assertion: str) -> Any:
    keys = read_published(public_jwks([pem_key(PEM.encode(), "test")]), "test")
    return signed_claims(assertion, keys, frozenset({"jwt"}))


def test_basic_authentication_writes_names_as_a_form_does() -> None:
    """RFC 6749, section 2.3.1: a colon or a space in either is no end of it."""
    outgoing = request(Provider("x", ISSUER, "a:b", "c d%"))
    scheme, _, pair = outgoing.headers["authorization"].partition(" ")
    assert (scheme, b64decode(pair)) == ("Basic", b"a%3Ab:c+d%25")
    assert sent(outgoing) == {"code": "the code"}


def test_a_public_client_has_a_name_only() -> None:
    outgoing = request(Provider("x", ISSUER, "shop"))
    assert sent(outgoing) == {"code": "the code", "client_id": "shop"}
    assert "authorization" not in outgoing.headers


def test_an_assertion_is_for_the_issuer_alone_and_short_lived() -> None:
    fields = sent(request(Provider("x", ISSUER, "shop", private_key=PEM, key_id="k")))
    claims = claims_of(fields["client_assertion"])
    assert (claims["iss"], claims["sub"], claims["aud"]) == ("shop", "shop", ISSUER)
    assert claims["exp"] - NOW == 60
    again = sent(request(Provider("x", ISSUER, "shop", private_key=PEM, key_id="k")))
    assert claims_of(again["client_assertion"])["jti"] != claims["jti"]


def test_apples_client_secret_is_a_token_signed_with_the_teams_key() -> None:
    table = {"client_id": "shop", "team_id": "TEAM", "key_id": "KEY", "private_key": PEM}
    (apple,) = read_providers({"apple": table}, development=False)
    fields = sent(request(apple))
    claims = claims_of(fields["client_secret"])
    assert (claims["iss"], claims["sub"], claims["aud"]) == ("TEAM", "shop", APPLE)
    head = fields["client_secret"].partition(".")[0]
    assert json.loads(b64decode(head + "==")) == {"alg": "ES256", "kid": "KEY"}


@pytest.mark.parametrize("key", [PUBLIC, "nonsense", '{"kty":"oct","k":"' + "A" * 43 + '"}'])
def test_a_key_that_cannot_sign_is_refused_unseen(key: str) -> None:
    with pytest.raises(BadKey, match=r"auth\.providers\.x: private_key") as caught:
        signing_key(Provider("x", ISSUER, "shop", private_key=key))
    assert key not in str(caught.value)


def test_what_a_provider_cannot_take_is_said() -> None:
    metadata = Metadata(ISSUER, "", "", None, None, frozenset({"tls_client_auth"}), True)
    with pytest.raises(CannotAuthenticate, match=r"auth\.providers\.x"):
        token_request(Provider("x", ISSUER, "shop", "s"), metadata, {}, NOW)


# -- answers ---------------------------------------------------------------------------------
def answered(status: int = 200, **members: Any) -> Reply:
    return Reply(status, {}, json.dumps(members).encode())


def test_an_answer_has_an_access_token_and_perhaps_an_id_token() -> None:
    good: dict[str, Any] = {"access_token": "a", "token_type": "bearer"}
    assert read_tokens(answered(**good)).identity is None
    tokens = read_tokens(answered(**good, id_token="b"))
    assert (tokens.access, tokens.identity) == ("a", "b")
    assert "'a'" not in repr(tokens)


@pytest.mark.parametrize(
    "reply",
    [
        answered(),
        answered(access_token="a"),
        answered(access_token="a", token_type="DPoP"),
        answered(access_token="", token_type="Bearer"),
        answered(access_token=7, token_type="Bearer"),
        answered(access_token="a" * 16_385, token_type="Bearer"),
        answered(access_token="a", token_type="Bearer", id_token=7),
        answered(500, error="server_error"),
        answered(302),
        Reply(200, {}, b"access_token=a&token_type=bearer"),
        Reply(200, {}, b"[]"),
        Reply(200, {}, b""),
    ],
    ids=range(12),
)
def test_what_is_no_answer_of_a_token_endpoint_is_not_used(reply: Reply) -> None:
    with pytest.raises(Unreachable):
        read_tokens(reply)


@pytest.mark.parametrize("status", [200, 400, 401])
def test_an_error_is_an_error_whatever_its_status(status: int) -> None:
    with pytest.raises(Declined) as caught:
        read_tokens(answered(status, error="invalid_grant", access_token="a", token_type="x"))
    assert caught.value.error == "invalid_grant"


def test_an_error_that_is_none_is_not_repeated() -> None:
    with pytest.raises(Declined) as caught:
        read_tokens(answered(400, error="Invalid\r\nlog line"))
    assert "log line" not in str(caught.value)
