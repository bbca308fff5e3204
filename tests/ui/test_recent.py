"""The rows of recent work: words of each state, names escaped, links inside the product."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from stcore.experiment import Experiment
from stcore.operations import jobs, store
from stcore.ui import markup, recent

NOW = datetime(2026, 3, 12, 17, tzinfo=UTC)


def test_a_row_is_escaped_and_links_to_the_next_step() -> None:
    item = recent.Work("<b>name</b>", "Data read", "muted", "3 places", NOW - timedelta(minutes=12), "Forecast it", "load", {"dataset": "a&b"})  # fmt: skip
    html = markup.table(recent.COLUMNS, [recent.cells(item, NOW)])
    assert "<b>name" not in html
    assert "12 min ago" in html
    assert 'href="/load?dataset=a%26b"' in html


@pytest.fixture
def data_set() -> str:
    store.add_dataset("abcdefgh", "Mine", "d", {"sentence": "3 places, hourly."})
    yield "abcdefgh"
    store.close()


def test_read_waiting_and_stopped_work(data_set: str) -> None:
    (item,) = recent.work("local")
    assert (item.state, item.result, item.page) == ("Data read", "3 places, hourly.", "load")
    run, job = jobs.submit_training(data_set, Experiment())
    (item,) = recent.work("local")
    assert (item.state, item.page, item.ids) == ("Waiting", "train", {"dataset": data_set, "run": run})
    jobs.cancel(job)
    (item,) = recent.work("local")
    assert item.state == "Stopped"


def test_others_see_nothing(data_set: str) -> None:
    assert recent.work("somebody") == []
