"""What a client can know before it asks: the OpenAPI document of a contract."""

import json
import re
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from charter.contract.contract import Contract
from charter.wire.rest.describe.document import openapi
from charter.wire.rest.routes import routes_of
from charter.wire.rest.settings import RestSettings
from examples.music.contract import music
from examples.shop.contract import shop
from examples.todo.contract import todo

SETTINGS = RestSettings()
CONTRACTS = {"todo": todo.build(), "shop": shop.build(), "music": music.build()}
SHOP: dict[str, Any] = json.loads(openapi(CONTRACTS["shop"], SETTINGS))
SCHEMAS: dict[str, Any] = SHOP["components"]["schemas"]


def parameters(path: str, method: str) -> dict[str, Any]:
    shared = SHOP["components"]["parameters"]
    found = SHOP["paths"][path][method]["parameters"]
    listed = [shared[item["$ref"].rpartition("/")[2]] if "$ref" in item else item for item in found]
    assert len({(item["in"], item["name"]) for item in listed}) == len(listed)
    return {item["name"]: item for item in listed}


@pytest.mark.parametrize("contract", CONTRACTS.values(), ids=CONTRACTS)
def test_the_document_is_openapi_3_1(contract: Contract) -> None:
    document = json.loads(openapi(contract, SETTINGS))
    assert not [str(error) for error in OpenAPIV31SpecValidator(document).iter_errors()]


@pytest.mark.parametrize("contract", CONTRACTS.values(), ids=CONTRACTS)
def test_the_same_contract_gives_the_same_bytes(contract: Contract) -> None:
    assert openapi(contract, SETTINGS) == openapi(contract, SETTINGS)


@pytest.mark.parametrize("contract", CONTRACTS.values(), ids=CONTRACTS)
def test_every_route_is_described_and_has_a_name_of_its_own(contract: Contract) -> None:
    document = json.loads(openapi(contract, SETTINGS))
    served = {
        (route.template, method.lower())
        for route in routes_of(contract, SETTINGS.prefix)
        for method in route.methods
        if method != "HEAD"
    }
    described = {(path, method) for path, item in document["paths"].items() for method in item}
    own = f"{SETTINGS.prefix}/auth/"
    assert {item for item in described if not item[0].startswith(own)} == served
    names = [
        operation["operationId"]
        for item in document["paths"].values()
        for operation in item.values()
    ]
    assert len(set(names)) == len(names)


def test_names_of_operations_can_be_relied_on() -> None:
    paths = SHOP["paths"]
    assert paths["/v1/orders"]["get"]["operationId"] == "list_orders"
    assert paths["/v1/orders/{id}"]["patch"]["operationId"] == "update_order"
    assert paths["/v1/orders/{id}/place"]["post"]["operationId"] == "place_order"
    lines = paths["/v1/orders/{id}/lines/{part_id}"]
    assert lines["get"]["operationId"] == "read_line_of_order"


def test_an_order_is_created_with_what_a_client_may_set() -> None:
    new = SCHEMAS["Order.New"]
    assert new["additionalProperties"] is False
    assert new["properties"].keys() == {"customer_id", "note", "lines"}
    assert "required" not in new
    assert new["properties"]["lines"]["items"] == {"$ref": "#/components/schemas/OrderLine.New"}
    line = SCHEMAS["OrderLine.New"]
    assert line["properties"].keys() == {"product_id", "quantity"}
    assert line["required"] == ["product_id", "quantity"]
    assert line["properties"]["quantity"]["minimum"] == 1


def test_what_is_set_once_is_in_no_change() -> None:
    assert "sku" in SCHEMAS["Product.New"]["properties"]
    assert "sku" not in SCHEMAS["Product.Change"]["properties"]
    assert "sku" not in SCHEMAS["Product.Replacement"]["properties"]


def test_a_row_is_shown_with_its_computed_fields_and_relations() -> None:
    shown = SCHEMAS["Order"]
    assert shown["additionalProperties"] is False
    assert {"id", "status", "total", "version", "lines", "customer"} <= shown["properties"].keys()
    assert shown["properties"]["status"]["enum"] == ["draft", "placed", "shipped", "cancelled"]
    assert shown["properties"]["placed_at"]["type"] == ["string", "null"]


def test_a_row_can_tell_that_a_list_in_it_is_cut() -> None:
    properties = SCHEMAS["Order"]["properties"]
    assert properties["lines_cut"]["type"] == "boolean"
    assert "`orders/{id}/lines`" in properties["lines_cut"]["description"]
    assert "customer_cut" not in properties


def test_filters_are_typed() -> None:
    found = parameters("/v1/products", "get")
    assert found["stock[gte]"]["schema"]["type"] == "integer"
    assert found["active"]["schema"] == {"type": "boolean"}
    assert found["category_id[in]"]["schema"]["items"]["format"] == "uuid"
    assert "name[ilike]" in found
    assert "sku[ilike]" not in found
    assert "search" in found
    assert "search" not in parameters("/v1/orders", "get")
    assert found["limit"]["schema"]["maximum"] == SETTINGS.max_limit


@pytest.mark.parametrize("contract", CONTRACTS.values(), ids=CONTRACTS)
def test_all_tests_of_a_list_can_be_used_together(contract: Contract) -> None:
    document = json.loads(openapi(contract, SETTINGS))
    words = {"sort", "limit", "fields", "include", "search"}
    for item in document["paths"].values():
        names = [found.get("name") for found in item.get("get", {}).get("parameters", [])]
        tests = [name for name in names if name is not None and name not in words]
        assert len(tests) <= SETTINGS.max_conditions + 2


def test_a_batch_lists_what_its_operations_can_be() -> None:
    options = SCHEMAS["Batch"]["properties"]["operations"]["items"]["anyOf"]
    titles = {option["title"]: option for option in options}
    place = titles["POST /v1/orders/{id}/place"]["properties"]
    assert re.search(place["path"]["pattern"], "/v1/orders/{a.id}/place")
    key = "0199c0de-0000-7000-8000-000000000001"
    assert re.search(place["path"]["pattern"], f"/v1/orders/{key}/place")
    assert not re.search(place["path"]["pattern"], "/v1/orders/x/place")
    assert place["body"] == {"$ref": "#/components/schemas/Order.Place"}
    assert "GET /v1/orders" not in titles


def test_conditions_and_idempotency_are_offered_where_they_work() -> None:
    assert "If-None-Match" in parameters("/v1/orders/{id}", "get")
    assert "If-Match" in parameters("/v1/orders/{id}", "patch")
    assert "Idempotency-Key" in parameters("/v1/orders", "post")
    assert "Idempotency-Key" in parameters("/v1/orders/{id}", "patch")
    assert "ETag" in SHOP["paths"]["/v1/orders/{id}"]["get"]["responses"]["200"]["headers"]
    assert "Location" in SHOP["paths"]["/v1/orders"]["post"]["responses"]["201"]["headers"]


def test_what_anybody_may_do_needs_no_credentials() -> None:
    bearer: dict[str, Any] = {"bearer": []}
    assert SHOP["paths"]["/v1/products"]["get"]["security"] == [{}, bearer]
    assert SHOP["paths"]["/v1/products"]["post"]["security"] == [bearer]
    assert SHOP["paths"]["/v1/orders"]["get"]["security"] == [bearer]
    assert SHOP["paths"]["/v1/orders/{id}/place"]["post"]["security"] == [bearer]


def test_the_errors_of_a_command_are_its_answers() -> None:
    conflict = SHOP["paths"]["/v1/orders/{id}/place"]["post"]["responses"]["409"]
    (content,) = conflict["content"].values()
    options = [item["$ref"] for item in content["schema"]["anyOf"]]
    assert "#/components/schemas/Error.OutOfStock" in options
    assert "out_of_stock" in conflict["description"]
    members = SCHEMAS["Error.OutOfStock"]["allOf"][1]["properties"]
    assert members.keys() == {"code", "product_id", "left"}


def test_every_problem_that_can_come_is_a_problem() -> None:
    for item in SHOP["paths"].values():
        for operation in item.values():
            for status, answer in operation["responses"].items():
                if status >= "400":
                    name = answer.get("$ref", "").rpartition("/")[2]
                    found = SHOP["components"]["responses"].get(name, answer)
                    assert found["content"].keys() == {"application/problem+json"}
