"""What only GraphQL has: documents of many fields, connections, fragments, identifiers."""

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
import pytest_asyncio

from tests.behaviour.actors import ADA, AUDITOR, BOB
from tests.behaviour.clients import graphql
from tests.behaviour.clients.base import Actor, Refused, Row
from tests.behaviour.clients.graphql import GraphqlClient
from tests.behaviour.serving import Served

ANSWER = "application/graphql-response+json"


@pytest_asyncio.fixture(loop_scope="module")
async def client(served: Served) -> AsyncIterator[GraphqlClient]:
    async with graphql.connect(served) as found:
        yield found


@pytest_asyncio.fixture(loop_scope="module")
async def rows(client: GraphqlClient) -> list[Row]:
    names = ("a", "b", "c", "d", "e")
    return await client.create_all(
        "Project",
        [
            {
                "name": name,
                "code": name,
                "budget": f"{at}.50",
                "tasks": [{"title": f"{name}{n}", "steps": [{"text": "s"}]} for n in range(at)],
            }
            for at, name in enumerate(names)
        ],
        ADA,
    )


async def sent(
    client: GraphqlClient, body: Any, actor: Actor = None, **headers: str
) -> httpx2.Response:
    """The bare answer to a request by POST."""
    fields = {"content-type": "application/json", "accept": ANSWER} | headers
    if actor is not None:
        fields["authorization"] = f"Bearer {client.token(actor)}"
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return await client.http.post("/graphql", content=content, headers=fields)


EVERYTHING = """
query($id: ID!, $first: Int = 2, $name: String) {
  one: project(id: $id) { ...shown owner { name } }
  none: project(id: "Project:01a1b2c3-0000-7000-8000-000000000000") { id }
  node(id: $id) { __typename id ... on Project { code } ... on Task { title } }
  nodes(ids: [$id, "User:ada", "Nothing:1"]) { __typename id }
  projects(first: $first, sort: [{field: NAME, direction: DESC}], filter: {name: {ne: $name}}) {
    total: totalCount
    edges { cursor node { ...shown tasks(first: 1, sort: {field: TITLE}) {
      nodes { title steps { totalCount nodes { text task { project { name } } } } }
      pageInfo { hasNextPage endCursor } totalCount
    } } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
  projectsAggregate(groupBy: [STATUS]) { by { status } count sum { budget } avg { taskCount } }
  tags { nodes { label } }
}
fragment shown on Project { id name budget taskCount }
"""


async def test_many_fields_of_any_depth_are_one_statement(
    client: GraphqlClient, served: Served, rows: list[Row]
) -> None:
    served.witness.statements.clear()
    key = f"Project:{rows[1]['id']}"
    found = await client.run(EVERYTHING, {"id": key, "name": "a"}, ADA)
    assert len(served.witness.statements) == 1
    assert list(found) == [
        "one", "none", "node", "nodes", "projects", "projectsAggregate", "tags",
    ]  # fmt: skip
    assert found["one"] == {
        "id": key, "name": "b", "budget": "1.50", "taskCount": 1, "owner": {"name": "Ada"},
    }  # fmt: skip
    assert found["none"] is None
    assert found["node"] == {"__typename": "Project", "id": key, "code": "b"}
    assert found["nodes"] == [
        {"__typename": "Project", "id": key}, {"__typename": "User", "id": "User:ada"}, None,
    ]  # fmt: skip
    page = found["projects"]
    assert page["total"] == 4
    first, second = page["edges"]
    assert [first["node"]["name"], second["node"]["name"]] == ["e", "d"]
    tasks = first["node"]["tasks"]
    step = {"text": "s", "task": {"project": {"name": "e"}}}
    assert tasks["nodes"] == [{"title": "e0", "steps": {"totalCount": 1, "nodes": [step]}}]
    assert tasks["totalCount"] == 4
    assert tasks["pageInfo"]["hasNextPage"] is True
    assert page["pageInfo"] == {
        "hasNextPage": True, "hasPreviousPage": False,
        "startCursor": first["cursor"], "endCursor": second["cursor"],
    }  # fmt: skip
    assert found["projectsAggregate"] == [
        {"by": {"status": "draft"}, "count": 5, "sum": {"budget": "12.50"},
         "avg": {"taskCount": 2.0}}
    ]  # fmt: skip
    assert found["tags"] == {"nodes": []}


async def names(client: GraphqlClient, arguments: str, **given: Any) -> Any:
    document = (
        "query($cursor: String, $other: String) { projects(" + arguments + ") "
        "{ nodes { name } edges { cursor } pageInfo { hasNextPage hasPreviousPage } } "
        "again: projects(first: 0, after: $cursor, before: $other) { totalCount } }"
        if "$" in arguments
        else "{ projects(" + arguments + ") "
        "{ nodes { name } edges { cursor } pageInfo { hasNextPage hasPreviousPage } } }"
    )
    if "$" in arguments:
        document = document.partition(" again")[0] + " }"
        used = [name for name in ("cursor", "other") if f"${name}" in arguments]
        document = document.replace(
            "($cursor: String, $other: String)",
            f"({', '.join(f'${name}: String' for name in used)})",
        )
    found = (await client.run(document, given, ADA))["projects"]
    return (
        "".join(row["name"] for row in found["nodes"]),
        [edge["cursor"] for edge in found["edges"]],
        (found["pageInfo"]["hasPreviousPage"], found["pageInfo"]["hasNextPage"]),
    )


@pytest.mark.parametrize("field", ["NAME", "CREATED_AT", "BUDGET", "TASK_COUNT"])
async def test_pages_go_both_ways(client: GraphqlClient, rows: list[Row], field: str) -> None:
    sort = f"sort: {{field: {field}}}"
    shown, cursors, around = await names(client, f"{sort}, first: 2")
    assert (shown, around) == ("ab", (False, True))
    shown, cursors, around = await names(client, f"{sort}, last: 2")
    assert (shown, around) == ("de", (True, False))
    shown, before, around = await names(
        client, f"{sort}, last: 2, before: $cursor", cursor=cursors[0]
    )
    assert (shown, around) == ("bc", (True, True))
    shown, _, around = await names(client, f"{sort}, last: 2, before: $cursor", cursor=before[0])
    assert (shown, around) == ("a", (False, True))
    shown, _, _ = await names(
        client, f"{sort}, after: $cursor, before: $other", cursor=before[0], other=cursors[1]
    )
    assert shown == "cd"
    assert (await names(client, f"{sort}, first: 0"))[0] == ""


async def test_lists_inside_rows_go_both_ways(client: GraphqlClient, rows: list[Row]) -> None:
    key = f"Project:{rows[4]['id']}"
    document = """query($id: ID!, $after: String, $before: String) { project(id: $id) {
      next: tasks(first: 2, sort: {field: TITLE}, after: $after) {
        nodes { title } pageInfo { endCursor hasNextPage startCursor } }
      last: tasks(last: 2, sort: {field: TITLE}, before: $before) {
        nodes { title } pageInfo { startCursor hasPreviousPage endCursor } } } }"""
    found = (await client.run(document, {"id": key}, ADA))["project"]
    assert [row["title"] for row in found["next"]["nodes"]] == ["e0", "e1"]
    assert [row["title"] for row in found["last"]["nodes"]] == ["e2", "e3"]
    given = {
        "id": key, "after": found["next"]["pageInfo"]["endCursor"],
        "before": found["last"]["pageInfo"]["startCursor"],
    }  # fmt: skip
    found = (await client.run(document, given, ADA))["project"]
    assert [row["title"] for row in found["next"]["nodes"]] == ["e2", "e3"]
    assert found["next"]["pageInfo"]["hasNextPage"] is False
    assert [row["title"] for row in found["last"]["nodes"]] == ["e0", "e1"]
    assert found["last"]["pageInfo"]["hasPreviousPage"] is False


async def test_a_list_that_is_empty_has_no_cursors(client: GraphqlClient) -> None:
    document = (
        "{ tags { edges { cursor } pageInfo { startCursor endCursor hasNextPage "
        "hasPreviousPage } totalCount } }"
    )
    assert (await client.run(document, {}))["tags"] == {
        "edges": [],
        "pageInfo": {
            "startCursor": None, "endCursor": None, "hasNextPage": False, "hasPreviousPage": False,
        },
        "totalCount": 0,
    }  # fmt: skip


async def test_fields_of_one_name_become_one(client: GraphqlClient, rows: list[Row]) -> None:
    document = """query($id: ID!, $no: Boolean!) {
      project(id: $id) { name @include(if: $no) code @skip(if: $no) tasks { totalCount } }
      project(id: $id) { ...more tasks { nodes { title } } }
      other: project(id: $id) @include(if: $no) { id }
    }
    fragment more on Node { id ... on Project { visibility } ... on User { email } }"""
    given = {"id": f"Project:{rows[1]['id']}", "no": False}
    other = {"other": {"id": given["id"]}}
    for no, own, more in ((False, {"code": "b"}, {}), (True, {"name": "b"}, other)) * 2:
        shown = {
            "tasks": {"totalCount": 1, "nodes": [{"title": "b0"}]},
            "id": given["id"],
            "visibility": "private",
        }
        found = await client.run(document, {**given, "no": no}, ADA)
        assert found == {"project": own | shown, **more}


async def test_filters_say_of_one_related_row_what_is_to_hold(
    client: GraphqlClient, rows: list[Row]
) -> None:
    await client.create("Project", {
        "name": "f", "code": "f",
        "tasks": [{"title": "x", "done": True}, {"title": "y"}],
    }, ADA)  # fmt: skip
    document = "query($f: ProjectFilter) { projects(filter: $f) { nodes { name } } }"

    async def found(filter_: Any) -> list[str]:
        page = (await client.run(document, {"f": filter_}, ADA))["projects"]
        return [row["name"] for row in page["nodes"]]

    both = {"tasks": {"title": {"eq": "y"}, "done": {"eq": True}}}
    assert await found(both) == []
    assert await found({"tasks": {"title": {"eq": "x"}, "done": {"eq": True}}}) == ["f"]
    assert await found({"not": {"tasks": {}}}) == ["a"]
    assert await found({"or": []}) == []
    assert len(await found({"and": []})) == len(await found({})) == len(await found(None)) == 6
    assert await found({"or": {"name": {"in": "a"}}}) == ["a"]


async def test_what_is_hidden_is_null_and_named(client: GraphqlClient) -> None:
    made = await client.create("Project", {"name": "p", "code": "p", "visibility": "public"}, ADA)
    document = "query($id: ID!) { project(id: $id) { budget rating hidden can } }"
    given = {"id": f"Project:{made['id']}"}
    assert (await client.run(document, given, AUDITOR))["project"]["hidden"] == []
    assert (await client.run(document, given, ADA))["project"]["hidden"] == ["rating"]
    seen = (await client.run(document, given, BOB))["project"]
    assert (seen["budget"], seen["rating"]) == (None, None)
    assert (seen["hidden"], seen["can"]) == (["budget", "rating"], [])


async def test_what_is_refused_is_null_beside_what_is_not(
    client: GraphqlClient, served: Served
) -> None:
    answer = await sent(client, {"query": "{ pages { totalCount } tags { totalCount } }"})
    assert answer.status_code == 200
    found = answer.json()
    assert found["data"] == {"pages": None, "tags": {"totalCount": 0}}
    (error,) = found["errors"]
    assert error["path"] == ["pages"]
    assert error["extensions"]["code"] == "unauthenticated"
    assert error["extensions"]["documentation"] == "/docs/problems/unauthenticated"


async def test_a_cursor_belongs_to_its_list(client: GraphqlClient, rows: list[Row]) -> None:
    _, cursors, _ = await names(client, "first: 2")
    for arguments in (
        "after: $cursor, sort: {field: NAME}", 'after: $cursor, filter: {name: {ne: "x"}}',
    ):  # fmt: skip
        with pytest.raises(Refused, match="invalid_cursor"):
            await names(client, arguments, cursor=cursors[0])
    for broken in ("", "x", cursors[0][:-1], cursors[0] + "A", 3):
        with pytest.raises(Refused, match="invalid_cursor"):
            await names(client, "after: $cursor", cursor=broken)


async def test_values_are_read_anew_for_a_known_document(
    client: GraphqlClient, rows: list[Row], served: Served
) -> None:
    document = (
        "query($name: String, $first: Int, $id: ID) { projects(first: $first, "
        "filter: {name: {eq: $name}, id: {ne: $id}}) { nodes { name } } }"
    )

    async def found(**given: Any) -> list[str]:
        page = (await client.run(document, given, ADA))["projects"]
        return [row["name"] for row in page["nodes"]]

    assert await found(name="a") == ["a"]
    assert await found(name="b") == ["b"]
    assert await found() == ["a", "b", "c", "d", "e"]
    assert await found(first=2) == ["a", "b"]
    assert await found(first=1) == ["a"]
    assert await found(name="b", id=f"Project:{rows[1]['id']}") == []
    for name in (None, 3, ["a"], {"a": 1}):
        with pytest.raises(Refused) as refused:
            await found(name=name)
        assert refused.value.places == {"/filter/name/eq"}
    assert served.witness.failures == []


async def test_the_deepest_documents_are_answered(
    client: GraphqlClient, rows: list[Row], served: Served
) -> None:
    def inside(open_: str, close: str, count: int) -> str:
        return open_ * count + " name " + close * count

    lists = inside("children(first: 1) { nodes { ", "} } ", 6)
    edges = inside(
        "children(first: 1) { edges { cursor node { ", "} } pageInfo { endCursor } } ", 4
    )
    one = inside("parent { ", "} ", 13)
    for selection in (lists, edges, one):
        document = f"{{ projects(first: 1) {{ nodes {{ {selection} }} }} }}"
        served.witness.statements.clear()
        found = await client.run(document, {}, ADA)
        assert len(found["projects"]["nodes"]) == 1
        assert len(served.witness.statements) == 1
    inner = "tasks(first: 1) { nodes { title steps(first: 2) { nodes { text } } } }"
    wide = " ".join(f"a{at}: {inner}" for at in range(40))
    document = f"{{ projects {{ nodes {{ {wide} }} }} }}"
    assert len((await client.run(document, {}, ADA))["projects"]["nodes"]) == 5


async def test_what_is_known_does_not_go_through_the_database(
    client: GraphqlClient, rows: list[Row], served: Served
) -> None:
    types = '__schema { queryType { name } } type: __type(name: "Tag") { name fields { name } }'
    served.witness.statements.clear()
    found = await client.run(f'{{ {types} __typename node(id: "x") {{ id }} }}', {}, ADA)
    assert found["__schema"] == {"queryType": {"name": "Query"}}
    assert found["type"]["name"] == "Tag"
    assert (found["__typename"], found["node"]) == ("Query", None)
    assert served.witness.statements == []
    document = f"{{ a: __typename {types} projects {{ totalCount edges {{ cursor }} }} }}"
    found = await client.run(document, {}, ADA)
    assert list(found) == ["a", "__schema", "type", "projects"]
    assert found["type"]["name"] == "Tag"
    assert len({edge["cursor"] for edge in found["projects"]["edges"]}) == 5
