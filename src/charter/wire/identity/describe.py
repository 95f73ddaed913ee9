"""The endpoints of accounts and sessions in the OpenAPI document."""

from collections.abc import Iterable, Iterator
from typing import Any

from charter.contract.command import Parameter
from charter.contract.contract import Contract
from charter.contract.types import Scalar
from charter.plan.drafts import Mode
from charter.wire.cookies import SESSION
from charter.wire.identity.endpoint import Endpoint, Needs
from charter.wire.identity.endpoints import endpoints_of
from charter.wire.identity.forms import FORM
from charter.wire.identity.parse import LONGEST_KEY
from charter.wire.identity.schemas import ANSWERS
from charter.wire.rest.bodies import JSON
from charter.wire.rest.describe import responses as res
from charter.wire.rest.describe.schemas import body_schema, ref
from charter.wire.rest.describe.values import JSON_VALUE, NO_NUL, Schema, given, nullable
from charter.wire.rest.negotiate import JSON_ONLY

TAG = {"name": "Auth", "description": "Accounts, sessions, second factors and keys."}
COOKIE_SCHEME = {"type": "apiKey", "in": "cookie", "name": SESSION}
_PREFIX = "Auth."
_ID: Schema = {
    "type": "string", "minLength": 1, "maxLength": LONGEST_KEY, "pattern": r"^[^\u0000/]+$",
}  # fmt: skip
_FORM: Schema = {"type": "object", "additionalProperties": {"type": "string"}}
_JSON = "JsonValue"
SCOPES = "scopes"
"""The member with scopes of the contract: which there are is known with it only."""
_ALWAYS = (400, 403, 404, 414, 421, 429, 431, 500, 503)
_REDIRECTS = (302, 303)
_OF_BODIES = (408, 413, 415, 422)


def identity_schemas(contract: Contract) -> dict[str, Schema]:
    """The named schemas; none where the contract has no accounts."""
    if contract.accounts is None:
        return {}
    bodies = {
        _body_name(endpoint): _body_schema(contract, endpoint)
        for endpoint in endpoints_of(contract)
        if endpoint.inputs is not None
    }
    return {**bodies, **ANSWERS, _JSON: JSON_VALUE}


def identity_paths(contract: Contract, prefix: str) -> dict[str, dict[str, Any]]:
    """The operations by path and method; none where the contract has no accounts."""
    found: dict[str, dict[str, Any]] = {}
    if contract.accounts is not None:
        for endpoint in endpoints_of(contract):
            methods = found.setdefault(f"{prefix}/auth/{endpoint.path}", {})
            methods[endpoint.method.lower()] = _operation(endpoint)
    return found


def _operation(endpoint: Endpoint) -> dict[str, Any]:
    summary = endpoint.doc.partition(". ")[0].removesuffix(".")
    found: dict[str, Any] = {
        "operationId": f"auth_{endpoint.name}",
        "summary": summary,
        "description": endpoint.doc,
        "tags": [TAG["name"]],
    }
    if parameters := list(_parameters(endpoint)):
        found["parameters"] = parameters
    if endpoint.inputs is not None:
        kind = FORM if endpoint.form else JSON
        body = {"schema": ref(_body_name(endpoint))}
        found["requestBody"] = {"required": True, "content": {kind: body}}
    if endpoint.relays and endpoint.method == "POST":
        found["requestBody"] = {"required": True, "content": {FORM: {"schema": _FORM}}}
    found["responses"] = {
        str(endpoint.status): _answer(endpoint),
        **_instead(endpoint),
        **_problems(endpoint),
    }
    found["security"] = (
        [{}] if endpoint.needs is Needs.NOTHING else [{"bearer": []}, {"cookie": []}]
    )
    return found


def _parameters(endpoint: Endpoint) -> Iterator[dict[str, Any]]:
    if "{id}" in endpoint.path:
        yield {"name": "id", "in": "path", "required": True, "schema": _ID}
    for item in endpoint.queries:
        described = {"description": item.doc} if item.doc else {}
        yield {"name": item.name, "in": "query", "schema": given(item.type), **described}


def _answer(endpoint: Endpoint) -> res.Response:
    if endpoint.status in _REDIRECTS:
        return res.empty("Go there.", "Location")
    if endpoint.answer is None:
        return res.empty("Done." if endpoint.status == 204 else "Taken; a letter may follow.")
    return res.shown("Done.", ref(_PREFIX + endpoint.answer), JSON_ONLY)


def _instead(endpoint: Endpoint) -> dict[str, res.Response]:
    """What a program gets where a browser is sent on, or a browser where a program gets tokens."""
    if endpoint.bare:
        return {"204": res.empty("Done; the session in the cookie goes on.")}
    if not endpoint.relays:
        return {}
    shown = res.shown("Done.", ref(f"{_PREFIX}{endpoint.answer}"), JSON_ONLY)
    return {"200": shown, "202": res.empty("A letter asks for a proof of the address.")}


def _problems(endpoint: Endpoint) -> dict[str, res.Response]:
    statuses: Iterable[int] = (*_ALWAYS, *endpoint.problems)
    if endpoint.needs is not Needs.NOTHING:
        statuses = (*statuses, 401)
    if endpoint.inputs is not None or endpoint.relays:
        statuses = (*statuses, *_OF_BODIES)
    found = res.problems(sorted(set(statuses)))
    return {**found, "429": _too_many()}


def _too_many() -> res.Response:
    """The limits of requests have fields that tell of them; the slowing down of guesses has
    none, since it is not to tell how far it is."""
    fields = {"Retry-After": {**res.HEADERS["Retry-After"], "required": True}}
    found = res.problem(429)
    return {**found, "headers": fields}


def _body_name(endpoint: Endpoint) -> str:
    words = "".join(word.capitalize() for word in endpoint.name.split("_"))
    return f"{_PREFIX}{words}Body"


def _body_schema(contract: Contract, endpoint: Endpoint) -> Schema:
    forms = [inputs for inputs in (endpoint.inputs or (), endpoint.instead) if inputs]
    schemas = [_members(contract, inputs) for inputs in forms]
    if endpoint.account:
        resource = contract.resource_named[contract.user]
        fields = body_schema(contract, resource, Mode.CREATE)
        own = schemas[0]
        required = sorted({*fields.get("required", ()), *own["required"]})
        properties = {**fields["properties"], **own["properties"]}
        return {**own, "properties": properties, "required": required}
    return schemas[0] if len(schemas) == 1 else {"anyOf": schemas}


def _members(contract: Contract, inputs: Iterable[Parameter]) -> Schema:
    items = tuple(inputs)
    return {
        "type": "object",
        "properties": {item.name: _member(contract, item) for item in items},
        "required": list(_required(items)),
        "additionalProperties": False,
    }


def _member(contract: Contract, item: Parameter) -> Schema:
    if item.type.scalar is Scalar.JSON:
        schema: Schema = {
            "type": "object",
            "propertyNames": {"pattern": NO_NUL},
            "additionalProperties": ref(_JSON),
        }
    elif item.name == SCOPES:
        choices = {"type": "string", "enum": sorted(contract.scopes)}
        schema = {**given(item.type), "items": choices}
    else:
        schema = given(item.type)
    found = nullable(schema) if item.optional else schema
    return {**found, "description": item.doc} if item.doc else found


def _required(inputs: Iterable[Parameter]) -> Iterator[str]:
    return (item.name for item in inputs if item.required)
