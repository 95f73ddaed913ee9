"""The comparison itself: whichever rule of a contract means something else, it is noticed."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace

import pytest
import pytest_asyncio

from charter.contract.contract import Contract
from charter.contract.expression import ALWAYS, NEVER
from charter.contract.resource import Policy
from charter.language.load import load_contract
from tests.behaviour.databases import DATABASES
from tests.matrix.examples import EXAMPLES, VALUES
from tests.matrix.reads import compare_reads
from tests.matrix.service import Tried, kinds_of, trying
from tests.matrix.world import world_of
from tests.matrix.writes import compare_writes

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def tried(request: pytest.FixtureRequest) -> AsyncIterator[Tried]:
    world = world_of(load_contract(EXAMPLES / "shop" / "contract.py"), VALUES["shop"])
    with DATABASES["sqlite"](request) as url:
        async with trying(world, url) as found:
            yield found


def others(contract: Contract) -> Iterator[tuple[str, str, Contract]]:
    """The contract with one of its rules always or never so, each once; behind what was changed
    and of which resource."""
    for resource in contract.resources:
        for policy, what in _policies(resource.policy):
            changed = replace(resource, policy=policy)
            resources = tuple(changed if one is resource else one for one in contract.resources)
            yield resource.name, what, replace(contract, resources=resources)


def _policies(policy: Policy) -> Iterator[tuple[Policy, str]]:
    for rule in policy.allows:
        for action in rule.actions:
            left = tuple(one for one in rule.actions if one != action)
            fewer = [replace(one, actions=left) if one is rule else one for one in policy.allows]
            yield replace(policy, allows=tuple(fewer)), f"{action} not by {rule.place}"
        if rule.when not in (ALWAYS, NEVER):
            more = [replace(one, when=ALWAYS) if one is rule else one for one in policy.allows]
            yield (
                replace(policy, allows=tuple(more)),
                f"{' '.join(rule.actions)} always by {rule.place}",
            )
    for name in ("hides", "freezes"):
        rules = getattr(policy, name)
        for rule in rules:
            kept = tuple(one for one in rules if one is not rule)
            yield replace(policy, **{name: kept}), f"no {name} {rule.field}"


async def test_every_rule_counts(tried: Tried) -> None:
    found, missed = 0, []
    for name, what, contract in others(tried.contract):
        world = world_of(contract, tried.world.values)
        if await noticed(replace(tried, world=world, wrong=[], only=name), what):
            found += 1
        else:
            missed.append(f"{name}: {what}")
    assert found > 0
    assert not missed


async def noticed(tried: Tried, what: str) -> bool:
    """Whether an oracle of another contract says anything else than the service does."""
    reading = what.startswith(("read", "* ", "no hides"))
    for compare in (compare_reads, compare_writes) if reading else (compare_writes,):
        for kind in reversed(kinds_of(tried.contract)):
            await compare(tried, kind)
            if tried.wrong:
                return True
    return False
