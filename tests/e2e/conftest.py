"""One server and one browser for the tests of a file; a visitor of its own for each test."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator

import pytest
from playwright.sync_api import Browser

from tests.e2e.browser import Visitor, browsing, chromium
from tests.e2e.server import Server


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what lies here; skip it where there is no browser, unless one is required."""
    required = os.environ.get("CI") or os.environ.get("FIELDCAST_BROWSER") == "required"
    for item in items:
        if "e2e" in item.path.parts:
            item.add_marker(pytest.mark.e2e)
            item.add_marker(pytest.mark.xdist_group("e2e"))
            if chromium() is None and not required:
                item.add_marker(pytest.mark.skip(reason="no Chromium here (apt-get install chromium)"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """What the pages showed when a test failed, in words, and the end of the server's log."""
    report = yield
    used = getattr(item, "funcargs", {})
    if report.failed and call.when == "call":
        visitor, server = used.get("visitor"), used.get("server")
        for page in visitor.context.pages if visitor else []:
            report.sections.append((f"page {page.url}", page.inner_text("body")[:3000]))
        if visitor:
            report.sections.append(("browser", "\n".join([*visitor.errors, *visitor.outside])))
        if server:
            report.sections.append(("server", server.log.read_text()[-3000:]))
    return report


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser for the tests of one file; its event loop ends with them."""
    with browsing() as chromium_:
        yield chromium_


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A dashboard for the tests of one file."""
    running = Server(tmp_path_factory.mktemp("dashboard") / "home").start()
    yield running
    if running.process is not None and running.process.poll() is None:
        running.stop()


@pytest.fixture
def visitor(browser: Browser, server: Server) -> Iterator[Visitor]:
    person = Visitor(browser, server.url)
    yield person
    person.close()
