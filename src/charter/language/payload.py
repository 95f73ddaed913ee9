"""The bases of events and of declared errors: values by keyword."""

import inspect
from collections.abc import Mapping
from typing import Any

from typing_extensions import dataclass_transform

from charter.language.declared import declare, declared_by, default_of
from charter.language.fields import MISSING, field


def _values(kind: type[Any], given: Mapping[str, Any]) -> dict[str, Any]:
    known = declared_by(kind).attributes
    unknown = given.keys() - known.keys()
    if unknown:
        raise TypeError(f"{kind.__name__}() does not take {min(unknown)}=")
    values = {name: given.get(name, default_of(known[name])) for name in known}
    missing = [name for name, value in values.items() if value is MISSING]
    if missing:
        raise TypeError(f"{kind.__name__}() needs {missing[0]}=")
    return values


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(field,))
class Event:
    """Something that happened; its annotations are its payload."""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        declare(cls, depth=2)

    def __init__(self, **values: Any) -> None:
        self.__dict__.update(_values(type(self), values))

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"{type(self).__name__} has happened: it cannot be changed")

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.__dict__!r})"


@dataclass_transform(kw_only_default=True, field_specifiers=(field,))
class Error(Exception):
    """A failure that commands may raise; its annotations are what it tells the client."""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        declare(cls, depth=2)

    def __init__(self, **values: Any) -> None:
        self.__dict__.update(_values(type(self), values))
        super().__init__(inspect.cleandoc(type(self).__doc__ or type(self).__name__))
