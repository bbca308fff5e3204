"""Times written as numbers: years, dates without separators, time since 1970, and the day numbers of spreadsheets."""

from __future__ import annotations

import numpy as np
import pandas as pd

NUMBER = r"-?\d+(?:[.,]\d+)?(?:[eE][+-]?\d+)?"
_EPOCHS = ((1e8, 5e9, "s", "seconds"), (1e11, 5e12, "ms", "milliseconds"), (1e14, 5e15, "us", "microseconds"), (1e17, 5e18, "ns", "nanoseconds"))  # fmt: skip
_COMPACT = ((14, "%Y%m%d%H%M%S"), (12, "%Y%m%d%H%M"), (10, "%Y%m%d%H"), (8, "%Y%m%d"), (6, "%Y%m"))
#: Day numbers of spreadsheets from 1954 to 2105; day 0 is the 30th of December 1899 (for days after February 1900).
_SERIALS = (20_000, 75_000)
_SERIAL_START = pd.Timestamp("1899-12-30")
_DAY_NS = 86_400 * 10**9
_ROUND_NS = (_DAY_NS, 3600 * 10**9, 60 * 10**9, 10**9, 10**6)


def numeric_times(texts: pd.Series) -> tuple[pd.Series, str]:
    """Times of numbers, NaT where they are none, and the name of the format; whichever fits nearly all.

    Args:
        texts: fully matching ``NUMBER``.
    """
    texts = _whole(texts)
    numbers = pd.to_numeric(texts, errors="coerce")
    for digits, pattern in _COMPACT:
        fitting = texts[texts.str.len() == digits]
        if len(fitting) < 0.9 * len(texts):
            continue
        found = pd.Series(pd.to_datetime(fitting, format=pattern, errors="coerce"))
        if found.dt.year.between(1800, 2200).sum() >= 0.9 * len(texts):
            return found.reindex(texts.index), "date without separators"
    for low, high, unit, name in _EPOCHS:
        inside = numbers.between(low, high)
        if inside.mean() >= 0.9:
            return _since_1970(texts[inside], unit).reindex(texts.index), f"{name} since 1970"
    inside = numbers.between(*_SERIALS)
    if inside.mean() >= 0.9:
        return from_serials(numbers[inside], texts[inside]).reindex(texts.index), "day number of a spreadsheet"
    years = numbers[(numbers % 1 == 0) & numbers.between(1000, 2999)]
    if len(years) >= 0.9 * len(texts):
        found = pd.Series(pd.to_datetime(years.astype("int64").astype(str), format="%Y", errors="coerce"))
        return found.reindex(texts.index), "year"
    return pd.Series(pd.NaT, index=texts.index, dtype="datetime64[us]"), ""


def _whole(texts: pd.Series) -> pd.Series:
    """1.7E+09 and 20240301.0 without exponent and empty decimals, and with a decimal point."""
    texts = texts.str.replace(",", ".", regex=False)
    powers = texts.str.contains("[eE]", regex=True)
    if powers.any():
        written = np.char.mod("%.6f", texts[powers].astype(float).to_numpy())
        texts = texts.where(~powers, pd.Series(written, index=texts.index[powers]).reindex(texts.index).astype("str"))
    return texts.str.replace(r"\.0+$", "", regex=True)


def _since_1970(texts: pd.Series, unit: str) -> pd.Series:
    """Exact where the numbers are whole; fractions to the microsecond."""
    whole = ~texts.str.contains(".", regex=False)
    exact = pd.to_datetime(texts[whole].astype("int64"), unit=unit, errors="coerce")
    rough = pd.to_datetime(texts[~whole].astype(float), unit=unit, errors="coerce").dt.round("us")
    return pd.concat([exact, rough]).astype("datetime64[ns]").reindex(texts.index)


def from_serials(days: pd.Series, texts: pd.Series) -> pd.Series:
    """Times of day numbers, rounded to the coarsest clock unit (day, hour, minute, second, else millisecond) that all of
    them are whole multiples of, as far as their written decimals can tell: 44927.04167 is one o'clock."""
    decimals = int(texts.str.extract(r"\.(\d+)$")[0].str.len().fillna(0).max())
    exact = days.to_numpy(dtype=float) * _DAY_NS
    tolerance = max(0.5 * 10.0**-decimals * _DAY_NS * 1.001, 0.5 * 10**6)
    unit = next((u for u in _ROUND_NS if np.abs(exact - np.round(exact / u) * u).max() <= tolerance), 10**6)
    whole = np.round(exact / unit).astype(np.int64) * unit
    return pd.Series(_SERIAL_START.as_unit("ns") + pd.to_timedelta(whole, unit="ns"), index=days.index)


def surely_serials(texts: pd.Series) -> bool:
    """Whether numbers are day numbers of a spreadsheet even without a name that says so: their fractions are whole
    minutes of the day, written with four decimals or more."""
    present = texts.dropna()
    if len(present) < 10 or not present.str.fullmatch(r"\d{5}(?:\.\d+)?").all():
        return False
    numbers = present.astype(float)
    fine = present.str.fullmatch(r"\d{5}\.\d{4,}")
    if not numbers.between(*_SERIALS).all() or fine.mean() < 0.5:
        return False
    minutes = numbers.to_numpy() * 1440
    return bool(np.abs(minutes - np.round(minutes)).max() < 0.08)


def surely_since_1970(texts: pd.Series) -> bool:
    """Whether numbers are seconds (milli-, ...) since 1970 by their digits: nothing else has ten or more and differs."""
    present = texts.dropna()
    digits = r"\d{10}(?:\.\d+)?|\d{13}(?:\.0+)?|\d{16}|\d{19}|[1-4][.,]\d{4,}[eE]\+?(?:0?9|12|15|18)"
    return bool(present.str.fullmatch(digits).all() and present.nunique() > 1)
