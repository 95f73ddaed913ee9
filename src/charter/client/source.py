"""What every file that is written out begins with, and the files that are the same for all."""

from collections.abc import Iterator, Mapping
from importlib.resources import files

from charter.client.model import Model

MARK = "Written by `charter client`; do not edit it, write it anew."
"""Stands in the first line of each file, so that no other is written over."""


def note(model: Model) -> Iterator[str]:
    """Who wrote it, and from what."""
    yield MARK
    yield f"Contract: {model.name} {model.version}, sha256:{model.digest}"


def files_of(language: str, ending: str, comment: str) -> Mapping[str, str]:
    """The source of a runtime, by the names of its files, with the mark in a comment."""
    folder = files("charter.client.runtime").joinpath(language)
    found = [item for item in folder.iterdir() if item.name.endswith(ending)]
    return {
        item.name: f"{comment} {MARK}\n{item.read_text(encoding='utf-8')}"
        for item in sorted(found, key=lambda item: item.name)
    }
