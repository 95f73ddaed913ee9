"""A page in a browser that follows a list: changes come by themselves, also after a restart."""

from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.browser import chromium, needs_chromium, opened
from tests.support.charter import Running, running

pytestmark = needs_chromium

CONTRACT = """\
from charter import Actor, Contract, Policy, Resource, allow

notes = Contract("notes")


@notes.resource
class Note(Resource):
    text: str
    open: bool = True


@notes.policy(Note)
def note_policy(note: Note, actor: Actor) -> Policy:
    yield allow("*")
"""


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Running]:
    file = tmp_path / "notes.py"
    file.write_text(CONTRACT)
    with running(file, tmp_path, database=f"sqlite:///{tmp_path / 'notes.db'}") as found:
        yield found


@pytest.fixture
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


def rows(page: Page) -> list[str]:
    return page.locator("#rows tr td:nth-child(2)").all_inner_texts()


def test_a_page_follows_a_list(browser: Browser, service: Running) -> None:
    with httpx2.Client(base_url=service.url) as http:
        first = http.post("/v1/notes", json={"text": "first"}).json()
        with opened(browser, service.url) as watched:
            page = watched.page
            page.goto("/docs/live")
            page.get_by_label("Path").fill("/v1/notes?open=true")
            page.get_by_role("button", name="Follow").click()
            expect(page.locator("#state")).to_have_text("following /v1/notes?open=true")
            assert rows(page) == ["first"]
            http.post("/v1/notes", json={"text": "second"})
            expect(page.locator("#rows tr")).to_have_count(2)
            http.patch(f"/v1/notes/{first['id']}", json={"text": "changed"})
            expect(page.locator("#rows")).to_contain_text("changed")
            http.patch(f"/v1/notes/{first['id']}", json={"open": False})
            expect(page.locator("#rows tr")).to_have_count(1)
            assert rows(page) == ["second"]
            page.get_by_label("Path").fill("/v1/nothing")
            page.get_by_role("button", name="Follow").click()
            expect(page.locator("#state")).to_have_text("There is nothing here.")


def test_a_page_comes_back_by_itself(browser: Browser, service: Running) -> None:
    with opened(browser, service.url) as watched:
        page = watched.page
        page.goto("/docs/live")
        page.get_by_role("button", name="Follow").click()
        expect(page.locator("#state")).to_contain_text("following")
        httpx2.post(f"{service.url}/v1/notes", json={"text": "before"})
        expect(page.locator("#rows tr")).to_have_count(1)
        service.kill9()
        expect(page.locator("#state")).to_contain_text("trying again")
        service.start()
        httpx2.post(f"{service.url}/v1/notes", json={"text": "after"})
        expect(page.locator("#rows tr")).to_have_count(2)
        assert rows(page) == ["before", "after"]
        assert page.locator("#log li").count() == 2
        # That the connection was lost is what a browser complains about.
        watched.wrong.clear()
