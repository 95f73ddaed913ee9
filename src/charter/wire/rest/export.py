"""Exports: rows as NDJSON or CSV, a batch at a time.

In CSV (RFC 4180) null is an empty field and empty text is `""`; numbers stand as in JSON;
objects and lists are their JSON text. A text that a spreadsheet would run as a formula (it
begins with `=`, `+`, `-`, `@`, a tab, a carriage return, or a full-width form of these) gets an
apostrophe before it, unless it is a plain number. NDJSON is exact: use it between programs.
"""

import re
from collections.abc import AsyncIterator, Sequence

import msgspec

_LINE_END = "\r\n"
_QUOTED = re.compile(r'[",\r\n]|^\s|\s$')
_FORMULA = re.compile(r"[=+\-@\t\r\n＝＋－＠]")
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?", re.ASCII)

_row = msgspec.json.Decoder(dict[str, msgspec.Raw])
_text = msgspec.json.Decoder(str)


async def ndjson(batches: AsyncIterator[Sequence[str]]) -> AsyncIterator[bytes]:
    """One JSON text a line; each chunk is one batch."""
    async for batch in batches:
        if batch:
            yield ("\n".join(batch) + "\n").encode()


async def csv(
    columns: Sequence[str], batches: AsyncIterator[Sequence[str]]
) -> AsyncIterator[bytes]:
    """A header line of the columns, then a line for each row; each chunk is one batch.

    A member that a row does not have (a policy hides it) is an empty field, like null.
    """
    yield (",".join(map(_field, columns)) + _LINE_END).encode()
    async for batch in batches:
        if batch:
            yield "".join([_line(columns, body) for body in batch]).encode()


def _line(columns: Sequence[str], body: str) -> str:
    row = _row.decode(body)
    return ",".join([_cell(row.get(name)) for name in columns]) + _LINE_END


def _cell(raw: msgspec.Raw | None) -> str:
    if raw is None:
        return ""
    value = bytes(raw)
    if value == b"null":
        return ""
    if value.startswith(b'"'):
        return _field(_guarded(_text.decode(value)))
    return _field(value.decode())


def _guarded(text: str) -> str:
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.fullmatch(text) else text


def _field(text: str) -> str:
    if not text or _QUOTED.search(text):
        return '"' + text.replace('"', '""') + '"'
    return text
