"""Anomalies from the errors of a trained model: a test part judged by how far off the model usually is.

Usual errors and threshold come from the second half of the validation part (the first half chose epoch and strength),
never from the test part: changing the test part changes no threshold.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from stcore.anomaly import thresholds
from stcore.anomaly.events import edges_of, empty_events, with_events
from stcore.anomaly.evidence import beside_the_network, follow
from stcore.anomaly.linear import Calendar
from stcore.anomaly.scores import fill_unobserved, shares, strongest
from stcore.data import steps
from stcore.errors import ConfigError, DataError, ModelError
from stcore.findings import Finding
from stcore.records import Detection, Prediction
from stcore.training.intervals import calibration_origins

LEAST_ORIGINS = 20


def from_predictions(
    validation: Prediction,
    test: Prediction,
    lead: int | Sequence[int] | None = None,
    edges: pd.DataFrame | None = None,
    rate: float | None = None,
) -> Detection:
    """Scores of every step of a test part that was forecast.

    Args:
        validation: forecasts of rows the model was not fitted on; sets usual errors and threshold.
        test: forecasts to be judged, of the same places and targets.
        lead: steps ahead of the forecasts that are compared (1 = the nearest), one or several; None: the nearest, a
            middle one and the farthest. Of several the largest scaled error counts.
        edges: edge table that says who is a neighbour; None: the nearest places on the map.
        rate: share of usual steps that may pass the threshold; None: ``thresholds.usual_rate``.

    Returns:
        Detection whose times are the target times of the leads; ``contributions`` has one entry a target.

    Raises:
        ConfigError: a lead that was not forecast. ModelError: other places or targets in the two parts.
        DataError: no truth in the validation part.
    """
    leads = _leads(test, lead)
    _check(validation, test)
    calibration, findings = _calibration(validation)
    calendar = _calendar(calibration)
    scale, size = _usual(calibration, leads, calendar)
    cut = thresholds.threshold(
        strongest(_strange(calibration, leads, calendar, scale, size)[0], len(test.targets)),
        rate or thresholds.usual_rate(len(test.locations), test.step),
    )
    strange, time = _strange(test, leads, calendar, scale, size)
    alone = _alone(test, leads, calendar, scale, time) if len(test.locations) > 1 else None
    targets = len(test.targets)
    observed = np.isfinite(strongest(strange, targets))
    each = fill_unobserved(strange, test.horizon).reshape(len(time), -1, targets)
    return with_events(
        Detection(
            scores=each.max(axis=2), threshold=cut, observed=observed, time=time, locations=test.locations, step=test.step,
            events=empty_events(time), clock=test.clock, contributions=shares(each, list(range(targets)), targets),
            edges=edges if edges is not None else edges_of(None, test.locations), detector="residual", findings=findings,
            alone=alone,
        )
    )  # fmt: skip


def residuals(prediction: Prediction, lead: int) -> np.ndarray:
    """Observed - forecast of one lead [origin, location, target]; angles the short way round."""
    out = np.asarray(prediction.truth[:, lead - 1], np.float32) - prediction.values[:, lead - 1]
    turns = [prediction.schema[target].kind == "angle" for target in prediction.targets]
    if any(turns):
        out[..., turns] = (out[..., turns] + 180) % 360 - 180
    return out


def compared_leads(prediction: Prediction) -> tuple[int, ...]:
    """Steps ahead that are compared when none are asked for: the nearest, a middle one and the farthest."""
    return tuple(sorted({1, max(1, prediction.horizon // 2), prediction.horizon}))


def _leads(prediction: Prediction, lead: int | Sequence[int] | None) -> tuple[int, ...]:
    horizon = prediction.horizon
    if lead is None:
        return compared_leads(prediction)
    leads = (lead,) if isinstance(lead, int) else tuple(lead)
    wrong = [one for one in leads if not 1 <= one <= horizon]
    if wrong or not leads:
        raise ConfigError(
            f"There is no forecast {wrong[0] if wrong else 0} steps ahead; they reach from 1 to {horizon}.",
            "Choose a number of steps in that range.",
        )
    return leads


def _check(validation: Prediction, test: Prediction) -> None:
    if validation.targets != test.targets or not validation.locations.index.equals(test.locations.index):
        raise ModelError(
            "Validation and test part are not of the same places and values.", "Take both from the same trained model."
        )
    if not len(test.origins):
        raise DataError(
            "The test part holds no forecast to judge.", "Give it more steps than the forecast reaches ahead."
        )


def _calibration(validation: Prediction) -> tuple[Prediction, tuple[Finding, ...]]:
    """The second half of the validation part, which chose nothing; all of it where that half holds no window with a truth."""
    half = validation.select(origins=calibration_origins(len(validation.origins), validation.horizon))
    part = half if np.isfinite(half.truth).any() else validation
    if not np.isfinite(part.truth).any():
        raise DataError(
            "The validation part holds no forecast with a truth, so nothing says how large errors usually are.",
            "Make the validation part longer.",
        )
    if len(part.origins) >= LEAST_ORIGINS and part is half:
        return half, ()
    finding = Finding(
        code="short_calibration", severity="look", count=len(part.origins),
        message=f"Only {len(part.origins)} forecasts of the validation part say how large errors usually are.",
        suggestion="Make the validation part longer, or set the threshold by eye.",
    )  # fmt: skip
    return part, (finding,)


def _calendar(calibration: Prediction) -> Calendar:
    """Usual errors an hour of the day, when the calibration part spans a whole day."""
    cycle = next((c for c in steps.cycles(calibration.step) if c.name == "time_of_day"), None)
    long = calibration.origins[-1] - calibration.origins[0] >= pd.Timedelta(days=1)
    return Calendar(cycle if long else None, False)


def _usual(calibration: Prediction, leads: Sequence[int], calendar: Calendar) -> tuple[np.ndarray, np.ndarray]:
    """Usual error [lead, hour, location x target] and size of the values [location x target]."""
    scale = np.stack([
        thresholds.spread_by_phase(
            _flat(residuals(calibration, lead)), calendar.hour(calibration.times(lead)), calendar.hours, len(calibration.targets)
        )
        for lead in leads
    ])  # fmt: skip
    return scale, _flat(np.abs(thresholds.quantile(np.asarray(calibration.truth[:, 0]), 0.5))[None])[0]


def _strange(
    prediction: Prediction, leads: Sequence[int], calendar: Calendar, scale: np.ndarray, size: np.ndarray
) -> tuple[np.ndarray, pd.DatetimeIndex]:
    """Largest scaled error over the leads [time, location x target] at the target times, NaN where unknown."""
    times = [prediction.times(lead) for lead in leads]
    every = times[0]
    for other in times[1:]:
        every = every.union(other)
    out = np.full((len(every), scale.shape[-1]), np.nan, np.float32)
    for lead, usual, time in zip(leads, scale, times, strict=True):
        rows = every.get_indexer(time)
        each = thresholds.scaled(_flat(residuals(prediction, lead)), usual[calendar.hour(time)], size)
        out[rows] = np.fmax(out[rows], each)
    return out, pd.DatetimeIndex(every)


def _alone(
    prediction: Prediction, leads: Sequence[int], calendar: Calendar, scale: np.ndarray, every: pd.DatetimeIndex
) -> np.ndarray:
    """Errors in usual ones that the whole network does not share: [time, location, target], NaN where unknown.

    Of the farthest lead where it is known: a drop that lasts surprises the nearest forecast only at its start.
    """
    places, targets = len(prediction.locations), len(prediction.targets)
    out = np.full((len(every), places, targets), np.nan, np.float32)
    for lead, usual in reversed(list(zip(leads, scale, strict=True))):
        time = prediction.times(lead)
        rows, size = every.get_indexer(time), usual[calendar.hour(time)].reshape(len(time), places, targets)
        own = residuals(prediction, lead) / np.where(size > 0, size, 1)
        for target in range(targets):
            alone = beside_the_network(own[..., target], *follow(own[..., target])).alone
            out[rows, :, target] = np.where(np.isnan(out[rows, :, target]), alone, out[rows, :, target])
    return out


def _flat(values: np.ndarray) -> np.ndarray:
    return values.reshape(len(values), -1)
