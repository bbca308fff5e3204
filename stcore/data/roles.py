"""Which column is the time, the place, the coordinates, the values and the labels: found from names and content."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
import pandas as pd

from stcore.config import Config
from stcore.data import names as named
from stcore.data.dialect import MISSING
from stcore.data.numbers import to_numbers
from stcore.data.table import Table
from stcore.data.times import is_time
from stcore.errors import ConfigError, DataError, nearest

Form = Literal["long", "wide", "single", "events"]
#: In place of a column: rows are one step apart, in the order of the file.
ROW_NUMBER = "(row number)"
_SAMPLE_ROWS = 1500


class Choice(Config):
    """Something a person may decide better than a rule.

    Attributes:
        code: key of ``roles`` (or of read) that takes the answer: time, location, form, day_first, by.
        question: one sentence.
        options: possible answers.
        chosen: what was taken; None = nothing works without an answer.
    """

    code: str
    question: str
    options: list[str | bool]
    chosen: str | bool | None = None


class Roles(Config):
    """Meaning of the columns.

    Attributes:
        time: column; ``(row number)``: none, rows are one step apart.
        location: column; None: one place, or known by its coordinates, or one column a place (wide).
        lat, lon: columns with degrees, or None.
        values: measured columns; in wide form the columns of the places.
        labels: 0/1 columns that mark anomalies or events.
        known_ahead: value columns known for the future.
        static: columns with one content a place (height, kind of road): they describe places.
        form: long, wide (one column a place), single (one place), events (every row its own place and time).
        day_first: order of 03/04/2020 where the column does not tell.
        delimiter, decimal, header: how the text is written; "" for a DataFrame.
    """

    time: str | None = None
    location: str | None = None
    lat: str | None = None
    lon: str | None = None
    values: list[str] = []
    labels: list[str] = []
    known_ahead: list[str] = []
    static: list[str] = []
    form: Form = "long"
    day_first: bool | None = None
    delimiter: str = ","
    decimal: str = "."
    header: bool = True


def given_roles(roles: Any) -> dict[str, Any]:
    """The roles somebody has set, without those left out (None): from a mapping, ``Roles`` or ``DataConfig``.

    Raises:
        ConfigError: an unknown role.
    """
    if roles is None:
        return {}
    mapping = roles.model_dump() if isinstance(roles, Config) else roles
    if not isinstance(mapping, Mapping):
        raise ConfigError("Roles must be a mapping.", 'Write for example {"time": "date", "location": "station"}.')
    known = set(Roles.model_fields)
    if not isinstance(roles, Config):
        for key in mapping:
            if key not in known and key not in _ELSEWHERE:
                raise ConfigError(f"Unknown role “{key}”.", nearest(str(key), known))
    return {key: value for key, value in mapping.items() if key in known and value is not None}


_ELSEWHERE = ("source", "adjacency", "step", "by", "clock", "how", "cell", "geometry", "join")


def find_roles(table: Table, given: Mapping[str, Any]) -> tuple[Roles, list[Choice]]:
    """Roles of a table's columns: what is given stays, the rest is found.

    Returns:
        The roles and the choices that were (or must be) made.

    Raises:
        DataError: a given column is not there.
    """
    return _Finder(table, dict(given)).run()


class _Finder:
    """Works through the columns; each one takes at most one role."""

    def __init__(self, table: Table, given: dict[str, Any]) -> None:
        self.table, self.given = table, given
        self.sample = _sample(table)
        self.numeric = {name: _numeric_share(self.sample[name], table.dialect.decimal) for name in table.names}
        self.choices: list[Choice] = []
        self.taken: set[str] = set()
        for role in ("time", "location", "lat", "lon"):
            if (name := given.get(role)) and name != ROW_NUMBER:
                table.column(name)
                self.taken.add(name)
        for role in ("values", "labels", "known_ahead"):
            for name in given.get(role, ()):
                table.column(name)
                self.taken.add(name)

    def run(self) -> tuple[Roles, list[Choice]]:
        lat, lon = self._coordinates()
        time = self.given.get("time") or self._time()
        self.taken |= {time} if time else set()
        location = self.given.get("location")
        if location is None and self.given.get("form") not in ("wide", "single"):
            location = self._location(time, lat, lon)
        self.taken |= {location} if location else set()
        labels = self._labels()
        values = self._values(labels)
        values = self._without_empty(values, [name for name in values if self.table.unnamed(name)])
        static = self._static(location, values)
        values = [name for name in values if name not in static]
        form = self.given.get("form") or self._form(time, location, lat, lon, values)
        values = values if form == "wide" else self._without_empty(values, values)
        roles = Roles(
            time=time, location=location, lat=lat, lon=lon, values=values, labels=labels, static=static, form=form,
            known_ahead=list(self.given.get("known_ahead", ())), day_first=self.given.get("day_first"),
            delimiter=self.table.dialect.delimiter, decimal=self.table.dialect.decimal, header=self.table.dialect.header,
        )  # fmt: skip
        return roles, self.choices

    def _free(self) -> list[str]:
        return [name for name in self.table.names if name not in self.taken]

    def _coordinates(self) -> tuple[str | None, str | None]:
        """Columns of latitude and longitude; only both together mean anything."""
        lat = self.given.get("lat") or next(
            (n for n in self._free() if named.is_lat(n) and self.numeric[n] > 0.5), None
        )
        lon = self.given.get("lon") or next(
            (n for n in self._free() if named.is_lon(n) and self.numeric[n] > 0.5), None
        )
        if lat is None or lon is None:
            return None, None
        self.taken |= {lat, lon}
        return lat, lon

    def _time(self) -> str | None:
        """The column that reads best as time; a column of mere numbers needs a name that says time."""
        free = self._free()
        scores: dict[str, float] = {}
        for name in free[:200]:
            by_name = named.time_score(name)
            if not by_name and self.numeric[name] > 0.9 and not self._epoch(name):
                continue
            share, numbers = is_time(self.sample[name])
            content = 0 if share < 0.5 else 1.5 if numbers else 4
            if content or (by_name == 2 and self.numeric[name] < 0.5):
                scores[name] = by_name + content * share
        good = [name for name, score in scores.items() if score >= max(scores.values()) - 0.5 and score >= 3.5]
        if len(good) > 1:
            chosen = max(good, key=lambda name: scores[name])
            self.choices.append(
                Choice(code="time", question="Which column holds the time?", options=list(good), chosen=chosen)
            )
        if scores:
            return max(scores, key=lambda name: scores[name])
        return self._no_time(free)

    def _epoch(self, name: str) -> bool:
        """Seconds (milli-, ...) since 1970, from the number of digits: nothing else has ten or more of them and grows."""
        cells = self.sample[name].dropna()
        return bool(cells.str.fullmatch(r"\d{10}(\.\d+)?|\d{13}|\d{16}|\d{19}").all() and cells.nunique() > 1)

    def _no_time(self, free: list[str]) -> str | None:
        """One column of numbers, or a counted axis: rows in order. Else a person must say."""
        counted = [name for name in free if named.is_counter(name) and self.numeric[name] == 1]
        if len(self.table.names) == 1 or (counted and len(free) > 1):
            self.taken |= set(counted[:1])
            return ROW_NUMBER
        options = [*self.table.names[:50], ROW_NUMBER]
        self.choices.append(Choice(code="time", question="Which column holds the time?", options=list(options)))
        return None

    def _location(self, time: str | None, lat: str | None, lon: str | None) -> str | None:
        """The column that, together with the time, tells rows apart best."""
        candidates: dict[str, float] = {}
        for name in self._free()[:200]:
            by_name, cells = named.place_score(name), self.sample[name].dropna()
            text = self.numeric[name] < 0.5
            whole = bool(cells.str.fullmatch(r"-?\d+").all()) if len(cells) else False
            if cells.empty or named.is_label(name) or (not text and by_name < 2 and not (by_name and whole)):
                continue
            candidates[name] = by_name + 0.5 * text
        if not candidates or time is None:
            return next(iter(candidates), None)
        if lat is None and not any(self._repeats(time)):
            candidates = {n: s for n, s in candidates.items() if self.sample[n].nunique() < len(self.sample) or s >= 2}
        return self._best_location(time, candidates, bool(lat and lon))

    def _repeats(self, time: str) -> tuple[bool]:
        """Whether times occur more than once."""
        if time == ROW_NUMBER:
            return (False,)
        column = self.table.column(time)
        distinct, rows = self.table.ask(f"count(DISTINCT {column}), count({column})")[0]
        return (distinct < 0.99 * rows,)

    def _best_location(self, time: str, candidates: dict[str, float], placed: bool) -> str | None:
        """Rank candidates by name and by how nearly (time, candidate) is different in every row."""
        ranked: list[tuple[float, str]] = []
        for name, score in sorted(candidates.items(), key=lambda item: -item[1])[:6]:
            column = self.table.column(name)
            pair = (
                column
                if time == ROW_NUMBER
                else f"CASE WHEN {column} IS NOT NULL THEN hash({self.table.column(time)}, {column}) END"
            )
            distinct, pairs, there, rows = self.table.ask(
                f"count(DISTINCT {column}), count(DISTINCT {pair}), count({column}), count(*)"
            )[0]
            own_row = distinct > 0.9 * there and there > 20  # a number of the row, unless these are events
            if distinct < 1 or (own_row and not placed) or (distinct == 1 and score < 1):
                continue
            ranked.append((score + 3 * pairs / max(rows, 1), name))
        if not ranked:
            return None
        ranked.sort(key=lambda item: -item[0])
        close = [name for score, name in ranked if score > ranked[0][0] - 0.4]
        if len(close) > 1:
            self.choices.append(
                Choice(code="location", question="Which column names the place?", options=list(close), chosen=close[0])
            )
        return ranked[0][1]

    def _labels(self) -> list[str]:
        if "labels" in self.given:
            return list(self.given["labels"])
        found = [name for name in self._free() if named.is_label(name) and _binary(self.table, name, self.sample[name])]
        self.taken |= set(found)
        return found

    def _values(self, labels: list[str]) -> list[str]:
        if self.given.get("values"):
            ahead = [name for name in self.given.get("known_ahead", ()) if name not in self.given["values"]]
            return [*self.given["values"], *ahead]
        free = [
            name for name in self.table.names if name not in self.taken or name in self.given.get("known_ahead", ())
        ]
        numbers = [name for name in free if self.numeric[name] >= 0.5]
        values = [name for name in numbers if not named.is_calendar_part(name) and not self._counts_rows(name)]
        if not values:  # everything that is left is text: the column with most numbers, so that the report can say why
            values = numbers or [
                name for name in free if not self.sample[name].dropna().empty and self.numeric[name] > 0.02
            ]
        return values

    def _without_empty(self, values: list[str], which: list[str]) -> list[str]:
        """Values but those of ``which`` that hold nothing in the whole table; all of them when none holds anything."""
        by_hand = self.given.get("values", ())
        empty = self.table.empty([name for name in which if name not in by_hand and not self._says(name)])
        return [name for name in values if name not in empty] or values

    def _says(self, name: str) -> bool:
        """Whether a cell of the sample says something."""
        return bool((~self.sample[name].str.lower().isin(MISSING) & self.sample[name].notna()).any())

    def _static(self, location: str | None, values: list[str]) -> list[str]:
        """Columns that say one thing a place and not the same everywhere; never all of the values."""
        if location is None or "static" in self.given:
            return list(self.given.get("static", ()))
        set_by_hand = {*self.given.get("values", ()), *self.given.get("known_ahead", ()), location}
        free = [name for name in self.table.names if name in values or name not in self.taken]
        places = self.sample.groupby(location)
        found = []
        for name in [name for name in free if name not in set_by_hand][:60]:
            one_each = self.sample[name].nunique() > 1 and places[name].nunique().max() <= 1
            if one_each and places.size().median() > 1 and self._one_each(name, location):
                found.append(name)
        return found if set(values) - set(found) else [name for name in found if name not in values]

    def _one_each(self, name: str, location: str) -> bool:
        """Whether every place has one content of a column, in the whole table."""
        column, place = self.table.column(name), self.table.column(location)
        most = self.table.ask(f"count(DISTINCT {column}) AS contents", f"GROUP BY {place} ORDER BY 1 DESC LIMIT 1")
        return bool(most and most[0][0] == 1)

    def _counts_rows(self, name: str) -> bool:
        """1, 2, 3, ... under a name that says so."""
        if not named.is_row_number(name) and not (name == self.table.names[0] and self.table.unnamed(name)):
            return False
        numbers = pd.to_numeric(self.sample[name], errors="coerce").to_numpy()
        return len(numbers) > 1 and bool((np.diff(numbers) >= 1).all())

    def _form(
        self, time: str | None, location: str | None, lat: str | None, lon: str | None, values: list[str]
    ) -> Form:
        if location is not None or lat is not None:
            return "events" if lat is not None and self._is_events(time, location, lat, lon) else "long"
        if len(values) < 2 or time is None:
            return "single"
        wide, sure = _columns_are_places(values, self.sample[values], self.table.dialect.decimal)
        chosen: Form = "wide" if wide else "single"
        if not sure:
            count = len(values)
            question = (
                f"Are the {count} columns {count} values of one place (single), or one value at {count} places (wide)?"
            )
            self.choices.append(Choice(code="form", question=question, options=["single", "wide"], chosen=chosen))
        return chosen

    def _is_events(self, time: str | None, location: str | None, lat: str, lon: str | None) -> bool:
        """Hardly any place has two rows, and times are as irregular as places are many."""
        if time in (None, ROW_NUMBER) or lon is None:
            return False
        here = f"hash({self.table.column(lat)}, {self.table.column(lon)})"
        place = self.table.column(location) if location else here
        when = self.table.column(str(time))
        places, points, times, rows = self.table.ask(
            f"count(DISTINCT {place}), count(DISTINCT {here}), count(DISTINCT {when}), count(*)"
        )[0]
        return bool(rows >= 20 and places > 0.5 * rows and points > 0.3 * rows and times > 0.5 * rows)


def _sample(table: Table) -> pd.DataFrame:
    """About 1,500 rows as text: the first ones and others spread over the table; None where nothing is said."""
    wide = max(1, len(table.names) // 200)
    head = max(50, _SAMPLE_ROWS // (2 * wide))
    every = max(1, table.rows // head)
    first = table.first_line
    frame = table.arrow(
        "*", f"WHERE line < {first + head} OR (line - {first}) % {every} = 0 ORDER BY line LIMIT {3 * head}"
    ).to_pandas()  # fmt: skip
    frame = frame.drop(columns="line").astype("str")
    frame.columns = pd.Index(table.names)
    frame = frame.apply(lambda column: column.str.strip())
    return frame.where(frame != "", None)


def _numeric_share(cells: pd.Series, decimal: str) -> float:
    """Share of numbers among the cells that say something; 1 for an empty column, which contradicts nothing."""
    present = cells[~cells.str.lower().isin(MISSING) & cells.notna()]
    if present.empty:
        return 1.0
    return float(to_numbers(present, decimal).notna().mean())


def _binary(table: Table, name: str, cells: pd.Series) -> bool:
    """Only 0 and 1 (or false and true) in the whole column."""
    allowed = ("0", "1", "0.0", "1.0", "true", "false", "")
    if not cells.dropna().str.lower().isin(allowed).all():
        return False
    marks = ", ".join("?" for _ in allowed)
    column = table.column(name)
    return table.ask("count(*)", f"WHERE lower(trim({column})) NOT IN ({marks})", allowed)[0][0] == 0


def _columns_are_places(values: list[str], sample: pd.DataFrame, decimal: str) -> tuple[bool, bool]:
    """Whether number columns beside a time are places, and whether that is sure: by their names, then by their scales."""
    if named.alike(values):
        return True, True
    if sum(named.is_quantity(name) for name in values) >= 0.3 * len(values):
        return False, True
    numbers = sample.apply(lambda column: to_numbers(column, decimal))
    size = numbers.abs().median().replace(0, np.nan).dropna()
    spread = numbers.std().replace(0, np.nan).dropna()
    near = len(size) > 1 and size.max() / size.min() < 8 and spread.max() / spread.min() < 8
    return bool(near or len(values) > 40), bool(len(values) > 40 and near)


def missing_time(table: Table) -> DataError:
    """The refusal of a table in which no column is a time."""
    shown = ", ".join(f"“{name[:30]}”" for name in table.names[:8])
    return DataError(
        f"None of the {len(table.names)} columns ({shown}) reads as a time.",
        f"Say which column holds the time, or choose {ROW_NUMBER} if rows are one step apart in the order of the file.",
    )
