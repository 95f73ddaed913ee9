"""Which of the canonical codes (google.rpc.Code) a problem has."""

from collections.abc import Mapping

from charter.core import codes
from charter.core.problems import Code, Family

OK = 0
NAMES: Mapping[int, str] = {
    3: "INVALID_ARGUMENT",
    4: "DEADLINE_EXCEEDED",
    5: "NOT_FOUND",
    6: "ALREADY_EXISTS",
    7: "PERMISSION_DENIED",
    8: "RESOURCE_EXHAUSTED",
    9: "FAILED_PRECONDITION",
    10: "ABORTED",
    13: "INTERNAL",
    14: "UNAVAILABLE",
    16: "UNAUTHENTICATED",
}
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
    codes.TIMED_OUT.name: 4,
    codes.TOO_LARGE.name: 8,
}


def status_of(code: Code) -> int:
    """The canonical code of a problem: that of its code, or else of its family."""
    return _OF_CODE.get(code.name, _OF_FAMILY[code.family])
