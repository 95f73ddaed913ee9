"""Conditions over the resources of a finished contract, as `unit.find` takes them."""

from collections.abc import Callable, Iterable
from types import FunctionType
from typing import Any

from charter.contract.contract import Contract
from charter.contract.expression import ROW, Expression
from charter.contract.faults import ContractFaulty
from charter.contract.resource import Relation
from charter.contract.types import Type
from charter.language.symbols.bytecode import blind_code
from charter.language.symbols.rows import Row
from charter.language.symbols.session import Refused, recording
from charter.language.symbols.values import condition


class Finished:
    """The resources of a contract as symbolic rows see them."""

    def __init__(self, contract: Contract) -> None:
        self._resources = contract.resource_named
        self.user = contract.user

    def type_of(self, resource: str, name: str) -> Type | None:
        found = self._resources.get(resource)
        return found.type_of(name) if found else None

    def relation(self, resource: str, name: str) -> Relation | None:
        return self._resources[resource].relation_named.get(name)

    def names(self, resource: str) -> Iterable[str]:
        found = self._resources[resource]
        return (*found.field_named, *found.computed_named, *found.relation_named)

    def tenant_of(self, resource: str) -> str | None:
        return self._resources[resource].tenant

    def is_broken(self, resource: str, name: str) -> bool:
        return False


def predicate(contract: Contract, resource: str, where: Callable[[Any], object]) -> Expression:
    """The condition that a lambda states over the rows of a resource.

    Raises ContractFaulty, with the lines of the lambda, where it cannot be expressed.
    """
    blind = blind_code(where.__code__) if isinstance(where, FunctionType) else ()
    if blind:
        raise ContractFaulty(blind)
    node: Expression | None = None
    with recording(Finished(contract)) as session:
        try:
            node = condition(where(Row(resource, ROW)))
        except Refused:
            node = None
    if session.faults or node is None:
        raise ContractFaulty(tuple(session.faults))
    return node
