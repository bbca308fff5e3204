"""Forecasts of a fitted run: over rolling origins (backtest), and beyond the last value (forecast)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import torch

from stcore.data import arrays, steps
from stcore.data.panel import Panel, as_panels
from stcore.data.prepare.recipe import Recipe
from stcore.data.splits import origins_within
from stcore.data.windows import Windows
from stcore.errors import ConfigError, DataError, ModelError
from stcore.findings import Finding
from stcore.models.nets.forecaster import Forecaster
from stcore.models.nets.heads import Head
from stcore.records import Prediction
from stcore.settings import settings
from stcore.training.event_forecasts import predict_events
from stcore.training.fitted import Fitted, PanelFit
from stcore.training.future import with_future
from stcore.training.observed import observed_rows
from stcore.training.preparing import cleaned

_CHUNK_NUMBERS = 8_000_000


def backtest(
    fitted: Fitted, panel: Panel | Mapping[str, Panel], start: Any = None, end: Any = None, stride: int = 1
) -> Prediction | dict[str, Prediction]:
    """One forecast per origin t whose steps (t+1 .. t+horizon, later by the gap) lie inside [start, end]; by default the test part.

    The lookback may reach back before ``start``; nothing after an origin is read (known-ahead covariates apart).

    Args:
        panel: of the kind the run was fitted on; a mapping gives a mapping.
        start, end: first and last target time, both included.
        stride: distance between origins in steps. Above ``settings().max_prediction_mb`` it is raised, with a finding.

    Raises:
        ConfigError: no whole window lies inside.
        ModelError: the panel has locations or values the run does not know.
    """
    if stride < 1:
        raise ConfigError(f"The distance between start times is {stride} steps.", "Give at least 1.")
    if not isinstance(panel, Panel):
        return {
            name: _backtest_one(fitted, name, each, start, end, stride) for name, each in _known(panel, fitted).items()
        }
    return _backtest_one(fitted, panel.name, panel, start, end, stride)


def _known(panels: Mapping[str, Panel], fitted: Fitted) -> dict[str, Panel]:
    """Those of the panels that the run was fitted on (others were left out of the fit, with a finding).

    Raises:
        ModelError: none of them.
    """
    known = {name: each for name, each in as_panels(panels).items() if name in fitted.panels}
    if not known:
        raise ModelError(
            f"The model knows no panel called {', '.join(map(str, panels))}.",
            f"It was fitted on: {', '.join(fitted.panels)}.",
        )
    return known


def _backtest_one(fitted: Fitted, name: str, panel: Panel, start: Any, end: Any, stride: int) -> Prediction:
    if fitted.members:
        from stcore.training.ensemble import weighted

        parts = {label: _backtest_one(m, name, panel, start, end, stride) for label, m in fitted.members.items()}
        return weighted(parts, fitted.weights, fitted.panel_fit(name).spread, fitted.hash)
    fit = fitted.panel_fit(name)
    panel = align(panel, fit, fitted)
    rows = observed_rows(panel, fit.recipe.targets)
    start, end = (None if time is None else _moment(panel, time, last) for time, last in ((start, False), (end, True)))
    if start is None and end is None and rows and panel.time[rows - 1] >= fit.test_start:
        start = fit.test_start
    first, last = panel.time[:rows].slice_indexer(start, end).indices(rows)[:2]
    recipe = fit.recipe
    origins = origins_within(first, last, recipe.horizon, recipe.lookback, stride, recipe.gap)
    if not len(origins):
        raise ConfigError(
            f"No whole window of {recipe.horizon} steps ahead (history {recipe.lookback}) lies in the {last - first} steps asked for.",
            "Ask for a longer stretch, or use a model that looks fewer steps ahead.",
        )
    origins, findings = thinned(origins, recipe, fitted.head)
    assert fitted.module is not None
    windows = windows_of(fitted.module, panel, recipe, rows)
    return predict(
        fitted.module, fitted.head, panel, fit, origins, windows, (fitted.run.model.label, fitted.hash), findings
    )


def thinned(origins: np.ndarray, recipe: Recipe, head: Head) -> tuple[np.ndarray, tuple[Finding, ...]]:
    """Every n-th origin where all of them would not fit into the memory limit."""
    arrays = 3 + len(head.levels)  # forecast, truth, seasonal baseline and quantiles, float32
    megabytes = len(origins) * recipe.horizon * len(recipe.locations) * len(recipe.targets) * 4 * arrays / 1e6
    limit = settings().max_prediction_mb
    stride = math.ceil(megabytes / limit)
    if stride <= 1:
        return origins, ()
    found = Finding(
        code="strided", severity="look", count=stride,
        message=f"All {len(origins):,} start times would take {megabytes / 1000:.3g} GB; every {stride}th is used.",
        suggestion="Raise FIELDCAST_MAX_PREDICTION_MB to use all.",
    )  # fmt: skip
    return origins[::stride], (found,)


def forecast(
    fitted: Fitted, panel: Panel | Mapping[str, Panel], future: pd.DataFrame | None = None, origin: Any = None
) -> Prediction | dict[str, Prediction]:
    """The forecast from one origin: by default the last observed target time, so that it lies beyond the data.

    Args:
        future: known-ahead covariates, one row a time (and location): columns time, optional location, covariates.
            Rows of the panel after the origin serve the same purpose. Missing ones keep their last value.
        origin: a time of the panel.

    Returns:
        Prediction with one origin; truth is NaN where it is not known.

    Raises:
        DataError: less history than the run needs; ConfigError: the origin is no time of the panel.
    """
    if not isinstance(panel, Panel):
        return {name: _forecast_one(fitted, name, each, future, origin) for name, each in _known(panel, fitted).items()}
    return _forecast_one(fitted, panel.name, panel, future, origin)


def _forecast_one(fitted: Fitted, name: str, panel: Panel, future: pd.DataFrame | None, origin: Any) -> Prediction:
    if fitted.members:
        from stcore.training.ensemble import weighted

        parts = {label: _forecast_one(m, name, panel, future, origin) for label, m in fitted.members.items()}
        return weighted(parts, fitted.weights, fitted.panel_fit(name).spread, fitted.hash)
    fit = fitted.panel_fit(name)
    panel = align(panel, fit, fitted)
    row = _origin_row(panel, fit, origin)
    if row + 1 < fit.recipe.lookback:
        raise DataError(
            f"The model looks back {fit.recipe.lookback} steps; there are {row + 1} up to {panel.time[row]}.",
            "Give more history, or train with a shorter one.",
        )
    if future is not None:
        panel = with_future(panel, future, fit.recipe, row)
    assert fitted.module is not None
    rows = max(row + 1, observed_rows(panel, fit.recipe.targets) if origin is not None else 0)
    label = (fitted.run.model.label, fitted.hash)
    windows = windows_of(fitted.module, panel, fit.recipe, rows)
    return predict(fitted.module, fitted.head, panel, fit, np.array([row]), windows, label, ())


def _origin_row(panel: Panel, fit: PanelFit, origin: Any) -> int:
    if origin is None:
        return observed_rows(panel, fit.recipe.targets) - 1
    wanted = _moment(panel, origin)
    row = int(panel.time.get_indexer([wanted])[0])
    if row < 0:
        raise ConfigError(
            f"{wanted} is no time of the data ({panel.time[0]} to {panel.time[-1]}, step {panel.step}).",
            "Choose a time on the grid.",
        )
    return row


def _moment(panel: Panel, given: Any, last: bool = False) -> pd.Timestamp:
    """A time in the panel's clock; of text that names a day or a month the first moment, or its ``last``.

    Raises:
        ConfigError: no time, or a zone where the panel has none.
    """
    try:
        moment = pd.Timestamp(given)
        if last and isinstance(given, str) and moment.tz is None:
            moment = pd.Period(given).end_time
        if panel.time.tz is not None:
            return moment.tz_convert(panel.time.tz) if moment.tz else moment.tz_localize(panel.time.tz)
        if moment.tz is not None:
            raise ValueError("it has a zone, the data have none")
        return moment
    except (ValueError, TypeError) as error:
        raise ConfigError(
            f"“{given}” is no time of these data ({error}).", "Write for example 2024-03-01 12:00."
        ) from error


def align(panel: Panel, fit: PanelFit, fitted: Fitted) -> Panel:
    """The panel in the shape the run was fitted on: its values, its locations in its order (missing ones all NaN).

    Raises:
        ModelError: another step, times with a zone where there was none (or the other way round), a missing value
            column, or a location the run does not know.
    """
    recipe = fit.recipe
    if not isinstance(panel, Panel):
        raise DataError(
            f"This is no panel but {type(panel).__name__}.", "Make one with stcore.read or stcore.Panel.from_arrays."
        )
    if (panel.time.tz is None) != (fit.test_start.tz is None):
        zoned, plain = ("no zone", "one") if panel.time.tz is None else ("a zone", "none")
        raise ModelError(
            f"The times of these data have {zoned}; those the model was trained on had {plain}.",
            "Read both with the same clock.",
        )
    if panel.step != recipe.step:
        raise ModelError(
            f"The model was trained on data {steps.describe(recipe.step)}; these are {steps.describe(panel.step)}.",
            "Bring the data to the same step.",
        )
    missing = [name for name in recipe.given if name not in panel.features]
    if missing:
        raise ModelError(
            f"The data have no {', '.join(missing)}; the model was trained on {', '.join(recipe.given)}.",
            "Give the same value columns.",
        )
    panel = cleaned(panel, fitted.run.prepare).panel.select(recipe.given)
    if tuple(panel.locations.index) == recipe.locations:
        return recipe.pipeline.apply(panel)
    strangers = [name for name in panel.locations.index if name not in set(recipe.locations)]
    if strangers:
        shown = ", ".join(strangers[:5]) + (" ..." if len(strangers) > 5 else "")
        raise ModelError(
            f"The model was not trained on {len(strangers)} of these places: {shown}.",
            "Leave them out, or train again with them.",
        )
    position = panel.locations.index.get_indexer(list(recipe.locations))
    values = np.where(position[None, :, None] >= 0, panel.measured()[:, position], np.float32(np.nan))
    locations = panel.locations.reindex(list(recipe.locations))
    return recipe.pipeline.apply(replace(panel, values=values.astype(np.float32), locations=locations, observed=None))


def windows_of(module: Forecaster, panel: Panel, recipe: Recipe, rows: int) -> Windows:
    """Windows of a prepared panel where the module lies; only the first ``rows`` steps count as past or truth."""
    device = next((tensor.device for tensor in module.state_dict().values()), torch.device("cpu"))
    return Windows(panel, recipe, device, rows)


@torch.no_grad()
def predict(
    module: Forecaster, head: Head, panel: Panel, fit: PanelFit, origins: np.ndarray, windows: Windows,
    label: tuple[str, str], findings: tuple[Finding, ...],
) -> Prediction:  # fmt: skip
    """Run the module over origins (row numbers) in chunks and bring the result back to the values' own units.

    Args:
        windows: of the panel, on the module's device (``windows_of``); steps beyond their rows have no truth.
    """
    if fit.events is not None:
        return predict_events(module, panel, fit, origins, windows, label, findings)
    recipe, device = fit.recipe, windows.device
    module.eval()
    scaler = recipe.target_scaler
    shape = (len(origins), recipe.horizon, windows.locations, len(recipe.targets))
    in_file = windows.in_files or None
    values, season = arrays.spacious(shape, in_file=in_file), arrays.spacious(shape, in_file=in_file)
    last = np.empty((shape[0], 1, *shape[2:]), np.float32)
    bands = arrays.spacious((*shape, len(head.levels)), in_file=in_file) if head.levels else None
    each = recipe.lookback * len(recipe.features) * 3 + recipe.horizon * len(recipe.targets) * (4 + head.outputs) + 400
    size = max(1, _CHUNK_NUMBERS // max(1, windows.locations * each))
    for begin in range(0, len(origins), size):
        part = slice(begin, begin + size)
        reads = None if module.reads is None else module.reads | {"season"}  # which the baseline needs
        batch = windows.batch(torch.from_numpy(origins[part]).to(device), with_target=False, reads=reads)
        out = module(batch).float()
        values[part] = scaler.forecast(batch.level(head.point(out, batch.location)).cpu().numpy())
        naive = windows.naive(batch, torch.from_numpy(origins[part]).to(device))
        season[part] = scaler.inverse(naive[1].cpu().numpy())
        last[part, 0] = scaler.inverse(naive[0].cpu().numpy())
        if bands is not None:
            for level, said in enumerate(head.bands(out, batch.location).unbind(-1)):
                bands[part][..., level] = scaler.forecast(batch.level(said).cpu().numpy())
    for number, target in enumerate(recipe.targets):
        low, high = fit.schema[target].range
        if low is not None or high is not None:
            np.clip(values[..., number], low, high, out=values[..., number])
    return Prediction(
        values=values, truth=_truth(panel, origins, windows.rows, recipe, in_file),
        origins=panel.time[origins], step=panel.step, locations=panel.locations, targets=recipe.targets,
        schema=fit.schema, baselines={"persistence": np.broadcast_to(last, shape), "seasonal_naive": season},
        clock=panel.clock, season=recipe.season_words, model=label[0], run_hash=label[1], spread=fit.spread,
        bands=bands, band_levels=head.levels, findings=findings, gap=recipe.gap,
    )  # fmt: skip


def _truth(panel: Panel, origins: np.ndarray, rows: int, recipe: Recipe, in_file: bool | None) -> np.ndarray:
    """Observed values at the target times [origin, horizon, location, target]; NaN where none is known."""
    which = [panel.features.index(name) for name in recipe.targets]
    ahead = origins[:, None] + recipe.gap + np.arange(1, recipe.horizon + 1)
    known, ahead = ahead < rows, np.minimum(ahead, rows - 1)
    truth = arrays.spacious((*ahead.shape, len(panel.locations), len(which)), in_file=in_file)
    for lead in range(recipe.horizon):
        truth[:, lead] = panel.values[ahead[:, lead]][..., which]
        if panel.observed is not None:
            truth[:, lead][~panel.observed[ahead[:, lead]][..., which]] = np.nan
    truth[~known] = np.nan
    return truth
