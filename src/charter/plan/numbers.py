"""Readers of numbers and truths, from JSON and from text.

JSON numbers with a point or an exponent are expected as `Decimal`: no digit is lost before the
type is known.
"""

import math
import operator
import re
from collections.abc import Callable
from decimal import ROUND_DOWN, Context, Decimal
from typing import Any

from charter.contract.types import MAX_INTEGER, MIN_INTEGER, Bound, Type, digits_of, places_of
from charter.core.codes import OUT_OF_RANGE, WRONG_FORMAT, WRONG_TYPE
from charter.plan.unfit import unfit, wrong

Reader = Callable[[Any], Any]

_CUT = Context(prec=1000, rounding=ROUND_DOWN)
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,18})").fullmatch
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?").fullmatch
_FLOAT = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,4})?").fullmatch


def booleans(_: Type) -> Reader:
    def read(value: Any) -> bool:
        if type(value) is not bool:
            raise wrong("a boolean", value)
        return value

    return read


def _range(type_: Type, kind: Callable[[str], Bound]) -> Callable[[Any], None] | None:
    """Raises `Unfit` for a number out of bounds; None where the type has no bounds."""
    tests = [
        (compare, kind(str(bound)), f"{words} {bound}")
        for compare, bound, words in (
            (operator.ge, type_.ge, "at least"),
            (operator.gt, type_.gt, "more than"),
            (operator.le, type_.le, "at most"),
            (operator.lt, type_.lt, "less than"),
        )
        if bound is not None
    ]

    def check(value: Bound) -> None:
        for compare, bound, words in tests:
            if not compare(value, bound):
                raise unfit(OUT_OF_RANGE, f"the number must be {words}")

    return check if tests else None


def integers(type_: Type) -> Reader:
    check = _range(type_, Decimal)

    def read(value: Any) -> int:
        if type(value) is Decimal:
            value = _whole(value)
        if type(value) is not int:
            raise wrong("an integer", value)
        if not MIN_INTEGER <= value <= MAX_INTEGER:
            raise unfit(OUT_OF_RANGE, "an integer has at most 64 bits")
        if check:
            check(Decimal(value))
        return value

    return read


def _whole(value: Decimal) -> int | Decimal:
    """`2.0` and `1e3` are integers to JSON Schema (2020-12, section 6.1.1), and so here."""
    if value.is_finite() and value.adjusted() < 20 and value == value.to_integral_value():
        return int(value)
    return value


def floats(type_: Type) -> Reader:
    check = _range(type_, float)

    def read(value: Any) -> float:
        if type(value) not in (int, float, Decimal):
            raise wrong("a number", value)
        try:
            found = float(value) + 0.0
        except (OverflowError, ValueError):
            found = math.inf
        if not math.isfinite(found):
            raise unfit(OUT_OF_RANGE, "the number does not fit into 64 bits")
        if check:
            check(found)
        return found

    return read


def decimals(type_: Type) -> Reader:
    places = places_of(type_)
    whole = digits_of(type_) - places
    step = Decimal(1).scaleb(-places)
    check = _range(type_, Decimal)

    def read(value: Any) -> Decimal:
        found = _as_decimal(value)
        if found and found.adjusted() >= whole:
            raise unfit(OUT_OF_RANGE, f"at most {whole} digits before the point are allowed")
        if found and found.adjusted() < -places:
            raise unfit(OUT_OF_RANGE, f"at most {places} digits after the point are allowed")
        exact = _CUT.quantize(found, step)
        if exact != found:
            raise unfit(OUT_OF_RANGE, f"at most {places} digits after the point are allowed")
        if check:
            check(exact)
        return exact if exact else abs(exact)

    return read


def _as_decimal(value: Any) -> Decimal:
    kind = type(value)
    if kind is int:
        return Decimal(value)
    if kind is Decimal and value.is_finite():
        return Decimal(value)
    if kind is str:
        if len(value) > 1000 or not _NUMBER(value):
            raise unfit(WRONG_FORMAT, "this is not a decimal number, such as 12.50")
        return Decimal(value)
    raise wrong("a decimal, as text or number,", value)


def integer_texts(type_: Type) -> Reader:
    read = integers(type_)

    def read_text(value: str) -> Any:
        if not _INTEGER(value):
            raise unfit(WRONG_TYPE, "an integer of at most 64 bits is expected")
        return read(int(value))

    return read_text


def float_texts(type_: Type) -> Reader:
    read = floats(type_)

    def read_text(value: str) -> Any:
        if not _FLOAT(value):
            raise unfit(WRONG_TYPE, "a number is expected")
        return read(float(value))

    return read_text


_TRUTHS = {"true": True, "false": False}


def boolean_texts(_: Type) -> Reader:
    def read(value: str) -> bool:
        found = _TRUTHS.get(value)
        if found is None:
            raise unfit(WRONG_TYPE, "true or false is expected")
        return found

    return read
