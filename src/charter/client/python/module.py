"""A client in Python, as files."""

import re
from collections.abc import Iterator, Mapping

from charter.client.model import Model
from charter.client.naming import client_type
from charter.client.python.places import places
from charter.client.python.sync import synchronous
from charter.client.python.text import bracketed, docstring, quoted
from charter.client.python.types import IMPORTED, Spelling, spelling, types
from charter.client.source import files_of, note

_API = "api.py"


def python_client(model: Model, *, sync: bool = False) -> Mapping[str, str]:
    """The texts of the files of a client, by their paths; one that awaits nothing is `sync`."""
    spelt = spelling(model, sync=sync)
    runtime = dict(files_of("python", ".py", "#"))
    if sync:
        runtime = {name: synchronous(text) for name, text in runtime.items()}
        runtime |= files_of("python_sync", ".py", "#")
    return {
        "__init__.py": "\n".join(_package(model, spelt)) + "\n",
        _API: "\n".join(_api(model, spelt)) + "\n",
        "py.typed": "",
        **{f"runtime/{name}": text for name, text in runtime.items()},
    }


def _api(model: Model, spelt: Spelling) -> Iterator[str]:
    yield from (f"# {line}" for line in note(model))
    yield from docstring(f"A client of {model.name} {model.version}.", "")
    yield ""
    yield "from __future__ import annotations"
    yield ""
    body = [*types(model, spelt), *places(model, spelt)]
    known = set(re.findall(r"\w+", "\n".join(body)))
    for module, names in IMPORTED.items():
        used = [name for name in names if name in known]
        if used:
            yield f"from {module} import {', '.join(used)}"
    yield from ("", "from . import runtime as rt", "")
    yield from body


def _package(model: Model, spelt: Spelling) -> Iterator[str]:
    yield from (f"# {line}" for line in note(model))
    yield from docstring(f"A client of {model.name} {model.version}.", "")
    yield ""
    kinds = [
        *(row.name for row in model.rows),
        *(failure.name for failure in model.failures),
        *(struct.name for struct in model.structs),
    ]
    inputs = [call.input.name for call in model.all_calls if call.input is not None]
    filters = [f"{row.name}.Where" for row in model.rows]
    named = [spelt.names[name] for name in (client_type(model), *kinds, *inputs, *filters)]
    public = sorted({*named, *spelt.choices.values()})
    yield from bracketed("from .api import (", _sorted(public), ")", apart=True)
    shared = ["NotShown", "Problem", "Retries", "Unreachable", "etag"]
    shared = [name for name in shared if name not in public]
    yield f"from .runtime import {', '.join(shared)}"
    yield ""
    yield from bracketed(
        "__all__ = [", [quoted(name) for name in sorted([*public, *shared])], "]", apart=True
    )


def _sorted(names: list[str]) -> list[str]:
    """As isort has them: constants first, then classes."""
    return sorted(names, key=lambda name: (not (name.isupper() and len(name) > 1), name))
