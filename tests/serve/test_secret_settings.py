"""Settings that are secrets may name where they are kept; what goes wrong shows none of them."""

import json
from pathlib import Path

import pytest

from charter.serve.settings.configure import BadSettings, configure
from charter.serve.settings.options import OPTIONS, Option

SECRET = "correct horse battery staple, twice over"
GOOD = {"rates.store": "redis://:password@127.0.0.1:1"}
"""Values of settings that are not any text."""
TEXTS = [option for option in OPTIONS if option.secret and option.kind is str]


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def faults(environment: dict[str, str]) -> str:
    with pytest.raises(BadSettings) as caught:
        configure({}, environment)
    return "\n".join(caught.value.messages)


@pytest.mark.parametrize("option", TEXTS, ids=lambda option: option.name)
def test_every_secret_setting_may_name_where_it_is_kept(option: Option) -> None:
    value = GOOD.get(option.name, SECRET)
    Path("secret").write_text(value + "\n")
    for address in ("env:KEPT", "file:secret"):
        found = configure({}, {option.variable: address, "KEPT": value})
        assert found.value(option) == value
        assert found.sources[option.name] == option.variable
        assert value not in repr(found.settings)


def test_it_may_be_named_in_the_file_and_on_the_command_line() -> None:
    Path("charter.toml").write_text('[auth]\nsecret = "env:KEPT"\n')
    assert configure({}, {"KEPT": SECRET}).settings.auth.secret == SECRET
    given = configure({"auth.secret": "env:OTHER"}, {"KEPT": "x", "OTHER": SECRET})
    assert given.settings.auth.secret == SECRET


def test_a_secret_that_cannot_be_had_is_said_with_the_setting() -> None:
    said = faults({"CHARTER_AUTH_SECRET": "env:NOTHING", "CHARTER_DATABASE": "file:/nonexistent"})
    assert "CHARTER_AUTH_SECRET: env:NOTHING: the environment variable is not set" in said
    assert "CHARTER_DATABASE: file:/nonexistent: No such file or directory" in said


@pytest.mark.parametrize("option", TEXTS, ids=lambda option: option.name)
def test_a_secret_that_is_not_good_is_not_shown(option: Option) -> None:
    bad = "sh0rt\0secret"
    said = faults({option.variable: "env:KEPT", "KEPT": bad})
    assert option.variable in said
    assert "sh0rt" not in said


def test_other_settings_name_nothing() -> None:
    found = configure({}, {"CHARTER_AUTH_AUDIENCE": "env:KEPT", "KEPT": SECRET})
    assert found.settings.auth.audience == "env:KEPT"


# -- tables ----------------------------------------------------------------------------------
def test_providers_and_issuers_are_tables_with_secrets_inside() -> None:
    Path("charter.toml").write_text(
        '[auth.providers.google]\nclient_id = "shop"\nclient_secret = "env:KEPT"\n'
        '[auth.issuers.corp]\nissuer = "https://id.example"\naudience = "shop"\n'
    )
    auth = configure({}, {"KEPT": SECRET}).settings.auth
    assert auth.providers == {"google": {"client_id": "shop", "client_secret": SECRET}}
    assert auth.issuers == {"corp": {"issuer": "https://id.example", "audience": "shop"}}
    assert SECRET not in repr(auth)


def test_in_one_text_they_are_json() -> None:
    tables = {"google": {"client_id": "shop", "client_secret": "env:KEPT"}}
    given = {"CHARTER_AUTH_PROVIDERS": json.dumps(tables), "KEPT": SECRET}
    auth = configure({}, given).settings.auth
    assert auth.providers == {"google": {"client_id": "shop", "client_secret": SECRET}}


@pytest.mark.parametrize(
    ("variable", "text", "said"),
    [
        ("CHARTER_AUTH_PROVIDERS", "nonsense", "tables by their names"),
        ("CHARTER_AUTH_PROVIDERS", "[]", "tables by their names"),
        ("CHARTER_AUTH_PROVIDERS", '{"google":7}', "tables by their names"),
        ("CHARTER_AUTH_PROVIDERS", '{"google":{}}', "auth.providers.google: client_id"),
        ("CHARTER_AUTH_ISSUERS", "nonsense", "tables by their names"),
        ("CHARTER_AUTH_ISSUERS", '{"a":{"issuer":"https://a.example"}}', "audience is missing"),
        (
            "CHARTER_AUTH_PROVIDERS",
            '{"google":{"client_id":"a","client_secret":"env:NOTHING"}}',
            "CHARTER_AUTH_PROVIDERS: env:NOTHING",
        ),
    ],
)
def test_tables_that_cannot_be_used_are_said(variable: str, text: str, said: str) -> None:
    message = faults({variable: text})
    assert message.startswith(variable)
    assert said in message


def test_two_tables_for_one_issuer_are_refused() -> None:
    table = {"issuer": "https://id.example", "audience": "shop"}
    given = {"CHARTER_AUTH_ISSUERS": json.dumps({"a": table, "b": table})}
    assert "this issuer is set already" in faults(given)
    own = {"CHARTER_AUTH_ISSUERS": json.dumps({"a": table}), "CHARTER_AUTH_ISSUER": table["issuer"]}
    assert "this issuer is set already" in faults(own)
