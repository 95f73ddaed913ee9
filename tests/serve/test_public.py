"""Static files beside the API: what is served, and all that is not."""

import os
import time
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st

from charter.serve.settings.model import ServeSettings
from charter.serve.web import public
from charter.serve.web.public import Public
from charter.wire.http import Request
from tests.serve.apps import client_of, opened

HOME = b"<!doctype html><title>Home</title>"
STYLE = b"body { color: green }\n" * 100
SECRET = b"a secret beside the folder"
FILES = {
    "index.html": HOME,
    "style.css": STYLE,
    "help/index.html": b"<!doctype html><title>Help</title>",
    "help/a page & more.html": b"<!doctype html><title>More</title>",
    "v1/notes": b"a file in the way of the API",
    "docs": b"a file in the way of the documentation",
    "health/live": b"a file in the way of the checks",
    "picture.png": b"\x89PNG" + bytes(5000),
    "unknown.thing": b"?",
    ".env": SECRET,
    ".git/config": SECRET,
    "help/.htpasswd": SECRET,
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    found = tmp_path / "public"
    for name, body in FILES.items():
        file = found / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(body)
    (tmp_path / "secret.txt").write_bytes(SECRET)
    return found


@pytest_asyncio.fixture
async def client(folder: Path, tmp_path: Path) -> AsyncIterator[httpx2.AsyncClient]:
    async with opened(tmp_path, public=folder) as app, client_of(app) as found:
        yield found


async def test_an_index_is_at_the_root_with_a_policy_of_its_own(client: httpx2.AsyncClient) -> None:
    answer = await client.get("/")
    assert (answer.status_code, answer.content) == (200, HOME)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["content-security-policy"] == ServeSettings().public_csp
    assert "unsafe" not in ServeSettings().public_csp
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert (await client.get("/index.html")).content == HOME


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/style.css", "text/css; charset=utf-8"),
        ("/picture.png", "image/png"),
        ("/unknown.thing", "application/octet-stream"),
        ("/help/a%20page%20%26%20more.html", "text/html; charset=utf-8"),
        ("/help/%61%20page%20&%20more.html", "text/html; charset=utf-8"),
    ],
)
async def test_a_file_has_the_type_of_its_name(
    client: httpx2.AsyncClient, path: str, kind: str
) -> None:
    answer = await client.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == kind


async def test_a_file_that_the_client_has_is_not_sent_again(client: httpx2.AsyncClient) -> None:
    first = await client.get("/style.css", headers={"accept-encoding": "gzip"})
    assert first.content == STYLE
    assert first.headers["content-encoding"] == "gzip"
    assert int(first.headers["content-length"]) < len(STYLE)
    again = await client.get("/style.css", headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    head = await client.head("/style.css", headers={"accept-encoding": "identity"})
    assert (head.content, head.headers["content-length"]) == (b"", str(len(STYLE)))
    picture = await client.get("/picture.png", headers={"accept-encoding": "gzip"})
    assert "content-encoding" not in picture.headers


async def test_a_folder_is_found_with_and_without_its_slash(client: httpx2.AsyncClient) -> None:
    assert b"Help" in (await client.get("/help/")).content
    moved = await client.get('/help?a=b%0D%0A&c="<')
    assert moved.status_code == 308
    assert moved.headers["location"] == "/help/?a=b%0D%0A&c=%22%3C"
    assert (await client.get("/v1/")).status_code == 404


async def test_the_api_comes_first(client: httpx2.AsyncClient) -> None:
    assert (await client.get("/v1/notes")).json() == {"items": [], "next": None}
    assert (await client.get("/health/live")).json()["status"] == "ok"
    assert b"swagger" in (await client.get("/docs")).content
    assert (await client.get("/v1/nothing")).json()["code"] == "not_found"


async def test_nothing_but_reading_is_defined(client: httpx2.AsyncClient) -> None:
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        answer = await client.request(method, "/style.css")
        assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")
        assert (await client.request(method, "/help")).status_code == 405


HOSTILE = [
    "/../secret.txt",
    "/..%2fsecret.txt",
    "/%2e%2e/secret.txt",
    "/%2e%2e%2fsecret.txt",
    "/help/../../secret.txt",
    "/help/..%5c..%5csecret.txt",
    "/help%2f..%2f..%2fsecret.txt",
    "/%252e%252e%252fsecret.txt",
    "//secret.txt",
    "/./secret.txt",
    "/.env",
    "/%2eenv",
    "/.git/config",
    "/help/.htpasswd",
    "/help%2findex.html",
    "/style.css/",
    "/style.css%00",
    "/style.css%00.html",
    "/%ff",
    "/STYLE.CSS",
    "/help//index.html",
    "/help/./index.html",
    "/etc/passwd",
    "//etc/passwd",
]


@pytest.mark.parametrize("path", HOSTILE)
def test_a_path_leads_to_files_of_the_folder_only(folder: Path, path: str) -> None:
    served = Public(folder, "default-src 'none'", watched=False)
    assert served.answer(Request("GET", path)) is None


@given(
    st.lists(st.sampled_from(["..", ".", "%2e", "/", "%2f", "\\", "help", "secret.txt", ".env"]))
)
def test_no_path_leads_out(tmp_path_factory: pytest.TempPathFactory, parts: list[str]) -> None:
    place = tmp_path_factory.getbasetemp() / "outside"
    (place / "public/help").mkdir(parents=True, exist_ok=True)
    (place / "public/help/index.html").write_bytes(HOME)
    for hidden in (place / "secret.txt", place / "public/.env"):
        hidden.write_bytes(SECRET)
    found = Public(place / "public", "x", watched=False).answer(
        Request("GET", "/" + "".join(parts))
    )
    assert found is None or found.body in {HOME, b""}


def test_links_that_lead_out_and_what_is_no_file_are_left_out(folder: Path, tmp_path: Path) -> None:
    (folder / "out.txt").symlink_to(tmp_path / "secret.txt")
    (folder / "outside").symlink_to(tmp_path)
    (folder / "in.css").symlink_to(folder / "style.css")
    (folder / "nowhere").symlink_to(folder / "missing")
    (folder / "circle").symlink_to(folder)
    (folder / "itself").symlink_to(folder / "itself")
    os.mkfifo(folder / "pipe")
    served = Public(folder, "x", watched=False)
    for path in (
        "/out.txt",
        "/outside/secret.txt",
        "/nowhere",
        "/circle/style.css",
        "/itself",
        "/pipe",
    ):
        assert served.answer(Request("GET", path)) is None
    assert served.answer(Request("GET", "/in.css")) is not None


def test_a_folder_beyond_the_bounds_is_refused(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ValueError, match="no folder"):
        Public(folder / "style.css", "x", watched=False)
    monkeypatch.setattr(public, "MOST_FILES", 3)
    with pytest.raises(ValueError, match="more than 3 files"):
        Public(folder, "x", watched=False)
    monkeypatch.setattr(public, "MOST_FILES", 100)
    monkeypatch.setattr(public, "MOST_BYTES", 5000)
    with pytest.raises(ValueError, match="more than 5000 bytes"):
        Public(folder, "x", watched=False)


@pytest.mark.parametrize("policy", ["", " ", "default-src 'self'\r\nset-cookie: a=b", "ü"])
def test_a_policy_that_is_no_field_value_is_refused(policy: str) -> None:
    with pytest.raises(ValueError, match="public_csp"):
        ServeSettings(public_csp=policy)


def test_changes_show_in_development_and_not_in_production(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    watched, still = (Public(folder, "x", watched=item) for item in (True, False))
    (folder / "index.html").write_bytes(b"changed")
    (folder / "new.html").write_bytes(b"new")
    later = time.monotonic() + 10
    monkeypatch.setattr(time, "monotonic", lambda: later)
    for path, body in (("/", b"changed"), ("/new.html", b"new")):
        found = watched.answer(Request("GET", path))
        assert found is not None
        assert found.body == body
    kept = still.answer(Request("GET", "/"))
    assert kept is not None
    assert kept.body == HOME
    assert still.answer(Request("GET", "/new.html")) is None


async def test_below_a_mount_all_is_below_it(folder: Path, tmp_path: Path) -> None:
    async with opened(tmp_path, public=folder) as app, client_of(app, "/shop") as client:
        assert (await client.get("/shop/")).content == HOME
        assert (await client.get("/shop/style.css")).content == STYLE
        assert (await client.get("/shop/help")).headers["location"] == "/shop/help/"
        assert (await client.get("/shop/v1/notes")).json()["items"] == []
