"""What a person gets in a browser: documentation that needs nothing from elsewhere."""

import gzip
import json
import re
from importlib.resources import files
from urllib.parse import urljoin

import pytest

from charter.core.codes import CODES, METHOD_NOT_ALLOWED
from charter.core.problems import Problem
from charter.wire.http import Request, Response
from charter.wire.pages.pages import Pages
from charter.wire.rest.settings import RestSettings
from tests.wire.response.calls import CONTRACT, fields, text

PAGES = Pages(CONTRACT, RestSettings())
REFERENCE = re.compile(r'(?:src|href)="([^"]+)"')


def get(path: str, method: str = "GET", **headers: str) -> Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    found = PAGES.answer(Request(method, path, "", named))
    assert found is not None
    return found


@pytest.mark.parametrize("path", ["/docs", "/docs/problems", "/docs/problems/not_found"])
def test_every_reference_of_a_page_leads_to_something_of_our_own(path: str) -> None:
    page = get(path)
    assert page.status == 200
    assert fields(page)["content-type"] == "text/html; charset=utf-8"
    references = [item for item in REFERENCE.findall(text(page)) if item != "data:,"]
    assert references
    for reference in references:
        assert "//" not in reference
        assert get(urljoin(path, reference)).status == 200


@pytest.mark.parametrize("path", ["/docs", "/docs/problems", "/docs/problems/not_found"])
def test_pages_run_no_code_but_our_files(path: str) -> None:
    policy = fields(get(path))["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert not re.search(r"<script(?! src=)|<style| style=| on[a-z]+=", text(get(path)))


@pytest.mark.parametrize("name", CODES)
def test_every_code_has_a_page_that_explains_it(name: str) -> None:
    page = text(get(f"/docs/problems/{name}"))
    code = CODES[name]
    assert name in page
    assert code.remedy.split("`", maxsplit=1)[0].split("'", maxsplit=1)[0] in page
    assert f'href="problems/{name}"' in text(get("/docs/problems"))


def test_the_errors_of_the_contract_have_pages_too() -> None:
    assert "fewer pieces" in text(get("/docs/problems/out_of_stock"))


def test_what_is_not_there_is_left_to_others() -> None:
    for path in ("/", "/docs/", "/docs/problems/nothing", "/docs/assets/../pages.py", "/v1/orders"):
        assert PAGES.answer(Request("GET", path)) is None


def test_the_viewer_is_sent_once_and_compressed() -> None:
    path = "/docs/assets/swagger-ui-bundle.js"
    plain, small = get(path), get(path, accept_encoding="gzip")
    assert isinstance(small.body, bytes)
    assert gzip.decompress(small.body) == plain.body
    tag = fields(small)["etag"]
    assert tag != fields(plain)["etag"]
    again = get(path, if_none_match=tag)
    assert (again.status, again.body, fields(again)["etag"]) == (304, b"", tag)
    assert fields(plain)["cache-control"] == "public, max-age=86400"


def test_head_has_the_length_and_no_body() -> None:
    head = get("/docs", "HEAD")
    assert (head.headers, head.body) == (get("/docs").headers, b"")


def test_pages_are_only_read() -> None:
    with pytest.raises(Problem) as refused:
        get("/docs", "POST")
    assert refused.value.code is METHOD_NOT_ALLOWED
    assert refused.value.detail.members["allow"] == ("GET", "HEAD")


def test_the_openapi_document_is_served() -> None:
    got = get("/openapi.json")
    assert fields(got)["content-type"] == "application/json"
    assert json.loads(text(got))["openapi"].startswith("3.1")


def test_licences_go_with_what_is_vendored() -> None:
    vendored = files("charter.wire.pages") / "vendor" / "swagger-ui"
    assert "Apache License" in (vendored / "LICENSE").read_text("utf-8")
    assert "SmartBear" in (vendored / "NOTICE").read_text("utf-8")
