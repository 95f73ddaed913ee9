"""Secrets come from real stores, and failures never show one."""

import secrets
from collections.abc import Mapping
from typing import Any

import pytest
from botocore.session import get_session

from charter.access.secrets.reference import SecretError
from charter.access.secrets.resolve import resolved
from tests.support.bao import ROOT, Bao

SECRET = "s3cr3t-" + secrets.token_hex(8)
AS_ROOT = {"VAULT_TOKEN": ROOT}


def failure(text: str, environment: Mapping[str, str]) -> str:
    with pytest.raises(SecretError) as caught:
        resolved(text, environment)
    said = str(caught.value)
    assert SECRET not in said
    for value in environment.values():
        assert value not in said
    return said


# -- Vault -----------------------------------------------------------------------------------
@pytest.fixture(scope="session")
def vault(bao: Bao) -> Bao:
    """Both versions of the key-value engine, a mount with a slash, and a role that may read."""
    bao.ask("POST", "sys/mounts/old", {"type": "kv", "options": {"version": "1"}})
    bao.ask("POST", "sys/mounts/team/shop", {"type": "kv", "options": {"version": "2"}})
    bao.ask("POST", "secret/data/shop", {"data": {"key": SECRET, "other": "x"}})
    bao.ask("POST", "secret/data/deep/in/it", {"data": {"only": SECRET}})
    bao.ask("POST", "secret/data/odd", {"data": {"number": 7}})
    bao.ask("POST", "old/shop", {"key": SECRET})
    bao.ask("POST", "team/shop/data/prod", {"data": {"key": SECRET}})
    rules = 'path "secret/data/shop" { capabilities = ["read"] }'
    bao.ask("POST", "sys/policies/acl/shop", {"policy": rules})
    bao.ask("POST", "sys/auth/approle", {"type": "approle"})
    bao.ask("POST", "auth/approle/role/shop", {"token_policies": "shop"})
    return bao


@pytest.mark.parametrize(
    "path", ["secret/shop#key", "secret/shop?key=key", "secret/deep/in/it", "old/shop#key",
             "team/shop/prod#key"],
)  # fmt: skip
def test_vault_gives_a_member_of_a_secret(vault: Bao, path: str) -> None:
    assert resolved(f"vault://{vault.host}/{path}", AS_ROOT) == SECRET


def test_the_address_of_vault_may_come_from_the_environment(vault: Bao) -> None:
    there = {**AS_ROOT, "VAULT_ADDR": f"http://{vault.host}/"}
    assert resolved("vault:///secret/shop#key", there) == SECRET
    assert "VAULT_ADDR" in failure("vault:///secret/shop#key", AS_ROOT)


def test_a_role_signs_in_and_sees_what_it_may(vault: Bao) -> None:
    role = vault.ask("GET", "auth/approle/role/shop/role-id")["data"]["role_id"]
    made = vault.ask("POST", "auth/approle/role/shop/secret-id")["data"]["secret_id"]
    as_role = {"VAULT_ROLE_ID": role, "VAULT_SECRET_ID": made}
    assert resolved(f"vault://{vault.host}/secret/shop#key", as_role) == SECRET
    said = failure(f"vault://{vault.host}/secret/deep/in/it", as_role)
    assert "permission is denied" in said
    wrong = {**as_role, "VAULT_SECRET_ID": "wrong-secret-id"}
    assert "refused" in failure(f"vault://{vault.host}/secret/shop#key", wrong)


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("secret/shop", "has several members"),
        ("secret/shop#nothing", "has no member 'nothing'"),
        ("secret/odd#number", "that is a text"),
        ("secret/nothing#key", "is not there"),
        ("nowhere/shop#key", "permission is denied"),
        ("secret/../sys/raw#key", "vault://"),
    ],
)
def test_what_vault_does_not_have_is_said(vault: Bao, path: str, said: str) -> None:
    assert said in failure(f"vault://{vault.host}/{path}", AS_ROOT)


def test_a_wrong_token_is_said(vault: Bao) -> None:
    there = f"vault://{vault.host}/secret/shop#key"
    assert "permission is denied" in failure(there, {"VAULT_TOKEN": "not-a-token"})
    assert "set VAULT_TOKEN" in failure(there, {})


def test_a_vault_that_is_away_is_said() -> None:
    said = failure("vault://127.0.0.1:1/secret/shop#key", AS_ROOT)
    assert said == "vault://127.0.0.1:1/secret/shop: 127.0.0.1 cannot be asked (ConnectError)"


def test_a_vault_elsewhere_is_asked_over_https_only() -> None:
    there = {**AS_ROOT, "VAULT_ADDR": "http://vault.example:8200"}
    assert "cannot be asked" in failure("vault:///secret/shop#key", there)


# -- AWS -------------------------------------------------------------------------------------
@pytest.fixture
def aws(aws_server: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A client of the server, which the environment names for everybody."""
    for name, value in {
        "AWS_ENDPOINT_URL": aws_server,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing-key",
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_CONFIG_FILE": "/nonexistent",
        "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent",
    }.items():
        monkeypatch.setenv(name, value)
    return get_session().create_client("secretsmanager")


def test_aws_gives_a_secret_or_a_member_of_it(aws: Any) -> None:
    name = f"shop/{secrets.token_hex(4)}"
    made = aws.create_secret(Name=name, SecretString=SECRET)
    assert resolved(f"aws-sm://{name}", {}) == SECRET
    assert resolved(f"aws-sm://{made['ARN']}", {}) == SECRET
    assert resolved(f"aws-sm://{name}?region=eu-central-1", {}) == SECRET
    assert "is not there" in failure(f"aws-sm://{name}?region=us-east-1", {})
    members = f"shop/{secrets.token_hex(4)}"
    aws.create_secret(Name=members, SecretString=f'{{"key":"{SECRET}","n":7}}')
    assert resolved(f"aws-sm://{members}?key=key", {}) == SECRET
    assert resolved(f"aws-sm://{members}#key", {}) == SECRET
    assert "has no member 'n'" in failure(f"aws-sm://{members}#n", {})
    assert "has no members" in failure(f"aws-sm://{name}#key", {})


def test_what_aws_does_not_have_is_said(aws: Any) -> None:
    assert "is not there" in failure("aws-sm://nothing/here", {})
    name = f"shop/{secrets.token_hex(4)}"
    aws.create_secret(Name=name, SecretBinary=b"\x00")
    assert "binary" in failure(f"aws-sm://{name}", {})


def test_an_aws_that_is_away_is_said(aws: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    said = failure("aws-sm://shop", {})
    assert said == "aws-sm://shop: AWS cannot be asked (EndpointConnectionError)"
