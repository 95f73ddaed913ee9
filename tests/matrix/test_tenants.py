"""Two tenants: the matrix holds for each, and neither can notice that there is another."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import pytest_asyncio

from tests.behaviour.databases import DATABASES
from tests.matrix.cans import compare_cans
from tests.matrix.office import office
from tests.matrix.probes import Probe, probes_of
from tests.matrix.reads import compare_reads
from tests.matrix.service import Kind, Tried, kinds_of, trying
from tests.matrix.world import World, world_of
from tests.matrix.writes import compare_writes
from tests.support.evaluate import Row

BOSSES = frozenset({"clerk", "manager"})

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture(scope="module", params=DATABASES)
def database(request: pytest.FixtureRequest) -> str:
    found: str = request.param
    return found


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def tried(request: pytest.FixtureRequest, database: str) -> AsyncIterator[Tried]:
    with DATABASES[database](request) as url:
        async with trying(world_of(office.build()), url) as found:
            yield found


def kinds(tried: Tried) -> list[Kind]:
    """Those who act for the first firm, for the second, and for none."""
    first, second = firms(tried)
    others = [kind for kind in kinds_of(tried.contract, (second, None)) if not kind.actor.methods]
    return kinds_of(tried.contract, (first,)) + [
        kind for kind in others if kind.actor.id and kind.actor.roles in (frozenset(), BOSSES)
    ]


def firms(tried: Tried) -> list[str]:
    return [str(row["id"]) for row in tried.world.rows["Firm"]]


async def test_everybody_reads_what_policies_say(tried: Tried) -> None:
    for kind in kinds(tried):
        await compare_reads(tried, kind)
    tried.judge()


async def test_everybody_writes_what_policies_say(tried: Tried) -> None:
    for kind in kinds(tried):
        await compare_writes(tried, kind)
    tried.judge()


async def test_everybody_is_told_what_they_can_do(tried: Tried) -> None:
    for kind in kinds(tried):
        await compare_cans(tried, kind)
    tried.judge()


async def test_nobody_can_tell_whether_there_is_another_tenant(
    request: pytest.FixtureRequest, database: str
) -> None:
    """Every answer to a tenant is the same with the rows of another one and without them: to
    requests that read, count, filter by, name and write what the other one has."""
    world = world_of(office.build())
    first, second = (str(row["id"]) for row in world.rows["Firm"])
    mine, theirs = parted(world, first), parted(world, second, shared=False)
    probes = list(probes_of(world, {**parted(world, second), "Firm": theirs["Firm"]}))
    alone, beside = replace(world, rows=mine), replace(world, rows=world.rows)
    names = {f"signed in {first}", f"manager strongly {first}"}
    kinds = [kind for kind in kinds_of(world.contract, (first,)) if kind.name in names]
    assert len(kinds) == len(names)
    known = {str(row["id"]) for rows in world.rows.values() for row in rows}
    with DATABASES[database](request) as url:
        async with trying(alone, url) as tried:
            before = [await told_to(tried, kind, probes, known) for kind in kinds]
            await replace(tried, world=beside).load(theirs)
            await tried.keep()
            after = [await told_to(tried, kind, probes, known) for kind in kinds]
            assert await tried.changed() == []
    differing = [
        f"{kind.name}: {probe}: {one} without the other tenant, {other} with it"
        for kind, ours, others in zip(kinds, before, after, strict=True)
        for probe, one, other in zip(probes, ours, others, strict=True)
        if one != other
    ]
    assert not differing, f"{len(differing)} of {len(probes)}:\n" + "\n".join(differing[:20])


def parted(world: World, firm: str, *, shared: bool = True) -> dict[str, list[Row]]:
    """The rows of a firm, and the shared ones."""
    tenants = {one.name: one.tenant for one in world.contract.resources}
    return {
        name: [row for row in rows if _belongs(row, tenants[name], firm, shared)]
        for name, rows in world.rows.items()
    }


def _belongs(row: Row, tenant: str | None, firm: str, shared: bool) -> bool:
    return shared if tenant is None else str(row[tenant]) == firm


Told = tuple[int, list[str], str]
"""The status, the names of header fields, and the body."""


async def told_to(tried: Tried, kind: Kind, probes: list[Probe], known: set[str]) -> list[Told]:
    """What is answered to each request; everything is put back behind those that write."""
    found: list[Told] = []
    for probe in probes:
        answer = await tried.http.send(
            probe.method, probe.path, kind.someone,
            body=probe.body, params=probe.params, headers=dict(probe.headers),
        )  # fmt: skip
        told = (answer.status_code, sorted(answer.headers), masked(known, answer.text))
        found.append(told)
        wrote = probe.method not in {"GET", "HEAD"} and probe.path != "/v1/can"
        if wrote and answer.status_code < 300:
            await tried.restore()
    return found


_KEY = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")
_REQUEST = re.compile(r"urn:uuid:[0-9a-f-]+")
_TIME = re.compile(r"20\d\d-\d\d-\d\dT[\d:.]+(Z|\+00:00)")


def masked(known: set[str], text: str) -> str:
    """Without the keys and times of rows that were made just now."""
    text = _REQUEST.sub("", text)
    text = _KEY.sub(lambda found: found[0] if found[0] in known else "new", text)
    return _TIME.sub(lambda found: found[0] if found[0].startswith("2026-01-0") else "now", text)
