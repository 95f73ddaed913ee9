"""What MySQL and MariaDB have that others have not: types, comments, spellings."""

from pathlib import Path

import pytest

from charter.contract.types import MAX_INTEGER, Scalar
from charter.sql.catalog_mysql import table_of
from charter.sql.existing.differences import mapped_differences
from charter.sql.mysql import MYSQL
from charter.sql.schema import Schema
from charter.understand.survey_mysql import MYSQL_SURVEY
from tests.understand.places import (
    complaints,
    drafted_from,
    found_in,
    looks,
    mysql_database,
    understood,
)
from tests.understand.test_hostile import EVIL, harmless

SHAPES = r"""
CREATE TABLE owners (id int unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY,
    code char(36) NOT NULL UNIQUE);
CREATE TABLE pets (
    id char(36) NOT NULL PRIMARY KEY,
    owner_id int unsigned, legs tinyint unsigned NOT NULL DEFAULT 4,
    kind enum('cat', 'it''s "a" dog', 'b\\c') NOT NULL DEFAULT 'cat',
    marks set('x', 'y'), alive tinyint(1) NOT NULL DEFAULT 1, awake bit(1) NOT NULL DEFAULT b'1',
    level tinyint(1), seen timestamp NULL DEFAULT CURRENT_TIMESTAMP, born date,
    made datetime(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3), zero datetime,
    price decimal(8, 2) unsigned NOT NULL DEFAULT 1.5, ratio float, score double,
    hits bigint unsigned, extra json, picture blob, since year, nap time, tag binary(16),
    short tinytext,
    loud varchar(20) AS (upper(short)) VIRTUAL, padded int(5) zerofill,
    nick varchar(20) COMMENT 'DEFAULT 5 NOT NULL CHECK (x) AUTO_INCREMENT',
    state varchar(9) NOT NULL DEFAULT 'a' CHECK (state IN ('a', 'b')),
    starts int NOT NULL, ends int NOT NULL, CHECK (ends > starts), CHECK (legs < 9),
    FOREIGN KEY (owner_id) REFERENCES owners (id) ON DELETE SET NULL,
    UNIQUE (nick(5)), FULLTEXT (nick)) COMMENT 'Everybody''s pets.';
CREATE VIEW cats AS SELECT id FROM pets WHERE kind = 'cat';
INSERT INTO pets (id, level, starts, ends) VALUES ('a', 3, 1, 2);
SET SESSION sql_mode = 'ANSI_QUOTES';
UPDATE pets SET zero = '0000-00-00';
"""


@pytest.fixture
def shapes(mysql_url: str) -> str:
    return mysql_database(mysql_url, SHAPES)


def test_types_of_mysql(shapes: str, tmp_path: Path) -> None:
    contract, text, draft = drafted_from(shapes, tmp_path)
    assert not mapped_differences(contract, MYSQL, found_in(shapes).schema)
    pet = contract.resource_named["Pet"]
    assert pet.key.type.scalar is Scalar.TEXT
    assert pet.doc == "Everybody's pets."
    scalars = {field.name: field.type.scalar.value for field in pet.fields}
    assert scalars == {
        "id": "text", "owner_id": "integer", "legs": "integer", "kind": "choice",
        "alive": "boolean", "awake": "boolean", "level": "integer", "seen": "datetime",
        "born": "date", "made": "datetime", "price": "decimal", "ratio": "float",
        "score": "float", "hits": "integer", "extra": "json", "short": "text", "nick": "text",
        "state": "choice", "starts": "integer", "ends": "integer", "since": "integer",
    }  # fmt: skip
    stored = {field.name: str(field.stored) for field in pet.fields if field.stored}
    assert stored == {
        "kind": "enum",
        "awake": "number",
        "made": "naive",
        "ratio": "number",
        "since": "number",
    }
    assert pet.field_named["kind"].type.choices == ("cat", 'it\'s "a" dog', "b\\c")
    assert pet.field_named["state"].type.choices == ("a", "b")
    assert pet.field_named["legs"].type.lt == 9
    assert (pet.field_named["legs"].type.ge, pet.field_named["hits"].type.ge) == (0, 0)
    assert pet.field_named["nick"].doc.startswith("DEFAULT 5")
    assert pet.field_named["nick"].optional
    assert 'awake: bool = field(stored="number", default=True)' in text
    assert 'price: Decimal = field(ge=0, digits=8, places=2, default=Decimal("1.50"))' in text
    assert [check.message for check in pet.checks] == ["ends is more than starts"]
    assert pet.relation_named["owner"].target == "Owner"
    out = {place.removeprefix("Pet.") for place, what in looks(draft).items() if "left out" in what}
    assert out == {"marks", "zero", "picture", "nap", "tag", "loud", "padded"}
    assert looks(draft)["Pet.level"] == {"values break the type"}
    assert looks(draft)["Pet.hits"] == {"a large number"}
    said = " ".join(text.replace("#", " ").split())
    assert 'a UUID field with stored="bytes" would read the UUIDs in it' in said
    assert f"it can hold numbers above {MAX_INTEGER}" in said
    assert {item.name for item in draft.omitted} == {"cats"}
    assert complaints([text], tmp_path, "mypy", "ruff") == ""


@pytest.mark.parametrize("evil", [e for e in EVIL if "\0" not in e and max(e) < "\U00010000"])
def test_comments_that_would_be_code(mysql_url: str, tmp_path: Path, evil: str) -> None:
    said = f"a{evil}b{evil}".replace("\\", "\\\\").replace("'", "''")
    script = f"""
        CREATE TABLE t (id int PRIMARY KEY, a varchar(5) DEFAULT 'x' COMMENT '{said}',
            b varchar(5) CHECK (b <> '')) DEFAULT CHARSET=utf8mb4
            COMMENT '{said}'
    """
    contract, text, _ = drafted_from(mysql_database(mysql_url, script), tmp_path)
    assert harmless(text)
    assert contract.resources[0].field_named["a"].doc == f"a{evil}b{evil}"


@pytest.mark.parametrize(
    ("version", "server"),
    [
        ("10.11.6-MariaDB-0+deb12u1", "MariaDB 10.11.6"),
        ("8.0.36", "MySQL 8.0.36"),
        ("8.4.3-commercial", "MySQL 8.4.3"),
        ("unheard", "MySQL"),
    ],
)
def test_servers_are_named(version: str, server: str) -> None:
    assert MYSQL_SURVEY.server(version) == server


def test_literals_are_read_as_mysql_spells_them() -> None:
    """As MySQL 8 writes a CHECK: with character sets before its texts."""
    shown = """CREATE TABLE "t" (
  "id" int NOT NULL AUTO_INCREMENT,
  "state" varchar(9) NOT NULL DEFAULT 'it''s',
  "amount" decimal(8,2) NOT NULL DEFAULT '1.50',
  "flag" bit(1) DEFAULT b'0',
  PRIMARY KEY ("id"),
  CONSTRAINT "t_chk_1" CHECK (("state" in (_utf8mb4'a',_latin1'it\\'s')))
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci"""
    (table,) = MYSQL_SURVEY.plain(Schema((table_of("t", shown),))).tables
    assert [column.default for column in table.columns] == [None, "'it''s'", "'1.50'", "0"]
    assert table.checks[0].expression == "(\"state\" in ('a','it''s'))"


def test_secrets_of_the_address_are_not_shown(shapes: str) -> None:
    draft, text = understood(shapes)
    said = text + "".join(item.why for item in draft.concerns)
    assert shapes.partition("//")[2].partition("@")[0] not in said
    assert "127.0.0.1" not in said


def test_names_with_line_ends_are_read_whole() -> None:
    shown = """CREATE TABLE "t" (
  "a
b" int NOT NULL COMMENT 'c
  d',
  KEY "x
y" ("a
b" DESC,"c"),
  CONSTRAINT "f
g" FOREIGN KEY ("a
b") REFERENCES "u v" ("i
d") ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4"""
    table = table_of("t", shown)
    assert [column.name for column in table.columns] == ["a\nb"]
    (index,) = table.indexes
    assert [(part.name, part.descending) for part in index.columns] == [
        ("a\nb", True),
        ("c", False),
    ]
    (key,) = table.foreign_keys
    assert (key.columns, key.target, key.target_columns) == (("a\nb",), "u v", ("i\nd",))
