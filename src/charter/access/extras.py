"""What an optional part of an install is needed for, said where it is missing."""

from importlib import import_module
from importlib.util import find_spec
from types import ModuleType


class MissingExtra(ValueError):
    """A feature is asked for, and the packages that it stands on are not installed."""


def needing(package: str, extra: str, what: str, module: str) -> ModuleType:
    """Charter's own module that stands on an optional package. MissingExtra where the package
    is not installed: it names the command that installs it."""
    require(package, extra, what)
    return import_module(module)


def require(package: str, extra: str, what: str) -> None:
    """Raises MissingExtra where an optional package is not installed."""
    if not is_installed(package):
        raise MissingExtra(f'{what} needs more packages: pip install "charter[{extra}]"')


def is_installed(package: str) -> bool:
    """Whether an optional package is there."""
    try:
        return find_spec(package) is not None
    except ModuleNotFoundError:
        return False
