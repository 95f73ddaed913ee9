"""What a plan asks, refuses and names, before there is anything to run."""

from dataclasses import replace

import pytest

from charter.contract.contract import Contract
from charter.contract.resource import Field, Given, Resource
from charter.contract.types import BOOLEAN, INTEGER, TEXT, Scalar, Type
from charter.contract.types import UUID as UUID_TYPE
from charter.migrate.faults import MigrationFault
from charter.migrate.locks import LOCKS
from charter.migrate.migration import Change
from charter.migrate.planning import APART, Said, change_of
from charter.migrate.renames import Answers
from charter.migrate.step import Phase, Step, Work
from charter.migrate.steps.words import with_names
from charter.migrate.wanted import wanted
from charter.sql.derive import schema_of
from charter.sql.dialects import dialect_named
from charter.sql.own.history import fingerprint_of
from tests.migrate.cases import cases, shop
from tests.migrate.test_walk import plan
from tests.sql.schema.databases import SqliteDatabase
from tests.sql.schema.samples import MONEY, resource

DIALECTS = ("sqlite", "postgresql")
TEL, PHONE = Field("tel", TEXT, optional=True), Field("phone", TEXT, optional=True)


def changed(
    before: Contract, after: Contract, dialect: str = "postgresql", said: Said | None = None
) -> Change | None:
    state = wanted(before, dialect_named(dialect), APART).objects
    return change_of(after, state, dialect, said or Said())


def refused(before: Contract, after: Contract, said: Said | None = None) -> str:
    """What the plan says; the same for every dialect."""
    texts = set()
    for dialect in DIALECTS:
        with pytest.raises(MigrationFault) as caught:
            changed(before, after, dialect, said)
        texts.add(f"{caught.value.code.name}: {caught.value.message}")
    (text,) = texts
    return text


def steps(change: Change | None) -> tuple[Step, ...]:
    assert change is not None
    return change.steps


# -- renames ---------------------------------------------------------------------------------
def test_what_could_be_a_rename_is_asked_with_both_spellings() -> None:
    assert refused(shop(TEL), shop(PHONE)) == (
        "rename_unclear: orders.tel goes and orders.phone comes. The same: --rename"
        " orders.tel=phone, or `was=` at its field. Another: --drop orders.tel"
    )


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_answers_to_it(dialect: str) -> None:
    declared = changed(shop(TEL), shop(replace(PHONE, was="tel")), dialect)
    given = Said(Answers(renames=("orders.tel=phone",)))
    assert changed(shop(TEL), shop(PHONE), dialect, given) == declared
    assert not any(step.loses for step in steps(declared))
    other = Said(Answers(drops=frozenset({"orders.tel"})))
    lost = [step.loses for step in steps(changed(shop(TEL), shop(PHONE), dialect, other))]
    assert "what orders.tel holds is lost" in lost


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_name_of_before_may_stay_declared_for_ever(dialect: str) -> None:
    now = shop(replace(PHONE, was="tel"))
    assert changed(now, now, dialect) is None
    assert changed(shop(PHONE), now, dialect) is None
    # It may even be another field's name by now.
    both = shop(replace(PHONE, was="tel"), TEL)
    (step, *_) = steps(changed(now, both, dialect))
    assert step.name == "add orders.tel"
    assert changed(both, both, dialect) is None


def test_a_table_that_could_be_another_is_asked_for() -> None:
    text = refused(shop(TEL, PHONE), shop(TEL, PHONE, name="purchases"))
    assert text == (
        "rename_unclear: the table orders goes and purchases comes. The same: --rename"
        " orders=purchases, or `was=` at its class. Another: --drop orders"
    )
    given = Said(Answers(renames=("orders=purchases",)))
    for dialect in DIALECTS:
        found = changed(shop(TEL), shop(TEL, name="purchases"), dialect, given)
        assert not any(step.loses for step in steps(found))


def test_tables_that_have_little_in_common_are_not_asked_for() -> None:
    wide = shop(*(Field(name, INTEGER) for name in ("one", "two", "three")))
    found = changed(wide, shop(TEL, PHONE, name="purchases"))
    assert [step.loses for step in steps(found) if step.loses] == ["rows of orders are lost"]


@pytest.mark.parametrize("rename", ["orders.tel", "orders.fax=phone", "orders.tel=fax", "a=b", "="])
def test_a_rename_of_what_is_not_there_is_refused(rename: str) -> None:
    said = Said(Answers(renames=(rename,)))
    assert refused(shop(TEL), shop(PHONE), said).startswith("rename_unknown: ")


@pytest.mark.parametrize("dialect", DIALECTS)
def test_texts_that_are_written_meanwhile_are_folded_by_the_last_fill(dialect: str) -> None:
    """Releases of before empty folded texts without end: the first fill leaves them."""
    found = changed(shop(TEL), shop(replace(TEL, search=True)), dialect)
    leaves = {step.name: step.batch.leaves for step in steps(found) if step.batch is not None}
    fill = "fill orders.tel_folded"
    assert leaves == {fill: True, f"{fill} again": None}
    phases = {step.name: step.phase for step in steps(found)}
    assert (phases[fill], phases[f"{fill} again"]) == (Phase.BACKFILL, Phase.CONTRACT)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_folded_text_goes_with_its_field(dialect: str) -> None:
    searched = replace(TEL, search=True)
    found = changed(shop(searched), shop(replace(searched, name="phone", was="tel")), dialect)
    assert not any(step.batch and step.batch.fills[0].maker for step in steps(found))


# -- values for rows that exist --------------------------------------------------------------
@pytest.mark.parametrize(
    ("before", "after"),
    [
        ((), Field("phone", TEXT)),
        ((), Field("note_id", UUID_TYPE, references="Note")),
        ((Field("phone", BOOLEAN),), Field("phone", TEXT)),
    ],
)
def test_a_required_field_needs_a_value(before: tuple[Field, ...], after: Field) -> None:
    name = f"orders.{after.name}"
    assert refused(shop(*before), shop(after)) == (
        f"fill_missing: rows that exist have no value for {name}: add --fill {name}=VALUE"
    )


def fill(**values: str) -> Said:
    return Said(fills={f"orders.{name}": value for name, value in values.items()})


def test_a_value_is_read_as_its_field_has_it() -> None:
    price = Field("price", MONEY)
    (sqlite, *_) = steps(changed(shop(), shop(price), "sqlite", fill(price="2.50")))
    assert sqlite.up == ("ALTER TABLE orders ADD COLUMN price INTEGER NOT NULL DEFAULT 250",)
    (postgres, *_) = steps(changed(shop(), shop(price), "postgresql", fill(price="2.50")))
    assert postgres.up == (
        "ALTER TABLE orders ADD COLUMN price numeric(12, 2) DEFAULT 2.50 NOT NULL",
    )


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (MONEY, "-1"),
        (MONEY, "2.505"),
        (INTEGER, "many"),
        (BOOLEAN, "1"),
        (UUID_TYPE, "x"),
        (Type(Scalar.DATE), "tomorrow"),
        (Type(Scalar.JSON), "{"),
        (Type(Scalar.CHOICE, choices=("a", "b")), "c"),
        (Type(Scalar.TEXT, max_length=2), "abc"),
    ],
)
def test_a_value_that_does_not_fit_is_refused(kind: Type, text: str) -> None:
    said = fill(alpha=text)
    assert refused(shop(), shop(Field("alpha", kind)), said).startswith("fill_unfit: --fill orders")


def test_a_value_for_what_needs_none_is_refused() -> None:
    assert refused(shop(), shop(), fill(fax="1")).startswith("fill_unfit: --fill orders.fax: ")
    assert refused(shop(TEL), shop(TEL), fill(tel="1")).startswith("fill_unfit: --fill orders.tel")


def test_a_key_of_another_type_is_refused() -> None:
    before = Contract("any", "1", (resource("Note", "notes", key=INTEGER),))
    after = Contract("any", "1", (resource("Note", "notes", key=UUID_TYPE),))
    assert refused(before, after).startswith("change_unsupported: notes.id is its key")


# -- what is nothing to do -------------------------------------------------------------------
@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(
    "other",
    [
        replace(TEL, doc="what to call"),
        replace(TEL, default=Given("none")),
        replace(TEL, hidden=True),
        replace(TEL, type=Type(Scalar.TEXT, pattern="[0-9]+")),
    ],
)
def test_what_no_database_holds_needs_no_migration(other: Field, dialect: str) -> None:
    assert changed(shop(TEL), shop(other), dialect) is None


# -- laws of all steps -----------------------------------------------------------------------
@pytest.mark.parametrize("dialect", DIALECTS)
def test_steps_keep_the_laws(dialect: str) -> None:
    """Phases follow each other, names are unique, what loses says so, and on PostgreSQL nothing
    reads or writes a table under a lock that keeps writers out, but for stored values."""
    seen = 0
    for name, before, after in cases():
        change = plan(before, after, dialect_named(dialect))
        found = change.steps if change else ()
        phases = [list(Phase).index(step.phase) for step in found]
        assert phases == sorted(phases), name
        assert len({step.name for step in found}) == len(found), name
        for step in found:
            seen += 1
            assert step.does.endswith("."), (name, step.name)
            if any(text.startswith(("DROP TABLE", "DROP VIEW")) for text in step.up):
                assert step.loses or "view" in step.name or step.work is Work.REWRITE, (name, step)
            if dialect == "postgresql" and LOCKS.index(step.lock) > LOCKS.index("ROW EXCLUSIVE"):
                strong = LOCKS.index(step.lock) > LOCKS.index("SHARE UPDATE EXCLUSIVE")
                stored = any("GENERATED ALWAYS" in text for text in step.up)
                assert not strong or stored or step.work is Work.CATALOG, (name, step)
                assert not stored or step.work is Work.REWRITE, (name, step)
    assert seen > 200


def test_an_enumeration_that_narrows_counts_the_rows_that_stand_against_it() -> None:
    words = Type(Scalar.CHOICE, choices=("a", "b", "c"))
    few = replace(words, choices=("a", "b"))
    found = changed(shop(Field("word", words)), shop(Field("word", few)))
    assert [(step.phase, step.name) for step in steps(found)] == [
        (Phase.EXPAND, "validate orders_word_check back"),
        (Phase.EXPAND, "drop check orders_word_check"),
        (Phase.CONTRACT, "check orders_word_check"),
        (Phase.CONTRACT, "validate orders_word_check"),
    ]
    (need,) = steps(found)[2].needs
    assert need.count == "SELECT count(*) FROM orders WHERE NOT (word IN ('a', 'b'))"


def test_a_decimal_that_only_widens_is_not_written_anew() -> None:
    wide = Field("price", replace(MONEY, digits=16))
    found = steps(changed(shop(Field("price", MONEY)), shop(wide)))
    (step,) = (step for step in found if step.name == "widen orders.price")
    assert (step.up, step.work) == (
        ("ALTER TABLE orders ALTER COLUMN price TYPE numeric(16, 2)",),
        Work.CATALOG,
    )
    assert step.work_down is Work.REWRITE
    # Checks on it would have the table read under the lock.
    assert [item.name for item in found] == [
        "validate orders_price_check back",
        "drop check orders_price_check",
        "widen orders.price",
        "check orders_price_check",
        "validate orders_price_check",
    ]


def test_names_in_conditions_are_told_from_literals() -> None:
    names = {"order": "next", "word": "order"}
    text = "\"order\" = 'order' AND word <> E'\\'word' AND length(word) > 1 AND words"
    assert with_names(text, names) == (
        "next = 'order' AND \"order\" <> E'\\'word' AND length(\"order\") > 1 AND words"
    )


def test_accounts_bring_their_own_tables() -> None:
    plain = Contract("any", "1", (_members(),))
    found = changed(plain, replace(plain, accounts="Member"))
    names = {step.name for step in steps(found)}
    assert {"create charter_sessions", "refer charter_sessions_account_fkey"} <= names
    back = changed(replace(plain, accounts="Member"), plain)
    lost = {step.loses for step in steps(back)} - {None}
    assert "rows of charter_sessions are lost" in lost


def _members() -> Resource:
    email = Field("email", Type(Scalar.EMAIL, lower=True), unique=True)
    verified = Field("email_verified", BOOLEAN, default=Given(False))
    return resource("Member", "members", email, verified)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_two_scales_of_a_decimal_are_two_schemas(dialect: str) -> None:
    """SQLite stores both as integers: taken for one, every price would be another."""
    coarse = shop(Field("price", MONEY))
    fine = shop(Field("price", replace(MONEY, places=4)))
    one, other = (schema_of(item, dialect_named(dialect)) for item in (coarse, fine))
    assert fingerprint_of(one) != fingerprint_of(other)
    found = steps(changed(coarse, fine, "sqlite"))
    assert [(step.name, step.apart) for step in found] == [("rebuild orders", True)]


def test_a_text_of_which_no_date_can_be_made_is_counted() -> None:
    found = steps(changed(shop(TEL), shop(replace(TEL, type=Type(Scalar.DATE))), "sqlite"))
    database = SqliteDatabase()
    database.script("CREATE TABLE orders (tel TEXT)")
    database.script("INSERT INTO orders VALUES ('soon'), ('2021-02-30'), ('2021-02-28'), (NULL)")
    (need, *_) = found[-1].needs
    assert database.rows(need.count) == [(2,)]


# -- tables of Charter's own -----------------------------------------------------------------
def test_a_column_with_a_lasting_default_needs_no_value_and_no_rewrite() -> None:
    """The outbox of a database from before it told transactions: older releases go on to write
    into it, and the default stays."""
    state = {
        name: value
        for name, value in wanted(shop(), dialect_named("postgresql"), APART).objects.items()
        if "xid" not in name.name
    }
    found = steps(change_of(shop(), state, "postgresql", Said()))
    assert [(step.name, step.phase, step.work) for step in found] == [
        ("add charter_outbox.xid", Phase.EXPAND, Work.CATALOG),
        ("index charter_outbox_xid_idx", Phase.BACKFILL, Work.BUILD),
    ]
    (text,) = found[0].up
    assert text.endswith("DEFAULT pg_current_xact_id()::text::bigint NOT NULL")
