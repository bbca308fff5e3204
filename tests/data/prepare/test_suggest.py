"""Windows suggested from the autocorrelation, on series whose autocorrelation is known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from stcore.data.panel import Panel
from stcore.data.prepare.suggest import mean_correlation, suggest_windows
from stcore.errors import DataError
from tests.panels import daily_wave


def autoregressive(share: float, steps: int = 8000, places: int = 6) -> np.ndarray:
    draw = np.random.default_rng(0)
    x = np.zeros((steps, places))
    for t in range(1, steps):
        x[t] = share * x[t - 1] + draw.normal(size=places)
    return x


def test_autocorrelation_of_an_autoregression_is_its_powers_also_with_gaps() -> None:
    x = autoregressive(0.8)
    np.testing.assert_allclose(mean_correlation(x, 6), 0.8 ** np.arange(7), atol=0.04)
    x[np.random.default_rng(1).random(x.shape) < 0.3] = np.nan
    np.testing.assert_allclose(mean_correlation(x, 6), 0.8 ** np.arange(7), atol=0.05)


def test_history_is_as_long_as_deviations_last() -> None:
    """0.8^k falls below 0.2 at k = 8 and below 0.1 at k = 11; 0.95^k at 32 and 45."""
    for share, memory, reach in ((0.8, 8, 10), (0.95, 32, 44)):
        panel = Panel.from_arrays(autoregressive(share), pd.date_range("2024", periods=8000, freq="37min"))
        found = suggest_windows(panel, "value")
        assert found.lookback == pytest.approx(memory, rel=0.25)
        assert found.horizon == pytest.approx(reach, rel=0.3)
        assert found.period is None


def test_a_daily_rhythm_is_named_and_needs_no_long_history() -> None:
    found = suggest_windows(daily_wave(24 * 60, noise=1.0), "value_0")
    assert found.period == 24
    assert found.lookback < 12
    assert "every day" in found.reasons[0]
    assert found.correlation[24] > 0.8 > found.deviation[24]


def test_only_the_rows_asked_for_are_looked_at() -> None:
    panel = daily_wave(500)
    panel.values[400:] = 1e6
    other = daily_wave(500)
    first, second = (suggest_windows(each, "value_0", 400) for each in (panel, other))
    np.testing.assert_array_equal(first.correlation, second.correlation)


def test_too_few_readings_say_nothing() -> None:
    with pytest.raises(DataError, match="says nothing"):
        suggest_windows(daily_wave(12), "value_0")
