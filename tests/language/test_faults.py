"""Every fault of a contract is found at its line, all of them at once."""

from pathlib import Path

import pytest

from charter.contract.faults import ContractFaulty
from charter.language.faultlist import FAULT_CODES
from charter.language.load import load_contract
from tests.language.faulty import COMMANDS, RELATIONS, RESOURCES, WITH_ITEM
from tests.language.faulty_identity import IDENTITY
from tests.language.sources import contract_of, faults_of, marked, written

OF_FILES = {"file_unreadable", "python_error", "contract_missing", "several_contracts"}
ALONE = {**RESOURCES, **RELATIONS, **IDENTITY}
BESIDE_ITEM = {**WITH_ITEM, **COMMANDS}


@pytest.mark.parametrize("code", sorted({**ALONE, **BESIDE_ITEM}))
def test_the_faults_are_those_that_the_lines_are_marked_with(code: str, tmp_path: Path) -> None:
    source = {**ALONE, **BESIDE_ITEM}[code]
    path = written(source, tmp_path, item=code in BESIDE_ITEM)
    expected = marked(path)
    with pytest.raises(ContractFaulty) as caught:
        load_contract(path)
    found = sorted((fault.place.line, fault.code.name) for fault in caught.value.faults)
    assert found == expected
    assert code in {name for _, name in expected}
    assert {fault.place.file for fault in caught.value.faults} == {str(path)}


def test_every_fault_has_a_faulty_contract() -> None:
    assert {**ALONE, **BESIDE_ITEM}.keys() | OF_FILES == FAULT_CODES.keys()


def test_every_code_says_what_to_do() -> None:
    for code in FAULT_CODES.values():
        assert code.title.endswith(".")
        assert code.explanation
        assert code.remedy


def test_a_misspelt_name_is_told_its_nearest(tmp_path: Path) -> None:
    faults = faults_of(
        """
        @api.policy(Item)
        def policy(item, actor):
            yield allow("reed", when=item.owne == actor.user)
        """,
        tmp_path,
        item=True,
    )
    assert [fault.remedy for fault in faults] == ["Did you mean 'owner'?"]


def test_a_policy_with_a_fault_does_not_bring_faults_of_its_commands(tmp_path: Path) -> None:
    faults = faults_of(
        """
        @api.policy(Item)
        def policy(item, actor):
            yield allow("go", when=item.nothing == 1)

        @api.command(Item)
        async def go(item: Item, unit: Unit) -> None:
            pass
        """,
        tmp_path,
        item=True,
    )
    assert [fault.code.name for fault in faults] == ["field_unknown"]


def test_a_fault_counts_even_when_the_policy_catches_it(tmp_path: Path) -> None:
    faults = faults_of(
        """
        @api.policy(Item)
        def policy(item, actor):
            try:
                mine = bool(item.owner == actor.user)
            except Exception:
                mine = True
            yield allow("read", when=mine)
        """,
        tmp_path,
        item=True,
    )
    assert [fault.code.name for fault in faults] == ["truth_refused"]


def test_two_contracts_do_not_know_each_other(tmp_path: Path) -> None:
    source = """
        @api.policy(Item)
        def policy(item, actor):
            yield allow("read")
        """
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    one = contract_of(source, tmp_path / "a", item=True)
    two = contract_of(source, tmp_path / "b", item=True)
    assert one.classes is not None
    assert two.classes is not None
    assert one.classes["Item"] is not two.classes["Item"]
