"""Small tables as text, made from a formula, for the tests of reading."""

from __future__ import annotations

import numpy as np
import pandas as pd

SENSORS = ("a1", "b2", "c3")


def long_frame(
    steps: int = 48, places: tuple[str, ...] = SENSORS, freq: str = "1h", start: str = "2024-03-01"
) -> pd.DataFrame:
    """time, sensor, lat, lon, speed: every value different."""
    times = pd.date_range(start, periods=steps, freq=freq)
    time, place = np.meshgrid(np.arange(steps), np.arange(len(places)), indexing="ij")
    return pd.DataFrame(
        {
            "time": times[time.ravel()], "sensor": np.array(places)[place.ravel()], "lat": 48.0 + place.ravel() * 0.1,
            "lon": 11.0 + place.ravel() * 0.1, "speed": 50 + time.ravel() + place.ravel() * 0.25,
        }
    )  # fmt: skip


def long_text(**options: object) -> str:
    """The same as CSV."""
    return long_frame(**options).to_csv(index=False)  # type: ignore[arg-type]


def wide_text(steps: int = 48, places: tuple[str, ...] = ("s1", "s2", "s3")) -> str:
    """time and one column a sensor."""
    times = pd.date_range("2024-03-01", periods=steps, freq="1h")
    table = pd.DataFrame({name: 20.5 + np.arange(steps) * 0.5 + n for n, name in enumerate(places)})
    table.insert(0, "time", times)
    return table.to_csv(index=False)
