"""What a POST, PUT, PATCH or DELETE asks for."""

import json
from typing import Any

import pytest

from charter.core.problems import Problem
from charter.plan.actor import ANONYMOUS
from charter.plan.ask import Create, Delete, Draft, Invoke, Operation, Update, Write
from charter.plan.outcome import RowOutcome
from charter.wire.http import Request
from charter.wire.rest.call import Style
from tests.wire.request.shop import ID, NOW, OTHER, PARSER, ask, parser

LINE = {"product_id": str(ID), "quantity": 2}


def write(method: str, target: str, body: Any = None, **headers: str) -> Write:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    raw = "" if body is None else json.dumps(body)
    found = ask(method, target, raw, named).ask.form
    assert isinstance(found, Write)
    return found


def operation(method: str, target: str, body: Any = None, **headers: str) -> Operation:
    (step,) = write(method, target, body, **headers).steps
    return step(())


def refused(method: str, target: str, body: Any = None, **headers: str) -> Problem:
    with pytest.raises(Problem) as problem:
        write(method, target, body, **headers)
    return problem.value


def flaws(method: str, target: str, body: Any = None) -> dict[str | None, str]:
    found = refused(method, target, body).detail.flaws
    return {
        flaw.pointer if flaw.pointer is not None else flaw.parameter: flaw.code for flaw in found
    }


def test_a_row_is_created_with_its_parts() -> None:
    found = operation("POST", "/v1/orders", {"note": "x", "lines": [LINE]})
    assert isinstance(found, Create)
    assert found.draft.values == {"note": "x"}
    assert found.draft.parts["lines"][0].draft.values == {"product_id": ID, "quantity": 2}


def test_a_part_is_created_below_its_owner() -> None:
    found = operation("POST", f"/v1/orders/{OTHER}/lines", LINE)
    draft = Draft({"product_id": ID, "quantity": 2}, {}, {})
    assert found == Create("OrderLine", draft, ("Order", "lines", OTHER))


def test_put_is_whole_and_patch_is_not() -> None:
    body = {"product_id": str(ID), "quantity": 5}
    put = operation("PUT", f"/v1/orders/{ID}/lines/{OTHER}", body, if_match='"4.abc-gzip"')
    draft = Draft({"product_id": ID, "quantity": 5}, {}, {})
    assert put == Update("OrderLine", OTHER, draft, 4, True, ("Order", "lines", ID))
    patch = operation(
        "PATCH",
        f"/v1/orders/{ID}",
        {"note": None},
        content_type="application/merge-patch+json; charset=UTF-8",
    )
    assert patch == Update("Order", ID, Draft({"note": None}, {}, {}))


def test_a_row_is_deleted() -> None:
    assert operation("DELETE", f"/v1/orders/{ID}", if_match='"7"') == Delete("Order", ID, 7)


def test_commands_take_complete_inputs() -> None:
    inputs = {"note": "", "product": None}
    assert operation("POST", f"/v1/orders/{ID}/place") == Invoke("place", "Order", inputs, ID)
    given = {"note": "n", "product_id": str(OTHER)}
    found = operation("POST", f"/v1/orders/{ID}/place", given, if_match='"3.x"')
    assert found == Invoke("place", "Order", {"note": "n", "product": OTHER}, ID, 3)
    assert operation("POST", "/v1/ping") == Invoke("ping", None, {})
    purge = operation("POST", "/v1/orders/purge-all", {"before": "2026-11-22T21:37:00Z"})
    assert purge == Invoke("purge_all", "Order", {"before": NOW})


def test_all_flaws_of_inputs_come_at_once() -> None:
    body = {"note": "x" * 21, "product": str(ID), "product_id": 1}
    assert flaws("POST", f"/v1/orders/{ID}/place", body) == {
        "/note": "wrong_length",
        "/product": "unknown_field",
        "/product_id": "wrong_type",
    }
    assert flaws("POST", "/v1/orders/purge-all") == {"/before": "required"}


def test_many_rows_are_created_at_once() -> None:
    found = write("POST", "/v1/tags", [{"name": "a"}, {"name": "b"}])
    assert found.many
    assert found.places == ("/0", "/1")
    assert [step(()) for step in found.steps] == [
        Create("Tag", Draft({"name": "a"}, {}, {})),
        Create("Tag", Draft({"name": "b"}, {}, {})),
    ]
    assert flaws("POST", "/v1/tags", [{"name": 1}, 2, {}]) == {
        "/0/name": "wrong_type",
        "/1": "wrong_type",
        "/2/name": "required",
    }
    assert flaws("POST", "/v1/tags", []) == {"": "wrong_length"}
    assert flaws("POST", "/v1/tags", [{"name": "a"}] * 501) == {"": "wrong_length"}


def test_many_rows_are_changed_at_once() -> None:
    body = [{"id": str(ID), "version": 3, "name": "x"}, {"id": str(OTHER), "version": 1}]
    found = write("PATCH", "/v1/tags", body)
    assert [step(()) for step in found.steps] == [
        Update("Tag", ID, Draft({"name": "x"}, {}, {}), 3),
        Update("Tag", OTHER, Draft({}, {}, {}), 1),
    ]
    assert flaws("PATCH", "/v1/tags", [{"name": "x"}, {"id": 1, "version": "1"}]) == {
        "/0/id": "required",
        "/0/version": "version_required",
        "/1/id": "wrong_type",
        "/1/version": "version_required",
    }
    assert flaws("PATCH", "/v1/tags", {"name": "x"}) == {"": "wrong_type"}


def test_only_named_rows_are_deleted_at_once() -> None:
    found = write("DELETE", f"/v1/orders?id[in]={ID},{OTHER},{ID}")
    assert [step(()) for step in found.steps] == [Delete("Order", ID), Delete("Order", OTHER)]
    assert found.many
    assert flaws("DELETE", "/v1/orders") == {"id[in]": "required"}
    assert flaws("DELETE", "/v1/orders?id[in]=x")["id[in]"] == "wrong_format"
    assert flaws("DELETE", f"/v1/orders?id[in]={ID}&status=draft") == {
        "status": "unknown_parameter"
    }
    assert refused("DELETE", f"/v1/tags?id[in]={ID}").code.name == "version_required"


def test_a_dry_run_and_a_selection_are_part_of_a_write() -> None:
    found = write("POST", "/v1/orders?dry_run=true&fields=id&include=lines", {})
    assert found.dry_run
    assert found.selection.picks is not None
    assert [nest.out for nest in found.selection.nests] == ["lines"]
    assert flaws("POST", "/v1/orders?dry_run=yes&status=draft", {"note": 1}) == {
        "dry_run": "invalid_parameter",
        "status": "unknown_parameter",
        "/note": "wrong_type",
    }


def test_a_batch_uses_the_keys_of_earlier_steps() -> None:
    found = write(
        "POST",
        "/v1/batch?dry_run=true",
        {
            "operations": [
                {"id": "a", "method": "POST", "path": "/v1/orders", "body": {"note": "{a.id}"}},
                {"method": "POST", "path": "/v1/orders/{a.id}/place"},
                {
                    "id": "b",
                    "method": "PATCH",
                    "path": f"/v1/orders/{OTHER}",
                    "body": {"parent_id": "{a.id}", "note": "{a.id}"},
                    "version": 2,
                },
                {"method": "DELETE", "path": "/v1/orders/{b.id}"},
            ]
        },
    )
    assert found.many
    assert found.dry_run
    outcomes = [RowOutcome("Order", key, "{}", 1) for key in (ID, ID, OTHER)]
    inputs = {"note": "", "product": None}
    assert [step(outcomes) for step in found.steps] == [
        Create("Order", Draft({"note": "{a.id}"}, {}, {})),
        Invoke("place", "Order", inputs, ID),
        Update("Order", OTHER, Draft({"parent_id": ID, "note": "{a.id}"}, {}, {}), 2),
        Delete("Order", OTHER),
    ]


def test_all_flaws_of_a_batch_come_at_once() -> None:
    operations = [
        {"id": "a", "method": "POST", "path": "/v1/orders", "body": {"note": 1}},
        {"method": "POST", "path": "/v1/orders/{b.id}/place"},
        {"method": "POST", "path": "/v1/orders/{a.id}/lines", "body": {"product_id": "{a.id}"}},
        {"method": "GET", "path": "/v1/orders"},
        {"id": "a", "method": "PATCH", "path": f"/v1/tags/{ID}", "body": {}, "vresion": 1},
        {"id": "!", "method": "PUT", "path": "/v1/ordres"},
        {"path": "/v1/orders?x=1", "method": "POST"},
        {},
        3,
    ]
    assert flaws("POST", "/v1/batch", {"operations": operations, "x": 1}) == {
        "/x": "unknown_field",
        "/operations/0/body/note": "wrong_type",
        "/operations/1/path": "not_found",
        "/operations/2/body/product_id": "no_such_reference",
        "/operations/2/body/quantity": "required",
        "/operations/3/path": "invalid_parameter",
        "/operations/4/vresion": "unknown_field",
        "/operations/4/version": "version_required",
        "/operations/4/id": "wrong_format",
        "/operations/5/path": "not_found",
        "/operations/5/id": "wrong_format",
        "/operations/6/path": "invalid_parameter",
        "/operations/7/method": "required",
        "/operations/7/path": "required",
        "/operations/8": "wrong_type",
    }


@pytest.mark.parametrize("body", [None, [], {}, {"operations": []}, {"operations": {}}])
def test_a_batch_has_operations(body: Any) -> None:
    assert refused("POST", "/v1/batch", body).code.name in (
        "invalid_values",
        "unsupported_media_type",
    )


def test_a_change_says_its_version_where_the_contract_demands_it() -> None:
    path = f"/v1/tags/{ID}"
    for condition in ({}, {"if_match": "*"}):
        assert refused("PUT", path, {"name": "x"}, **condition).code.name == "version_required"
        assert refused("DELETE", path, **condition).code.name == "version_required"
    assert operation("DELETE", path, if_match='"2.abc"') == Delete("Tag", ID, 2)


@pytest.mark.parametrize(
    ("condition", "code"),
    [
        ('W/"3.abc"', "version_conflict"),
        ('"abc"', "version_conflict"),
        ('"00.x"', "version_conflict"),
        (f'"{2**63}.x"', "version_conflict"),
        ('""', "version_conflict"),
        ("3", "invalid_parameter"),
        ('"3.a" "3.b"', "invalid_parameter"),
        ('"3.a", "4.b"', "invalid_parameter"),
        ('"3.a",', "invalid_parameter"),
        ("", "invalid_parameter"),
    ],
)
def test_a_condition_that_cannot_hold_or_be_read_is_refused(condition: str, code: str) -> None:
    assert refused("DELETE", f"/v1/orders/{ID}", if_match=condition).code.name == code


def test_conditions_that_hold_of_one_version() -> None:
    for condition in ('"3.a", "3.b"', 'W/"9.z" , "3.a"', '"3"'):
        found = operation("DELETE", f"/v1/orders/{ID}", if_match=condition)
        assert found == Delete("Order", ID, 3)
    assert operation("DELETE", f"/v1/orders/{ID}", if_match="*") == Delete("Order", ID)
    problem = refused("PUT", f"/v1/orders/{ID}", {}, if_none_match="*")
    assert problem.code.name == "version_conflict"


def test_an_idempotency_key_is_kept_with_who_and_what() -> None:
    call = ask("POST", "/v1/orders", "{}", {"idempotency-key": '"a\\"b"'})
    assert call.ask.once is not None
    assert (call.ask.once.scope, call.ask.once.key) == ("actor:alice", 'a"b')
    bare = ask("POST", "/v1/orders", "{}", {"idempotency-key": "k-1"}, actor=ANONYMOUS).ask.once
    assert bare is not None
    assert (bare.scope, bare.key) == ("anonymous", "k-1")
    assert bare.fingerprint == call.ask.once.fingerprint
    others = [
        ask("POST", "/v1/orders", "{ }", {"idempotency-key": "k-1"}),
        ask("POST", "/v1/orders?fields=id", "{}", {"idempotency-key": "k-1"}),
        ask("POST", f"/v1/orders/{ID}/place", "{}", {"idempotency-key": "k-1"}),
    ]
    prints = {other.ask.once.fingerprint for other in others if other.ask.once}
    assert len(prints) == 3
    assert bare.fingerprint not in prints


def test_a_dry_run_is_not_repeated_and_a_read_has_no_key() -> None:
    key = {"idempotency-key": "k"}
    assert ask("POST", "/v1/orders?dry_run=true", "{}", key).ask.once is None
    assert ask("GET", "/v1/orders", headers=key).ask.once is None


@pytest.mark.parametrize("key", ["", '""', "a b", '"a', 'a"', "ä", "x" * 256, '"a", "b"', "a,b"])
def test_a_key_that_is_none_is_refused(key: str) -> None:
    with pytest.raises(Problem) as problem:
        ask("POST", "/v1/orders", "{}", {"idempotency-key": key})
    assert problem.value.code.name == "invalid_parameter"
    assert problem.value.detail.flaws[0].parameter == "Idempotency-Key"


@pytest.mark.parametrize(
    ("method", "target", "type_"),
    [
        ("POST", "/v1/orders", "text/plain"),
        ("POST", "/v1/orders", "application/x-ndjson"),
        ("POST", "/v1/orders", "application/json; charset=latin-1"),
        ("POST", "/v1/orders", "application/merge-patch+json"),
        ("PUT", f"/v1/orders/{ID}", "application/merge-patch+json"),
        ("PATCH", f"/v1/orders/{ID}", "application/json-patch+json"),
        ("POST", f"/v1/orders/{ID}/place", "application/xml"),
    ],
)
def test_other_media_types_are_refused(method: str, target: str, type_: str) -> None:
    problem = refused(method, target, {}, content_type=type_)
    assert problem.code.name == "unsupported_media_type"
    assert "application/json" in problem.detail.members["accept"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "malformed"),
        (b"  ", "malformed"),
        (b"{", "malformed"),
        (b"{}{}", "malformed"),
        (b'{"a":NaN}', "malformed"),
        (b'{"note":"\xff"}', "malformed"),
        (b'{"note":"\\ud800"}', "malformed"),
        (b"\xef\xbb\xbf{}", "malformed"),
        (b'{"note":"a","note":"b"}', "malformed"),
        (b'{"note":"a","no\\u0074e":"b"}', "malformed"),
        (b'{"lines":[{"quantity":1,"quantity":2}]}', "malformed"),
        (b"9" * 5000, "malformed"),
        (b"[" * 100_000, "too_complex"),
        (b'{"a":' * 33 + b"1" + b"}" * 33, "too_complex"),
        (b'{"a":' * 32 + b"1" + b"}" * 32, "invalid_values"),
        (b'["[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[{{"]', "invalid_values"),
        (b'{"note":' + b"9" * 400 + b"}", "invalid_values"),
        (b'"' + b'\\"' * 200_000, "malformed"),
    ],
)
def test_bodies_that_are_not_what_they_should_be(body: bytes, code: str) -> None:
    request = Request("POST", "/v1/orders", "", {"content-type": "application/json"}, body)
    with pytest.raises(Problem) as problem:
        PARSER.parse(request, ANONYMOUS, NOW)
    assert problem.value.code.name == code


def test_a_body_can_be_as_deep_as_is_said() -> None:
    body = json.dumps({"name": "a", "price": 1, "sku": "ABC-1", "data": [[[1]]]})
    call = ask("POST", "/v1/products", body, by=parser(max_json_depth=4))
    assert call.route == "/v1/products"
    with pytest.raises(Problem):
        ask("POST", "/v1/products", body, by=parser(max_json_depth=3))


def test_keys_that_cannot_be_are_not_found_before_all_else() -> None:
    for method, target in [
        ("PUT", "/v1/orders/1"),
        ("PATCH", f"/v1/orders/{ID}/lines/x"),
        ("POST", "/v1/orders/x/lines"),
        ("DELETE", "/v1/orders/x"),
        ("POST", "/v1/orders/x/place"),
    ]:
        assert refused(method, target, {"unknown": 1}).code.name == "not_found"


def test_options_tells_what_there_is() -> None:
    def options(path: str) -> dict[str, str]:
        found = PARSER.options(Request("OPTIONS", path))
        assert found.status == 204
        return dict(found.headers)

    rows = options("/v1/orders")
    assert rows["allow"] == "GET, HEAD, POST, PATCH, DELETE, OPTIONS"
    assert rows["accept-post"] == rows["accept-patch"] == "application/json"
    row = options(f"/v1/orders/{ID}")
    assert row["allow"] == "GET, HEAD, PUT, PATCH, DELETE, OPTIONS"
    assert row["accept-patch"] == "application/merge-patch+json, application/json"
    assert options(f"/v1/orders/{ID}/place")["allow"] == "POST, OPTIONS"
    with pytest.raises(Problem):
        options("/v1/nothing")


@pytest.mark.parametrize(
    ("accept", "style"),
    [
        ("*/*", Style.JSON),
        ("", Style.JSON),
        ("application/*", Style.JSON),
        ("application/hal+json", Style.HAL),
        ("APPLICATION/HAL+JSON", Style.HAL),
        ("text/html, application/hal+json;q=0.1", Style.HAL),
        ("application/json;q=0.5, application/hal+json", Style.HAL),
        ("application/json;q=0, */*", Style.HAL),
        ("application/json;q=0.5, application/*;q=0.9", Style.HAL),
        ("text/csv", Style.CSV),
        ("text/*", Style.CSV),
        ("text/csv; charset=utf-8", Style.CSV),
        ("application/x-ndjson;q=0.9, text/html", Style.NDJSON),
        ('text/html;a="b,c", text/csv', Style.CSV),
    ],
)
def test_the_best_representation_is_given(accept: str, style: Style) -> None:
    assert ask("GET", "/v1/orders", headers={"accept": accept}).style is style


@pytest.mark.parametrize(
    ("target", "accept"),
    [
        ("/v1/orders", "text/html"),
        ("/v1/orders", "application/json;q=0"),
        ("/v1/orders", "*/*;q=0"),
        (f"/v1/orders/{ID}", "text/csv"),
        ("/v1/orders?aggregate=count", "text/csv"),
    ],
)
def test_what_cannot_be_given_is_not_acceptable(target: str, accept: str) -> None:
    problem = refused("GET", target, accept=accept)
    assert problem.code.name == "not_acceptable"
    assert "application/json" in problem.detail.members["available"]
