"""What every client stands on. It is the same for all contracts."""

from .client import Client, Options
from .http import Flaw, Http, Problem, Retries, Unreachable
from .lists import (
    Count,
    Done,
    Listing,
    Operation,
    Page,
    Rows,
    Writing,
    command,
    merged,
)
from .live import Change, Changed, Ready, Removed
from .rows import NotShown, Row, etag, included
from .token import Token

__all__ = [
    "Change",
    "Changed",
    "Client",
    "Count",
    "Done",
    "Flaw",
    "Http",
    "Listing",
    "NotShown",
    "Operation",
    "Options",
    "Page",
    "Problem",
    "Ready",
    "Removed",
    "Retries",
    "Row",
    "Rows",
    "Token",
    "Unreachable",
    "Writing",
    "command",
    "etag",
    "included",
    "merged",
]
