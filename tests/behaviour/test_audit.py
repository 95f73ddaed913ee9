"""The audit log: who did what to which row, in the transaction that did it, and nothing else."""

import asyncio
import json
from dataclasses import dataclass
from typing import Any, Literal

import pytest

from charter import Actor, Contract, Policy, Resource, Unit, User, allow, field, owned
from charter.contract.contract import Contract as Hub
from charter.serve.engine.auditing import Verified, verified
from charter.sql.statement import Statement
from tests.behaviour.actors import ADA, BOB
from tests.behaviour.clients.base import Client, How, Refused
from tests.behaviour.serving import Served

vault = Contract("vault")


@vault.resource
class Box(Resource):
    owner: User
    name: str = field(max_length=20, unique=True)
    state: Literal["open", "shut"] = field(default="open", set_by="commands")
    code: str | None = field(default=None, write_only=True)
    things: list["Thing"] = owned()


@vault.resource
class Thing(Resource):
    box: Box
    name: str


@vault.resource
class Note(Resource):
    """What nobody has to account for."""

    text: str


vault.audited(Box, Thing)


@vault.policy(Box)
def box_policy(box: Box, actor: Actor) -> Policy:
    yield allow("*", when=box.owner == actor.user)


@vault.policy(Note)
def note_policy(note: Note, actor: Actor) -> Policy:
    yield allow("*")


@vault.command(Box, moves="open -> shut")
async def shut(box: Box, unit: Unit) -> Box:
    """Shut a box, with nothing in it but a seal."""
    box.things = [Thing(box=box, name="seal")]
    return box


@pytest.fixture(scope="module")
def contract() -> Hub:
    return vault.build()


COLUMNS = 'lane, number, actor, cause, action, resource, "key", "before", after'


@dataclass(frozen=True, slots=True)
class Line:
    actor: str
    cause: str
    action: str
    resource: str
    key: str
    before: Any
    after: Any


async def log(served: Served) -> list[Line]:
    """The log in the order of each lane; tests that look at it write one after the other."""
    statement = Statement(
        f"SELECT {COLUMNS} FROM charter_audit ORDER BY occurred_at, lane, number", label="test"
    )
    rows = await served.service.database.read(statement, ())
    return [Line(*row[2:7], *(part and json.loads(part) for part in row[7:])) for row in rows]


async def check(served: Served) -> Verified:
    signer = served.service.pipeline.ledger.signer
    keys = {signer.name: signer.key}
    database, dialect = served.service.database, served.service.dialect
    *_, last = [found async for found in verified(database, dialect, keys)]
    return last


async def tamper(served: Served, text: str) -> None:
    await served.service.database.script(text)


async def box(client: Client, name: str = "b", **values: Any) -> Any:
    return await client.create("Box", {"name": name, **values}, ADA)


async def test_each_change_is_told_with_what_was_and_what_is(
    client: Client, served: Served
) -> None:
    made = await box(client, code="1234", things=[{"name": "ring"}])
    await client.update("Box", made["id"], {"name": "c", "code": "5678"}, ADA)
    await client.delete("Box", made["id"], ADA)
    first, thing, changed, deleted = await log(served)
    assert (first.actor, first.cause, first.action) == ("ada", "create", "created")
    assert (first.resource, first.key, first.before) == ("Box", made["id"], None)
    assert (first.after["name"], first.after["code"]) == ("b", "***")
    assert (thing.resource, thing.after["name"]) == ("Thing", "ring")
    assert changed.before == {"name": "b", "code": "***"}
    assert changed.after == {"name": "c", "code": "***"}
    assert (deleted.action, deleted.after, deleted.before["name"]) == ("deleted", None, "c")
    assert "1234" not in str(await log(served))
    found = await check(served)
    assert (found.rows, found.unsigned, found.damages) == (4, 0, [])


async def test_a_command_is_the_cause_of_what_it_does(client: Client, served: Served) -> None:
    made = await box(client, things=[{"name": "ring"}])
    await client.call("shut", ADA, resource="Box", key=made["id"])
    done = [(line.cause, line.action, line.resource) for line in (await log(served))[2:]]
    assert set(done) == {
        ("shut", "updated", "Box"),
        ("shut", "deleted", "Thing"),
        ("shut", "created", "Thing"),
    }


async def test_what_is_refused_or_tried_is_not_told(client: Client, served: Served) -> None:
    await box(client)
    for attempt in (
        box(client),
        client.create("Box", {"name": "x", "owner_id": "bob"}, ADA),
        client.update("Box", "0190b7a1-0000-7000-8000-000000000000", {"name": "x"}, BOB),
    ):
        with pytest.raises(Refused):
            await attempt
    await client.create("Box", {"name": "dry"}, ADA, how=How(dry_run=True))
    await client.create("Note", {"text": "x"}, ADA)
    assert len(await log(served)) == 1


async def test_writers_at_once_leave_whole_chains(client: Client, served: Served) -> None:
    boxes = [{"name": f"{index}", "things": [{"name": "a"}, {"name": "b"}]} for index in range(12)]
    await asyncio.gather(*(client.create("Box", one, ADA) for one in boxes))
    await asyncio.gather(
        *(client.create_all("Box", [{"name": f"{at}.{n}"} for n in range(60)], ADA) for at in "xy")
    )
    found = await check(served)
    assert (found.rows, found.damages) == (12 * 3 + 120, [])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("UPDATE charter_audit SET actor = 'eve' WHERE number = 2", "not what was written"),
        ('UPDATE charter_audit SET after = \'{"name":"z"}\' WHERE number = 1', "not what was"),
        ("DELETE FROM charter_audit WHERE number = 2", "missing"),
        ("DELETE FROM charter_audit WHERE number = 3", "the end of the lane is missing"),
        ("UPDATE charter_audit SET signer = 'none' WHERE number = 3", "no key"),
        (
            "DELETE FROM charter_audit WHERE number = 3;"
            "UPDATE charter_audit SET number = 3 WHERE number = 2",
            "missing",
        ),
    ],
)
async def test_tampering_shows(client: Client, served: Served, text: str, said: str) -> None:
    await box(client, things=[{"name": "a"}, {"name": "b"}])
    assert (await check(served)).damages == []
    await tamper(served, text)
    assert said in " ".join(damage.what for damage in (await check(served)).damages)
