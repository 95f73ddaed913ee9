"""The types of values: scalars, and an enum for each field with choices."""

from types import MappingProxyType
from typing import Any, Final

from graphql import (
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLEnumValue,
    GraphQLFloat,
    GraphQLInt,
    GraphQLNonNull,
    GraphQLScalarType,
    GraphQLString,
)
from graphql.type import GraphQLList

from charter.contract.types import Scalar, Type
from charter.wire.graphql.names import Taken, capital, is_enum

LONG = GraphQLScalarType("Long", description="A whole number of 64 bits, as a JSON number.")
DECIMAL = GraphQLScalarType(
    "Decimal", description='A decimal number as text, such as "12.50": nothing is rounded.'
)
DATE = GraphQLScalarType("Date", description="A day, as 2026-12-31.")
DATE_TIME = GraphQLScalarType(
    "DateTime",
    description="A moment as in RFC 3339, in UTC: 2026-12-31T12:00:00+00:00.",
    specified_by_url="https://www.rfc-editor.org/rfc/rfc3339",
)
UUID = GraphQLScalarType(
    "UUID",
    description="A UUID as text.",
    specified_by_url="https://www.rfc-editor.org/rfc/rfc9562",
)
ANY = GraphQLScalarType("JSON", description="Any JSON value.")

_INT32: Final = 2**31
_OF = MappingProxyType(
    {
        Scalar.TEXT: GraphQLString,
        Scalar.EMAIL: GraphQLString,
        Scalar.URL: GraphQLString,
        Scalar.CHOICE: GraphQLString,
        Scalar.INTEGER: LONG,
        Scalar.BOOLEAN: GraphQLBoolean,
        Scalar.FLOAT: GraphQLFloat,
        Scalar.DECIMAL: DECIMAL,
        Scalar.DATE: DATE,
        Scalar.DATETIME: DATE_TIME,
        Scalar.UUID: UUID,
        Scalar.JSON: ANY,
    }
)


Leaf = GraphQLScalarType | GraphQLEnumType
ValueType = Leaf | GraphQLList[Any]


class Values:
    """The types of the values of one contract."""

    def __init__(self, taken: Taken) -> None:
        self._taken = taken
        self._enums: dict[tuple[str, tuple[str, ...]], GraphQLEnumType] = {}

    def one(self, type_: Type, owner: str, name: str) -> Leaf:
        """The type of one value: that of the items of a list. `owner` and `name` say whose."""
        if type_.scalar is Scalar.CHOICE and type_.choices and is_enum(type_.choices):
            return self._enum(f"{owner}{capital(name)}", type_.choices)
        if type_.scalar is Scalar.INTEGER and _is_small(type_):
            return GraphQLInt
        return _OF[type_.scalar]

    def of(self, type_: Type, owner: str, name: str) -> ValueType:
        one = self.one(type_, owner, name)
        return GraphQLList(GraphQLNonNull(one)) if type_.many else one

    def _enum(self, name: str, choices: tuple[str, ...]) -> GraphQLEnumType:
        found = self._enums.get((name, choices))
        if found is None:
            values = {choice: GraphQLEnumValue(choice) for choice in choices}
            found = GraphQLEnumType(self._taken.new(name, f"{name}Choice"), values)
            self._enums[name, choices] = found
        return found


def _is_small(type_: Type) -> bool:
    """Whether an integer has 32 bits at most, by its bounds."""
    low = type_.ge if type_.ge is not None else type_.gt
    high = type_.le if type_.le is not None else type_.lt
    return low is not None and high is not None and low >= -_INT32 and high < _INT32
