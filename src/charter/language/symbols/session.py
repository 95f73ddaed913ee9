"""One run of a function of the contract on symbolic values, and what went wrong in it."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import NoReturn, Protocol

from charter.contract.faults import Fault, FaultCode
from charter.contract.resource import Relation
from charter.contract.types import Type
from charter.core.places import Place
from charter.language.places import caller_place

FIRST_SCOPE = 2


class World(Protocol):
    """What symbolic rows need to know of the resources."""

    @property
    def user(self) -> str:
        """The resource of those who can be actors."""

    def type_of(self, resource: str, name: str) -> Type | None:
        """The type of a field or computed field."""

    def relation(self, resource: str, name: str) -> Relation | None: ...

    def names(self, resource: str) -> Iterable[str]:
        """All fields, computed fields and relations of a resource."""

    def tenant_of(self, resource: str) -> str | None:
        """The field that names the tenant of a row; the key where the rows are the tenants."""

    def is_broken(self, resource: str, name: str) -> bool:
        """Whether the name exists, but has a fault that is reported already."""


class Refused(Exception):
    """A function did what symbolic values cannot express; the session has the fault."""


@dataclass(slots=True)
class Session:
    """A run. `made` collects the rules that were made, with their places; `place` is where
    faults are put that show only after the function has ended."""

    world: World
    faults: list[Fault] = field(default_factory=list)
    made: list[tuple[object, Place]] = field(default_factory=list)
    next_scope: int = FIRST_SCOPE
    place: Place | None = None

    def new_scope(self) -> int:
        scope = self.next_scope
        self.next_scope += 1
        return scope


_active: ContextVar[Session | None] = ContextVar("charter_session", default=None)


def active() -> Session | None:
    """The session that is running, if one is."""
    return _active.get()


def current() -> Session:
    """The session that is running; symbolic values mean nothing outside of one."""
    session = _active.get()
    if session is None:
        raise Refused("a symbolic value was used after its function had ended")
    return session


@contextmanager
def recording(world: World) -> Iterator[Session]:
    """Runs what is inside as one session."""
    token = _active.set(session := Session(world))
    try:
        yield session
    finally:
        _active.reset(token)


def report(code: FaultCode, message: str, remedy: str | None = None) -> None:
    """Notes a fault at the line of the user's that is running; the run goes on."""
    session = current()
    session.faults.append(Fault(code, message, session.place or caller_place(), remedy))


def refuse(code: FaultCode, message: str, remedy: str | None = None) -> NoReturn:
    """Notes a fault and stops the run; it counts even where the function catches this."""
    report(code, message, remedy)
    raise Refused(message)
