"""What the values of a database say that its schema does not, on SQLite and PostgreSQL."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from charter.contract.resource import Resource
from charter.contract.types import Scalar
from charter.understand.drafting import drafted
from charter.understand.survey import SAMPLED_ROWS
from charter.understand.writing import written
from tests.support.postgres import PostgresServer
from tests.understand.conftest import Made
from tests.understand.places import drafted_from, found_in, looks, sqlite_file, understood

ROWS = """
CREATE TABLE members (
    id integer PRIMARY KEY, email varchar(90), contact_mail varchar(90), website text,
    homepage text, status varchar(20), nick varchar(20), password_hash varchar(90),
    api_token varchar(90), joined_at integer, seen_at bigint, note text);
"""


def members(number: int) -> str:
    rows = (
        f"({key}, 'a{key}@example.com', '{'x' if key % 3 else 'x@y.example'}', "
        f"'https://example.com/{key}', '{'www' if key % 2 else 'https://a.example'}', "
        f"'{('new', 'active', 'gone')[key % 3]}', 'nick {key}', 'geheim{key}', 'geheim', "
        f"{1_700_000_000 + key}, {1_700_000_000_000 + key}, NULL)"
        for key in range(1, number + 1)
    )
    return f"{ROWS} INSERT INTO members VALUES {', '.join(rows)};"


def test_values_break_what_names_say(made: Made, tmp_path: Path) -> None:
    contract, text, draft = drafted_from(made(members(60)), tmp_path)
    fields = contract.resource_named["Member"].field_named
    assert fields["email"].type.scalar is Scalar.EMAIL
    assert fields["contact_mail"].type.scalar is Scalar.TEXT
    assert fields["website"].type.scalar is Scalar.URL
    assert fields["homepage"].type.scalar is Scalar.TEXT
    assert "# look: 40 of 60 values are no e-mail addresses, so it is a plain text" in text
    assert "# look: 30 of 60 values are no absolute URLs, so it is a plain text" in text
    assert "# look: only active, gone, new in 60 rows: perhaps a Literal" in text
    found = looks(draft)
    assert found["Member.status"] == {"few values"}
    assert found["Member.joined_at"] == found["Member.seen_at"] == {"a time in a number"}
    assert "Member.nick" not in found


def test_few_rows_say_nothing(made: Made, tmp_path: Path) -> None:
    _, _, draft = drafted_from(made(members(29)), tmp_path)
    assert "Member.status" not in looks(draft)


def test_secrets_are_not_even_read(made: Made) -> None:
    found = found_in(made(members(40)))
    read = {column for _, column in found.samples}
    assert "status" in read
    assert not {"password_hash", "api_token"} & read
    assert "geheim" not in written(drafted(found, "shop"))


def test_no_more_rows_are_read_than_a_sample_has(made: Made) -> None:
    number = SAMPLED_ROWS + 500
    script = f"""{ROWS} INSERT INTO members (id, status)
        WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {number})
        SELECT i, 'x' FROM n"""
    found = found_in(made(script))
    (about,) = (found.about(table) for table in found.schema.tables)
    assert about.rows == number
    assert {len(sample) for sample in found.samples.values()} <= {0, SAMPLED_ROWS}


def one(directory: Path, column: str, *values: object) -> Resource | None:
    """The resource of a SQLite table with one column that has these values."""
    url = sqlite_file(directory, f"CREATE TABLE things (id integer PRIMARY KEY, {column})")
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as database:
        for value in values:
            database.execute("INSERT INTO things VALUES (NULL, ?)", (value,))
        database.commit()
    contract, _, _ = drafted_from(url, directory)
    return contract.resource_named.get("Thing")


@pytest.mark.parametrize(
    ("column", "values", "scalar", "stored"),
    [
        ("a datetime", ["2026-01-02 03:04:05"], "datetime", "naive"),
        ("a datetime", ["2026-01-02T03:04:05.123456+00:00"], "datetime", None),
        ("a datetime", ["2026-01-02T03:04:05Z", "2026-01-02T03:04:05+02:00"], "datetime", "iso"),
        ("a datetime", [1_700_000_000, 0], "datetime", "unix"),
        ("a datetime", [1_700_000_000_000], "datetime", "unix_ms"),
        ("a datetime", ["yesterday"], None, None),
        ("a datetime", [], "datetime", "naive"),
        ("a date", ["2026-01-02"], "date", None),
        ("a date", ["2026-01-02 00:00:00"], "date", "naive"),
        ("a date", ["2026-01-02 00:00:01"], "datetime", "naive"),
        ("a_at text", ["2026-01-02T03:04:05+00:00"], "datetime", None),
        ("a_at text", ["2026-01-02T03:04:05+00:00", "soon"], "text", None),
        ("a text", ["2026-01-02T03:04:05+00:00"], "text", None),
        ("a boolean", [0, 1], "boolean", None),
        ("a boolean", ["t", "f"], None, None),
        ("a tinyint(1)", [0, 1], "boolean", None),
        ("a tinyint(1)", [0, 2], "integer", None),
        ("a integer", [1, "one"], None, None),
        ("a integer", [1, 2.5], None, None),
        ("a varchar(5)", [b"\x00"], None, None),
        ("a real", [1.5, 2], "float", None),
        ("a decimal(30, 20)", [1.5], "decimal", "number"),
        ("a decimal", [1.125], "decimal", "number"),
        ("a decimal", ["much"], None, None),
        ("a text CHECK (json_valid(a))", ["{}"], "json", None),
        ("a string", ["x"], None, None),
        ("a uuid", ["0f0e0d0c-0b0a-4998-8776-655443322110"], None, None),
        ("a blob", [b"x"], None, None),
    ],
)
def test_values_of_sqlite_decide_what_a_column_is(
    tmp_path: Path, column: str, values: list[object], scalar: str | None, stored: str | None
) -> None:
    resource = one(tmp_path, column, *values)
    assert resource is not None
    fields = [field for field in resource.fields if field.name != "id"]
    assert [field.type.scalar for field in fields] == ([] if scalar is None else [scalar])
    assert [str(field.stored) for field in fields if field.stored] == ([stored] if stored else [])


def test_places_of_a_decimal_without_any_are_those_of_its_values(tmp_path: Path) -> None:
    resource = one(tmp_path, "a decimal", 1.125, 3)
    assert resource is not None
    assert resource.field_named["a"].type.places == 3


def test_keys_that_are_uuids(tmp_path: Path) -> None:
    script = """
        CREATE TABLE things (id text PRIMARY KEY NOT NULL);
        INSERT INTO things VALUES ('0f0e0d0c-0b0a-4998-8776-655443322110');
        CREATE TABLE words (id text PRIMARY KEY NOT NULL);
    """
    contract, _, _ = drafted_from(sqlite_file(tmp_path, script), tmp_path)
    assert contract.resource_named["Thing"].key.type.scalar is Scalar.UUID
    assert contract.resource_named["Word"].key.type.scalar is Scalar.TEXT


def test_an_estimate_stands_for_a_count_that_takes_too_long(
    postgres_server: PostgresServer, postgres_url: str
) -> None:
    name = postgres_url.rpartition("/")[2]
    script = "CREATE TABLE things (id integer PRIMARY KEY, word text);"
    script += "UPDATE pg_class SET reltuples = 5e9 WHERE relname = 'things'"
    postgres_server.execute(script, name)
    found = found_in(postgres_url)
    (about,) = (found.about(table) for table in found.schema.tables)
    assert (about.rows, about.exact) == (5_000_000_000, False)
    assert "1 table, about 5,000,000,000 rows" in understood(postgres_url)[1].replace("\n", " ")
