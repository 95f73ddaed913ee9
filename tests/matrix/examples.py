"""The examples, and what the types in their contracts cannot tell of values."""

from decimal import Decimal
from pathlib import Path

from tests.matrix.world import Values

EXAMPLES = Path(__file__).parents[2] / "examples"
VALUES: dict[str, Values] = {
    "todo": {},
    "shop": {
        ("Product", "sku"): lambda number: f"ABC-{number:04}",
        ("Product", "stock"): lambda number: 100,
        ("Product", "price"): lambda number: Decimal(30 + number),
    },
    "music": {},
}
