"""What Python cannot give to an expression is refused, and the right word is named."""

from pathlib import Path

import pytest

from tests.language.sources import faults_of

TRAPS = [
    ("item.done and item.name == 'x'", "truth_refused", "all_of"),
    ("item.done or item.name == 'x'", "truth_refused", "any_of"),
    ("not item.done", "truth_refused", "not_"),
    ("item.name in ('x', 'y')", "truth_refused", "one_of"),
    ("item.name not in ('x', 'y')", "truth_refused", "one_of"),
    ("'a' < item.name < 'z'", "truth_refused", "all_of(a < b, b < c)"),
    ("True if item.done else False", "truth_refused", "any_of(all_of(c, a)"),
    ("all([item.done, item.name == 'x'])", "truth_refused", "all_of"),
    ("any([item.done, item.name == 'x'])", "truth_refused", "any_of"),
    ("bool(item.done)", "truth_refused", "a comparison is a condition already"),
    ("max(item.name, 'x') == 'x'", "truth_refused", "highest"),
    ("'x' in item.tags", "operation_refused", "contains"),
    ("len(item.parts) > 1", "operation_refused", "count"),
    ("any(part.size > 1 for part in item.parts)", "operation_refused", "exists"),
    ("sum(part.size for part in item.parts) > 1", "operation_refused", "total"),
    ("item.tags[0] == 'x'", "operation_refused", "word"),
    ("item.name in {item.note}", "operation_refused", "one_of"),
    ("str(item.name) == 'x'", "operation_refused", "Compare the value itself"),
    ("f'{item.name}' == 'x'", "operation_refused", "Compare the value itself"),
    ("'%s' % item.name == 'x'", "operation_refused", "Compare the value itself"),
    ("int(item.price) == 1", "operation_refused", "Compare the value itself"),
    ("round(item.price) == 1", "operation_refused", "Compare the value itself"),
    ("item.price / 2 == 1", "operation_refused", "word"),
    ("item.price % 2 == 1", "operation_refused", "word"),
    ("abs(item.price) == 1", "operation_refused", "word"),
    ("item.name + 'x' == 'y'", "operation_refused", "word"),
    ("item.name.startswith('x')", "operation_refused", "word"),
    ("item.name & (item.note == 'x')", "condition_expected", "Compare"),
    ("(item.name == 'x') == item.done", "operation_refused", "word"),
    ("item.parts == []", "operation_refused", "word"),
    ("actor.user.name == 'x'", "operation_refused", "actor.claim"),
    ("actor.has_role(item.name)", "operation_refused", "claim"),
    ("item.name > None", "kinds_differ", "is_null"),
    ("item.note is None", "identity_refused", "is_null"),
    ("item.owner is actor.user", "identity_refused", "=="),
    ("repr(item.name) == 'x'", "identity_refused", "=="),
    ("f'{item.name!r}' == 'x'", "identity_refused", "=="),
    ("hasattr(item, 'name')", "identity_refused", "=="),
]


@pytest.mark.parametrize(("condition", "code", "word"), TRAPS, ids=[trap[0] for trap in TRAPS])
def test_a_trap_is_refused_and_the_word_is_named(
    condition: str, code: str, word: str, tmp_path: Path
) -> None:
    faults = faults_of(
        f"""
        @api.policy(Item)
        def policy(item, actor):
            yield allow("update")
            yield allow("read", when={condition})
        """,
        tmp_path,
        item=True,
    )
    lines = (tmp_path / "contract.py").read_text(encoding="utf-8").splitlines()
    assert [fault.code.name for fault in faults][:1] == [code]
    assert all(condition in lines[fault.place.line - 1] for fault in faults)
    assert word in (faults[0].remedy or faults[0].code.remedy)


STATEMENTS = [
    ("if item.done:", "if"),
    ("while item.done:", "while"),
    ("assert item.done", "assert"),
    ("if item.name == 'x' and item.done:", "and"),
    ("if not item.done:", "not"),
]


@pytest.mark.parametrize(("statement", "name"), STATEMENTS)
def test_a_statement_cannot_ask_a_row(statement: str, name: str, tmp_path: Path) -> None:
    body = "pass" if statement.endswith(":") else ""
    faults = faults_of(
        f"""
        @api.policy(Item)
        def policy(item, actor):
            yield allow("read")
            {statement}
                {body}
        """,
        tmp_path,
        item=True,
    )
    assert [fault.code.name for fault in faults] == ["truth_refused"]
    assert faults[0].message.startswith(f"`{name}`")


def test_match_on_a_row_is_refused(tmp_path: Path) -> None:
    faults = faults_of(
        """
        @api.policy(Item)
        def policy(item, actor):
            yield allow("read")
            match item.name:
                case "x":
                    yield allow("update")
        """,
        tmp_path,
        item=True,
    )
    assert [fault.code.name for fault in faults] == ["truth_refused"]


def test_python_on_plain_values_is_left_alone(tmp_path: Path) -> None:
    assert not faults_of(
        """
        OPEN = {"read": True, "delete": False}
        LIMIT = None

        @api.policy(Item)
        def policy(item, actor):
            for action, opened in OPEN.items():
                if opened and action in ("read", "delete") and not LIMIT:
                    yield allow(action, when=(item.state == "new") & ~(item.done == True))
            yield hide(f"{'price'}", unless=actor.has_role("clerk"))
        """,
        tmp_path,
        item=True,
    )
