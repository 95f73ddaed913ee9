"""A contract is loaded from a file, and what is wrong is shown as a compiler would show it."""

from pathlib import Path

import pytest

from charter.contract.faults import ContractFaulty
from charter.language.load import load_contract
from charter.language.report import rendered

ROOT = Path(__file__).resolve().parents[2]
TODO = (ROOT / "examples/todo/contract.py").read_text(encoding="utf-8")


def refused(path: Path) -> ContractFaulty:
    with pytest.raises(ContractFaulty) as caught:
        load_contract(path)
    return caught.value


def named(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_the_shortest_contract_has_fifteen_lines() -> None:
    assert len(TODO.splitlines()) <= 15


def test_a_file_may_import_its_neighbours(tmp_path: Path) -> None:
    named(tmp_path / "its_neighbour_words.py", "NAME = 'Notes'\n")
    extra = "from its_neighbour_words import NAME\nassert NAME == 'Notes'\n"
    assert load_contract(named(tmp_path / "contract.py", extra + TODO)).name == "todo"


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    path = named(tmp_path / "contract.py", TODO)
    assert load_contract(path).name == "todo"
    named(path, TODO.replace('"todo"', '"memo"'))
    assert load_contract(path).name == "memo"


def test_a_missing_file_is_a_fault(tmp_path: Path) -> None:
    (fault,) = refused(tmp_path / "absent.py").faults
    assert fault.code.name == "file_unreadable"


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("x = 1\nclass\n", 2, "SyntaxError"),
        ("x = 1\n\nprint(y)\n", 3, "NameError: name 'y' is not defined"),
        ("import nowhere_at_all\n", 1, "ModuleNotFoundError"),
        ("def f():\n    raise KeyError('k')\n\nf()\n", 2, "KeyError"),
    ],
)
def test_an_error_of_python_is_a_fault_with_its_line(
    text: str, line: int, message: str, tmp_path: Path
) -> None:
    (fault,) = refused(named(tmp_path / "contract.py", text)).faults
    assert (fault.code.name, fault.place.line) == ("python_error", line)
    assert message in fault.message


def test_a_file_has_one_contract(tmp_path: Path) -> None:
    (none,) = refused(named(tmp_path / "none.py", "x = 1\n")).faults
    assert none.code.name == "contract_missing"
    two = TODO + '\nother = Contract("other")\n'
    (several,) = refused(named(tmp_path / "two.py", two)).faults
    assert several.code.name == "several_contracts"
    assert "todo, other" in several.message
    again = TODO + "\nservice = todo\n"
    assert load_contract(named(tmp_path / "alias.py", again)).name == "todo"


def test_a_fault_is_shown_with_its_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = TODO.replace("task.owner ==", "task.ownr ==").replace("title: str", 'title: "strr"  # !')
    shown = rendered(refused(named(tmp_path / "contract.py", text)).faults)
    assert shown == (
        "error[annotation_unknown]: Task.title: there is no 'strr' here\n"
        " --> contract.py:9\n"
        "  |\n"
        '9 |     title: "strr"  # !\n'
        "  |     ^^^^^^^^^^^^^\n"
        "  = help: Did you mean 'str'?\n"
        "\n"
        "error[field_unknown]: Task has no field 'ownr'\n"
        "  --> contract.py:15\n"
        "   |\n"
        '15 |     yield allow("*", when=task.ownr == actor.user)\n'
        "   |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n"
        "   = help: Did you mean 'owner'?\n"
        "\n"
        "2 faults\n"
    )


def test_colours_are_added_only_when_asked_for(tmp_path: Path) -> None:
    faults = refused(named(tmp_path / "none.py", "x = 1\n")).faults
    assert "\x1b[" not in rendered(faults)
    assert "\x1b[1;31merror[contract_missing]\x1b[0m" in rendered(faults, colours=True)
