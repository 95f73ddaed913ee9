"""What a client gets for an export: every row, as NDJSON or CSV, a batch at a time."""

import csv
import gzip
import io
import json
import sys
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from charter.plan.ask import ReadMany
from charter.plan.outcome import PageOutcome, StreamOutcome
from charter.wire.rest.call import Style
from charter.wire.rest.export import csv as as_csv
from tests.wire.response.calls import answer, batches, fields, many, streamed

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

ALL = ReadMany("Order", limit=None)


async def lines(columns: Sequence[str], *rows: dict[str, Any]) -> str:
    """The CSV of rows, as text."""
    bodies = [json.dumps(row) for row in rows]
    chunks = [chunk async for chunk in as_csv(columns, batches(bodies))]
    return b"".join(chunks).decode()


async def test_ndjson_is_one_row_a_line() -> None:
    call = many(form=ALL, style=Style.NDJSON)
    got = answer(call, StreamOutcome(batches(['{"id":1}', '{"id":2}'], [], ['{"id":3}'])))
    assert got.status == 200
    assert fields(got)["content-type"] == "application/x-ndjson"
    assert fields(got)["content-disposition"] == 'attachment; filename="orders.ndjson"'
    assert await streamed(got) == b'{"id":1}\n{"id":2}\n{"id":3}\n'


async def test_csv_has_a_header_and_a_line_for_each_row() -> None:
    call = many(form=ALL, style=Style.CSV, columns=("id", "note"))
    got = answer(call, StreamOutcome(batches(['{"id":1,"note":"a"}'], ['{"note":"b","id":2}'])))
    assert fields(got)["content-type"] == "text/csv; charset=utf-8; header=present"
    assert fields(got)["content-disposition"] == 'attachment; filename="orders.csv"'
    assert await streamed(got) == b"id,note\r\n1,a\r\n2,b\r\n"


async def test_csv_without_rows_is_its_header() -> None:
    assert await lines(["id", "note"]) == "id,note\r\n"


async def test_csv_tells_null_hidden_and_empty_apart_as_far_as_it_can() -> None:
    rows = await lines(["a", "b"], {"a": None, "b": ""}, {"b": "x"})
    assert rows == 'a,b\r\n,""\r\n,x\r\n'


async def test_csv_keeps_numbers_and_structure_as_json_has_them() -> None:
    big = {"a": 9007199254740993, "b": True, "c": ["x", 1], "d": {"e": None}}
    assert await lines(list(big), big) == (
        'a,b,c,d\r\n9007199254740993,true,"[""x"", 1]","{""e"": null}"\r\n'
    )


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠"])
async def test_no_cell_is_a_formula(start: str) -> None:
    text = await lines(["a"], {"a": f"{start}SUM(A1)"})
    ((_,), (cell,)) = csv.reader(io.StringIO(text, newline=""))
    assert cell == f"'{start}SUM(A1)"


@pytest.mark.parametrize("number", ["-12.50", "+49301234", "-1"])
async def test_text_that_is_a_number_stays_one(number: str) -> None:
    assert await lines(["a"], {"a": number}) == f"a\r\n{number}\r\n"


@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "a": st.text(
                    st.characters(
                        exclude_characters="=+-@\t\r＝＋－＠\n\0", exclude_categories=["Cs"]
                    )
                ),
                "b": st.integers(-(2**63), 2**63 - 1),
            }
        )
    )
)
async def test_a_csv_reader_reads_what_was_written(rows: list[dict[str, Any]]) -> None:
    text = await lines(["a", "b"], *rows)
    read = list(csv.DictReader(io.StringIO(text, newline="")))
    assert read == [{"a": row["a"], "b": str(row["b"])} for row in rows]


async def test_no_more_than_one_batch_is_waited_for() -> None:
    begun = 0

    async def counted() -> AsyncIterator[Sequence[str]]:
        nonlocal begun
        for number in range(3):
            begun += 1
            yield [f'{{"id":{number}}}']

    got = answer(many(form=ALL, style=Style.NDJSON), StreamOutcome(counted()))
    assert not isinstance(got.body, bytes)
    assert begun == 0
    assert await anext(aiter(got.body)) == b'{"id":0}\n'
    assert begun == 1


@pytest.mark.parametrize("coding", ["gzip", "zstd"])
async def test_exports_are_compressed_as_they_go(coding: str) -> None:
    rows = [[f'{{"id":{number}}}'] for number in range(1000)]
    call = many(form=ALL, style=Style.NDJSON, headers={"accept-encoding": coding})
    got = answer(call, StreamOutcome(batches(*rows)))
    assert fields(got)["content-encoding"] == coding
    packed = await streamed(got)
    unpack = gzip.decompress if coding == "gzip" else zstd.decompress
    plain = "".join(row + "\n" for (row,) in rows).encode()
    assert unpack(packed) == plain
    assert len(packed) < len(plain) / 2


async def test_the_rows_of_a_relation_are_exported_alike() -> None:
    call = many(form=ALL, style=Style.CSV, columns=("id",))
    assert await streamed(answer(call, PageOutcome('{"id":1}', None))) == b"id\r\n1\r\n"


def test_head_of_an_export_reads_no_row() -> None:
    call = many(form=ALL, style=Style.CSV, method="HEAD")
    got = answer(call, StreamOutcome(batches()))
    assert got.body == b""
    assert fields(got)["content-disposition"] == 'attachment; filename="orders.csv"'
