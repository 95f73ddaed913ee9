"""Any contract to any other: the schema is as a fresh one, no row is lost, and the way back."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, Phase, assume, event, given, settings
from hypothesis import strategies as st

from charter.contract.contract import Contract
from charter.contract.types import Scalar
from charter.migrate.faults import CHANGE_UNSUPPORTED, FILL_MISSING, MigrationFault
from charter.migrate.migration import Change
from charter.migrate.objects import COLUMN
from charter.migrate.planning import APART, Said, change_of
from charter.migrate.renames import Answers
from charter.migrate.wanted import wanted
from charter.sql.derive import schema_of
from charter.sql.dialect import Dialect
from charter.sql.feasible import infeasible
from charter.sql.indexed import indexed_names
from charter.sql.mysql import MYSQL
from tests.migrate.runner import Blocked, Content, Stuck, content, down, put_in, unlike, up
from tests.migrate.walks import contracts, renamed, rows_of
from tests.sql.schema.databases import LiveDatabase, MysqlDatabase, PostgresDatabase, SqliteDatabase
from tests.support.mysql import MysqlServer
from tests.support.postgres import PostgresServer

Names = Mapping[str, str]
EXAMPLES = int(os.environ.get("CHARTER_WALKS", "15"))


@st.composite
def walks(draw: st.DrawFn) -> tuple[Contract, Contract]:
    before, after = draw(contracts()), draw(contracts())
    return before, renamed(after, before, draw)


def plan(before: Contract, after: Contract, dialect: Dialect) -> Change | None:
    """The plan, with all questions answered: what goes is another than what comes."""
    state = wanted(before, dialect, APART).objects
    columns = [name for name in state if name.kind == COLUMN]
    drops = {name.table for name in columns} | {f"{n.table}.{n.name}" for n in columns}
    fills: dict[str, str] = {}
    said = Said(Answers(drops=frozenset(drops)))
    try:
        return change_of(after, state, dialect.name, said)
    except MigrationFault as fault:
        if fault.code is not FILL_MISSING:
            raise
        names = fault.message.partition("for ")[2].partition(":")[0].split(", ")
        types = wanted(after, dialect, APART).types
        for name in names:
            table, _, column = name.rpartition(".")
            fills[name] = SAMPLES[types[table, column].scalar]
            if types[table, column].many:
                fills[name] = "[]"
    return change_of(after, state, dialect.name, Said(said.answers, fills))


SAMPLES = {
    "text": "ab", "integer": "1", "boolean": "true", "float": "1.5", "decimal": "1", "uuid":
    "00000000-0000-0000-0000-000000000001", "date": "2021-02-03", "email": "a@example.com",
    "datetime": "2021-02-03T04:05:06+00:00", "choice": "a", "json": "{}", "url": "https://a.example",
}  # fmt: skip


def walk(database: LiveDatabase, before: Contract, after: Contract, seed: int) -> None:
    dialect = database.dialect
    put_in(database, before, rows_of(before, seed))
    rows = content(database)
    change = plan(before, after, dialect)
    if change is None:
        assert unlike(database, schema_of(after, dialect)) == []
        event("nothing to do")
        return
    names = {item.was: item.table for item in after.resources if item.was}
    try:
        up(database, change.steps)
    except Stuck as stuck:
        event(f"stuck: {stuck.step.name.split()[0]}")
        return
    except Blocked as blocked:
        event(f"blocked up: {blocked.step.name.split()[0]}")
        assert unlike(database, schema_of(before, dialect)) == []
        assert_kept(rows, content(database), change, {}, both=False)
        return
    assert unlike(database, schema_of(after, dialect)) == []
    assert_kept(rows, content(database), change, names, both=False)
    try:
        down(database, change.steps)
    except Blocked as blocked:
        event(f"blocked down: {blocked.step.name.split()[0]}")
        assert unlike(database, schema_of(after, dialect)) == []
        return
    event("up and down")
    assert unlike(database, schema_of(before, dialect)) == []
    assert_kept(rows, content(database), change, names, both=True)


def assert_kept(before: Content, after: Content, change: Change, names: Names, both: bool) -> None:
    """No row and no value is lost that no step names. What a migration changes is looked at once
    it was taken back: there a row that had nothing can have the value that it was filled with.

    `names` has the new names of tables, under which all is looked up.
    """
    lost = set()
    for word in (word for step in change.steps for word in (step.loses or "").split()):
        table, dot, column = word.strip(",").partition(".")
        lost.add(names.get(table, table) + dot + column)
    touched = {(names.get(name.table, name.table), name.name) for name in change.effects.touched}
    there = {names.get(table, table): found for table, found in after.items()}
    for old, rows in before.items():
        table = names.get(old, old)
        if table in lost:
            continue
        assert rows.keys() == there[table].keys()
        for key, row in rows.items():
            for column, value in row.items():
                place = f"{table}.{column}"
                changed = (table, column) in touched
                if {place, place.removesuffix("_folded")} & lost or (changed and not both):
                    continue
                now = there[table][key][column]
                assert now == value or (value is None and changed), (place, value, now)


WALKS = settings(
    max_examples=EXAMPLES,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
)


@WALKS
@given(walks(), st.integers(0, 99))
def test_a_walk_on_sqlite(contracts: tuple[Contract, Contract], seed: int) -> None:
    walk(SqliteDatabase(), *contracts, seed)


@pytest.fixture(scope="module")
def postgres(postgres_server: PostgresServer) -> Iterator[PostgresDatabase]:
    postgres_server.start()
    postgres_server.create_database("walks")
    with PostgresDatabase(postgres_server.url("walks")) as found:
        yield found
    postgres_server.drop_database("walks")


@WALKS
@given(contracts=walks(), seed=st.integers(0, 99))
def test_a_walk_on_postgres(
    postgres: PostgresDatabase, contracts: tuple[Contract, Contract], seed: int
) -> None:
    postgres.script("ROLLBACK; DROP SCHEMA IF EXISTS walked CASCADE; CREATE SCHEMA walked")
    postgres.script("SET search_path TO walked")
    walk(postgres, *contracts, seed)


@pytest.fixture(scope="module")
def mysql(mysql_server: MysqlServer) -> Iterator[MysqlDatabase]:
    mysql_server.start()
    mysql_server.create_database("walks")
    with MysqlDatabase(mysql_server.url("walks")) as found:
        yield found
    mysql_server.drop_database("walks")


def fitted(contract: Contract) -> Contract:
    """The contract with a length for its texts, without which MySQL indexes none."""
    resources = []
    for item in contract.resources:
        fields = []
        for field in item.fields:
            kind = field.type
            long = kind.scalar is Scalar.TEXT and kind.max_length is None and not kind.many
            if long and field.name in indexed_names(item):
                kind = replace(kind, max_length=90)
            fields.append(replace(field, type=kind))
        resources.append(replace(item, fields=tuple(fields)))
    return replace(contract, resources=tuple(resources))


def possible(pair: tuple[Contract, Contract]) -> bool:
    """Whether MySQL can hold both, and go from one to the other."""
    if any(infeasible(contract, MYSQL) for contract in pair):
        return False
    try:
        plan(*pair, MYSQL)
    except MigrationFault as fault:
        return fault.code is not CHANGE_UNSUPPORTED
    return True


@WALKS
@given(contracts=walks(), seed=st.integers(0, 99))
def test_a_walk_on_mysql(
    mysql: MysqlDatabase, contracts: tuple[Contract, Contract], seed: int
) -> None:
    before, after = map(fitted, contracts)
    assume(possible((before, after)))
    mysql.script("DROP DATABASE walks; CREATE DATABASE walks; USE walks")
    walk(mysql, before, after, seed)
