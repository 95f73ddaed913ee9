"""The passwords that are used most, of eight characters and more."""

from importlib.resources import files


def _read() -> frozenset[str]:
    text = files("charter.access.passwords").joinpath("common.txt").read_text(encoding="utf-8")
    return frozenset(line for line in text.splitlines() if line and not line.startswith("# "))


COMMON_PASSWORDS = _read()
"""In lower case. Where they come from is said at the top of `common.txt`."""
