"""Which coding a client gets, and that nothing is lost in it."""

import gzip
import sys
from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from charter.wire.http import Request
from charter.wire.rest.answer import answer
from charter.wire.rest.compress import Coding, chosen, compressed, compressed_stream
from tests.wire.response.calls import fields

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

UNPACK = {Coding.GZIP: gzip.decompress, Coding.ZSTD: zstd.decompress}


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        (None, None),
        ("", None),
        ("identity", None),
        ("br", None),
        ("gzip", Coding.GZIP),
        ("x-gzip", Coding.GZIP),
        ("GZIP", Coding.GZIP),
        ("gzip, deflate, br, zstd", Coding.ZSTD),
        ("gzip;q=1.0, zstd;q=0.5", Coding.GZIP),
        ("gzip ; q=0.5 , zstd ; q=0.8", Coding.ZSTD),
        ("*", Coding.ZSTD),
        ("zstd;q=0, *;q=0.5", Coding.GZIP),
        ("*;q=0", None),
        ("gzip;q=0", None),
        ("identity, gzip;q=0.5", None),
        ("gzip;q=nan", None),
        ("gzip;q=2", None),
        ("gzip;q=", None),
        (";;;,,,=", None),
    ],
)
def test_the_client_chooses(accepted: str | None, coding: Coding | None) -> None:
    assert chosen(accepted) is coding


@given(st.text())
def test_no_field_is_too_odd(accepted: str) -> None:
    assert chosen(accepted) in {None, *Coding}


@given(st.binary(), st.sampled_from(Coding))
def test_nothing_is_lost(body: bytes, coding: Coding) -> None:
    assert UNPACK[coding](compressed(coding, body)) == body
    assert compressed(coding, body) == compressed(coding, body)


@given(st.lists(st.binary()), st.sampled_from(Coding))
async def test_nothing_is_lost_in_streams(chunks: list[bytes], coding: Coding) -> None:
    async def body() -> AsyncIterator[bytes]:
        for chunk in chunks:
            yield chunk

    packed = [chunk async for chunk in compressed_stream(coding, body())]
    assert UNPACK[coding](b"".join(packed)) == b"".join(chunks)


def test_small_bodies_and_bodies_that_gain_nothing_stay_as_they_are() -> None:
    request = Request("GET", "/", "", {"accept-encoding": "gzip"})
    small = answer(request, 200, (), b"a" * 99, min_compressed=100)
    large = answer(request, 200, (), b"a" * 100, min_compressed=100)
    dense = answer(request, 200, (), bytes(range(100)), min_compressed=100)
    assert "content-encoding" not in fields(small)
    assert fields(large)["content-encoding"] == "gzip"
    assert "content-encoding" not in fields(dense)
