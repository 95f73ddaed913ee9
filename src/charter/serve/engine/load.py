"""Loading rows from NDJSON: the operator's import, which no policy judges, and of which one entry
of the log tells for each resource and batch.

A line is a row as a read shows it, with its owned rows inside it and the keys of its
many-to-many relations. What a client may not set (`id`, `created_at`, `version`, fields set by
commands, hidden fields) is taken where it is given, so that an export can be loaded again.
"""

from collections.abc import AsyncIterable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any

from charter.contract.contract import Contract
from charter.contract.resource import Field, Made, Relation, Resource
from charter.core import codes
from charter.core.names import nearest, pointer
from charter.core.problems import Flaw, Problem
from charter.plan.actor import ANONYMOUS
from charter.plan.ask import Ask, Draft, PartChange, Write
from charter.plan.notes import Notes
from charter.plan.spelling import link_name
from charter.plan.standing import NOBODY
from charter.plan.unfit import Unfit
from charter.plan.values import Reader, json_reader
from charter.serve.engine import parts
from charter.serve.engine.attempts import Refused
from charter.serve.engine.defaults import completed
from charter.serve.engine.failures import TOLD_AS_PROBLEMS
from charter.serve.engine.pipeline import Pipeline
from charter.serve.engine.rows import insert_rows
from charter.serve.engine.work import Work
from charter.sql.system_statements import serial_catch_up
from charter.store.database import Transaction
from charter.wire.rest.bodies import decoded

ROWS_A_TRANSACTION = 500
MAX_DEPTH = 64
MAX_LINE = 16 * 1024 * 1024
"""Bytes that one line may have."""

_Line = tuple[int, bytes]
"""A line behind its number, counted from 1."""
_Placed = tuple[str, Draft]
"""What is to be written, behind the pointer to where it came from."""

Progress = Callable[[int], None]
"""Is told how many more rows are loaded for good."""


@dataclass(frozen=True, slots=True)
class _Shape:
    """How the members of one resource's rows are read."""

    resource: Resource
    fields: Mapping[str, tuple[Field, Reader]]
    owned: Mapping[str, Relation]
    links: Mapping[str, tuple[Relation, Reader]]

    def names(self) -> Iterator[str]:
        yield from (*self.fields, *self.owned, *self.links)


@dataclass(frozen=True)
class Loader:
    """Loads rows of one service, batch by batch: each batch is one transaction."""

    pipeline: Pipeline
    _shapes: dict[str, _Shape] = field(default_factory=dict)

    async def load(self, resource: str, lines: AsyncIterable[bytes], progress: Progress) -> int:
        """Load all rows of a resource; how many. Memory is bounded by a batch.

        Raises a problem; all batches before it stay. The pointers of its flaws begin with the
        number of a line: `/2/title` is the title in the second one.
        """
        total, number = 0, 0
        batch: list[_Line] = []
        async for line in lines:
            number += 1
            if line.strip():
                batch.append((number, line))
            if len(batch) == ROWS_A_TRANSACTION:
                total += await self._batch(resource, batch, progress)
                batch = []
        if batch:
            total += await self._batch(resource, batch, progress)
        await self._catch_up(resource)
        return total

    async def _batch(self, resource: str, batch: Sequence[_Line], progress: Progress) -> int:
        drafts = [self._read_line(resource, line, pointer(number)) for number, line in batch]
        write = partial(self._write, resource, drafts)
        try:
            with TOLD_AS_PROBLEMS:
                await self.pipeline.database.write(write)
        except Refused as refused:
            raise await self.pipeline.explained(_ask(), refused) from refused
        progress(len(batch))
        return len(batch)

    def _read_line(self, resource: str, line: bytes, at: str) -> _Placed:
        notes = Notes()
        if len(line) > MAX_LINE:
            notes.become(codes.TOO_LARGE)
            notes.at(at, codes.TOO_LARGE, f"The line is longer than {MAX_LINE} bytes.")
            notes.settle()
        try:
            body = decoded(line, MAX_DEPTH)
        except Problem as problem:
            message = problem.detail.message
            flaw = Flaw(problem.code.name, message, at)
            raise Problem(problem.code, message, flaws=(flaw,)) from problem
        draft = self._draft(resource, body, at, notes)
        notes.settle()
        return at, draft

    def _draft(self, resource: str, body: Any, at: str, notes: Notes) -> Draft:
        shape = self._shape(resource)
        draft = Draft({}, {}, {})
        values: dict[str, Any] = {}
        owned: dict[str, tuple[PartChange, ...]] = {}
        links: dict[str, tuple[Any, ...]] = {}
        if not isinstance(body, dict):
            notes.at(at, codes.WRONG_TYPE, "A line is one JSON object.")
            return draft
        for name, value in body.items():
            place = at + pointer(name)
            if name in shape.fields:
                values[name] = _value(*shape.fields[name], value, place, notes)
            elif name in shape.owned and isinstance(value, list):
                target = shape.owned[name].target
                drafts = (
                    self._draft(target, item, place + pointer(index), notes)
                    for index, item in enumerate(value)
                )
                owned[name] = tuple(PartChange(None, draft) for draft in drafts)
            elif name in shape.links and isinstance(value, list):
                read = shape.links[name][1]
                links[shape.links[name][0].name] = tuple(
                    _read(read, item, place + pointer(index), notes)
                    for index, item in enumerate(value)
                )
            elif name not in shape.resource.computed_named:
                notes.add(_unknown(shape, name, place))
        return Draft(values, owned, links)

    def _shape(self, name: str) -> _Shape:
        if name not in self._shapes:
            self._shapes[name] = _shape_of(self.pipeline.compiler.contract, name)
        return self._shapes[name]

    async def _write(
        self, resource: str, drafts: Sequence[_Placed], transaction: Transaction
    ) -> None:
        compiler = self.pipeline.compiler
        ledger = self.pipeline.ledger
        work = Work(compiler, transaction, _ask(), NOBODY, together=False, ledger=ledger)
        target = compiler.contract.resource_named[resource]
        for group in _alike(target, drafts, work.ask):
            keys = await insert_rows(work, target, [(at, values) for at, values, _ in group])
            for key, (at, _, draft) in zip(keys, group, strict=True):
                await parts.write_new(work, target, key, draft, at)
        await work.loaded()

    async def _catch_up(self, resource: str) -> None:
        target = self.pipeline.compiler.contract.resource_named[resource]
        statement = serial_catch_up(self.pipeline.compiler.dialect, target)
        if target.key.default is not Made.SERIAL or statement is None:
            return

        async def write(transaction: Transaction) -> None:
            await transaction.fetch(statement, ())

        await self.pipeline.database.write(write)


def _ask() -> Ask:
    return Ask(Write(()), (), ANONYMOUS, datetime.now(UTC))


def _shape_of(contract: Contract, name: str) -> _Shape:
    resource = contract.resource_named[name]
    fields = {item.name: (item, json_reader(item.type)) for item in resource.fields}
    owned = {item.name: item for item in resource.relations if item.owned}
    links = {
        link_name(item): (item, json_reader(contract.resource_named[item.target].key.type))
        for item in resource.relations
        if item.link is not None
    }
    return _Shape(resource, fields, owned, links)


def _value(item: Field, read: Reader, value: Any, place: str, notes: Notes) -> Any:
    if value is None:
        if not item.optional:
            notes.at(place, codes.REQUIRED, f"`{item.name}` must have a value.")
        return None
    return _read(read, value, place, notes)


def _read(read: Reader, value: Any, place: str, notes: Notes) -> Any:
    try:
        return read(value)
    except Unfit as unfit:
        notes.add(*unfit.at(place))
        return None


def _unknown(shape: _Shape, name: str, place: str) -> Flaw:
    near = nearest(name, shape.names())
    hint = f"; did you mean `{near}`?" if near else "."
    message = f"{shape.resource.name} has no field `{name}`{hint}"
    return Flaw(codes.UNKNOWN_FIELD.name, message, place)


_Completed = tuple[str, Mapping[str, Any], Draft]


def _alike(resource: Resource, drafts: Sequence[_Placed], ask: Ask) -> Iterator[list[_Completed]]:
    """The rows in order, in runs that have the same columns."""
    run: list[_Completed] = []
    for at, draft in drafts:
        values = completed(resource, draft.values, ask, at)
        if run and run[0][1].keys() != values.keys():
            yield run
            run = []
        run.append((at, values, draft))
    if run:
        yield run
