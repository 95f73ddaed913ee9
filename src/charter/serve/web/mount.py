"""What a contract serves below the path that it is mounted at, besides its rows."""

from collections.abc import Callable
from dataclasses import replace

from charter.contract.contract import Contract
from charter.serve.settings.model import Settings
from charter.wire.http import Request, Response
from charter.wire.pages.account import AccountPage, Offers
from charter.wire.pages.pages import Pages

OPEN = frozenset({"/openapi.json", "/asyncapi.json"})
"""What is served also where the pages are off."""


def mounted(settings: Settings, root: str) -> Settings:
    """The settings with their paths below a root, which is empty or begins with a slash."""
    if not root:
        return settings
    rest, graphql = settings.rest, settings.graphql
    return replace(
        settings,
        graphql=replace(graphql, path=root + graphql.path),
        rest=replace(rest, prefix=root + rest.prefix, problem_base=root + rest.problem_base),
    )


def pages_at(
    root: str, contract: Contract, settings: Settings, account: Offers | None = None
) -> Callable[[Request], Response | None]:
    """Answers for the documents of a contract; None for other paths, and where they are off.

    `settings` are those below the root already; `account` is what the account page offers, None
    for no such page.
    """
    pages = Pages(contract, settings.rest, live=settings.live.enabled)
    account_page = None if account is None else AccountPage(contract, account)
    shown = settings.serve.docs

    def answer(request: Request) -> Response | None:
        path = request.path
        if not path.startswith(root):
            return None
        below = path[len(root) :]
        here = request if not root else replace(request, path=below)
        if account_page is not None and (page := account_page.answer(here)) is not None:
            return page
        return pages.answer(here) if shown or below in OPEN else None

    return answer
