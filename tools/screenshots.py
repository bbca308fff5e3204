"""Write every page to ``docs/screenshots/<page>-{light,dark}[-phone].png``, on a home of its own with a finished run.

``make screenshots`` or ``make screenshots ARGS="forecast compare"`` for some pages. The run is made as a person makes it:
the city sample opened, **Forecast this** pressed; so the pictures show what a person gets.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import urlencode

from playwright.sync_api import Browser, Page

from stcore.ui import pages
from tests.e2e.browser import DESKTOP, PHONE, Visitor, browsing, chromium, press, settle
from tests.e2e.server import ROOT, Server, wait_for

SAMPLE = "city_traffic"
OUT = ROOT / "docs" / "screenshots"
CALM_S, LONGEST_S = 0.7, 30


def prepare(browser: Browser, server: Server) -> dict[str, str]:
    """Open the sample and press Forecast this, as a person does; ids of the finished run for the pages' addresses."""
    os.environ["FIELDCAST_HOME"] = str(server.home)
    from stcore.operations import jobs, store

    visitor = Visitor(browser, server.url)
    page = visitor.open("/")
    page.locator(f".st-key-open-{SAMPLE} button").click()
    press(page, "Forecast this")
    wait_for("the job", lambda: jobs.listing(), seconds=60)
    wait_for("the run", lambda: jobs.listing()[0].ended, seconds=900)
    visitor.close()
    (job,) = jobs.listing()
    run = store.recent_runs()[0]
    store.close()
    if job.status != jobs.Status.DONE:
        raise SystemExit(f"The run ended as {job.status}: {job.error}")
    return {"dataset": run.dataset, "run": run.id}


def calm(page: Page) -> bytes:
    """The picture once two in a row are the same: charts drawn, maps loaded, nothing fading."""
    deadline = time.monotonic() + LONGEST_S
    before = page.screenshot()
    while time.monotonic() < deadline:
        page.wait_for_timeout(CALM_S * 1000)
        now = page.screenshot()
        if now == before:
            return now
        before = now
    return before


def whole(page: Page, size: dict[str, int]) -> bytes:
    """The page from top to bottom: the window grows to its content, since Streamlit scrolls inside the window."""
    calm(page)
    main = page.get_by_test_id("stMain")
    height = max(size["height"], min(int(main.evaluate("main => main.scrollHeight")), 8000))
    page.set_viewport_size({"width": size["width"], "height": height})
    settle(page)
    return calm(page)


def take(browser: Browser, base: str, name: str, address: str, dark: bool, phone: bool) -> None:
    """One page in one theme and size, to its file."""
    begun, size = time.monotonic(), PHONE if phone else DESKTOP
    scheme = "dark" if dark else "light"
    visitor = Visitor(browser, base, viewport=size, color_scheme=scheme, reduced_motion="reduce")
    picture = whole(visitor.open(address), size)
    path = OUT / f"{name}-{scheme}{'-phone' if phone else ''}.png"
    path.write_bytes(picture)
    took = f"{time.monotonic() - begun:.0f} s"
    print(f"{path.relative_to(ROOT)}  {took}{'  ' + visitor.errors[0][:120] if visitor.errors else ''}", flush=True)
    visitor.close()


def main() -> int:
    every = [entry.address for entries in pages.listed().values() for entry in entries]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pages", nargs="*", choices=[*every, []], help="pages to write; left out: all")
    wanted = parser.parse_args().pages or every
    if chromium() is None:
        print("No Chromium here. Install it (Debian: apt-get install chromium) and try again.", file=sys.stderr)
        return 2
    OUT.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder) / "home").start()
        try:
            with browsing() as browser:
                ids = prepare(browser, server)
                for name in wanted:
                    address = "/" if name == "home" else f"/{name}?{urlencode(ids)}"
                    for dark in (False, True):
                        for phone in (False, True):
                            take(browser, server.url, name, address, dark, phone)
        finally:
            server.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
