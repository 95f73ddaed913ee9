"""What a request costs, in the units of rate limits."""

from charter.plan.ask import Can, Read, ReadMany, ReadOne, ReadTogether, Selection, Summarize, Write
from charter.wire.rest.costs import cost, total_cost

EXPORTED = 10_000
"""Rows that an export counts as, since nobody knows before its end."""

_READING = frozenset({"GET", "HEAD", "OPTIONS"})


class Charges:
    """The tariff: a read costs one unit for each `rows_per_unit` rows, a write `write_cost` for
    each as many operations, and a question for permissions one for each of them."""

    def __init__(self, write_cost: int, rows_per_unit: int) -> None:
        self._write_cost = write_cost
        self._rows = rows_per_unit

    def base(self, method: str) -> int:
        """What a request costs at least: all that is known before it is understood."""
        return 1 if method in _READING else self._write_cost

    def whole(self, form: Read | Write | Can) -> int:
        """What a request costs, by the estimate of its rows."""
        match form:
            case ReadOne():
                return self._units(_related(form.selection))
            case Write():
                return self._write_cost * self._units(len(form.steps))
            case ReadMany():
                rows = EXPORTED if form.limit is None else form.limit
                return self._units(rows * (1 + _related(form.selection)))
            case Summarize():
                return self._units(form.limit)
            case ReadTogether():
                return self._units(total_cost(form))
            case Can():
                return len(form.checks)

    def _units(self, rows: int) -> int:
        return -(-rows // self._rows) or 1


def _related(selection: Selection) -> int:
    """Rows that are included with one."""
    return cost(selection) if selection.nests or selection.items else 0
