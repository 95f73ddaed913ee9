"""What `charter verify --plans` finds for REST holds for GraphQL: its statements have another text,
and come by the same rows of the same tables through the same indexes."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from typing import Any

from charter.contract.contract import Contract
from charter.core.problems import Problem
from charter.plan.ask import Read, ReadListing, ReadMany, ReadOne, ReadTogether, Sort, Summarize
from charter.plan.matrix import Kind
from charter.plan.reads import plan_read
from charter.plan.selection import (
    Around,
    Each,
    Item,
    Itself,
    Listed,
    Listing,
    Mark,
    Nest,
    Pick,
    Selection,
    Total,
)
from charter.plan.view import View
from charter.sql.dialect import Dialect
from charter.sql.mysql import MYSQL
from charter.sql.reads import compile_read
from charter.sql.statement import Statement
from charter.verify.data.fill import SEED, fill
from charter.verify.data.sizes import sizes_of
from charter.verify.plans.explained import Access, Explained
from charter.verify.plans.measure import bench_of
from charter.verify.plans.shape import Origin, Shape, Wanted
from charter.verify.plans.shapes import Compiled, kinds_of
from charter.verify.plans.shapes_reads import _Drawer
from charter.verify.scratch.open import scratch_beside
from charter.wire.rest.settings import RestSettings
from charter.wire.rest.vocabulary import vocabularies
from examples.shop.contract import shop

ROWS = 3_000
SAMPLE = 7
"""On MySQL one pair of so many is tried."""


@dataclass(frozen=True, slots=True)
class Pair:
    """What both can ask, as REST asks it and as GraphQL does."""

    name: str
    rest: Compiled
    graphql: Compiled

    @property
    def texts(self) -> tuple[str, str]:
        return self.rest.statement.text, self.graphql.statement.text


class Drawn(_Drawer):
    """Draws what REST asks, with the forms that it is asked in."""

    def _shape(self, name: str, form: Any, *wanted: Wanted, **_: Any) -> Iterator[Any]:
        yield name, form, wanted


def pairs(contract: Contract, dialect: Dialect) -> Iterator[Pair]:
    words = vocabularies(contract)
    for roles, kind in kinds_of(contract):
        for resource in contract.resources:
            drawer = Drawn(contract, RestSettings(), roles, kind, resource, words[resource.name])
            drawn: Iterator[Any] = drawer.all()
            for name, form, wanted in drawn:
                same = as_graphql(contract, form)
                if same is None:
                    continue
                try:
                    asked = [statement(contract, dialect, kind, one) for one in (form, same)]
                except Problem:
                    continue
                shape = Shape(
                    f"{name} ({kind.name})", form.resource, roles, (kind.name,), Origin.CONTRACT,
                    partial(statement, kind=kind, form=form), wanted,
                )  # fmt: skip
                yield Pair(shape.name, *(Compiled(shape, one) for one in asked))


def statement(contract: Contract, dialect: Dialect, kind: Kind, form: Read) -> Statement:
    return compile_read(contract, dialect, plan_read(View(contract, kind.standing), form))


def as_graphql(contract: Contract, form: Read) -> ReadTogether | None:
    """The same as a root of a document; None for what only REST has: exports, HAL, and lists of a
    row by themselves, which are in GraphQL what they are in REST where a row includes them."""
    match form:
        case ReadOne():
            return together(replace(form, selection=items(contract, form.resource, form.selection)))
        case Summarize():
            return together(form)
        case ReadMany(limit=int(limit), selection=Selection(can=None), parent=None):
            return together(ReadListing(form.resource, connection(contract, form, limit)))
    return None


def together(root: Any) -> ReadTogether:
    return ReadTogether((("x", root),))


def connection(contract: Contract, form: ReadMany, limit: int) -> Listing:
    """A connection with its edges, their cursors and what is asked about the page."""
    shown = items(contract, form.resource, form.selection)
    edge = Selection(items=(Mark("cursor"), Itself("node", shown)))
    around = Around("pageInfo", (("hasNextPage", "next"), ("endCursor", "last")))
    total = (Total("totalCount"),) if form.count == "exact" else ()
    parts = (Each("edges", edge), around, *total)
    page = Listing(0, parts, limit, form.where, form.search, form.sort, after=form.after)
    if not all(one.descending for one in form.sort):
        return page
    # The last rows of the list the other way round.
    sort = tuple(Sort(one.field) for one in form.sort)
    return replace(page, sort=sort, backward=True, after=None, before=form.after)


def items(contract: Contract, resource: str, selection: Selection) -> Selection:
    """What REST shows where nothing else is said, and the related rows."""
    about = contract.resource_named[resource]
    names = [*about.field_named, *about.computed_named]
    picks: list[Item] = [Pick(name, name) for name in names]
    for nest in selection.nests:
        target = next(one.target for one in about.relations if one.name == nest.relation)
        inner = items(contract, target, nest.selection)
        if nest.limit is None:
            picks.append(Nest(nest.out, nest.relation, inner))
            continue
        edges = Each("edges", Selection(items=(Mark("cursor"), Itself("node", inner))))
        picks.append(Listed(nest.out, nest.relation, Listing(1, (edges,), nest.limit)))
    return Selection(items=tuple(picks))


def accesses(explained: Explained) -> set[tuple[str, str, str | None]]:
    """How rows of tables are come by."""
    assert explained.error is None, explained.error
    assert explained.ended
    return {one for one in explained.sign if one[0] != Access.OTHER.value}


async def test_graphql_comes_by_rows_as_rest_does(beside: str | None) -> None:
    contract = shop.build()
    async with scratch_beside(beside) as scratch:
        filled = await fill(contract, scratch, sizes_of(contract, ROWS), SEED, lambda *_: None)
        found = {pair.texts: pair for pair in pairs(contract, scratch.dialect)}
        bench = await bench_of(scratch, filled, [pair.rest for pair in found.values()])
        # To tell what a statement did there takes MySQL many questions.
        step = SAMPLE if scratch.dialect is MYSQL else 1
        for pair in islice(found.values(), 0, None, step):
            rest, graphql = await bench.run_both(pair.rest), await bench.run_both(pair.graphql)
            for rank in rest.keys() & graphql.keys():
                one, other = accesses(rest[rank]), accesses(graphql[rank])
                # MySQL tells nothing of what it need not run, where there are no rows.
                assert one == other or (other < one and not rest[rank].work), (pair.name, rank)
    assert len(found) > 500
