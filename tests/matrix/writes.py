"""Everything that a kind of actor can write, held against the oracle.

Requests are sent as they are meant. Where one goes well everything is put back; where it is
refused nothing may have changed, which is looked at when all have been sent.
"""

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from charter.contract.command import Command, On
from charter.contract.resource import Field, Given, Made, OnDelete, Resource, SetBy
from charter.contract.types import Scalar
from charter.core.names import kebab
from charter.plan.spelling import input_name
from tests.matrix.oracle import DELETE, UPDATE, Oracle, Verdict
from tests.matrix.service import Kind, Tried, path_of, told
from tests.matrix.verdicts import told_as
from tests.matrix.world import MADE_AT, plain
from tests.support.evaluate import Place, Row, holds, json_value

FRESH = 900
"""The number of values that no row of the world has."""
CLIENTS = frozenset({SetBy.CLIENT, SetBy.ONCE})


async def compare_writes(tried: Tried, kind: Kind) -> None:
    """Creating, updating field by field, replacing, deleting, and every command."""
    oracle = tried.oracle(kind)
    for resource in tried.resources:
        for row in tried.world.rows[resource.name]:
            there = row if row in oracle.store.rows[resource.name] else None
            asking = Asking(tried, kind, oracle, resource, row, there)
            await asking.updates()
            await asking.replaces()
            await asking.deletes()
            for command in tried.contract.commands_of[resource.name]:
                if command.on is On.ROW:
                    await asking.calls(command)
            await asking.creates()
    for command in tried.contract.commands:
        if command.on is not On.ROW:
            await _call(tried, kind, oracle, command)
    tried.wrong.extend(f"{kind.name}: {table} has changed" for table in await tried.changed())


class Asking:
    """One actor and one row: `there` is the row as it is for the actor's tenant, if it is."""

    def __init__(
        self,
        tried: Tried,
        kind: Kind,
        oracle: Oracle,
        resource: Resource,
        row: Row,
        there: Row | None,
    ) -> None:
        self.tried, self.kind, self.oracle = tried, kind, oracle
        self.resource, self.row, self.there = resource, row, there
        self.path = path_of(tried.contract, resource, row)

    async def updates(self) -> None:
        """Each field by itself, with another value."""
        for item in self.resource.fields:
            wanted = await self._update(item)
            value = self._other(item)
            await self._send("PATCH", self.path, wanted, {item.name: value})

    async def _update(self, item: Field) -> str:
        if item.hidden:
            return "422 invalid_values unknown_field"
        if item.set_by is not SetBy.CLIENT:
            once = item.set_by is SetBy.ONCE and item.name not in self._named_by_path()
            code = "set_once" if once else "read_only"
            return f"422 invalid_values {code}"
        value = self._other(item, typed=True)
        new = {**self.row, item.name: value}
        verdict = self.oracle.change(self.resource, UPDATE, self.there, new)
        if self.there is not None and verdict is not Verdict.MISSING:
            before = self.oracle.change(self.resource, UPDATE, self.there)
            if before is Verdict.ALLOWED and self._frozen([item]):
                return "403 frozen frozen"
            if before is Verdict.ALLOWED and not self._named_seen(item, value):
                return "422 invalid_values no_such_reference"
        if verdict is not Verdict.ALLOWED:
            return told_as(verdict)
        return self._checked(new)

    async def replaces(self) -> None:
        """All that clients may set, as it is."""
        items = [one for one in self.resource.fields if one.set_by is SetBy.CLIENT]
        items = [one for one in items if not one.hidden]
        verdict = self.oracle.change(self.resource, UPDATE, self.there, self.row)
        frozen = verdict is Verdict.ALLOWED and self._frozen(items)
        wanted = "403 frozen frozen" if frozen else told_as(verdict)
        await self._send("PUT", self.path, wanted, self._body(items, self.row))

    async def deletes(self) -> None:
        """One by one, among several, and in a batch."""
        wanted = told_as(self.oracle.change(self.resource, DELETE, self.there))
        if wanted == "200" and self._needed():
            wanted = "409 still_referenced"
        await self._send("DELETE", self.path, "204" if wanted == "200" else wanted)
        if self.resource.owner is None:
            path = f"{path_of(self.tried.contract, self.resource)}?id[in]={self.row['id']}"
            await self._send("DELETE", path, "204" if wanted == "200" else wanted)
            operations = [{"method": "DELETE", "path": self.path}]
            await self._send("POST", "/v1/batch", wanted, {"operations": operations})

    async def calls(self, command: Command) -> None:
        """A command on the row."""
        verdict = self.oracle.change(self.resource, command.name, self.there)
        wanted = told_as(verdict)
        move = command.move
        if verdict is Verdict.ALLOWED and move and self.row[move.field] not in move.sources:
            wanted = "409 wrong_state"
        base = f"/v1/{self.resource.path}/{self.row['id']}"
        path = f"{base}/{kebab(command.name)}"
        await _called(self.tried, self.kind, command, path, wanted, self.oracle)

    async def creates(self) -> None:
        """A row like this one; of a part, below the same owner."""
        if not isinstance(self.resource.key.default, Made):
            return
        items = [one for one in self.resource.fields if one.set_by in CLIENTS and not one.hidden]
        items = [one for one in items if one.name not in self._named_by_path()]
        given = {one.name: self._own_value(one) for one in items}
        new = {**self._defaults(), **given}
        path = self.path.rpartition("/")[0]
        await self._send("POST", path, self._created(items, new), self._body(items, new))

    def _created(self, items: list[Field], new: Row) -> str:
        if self.resource.owner is None or not self.resource.follows_owner:
            verdict = self.oracle.create(self.resource, new)
        else:
            verdict = self.oracle.change(self.resource, "create", self.there, self.there)
        closed = self.oracle.closed(self.resource, "create") is not None
        if verdict is not Verdict.MISSING and not closed:
            if not all(self._named_seen(one, new[one.name]) for one in items):
                return "422 invalid_values no_such_reference"
            if verdict is Verdict.ALLOWED and self._frozen(items, new):
                return "403 frozen frozen"
        if verdict is Verdict.ALLOWED:
            return self._checked(new, "201")
        return told_as(verdict)

    # -- values --------------------------------------------------------------------------
    def _body(self, items: list[Field], row: Row) -> dict[str, Any]:
        return {one.name: json_value(row[one.name], one.type) for one in items}

    def _other(self, item: Field, *, typed: bool = False) -> Any:
        """Another value for a field than the row has: the next of those there are."""
        value = self._next(item)
        return value if typed else json_value(value, item.type)

    def _next(self, item: Field) -> Any:
        now = self.row[item.name]
        if item.references is not None:
            keys = [one["id"] for one in self.tried.world.rows[item.references]]
            return next((key for key in keys if key != now), now)
        if item.type.scalar is Scalar.CHOICE and not item.type.many:
            return next((one for one in item.type.choices if one != now), now)
        return self.tried.world.value(self.resource, item, FRESH)

    def _own_value(self, item: Field) -> Any:
        """The row's own value, unless no other row can have it."""
        alone = item.unique or any(item.name in one.fields for one in self.resource.uniques)
        if alone and item.references is None:
            return self.tried.world.value(self.resource, item, FRESH)
        return self.row[item.name]

    def _defaults(self) -> dict[str, Any]:
        made: Mapping[Made, Any] = {
            Made.NOW: MADE_AT, Made.UUID7: uuid4(), Made.SERIAL: FRESH,
            Made.ACTOR: self.kind.actor.id,
        }  # fmt: skip
        found: dict[str, Any] = {}
        for item in self.resource.fields:
            match item.default:
                case Given(value):
                    found[item.name] = value
                case Made() as how:
                    found[item.name] = made.get(how, self.row[item.name])
                case None:
                    found[item.name] = None if item.optional else self.row[item.name]
        return found

    def _named_by_path(self) -> set[str]:
        above = self.resource.relation_named.get(self.resource.owner or "")
        return {self.resource.key.name} if above is None else {self.resource.key.name, above.near}

    # -- what else can be in the way -----------------------------------------------------
    def _frozen(self, items: list[Field], row: Row | None = None) -> bool:
        there = row or self.row
        return any(self.oracle.frozen(self.resource, there, one.name) for one in items)

    def _named_seen(self, item: Field, value: Any) -> bool:
        """Whether a row that is named can be read, or is an account or the one named already."""
        if item.references in (None, self.tried.contract.user) or value is None:
            return True
        target = self.tried.contract.resource_named[item.references or ""]
        return any(one["id"] == value for one in self.oracle.rows(target))

    def _checked(self, new: Row, good: str = "200") -> str:
        place = Place(self.oracle.store, {}).about(self.resource, new)
        if not all(holds(check.expression, place) for check in self.resource.checks):
            return "422 invalid_values check_failed"
        return "409 not_unique not_unique" if self._taken(new) else good

    def _taken(self, new: Row) -> bool:
        """Whether another row has what has to be unique."""
        names = [unique.fields for unique in self.resource.uniques]
        names += [(item.name,) for item in self.resource.fields if item.unique]
        others = self.oracle.store.rows[self.resource.name]
        return any(
            all(new[name] is not None and new[name] == other[name] for name in fields)
            for fields in names
            for other in others
            if other["id"] != new["id"]
        )

    def _needed(self) -> bool:
        """Whether rows refer to this one that do not go with it."""
        return any(
            other[item.name] == self.row["id"]
            for resource in self.tried.contract.resources
            for item in resource.fields
            if item.references == self.resource.name and item.on_delete is OnDelete.RESTRICT
            for other in self.tried.world.rows[resource.name]
            if other != self.row
        )

    async def _send(self, method: str, path: str, wanted: str, body: Any = None) -> None:
        await self.tried.expect(self.kind, method, path, wanted, body)


async def _call(tried: Tried, kind: Kind, oracle: Oracle, command: Command) -> None:
    named = tried.contract.resource_named.get(command.resource or "")
    base = "/v1" if named is None else f"/v1/{named.path}"
    wanted = told_as(oracle.call(command))
    await _called(tried, kind, command, f"{base}/{kebab(command.name)}", wanted, oracle)


async def _called(
    tried: Tried, kind: Kind, command: Command, path: str, wanted: str, oracle: Oracle
) -> None:
    """Call a command; what it declares to raise is its own business."""
    body = {}
    unseen = False
    for item in command.inputs:
        if item.references is not None:
            keys = [row["id"] for row in tried.world.rows[item.references]]
            target = tried.contract.resource_named[item.references]
            seen = [row["id"] for row in oracle.rows(target)]
            unseen |= item.references != tried.contract.user and keys[0] not in seen
            key = json_value(keys[0], target.key.type)
            body[input_name(item)] = [key] if item.type.many else key
        elif item.required:
            body[item.name] = json_value(plain(item.type, FRESH), item.type)
    if wanted == "200" and unseen:
        wanted = "422 invalid_values no_such_reference"
    answer = await tried.http.send("POST", path, kind.someone, body=body)
    got = told(answer)
    raises = {error.code for error in tried.contract.errors if error.name in command.raises}
    fine = answer.status_code < 300 or got.partition(" ")[2] in raises
    if not (fine if wanted == "200" else got == wanted):
        tried.wrong.append(f"{kind.name}: POST {path}: {got}, where policies say {wanted}")
    if answer.status_code < 300:
        await tried.restore()
