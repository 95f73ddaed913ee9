"""What a contract says of a table that is there already."""

from typing import Final, TypedDict


class Existing(TypedDict, total=False):
    """What a resource says of its table: its class's name of before, and how its rows stand in an
    existing table or view."""

    was: str
    """The name of the class before: what is stored stays. It may be left there for ever."""
    table: str
    """The table, as the database spells it."""
    key: str
    """The column of the key; `id` where nothing is said."""
    given_keys: bool
    """The keys of new rows come with them, as those of `Resource[str]` always do."""
    created_at: str
    """The column with the time at which a row was made, where there is one."""
    updated_at: str
    """The column with the time of a row's last change."""
    version: str
    """The column that counts the changes of a row."""
    stamps_stored: str
    """How the two times are stored, in the words of `field(stored=…)`."""
    read_only: bool
    """Nobody writes the rows through the service: it is a view, or others write them."""


NO_EXISTING: Final[Existing] = {}
