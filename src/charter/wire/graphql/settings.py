"""What can be set of the GraphQL interface."""

from dataclasses import dataclass
from pathlib import Path

from charter.wire.rest.settings import PREFIX


@dataclass(frozen=True, slots=True)
class GraphqlSettings:
    """Bounds are inclusive."""

    enabled: bool = True
    """Serve GraphQL, where the extra `charter[graphql]` is installed."""
    path: str = "/graphql"
    """Where it is served."""
    introspection: bool | None = None
    """Answer what types there are, and name what a misspelt name may be meant for. By default in
    development only."""
    page: bool | None = None
    """Show GraphiQL to browsers. By default in development only."""
    documents: Path | None = None
    """A file or folder of documents (`.graphql`, `.gql`): no others are answered then. A JSON file
    maps the SHA-256 of each, or another name, to its text."""
    automatic: bool = True
    """Keep documents that clients send together with their SHA-256 (automatic persisted queries),
    so that the digest alone is enough after that."""
    max_batch: int = 1
    """Operations in one request. More than 1 allows lists of them."""
    max_tokens: int = 4000
    """Words and signs of a document."""
    max_depth: int = 16
    """Fields inside each other, connections, edges and nodes included."""
    max_aliases: int = 50
    """Fields under another name than their own."""
    max_fields: int = 1000
    """Fields in all, those of fragments each time that they are spread."""
    max_breadth: int = 200
    """Fields inside one."""
    max_roots: int = 20
    """Fields of `Query` or `Mutation` in one operation."""
    max_directives: int = 50
    """Directives in a document."""
    max_cost: int = 25_000
    """Rows that one answer may have, by estimate: the size of a page, times 20 (or the size of the
    page where that is smaller) for each list on the way down, summed over all fields."""
    default_limit: int = 50
    """Rows of a page where a query does not say how many."""
    max_limit: int = 500
    """Rows of a page at most."""
    max_conditions: int = 50
    """Tests in one filter."""
    max_list: int = 500
    """Items of one `in` list, and identifiers of `nodes`."""
    max_bulk: int = 500
    """Rows that one field of a mutation writes."""
    max_documents: int = 1000
    """Documents that are kept, understood: those used last."""

    def __post_init__(self) -> None:
        """Raises ValueError where a value makes no sense."""
        if not self.path or PREFIX.fullmatch(self.path) is None:
            raise ValueError("path must be of the form /graphql")
        for name in COUNTS:
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1")
        if self.default_limit > self.max_limit:
            raise ValueError("default_limit must not be more than max_limit")


COUNTS = (
    "max_batch", "max_tokens", "max_depth", "max_aliases", "max_fields", "max_breadth",
    "max_roots", "max_directives", "max_cost", "default_limit", "max_limit", "max_conditions",
    "max_list", "max_bulk", "max_documents",
)  # fmt: skip
