"""A write that is one statement: a transaction of its own, and one journey to the database.

It is tried where the database can combine writes and a new row is all that there is to write.
What a kind of row takes is decided once, as a recipe; a request brings only values to it.
Whatever needs a question before the answer, or comes out wrong, is left to a transaction, which
begins anew: nothing of the try has stayed.
"""

from dataclasses import dataclass, field
from typing import Any

from charter.contract.expression import ALWAYS
from charter.contract.resource import Field, Made
from charter.core.ids import uuid7s
from charter.core.problems import Problem
from charter.core.recent import Recent
from charter.plan.ask import Ask, Create, Draft, ReadOne, Selection, Write
from charter.plan.newrows import NewRows, Outline, new_rows, outline_of, rows_in
from charter.plan.outcome import RowOutcome
from charter.plan.standing import Standing
from charter.plan.steps import Step
from charter.plan.view import CREATE
from charter.serve.engine import checks
from charter.serve.engine.compiler import Compiler
from charter.serve.engine.defaults import made
from charter.sql.statement import Sources, Statement
from charter.store.database import Database
from charter.store.errors import NotAtOnce

MOST_ROWS = 51
"""Rows of one statement: a row with more than 50 parts takes a transaction."""
KNOWN_KINDS = 4_096


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a row of one kind and its parts are made, `count` in all. `brought` are the fields that
    each brings: those of the row, then those of its parts by relation."""

    resource: str
    count: int
    statement: Statement
    brought: tuple[tuple[Field, ...], ...]

    def values(self, draft: Draft, ask: Ask) -> list[Any]:
        """The values of the statement; the second is the key of the row."""
        values: list[Any] = [ask.request_id]
        ids = iter(uuid7s(2 * self.count))
        for fields, rows in zip(self.brought, rows_in(draft), strict=True):
            for row in rows:
                values += (next(ids), next(ids))
                given = row.values
                for item in fields:
                    values.append(given[item.name] if item.name in given else made(item, ask))
        return values


@dataclass(frozen=True)
class Alone:
    """Makes new rows in one statement each."""

    compiler: Compiler
    database: Database
    _recipes: Recent[Any, tuple[Recipe | None]] = field(
        default_factory=lambda: Recent(KNOWN_KINDS), repr=False
    )

    async def create(self, ask: Ask, form: Write) -> RowOutcome | None:
        """Make a row and its parts, and read it for its writer. None where nothing has stayed
        and a transaction is to do it.

        Raises problems that no database needs to be asked for, and store errors.
        """
        new = new_row_of(ask, form)
        recipe = None if new is None else self._recipe(new, ask, form.selection)
        if new is None or recipe is None:
            return None
        values = recipe.values(new.draft, ask)
        arguments = recipe.statement.arguments(Sources(values, ask.actor, ask.now))
        try:
            row = (await self.database.write_at_once(recipe.statement, arguments))[0]
        except NotAtOnce:
            return None
        return RowOutcome(recipe.resource, values[1], row[0], row[1], created=True)

    def _recipe(self, new: Create, ask: Ask, selection: Selection) -> Recipe | None:
        outline = outline_of(new.draft)
        if outline is None:
            return None
        standing = self.compiler.standing(ask.actor, ask.now)
        kept = self._recipes.get(
            (new.resource, selection, outline, standing),
            lambda: (
                recipe_of(self.compiler, ReadOne(new.resource, selection), outline, standing, ask),
            ),
        )
        return kept[0]


def new_row_of(ask: Ask, form: Write) -> Create | None:
    """The new row that is all that an ask writes; None where it does more, or keeps its answer."""
    if ask.once is not None or form.dry_run or form.many or len(form.steps) != 1:
        return None
    step = form.steps[0]
    operation = step.operation if isinstance(step, Step) else None
    if not isinstance(operation, Create) or operation.parent is not None:
        return None
    return operation


def recipe_of(
    compiler: Compiler, form: ReadOne, outline: Outline, standing: Standing, ask: Ask
) -> Recipe | None:
    """The recipe of new rows of an outline, read as the form says; None where that takes a
    transaction.

    Raises the problem of an actor who may make no such row.
    """
    resource = compiler.contract.resource_named[form.resource]
    guard = compiler.guard(resource, CREATE, standing)
    question = checks.created(guard, outline.given)
    rows = new_rows(compiler.contract, resource, outline)
    count = sum(part.count for part in rows)
    if count > MOST_ROWS:
        return None
    try:
        if any(_takes_more(compiler, standing, part, ask) for part in rows):
            return None
        statement = compiler.create_and_answer(rows, form, standing, question)
    except Problem:
        # The writer may not make such parts, or not read the row: that is for a transaction to say.
        return None
    if statement is None:
        return None
    return Recipe(resource.name, count, statement, tuple(part.brought for part in rows))


def _takes_more(compiler: Compiler, standing: Standing, rows: NewRows, ask: Ask) -> bool:
    """Whether rows take more than a statement that inserts them: something has to be written or
    asked besides, or there are values that the request does not have."""
    resource = rows.resource
    return (
        resource.audited
        or resource.mapped is not None
        or resource.key.default is not Made.UUID7
        or _lacks_values(rows, ask)
        or _names_unseen(compiler, standing, rows)
        or (rows.owner is not None and _asks_of_part(compiler, standing, rows))
    )


def _lacks_values(rows: NewRows, ask: Ask) -> bool:
    """Whether a field that must have a value gets none, or one is given that is not brought."""
    if not rows.given <= {item.name for item in rows.brought}:
        return True
    return any(
        not item.optional and made(item, ask) is None
        for item in rows.resource.fields
        if item.name not in rows.given and item.name != rows.owner
    )


def _names_unseen(compiler: Compiler, standing: Standing, rows: NewRows) -> bool:
    """Whether the fields that are given can name rows that the actor may not read."""
    named = {rows.resource.field_named[name].references for name in rows.given}
    return any(
        compiler.seen(compiler.contract.resource_named[name], standing) != ALWAYS
        for name in named
        if name is not None and name != compiler.contract.user
    )


def _asks_of_part(compiler: Compiler, standing: Standing, rows: NewRows) -> bool:
    """Whether a part's own policy is to be asked of it once it is there."""
    guard = compiler.part_guard(rows.resource, CREATE, standing)
    return guard is not None and checks.created(guard, rows.given) is not None
