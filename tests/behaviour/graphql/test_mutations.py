"""Mutations: several fields, whole transactions, typed errors, identifiers, trials."""

from typing import Any

import pytest

from tests.behaviour.actors import ADA, BOB
from tests.behaviour.clients.base import Refused, Row
from tests.behaviour.clients.graphql import GraphqlClient
from tests.behaviour.graphql.test_documents import client, sent  # noqa: F401
from tests.behaviour.serving import Served

CREATE = "mutation($input: CreateSampleInput!) { createSample(input: $input) { sample { name } } }"
TWO = """mutation($a: CreateSampleInput!, $b: CreateSampleInput!) %s {
  first: createSample(input: $a) { sample { name version } __typename }
  __typename
  second: createSample(input: $b) { sample { name code } }
}"""
CLASHING = {"a": {"name": "a", "code": "AB1"}, "b": {"name": "b", "code": "AB1"}}


async def labels(client: GraphqlClient) -> list[str]:  # noqa: F811
    return [row["name"] for row in (await client.page("Sample", sort="name")).items]


async def test_fields_are_done_one_after_the_other(
    client: GraphqlClient, served: Served  # noqa: F811
) -> None:  # fmt: skip
    answer = (await sent(client, {"query": TWO % "", "variables": CLASHING})).json()
    assert answer["data"] == {
        "first": {"sample": {"name": "a", "version": 1}, "__typename": "CreateSamplePayload"},
        "__typename": "Mutation",
        "second": None,
    }
    (error,) = answer["errors"]
    assert error["path"] == ["second"]
    assert error["extensions"]["code"] == "not_unique"
    assert [flaw["pointer"] for flaw in error["extensions"]["flaws"]] == ["/input/code"]
    assert await labels(client) == ["a"]


async def test_a_transaction_is_all_or_nothing(client: GraphqlClient) -> None:  # noqa: F811
    answer = (await sent(client, {"query": TWO % "@transaction", "variables": CLASHING})).json()
    assert answer["data"] == {"first": None, "__typename": "Mutation", "second": None}
    (error,) = answer["errors"]
    assert (error["path"], error["extensions"]["code"]) == (["second"], "not_unique")
    assert [flaw["pointer"] for flaw in error["extensions"]["flaws"]] == ["/input/code"]
    assert "operation" not in error["extensions"]
    assert await labels(client) == []
    other = {**CLASHING, "b": {"name": "b", "code": "AB2"}}
    answer = (await sent(client, {"query": TWO % "@transaction", "variables": other})).json()
    assert answer["data"]["second"] == {"sample": {"name": "b", "code": "AB2"}}
    assert await labels(client) == ["a", "b"]


async def test_each_field_shows_what_it_is_asked_for(client: GraphqlClient) -> None:  # noqa: F811
    document = """mutation($project: CreateProjectInput!) @transaction {
      made: createProject(input: $project) {
        short: project { name }
        project { id code tasks(first: 1, sort: {field: TITLE}) {
          edges { cursor node { title } } pageInfo { hasNextPage } totalCount } }
      }
      noted: createNote(input: {projectId: "{made.id}", body: "hm"}) { note { body projectId } }
      started: startProject(id: "{made.id}") { project { status } error { __typename } }
    }"""
    tasks = [{"title": "t"}, {"title": "u"}]
    given = {"project": {"name": "p", "code": "p", "tasks": tasks}}
    found = await client.run(document, given, ADA)
    made = found["made"]["project"]
    assert found["made"]["short"] == {"name": "p"}
    assert (made["code"], made["tasks"]["totalCount"]) == ("p", 2)
    (edge,) = made["tasks"]["edges"]
    assert edge["node"] == {"title": "t"}
    assert found["noted"]["note"] == {"body": "hm", "projectId": made["id"]}
    assert found["started"] == {"project": {"status": "active"}, "error": None}
    following = (
        "query($id: ID!, $after: String) { project(id: $id) { "
        "tasks(after: $after, sort: {field: TITLE}) { nodes { title } } } }"
    )
    rest = await client.run(following, {"id": made["id"], "after": edge["cursor"]}, ADA)
    assert rest["project"]["tasks"]["nodes"] == [{"title": "u"}]


async def started(client: GraphqlClient, count: int) -> list[Row]:  # noqa: F811
    rows = [{"name": f"{at}", "code": f"{at}"} for at in range(count)]
    return await client.create_all("Project", rows, ADA)


async def test_a_declared_error_is_a_typed_result_where_it_is_asked_for(
    client: GraphqlClient,  # noqa: F811
) -> None:
    rows = await started(client, 3)
    document = """mutation($id: ID!) { startProject(id: $id) {
      project { status }
      error { __typename ... on Error { code message } ... on TooManyActive { most projectId } }
    } }"""
    keys = [f"Project:{row['id']}" for row in rows]
    for key in keys[:2]:
        found = (await client.run(document, {"id": key}, ADA))["startProject"]
        assert found == {"project": {"status": "active"}, "error": None}
    assert (await client.run(document, {"id": keys[2]}, ADA))["startProject"] == {
        "project": None,
        "error": {
            "__typename": "TooManyActive",
            "code": "too_many_active",
            "message": "The owner has as many active projects as are allowed.",
            "most": 2,
            "projectId": keys[2],
        },
    }
    unasked = "mutation($id: ID!) { startProject(id: $id) { project { status } } }"
    with pytest.raises(Refused, match="too_many_active"):
        await client.run(unasked, {"id": keys[2]}, ADA)
    with pytest.raises(Refused, match="wrong_state"):
        await client.run(document, {"id": keys[0]}, ADA)


async def test_a_repeated_key_gives_the_first_answer(client: GraphqlClient) -> None:  # noqa: F811
    given = {"a": {"name": "a"}, "b": {"name": "b"}}
    bodies = [
        (await sent(
            client, {"query": TWO % "", "variables": given}, ADA, **{"idempotency-key": "k"}
        )).content
        for _ in range(2)
    ]  # fmt: skip
    assert bodies[0] == bodies[1]
    assert await labels(client) == ["a", "b"]
    changed = {**given, "a": {"name": "c"}}
    again = await sent(
        client, {"query": TWO % "", "variables": changed}, ADA, **{"idempotency-key": "k"}
    )
    assert {error["extensions"]["code"] for error in again.json()["errors"]} == {"key_reused"}


async def test_deleted_rows_are_told_by_their_identifiers(
    client: GraphqlClient,  # noqa: F811
) -> None:
    rows = await client.create_all("Sample", [{"name": name} for name in "abc"])
    keys = [f"Sample:{row['id']}" for row in rows]
    found = await client.run(
        "mutation($id: ID!, $ids: [ID!]!) { one: deleteSample(id: $id) { deletedId } "
        "more: deleteSamples(ids: $ids) { deletedIds __typename } }",
        {"id": keys[0], "ids": keys[1:]},
    )
    assert found == {
        "one": {"deletedId": keys[0]},
        "more": {"deletedIds": keys[1:], "__typename": "DeleteSamplesPayload"},
    }
    assert await labels(client) == []


@pytest.mark.parametrize("key", ["", "x", "Project:", "Project:x", "User:ada", "Sample:\0", "5"])
async def test_an_identifier_of_nothing_leads_nowhere(
    client: GraphqlClient, key: str  # noqa: F811
) -> None:  # fmt: skip
    for field in ("sample(id: $id) { id }", "node(id: $id) { __typename ... on Sample { id } }"):
        found = await client.run(f"query($id: ID!) {{ found: {field} }}", {"id": key}, BOB)
        assert found["found"] is None
    document = "mutation($id: ID!) { deleteSample(id: $id) { deletedId } }"
    with pytest.raises(Refused, match="not_found"):
        await client.run(document, {"id": key}, BOB)


@pytest.mark.parametrize(
    ("value", "code"),
    [("x", "wrong_format"), ("Sample:x", "no_such_reference"), (5, "wrong_type")],
)
async def test_a_reference_is_an_identifier_of_its_type(
    client: GraphqlClient, value: Any, code: str  # noqa: F811
) -> None:  # fmt: skip
    document = "mutation($v: ID!) { createNote(input: {projectId: $v, body: 1}) { __typename } }"
    document = document.replace("body: 1", 'body: "b"')
    with pytest.raises(Refused) as refused:
        await client.run(document, {"v": value}, ADA)
    assert (code, "/project_id") in {(flaw.code, flaw.at) for flaw in refused.value.flaws}


async def test_what_a_write_shows_has_no_values_of_its_own(
    client: GraphqlClient,  # noqa: F811
) -> None:
    document = (
        'mutation { createProject(input: {name: "p", code: "p"}) { project { '
        'tasks(filter: {title: {eq: "x"}}) { totalCount } } } }'
    )
    with pytest.raises(Refused, match="invalid_parameter"):
        await client.run(document, {}, ADA)
    assert (await client.page("Project", ADA)).items == []


async def test_a_pointer_leads_into_the_input_as_it_was_sent(
    client: GraphqlClient, served: Served  # noqa: F811
) -> None:  # fmt: skip
    document = "mutation($input: [CreateSampleInput!]!) { createSamples(input: $input) "
    document += "{ samples { id } } }"
    given = {"input": [{"name": "a"}, {"name": "b", "extra": {"my_own": ["a\0"]}}]}
    answer = (await sent(client, {"query": document, "variables": given})).json()
    (flaw,) = answer["errors"][0]["extensions"]["flaws"]
    assert flaw["pointer"] == "/input/1/extra/my_own/0"
    owned = {"projectId": "Project:x", "body": "b"}
    document = "mutation($input: CreateNoteInput!) { createNote(input: $input) { __typename } }"
    answer = (await sent(client, {"query": document, "variables": {"input": owned}}, ADA)).json()
    (flaw,) = answer["errors"][0]["extensions"]["flaws"]
    assert flaw["pointer"] == "/input/projectId"
