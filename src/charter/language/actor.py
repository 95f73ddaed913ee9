"""What a policy sees of whoever is asking."""

from typing import Any, Protocol, TypeVar

from charter.language.resource import Resource
from charter.language.user import User

T = TypeVar("T", str, int, bool, float)


class Actor(Protocol):
    """Whoever is asking. In policies it stands for every actor that will ever ask."""

    @property
    def user(self) -> User:
        """The actor's row; it equals no row where nobody is authenticated."""

    @property
    def id(self) -> str:
        """The subject of the actor's token."""

    @property
    def authenticated(self) -> bool:
        """Whether the actor is somebody."""

    @property
    def mfa(self) -> bool:
        """Whether it signed in with two kinds of factor, such as a password and a code."""

    @property
    def is_machine(self) -> bool:
        """Whether it is a program, with an API key or credentials of its own."""

    def has_role(self, role: str, *, on: Resource[Any] | None = ...) -> bool:
        """Whether the actor has the role, or one that includes it: everywhere, or on a row."""

    def signed_in_with(self, method: str) -> bool:
        """Whether it signed in with a method: `password`, `passkey`, or as RFC 8176 has it."""

    def signed_in_within(self, *, minutes: int = 0, seconds: int = 0) -> bool:
        """Whether it signed in at most so long ago."""

    def address_in(self, *networks: str) -> bool:
        """Whether the request comes from one of the networks, such as `10.0.0.0/8`."""

    def claim(self, name: str, kind: type[T]) -> T:
        """A claim of the actor's token; nothing where it is absent or of another kind."""
