"""The unit of work of a command: rows in hand, and what has to be written at the end."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from charter.contract.command import Event
from charter.contract.expression import (
    ALWAYS,
    ROW,
    Column,
    Expression,
    every,
)
from charter.contract.resource import Relation, Resource
from charter.contract.types import Type
from charter.core import codes
from charter.core.problems import Problem
from charter.core.text import lowered
from charter.language.enums import member, text
from charter.language.rows import (
    Status,
    changes,
    fill,
    list_changes,
    loaded_row,
    state_of,
    stub_row,
    written,
)
from charter.language.symbols.predicates import predicate
from charter.language.unit import Caller
from charter.language.user import User
from charter.plan.plan import SortBy
from charter.serve.engine.defaults import completed
from charter.serve.engine.effects import Happening
from charter.serve.engine.jsontext import payload_text
from charter.serve.engine.keys import among
from charter.serve.engine.rows import delete_row, insert_rows, update_row
from charter.serve.engine.tenants import Tenants
from charter.serve.engine.work import Work
from charter.sql.dialect import typed

MAX_FOUND = 1000
R = TypeVar("R")


class RowMissing(LookupError):
    """A command asked for a row that does not exist."""


class UnitOfWork:
    """Implements `charter.Unit`. Every row is one object, however often it is asked for."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._contract = work.compiler.contract
        classes = self._contract.classes or {}
        self._names: dict[type[Any], str] = {cls: name for name, cls in classes.items()}
        self._names.setdefault(User, self._contract.user)
        self._tenants = Tenants(self._contract, work.ask)
        self._enums = work.compiler.enums
        self._rows: dict[tuple[str, Any], Any] = {}
        self._added: list[Any] = []
        self._deleted: list[Any] = []

    @property
    def actor(self) -> Caller:
        return self._work.ask.actor

    def user(self) -> Any:
        key, name = self._work.ask.actor.id, self._contract.user
        if key is None:
            raise Problem(codes.UNAUTHENTICATED)
        if name not in self._contract.resource_named:
            raise TypeError("nothing in this contract refers to a User")
        return self._stub(name, key)

    @property
    def now(self) -> datetime:
        return self._work.ask.now

    async def get(self, kind: Any, key: Any = None, /) -> Any:
        resource = self._resource(kind if isinstance(kind, type) else type(kind))
        wanted = key if isinstance(kind, type) else kind.id
        row = await self.row(resource, wanted)
        if row is None:
            raise RowMissing(f"there is no {resource.name} with the id {wanted!r}")
        return row

    async def get_all(self, rows: Iterable[Any], /) -> list[Any]:
        wanted = list(rows)
        by_resource: dict[str, list[Any]] = {}
        for row in wanted:
            by_resource.setdefault(self._names[type(row)], []).append(row)
        for name, of_one in by_resource.items():
            resource = self._contract.resource_named[name]
            await self._load_keys(resource, [row.id for row in of_one])
        return [await self.get(row) for row in wanted]

    async def find(
        self,
        kind: type[R],
        where: Callable[[R], bool] | None = None,
        /,
        *,
        sort: str = "",
        limit: int = 100,
    ) -> list[R]:
        resource = self._resource(kind)
        await self.flush()
        condition: Expression = ALWAYS
        if where is not None:
            condition = predicate(self._contract, resource.name, where)
        rows = await self._load(
            resource, condition, (), _order(resource, sort), min(limit, MAX_FOUND)
        )
        return list(rows)

    def add(self, row: R, /) -> R:
        self._resource(type(row))
        self._added.append(row)
        return row

    def delete(self, row: Any, /) -> None:
        if row in self._added and state_of(row).status is Status.NEW:
            self._added.remove(row)
        else:
            self._deleted.append(row)

    def emit(self, event: Any, /) -> None:
        declared = next(e for e in self._contract.events if e.made_from is type(event))
        payload = payload_text(
            {_member(name, references): (kind, _key_of(getattr(event, name), references))
             for name, kind, references in _members(declared)}
        )  # fmt: skip
        self._work.outbox.happenings.append(Happening(declared.name, None, None, payload))

    async def row(self, resource: Resource, key: Any) -> Any:
        """The loaded and locked row, or None where there is none."""
        known = self._rows.get((resource.name, key))
        if known is None or state_of(known).status is Status.STUB:
            await self._load_keys(resource, [key])
            known = self._rows.get((resource.name, key))
        if known is None or state_of(known).status is Status.STUB:
            return None
        return known

    async def find_row(self, name: str, key: Any) -> Any:
        return await self.row(self._contract.resource_named[name], key)

    async def flush(self) -> None:
        """Write what is new, what has changed, and what is to go. Raises `Refused`."""
        gathering = [*self._rows.values(), *self._added]
        while gathering:
            gathering.extend(self._gathered_parts(gathering.pop()))
        added, self._added = _parents_first(self._added), []
        for row in added:
            await self._insert(row)
        for row in list(self._rows.values()):
            await self._update(row)
        deleted, self._deleted = self._deleted, []
        for row in deleted:
            await self._delete(row)

    def _resource(self, kind: type[Any]) -> Resource:
        name = self._names.get(kind)
        if name is None:
            raise TypeError(f"{kind.__name__} is not a resource of this contract")
        return self._contract.resource_named[name]

    def _class(self, name: str) -> type[Any]:
        return (self._contract.classes or {})[name]

    async def _load_keys(self, resource: Resource, keys: Sequence[Any]) -> None:
        missing = [
            key
            for key in dict.fromkeys(keys)
            if (found := self._rows.get((resource.name, key))) is None
            or state_of(found).status is Status.STUB
        ]
        if missing:
            where = among(resource, "id")
            await self._load(resource, where, (missing,), _order(resource, "id"), None)

    async def _load(
        self,
        resource: Resource,
        where: Expression,
        values: tuple[Any, ...],
        sort: tuple[SortBy, ...],
        limit: int | None,
    ) -> list[Any]:
        """Rows, locked in the order of `sort`, with their parts."""
        names = tuple(item.name for item in resource.fields)
        within = every(self._work.compiler.own_tenant(resource, self._work.standing), where)
        statement = self._work.compiler.load(resource, names, within, sort, limit, lock=True)
        raw_rows = await self._work.fetch(statement, values)
        decoders = [self._work.compiler.dialect.decoder(item.type) for item in resource.fields]
        loaded = []
        for raw in raw_rows:
            plain = dict(zip(names, typed(decoders, raw), strict=True))
            loaded.append(self._row_of(resource, plain))
        await self._load_parts(resource, loaded)
        return loaded

    def _row_of(self, resource: Resource, plain: Mapping[str, Any]) -> Any:
        values = {
            name: value for name, value in plain.items()
            if not resource.field_named[name].references
        }  # fmt: skip
        for relation in resource.relations:
            if relation.to_one:
                values[relation.name] = self._stub(relation.target, plain[relation.near])
        for name, kind in self._enums[resource.name].items():
            values[name] = member(kind, values[name])
        known = self._rows.get((resource.name, plain["id"]))
        if known is None:
            known = loaded_row(self._class(resource.name), values)
            self._rows[resource.name, plain["id"]] = known
        elif state_of(known).status is Status.STUB:
            fill(known, values)
        return known

    def _stub(self, name: str, key: Any) -> Any:
        if key is None:
            return None
        known = self._rows.get((name, key))
        if known is None:
            known = stub_row(self._class(name), key)
            self._rows[name, key] = known
        return known

    async def _load_parts(self, resource: Resource, rows: Sequence[Any]) -> None:
        for relation in resource.relations:
            if relation.owned and rows:
                target = self._contract.resource_named[relation.target]
                where, keys = among(target, relation.far), [row.id for row in rows]
                found = await self._load(target, where, (keys,), _order(target, "id"), None)
                back = _reference_attribute(target, relation)
                for row in rows:
                    mine = [part for part in found if getattr(part, back) is row]
                    fill(row, {relation.name: mine})

    def _gathered_parts(self, row: Any) -> list[Any]:
        """Rows that a command put into an owned list are new, and may have parts themselves;
        those it took out go."""
        if state_of(row).status is Status.STUB:
            return []
        new: list[Any] = []
        for relation in self._resource(type(row)).relations:
            if relation.owned:
                gained, lost = list_changes(row, relation.name)
                new.extend(part for part in gained if part not in self._added)
                self._deleted.extend(part for part in lost if part not in self._deleted)
        self._added.extend(new)
        return new

    async def _insert(self, row: Any) -> None:
        if state_of(row).status is not Status.NEW:
            return
        resource = self._resource(type(row))
        given = _stored(resource, changes(row))
        values = completed(resource, self._tenants.placed(resource, given), self._work.ask)
        (key,) = await insert_rows(self._work, resource, [("", values)], bounded=False)
        self._tenants.made(resource, key, values)
        row.__dict__["id"] = key
        made = {"version": 1, "created_at": self.now, "updated_at": self.now}
        written(row, _had(resource, made))
        self._rows[resource.name, key] = row

    async def _update(self, row: Any) -> None:
        if state_of(row).status is not Status.LOADED:
            return
        resource = self._resource(type(row))
        given = _stored(resource, changes(row))
        if given:
            self._tenants.changing(resource, row.id, given)
            version = await update_row(self._work, resource, row.id, given, "", bounded=False)
            written(row, _had(resource, {"version": version, "updated_at": self.now}))

    async def _delete(self, row: Any) -> None:
        resource = self._resource(type(row))
        self._tenants.deleting(resource, row.id)
        await delete_row(self._work, resource, row.id)
        self._rows.pop((resource.name, row.id), None)


def _order(resource: Resource, sort: str) -> tuple[SortBy, ...]:
    name, descending = sort.removeprefix("-"), sort.startswith("-")
    parts = [(name, descending)] if name else []
    parts += [("id", False)] if name != "id" else []
    found = []
    for field, down in parts:
        type_ = resource.type_of(field)
        if type_ is None:
            raise Problem(codes.INTERNAL, f"{resource.name} has no field {field} to sort by")
        column = Column(ROW, (), field, type_)
        stored = resource.field_named.get(field)
        found.append(SortBy(column, type_, down, stored is None or stored.optional))
    return tuple(found)


def _had(resource: Resource, values: Mapping[str, Any]) -> dict[str, Any]:
    """Those of the values that rows of the resource have."""
    return {name: value for name, value in values.items() if name in resource.field_named}


def _reference_attribute(target: Resource, relation: Relation) -> str:
    """The name of the relation back to the owner."""
    return next(item.name for item in target.relations if item.to_one and item.near == relation.far)


def _stored(resource: Resource, attributes: Mapping[str, Any]) -> dict[str, Any]:
    """The values of stored fields that attributes stand for: references as keys."""
    relations = resource.relation_named
    values: dict[str, Any] = {}
    for name, value in attributes.items():
        if name in resource.field_named:
            values[name] = _kept(resource.field_named[name].type, text(value))
        elif name in relations and relations[name].to_one:
            values[relations[name].near] = None if value is None else value.id
    return values


def _kept(kind: Type, value: Any) -> Any:
    return lowered(value) if kind.lower and isinstance(value, str) else value


def _parents_first(rows: Sequence[Any]) -> list[Any]:
    """New rows in an order in which each comes after those that it refers to."""
    ordered: list[Any] = []

    def place(row: Any, pending: tuple[Any, ...]) -> None:
        if any(row is other for other in (*ordered, *pending)):
            return
        for value in row.__dict__.values():
            if any(value is other for other in rows):
                place(value, (*pending, row))
        ordered.append(row)

    for row in rows:
        place(row, ())
    return ordered


def _members(event: Event) -> list[tuple[str, Type, str | None]]:
    return [(item.name, item.type, item.references) for item in event.payload]


def _member(name: str, references: str | None) -> str:
    return f"{name}_id" if references else name


def _key_of(value: Any, references: str | None) -> Any:
    return value.id if references and value is not None else text(value)
