"""Resources: their fields, relations and rules."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any, Literal

from charter.contract.expression import Expression
from charter.contract.mapping import Mapped, Stored
from charter.contract.types import Type
from charter.core.places import NOWHERE, Place


class SetBy(StrEnum):
    """Who gives a field its value."""

    CLIENT = "client"
    ONCE = "once"
    """A client, when it creates the row, and nobody after."""
    COMMANDS = "commands"
    SYSTEM = "system"


class OnDelete(StrEnum):
    """What happens to rows that refer to a row that is deleted."""

    RESTRICT = "restrict"
    CASCADE = "cascade"
    SET_NULL = "set_null"


class Made(StrEnum):
    """Values that are made when a row is created."""

    NOW = "now"
    UUID7 = "uuid7"
    SERIAL = "serial"
    ACTOR = "actor"
    """The user who creates the row."""
    TENANT = "tenant"
    """The tenant that this user acts for."""


@dataclass(frozen=True, slots=True)
class Given:
    """A default that the contract writes down: a scalar, or a JSON value as canonical text."""

    value: Any


Default = Given | Made


@dataclass(frozen=True, slots=True)
class Field:
    """A stored value of a row.

    `name` is its name in every protocol and that of its column: a reference `customer: User` is the
    field `customer_id` (with `references="User"`) and the relation `customer`.
    """

    name: str
    type: Type
    optional: bool = False
    default: Default | None = None
    unique: bool = False
    search: bool = False
    set_by: SetBy = SetBy.CLIENT
    write_only: bool = False
    hidden: bool = False
    """Known to commands and policies only."""
    references: str | None = None
    on_delete: OnDelete = OnDelete.RESTRICT
    was: str | None = None
    """The column that it had under its name of before; it may stay for ever."""
    column: str | None = None
    """What the column of an existing table is called, where that is not `name`."""
    stored: Stored | None = None
    """How that column stores values, where that is not how Charter does."""
    doc: str = ""
    place: Place = NOWHERE

    @property
    def column_name(self) -> str:
        return self.name if self.column is None else self.column

    @property
    def readable(self) -> bool:
        """Whether any read can show it (policies may still hide it)."""
        return not (self.hidden or self.write_only)

    @property
    def required(self) -> bool:
        """Whether a client must give it when it creates a row."""
        return (
            self.set_by in (SetBy.CLIENT, SetBy.ONCE)
            and not self.hidden
            and not self.optional
            and self.default is None
        )


@dataclass(frozen=True, slots=True)
class Link:
    """The table of a many-to-many relation: pairs of keys, each pair once."""

    table: str
    near: str
    far: str
    was: "Link | None" = None
    """The same under the names of before."""
    mapped: bool = False
    """The table is there already: Charter neither creates nor changes it."""


@dataclass(frozen=True, slots=True)
class Relation:
    """A way from one row to others: rows of `target` whose `far` equals this row's `near`.

    `one`: near is the reference field, far the target's key. `many`: near is the key, far the
    target's reference field. `link`: both are keys, and pairs of them stand in `link`.
    """

    name: str
    target: str
    kind: Literal["one", "many", "link"]
    near: str
    far: str
    owned: bool = False
    """The related rows are parts of this row: written with it and deleted with it."""
    link: Link | None = None
    optional: bool = False
    doc: str = ""
    place: Place = NOWHERE

    @property
    def to_one(self) -> bool:
        return self.kind == "one"


@dataclass(frozen=True, slots=True)
class Computed:
    """A value that the database works out whenever it is read; one that is `stored`, which rests
    on its own row only, whenever that is written."""

    name: str
    type: Type
    expression: Expression
    optional: bool = False
    """Whether it can come out as nothing."""
    stored: bool = False
    doc: str = ""
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True)
class Unique:
    """No two rows have the same values in all of these fields."""

    name: str
    fields: tuple[str, ...]
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True)
class Index:
    """An index; a field may be prefixed with `-` for descending. `where` makes it partial, and
    the fields of `include` are carried along without being sorted by."""

    name: str
    fields: tuple[str, ...]
    where: Expression | None = None
    include: tuple[str, ...] = ()
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True)
class Check:
    """A rule over the fields of one row that always holds."""

    name: str
    expression: Expression
    message: str
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True)
class Allow:
    """Who may do some actions: `read`, `create`, `update`, `delete`, commands, or `*`."""

    actions: tuple[str, ...]
    when: Expression
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True)
class Hide:
    """A field or computed field is left out of every answer unless the condition holds."""

    field: str
    unless: Expression
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True)
class Freeze:
    """A field cannot be changed unless the condition holds."""

    field: str
    unless: Expression
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True)
class Policy:
    """The rules of one resource. What no rule allows is denied."""

    allows: tuple[Allow, ...] = ()
    hides: tuple[Hide, ...] = ()
    freezes: tuple[Freeze, ...] = ()


@dataclass(frozen=True)
class Resource:
    """A kind of row. Every resource has a key `id`, `created_at`, `updated_at` and `version`; of
    the last three, rows of an existing table have those that the table has.

    `owner` names the to-one relation to the row that an owned resource is a part of. An owned
    resource without rules of its own follows its owner: who may read the owner reads the part,
    and who may update the owner creates, updates and deletes its parts.
    """

    name: str
    table: str
    path: str
    """The plural in kebab case, for protocols that address resources by path."""
    fields: tuple[Field, ...]
    relations: tuple[Relation, ...] = ()
    computed: tuple[Computed, ...] = ()
    uniques: tuple[Unique, ...] = ()
    indexes: tuple[Index, ...] = ()
    checks: tuple[Check, ...] = ()
    policy: Policy = field(default_factory=Policy)
    owner: str | None = None
    tenant: str | None = None
    """The field that names the tenant that a row belongs to; the key where rows are tenants."""
    conditional_writes: bool = False
    """Updates and deletes must say which version they are based on."""
    audited: bool = False
    """Every change of a row is written into the audit log."""
    append_only: bool = False
    """Rows are neither changed nor deleted; the database refuses it, whoever writes."""
    search_index: bool = False
    """The text search has an index, on databases that can."""
    stamped: bool = False
    """The database moves `updated_at` and the version with every change, whoever writes."""
    was: str | None = None
    """The table that it had under its name of before; it may stay for ever."""
    mapped: Mapped | None = None
    """The existing table that holds the rows; None where Charter makes the table."""
    doc: str = ""
    place: Place = NOWHERE

    @cached_property
    def field_named(self) -> Mapping[str, Field]:
        return {item.name: item for item in self.fields}

    @cached_property
    def relation_named(self) -> Mapping[str, Relation]:
        return {item.name: item for item in self.relations}

    @cached_property
    def computed_named(self) -> Mapping[str, Computed]:
        return {item.name: item for item in self.computed}

    @property
    def follows_owner(self) -> bool:
        """Whether it is a part without rules of its own."""
        return self.owner is not None and not self.policy.allows

    @property
    def key(self) -> Field:
        return self.field_named["id"]

    @property
    def table_name(self) -> str:
        """What the database calls the table."""
        return self.table if self.mapped is None else self.mapped.table

    @property
    def read_only(self) -> bool:
        return self.mapped is not None and self.mapped.read_only

    @property
    def keys_given(self) -> bool:
        """Whether clients give the keys of new rows."""
        return self.mapped is not None and not self.read_only and self.key.default is None

    @cached_property
    def versioned(self) -> bool:
        """Whether rows count their versions; else a digest of their values tells them apart."""
        return "version" in self.field_named

    @cached_property
    def search_fields(self) -> tuple[Field, ...]:
        return tuple(item for item in self.fields if item.search)

    @cached_property
    def readable(self) -> tuple[Field | Computed, ...]:
        """Fields and computed fields that a read shows when nothing else is asked for."""
        return (*(item for item in self.fields if item.readable), *self.computed)

    def type_of(self, name: str) -> Type | None:
        """The type of a field or computed field, or None where there is none of that name."""
        found = self.field_named.get(name) or self.computed_named.get(name)
        return found.type if found else None
