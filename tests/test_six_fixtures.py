"""Six kinds of data pass from file to forecast: nothing may be built on a data model that one of them breaks."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import stcore
from stcore.data.panel import Panel
from stcore.records import Prediction

SMALL = {"epochs": 2, "steps_per_epoch": 4, "batch_windows": 128}


def rng() -> np.random.Generator:
    return np.random.default_rng(5)


def points_and_graph(folder: Path) -> Panel:
    """Eight sensors on a ring road, hourly for three weeks, with an edge list."""
    time = pd.date_range("2024-03-01", periods=24 * 21, freq="h")
    wave = 40 + 10 * np.sin(2 * np.pi * np.arange(len(time)) / 24)[:, None] + rng().normal(0, 1, (len(time), 8))
    frame = pd.DataFrame(wave, index=time, columns=[f"s{n}" for n in range(8)]).stack().reset_index()
    frame.columns = ["time", "sensor", "speed_kmh"]
    frame["lat"] = 47 + 0.01 * frame["sensor"].str[1:].astype(int)
    frame["lon"] = 8.5
    frame.to_csv(folder / "points.csv", index=False)
    pd.DataFrame({"from": [f"s{n}" for n in range(7)], "to": [f"s{n + 1}" for n in range(7)], "weight": 1.0}).to_csv(
        folder / "edges.csv", index=False
    )
    panel = stcore.read(folder / "points.csv", adjacency=folder / "edges.csv")
    assert {"geometry", "edges"} <= panel.space.parts
    assert panel.step == "1h"
    return panel


def grid_across_the_date_line(folder: Path) -> Panel:
    """Sea temperature on a 5 x 6 grid from 170 E to 165 W, monthly for 14 years, one land cell absent."""
    time = pd.date_range("1990-01-01", periods=168, freq="MS")
    rows = []
    for lat in range(-10, 15, 5):
        for lon in [170, 175, 180, -175, -170, -165]:
            if (lat, lon) != (0, 180):
                season = np.sin(2 * np.pi * np.arange(168) / 12 + lat / 10)
                rows.append(
                    pd.DataFrame(
                        {"month": time, "lat": lat, "lon": lon, "sst_c": 25 + season + rng().normal(0, 0.1, 168)}
                    )
                )
    pd.concat(rows).to_csv(folder / "grid.csv", index=False)
    panel = stcore.read(folder / "grid.csv")
    assert panel.space.grid is not None
    assert panel.space.grid.shape == (5, 6)
    assert panel.space.grid.longitudes[-1] == pytest.approx(195)
    assert panel.step == "1MS"
    return panel


def unlike_series(folder: Path) -> dict[str, Panel]:
    """Two machines with spans and steps of their own, kept apart by a column."""
    first = pd.DataFrame(
        {
            "time": pd.date_range("2024-01-01", periods=400, freq="min"),
            "machine": "press",
            "load": rng().normal(5, 1, 400),
        }
    )
    second = pd.DataFrame(
        {
            "time": pd.date_range("2024-06-01", periods=300, freq="5min"),
            "machine": "saw",
            "load": rng().normal(9, 1, 300),
        }
    )
    pd.concat([first, second]).to_csv(folder / "machines.csv", index=False)
    panels = stcore.read(folder / "machines.csv", by="machine")
    assert {name: panel.step for name, panel in panels.items()} == {"press": "1min", "saw": "5min"}
    return panels


def events(folder: Path) -> Panel:
    """2,500 earthquakes, each with its own time and place, counted a day and cell."""
    draw = rng()
    seconds = np.sort(draw.uniform(0, 200 * 86400, 2500))
    frame = pd.DataFrame(
        {
            "time": pd.Timestamp("2023-01-01") + pd.to_timedelta(seconds, unit="s"),
            "latitude": draw.normal(36, 0.7, 2500), "longitude": draw.normal(-120, 0.7, 2500),
            "magnitude": draw.exponential(1, 2500) + 1,
        }
    )  # fmt: skip
    frame.to_csv(folder / "quakes.csv", index=False)
    panel = stcore.read(folder / "quakes.csv", step="1D")
    assert panel.step == "1D"
    assert np.nansum(panel.select(panel.features[:1]).values) == 2500
    return panel


def districts(folder: Path) -> Panel:
    """Visits in four square districts of two counties, weekly for four years, outlines from GeoJSON."""
    time = pd.date_range("2018-01-07", periods=208, freq="W-SUN")
    wave = 200 + 150 * np.cos(2 * np.pi * np.arange(208) / 52.2)[:, None] + rng().normal(0, 5, (208, 4))
    frame = pd.DataFrame(wave.round(), index=time, columns=["North", "South", "East", "West"]).stack().reset_index()
    frame.columns = ["week", "district", "visits"]
    frame.to_csv(folder / "visits.csv", index=False)
    squares = [
        {
            "type": "Feature", "properties": {"name": name, "county": county},
            "geometry": {"type": "Polygon", "coordinates": [[[x, 0], [x + 1, 0], [x + 1, 1], [x, 1], [x, 0]]]},
        }
        for x, (name, county) in enumerate([("North", "A"), ("South", "A"), ("East", "B"), ("West", "B")])
    ]  # fmt: skip
    (folder / "districts.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": squares}))
    panel = stcore.read(folder / "visits.csv", geometry=folder / "districts.geojson", join="name")
    assert set(panel.locations.geometry.geom_type) == {"Polygon"}
    return panel


def load_with_weather_ahead(folder: Path) -> Panel:
    """Two feeders in Berlin's clock over the change to summer time; temperature is known one day further than load."""
    time = pd.date_range("2024-03-10", periods=24 * 30, freq="h", tz="Europe/Berlin")
    warm = 10 + 5 * np.sin(2 * np.pi * np.arange(len(time)) / 24) + rng().normal(0, 1, len(time))
    parts = []
    for name, base in (("feeder-1", 40), ("feeder-2", 60)):
        load = base - 2 * warm + rng().normal(0, 0.3, len(time))
        load[-24:] = np.nan
        parts.append(
            pd.DataFrame(
                {"time": time.strftime("%Y-%m-%dT%H:%M:%S%z"), "feeder": name, "load_mw": load, "temperature_c": warm}
            )
        )
    pd.concat(parts).to_csv(folder / "load.csv", index=False)
    panel = stcore.read(folder / "load.csv", clock="Europe/Berlin", roles={"known_ahead": ["temperature_c"]})
    assert panel.clock == "Europe/Berlin"
    assert panel.schema["temperature_c"].known_ahead
    assert len(panel.time) == 24 * 30
    return panel


@pytest.mark.parametrize("model", ["ridge", "stid"])
@pytest.mark.parametrize(
    "make", [points_and_graph, grid_across_the_date_line, unlike_series, events, districts, load_with_weather_ahead],
    ids=lambda make: make.__name__,
)  # fmt: skip
def test_from_file_to_forecast(make: Callable[[Path], Panel | dict[str, Panel]], model: str, tmp_path: Path) -> None:
    panel = make(tmp_path)
    training = SMALL if model == "stid" else {}
    targets = ["load_mw"] if make is load_with_weather_ahead else None
    run = stcore.RunConfig(targets=targets, model={"name": model, "training": training}, seed=1)
    stcore.check(panel, run)
    fitted = stcore.fit(panel, run)
    tested, future = stcore.backtest(fitted, panel), stcore.forecast(fitted, panel)
    for name, prediction in future.items() if isinstance(future, dict) else [("", future)]:
        source = panel[name] if isinstance(panel, dict) else panel
        assert isinstance(prediction, Prediction)
        assert np.isfinite(prediction.values).all()
        assert np.isnan(prediction.truth).all() or make is load_with_weather_ahead
        lower, upper = prediction.interval(90)
        assert (lower <= upper).all()
        if make is load_with_weather_ahead:
            assert prediction.origins[0] == source.time[-25]
        else:
            assert prediction.times(1)[0] > source.time[-1]
    for prediction in tested.values() if isinstance(tested, dict) else [tested]:
        assert np.isfinite(prediction.values).all()
        table = stcore.evaluate(prediction)
        assert np.isfinite(table["skill"].iloc[0])


def test_weather_known_ahead_is_used(tmp_path: Path) -> None:
    """Ridge follows the temperature that is known for the future: far better than any look at the past."""
    panel = load_with_weather_ahead(tmp_path)
    run = stcore.RunConfig(targets=["load_mw"], windows={"lookback": 24, "horizon": 12}, model={"name": "ridge"})
    fitted = stcore.fit(panel, run)
    assert stcore.evaluate(stcore.backtest(fitted, panel))["skill"].iloc[0] > 0.7
