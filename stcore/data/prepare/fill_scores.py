"""How well each fill does: cells of the train part are hidden, filled, and compared with what was measured there."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import pandas as pd

from stcore.data import steps
from stcore.data.panel import Panel
from stcore.data.prepare import gaps
from stcore.data.prepare.clean import clean, measured
from stcore.data.prepare.fill import FILLERS
from stcore.data.prepare.pipeline import Pipeline
from stcore.data.prepare.scale import Scaler
from stcore.errors import ConfigError, DataError
from stcore.preparation import PrepareConfig

COLUMNS = ("fill", "title", "hidden", "feature", "error", "relative", "cells", "seconds", "refused")
_SINGLE_SHARE = 0.02
_BLOCK_SHARE = 0.08
_MOST_CELLS = 3_000_000
_MOST_PLACES = 1000


def score_fills(panel: Panel, train_rows: int, config: PrepareConfig, fills: Iterable[str] = FILLERS) -> pd.DataFrame:
    """The error of each fill on hidden cells of the train part, single ones and long blocks apart.

    Args:
        panel: as read; it is cleaned as the settings say.
        train_rows: only these first rows are looked at; of many the latest, of very many places a sample.
        fills: names to try.

    Returns:
        One row a fill, kind of hidden cells (single, block) and value: error (mean absolute, in the value's unit),
        relative (divided by each place's spread), cells, seconds; a fill that these data cannot have stands with
        ``refused`` and NaN.

    Raises:
        DataError: too little was measured to hide anything.
    """
    cleaned = _part(clean(panel, config).panel, train_rows)
    spread = Scaler.fit(np.asarray(cleaned.values)).spread
    rows: list[dict[str, object]] = []
    for kind, hidden in (("single", hide_single(cleaned)), ("block", hide_blocks(cleaned))):
        if not hidden.any():
            raise DataError("The train part has too few readings to hide some.", "Give more data.")
        blind = replace(cleaned, values=np.where(hidden, np.float32(np.nan), cleaned.values))
        for name in fills:
            rows += _scored(name, kind, cleaned, blind, hidden, spread, config)
    return pd.DataFrame(rows, columns=list(COLUMNS))


def hide_single(panel: Panel, seed: int = 0) -> np.ndarray:
    """Two of a hundred readings, drawn at random: bool as the values."""
    draw = np.random.default_rng(seed).random(panel.shape, dtype=np.float32)
    return (draw < _SINGLE_SHARE) & ~np.isnan(panel.values)


def hide_blocks(panel: Panel, seed: int = 0) -> np.ndarray:
    """Readings in blocks as long as an outage, all values of a place at once: bool as the values."""
    time_, places, _ = panel.shape
    length = block_length(panel)
    count = max(1, round(_BLOCK_SHARE * time_ * places / length))
    draw = np.random.default_rng(seed + 1)
    place = draw.permutation(np.arange(count) % places)
    # A block begins after some readings and ends before the last ones, as the outages it stands for.
    start = draw.integers(1, max(2, time_ - length), count)
    hidden = np.zeros((time_, places), dtype=bool)
    hidden[np.minimum(start[:, None] + np.arange(length), time_ - 1), place[:, None]] = True
    return hidden[..., None] & ~np.isnan(panel.values)


def block_length(panel: Panel) -> int:
    """Steps of a long gap: the longest tenth of the panel's own gaps, else a day; between 6 and a tenth of the rows."""
    missing = np.isnan(panel.values[..., 0])
    ends = missing & np.concatenate([~missing[1:], np.ones((1, panel.shape[1]), dtype=bool)])
    lengths = (np.arange(len(missing))[:, None] - gaps.before(~missing))[ends]
    a_day = round(pd.Timedelta(days=1) / steps.typical(panel.step))
    usual = float(np.quantile(lengths, 0.9)) if len(lengths) >= 10 else 0
    return int(np.clip(max(usual, min(a_day, 48), 6), 1, max(1, len(missing) // 10)))


def _part(panel: Panel, train_rows: int) -> Panel:
    """The measured values of the train part, cut to what can be scored while someone waits."""
    names = [name for name in panel.features if measured(panel.schema[name])]
    if not names:
        raise DataError("These data have no measured number that could be filled.", "Choose another value column.")
    part = panel.select(names)
    places = np.arange(len(panel.locations))
    if len(places) > _MOST_PLACES:
        places = np.sort(np.random.default_rng(0).permutation(places)[:_MOST_PLACES])
    first = max(0, train_rows - max(200, _MOST_CELLS // (len(places) * len(names))))
    values = np.array(part.values[first:train_rows][:, places], np.float32)
    if part.observed is not None:
        values[~part.observed[first:train_rows][:, places]] = np.nan
    return replace(
        part, values=values, time=part.time[first:train_rows], locations=part.locations.iloc[places], observed=None
    )


def _scored(
    name: str, kind: str, whole: Panel, blind: Panel, hidden: np.ndarray, spread: np.ndarray, config: PrepareConfig
) -> list[dict[str, object]]:  # fmt: skip
    """Rows of one fill, one a value."""
    begin, refused = time.perf_counter(), ""
    chosen = PrepareConfig.parse({"fill": name, "neighbours": config.neighbours, "rank": config.rank})
    try:
        miss = np.abs(Pipeline.fit(blind, len(blind.time), chosen).apply(blind).values - whole.values)
    except ConfigError as error:
        miss, refused = np.full(whole.shape, np.nan, np.float32), error.message
    seconds = time.perf_counter() - begin
    rows: list[dict[str, object]] = []
    for number, feature in enumerate(whole.features):
        cells = hidden[..., number] & ~np.isnan(miss[..., number])
        off = miss[..., number][cells]
        relative = (miss[..., number] / spread[:, number])[cells]
        rows.append(
            {"fill": name, "title": FILLERS[name].title, "hidden": kind, "feature": feature, "cells": int(cells.sum()),
             "error": float(off.mean()) if len(off) else np.nan, "refused": refused,
             "relative": float(relative.mean()) if len(off) else np.nan, "seconds": seconds}
        )  # fmt: skip
    return rows
