"""What is begun over `charter.live.v1`: what a path of the REST API shows is followed."""

from datetime import UTC, datetime

from charter.plan.actor import Actor
from charter.serve.live.view import Start
from charter.serve.settings.model import ServeSettings
from charter.serve.web.limits import check_head
from charter.serve.web.live.channel import Following, charged
from charter.serve.web.live.credentials import Credentials
from charter.serve.web.rest import Rest
from charter.serve.web.throttle import Tally, Throttle
from charter.wire.http import Request
from charter.wire.live.messages import Subscribe
from charter.wire.live.render import Renderer
from charter.wire.rest.call import Call

WANTED = {"accept": "application/x-ndjson, application/json;q=0.5"}


class Paths:
    """Reads what paths ask for."""

    def __init__(
        self, rest: Rest, serve: ServeSettings, throttle: Throttle | None, renderer: Renderer
    ) -> None:
        self._rest = rest
        self._serve = serve
        self._throttle = throttle
        self._renderer = renderer

    async def __call__(self, begin: Subscribe, credentials: Credentials, actor: Actor) -> Following:
        """Raises the problems of reads, and `rate_limited`."""
        target, _, query = begin.path.partition("?")
        request = Request("GET", target, query, WANTED)
        check_head(request, self._serve)
        call = self.call(request, actor)
        if self._throttle is not None:
            tally = Tally(self._throttle, request)
            await tally.known(actor)
            await tally.understood(charged(call.ask.form), call.route)
        start = Start(begin.have, begin.after)
        return Following(call.ask, start, lambda news: self._renderer.news(begin.id, news))

    def call(self, request: Request, actor: Actor) -> Call:
        """What a path asks for."""
        return self._rest.parse(request, actor, datetime.now(UTC), "")
