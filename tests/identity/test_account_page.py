"""The account page as it is sent; what it does in a browser is in tests/examples."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import httpx2
import pytest
import pytest_asyncio

from charter.contract.contract import Contract
from charter.serve.asgi import AsgiApp
from charter.serve.process import Process
from charter.wire.pages.account import STEPS
from examples.todo.contract import todo
from tests.identity.people import ORIGIN, opened, settings_for
from tests.identity.shop import shop

FILES = re.compile(r'(?:href|src)="(/[^"]*/assets/[^"]+)"')


@pytest_asyncio.fixture
async def client(tmp_path: Path) -> AsyncIterator[httpx2.AsyncClient]:
    settings = settings_for("sqlite:///:memory:", tmp_path)
    async with opened(shop.build(), settings, tmp_path) as place:
        yield place.client


class Page(HTMLParser):
    """What matters of a page for those who cannot see it, and for its policy."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.labels: list[str] = []
        self.fields: list[str] = []
        self.inline: list[str] = []
        self._label = 0
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        self.inline += [name for name in found if name.startswith("on") or name == "style"]
        if tag == "style" or (tag == "script" and "src" not in found):
            self.inline.append(tag)
        self.ids += [found["id"]] if "id" in found else []
        self._label += tag == "label"
        if tag == "label" and "for" in found:
            self.labels.append(found["for"])
        if tag in {"input", "select"} and "hidden" not in found and not self._label:
            self.fields.append(found.get("id", ""))

    def handle_endtag(self, tag: str) -> None:
        self._label -= tag == "label"


async def test_letters_and_providers_lead_to_the_page(client: httpx2.AsyncClient) -> None:
    for step in STEPS:
        answer = await client.get(f"/account{step}")
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert (await client.get("/account/other")).status_code == 404
    assert (await client.post("/account")).status_code == 405


async def test_its_policy_allows_its_own_files_and_nothing_inline(
    client: httpx2.AsyncClient,
) -> None:
    answer = await client.get("/account")
    policy = answer.headers["content-security-policy"]
    for part in ("default-src 'none'", "script-src 'self'", "style-src 'self'",
                 "frame-ancestors 'none'", "require-trusted-types-for 'script'"):  # fmt: skip
        assert part in policy
    assert "unsafe" not in policy
    assert Page(answer.text).inline == []


async def test_all_that_it_loads_is_there_and_asks_for_nothing_elsewhere(
    client: httpx2.AsyncClient,
) -> None:
    waiting, seen = FILES.findall((await client.get("/account")).text), set()
    assert len(waiting) == 2
    while waiting:
        path = waiting.pop()
        seen.add(path)
        answer = await client.get(path)
        assert answer.status_code == 200, path
        assert not re.search(r"https?://|innerHTML|\beval\b|document\.write", answer.text), path
        imported = {f"/account/assets/{name}" for name in re.findall(r'"\./([^"]+)"', answer.text)}
        waiting += imported - seen
    assert len(seen) == 9


async def test_every_field_has_a_label_and_every_id_is_one(client: httpx2.AsyncClient) -> None:
    page = Page((await client.get("/account")).text)
    assert page.fields
    assert set(page.fields) <= set(page.labels)
    assert set(page.labels) <= set(page.ids)
    assert len(set(page.ids)) == len(page.ids)


async def served(contract: Contract, tmp_path: Path, root: str = "", **serve: Any) -> str:
    """The page of a service; empty where there is none."""
    settings = settings_for("sqlite:///:memory:", tmp_path)
    settings = replace(settings, serve=replace(settings.serve, **serve))
    app = AsgiApp(Process(contract, settings))
    transport = httpx2.ASGITransport(app, root_path=root)
    async with httpx2.AsyncClient(transport=transport, base_url=ORIGIN) as client:
        answer = await client.get(f"{root}/account")
    return answer.text if answer.status_code == 200 else ""


async def test_below_a_mount_its_references_are_below_it(tmp_path: Path) -> None:
    text = await served(shop.build(), tmp_path, "/the-shop")
    assert 'data-auth="/the-shop/v1/auth/"' in text
    assert FILES.findall(text)[0] == "/the-shop/account/assets/account.css"


async def test_it_can_be_turned_off_and_is_not_there_without_accounts(tmp_path: Path) -> None:
    assert await served(shop.build(), tmp_path) != ""
    assert await served(shop.build(), tmp_path, account_page=False) == ""
    assert await served(todo.build(), tmp_path) == ""


async def test_a_closed_registration_is_not_offered(tmp_path: Path) -> None:
    settings = settings_for("sqlite:///:memory:", tmp_path, registration=False)
    async with opened(shop.build(), settings, tmp_path) as place:
        text = (await place.client.get("/account")).text
    assert '<a href="#register" hidden>' in text


@pytest.mark.parametrize("docs", [True, False])
async def test_it_does_not_depend_on_the_documentation(tmp_path: Path, *, docs: bool) -> None:
    assert await served(shop.build(), tmp_path, docs=docs) != ""
