"""Schemas as other tools and other years have left them."""

import re

DJANGO = """
CREATE TABLE django_migrations (id integer PRIMARY KEY, app varchar(255) NOT NULL);
CREATE TABLE auth_user (
    id {key}, password varchar(128) NOT NULL,
    username varchar(150) NOT NULL UNIQUE, email varchar(254) NOT NULL, is_active bool NOT NULL,
    date_joined {time} NOT NULL);
CREATE TABLE shop_product (
    id {key}, name varchar(100) NOT NULL, price decimal(10, 2) NOT NULL,
    stock integer NOT NULL CHECK (stock >= 0), homepage varchar(200) NOT NULL,
    created {time} NOT NULL, modified {time} NOT NULL, attributes {json});
CREATE TABLE shop_tag (id {key}, slug varchar(50) NOT NULL UNIQUE);
CREATE TABLE shop_product_tags (
    id {key},
    product_id integer NOT NULL REFERENCES shop_product (id),
    tag_id integer NOT NULL REFERENCES shop_tag (id));
CREATE UNIQUE INDEX shop_product_tags_uniq ON shop_product_tags (product_id, tag_id);
CREATE TABLE shop_order (
    id {key}, customer_id integer NOT NULL REFERENCES auth_user (id),
    placed {time} NOT NULL, total double precision NOT NULL);
CREATE INDEX shop_order_customer ON shop_order (customer_id);
CREATE TABLE shop_orderitem (
    id {key}, quantity integer NOT NULL,
    order_id integer NOT NULL REFERENCES shop_order (id) ON DELETE CASCADE,
    product_id integer NOT NULL REFERENCES shop_product (id));
"""

RAILS = """
CREATE TABLE schema_migrations (version varchar NOT NULL PRIMARY KEY);
CREATE TABLE accounts (
    {id}, name varchar NOT NULL, encrypted_password varchar NOT NULL DEFAULT '',
    reset_password_token varchar, lock_version integer NOT NULL DEFAULT 0,
    created_at {time} NOT NULL, updated_at {time} NOT NULL);
CREATE UNIQUE INDEX index_accounts_on_token ON accounts (reset_password_token);
CREATE TABLE posts (
    {id}, account_id bigint NOT NULL REFERENCES accounts (id), title varchar,
    state varchar NOT NULL DEFAULT 'draft', deleted_at {time},
    created_at {time} NOT NULL, updated_at {time} NOT NULL,
    CONSTRAINT known_state CHECK (state IN ('draft', 'published', 'it''s "gone"')));
CREATE INDEX index_posts_on_account ON posts (account_id);
CREATE INDEX index_posts_on_state ON posts (state, created_at DESC);
CREATE TABLE comments (
    {id}, body text NOT NULL, commentable_type varchar NOT NULL, commentable_id bigint NOT NULL,
    parent_id bigint REFERENCES comments (id),
    created_at {time} NOT NULL, updated_at {time} NOT NULL);
CREATE TABLE post_revisions (
    {id}, post_id bigint NOT NULL REFERENCES posts (id) ON DELETE CASCADE, body text);
CREATE TABLE posts_readers (
    post_id bigint NOT NULL REFERENCES posts (id),
    account_id bigint NOT NULL REFERENCES accounts (id), UNIQUE (post_id, account_id));
"""

CAMEL = """
CREATE TABLE "Customers" (
    "customerId" integer PRIMARY KEY, "firstName" varchar(40) NOT NULL, "lastName" varchar(40),
    "isVIP" boolean NOT NULL DEFAULT false, "createdAt" {time} NOT NULL);
CREATE TABLE "Teams" ("teamId" integer PRIMARY KEY, "teamName" varchar(80) NOT NULL UNIQUE);
CREATE TABLE "Matches" (
    "matchId" integer PRIMARY KEY,
    "homeTeamId" integer NOT NULL REFERENCES "Teams" ("teamId"),
    "awayTeamId" integer NOT NULL REFERENCES "Teams" ("teamId") ON DELETE CASCADE,
    "refereeId" integer REFERENCES "Customers" ("customerId") ON DELETE SET NULL,
    "kickOff" {time} NOT NULL, "whistle" {time} NOT NULL, "date" date NOT NULL,
    CONSTRAINT "inTime" CHECK ("whistle" > "kickOff"),
    UNIQUE ("homeTeamId", "awayTeamId", "date"));
CREATE TABLE "CustomerTeams" (
    "CustomerId" integer NOT NULL REFERENCES "Customers" ("customerId"),
    "TeamId" integer NOT NULL REFERENCES "Teams" ("teamId"),
    "since" date, PRIMARY KEY ("CustomerId", "TeamId"));
"""

LEGACY = """
CREATE TABLE TBLCUST (CUST_NO integer NOT NULL UNIQUE, CUST_NM char(30) NOT NULL, BAL real,
    ACTIVE_FLG smallint NOT NULL CHECK (ACTIVE_FLG IN (0, 1)), SSN char(11),
    RATING integer CHECK (RATING BETWEEN 1 AND 5));
CREATE TABLE TBLORDH (ORD_NO integer NOT NULL, CUST_NO integer NOT NULL, PRIMARY KEY (ORD_NO),
    FOREIGN KEY (CUST_NO) REFERENCES TBLCUST (CUST_NO));
CREATE TABLE TBLORDL (ORD_NO integer NOT NULL, LINE_NO integer NOT NULL, QTY numeric NOT NULL,
    PRIMARY KEY (ORD_NO, LINE_NO), FOREIGN KEY (ORD_NO) REFERENCES TBLORDH (ORD_NO));
CREATE TABLE TBLSHIP (SHIP_NO integer PRIMARY KEY, ORD_NO integer, LINE_NO integer,
    PICTURE {bytes} NOT NULL,
    FOREIGN KEY (ORD_NO, LINE_NO) REFERENCES TBLORDL (ORD_NO, LINE_NO));
CREATE TABLE TBLLOG (AT {time}, WHAT varchar(80));
CREATE VIEW VW_CUST AS SELECT CUST_NO, CUST_NM FROM TBLCUST;
"""

WORDS = """
CREATE TABLE "user" ("id" integer PRIMARY KEY, "class" varchar(10), "from" varchar(10),
    "items" integer, "count" integer NOT NULL, "limit" integer, "field" varchar(9),
    "list" varchar(9), "str" varchar(3), "2fa" varchar(5), "Id2" integer, "now" varchar(3),
    "data" varchar(5), "created_at" varchar(9), "charter_key" integer, "self" varchar(4));
CREATE TABLE "policy" ("id" integer PRIMARY KEY, "actor" varchar(3), "int" integer);
CREATE TABLE "event" ("id" integer PRIMARY KEY, "list_id" integer REFERENCES "policy" ("id"),
    "import_id" integer REFERENCES "policy" ("id"), "policy" varchar(5), "policy_id" integer);
CREATE TABLE "Größe" ("id" integer PRIMARY KEY, "Straße" varchar(5), "имя" varchar(5),
    "年" integer, "a b-c" varchar(5));
CREATE TABLE "таблица" ("id" integer PRIMARY KEY, "название" varchar(5));
"""

HOSTILE = r"""
CREATE TABLE "x@@@@; import os; os.abort() #" (
    "id" integer PRIMARY KEY,
    "a@@@@b" varchar(10) NOT NULL DEFAULT '@@; x #',
    "new
line" varchar(10) CHECK ("new
line" IN ('"', '''', '\', '
', '@@', '{0}', 'x')),
    "back\slash" varchar(5) DEFAULT '\',
    "#comment" varchar(5),
    "__class__" varchar(5),
    "__init__" varchar(5),
    "%s{}" varchar(5));
""".replace("@@@@", '"' * 6).replace("@@", '"' * 3)

CIRCLES = """
CREATE TABLE authors (id integer PRIMARY KEY, best_id integer NOT NULL);
CREATE TABLE books (id integer PRIMARY KEY, author_id integer NOT NULL REFERENCES authors (id));
CREATE TABLE nodes (id integer PRIMARY KEY, parent_id integer NOT NULL REFERENCES nodes (id),
    next_id integer REFERENCES nodes (id));
"""

POSTGRES_SHAPES = """
CREATE TYPE mood AS ENUM ('happy', 'it''s "so" so', 'sad');
CREATE TYPE "Size" AS ENUM ('S', 'M', 'L');
CREATE DOMAIN positive AS integer CHECK (VALUE > 0);
CREATE DOMAIN short AS varchar(20) CHECK (char_length(VALUE) >= 2);
CREATE TABLE people (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(), mood mood NOT NULL DEFAULT 'happy',
    size "Size", age positive, nick short, tags text[], photo bytea, ip inet,
    joined timestamp NOT NULL DEFAULT now(), seen timestamptz, born date, extra jsonb,
    old_extra json, ratio real, exact numeric(12, 3), loose numeric, wide varchar,
    state text NOT NULL DEFAULT 'a' CHECK (state IN ('a', 'b')),
    shout text GENERATED ALWAYS AS (upper(state)) STORED, bucks money, small smallint,
    flag boolean DEFAULT true, padded char(4), email text, score double precision);
CREATE UNIQUE INDEX people_email ON people (lower(email));
CREATE UNIQUE INDEX people_nick ON people (nick) WHERE nick IS NOT NULL;
CREATE INDEX people_seen ON people (seen DESC, id);
COMMENT ON TABLE people IS 'Everybody who ever
came by: "quoted", \\ and ''''''.';
COMMENT ON COLUMN people.age IS 'In years.
Not days.';
COMMENT ON COLUMN people.born IS '\"\"\"; import os #';
CREATE TABLE events (id bigint GENERATED ALWAYS AS IDENTITY, at timestamptz NOT NULL,
    person_id uuid NOT NULL REFERENCES people (id) ON DELETE CASCADE, PRIMARY KEY (id));
CREATE TABLE measures (id bigint NOT NULL, day date NOT NULL, amount real,
    PRIMARY KEY (id, day)) PARTITION BY RANGE (day);
CREATE TABLE measures_2026 PARTITION OF measures FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
CREATE TABLE slots (id serial PRIMARY KEY, code char(4) UNIQUE, amount numeric(8, 2) DEFAULT 1.5,
    starts integer NOT NULL, ends integer NOT NULL, CHECK (ends > starts),
    CHECK (code ~ '^[A-Z]+$'));
CREATE VIEW happy AS SELECT id FROM people WHERE mood = 'happy';
CREATE MATERIALIZED VIEW sad AS SELECT id FROM people WHERE mood = 'sad';
"""

SQLITE = {
    "time": "datetime",
    "json": "text",
    "bytes": "blob",
    "id": "id integer PRIMARY KEY",
    "key": "integer NOT NULL PRIMARY KEY",
}
POSTGRES = {
    "time": "timestamp",
    "json": "jsonb",
    "bytes": "bytea",
    "id": "id bigserial PRIMARY KEY",
    "key": "integer GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY",
}

MYSQL = {
    "time": "datetime(6)",
    "json": "json",
    "bytes": "blob",
    "id": "id bigint NOT NULL AUTO_INCREMENT PRIMARY KEY",
    "key": "integer NOT NULL AUTO_INCREMENT PRIMARY KEY",
}

COMMON = {"django": DJANGO, "rails": RAILS, "camel": CAMEL, "legacy": LEGACY}
"""Schemas for every database, with `{time}` and the like for what each calls a type."""


def on_sqlite(script: str) -> str:
    return _filled(script, SQLITE)


def on_postgres(script: str) -> str:
    return _filled(script, POSTGRES)


def on_mysql(script: str) -> str:
    """Texts have a length there, and a backslash in a literal is one of two."""
    sized = re.sub(r"\bvarchar(?! ?\()", "varchar(255)", script)
    literals = re.sub(r"'(?:[^']|'')*'", lambda m: m[0].replace("\\", "\\\\"), sized)
    return _filled(literals, MYSQL)


def _filled(script: str, types: dict[str, str]) -> str:
    for name, text in types.items():
        script = script.replace("{" + name + "}", text)
    return script
