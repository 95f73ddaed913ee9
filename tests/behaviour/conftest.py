"""Every protocol on every database: a protocol is one line here, a database one in DATABASES.

Opening a service costs more than most tests, so a module shares one for each database, and each
test finds it empty. Its event loop is that of the module.
"""

import os
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path

import pytest
import pytest_asyncio

from charter.contract.contract import Contract
from tests.behaviour.clients import graphql, grpc, python, rest
from tests.behaviour.clients.base import Client, Connect
from tests.behaviour.clients.rest import RestClient
from tests.behaviour.contract import studio
from tests.behaviour.databases import DATABASES, emptied, run_script
from tests.behaviour.existing import KINDS, existing, script
from tests.behaviour.serving import Served, serving

PROTOCOLS: Mapping[str, Connect] = {
    "rest": rest.connect,
    "graphql": graphql.connect,
    "grpc": grpc.connect,
    "python": python.connect,
}

TELLING = frozenset({"test_lists", "test_statements", "test_policies", "test_commands"})
"""The modules that try every protocol on every kind of database, and not on SQLite alone: what a
protocol makes of an ask is the same on all of them. With `CHARTER_KINDS=all` every module does."""

EXISTING = {f"existing {name}": name for name in DATABASES if name in KINDS}
"""The same with the tables of the contract there before, under other names."""

TYPED = frozenset(
    {
        "test_a_cursor_opens_no_other_list",
        "test_a_cursor_that_was_changed_is_refused",
        "test_a_misspelt_name_is_answered_with_the_right_one",
        "test_rows_that_stay_are_refused_to_everybody",
        "test_what_cannot_be_asked_is_refused",
    }
)
"""Tests of what the written client has no words for: names that are not there, writes that no
row takes."""

HERE = Path(__file__).parent


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Tests run in the loop of the service that they share."""
    left = [item for item in items if HERE in item.path.parents and not is_tried(item)]
    if left:
        config.hook.pytest_deselected(items=left)
        gone = set(left)
        items[:] = [item for item in items if item not in gone]
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.asyncio(loop_scope="module"), append=False)


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


def is_tried(item: pytest.Item) -> bool:
    """Whether a test runs, of those that differ by their protocol and their database only."""
    params = getattr(getattr(item, "callspec", None), "params", {})
    protocol = params.get("client") or params.get("protocol") or "rest"
    kind = params.get("kind", "sqlite")
    if "graphql" in item.path.parts and os.environ.get("CHARTER_KINDS") != "all":
        return kind in DATABASES
    if protocol == "python" and getattr(item, "originalname", "") in TYPED:
        return False
    if protocol == "rest" or kind == "sqlite" or os.environ.get("CHARTER_KINDS") == "all":
        return True
    return kind in DATABASES and item.path.stem in TELLING


@pytest_asyncio.fixture(loop_scope="module")
async def http(served: Served) -> AsyncIterator[RestClient]:
    """A client for what only HTTP has."""
    async with rest.connect(served) as found:
        yield found
