"""Field numbers: given once, kept for ever, and faults where somebody breaks that."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from charter.wire.grpc.describe import numbers_for, wanted
from charter.wire.grpc.faults import NUMBER_REUSED, NUMBERS_UNREADABLE, ProtoFault
from charter.wire.grpc.numbering import numbers_path, numbers_text, read_numbers
from charter.wire.grpc.numbers import NO_NUMBERS, NOT_OURS, Numbers, assigned, lacking
from tests.behaviour.contract import studio

CONTRACT = studio.build()
NAMES = st.text("abc", min_size=1, max_size=2)
TYPES = st.sampled_from(["string", "int64", "repeated Row"])
WANTED = st.dictionaries(NAMES, st.dictionaries(NAMES, TYPES, max_size=5), max_size=3)


@settings(max_examples=200, deadline=None)
@given(st.lists(WANTED, min_size=1, max_size=6))
def test_no_number_ever_means_two_things(designs: list[dict[str, dict[str, str]]]) -> None:
    numbers, meant = NO_NUMBERS, dict[tuple[str, int], tuple[str, str]]()
    for design in designs:
        before, numbers = numbers, assigned(design, numbers, {})
        assert not list(lacking(design, numbers))
        for table, names in design.items():
            assert set(numbers.tables[table].names) == set(names)
            for name, kind in names.items():
                number = numbers.of(table, name)
                assert meant.setdefault((table, number), (name, kind)) == (name, kind)
                old = before.tables.get(table)
                if old is not None and name in old.names and old.names[name].type == kind:
                    assert old.names[name].number == number
        assert assigned(design, numbers, {}) == numbers


@settings(max_examples=50, deadline=None)
@given(st.lists(WANTED, min_size=1, max_size=3))
def test_the_file_holds_all_of_it(designs: list[dict[str, dict[str, str]]]) -> None:
    numbers = NO_NUMBERS
    for design in designs:
        numbers = assigned(design, numbers, {})
    with TemporaryDirectory() as folder:
        found = _read(numbers_text(CONTRACT, numbers), Path(folder))
    assert found == _without_empty(numbers)


def _without_empty(numbers: Numbers) -> Numbers:
    kept = {name: table for name, table in numbers.tables.items() if table.names or table.gone}
    return Numbers(kept)


def _read(text: str, folder: Path) -> Numbers | None:
    path = folder / "x.numbers.toml"
    path.write_text(text, encoding="utf-8")
    return read_numbers(path)


def test_numbers_that_belong_to_the_language_are_left_out() -> None:
    table = {f"f{number}": "string" for number in range(NOT_OURS.start + 2)}
    numbers = assigned({"Big": table}, NO_NUMBERS, {})
    given_ = {found.number for found in numbers.tables["Big"].names.values()}
    assert not given_ & set(NOT_OURS)
    assert len(given_) == len(table)


def test_the_studio_has_all_of_its_numbers(tmp_path: Path) -> None:
    numbers = numbers_for(CONTRACT)
    path = numbers_path(tmp_path, CONTRACT)
    assert path.name == "studio.numbers.toml"
    assert read_numbers(path) is None
    path.write_text(numbers_text(CONTRACT, numbers), encoding="utf-8")
    assert read_numbers(path) == _without_empty(numbers)
    assert not list(lacking(wanted(CONTRACT), numbers))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("[Row.numbers]\na = { number = 1 }\nb = { number = 1 }\n", NUMBER_REUSED),
        ('[Row.numbers]\na = { number = 7 }\n[Row.reserved]\n7 = "b"\n', NUMBER_REUSED),
        ('[Row.numbers]\na = { number = 7 }\n[Row.reserved]\n7 = "a"\n', NUMBER_REUSED),
        ("[Row.numbers]\na = 1\n", NUMBERS_UNREADABLE),
        ("[Row.numbers]\na = { number = 0 }\n", NUMBERS_UNREADABLE),
        ("[Row.numbers]\na = { number = 19500 }\n", NUMBERS_UNREADABLE),
        ("[Row.numbers]\na = { number = true }\n", NUMBERS_UNREADABLE),
        ("[Row.numbers]\na = { number = 1, type = 3 }\n", NUMBERS_UNREADABLE),
        ("[Row.numbers]\na = { type = 'string' }\n", NUMBERS_UNREADABLE),
        ("[Row.reserved]\nx = 'b'\n", NUMBERS_UNREADABLE),
        ("[Row.others]\n", NUMBERS_UNREADABLE),
        ("Row = 3\n", NUMBERS_UNREADABLE),
        ("[", NUMBERS_UNREADABLE),
    ],
)
def test_a_file_that_somebody_broke_is_a_fault(tmp_path: Path, text: str, code: object) -> None:
    with pytest.raises(ProtoFault) as fault:
        _read(text, tmp_path)
    assert fault.value.code is code
    assert fault.value.remedy
