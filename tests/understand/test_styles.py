"""Schemas in the styles of many tools, understood: what a senior engineer would have written."""

from pathlib import Path

import pytest

from charter.contract.resource import OnDelete
from charter.contract.types import Scalar
from charter.sql.existing.differences import mapped_differences
from charter.sql.postgres import POSTGRES
from tests.support.postgres import PostgresServer
from tests.understand import schemas
from tests.understand.conftest import Made
from tests.understand.places import drafted_from, found_in, looks, understood


def test_django(made: Made, tmp_path: Path) -> None:
    contract, text, draft = drafted_from(made(schemas.DJANGO), tmp_path)
    named = contract.resource_named
    assert set(named) == {"AuthUser", "Product", "Tag", "Order", "OrderItem"}
    tags = named["Product"].relation_named["tags"].link
    assert tags is not None
    assert (tags.table, tags.near, tags.far) == ("shop_product_tags", "product_id", "tag_id")
    assert named["Tag"].relation_named["products"].kind == "link"
    items = named["Order"].relation_named["order_items"]
    assert items.owned
    assert items.target == "OrderItem"
    assert named["OrderItem"].relation_named["product"].target == "Product"
    assert named["AuthUser"].field_named["password"].hidden
    assert named["AuthUser"].field_named["username"].unique
    assert named["AuthUser"].field_named["email"].type.scalar is Scalar.EMAIL
    assert named["AuthUser"].field_named["created_at"].column == "date_joined"
    assert named["Product"].field_named["stock"].type.ge == 0
    assert (named["Product"].field_named["price"].type.digits, 10) == (10, 10)
    assert "django_migrations" not in [item.table for item in contract.resources]
    assert looks(draft)["Order.total"] == {"money in a float"}
    assert looks(draft)["django_migrations"] == {"not drafted"}
    assert "# - django_migrations: a table of a framework's own" in text


def test_rails(made: Made, tmp_path: Path) -> None:
    url = made(schemas.RAILS)
    contract, _, draft = drafted_from(url, tmp_path)
    named = contract.resource_named
    account, post, comment = named["Account"], named["Post"], named["Comment"]
    assert account.field_named["version"].column == "lock_version"
    assert post.field_named["state"].type.choices == ("draft", "published", 'it\'s "gone"')
    assert post.field_named["updated_at"].column_name == "updated_at"
    assert post.relation_named["accounts"].kind == "link"
    assert account.relation_named["linked_posts"].kind == "link"
    assert account.relation_named["posts"].kind == "many"
    assert comment.relation_named["children"].far == "parent_id"
    assert comment.field_named["parent_id"].optional
    assert post.relation_named["revisions"].owned
    assert [index.fields for index in post.indexes] == [("state", "-created_at")]
    found = looks(draft)
    assert found["Post.deleted_at"] == {"soft delete"}
    assert found["Comment.commentable_id"] == {"a polymorphic reference"}
    assert found["Account.encrypted_password"] == {"a secret"}
    # On MySQL every foreign key has one.
    unindexed = set() if url.startswith("mysql") else {"a reference without an index"}
    assert found.get("Comment.parent", set()) == unindexed
    assert "Post.account" not in found


def test_camel_case(made: Made, tmp_path: Path) -> None:
    contract, text, _ = drafted_from(made(schemas.CAMEL), tmp_path)
    named = contract.resource_named
    match = named["Match"]
    assert named["Customer"].field_named["first_name"].column == "firstName"
    assert named["Customer"].field_named["is_vip"].type.scalar is Scalar.BOOLEAN
    assert named["Team"].key.column == "teamId"
    assert {"home_team_matches", "away_team_matches"} <= set(named["Team"].relation_named)
    assert match.field_named["away_team_id"].on_delete is OnDelete.CASCADE
    assert match.field_named["referee_id"].on_delete is OnDelete.SET_NULL
    assert match.field_named["date"].type.scalar is Scalar.DATE
    assert "import datetime as dt" in text
    assert [unique.fields for unique in match.uniques] == [("home_team_id", "away_team_id", "date")]
    assert [check.message for check in match.checks] == ["whistle is more than kick_off"]
    link = named["Customer"].relation_named["teams"].link
    assert link is not None
    assert (link.table, link.near, link.far) == ("CustomerTeams", "CustomerId", "TeamId")


def test_legacy(made: Made, tmp_path: Path) -> None:
    contract, text, draft = drafted_from(made(schemas.LEGACY), tmp_path)
    customer, ship = contract.resource_named["Cust"], contract.resource_named["Ship"]
    assert customer.key.column_name.lower() == "cust_no"
    assert customer.field_named["active_flg"].type.scalar is Scalar.BOOLEAN
    assert customer.field_named["ssn"].hidden
    assert (customer.field_named["rating"].type.ge, customer.field_named["rating"].type.le) == (
        1,
        5,
    )
    assert ship.mapped is not None
    assert ship.mapped.read_only
    found = looks(draft)
    assert found["Cust.id"] == {"another key"}
    assert found["Ship.ord_no"] == {"a foreign key as a value"}
    omitted = {item.name.lower(): item.why for item in draft.omitted}
    assert set(omitted) == {"tblordl", "tbllog", "vw_cust"}
    assert "several columns" in omitted["tblordl"]
    assert "no primary key" in omitted["tbllog"]
    assert all(f"# - {item.name}: " in text for item in draft.omitted)


def test_words_that_mean_something_else(made: Made, tmp_path: Path) -> None:
    contract, _, draft = drafted_from(made(schemas.WORDS), tmp_path)
    named = contract.resource_named
    assert set(named) == {"Account", "EventRecord", "PolicyRecord", "Grosse", "Table"}
    account = named["Account"]
    columns = {field.column_name: field.name for field in account.fields}
    assert columns["class"] == "account_class"
    assert columns["items"] == "account_items"
    assert columns["2fa"] == "field_2fa"
    assert columns["created_at"] == "account_created_at"
    assert looks(draft)["Account.account_class"] == {"another name"}
    assert looks(draft)["Account"] == {"another name"}
    event = {field.column_name: field.name for field in named["EventRecord"].fields}
    assert event["policy"] == "policy"
    assert event["policy_id"] == "policy_id"
    assert event["list_id"] == "policy_record_id"
    assert {field.column_name for field in named["Grosse"].fields} == {
        "id", "Straße", "имя", "年", "a b-c",
    }  # fmt: skip
    assert named["Grosse"].field_named["strasse"].column == "Straße"


def test_circles_of_rows_that_need_each_other(made: Made, tmp_path: Path) -> None:
    contract, _, draft = drafted_from(made(schemas.CIRCLES), tmp_path)
    node = contract.resource_named["Node"]
    assert node.field_named["parent_id"].references is None
    assert node.field_named["node_id"].references == "Node"
    assert looks(draft)["Node.parent_id"] == {"a foreign key as a value"}


def test_types_of_postgresql(postgres_shapes: str, tmp_path: Path) -> None:
    contract, text, draft = drafted_from(postgres_shapes, tmp_path)
    assert not mapped_differences(contract, POSTGRES, found_in(postgres_shapes).schema)
    person, slot = contract.resource_named["Person"], contract.resource_named["Slot"]
    assert person.key.type.scalar is Scalar.UUID
    kinds = {field.name: str(field.stored) for field in person.fields if field.stored}
    assert kinds == {
        "mood": "enum:mood", "size": "enum:Size", "joined": "naive", "old_extra": "text",
        "ratio": "number", "loose": "number",
    }  # fmt: skip
    assert person.field_named["mood"].type.choices == ("happy", 'it\'s "so" so', "sad")
    assert person.field_named["age"].type.gt == 0
    assert (person.field_named["nick"].type.min_length, 20) == (2, 20)
    assert person.field_named["age"].doc == "In years.\nNot days."
    assert person.doc.startswith("Everybody who ever\ncame by: ")
    assert not {"tags", "photo", "ip", "shout", "bucks"} & set(person.field_named)
    assert {place for place, what in looks(draft).items() if "left out" in what} == {
        "Person.tags", "Person.photo", "Person.ip", "Person.shout", "Person.bucks",
    }  # fmt: skip
    assert [index.fields for index in person.indexes] == [("-seen",)]
    assert "The database also holds UNIQUE (lower(email))." in text
    assert "CHECK ((code ~ '^[A-Z]+$'::text))" in text
    assert [check.message for check in slot.checks] == ["ends is more than starts"]
    assert {item.name for item in draft.omitted} == {"happy", "sad", "measures"}


@pytest.fixture
def postgres_shapes(request: pytest.FixtureRequest) -> str:
    server = request.getfixturevalue("postgres_server")
    url: str = request.getfixturevalue("postgres_url")
    server.execute(schemas.POSTGRES_SHAPES, url.rpartition("/")[2])
    return url


def test_references_that_nothing_holds(made: Made, tmp_path: Path) -> None:
    script = """
        CREATE TABLE users (id integer PRIMARY KEY);
        CREATE TABLE posts (id integer PRIMARY KEY, "userId" integer, account_id integer,
            review_id integer);
    """
    contract, text, draft = drafted_from(made(script), tmp_path)
    assert contract.resource_named["Post"].field_named["user_id"].references is None
    assert looks(draft)["Post.account_id"] == {"a reference without a foreign key"}
    assert looks(draft)["Post.user_id"] == {"a reference without a foreign key"}
    assert "# look: it looks like the key of Account, and no foreign key holds it" in text
    assert "Post.review_id" not in looks(draft)


def test_what_stands_in_the_way_of_a_start(
    postgres_server: PostgresServer, postgres_url: str, tmp_path: Path
) -> None:
    script = "CREATE TABLE things (id serial PRIMARY KEY); "
    script += "ALTER TABLE things ENABLE ROW LEVEL SECURITY"
    postgres_server.execute(script, postgres_url.rpartition("/")[2])
    _, _, draft = drafted_from(postgres_url, tmp_path)
    assert looks(draft)["Thing"] == {"row security"}


@pytest.mark.parametrize("name", schemas.COMMON)
def test_the_same_database_gives_the_same_text(made: Made, name: str) -> None:
    url = made(schemas.COMMON[name])
    assert understood(url) == understood(url)


def test_nobody_may_do_anything_yet(made: Made, tmp_path: Path) -> None:
    contract, _, _ = drafted_from(made(schemas.RAILS), tmp_path)
    for resource in contract.resources:
        rules = [str(rule.when) for rule in resource.policy.allows]
        assert resource.owner is not None or len(rules) == 1
        assert all("False" in rule for rule in rules)


def test_rows_whose_keys_come_with_them_are_nobodys_parts(made: Made, tmp_path: Path) -> None:
    script = """
        CREATE TABLE orders (id integer PRIMARY KEY);
        CREATE TABLE order_lines (code varchar(20) NOT NULL PRIMARY KEY,
            order_id integer NOT NULL REFERENCES orders (id) ON DELETE CASCADE);
    """
    contract, _, _ = drafted_from(made(script), tmp_path)
    relation = contract.resource_named["Order"].relation_named["lines"]
    assert (relation.owned, relation.target) == (False, "OrderLine")
