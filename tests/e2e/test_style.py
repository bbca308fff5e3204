"""The style sheet takes hold of parts of Streamlit by name; a new version may rename them."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from stcore.models import MODELS
from stcore.ui import markup
from stcore.ui.markup import Column
from tests.e2e.browser import PHONE, Visitor
from tests.e2e.server import ROOT, Server, free_port, wait_for

STYLE = (ROOT / "stcore/ui/style.css").read_text(encoding="utf-8")


def streamlit_selectors() -> list[str]:
    """Selectors of the style sheet that name a part of Streamlit's own (``.st...``, ``data-testid``, ``st-key-``)."""
    plain = re.sub(r"/\*.*?\*/", "", STYLE, flags=re.DOTALL)
    heads = re.findall(r"([^{}@;]+)\{[^{}]*\}", plain)
    each = {one.strip() for head in heads for one in re.split(r",(?![^(\[]*[)\]])", head)}
    return sorted(one for one in each if re.search(r"\.st[A-Z]|data-testid|st-key-", one))


@pytest.fixture(scope="module")
def probe(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visitor]:
    port = free_port()
    command = [sys.executable, "-m", "streamlit", "run", Path(__file__).with_name("probe.py"), "--server.headless=true"]
    place = tmp_path_factory.mktemp("probe")
    with (place / "log").open("w") as log:
        process = subprocess.Popen(
            [*command, "--server.address=127.0.0.1", f"--server.port={port}", "--browser.gatherUsageStats=false"],
            cwd=place, stdout=log, stderr=subprocess.STDOUT,
        )  # fmt: skip
    running = Server(place, port, process=process)
    wait_for("the probe", running.answers)
    visitor = Visitor(browser, running.url)
    yield visitor
    visitor.close()
    running.stop()


def test_the_style_sheet_speaks_of_streamlit() -> None:
    assert '[data-testid="stBaseButton-primary"]' in streamlit_selectors()


def test_every_selector_still_matches(probe: Visitor) -> None:
    page = probe.open()
    lost = [
        one
        for one in streamlit_selectors()
        if not page.locator(re.sub(r"::?(hover|focus|before|after)\b", "", one)).count()
    ]
    assert not lost


def test_the_table_of_models_fits_a_phone(browser: Browser) -> None:
    columns = [Column("Model"), Column("What it is, and when to use it"), Column("Takes about", number=True)]
    rows = [[spec.title, spec.summary, "a moment"] for spec in MODELS.values() if spec.common]
    page = browser.new_page(viewport=PHONE)
    sheet = f"<style>{STYLE} body {{ font: 16px sans-serif; }}</style>"
    page.set_content(f'{sheet}<div style="width: 326px">{markup.table(columns, rows)}</div>')
    assert page.locator(".fc-scroll").evaluate("box => box.scrollWidth - box.clientWidth") == 0
    page.close()


def test_no_generated_class_names() -> None:
    assert not re.search(r"st-emotion-cache|\.e[0-9a-z]{6,}[0-9]", STYLE)
    assert "!important" not in STYLE
