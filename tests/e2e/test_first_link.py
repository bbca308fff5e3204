"""The first visitor after a start may follow a link to any page: it arrives framed, and asks nothing of the network."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from stcore.ui import pages
from tests.e2e.browser import Visitor
from tests.e2e.server import Server

OTHERS = [entry.address for entries in pages.listed().values() for entry in entries if entry.address != "home"]


def test_the_first_deep_link_after_a_cold_start_arrives_framed(browser: Browser, tmp_path: Path) -> None:
    server = Server(tmp_path / "home").start()
    visitor = Visitor(browser, server.url)
    try:
        page = visitor.open(f"/{OTHERS[0]}")
        expect(page.get_by_test_id("stHeaderLogo")).to_be_visible()
        expect(page.get_by_test_id("stTopNav")).to_contain_text("Home")
        expect(page.locator("h1")).to_have_count(1)
        assert page.get_by_role("dialog").count() == 0
        assert page.get_by_text("Page not found").count() == 0
        assert visitor.errors == []
    finally:
        visitor.close()
        assert server.stop() == 0


@pytest.mark.parametrize("address", ["home", *OTHERS])
def test_an_empty_home_shows_no_error_anywhere(visitor: Visitor, address: str) -> None:
    page = visitor.open("/" if address == "home" else f"/{address}")
    expect(page.locator("h1")).to_have_count(1)
    assert page.locator(".fc-error").count() == 0, page.locator(".fc-error").all_inner_texts()
    assert page.get_by_test_id("stException").count() == 0
    assert visitor.outside == []
    assert visitor.errors == []


@pytest.mark.parametrize("address", OTHERS)
def test_ids_that_do_not_exist_are_said_plainly(visitor: Visitor, address: str) -> None:
    page = visitor.open(f"/{address}?dataset=%3Cscript%3Ewindow.hacked%3D1%3C%2Fscript%3E&run=..%2F..%2Fetc")
    expect(page.locator("h1, .fc-error").first).to_be_visible()
    assert "Traceback" not in page.inner_text("body")
    assert page.get_by_text("Reference").count() == 0, "foreseen, so without a reference for the log"
    assert page.evaluate("window.hacked") is None


def test_a_run_that_does_not_exist_leads_home(visitor: Visitor) -> None:
    page = visitor.open("/forecast?run=nonsense")
    expect(page.locator(".fc-error")).to_contain_text("There is no run “nonsense”.")
    page.get_by_role("link", name="Open Home").click()
    expect(page.locator("h1")).to_have_text("What would you like to forecast?")
