"""Forecasts on disk and as tables: nothing is lost on the way, and nothing else is touched."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import stcore
from stcore.data.panel import Panel
from stcore.errors import StoreError
from stcore.experiment import RunConfig
from stcore.records import Prediction
from tests.panels import daily_wave


def forecasts(clock: str | None = "Europe/Berlin", head: str = "point") -> Prediction:
    """Hourly forecasts over the end of summer time, of places with columns of their own."""
    values = daily_wave(400, places=2).values
    places = pd.DataFrame({"kind": [1, "a"], "lat": [52.0, 53], "lon": [13.0, 14]}, index=["007", "NA"])
    time = pd.date_range("2024-10-12", periods=400, freq="h", tz=clock)
    panel = Panel.from_arrays(values, time, places, clock=clock)
    model = {"name": "stid" if head == "quantiles" else "ridge", "head": head}
    if head == "quantiles":
        model["training"] = {"epochs": 1, "steps_per_epoch": 2, "batch_windows": 64}  # type: ignore[assignment]
    return stcore.backtest(stcore.fit(panel, RunConfig(model=model, windows={"lookback": 6, "horizon": 3})), panel)


@pytest.mark.parametrize("head", ["point", "quantiles"])
@pytest.mark.parametrize("clock", [None, "Europe/Berlin", "Asia/Kathmandu"])
def test_saved_and_opened_it_is_the_same_table(clock: str | None, head: str, tmp_path: Path) -> None:
    prediction = forecasts(clock, head)
    prediction.save(tmp_path / "p")
    opened = Prediction.load(tmp_path / "p")
    assert opened.origins.equals(prediction.origins)
    pd.testing.assert_frame_equal(opened.to_frame(), prediction.to_frame())
    assert opened.locations.geometry.equals(prediction.locations.geometry)
    assert list(opened.locations["kind"]) == ["1", "a"]
    np.testing.assert_array_equal(opened.quantile(0.3), prediction.quantile(0.3))


def test_times_of_the_table_pass_through_the_repeated_hour() -> None:
    frame = forecasts().to_frame()
    step = frame["time"] - frame["origin"]
    assert (step == frame["lead"].astype("int64") * pd.Timedelta(hours=1)).all()
    assert str(frame["time"].dt.tz) == "Europe/Berlin"
    repeated = pd.Timestamp("2024-10-27 02:30", tz="UTC").floor("h")
    assert (frame["time"].dt.tz_convert("UTC") == repeated).any()


def test_the_table_goes_through_parquet(tmp_path: Path) -> None:
    frame = forecasts().to_frame().astype({"location": str, "target": str})
    frame.to_parquet(tmp_path / "f.parquet")
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "f.parquet"), frame)


def test_saving_over_an_open_forecast_or_a_shared_file_harms_neither(tmp_path: Path) -> None:
    prediction = forecasts(head="quantiles")
    prediction.save(tmp_path / "a")
    prediction.save(tmp_path / "b", shared=tmp_path / "a")
    opened = Prediction.load(tmp_path / "a")
    other = replace(opened, values=opened.values + 1, truth=opened.truth * 0, bands=None, band_levels=())
    other.save(tmp_path / "b")
    opened.save(tmp_path / "a")
    np.testing.assert_array_equal(Prediction.load(tmp_path / "a").truth, prediction.truth)
    again = Prediction.load(tmp_path / "b")
    assert again.bands is None
    np.testing.assert_array_equal(again.values, prediction.values + 1)


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError) as refused:
        forecasts(None).save(tmp_path / "file" / "p")
    assert refused.value.hint
