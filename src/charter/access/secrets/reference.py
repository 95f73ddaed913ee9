"""Addresses of secrets: `env:NAME`, `file:/path`, `vault://…`, `aws-sm://…`, `gcp-sm://…`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from urllib.parse import parse_qsl, unquote

SCHEMES = ("env:", "file:", "vault://", "aws-sm://", "gcp-sm://")
LONGEST = 2048


class SecretError(ValueError):
    """A secret that cannot be had: where it should be and why, never what it is."""


@dataclass(frozen=True, slots=True)
class Reference:
    """Where a secret is. `path` is what follows the scheme, up to `?` or `#`."""

    scheme: str
    path: str
    options: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """What stands behind `?`."""
    key: str | None = None
    """Which member of a secret of several: `#key`, or `key` among the options."""

    def __str__(self) -> str:
        return f"{self.scheme}{self.path}"


def reference(text: str, allowed: frozenset[str] = frozenset({"key"})) -> Reference | None:
    """The reference that a text is, or None where it is a value itself. SecretError for one that
    names nothing, or has an option that is not allowed."""
    scheme = next((each for each in SCHEMES if text.startswith(each)), None)
    if scheme is None:
        return None
    rest = text.removeprefix(scheme)
    if len(text) > LONGEST or any(character < " " or character == "\x7f" for character in text):
        raise SecretError(f"an address that begins with {scheme} is too long, or has control codes")
    if scheme in ("env:", "file:"):
        # A file may have any name: nothing stands behind it.
        if not rest:
            raise SecretError(f"{scheme} names nothing")
        return Reference(scheme, rest)
    rest, _, fragment = rest.partition("#")
    path, _, query = rest.partition("?")
    options = dict(parse_qsl(query, keep_blank_values=True))
    unknown = sorted(options.keys() - allowed - OPTIONS.get(scheme, frozenset()))
    if unknown:
        raise SecretError(f"{scheme}: there is no option {unknown[0]!r}")
    if not path.strip("/") or "@" in path.split("/")[0]:
        raise SecretError(f"{scheme} names nothing, or has a user in it")
    option = options.pop("key", "")
    key = unquote(fragment) or option or None
    return Reference(scheme, unquote(path), MappingProxyType(options), key)


OPTIONS: Mapping[str, frozenset[str]] = {"aws-sm://": frozenset({"region"})}
"""The options of each scheme beside `key`."""
