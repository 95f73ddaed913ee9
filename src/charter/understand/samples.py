"""Forms that sampled values have."""

import re
from collections.abc import Callable

from charter.plan.texts import EMAIL_PATTERN, URL_PATTERN
from charter.understand.found import Sample
from charter.understand.survey import SAMPLED_CHARACTERS

Form = Callable[[str], object]

_DAY = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_CLOCK = r"[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?"
EMAIL: Form = re.compile(EMAIL_PATTERN).match
URL: Form = re.compile(URL_PATTERN).match
DAY: Form = re.compile(_DAY).fullmatch
MIDNIGHT: Form = re.compile(rf"{_DAY}[T ]00:00:00(?:\.0{{1,6}})?").fullmatch
CHARTERS_TIME: Form = re.compile(rf"{_DAY}T{_CLOCK}\+00:00").fullmatch
NAIVE_TIME: Form = re.compile(rf"{_DAY}(?:[T ]{_CLOCK}Z?)?").fullmatch
ZONED_TIME: Form = re.compile(rf"{_DAY}[T ]{_CLOCK}(?:Z|[+-][0-9]{{2}}:[0-9]{{2}})").fullmatch
WHOLE: Form = re.compile(r"-?[0-9]{1,18}").fullmatch
PLAIN_UUID: Form = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}").fullmatch
NUMBER: Form = re.compile(r"-?[0-9]+(?:\.[0-9]+)?(?:e[+-]?[0-9]+)?", re.IGNORECASE).fullmatch
_WORDY: Form = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:[ _/-][A-Za-z0-9]+){0,3}").fullmatch

FEWEST = 30
"""Values that a sample must have before few different ones say something."""
MOST_CHOICES = 8
_TO_ONE = 10
"""How many times each different value of an enumeration is there, on average."""


def breaking(sample: Sample, form: Form) -> int:
    """How many values have not the form."""
    return sum(not form(value.text) for value in sample)


def all_have(sample: Sample, form: Form) -> bool:
    """Whether there are values, and all of them have the form."""
    return bool(sample) and not breaking(sample, form)


def kinds(sample: Sample) -> frozenset[str]:
    return frozenset(value.kind for value in sample)


def few(sample: Sample) -> tuple[str, ...]:
    """The different values in order, where they are so few and so short that they may be an
    enumeration; nothing otherwise."""
    texts = sorted({value.text for value in sample})
    enough = len(sample) >= max(FEWEST, _TO_ONE * len(texts))
    if not enough or not 2 <= len(texts) <= MOST_CHOICES or not all(map(_WORDY, texts)):
        return ()
    return tuple(texts)


def longer(sample: Sample, length: int) -> int:
    """How many values are longer; of a length that samples are cut to, nothing is known."""
    if length >= SAMPLED_CHARACTERS:
        return 0
    return sum(len(value.text) > length for value in sample)


def places(sample: Sample) -> int:
    """The most digits that a value has after its point."""
    return max((len(value.text.partition(".")[2]) for value in sample), default=0)
