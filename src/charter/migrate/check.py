"""The contract, the migrations and the live database, held against each other."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from charter.contract.contract import Contract
from charter.migrate import history
from charter.migrate.folder import state
from charter.migrate.migration import Migration
from charter.migrate.objects import Stored, schema_from
from charter.migrate.planning import APART
from charter.migrate.status import Line, Standing, lines
from charter.migrate.turn import Target, looking
from charter.migrate.wanted import wanted
from charter.sql.derive import schema_of
from charter.sql.dialect import Dialect
from charter.sql.differences import Difference, absent, differences
from charter.sql.own.history import MIGRATIONS, State, without_history
from charter.store.schema import found_schema, spelt_in_session


@dataclass(frozen=True, slots=True)
class Check:
    """What was found. `unplanned` is where the contract goes beyond the migrations, `unsettled`
    the migrations that are not applied or not what was applied, `drift` where the database is not
    what its history says, `harmless` what somebody added that breaks nothing."""

    unplanned: tuple[Difference, ...] = ()
    unsettled: tuple[Line, ...] = ()
    drift: tuple[Difference, ...] = ()
    harmless: tuple[Difference, ...] = ()
    empty: bool = False
    """The database has no tables yet: the first start makes them."""

    @property
    def well(self) -> bool:
        """Whether all three agree."""
        return not (self.unplanned or self.unsettled or self.drift)


def unplanned_in(
    contract: Contract, migrations: Sequence[Migration], dialect: Dialect
) -> tuple[Difference, ...]:
    """Where a contract goes beyond its migrations, or falls behind them."""
    want, plan = wanted(contract, dialect, APART).objects, state(migrations, dialect.name)
    before, after = schema_from(plan), schema_from(want)
    found = differences(after, before, [table.name for table in before.tables])
    named = {(item.table, item.part) for item in found}
    kept = (
        Difference(name.table, name.name, f"{name.table}.{name.name} is stored in another way")
        for name, value in want.items()
        if isinstance(value, Stored)
        and isinstance(other := plan.get(name), Stored)
        and replace(other, stands_in=None) != replace(value, stands_in=None)
        and (name.table, name.name) not in named
    )
    return (*found, *kept)


async def check(target: Target, contract: Contract, migrations: Sequence[Migration]) -> Check:
    """Compare all three. It changes nothing but a scratch schema. Raises StoreError."""
    dialect = target.dialect
    unplanned = unplanned_in(contract, migrations, dialect)
    whole = schema_of(contract, dialect)
    async with looking(target) as session:
        there = await found_schema(dialect, session.fetch)
        if absent(without_history(whole), there):
            return Check(unplanned, empty=True)
        known = MIGRATIONS.name in there.table_named
        entries = await history.entries(session, dialect) if known else ()
        rows = lines(entries, migrations, dialect.name)
        unsettled = tuple(line for line in rows if line.standing is not Standing.APPLIED)
        noted = {entry.name for entry in entries}
        applied = [item for item in migrations if item.name in noted]
        # Without a history there is nothing to hold it to but the contract.
        expected = schema_from(state(applied, dialect.name)) if applied else whole
        spelt = await spelt_in_session(expected, dialect, session)
        under_way = {
            table
            for entry in entries
            if entry.state is not State.APPLIED
            for table in entry.touches
        }
    found = [item for item in differences(spelt, there) if item.table not in under_way]
    return Check(
        unplanned,
        unsettled,
        tuple(item for item in found if not item.harmless),
        tuple(item for item in found if item.harmless),
    )
