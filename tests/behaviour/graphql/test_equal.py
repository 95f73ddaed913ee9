"""REST and GraphQL give the same: rows, related rows, hidden fields, counts and refusals, whoever
asks for whatever."""

from typing import Any

import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from charter.contract.resource import Resource
from tests.behaviour.actors import ADA, AUDITOR, BOB, EDITOR
from tests.behaviour.clients import graphql, rest
from tests.behaviour.clients.base import Both, Client, Either, Has, Refused, Someone, Unless, Where
from tests.behaviour.contract import studio
from tests.behaviour.databases import emptied
from tests.behaviour.serving import Served

CONTRACT = studio.build()
ROOTS = ("Project", "Note", "Member", "User", "Tag", "Page")
ACTORS = (None, ADA, BOB, EDITOR, AUDITOR)
VALUES = {
    "name": st.sampled_from(["ada", "bob", "p0", "p1", "none"]),
    "status": st.sampled_from(["draft", "active"]),
    "visibility": st.sampled_from(["public", "private"]),
    "budget": st.sampled_from(["1.00", "2.50"]),
    "task_count": st.integers(0, 2),
    "title": st.sampled_from(["t0", "t1"]),
    "done": st.booleans(),
    "label": st.sampled_from(["red", "blue"]),
    "body": st.sampled_from(["hm", "ah"]),
    "pinned": st.booleans(),
    "text": st.sampled_from(["s"]),
    "role": st.sampled_from(["viewer", "worker"]),
}
COMPARATORS = ("eq", "ne", "in", "nin", "null")


def resource(name: str) -> Resource:
    return CONTRACT.resource_named[name]


@st.composite
def paths(draw: st.DrawFn, name: str) -> str:
    """A way along relations."""
    steps: list[str] = []
    for _ in range(draw(st.integers(1, 3))):
        relations = resource(name).relations
        if not relations:
            break
        relation = draw(st.sampled_from(relations))
        steps.append(relation.name)
        name = relation.target
    return ".".join(steps)


@st.composite
def conditions(draw: st.DrawFn, name: str) -> Where:
    path: list[str] = []
    for _ in range(draw(st.integers(0, 2))):
        relation = draw(st.sampled_from(resource(name).relations))
        path.append(relation.name)
        name = relation.target
        if not resource(name).relations:
            break
    fields = sorted({item.name for item in resource(name).readable} & VALUES.keys()) or ["id"]
    field = draw(st.sampled_from(fields))
    comparator = draw(st.sampled_from(COMPARATORS))
    value: Any = draw(st.booleans())
    if field == "id":
        comparator = "null"
    if comparator != "null":
        one = VALUES[field]
        value = draw(st.lists(one, min_size=1, max_size=2) if comparator in ("in", "nin") else one)
        if field in {"done", "pinned"}:
            comparator, value = "eq", draw(st.booleans())
    return Has(".".join([*path, field]), comparator, value)


def wheres(name: str) -> st.SearchStrategy[Where]:
    return st.recursive(
        conditions(name),
        lambda inner: st.one_of(
            st.lists(inner, min_size=1, max_size=2).map(lambda parts: Both(tuple(parts))),
            st.lists(inner, min_size=1, max_size=2).map(lambda parts: Either(tuple(parts))),
            inner.map(Unless),
        ),
        max_leaves=3,
    )


@st.composite
def questions(draw: st.DrawFn) -> dict[str, Any]:
    name = draw(st.sampled_from(ROOTS))
    sortable = ["created_at", "id", *sorted({"name", "label", "body", "budget"} & {
        item.name for item in resource(name).readable
    })]  # fmt: skip
    return {
        "resource": name,
        "actor": draw(st.sampled_from(ACTORS)),
        "include": ",".join(draw(st.lists(paths(name), max_size=3, unique=True)))
        if resource(name).relations
        else "",
        "where": draw(st.none() | wheres(name)) if resource(name).relations else None,
        "sort": draw(st.sampled_from(["", *sortable, *(f"-{one}" for one in sortable)])),
        "limit": draw(st.integers(1, 3)),
        "count": draw(st.sampled_from(["", "exact"])),
    }


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def filled(shared: Served) -> Served:
    await emptied(shared)
    async with rest.connect(shared) as client:
        tags = [await client.create("Tag", {"label": one}, EDITOR) for one in ("red", "blue")]
        await client.create("Page", {"title": "x"}, BOB)
        parent = None
        for at, owner in enumerate((ADA, BOB, ADA)):
            tasks = [
                {"title": f"t{n}", "done": bool(n), "steps": [{"text": "s"}] * n} for n in range(at)
            ]
            made = await client.create("Project", {
                "name": owner.id if at else "p0", "code": f"{at}", "budget": f"{at}.50",
                "visibility": ("public", "private", "public")[at], "tasks": tasks,
                "tag_ids": [tag["id"] for tag in tags[:at]], "parent_id": parent,
            }, owner)  # fmt: skip
            parent = parent or made["id"]
            key = made["id"]
            await client.create("Note", {"project_id": key, "body": "hm"}, owner)
            await client.create("Member", {"project_id": key, "user_id": "bob"}, owner)
    return shared


async def outcome(client: Client, question: dict[str, Any]) -> Any:
    try:
        page = await client.page(**question)
        pages = [page]
        while page.next is not None:
            page = await client.follow(page, question["actor"])
            pages.append(page)
    except Refused as refused:
        return refused.code
    return [(page.items, page.count) for page in pages]


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(question=questions())
async def test_both_give_the_same(filled: Served, question: dict[str, Any]) -> None:
    asked: Someone | None = question["actor"]
    async with rest.connect(filled) as one, graphql.connect(filled) as other:
        expected = await outcome(one, question)
        assert await outcome(other, question) == expected, asked
