"""Watching a training: every tab shows the same progress, also after a reload; stopping and going on work from the page."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.browser import Visitor, press
from tests.e2e.made import long_training
from tests.e2e.server import Server, wait_for

EPOCH = re.compile(r"epoch (\d+) of 1000")


def epoch(page: Page) -> int:
    """The epoch a page shows; 0 while it shows none."""
    found = EPOCH.search(page.locator(".fc-verdict").first.inner_text())
    return int(found[1]) if found else 0


def test_tabs_and_reloads_show_the_same_progress_and_stop_and_go_on_work(
    visitor: Visitor, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FIELDCAST_HOME", str(server.home))
    dataset, run, _ = long_training(tmp_path)
    address = f"/train?dataset={dataset}&run={run}"
    first = visitor.open(address)
    expect(first.locator(".fc-verdict").first).to_contain_text(EPOCH, timeout=120_000)
    before = epoch(first)
    first.reload()
    expect(first.locator(".fc-verdict").first).to_contain_text(EPOCH)
    assert epoch(first) >= before
    second = visitor.open(address)
    expect(second.locator(".fc-verdict").first).to_contain_text(EPOCH)
    assert epoch(second) >= before
    wait_for("both tabs on the same epoch", lambda: epoch(first) == epoch(second) > before)

    reached = epoch(first)
    press(first, "Stop")
    for page in (first, second):
        expect(page.get_by_role("button", name="Go on")).to_be_visible()
    press(second, "Go on")
    expect(second.locator(".fc-verdict").first).to_contain_text(EPOCH)
    wait_for("it goes on where it stopped", lambda: epoch(second) >= reached)
    press(second, "Stop")
    expect(second.get_by_role("button", name="Go on")).to_be_visible()
    assert visitor.outside == []
    assert visitor.errors == []
