"""The endpoints of identity providers: to them, back from them, and what came of it."""

from charter.contract.command import Parameter
from charter.contract.resource import Given
from charter.contract.types import Scalar, Type
from charter.wire.identity.endpoint import Endpoint, Needs

_PATH = Type(Scalar.TEXT, min_length=1, max_length=2048)
_MODE = Type(Scalar.CHOICE, choices=("browser", "token"))
_SECONDS = Type(Scalar.INTEGER, ge=0, le=2_592_000)
_HINT = Type(Scalar.TEXT, min_length=1, max_length=254)
_ANSWER = Type(Scalar.TEXT, max_length=4096)

_return_to = Parameter(
    "return_to", _PATH, optional=True,
    doc="The path of the page to come back to, such as `/orders`; by default `/`.",
)  # fmt: skip
_answers = tuple(
    Parameter(name, _ANSWER, optional=True)
    for name in ("state", "code", "iss", "error", "error_description")
)

START = Endpoint(
    "provider_start", "GET", "providers/{id}/start",
    "Go to an identity provider to sign in. The browser comes back with a cookie, or to tokens.",
    queries=(
        _return_to,
        Parameter(
            "mode", _MODE, default=Given("browser"),
            doc="`browser` comes back to `return_to` with a cookie that scripts cannot read, "
            "`token` ends at an answer with tokens.",
        ),
        Parameter(
            "max_age", _SECONDS, optional=True,
            doc="Seconds since the sign-in at the provider, at most; with 0 it asks anew.",
        ),
        Parameter(
            "acr_values", _HINT, optional=True,
            doc="The kinds of sign-in that are wanted of the provider, the best first.",
        ),
        Parameter("login_hint", _HINT, optional=True, doc="Who is about to sign in."),
    ),
    status=302, problems=(429, 503),
)  # fmt: skip

PROVIDER_ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint(
        "providers", "GET", "providers",
        "The identity providers that people can sign in with.",
        status=200, answer="Providers",
    ),
    START,
    Endpoint(
        "provider_link", "POST", "providers/{id}/start",
        "Begin to add an identity to this account: the answer has the address to go to.",
        (_return_to,),
        status=200, answer="Departure", needs=Needs.FRESH, problems=(429, 503),
    ),
    Endpoint(
        "provider_callback", "GET", "providers/{id}/callback",
        "Where an identity provider sends the browser back to.",
        queries=_answers, relays=True, status=303, answer="Session",
        problems=(401, 403, 409, 422, 503),
    ),
    Endpoint(
        "provider_posted", "POST", "providers/{id}/callback",
        "The same for providers that answer with a form (`response_mode=form_post`).",
        relays=True, status=303, answer="Session",
        problems=(401, 403, 409, 422, 503),
    ),
    Endpoint(
        "identities", "GET", "identities",
        "The identities at providers that are linked to this account.",
        status=200, answer="Identities", needs=Needs.SESSION,
    ),
    Endpoint(
        "remove_identity", "DELETE", "identities/{id}",
        "Unlink an identity. The last way to sign in stays.",
        needs=Needs.FRESH, problems=(404, 409),
    ),
)  # fmt: skip
