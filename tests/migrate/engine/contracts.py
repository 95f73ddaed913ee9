"""A contract before and after a change, as releases of one service have it."""

from pathlib import Path

HEAD = """
from charter import Actor, Contract, Policy, Resource, allow, field

shelf = Contract("shelf")


@shelf.resource
class Book(Resource):
    title: str = field(max_length=100)
"""
TAIL = """

@shelf.policy(Book)
def book_policy(book: Book, actor: Actor) -> Policy:
    yield allow("*")
"""
OLD = HEAD + "    shelf_mark: str | None = field(default=None, max_length=20)\n" + TAIL
NEW = HEAD + "    pages: int = field(ge=0, default=1)\n" + TAIL
"""One column comes, one goes."""


def written(folder: Path, text: str) -> Path:
    """The contract's file with this text."""
    path = folder / "contract.py"
    path.write_text(text)
    return path
