"""What stands around a number: units, currencies, words that multiply."""

from __future__ import annotations

import pytest

from stcore.data.schema import guess_schema
from stcore.data.units import scales, unit_of


@pytest.mark.parametrize(
    ("affix", "unit", "factor"),
    [
        ("#", "", 1.0), ("#mph", "mph", 1.0), ("#km/h", "km/h", 1.0), ("#公里/小时", "km/h", 1.0), ("$#", "USD", 1.0), ("#€", "EUR", 1.0),
        ("USD#", "USD", 1.0), ("#%", "%", 1.0), ("#℃", "°C", 1.0), ("#m^3/s", "m³/s", 1.0), ("#min.", "min", 1.0), ("#万", "", 1e4),
        ("#万元", "CNY", 1e4), ("#-", "", -1.0), ("#mW", "", 0.0),
    ],
)  # fmt: skip
def test_units(affix: str, unit: str, factor: float) -> None:
    assert unit_of(affix) == ((unit, factor) if factor else None)


@pytest.mark.parametrize("affix", ["A#", "Room#", "$#€", "#号", "#rd", "#:99", "m#"])
def test_what_is_no_unit(affix: str) -> None:
    assert unit_of(affix) is None


def test_letters_multiply_only_together() -> None:
    assert scales(["#K", "#M", "#"]) == {"#K": 1e3, "#M": 1e6, "#": 1.0}
    assert scales(["#K"]) == {}
    assert scales(["#M", "#mph"]) == {}


def test_units_are_shown_as_those_in_names_are() -> None:
    for name in ("speed_mph", "wind_ms", "temp_c", "flow_cfs", "load_mw"):
        unit = guess_schema(name).unit
        assert unit_of(f"#{unit}") == (unit, 1.0)
