"""Tables that are there already: how their columns store values, and who may write them."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from charter.contract.types import TEXTUAL, Scalar, Type


class Form(StrEnum):
    """A way to store a value otherwise than Charter does."""

    NUMBER = "number"
    """A decimal, float or integer as whatever number the column has, a truth as 0 or 1."""
    TEXT = "text"
    SCALED = "scaled"
    """A decimal as an integer, multiplied by ten to the power of its places."""
    NAIVE = "naive"
    """A time or date as a time without a zone, which is meant in UTC."""
    ISO = "iso"
    """A time as a text with its zone, written with `Z`."""
    UNIX = "unix"
    """A time as whole seconds since 1970."""
    UNIX_MS = "unix_ms"
    HEX = "hex"
    """A UUID as 32 digits."""
    BYTES = "bytes"
    ENUM = "enum"
    """A text as a value of an enum type that the database has, or of an enum column."""


FORMS: Mapping[Scalar, frozenset[Form]] = MappingProxyType(
    {
        Scalar.DECIMAL: frozenset({Form.NUMBER, Form.TEXT, Form.SCALED}),
        Scalar.DATETIME: frozenset({Form.NAIVE, Form.ISO, Form.UNIX, Form.UNIX_MS}),
        Scalar.DATE: frozenset({Form.NAIVE}),
        Scalar.BOOLEAN: frozenset({Form.NUMBER}),
        Scalar.FLOAT: frozenset({Form.NUMBER}),
        Scalar.INTEGER: frozenset({Form.NUMBER}),
        Scalar.UUID: frozenset({Form.TEXT, Form.HEX, Form.BYTES}),
        Scalar.JSON: frozenset({Form.TEXT}),
        **dict.fromkeys(TEXTUAL, frozenset({Form.ENUM})),
    }
)
"""The forms that values of a scalar can be stored in."""
LIST_FORMS = frozenset({Form.TEXT})


@dataclass(frozen=True, slots=True)
class Stored:
    """How a column stores values. `name` is that of the enum type, for the form ENUM: where types
    of columns have no name, there is none."""

    form: Form
    name: str = ""

    def __str__(self) -> str:
        return f"{self.form}:{self.name}" if self.name else str(self.form)


@dataclass(frozen=True, slots=True)
class Mapped:
    """An existing table or view: Charter neither creates nor changes it."""

    table: str
    """As the database spells it."""
    read_only: bool = False
    """Nobody writes its rows through the service."""


def stored_as(text: str) -> Stored | None:
    """What a text such as `naive` or `enum:colour` says; None where it says nothing."""
    form, _, name = text.partition(":")
    if form not in set(Form) or (name and form != Form.ENUM) or text.endswith(":"):
        return None
    return Stored(Form(form), name)


def forms_of(kind: Type) -> frozenset[Form]:
    """The forms that values of a type can be stored in."""
    return LIST_FORMS if kind.many else FORMS.get(kind.scalar, frozenset())
