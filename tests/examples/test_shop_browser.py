"""The example shop in a browser: from registering to an order, on its own pages."""

import asyncio
import re
import sqlite3
import time
from base64 import b32decode
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from charter.access.totp import hotp, step_at
from examples.shop.__main__ import seed
from examples.shop.seed import PASSWORD
from tests.support.browser import Watched, chromium, needs_chromium, opened
from tests.support.charter import ROOT, running

pytestmark = needs_chromium

SHOP = ROOT / "examples" / "shop"
_LINK = re.compile(r"http://\S+#token=\S+")
OTHER = "seven quiet harbours at dawn"


@dataclass(frozen=True)
class Shop:
    url: str
    mail: Path

    def link(self, to: str) -> str:
        """The link in the last letter to somebody that has one."""
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            for file in sorted(self.mail.glob("*.eml"), reverse=True):
                letter = message_from_bytes(file.read_bytes(), _class=EmailMessage, policy=default)
                body = letter.get_body(("plain",))
                found = None if body is None else _LINK.search(body.get_content())
                if letter["To"] == to and found is not None:
                    file.rename(file.with_suffix(".read"))
                    return found[0]
            time.sleep(0.05)
        raise AssertionError(f"no letter with a link came to {to}")


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    folder = tmp_path_factory.mktemp("shop")
    url = f"sqlite:///{folder / 'shop.db'}"
    asyncio.run(seed(url))
    with running(SHOP / "contract.py", folder, database=url, public=str(SHOP / "public")) as found:
        yield Shop(found.url.replace("127.0.0.1", "localhost"), folder / ".charter" / "mail")


@pytest.fixture(scope="module")
def browser(shop: Shop) -> Iterator[Browser]:
    # While there is one, a loop of its own runs in this thread: the shop is made before.
    with chromium() as found:
        yield found


@pytest.fixture
def watched(browser: Browser, shop: Shop) -> Iterator[Watched]:
    with opened(browser, shop.url) as found:
        yield found


def box(page: Page, label: str) -> Locator:
    """The field with this label that can be seen."""
    return page.locator("input:visible").and_(page.get_by_label(label, exact=True))


def titled(page: Page, text: str) -> None:
    """Wait for a view with this title; its title has the focus."""
    title = page.get_by_role("heading", name=text, exact=True, level=1)
    expect(title).to_be_visible()


def signed_in(page: Page, address: str, password: str = PASSWORD) -> None:
    box(page, "E-mail").fill(address)
    box(page, "Password").fill(password)
    page.get_by_role("button", name="Sign in", exact=True).click()


def registered(page: Page, shop: Shop, address: str) -> None:
    page.goto("/account")
    page.get_by_role("link", name="Create an account").click()
    titled(page, "Create an account")
    box(page, "E-mail").fill(address)
    box(page, "Password").fill(PASSWORD)
    page.get_by_role("button", name="Create the account").click()
    titled(page, "Check your mail")
    page.goto(shop.link(address))
    page.get_by_role("button", name="Confirm the address").click()
    expect(page.get_by_role("status")).to_contain_text("The address is confirmed")


def code(secret: str, ahead: int = 0) -> str:
    return hotp(b32decode(secret.replace(" ", "")), step_at(time.time()) + ahead)


def test_a_person_registers_takes_a_second_factor_and_orders(watched: Watched, shop: Shop) -> None:
    page = watched.page
    page.goto("/")
    page.get_by_role("link", name="Sign in", exact=True).click()
    titled(page, "Sign in")
    registered(page, shop, "zoe@example.com")
    assert "#token" not in page.url

    signed_in(page, "zoe@example.com")
    titled(page, "Your account")
    page.get_by_role("button", name="Set up an app").click()
    expect(page.locator("#totp-secret")).not_to_be_empty()
    page.locator("#totp-picture").evaluate("image => image.decode()")  # fails for no picture
    secret = page.locator("#totp-secret").inner_text()
    box(page, "Code").fill("000000")
    page.get_by_role("button", name="Confirm", exact=True).click()
    expect(page.get_by_role("alert")).to_be_visible()
    box(page, "Code").fill(code(secret))
    page.get_by_role("button", name="Confirm", exact=True).click()
    expect(page.locator("#codes-list li")).to_have_count(10)
    recovery = page.locator("#codes-list li").first.inner_text()
    page.get_by_role("button", name="I have kept them").click()
    expect(page.get_by_text(recovery)).to_have_count(0)

    page.get_by_role("button", name="Sign out").click()
    titled(page, "Sign in")
    page.goto("/")
    page.get_by_role("link", name="Sign in", exact=True).click()
    signed_in(page, "zoe@example.com")
    titled(page, "One more step")
    box(page, "Code").fill(code(secret, ahead=1))
    page.get_by_role("button", name="Sign in", exact=True).click()

    titled(page, "Products")
    box(page, "Search").fill("grove kettle")
    box(page, "Search").press("Enter")
    cards = page.locator("#products li")
    expect(cards).to_have_count(1)
    price = cards.locator(".price").inner_text()
    for _ in range(2):
        cards.get_by_role("button", name="Add Grove kettle to the cart").click()
    page.get_by_role("button", name="One Grove kettle fewer").click()
    expect(page.locator("#cart-total")).to_have_text(price)
    box(page, "A note for us").fill("Ring twice")
    page.get_by_role("button", name="Order", exact=True).click()
    titled(page, "My orders")
    order = page.locator("#orders > li")
    expect(order).to_have_count(1)
    for text in ("placed", "1 × Grove kettle", "Ring twice", price):
        expect(order).to_contain_text(text)
    expect(page.get_by_text("It is empty.")).to_be_visible()


def test_who_searches_before_the_page_is_ready_finds_the_same(watched: Watched) -> None:
    """Without its script, the page sends the form; with it, an older answer may come last."""
    page = watched.page
    page.goto("/?words=grove+kettle&shelf=")
    cards = page.locator("#products li")
    expect(cards).to_have_count(1)
    expect(box(page, "Search")).to_have_value("grove kettle")
    held: list[Route] = []
    page.route(
        "**/v1/products?*",
        lambda route: route.continue_() if "search=" in route.request.url else held.append(route),
    )
    page.goto("/")
    titled(page, "Products")
    box(page, "Search").fill("grove kettle")
    box(page, "Search").press("Enter")
    expect(cards).to_have_count(1)
    with page.expect_response(lambda answer: "/v1/products?" in answer.url):
        held[0].continue_()
    page.wait_for_timeout(100)
    expect(cards).to_have_count(1)


def test_a_wrong_password_is_said_and_a_letter_brings_a_new_one(
    watched: Watched, shop: Shop
) -> None:
    page = watched.page
    registered(page, shop, "yann@example.com")
    signed_in(page, "yann@example.com", "not the password at all")
    expect(page.get_by_role("alert")).to_contain_text("do not belong together")
    page.get_by_role("link", name="Forgotten the password?").click()
    titled(page, "A new password")
    box(page, "E-mail").fill("yann@example.com")
    page.get_by_role("button", name="Send the letter").click()
    titled(page, "Check your mail")
    page.goto(shop.link("yann@example.com"))
    box(page, "New password").fill("password1234")
    page.get_by_role("button", name="Set the password").click()
    flawed = box(page, "New password")
    expect(flawed).to_have_attribute("aria-invalid", "true")
    flawed.fill(OTHER)
    page.get_by_role("button", name="Set the password").click()
    expect(page.get_by_role("status")).to_contain_text("The new password is set")
    signed_in(page, "yann@example.com", OTHER)
    titled(page, "Your account")


def test_a_passkey_signs_in(watched: Watched, shop: Shop) -> None:
    page = watched.page
    tools = page.context.new_cdp_session(page)
    tools.send("WebAuthn.enable")
    authenticator = {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True,
        "hasUserVerification": True, "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }  # fmt: skip
    tools.send("WebAuthn.addVirtualAuthenticator", {"options": authenticator})
    registered(page, shop, "xena@example.com")
    signed_in(page, "xena@example.com")
    box(page, "Name of the new passkey").fill("This laptop")
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.locator("#passkeys")).to_contain_text("This laptop")
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("button", name="Sign in with a passkey").click()
    titled(page, "Your account")
    expect(page.locator("#passkeys")).to_contain_text("last used")


def test_sessions_keys_and_the_account_itself_are_ended_there(
    watched: Watched, browser: Browser, shop: Shop
) -> None:
    page = watched.page
    registered(page, shop, "will@example.com")
    signed_in(page, "will@example.com")
    titled(page, "Your account")
    with opened(browser, shop.url) as elsewhere:
        elsewhere.page.goto("/account")
        signed_in(elsewhere.page, "will@example.com")
        titled(elsewhere.page, "Your account")
        page.reload()
        expect(page.locator("#sessions li")).to_have_count(2)
        page.locator("#sessions").get_by_role("button", name="End").click()
        expect(page.locator("#sessions li")).to_have_count(1)
        elsewhere.page.reload()
        titled(elsewhere.page, "Sign in")

    page.get_by_text("Make a key").click()
    box(page, "Name").fill("Export")
    box(page, "reading only").check()
    page.get_by_role("button", name="Make the key").click()
    expect(page.locator("#key-text")).to_have_text(re.compile("chk_"))
    key = page.locator("#key-text").inner_text()
    answer = page.request.get("/v1/auth/me", headers={"authorization": f"Bearer {key}"})
    assert answer.json()["scopes"] == ["read"]
    page.get_by_role("button", name="I have kept it").click()
    page.locator("#keys").get_by_role("button", name="End").click()
    page.get_by_role("button", name="End the key").click()
    expect(page.locator("#keys")).to_contain_text("None yet")

    box(page, "Password now").fill(PASSWORD)
    box(page, "New password").fill(OTHER)
    page.get_by_role("button", name="Change the password").click()
    expect(page.get_by_role("status")).to_contain_text("The password is changed")
    box(page, "New address").fill("wilma@example.com")
    page.get_by_role("button", name="Change the address").click()
    page.goto(shop.link("wilma@example.com"))
    page.get_by_role("button", name="Confirm the address").click()
    page.goto("/account")
    expect(page.locator("#who")).to_have_text("wilma@example.com")

    page.get_by_role("button", name="Delete my account").click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    page.get_by_role("button", name="Delete my account").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete my account").click()
    expect(page.get_by_role("status")).to_contain_text("The account is deleted")
    signed_in(page, "wilma@example.com", OTHER)
    expect(page.get_by_role("alert")).to_be_visible()


def test_nobody_is_led_elsewhere(watched: Watched) -> None:
    page = watched.page
    for place in ("https://evil.example/", "//evil.example/", "javascript:alert(1)"):
        page.goto("/account")
        page.context.clear_cookies()
        page.goto(f"/account?next={place}")
        signed_in(page, "ada@example.com")
        titled(page, "Your account")
        expect(page.locator("#go-on")).to_be_hidden()


def test_an_old_sign_in_is_proven_once_more_with_both_factors(watched: Watched, shop: Shop) -> None:
    page = watched.page
    registered(page, shop, "will@example.com")
    signed_in(page, "will@example.com")
    page.get_by_role("button", name="Set up an app").click()
    expect(page.locator("#totp-secret")).not_to_be_empty()
    secret = page.locator("#totp-secret").inner_text()
    box(page, "Code").fill(code(secret))
    page.get_by_role("button", name="Confirm", exact=True).click()
    page.get_by_role("button", name="I have kept them").click()
    with closing(sqlite3.connect(shop.mail.parents[1] / "shop.db")) as database, database:
        database.execute("UPDATE charter_sessions SET signed_in_at = '2001-01-01T00:00:00.000000Z'")
    page.get_by_role("button", name="Remove the app").click()
    page.locator("#sure-yes").click()
    box(page, "Password").fill(PASSWORD)
    page.get_by_role("button", name="Go on").click()
    box(page, "Code of your app, or a recovery code").fill(code(secret, ahead=1))
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("button", name="Set up an app")).to_be_visible()
