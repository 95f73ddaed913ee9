"""GraphQL, where what it stands on is installed."""

from typing import Any

from charter.access.extras import is_installed, needing
from charter.contract.contract import Contract
from charter.serve.settings.model import Settings
from charter.serve.web.wires import Spoken

PACKAGE = "graphql"


def is_served(settings: Settings) -> bool:
    """Whether there is GraphQL: it is on, and what it stands on is installed."""
    return settings.graphql.enabled and is_installed(PACKAGE)


def graphql_of(contract: Contract, settings: Settings, cursor_key: bytes) -> tuple[Spoken, ...]:
    """The GraphQL interface of a contract, or none where it is off or cannot be.

    `settings` are those below the root already. Raises ValueError where they cannot be followed.
    """
    if not is_served(settings):
        return ()
    module: Any = needing(PACKAGE, "graphql", "GraphQL", "charter.wire.graphql.endpoint")
    development = not settings.serve.in_production
    endpoint: Spoken = module.open_endpoint(
        contract, cursor_key, settings.graphql, settings.rest, development=development
    )
    return (endpoint,)
