"""Headers, logs and redirects: nothing that a client sends gets out of its place."""

import json
import re
import socket
from collections.abc import Iterator
from urllib.parse import urljoin, urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from charter.serve.web.returning import safe_return_to
from tests.serve.apps import Served, bearer, served

TARGETS = [
    "/v1/notes%0d%0aInjected:%20yes",
    "/v1/notes/%0d%0aInjected:%20yes",
    "/v1/notes?text=%0d%0aInjected:%20yes",
    "/v1/notes?limit=1&sort=%0aInjected:yes",
    "/v1/notes?cursor=%0d%0a%0d%0aInjected",
    "/%0d%0aInjected:%20yes",
    "//evil.org/%0d%0aInjected:yes",
    "/docs/problems/%0d%0aInjected:yes",
    "/v1/notes%E5%98%8A%E5%98%8DInjected:yes",
    "/v1/notes%00Injected:yes",
]
FIELDS = [
    "X-Request-Id: a\x0bInjected: yes",
    "X-Request-Id: \x85Injected: yes",
    "X-Request-Id: %0d%0aInjected: yes",
    "Idempotency-Key: %0d%0aInjected: yes",
    "Origin: https://a.example%0d%0aInjected: yes",
    "X-Forwarded-For: 1.1.1.1%0d%0aInjected: yes",
    "X-Forwarded-Host: evil.org%0d%0aInjected: yes",
    "traceparent: 00-%0d%0aInjected: yes",
    "Accept: text/csv;%0d%0aInjected: yes",
    "Host: a%0d%0aInjected: yes",
]
BARE = ["X-Request-Id: a\rInjected: yes", "X-Request-Id: a\nInjected: yes", "X-A: a\0Injected: yes"]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("edge")
    flags = ("--trusted-proxies", "127.0.0.0/8", "--cors-origins", "https://a.example")
    with served(folder, *flags) as found:
        yield found


def exchanged(running: Served, target: str, *fields: str) -> tuple[bytes, bytes]:
    """The header and body of the answer to a request that is sent as it stands."""
    token = bearer()["authorization"]
    head = [f"GET {target} HTTP/1.1", f"Authorization: {token}", "Connection: close", *fields]
    if not any(field.startswith("Host:") for field in fields):
        head.append("Host: localhost")
    with running.connect() as connection:
        connection.sendall("\r\n".join([*head, "", ""]).encode("latin-1"))
        connection.settimeout(30)
        answer = b"".join(_pieces(connection))
    header, _, body = answer.partition(b"\r\n\r\n")
    return header, body


def _pieces(connection: socket.socket) -> Iterator[bytes]:
    while piece := connection.recv(65536):
        yield piece


def names_in(header: bytes) -> set[bytes]:
    lines = header.split(b"\r\n")
    assert b"\n" not in header.replace(b"\r\n", b"")
    return {line.partition(b":")[0].lower() for line in lines[1:]}


@pytest.mark.parametrize("target", TARGETS)
def test_a_target_adds_nothing_to_the_header_of_an_answer(running: Served, target: str) -> None:
    header, _ = exchanged(running, target)
    assert header.startswith((b"HTTP/1.1 4", b"HTTP/1.1 200"))
    assert b"injected" not in names_in(header)


@pytest.mark.parametrize("field", FIELDS)
def test_a_field_adds_nothing_to_the_header_of_an_answer(running: Served, field: str) -> None:
    header, _ = exchanged(running, "/v1/notes", field)
    assert b"injected" not in names_in(header)
    assert b"injected" not in header.lower()


@pytest.mark.parametrize("field", BARE)
def test_a_line_end_inside_a_field_is_no_field(running: Served, field: str) -> None:
    header, _ = exchanged(running, "/v1/notes", field)
    assert b"injected" not in names_in(header)


def test_a_request_cannot_write_log_lines_of_its_own(running: Served) -> None:
    for target in TARGETS:
        exchanged(running, target, *FIELDS[:1])
    text = running.log.read_text(encoding="utf-8")
    lines = [json.loads(line) for line in text.splitlines()]
    assert all({"time", "level", "event"} <= line.keys() for line in lines)
    assert {line["event"] for line in lines} <= {"started", "answered", "stopping"}


@pytest.mark.parametrize(
    "url",
    [
        "/",
        "/account",
        "/account?a=1&b=%2F%2Fevil.org#top",
        "/a//b",
        "/@evil.org",
        "https://app.example.com",
        "https://app.example.com/",
        "https://app.example.com/a?b#c",
        "https://app.example.com?next=/",
    ],
)
def test_a_return_address_of_our_own_is_kept(url: str) -> None:
    assert safe_return_to(url, ("https://app.example.com",)) == url


@pytest.mark.parametrize(
    "url",
    [
        None,
        "",
        "account",
        "//evil.org",
        "///evil.org",
        "/\\evil.org",
        "\\\\evil.org",
        "/\t/evil.org",
        "/\n/evil.org",
        "\t//evil.org",
        " //evil.org",
        "/\x00/evil.org",
        "https:evil.org",
        "https://evil.org",
        "HTTPS://evil.org",
        "https:/\\evil.org",
        "javascript:alert(1)",
        "data:text/html,x",
        "https://app.example.com.evil.org",
        "https://app.example.com@evil.org",
        "https://app.example.com:pass@evil.org",
        "https://app.example.com:8443/",
        "https://app.example.com\\@evil.org",
        "http://app.example.com/",
        "https://app.example.com/\r\nx: y",
        "/a\r\nSet-Cookie: x=y",
        "/é",
        "/" + "a" * 3000,
    ],
)
def test_a_return_address_of_anybody_else_is_not(url: str | None) -> None:
    assert safe_return_to(url, ("https://app.example.com",)) == "/"
    assert safe_return_to(url, (), "/home") == "/home"


ODD = st.text(st.sampled_from("/\\:@?#.%\t\n\r 0aA-;&=[]evil.org"), max_size=12)
_DROPPED = re.compile(r"[\t\n\r]")


@given(st.one_of(ODD, ODD.map("/{}".format), ODD.map("https://app.example.com{}".format)))
@example("/\t/evil.org")
def test_whatever_is_kept_stays_here_as_browsers_read_it(url: str) -> None:
    """A browser drops tabs and line ends, and takes a backslash for a slash (URL standard)."""
    kept = safe_return_to(url, ("https://app.example.com",))
    read = _DROPPED.sub("", kept).strip().replace("\\", "/")
    target = urlsplit(urljoin("https://api.example.com/x", read))
    assert target.scheme == "https"
    assert target.netloc in {"api.example.com", "app.example.com"}
