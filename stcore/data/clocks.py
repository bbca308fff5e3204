"""Clocks: zones by name, offsets written behind times, and the hours that summer time takes and gives."""

from __future__ import annotations

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import pandas as pd

from stcore.errors import DataError

#: Offsets of zones by their letters; those that mean several zones (CST, IST) are left out.
_LETTERS = {
    "Z": 0, "UTC": 0, "GMT": 0, "CET": 60, "MEZ": 60, "CEST": 120, "MESZ": 120, "EET": 120, "EEST": 180, "JST": 540, "KST": 540,
    "AEST": 600, "AEDT": 660, "EST": -300, "EDT": -240, "CDT": -300, "MST": -420, "MDT": -360, "PST": -480, "PDT": -420,
}  # fmt: skip
_OFFSET = (
    r"(?i)^(?P<wall>.*(?:\d:\d{2}|T\d{2})\S*?(?:\s*[AP]\.?M\.?)?)\s*"
    r"(?P<offset>(?:UTC|GMT)?[+-]\d{1,2}(?::?[0-5]\d)?|" + "|".join(_LETTERS) + r")$"
)


def split_offsets(texts: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Times without what tells their zone, and their offsets from UTC in minutes (NaN: none is written)."""
    found = texts.str.extract(_OFFSET)
    there = found["offset"].notna()
    minutes = pd.Series(np.nan, index=texts.index)
    if not there.any():
        return texts, minutes
    written = found.loc[there, "offset"].str.upper()
    signed = written.str.extract(r"([+-])(\d{1,2}):?(\d{2})?$")
    size = signed[1].astype(float) * 60 + signed[2].astype(float).fillna(0)
    minutes[there] = (size * np.where(signed[0] == "-", -1, 1)).where(signed[0].notna(), written.map(_LETTERS))
    return texts.where(~there, found["wall"].str.strip()), minutes


def to_utc(naive: pd.DatetimeIndex, zone: ZoneInfo, summer: bool) -> pd.DatetimeIndex:
    """UTC instants of wall times; of one the clock shows twice the first or second; NaT where it never shows it."""
    local = naive.tz_localize(zone, ambiguous=np.full(len(naive), summer), nonexistent="NaT")
    return local.tz_convert("UTC").tz_localize(None)


def known_zone(name: str) -> ZoneInfo:
    """The zone of a name.

    Raises:
        DataError: no such zone.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise DataError(
            f"There is no time zone “{name[:60]}”.", "Write it like Europe/Berlin, Asia/Shanghai or UTC."
        ) from error


def zone_of(minutes: pd.Series) -> str:
    """The zone of times that all carry one whole-hour offset (480 -> Etc/GMT-8, as POSIX counts); else UTC."""
    distinct = set(minutes.dropna().astype(int))
    offset = distinct.pop() if len(distinct) == 1 else 0
    if offset % 60 or offset == 0 or not -12 <= offset // 60 <= 14:
        return "UTC"
    return f"Etc/GMT{-(offset // 60):+d}"
