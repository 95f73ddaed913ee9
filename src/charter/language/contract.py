"""`Contract`: collects what a file says about one service, and builds the hub's value from it."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar, overload

from typing_extensions import Unpack

from charter.contract import contract as hub
from charter.language.actor import Actor
from charter.language.build import build
from charter.language.declarations import (
    CheckSaid,
    CommandSaid,
    Declarations,
    ErrorSaid,
    EventSaid,
    GrantsSaid,
    IndexSaid,
    MarkedSaid,
    Meaning,
    PolicySaid,
    ResourceSaid,
    RoleSaid,
    SharedSaid,
    UniqueSaid,
)
from charter.language.existing import NO_EXISTING, Existing
from charter.language.payload import Error, Event
from charter.language.places import caller_frame, caller_place
from charter.language.resource import Resource
from charter.language.rules import Policy
from charter.language.user import User

R = TypeVar("R", bound=Resource[Any])
E = TypeVar("E", bound=Event)
X = TypeVar("X", bound=Error)
U = TypeVar("U", bound=User)
C = TypeVar("C", bound=Callable[..., Awaitable[Any]])
PolicyFunction = Callable[[R, Actor], Policy] | Callable[[R, Actor, R], Policy]


class Contract:
    """A service, as its contract's file says it. Nothing is shared between two of them."""

    def __init__(self, name: str, *, version: str = "1", doc: str | None = None) -> None:
        frame = caller_frame()
        module_doc = frame.f_globals.get("__doc__") if frame else None
        self._said = Declarations(name, version, (doc or module_doc or "").strip(), caller_place())
        self._built: hub.Contract | None = None

    def __repr__(self) -> str:
        return f"Contract({self._said.name!r})"

    @overload
    def resource(self, cls: type[R], /) -> type[R]: ...
    @overload
    def resource(
        self,
        /,
        *,
        plural: str | None = None,
        conditional_writes: bool = False,
        **existing: Unpack[Existing],
    ) -> Callable[[type[R]], type[R]]: ...
    def resource(
        self,
        cls: type[R] | None = None,
        /,
        *,
        plural: str | None = None,
        conditional_writes: bool = False,
        **existing: Unpack[Existing],
    ) -> type[R] | Callable[[type[R]], type[R]]:
        """Makes a class a resource of this contract.

        `plural` is the name of its table and, in kebab case, its path. With
        `conditional_writes` updates and deletes must say which version they are based on.
        `table` and what goes with it say that the rows are those of an existing table.
        """
        return self._registered(Meaning.ROWS, cls, plural, conditional_writes, existing)

    @overload
    def accounts(self, cls: type[U], /) -> type[U]: ...
    @overload
    def accounts(
        self,
        /,
        *,
        plural: str | None = None,
        conditional_writes: bool = False,
        was: str | None = None,
    ) -> Callable[[type[U]], type[U]]: ...
    def accounts(
        self,
        cls: type[U] | None = None,
        /,
        *,
        plural: str | None = None,
        conditional_writes: bool = False,
        was: str | None = None,
    ) -> type[U] | Callable[[type[U]], type[U]]:
        """Makes a class that derives from `User` the resource of the accounts.

        People then register and sign in with the service itself, and `User` means this resource
        wherever the contract says it.
        """
        return self._registered(
            Meaning.ACCOUNTS, cls, plural, conditional_writes, {} if was is None else {"was": was}
        )

    @overload
    def tenant(self, cls: type[R], /) -> type[R]: ...
    @overload
    def tenant(
        self,
        /,
        *,
        plural: str | None = None,
        conditional_writes: bool = False,
        **existing: Unpack[Existing],
    ) -> Callable[[type[R]], type[R]]: ...
    def tenant(
        self,
        cls: type[R] | None = None,
        /,
        *,
        plural: str | None = None,
        conditional_writes: bool = False,
        **existing: Unpack[Existing],
    ) -> type[R] | Callable[[type[R]], type[R]]:
        """Makes a class a resource whose rows are the tenants of the service.

        Every row of every other resource belongs to one of them, but for those that `shared`
        names and the accounts. Nobody gets to see or to write a row of another tenant,
        whatever the policies say.
        """
        return self._registered(Meaning.TENANTS, cls, plural, conditional_writes, existing)

    def shared(self, *classes: type[Resource[Any]]) -> None:
        """Makes the rows of resources belong to no tenant: everybody has the same ones."""
        place = caller_place()
        self._changed().shared.extend(SharedSaid(cls, place) for cls in classes)

    def audited(self, *classes: type[Resource[Any]]) -> None:
        """Every change of these resources' rows (of all resources, where none is named) is
        written into the audit log, in the transaction that makes it."""
        self._changed().audited.append(MarkedSaid(classes, caller_place()))

    def append_only(self, cls: type[Resource[Any]], /, *more: type[Resource[Any]]) -> None:
        """Rows of these resources are made, and then neither changed nor deleted, whoever
        writes: the database refuses it."""
        self._changed().append_only.append(MarkedSaid((cls, *more), caller_place()))

    def stamped(self, *classes: type[Resource[Any]]) -> None:
        """`updated_at` and the version of these resources' rows (of all resources, where none is
        named) move with every change, whoever writes: the database sees to it."""
        self._changed().stamped.append(MarkedSaid(classes, caller_place()))

    def role(self, name: str, /, *, includes: str | Sequence[str] = ()) -> None:
        """Declares a role. Whoever has it has all those that it `includes` as well."""
        others = (includes,) if isinstance(includes, str) else tuple(includes)
        self._changed().roles.append(RoleSaid(name, others, caller_place()))

    def grants(
        self,
        cls: type[Resource[Any]],
        /,
        *,
        on: str | None = None,
        to: str | None = None,
        role: str | None = None,
    ) -> None:
        """Makes the rows of a resource grant roles: its policy says who may assign them.

        `to` names its reference to the account, `role` its field of a Literal or Enum with the
        names of the roles; where there is just one of each they are found. The role holds
        everywhere, or only on the row that the reference `on` leads to:
        `actor.has_role("editor", on=task.project)`.
        """
        self._changed().grants.append(GrantsSaid(cls, on, to, role, caller_place()))

    def policy(self, *classes: type[R]) -> Callable[[PolicyFunction[R]], PolicyFunction[R]]:
        """Makes a function the policy of one or more resources."""
        place = caller_place()

        def register(function: PolicyFunction[R]) -> PolicyFunction[R]:
            said = (PolicySaid(cls, function, place) for cls in classes)
            self._changed().policies.extend(said)
            return function

        return register

    def unique(self, cls: type[Resource[Any]], /, *fields: str) -> None:
        """No two rows have the same values in all of these fields."""
        self._changed().uniques.append(UniqueSaid(cls, fields, caller_place()))

    def index(
        self,
        cls: type[R],
        /,
        *fields: str,
        where: Callable[[R], bool] | None = None,
        include: Sequence[str] = (),
    ) -> None:
        """An index over fields, `-` before those that descend; `where` makes it partial.

        `include` are fields that it carries along without being sorted by them, so that reads of
        those need not look into the table (a covering index).
        """
        said = IndexSaid(cls, fields, where, tuple(include), caller_place())
        self._changed().indexes.append(said)

    def search_index(self, cls: type[Resource[Any]], /, *more: type[Resource[Any]]) -> None:
        """Gives the text search over these resources an index, on databases that can: trigrams
        on PostgreSQL. Elsewhere every row is looked at, as without it."""
        self._changed().search_indexes.append(MarkedSaid((cls, *more), caller_place()))

    def check(self, cls: type[R], rule: Callable[[R], bool], message: str, /) -> None:
        """A rule over the fields of one row that always holds, with what to say when not."""
        self._changed().checks.append(CheckSaid(cls, rule, message, caller_place()))

    def event(self, cls: type[E], /) -> type[E]:
        """Makes a class an event of this contract."""
        self._changed().events.append(EventSaid(cls, caller_place()))
        return cls

    def error(self, *, status: int) -> Callable[[type[X]], type[X]]:
        """Makes a class an error that commands may raise; `status` is as HTTP has it."""
        place = caller_place()

        def register(cls: type[X]) -> type[X]:
            self._changed().errors.append(ErrorSaid(cls, status, place))
            return cls

        return register

    def command(
        self,
        cls: type[Resource[Any]] | None = None,
        /,
        *,
        moves: str | None = None,
        raises: Sequence[type[Error]] = (),
        allow: Callable[[Actor], bool] | None = None,
    ) -> Callable[[C], C]:
        """Makes an async function a command, run as one transaction.

        On a row when its first parameter is the resource's class, else on the collection;
        without a resource on nothing, and then `allow` says who may call it. `moves` is a
        change of state such as `draft | open -> placed`.
        """
        place = caller_place()

        def register(function: C) -> C:
            said = CommandSaid(function, cls, moves, tuple(raises), allow, place)
            self._changed().commands.append(said)
            return function

        return register

    def build(self) -> hub.Contract:
        """The contract as the hub's frozen value.

        Raises ContractFaulty with every fault there is.
        """
        if self._built is None:
            self._built = build(self._said)
        return self._built

    def _registered(
        self,
        meaning: Meaning,
        cls: type[R] | None,
        plural: str | None,
        conditional_writes: bool,
        existing: Existing = NO_EXISTING,
    ) -> type[R] | Callable[[type[R]], type[R]]:
        place = caller_place()

        def register(cls: type[R]) -> type[R]:
            said = ResourceSaid(cls, plural, conditional_writes, place, meaning, existing)
            self._changed().resources.append(said)
            cls.charter_given_keys = existing.get("given_keys", False)
            return cls

        return register if cls is None else register(cls)

    def _changed(self) -> Declarations:
        self._built = None
        return self._said
