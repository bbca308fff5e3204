"""The pages as AppTest runs them: from ``stcore/ui/main.py``, with an address; small tables to drop."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
from streamlit.testing.v1 import AppTest

ROOT = Path(__file__).resolve().parents[2]


def home() -> AppTest:
    """The app at its start."""
    return AppTest.from_file(str(ROOT / "stcore" / "ui" / "main.py"), default_timeout=60).run()


def page(name: str, **ids: str) -> AppTest:
    """A page with ids in its address."""
    app = home()
    for key, value in ids.items():
        app.query_params[key] = value
    return app.switch_page(str(ROOT / "pages" / f"{name}.py")).run()


def said(app: AppTest) -> str:
    """All HTML and text of the page, without the style sheet."""
    assert not app.exception
    pieces = [element.proto.body for element in app.get("html")]
    return "\n".join(piece for piece in pieces if not piece.startswith("<style"))


def title(app: AppTest) -> str:
    """The heading of the page."""
    found = re.search(r"<h1>(.*?)</h1>", said(app))
    assert found, said(app)[:500]
    return found[1]


def address(app: AppTest, key: str) -> str:
    """An id in the page's address."""
    found = app.query_params[key]
    return found if isinstance(found, str) else found[0]


def table(places: dict[str, tuple[float, float]], hours: int = 240, value: str = "load_kw") -> str:
    """A CSV of hourly readings at these places; every hour of the day has its own level."""
    time = pd.date_range("2026-03-02", periods=hours, freq="1h")
    rng = np.random.default_rng(0)
    frames = [
        pd.DataFrame({"time": time, "station": place, "lat": lat, "lon": lon,
                      value: np.round(20 + 5 * np.sin(time.hour / 24 * 2 * np.pi) + rng.normal(0, 0.3, hours), 2)})
        for place, (lat, lon) in places.items()
    ]  # fmt: skip
    return pd.concat(frames).to_csv(index=False)


GOOD = table({"a": (47.0, 8.0), "b": (47.1, 8.1), "c": (47.2, 8.0)})
NASTY = table({"<script>alert(1)</script>": (47.0, 8.0), "=cmd()": (47.1, 8.1), "NA": (47.2, 8.0)}, value="<b>x</b>")
