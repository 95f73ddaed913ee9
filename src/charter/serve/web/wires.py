"""Protocols over HTTP as the app sees them."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Protocol

from charter.core.problems import Problem
from charter.plan.actor import Actor
from charter.plan.ask import Ask
from charter.plan.outcome import Outcome
from charter.wire.http import Request, Response
from charter.wire.rest.call import Call


class Wire(Protocol):
    """A protocol over HTTP: it reads requests, and writes outcomes and problems."""

    def parse(self, request: Request, actor: Actor, now: datetime, request_id: str) -> Call: ...

    def route(self, request: Request) -> str:
        """The template of a request's path, also where it cannot be parsed; empty for none."""

    def options(self, request: Request) -> Response: ...

    def render(self, call: Call, outcome: Outcome) -> Response: ...

    def problem(self, problem: Problem, request: Request, request_id: str) -> Response: ...


class Endpoints(Protocol):
    """Further endpoints, beside those of the wire."""

    def route(self, request: Request) -> str:
        """The template of a request's path; empty where it is none of these."""

    def options(self, request: Request) -> Response: ...

    def is_open(self, request: Request) -> bool:
        """Whether credentials that come with a request mean nothing."""

    async def answer(self, request: Request, actor: Actor, request_id: str) -> Response: ...


Answer = Callable[[Ask], Awaitable[Outcome]]


class Talk(Protocol):
    """A protocol over HTTP of whose requests one can come to several asks."""

    def route(self, request: Request) -> str:
        """The template of a request's path; empty where it is none of these."""

    def options(self, request: Request) -> Response: ...

    async def respond(
        self, request: Request, actor: Actor, now: datetime, request_id: str, answer: Answer
    ) -> Response: ...

    def problem(self, problem: Problem, request: Request, request_id: str) -> Response: ...
