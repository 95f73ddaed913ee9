"""Values keep their exact value and have one form on both databases, whatever they are."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from charter.contract import expression as e
from charter.contract.contract import Contract
from charter.contract.resource import Field, Resource
from charter.contract.types import BOOLEAN, DATETIME, FLOAT, INTEGER, TEXT, UUID, Scalar, Type
from charter.plan.actor import ANONYMOUS
from charter.plan.plan import OnePlan, RowPlan, ShowField
from charter.sql import writes
from charter.sql.canonical import datetime_text, decimal_text
from charter.sql.reads import compile_read
from charter.sql.statement import Sources
from tests.sql import shop
from tests.sql.databases import Database
from tests.support.evaluate import json_value

BIG = Type(Scalar.DECIMAL, digits=18, places=6)
WHOLE = Type(Scalar.DECIMAL, digits=18, places=0)
DATE = Type(Scalar.DATE)
JSON = Type(Scalar.JSON)
TIMES = Type(Scalar.DATETIME, many=True)
THING = Resource(
    "Thing",
    "things",
    "things",
    (
        *shop.system(INTEGER),
        Field("text", TEXT, optional=True),
        Field("number", INTEGER, optional=True),
        Field("float", FLOAT, optional=True),
        Field("big", BIG, optional=True),
        Field("whole", WHOLE, optional=True),
        Field("day", DATE, optional=True),
        Field("time", DATETIME, optional=True),
        Field("yes", BOOLEAN, optional=True),
        Field("uuid", UUID, optional=True),
        Field("json", JSON, optional=True),
        Field("times", TIMES, optional=True),
    ),
)
CONTRACT = Contract("things", "1", (THING,))
COLUMNS = tuple(field.name for field in THING.fields)

characters = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
texts = st.text(characters, max_size=20)
finite = st.floats(allow_nan=False, allow_infinity=False)
times = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.just(UTC))  # noqa: DTZ001
jsons = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
).filter(lambda value: value is not None)
rows = st.fixed_dictionaries({
    "text": st.none() | texts,
    "number": st.none() | st.integers(-(2**63), 2**63 - 1),
    "float": st.none() | finite,
    "big": st.none() | st.integers(-(10**18) + 1, 10**18 - 1).map(lambda n: Decimal(n).scaleb(-6)),
    "whole": st.none() | st.integers(-(10**18) + 1, 10**18 - 1).map(Decimal),
    "day": st.none() | st.dates(),
    "time": st.none() | times,
    "yes": st.none() | st.booleans(),
    "uuid": st.none() | st.uuids(),
    "json": st.none() | jsons,
    "times": st.none() | st.lists(times, max_size=3),
})  # fmt: skip


@pytest.fixture(scope="module")
def things(database: Database) -> Database:
    columns = ", ".join(
        f'"{field.name}" {database.dialect.column_type(field.type)}' for field in THING.fields
    )
    database.run(f"CREATE TABLE things ({columns}){database.dialect.table_options}")
    return database


@given(row=rows)
@example(row=dict.fromkeys(COLUMNS[4:]) | {"float": 5e-324, "big": Decimal("-0.50")})
@example(row=dict.fromkeys(COLUMNS[4:]) | {"float": 0.1 + 0.2, "text": '\u2028\x01\x7f"\\/'})
@example(row=dict.fromkeys(COLUMNS[4:]) | {"float": 1.7976931348623157e308})
@example(row=dict.fromkeys(COLUMNS[4:]) | {"text": "%s é 😀" * 30_000})
@settings(max_examples=150, suppress_health_check=list(HealthCheck))
def test_a_row_is_read_as_it_was_written(things: Database, row: dict[str, Any]) -> None:
    things.run("DELETE FROM things")
    whole = {"id": 1, "created_at": shop.NOON, "updated_at": shop.NOON, "version": 1, **row}
    insert = writes.insert(things.dialect, THING, COLUMNS)
    things.fetch(insert, Sources([whole[name] for name in COLUMNS], ANONYMOUS, shop.NOON))
    shows = tuple(ShowField(field.name, field) for field in THING.fields)
    read = compile_read(CONTRACT, things.dialect, OnePlan(RowPlan(THING, e.ALWAYS, shows)))
    [(text, _)] = things.fetch(read, Sources((1,), ANONYMOUS, shop.NOON))
    shown = json.loads(text)
    assert shown == {
        field.name: json_value(whole[field.name], field.type) for field in THING.fields
    }
    load = writes.load(CONTRACT, things.dialect, THING, COLUMNS, e.ALWAYS)
    [raw] = things.fetch(load, Sources((), ANONYMOUS, shop.NOON))
    decoders = [things.dialect.decoder(field.type) for field in THING.fields]
    again = [read(one) if read else one for read, one in zip(decoders, raw, strict=True)]
    assert again == [whole[name] for name in COLUMNS]


@given(values=st.lists(times, min_size=2, max_size=5))
def test_texts_of_times_sort_as_the_times_do(values: list[datetime]) -> None:
    assert sorted(map(datetime_text, values)) == [datetime_text(one) for one in sorted(values)]


@pytest.mark.parametrize(("value", "text"), [
    ("-0.5", "-0.50"), ("0", "0.00"), ("-0", "0.00"), ("1E+3", "1000.00"), ("12.5", "12.50"),
])  # fmt: skip
def test_decimals_have_all_their_places(value: str, text: str) -> None:
    assert decimal_text(Decimal(value), 2) == text


def test_the_first_and_last_day(things: Database) -> None:
    for day in (date.min, date.max):
        encode, decode = things.dialect.encoder(DATE), things.dialect.decoder(DATE)
        stored = encode(day) if encode else day
        assert (decode(stored) if decode else stored) == day
