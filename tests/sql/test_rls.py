"""The second wall: a plain SQL session sees the rows and fields that the API shows its actor."""

import asyncio
import json
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from charter.contract import expression as e
from charter.contract.contract import Contract
from charter.contract.identity import Tenancy
from charter.contract.resource import Allow, Freeze, Hide, Policy, Resource
from charter.contract.types import TEXT, Scalar, Type
from charter.plan.actor import Actor
from charter.plan.standing import standing_of
from charter.plan.view import View
from charter.serve.engine.service import Service
from charter.sql.postgres import POSTGRES
from charter.sql.rls import rls_script
from charter.sql.rls_actor import NotExpressible
from charter.sql.statement import Statement
from tests.sql import generated, shop
from tests.sql.databases import Postgres, create, fill
from tests.support.evaluate import Place, Store, field_of, holds, json_value
from tests.support.postgres import PostgresServer

SIGNED_IN = timedelta(minutes=5)
ACTORS = (
    Actor(),
    Actor("ada", frozenset({"buyer"}), {"name": "saw", "age": 7, "none": None}, tenant="bob"),
    Actor("bob", frozenset({"other"}), {"name": ["saw"], "age": "7"}, frozenset({"pwd", "otp"})),
    Actor(
        "eve", frozenset({"chief"}), {"name": "*a*"}, frozenset({"api_key"}),
        address="10.1.2.3",
    ),
)  # fmt: skip
STORE = shop.store()
several = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))

ME = e.ActorId(TEXT)
MINE = e.Compare(e.Operator.EQ, shop.own("customer_id", TEXT), ME)


class Wall(Postgres):
    """A database of a service that is no superuser, and a session that becomes its client."""

    def __init__(self, url: str, runner: asyncio.Runner) -> None:
        self.runner = runner
        self.url = url
        self.connection = runner.run(
            asyncpg.connect(url, server_settings={"timezone": "UTC"}, statement_cache_size=0)
        )

    def apply(self, contract: Contract) -> None:
        self.runner.run(self.connection.execute(rls_script(contract)))

    def as_client(
        self, actor: Actor, texts: Sequence[str], role: str = "charter_client"
    ) -> list[list[tuple[Any, ...]]]:
        return self.runner.run(self._as_client(actor, texts, role))

    async def _as_client(
        self, actor: Actor, texts: Sequence[str], role: str
    ) -> list[list[tuple[Any, ...]]]:
        transaction = self.connection.transaction()
        await transaction.start()
        try:
            await self.connection.execute(f"SET LOCAL ROLE {role}")
            await self.connection.execute(
                "SELECT set_config('charter.actor', $1, true)", session_of(actor)
            )
            return [[tuple(row) for row in await self.connection.fetch(text)] for text in texts]
        finally:
            await transaction.rollback()


def session_of(actor: Actor) -> str:
    if actor.id is None:
        return ""
    return json.dumps(
        {
            "id": actor.id, "roles": sorted(actor.roles), "claims": dict(actor.claims),
            "tenant": actor.tenant, "methods": sorted(actor.methods),
            "signed_in_at": actor.signed_in_at, "address": actor.address,
        }
    )  # fmt: skip


@pytest.fixture(scope="module")
def wall(postgres_server: PostgresServer) -> Iterator[Wall]:
    postgres_server.start()
    name = f"wall_{secrets.token_hex(8)}"
    postgres_server.create_database(name)
    postgres_server.execute(
        f"CREATE ROLE {name} LOGIN CREATEROLE PASSWORD 'wall'; "
        f"ALTER DATABASE {name} OWNER TO {name}; "
        "DO $$ BEGIN CREATE ROLE charter_client NOLOGIN; EXCEPTION WHEN duplicate_object THEN "
        f"NULL; END $$; GRANT charter_client TO {name} WITH ADMIN OPTION"
    )
    postgres_server.execute("GRANT ALL ON SCHEMA public TO PUBLIC", name)
    address = postgres_server.url(name)
    start, _, rest = address.rpartition("@")
    scheme = start.partition("//")[0]
    with asyncio.Runner() as runner:
        found = Wall(f"{scheme}//{name}:wall@{rest}", runner)
        create(found, shop.CONTRACT)
        fill(found, STORE)
        yield found
        runner.run(found.connection.close())
    postgres_server.drop_database(name)


def with_policies(policies: dict[str, Policy], **further: Any) -> Contract:
    resources = tuple(
        replace(resource, policy=policies.get(resource.name, resource.policy))
        for resource in shop.CONTRACT.resources
    )
    return replace(shop.CONTRACT, resources=resources, **further)


class PolicyDraft(generated.Draft):
    """Draws conditions that need no value of a request: those of policies."""

    def given(self, kind: Type) -> e.Expression:
        value, exact = self.draw(generated.literals(kind))
        return e.Constant(value, exact)

    def lists(self, resource: str, scope: int, depth: int) -> e.Expression:
        return (
            e.Contains(shop.own("tags", shop.TAGS, scope), self.text(resource, scope))
            if (resource == "Product")
            else self.simple(resource, scope, depth)
        )

    def like(self, resource: str, scope: int, depth: int) -> e.Expression:
        columns = self.columns(resource, scope, frozenset({Scalar.TEXT}))
        right = self.one([e.Constant("*a*", TEXT), e.Claim("name", TEXT), ME])
        return e.Compare(e.Operator.LIKE, self.one(columns), right) if columns else e.NEVER


@st.composite
def policies(draw: generated.Draw, resource: str, hidden: Sequence[str]) -> Policy:
    draft = PolicyDraft(draw)
    rules = tuple(
        Allow(("read",), draft.condition(resource, e.ROW, draw(st.integers(0, 2))))
        for _ in range(draw(st.integers(1, 2)))
    )
    hides = tuple(
        Hide(name, draft.condition(resource, e.ROW, 1))
        for name in draw(st.lists(st.sampled_from(list(hidden)), max_size=2, unique=True))
    )
    return Policy(rules, hides)


CONTRACTS = st.fixed_dictionaries(
    {
        "User": policies("User", ["name"]),
        "Product": policies("Product", ["cost", "stock", "extra"]),
        "Order": policies("Order", ["note", "total", "parent_id"]),
        "Label": policies("Label", ["text"]),
    }
)


def expected(
    contract: Contract, resource: Resource, actor: Actor, now: datetime
) -> dict[Any, dict[str, Any]]:
    """The rows that the API shows, with None for what it leaves out."""
    view = View(contract, standing_of(contract, actor, now))
    store = Store(contract, STORE.rows, STORE.links)
    found = {}
    for row in STORE.rows[resource.name]:
        place = Place(store, {e.ROW: (resource, row)}, (), actor, now)
        if holds(view.readable(resource), place):
            found[row["id"]] = {
                item.name: json_value(field_of(resource, row, item.name, place), item.type)
                if holds(view.visible(resource, item.name), place)
                else None
                for item in resource.readable
            }
    return found


def plain(contract: Contract, resource: Resource, row: Sequence[Any]) -> dict[str, Any]:
    values = {}
    for item, value in zip(resource.readable, row, strict=True):
        decode = POSTGRES.decoder(item.type)
        typed = decode(value) if decode is not None else value
        values[item.name] = json_value(typed, item.type)
    return values


@given(drawn=CONTRACTS, actor=st.sampled_from(ACTORS))
@several
def test_a_session_sees_what_the_api_shows(
    wall: Wall, drawn: dict[str, Policy], actor: Actor
) -> None:
    includes = {"chief": frozenset({"chief", "buyer"})}
    contract = with_policies(drawn, role_includes=includes)
    wall.apply(contract)
    now = datetime.now(UTC)
    if actor.id == "eve":
        actor = replace(actor, signed_in_at=(now - SIGNED_IN).timestamp())
    texts = []
    for resource in contract.resources:
        names = ", ".join(POSTGRES.quote(item.name) for item in resource.readable)
        texts += [
            f"SELECT id FROM public.{resource.table}",
            f"SELECT {names} FROM charter_client.{resource.table}",
        ]
    answers = wall.as_client(actor, [*texts, "SELECT * FROM orders_labels"])
    seen = {}
    for place, resource in enumerate(contract.resources):
        rows = expected(contract, resource, actor, now)
        seen[resource.name] = set(rows)
        assert {key for (key,) in answers[2 * place]} == set(rows), resource.name
        shown = [plain(contract, resource, row) for row in answers[2 * place + 1]]
        assert {row["id"]: row for row in shown} == {row["id"]: row for row in rows.values()}
    pairs = {
        (near, far)
        for near, far in STORE.links["orders_labels"]
        if near in seen["Order"] and far in seen["Label"]
    }
    assert set(answers[-1]) == pairs


@pytest.mark.parametrize("of", [e.ActorTenant(TEXT), shop.own("customer_id", TEXT)])
def test_without_tenants_nobody_acts_for_one(wall: Wall, of: e.Expression) -> None:
    own = e.Compare(e.Operator.EQ, of, e.ActorTenant(TEXT))
    contract = with_policies({"Order": Policy((Allow(("read",), own),))})
    wall.apply(contract)
    order = contract.resource_named["Order"]
    assert expected(contract, order, ACTORS[1], datetime.now(UTC)) == {}
    assert wall.as_client(ACTORS[1], ["SELECT id FROM orders"]) == [[]]


def test_what_is_hidden_or_charters_own_is_out_of_reach(wall: Wall) -> None:
    buyer = e.HasRole("buyer")
    contract = with_policies(
        {"Product": Policy((Allow(("read",), e.ALWAYS),), (Hide("cost", buyer),))}
    )
    wall.apply(contract)
    ada, bob = ACTORS[1], ACTORS[2]
    masked = "SELECT count(cost) FROM charter_client.products"
    assert wall.as_client(ada, [masked])[0] != [(0,)]
    assert wall.as_client(bob, [masked])[0] == [(0,)]
    for denied in (
        "SELECT cost FROM public.products",
        "SELECT name_folded FROM public.products",
        "SELECT * FROM charter_outbox",
        "SELECT * FROM charter_meta",
        "INSERT INTO labels (text) VALUES ('x')",
        "UPDATE products SET stock = 1",
        "DELETE FROM products",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            wall.as_client(ada, [denied])


def test_the_service_itself_stays_free_and_the_script_can_be_run_again(wall: Wall) -> None:
    contract = with_policies({})
    for _ in range(2):
        wall.apply(contract)
    assert wall.run("SELECT count(*) FROM products") == [(len(shop.NAMES),)]
    assert wall.as_client(ACTORS[1], ["SELECT * FROM products"])[0] == []
    assert wall.run("SELECT count(*) FROM charter_meta")[0][0] > 0


def test_the_service_takes_its_tables_for_its_own_behind_the_wall(wall: Wall) -> None:
    wall.apply(shop.CONTRACT)

    async def count() -> int:
        service = Service(shop.CONTRACT, wall.url)
        await service.open()
        try:
            rows = await service.database.read(Statement("SELECT count(*) FROM products"), ())
        finally:
            await service.close()
        return int(rows[0][0])

    assert wall.runner.run(count()) == len(shop.NAMES)


def note(scope: int) -> e.Column:
    return shop.own("note", TEXT, scope)


WRITES = Policy(
    (
        Allow(("read",), e.ALWAYS),
        Allow(("update",), MINE),
        Allow(
            ("update",),
            e.AllOf((e.HasRole("buyer"), e.Compare(e.Operator.NE, note(e.NEW), note(e.ROW)))),
        ),
        Allow(("delete",), e.AllOf((MINE, e.IsNull(note(e.ROW))))),
    ),
    freezes=(Freeze("number", e.HasRole("chief")),),
)


NEW_ORDER = (
    "INSERT INTO public.orders (id, created_at, updated_at, version, customer_id, number) "
    "VALUES (gen_random_uuid(), now(), now(), 1, '{}', 99) RETURNING number"
)
CHANGE_ALL = "UPDATE public.orders SET note = 'x' RETURNING id"
KEEP = "UPDATE public.orders SET note = note WHERE customer_id = '{}' RETURNING id"


@pytest.mark.parametrize(
    ("actor", "text", "count"),
    [
        (ACTORS[2], CHANGE_ALL, 3),
        (ACTORS[3], CHANGE_ALL, 0),
        (ACTORS[0], CHANGE_ALL, 0),
        (ACTORS[1], CHANGE_ALL, 9),
        (ACTORS[1], KEEP.format("bob"), None),
        (ACTORS[1], KEEP.format("ada"), 6),
        (ACTORS[2], "UPDATE public.orders SET customer_id = 'ada' RETURNING id", None),
        (ACTORS[2], "UPDATE public.orders SET number = number + 100 RETURNING id", None),
        (ACTORS[2], "UPDATE public.orders SET number = number RETURNING id", 3),
        (ACTORS[2], "DELETE FROM public.orders WHERE id NOT IN (SELECT order_id FROM order_lines) "
         "AND NOT EXISTS (SELECT 1 FROM orders c WHERE c.parent_id = orders.id) RETURNING id", 0),
    ],
)  # fmt: skip
def test_writes_that_are_granted_are_held_to_the_rules(
    wall: Wall, actor: Actor, text: str, count: int | None
) -> None:
    contract = with_policies({"Order": WRITES})
    wall.apply(contract)
    wall.runner.run(
        wall.connection.execute(
            "GRANT UPDATE (note, number, customer_id), DELETE ON orders TO charter_client"
        )
    )
    if count is None:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            wall.as_client(actor, [text])
    else:
        assert len(wall.as_client(actor, [text])[0]) == count


def test_an_inserted_row_is_held_to_the_rules(wall: Wall) -> None:
    owned = e.Compare(e.Operator.EQ, shop.own("customer_id", TEXT, e.NEW), ME)
    policy = Policy((Allow(("read",), e.ALWAYS), Allow(("create",), owned)))
    wall.apply(with_policies({"Order": policy}))
    wall.runner.run(wall.connection.execute("GRANT INSERT ON orders TO charter_client"))
    assert wall.as_client(ACTORS[1], [NEW_ORDER.format("ada")]) == [[(99,)]]
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        wall.as_client(ACTORS[1], [NEW_ORDER.format("bob")])


def test_nobody_reaches_into_another_tenant(wall: Wall) -> None:
    actions = ("read", "create", "update")
    contract = with_policies({"Order": Policy((Allow(actions, e.ALWAYS),))})
    resources = tuple(
        replace(resource, tenant="customer_id") if resource.name == "Order" else resource
        for resource in contract.resources
    )
    wall.apply(replace(contract, resources=resources, tenancy=Tenancy("User")))
    grant = "GRANT INSERT, UPDATE (customer_id) ON orders TO charter_client"
    wall.runner.run(wall.connection.execute(grant))
    ada = ACTORS[1]
    theirs = sum(1 for row in STORE.rows["Order"] if row["customer_id"] == ada.tenant)
    assert len(wall.as_client(ada, ["SELECT id FROM orders"])[0]) == theirs > 0
    assert wall.as_client(ACTORS[2], ["SELECT id FROM orders"]) == [[]]
    assert wall.as_client(ada, [NEW_ORDER.format("bob")]) == [[(99,)]]
    for text in (NEW_ORDER.format("ada"), "UPDATE public.orders SET customer_id = 'ada'"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            wall.as_client(ada, [text])


def test_what_sql_cannot_hold_is_refused(wall: Wall) -> None:
    folded = e.Compare(e.Operator.FOLDED_LIKE, shop.own("name", TEXT), e.Claim("name", TEXT))
    contract = with_policies({"Product": Policy((Allow(("read",), folded),))})
    with pytest.raises(NotExpressible, match="Product"):
        rls_script(contract)
