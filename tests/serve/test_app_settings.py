"""Settings: where they come from, which source wins, and what is said of bad ones."""

import dataclasses
from pathlib import Path

import pytest

from charter.access.settings import AccessSettings
from charter.serve.settings.configure import DEFAULT, BadSettings, configure
from charter.serve.settings.model import ServeSettings
from charter.serve.settings.options import OPTIONS, SECTIONS, VALUE_KINDS, Option, explanation
from charter.store.settings import StoreSettings


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def toml(text: str, name: str = "charter.toml") -> Path:
    path = Path(name)
    path.write_text(text, encoding="utf-8")
    return path


def faults(
    flags: dict[str, str] | None = None,
    environment: dict[str, str] | None = None,
    file: Path | None = None,
) -> tuple[str, ...]:
    with pytest.raises(BadSettings) as caught:
        configure(flags or {}, environment or {}, file)
    return caught.value.messages


def test_flags_come_before_environment_before_file_before_defaults() -> None:
    toml('port = 1\nhost = "::1"\nworkers = 2\n[store]\npool_size = 3\n')
    environment = {"CHARTER_PORT": "4", "CHARTER_HOST": "127.0.0.1"}
    found = configure({"port": "5"}, environment)
    serve = found.settings.serve
    assert (serve.port, serve.host, serve.workers) == (5, "127.0.0.1", 2)
    assert found.settings.store.pool_size == 3
    assert found.settings.store.queue_size == StoreSettings().queue_size
    sources = [found.sources[name] for name in ("port", "host", "workers", "store.pool_size")]
    assert sources == [
        "--port",
        "CHARTER_HOST",
        "charter.toml: workers",
        "charter.toml: store.pool_size",
    ]
    assert found.sources["store.queue_size"] == DEFAULT


def test_every_kind_of_value_is_read_from_text_and_from_toml(tmp_path: Path) -> None:
    texts = {
        "CHARTER_MAX_BODY": "10",
        "CHARTER_BODY_TIMEOUT": "1.5",
        "CHARTER_DOCS": "off",
        "CHARTER_LOG_LEVEL": "debug",
        "CHARTER_AUTH_KEYS": "keys.json",
        "CHARTER_AUTH_AUDIENCE": "shop",
        "CHARTER_ALLOWED_HOSTS": "a.example, .b.example",
        "CHARTER_CORS_METHODS": " ",
    }
    file = toml(
        'max_body = 10\nbody_timeout = 1.5\ndocs = false\nlog_level = "debug"\n'
        'allowed_hosts = ["a.example", ".b.example"]\n'
        '[auth]\nkeys = "keys.json"\naudience = "shop"\n[cors]\nmethods = []\n',
        "other.toml",
    )
    assert configure({}, texts).settings == configure({}, {}, file).settings
    settings = configure({}, texts).settings
    assert settings.serve == ServeSettings(
        max_body=10,
        body_timeout=1.5,
        docs=False,
        log_level=settings.serve.log_level,
        allowed_hosts=("a.example", ".b.example"),
    )
    assert settings.cors.methods == ()
    assert settings.auth == AccessSettings(keys_file=Path("keys.json"), audience="shop")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("prot = 1", ["charter.toml", "'prot'", "did you mean port"]),
        ("[store]\npool_sise = 1", ["'store.pool_sise'", "did you mean store.pool_size"]),
        ("[serve]\nport = 1", ["no setting 'serve'"]),
        ('port = "many"', ["charter.toml: port", "whole number", "'many'"]),
        ("allowed_hosts = 1", ["charter.toml: allowed_hosts", "list of texts"]),
        ('allowed_hosts = ["a", 1]', ["charter.toml: allowed_hosts", "list of texts"]),
        ('allowed_hosts = "a,,b"', ["charter.toml: allowed_hosts", "list of texts"]),
        ("port = true", ["charter.toml: port", "whole number"]),
        ("port = 1.5", ["charter.toml: port", "whole number"]),
        ("docs = 1", ["charter.toml: docs", "true or false"]),
        ("body_timeout = nan", ["charter.toml: body_timeout", "a number"]),
        ("host = 1", ["charter.toml: host", "a text"]),
        ("port = 70000", ["charter.toml: port", "65535"]),
        ("port = ", ["charter.toml"]),
        ("[store]\npool_size = 0", ["charter.toml: store.pool_size", "at least 1"]),
        ("[auth]\nleeway = 9999", ["charter.toml: auth.leeway", "300"]),
    ],
)
def test_a_bad_file_is_an_error_that_names_the_setting(text: str, words: list[str]) -> None:
    toml(text)
    (message,) = faults()
    assert all(word in message for word in words), message


def test_all_that_is_wrong_is_said_at_once_each_with_its_source() -> None:
    messages = faults(
        {"port": "x", "max_body": "-1"},
        {"CHARTER_WORKRES": "2", "CHARTER_LOG_LEVEL": "loud", "PATH": "/bin"},
    )
    text = "\n".join(messages)
    assert len(messages) == 4
    assert "--port: " in text
    assert "--max-body: max_body must be from 0" in text
    assert "CHARTER_WORKRES: there is no such setting; did you mean CHARTER_WORKERS?" in text
    assert "CHARTER_LOG_LEVEL: one of debug, info, warning, error" in text


def test_a_secret_is_never_in_an_error() -> None:
    messages = faults({}, {"CHARTER_AUTH_SECRET": "hush\0hush", "CHARTER_CURSOR_KEY": "hush"})
    assert "hush" not in "\n".join(messages)


def test_a_file_that_is_named_must_be_there() -> None:
    (message,) = faults(file=Path("missing.toml"))
    assert message.startswith("missing.toml: ")
    assert configure({}, {}).settings.serve == ServeSettings()


@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.name)
def test_every_setting_is_explained_and_can_be_given(option: Option) -> None:
    assert explanation(option), f"write below {option.section}.{option.field} what it is"
    assert option.kind in VALUE_KINDS or option.choices


def test_no_two_settings_have_one_name() -> None:
    count = sum(len(dataclasses.fields(cls)) for cls in SECTIONS.values())
    for names in (
        {o.name for o in OPTIONS},
        {o.flag for o in OPTIONS},
        {o.variable for o in OPTIONS},
    ):
        assert len(names) == count


@pytest.mark.parametrize(
    ("host", "production", "expected"),
    [
        ("127.0.0.1", None, False),
        ("::1", None, False),
        ("0.0.0.0", None, True),  # noqa: S104
        ("0.0.0.0", False, False),  # noqa: S104
        ("127.0.0.1", True, True),
    ],
)
def test_development_is_for_loopback_unless_it_is_asked_for(
    host: str, production: bool | None, expected: bool
) -> None:
    assert ServeSettings(host=host, production=production).in_production is expected
