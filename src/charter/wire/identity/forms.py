"""Bodies of OAuth's token endpoint: forms, with the client's own secret there or in the header."""

import base64
import binascii
from urllib.parse import parse_qsl, unquote_plus

from charter.core.codes import INVALID_VALUES, MALFORMED
from charter.core.problems import Problem
from charter.wire.http import Request
from charter.wire.rest import bodies

FORM = "application/x-www-form-urlencoded"
_MOST_MEMBERS = 20
_BASIC = "basic "


def form_of(request: Request) -> dict[str, str]:
    """The members of a form, none of them twice (RFC 6749, section 3.2). A client that says its
    name and secret by HTTP Basic (section 2.3.1) has them among the members."""
    bodies.check_type(request.headers, (FORM,))
    try:
        pairs = parse_qsl(
            request.body.decode("ascii"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=_MOST_MEMBERS,
        )
    except ValueError:
        raise Problem(MALFORMED, "The body is not a form.") from None
    # RFC 6749, section 3.1: a member without a value counts as left out.
    found = {name: value for name, value in pairs if value}
    if len({name for name, _ in pairs}) < len(pairs):
        raise Problem(INVALID_VALUES, "A member is there twice.")
    return {**found, **_basic(request.headers.get("authorization", ""))}


def answer_of(request: Request) -> str:
    """The parameters of an authorization response (RFC 6749, section 4.1.2), as they came: the
    query, or a form (OAuth 2.0 Form Post Response Mode)."""
    if request.method == "GET":
        return request.query
    bodies.check_type(request.headers, (FORM,))
    return request.body.decode("latin-1")


def _basic(authorization: str) -> dict[str, str]:
    if authorization[: len(_BASIC)].lower() != _BASIC:
        return {}
    try:
        text = base64.b64decode(authorization[len(_BASIC) :].strip(), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        raise Problem(MALFORMED, "The Authorization field cannot be read.") from None
    client, colon, secret = text.partition(":")
    if not colon:
        raise Problem(MALFORMED, "The Authorization field cannot be read.")
    return {"client_id": unquote_plus(client), "client_secret": unquote_plus(secret)}
