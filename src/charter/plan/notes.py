"""What is found wrong with one request, all of it, up to a bound."""

from charter.core.codes import INVALID_VALUES
from charter.core.problems import Code, Flaw, Problem

MOST_FLAWS = 100
"""A request with more flaws is refused with the first of them: finding them costs time too."""


class Notes:
    """Gathers flaws. `code` is that of the problem that they become."""

    __slots__ = ("_code", "_flaws")

    def __init__(self, code: Code = INVALID_VALUES) -> None:
        self._code = code
        self._flaws: list[Flaw] = []

    def __bool__(self) -> bool:
        return bool(self._flaws)

    def add(self, *flaws: Flaw) -> None:
        """Keeps the flaws; raises the problem at once where they become too many."""
        self._flaws.extend(flaws)
        if len(self._flaws) > MOST_FLAWS:
            del self._flaws[MOST_FLAWS:]
            self.settle()

    def at(self, pointer: str, code: Code, message: str) -> None:
        self.add(Flaw(code.name, message, pointer=pointer))

    def of(self, parameter: str, code: Code, message: str) -> None:
        self.add(Flaw(code.name, message, parameter=parameter[:200]))

    def become(self, code: Code) -> None:
        """The problem is to have another code, because of what was found."""
        self._code = code

    def settle(self) -> None:
        """Raises the problem, if anything is wrong."""
        if self._flaws:
            message = self._flaws[0].message if len(self._flaws) == 1 else None
            raise Problem(self._code, message, flaws=tuple(self._flaws))
