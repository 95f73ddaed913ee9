"""Files of migrations: read as they were written, verified, and put in order."""

from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from charter.contract.contract import Contract
from charter.contract.resource import Field
from charter.contract.types import TEXT
from charter.migrate.faults import MigrationFault
from charter.migrate.file import read, written
from charter.migrate.folder import heads, ordered, read_folder, state
from charter.migrate.migration import Change, Effects, Migration
from charter.migrate.objects import (
    COLUMN,
    ObjectName,
    object_named,
    objects_of,
    plain_object,
    read_object,
    schema_from,
)
from charter.migrate.planning import APART, Said, planned
from charter.migrate.step import Batch, Fill, Maker, Need, Phase, Step, Work
from charter.migrate.wanted import wanted
from charter.sql.derive import schema_of
from charter.sql.dialect import Dialect
from charter.sql.dialects import dialect_named
from charter.sql.postgres import POSTGRES
from charter.sql.sqlite import SQLITE
from tests.migrate.cases import cases
from tests.migrate.test_walk import plan
from tests.migrate.walks import contracts
from tests.sql.schema.samples import SHOP, resource

DIALECTS = ("sqlite", "postgresql")
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


def shop(*fields: Field) -> Contract:
    return Contract("shop", "1", (resource("Order", "orders", *fields),))


def first() -> Migration:
    made = planned(shop(), [], DIALECTS, "2026-01-01-first", Said())
    assert made is not None
    return made


@pytest.mark.parametrize("dialect", [SQLITE, POSTGRES], ids=lambda dialect: dialect.name)
def test_a_schema_is_its_objects(dialect: Dialect) -> None:
    schema = schema_of(SHOP, dialect)
    objects = objects_of(schema)
    assert schema_from(objects) == schema
    for name, value in wanted(SHOP, dialect).objects.items():
        assert read_object(object_named(str(name)), plain_object(value)) == value


@given(TEXTS.filter(bool), TEXTS.filter(bool))
def test_any_name_of_an_object_can_be_written(table: str, name: str) -> None:
    found = ObjectName(table, COLUMN, name)
    assert object_named(str(found)) == found


@settings(max_examples=30)
@given(contracts())
def test_a_migration_reads_as_it_was_written(contract: Contract) -> None:
    made = planned(contract, [], DIALECTS, "2026-01-01-first", Said(), 'What it\'s for: "all".')
    assert made is not None
    assert read(written(made), made.name) == made


def test_so_does_every_kind_of_change() -> None:
    for name, before, after in cases(every=9):
        first = planned(before, [], DIALECTS, "2026-01-01-first", Said())
        assert first is not None, name
        for dialect in DIALECTS:
            change = plan(before, after, dialect_named(dialect))
            if change is not None:
                made = Migration("2026-01-02-second", (first.name,), {dialect: change})
                assert read(written(made), made.name) == made, name


@given(TEXTS, TEXTS, st.booleans())
def test_any_text_can_stand_in_a_step(text: str, other: str, transaction: bool) -> None:
    fill = Fill(text, maker=Maker.FOLD, source=other)
    step = Step(
        text, Phase.BACKFILL, other, (text, f"{other}\n'''"), (), text, Work.ROWS, other,
        transaction=transaction, loses=text, batch=Batch(text, (other,), (fill,), text),
        needs=(Need(text, other),),
    )  # fmt: skip
    made = Migration("m", (), {"sqlite": Change(Effects(), (step,))}, text)
    assert read(written(made), "m") == made


def test_people_can_read_a_file() -> None:
    text = written(first())
    assert "\n[[postgresql.steps]]\nname = 'create orders'\nphase = 'expand'\n" in text
    assert "'''\nCREATE TABLE orders (\n    id uuid NOT NULL,\n" in text
    assert "'orders/column/id' = { type = 'uuid' }" in text


def refused(text: str, name: str = "2026-01-01-first") -> str:
    with pytest.raises(MigrationFault) as caught:
        read(text, name)
    return f"{caught.value.code.name}: {caught.value.message}"


def test_a_file_that_was_changed_is_refused() -> None:
    text = written(first())
    assert "the fingerprint of its content is" in refused(text.replace("orders", "others"))
    assert refused(text.replace("orders", "others")).startswith("migration_changed")
    assert "says that it is '2026-01-01-first'" in refused(text, "another")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("name =", "nam ="),
        ("phase = 'expand'", "phase = 'later'"),
        ("[sqlite]", "[sqlite"),
        ("does = 'Creates", "dose = 'Creates"),
        ("after = []", "after = 3"),
        ("orders/column/id", "orders/colour/id"),
        ("{ type = 'uuid' }", "{ kind = 'uuid' }"),
        ("removed = []", "kept = []"),
    ],
)
def test_a_damaged_file_is_refused(old: str, new: str) -> None:
    text = written(first())
    assert old in text
    message = refused(text.replace(old, new, 1))
    assert message.startswith("migration_unreadable: 2026-01-01-first.toml: ")


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_bytes(b"name = '\xff'")
    with pytest.raises(MigrationFault, match="migration_unreadable: a"):
        read_folder(tmp_path)


# -- several of them -------------------------------------------------------------------------
def branch(name: str, contract: Contract, *before: Migration) -> Migration:
    made = planned(contract, before, DIALECTS, name, Said())
    assert made is not None
    return made


def optional(name: str) -> Field:
    return Field(name, TEXT, optional=True)


def test_branches_that_touch_different_things_merge(tmp_path: Path) -> None:
    start = first()
    one = branch("2026-01-02-phone", shop(optional("phone")), start)
    other = branch("2026-01-03-note", shop(optional("note")), start)
    for item in (start, one, other):
        (tmp_path / f"{item.name}.toml").write_text(written(item), encoding="utf-8")
    found = read_folder(tmp_path)
    assert found == (start, one, other)
    assert heads(found) == (one.name, other.name)
    both = shop(optional("phone"), optional("note"))
    assert planned(both, found, DIALECTS, "next", Said()) is None
    for dialect in (SQLITE, POSTGRES):
        there = state(found, dialect.name)
        assert there == wanted(both, dialect, APART).objects
    joined = branch("2026-01-04-joined", shop(), *found)
    assert joined.after == (one.name, other.name)


def test_the_order_is_that_of_what_comes_after_what() -> None:
    start = first()
    later = replace(branch("2025-01-01-early", shop(optional("phone")), start))
    assert ordered([later, start]) == (start, later)


def conflict(*migrations: Migration) -> str:
    with pytest.raises(MigrationFault) as caught:
        ordered(migrations)
    return f"{caught.value.code.name}: {caught.value.message}"


def test_branches_that_change_one_thing_are_a_fault_that_names_both() -> None:
    start = first()
    one = branch("one", shop(optional("phone")), start)
    other = branch("other", shop(Field("phone", TEXT, default=None, optional=True)), start)
    text = conflict(start, one, other)
    assert text.startswith("migrations_conflict: one and other both change orders/column/phone")


def test_a_table_that_one_branch_drops_is_not_changed_by_another() -> None:
    pair = Contract("shop", "1", (*shop().resources, resource("Note", "notes")))
    start = branch("start", pair)
    gone = branch("gone", shop(), start)
    notes = resource("Note", "notes", optional("text"))
    more = branch("more", replace(pair, resources=(*shop().resources, notes)), start)
    assert "gone and more both change notes" in conflict(start, gone, more)


def test_sqlite_does_not_write_a_table_anew_that_another_branch_changes() -> None:
    """The table is written as the one branch knows it: what the other added would be lost."""
    start = branch("start", shop(optional("note")))
    anew = branch("anew", shop(replace(optional("note"), unique=True)), start)
    more = branch("more", shop(optional("note"), optional("phone")), start)
    assert "anew and more both change orders (sqlite)" in conflict(start, anew, more)


def test_what_is_missing_and_circles_are_faults() -> None:
    start = first()
    assert conflict(replace(start, after=("gone",))).startswith("migration_missing: 2026-01-01")
    one, other = replace(start, name="a", after=("b",)), replace(start, name="b", after=("a",))
    assert conflict(one, other).startswith("migration_circle: ")


@dataclass(frozen=True, slots=True)
class LaterStep(Step):
    """A step as a later version may know it."""

    more: str | None = None


def test_what_steps_can_say_later_changes_no_fingerprint_of_before() -> None:
    said = ("add", Phase.EXPAND, "Adds.", ("A",), ("B",), "", Work.CATALOG, "things")
    now, later, used = (
        Migration("one", (), {"sqlite": Change(Effects(), (step,))}).fingerprint
        for step in (Step(*said), LaterStep(*said), LaterStep(*said, more="x"))
    )
    assert now == later
    assert now != used
