"""The examples' clients, written once, and a shop that is served."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from charter.cli.main import main
from tests.serve.apps import Served, served

ROOT = Path(__file__).parents[2]
EXAMPLES = ("todo", "shop", "music")


def contract_of(example: str) -> Path:
    return ROOT / "examples" / example / "contract.py"


@pytest.fixture(scope="session")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the packages `todo_client`, `shop_client` and `music_client`."""
    folder = tmp_path_factory.mktemp("python")
    for example in EXAMPLES:
        put = str(folder / f"{example}_client")
        assert main(["client", str(contract_of(example)), "--python", put]) == 0
    return folder


@pytest.fixture(scope="session")
def sync(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the package `shop_client`, which awaits nothing."""
    folder = tmp_path_factory.mktemp("sync")
    put = str(folder / "shop_client")
    assert main(["client", str(contract_of("shop")), "--python", put, "--sync"]) == 0
    return folder


@pytest.fixture(scope="session")
def typescript(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the modules of the same in `todo`, `shop` and `music`."""
    folder = tmp_path_factory.mktemp("typescript")
    (folder / "package.json").write_text('{"type": "module"}')
    for example in EXAMPLES:
        put = str(folder / example)
        assert main(["client", str(contract_of(example)), "--typescript", put]) == 0
    return folder


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Served]:
    """A shop without a row, in a process of its own."""
    with served(tmp_path, contract=contract_of("shop")) as found:
        yield found
