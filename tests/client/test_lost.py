"""Connections that are cut after the service has acted, and services that are busy."""

import json
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from itertools import islice
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from charter.language.load import load_contract
from tests.client.conftest import contract_of
from tests.client.node import compiled, ran
from tests.client.proxy import LOST, Proxy, answer, proxied
from tests.serve.apps import Served, served, token
from tests.support.written import imported

SCRIPT = Path(__file__).parent / "scripts" / "lost.ts"


@pytest.fixture(scope="module")
def module(tmp_path_factory: pytest.TempPathFactory) -> ModuleType:
    contract = load_contract(contract_of("todo"))
    return imported(contract, tmp_path_factory.mktemp("todo"))


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One for all tests; each has a user of its own, who sees no tasks of others."""
    with served(tmp_path_factory.mktemp("todo"), contract=contract_of("todo")) as found:
        yield found


@pytest.fixture
def user(request: pytest.FixtureRequest) -> str:
    """A token."""
    return token(request.node.name)


@pytest.fixture
def proxy(service: Served) -> Iterator[Proxy]:
    with proxied(service.port) as found:
        yield found


@asynccontextmanager
async def opened(
    module: ModuleType, proxy: Proxy, user: str, **retries: float
) -> AsyncIterator[Any]:
    quick = module.Retries(**{"first": 0.01, **retries})
    async with module.TodoClient(proxy.url, token=user, retries=quick) as client:
        yield client


def titles(rows: Any) -> list[str]:
    return sorted(row.title for row in rows)


async def test_a_write_whose_answer_is_lost_is_done_once(
    module: ModuleType, proxy: Proxy, user: str
) -> None:
    async with opened(module, proxy, user) as client:
        proxy.faults += [LOST, LOST]
        task = await client.tasks.create({"title": "once"})
        proxy.faults.append(LOST)
        changed = await client.tasks.update(task.id, {"done": True}, if_match=task)
        assert changed.version == task.version + 1
        proxy.faults.append(LOST)
        whole = await client.tasks.replace(task.id, {"title": "x"}, if_match=changed)
        assert whole.version == task.version + 2
        proxy.faults.append(LOST)
        two = await client.tasks.create_many([{"title": "a"}, {"title": "b"}])
        proxy.faults.append(LOST)
        await client.tasks.delete(two[0].id)
        assert titles(await client.tasks.list().all()) == ["b", "x"]
    keys = [key for line, key in proxy.requests if not line.startswith("GET")]
    assert [keys.count(key) for key in dict.fromkeys(keys)] == [3, 2, 2, 2, 2]


async def test_a_busy_service_is_asked_again(module: ModuleType, proxy: Proxy, user: str) -> None:
    async with opened(module, proxy, user) as client:
        proxy.faults += [answer(503, "retry-after: 0"), answer(429), answer(502), LOST]
        task = await client.tasks.create({"title": "at last"})
        proxy.faults += [answer(504), LOST]
        assert titles(await client.tasks.list().all()) == [task.title]
    assert len({key for line, key in proxy.requests if line.startswith("POST")}) == 1
    assert len(proxy.requests) == 8


async def test_there_is_an_end_to_it(module: ModuleType, proxy: Proxy, user: str) -> None:
    async with opened(module, proxy, user, most=2) as client:
        proxy.faults += [LOST] * 3
        with pytest.raises(module.Unreachable):
            await client.tasks.create({"title": "never heard of"})
        proxy.faults += [answer(503)] * 3
        with pytest.raises(module.Problem) as refused:
            await client.tasks.list().page()
        assert refused.value.status == 503
        assert len(proxy.requests) == 6


async def test_what_will_fail_again_is_not_asked_again(
    module: ModuleType, proxy: Proxy, user: str
) -> None:
    async with opened(module, proxy, user) as client:
        with pytest.raises(module.Problem) as refused:
            await client.tasks.create({"titel": "x"})
        assert [flaw.pointer for flaw in refused.value.flaws] == ["#/titel", "#/title"]
        proxy.faults.append(answer(503, "retry-after: 3600"))
        with pytest.raises(module.Problem):
            await client.tasks.list().page()
    assert len(proxy.requests) == 2


async def test_who_follows_misses_nothing_and_hears_nothing_twice(
    module: ModuleType, proxy: Proxy, service: Served, user: str
) -> None:
    direct = module.TodoClient(service.url, token=user)
    runtime, found = module.runtime, []
    before = await direct.tasks.create({"title": "before"})
    async with opened(module, proxy, user) as client:
        rounds, during = 0, before
        async for change in client.tasks.follow(done=False):
            match change:
                case runtime.Ready() if rounds == 0:
                    rounds = 1
                    during = await direct.tasks.create({"title": "during"})
                case runtime.Ready():
                    break
                case runtime.Changed():
                    found.append((change.kind, change.row.title))
                    if change.row.title == "during":
                        proxy.cut()
                        await direct.tasks.create({"title": "meanwhile"})
                        await direct.tasks.update(before.id, {"done": True})
                        await direct.tasks.update(during.id, {"title": "late"})
                case runtime.Removed():
                    found.append(("removed", change.key))
    await direct.close()
    assert found[:2] == [("created", "before"), ("created", "during")]
    assert sorted(found[2:], key=str) == [
        ("created", "meanwhile"), ("removed", before.id), ("updated", "late")
    ]  # fmt: skip


def test_the_same_without_await(
    proxy: Proxy, user: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    contract = load_contract(contract_of("todo"))
    module = imported(contract, tmp_path_factory.mktemp("sync"), sync=True)
    with module.TodoClient(
        proxy.url, token=lambda: user, retries=module.Retries(first=0.01)
    ) as client:
        proxy.faults += [LOST, answer(503, "retry-after: 0"), LOST]
        task = client.tasks.create({"title": "once"})
        assert titles(client.tasks.list(title_like="on*")) == ["once"]
        assert client.tasks.get(task.id, known=task) is task
        # A third would be waited for.
        first = [type(change) for change in islice(client.tasks.follow(), 2)]
        assert first == [module.runtime.Changed, module.runtime.Ready]
    keys = [key for line, key in proxy.requests if line.startswith("POST")]
    assert (len(keys), len(set(keys))) == (4, 1)


def test_the_same_in_typescript(
    typescript: Path, proxy: Proxy, service: Served, user: str, tmp_path: Path
) -> None:
    script = typescript / "lost.ts"
    shutil.copy(SCRIPT, script)
    out = tmp_path / "out"
    assert compiled([script], out) == ""
    (out / "package.json").write_text('{"type": "module"}')
    busy = answer(503, "retry-after: 0")
    proxy.faults += [LOST, LOST, busy, None, LOST, busy]
    found = json.loads(ran(out / "lost.js", proxy.url, service.url, user))
    assert found["versions"] == [1, 2]
    assert found["titles"] == ["once"]
    assert found["followed"][:2] == ["created once", "created during"]
    assert sorted(found["followed"][2:]) == ["created meanwhile", "removed", "updated late"]
    assert found["unreachable"] == "Unreachable"
    keys = [key for line, key in proxy.requests if not line.startswith("GET")]
    assert [keys.count(key) for key in dict.fromkeys(keys)] == [4, 3]
