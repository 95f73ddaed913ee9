"""REST as the app sees it: requests to calls, outcomes and problems to answers."""

from datetime import datetime

from charter.contract.contract import Contract
from charter.core.problems import Problem
from charter.plan.actor import Actor
from charter.plan.outcome import Outcome
from charter.wire.http import Request, Response
from charter.wire.rest.call import Call
from charter.wire.rest.parse import Parser
from charter.wire.rest.problems import render_problem
from charter.wire.rest.render import Renderer, render
from charter.wire.rest.settings import RestSettings


class Rest:
    """The REST interface of one contract."""

    def __init__(
        self,
        contract: Contract,
        cursor_key: bytes,
        settings: RestSettings,
        *,
        explains_to_all: bool = False,
    ) -> None:
        self._settings = settings
        self._parser = Parser(contract, cursor_key, settings, explains_to_all=explains_to_all)
        self._renderer = Renderer(contract, cursor_key, settings)

    def parse(self, request: Request, actor: Actor, now: datetime, request_id: str) -> Call:
        return self._parser.parse(request, actor, now, request_id)

    def route(self, request: Request) -> str:
        return self._parser.routes.template(request.method, request.path)

    def options(self, request: Request) -> Response:
        return self._parser.options(request)

    def render(self, call: Call, outcome: Outcome) -> Response:
        return render(self._renderer, call, outcome)

    def problem(self, problem: Problem, request: Request, request_id: str) -> Response:
        return render_problem(problem, request, self._settings, request_id=request_id)
