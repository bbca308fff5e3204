"""A headless Chromium that notes every request that leaves this machine."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect, sync_playwright

FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
]  # fmt: skip
DESKTOP, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
PATIENCE_MS = 60_000
LOCAL = {"127.0.0.1", "localhost", ""}


def chromium() -> str | None:
    """The browser to use, None where there is none."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    return os.environ.get("CHROMIUM") or next((path for name in names if (path := shutil.which(name))), None)


def launch(playwright: Playwright) -> Browser:
    return playwright.chromium.launch(executable_path=chromium(), headless=True, args=FLAGS)


@contextmanager
def browsing() -> Iterator[Browser]:
    """A browser for the length of a block."""
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = launch(playwright)
        try:
            yield browser
        finally:
            browser.close()


class Visitor:
    """One person with a browser window: pages, what they asked the network for, and what went wrong in them."""

    def __init__(self, browser: Browser, base: str, **options: Any) -> None:
        self.base = base
        self.context: BrowserContext = browser.new_context(**({"viewport": DESKTOP} | options))
        self.context.set_default_timeout(PATIENCE_MS)
        self.outside: list[str] = []
        self.errors: list[str] = []
        self.context.on("request", lambda request: self._asked(request.url))
        self.context.on("weberror", lambda error: self.errors.append(str(error.error)))
        self.context.on("console", self._console)

    def _asked(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme in {"http", "https", "ws", "wss"} and parts.hostname not in LOCAL:
            self.outside.append(url)

    def _console(self, message: Any) -> None:
        probing = "/_stcore/" in (message.location or {}).get("url", "")  # a deep link looks for the base path
        if message.type == "error" and not probing:
            self.errors.append(message.text)

    def open(self, path: str = "/") -> Page:
        """Open an address in a new tab and wait until the page has run once."""
        page = self.context.new_page()
        page.goto(self.base + path)
        settle(page)
        return page

    def close(self) -> None:
        self.context.close()


def press(page: Page, name: str) -> None:
    """Press a button once the page stands still: one that moves between press and release gets no click."""
    expect(page.get_by_role("button", name=name)).to_be_visible()
    settle(page)
    page.get_by_role("button", name=name).click()


def settle(page: Page, seconds: float = 60) -> None:
    """Wait until the frame stands, nothing runs and every chart, map and picture has drawn itself."""
    expect(page.get_by_test_id("stApp")).to_be_visible()
    page.wait_for_function(
        """() => {
            const app = document.querySelector('[data-testid="stApp"]');
            if (!app || app.dataset.testScriptState === 'running') return false;
            if (document.querySelector('[data-testid="stSkeleton"], [data-stale="true"]')) return false;
            if (!document.querySelector('[data-testid="stMainBlockContainer"] :is(h1, p, button)')) return false;
            const charts = [...document.querySelectorAll('[data-testid="stPlotlyChart"]')];
            const maps = [...document.querySelectorAll('[data-testid="stDeckGlJsonChart"]')];
            return charts.every(c => c.querySelector('.main-svg')) && maps.every(m => m.querySelector('canvas'))
                && [...document.images].every(i => i.complete);
        }""",
        timeout=seconds * 1000,
    )
    page.evaluate("() => document.fonts.ready")
