"""Values that a field can hold: within its bounds, and like those that people give it."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any
from uuid import UUID

from charter.contract.resource import Field
from charter.contract.types import (
    DEFAULT_TEXT_LENGTH,
    MAX_INTEGER,
    MIN_INTEGER,
    Bound,
    Scalar,
    Type,
    digits_of,
    places_of,
)
from charter.plan.texts import EMAIL_LENGTH, URL_LENGTH
from charter.plan.unfit import Unfit
from charter.plan.values import json_reader
from charter.verify.data.dice import skewed_early
from charter.verify.data.patterns import texts_of
from charter.verify.data.words import BY_NAME, FAMILY, GIVEN, QUALITIES, THINGS, person, thing

SPAN = timedelta(days=4 * 365)
"""How far back times reach."""
_EMPTY_SHARE = 0.15
"""How many of the values that may be missing are."""
_WIDTH = 10_000
"""How wide a range of numbers is that is bounded on one side or on none."""
_TRIES = 60
_BIRTHS = ("birth_date", "birthday", "born_on", "date_of_birth")


class CannotMake(ValueError):
    """No value is found that a field can hold; says which field, and why."""


@dataclass(frozen=True, slots=True)
class Moment:
    """Where a value is wanted: in which row, when that was made, and which try this is.

    `latest` is when the newest row was made. From the second try on a value should be one that
    no row has.
    """

    number: int
    made_at: datetime
    latest: datetime
    attempt: int = 0


Maker = Callable[[random.Random, Moment], Any]


def maker_of(field: Field, *, of_person: bool = False) -> Maker:
    """What makes values of a field that is no reference; it gives None now and then where the
    field can be empty. `of_person` tells whose name a field `name` has. Raises CannotMake."""
    if of_person and field.name == "name":
        field = replace(field, name="full_name")
    try:
        make = _list_of(field) if field.type.many else _MAKERS[field.type.scalar](field)
    except ValueError as error:
        raise CannotMake(f"{field.name}: {error}") from None
    if not field.optional or field.unique:
        return make
    return lambda dice, at: None if dice.random() < _EMPTY_SHARE else make(dice, at)


def _list_of(field: Field) -> Maker:
    kind = field.type
    least = kind.min_items or 0
    most = least + 3 if kind.max_items is None else min(kind.max_items, least + 3)
    item = _MAKERS[kind.scalar](replace(field, type=replace(kind, many=False), unique=False))
    return lambda dice, at: [item(dice, at) for _ in range(dice.randint(least, max(least, most)))]


# -- numbers -----------------------------------------------------------------------------------
def _ends(kind: Type, least: int, most: int) -> tuple[int, int]:
    """The least and the largest number of units that the bounds of a type allow."""
    places = places_of(kind)
    low = max(
        (_units(bound, places, ROUND_CEILING) + step for bound, step in _lower(kind, places)),
        default=None,
    )
    high = min(
        (_units(bound, places, ROUND_FLOOR) - step for bound, step in _upper(kind, places)),
        default=None,
    )
    width = _WIDTH * 10**places
    if low is None:
        low = 0 if high is None or high >= 0 else high - width
    if high is None:
        high = max(low, 0) + width
    low, high = max(low, least), min(high, most)
    if low > high:
        raise ValueError("no number is within the bounds")
    return low, high


def _lower(kind: Type, places: int) -> Iterator[tuple[Bound, int]]:
    if kind.ge is not None:
        yield kind.ge, 0
    if kind.gt is not None:
        yield kind.gt, int(_whole(kind.gt, places))


def _upper(kind: Type, places: int) -> Iterator[tuple[Bound, int]]:
    if kind.le is not None:
        yield kind.le, 0
    if kind.lt is not None:
        yield kind.lt, int(_whole(kind.lt, places))


def _whole(bound: Bound, places: int) -> bool:
    exact = Decimal(str(bound)).scaleb(places)
    return exact == exact.to_integral_value()


def _units(bound: Bound, places: int, rounding: str) -> int:
    return int(Decimal(str(bound)).scaleb(places).to_integral_value(rounding=rounding))


def _units_maker(field: Field, least: int, most: int) -> Callable[[random.Random, Moment], int]:
    """Small numbers are frequent and large ones rare, as in stocks, prices and counts."""
    low, high = _ends(field.type, least, most)
    width = high - low
    if field.unique:
        return lambda _, at: low + (at.number + at.attempt * 7_919) % (width + 1)
    return lambda dice, _: low + int(width * dice.random() ** 3)


def _integer(field: Field) -> Maker:
    return _units_maker(field, MIN_INTEGER, MAX_INTEGER)


def _decimal(field: Field) -> Maker:
    places, most = places_of(field.type), 10 ** digits_of(field.type) - 1
    units = _units_maker(field, -most, most)
    return lambda dice, at: Decimal(units(dice, at)).scaleb(-places)


def _float(field: Field) -> Maker:
    kind = field.type
    low = next((float(one) for one in (kind.ge, kind.gt) if one is not None), None)
    high = next((float(one) for one in (kind.le, kind.lt) if one is not None), None)
    if low is None:
        low = 0.0 if high is None or high > 0 else high - _WIDTH
    if high is None:
        high = max(low, 0.0) + _WIDTH
    read = json_reader(replace(kind, many=False))
    return _tried(lambda dice, _: dice.uniform(low, high), read)


def _boolean(field: Field) -> Maker:
    share = 0.1 if getattr(field.default, "value", None) is False else 0.9
    return lambda dice, _: dice.random() < share


# -- times -------------------------------------------------------------------------------------
def _datetime(field: Field) -> Maker:
    if field.name.endswith(("expires_at", "due_at", "ends_at", "until")):
        return lambda dice, at: at.made_at + timedelta(seconds=dice.randint(1, 400 * 86_400))
    return lambda dice, at: at.made_at + timedelta(seconds=int(900_000 * dice.random() ** 4))


def _date(field: Field) -> Maker:
    if field.name in _BIRTHS:
        return lambda dice, at: (at.latest - timedelta(days=dice.randint(6_600, 28_000))).date()
    return lambda dice, at: (at.made_at + timedelta(days=int(60 * dice.random() ** 2))).date()


def _uuid(_: Field) -> Maker:
    return lambda dice, __: UUID(int=dice.getrandbits(128), version=4)


# -- texts -------------------------------------------------------------------------------------
def _text(field: Field) -> Maker:
    kind = field.type
    most = DEFAULT_TEXT_LENGTH if kind.max_length is None else kind.max_length
    read = json_reader(replace(kind, many=False))
    if kind.pattern:
        texts = texts_of(kind.pattern)
        return _tried(lambda dice, _: texts(dice), read)
    words, least = _words_for(field.name), kind.min_length or 0

    def make(dice: random.Random, at: Moment) -> str:
        text = words(dice)
        while len(text) < least:
            text += " " + dice.choice(THINGS)
        if not field.unique and not at.attempt:
            return text[:most]
        return _numbered(text, _number_text(at), most)

    return _tried(make, read)


def _words_for(name: str) -> Callable[[random.Random], str]:
    for ending, make in BY_NAME.items():
        if name == ending or name.endswith("_" + ending):
            return make
    return person if name in ("display_name", "username") else thing


def _number_text(at: Moment) -> str:
    return f"{at.number + 1}" + (f"-{at.attempt}" if at.attempt else "")


def _numbered(text: str, number: str, most: int) -> str:
    """The text with a number behind it, cut so that the number fits."""
    if len(number) >= most:
        return number[-most:] if most else ""
    return f"{text[: max(0, most - len(number) - 1)]} {number}".strip()


def _email(field: Field) -> Maker:
    most = min(EMAIL_LENGTH, field.type.max_length or EMAIL_LENGTH)

    def make(dice: random.Random, at: Moment) -> str:
        given, family = dice.choice(GIVEN), dice.choice(FAMILY)
        local = f"{given}.{family}".lower().replace("'", "").replace(" ", "")
        whole = f"{local}.{_number_text(at)}@example.com"
        return whole if len(whole) <= most else f"{_number_text(at)}@example.com"[-most:]

    shortest = _short(most, "@", field.type)
    return _formed(field, make if most >= 30 else shortest)


def _url(field: Field) -> Maker:
    most = min(URL_LENGTH, field.type.max_length or URL_LENGTH)

    def make(dice: random.Random, at: Moment) -> str:
        place = f"{dice.choice(QUALITIES)}-{dice.choice(THINGS)}-{_number_text(at)}"
        return f"https://example.com/{place}"

    return _formed(field, make if most >= 60 else _short(most, "http://", field.type))


def _short(most: int, head: str, kind: Type) -> Maker:
    """Addresses where there is little room: a few letters made of a number."""
    room = max(1, min(most, 40) - len(head) - (1 if head == "@" else 0))
    least = max(1, (kind.min_length or 0) - len(head) - (1 if head == "@" else 0))

    def make(_: random.Random, at: Moment) -> str:
        letters = _letters(at.number + at.attempt * 104_729).rjust(least, "a")[-room:]
        return f"{letters}@x" if head == "@" else head + letters

    return make


def _letters(number: int) -> str:
    found = ""
    while number or not found:
        number, rest = divmod(number, 26)
        found = chr(ord("a") + rest) + found
    return found


def _formed(field: Field, make: Maker) -> Maker:
    kind = field.type
    if kind.pattern:
        texts = texts_of(kind.pattern)
        return _tried(lambda dice, _: texts(dice), json_reader(kind))
    least = kind.min_length or 0
    filled: Maker = make
    if least > 20:
        head = "a" * least
        filled = (
            (lambda dice, at: head + make(dice, at))
            if kind.scalar is Scalar.EMAIL
            else (lambda dice, at: make(dice, at) + head)
        )
    return _tried(filled, json_reader(kind))


def _choice(field: Field) -> Maker:
    choices = field.type.choices
    if field.unique:
        return lambda _, at: choices[(at.number + at.attempt) % len(choices)]
    later = (*choices[1:], choices[0])  # the first is often a state that rows soon leave
    return lambda dice, _: skewed_early(dice, later)


def _json(_: Field) -> Maker:
    def make(dice: random.Random, at: Moment) -> Any:
        return {
            "label": thing(dice),
            "size": dice.randint(1, 100),
            "tags": [dice.choice(QUALITIES) for _ in range(dice.randint(0, 3))],
        }

    return make


def _tried(make: Maker, read: Callable[[Any], Any]) -> Maker:
    """What is made until it fits, as Charter's own readers see it. Raises CannotMake."""

    def fitting(dice: random.Random, at: Moment) -> Any:
        last = ""
        for _ in range(_TRIES):
            try:
                return read(make(dice, at))
            except Unfit as unfit:
                last = str(unfit)
        raise CannotMake(f"no value was found that fits: {last}")

    return fitting


_MAKERS: dict[Scalar, Callable[[Field], Maker]] = {
    Scalar.TEXT: _text,
    Scalar.INTEGER: _integer,
    Scalar.BOOLEAN: _boolean,
    Scalar.FLOAT: _float,
    Scalar.DECIMAL: _decimal,
    Scalar.DATE: _date,
    Scalar.DATETIME: _datetime,
    Scalar.UUID: _uuid,
    Scalar.EMAIL: _email,
    Scalar.URL: _url,
    Scalar.CHOICE: _choice,
    Scalar.JSON: _json,
}
