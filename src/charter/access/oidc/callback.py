"""The provider's answer, as the browser brings it back (RFC 6749, 4.1.2; RFC 9207)."""

from collections.abc import Sequence
from hmac import compare_digest
from urllib.parse import parse_qsl

from charter.access.oidc.metadata import Metadata
from charter.access.oidc.start import Pending
from charter.core.codes import INVALID_CALLBACK, PROVIDER_REFUSED
from charter.core.problems import Problem

LONGEST = 8192
"""Characters of a query or a form."""
MOST_PARAMETERS = 20
_ERRORS = frozenset(
    {
        "access_denied",
        "login_required",
        "consent_required",
        "interaction_required",
        "account_selection_required",
        "unmet_authentication_requirements",
        "temporarily_unavailable",
        "server_error",
    }
)
"""What a provider may say that people are told; everything else is a fault of the settings."""


def read_answer(text: str) -> dict[str, str]:
    """The parameters of a query or form. A Problem where one is there twice (RFC 6749, 3.1)."""
    if len(text) > LONGEST or not text.isascii():
        raise Problem(INVALID_CALLBACK)
    try:
        pairs: Sequence[tuple[str, str]] = parse_qsl(
            text, keep_blank_values=True, errors="strict", max_num_fields=MOST_PARAMETERS
        )
    except ValueError:
        raise Problem(INVALID_CALLBACK) from None
    parameters = dict(pairs)
    if len(parameters) < len(pairs):
        raise Problem(INVALID_CALLBACK)
    return parameters


def check_answer(
    answer: dict[str, str], pending: Pending, metadata: Metadata, *, now: float
) -> str:
    """The code in an answer that belongs to this sign-in.

    A Problem `invalid_callback` where it belongs to another one, is too late, or comes from
    another provider: `iss` is compared wherever it is there, and must be there where the provider
    says that it sends it (RFC 9207, section 2.4). `provider_refused` where the answer is no. The
    state is looked at first: to a forged answer, all else is silent.
    """
    state = answer.get("state", "").encode("utf-8", "surrogatepass")
    if not compare_digest(state, pending.state.encode()):
        raise Problem(INVALID_CALLBACK)
    if not now < pending.expires_at:
        raise Problem(INVALID_CALLBACK, "The sign-in took too long.")
    issuer = answer.get("iss")
    if pending.issuer != metadata.issuer or (issuer is None and metadata.sends_issuer):
        raise Problem(INVALID_CALLBACK)
    if issuer is not None and issuer != pending.issuer:
        raise Problem(INVALID_CALLBACK)
    if "error" in answer:
        error = answer["error"]
        said = f" ({error})" if error in _ERRORS else ""
        raise Problem(PROVIDER_REFUSED, f"The identity provider refused the sign-in{said}.")
    code = answer.get("code")
    if not code or "id_token" in answer or "access_token" in answer:
        raise Problem(INVALID_CALLBACK)
    return code
