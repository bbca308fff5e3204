"""Panel to table and back: the same to float32, whatever the values, the holes and the ids."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import stcore
from stcore.data.frame import frames, panel_frame
from stcore.data.panel import Panel

FLOATS = st.floats(width=32, allow_nan=True, allow_infinity=False)
IDS = st.lists(
    st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zs", "Zl", "Zp")), min_size=1, max_size=8),
    min_size=2, max_size=2, unique=True,
)  # fmt: skip


def panel(values: np.ndarray, ids: list[str]) -> Panel:
    """Every hour from a Monday on; two features."""
    table = pd.DataFrame({"lat": [52.5, -33.25], "lon": [13.4, 151.125]}, index=ids)
    return Panel.from_arrays(
        values, pd.date_range("2026-03-02", periods=len(values), freq="h"), table, ["speed", "flow_x"]
    )


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values=hnp.arrays(np.float32, (9, 2, 2), elements=FLOATS), ids=IDS)
def test_round_trip_is_exact(values: np.ndarray, ids: list[str]) -> None:
    values[0], values[-1], values[:2, 0] = 1.5, 2.5, 3.5  # both ends are there, so that the span is the same
    made = panel(values, ids)
    frame = panel_frame(made)
    roles = {
        "time": "time",
        "location": "location",
        "lat": "lat",
        "lon": "lon",
        "values": ["speed", "flow_x"],
        "missing": [],
    }
    again = stcore.read(frame.to_csv(index=False).encode(), roles, step="1h")
    assert isinstance(again, Panel)
    order = again.locations.index.get_indexer([name.strip() for name in ids])
    np.testing.assert_array_equal(again.values[:, order], made.values)
    assert again.time.equals(made.time)
    assert again.locations.geometry.iloc[order].x.tolist() == [13.4, 151.125]


@pytest.mark.parametrize("rows", [1, 7, 10_000])
def test_pieces_are_the_whole(rows: int) -> None:
    values = np.random.default_rng(0).normal(size=(30, 2, 2)).astype(np.float32)
    values[4:6, 1], values[7, 0, 0] = np.nan, np.nan
    made = panel(values, ["a", "b"])
    whole = panel_frame(made)
    pd.testing.assert_frame_equal(pd.concat(frames(made, rows), ignore_index=True), whole)
    assert len(whole) == 58
    assert whole[(whole["location"] == "a") & whole["speed"].isna()]["flow_x"].notna().all()


def test_places_without_a_point_have_no_coordinates() -> None:
    made = Panel.from_arrays(np.ones((3, 2)), pd.date_range("2026-03-02", periods=3))
    assert list(panel_frame(made).columns) == ["time", "location", "value"]
