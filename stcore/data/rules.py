"""How several readings of one place and step become one, and totals that only grow read as differences; all of it in SQL."""

# ruff: noqa: S608 - statements hold columns and numbers of our own; what users wrote is bound or looked up
from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any, get_args

import numpy as np

from stcore.data.observations import Observations
from stcore.data.schema import FeatureSchema, guess_schema
from stcore.errors import ConfigError, nearest
from stcore.findings import Finding
from stcore.spatial import Rule

RULES: tuple[str, ...] = get_args(Rule)
_JOINS = {
    "mean": "avg({v})", "sum": "sum({v})", "last": "arg_max({v}, stamp)", "max": "max({v})", "min": "min({v})",
    "count": "CAST(count({v}) AS DOUBLE)",
}  # fmt: skip
#: Directions whose mean vector is shorter than this point everywhere and nowhere.
_NO_DIRECTION = 1e-6


def joined(rule: str, column: str) -> str:
    """SQL that makes one value of several readings in ``column`` (and ``stamp``); missing readings count in none.

    ``angle``: the direction of the mean of the unit vectors, in degrees (-180, 180], NULL where they cancel out.
    Source: K. V. Mardia and P. E. Jupp, "Directional Statistics", Wiley 2000, section 2.2.
    """
    if rule != "angle":
        return _JOINS[rule].format(v=column)
    east, north = f"avg(sin(radians({column})))", f"avg(cos(radians({column})))"
    length = f"sqrt({east} ** 2 + {north} ** 2)"
    return (
        f"CASE WHEN count({column}) = 1 THEN any_value({column}) "
        f"WHEN {length} > {_NO_DIRECTION!r} THEN degrees(atan2({east}, {north})) END"
    )


def turned(values: np.ndarray, schema: FeatureSchema) -> np.ndarray:
    """Joined angles in the range the column itself uses: [0, 360), or [-180, 180] where it has negative ones."""
    if schema.range[0] != 0:
        return values
    positive = np.mod(values, np.float32(360))
    return np.where(positive == 360, np.float32(0), positive)  # a hair below zero rounds up


def schemas(
    seen: Observations, rules: Mapping[str, str] | None = None, differences: Sequence[str] | None = None
) -> dict[str, FeatureSchema]:
    """Schema of each value before it is laid: from its name, its content and the rules that were given.

    Args:
        rules: value -> how its readings join; others follow their kind (counts add up, angles turn, all else has a mean).
        differences: values that are read as differences, which add up.

    Raises:
        ConfigError: an unknown value or rule.
    """
    rules = rules or {}
    _known(seen, [*rules, *(differences or ())])
    found = {name: _by_content(seen, number, guess_schema(name)) for number, name in enumerate(seen.values)}
    for name in differences or ():
        found[name] = found[name].model_copy(update={"aggregation": "sum", "range": (0.0, None)})
    for name, rule in rules.items():
        if rule not in RULES:
            raise ConfigError(f"“{str(rule)[:40]}” is no way to join readings.", nearest(str(rule), RULES))
        found[name] = found[name].model_copy(update=_changes(seen, seen.values.index(name), rule))
    return found


def _known(seen: Observations, names: Collection[str]) -> None:
    for name in names:
        if name not in seen.values:
            raise ConfigError(f"There is no value “{str(name)[:60]}”.", nearest(str(name), seen.values))


def _changes(seen: Observations, number: int, rule: str) -> dict[str, Any]:
    """What a rule says about a value beside how it joins."""
    if rule == "count":
        return {"aggregation": "count", "kind": "count", "unit": None, "range": (0.0, None)}
    if rule == "angle":
        low, _ = _ends(seen, number)
        return {"aggregation": "angle", "kind": "angle", "range": (-180.0, 180.0) if low < 0 else (0.0, 360.0)}
    return {"aggregation": rule}


def _by_content(seen: Observations, number: int, schema: FeatureSchema) -> FeatureSchema:
    """An angle by its name whose content goes beyond a full turn is none."""
    if schema.kind != "angle":
        return schema
    low, high = _ends(seen, number)
    if low < -180 or high > (180 if low < 0 else 360):
        return schema.model_copy(update={"kind": "numeric", "aggregation": "mean", "range": (None, None)})
    return schema.model_copy(update={"range": (-180.0, 180.0) if low < 0 else (0.0, 360.0)})


def _ends(seen: Observations, number: int) -> tuple[float, float]:
    """Smallest and largest reading; 0, 0 where there is none."""
    low, high = seen.connection.execute(f"SELECT min(v{number}), max(v{number}) FROM {seen.source()}").fetchall()[0]
    return (0.0, 0.0) if low is None else (float(low), float(high))


def differenced(seen: Observations, names: Sequence[str]) -> tuple[Observations, list[Finding]]:
    """The same rows with totals replaced by their growth since the last earlier reading of the same place.

    Differences are taken in float64, before anything is cast; several readings of one time count as their mean. The
    first reading of a place, and one after which the total fell (a reset or a correction), have none.

    Args:
        names: values that are totals.

    Raises:
        ConfigError: an unknown value.
    """
    if not names:
        return seen, []
    _known(seen, names)
    series = "place, run" if seen.runs else "place"
    numbers = [seen.values.index(name) for name in dict.fromkeys(names)]
    means = ", ".join(f"avg(v{n}) OVER (PARTITION BY {series}, stamp) AS now{n}" for n in numbers)
    earlier = f"OVER (PARTITION BY {series} ORDER BY stamp RANGE BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)"
    before = ", ".join(f"last_value(now{n} IGNORE NULLS) {earlier} AS before{n}" for n in numbers)
    grown = ", ".join(f"CASE WHEN now{n} >= before{n} THEN now{n} - before{n} END AS v{n}" for n in numbers)
    rows = f"(SELECT *, {before} FROM (SELECT *, {means} FROM {seen.source()}))"
    seen.connection.execute(f"CREATE OR REPLACE TEMP TABLE grown AS SELECT * REPLACE ({grown}) FROM {rows}")
    changed = replace(seen, relation="grown")
    return changed, [_fell(changed, name, seen.values.index(name)) for name in names]


def _fell(seen: Observations, name: str, number: int) -> Finding:
    """What taking differences did, with the places where the total fell."""
    count, lines = seen.connection.execute(
        f"SELECT count(*), min(line, 10) FROM {seen.source()} WHERE now{number} < before{number}"
    ).fetchall()[0]
    fell = "" if not count else (
        f" At {count:,} {'reading' if count == 1 else 'readings'} the total fell (a reset or a correction); they count as missing."
    )  # fmt: skip
    return Finding(
        code="differences", severity="look" if count else "note", where=name[:80], count=int(count),
        lines=[int(line) for line in lines or ()], message=f"“{name[:60]}” is read as its growth from reading to reading.{fell}",
    )  # fmt: skip
