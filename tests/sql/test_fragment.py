"""SQL is put together of fragments, and of nothing else."""

from typing import Any

import pytest

from charter.contract.types import INTEGER, TEXT, UUID, Scalar, Type
from charter.plan.actor import Actor
from charter.sql.dialect import Dialect
from charter.sql.fragment import EMPTY, identifier, joined, listed, shifted, sql
from charter.sql.names import quote
from charter.sql.postgres import POSTGRES
from charter.sql.sources import ActorValue, ClaimValue, NowValue, SlotValue
from charter.sql.sqlite import SQLITE
from charter.sql.statement import Sources
from tests.sql import shop

VALUES = Sources(("x", 7), Actor("ada", claims={"org": "acme", "level": 3}), shop.NOON)


def test_plain_strings_are_refused() -> None:
    text: Any = "name; DROP TABLE users"
    with pytest.raises(TypeError, match="fragments"):
        sql("SELECT {}", text)
    with pytest.raises(TypeError, match="fragments"):
        joined(", ", [sql("a"), text])


def test_every_place_is_filled() -> None:
    with pytest.raises(ValueError, match="1 fragments for 2 places"):
        sql("{} = {}", sql("a"))


@pytest.mark.parametrize(("dialect", "text"), [
    (SQLITE, "a = ?1 OR b = ?2 OR c = ?1 OR d = ?3"),
    (POSTGRES, "a = $1::text OR b = $2::bigint OR c = $1::text OR d = $3::text"),
])  # fmt: skip
def test_one_argument_is_bound_once(dialect: Dialect, text: str) -> None:
    first, second = dialect.argument(SlotValue(0), TEXT), dialect.argument(SlotValue(1), INTEGER)
    actor = dialect.argument(ActorValue(), TEXT)
    fragment = sql("a = {} OR b = {} OR c = {} OR d = {}", first, second, first, actor)
    statement = dialect.statement(fragment, "test")
    assert statement.text == text
    assert statement.arguments(VALUES) == ("x", 7, "ada")


def test_slots_can_be_moved() -> None:
    fragment = listed([SQLITE.argument(SlotValue(0), TEXT), SQLITE.argument(NowValue(), TEXT)])
    moved = SQLITE.statement(shifted(fragment, 1), "test")
    assert moved.arguments(VALUES) == (7, shop.NOON)


def test_empty_fragments_are_left_out() -> None:
    assert joined(" AND ", [EMPTY, sql("a"), EMPTY, sql("b")]) == sql("a AND b")


@pytest.mark.parametrize(("name", "quoted"), [
    ("orders", "orders"), ("order", '"order"'), ("Orders", '"Orders"'), ('a"b', '"a""b"'),
    ("größe", '"größe"'), ("a b", '"a b"'), ("key", '"key"'),
])  # fmt: skip
def test_identifiers_are_quoted_where_they_need_it(name: str, quoted: str) -> None:
    assert quote(name) == quoted
    assert identifier(name).parts == (quoted,)


@pytest.mark.parametrize("name", ["", "a\0b"])
def test_what_cannot_be_a_name_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="identifier"):
        quote(name)


@pytest.mark.parametrize(("claim", "kind", "value"), [
    ("acme", TEXT, "acme"), (5, TEXT, None), ("a\0", TEXT, None), ("\ud800", TEXT, None),
    (None, TEXT, None), (["a"], TEXT, None), ({"a": 1}, INTEGER, None),
    (5, INTEGER, 5), (True, INTEGER, None), (2**63, INTEGER, None), (5.0, INTEGER, None),
    (True, Type(Scalar.BOOLEAN), True), (1, Type(Scalar.BOOLEAN), None),
    (float("inf"), Type(Scalar.FLOAT), None), (10**400, Type(Scalar.FLOAT), None),
    ("1e999999", Type(Scalar.DECIMAL, places=2), None), ("NaN", Type(Scalar.DECIMAL), None),
    ("x", UUID, None), (str(shop.uuid(1, 1)), UUID, shop.uuid(1, 1)),
    ("2026-01-02T12:00:00Z", Type(Scalar.DATETIME), shop.NOON),
    ("2026-01-02T12:00:00", Type(Scalar.DATETIME), None),
    (1e300, Type(Scalar.DATETIME), None), ("2026-13-01", Type(Scalar.DATE), None),
    (["a", "b"], Type(Scalar.TEXT, many=True), ["a", "b"]),
    (["a", 5], Type(Scalar.TEXT, many=True), None), ("a", Type(Scalar.TEXT, many=True), None),
])  # fmt: skip
def test_a_claim_of_another_type_is_nothing(claim: Any, kind: Type, value: Any) -> None:
    sources = Sources((), Actor("ada", claims={"c": claim}), shop.NOON)
    assert ClaimValue("c", kind).take(sources) == value
