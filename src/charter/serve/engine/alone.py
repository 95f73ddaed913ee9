"""A write that is one statement: a transaction of its own, and one journey to the database.

It is tried where the database can combine writes and a new row is all that there is to write.
Whatever needs a question before the answer, or comes out wrong, is left to a transaction, which
begins anew: nothing of the try has stayed.
"""

from collections.abc import Hashable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any

from charter.core.problems import Problem
from charter.plan.ask import Ask, Create, ReadOne, Selection, Write
from charter.plan.outcome import RowOutcome
from charter.plan.standing import Standing
from charter.plan.steps import Step
from charter.serve.engine import changes
from charter.serve.engine.compiler import Compiler
from charter.serve.engine.work import Work
from charter.sql.existing.state import version_number
from charter.sql.statement import Statement
from charter.store.database import Database, Row
from charter.store.errors import NeverAtOnce


class NoTransaction:
    """Stands where a transaction would: whoever needs one has to begin it."""

    async def fetch(self, statement: Statement, arguments: Sequence[Any]) -> Sequence[Row]:
        raise NeverAtOnce(statement.label)

    async def execute(self, statement: Statement, arguments: Sequence[Any]) -> int:
        raise NeverAtOnce(statement.label)

    async def execute_many(self, statement: Statement, arguments: Sequence[Sequence[Any]]) -> None:
        raise NeverAtOnce(statement.label)

    def savepoint(self) -> AbstractAsyncContextManager[None]:
        raise NeverAtOnce("savepoint")


_NONE = NoTransaction()


def shape_of(operation: Create, standing: Standing) -> Hashable:
    """What decides, but for the values, whether a write can be one statement."""
    draft = operation.draft
    return operation.resource, standing, frozenset(draft.values), frozenset(draft.parts)


def new_row_of(ask: Ask, form: Write) -> Create | None:
    """The new row that is all that an ask writes; None where it does more, or keeps its answer."""
    if ask.once is not None or form.dry_run or form.many or len(form.steps) != 1:
        return None
    step = form.steps[0]
    operation = step.operation if isinstance(step, Step) else None
    if not isinstance(operation, Create) or operation.parent is not None:
        return None
    return None if operation.draft.links else operation


async def create_alone(
    compiler: Compiler, database: Database, ask: Ask, operation: Create, selection: Selection
) -> RowOutcome:
    """Make a row and its parts, and read it for its writer, in one statement.

    Raises NotAtOnce where nothing has stayed and a transaction is to do it; problems that no
    database needs to be asked for; and store errors.
    """
    work = Work(compiler, _NONE, ask, compiler.standing(ask.actor, ask.now))
    changed = await changes.create(work, operation)
    inserts, values = work.waiting()
    if any(part.resource.audited for part in inserts.rows):
        raise NeverAtOnce("audit log")
    form = ReadOne(changed.resource.name, selection)
    try:
        statement = compiler.insert_and_answer(inserts, form, work.standing, changed.verdict)
    except Problem as problem:
        # The writer may not read what it writes, or not so: that is for the long way to say.
        raise NeverAtOnce(problem.code.name) from problem
    if statement is None or (changed.verdict is not None and changed.verdict.values):
        raise NeverAtOnce(changed.resource.name)
    arguments = work.arguments(statement, (*values, changed.key))
    row = (await database.write_at_once(statement, arguments))[0]
    version = version_number(row[1])
    return RowOutcome(changed.resource.name, changed.key, row[0], version, created=True)
