"""`/docs` and what is below it, `/openapi.json` and `/asyncapi.json`: the same for everybody."""

from collections.abc import Mapping

from charter.contract.contract import Contract
from charter.core.codes import CODES
from charter.wire.http import Request, Response
from charter.wire.live.describe import asyncapi
from charter.wire.pages.assets import (
    CHECKED,
    PAGE_HEADERS,
    Asset,
    Document,
    document,
    shown_at,
)
from charter.wire.pages.texts import live_page, operations_page, problem_page, problems_page
from charter.wire.rest.describe.document import openapi
from charter.wire.rest.describe.schemas import code_of
from charter.wire.rest.headers import SAFE
from charter.wire.rest.settings import RestSettings

_SCRIPT, _STYLE = "text/javascript; charset=utf-8", "text/css; charset=utf-8"
_HTML = "text/html; charset=utf-8"
_ASSETS: Mapping[str, Asset] = {
    "/docs/assets/swagger-ui.css": Asset("vendor/swagger-ui/swagger-ui.css", _STYLE),
    "/docs/assets/swagger-ui-bundle.js": Asset("vendor/swagger-ui/swagger-ui-bundle.js", _SCRIPT),
    "/docs/assets/docs.js": Asset("own/docs.js", _SCRIPT),
    "/docs/assets/live.css": Asset("own/live.css", _STYLE),
    "/docs/assets/live.js": Asset("own/live.js", _SCRIPT),
    "/docs/assets/page.css": Asset("own/page.css", _STYLE),
}


class Pages:
    """The pages of one contract."""

    def __init__(self, contract: Contract, settings: RestSettings, *, live: bool = True) -> None:
        html = (CHECKED, *PAGE_HEADERS)
        declared = {item.code: code_of(item) for item in contract.errors}
        codes = {**declared, **CODES}
        self._documents: dict[str, Document] = {
            "/docs": document(operations_page(contract), _HTML, html),
            "/docs/problems": document(problems_page([*codes.values()]), _HTML, html),
            "/openapi.json": document(
                openapi(contract, settings), "application/json", (CHECKED, *SAFE)
            ),
        }
        if live:
            page = document(live_page(contract, settings.prefix), _HTML, html)
            self._documents["/docs/live"] = page
            self._documents["/asyncapi.json"] = document(
                asyncapi(contract, settings), "application/json", (CHECKED, *SAFE)
            )
        for name, code in codes.items():
            page = document(problem_page(code), _HTML, html)
            self._documents[f"/docs/problems/{name}"] = page

    def answer(self, request: Request) -> Response | None:
        """The page of a request's path; None where there is none.

        Raises `method_not_allowed` for all but GET and HEAD.
        """
        return shown_at(request, self._documents, _ASSETS)
