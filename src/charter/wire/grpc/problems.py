"""Problems as google.rpc.Status (AIP-193), with the details that clients know.

The code of Charter is the `reason` of an ErrorInfo, in capitals as that wants it; the flaws are
the violations of a BadRequest.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from charter.core import codes
from charter.core.problems import Code, Family, Flaw, Problem
from charter.wire.grpc.encode import delimited, integer_field, text_field
from charter.wire.grpc.places import Place, parameter_path, path_of

DETAILS = "grpc-status-details-bin"
OK = 0
_OF_FAMILY: Mapping[Family, int] = {
    Family.INVALID: 3,
    Family.UNAUTHENTICATED: 16,
    Family.FORBIDDEN: 7,
    Family.MISSING: 5,
    Family.CONFLICT: 9,
    Family.LIMITED: 8,
    Family.UNAVAILABLE: 14,
    Family.FAULT: 13,
}
_OF_CODE: Mapping[str, int] = {
    codes.NOT_UNIQUE.name: 6,
    codes.VERSION_CONFLICT.name: 10,
    codes.VERSION_REQUIRED.name: 9,
    codes.METHOD_NOT_ALLOWED.name: 12,
    codes.TIMED_OUT.name: 4,
    codes.TOO_LARGE.name: 8,
}
"""ALREADY_EXISTS, ABORTED, FAILED_PRECONDITION, UNIMPLEMENTED, DEADLINE_EXCEEDED, …"""
_TYPES = "type.googleapis.com/google.rpc."
_DEFAULT_WAIT = 1
_PASSING = frozenset({8, 14})


def status_of(code: Code) -> int:
    """The canonical code of a problem: that of its code, or else of its family."""
    return _OF_CODE.get(code.name, _OF_FAMILY[code.family])


def status_bytes(problem: Problem, domain: str, place: Place = path_of) -> bytes:
    """A google.rpc.Status. `domain` is the name of the contract."""
    status, detail = status_of(problem.code), problem.detail
    details = [_any("ErrorInfo", _error_info(problem, domain))]
    if detail.flaws:
        found = b"".join(delimited(1, _violation(flaw, place)) for flaw in detail.flaws)
        details.append(_any("BadRequest", found))
    wait = detail.retry_after
    if wait is None and status in _PASSING:
        wait = _DEFAULT_WAIT
    if wait is not None:
        details.append(_any("RetryInfo", delimited(1, integer_field(1, wait))))
    return (
        integer_field(1, status)
        + text_field(2, detail.message)
        + b"".join(delimited(3, item) for item in details)
    )


def _any(name: str, data: bytes) -> bytes:
    return text_field(1, _TYPES + name) + delimited(2, data)


def _error_info(problem: Problem, domain: str) -> bytes:
    members = problem.detail.members
    return (
        text_field(1, problem.code.name.upper())
        + text_field(2, domain)
        + b"".join(
            delimited(3, text_field(1, name) + text_field(2, _text(value)))
            for name, value in members.items()
        )
    )


def _text(value: Any) -> str:
    """Metadata is text: what is none stands there as JSON."""
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _violation(flaw: Flaw, place: Place) -> bytes:
    where = ""
    if flaw.pointer is not None:
        where = place(flaw.pointer)
    elif flaw.parameter is not None:
        where = parameter_path(flaw.parameter)
    return text_field(1, where) + text_field(2, flaw.message) + text_field(3, flaw.code.upper())
