"""What a database itself holds of a field's bounds, as the text of a condition.

Held: choices, bounds of numbers, lengths of text; on SQLite also what its column types leave
open. Not held, but checked by Charter before it writes: patterns, the forms of e-mail addresses
and URLs, lengths and items of lists, and the default bound of texts that have none of their own.
"""

from collections.abc import Callable, Iterator, Mapping
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from types import MappingProxyType

from charter.contract.types import TEXTUAL, Bound, Scalar, Type, digits_of, places_of
from charter.sql.dialect import Dialect
from charter.sql.mysql import MYSQL
from charter.sql.sqlite import SQLITE


def bounds(column: str, kind: Type, dialect: Dialect) -> str | None:
    """The condition on a column that stores values of this type; None where there is none.

    It is true or null where the column is null.
    """
    name = dialect.quote(column)
    parts = [*_TYPED.get(dialect.name, _untyped)(name, kind)]
    if not kind.many:
        parts += [
            *_choices(name, kind, dialect),
            *_range(name, kind, dialect),
            *_length(name, kind, dialect),
        ]
    return " AND ".join(parts) or None


def _choices(name: str, kind: Type, dialect: Dialect) -> Iterator[str]:
    if kind.choices:
        options = ", ".join(dialect.literal(choice, kind) for choice in kind.choices)
        yield f"{name} IN ({options})"


def _range(name: str, kind: Type, dialect: Dialect) -> Iterator[str]:
    """Bounds with more places than the type move to the nearest value that it has."""
    limits = (
        (">=", kind.ge, ROUND_CEILING),
        (">", kind.gt, ROUND_FLOOR),
        ("<=", kind.le, ROUND_FLOOR),
        ("<", kind.lt, ROUND_CEILING),
    )
    for sign, bound, rounding in limits:
        if bound is not None:
            yield f"{name} {sign} {dialect.literal(_fitted(bound, kind, rounding), kind)}"


def _fitted(bound: Bound, kind: Type, rounding: str) -> Bound:
    if kind.scalar is Scalar.FLOAT:
        return bound
    exact = Decimal(str(bound)).scaleb(places_of(kind))
    whole = int(exact.to_integral_value(rounding=rounding))
    return whole if kind.scalar is Scalar.INTEGER else Decimal(whole).scaleb(-places_of(kind))


def _length(name: str, kind: Type, dialect: Dialect) -> Iterator[str]:
    # Characters on both databases: no text that Charter writes has a NUL, where SQLite stops.
    if kind.scalar in TEXTUAL and not kind.choices:
        if kind.min_length:
            yield f"{dialect.length_function}({name}) >= {kind.min_length}"
        if kind.max_length is not None:
            yield f"{dialect.length_function}({name}) <= {kind.max_length}"


def _untyped(name: str, kind: Type) -> Iterator[str]:
    yield from ()


def _sqlite(name: str, kind: Type) -> Iterator[str]:
    """What the column types of PostgreSQL hold by themselves."""
    if kind.many or kind.scalar is Scalar.JSON:
        # Before SQLite 3.45, json_valid(NULL) is false.
        yield f"({name} IS NULL OR json_valid({name}))"
    elif kind.scalar is Scalar.BOOLEAN:
        yield f"{name} IN (0, 1)"
    elif kind.scalar is Scalar.DECIMAL:
        # The scale is part of it, so that two of them are never taken for one schema.
        places = places_of(kind)
        most = 10 ** (digits_of(kind) - places) - 1
        whole = f"{name} / {10**places}" if places else name
        yield f"{whole} BETWEEN -{most} AND {most}"


def _mysql(name: str, kind: Type) -> Iterator[str]:
    """The same of MySQL, whose JSON type does not keep numbers as they are."""
    if kind.many or kind.scalar is Scalar.JSON:
        yield f"json_valid({name})"
    elif kind.scalar is Scalar.BOOLEAN:
        yield f"{name} IN (0, 1)"


_TYPED: Mapping[str, Callable[[str, Type], Iterator[str]]] = MappingProxyType(
    {SQLITE.name: _sqlite, MYSQL.name: _mysql}
)
