"""Header fields of answers, made once and shared by all of them."""

from urllib.parse import quote

from charter.wire.rest.call import Style

Headers = tuple[tuple[str, str], ...]

PROBLEM_TYPE = "application/problem+json"

NO_SNIFFING = ("x-content-type-options", "nosniff")
NOTHING_ACTIVE = (
    "content-security-policy",
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
)
"""An answer of the API is data: opened in a browser it loads nothing and cannot be framed."""
ALOOF: Headers = (
    NO_SNIFFING,
    ("referrer-policy", "no-referrer"),
    ("permissions-policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
)
"""What keeps browsers from guessing, telling and sharing. CORS is not concerned: it is asked
about other requests than the resource policy."""
SAFE: Headers = (*ALOOF, NOTHING_ACTIVE)
"""What every answer has that is not a page. A page has `ALOOF`, and a policy of its own."""

ASK_AGAIN = ("cache-control", "private, no-cache")
"""May be kept by the client that asked for it, and is checked by ETag before it is used."""
KEEP_NOT = ("cache-control", "no-store")

VARY = ("vary", "accept, authorization, accept-encoding")

_TYPES = {
    Style.JSON: "application/json",
    Style.HAL: "application/hal+json",
    Style.NDJSON: "application/x-ndjson",
    Style.CSV: "text/csv; charset=utf-8; header=present",
}


def _of(content_type: str, cache: tuple[str, str]) -> Headers:
    return (("content-type", content_type), cache, VARY, *SAFE)


READ: dict[Style, Headers] = {style: _of(kind, ASK_AGAIN) for style, kind in _TYPES.items()}
"""What every answer to a read has, by its representation."""
WRITTEN: dict[Style, Headers] = {style: _of(kind, KEEP_NOT) for style, kind in _TYPES.items()}
"""What every answer to a write has."""
EMPTY: Headers = (KEEP_NOT, VARY, *SAFE)
"""What an answer without a body has."""
PROBLEM: Headers = _of(PROBLEM_TYPE, KEEP_NOT)


def reference(raw: str) -> str:
    """A path and query as they came on the request line, made safe to stand in a header or body.

    What RFC 3986 does not let stand in a URI is percent-encoded; what is encoded stays so.
    """
    return quote(raw, safe="%/:?@!$&'()*+,;=~[]")


def link(target: str, relation: str) -> str:
    """One link of a Link header (RFC 8288, section 3); the target is a URI reference."""
    return f'<{target}>; rel="{relation}"'


def attachment(name: str) -> tuple[str, str]:
    """Content-Disposition (RFC 6266) for a file; the name is of ASCII letters, `-` and `.`."""
    return ("content-disposition", f'attachment; filename="{name}"')
