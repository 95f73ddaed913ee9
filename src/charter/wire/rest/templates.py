"""Templates: what a query of one skeleton means, but for its values.

`Templates` holds those seen lately, so that a query of a known skeleton costs a look-up and
the reading of its values.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from charter.contract.types import Type
from charter.core.codes import TOO_COMPLEX, UNKNOWN_PARAMETER
from charter.plan.ask import EVERYTHING, After, Read, ReadMany, Selection
from charter.plan.notes import Notes
from charter.plan.unfit import Unfit
from charter.wire.rest.call import Style
from charter.wire.rest.groups import Raw
from charter.wire.rest.query import Bone, Query
from charter.wire.rest.routes import Route
from charter.wire.rest.vocabulary import hint

MOST_KEPT = 1024
_MOST_AFTERS = 64

ValueReader = Callable[[Raw], Any]


@dataclass(frozen=True, slots=True)
class Template:
    """`form` is None for writes. `readers` read the query's raw values, one each.

    `sort` are the types of a list's sort values, `order` is its sort in one spelling.
    """

    form: Read | None
    readers: tuple[ValueReader, ...] = ()
    selection: Selection = EVERYTHING
    sort: tuple[Type, ...] = ()
    order: str = ""
    columns: tuple[str, ...] = ()
    dry_run: bool = False
    afters: dict[tuple[bool, ...], ReadMany] = field(default_factory=dict, compare=False)

    def values(self, query: Query, notes: Notes) -> list[Any]:
        """The typed values of the filters; what is wrong with them goes to the notes."""
        values: list[Any] = []
        for read, (name, raw) in zip(self.readers, query.raws, strict=True):
            try:
                values.append(read(raw))
            except Unfit as error:
                notes.add(*error.of(name))
                if any(item.code is TOO_COMPLEX for item in error.misfits):
                    notes.become(TOO_COMPLEX)
        return values

    def behind(self, form: ReadMany, slot: int, nulls: tuple[bool, ...]) -> ReadMany:
        """The form of a page that begins behind a row; its sort values stand from `slot` on."""
        found = self.afters.get(nulls)
        if found is None:
            found = replace(form, after=After(slot, nulls))
            if len(self.afters) < _MOST_AFTERS:
                self.afters[nulls] = found
        return found


Compile = Callable[[Route, Query, Style, Notes], Template]
_Key = tuple[int, str, Style, tuple[Bone, ...]]


class Templates:
    """The templates used last, up to a bound."""

    def __init__(self) -> None:
        self._kept: dict[_Key, Template] = {}

    def get(
        self, route: Route, method: str, query: Query, style: Style, make: Compile, notes: Notes
    ) -> Template:
        """The template of a query. One whose making left notes is not kept."""
        key = (route.number, method, style, query.skeleton)
        found = self._kept.pop(key, None)
        if found is None:
            found = make(route, query, style, notes)
            if notes:
                return found
            if len(self._kept) >= MOST_KEPT:
                self._kept.pop(next(iter(self._kept)), None)
        self._kept[key] = found
        return found


def words(
    query: Query, allowed: frozenset[str], more: tuple[str, ...], notes: Notes
) -> dict[str, str]:
    """The structural parameters of a query. Others than are `allowed` are unknown.

    `more` are further names that an unknown one may be meant for.
    """
    found: dict[str, str] = {}
    for name, value in query.skeleton:
        if not isinstance(value, str):
            continue
        if name in allowed:
            found[name] = value
        else:
            unknown(name, (*sorted(allowed), *more), notes)
    return found


def unknown(name: str, known: tuple[str, ...], notes: Notes) -> None:
    near = hint(name.partition("[")[0], known)
    notes.of(name, UNKNOWN_PARAMETER, f"`{name[:100]}` is not a parameter here{near}")
    notes.become(UNKNOWN_PARAMETER)
