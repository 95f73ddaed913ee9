"""Whatever a contract is called, its clients compile, and are the same each time."""

from collections.abc import Sequence
from typing import Any, get_type_hints

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from charter.client.python.module import python_client
from charter.client.reading import model_of
from charter.client.typescript.module import typescript_client
from charter.contract.contract import Contract
from charter.wire.rest.settings import RestSettings
from tests.client.drawn import contracts
from tests.client.node import compiled
from tests.client.test_python import CHECKERS, ran, tool
from tests.support.written import imported, put

FEW = settings(
    max_examples=2,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
    database=None,
    deadline=None,
)
pytestmark = pytest.mark.filterwarnings("ignore:Generating overly large repr")
SEVERAL = st.lists(contracts(), min_size=10, max_size=10)


def classes(module: Any) -> list[Any]:
    return [item for item in vars(module).values() if isinstance(item, type)]


@given(contract=contracts())
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_any_client_is_imported_and_knows_its_types(
    contract: Contract, tmp_path_factory: pytest.TempPathFactory
) -> None:
    module = imported(contract, tmp_path_factory.mktemp("drawn"))
    rows = [item for item in classes(module.api) if issubclass(item, module.runtime.Row)]
    assert len(rows) == len(contract.resources)
    for kind in classes(module.api):
        assert get_type_hints(kind) is not None
    assert any(issubclass(item, module.runtime.Client) for item in classes(module.api))


@given(contract=contracts())
@settings(max_examples=20, deadline=None)
def test_the_same_contract_gives_the_same_bytes(contract: Contract) -> None:
    for write in (python_client, typescript_client):
        first, second = (write(model_of(contract, RestSettings())) for _ in range(2))
        assert first == second


@given(drawn=SEVERAL)
@FEW
def test_mypy_has_nothing_to_say_of_any(
    drawn: Sequence[Contract], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("mypy")
    for number, contract in enumerate(drawn):
        model = model_of(contract, RestSettings())
        put(folder / f"drawn_{number}", python_client(model, sync=number % 2 == 1))
    packages = [str(path) for path in sorted(folder.iterdir())]
    name, *options = CHECKERS[0]
    done = ran([tool(name), *options, *packages], folder)
    assert done.returncode == 0, done.stdout


@given(drawn=SEVERAL)
@FEW
def test_tsc_has_nothing_to_say_of_any(
    drawn: Sequence[Contract], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("tsc")
    (folder / "package.json").write_text('{"type": "module"}')
    for number, contract in enumerate(drawn):
        put(folder / str(number), typescript_client(model_of(contract, RestSettings())))
    assert compiled([path / "index.ts" for path in folder.iterdir() if path.is_dir()]) == ""
