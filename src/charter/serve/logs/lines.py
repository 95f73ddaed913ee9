"""Log lines: what they say of each signal, and how they look."""

import logging
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import msgspec

from charter.core.signals import (
    Answered,
    Committed,
    Failed,
    Mailed,
    Queried,
    Signal,
    Slow,
    Started,
    Stopping,
)


@dataclass(frozen=True, slots=True)
class Line:
    """One line. `level` is as in Python's `logging`; `trace` is a Python traceback."""

    moment: float
    level: int
    event: str
    fields: Mapping[str, Any] = field(default_factory=dict)
    trace: str | None = None


Renderer = Callable[[Line], str]


def line_of(moment: float, signal: Signal) -> Line:
    """What a signal says. There are no tokens, bodies or query values in it."""
    match signal:
        case Answered():
            return Line(moment, _level_of(signal.status), "answered", _answered(signal))
        case Queried(request_id, statement, seconds, rows):
            fields = {"statement": statement, "rows": rows, "ms": _ms(seconds)}
            return Line(moment, logging.DEBUG, "queried", {**fields, "request_id": request_id})
        case Slow(request_id, statement, seconds, rows, plan, left_out):
            slow = {"statement": statement, "rows": rows, "ms": _ms(seconds)}
            further = {"request_id": request_id, "plan": plan, "left_out": left_out or None}
            return Line(moment, logging.WARNING, "slow statement", {**slow, **further})
        case Committed(request_id, seconds, attempts):
            fields = {"attempts": attempts, "ms": _ms(seconds), "request_id": request_id}
            return Line(moment, logging.DEBUG, "committed", fields)
        case Failed(request_id, error):
            fields = {"error": type(error).__name__, "request_id": request_id}
            return Line(moment, logging.ERROR, "failed", fields, _trace_of(error))
        case Started(address):
            return Line(moment, logging.INFO, "started", {"address": address})
        case Mailed(subject, where):
            return Line(moment, logging.INFO, "mailed", {"subject": subject, "where": where})
        case Stopping(running):
            return Line(moment, logging.INFO, "stopping", {"running": running})


def line_of_record(moment: float, record: logging.LogRecord) -> Line:
    """What a record of Python's `logging` says."""
    trace = None
    if record.exc_info and record.exc_info[1] is not None:
        trace = _trace_of(record.exc_info[1])
    return Line(moment, record.levelno, record.getMessage(), {"logger": record.name}, trace)


def _answered(signal: Answered) -> Mapping[str, Any]:
    return {
        "method": signal.method,
        "route": signal.route,
        "status": signal.status,
        "code": signal.code,
        "ms": _ms(signal.seconds),
        "actor": signal.actor,
        "bytes_in": signal.bytes_in,
        "bytes_out": signal.bytes_out,
        "request_id": signal.request_id,
        "trace_id": signal.trace_id,
    }


def _level_of(status: int) -> int:
    return logging.ERROR if status == 500 else logging.INFO


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 3)


def _trace_of(error: BaseException) -> str:
    return "".join(traceback.format_exception(error)).rstrip()


def as_json(line: Line) -> str:
    """One JSON object."""
    document = {
        "time": datetime.fromtimestamp(line.moment, UTC).isoformat(timespec="milliseconds"),
        "level": logging.getLevelName(line.level).lower(),
        "event": line.event,
        **{name: value for name, value in line.fields.items() if value is not None},
    }
    if line.trace is not None:
        document["trace"] = line.trace
    return msgspec.json.encode(document).decode()


_RED, _YELLOW, _GREEN, _CYAN, _DIM = "31", "33", "32", "36", "2"
_OF_LEVEL = {logging.ERROR: _RED, logging.WARNING: _YELLOW, logging.DEBUG: _DIM}
_MOVING = (*range(0x20), *range(0x7F, 0xA0), *range(0x2028, 0x202F), *range(0x2066, 0x206A))
"""Control characters, line separators, and those that change the direction of writing."""
_CONTROL = dict.fromkeys(_MOVING, "\N{REPLACEMENT CHARACTER}")


def as_text(line: Line, *, coloured: bool) -> str:
    """A line for people; what clients chose in it cannot move the cursor of a terminal."""

    def paint(text: str, colour: str) -> str:
        return f"\x1b[{colour}m{text}\x1b[0m" if coloured else text

    clock = datetime.fromtimestamp(line.moment).astimezone().strftime("%H:%M:%S.%f")[:-3]
    said = _request_text(line, paint) if line.event == "answered" else _plain_text(line, paint)
    text = f"{paint(clock, _DIM)} {said}"
    return text if line.trace is None else f"{text}\n{line.trace}"


_Paint = Callable[[str, str], str]


def _plain_text(line: Line, paint: _Paint) -> str:
    head = paint(line.event.translate(_CONTROL), _OF_LEVEL.get(line.level, "1"))
    return " ".join([head, *_pairs(line.fields, paint)])


def _request_text(line: Line, paint: _Paint) -> str:
    status = int(line.fields["status"])
    colour = _RED if status >= 500 else _YELLOW if status >= 400 else _GREEN
    route = _safe(line.fields["route"]) or "(no route)"
    shown = ("code", "actor", "request_id", "trace_id")
    rest = {name: line.fields[name] for name in shown}
    head = f"{line.fields['method'][:16]} {route}".translate(_CONTROL)
    took = paint(f"{line.fields['ms']:.1f} ms", _DIM)
    return " ".join([head, paint(str(status), colour), took, *_pairs(rest, paint)])


def _pairs(fields: Mapping[str, Any], paint: _Paint) -> list[str]:
    return [
        f"{paint(name, _DIM)}={_safe(value)}" for name, value in fields.items() if value is not None
    ]


def _safe(value: Any) -> str:
    return str(value).translate(_CONTROL)
