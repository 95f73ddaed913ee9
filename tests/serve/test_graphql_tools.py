"""The GraphQL interface under tools of others: the audits of graphql-http, the Relay compiler, and
GraphiQL in a browser."""

from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from charter.cli.main import main
from tests.support.browser import chromium, needs_chromium, opened
from tests.support.charter import Running, running
from tests.support.graphql.tools import audits, needs_tools, relay_compiled

ROOT = Path(__file__).parents[2]
SHOP = ROOT / "examples" / "shop" / "contract.py"
STUDIO = ROOT / "tests" / "behaviour" / "contract.py"

RELAY = {
    "relay.config.json": """
{"src": ".", "schema": "./schema.graphql", "language": "typescript", "eagerEsModules": true,
 "customScalarTypes": {"Decimal": "string", "UUID": "string", "Date": "string",
 "DateTime": "string", "Long": "number", "JSON": "unknown"}}
""",
    "app.ts": """
import { graphql } from "relay-runtime";

export const list = graphql`
  fragment app_products on Query
  @refetchable(queryName: "app_productsNext")
  @argumentDefinitions(first: { type: "Int", defaultValue: 10 }, after: { type: "String" }) {
    products(first: $first, after: $after, sort: [{ field: PRICE, direction: DESC }])
      @connection(key: "app_products") {
      edges { node { id name ...app_product } }
    }
  }`;

export const product = graphql`
  fragment app_product on Product @refetchable(queryName: "app_productNext") {
    name
    price
    can
  }`;

export const page = graphql`
  query appQuery($id: ID!) {
    ...app_products
    node(id: $id) { __typename id ...app_product @alias }
  }`;

export const make = graphql`
  mutation appMutation($input: CreateProductInput!, $connections: [ID!]!) {
    createProduct(input: $input) {
      product @appendNode(connections: $connections, edgeTypeName: "ProductEdge") { id name }
    }
  }`;

export const follow = graphql`
  subscription appSubscription($after: String, $connections: [ID!]!) {
    products(after: $after) {
      position
      reset
      changes {
        kind
        node @appendNode(connections: $connections, edgeTypeName: "ProductEdge") {
          id
          ...app_product
        }
        removedId @deleteEdge(connections: $connections) @deleteRecord
      }
    }
  }`;

export const drop = graphql`
  mutation appDropMutation($id: ID!, $connections: [ID!]!) {
    deleteProduct(id: $id) { deletedId @deleteEdge(connections: $connections) @deleteRecord }
  }`;
""",
}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(SHOP, tmp_path_factory.mktemp("shop")) as service:
        yield service


@needs_tools
def test_every_audit_of_graphql_over_http_passes(shop: Running) -> None:
    found = audits(f"{shop.url}/graphql")
    assert len(found) > 50
    assert [item for item in found if item["status"] != "ok"] == []


@needs_tools
def test_the_relay_compiler_takes_the_schema(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["design", str(SHOP), "--sdl"]) == 0
    (tmp_path / "schema.graphql").write_text(capsys.readouterr().out, encoding="utf-8")
    for name, text in RELAY.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "package.json").write_text("{}", encoding="utf-8")
    done = relay_compiled(tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    made = {item.name for item in (tmp_path / "__generated__").iterdir()}
    wanted = {"appQuery", "app_productsNext", "appSubscription"}
    assert {f"{name}.graphql.ts" for name in wanted} <= made


def test_the_schema_is_the_same_each_time(capsys: pytest.CaptureFixture[str]) -> None:
    texts = []
    for _ in range(2):
        assert main(["design", str(SHOP), "--sdl"]) == 0
        texts.append(capsys.readouterr().out)
    assert texts[0] == texts[1]
    assert "type Product implements Node {" in texts[0]


@needs_chromium
def test_graphiql_shows_the_schema_and_runs_queries(shop: Running) -> None:
    with chromium() as browser, opened(browser, shop.url) as watched:
        page = watched.page
        page.goto("/graphql")
        page.locator(".graphiql-query-editor .CodeMirror").click()
        page.keyboard.press("ControlOrMeta+a")
        page.keyboard.type("{ __typename products { totalCount ")
        page.locator("button.graphiql-execute-button").click()
        page.get_by_text('"totalCount": 0').wait_for()


@needs_chromium
def test_graphiql_follows_what_a_subscription_tells(tmp_path: Path) -> None:
    with (
        running(STUDIO, tmp_path, database=f"sqlite:///{tmp_path / 'studio.db'}") as studio,
        chromium() as browser,
        opened(browser, studio.url) as watched,
    ):
        page = watched.page
        page.goto("/graphql")
        page.locator(".graphiql-query-editor .CodeMirror").click()
        page.keyboard.press("ControlOrMeta+a")
        page.keyboard.type("subscription { samples { ready changes { kind node { name ")
        execute = page.locator("button.graphiql-execute-button")
        execute.click()
        page.get_by_text('"ready": true').wait_for()
        httpx2.post(f"{studio.url}/v1/samples", json={"name": "Lamp"}).raise_for_status()
        page.get_by_text('"name": "Lamp"').wait_for()
        execute.click()
        httpx2.post(f"{studio.url}/v1/samples", json={"name": "Late"}).raise_for_status()
        # What comes next shows that it has ended: the button begins it anew.
        execute.click()
        page.get_by_text('"ready": true').wait_for()
        page.get_by_text('"name": "Late"').wait_for()
