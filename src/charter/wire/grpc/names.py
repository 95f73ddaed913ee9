"""What messages, methods and values are called."""

import re
from collections.abc import Mapping, Sequence

from charter.contract.contract import Contract
from charter.contract.resource import Resource
from charter.contract.types import Scalar, Type
from charter.core.names import pascal, plural, snake
from charter.plan.spelling import singular
from charter.wire.rest.routes import Kind, Route

_NO_PART = re.compile(r"[^a-z0-9]+")
_NUMBER = re.compile(r"[0-9]+")


def package_of(contract: Contract) -> str:
    """`shop` of version 1 → `shop.v1`."""
    number = _NUMBER.search(contract.version)
    stem = _NO_PART.sub("_", snake(contract.name)).strip("_") or "service"
    return f"{stem}.v{number[0] if number else 1}"


def file_of(contract: Contract) -> str:
    """The path of the .proto, which follows the package: `shop/v1/shop.proto`."""
    package = package_of(contract)
    return f"{package.replace('.', '/')}/{package.partition('.')[0]}.proto"


def service_of(resource: Resource | None, contract: Contract) -> str:
    """The service of a resource, or that of the contract itself."""
    stem = pascal(package_of(contract).partition(".")[0]) if resource is None else resource.name
    return f"{stem}Service"


def subject_of(route: Route) -> str:
    """What a route is about, as part of a method's name: `Order`, or below an order `OrderLine`."""
    if route.relation is not None and route.owner is not None:
        return route.owner.name + pascal(singular(route.relation.name))
    return route.resource.name if route.resource is not None else ""


def plural_of(name: str) -> str:
    return pascal(plural(snake(name)))


def command_name(route: Route) -> str:
    """`place` of Order → `PlaceOrder`."""
    command = route.command
    if command is None:
        raise ValueError(f"{route.template} calls no command")
    return pascal(command.name) + (command.resource or "")


def parent_field(route: Route) -> str | None:
    """The field that names the row which a route is below: `order_id`."""
    if route.kind in {Kind.RELATED, Kind.PART} and route.owner is not None:
        return f"{snake(route.owner.name)}_id"
    return None


def row_field(resource: Resource) -> str:
    """The field of a request that carries a row: `order_line`."""
    return snake(resource.name)


_IN_RESULT = frozenset({"nothing", "value", "result"})


def result_field(name: str) -> str:
    """The field of a row in what came of an operation: another where all have one of its name."""
    return f"{name}_row" if name in _IN_RESULT else name


def values_of(enum: str, choices: Sequence[str]) -> Mapping[str, str]:
    """The name of each choice as a value of an enum: `draft` of Status → `STATUS_DRAFT`.

    Choices that come to one name are told apart by a number behind it, in their order.
    """
    prefix = snake(enum).upper()
    taken = {f"{prefix}_UNSPECIFIED"}
    found: dict[str, str] = {}
    for choice in choices:
        stem = f"{prefix}_{_NO_PART.sub('_', choice.lower()).strip('_').upper() or 'VALUE'}"
        name, number = stem, 1
        while name in taken:
            number += 1
            name = f"{stem}_{number}"
        taken.add(name)
        found[choice] = name
    return found


_SIMPLE: Mapping[Scalar, str] = {
    Scalar.INTEGER: "int64",
    Scalar.BOOLEAN: "bool",
    Scalar.FLOAT: "double",
    Scalar.DATETIME: "google.protobuf.Timestamp",
    Scalar.JSON: "google.protobuf.Value",
}
"""All others are strings: a decimal because binary numbers lose its digits, a date because no
well-known type has days."""


def spelt_type(type_: Type, enum: str) -> str:
    """The type of a value as a .proto has it, but for `repeated`."""
    return enum if type_.scalar is Scalar.CHOICE else _SIMPLE.get(type_.scalar, "string")
