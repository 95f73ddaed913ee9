"""What an answer costs, before anything is read: how many rows it is likely to include.

Nobody can know without reading them. So every included to-many relation counts as `TYPICAL` rows
for each row that it starts from, a to-one relation as one: what grows with each relation on the
way down is refused where it gets out of hand.
"""

from charter.core.codes import TOO_COMPLEX
from charter.plan.ask import (
    Known,
    Nest,
    ReadListing,
    ReadOne,
    ReadTogether,
    Root,
    Selection,
    Several,
)
from charter.plan.notes import Notes
from charter.plan.selection import Each, Item, Itself, Listed, Listing

TYPICAL = 20
"""Rows of one to-many relation, or the most that are shown of one where that is fewer."""


def cost(selection: Selection) -> int:
    """Rows that are included with one row, by estimate."""
    found = sum(
        (1 if nest.limit is None else min(TYPICAL, nest.limit)) * (1 + cost(nest.selection))
        for nest in selection.nests
    )
    return found if selection.items is None else found + sum(map(_item_cost, selection.items))


def _item_cost(item: Item) -> int:
    match item:
        case Nest(selection=selection):
            return 1 + cost(selection)
        case Itself(selection=selection):
            return cost(selection)
        case Listed(listing=listing):
            return min(TYPICAL, listing.limit) * _row_cost(listing)
        case _:
            return 0


def _row_cost(listing: Listing) -> int:
    """What each row of a list costs, however many times it is shown."""
    shown = [1 + cost(part.selection) for part in listing.parts if isinstance(part, Each)]
    return sum(shown) or 1


def total_cost(form: ReadTogether) -> int:
    """Rows of a whole answer, by estimate."""
    return sum(root_cost(root) for _, root in form.roots)


def root_cost(root: Root) -> int:
    match root:
        case Known():
            return 0
        case ReadOne(selection=selection):
            return 1 + cost(selection)
        case ReadListing(listing=listing):
            return max(1, listing.limit) * _row_cost(listing)
        case Several(rows):
            return sum(map(root_cost, rows))
        case _:
            return root.limit or 1


def check_cost(selection: Selection, rows: int, most: int, advice: str, notes: Notes) -> None:
    """Notes where `rows` rows with what is included cost more than `most`."""
    total = rows * cost(selection)
    if total > most:
        message = f"related rows to the cost of about {total} would be included, of {most} at most"
        notes.of("include", TOO_COMPLEX, f"{message}: {advice}")
        notes.become(TOO_COMPLEX)
