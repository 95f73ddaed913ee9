"""The last line of a streamed answer that breaks off."""

import msgspec

from charter.core.problems import Problem

_NDJSON = "application/x-ndjson"


def broken_off(headers: tuple[tuple[str, str], ...], problem: Problem, request_id: str) -> bytes:
    """What tells the reader of a stream that it is not complete.

    A line of NDJSON is a problem object. CSV ends with a quoted text that is never closed, so
    that a strict reader fails. A compressed stream is left without its end, which every reader
    takes for an error.
    """
    named = dict(headers)
    if "content-encoding" in named:
        return b""
    code, message = problem.code.name, problem.detail.message
    if named.get("content-type", "").startswith(_NDJSON):
        details = {"code": code, "detail": message, "request_id": request_id}
        return b"\n" + msgspec.json.encode({"problem": details}) + b"\n"
    return f'\n"broken off: {code} ({request_id})'.encode()
