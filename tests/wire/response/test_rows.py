"""What a client gets for one row: its body, its version, and nothing that it has already."""

import gzip
import json
import re

import pytest

from charter.plan.outcome import ManyOutcome, RowOutcome, ValueOutcome
from charter.wire.rest.call import Style
from tests.wire.response.calls import (
    BODY,
    ORDER,
    answer,
    fields,
    one,
    row,
    shown,
    text,
    writing,
)


def test_a_row_is_given_as_the_database_made_it() -> None:
    got = answer(one(), row())
    assert (got.status, text(got)) == (200, BODY)
    found = fields(got)
    assert found["content-type"] == "application/json"
    assert found["content-length"] == str(len(BODY))
    assert found["cache-control"] == "private, no-cache"
    assert found["vary"] == "accept, authorization, accept-encoding"
    assert found["x-content-type-options"] == "nosniff"
    assert re.fullmatch(r'"3\.[A-Za-z0-9_-]{11}"', found["etag"])


def test_the_tag_tells_versions_and_representations_apart() -> None:
    tags = {
        fields(answer(one(), outcome))["etag"]
        for outcome in (row(), row(version=4), row('{"id":1}'))
    }
    assert len(tags) == 3


@pytest.mark.parametrize("form", ["{}", "W/{}", '"1.x", {}', '{} , W/"y"', "*"])
def test_a_row_that_the_client_has_is_not_sent_again(form: str) -> None:
    tag = fields(answer(one(), row()))["etag"]
    got = answer(one(headers={"if-none-match": form.format(tag)}), row())
    assert (got.status, got.body) == (304, b"")
    found = fields(got)
    assert found["etag"] == tag
    assert found["vary"] == "accept, authorization, accept-encoding"
    assert "content-type" not in found
    assert "content-length" not in found


@pytest.mark.parametrize("form", ['"2.x"', "", "garbage", '"3"', "3.abc", '"'])
def test_a_row_that_the_client_does_not_have_is_sent(form: str) -> None:
    assert answer(one(headers={"if-none-match": form}), row()).status == 200


def test_the_tag_of_a_compressed_row_is_another_and_is_known_again() -> None:
    long = row(json.dumps({"id": ORDER, "note": "a" * 2000}))
    plain = fields(answer(one(), long))["etag"]
    got = answer(one(headers={"accept-encoding": "gzip"}), long)
    tag = fields(got)["etag"]
    assert tag == plain[:-1] + '-gzip"'
    assert isinstance(got.body, bytes)
    assert json.loads(gzip.decompress(got.body))["note"] == "a" * 2000
    assert fields(got)["content-length"] == str(len(got.body))
    again = answer(one(headers={"if-none-match": tag}), long)
    assert (again.status, fields(again)["etag"]) == (304, tag)


def test_head_says_what_get_would_and_sends_nothing() -> None:
    head, get = answer(one(method="HEAD"), row()), answer(one(), row())
    assert head.headers == get.headers
    assert head.body == b""


def test_a_new_row_says_where_it_is() -> None:
    got = answer(writing("/v1/orders"), row(created=True))
    assert (got.status, text(got)) == (201, BODY)
    found = fields(got)
    assert found["location"] == f"/v1/orders/{ORDER}"
    assert found["cache-control"] == "no-store"
    assert "etag" in found


def test_a_new_part_is_below_its_owner() -> None:
    part = RowOutcome("OrderLine", "7", '{"id":"7"}', 1, created=True)
    path = f"/v1/orders/{ORDER}/lines"
    got = answer(writing(path, resource="OrderLine"), part)
    assert fields(got)["location"] == f"{path}/7"


def test_a_key_that_is_text_is_escaped_in_paths() -> None:
    user = RowOutcome("Customer", "a/b ü?", '{"id":"a/b ü?"}', 1, created=True)
    got = answer(writing("/v1/customers", resource="Customer"), user)
    assert fields(got)["location"] == "/v1/customers/a%2Fb%20%C3%BC%3F"


def test_a_dry_run_creates_nothing_that_could_be_found() -> None:
    got = answer(writing("/v1/orders", dry_run=True), row(created=True))
    assert (got.status, text(got)) == (200, BODY)
    assert not {"location", "etag"} & fields(got).keys()


def test_a_writer_that_may_not_read_gets_an_empty_object() -> None:
    got = answer(writing("/v1/orders"), row("", created=True))
    assert (got.status, text(got)) == (201, "{}")
    assert "location" in fields(got)
    assert "etag" not in fields(got)


def test_a_deleted_row_leaves_no_body() -> None:
    got = answer(writing(f"/v1/orders/{ORDER}"), row("", deleted=True))
    assert (got.status, got.body) == (204, b"")
    assert "content-type" not in fields(got)


def test_a_command_gives_its_value_or_nothing() -> None:
    value = answer(writing("/v1/ping", resource=None), ValueOutcome('{"pong":true}'))
    assert (value.status, text(value)) == (200, '{"pong":true}')
    nothing = answer(writing("/v1/ping", resource=None), ValueOutcome(None))
    assert (nothing.status, nothing.body) == (204, b"")


def test_a_bulk_write_gives_all_rows() -> None:
    created = ManyOutcome((row(created=True), row('{"id":"2"}', created=True)))
    got = answer(writing("/v1/orders", many=True), created)
    assert got.status == 201
    assert shown(got) == {"items": [json.loads(BODY), {"id": "2"}]}
    tried = answer(writing("/v1/orders", many=True, dry_run=True), created)
    assert tried.status == 200
    changed = answer(writing("/v1/orders", many=True), ManyOutcome((row(), row())))
    assert changed.status == 200
    deleted = ManyOutcome((row("", deleted=True), row("", deleted=True)))
    assert answer(writing("/v1/orders", many=True), deleted).status == 204


def test_a_batch_says_what_came_of_each_operation() -> None:
    parts = (row(created=True), row(), row("", deleted=True), ValueOutcome("7"), ValueOutcome(None))
    got = answer(writing("/v1/batch", many=True, resource=None), ManyOutcome(parts))
    assert got.status == 200
    created, changed, deleted, value, nothing = shown(got)["items"]
    body = json.loads(BODY)
    alone = fields(answer(one(), row()))["etag"]
    location = f"/v1/orders/{ORDER}"
    assert created == {"status": 201, "location": location, "etag": alone, "body": body}
    assert changed == {"status": 200, "etag": alone, "body": body}
    assert deleted == {"status": 204}
    assert value == {"status": 200, "body": 7}
    assert nothing == {"status": 204}


def test_every_style_has_its_media_type() -> None:
    got = answer(one(style=Style.HAL), row())
    assert fields(got)["content-type"] == "application/hal+json"
