"""The names that a client can use in a query: fields, and relations to further fields.

Hidden and write-only fields are not among them. Whether this actor may see the others is not
known here.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from charter.contract.contract import Contract
from charter.contract.resource import Relation, Resource
from charter.contract.types import Scalar, Type
from charter.core.names import nearest
from charter.plan.comparators import sortable


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The names of one resource."""

    resource: Resource
    fields: Mapping[str, Type]
    """Stored and computed fields that reads can show."""
    foldable: frozenset[str]
    """Fields that can be compared without regard to case."""
    relations: Mapping[str, Relation]

    def sortable(self, name: str) -> bool:
        return sortable(self.fields[name])

    def near(self, name: str) -> str:
        """A hint at a field or relation that may be meant, or nothing."""
        return hint(name, (*self.fields, *self.relations))


Vocabularies = Mapping[str, Vocabulary]


def vocabularies(contract: Contract) -> Vocabularies:
    """The vocabulary of each resource by its name."""
    return {resource.name: _of(resource) for resource in contract.resources}


def hint(name: str, known: tuple[str, ...]) -> str:
    near = nearest(name[:100], known)
    return f"; did you mean `{near}`?" if near else ""


def _of(resource: Resource) -> Vocabulary:
    fields = {item.name: item.type for item in resource.readable}
    relations = {
        relation.name: relation
        for relation in resource.relations
        if not relation.to_one or relation.near in fields
    }
    foldable = frozenset(item.name for item in resource.search_fields if item.name in fields)
    return Vocabulary(resource, fields, foldable, relations)


def groupable(type_: Type) -> bool:
    """Whether rows can be grouped by values of this type."""
    return not type_.many and type_.scalar is not Scalar.JSON
