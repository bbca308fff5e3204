"""Which start times a run learns from, chooses on, takes its residuals from and is tested on."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from stcore import words
from stcore.data.splits import Parts, origins_inside, origins_within, split, widen_validation
from stcore.errors import ConfigError
from stcore.experiment import RunConfig, SplitConfig
from stcore.findings import Finding


@dataclass(frozen=True, eq=False)
class Origins:
    """Origins of each part, as row numbers.

    Attributes:
        fit, choose, calibrate: int64 origins to fit on, to choose epoch or strength on, to take residuals from.
        test: origins whose leads lie in the test part.
        calibrated_on: the rows [start, end) the residuals come from.
        train_rows: the first rows, from which all is learnt that is learnt before a model: the train part, less what was
            held out of it for calibration.
    """

    parts: Parts
    fit: np.ndarray
    choose: np.ndarray
    calibrate: np.ndarray
    test: np.ndarray
    calibrated_on: tuple[int, int]
    train_rows: int


def choose_origins(seen: np.ndarray, run: RunConfig) -> tuple[Origins, list[Finding]]:
    """The origins of a run with settled windows.

    Args:
        seen: bool [row], some target was observed; the last one is True.

    Raises:
        ConfigError: the train or the test part has no whole window.
    """
    lookback, horizon, gap = int(run.windows.lookback or 1), int(run.windows.horizon or 1), run.windows.gap
    parts, findings = _parts(len(seen), run.split, lookback + gap, horizon)
    fit, test = _fit_and_test(parts, run.windows.stride, lookback, horizon, gap)
    choose, calibrate = (
        origins_within(*parts.span(half), horizon, lookback, gap=gap)
        if seen[slice(*parts.span(half))].any()
        else fit[:0]
        for half in ("choose", "calibrate")
    )
    calibrated_on = parts.span("calibrate")
    if not len(choose) or not len(calibrate):
        fit, calibrate = _held_out(fit, horizon)
        choose, calibrated_on = choose[:0], (int(calibrate[0]) + gap + 1, parts.train_end)
        findings.append(_no_validation(parts, horizon, len(calibrate)))
    train_rows = min(parts.train_end, int(fit[-1]) + gap + horizon + 1)
    return Origins(parts, fit, choose, calibrate, test, calibrated_on, train_rows), findings


def _parts(rows: int, config: SplitConfig, before: int, horizon: int) -> tuple[Parts, list[Finding]]:
    """The parts of the shares; those that nobody gave make room for a validation part of two horizons."""
    parts = split(rows, config)
    if config == SplitConfig():
        wider = widen_validation(parts, config, horizon)
        if wider != parts and wider.train_end >= before + horizon:
            return wider, [_widened(parts, wider, horizon)]
    return parts, []


def _fit_and_test(
    parts: Parts, stride: int, lookback: int, horizon: int, gap: int
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """Origins of the train and the test part.

    Raises:
        ConfigError: a part without a whole window.
    """
    fit = origins_inside(0, parts.train_end, horizon, lookback, stride, gap)
    if not len(fit):
        between = f" + {gap} left out" if gap else ""
        raise ConfigError(
            f"History {lookback}{between} + {horizon} steps ahead need {lookback + gap + horizon} steps; the train part has "
            f"{parts.train_end} of {parts.steps}.",
            _shorter(parts.train_end - gap, parts.steps - parts.validation_end, lookback, horizon),
        )
    test = origins_within(*parts.span("test"), horizon, lookback, gap=gap)
    if not len(test):
        length = parts.steps - parts.validation_end
        raise ConfigError(
            f"{horizon} steps ahead do not fit into the test part of {length} steps.",
            f"Forecast at most {max(1, length)} steps ahead, or give the test part a larger share.",
        )
    return fit, test


def _shorter(train: int, test: int, lookback: int, horizon: int) -> str:
    """What would fit parts of so many steps: the longest history, the most steps ahead, or both."""
    if train < 2:
        return "Give more steps of time; the train part needs at least 2."
    if horizon < train:
        return f"Use a history of at most {words.count(train - horizon, 'step')}."
    ahead = max(1, min(train // 3, test))
    history = f" with a history of at most {train - ahead}" if lookback > train - ahead else ""
    return f"Forecast at most {words.count(ahead, 'step')} ahead{history}."


def _held_out(fit: np.ndarray, horizon: int) -> tuple[np.ndarray, np.ndarray]:
    """The last windows of the train part, taken out of the fit: its last tenth, whose leads no fitted window shares."""
    wanted = max(1, math.ceil(len(fit) / 10))
    if len(fit) <= horizon + wanted:
        return fit, fit[-1:]
    return (fit[: -(wanted + horizon - 1)] if horizon > 1 else fit[:-wanted]), fit[-wanted:]


def _widened(parts: Parts, wider: Parts, horizon: int) -> Finding:
    return Finding(
        code="validation_widened", severity="note",
        message=f"10 % of {words.count(parts.steps, 'step')} is less than twice the {words.count(horizon, 'step')} ahead; "
        f"the part for tuning takes {words.count(parts.train_end - wider.train_end, 'step')} from the part to learn from.",
    )  # fmt: skip


def _no_validation(parts: Parts, horizon: int, windows: int) -> Finding:
    return Finding(
        code="no_validation", severity="look", count=windows,
        message=f"The validation part of {parts.validation_end - parts.train_end} steps has no two halves with values and a "
        f"whole window of {horizon} steps ahead: defaults are used, and bands come from the last {windows} train windows, left "
        "out of the fit where there are enough.",
        suggestion="Give more data or forecast fewer steps ahead for bands that can be trusted.",
    )  # fmt: skip
