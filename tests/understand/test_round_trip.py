"""A database that Charter has made is understood as the contract that it was made for."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import pytest

from charter.language.load import load_contract
from charter.sql.ddl import create
from charter.sql.derive import schema_of
from charter.sql.mysql import MYSQL
from charter.sql.postgres import POSTGRES
from charter.sql.schema import Schema, Table
from charter.sql.sqlite import SQLITE
from charter.understand.tables import CHARTERS_OWN
from tests.support.postgres import PostgresServer
from tests.understand.places import complaints, drafted_from, mysql_database, sqlite_file

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = sorted((ROOT / "examples").glob("*/contract.py"))
T = TypeVar("T")
NAMES = [path.parent.name for path in EXAMPLES]


def of_rows(schema: Schema, *, checks: bool) -> dict[str, Table]:
    """The tables of resources and of pairs, their parts in no order.

    Rules are left out: their names come from sentences that no database keeps.
    """
    return {
        table.name: replace(
            table,
            columns=tuple(sorted(table.columns, key=lambda column: column.name)),
            checks=tuple(sorted_by_name(rule for rule in table.checks if rule.rule is None))
            if checks
            else (),
            uniques=tuple(sorted_by_name(table.uniques)),
            foreign_keys=tuple(sorted_by_name(table.foreign_keys)),
            indexes=tuple(sorted_by_name(table.indexes)),
        )
        for table in schema.tables
        if table.name not in CHARTERS_OWN
    }


def sorted_by_name(parts: Iterable[T]) -> list[T]:
    return sorted(parts, key=lambda part: str(getattr(part, "name", "")))


@pytest.mark.parametrize("example", EXAMPLES, ids=NAMES)
def test_on_postgresql_the_schema_is_the_same(
    postgres_server: PostgresServer, postgres_url: str, tmp_path: Path, example: Path
) -> None:
    wanted = schema_of(load_contract(example), POSTGRES)
    postgres_server.execute(create(wanted, POSTGRES), postgres_url.rpartition("/")[2])
    again, text, _ = drafted_from(postgres_url, tmp_path)
    found = of_rows(schema_of(again, POSTGRES), checks=True)
    assert found == of_rows(wanted, checks=True)
    assert "table=" not in text
    files = tmp_path / "files"
    files.mkdir()
    assert complaints([text], files) == ""


@pytest.mark.parametrize("example", EXAMPLES, ids=NAMES)
def test_on_mysql_all_is_the_same_that_its_types_tell(
    mysql_url: str, tmp_path: Path, example: Path
) -> None:
    """Its checks are spelt otherwise than they were written."""
    wanted = schema_of(load_contract(example), MYSQL)
    mysql_database(mysql_url, create(wanted, MYSQL))
    again, text, _ = drafted_from(mysql_url, tmp_path)
    assert of_rows(schema_of(again, MYSQL), checks=False) == of_rows(wanted, checks=False)
    assert "table=" not in text


@pytest.mark.parametrize("example", EXAMPLES, ids=NAMES)
def test_on_sqlite_all_is_the_same_that_its_types_tell(tmp_path: Path, example: Path) -> None:
    """Its integers and texts also hold decimals, times and UUIDs: a schema does not say which."""
    wanted = schema_of(load_contract(example), SQLITE)
    again, _, _ = drafted_from(sqlite_file(tmp_path, create(wanted, SQLITE)), tmp_path)
    assert of_rows(schema_of(again, SQLITE), checks=False) == of_rows(wanted, checks=False)
