"""Protocols over HTTP as the app sees them."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, Protocol

from charter.core.problems import Problem
from charter.plan.actor import Actor
from charter.plan.news import News
from charter.plan.outcome import Outcome
from charter.wire.graphql.told import Answer, Done, Follow, Followed, Told
from charter.wire.http import Request, Response
from charter.wire.live.speech import Speech
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


class Talk(Protocol):
    """A protocol over HTTP of whose requests one can come to several asks."""

    def route(self, request: Request) -> str:
        """The template of a request's path; empty where it is none of these."""

    def options(self, request: Request) -> Response: ...

    async def respond(
        self,
        request: Request,
        actor: Actor,
        now: datetime,
        request_id: str,
        answer: Answer,
        follow: Follow,
    ) -> Response: ...

    def problem(self, problem: Problem, request: Request, request_id: str) -> Response: ...


class OperationSpeech(Speech, Protocol):
    """How a protocol of operations says things over a WebSocket."""

    def replies(self, name: str, done: Done) -> tuple[str, ...]:
        """All that is said of an operation that has one response."""

    def telling(
        self, name: str, told: Callable[[News], Iterable[Told]]
    ) -> Callable[[News], Iterable[str]]:
        """Gives what is said of the news of a subscription."""


class Spoken(Talk, Protocol):
    """A protocol whose operations are asked for over a WebSocket as well, at a path of its own."""

    @property
    def path(self) -> str: ...

    @property
    def speech(self) -> OperationSpeech: ...

    async def begin(
        self,
        asked: Any,
        request: Request,
        actor: Actor,
        now: datetime,
        request_id: str,
        answer: Answer,
    ) -> Done | Followed:
        """What comes of one operation."""
