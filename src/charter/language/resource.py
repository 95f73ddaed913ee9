"""The base of every resource, which is also what rows are at run time."""

import copy
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, Generic, get_args
from uuid import UUID

from typing_extensions import TypeVar, dataclass_transform

from charter.core.ids import uuid7
from charter.core.names import nearest
from charter.language.declared import declare, declared_by, default_of
from charter.language.fields import (
    MISSING,
    ComputedWord,
    ListWord,
    computed,
    field,
    inverse,
    linked,
    owned,
)
from charter.language.rows import STATE, RowState, Status, read_failure, state_of

K = TypeVar("K", default=UUID)
BASE_FIELDS = ("id", "created_at", "updated_at", "version")
_BASE = dict.fromkeys(BASE_FIELDS)


@dataclass_transform(
    kw_only_default=True,
    eq_default=False,
    field_specifiers=(field, owned, inverse, linked, computed),
)
class Resource(Generic[K]):
    """A kind of row: its annotations are its fields and relations.

    `Resource` has UUID keys, `Resource[int]` integers that the database counts, and
    `Resource[str]` texts that come with the row.
    """

    id: K
    created_at: datetime
    updated_at: datetime
    version: int
    charter_key: ClassVar[type[Any]] = UUID
    charter_given_keys: ClassVar[bool] = False
    """Whether the keys of new rows come with them."""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        for base in getattr(cls, "__orig_bases__", ()):
            for argument in get_args(base)[:1]:
                if isinstance(argument, type):
                    cls.charter_key = argument
        declare(cls, depth=2)

    def __init__(self, **values: Any) -> None:
        known = declared_by(type(self)).attributes
        self.__dict__[STATE] = RowState(Status.NEW)
        if self._takes_key() and "id" in values:
            self.__dict__["id"] = values.pop("id")
        elif self.charter_key is UUID:
            self.__dict__["id"] = uuid7()
        for name, attribute in known.items():
            if isinstance(attribute.default, ListWord):
                self.__dict__[name] = []
                continue
            default = default_of(attribute)
            if name in values:
                setattr(self, name, values.pop(name))
            elif isinstance(attribute.default, ComputedWord) or callable(default):
                continue
            elif default is MISSING:
                raise TypeError(f"{type(self).__name__}() needs {name}=")
            else:
                self.__dict__[name] = copy.deepcopy(default)
        for name in values:
            raise TypeError(f"{type(self).__name__}() does not take {name}=")

    if not TYPE_CHECKING:  # so that type checkers find misspelt attributes

        def __getattr__(self, name: str) -> Any:
            if name.startswith("_"):
                raise AttributeError(name)
            raise read_failure(self, name, {**_BASE, **declared_by(type(self)).attributes})

        def __setattr__(self, name: str, value: Any) -> None:
            if not name.startswith("_"):
                self._refuse_unless_settable(name)
                state_of(self).touched.add(name)
            self.__dict__[name] = value

    @classmethod
    def _takes_key(cls) -> bool:
        return cls.charter_given_keys or cls.charter_key is str

    def _refuse_unless_settable(self, name: str) -> None:
        kind = type(self).__name__
        known = declared_by(type(self)).attributes
        if name == "id" and self._takes_key() and state_of(self).status is Status.NEW:
            return
        if name in BASE_FIELDS:
            raise AttributeError(f"{kind}.{name} is set by the service only")
        if name not in known:
            likely = nearest(name, known)
            hint = f"; did you mean {likely!r}?" if likely else ""
            raise AttributeError(f"{kind} has no attribute {name!r}{hint}")
        if isinstance(known[name].default, ComputedWord):
            raise AttributeError(f"{kind}.{name} is computed by the database")

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Resource) or type(other) is not type(self):
            return NotImplemented
        mine, theirs = self.__dict__.get("id"), other.__dict__.get("id")
        return self is other if mine is None or theirs is None else bool(mine == theirs)

    def __hash__(self) -> int:
        key = self.__dict__.get("id")
        if key is None:
            raise TypeError(f"a {type(self).__name__} that is not written yet has no id to hash")
        return hash((type(self).__name__, key))

    def __repr__(self) -> str:
        values = (f"{k}={v!r}" for k, v in self.__dict__.items() if not isinstance(v, Resource))
        shown = ", ".join(text for text in values if not text.startswith("_"))
        return f"{type(self).__name__}({shown})"
