"""Write every page to ``docs/screenshots/<page>-{light,dark}[-phone].png``, on a home of its own with a finished run.

``make screenshots`` or ``make screenshots ARGS="forecast compare"`` for some pages. The run is the city sample's own
experiment, trained here, so the pictures show what a person gets.
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
from tests.e2e.browser import DESKTOP, PHONE, Visitor, browsing, chromium, settle
from tests.e2e.server import ROOT, Server

SAMPLE = "city_traffic"
OUT = ROOT / "docs" / "screenshots"
CALM_S, LONGEST_S = 0.7, 30


def prepare(home: Path) -> dict[str, str]:
    """A saved sample with one finished run; ids for the pages' addresses."""
    os.environ |= {"FIELDCAST_HOME": str(home), "FIELDCAST_EXECUTOR": "inline"}
    from stcore.operations import jobs, store
    from stcore.scenarios.samples import samples
    from stcore.ui.opening import read_sample

    chosen = next(sample for sample in samples() if sample.name == SAMPLE)
    dataset = read_sample(chosen, owner=store.LOCAL)
    run, job = jobs.submit_training(dataset, chosen.experiment())
    ended = jobs.get(job)
    store.close()
    os.environ["FIELDCAST_EXECUTOR"] = "local"
    if ended.status != jobs.Status.DONE:
        raise SystemExit(f"The run ended as {ended.status}: {ended.error}")
    return {"dataset": dataset, "run": run}


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
    size = PHONE if phone else DESKTOP
    scheme = "dark" if dark else "light"
    visitor = Visitor(browser, base, viewport=size, color_scheme=scheme, reduced_motion="reduce")
    picture = whole(visitor.open(address), size)
    path = OUT / f"{name}-{scheme}{'-phone' if phone else ''}.png"
    path.write_bytes(picture)
    print(f"{path.relative_to(ROOT)}{'  ' + visitor.errors[0][:120] if visitor.errors else ''}", flush=True)
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
        ids = prepare(Path(folder) / "home")
        server = Server(Path(folder) / "home").start()
        try:
            with browsing() as browser:
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
