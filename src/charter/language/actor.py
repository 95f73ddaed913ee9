"""What a policy sees of whoever is asking."""

from typing import Protocol, TypeVar

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

    def has_role(self, role: str) -> bool:
        """Whether the actor's token carries the role."""

    def claim(self, name: str, kind: type[T]) -> T:
        """A claim of the actor's token; nothing where it is absent or of another kind."""
