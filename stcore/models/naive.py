"""Baselines: repeat the last value, or the value one season ago.

When to use: always, beside everything else; a model that does not beat them is not worth its trouble.
Source: R. J. Hyndman, G. Athanasopoulos, "Forecasting: Principles and Practice", 3rd ed. 2021, section 5.2.
"""

from __future__ import annotations

from stcore.config import Config
from stcore.models.contract import ModelSpec

_BOOK = "Hyndman, Athanasopoulos: Forecasting: Principles and Practice, 3rd ed. 2021, section 5.2"


class NaiveSettings(Config):
    """Nothing to set."""


PERSISTENCE = ModelSpec(
    name="persistence", title="Last value",
    summary="Repeats the last value. The baseline of every comparison.",
    source=_BOOK, settings=NaiveSettings, code="naive:Persistence", fitted_by="nothing", family="baseline", common=True, heads=("point", "classes"),
)  # fmt: skip
SEASONAL_NAIVE = ModelSpec(
    name="seasonal_naive", title="Same time last season",
    summary="Repeats the value one day, week or year ago, whichever misses least on the train part.",
    source=_BOOK, settings=NaiveSettings, code="naive:SeasonalNaive", fitted_by="nothing", family="baseline", common=True, heads=("point", "classes"),
)  # fmt: skip
HISTORICAL_AVERAGE = ModelSpec(
    name="historical_average", title="Usual value",
    summary="The usual value at that time of the day (week, year), learnt from the train part.",
    source=_BOOK, settings=NaiveSettings, code="naive:HistoricalAverage", fitted_by="nothing", family="baseline",
)  # fmt: skip
DRIFT = ModelSpec(
    name="drift", title="Straight on",
    summary="Goes on from the last value as straight as the history went from its first value to its last.",
    source=_BOOK, settings=NaiveSettings, code="naive:Drift", fitted_by="nothing", family="baseline",
)  # fmt: skip
