"""What is drafted passes the checks that a team has: types, and how it is laid out."""

from pathlib import Path

from tests.support.postgres import PostgresServer
from tests.understand import schemas
from tests.understand.places import complaints, postgres_database, sqlite_file, understood

SCRIPTS = {
    **schemas.COMMON,
    "words": schemas.WORDS,
    "hostile": schemas.HOSTILE,
    "circles": schemas.CIRCLES,
}


def test_on_sqlite(tmp_path: Path) -> None:
    urls = [
        sqlite_file(tmp_path, schemas.on_sqlite(script), f"{name}.db")
        for name, script in SCRIPTS.items()
    ]
    files = tmp_path / "files"
    files.mkdir()
    assert complaints([understood(url)[1] for url in urls], files) == ""


def test_on_postgresql(postgres_server: PostgresServer, tmp_path: Path) -> None:
    texts = []
    for name, script in {**SCRIPTS, "shapes": schemas.POSTGRES_SHAPES}.items():
        postgres_server.create_database(f"checked_{name}")
        url = postgres_server.url(f"checked_{name}")
        postgres_database(postgres_server, url, schemas.on_postgres(script))
        texts.append(understood(url)[1])
        postgres_server.drop_database(f"checked_{name}")
    assert complaints(texts, tmp_path) == ""


def test_lines_that_do_not_fit(tmp_path: Path) -> None:
    wide = "w" * 70
    script = f"""
        CREATE TABLE {wide}_one (id integer PRIMARY KEY, {wide}_a varchar(9) DEFAULT '{wide * 2}',
            {wide}_b varchar(9) NOT NULL CHECK ({wide}_b IN ('{wide}', 'b')),
            {wide}_id integer REFERENCES {wide}_one (id));
        CREATE TABLE {wide}_two (id integer PRIMARY KEY,
            one_id integer NOT NULL REFERENCES {wide}_one (id) ON DELETE CASCADE,
            {wide}_other_id integer NOT NULL REFERENCES {wide}_one (id),
            {wide}_date date NOT NULL, {wide}_day date NOT NULL,
            {wide}_y integer NOT NULL CHECK ({wide}_date > {wide}_day),
            "{"ü" * 45}" decimal(12, 2) DEFAULT 12.25);
        CREATE UNIQUE INDEX many ON {wide}_two (one_id, {wide}_other_id, {wide}_date);
    """
    _, text = understood(sqlite_file(tmp_path, script))
    files = tmp_path / "files"
    files.mkdir()
    assert complaints([text], files) == ""
