"""Every protocol on every database: a protocol is one line here, a database one in DATABASES.

Opening a service costs more than most tests, so a module shares one for each database, and each
test finds it empty. Its event loop is that of the module.
"""

from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path

import pytest
import pytest_asyncio

from charter.contract.contract import Contract
from tests.behaviour.clients import grpc, rest
from tests.behaviour.clients.base import Client, Connect
from tests.behaviour.clients.rest import RestClient
from tests.behaviour.contract import studio
from tests.behaviour.databases import DATABASES, emptied, run_script
from tests.behaviour.existing import KINDS, existing, script
from tests.behaviour.serving import Served, serving

PROTOCOLS: Mapping[str, Connect] = {
    "rest": rest.connect,
    "grpc": grpc.connect,
}

EXISTING = {f"existing {name}": name for name in DATABASES if name in KINDS}
"""The same with the tables of the contract there before, under other names."""

HERE = Path(__file__).parent


ONLY: Mapping[str, frozenset[str]] = {"grpc": frozenset({"sqlite", "postgresql"})}
"""The kinds of database that a protocol is tried on, where that is not all of them: what it does is
done before any database hears of it, and the others have the whole suite by another protocol."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Tests run in the loop of the service that they share."""
    left_out = [item for item in items if _is_left_out(item)]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if not _is_left_out(item)]
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.asyncio(loop_scope="module"), append=False)


def _is_left_out(item: pytest.Item) -> bool:
    """Whether a test tries a protocol on a kind of database that it is not tried on."""
    if HERE not in item.path.parents or not isinstance(item, pytest.Function):
        return False
    params = item.callspec.params.values() if hasattr(item, "callspec") else ()
    found = {value for value in params if isinstance(value, str)}
    kinds = found & {*DATABASES, *EXISTING}
    return any(not kinds <= only for protocol, only in ONLY.items() if protocol in found)


@pytest.fixture(scope="module", params=[*DATABASES, *EXISTING])
def kind(request: pytest.FixtureRequest) -> str:
    """The kind of a database, and whether it has the contract's tables before it is served."""
    found: str = request.param
    return found


@pytest.fixture(scope="module")
def url(request: pytest.FixtureRequest, kind: str) -> Iterator[str]:
    """The address of a database without Charter's tables, one kind after the other."""
    with DATABASES[EXISTING.get(kind, kind)](request) as found:
        yield found


@pytest.fixture(scope="module")
def contract() -> Contract:
    """Override in a module to try another contract."""
    return studio.build()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared(contract: Contract, url: str, kind: str) -> AsyncIterator[Served]:
    if kind in EXISTING:
        contract = existing(contract, EXISTING[kind])
        await run_script(url, script(contract, EXISTING[kind]))
    async with serving(contract, url) as found:
        yield found


@pytest_asyncio.fixture(loop_scope="module")
async def served(shared: Served) -> Served:
    """A service without a row."""
    await emptied(shared)
    return shared


@pytest_asyncio.fixture(params=PROTOCOLS, loop_scope="module")
async def client(request: pytest.FixtureRequest, served: Served) -> AsyncIterator[Client]:
    """A client of the studio: what is tested with it holds for every protocol."""
    async with PROTOCOLS[request.param](served) as found:
        yield found


@pytest_asyncio.fixture(loop_scope="module")
async def http(served: Served) -> AsyncIterator[RestClient]:
    """A client for what only HTTP has."""
    async with rest.connect(served) as found:
        yield found
