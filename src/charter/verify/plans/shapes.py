"""Every shape of statement that the API of a contract can send, each text once."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from charter.contract.contract import Contract
from charter.plan.matrix import Kind, kind_of, plain_kinds, roles_in
from charter.sql.dialect import Dialect
from charter.sql.statement import Statement
from charter.verify.plans.shape import Origin, Shape
from charter.verify.plans.shapes_own import own_shapes
from charter.verify.plans.shapes_reads import read_shapes
from charter.verify.plans.shapes_writes import write_shapes
from charter.wire.rest.settings import RestSettings

MOST = 3_000
"""Different texts that are looked at. Of more, those that clients choose are left out."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """A shape with its statement."""

    shape: Shape
    statement: Statement


@dataclass(frozen=True, slots=True)
class Shapes:
    """`found` counts all ways to ask; `left_out` the texts beyond the bound."""

    compiled: tuple[Compiled, ...]
    found: int
    left_out: int = 0


def shapes_of(
    contract: Contract, dialect: Dialect, settings: RestSettings | None = None, most: int = MOST
) -> Shapes:
    """All shapes for every kind of actor: nobody, somebody, each role; and, where policies ask
    how somebody signed in, the same with all of that fulfilled."""
    rest = settings or RestSettings()
    by_text: dict[str, Compiled] = {}
    found = 0
    for shape in sorted(_all(contract, rest), key=lambda one: one.origin is Origin.CLIENT):
        statement = shape.make(contract, dialect)
        found += 1
        known = by_text.get(statement.text)
        if known is None:
            by_text[statement.text] = Compiled(shape, statement)
        else:
            by_text[statement.text] = replace(known, shape=_merged(known.shape, shape))
    compiled = tuple(by_text.values())
    return Shapes(compiled[:most], found, max(0, len(compiled) - most))


def kinds_of(contract: Contract) -> Iterator[tuple[tuple[str, ...] | None, Kind]]:
    """Each kind of actor with its roles (None for nobody)."""
    for roles in plain_kinds(roles_in(contract)):
        kind = kind_of(contract, roles)
        tenanted = contract.tenancy is not None and kind.standing.authenticated
        kind = replace(kind, standing=replace(kind.standing, tenanted=tenanted))
        yield roles, kind
        if roles is not None and contract.facts:
            sure = replace(kind.standing, facts=contract.facts)
            yield roles, Kind(f"{kind.name}, freshly and strongly", sure)


def _all(contract: Contract, rest: RestSettings) -> Iterable[Shape]:
    for roles, kind in kinds_of(contract):
        yield from read_shapes(contract, rest, roles, kind)
        yield from write_shapes(contract, roles, kind)
    yield from own_shapes(contract)


def _merged(known: Shape, other: Shape) -> Shape:
    """The same for more kinds of actor. Somebody can have claims and rows, nobody has none."""
    kinds = tuple(dict.fromkeys((*known.kinds, *other.kinds)))
    return replace(known, kinds=kinds, roles=other.roles if known.roles is None else known.roles)
