"""Fills an empty database with rows made from a contract."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from charter.contract.contract import Contract
from charter.contract.resource import Link, Made, Resource
from charter.sql import ddl
from charter.sql.derive import schema_of
from charter.sql.dialect import Dialect
from charter.sql.folding import folded
from charter.sql.names import FOLDED
from charter.sql.system_statements import serial_catch_up
from charter.verify.data.dice import dice_for, skewed
from charter.verify.data.order import filling_order
from charter.verify.data.own import own_rows
from charter.verify.data.rows import Rows
from charter.verify.data.sizes import sizes_of
from charter.verify.data.values import CannotMake
from charter.verify.data.world import Row, World
from charter.verify.scratch.model import NotEmpty, Scratch
from charter.verify.scratch.open import opened_empty

SEED = 1
UNTIL = datetime(2026, 1, 1, tzinfo=UTC)
"""When the newest row was made: a fixed time, so that rows are the same whenever they are made."""
SPARE = 400
"""Rows of each resource that are made but kept out, to measure what an insert costs."""
_LINKS = 3
"""Pairs of each row, on average."""
_SAMPLES = 250

Progress = Callable[[str, int], None]
"""Is told the resource, and how many more of its rows are made."""


@dataclass(frozen=True, slots=True)
class Filled:
    """What a database was filled with. `sizes` counts the rows that there are."""

    contract: Contract
    sizes: Mapping[str, int]
    world: World
    until: datetime


async def fill_database(
    contract: Contract,
    url: str,
    rows: Mapping[str, int] | None = None,
    seed: int = SEED,
    progress: Progress | None = None,
) -> Filled:
    """Create the schema of a contract in the empty database of a URL, and fill it.

    `rows` is how many each resource gets (`sizes_of`). The same contract, rows and seed give the
    same rows. Raises NotEmpty where the database has any table, ValueError for a bad URL, and
    CannotMake where no value of a field can be made up.
    """
    async with opened_empty(url) as scratch:
        return await fill(contract, scratch, rows or sizes_of(contract), seed, progress)


async def fill(
    contract: Contract,
    scratch: Scratch,
    rows: Mapping[str, int],
    seed: int = SEED,
    progress: Progress | None = None,
) -> Filled:
    """The same for a scratch database that is open."""
    if await scratch.has_tables():
        raise NotEmpty("the database has tables; rows are made up for empty ones only")
    _require_own(contract)
    tell = progress or _nobody
    dialect, world = scratch.dialect, World(contract)
    statements = ddl.statements(schema_of(contract, dialect), dialect)
    later = [text for text in statements if text.startswith(("CREATE INDEX", "ALTER TABLE"))]
    for text in statements:
        if text not in later:
            await scratch.run(text)
    for resource in filling_order(contract):
        source = Rows(contract, resource, rows[resource.name], seed, UNTIL, world, SPARE)
        world.begin(resource)
        encoded = _encoded(resource, dialect, _noted(source, world, tell))
        await scratch.load(resource.table, columns_of(resource), encoded)
    for link, near, far in _links(contract):
        pairs = _pairs(contract, link, near, far, world, seed)
        await scratch.load(link.table, (link.near, link.far), _encoded_pairs(pairs, dialect))
    for table, columns, made in own_rows(contract, dialect, world, UNTIL, seed):
        await scratch.load(table, columns, made)
    for text in later:
        await scratch.run(text)
    for resource in contract.resources:
        catch_up = serial_catch_up(dialect, resource)
        if resource.key.default is Made.SERIAL and catch_up is not None:
            await scratch.fetch(catch_up.text)
    await scratch.settle()
    sizes = {name: len(keys) for name, keys in world.keys.items()}
    return Filled(contract, sizes, world, UNTIL)


def _require_own(contract: Contract) -> None:
    """Raises CannotMake where a table is an existing one, of which a contract says too little to
    make it."""
    existing = sorted(contract.mapped_named)
    if existing:
        count = "an existing table" if len(existing) == 1 else "existing tables"
        names = ", ".join(existing)
        raise CannotMake(f"rows are made up for tables that Charter makes: {names} is {count}")


def columns_of(resource: Resource) -> tuple[str, ...]:
    """The columns of a resource's table, in the order of `encode`."""
    shadows = (item.name + FOLDED for item in resource.search_fields)
    return (*(item.name for item in resource.fields), *shadows)


def encode(resource: Resource, dialect: Dialect) -> Callable[[Row], tuple[Any, ...]]:
    """From a row of typed values to what the driver takes."""
    coded = [(item.name, dialect.encoder(item.type)) for item in resource.fields]
    search = [item.name for item in resource.search_fields]

    def values(row: Row) -> tuple[Any, ...]:
        plain = [
            row[name] if code is None or row[name] is None else code(row[name])
            for name, code in coded
        ]
        return (*plain, *[folded(row[name]) for name in search])

    return values


def _encoded(
    resource: Resource, dialect: Dialect, rows: Iterable[Row]
) -> Iterator[tuple[Any, ...]]:
    return map(encode(resource, dialect), rows)


def _noted(source: Rows, world: World, tell: Progress) -> Iterator[Row]:
    """The rows that go into the database; the spare ones are put aside."""
    resource = source.resource
    every = max(1, source.count // _SAMPLES)
    waiting = 0
    for number, row in enumerate(source):
        if number < source.count:
            world.made(resource, row, every)
            yield row
            waiting += 1
            if waiting == 1000:
                tell(resource.name, waiting)
                waiting = 0
        else:
            world.spare[resource.name].append(row)
    tell(resource.name, waiting)


Ends = tuple[Link, Resource, Resource]


def _links(contract: Contract) -> Iterator[Ends]:
    seen: set[str] = set()
    for resource in contract.resources:
        for relation in resource.relations:
            if relation.link is not None and relation.link.table not in seen:
                seen.add(relation.link.table)
                yield relation.link, resource, contract.resource_named[relation.target]


def _pairs(
    contract: Contract, link: Link, near: Resource, far: Resource, world: World, seed: int
) -> Iterator[tuple[Any, Any]]:
    """Some rows have many and most have few; each pair once, and both ends of one tenant."""
    dice = dice_for(seed, link.table)
    tenants = {key: tenant for tenant, keys in world.by_tenant[near.name].items() for key in keys}
    for key in world.keys[near.name]:
        options: Sequence[Any] = world.candidates(far.name, tenants.get(key))
        wanted = min(len(options), int(dice.expovariate(1 / _LINKS)))
        chosen = dict.fromkeys(skewed(dice, options) for _ in range(wanted))
        yield from ((key, other) for other in chosen)


def _encoded_pairs(pairs: Iterable[tuple[Any, Any]], dialect: Dialect) -> Iterator[tuple[Any, Any]]:
    for near, far in pairs:
        yield _key(near, dialect), _key(far, dialect)


def _key(value: Any, dialect: Dialect) -> Any:
    return value if dialect.remote or isinstance(value, int) else str(value)


def _nobody(_: str, __: int) -> None:
    """Nobody watches."""
