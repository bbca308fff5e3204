"""The main journey in a real browser: from Home to a verdict in three clicks, with a sample and with a file of one's own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from playwright.sync_api import Page, expect

from stcore.operations import jobs, store
from stcore.ui import pages
from tests.e2e.browser import Visitor, press, settle
from tests.e2e.server import Server

VERDICT = re.compile(r"last value")
EVIL = "<script>window.hacked=1</script>"
IMAGE = "<img src=x onerror=window.hacked=1>"


def small_file(folder: Path, names: tuple[str, ...] = ("A1", "B2", "C3"), value: str = "speed") -> Path:
    """Three places, two weeks, hourly: trained in seconds."""
    time = pd.date_range("2026-03-02", periods=336, freq="h")
    wave = 50 + 10 * np.sin(np.arange(len(time)) / 24 * 2 * np.pi)
    noise = np.random.default_rng(0).normal(0, 1, (len(time), len(names)))
    parts = [
        pd.DataFrame(
            {"time": time, "sensor": name, "lat": 52.5 + n / 10, "lon": 13.4 + n / 10, value: wave + noise[:, n]}
        )
        for n, name in enumerate(names)
    ]
    path = folder / "speeds.csv"
    pd.concat(parts).to_csv(path, index=False)
    return path


def upload(page: Page, path: Path) -> None:
    """Drop a file on Home."""
    page.locator(".st-key-upload input[type=file]").set_input_files(str(path))


def forecast_this(page: Page) -> None:
    """On Load: the one button; then the forecast's sentence."""
    expect(page.locator("h1")).to_have_text("Load")
    press(page, "Forecast this")
    expect(page.locator("h1")).to_have_text("Forecast")
    expect(page.locator(".fc-verdict")).to_contain_text(VERDICT, timeout=180_000)


@pytest.fixture(autouse=True)
def home(server: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The server's home is that of this process too; what still trains after a test is ended."""
    monkeypatch.setenv("FIELDCAST_HOME", str(server.home))
    yield
    end_trainings()


def end_trainings() -> None:
    """The sentence is there with the first models; the tests need not wait for the network, nor share the cores with it."""
    for job in jobs.listing():
        if job.active:
            jobs.cancel(job.id)
    store.close()


def nothing_went_wrong(visitor: Visitor) -> None:
    assert visitor.outside == []
    assert visitor.errors == []


def test_the_first_minute_on_a_sample(visitor: Visitor) -> None:
    page = visitor.open("/")
    page.locator(".st-key-open-airport_weather button").click()
    forecast_this(page)
    settle(page)
    assert page.get_by_test_id("stPlotlyChart").count() >= 1
    nothing_went_wrong(visitor)


def test_a_small_file_of_ones_own(visitor: Visitor, tmp_path: Path) -> None:
    page = visitor.open("/")
    upload(page, small_file(tmp_path))
    expect(page.locator("h1")).to_have_text("Load")
    settle(page)
    expect(page.locator(".fc-verdict")).to_contain_text(re.compile("three|3"))
    assert page.get_by_test_id("stDeckGlJsonChart").count() == 1, "a map"
    assert page.get_by_test_id("stPlotlyChart").count() >= 1, "a curve"
    forecast_this(page)
    settle(page)
    assert page.get_by_test_id("stDeckGlJsonChart").count() >= 1
    nothing_went_wrong(visitor)


def every_address(ids: str = "") -> list[str]:
    """Address of every page with the chosen ids."""
    listed = [entry.address for entries in pages.listed().values() for entry in entries]
    return [f"/{'' if address == 'home' else address}?{ids}" for address in listed]


def test_names_with_markup_are_shown_and_never_run_on_any_page(visitor: Visitor, tmp_path: Path) -> None:
    page = visitor.open("/")
    upload(page, small_file(tmp_path, (EVIL, IMAGE, "=cmd()"), value=IMAGE))
    forecast_this(page)
    end_trainings()
    for address in every_address(page.url.partition("?")[2]):
        shown = visitor.open(address)
        expect(shown.locator("h1")).to_have_count(1)
        assert shown.evaluate("window.hacked") is None, address
        assert shown.locator("img[src=x]").count() == 0, address
        assert shown.locator(".fc-error").count() == 0, (address, shown.locator(".fc-error").all_inner_texts())
        shown.close()
    nothing_went_wrong(visitor)


def test_a_file_that_is_no_table_says_so_with_a_hint(visitor: Visitor, tmp_path: Path) -> None:
    junk = tmp_path / "junk.csv"
    junk.write_bytes(bytes(np.random.default_rng(0).integers(0, 256, 4096, dtype=np.uint8)))
    page = visitor.open("/")
    upload(page, junk)
    expect(page.locator(".fc-error")).to_be_visible()
    assert "Traceback" not in page.inner_text("body")
    assert page.get_by_test_id("stException").count() == 0
