"""What an operator writes about providers, and what is known of common ones."""

from typing import Any

import pytest

from charter.access.claims import Rules
from charter.access.gate import open_gate
from charter.access.keys import Algorithm, KeySet
from charter.access.oidc.exchange import authentication
from charter.access.oidc.known import KNOWN, read_providers
from charter.access.oidc.metadata import Metadata, read_metadata
from charter.access.oidc.parties import open_parties
from charter.access.oidc.provider import Authentication, EmailTrust, Provider, ResponseMode
from charter.access.outbound import Unreachable
from charter.access.settings import AccessSettings
from charter.access.tokens import TokenVerifier
from tests.access.forge import key
from tests.access.oidc.parties import Heard

CLIENT = {"client_id": "shop", "client_secret": "the-secret"}
TENANT = "11111111-2222-3333-4444-555555555555"
NEEDS = {
    "microsoft": {"tenant": TENANT},
    "gitlab": {"host": "gitlab.com"},
    "keycloak": {"host": "id.example", "realm": "shop"},
    "auth0": {"host": "shop.eu.auth0.com"},
    "okta": {"host": "shop.okta.com"},
}
DOCUMENT = {
    "issuer": "https://id.example",
    "authorization_endpoint": "https://id.example/auth",
    "token_endpoint": "https://id.example/token",
    "jwks_uri": "https://id.example/keys",
}


def read(name: str, **table: Any) -> Provider:
    (provider,) = read_providers({name: {**CLIENT, **table}}, development=False)
    return provider


@pytest.mark.parametrize("name", KNOWN)
def test_a_known_provider_needs_little(name: str) -> None:
    provider = read(name, **NEEDS.get(name, {}))
    assert provider.title
    assert provider.issuer.startswith("https://")
    assert "{" not in provider.issuer
    assert provider.email is not EmailTrust.ALWAYS


@pytest.mark.parametrize(
    ("name", "issuer"),
    [
        ("google", "https://accounts.google.com"),
        ("microsoft", f"https://login.microsoftonline.com/{TENANT}/v2.0"),
        ("gitlab", "https://gitlab.com"),
        ("keycloak", "https://id.example/realms/shop"),
        ("auth0", "https://shop.eu.auth0.com/"),
        ("okta", "https://shop.okta.com"),
        ("apple", "https://appleid.apple.com"),
        ("github", "https://github.com/login/oauth"),
    ],
)
def test_issuers_are_spelt_as_their_tokens_spell_them(name: str, issuer: str) -> None:
    assert read(name, **NEEDS.get(name, {})).issuer == issuer


@pytest.mark.parametrize("tenant", ["common", "organizations", "consumers", "", "x/../y", 7])
def test_microsoft_is_one_directory(tenant: object) -> None:
    with pytest.raises(ValueError, match=r"auth\.providers\.microsoft: tenant is missing"):
        read("microsoft", tenant=tenant)


def test_a_table_of_another_name_says_its_kind() -> None:
    provider = read("staff", kind="google", title="Staff", parameters={"hd": "example.com"})
    assert (provider.name, provider.title) == ("staff", "Staff")
    assert provider.issuer == "https://accounts.google.com"
    assert provider.email is EmailTrust.HOSTED


def test_any_provider_is_known_by_its_issuer() -> None:
    provider = read("corp", issuer="https://id.example")
    assert (provider.issuer, provider.email) == ("https://id.example", EmailTrust.NEVER)
    assert provider.response_mode is ResponseMode.QUERY


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({}, "issuer is missing"),
        ({"issuer": "http://id.example"}, "https://"),
        ({"issuer": "https://user:pw@id.example"}, "no user"),
        ({"issuer": "https://id.example?x=1"}, "no query"),
        ({"issuer": "https://id.example#x"}, "fragment"),
        ({"issuer": "https://id.example", "isuer": "x"}, "did you mean"),
        ({"issuer": "https://id.example", "email": "sometimes"}, "email"),
        ({"issuer": "https://id.example", "scopes": ["email"]}, "openid"),
        ({"issuer": "https://id.example", "private_key": "x"}, "one of them is enough"),
        ({"issuer": "https://id.example", "parameters": {"state": "x"}}, "state"),
        ({"issuer": "https://id.example", "client_id": ""}, "client_id"),
        ({"kind": "myspace"}, "kind is one of"),
    ],
    ids=str,
)
def test_what_makes_no_sense_is_said_with_the_table(table: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=r"auth\.providers\.corp: ") as caught:
        read("corp", **table)
    assert said in str(caught.value)
    assert CLIENT["client_secret"] not in str(caught.value)


@pytest.mark.parametrize("name", ["", "A", "a/b", "a b", "../x", "ä", "x" * 41])
def test_a_name_is_one_for_a_path(name: str) -> None:
    with pytest.raises(ValueError, match="not a name"):
        read(name, issuer="https://id.example")


def test_a_secret_is_not_shown() -> None:
    assert CLIENT["client_secret"] not in repr(read("google"))


# -- discovery -------------------------------------------------------------------------------
def metadata(**changed: Any) -> Metadata:
    return read_metadata({**DOCUMENT, **changed}, "https://id.example", development=False)


@pytest.mark.parametrize(
    "changed",
    [
        {"issuer": "https://id.example/"},
        {"issuer": "https://evil.example"},
        {"issuer": None},
        {"authorization_endpoint": None},
        {"token_endpoint": "http://id.example/token"},
        {"token_endpoint": "file:///etc/passwd"},
        {"jwks_uri": "https://user@id.example/keys"},
        {"userinfo_endpoint": 7},
        {"code_challenge_methods_supported": ("plain",)},
        {"response_types_supported": ("id_token",)},
        {"response_types_supported": "code"},
    ],
    ids=str,
)
def test_a_discovery_document_that_cannot_be_trusted_is_refused(changed: dict[str, Any]) -> None:
    with pytest.raises(Unreachable):
        metadata(**changed)


@pytest.mark.parametrize(
    ("methods", "chosen"),
    [
        (("client_secret_post", "client_secret_basic"), Authentication.BASIC),
        (("client_secret_post",), Authentication.POST),
    ],
)
def test_the_service_authenticates_as_the_provider_can(
    methods: tuple[str, ...], chosen: Authentication
) -> None:
    about = metadata(token_endpoint_auth_methods_supported=methods)
    assert authentication(read("corp", issuer="https://id.example"), about) is chosen


def test_by_default_it_is_basic() -> None:
    provider = read("corp", issuer="https://id.example")
    assert authentication(provider, metadata()) is Authentication.BASIC


# -- what comes of the settings --------------------------------------------------------------
LOCAL = {"issuer": "http://127.0.0.1:1", "client_id": "shop"}


async def test_each_table_is_a_relying_party() -> None:
    settings = AccessSettings(providers={"google": CLIENT, "local": LOCAL})
    parties = open_parties(settings, Heard(), development=True)
    assert parties is not None
    assert list(parties.by_name) == ["google", "local"]
    await parties.close()
    assert open_parties(AccessSettings(), Heard(), development=True) is None


def test_in_production_nothing_is_asked_without_tls() -> None:
    settings = AccessSettings(
        providers={"local": LOCAL},
        issuers={"local": {"issuer": LOCAL["issuer"], "audience": "shop"}},
    )
    own = TokenVerifier(KeySet([key(Algorithm.ES256)]), Rules())
    with pytest.raises(ValueError, match=r"auth\.providers\.local: .*https://"):
        open_parties(settings, Heard(), development=False)
    with pytest.raises(ValueError, match=r"auth\.issuers\.local: .*https://"):
        open_gate(settings, own, None, development=False)
    assert open_gate(AccessSettings(), own, None, development=False) is None
