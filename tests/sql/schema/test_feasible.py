"""What a database cannot do as the contract promises is said before it runs."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given

from charter.contract.contract import Contract
from charter.contract.expression import Constant, Contains, IsNull
from charter.contract.resource import Check, Computed, Field, Index, OnDelete, Unique
from charter.contract.types import BOOLEAN, INTEGER, TEXT, UUID, Scalar, Type
from charter.core.places import Place
from charter.sql.ddl import create
from charter.sql.derive import schema_of
from charter.sql.dialect import Dialect
from charter.sql.feasible import STORAGE_FAULTS, infeasible
from charter.sql.mysql import MYSQL
from charter.sql.postgres import POSTGRES
from charter.sql.sqlite import SQLITE
from tests.sql.schema.databases import REFUSALS, LiveDatabase, PostgresDatabase, found
from tests.sql.schema.samples import MONEY, SHOP, SHORT, column, contracts, reference, resource

HERE = Place("shop.py", 7)
BOTH = (SQLITE, POSTGRES)
WIDE = Type(Scalar.TEXT, max_length=700)
LABELS = Type(Scalar.TEXT, many=True)
HAS_RED = Contains(column("labels", LABELS), Constant("red", TEXT))


def a_contract(*fields: Field, table: str = "things", **more: Any) -> Contract:
    placed = (replace(field, place=HERE) for field in fields)
    return Contract("any", "1", (resource("Thing", table, *placed, place=HERE, **more),))


def codes(contract: Contract, dialect: Dialect) -> list[str]:
    faults = infeasible(contract, dialect)
    assert all(fault.place == HERE for fault in faults)
    return [fault.code.name for fault in faults]


@pytest.mark.parametrize("dialect", BOTH, ids=lambda dialect: dialect.name)
def test_the_shop_runs_everywhere(dialect: Dialect) -> None:
    assert infeasible(SHOP, dialect) == ()


CASES = [
    # What the contract has, and on which databases it is a fault.
    (a_contract(Field("a", replace(MONEY, digits=18))), "", ()),
    (a_contract(Field("a", replace(MONEY, digits=19))), "storage_unsupported", (SQLITE,)),
    (a_contract(Field("a", replace(MONEY, digits=1001))), "storage_unsupported", BOTH),
    (a_contract(table="charter_outbox"), "storage_name_taken", BOTH),
    (a_contract(table="sqlite_things"), "storage_name_taken", (SQLITE,)),
    (a_contract(table="pg_class"), "storage_name_taken", (POSTGRES,)),
    (
        a_contract(Field("a", SHORT, search=True), Field("a_folded", SHORT)),
        "storage_name_taken",
        BOTH,
    ),
    (a_contract(Field("xmin", SHORT)), "storage_name_taken", (POSTGRES,)),
    (a_contract(Field("Version", SHORT)), "storage_name_taken", (SQLITE,)),
    (a_contract(Field("x" * 63, SHORT)), "", ()),
    (a_contract(Field("x" * 64, SHORT)), "storage_name_long", (POSTGRES,)),
    (a_contract(Field("é" * 32, SHORT)), "storage_name_long", (POSTGRES,)),
    (a_contract(Field("x" * 60, SHORT, search=True)), "storage_name_long", (POSTGRES,)),
    (a_contract(table="x" * 64), "storage_name_long", (POSTGRES,)),
    (a_contract(Field("a", LABELS, unique=True)), "index_unsupported", BOTH),
    (
        a_contract(
            Field("a", Type(Scalar.JSON)), indexes=(Index("a", ("-a",), place=HERE),)
        ),
        "index_unsupported",
        BOTH,
    ),
    (a_contract(Field("a", Type(Scalar.EMAIL), unique=True)), "", ()),
    (a_contract(Field("a", TEXT, unique=True)), "index_unsupported", (POSTGRES,)),
    (a_contract(Field("a", WIDE, unique=True)), "index_unsupported", (POSTGRES,)),
    (
        a_contract(
            *(Field(name, replace(WIDE, max_length=400)) for name in "ab"),
            uniques=(Unique("ab", ("a", "b"), place=HERE),),
        ),
        "index_unsupported",
        (POSTGRES,),
    ),
    (
        a_contract(
            *(Field(f"f{at}", MONEY) for at in range(33)),
            indexes=(Index("all", tuple(f"f{at}" for at in range(33)), place=HERE),),
        ),
        "index_unsupported",
        (POSTGRES,),
    ),
    (
        a_contract(Field("labels", LABELS), checks=(Check("red", HAS_RED, "not red", HERE),)),
        "condition_unsupported",
        (SQLITE,),
    ),
]  # fmt: skip


@pytest.mark.parametrize("dialect", BOTH, ids=lambda dialect: dialect.name)
@pytest.mark.parametrize(("contract", "code", "where"), CASES)
def test_each_fault_is_found_where_it_is_one(
    contract: Contract, code: str, where: tuple[Dialect, ...], dialect: Dialect
) -> None:
    assert codes(contract, dialect) == ([code] if dialect in where else [])


def test_every_fault_has_a_case() -> None:
    assert {code for _, code, _ in CASES} - {""} == {fault.name for fault in STORAGE_FAULTS}


NAMED = [contract for contract, code, _ in CASES if code == "storage_name_taken"]
# PostgreSQL makes this table, and then finds its own one under the name.
NAMED = [contract for contract in NAMED if contract.resources[0].table != "pg_class"]


@pytest.mark.parametrize("contract", NAMED)
def test_a_name_is_a_fault_just_where_the_database_refuses_it(
    database: LiveDatabase, contract: Contract
) -> None:
    script = create(schema_of(contract, database.dialect), database.dialect)
    if codes(contract, database.dialect):
        with pytest.raises(REFUSALS):
            database.script(script)
    else:
        database.script(script)
        assert contract.resources[0].table in found(database).table_named


def test_the_widest_entry_that_is_feasible_can_be_written(postgres: PostgresDatabase) -> None:
    """Characters that do not compress, of four bytes each."""
    contract = a_contract(Field("a", replace(WIDE, max_length=668), unique=True))
    assert codes(contract, POSTGRES) == []
    assert codes(a_contract(Field("a", replace(WIDE, max_length=669), unique=True)), POSTGRES) == [
        "index_unsupported"
    ]
    postgres.script(create(schema_of(contract, POSTGRES), POSTGRES))
    text = "".join(chr(0x10000 + (at * 7919) % 0x2FFFF) for at in range(668))
    postgres.script(
        "INSERT INTO things (id, created_at, updated_at, version, a)"
        f" VALUES (gen_random_uuid(), now(), now(), 1, '{text}')"
    )
    assert postgres.rows("SELECT length(a) FROM things") == [(668,)]


@pytest.mark.parametrize("dialect", BOTH, ids=lambda dialect: dialect.name)
@given(contract=contracts())
def test_any_contract_is_judged(dialect: Dialect, contract: Contract) -> None:
    """The contracts that the other tests create are feasible but for unbounded indexed texts."""
    assert {fault.code.name for fault in infeasible(contract, dialect)} <= {"index_unsupported"}


def following(action: OnDelete) -> Field:
    return reference("a", "Thing", INTEGER, on_delete=action, optional=True)


def stored_of(field: Field) -> Contract:
    """A contract that stores whether a field has a value."""
    missing = IsNull(column("a", field.type))
    return a_contract(field, computed=(Computed("shown", BOOLEAN, missing, True, True, "", HERE),))


SHOWN = Computed("shown", TEXT, column("a", SHORT), stored=True)
LONG = Type(Scalar.TEXT, max_length=800)


@pytest.mark.parametrize(
    ("contract", "found"),
    [
        (SHOP, []),
        (a_contract(Field("a", SHORT), indexes=(Index("i", ("a",), place=HERE),)), []),
        (a_contract(Field("a", LONG, unique=True)), ["index_unsupported"]),
        (
            a_contract(Field("a", SHORT), computed=(SHOWN,), indexes=(Index("i", ("shown",)),)),
            ["index_unsupported"],
        ),
        (
            a_contract(
                Field("a", SHORT), Field("b", LONG), indexes=(Index("i", ("a",), include=("b",)),)
            ),
            ["index_unsupported"],
        ),
        (
            a_contract(
                Field("a", SHORT), Field("b", LABELS), indexes=(Index("i", ("a",), include=("b",)),)
            ),
            ["index_unsupported"],
        ),
        (a_contract(Field("a", replace(MONEY, digits=61))), ["storage_unsupported"]),
        (stored_of(Field("a", UUID)), ["storage_unsupported"]),
        (stored_of(following(OnDelete.CASCADE)), ["storage_unsupported"]),
        (stored_of(following(OnDelete.RESTRICT)), []),
    ],
)
def test_mysql_says_what_it_cannot_do(contract: Contract, found: list[str]) -> None:
    assert [fault.code.name for fault in infeasible(contract, MYSQL)] == found
