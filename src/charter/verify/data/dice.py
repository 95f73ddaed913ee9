"""Chance that comes out the same every time, and skew as real tables have it."""

import random
from collections.abc import Sequence
from math import gcd
from typing import TypeVar

T = TypeVar("T")

_STRIDES = (7_919, 104_729, 15_485_863)
"""Primes: one of them has no factor in common with any number that is met."""


def dice_for(seed: int, *what: str) -> random.Random:
    """A source of chance for one purpose. Others can draw more or less without a change in it."""
    return random.Random(f"{seed} {' '.join(what)}")  # noqa: S311 - data, not secrets


def skewed(dice: random.Random, items: Sequence[T]) -> T:
    """One of the items by Zipf's law (exponent 1): the nth most popular comes 1/n as often.

    Popularity has nothing to do with the place in the sequence.
    """
    count = len(items)
    return items[place_of(min(int(count ** dice.random()), count) - 1, count)]


def place_of(rank: int, count: int) -> int:
    """Where among `count` items the one of a rank (from 0, the most popular) stands."""
    stride = next((one for one in _STRIDES if gcd(one, count) == 1), 1)
    return (rank * stride + count // 3) % count


def skewed_early(dice: random.Random, items: Sequence[T]) -> T:
    """The same, where the items that come first are the popular ones."""
    return items[min(int(len(items) ** dice.random()), len(items)) - 1]
