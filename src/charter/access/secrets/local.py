"""Secrets of this machine: environment variables and files."""

import re
from collections.abc import Mapping
from pathlib import Path

from charter.access.secrets.reference import Reference, SecretError

LARGEST = 1 << 16
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)


def from_environment(where: Reference, environment: Mapping[str, str]) -> str:
    """`env:NAME`."""
    if _NAME.fullmatch(where.path) is None:
        raise SecretError("env: is followed by the name of an environment variable")
    value = environment.get(where.path)
    if value is None:
        raise SecretError(f"{where}: the environment variable is not set")
    return value


def from_file(where: Reference, environment: Mapping[str, str]) -> str:
    """`file:/path` (or `file:///path`, or relative): the text of a file as Docker and Kubernetes
    mount them, without the line's end at its end."""
    path = where.path.removeprefix("//")
    try:
        with Path(path).open("rb") as file:
            data = file.read(LARGEST + 1)
    except OSError as error:
        raise SecretError(f"file:{path}: {error.strerror or 'cannot be read'}") from None
    if len(data) > LARGEST:
        raise SecretError(f"file:{path}: larger than {LARGEST} bytes")
    try:
        text = data.decode()
    except UnicodeDecodeError:
        raise SecretError(f"file:{path}: not UTF-8") from None
    return text.removesuffix("\n").removesuffix("\r")
