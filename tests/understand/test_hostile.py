"""Names and comments that somebody has made to become code: they stay texts."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from charter.understand.source import comment, docstring, literal
from tests.support.postgres import PostgresServer
from tests.understand import schemas
from tests.understand.conftest import Made
from tests.understand.places import drafted_from, understood

CALLS = {
    "Contract", "Decimal", "allow", "field", "inverse", "linked", "owned", "date",
    "resource", "policy", "unique", "index", "check",
}  # fmt: skip
"""All that a drafted file calls, besides the words of its own contract."""
EVIL = (
    '"""', "'''", "\\", '\\"""', "\n", "\r", "\x00", "\x1b[2J", "\u2028", "\u202e", "# noqa",
    "{0}", "%s", "); import os #", '"); import os #', "\N{PILE OF POO}", "\ud7ff", "\t", "\x85",
)  # fmt: skip
texts = st.lists(st.one_of(st.sampled_from(EVIL), st.text(max_size=5))).map("".join)


def called(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield node.func.attr if isinstance(node.func, ast.Attribute) else ast.unparse(node.func)


def imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield str(node.module)


def harmless(text: str) -> bool:
    """Whether a file does nothing but say a contract."""
    tree = ast.parse(text)
    return set(called(tree)) <= CALLS and set(imported(tree)) <= {
        "charter", "datetime", "decimal", "typing", "uuid",
    }  # fmt: skip


def test_names_that_end_literals_and_comments(made: Made, tmp_path: Path) -> None:
    contract, text, _ = drafted_from(made(schemas.HOSTILE), tmp_path)
    assert harmless(text)
    (resource,) = contract.resources
    assert resource.mapped is not None
    assert resource.mapped.table == 'x"""; import os; os.abort() #'
    columns = {field.column_name for field in resource.fields}
    assert {'a"""b', "new\nline", "back\\slash", "#comment", "__class__", "%s{}"} <= columns
    choices = next(field.type.choices for field in resource.fields if field.type.choices)
    assert choices == ('"', "'", "\\", "\n", '"""', "{0}", "x")


@pytest.mark.parametrize("evil", [item for item in EVIL if "\x00" not in item])
def test_comments_that_would_be_code(
    postgres_server: PostgresServer, postgres_url: str, tmp_path: Path, evil: str
) -> None:
    said = f"a{evil}b{evil}".replace("'", "''")
    script = f"""
        CREATE TABLE t (id integer PRIMARY KEY, a text DEFAULT E'x', b text CHECK (b <> ''));
        COMMENT ON TABLE t IS '{said}'; COMMENT ON COLUMN t.a IS '{said}';
    """
    postgres_server.execute(script, postgres_url.rpartition("/")[2])
    contract, text, _ = drafted_from(postgres_url, tmp_path)
    assert harmless(text)
    assert contract.resources[0].field_named["a"].doc == f"a{evil}b{evil}"


@given(texts)
def test_any_text_is_a_literal_of_itself_on_one_line(text: str) -> None:
    made = literal(text)
    assert ast.literal_eval(made) == text
    assert made.isprintable()


@given(texts, st.sampled_from([0, 4]))
def test_any_text_is_a_comment_and_no_more(text: str, indent: int) -> None:
    lines = comment(text, indent)
    assert all(line.strip().startswith("#") and line.isprintable() for line in lines)
    ast.parse("\n".join([*("if True:" for _ in [0]), *lines, "    pass"]))


@given(texts)
def test_any_text_is_a_docstring_and_no_more(text: str) -> None:
    tree = ast.parse("\n".join(["class A:", *docstring(text, 4), "    x = 1"]))
    (made,) = tree.body
    assert isinstance(made, ast.ClassDef)
    assert len(made.body) == (2 if docstring(text, 4) else 1)
    assert not list(called(tree))


def test_secrets_of_the_address_are_not_shown(
    postgres_server: PostgresServer, postgres_url: str
) -> None:
    draft, text = understood(postgres_url)
    said = text + "".join(item.why for item in draft.concerns)
    assert postgres_server.password not in said
    assert "127.0.0.1" not in said
