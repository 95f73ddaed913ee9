"""Bounds on what a client sends, checked before anything of it is read closely."""

from collections.abc import Mapping

from charter.core.codes import HEADER_TOO_LARGE, MALFORMED, TARGET_TOO_LONG, TOO_LARGE
from charter.core.problems import Problem
from charter.serve.settings.model import ServeSettings
from charter.wire.http import Request


def check_head(request: Request, settings: ServeSettings) -> None:
    """Raises `target_too_long` and `header_too_large`.

    Sizes are counted in characters, of which HTTP servers give one for each byte, or fewer.
    """
    if len(request.path) + len(request.query) > settings.max_target:
        raise Problem(
            TARGET_TOO_LONG, f"Path and query may have {settings.max_target} bytes together."
        )
    headers = request.headers
    if len(headers) > settings.max_headers:
        raise Problem(HEADER_TOO_LARGE, f"A request may have {settings.max_headers} header fields.")
    if sum(map(len, headers)) + sum(map(len, headers.values())) > settings.max_header_bytes:
        raise Problem(
            HEADER_TOO_LARGE, f"The header may have {settings.max_header_bytes} bytes in all."
        )


def announced(headers: Mapping[str, str], most: int) -> int | None:
    """How long the body will be: 0 without one, None where only its end will tell.

    Raises `too_large` for a length beyond `most` bytes, and `malformed` for one that is none.
    """
    text = headers.get("content-length")
    if "transfer-encoding" in headers:
        if text is not None:
            # RFC 9112, section 6.3: this may be an attempt at request smuggling.
            raise Problem(MALFORMED, "Both Content-Length and Transfer-Encoding are given.")
        return None
    if text is None:
        return 0
    if not (text.isascii() and text.isdigit()):
        raise Problem(MALFORMED, "The Content-Length is not a number.")
    if len(text) > 18 or int(text) > most:
        raise too_large(most)
    return int(text)


def too_large(most: int) -> Problem:
    return Problem(TOO_LARGE, f"A body may have {most} bytes.")
