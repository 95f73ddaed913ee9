"""The reads that one kind of actor can send: rows, lists, includes, searches, summaries."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from charter.contract.contract import Contract
from charter.contract.expression import Function
from charter.contract.resource import Relation, Resource
from charter.contract.types import Type
from charter.core.problems import Problem
from charter.plan.ask import (
    EVERYTHING,
    After,
    Comparator,
    Measure,
    Nest,
    Parent,
    ReadMany,
    ReadOne,
    Selection,
    Sort,
    Summarize,
    Test,
)
from charter.plan.comparators import comparators_of
from charter.plan.matrix import Kind
from charter.plan.reads import plan_read
from charter.plan.view import View
from charter.sql.dialect import Dialect
from charter.sql.reads import compile_read
from charter.sql.statement import Statement
from charter.verify.plans.needs import needs_of
from charter.verify.plans.shape import Choice, Origin, Shape, Wanted
from charter.wire.rest.selections import CAN
from charter.wire.rest.settings import RestSettings
from charter.wire.rest.summaries import measures_of
from charter.wire.rest.vocabulary import Vocabulary, groupable, vocabularies

_KEY = (Sort("id"),)
_CLASSES = (
    (Comparator.EQ, Choice.EQUAL),
    (Comparator.IN, Choice.LIST),
    (Comparator.GE, Choice.HIGH),
    (Comparator.NULL, Choice.NULL),
    (Comparator.LIKE, Choice.PREFIX),
    (Comparator.ILIKE, Choice.PREFIX),
    (Comparator.CONTAINS, Choice.ITEM),
)
"""One comparator for each class: those of a class are served by the same indexes."""


def read_shapes(
    contract: Contract, rest: RestSettings, roles: tuple[str, ...] | None, kind: Kind
) -> Iterator[Shape]:
    """All reads of one kind of actor. Those that it is refused whatever the rows are not sent."""
    words = vocabularies(contract)
    for resource in contract.resources:
        drawer = _Drawer(contract, rest, roles, kind, resource, words[resource.name])
        yield from drawer.all()


@dataclass(frozen=True, slots=True)
class _Drawer:
    """Draws the shapes of the reads of one resource."""

    contract: Contract
    rest: RestSettings
    roles: tuple[str, ...] | None
    kind: Kind
    resource: Resource
    words: Vocabulary

    def all(self) -> Iterator[Shape]:
        name = self.resource.name
        key = Wanted(name, "id")
        yield from self._shape(f"read {name}", ReadOne(name), key)
        page = self._page()
        yield from self._shape(f"list {name}", page)
        yield from self._shape(f"count {name}", replace(page, count="exact"), whole=True)
        actions = replace(page, selection=Selection(can=CAN))
        yield from self._shape(f"list {name} with what can be done", actions)
        yield from self._shape(f"export {name}", replace(page, limit=None), whole=True)
        for descending in (False, True):
            yield from self._pages(descending)
        for relation in self.words.relations.values():
            yield from self._related(relation, key)
        for field, kind in self.words.fields.items():
            yield from self._of_field(field, kind)
        if self.resource.search_fields:
            word = Wanted(name, self.resource.search_fields[0].name, Choice.WORD)
            form = replace(page, search=0)
            yield from self._shape(f"search {name}", form, word, origin=Origin.CLIENT)

    def _pages(self, descending: bool) -> Iterator[Shape]:
        name, way = self.resource.name, " backwards" if descending else ""
        page = replace(self._page(), sort=(Sort("id", descending),))
        yield from self._shape(f"list {name}{way}", page)
        behind = Wanted(name, "id", Choice.MIDDLE)
        further = replace(page, after=After(0, (False,)))
        yield from self._shape(f"next page of {name}{way}", further, behind)

    def _related(self, relation: Relation, key: Wanted) -> Iterator[Shape]:
        name = self.resource.name
        nest = Nest(relation.name, relation.name, EVERYTHING)
        if not relation.to_one:
            nest = replace(nest, sort=_KEY, limit=self.rest.nested_limit)
        with_it = Selection(nests=(nest,))
        yield from self._shape(f"read {name} with its {relation.name}", ReadOne(name, with_it), key)
        page = replace(self._page(), selection=with_it)
        yield from self._shape(f"list {name} with its {relation.name}", page)
        if not relation.to_one:
            parent = Parent(name, relation.name, 0)
            form = ReadMany(relation.target, limit=self.rest.default_limit, parent=parent)
            yield from self._shape(f"list {relation.name} of {name}", form, key)

    def _of_field(self, field: str, kind: Type) -> Iterator[Shape]:
        name = self.resource.name
        own = Wanted(name, field)
        client = Origin.CLIENT
        page = self._page()
        if field != "id" and self.words.sortable(field):
            for descending in (False, True):
                sort = (Sort(field, descending), Sort("id", descending))
                said = f"list {name} by {'-' if descending else ''}{field}"
                yield from self._shape(said, replace(page, sort=sort), origin=client)
        able = comparators_of(kind, field in self.words.foldable)
        for comparator, choice in _CLASSES:
            if field != "id" and comparator in able:
                test = replace(page, where=Test((), field, comparator, 0))
                wanted = replace(own, choice=choice)
                said = f"list {name} where {field} {comparator.value}"
                yield from self._shape(said, test, wanted, origin=client)
        if groupable(kind) and field != "id":
            form = Summarize(name, (field,), (Measure("count", Function.COUNT),))
            yield from self._shape(f"count {name} by {field}", form, origin=client, whole=True)
        for function in measures_of(kind)[:1]:
            form = Summarize(name, (), (Measure("value", function, field),))
            said = f"{function.value} of {field} of {name}"
            yield from self._shape(said, form, origin=client, whole=True)

    def _page(self) -> ReadMany:
        return ReadMany(self.resource.name, limit=self.rest.default_limit)

    def _shape(
        self,
        name: str,
        form: ReadOne | ReadMany | Summarize,
        *wanted: Wanted,
        origin: Origin = Origin.CONTRACT,
        whole: bool = False,
    ) -> Iterator[Shape]:
        standing = self.kind.standing

        def make(contract: Contract, dialect: Dialect) -> Statement:
            return compile_read(contract, dialect, plan_read(View(contract, standing), form))

        try:
            plan = plan_read(View(self.contract, standing), form)
        except Problem:
            return
        yield Shape(
            name,
            form.resource,
            self.roles,
            (self.kind.name,),
            origin,
            make,
            wanted,
            needs_of(self.contract, plan),
            whole,
        )
