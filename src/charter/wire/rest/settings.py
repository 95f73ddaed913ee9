"""What can be set of the REST interface."""

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RestSettings:
    """Bounds are inclusive. Sizes are bytes."""

    prefix: str = "/v1"
    """What all paths of rows begin with: empty, or a slash and a name."""
    default_limit: int = 50
    """Rows of a page where the request does not say how many."""
    max_limit: int = 500
    """Rows of a page at most."""
    max_bulk: int = 500
    """Operations in one bulk write or batch."""
    max_conditions: int = 50
    """Tests in one filter."""
    max_list: int = 500
    """Items of one `in` list."""
    max_include: int = 20
    """Relations included by one read, at all depths together."""
    max_depth: int = 4
    """Relations between a row and what is included with it, or tested by its filter."""
    nested_limit: int = 1000
    """Rows of one included to-many relation. Where there are more, `<relation>_cut` tells so."""
    max_cost: int = 25_000
    """Rows that one answer may include, by estimate: the page's limit, times 20 for each to-many
    relation on the way down, summed over all included relations. An export counts as a page of
    `max_limit`, a bulk write as one of as many rows as it has."""
    max_json_depth: int = 32
    """Lists and objects inside each other in a body."""
    max_query_bytes: int = 8192
    """Bytes of a query, as it comes on the request line."""
    min_compressed: int = 1024
    """Smaller bodies are not compressed."""
    explain_roles: tuple[str, ...] = ()
    """Roles that may ask which rule allowed or denied something (`explain` of `POST /v1/can`). In
    development everybody may."""
    problem_base: str = "/docs/problems/"
    """Where the documentation pages of problem codes are; the code's name follows."""

    def __post_init__(self) -> None:
        """Raises ValueError where a value makes no sense."""
        if PREFIX.fullmatch(self.prefix) is None:
            raise ValueError("prefix must be empty, or of the form /v1")
        for name in COUNTS:
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1")
        if self.default_limit > self.max_limit:
            raise ValueError("default_limit must not be more than max_limit")


PREFIX = re.compile(r"(?:/(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-F]{2})+)*")
"""Segments of a path (RFC 3986, section 3.3), as servers spell what a service is mounted at."""
COUNTS = (
    "default_limit",
    "max_limit",
    "max_bulk",
    "max_conditions",
    "max_list",
    "max_include",
    "max_depth",
    "nested_limit",
    "max_cost",
    "max_json_depth",
    "max_query_bytes",
)
