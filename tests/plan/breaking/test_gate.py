"""What is said of each kind of change: one example of every code."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from charter.contract.contract import Contract
from charter.contract.resource import Resource
from charter.contract.types import INTEGER
from charter.language.load import load_contract
from charter.plan.breaking.codes import CHANGE_CODES
from charter.plan.breaking.finding import Finding, Severity
from charter.plan.breaking.gate import AREAS, compare
from charter.plan.breaking.version import Step

Loaded = Callable[[str, str], Contract]

SHOP = """\
from decimal import Decimal
from typing import Literal
from uuid import UUID

from charter import *

shop = Contract("shop", version="1.0.0")

@shop.resource
class Tag(Resource):
    name: str = field(max_length=20)

@shop.resource
class Product(Resource):
    name: str = field(max_length=50, search=True)
    label: str = ""
    price: Decimal = field(ge=0, digits=8, places=2)
    stock: int = 0
    colour: Literal["red", "blue"] = "red"
    secret: str = field(default="", hidden=True)
    tags: list[Tag] = linked()

@shop.resource
class Order(Resource):
    product: Product = field(on_delete="cascade")
    note: str | None = None
    state: Literal["draft", "placed", "sent"] = field(default="draft", set_by="commands")
    lines: list["Line"] = owned()
    pieces: int = computed(lambda order: total(order.lines, lambda line: line.pieces))

@shop.resource
class Line(Resource):
    order: Order
    pieces: int = field(ge=1, default=1)

@shop.policy(Tag)
def tag_policy(tag: Tag, actor: Actor) -> Policy:
    yield allow("*", when=tag.name == "a")

@shop.policy(Line)
def line_policy(line: Line, actor: Actor) -> Policy:
    yield allow("*", when=actor.authenticated)

@shop.policy(Product)
def product_policy(product: Product, actor: Actor) -> Policy:
    yield allow("read")
    yield allow("*", when=actor.has_role("buyer"))

@shop.policy(Order)
def order_policy(order: Order, actor: Actor) -> Policy:
    yield allow("*", when=actor.authenticated)

@shop.error(status=409)
class Sold(Error):
    left: int

@shop.event
class Placed(Event):
    order: Order
    pieces: int
    colour: Literal["red", "blue"]
    note: str

@shop.command(Order, moves="draft -> placed", raises=[Sold])
async def place(order: Order, unit: Unit, *, count: int) -> Order:
    return order

@shop.command(Order)
async def check(order: Order, unit: Unit) -> int:
    return 1
"""

NAME = "name: str = field(max_length=50, search=True)"
LABEL = '    label: str = ""\n'
TAGS = "    tags: list[Tag] = linked()\n"
COLOUR = 'colour: Literal["red", "blue"] = "red"'
CARRIED = '    colour: Literal["red", "blue"]\n    note'
CHECK = """
@shop.command(Order)
async def check(order: Order, unit: Unit) -> int:
    return 1
"""
MORE = """
@shop.resource
class New(Resource):
    name: str

@shop.policy(New)
def new_policy(new: New, actor: Actor) -> Policy:
    yield allow("read")
"""
PLACE = '@shop.command(Order, moves="draft -> placed", raises=[Sold])'
POLICY = '    yield allow("*", when=actor.has_role("buyer"))\n'
LAST = "    return 1\n"

RENAMED = (LABEL, '    title: str = field(default="", was="label")\n', "Product.label")
PRODUCT = "    product: Product = field("
INCLUDED = (PRODUCT, '    good: Product = field(was="product", ', "Order.product")
LINES = """
    pieces: int = computed(lambda order: total(order.lines, lambda line: line.pieces))

@shop.resource
class Line(Resource):
"""

# What is replaced by what, and the subject of the finding.
CHANGES: dict[str, tuple[str, str, str]] = {
    "path_changed": (
        "@shop.resource\nclass Product", '@shop.resource(plural="goods")\nclass Product', "Product",
    ),
    "relation_removed": (TAGS, "", "Product.tags"),
    "relation_renamed": (
        'lines: list["Line"] = owned()' + LINES + "    order: Order\n",
        'rows: list["Line"] = owned()' + LINES.replace("order.lines", "order.rows")
        + '    of: Order = field(was="order")\n', "Order.lines",
    ),
    "parts_sealed": (
        'lines: list["Line"] = owned()\n    pieces: int = computed('
        "lambda order: total(order.lines, lambda line: line.pieces))",
        'lines: list["Line"] = inverse()', "Order.lines",
    ),
    "command_removed": (CHECK, "", "Order.check"),
    "command_moved": (
        "async def check(order: Order, unit: Unit)", "async def check(unit: Unit)", "Order.check",
    ),
    "resource_added": (LAST, LAST + MORE, "New"),
    "input_removed": (LABEL, "", "Product.label"),
    "input_renamed": RENAMED,
    "input_locked": (
        LABEL, '    label: str = field(default="", set_by="commands")\n', "Product.label",
    ),
    "input_required": ("    stock: int = 0\n", "    stock: int\n", "Product.stock"),
    "input_narrowed": ("max_length=50", "max_length=40", "Product.name"),
    "input_not_null": (
        "note: str | None = None\n    state", 'note: str = ""\n    state', "Order.note",
    ),
    "default_changed": ("stock: int = 0", "stock: int = 1", "Product.stock"),
    "check_added": (LAST, LAST + "\n"
        'shop.check(Product, lambda product: product.stock >= 0, "no stock is below nothing")\n',
        "Product",
    ),
    "unique_added": ("max_length=20)", "max_length=20, unique=True)", "Tag.name"),
    "match_required": (
        "@shop.resource\nclass Tag", "@shop.resource(conditional_writes=True)\nclass Tag", "Tag",
    ),
    "move_narrowed": (
        CHECK, CHECK.replace("(Order)", '(Order, moves="sent -> draft")', 1), "Order.check",
    ),
    "move_changed": ("draft -> placed", "draft -> sent", "Order.place"),
    "delete_restricted": ('field(on_delete="cascade")', "field()", "Product"),
    "input_widened": ("max_length=50", "max_length=60", "Product.name"),
    "answer_removed": (LABEL, "", "Product.label"),
    "answer_renamed": RENAMED,
    "answer_widened": ('"placed", "sent"]', '"placed", "sent", "lost"]', "Order.state"),
    "answer_nullable": (LABEL, "    label: str | None = None\n", "Product.label"),
    "result_changed": ("unit: Unit) -> int:", "unit: Unit) -> str:", "Order.check"),
    "answer_narrowed": ('"placed", "sent"]', '"placed"]', "Order.state"),
    "computed_changed": ("line.pieces))", "line.pieces * 2))", "Order.pieces"),
    "query_name_removed": (LABEL, "", "Product.label"),
    "query_name_renamed": RENAMED,
    "comparator_removed": (", search=True", "", "Product.name"),
    "filter_narrowed": ('"red", "blue"] =', '"red"] =', "Product.colour"),
    "sort_removed": ("stock: int = 0", "stock: list[int] = []", "Product.stock"),
    "include_removed": (TAGS, "", "Product.tags"),
    "include_renamed": INCLUDED,
    "search_removed": (", search=True", "", "Product"),
    "search_changed": (LABEL, '    label: str = field(default="", search=True)\n', "Product"),
    "error_changed": ("status=409", "status=403", "Sold"),
    "error_member_removed": ("    left: int\n", "    pass\n", "Sold.left"),
    "error_member_widened": ("    left: int\n", "    left: str\n", "Sold.left"),
    "error_added": (
        CHECK, CHECK.replace("(Order)", "(Order, raises=[Sold])", 1), "Order.check",
    ),
    "error_removed": (", raises=[Sold]", "", "Order.place"),
    "graphql_removed": (LABEL, "", "Product.label"),
    "graphql_renamed": RENAMED,
    "graphql_type_changed": ("stock: int = 0", "stock: float = 0", "Product.stock"),
    "graphql_nullable": (LABEL, "    label: str | None = None\n", "Product.label"),
    "graphql_required": ("    stock: int = 0\n", "    stock: int\n", "Product.stock"),
    "graphql_value_removed": ('"red", "blue"] =', '"red"] =', "Product.colour"),
    "graphql_value_added": ('"red", "blue"] =', '"red", "blue", "green"] =', "Product.colour"),
    "graphql_widened": ('"red", "blue"] =', '"red", "blue", "green"] =', "Product.colour"),
    "grpc_removed": (LABEL, "", "Product.label"),
    "grpc_renamed": RENAMED,
    "grpc_type_changed": ("stock: int = 0", "stock: float = 0", "Product.stock"),
    "grpc_value_removed": ('"red", "blue"] =', '"red"] =', "Product.colour"),
    "grpc_required": ("    stock: int = 0\n", "    stock: int\n", "Product.stock"),
    "grpc_presence": (LABEL, "    label: str | None = None\n", "Product.label"),
    "event_removed": ("class Placed(Event)", "class Sent(Event)", "Placed"),
    "payload_removed": ("    order: Order\n    pieces: int\n    co", "    pieces: int\n    co",
        "Placed.order_id",
    ),
    "payload_widened": (
        CARRIED, CARRIED.replace('"blue"', '"blue", "green"'), "Placed.colour",
    ),
    "payload_nullable": ("    note: str\n", "    note: str | None\n", "Placed.note"),
    "payload_narrowed": (CARRIED, CARRIED.replace(', "blue"', ""), "Placed.colour"),
    "values_lost": (LABEL, "", "Product.label"),
    "pairs_lost": (TAGS, "", "Product"),
    "stored_renamed": RENAMED,
    "values_rewritten": ("stock: int = 0", 'stock: str = "0"', "Product.stock"),
    "values_unfit": ("max_length=50", "max_length=40", "Product.name"),
    "values_missing": (NAME, NAME + "\n    weight: int", "Product.weight"),
    "rule_dropped": ("max_length=50", "max_length=60", "Product.name"),
    "index_changed": (LAST, LAST + '\nshop.index(Product, "stock")\n', "Product"),
    "access_narrowed": (
        POLICY, POLICY.replace('has_role("buyer")', 'has_role("boss")'), "create Product",
    ),
    "access_changed": ('tag.name == "a"', 'tag.name == "b"', "update Tag"),
    "access_widened": (POLICY, '    yield allow("*")\n', "update Product"),
}  # fmt: skip
# What is told of the way back of another change.
BACK: dict[str, tuple[str, str]] = {
    "delete_cascades": ("delete_restricted", "Order.product_id"),
    "resource_removed": ("resource_added", "New"),
    "rows_lost": ("resource_added", "New"),
    "relation_added": ("relation_removed", "Product.tags"),
    "command_added": ("command_removed", "Order.check"),
    "input_added": ("input_removed", "Product.label"),
    "input_optional": ("input_required", "Product.stock"),
    "rule_removed": ("match_required", "Tag"),
    "answer_added": ("answer_removed", "Product.label"),
    "query_name_added": ("query_name_removed", "Product.label"),
    "comparator_added": ("comparator_removed", "Product.name"),
    "filter_widened": ("filter_narrowed", "Product.colour"),
    "include_added": ("include_removed", "Product.tags"),
    "search_added": ("search_removed", "Product"),
    "error_member_added": ("error_member_removed", "Sold.left"),
    "graphql_added": ("graphql_removed", "Product.label"),
    "grpc_added": ("grpc_removed", "Product.label"),
    "event_added": ("event_removed", "Placed"),
    "payload_added": ("payload_removed", "Placed.order_id"),
    "table_added": ("values_lost", "Product.label"),
}

OF_KEYS = frozenset({"key_narrowed", "create_removed", "create_added"})
OF_NUMBERS = frozenset({"grpc_number_moved"})


@pytest.fixture
def loaded(tmp_path: Path) -> Loaded:
    def load(text: str, name: str) -> Contract:
        path = tmp_path / f"{name}.py"
        path.write_text(text, encoding="utf-8")
        return load_contract(path)

    return load


def changed(old: str, new: str) -> str:
    assert SHOP.count(old) >= 1, old
    return SHOP.replace(old, new, 1)


def findings(old: Contract, new: Contract) -> Iterator[Finding]:
    return (item for part in compare(old, new).parts for item in part.findings)


def test_every_code_has_an_example() -> None:
    assert CHANGES.keys() | BACK.keys() | OF_KEYS | OF_NUMBERS == CHANGE_CODES.keys()


def test_keys_that_are_others_are_told(loaded: Loaded) -> None:
    old = loaded(SHOP, "old")
    new = replace(old, resources=tuple(map(_numbered, old.resources)))
    there = {(item.code.name, item.subject) for item in findings(old, new)}
    assert {("key_narrowed", "Tag.id"), ("create_removed", "Tag")} <= there
    assert ("create_added", "Tag") in {
        (item.code.name, item.subject) for item in findings(new, old)
    }


def _numbered(resource: Resource) -> Resource:
    """The resource with a number for a key, which clients would have to give."""
    key = replace(resource.key, type=INTEGER, default=None)
    kept = (key if item.name == "id" else item for item in resource.fields)
    return replace(resource, fields=tuple(kept))


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_is_told_with_its_code_and_place(name: str, loaded: Loaded) -> None:
    before, after, subject = CHANGES[name]
    old, new = loaded(SHOP, "old"), loaded(changed(before, after), "new")
    found = [item for item in findings(old, new) if item.code.name == name]
    assert subject in {item.subject for item in found}
    for item in found:
        assert {item.before.file, item.after.file} & {old.place.file, new.place.file}


@pytest.mark.parametrize("name", BACK)
def test_the_way_back_is_told(name: str, loaded: Loaded) -> None:
    other, subject = BACK[name]
    before, after, _ = CHANGES[other]
    old, new = loaded(changed(before, after), "old"), loaded(SHOP, "new")
    assert subject in {item.subject for item in findings(old, new) if item.code.name == name}


def test_what_breaks_has_a_compatible_way_and_nothing_else_has() -> None:
    for code in CHANGE_CODES.values():
        assert bool(code.instead) is (code.severity is Severity.BREAKING), code.name


def test_a_field_under_a_new_name_is_asked_about(loaded: Loaded) -> None:
    old, new = loaded(SHOP, "old"), loaded(changed("label: str", "labels: str"), "new")
    messages = {item.code.name: item.message for item in findings(old, new)}
    assert "is `labels` its new name?" in messages["answer_removed"]
    assert "is `labels` its new name?" in messages["values_lost"]


def test_another_order_of_a_contract_is_no_change(loaded: Loaded) -> None:
    moved = changed(LABEL, "").replace("    stock: int = 0\n", "    stock: int = 0\n" + LABEL)
    assert not compare(loaded(SHOP, "old"), loaded(moved, "new")).parts


def test_what_no_client_sees_asks_for_no_version(loaded: Loaded) -> None:
    gone = changed('    secret: str = field(default="", hidden=True)\n', "")
    report = compare(loaded(SHOP, "old"), loaded(gone, "new"))
    assert [part.area.name for part in report.parts] == ["storage"]
    assert report.version.step is Step.NONE
    assert report.version.said


def test_no_two_areas_have_a_name() -> None:
    assert len({area.name for area in AREAS}) == len(AREAS)
