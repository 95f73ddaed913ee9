"""Rows come through messages as they were, values of every type."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from charter.plan.ask import EVERYTHING, Nest, Pick, Selection
from charter.wire.grpc.describe import numbers_for, proto_of
from charter.wire.grpc.pool import Messages
from charter.wire.grpc.rows import RowFillers
from tests.behaviour.clients.messages import Shapes
from tests.behaviour.contract import studio

CONTRACT = studio.build()
NUMBERS = numbers_for(CONTRACT)
MESSAGES = Messages(proto_of(CONTRACT, NUMBERS))
SHAPES = Shapes(CONTRACT, MESSAGES)
FILLERS = RowFillers(CONTRACT, NUMBERS)

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=200)
INTEGERS = st.integers(-(2**63), 2**63 - 1)
FLOATS = st.floats(allow_nan=False, allow_infinity=False)
MOMENTS = st.datetimes(timezones=st.just(UTC))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | FLOATS | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)


def spelt(moment: datetime) -> str:
    """As the database spells it."""
    fraction = f".{moment.microsecond:06}".rstrip("0") if moment.microsecond else ""
    return f"{moment.replace(microsecond=0, tzinfo=None).isoformat()}{fraction}+00:00"


def sent(resource: str, selection: Selection, row: dict[str, Any]) -> Any:
    """The message of a row, as its receiver has it."""
    decoded = msgspec.json.decode(msgspec.json.encode(row))
    message = MESSAGES.of(resource)
    raw = message(**FILLERS.of(resource, selection)(decoded)).SerializeToString()
    return message.FromString(raw)


SAMPLES = st.fixed_dictionaries(
    {
        "id": st.uuids().map(str),
        "name": TEXTS,
        "notes": st.none() | TEXTS,
        "number": st.none() | INTEGERS,
        "small": st.integers(-10, 10),
        "flag": st.none() | st.booleans(),
        "ratio": st.none() | FLOATS,
        "price": st.none() | st.just("12.50"),
        "day": st.none() | st.dates().map(str),
        "moment": st.none() | MOMENTS.map(spelt),
        "kind": st.sampled_from(["red", "green", "blue"]),
        "level": st.sampled_from([None, "low", "middle", "high"]),
        "extra": st.none() | JSON,
        "words": st.lists(TEXTS, max_size=5),
        "counts": st.none() | st.lists(INTEGERS, max_size=5),
        "since": MOMENTS.map(spelt),
    }
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(SAMPLES)
def test_a_row_comes_back_as_it_was(row: dict[str, Any]) -> None:
    selection = Selection(tuple(Pick(name, name) for name in row))
    message = sent("Sample", selection, row)
    assert list(message.hidden_fields) == []
    assert SHAPES.row("Sample", message, ",".join(row), "") == row


def test_rows_nest_and_tell_what_is_hidden_and_cut() -> None:
    selection = Selection(
        (Pick("id", "id"), Pick("budget", "budget")),
        (
            Nest("tasks", "tasks", Selection((Pick("title", "title"),))),
            Nest("owner", "owner", EVERYTHING),
        ),
    )
    tasks = [{"title": "a"}, {"title": "ü" * 200}, {}]
    row = {"id": "p", "tasks": tasks, "tasks_cut": True, "owner": None}
    message = sent("Project", selection, row)
    assert message.id == "p"
    assert [task.title for task in message.tasks] == ["a", "ü" * 200, ""]
    assert [list(task.hidden_fields) for task in message.tasks] == [[], [], ["title"]]
    assert message.tasks_cut
    assert not message.HasField("owner")
    assert list(message.hidden_fields) == ["budget"]


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+00:00", "1969-12-31T23:59:59.999999+00:00"])
def test_moments_before_1970_count_backwards(text: str) -> None:
    message = sent("Sample", Selection((Pick("moment", "moment"),)), {"moment": text})
    assert spelt(message.moment.ToDatetime(UTC)) == text
    assert 0 <= message.moment.nanos < 10**9
