"""Public holidays of every place, by the country it lies in."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from stcore.data import steps
from stcore.data.panel import Panel
from stcore.data.space import coordinates
from stcore.errors import ConfigError, nearest

_WORLD = Path(__file__).parents[2] / "ui" / "static" / "map" / "world.geojson"  # Natural Earth 1:110m, public domain
_OTHER_NAMES = {
    "bosniaandherz": "BA", "centralafricanrep": "CF", "cotedivoire": "CI", "côtedivoire": "CI", "demrepcongo": "CD",
    "dominicanrep": "DO", "eqguinea": "GQ", "falklandis": "FK", "ncyprus": "CY", "ssudan": "SS", "solomonis": "SB",
    "somaliland": "SO", "syria": "SY", "unitedstatesofamerica": "US", "wsahara": "EH",
}  # fmt: skip


def countries(panel: Panel, given: str | None) -> tuple[str, ...]:
    """Country code of every place: the given one for all, or that of the outline it lies in or nearest to; "" = unknown.

    Raises:
        ConfigError: an unknown country, or none given and no coordinates.
    """
    if given:
        days(given, 2024, 2024)
        return (given,) * len(panel.locations)
    lonlat = coordinates(panel.locations)
    if lonlat is None:
        raise ConfigError(
            "These data have no coordinates, so nobody knows which country's holidays they keep.",
            "Set prepare.derived.country, such as DE or US-CA.",
        )
    outlines = _outlines()
    known = np.isfinite(lonlat).all(axis=1)
    codes = np.full(len(lonlat), "", dtype=object)
    points = gpd.points_from_xy(*lonlat[known].T)
    codes[known] = outlines["code"].to_numpy()[outlines.sindex.nearest(points, return_all=False)[1]]
    return tuple(str(code) for code in codes)


def holiday(times: pd.DatetimeIndex, step: str, codes: Sequence[str]) -> np.ndarray:
    """float32 [time, place]: 1 on a public holiday of the place's country; of steps longer than a day how many lie in it."""
    wall = times.tz_localize(None) if times.tz is not None else times
    start = wall.normalize()
    length = max(1, round(steps.typical(step) / pd.Timedelta(days=1)))
    out = np.zeros((len(times), len(codes)), np.float32)
    for code in sorted(set(codes) - {""}):
        free = days(code, int(start[0].year), int((start[-1] + pd.Timedelta(days=length)).year))
        first, last = (free.searchsorted(start + pd.Timedelta(days=off)) for off in (0, length))
        out[:, [place == code for place in codes]] = (last - first)[:, None]
    return out


@lru_cache(maxsize=64)
def days(code: str, first_year: int, last_year: int) -> pd.DatetimeIndex:
    """Sorted public holidays of a country ("DE") or a part of it ("DE-BY").

    Raises:
        ConfigError: the package knows no such country.
    """
    import holidays

    country, _, part = code.partition("-")
    known = holidays.list_supported_countries()
    if country not in known or (part and part not in known[country]):
        raise ConfigError(
            f"There are no holidays of “{code}”.",
            nearest(part, known[country]) if country in known else "Give a code of two letters, such as DE, or DE-BY.",
        )
    found = holidays.country_holidays(country, subdiv=part or None, years=range(first_year, last_year + 1))
    return pd.DatetimeIndex(sorted(found)).as_unit("ns")


@lru_cache(maxsize=1)
def _outlines() -> gpd.GeoDataFrame:
    """Countries with their codes; those without holidays of their own have none."""
    from holidays.registry import COUNTRIES

    codes = {_plain(name): found[1] for key, found in COUNTRIES.items() for name in (key, found[0])}
    table = gpd.read_file(_WORLD)
    named = table["name"].map(lambda name: codes.get(_plain(name)) or _OTHER_NAMES.get(_plain(name), ""))
    supported = set(codes.values())
    return table.assign(code=named.where(named.isin(supported), ""))


def _plain(name: str) -> str:
    return "".join(letter for letter in name.lower() if letter.isalnum())
