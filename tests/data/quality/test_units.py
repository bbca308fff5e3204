"""Another unit is told where the scale turns at once and for good, and where one place sits at another scale than all others."""

from __future__ import annotations

import numpy as np
import pytest

from tests.data.quality import made
from tests.data.quality.made import found, panel

DRAW = np.random.default_rng


@pytest.mark.parametrize("place", [None, 4])
def test_miles_become_kilometres(place: int | None) -> None:
    values = made.speed(DRAW(5))
    values[1000:, slice(None) if place is None else place] *= 1.609344
    told = found(panel(values, "speed_mph", "5min"))["unit_break"]
    assert (told.count, told.where[:2]) == ((12, "p0") if place is None else (1, "p4"))
    assert "1.609 times" in told.message
    assert "miles and kilometres" in told.suggestion
    assert abs(np.datetime64(told.times[0]) - np.datetime64("2024-01-04 11:20")) <= np.timedelta64(30, "m")


@pytest.mark.parametrize("back", [False, True])
def test_celsius_becomes_fahrenheit(back: bool) -> None:
    values = made.temperature(DRAW(5))
    values = values * 1.8 + 32 if back else values
    values[2500:, 2] = (values[2500:, 2] - 32) / 1.8 if back else values[2500:, 2] * 1.8 + 32
    told = found(panel(values, "temperature"))["unit_break"]
    assert told.where == "p2"
    assert ("in Celsius" if back else "in Fahrenheit") in told.message


def test_readings_on_both_sides_of_zero_may_lose_a_digit() -> None:
    values = made.temperature(DRAW(5)) - 9
    values[700:, 5] /= 10
    told = found(panel(values, "temperature_c"))["unit_break"]
    assert (told.where, "1/10" in told.message) == ("p5", True)


def test_counts_with_quiet_nights_turn_into_thousands() -> None:
    values = made.visits(DRAW(5))
    values[700:, 5] *= 1000
    assert "1,000 times" in found(panel(values, "visits"))["unit_break"].message


def test_one_place_at_another_scale_may_be_left_out() -> None:
    values = made.speed(DRAW(5))
    values[:, 4] /= 10
    told = found(panel(values, "speed_mph", "5min"))["unit_break"]
    assert "1/10 of what it is at the other places" in told.message
    assert told.fix is not None
    assert (told.fix.setting, told.fix.value) == ("prepare.clean.leave_out", ["p4"])


def test_one_place_in_fahrenheit() -> None:
    values = made.temperature(DRAW(5))
    values[:, 2] = values[:, 2] * 1.8 + 32
    assert found(panel(values, "temperature"))["unit_break"].where == "p2"


@pytest.mark.parametrize("seed", range(3))
def test_outbreaks_lockdowns_and_seasons_are_no_units(seed: int) -> None:
    draw = DRAW(seed)
    days = made.hours(720, 6)
    cases = draw.poisson(10 * (1 + 99 / (1 + np.exp(-(days - 400) / 6)))).astype(float)
    shut = made.visits(draw, 1500) * np.where((made.hours(1500, 8) > 700) & (made.hours(1500, 8) < 1200), 0.1, 1)
    season = 15 - 20 * np.cos(days / 365 * 2 * np.pi) + draw.normal(0, 2, days.shape)
    assert "unit_break" not in found(panel(cases, "cases", "1D"))
    assert "unit_break" not in found(panel(shut, "load_kw"))
    assert "unit_break" not in found(panel(season, "temperature", "1D"))
