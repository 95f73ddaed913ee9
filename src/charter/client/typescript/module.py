"""A client in TypeScript, as files."""

from collections.abc import Iterator, Mapping

from charter.client.model import Model
from charter.client.source import files_of, note
from charter.client.typescript.places import places
from charter.client.typescript.types import spelling, types


def typescript_client(model: Model) -> Mapping[str, str]:
    """The texts of the files of a client, by their paths."""
    return {
        "index.ts": "\n".join(_index(model)) + "\n",
        "api.ts": "\n".join(_api(model)) + "\n",
        **{f"runtime/{name}": text for name, text in files_of("typescript", ".ts", "//").items()},
    }


def _api(model: Model) -> Iterator[str]:
    spelt = spelling(model)
    yield from (f"// {line}" for line in note(model))
    yield ""
    yield 'import * as rt from "./runtime/index.js";'
    yield ""
    yield from types(model, spelt)
    yield from places(model, spelt)


def _index(model: Model) -> Iterator[str]:
    yield from (f"// {line}" for line in note(model))
    yield ""
    yield 'export * from "./api.js";'
    yield 'export * as rt from "./runtime/index.js";'
