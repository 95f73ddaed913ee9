"""The conditions that a field's bounds become."""

from decimal import Decimal

import pytest

from charter.contract.types import Scalar, Type
from charter.sql.bounds import bounds
from charter.sql.postgres import POSTGRES
from charter.sql.sqlite import SQLITE


@pytest.mark.parametrize(
    ("kind", "sqlite", "postgres"),
    [
        (Type(Scalar.TEXT), None, None),
        (Type(Scalar.DATETIME), None, None),
        (Type(Scalar.UUID), None, None),
        (Type(Scalar.TEXT, pattern="a+"), None, None),
        (Type(Scalar.TEXT, many=True, max_length=3, max_items=2), "valid", None),
        (Type(Scalar.JSON), "valid", None),
        (Type(Scalar.BOOLEAN), "v IN (0, 1)", None),
        (Type(Scalar.INTEGER, ge=1, lt=9), "v >= 1 AND v < 9", "v >= 1 AND v < 9"),
        # Bounds between two values move to a value, and stay as strict as they were.
        (Type(Scalar.INTEGER, ge=0.5, le=1.5), "v >= 1 AND v <= 1", "v >= 1 AND v <= 1"),
        (Type(Scalar.INTEGER, gt=0.5, lt=1.5), "v > 0 AND v < 2", "v > 0 AND v < 2"),
        (
            Type(Scalar.DECIMAL, digits=4, places=1, gt=Decimal("0.05"), le=Decimal("9.99")),
            "v / 10 BETWEEN -999 AND 999 AND v > 0 AND v <= 99",
            "v > 0.0 AND v <= 9.9",
        ),
        (
            Type(Scalar.FLOAT, ge=-1, lt=0.1),
            "v >= -1.0 AND v < 0.1",
            "v >= '-1.0'::double precision AND v < '0.1'::double precision",
        ),
        (
            Type(Scalar.TEXT, min_length=2, max_length=3),
            "length(v) >= 2 AND length(v) <= 3",
            "length(v) >= 2 AND length(v) <= 3",
        ),
        (Type(Scalar.CHOICE, choices=("a", "b'c")), "v IN ('a', 'b''c')", "v IN ('a', 'b''c')"),
    ],
)
def test_what_the_database_holds(kind: Type, sqlite: str | None, postgres: str | None) -> None:
    valid = "(v IS NULL OR json_valid(v))"
    assert bounds("v", kind, SQLITE) == (valid if sqlite == "valid" else sqlite)
    assert bounds("v", kind, POSTGRES) == postgres
