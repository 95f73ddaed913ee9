"""The documentation is what the code says, and its examples are contracts that build."""

import importlib.util
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

import charter
from charter.cli.main import COMMANDS
from charter.core.codes import CODES
from charter.language.faultlist import FAULT_CODES
from charter.language.load import load_contract
from charter.serve.settings.options import OPTIONS

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])
PROSE = sorted([DOCS / "tutorial.md", *DOCS.glob("how-to/*.md")])
NAMES = [str(page.relative_to(ROOT)) for page in PAGES]

_LINK = re.compile(r"\]\(([^)\s]+)\)")
_FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
_FILE = "# file: "


def _fences(page: Path, language: str) -> Iterator[str]:
    for found in _FENCE.finditer(page.read_text(encoding="utf-8")):
        if found[1] == language:
            yield found[2]


def _contracts() -> Iterator[tuple[str, str]]:
    """The whole contracts that pages show: the fences that begin with the name of their file."""
    for page in PROSE:
        for number, code in enumerate(_fences(page, "python")):
            if code.startswith(_FILE) and "Contract(" in code:
                yield f"{page.stem}-{number}", code


def _anchors(page: Path) -> set[str]:
    text = _FENCE.sub("", page.read_text(encoding="utf-8"))
    return {_slug(heading) for heading in _HEADING.findall(text)}


def _slug(heading: str) -> str:
    """A heading's anchor, as GitHub makes it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


@pytest.fixture(scope="module")
def generate() -> ModuleType:
    spec = importlib.util.spec_from_file_location("docs_generate", DOCS / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_the_reference_is_what_the_code_says(generate: ModuleType) -> None:
    made = generate.pages()
    kept = {path.name: path.read_text(encoding="utf-8") for path in DOCS.glob("reference/*.md")}
    assert sorted(kept) == sorted(made)
    stale = [name for name, text in made.items() if kept[name] != text]
    assert not stale, f"run `make docs`: {stale} are out of date"


def _headings(name: str) -> set[str]:
    return set(_HEADING.findall((DOCS / "reference" / name).read_text(encoding="utf-8")))


def test_every_problem_code_has_its_part() -> None:
    assert set(CODES) <= _headings("problems.md")


def test_every_fault_code_has_its_part() -> None:
    assert set(FAULT_CODES) <= _headings("faults.md")


def test_every_setting_has_its_part() -> None:
    assert {option.name for option in OPTIONS} <= _headings("settings.md")


def test_every_public_word_has_its_part() -> None:
    assert set(charter.__all__) <= _headings("words.md")


def test_every_command_is_used_in_the_tutorial_or_a_how_to() -> None:
    text = "\n".join(page.read_text(encoding="utf-8") for page in PROSE)
    assert [c.name for c in COMMANDS if f"charter {c.name}" not in text] == []


@pytest.mark.parametrize("name", NAMES)
def test_no_link_within_the_project_is_broken(name: str) -> None:
    page = ROOT / name
    text = _FENCE.sub("", page.read_text(encoding="utf-8"))
    broken = []
    for link in _LINK.findall(text):
        if "://" in link or link.startswith("mailto:"):
            continue
        path, _, anchor = link.partition("#")
        target = page if not path else (page.parent / path).resolve()
        if not target.exists() or (anchor and anchor not in _anchors(target)):
            broken.append(link)
    assert not broken


CONTRACTS = dict(_contracts())


def test_the_tutorial_shows_whole_contracts() -> None:
    assert any(name.startswith("tutorial-") for name in CONTRACTS)


@pytest.mark.parametrize("name", CONTRACTS)
def test_a_contract_that_a_page_shows_has_no_faults(name: str, tmp_path: Path) -> None:
    file = tmp_path / f"{name.replace('-', '_')}.py"
    file.write_text(CONTRACTS[name], encoding="utf-8")
    assert load_contract(file).resources


def test_every_fragment_of_the_tutorial_is_part_of_its_last_contract() -> None:
    fences = list(_fences(DOCS / "tutorial.md", "python"))
    whole = [code for code in fences if code.startswith(_FILE)][-1]
    for code in fences:
        for part in () if code.startswith(_FILE) else code.strip("\n").split("\n\n\n"):
            assert part.strip("\n") in whole
