"""From a contract to the model of its clients."""

from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256

from charter.client.bodies import Bodies, input_of, shape_of
from charter.client.model import (
    Call,
    Failure,
    Member,
    Model,
    Named,
    Place,
    Row,
    Shape,
    Shown,
    Test,
)
from charter.contract.canonical import canonical_json
from charter.contract.command import DeclaredError, On, Result
from charter.contract.contract import Contract
from charter.contract.resource import Computed, Field, Relation, Resource
from charter.contract.types import BOOLEAN, TEXT
from charter.core.names import kebab, pascal
from charter.plan.ask import Comparator
from charter.plan.comparators import comparators_of
from charter.plan.drafts import Mode
from charter.plan.spelling import cut_name
from charter.wire.rest.describe.schemas import has_value
from charter.wire.rest.routes import creatable
from charter.wire.rest.settings import RestSettings
from charter.wire.rest.summaries import measures_of
from charter.wire.rest.vocabulary import Vocabulary, groupable, vocabularies

_LISTED = frozenset({Comparator.IN, Comparator.NOT_IN})
_PATTERNS = frozenset({Comparator.LIKE, Comparator.ILIKE})


def model_of(contract: Contract, settings: RestSettings) -> Model:
    """The model of the clients of a contract that is served with these settings."""
    reader = _Reader(contract, settings)
    return Model(
        name=contract.name,
        version=contract.version,
        digest=sha256(canonical_json(contract)).hexdigest(),
        prefix=settings.prefix,
        rows=tuple(reader.row(item) for item in contract.resources),
        structs=tuple(reader.bodies.all()),
        places=tuple(reader.places()),
        calls=tuple(reader.calls(None)),
        failures=tuple(map(_failure, contract.errors)),
        doc=contract.doc,
    )


def _failure(error: DeclaredError) -> Failure:
    members = tuple(
        Member(
            f"{item.name}_id" if item.references else item.name,
            shape_of(item.type, nullable=item.optional),
            doc=item.doc,
        )
        for item in error.parameters
    )
    return Failure(error.name, error.code, members, error.doc)


class _Reader:
    """Reads the parts of one contract."""

    def __init__(self, contract: Contract, settings: RestSettings) -> None:
        self._contract = contract
        self._prefix = settings.prefix
        self._vocabularies = vocabularies(contract)
        self.bodies = Bodies(contract)

    # -- rows ----------------------------------------------------------------------------------
    def row(self, resource: Resource) -> Row:
        """A kind of row."""
        words = self._vocabularies[resource.name]
        sortable = [name for name in words.fields if words.sortable(name)]
        functions = [
            f"{function}({name})"
            for name, type_ in words.fields.items()
            for function in measures_of(type_)
        ]
        return Row(
            name=resource.name,
            members=tuple(self._members(words)),
            tests=tuple(_tests(words)),
            relations={name: item.target for name, item in words.relations.items()},
            key=shape_of(resource.key.type),
            fields=tuple(self._fields(words)),
            include=tuple(self._paths(words)),
            sort=tuple(spelt for name in sortable for spelt in (name, f"-{name}")),
            measures=("count", *functions),
            groups=tuple(name for name, type_ in words.fields.items() if groupable(type_)),
            searches=bool(resource.search_fields),
            doc=resource.doc,
        )

    def _members(self, words: Vocabulary) -> Iterator[Member]:
        resource = words.resource
        hidden = {rule.field for rule in resource.policy.hides}
        for item in resource.readable:
            shown = Shown.ALLOWED if item.name in hidden else Shown.ALWAYS
            shape = shape_of(item.type, nullable=_nullable(item))
            yield Member(item.name, shape, shown, doc=item.doc)
        for relation in words.relations.values():
            yield _related(relation)
            cut = None if relation.to_one else cut_name(resource, relation.name)
            if cut is not None:
                doc = f"Whether `{relation.name}` shows only the first of them."
                yield Member(cut, shape_of(BOOLEAN), Shown.CUT, doc=doc)

    def _fields(self, words: Vocabulary) -> Iterator[str]:
        yield from words.fields
        for name, relation in words.relations.items():
            yield from (f"{name}.{one}" for one in self._vocabularies[relation.target].fields)

    def _paths(self, words: Vocabulary) -> Iterator[str]:
        yield from words.relations
        for name, relation in words.relations.items():
            yield from (f"{name}.{one}" for one in self._vocabularies[relation.target].relations)

    # -- places --------------------------------------------------------------------------------
    def places(self) -> Iterator[Place]:
        """The places at the top; those of parts are there for their commands only."""
        for resource in self._contract.resources:
            calls = tuple(self.calls(resource))
            base = Place(
                name=f"{pascal(resource.path.replace('-', '_'))}.Api",
                attribute=resource.path.replace("-", "_"),
                path=f"{self._prefix}/{resource.path}",
                row=resource.name,
                key=shape_of(resource.key.type),
                calls=calls,
                doc=resource.doc,
            )
            if resource.owner is None:
                yield replace(self._written(base, resource), below=tuple(self._below(resource)))
            elif calls:
                yield replace(base, reads=False, single=False)

    def _written(self, place: Place, resource: Resource) -> Place:
        """The place with the writes that its rows take."""
        top = resource.owner is None
        kept = resource.read_only or resource.append_only
        bodies = self.bodies
        return replace(
            place,
            creates=bodies.body(resource, Mode.CREATE) if creatable(resource) else None,
            changes=None
            if kept
            else (bodies.body(resource, Mode.PATCH), bodies.body(resource, Mode.REPLACE)),
            removes=not kept,
            bulk=bodies.addressed(resource) if top and not kept else None,
            many=top,
            conditional=resource.conditional_writes,
        )

    def _below(self, resource: Resource) -> Iterator[Place]:
        for relation in resource.relations:
            if relation.to_one:
                continue
            target = self._contract.resource_named[relation.target]
            place = Place(
                name=f"{resource.name}.{pascal(relation.name)}.Api",
                attribute=relation.name,
                path=kebab(relation.name),
                row=target.name,
                key=shape_of(target.key.type),
                single=relation.owned,
                doc=relation.doc,
            )
            yield replace(self._written(place, target), many=False) if relation.owned else place

    # -- commands ------------------------------------------------------------------------------
    def calls(self, resource: Resource | None) -> Iterator[Call]:
        """The commands of a resource, or those on nothing."""
        for command in self._contract.commands_of[None if resource is None else resource.name]:
            yield Call(
                name=command.name,
                path=kebab(command.name),
                key=None
                if resource is None or command.on is not On.ROW
                else shape_of(resource.key.type),
                owner=resource.name if resource is not None else None,
                input=input_of(command),
                result=_result(command.result),
                raises=command.raises,
                doc=command.doc,
            )


def _made(resource: Resource) -> bool:
    return creatable(resource)


def _nullable(item: Field | Computed) -> bool:
    return not has_value(item.expression) if isinstance(item, Computed) else item.optional


def _related(relation: Relation) -> Member:
    shape = Shape(Named((relation.target,), row=True), not relation.to_one, relation.to_one)
    return Member(relation.name, shape, Shown.INCLUDED, doc=relation.doc)


def _result(result: Result) -> Shape | None:
    if result.resource is not None:
        return Shape(Named((result.resource,), row=True), many=result.many)
    return None if result.type is None else shape_of(result.type)


def _tests(words: Vocabulary) -> Iterator[Test]:
    for name, type_ in words.fields.items():
        field = words.resource.field_named.get(name)
        able = comparators_of(type_, name in words.foldable)
        value = replace(shape_of(type_), many=False)
        for comparator in Comparator:
            if comparator not in able:
                continue
            if comparator is Comparator.NULL:
                if field is None or field.optional:
                    yield Test(name, comparator, shape_of(BOOLEAN))
            elif comparator in _PATTERNS:
                yield Test(name, comparator, shape_of(TEXT))
            else:
                yield Test(name, comparator, value.listed() if comparator in _LISTED else value)
