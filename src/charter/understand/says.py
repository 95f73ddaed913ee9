"""What the checks of a table, and those of the domains of its columns, say of each column."""

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from charter.sql.schema import CheckRule, Table
from charter.understand.conditions import Bounded, Choices, Compared, Condition, condition
from charter.understand.found import Found

_JSON = re.compile(r"\bjson_valid ?\( ?(\"(?:[^\"]|\"\")*\"|\w+) ?\)", re.IGNORECASE)
_FLAG = frozenset({"0", "1"})


@dataclass(slots=True)
class ColumnSays:
    """What is known of one column's values. `limits` are by the names that `field` has."""

    choices: tuple[str, ...] = ()
    flag: bool = False
    json: bool = False
    limits: dict[str, Decimal] = field(default_factory=dict)
    lengths: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Says:
    """By column, in small letters; rules between columns; and checks that nobody understood."""

    columns: Mapping[str, ColumnSays]
    compared: tuple[Compared, ...]
    unread: tuple[CheckRule, ...]


_LIMITS: Mapping[str, str] = {">=": "ge", ">": "gt", "<=": "le", "<": "lt"}


def says_of(found: Found, table: Table) -> Says:
    """Reads all checks of a table."""
    columns: dict[str, ColumnSays] = defaultdict(ColumnSays)
    compared: list[Compared] = []
    unread: list[CheckRule] = []
    for rule in table.checks:
        json = _JSON.search(rule.expression)
        if json is not None:
            columns[json[1].strip('"').lower()].json = True
            continue
        read = condition(rule.expression)
        compared += _take(read, columns)
        if not read.whole:
            unread.append(rule)
    for column in table.columns:
        for text in found.about_column(table, column).checks:
            _take(condition(text), columns, column.name)
    return Says(columns, tuple(compared), tuple(unread))


def _take(
    read: Condition, columns: Mapping[str, ColumnSays], domain: str | None = None
) -> list[Compared]:
    """Notes what is said by column; what is said between columns is given back."""
    between = []
    for said in read.said:
        match said:
            case Choices(column, texts, numbers):
                says = columns[(domain or column).lower()]
                says.flag = says.flag or (numbers and set(texts) == _FLAG)
                if not numbers:
                    says.choices = texts
            case Bounded(column, sign, number, length):
                _bound(columns[(domain or column).lower()], sign, number, length)
            case Compared():
                between.append(said)
    return between


def _bound(says: ColumnSays, sign: str, number: Decimal, length: bool) -> None:
    if not length:
        says.limits[_LIMITS[sign]] = number
        return
    whole = int(number)
    if sign in {">=", ">"}:
        least = whole + (sign == ">")
        if least > 0:
            says.lengths["min_length"] = least
    else:
        says.lengths["max_length"] = whole - (sign == "<")
