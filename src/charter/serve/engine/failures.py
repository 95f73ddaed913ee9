"""Failures of the database, as the client is told of them."""

from charter.core import codes
from charter.core.problems import Problem
from charter.store.errors import BadValue, Contended, StoreError, TimedOut, Unavailable


class ToldAsProblems:
    """Raises the problem that a failure of the database is; one of our own making goes on."""

    __slots__ = ()

    def __enter__(self) -> None:
        pass

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        problem = problem_of(error) if isinstance(error, StoreError) else None
        if problem is not None:
            raise problem from error


TOLD_AS_PROBLEMS = ToldAsProblems()


def problem_of(error: StoreError) -> Problem | None:
    """What a failure of the database is for the client; None for one of our own making."""
    match error:
        case BadValue():
            return Problem(codes.INVALID_VALUES, "A value is not one that the database can hold.")
        case TimedOut():
            return Problem(codes.TIMED_OUT, retry_after=1)
        case Contended():
            return Problem(codes.TIMED_OUT, "Too many writers at once.", retry_after=1)
        case Unavailable():
            return Problem(codes.DATABASE_UNAVAILABLE, retry_after=5)
        case _:
            return None
