"""What one feature of a panel is: its unit, its kind, how it adds up, and which end of it needs attention."""

from __future__ import annotations

import re
from typing import Literal

from stcore.config import Config
from stcore.spatial import Rule

Kind = Literal["numeric", "count", "angle", "category", "binary"]
Aggregation = Rule


class FeatureSchema(Config):
    """Schema of one feature.

    Attributes:
        unit: as shown to people ("mph", "°C"); None when unknown.
        kind: decides scaling, metrics and drawing.
        aggregation: how values join when time or space is made coarser; angle: as directions, so that 350° and 10° give 0°.
        range: smallest and largest possible value; forecasts are kept inside.
        known_ahead: False, True (any distance), or the number of steps it is known ahead.
        attention: the end that needs attention on a map: low (speed) or high (load, heat).
    """

    unit: str | None = None
    kind: Kind = "numeric"
    aggregation: Aggregation = "mean"
    range: tuple[float | None, float | None] = (None, None)
    known_ahead: bool | int = False
    attention: Literal["low", "high"] = "high"


#: Unit found at the end of a column name -> unit as shown.
_UNITS = {
    "mph": "mph", "kmh": "km/h", "kph": "km/h", "ms": "m/s", "kn": "kn", "c": "°C", "degc": "°C", "f": "°F",
    "degf": "°F", "k": "K", "hpa": "hPa", "pa": "Pa", "mb": "mb", "mm": "mm", "mmh": "mm/h", "cm": "cm", "m": "m", "km": "km",
    "in": "in", "pct": "%", "percent": "%", "kw": "kW", "mw": "MW", "kwh": "kWh", "mwh": "MWh", "w": "W",
    "cfs": "ft³/s", "m3s": "m³/s", "ugm3": "µg/m³", "wm2": "W/m²", "v": "V", "a": "A", "hz": "Hz", "usd": "USD",
    "deg": "°", "mi": "mi", "min": "min", "s": "s",
}  # fmt: skip
_LOW_NEEDS_ATTENTION = re.compile(r"speed|velocity|visib|battery|voltage|health|速度|车速", re.I)
_WIND = re.compile(r"wind|gust|风", re.I)
_COUNT = re.compile(r"count|visits|pedestrians|cases|quakes|events|trips|flow_count|confirmed|客流|人数|数量", re.I)
_ANGLE = re.compile(r"direction|bearing|azimuth|wind_dir|heading|风向", re.I)


def guess_schema(name: str) -> FeatureSchema:
    """Schema guessed from a column's name; content is not looked at.

    ``speed_mph`` has the unit mph and needs attention where it is low; ``wind_dir`` is an angle; ``visits`` counts.
    """
    last = re.split(r"[_\s\[\]()/]+", name.strip().rstrip(")]").lower())[-1]
    unit = _UNITS.get(last) if last != name.lower() else None
    low = bool(_LOW_NEEDS_ATTENTION.search(name)) and not _WIND.search(name)
    if _ANGLE.search(name):
        return FeatureSchema(unit=unit or "°", kind="angle", aggregation="angle", range=(0.0, 360.0))
    if _COUNT.search(name):
        return FeatureSchema(unit=unit, kind="count", aggregation="sum")
    return FeatureSchema(unit=unit, attention="low" if low else "high")


def readable(name: str) -> str:
    """A column name as a person would say it, without its unit: ``speed_mph`` -> ``speed``."""
    parts = re.split(r"[_\s]+", name.strip())
    if len(parts) > 1 and parts[-1].lower().strip("()[]") in _UNITS:
        parts = parts[:-1]
    return " ".join(parts) or name
