"""Clean panels of many kinds of data, in which no rule may see a fault, and panels to plant faults in."""

from __future__ import annotations

from collections.abc import Callable

import geopandas as gpd
import numpy as np
import pandas as pd

from stcore.data.panel import Panel
from stcore.data.quality import value_findings
from stcore.findings import Finding

Draw = np.random.Generator


def panel(values: np.ndarray, name: str, freq: str = "1h", lonlat: np.ndarray | None = None) -> Panel:
    """A panel of one feature [time, place] from 2024 on; points in Germany where no others are given."""
    values = np.asarray(values, np.float32)
    count = values.shape[1]
    if lonlat is None:
        lonlat = np.column_stack([10 + 0.1 * np.arange(count), 50 + 0.05 * np.arange(count)])
    ids = [f"p{number}" for number in range(count)]
    table = gpd.GeoDataFrame(index=ids, geometry=gpd.points_from_xy(lonlat[:, 0], lonlat[:, 1]), crs="EPSG:4326")
    time = pd.date_range("2024-01-01", periods=len(values), freq=freq)
    return Panel.from_arrays(values[..., None], time, table, features=[name])


def hours(steps: int, places: int = 1) -> np.ndarray:
    """[steps, places] hours since the start."""
    return np.repeat(np.arange(steps, dtype=float)[:, None], places, axis=1)


def temperature(draw: Draw, steps: int = 4000, places: int = 6) -> np.ndarray:
    """°C by the hour: year, day, weather, in tenths."""
    t = hours(steps, places)
    weather = np.cumsum(draw.normal(0, 0.35, (steps, places)), axis=0)
    weather -= pd.DataFrame(weather).rolling(240, min_periods=1).mean().to_numpy()
    return np.round(9 - 10 * np.cos(t / 8766 * 2 * np.pi) + 4 * np.sin((t - 9) / 24 * 2 * np.pi) + weather, 1)


def speed(draw: Draw, steps: int = 2000, places: int = 12) -> np.ndarray:
    """mph every 5 minutes: free flow with rush hours, some streets slower."""
    t = hours(steps, places) / 12 % 24
    rush = 22 * np.exp(-(((t - 8) / 1.1) ** 2)) + 26 * np.exp(-(((t - 17.5) / 1.4) ** 2))
    free = 60 - 3 * np.arange(places) % 20
    return np.round(np.clip(free - rush * draw.uniform(0.5, 1, places) + draw.normal(0, 2, t.shape), 5, None), 1)


def rain(draw: Draw, steps: int = 2000, places: int = 6) -> np.ndarray:
    """mm by the hour: mostly dry, showers, now and then a cloudburst."""
    wet = draw.random((steps, places)) < 0.06
    return np.round(np.where(wet, draw.gamma(0.5, 4, wet.shape), 0), 1)


def visits(draw: Draw, steps: int = 1500, places: int = 8) -> np.ndarray:
    """Counts by the hour, quiet at night, of places from small to large."""
    level = 2.0 ** np.arange(places) * (1.05 + np.sin((hours(steps, places) - 9) / 24 * 2 * np.pi))
    return draw.poisson(level).astype(float)


def wind(draw: Draw, steps: int = 2000, places: int = 4) -> np.ndarray:
    """mph in steps of knots; calm is 0 and the weakest wind that is told 3 kn."""
    calm = np.abs(np.cumsum(draw.normal(0, 0.7, (steps, places)), axis=0) % 24 - 12)
    knots = np.round(calm)
    return np.round(np.where(knots < 3, 0, knots) * 1.15078, 1)


def sun(draw: Draw, steps: int = 2000, places: int = 3) -> np.ndarray:
    """W/m²: zero at night."""
    high = np.sin((hours(steps, places) - 6) / 24 * 2 * np.pi)
    return np.round(np.clip(high, 0, None) * 800 * draw.uniform(0.3, 1, high.shape), 0)


def rounded(draw: Draw, steps: int = 2000, places: int = 4) -> np.ndarray:
    """°F by the day in whole degrees."""
    t = hours(steps, places)
    return np.round(60 - 20 * np.cos(t / 365 * 2 * np.pi) + draw.normal(0, 4, t.shape))


CLEAN: dict[str, tuple[Callable[[Draw], np.ndarray], str, str]] = {
    "temperature": (temperature, "temperature_c", "1h"), "speed": (speed, "speed_mph", "5min"), "rain": (rain, "rain_mm", "1h"),
    "visits": (visits, "visits", "1h"), "wind": (wind, "wind_speed_mph", "1h"), "sun": (sun, "sun_wm2", "1h"),
    "rounded": (rounded, "temperature_f", "1D"),
}  # fmt: skip


def clean(kind: str, seed: int = 0) -> Panel:
    """A clean panel of one kind."""
    make, name, freq = CLEAN[kind]
    return panel(make(np.random.default_rng(seed)), name, freq)


def found(judged: Panel) -> dict[str, Finding]:
    """Findings by code."""
    return {finding.code: finding for finding in value_findings(judged)}


def looks(judged: Panel) -> set[str]:
    """Codes of what deserves a look."""
    return {finding.code for finding in value_findings(judged) if finding.severity == "look"}
