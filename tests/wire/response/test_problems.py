"""What a client gets when something is wrong: RFC 9457, always JSON, with the way out."""

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from charter.core import codes
from charter.core.codes import CODES
from charter.core.names import pointer
from charter.core.problems import Code, Family, Flaw, Problem
from charter.wire.http import Request, Response
from charter.wire.rest.problems import render_problem, status_of
from charter.wire.rest.settings import RestSettings
from tests.wire.response.calls import fields, shown

SETTINGS = RestSettings()


def refused(problem: Problem, method: str = "GET", **headers: str) -> Response:
    request_id = "0199c0de-0000-7000-8000-00000000abcd"
    request = Request(method, "/v1/orders", "", headers)
    return render_problem(problem, request, SETTINGS, request_id=request_id)


def test_a_problem_says_what_is_wrong_and_where_to_read_on() -> None:
    got = refused(Problem(codes.NOT_FOUND), accept="text/html")
    assert got.status == 404
    assert fields(got)["content-type"] == "application/problem+json"
    assert fields(got)["cache-control"] == "no-store"
    assert shown(got) == {
        "type": "/docs/problems/not_found",
        "title": "There is nothing here.",
        "status": 404,
        "detail": "There is nothing here.",
        "instance": "urn:uuid:0199c0de-0000-7000-8000-00000000abcd",
        "code": "not_found",
    }


def test_every_flaw_has_its_place() -> None:
    flaws = (
        Flaw("out_of_range", "at least 1", pointer("lines", 0, "quantity")),
        Flaw("required", "is missing", pointer("a/b~c ü")),
        Flaw("wrong_type", "an object is expected", ""),
        Flaw("unknown_parameter", "no such", parameter="statsu"),
    )
    got = shown(refused(Problem(codes.INVALID_VALUES, "Two are wrong.", flaws=flaws)))
    assert got["detail"] == "Two are wrong."
    assert got["flaws"] == [
        {"code": "out_of_range", "detail": "at least 1", "pointer": "#/lines/0/quantity"},
        {"code": "required", "detail": "is missing", "pointer": "#/a~1b~0c%20%C3%BC"},
        {"code": "wrong_type", "detail": "an object is expected", "pointer": "#"},
        {"code": "unknown_parameter", "detail": "no such", "parameter": "statsu"},
    ]


def test_further_members_are_shown_but_replace_none() -> None:
    members = {"left": 2, "status": 200, "type": "x"}
    got = refused(Problem(codes.WRONG_STATE, members=members))
    assert shown(got)["left"] == 2
    assert (got.status, shown(got)["status"]) == (409, 409)
    assert shown(got)["type"] == "/docs/problems/wrong_state"


@pytest.mark.parametrize(
    ("family", "status"),
    [
        (Family.INVALID, 422), (Family.FORBIDDEN, 403), (Family.MISSING, 404),
        (Family.CONFLICT, 409), (Family.LIMITED, 429), (Family.UNAVAILABLE, 503),
    ],
)  # fmt: skip
def test_a_declared_error_has_the_status_of_its_family(family: Family, status: int) -> None:
    code = Code("out_of_stock", family, "Too few are left.", "", "")
    got = refused(Problem(code, members={"product_id": "p1"}))
    assert got.status == status
    assert shown(got)["code"] == "out_of_stock"
    assert shown(got)["product_id"] == "p1"


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("malformed", 400), ("unknown_parameter", 400), ("invalid_cursor", 400),
        ("method_not_allowed", 405), ("not_acceptable", 406), ("body_too_slow", 408),
        ("version_conflict", 412), ("too_large", 413), ("target_too_long", 414),
        ("unsupported_media_type", 415), ("invalid_values", 422), ("key_reused", 422),
        ("version_required", 428), ("header_too_large", 431), ("in_progress", 409),
        ("unauthenticated", 401), ("overloaded", 503), ("internal", 500),
    ],
)  # fmt: skip
def test_statuses_are_those_of_the_rfcs(name: str, status: int) -> None:
    assert status_of(CODES[name]) == status


@pytest.mark.parametrize("code", CODES.values(), ids=CODES)
def test_every_code_can_be_answered_with(code: Code) -> None:
    got = refused(Problem(code))
    assert 400 <= got.status <= 599
    assert shown(got)["code"] == code.name
    assert shown(got)["detail"]


def test_method_not_allowed_says_which_are() -> None:
    got = refused(Problem(codes.METHOD_NOT_ALLOWED, members={"allow": ("GET", "HEAD")}))
    assert fields(got)["allow"] == "GET, HEAD"


@pytest.mark.parametrize(("method", "name"), [("POST", "accept"), ("PATCH", "accept-patch")])
def test_a_wrong_media_type_is_told_the_right_one(method: str, name: str) -> None:
    members = {"accept": ("application/json",)}
    got = refused(Problem(codes.UNSUPPORTED_MEDIA_TYPE, members=members), method)
    assert (got.status, fields(got)[name]) == (415, "application/json")


def test_credentials_are_asked_for_as_rfc_6750_says() -> None:
    missing = fields(refused(Problem(codes.UNAUTHENTICATED)))["www-authenticate"]
    assert missing == 'Bearer realm="api"'
    wrong = fields(refused(Problem(codes.INVALID_TOKEN)))["www-authenticate"]
    assert wrong.startswith('Bearer realm="api", error="invalid_token", error_description="')
    assert "www-authenticate" not in fields(refused(Problem(codes.FORBIDDEN)))


def test_what_may_pass_says_when_to_come_back() -> None:
    assert fields(refused(Problem(codes.OVERLOADED)))["retry-after"] == "1"
    assert fields(refused(Problem(codes.IN_PROGRESS, retry_after=7)))["retry-after"] == "7"
    assert "retry-after" not in fields(refused(Problem(codes.NOT_UNIQUE)))


def test_head_gets_no_body() -> None:
    got = refused(Problem(codes.NOT_FOUND), "HEAD")
    assert got.body == b""
    assert int(fields(got)["content-length"]) > 0


@given(st.text())
def test_an_instance_is_always_a_uri_reference(request_id: str) -> None:
    request_id = request_id.encode(errors="replace").decode()
    got = render_problem(
        Problem(codes.INTERNAL), Request("GET", "/"), SETTINGS, request_id=request_id
    )
    instance = shown(got)["instance"]
    assert instance.isascii()
    assert not set(instance) & set(' <>"\\^`{|}')


def test_a_request_id_that_is_a_uuid_is_a_urn() -> None:
    made = uuid.uuid4()
    got = render_problem(
        Problem(codes.INTERNAL), Request("GET", "/"), SETTINGS, request_id=str(made)
    )
    assert shown(got)["instance"] == f"urn:uuid:{made}"
