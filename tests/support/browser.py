"""Headless Chromium for tests, where the machine has one."""

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Playwright, expect, sync_playwright

CHROMIUM = os.environ.get("CHARTER_TEST_CHROMIUM") or next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
needs_chromium = pytest.mark.skipif(
    CHROMIUM is None, reason="no Chromium here: install it, or name it in CHARTER_TEST_CHROMIUM"
)
_PATIENCE = 15_000
"""Milliseconds."""
_QUIET = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_EXPECTED = re.compile(r"Failed to load resource: the server responded with a status of 4(01|22) ")
"""What Chromium writes of refusals that pages reckon with: nobody has signed in, or what somebody
typed in is not right."""


@dataclass
class Watched:
    """A page, and what went wrong on it."""

    page: Page
    wrong: list[str] = field(default_factory=list)

    def heard(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and not _EXPECTED.match(message.text):
            self.wrong.append(f"{message.type}: {message.text}")


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser with a new profile."""
    expect.set_options(timeout=_PATIENCE)
    with sync_playwright() as playwright:
        browser = _launched(playwright)
        try:
            yield browser
        finally:
            browser.close()


def _launched(playwright: Playwright) -> Browser:
    # As root, Chromium runs only without its sandbox.
    root = ["--no-sandbox"] if os.geteuid() == 0 else []
    return playwright.chromium.launch(executable_path=CHROMIUM, args=[*_QUIET, *root])


@contextmanager
def opened(browser: Browser, url: str, *, dark: bool = False) -> Iterator[Watched]:
    """A page of somebody's own: its cookies are nobody else's. Fails where scripts failed, or the
    browser complained about anything."""
    context = browser.new_context(
        base_url=url,
        color_scheme="dark" if dark else "light",
        viewport={"width": 1100, "height": 900},
    )
    context.set_default_timeout(_PATIENCE)
    watched = Watched(context.new_page())
    watched.page.on("console", watched.heard)
    watched.page.on("pageerror", lambda error: watched.wrong.append(str(error)))
    try:
        yield watched
        assert watched.wrong == []
    finally:
        context.close()
