"""The routes of a service, as its OpenAPI document tells them to everybody."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tests.identity.people import Place

METHODS = ("get", "put", "post", "patch", "delete")
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Route:
    """One operation: its path below `/v1/`, and a body that its schema allows."""

    method: str
    path: str
    open: bool
    """Whether it takes no credentials."""
    body: Any = None
    form: bool = False
    parameters: tuple[str, ...] = ()
    """The names of the parts of its path."""

    @property
    def writes(self) -> bool:
        return self.method != "GET"

    def at(self, keys: Mapping[str, str]) -> str:
        """The path with these keys in it."""
        path = self.path
        for name in self.parameters:
            path = path.replace(f"{{{name}}}", keys[name])
        return path


async def routes_of(place: Place) -> list[Route]:
    """All that can be called."""
    document = (await place.client.get("/openapi.json")).json()
    return list(_routes(document))


def _routes(document: Mapping[str, Any]) -> Iterator[Route]:
    for path, item in document["paths"].items():
        for method in METHODS:
            if method not in item:
                continue
            operation = item[method]
            content = operation.get("requestBody", {}).get("content", {})
            media = next(iter(content), None)
            body = None if media is None else sample(content[media]["schema"], document)
            yield Route(
                method.upper(),
                path.removeprefix("/v1/"),
                operation.get("security") == [{}],
                body,
                media == FORM,
                tuple(part[1:-1] for part in path.split("/") if part.startswith("{")),
            )


def sample(schema: Mapping[str, Any], document: Mapping[str, Any]) -> Any:
    """The least value that a schema allows."""
    if "$ref" in schema:
        found: Any = document
        for name in schema["$ref"].removeprefix("#/").split("/"):
            found = found[name]
        return sample(found, document)
    for choices in ("oneOf", "anyOf"):
        if choices in schema:
            return sample(schema[choices][0], document)
    if "allOf" in schema:
        parts = [sample(part, document) for part in schema["allOf"]]
        return {name: value for part in parts for name, value in part.items()}
    if "const" in schema or "enum" in schema:
        return schema.get("const", next(iter(schema.get("enum", ())), None))
    return _plain(schema, document)


def _plain(schema: Mapping[str, Any], document: Mapping[str, Any]) -> Any:
    kind = schema.get("type")
    match kind[0] if isinstance(kind, list) else kind:
        case "object":
            properties = schema.get("properties", {})
            return {name: sample(properties[name], document) for name in schema.get("required", ())}
        case "array":
            return [sample(schema["items"], document)] if schema.get("minItems") else []
        case "integer" | "number":
            return schema.get("minimum", 1)
        case "boolean":
            return True
        case "string" if schema.get("format") == "email":
            return "somebody@example.com"
        case "string" if schema.get("format") == "uuid":
            return "0199a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b"
        case "string":
            return "copper lantern drifting north"[: schema.get("maxLength", 30)]
        case _:
            return {}
