"""A served contract whose rows can be put back as they were, and those who ask it."""

import time
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import msgspec

from charter.contract.contract import Contract
from charter.contract.resource import Resource
from charter.core.names import kebab
from charter.plan.actor import Actor
from charter.serve.engine.load import Loader
from charter.sql.derive import schema_of
from charter.sql.statement import Statement
from charter.store.address import Dialect, dialect_of
from tests.behaviour.clients import rest
from tests.behaviour.clients.base import Someone
from tests.behaviour.clients.rest import RestClient
from tests.behaviour.serving import Served, serving
from tests.matrix.oracle import Oracle
from tests.matrix.world import ADA, World, in_order
from tests.support.evaluate import Row, Store

_UNCHECKED = {
    Dialect.SQLITE: "PRAGMA defer_foreign_keys = ON;",
    Dialect.POSTGRESQL: "SET LOCAL session_replication_role = replica;",
    Dialect.MYSQL: "SET foreign_key_checks = 0;",
}
_CHECKED_AGAIN = {Dialect.MYSQL: "SET foreign_key_checks = 1;"}
_KEPT = "kept_"
BESIDE = frozenset({"charter_meta", "charter_migrations", "charter_releases"})
"""Tables of the service that no request is about."""


@dataclass(frozen=True)
class Kind:
    """A kind of actor: its name in reports, how it asks, and what it is."""

    name: str
    someone: Someone | None
    actor: Actor


def kinds_of(contract: Contract, tenants: Iterable[str | None] = (None,)) -> list[Kind]:
    """Nobody, somebody without a role, and somebody with each; where rules ask how somebody has
    signed in, also as one who did so just now with two factors."""
    closure = contract.role_includes.items()
    roles = sorted(contract.roles | {name for name, all_ in closure if all_ & contract.roles})
    found = [Kind("nobody", None, Actor(address="127.0.0.1"))]
    for tenant in tenants:
        for role in (None, *roles):
            for strong in (False, True) if contract.facts else (False,):
                found.append(_kind(contract, role, strong, tenant))
    return found


def _kind(contract: Contract, role: str | None, strong: bool, tenant: str | None) -> Kind:
    now = int(time.time())
    claims: dict[str, Any] = {"amr": ["pwd", "otp"], "auth_time": now} if strong else {}
    claims |= {} if tenant is None else {"tenant": tenant}
    name = " ".join([role or "signed in", *(["strongly"] if strong else []), tenant or ""])
    given = () if role is None else (role,)
    actor = Actor(
        ADA,
        frozenset(given).union(*(contract.role_includes.get(one, ()) for one in given)),
        methods=frozenset(claims.get("amr", ())),
        signed_in_at=claims.get("auth_time"),
        address="127.0.0.1",
        tenant=tenant,
    )
    return Kind(name.strip(), Someone(ADA, given, claims), actor)


@dataclass
class Tried:
    """A service with the rows of a world."""

    world: World
    served: Served
    http: RestClient
    tables: tuple[str, ...]
    wrong: list[str] = field(default_factory=list)
    only: str | None = None
    """The one resource that is looked at; without it, all."""

    @property
    def contract(self) -> Contract:
        return self.world.contract

    @property
    def resources(self) -> tuple[Resource, ...]:
        return tuple(one for one in self.contract.resources if self.only in (None, one.name))

    def oracle(self, kind: Kind) -> Oracle:
        return Oracle(self._store_for(kind.actor), kind.actor, datetime.now(UTC))

    async def load(self, rows: Mapping[str, list[Row]]) -> None:
        """Load rows past all policies."""
        loader = Loader(self.served.service.pipeline)
        for resource in in_order(self.contract):
            lines = (msgspec.json.encode(line) for line in self.world.lines(resource, rows))
            await loader.load(resource.name, _each(lines), lambda _: None)

    async def keep(self) -> None:
        """Remember what all tables hold."""
        copies = (
            f'DROP TABLE IF EXISTS "{_KEPT}{name}"; CREATE TABLE "{_KEPT}{name}" AS '
            f'SELECT * FROM "{name}";'
            for name in self.tables
        )
        await self.served.service.database.script("\n".join(copies))

    async def restore(self) -> None:
        """Put everything back as it was kept."""
        copies = (
            f'DELETE FROM "{name}"; INSERT INTO "{name}" SELECT * FROM "{_KEPT}{name}";'
            for name in self.tables
        )
        kind = dialect_of(self.served.url)
        script = [_UNCHECKED[kind], *copies, _CHECKED_AGAIN.get(kind, "")]
        await self.served.service.database.script("\n".join(script))

    async def changed(self) -> list[str]:
        """The tables that are not as they were kept."""
        parts = (
            f'SELECT \'{name}\' FROM (SELECT * FROM "{one}" EXCEPT SELECT * FROM "{other}") AS t'
            for name in self.tables
            for one, other in ((name, _KEPT + name), (_KEPT + name, name))
        )
        text = " UNION ".join(parts)
        rows = await self.served.service.database.read(Statement(text, label="test"), ())
        return [row[0] for row in rows]

    async def expect(
        self, kind: Kind, method: str, path: str, wanted: str, body: Any = None, **more: Any
    ) -> Any:
        """The body of an answer; notes where its status and code are not the ones wanted."""
        answer = await self.http.send(method, path, kind.someone, body=body, **more)
        got = told(answer)
        if got != wanted:
            told_as = f"{kind.name}: {method} {path} {body or ''}"
            self.wrong.append(f"{told_as}: {got}, where policies say {wanted}")
        if method != "GET" and path != "/v1/can" and answer.status_code < 300:
            await self.restore()
        return answer.json() if answer.content and "ndjson" not in str(answer.headers) else None

    def judge(self) -> None:
        """Fails with all answers that were wrong."""
        wrong, self.wrong = self.wrong, []
        assert not wrong, f"{len(wrong)} answers are wrong:\n" + "\n".join(wrong[:40])

    def _store_for(self, actor: Actor) -> Store:
        store, tenancy = self.world.store, self.contract.tenancy
        if tenancy is None:
            return store
        rows = {
            name: [row for row in found if _own(self.contract.resource_named[name], row, actor)]
            for name, found in store.rows.items()
        }
        return Store(store.contract, rows, store.links)


def _own(resource: Resource, row: Row, actor: Actor) -> bool:
    return resource.tenant is None or str(row[resource.tenant]) == actor.tenant


def told(answer: Any) -> str:
    """The status of an answer, and the code where it is a refusal."""
    if answer.status_code < 400:
        return str(answer.status_code)
    problem = answer.json()
    codes = sorted({flaw["code"] for flaw in problem.get("flaws", ())})
    return " ".join([str(answer.status_code), problem["code"], *codes])


async def _each(lines: Iterable[bytes]) -> AsyncIterator[bytes]:
    for line in lines:
        yield line


def path_of(contract: Contract, resource: Resource, row: Row | None = None) -> str:
    """Where a row is, or the list of all; of a part, below its owner."""
    if resource.owner is None:
        return f"/v1/{resource.path}" + ("" if row is None else f"/{row['id']}")
    above = resource.relation_named[resource.owner]
    owner = contract.resource_named[above.target]
    (down,) = (one for one in owner.relations if one.owned and one.target == resource.name)
    if row is None:
        raise ValueError(f"{resource.name} has no list of all rows")
    return f"/v1/{owner.path}/{row[above.near]}/{kebab(down.name)}/{row['id']}"


@asynccontextmanager
async def trying(world: World, url: str) -> AsyncIterator[Tried]:
    """A service with all rows of a world."""
    async with serving(world.contract, url) as served, rest.connect(served) as http:
        schema = schema_of(world.contract, served.service.dialect)
        tables = tuple(one.name for one in schema.tables if one.name not in BESIDE)
        tried = Tried(world, served, http, tables)
        await tried.load(world.rows)
        await tried.keep()
        yield tried
        assert served.witness.failures == []
