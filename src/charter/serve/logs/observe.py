"""Logs: a reader of signals that never makes the event loop wait."""

import logging
import queue
import sys
import threading
import time
from collections.abc import Callable
from typing import TextIO

from charter.core.signals import Failed, Signal
from charter.serve.logs.lines import Line, Renderer, line_of, line_of_record
from charter.serve.settings.model import LogLevel

MOST_WAITING = 10_000
"""Lines that may wait to be written. More are dropped and counted."""
_BATCH = 500

LEVELS = {
    LogLevel.DEBUG: logging.DEBUG,
    LogLevel.INFO: logging.INFO,
    LogLevel.WARNING: logging.WARNING,
    LogLevel.ERROR: logging.ERROR,
}

_Waiting = Line | tuple[float, Signal | logging.LogRecord]


class Log:
    """Writes signals, and the records of Python's `logging`, as lines to a stream.

    It is called in the event loop and only queues; a thread makes the text and writes it. Only
    what has a traceback becomes a line at once: its frames must not live on in the queue.
    """

    def __init__(self, level: LogLevel, render: Renderer, stream: TextIO | None = None) -> None:
        self.level = LEVELS[level]
        self._render = render
        self._stream = stream or sys.stderr
        self._queue: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._dropped = 0
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to write, in a thread, and take the records of Python's `logging`."""
        self._thread = threading.Thread(target=self._run, name="charter-log", daemon=True)
        self._thread.start()
        logging.basicConfig(handlers=[_Records(self._put)], level=self.level, force=True)

    def close(self) -> None:
        """Write all that waits, and end."""
        logging.basicConfig(handlers=[logging.NullHandler()], force=True)
        self._queue.put(None)
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def __call__(self, signal: Signal) -> None:
        self._put(signal)

    def _put(self, what: Signal | logging.LogRecord) -> None:
        if self._queue.qsize() < MOST_WAITING:
            self._queue.put(_waiting(time.time(), what))
        else:
            self._dropped += 1

    def _run(self) -> None:
        ended = False
        while not ended:
            waiting = [self._queue.get()]
            while len(waiting) < _BATCH and not self._queue.empty():
                waiting.append(self._queue.get())
            ended = None in waiting
            self._write([item for item in waiting if item is not None])

    def _write(self, waiting: list[_Waiting]) -> None:
        lines = [item if isinstance(item, Line) else _line(*item) for item in waiting]
        if self._dropped:
            dropped, self._dropped = self._dropped, 0
            fields = {"lines": dropped}
            lines.append(Line(time.time(), logging.WARNING, "lines dropped", fields))
        text = "".join(self._render(line) + "\n" for line in lines if line.level >= self.level)
        if text:
            self._stream.write(text)
            self._stream.flush()


def _waiting(moment: float, what: Signal | logging.LogRecord) -> _Waiting:
    traced = what.exc_info if isinstance(what, logging.LogRecord) else isinstance(what, Failed)
    return _line(moment, what) if traced else (moment, what)


def _line(moment: float, what: Signal | logging.LogRecord) -> Line:
    if isinstance(what, logging.LogRecord):
        return line_of_record(moment, what)
    return line_of(moment, what)


class _Records(logging.Handler):
    """Hands records of Python's `logging` to the log."""

    def __init__(self, put: Callable[[logging.LogRecord], None]) -> None:
        super().__init__()
        self._hand_on = put

    def emit(self, record: logging.LogRecord) -> None:
        self._hand_on(record)
