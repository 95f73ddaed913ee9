"""What holds for every request and answer: hosts, proxies, other origins, security headers."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2
import pytest

from charter.access.rates.settings import RatesSettings
from charter.serve.asgi import AsgiApp, application
from charter.serve.settings.cors import CorsSettings
from charter.serve.settings.model import ProxyFields, ServeSettings
from charter.serve.web.addresses import client_address
from charter.serve.web.edge import Edge
from charter.wire.http import Request
from tests.serve.apps import CONTRACT, bearer, served, settings_in

NOTES = "/v1/notes"
NOTE = f"{NOTES}/0190163d-8694-739b-aea5-966c26f8ad91"
PAGE = "https://app.example.com"

API_POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
EVERYWHERE = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


def app_of(directory: Path, cors: CorsSettings | None = None, **serve: Any) -> AsgiApp:
    settings = settings_in(directory, **serve)
    return application(CONTRACT, replace(settings, cors=cors or CorsSettings()))


def client_of(app: AsgiApp, url: str = "http://api.example.com") -> httpx2.AsyncClient:
    transport = httpx2.ASGITransport(app, client=("192.0.2.1", 1))
    return httpx2.AsyncClient(transport=transport, base_url=url, headers=bearer())


# -- security headers ------------------------------------------------------------------------

ANSWERS = [
    ("GET", NOTES, {}, 200),
    ("POST", NOTES, {}, 201),
    ("GET", NOTE, {}, 404),
    ("GET", NOTES, {"accept": "text/csv"}, 200),
    ("GET", NOTES, {"authorization": "Bearer x"}, 401),
    ("OPTIONS", NOTES, {}, 204),
    ("PUT", NOTES, {}, 405),
    ("GET", "/", {}, 404),
    ("GET", "/health/live", {}, 200),
    ("GET", "/health/ready", {}, 200),
    ("GET", "/openapi.json", {}, 200),
    ("POST", "/v1/fail", {}, 500),
]
PAGES = ["/docs", "/docs/problems", "/docs/problems/not_found", "/docs/assets/docs.js"]


@pytest.mark.parametrize(("method", "path", "headers", "status"), ANSWERS)
async def test_every_answer_keeps_browsers_from_guessing_and_sharing(
    tmp_path: Path, method: str, path: str, headers: dict[str, str], status: int
) -> None:
    app = app_of(tmp_path)
    await app.open()
    async with client_of(app) as client:
        body = {"text": "x"} if method == "POST" and path == NOTES else None
        answer = await client.request(method, path, headers=headers, json=body)
    await app.close()
    assert answer.status_code == status
    assert {name: answer.headers.get(name) for name in EVERYWHERE} == EVERYWHERE
    assert answer.headers.get_list("content-security-policy") == [API_POLICY]
    assert "strict-transport-security" not in answer.headers
    assert not [name for name in answer.headers if name.startswith("access-control-")]
    assert "server" not in answer.headers


async def test_an_answer_that_nothing_has_changed_has_them_too(tmp_path: Path) -> None:
    app = app_of(tmp_path)
    await app.open()
    async with client_of(app) as client:
        made = await client.post(NOTES, json={"text": "x"})
        found = await client.get(f"{NOTES}/{made.json()['id']}")
        same = await client.get(
            f"{NOTES}/{made.json()['id']}", headers={"if-none-match": found.headers["etag"]}
        )
    await app.close()
    assert same.status_code == 304
    assert {name: same.headers.get(name) for name in EVERYWHERE} == EVERYWHERE


@pytest.mark.parametrize("path", PAGES)
async def test_a_page_may_load_what_is_our_own_and_nothing_else(tmp_path: Path, path: str) -> None:
    app = app_of(tmp_path)
    await app.open()
    async with client_of(app) as client:
        page = await client.get(path)
    await app.close()
    assert {name: page.headers.get(name) for name in EVERYWHERE} == EVERYWHERE
    (policy,) = page.headers.get_list("content-security-policy")
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == rules["frame-ancestors"] == rules["form-action"] == "'none'"
    assert rules["script-src"] == rules["style-src"] == rules["connect-src"] == "'self'"
    assert "unsafe" not in policy


async def test_https_is_to_be_kept_where_a_request_came_by_it(tmp_path: Path) -> None:
    cases: list[tuple[dict[str, Any], str | None]] = [
        ({}, "max-age=63072000"),
        ({"hsts": 600, "hsts_subdomains": True}, "max-age=600; includeSubDomains"),
        ({"hsts": 0}, None),
    ]
    for serve, field in cases:
        app = app_of(tmp_path, **serve)
        await app.open()
        async with client_of(app, "https://api.example.com") as client:
            found = [await client.get(path) for path in (NOTES, "/docs", "/health/live", "/x")]
        await app.close()
        assert {answer.headers.get("strict-transport-security") for answer in found} == {field}


# -- hosts -----------------------------------------------------------------------------------

HOSTS = ("api.example.com", ".shop.example", "[::1]")


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("api.example.com", 200),
        ("API.Example.com:8443", 200),
        ("api.example.com.", 200),
        ("shop.example", 200),
        ("a.b.shop.example", 200),
        ("[::1]:8000", 200),
        ("example.com", 421),
        ("evilshop.example", 421),
        ("api.example.com.evil.org", 421),
        ("127.0.0.1", 421),
        ("", 421),
        ("api.example.com, evil.org", 400),
        ("api.example.com@evil.org", 400),
        ("api.example.com:80:80", 400),
        ("api.example.com/evil", 400),
        ("api.example.com evil.org", 400),
        ("[::1", 400),
    ],
)
async def test_only_the_hosts_that_are_listed_are_answered_for(
    tmp_path: Path, host: str, status: int
) -> None:
    app = app_of(tmp_path, allowed_hosts=HOSTS)
    await app.open()
    async with client_of(app) as client:
        answer = await client.get(NOTES, headers={"host": host})
        health = await client.get("/health/live", headers={"host": host})
    await app.close()
    assert answer.status_code == status
    if status != 200:
        assert answer.json()["code"] == ("misdirected" if status == 421 else "malformed")
        assert host == "" or host not in answer.text
    assert health.status_code == 200


def test_of_two_host_fields_none_counts(tmp_path: Path) -> None:
    with served(tmp_path, "--allowed-hosts", "127.0.0.1,localhost") as running:
        for head, status in (
            ("GET /v1/notes HTTP/1.1\r\nHost: localhost\r\n", 401),
            ("GET /v1/notes HTTP/1.1\r\nHost: localhost\r\nHost: evil.org\r\n", 400),
            ("GET /v1/notes HTTP/1.1\r\nHost: evil.org\r\n", 421),
            ("GET http://evil.org/v1/notes HTTP/1.1\r\nHost: localhost\r\n", 421),
            ("GET /v1/notes HTTP/1.0\r\n", 421),
        ):
            with running.connect() as connection:
                connection.sendall(f"{head}Connection: close\r\n\r\n".encode())
                answer = connection.makefile("rb").readline()
            assert int(answer.split()[1]) == status, head


# -- proxies ---------------------------------------------------------------------------------


def resolved(
    peer: str | None,
    headers: Mapping[str, str],
    *networks: str,
    fields: ProxyFields = ProxyFields.X_FORWARDED,
) -> Request:
    edge = Edge(ServeSettings(trusted_proxies=networks, proxy_fields=fields), CorsSettings())
    return edge.resolved(Request("GET", "/", "", dict(headers), client=peer))


PROXY, INNER, CLIENT = "10.0.0.1", "10.0.0.2", "203.0.113.7"


@pytest.mark.parametrize(
    ("peer", "chain", "client"),
    [
        (CLIENT, "198.51.100.1", CLIENT),
        (PROXY, CLIENT, CLIENT),
        (PROXY, f"{CLIENT}:4711", CLIENT),
        (PROXY, f"1.1.1.1, {CLIENT}", CLIENT),
        (PROXY, f"{PROXY}, {CLIENT}", CLIENT),
        (PROXY, f"1.1.1.1, {CLIENT}, {INNER}", CLIENT),
        (PROXY, f"nonsense, {CLIENT}", CLIENT),
        (PROXY, f"{'x' * 30_000}, {CLIENT}", CLIENT),
        (PROXY, f'for="{CLIENT}, {CLIENT}', CLIENT),
        (PROXY, INNER, INNER),
        (PROXY, "[2001:db8::1]:99", "2001:db8::1"),
        (PROXY, "2001:DB8:0::1", "2001:db8::1"),
        (PROXY, "::ffff:203.0.113.7", CLIENT),
        ("::ffff:10.0.0.1", CLIENT, CLIENT),
        (PROXY, "unknown", None),
        (PROXY, f"{CLIENT}, unknown", None),
        (PROXY, f"{CLIENT}, ", None),
        (PROXY, "", None),
        (PROXY, "1.2.3", None),
        (PROXY, ", ".join([PROXY] * 40), None),
        (PROXY, None, PROXY),
    ],
)
def test_the_client_is_the_first_from_the_right_that_is_no_proxy(
    peer: str, chain: str | None, client: str | None
) -> None:
    headers = {} if chain is None else {"x-forwarded-for": chain}
    assert client_address(resolved(peer, headers, "10.0.0.0/8")) == client


@pytest.mark.parametrize(
    ("text", "client", "scheme"),
    [
        (f"for={CLIENT};proto=https", CLIENT, "https"),
        (f'For="{CLIENT}:4711" ; Proto=HTTPS', CLIENT, "https"),
        ('for="[2001:db8::1]:47"', "2001:db8::1", "http"),
        (f"for=1.1.1.1;proto=https, for={CLIENT}", CLIENT, "http"),
        (f"for={CLIENT};proto=https, for={INNER}", CLIENT, "https"),
        (f'for="x, for=1.1.1.1", for={CLIENT}', CLIENT, "http"),
        (f'for="x, for={CLIENT}', None, "http"),
        (f'for="x\\", for={CLIENT}', None, "http"),
        (f"for={CLIENT};for=1.1.1.1", None, "http"),
        (f"for={CLIENT} for=1.1.1.1", None, "http"),
        ("for=unknown", None, "http"),
        ("for=_hidden", None, "http"),
        ("proto=https", None, "https"),
        (f"for={CLIENT};proto=gopher", CLIENT, "http"),
        ("", None, "http"),
        (" " * 30_000, None, "http"),
        ('for="' * 6000, None, "http"),
    ],
)
def test_the_forwarded_field_is_read_as_a_whole_or_not_at_all(
    text: str, client: str | None, scheme: str
) -> None:
    headers = {"forwarded": text, "x-forwarded-for": "1.1.1.1", "x-forwarded-proto": "https"}
    found = resolved(PROXY, headers, "10.0.0.0/8", fields=ProxyFields.FORWARDED)
    assert (client_address(found), found.scheme) == (client, scheme)


@pytest.mark.parametrize(
    ("peer", "chain", "said", "scheme"),
    [
        (CLIENT, "1.1.1.1", "https", "http"),
        (PROXY, CLIENT, "https", "https"),
        (PROXY, CLIENT, "https, http", "http"),
        (PROXY, f"{CLIENT}, {INNER}", "https, http", "https"),
        (PROXY, f"{CLIENT}, {INNER}", "https", "https"),
        (PROXY, CLIENT, "javascript", "http"),
        (PROXY, CLIENT, "", "http"),
    ],
)
def test_the_scheme_is_what_the_proxy_of_the_client_says(
    peer: str, chain: str, said: str, scheme: str
) -> None:
    headers = {"x-forwarded-for": chain, "x-forwarded-proto": said}
    assert resolved(peer, headers, "10.0.0.0/8").scheme == scheme


def test_what_anybody_but_a_trusted_proxy_says_changes_nothing() -> None:
    headers = {
        "x-forwarded-for": "10.1.1.1",
        "x-forwarded-proto": "https",
        "x-forwarded-host": "evil.org",
        "forwarded": "for=10.1.1.1;proto=https;host=evil.org",
        "host": "api.example.com",
    }
    for fields in ProxyFields:
        for networks in ((), ("10.0.0.0/8",), ("unix",)):
            found = resolved(CLIENT, headers, *networks, fields=fields)
            assert (found.client, found.scheme, found.proxied) == (CLIENT, "http", False)
            assert found.headers["host"] == "api.example.com"


def test_a_trusted_proxy_passes_on_the_host() -> None:
    headers = {"x-forwarded-for": CLIENT, "x-forwarded-host": "api.example.com", "host": "inner"}
    found = resolved(PROXY, headers, "10.0.0.0/8")
    assert (found.headers["host"], found.proxied) == ("api.example.com", True)
    assert resolved(PROXY, {**headers, "x-forwarded-host": ""}, "10.0.0.0/8").headers["host"] == (
        "inner"
    )


def test_connections_without_an_address_are_a_proxy_only_where_that_is_said() -> None:
    headers = {"x-forwarded-for": CLIENT}
    assert resolved(None, headers, "unix").client == CLIENT
    assert resolved(None, headers, "10.0.0.0/8").client is None


@pytest.mark.parametrize("networks", [("10.0.0.1/8",), ("example.com",), ("",), ("10.0.0.0/33",)])
def test_what_is_no_network_is_refused_at_the_start(networks: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match=r"^trusted_proxies"):
        ServeSettings(trusted_proxies=networks)


def test_behind_a_proxy_each_client_has_its_own_limit(tmp_path: Path) -> None:
    flags = ("--trusted-proxies", "127.0.0.0/8", "--rates-address", "2/1h")
    chains = ["1.1.1.1", "1.1.1.1", "2.2.2.2", "9.9.9.9, 1.1.1.1", "1.1.1.1, 3.3.3.3"]
    with served(tmp_path, *flags) as running, httpx2.Client(base_url=running.url) as client:
        found = [
            client.get(NOTES, headers={"x-forwarded-for": chain, "x-forwarded-proto": "https"})
            for chain in chains
        ]
    assert [answer.status_code for answer in found] == [401, 401, 401, 429, 401]
    assert {answer.headers["strict-transport-security"] for answer in found} == {"max-age=63072000"}


# -- other origins ---------------------------------------------------------------------------

PREFLIGHT = {"access-control-request-method": "PATCH", "access-control-request-headers": "if-match"}


def cors_fields(answer: httpx2.Response) -> dict[str, str]:
    return {
        name.removeprefix("access-control-"): value
        for name, value in answer.headers.items()
        if name.startswith("access-control-")
    }


async def test_other_origins_may_nothing_unless_they_are_listed(tmp_path: Path) -> None:
    for cors in (CorsSettings(), CorsSettings(origins=(PAGE,), credentials=True)):
        app = app_of(tmp_path, cors)
        await app.open()
        async with client_of(app) as client:
            for origin in (
                "https://evil.org",
                "null",
                "*",
                "http://app.example.com",
                "https://app.example.com.evil.org",
                "https://app.example.com:444",
                "https://APP.example.com",
                "https://evil.org/https://app.example.com",
                f"{PAGE}, {PAGE}",
                "",
            ):
                read = await client.get(NOTES, headers={"origin": origin})
                asked = await client.options(NOTES, headers={"origin": origin, **PREFLIGHT})
                assert cors_fields(read) == cors_fields(asked) == {}
                assert ("origin" in vary(read)) is bool(cors.origins)
        await app.close()


def vary(answer: httpx2.Response) -> set[str]:
    return {item.strip() for item in ",".join(answer.headers.get_list("vary")).split(",")}


async def test_a_listed_origin_may_what_is_set(tmp_path: Path) -> None:
    cors = CorsSettings(
        origins=(PAGE, "http://localhost:3000"),
        methods=("GET", "PATCH"),
        headers=("authorization", "if-match"),
        exposed=("etag",),
        credentials=True,
        max_age=60,
    )
    app = app_of(tmp_path, cors)
    await app.open()
    async with client_of(app) as client:
        read = await client.get(NOTES, headers={"origin": PAGE})
        failed = await client.get("/v1/nothing", headers={"origin": "http://localhost:3000"})
        asked = await client.options(NOTE, headers={"origin": PAGE, **PREFLIGHT})
        plain = await client.options(NOTE, headers={"origin": PAGE})
        without = await client.get(NOTES)
    await app.close()
    shown = {"allow-origin": PAGE, "allow-credentials": "true", "expose-headers": "etag"}
    assert cors_fields(read) == shown
    assert {"origin", "authorization"} <= vary(read)
    assert cors_fields(failed)["allow-origin"] == "http://localhost:3000"
    assert asked.status_code == 204
    assert cors_fields(asked) | shown == {
        **shown,
        "allow-methods": "GET, PATCH",
        "allow-headers": "authorization, if-match",
        "max-age": "60",
    }
    assert {"origin", "access-control-request-method"} <= vary(asked)
    assert "allow" in plain.headers
    assert cors_fields(without) == {}
    assert "origin" in vary(without)


async def test_any_origin_may_where_all_are_listed_but_without_cookies(tmp_path: Path) -> None:
    app = app_of(tmp_path, CorsSettings(origins=("*",)))
    await app.open()
    async with client_of(app) as client:
        read = await client.get(NOTES, headers={"origin": "https://evil.org"})
    await app.close()
    assert read.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in read.headers


@pytest.mark.parametrize(
    "faulty",
    [
        {"origins": ("*",), "credentials": True},
        {"origins": ("*", PAGE)},
        {"origins": ("null",)},
        {"origins": ("https://*.example.com",)},
        {"origins": ("https://app.example.com/",)},
        {"origins": ("https://App.example.com",)},
        {"origins": ("https://app.example.com:443",)},
        {"origins": ("app.example.com",)},
        {"origins": ("https://a.example\r\nx: y",)},
        {"headers": ("*",)},
        {"methods": ("GET\r\nx: y",)},
        {"max_age": -1},
    ],
)
def test_settings_that_would_open_the_service_are_refused(faulty: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=f"^{next(iter(faulty))}"):
        CorsSettings(**faulty)


async def test_a_preflight_is_not_counted(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    rates = RatesSettings(address="1/1h")
    app = application(CONTRACT, replace(settings, cors=CorsSettings(origins=(PAGE,)), rates=rates))
    await app.open()
    async with client_of(app) as client:
        del client.headers["authorization"]
        found = [
            await client.options(NOTES, headers={"origin": PAGE, **PREFLIGHT}) for _ in range(5)
        ]
    await app.close()
    assert {answer.status_code for answer in found} == {204}
