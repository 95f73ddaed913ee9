"""The table of settings: each with its flag, environment variable and TOML key.

Made from the settings' own classes, so that nothing is listed twice.
"""

import ast
import inspect
import json
import textwrap
import types
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, dataclass, fields
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any, Union, get_args, get_origin, get_type_hints

from charter.access.rates.settings import RatesSettings
from charter.access.settings import AccessSettings
from charter.serve.settings.cors import CorsSettings
from charter.serve.settings.identity import IdentitySettings
from charter.serve.settings.live import LiveSettings
from charter.serve.settings.model import ServeSettings
from charter.store.settings import StoreSettings
from charter.wire.graphql.settings import GraphqlSettings
from charter.wire.grpc.settings import GrpcSettings
from charter.wire.rest.settings import RestSettings

SECTIONS: dict[str, type[Any]] = {
    "serve": ServeSettings,
    "store": StoreSettings,
    "auth": AccessSettings,
    "rest": RestSettings,
    "graphql": GraphqlSettings,
    "grpc": GrpcSettings,
    "identity": IdentitySettings,
    "rates": RatesSettings,
    "cors": CorsSettings,
    "live": LiveSettings,
}
"""The parts of `Settings`. Those of `serve` have no prefix: `--port`, `CHARTER_PORT`, `port`."""

_SHORT = {("auth", "keys_file"): "keys", ("auth", "cache_entries"): "cache"}
_SECRET = frozenset(
    {
        ("auth", "secret"),
        ("auth", "jwks"),
        ("auth", "providers"),
        ("serve", "audit_key"),
        ("serve", "cursor_key"),
        ("serve", "database"),
        ("serve", "database_replicas"),
        ("identity", "secret"),
        ("identity", "mail"),
        ("rates", "store"),
    }
)
_TYPE_NAMES: Mapping[type[Any], str] = {tuple: "list", dict: "tables"}


@dataclass(frozen=True, slots=True)
class Option:
    """One setting. `kind` is the type of its value without None, and `empty` tells whether it
    can be None."""

    section: str
    field: str
    key: str
    kind: type[Any]
    default: Any
    empty: bool = False

    @property
    def name(self) -> str:
        """Its name in TOML: `port`, or `auth.secret` for `secret` in the table `auth`."""
        return self.key if self.section == "serve" else f"{self.section}.{self.key}"

    @property
    def flag(self) -> str:
        return "--" + self.name.replace(".", "-").replace("_", "-")

    @property
    def variable(self) -> str:
        return "CHARTER_" + self.name.replace(".", "_").upper()

    @property
    def secret(self) -> bool:
        return (self.section, self.field) in _SECRET

    @property
    def type_name(self) -> str:
        """What its values are, in a word; of a choice all of them."""
        return "|".join(self.choices) or _TYPE_NAMES.get(self.kind, self.kind.__name__)

    @property
    def choices(self) -> tuple[str, ...]:
        return tuple(self.kind) if issubclass(self.kind, StrEnum) else ()


def _option(section: str, item: Field[Any], annotation: Any) -> Option:
    kind, empty = annotation, False
    if get_origin(annotation) in {Union, types.UnionType}:
        members = get_args(annotation)
        kind = next(member for member in members if member is not type(None))
        empty = type(None) in members
    if get_origin(kind) is tuple:
        kind = tuple
    if get_origin(kind) is Mapping:
        kind = dict
    default = item.default
    if default is MISSING and item.default_factory is not MISSING:
        default = item.default_factory()
    key = _SHORT.get((section, item.name), item.name)
    return Option(section, item.name, key, kind, default, empty)


def _options() -> Iterator[Option]:
    for section, cls in SECTIONS.items():
        hints = get_type_hints(cls)
        for item in fields(cls):
            yield _option(section, item, hints[item.name])


OPTIONS: tuple[Option, ...] = tuple(_options())
"""Every setting, in the order of its class."""
OPTION_NAMED: dict[str, Option] = {option.name: option for option in OPTIONS}

VALUE_KINDS = frozenset({str, int, float, bool, Path, tuple, dict})
"""The types of values, besides enumerations of texts. A tuple is one of texts, and a dictionary
one of tables, by their names."""


def value_text(value: Any) -> str:
    """A value as it would be given; empty for None and for a list of nothing."""
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case tuple():
            return ",".join(value)
        case dict():
            return json.dumps(value, ensure_ascii=False)
        case _:
            return str(value)


@cache
def _texts(section: str) -> dict[str, str]:
    """The text below each field of a section's class, in its source."""
    cls = SECTIONS[section]
    body = ast.parse(textwrap.dedent(inspect.getsource(cls))).body[0]
    found: dict[str, str] = {}
    last: str | None = None
    for node in body.body if isinstance(body, ast.ClassDef) else ():
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            last = node.target.id
        elif last and isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            found[last] = " ".join(str(node.value.value).split())
            last = None
        else:
            last = None
    return found


def explanation(option: Option) -> str:
    """What the setting is, from the text below its field."""
    text = _texts(option.section).get(option.field, "")
    return text.removeprefix(f"`{option.variable}`: ")
