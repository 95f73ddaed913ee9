"""Reads of many views at once: those of one kind that are asked for together are one statement.

Where each user follows what is theirs, one write makes as many views look at its row as there are
users. What differs between them is only what one and the same statement is bound to.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from charter.sql.statement import Sources
from charter.sql.watch import FEW, MANY, Follow
from charter.store.database import Database, Row

READS_AT_ONCE = 4
"""Statements of views that are under way at the same time."""
Rows = Sequence[tuple[str, str]]
"""Keys and bodies."""


@dataclass(frozen=True, slots=True)
class Question:
    """What one view wants to know, and where it waits for the answer."""

    sources: Sources
    answer: "asyncio.Future[Rows]"


@dataclass(slots=True)
class Gathering:
    """Questions of one kind that have come since the last were asked."""

    follow: Follow
    questions: list[Question] = field(default_factory=list)


class Reader:
    """Asks the database what views want to know. For one event loop.

    Where a statement is no journey (not `remote`) each is asked alone: that is faster there.
    """

    def __init__(self, database: Database, *, remote: bool) -> None:
        self._database = database
        self._remote = remote
        self._gatherings: dict[str, Gathering] = {}
        self._permits = asyncio.Semaphore(READS_AT_ONCE)
        self._tasks: set[asyncio.Task[None]] = set()

    async def alone(self, follow: Follow, sources: Sources) -> Rows:
        """Ask by itself what may have a long answer. Raises StoreError."""
        async with self._permits:
            statement = follow.one
            return _pairs(await self._database.read(statement, statement.arguments(sources)))

    async def together(self, follow: Follow, sources: Sources) -> Rows:
        """Ask with others what has a short answer. Raises StoreError."""
        if not self._remote:
            return await self.alone(follow, sources)
        loop = asyncio.get_running_loop()
        name = follow.one.text
        gathering = self._gatherings.get(name)
        if gathering is None:
            gathering = self._gatherings[name] = Gathering(follow)
            # Those who are woken by the same news come before this is called.
            loop.call_soon(self._ask, name)
        question = Question(sources, loop.create_future())
        gathering.questions.append(question)
        return await question.answer

    def _ask(self, name: str) -> None:
        gathering = self._gatherings.pop(name)
        waiting = [item for item in gathering.questions if not item.answer.done()]
        while waiting:
            count = next(size for size in (MANY, FEW, 1) if len(waiting) >= size)
            task = asyncio.create_task(self._answer(gathering.follow, waiting[:count]))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
            waiting = waiting[count:]

    async def _answer(self, follow: Follow, questions: Sequence[Question]) -> None:
        try:
            async with self._permits:
                answers = await self._answers(follow, questions)
        except Exception as error:
            for question in questions:
                if not question.answer.done():
                    question.answer.set_exception(error)
            return
        for question, answer in zip(questions, answers, strict=True):
            if not question.answer.done():
                question.answer.set_result(answer)

    async def _answers(self, follow: Follow, questions: Sequence[Question]) -> Sequence[Rows]:
        asked = [question.sources for question in questions]
        if len(asked) == 1:
            rows = await self._database.read(follow.one, follow.one.arguments(asked[0]))
            return [_pairs(rows)]
        statement = follow.many if len(asked) == MANY else follow.few
        sources = Sources(asked, asked[0].actor, asked[0].now)
        found: list[list[tuple[str, str]]] = [[] for _ in asked]
        for place, key, body in await self._database.read(statement, statement.arguments(sources)):
            found[place].append((str(key), body))
        return found


def _pairs(rows: Sequence[Row]) -> list[tuple[Any, Any]]:
    return [(str(row[0]), row[1]) for row in rows]
