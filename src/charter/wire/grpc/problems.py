"""Problems as google.rpc.Status (AIP-193), with the details that clients know.

The code of Charter is the `reason` of an ErrorInfo, in capitals as that wants it; the flaws are
the violations of a BadRequest.
"""

from collections.abc import Sequence
from typing import Any

import msgspec
from google.protobuf.message import Message
from google.rpc import status_pb2
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo, RetryInfo

from charter.core.problems import Flaw, Problem
from charter.wire.grpc.places import Place, parameter_path, plain_path
from charter.wire.grpc.statuses import status_of

DETAILS = "grpc-status-details-bin"
MOST_BYTES = 4096
"""Of violations: gRPC's own clients refuse more than 8 KiB of metadata with a status."""
_DEFAULT_WAIT = 1
_PASSING = frozenset({8, 14})


def status_bytes(problem: Problem, domain: str, place: Place = plain_path) -> bytes:
    """A google.rpc.Status. `domain` is the name of the contract."""
    detail = problem.detail
    status = status_pb2.Status(code=status_of(problem.code), message=detail.message)
    told = {name: _text(value) for name, value in detail.members.items()}
    bad, left_out = _violations(detail.flaws, place)
    if left_out:
        told["violations_left_out"] = str(left_out)
    reason = problem.code.name.upper()
    details: list[Message] = [ErrorInfo(reason=reason, domain=domain, metadata=told)]
    if detail.flaws:
        details.append(bad)
    wait = detail.retry_after
    if wait is None and status.code in _PASSING:
        wait = _DEFAULT_WAIT
    if wait is not None:
        details.append(RetryInfo(retry_delay={"seconds": wait}))
    for item in details:
        status.details.add().Pack(item)
    data: bytes = status.SerializeToString()
    return data


def _violations(flaws: Sequence[Flaw], place: Place) -> tuple[Message, int]:
    """The flaws, as many as clients take, and how many they are not told of."""
    found = BadRequest()
    for told, flaw in enumerate(flaws):
        found.field_violations.append(_violation(flaw, place))
        if found.ByteSize() > MOST_BYTES and told:
            del found.field_violations[told:]
            return found, len(flaws) - told
    return found, 0


def _text(value: Any) -> str:
    """Metadata is text: what is none stands there as JSON."""
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _violation(flaw: Flaw, place: Place) -> Any:
    where = ""
    if flaw.pointer is not None:
        where = place(flaw.pointer)
    elif flaw.parameter is not None:
        where = parameter_path(flaw.parameter)
    return BadRequest.FieldViolation(
        field=where, description=flaw.message, reason=flaw.code.upper()
    )
