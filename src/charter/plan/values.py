"""Readers: from decoded JSON, or the text of a query parameter, to typed Python values.

A reader is made once for a type and called for every value. It gives the typed value, or
raises `Unfit` with all that is wrong.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import msgspec

from charter.contract.types import (
    DEFAULT_LIST_LENGTH,
    MAX_INTEGER,
    MIN_INTEGER,
    TEXTUAL,
    Scalar,
    Type,
)
from charter.core.codes import OUT_OF_RANGE, WRONG_LENGTH
from charter.core.names import pointer
from charter.plan import numbers, texts
from charter.plan.texts import check_text
from charter.plan.unfit import Misfit, Unfit, unfit, wrong

Reader = Callable[[Any], Any]


def json_reader(type_: Type) -> Reader:
    """A reader of decoded JSON. Null is never a value: what may be null is the field's matter.

    Numbers are never read from text, nor truths from numbers; only decimals are read from
    both. Datetimes come out in UTC, decimals with exactly the places of the type.
    """
    item = _JSON_READERS[type_.scalar](type_)
    return _list_reader(type_, item) if type_.many else item


def text_reader(type_: Type) -> Reader:
    """A reader of one value in a query string or path. Lists and JSON have no text form."""
    if type_.many or type_.scalar is Scalar.JSON:
        raise ValueError(f"there is no text form of {type_}")
    return _TEXT_READERS.get(type_.scalar, _JSON_READERS[type_.scalar])(type_)


def default_value(type_: Type, value: Any) -> Any:
    """A default as a typed value; lists and JSON stand in the contract as canonical text."""
    if isinstance(value, str) and (type_.many or type_.scalar is Scalar.JSON):
        return json_reader(type_)(msgspec.json.decode(value))
    return value


def loose(type_: Type) -> Type:
    """The type without the bounds that only matter to what is stored: for filters, cursors.

    A comparison with a value that no row can have is no mistake; a choice that does not exist,
    or a decimal finer than the column, is.
    """
    scalar = type_.scalar
    if scalar in TEXTUAL and scalar is not Scalar.CHOICE:
        return Type(Scalar.TEXT, lower=type_.lower)
    return Type(scalar, digits=type_.digits, places=type_.places, choices=type_.choices)


def _json(_: Type) -> Reader:
    return _plain


def _plain(value: Any) -> Any:
    """A JSON value whose numbers are 64-bit integers and floats, and whose texts can be kept."""
    kind = type(value)
    if kind is str:
        check_text(value)
        return value
    if kind is Decimal or kind is float:
        return _any_number(value)
    if kind is int and not MIN_INTEGER <= value <= MAX_INTEGER:
        raise unfit(OUT_OF_RANGE, "an integer has at most 64 bits")
    if kind is list:
        return _each(value, _plain)
    if kind is dict:
        return _members(value)
    return value


_any_number = numbers.floats(Type(Scalar.FLOAT))


def _members(value: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    misfits: list[Misfit] = []
    for name, member in value.items():
        try:
            check_text(name)
            found[name] = _plain(member)
        except Unfit as error:
            misfits.extend(_under(name, error))
    if misfits:
        raise Unfit(*misfits)
    return found


def _under(part: str | int, error: Unfit) -> Iterable[Misfit]:
    return (replace(item, where=pointer(part) + item.where) for item in error.misfits)


def _each(items: list[Any], read: Reader) -> list[Any]:
    try:
        return [read(item) for item in items]
    except Unfit:
        pass
    misfits: list[Misfit] = []
    for index, item in enumerate(items):
        try:
            read(item)
        except Unfit as error:
            misfits.extend(_under(index, error))
    raise Unfit(*misfits)


def _list_reader(type_: Type, item: Reader) -> Reader:
    least = type_.min_items or 0
    most = DEFAULT_LIST_LENGTH if type_.max_items is None else type_.max_items

    def read(value: Any) -> list[Any]:
        if type(value) is not list:
            raise wrong("a list", value)
        if not least <= len(value) <= most:
            bound = f"at most {most}" if len(value) > most else f"at least {least}"
            raise unfit(WRONG_LENGTH, f"{bound} items are expected, not {len(value)}")
        return _each(value, item)

    return read


_JSON_READERS: dict[Scalar, Callable[[Type], Reader]] = {
    Scalar.TEXT: texts.plain_text,
    Scalar.INTEGER: numbers.integers,
    Scalar.BOOLEAN: numbers.booleans,
    Scalar.FLOAT: numbers.floats,
    Scalar.DECIMAL: numbers.decimals,
    Scalar.DATE: texts.dates,
    Scalar.DATETIME: texts.datetimes,
    Scalar.UUID: texts.uuids,
    Scalar.EMAIL: texts.emails,
    Scalar.URL: texts.urls,
    Scalar.CHOICE: texts.choices,
    Scalar.JSON: _json,
}
_TEXT_READERS: dict[Scalar, Callable[[Type], Reader]] = {
    Scalar.INTEGER: numbers.integer_texts,
    Scalar.FLOAT: numbers.float_texts,
    Scalar.BOOLEAN: numbers.boolean_texts,
    Scalar.DATETIME: texts.datetime_texts,
}
