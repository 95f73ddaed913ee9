"""The OpenAPI document has every endpoint, and every endpoint has a flow."""

from typing import Any

from openapi_spec_validator import validate

from charter.serve.identity.identity import FLOWS
from charter.serve.identity.letters import LETTERS, Letters
from charter.wire.identity.endpoints import ENDPOINTS, endpoints_of
from charter.wire.identity.schemas import ANSWERS
from charter.wire.rest.describe.document import document
from charter.wire.rest.settings import RestSettings
from tests.identity.shop import shop


def test_every_endpoint_has_a_flow() -> None:
    assert FLOWS.keys() == {endpoint.name for endpoint in ENDPOINTS}


def test_every_answer_is_described() -> None:
    named = {f"Auth.{endpoint.answer}" for endpoint in ENDPOINTS if endpoint.answer}
    assert named <= ANSWERS.keys()


def test_the_document_is_one_of_openapi() -> None:
    found: dict[str, Any] = document(shop.build(), RestSettings())
    validate(found)
    paths = {f"/v1/auth/{endpoint.path}" for endpoint in endpoints_of(shop.build())}
    assert paths <= found["paths"].keys()
    body = found["components"]["schemas"]["Auth.RegisterBody"]
    assert body["properties"].keys() == {"name", "phone", "nickname", "email", "password"}
    assert body["required"] == ["email", "password"]


def test_letters_say_nothing_that_strangers_chose() -> None:
    letters = Letters("shop", "https://shop.example/account/")
    for kind in LETTERS:
        letter = letters.write(kind, "ann@example.com", "cho_token")
        assert "{" not in letter.subject + letter.text
        assert ("#token=cho_token" in letter.text) is ("#token=cho_token" in letter.html)
