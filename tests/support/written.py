"""Clients of contracts as `charter client` writes them, imported as soon as they are written."""

import importlib
import sys
from collections.abc import Mapping
from itertools import count
from pathlib import Path
from types import ModuleType

from charter.client.python.module import python_client
from charter.client.reading import model_of
from charter.contract.contract import Contract
from charter.wire.rest.settings import RestSettings

_NUMBERS = count()


def put(folder: Path, texts: Mapping[str, str]) -> Path:
    """Write the files of a client into a folder."""
    for name, text in texts.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def imported(contract: Contract, folder: Path, *, sync: bool = False) -> ModuleType:
    """The Python client of a contract, as a package that no other test has."""
    name = f"written_{next(_NUMBERS)}"
    put(folder / name, python_client(model_of(contract, RestSettings()), sync=sync))
    sys.path.insert(0, str(folder))
    try:
        importlib.invalidate_caches()
        return importlib.import_module(name)
    finally:
        sys.path.remove(str(folder))
