"""Which database a URL names."""

from pathlib import Path

import pytest

from charter.store.address import (
    Dialect,
    dialect_of,
    each_host,
    mysql_parts,
    postgresql_dsn,
    shown,
    sqlite_path,
)
from charter.store.errors import MissingDriver, Unavailable
from charter.store.open import open_database
from charter.store.settings import StoreSettings

SECRET = "hunter2"


@pytest.mark.parametrize(
    ("url", "dialect"),
    [
        ("sqlite:///shop.db", Dialect.SQLITE),
        ("postgresql://localhost/shop", Dialect.POSTGRESQL),
        ("postgres://localhost/shop", Dialect.POSTGRESQL),
        ("mysql://localhost/shop", Dialect.MYSQL),
        ("mariadb://localhost/shop", Dialect.MYSQL),
    ],
)
def test_the_scheme_tells_the_dialect(url: str, dialect: Dialect) -> None:
    assert dialect_of(url) is dialect


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("sqlite:///shop.db", Path("shop.db")),
        ("sqlite:///data/shop.db", Path("data/shop.db")),
        ("sqlite:////var/lib/shop.db", Path("/var/lib/shop.db")),
        ("sqlite:///a%20b%3F.db", Path("a b?.db")),
        ("sqlite:///:memory:", None),
    ],
)
def test_three_slashes_are_relative_and_four_absolute(url: str, path: Path | None) -> None:
    assert sqlite_path(url) == path


@pytest.mark.parametrize(
    "url",
    [
        "",
        "shop.db",
        "oracle://root:hunter2@localhost/shop",
        "mysql://root:hunter2@localhost",
        "mysql://root:hunter2@localhost:0/shop",
        "mysql://root:hunter2@localhost:x/shop",
        "mysql://root:hunter2@/shop",
        "mysql://root:hunter2@localhost/shop?tls=no",
        "mysql://root:hunter2@localhost/shop?password=hunter2",
        "sqlite://",
        "sqlite:///",
        "sqlite://shop.db",
        "sqlite:///shop.db?mode=ro",
        "sqlite:///a%00b",
        "postgresql://",
        "postgresql:///shop",
        f"postgresql://ann:{SECRET}@[half/shop",
        f"postgresql://ann:{SECRET}@localhost:port/shop",
        f"postgresql://ann:{SECRET}@localhost:70000/shop",
        f"postgresql://ann:{SECRET}@localhost:0/shop",
    ],
)
def test_a_bad_url_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(ValueError, match=r"URL|kind of database") as caught:
        open_database(url)
    assert SECRET not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_url_is_shown_without_password_and_parameters() -> None:
    url = f"postgresql://ann:{SECRET}@db.example:5433/shop?password={SECRET}"
    assert shown(url) == "postgresql://ann@db.example:5433/shop"
    assert SECRET not in shown(f"postgresql://ann:{SECRET}@[half/shop")
    assert postgresql_dsn(url) == url


async def test_a_server_that_is_not_there_is_unavailable_and_the_password_unseen() -> None:
    url = f"postgresql://ann:{SECRET}@127.0.0.1:1/shop"
    database = open_database(url, StoreSettings(pool_timeout=0.1))
    with pytest.raises(Unavailable) as caught:
        await database.open()
    assert SECRET not in str(caught.value)


async def test_a_file_that_cannot_be_is_unavailable(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path}/missing/shop.db")
    with pytest.raises(Unavailable):
        await database.open()


async def test_a_file_that_is_no_database_is_unavailable(tmp_path: Path) -> None:
    path = tmp_path / "shop.db"
    path.write_bytes(b"this is not a database" * 100)
    with pytest.raises(Unavailable):
        await open_database(f"sqlite:///{path}").open()


def test_a_missing_driver_is_named_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("charter.store.open.find_spec", lambda name: None)
    with pytest.raises(MissingDriver, match=r'pip install "charter\[postgres\]"'):
        open_database("postgresql://localhost/shop")


def test_mysql_without_its_driver_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("charter.store.open.find_spec", lambda _: None)
    with pytest.raises(MissingDriver, match=r'pip install "charter\[mysql\]"'):
        open_database("mysql://localhost/shop")


def test_a_mysql_url_has_its_parts_unquoted() -> None:
    parts = mysql_parts("mysql://a%40b:p%2Fq@host:3307/my%20shop?socket=/run/s&tls=verify")
    tls = parts.pop("tls")
    assert tls.check_hostname
    assert parts == {
        "host": "host",
        "port": 3307,
        "user": "a@b",
        "password": "p/q",
        "database": "my shop",
        "socket": "/run/s",
    }


async def test_memory_is_a_file_that_goes() -> None:
    database = open_database("sqlite:///:memory:")
    await database.open()
    await database.script("CREATE TABLE t (id integer)")
    await database.close()
    await database.open()
    await database.script("CREATE TABLE t (id integer)")
    await database.close()


@pytest.mark.parametrize(
    "wrong",
    [
        {"pool_size": 0},
        {"streams": -1},
        {"lock_timeout": 0.0},
        {"statement_timeout": float("nan")},
        {"isolation": "chaos"},
    ],
)
def test_settings_that_make_no_sense_are_refused(wrong: dict[str, object]) -> None:
    [name] = wrong
    with pytest.raises(ValueError, match=name):
        StoreSettings(**wrong)  # type: ignore[arg-type]


def test_a_postgresql_url_can_name_several_hosts() -> None:
    url = f"postgresql://ann:{SECRET}@db1:5433,[::1]:5434,db3/shop?target_session_attrs=read-write"
    assert postgresql_dsn(url) == url
    assert shown(url) == "postgresql://ann@db1:5433,[::1]:5434,db3/shop"
    assert each_host(url) == [
        f"postgresql://ann:{SECRET}@{host}/shop?target_session_attrs=read-write"
        for host in ("db1:5433", "[::1]:5434", "db3")
    ]


@pytest.mark.parametrize("hosts", ["a,,b", "a:1,b:70000", "a:1,b:x", ",a"])
def test_each_of_several_hosts_has_to_be_one(hosts: str) -> None:
    with pytest.raises(ValueError, match=r"names no host|port") as refused:
        postgresql_dsn(f"postgresql://ann:{SECRET}@{hosts}/shop")
    assert SECRET not in str(refused.value)
