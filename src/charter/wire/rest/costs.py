"""What an answer costs, before anything is read: how many rows it is likely to include.

Nobody can know without reading them. So every included to-many relation counts as `TYPICAL` rows
for each row that it starts from, a to-one relation as one: what grows with each relation on the
way down is refused where it gets out of hand.
"""

from charter.core.codes import TOO_COMPLEX
from charter.plan.ask import Selection
from charter.plan.notes import Notes

TYPICAL = 20
"""Rows of one to-many relation, or the most that are shown of one where that is fewer."""


def cost(selection: Selection) -> int:
    """Rows that are included with one row, by estimate."""
    return sum(
        (1 if nest.limit is None else min(TYPICAL, nest.limit)) * (1 + cost(nest.selection))
        for nest in selection.nests
    )


def check_cost(selection: Selection, rows: int, most: int, advice: str, notes: Notes) -> None:
    """Notes where `rows` rows with what is included cost more than `most`."""
    total = rows * cost(selection)
    if total > most:
        message = f"related rows to the cost of about {total} would be included, of {most} at most"
        notes.of("include", TOO_COMPLEX, f"{message}: {advice}")
        notes.become(TOO_COMPLEX)
