"""The built-in resource of those who can be actors."""

from typing import TYPE_CHECKING

from charter.language.fields import field
from charter.language.kinds import Email
from charter.language.resource import Resource


class User(Resource[str]):
    """Somebody who uses the service. The id is the subject of their tokens."""

    name: str | None = field(default=None, max_length=200)
    email: Email | None = field(default=None, max_length=254)

    if TYPE_CHECKING:  # a resource of accounts has it, and nothing but the service sets it
        email_verified: bool = field(default=False)
