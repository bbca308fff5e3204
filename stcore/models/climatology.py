"""Climatology: a smooth yearly, weekly and daily course of each place, fitted once.

When to use: far horizons, where the recent past says little; as the yardstick of weather and energy people.
Source: E. Epstein, "On Obtaining Daily Climatological Values from Monthly Means", Journal of Climate 4, 1991 (a few harmonics
of the calendar instead of a mean a day).
"""

from __future__ import annotations

from stcore.config import Config, setting
from stcore.models.contract import ModelSpec


class ClimatologySettings(Config):
    """Settings of the climatology."""

    harmonics: int = setting(3, title="Waves a cycle", help="How finely the course of a day, a week and a year is drawn.",
                             unit="waves", ge=1, le=12)  # fmt: skip


SPEC = ModelSpec(
    name="climatology", title="Usual course of the year",
    summary="A smooth course over the day, the week and the year of each place; says nothing about the last days.",
    source="Epstein, Journal of Climate 4, 1991", settings=ClimatologySettings, code="climatology:Climatology",
    fitted_by="solving", family="baseline", cost=0.1,
)  # fmt: skip
