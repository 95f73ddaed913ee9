"""What the words of a contract become in the hub."""

from decimal import Decimal
from pathlib import Path
from typing import Literal

import pytest

import charter
from charter.contract.command import Move, On
from charter.contract.contract import Contract
from charter.contract.expression import ALWAYS, ROW, ActorId, Column, Compare, HasRole, Operator
from charter.contract.resource import Given, Link, Made, OnDelete, SetBy
from charter.contract.types import Scalar, Type
from charter.core.problems import Family
from charter.language.load import load_contract
from tests.language.sources import contract_of

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def shop() -> Contract:
    return load_contract(ROOT / "examples/shop/contract.py")


@pytest.fixture(scope="module")
def music() -> Contract:
    return load_contract(ROOT / "examples/music/contract.py")


def test_every_row_has_its_key_times_and_version(shop: Contract) -> None:
    for resource in shop.resources:
        names = [field.name for field in resource.fields]
        assert names[0] == "id"
        assert names[-3:] == ["created_at", "updated_at", "version"]
        assert all(resource.field_named[name].set_by is SetBy.SYSTEM for name in names[-3:])


def test_keys_are_uuids_integers_or_texts(shop: Contract, music: Contract) -> None:
    order, user = shop.resource_named["Order"].key, shop.resource_named["Customer"].key
    assert (order.type.scalar, order.default) == (Scalar.UUID, Made.UUID7)
    assert (user.type.scalar, user.default, user.set_by) == (Scalar.TEXT, None, SetBy.ONCE)
    track = music.resource_named["Track"].key
    assert (track.type.scalar, track.default) == (Scalar.INTEGER, Made.SERIAL)


def test_a_reference_is_a_field_and_a_relation(shop: Contract) -> None:
    order = shop.resource_named["Order"]
    field = order.field_named["customer_id"]
    assert (field.references, field.type) == ("Customer", Type(Scalar.TEXT))
    assert (field.default, field.set_by) == (Made.ACTOR, SetBy.ONCE)
    relation = order.relation_named["customer"]
    assert (relation.kind, relation.near, relation.far) == ("one", "customer_id", "id")
    assert not order.field_named["customer_id"].optional


def test_names_of_tables_and_paths(shop: Contract, music: Contract) -> None:
    named = {item.name: (item.table, item.path) for item in (*shop.resources, *music.resources)}
    assert named["OrderLine"] == ("order_lines", "order-lines")
    assert named["Category"] == ("categories", "categories")
    assert named["MediaType"] == ("media_types", "media-types")
    assert named["User"] == ("users", "users")


def test_parts_belong_to_their_owner(shop: Contract) -> None:
    order, line = shop.resource_named["Order"], shop.resource_named["OrderLine"]
    lines = order.relation_named["lines"]
    assert (lines.kind, lines.target, lines.far, lines.owned) == (
        "many", "OrderLine", "order_id", True,
    )  # fmt: skip
    assert line.owner == "order"
    back = line.field_named["order_id"]
    assert (back.on_delete, back.set_by) == (OnDelete.CASCADE, SetBy.ONCE)
    assert line.policy.allows == ()


def test_computed_fields_have_the_type_of_their_expression(shop: Contract) -> None:
    line = shop.resource_named["OrderLine"].computed_named["amount"]
    assert (line.type.scalar, line.type.places, line.optional) == (Scalar.DECIMAL, 2, False)
    assert shop.resource_named["Order"].computed_named["pieces"].type == Type(Scalar.INTEGER)


def test_both_sides_of_a_link_share_its_table(music: Contract) -> None:
    tracks = music.resource_named["Playlist"].relation_named["tracks"].link
    playlists = music.resource_named["Track"].relation_named["playlists"].link
    assert playlists == Link("track_playlists", "track_id", "playlist_id")
    assert tracks == Link("track_playlists", "playlist_id", "track_id")


def test_a_resource_can_refer_to_itself(music: Contract) -> None:
    employee = music.resource_named["Employee"]
    boss = employee.relation_named["reports_to"]
    assert (boss.target, boss.optional, boss.near) == ("Employee", True, "reports_to_id")
    reports = employee.relation_named["reports"]
    assert (reports.kind, reports.far) == ("many", "reports_to_id")


def test_constraints_name_stored_fields(shop: Contract) -> None:
    order, line = shop.resource_named["Order"], shop.resource_named["OrderLine"]
    assert order.indexes[1].fields == ("customer_id", "-created_at")
    assert order.indexes[2].where is not None
    assert line.uniques[0].fields == ("order_id", "product_id")
    (check,) = shop.resource_named["Product"].checks
    assert isinstance(check.expression, Compare)
    assert check.expression.operator is Operator.GE


def test_commands_have_moves_inputs_and_errors(shop: Contract) -> None:
    commands = {item.name: item for item in shop.commands}
    place = commands["place"]
    assert (place.on, place.resource, place.result.resource) == (On.ROW, "Order", "Order")
    assert place.move == Move("status", ("draft",), "placed")
    assert commands["cancel"].move == Move("status", ("draft", "placed"), "cancelled")
    assert "OutOfStock" in place.raises
    (note,) = place.inputs
    assert (note.name, note.default, note.required) == ("note", Given(""), False)
    (tracking,) = commands["ship"].inputs
    assert (tracking.type.max_length, tracking.required) == (100, True)


def test_events_and_errors_carry_keys_of_rows(shop: Contract) -> None:
    placed = next(item for item in shop.events if item.name == "OrderPlaced")
    assert [(item.name, item.references) for item in placed.payload] == [
        ("order", "Order"), ("customer", "Customer"),
    ]  # fmt: skip
    gone = next(item for item in shop.errors if item.name == "OutOfStock")
    assert (gone.code, gone.family) == ("out_of_stock", Family.CONFLICT)
    assert gone.parameters[0].type.scalar is Scalar.UUID


def test_rules_are_expressions(shop: Contract) -> None:
    product = shop.resource_named["Product"].policy
    assert product.allows[0].when == ALWAYS
    assert product.allows[1].when == HasRole("buyer")
    assert [rule.field for rule in product.hides] == ["cost"]
    assert [rule.field for rule in product.freezes] == ["price", "cost"]
    assert shop.roles == {"buyer", "clerk"}


def test_users_see_themselves_when_the_contract_says_no_more(music: Contract) -> None:
    (rule,) = music.resource_named["User"].policy.allows
    key = music.resource_named["User"].key.type
    assert rule.actions == ("read",)
    assert rule.when == Compare(Operator.EQ, Column(ROW, (), "id", key), ActorId(key))


def test_every_kind_of_field(tmp_path: Path) -> None:
    contract = contract_of(
        """
        class Colour(Enum):
            RED = "red"
            BLUE = "blue"

        @api.resource(plural="people", conditional_writes=True)
        class Person(Resource[str]):
            name: str = field(max_length=20, min_length=1, doc="What they are called.")
            colour: Colour = Colour.RED
            born: date | None = None
            seen: datetime = field(default=now)
            site: Url | None
            mail: Email
            extra: Json = {"b": 1, "a": [2]}
            tags: list[str] = field(default=["x"], max_items=3, max_length=5)
            size: float = 1
            price: Decimal = field(digits=6, places=2, ge=0, default=3)
            secret: str = field(write_only=True, set_by="once")
            spare: UUID | None
            friends: list["Person"] = linked()
            boss: "Person | None" = field(on_delete="set_null", unique=True)
            helper: User = field(default=None)

        @api.policy(Person)
        def policy(person, actor):
            yield allow("read")
        """,
        tmp_path,
    )
    person = contract.resource_named["Person"]
    fields = person.field_named
    assert (person.table, person.path, person.conditional_writes) == ("people", "people", True)
    assert (fields["name"].doc, fields["name"].type.max_length) == ("What they are called.", 20)
    assert fields["colour"].type == Type(Scalar.CHOICE, choices=("red", "blue"))
    assert fields["colour"].default == Given("red")
    assert (fields["born"].optional, fields["born"].default) == (True, None)
    assert fields["seen"].default is Made.NOW
    assert fields["site"].type.scalar is Scalar.URL
    assert fields["mail"].required
    assert fields["extra"].default == Given('{"a":[2],"b":1}')
    assert fields["tags"].type == Type(Scalar.TEXT, many=True, max_items=3, max_length=5)
    assert fields["tags"].default == Given('["x"]')
    assert fields["size"].default == Given(1.0)
    assert fields["price"].default == Given(Decimal(3))
    assert not fields["secret"].readable
    assert fields["spare"].type.scalar is Scalar.UUID
    assert person.relation_named["friends"].link == Link(
        "person_friends", "person_id", "other_person_id"
    )
    assert (fields["boss_id"].on_delete, fields["boss_id"].unique) == (OnDelete.SET_NULL, True)
    assert fields["helper_id"].required


def test_annotations_may_all_be_texts(tmp_path: Path) -> None:
    path = tmp_path / "contract.py"
    todo = (ROOT / "examples/shop/contract.py").read_text(encoding="utf-8")
    head, rest = todo.split("\n\n", 1)
    path.write_text(f"{head}\nfrom __future__ import annotations\n{rest}", encoding="utf-8")
    plain = load_contract(ROOT / "examples/shop/contract.py")
    texts = load_contract(path)
    assert [item.name for item in texts.resources] == [item.name for item in plain.resources]
    assert texts.resource_named["Order"].computed[0].expression == (
        plain.resource_named["Order"].computed[0].expression
    )
    assert texts.commands[0].inputs == plain.commands[0].inputs


def test_classes_may_share_fields(tmp_path: Path) -> None:
    contract = contract_of(
        """
        class Named(Resource):
            name: str = field(max_length=9)

        @api.resource
        class One(Named):
            size: int

        @api.policy(One)
        def policy(one, actor):
            yield allow("read")
        """,
        tmp_path,
    )
    one = contract.resource_named["One"]
    assert [field.name for field in one.fields][:3] == ["id", "name", "size"]


def test_commands_on_collections_and_on_nothing(tmp_path: Path) -> None:
    contract = contract_of(
        """
        @api.policy(Item)
        def policy(item, actor):
            yield allow("*", when=actor.claim("org", str) == "acme")

        @api.command(Item)
        async def tidy(unit: Unit, *, before: date, only: Item | None = None) -> list[Item]:
            return []

        @api.command(allow=lambda actor: actor.has_role("admin"))
        async def sweep(unit: Unit, *, names: list[str]) -> int:
            return 0
        """,
        tmp_path,
        item=True,
    )
    tidy, sweep = contract.commands
    assert (tidy.on, tidy.result.resource, tidy.result.many) == (On.COLLECTION, "Item", True)
    assert [(item.name, item.required, item.references) for item in tidy.inputs] == [
        ("before", True, None), ("only", False, "Item"),
    ]  # fmt: skip
    assert (sweep.on, sweep.resource) == (On.NOTHING, None)
    assert sweep.result.type == Type(Scalar.INTEGER)
    assert sweep.inputs[0].type == Type(Scalar.TEXT, many=True)
    assert sweep.allows[0].when == HasRole("admin")


def test_a_contract_may_stand_inside_a_function() -> None:
    api = charter.Contract("inner")
    Size = Literal["s", "m"]  # noqa: N806 - a type

    @api.resource
    class Box(charter.Resource):
        size: "Size"
        lids: list["Lid"] = charter.owned()

    @api.resource
    class Lid(charter.Resource):
        box: Box

    @api.policy(Box)
    def policy(box: Box, actor: charter.Actor) -> charter.Policy:
        yield charter.allow("read")

    box = api.build().resource_named["Box"]
    assert box.field_named["size"].type.choices == ("s", "m")
    assert box.relation_named["lids"].target == "Lid"
    assert api.build() is api.build()
