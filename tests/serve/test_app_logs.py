"""Log lines: what they say, what they never say, and that they all arrive."""

import io
import json
import logging
import weakref
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from charter.core.signals import Answered, Committed, Failed, Queried, Signal, Started, Stopping
from charter.serve.logs.lines import Line, as_json, as_text, line_of
from charter.serve.logs.observe import MOST_WAITING, Log
from charter.serve.settings.model import LogLevel

ANSWERED = Answered(
    request_id="r-1", trace_id="t-1", protocol="http", method="GET", route="/v1/orders/{id}",
    status=200, code=None, actor="ann", seconds=0.00125, bytes_in=0, bytes_out=17,
)  # fmt: skip
SIGNALS: list[Signal] = [
    ANSWERED,
    Queried("r-1", "read Order", 0.001, 1),
    Committed("r-1", 0.002, 1),
    Failed("r-1", RuntimeError("broken")),
    Started("http://127.0.0.1:8000"),
    Stopping(3),
]


def written(level: LogLevel, *signals: Signal) -> list[dict[str, Any]]:
    stream = io.StringIO()
    log = Log(level, as_json, stream)
    log.start()
    try:
        for signal in signals:
            log(signal)
    finally:
        log.close()
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_request_is_one_line_with_its_ids() -> None:
    (line,) = written(LogLevel.INFO, ANSWERED)
    del line["time"]
    assert line == {
        "level": "info", "event": "answered", "method": "GET", "route": "/v1/orders/{id}",
        "status": 200, "ms": 1.25, "actor": "ann", "bytes_in": 0, "bytes_out": 17,
        "request_id": "r-1", "trace_id": "t-1",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("level", "events"),
    [
        (
            LogLevel.DEBUG,
            ["answered", "queried", "committed", "failed", "started", "stopping"],
        ),
        (LogLevel.INFO, ["answered", "failed", "started", "stopping"]),
        (LogLevel.ERROR, ["failed"]),
    ],
)
def test_the_level_decides_what_is_written(level: LogLevel, events: list[str]) -> None:
    assert [line["event"] for line in written(level, *SIGNALS)] == events


def test_a_failure_is_logged_with_its_traceback() -> None:
    try:
        raise RuntimeError("broken")
    except RuntimeError as error:
        (line,) = written(LogLevel.INFO, Failed("r-1", error))
    assert line["request_id"] == "r-1"
    assert "test_a_failure_is_logged_with_its_traceback" in line["trace"]


class Held:
    """What a frame knows."""


@pytest.mark.parametrize("by_logging", [False, True])
def test_what_is_logged_keeps_no_frame_alive(by_logging: bool) -> None:
    log = Log(LogLevel.INFO, as_json, io.StringIO())

    def fail() -> "weakref.ref[Held]":
        held = Held()
        try:
            raise RuntimeError("broken")
        except RuntimeError as error:
            if by_logging:
                logging.getLogger("shop").exception("broken")
            else:
                log(Failed("r-1", error))
        return weakref.ref(held)

    log.start()
    try:
        assert fail()() is None
    finally:
        log.close()


def test_python_logging_of_a_contract_goes_the_same_way() -> None:
    stream = io.StringIO()
    log = Log(LogLevel.INFO, as_json, stream)
    log.start()
    logging.getLogger("shop").warning("stock of %s is low", "tea")
    logging.getLogger("shop").debug("not written")
    log.close()
    (line,) = [json.loads(text) for text in stream.getvalue().splitlines()]
    assert (line["level"], line["event"]) == ("warning", "stock of tea is low")
    assert line["logger"] == "shop"


def test_a_flood_is_dropped_and_counted_and_costs_no_memory() -> None:
    stream = io.StringIO()
    log = Log(LogLevel.INFO, as_json, stream)
    for _ in range(MOST_WAITING + 25):
        log(ANSWERED)
    log.start()
    log.close()
    lines = [json.loads(text) for text in stream.getvalue().splitlines()]
    assert sum(line["event"] == "answered" for line in lines) == MOST_WAITING
    assert [line["lines"] for line in lines if line["event"] == "lines dropped"] == [25]


@pytest.mark.parametrize("signal", SIGNALS, ids=lambda signal: type(signal).__name__)
@pytest.mark.parametrize("coloured", [True, False])
def test_text_is_for_people(signal: Signal, coloured: bool) -> None:
    text = as_text(line_of(0.0, signal), coloured=coloured)
    assert ("\x1b[" in text) is coloured


@given(st.text(max_size=40), st.text(max_size=40))
@example("\u2028GET /v1/forged 200", "\x1b[2J")
@example("\r\nGET /v1/forged 200", "\u202eann")
def test_a_client_cannot_forge_lines(route: str, actor: str) -> None:
    fields = {**line_of(0.0, ANSWERED).fields, "route": route, "actor": actor}
    line = Line(0.0, logging.INFO, "answered", fields)
    document, text = as_json(line), as_text(line, coloured=False)
    assert "\n" not in document
    assert json.loads(document)["route"] == route
    assert len(text.splitlines()) == 1
    assert not {"\x1b", "\u202e"} & set(text)
