"""Which column is the time, the place, the coordinates, the values and the labels: found from names and content."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stcore.data import names as named
from stcore.data.roles import ROW_NUMBER, Choice, Form, Roles
from stcore.data.sample import Sample, columns_are_places, is_constant_each
from stcore.data.table import Table
from stcore.data.time_numbers import surely_serials, surely_since_1970
from stcore.data.time_parts import find_parts
from stcore.data.times import is_time

#: Columns looked at for a time or a place; wide tables have them in front.
_FIRST = 200
#: Of larger tables some times are looked at.
_ALL_ROWS = 2_000_000


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
        for role in ("time", "location", "lat", "lon"):
            if given.get(role) and given[role] != ROW_NUMBER:
                table.column(given[role])
        for role in ("time_parts", "values", "labels", "known_ahead"):
            for name in given.get(role, ()):
                table.column(name)
        single = {given[role] for role in ("time", "location", "lat", "lon") if given.get(role)} - {ROW_NUMBER}
        many = {name for role in ("time_parts", "values", "labels", "known_ahead") for name in given.get(role, ())}
        self.taken: set[str] = single | many
        self.sample = Sample(table)
        self.numeric = self.sample.numeric
        self.choices: list[Choice] = []
        self.when: str | None = None
        self.parts: dict[str, str] = {}

    def run(self) -> tuple[Roles, list[Choice]]:
        lat, lon = self._coordinates()
        time, parts = self._time()
        self.when = self._when(time, parts)
        self.taken |= {*parts, time} if time else set()
        location = self.given.get("location")
        if location is None and self.given.get("form") not in ("wide", "single"):
            location = self._location(time, lat is not None)
        self.taken |= {location} if location else set()
        labels = self._labels()
        values = self._values()
        values = self._without_empty(values, [name for name in values if self.table.unnamed(name)])
        static = self._static(location, values)
        values = [name for name in values if name not in static]
        form = self.given.get("form") or self._form(time, location, (lat, lon), values)
        values = values if form == "wide" else self._without_empty(values, values)
        kept = {role: self.given[role] for role in ("day_first", "missing", "units") if role in self.given}
        roles = Roles(
            time=time, time_parts=parts, location=location, lat=lat, lon=lon, values=values, labels=labels, static=static,
            form=form, known_ahead=list(self.given.get("known_ahead", ())), delimiter=self.table.dialect.delimiter,
            decimal=self.table.dialect.decimal, header=self.table.dialect.header, **kept,
        )  # fmt: skip
        return roles, self.choices

    def _free(self) -> list[str]:
        return [name for name in self.table.names if name not in self.taken]

    def _coordinates(self) -> tuple[str | None, str | None]:
        """Columns of latitude and longitude; only both together mean anything."""
        free = [name for name in self._free() if self.numeric[name] > 0.5]
        lat = self.given.get("lat") or next((name for name in free if named.is_lat(name)), None)
        lon = self.given.get("lon") or next((name for name in free if named.is_lon(name)), None)
        if lat is None or lon is None:
            return None, None
        self.taken |= {lat, lon}
        return lat, lon

    # time ------------------------------------------------------------------------------------------------------

    def _time(self) -> tuple[str | None, list[str]]:
        """The column of the time, and the columns it stands in where these are several."""
        parts = list(self.given.get("time_parts", ()))
        if parts:
            first = self.given.get("time") or parts[0]
            return first, [first, *(name for name in parts if name != first)]
        time = self.given.get("time") or self._best_time()
        if time != ROW_NUMBER and "time_parts" not in self.given:
            parts = find_parts(self.sample.cells, self._free(), time)
        if parts:
            self.choices = [choice for choice in self.choices if choice.code != "time"]
            return parts[0], parts
        return time or self._no_time(), []

    def _best_time(self) -> str | None:
        """The column that reads best as time; a column of mere numbers needs a name or digits that say time."""
        scores: dict[str, float] = {}
        for name in self._free()[:_FIRST]:
            by_name, cells = named.time_score(name), self.sample.cells[name]
            if not by_name and self.numeric[name] > 0.9 and not (surely_since_1970(cells) or surely_serials(cells)):
                continue
            share, numbers = is_time(cells)
            content = 0 if share < 0.5 else 1.5 if numbers else 4
            if content or (by_name == 2 and self.numeric[name] < 0.5):
                scores[name] = by_name + content * share
        good = [name for name, score in scores.items() if score >= max(scores.values()) - 0.5 and score >= 3.5]
        if len(good) > 1:
            chosen = max(good, key=lambda name: scores[name])
            question = "Which column holds the time?"
            self.choices.append(Choice(code="time", question=question, options=list(good), chosen=chosen))
        return max(scores, key=lambda name: scores[name]) if scores else None

    def _no_time(self) -> str | None:
        """One column of numbers, a counted axis, or a bare matrix: rows in order. Else a person must say."""
        free = self._free()
        counted = [name for name in free if named.is_counter(name) and self.numeric[name] == 1]
        if len(self.table.names) == 1 or (counted and len(free) > 1) or self._is_matrix(free):
            self.taken |= set(counted[:1])
            return ROW_NUMBER
        options = [*self.table.names[:50], ROW_NUMBER]
        self.choices.append(Choice(code="time", question="Which column holds the time?", options=list(options)))
        return None

    def _is_matrix(self, free: list[str]) -> bool:
        """Numbers only, without names or with names of one kind: rows are times, columns places."""
        if len(free) < 2 or len(free) < len(self.table.names) or min(self.numeric.values()) < 0.9:
            return False
        values = [name for name in free if not self._is_row_number(name)]
        return not self.table.dialect.header or named.alike(values)

    # place -----------------------------------------------------------------------------------------------------

    def _location(self, time: str | None, placed: bool) -> str | None:
        """The column that, together with the time, tells rows apart best."""
        candidates: dict[str, float] = {}
        for name in self._free()[:_FIRST]:
            by_name, text = named.place_score(name), self.numeric[name] < 0.5
            if self.sample.cells[name].dropna().empty or named.is_label(name):
                continue
            if text or by_name == 2 or (by_name and self.sample.whole(name)):
                candidates[name] = by_name + 0.5 * text
        if time is None:
            return next(iter(candidates), None)
        repeats = self.when is not None and self._repeats(self.when)
        if not placed and not repeats:
            cells = self.sample.cells
            candidates = {n: s for n, s in candidates.items() if cells[n].nunique() < len(cells) or s >= 2}
        found = self._best_location(self.when, candidates, placed)
        return found or (self._unnamed_location(str(self.when)) if repeats and not placed else None)

    def _when(self, time: str | None, parts: list[str]) -> str | None:
        """SQL that differs for every time."""
        if time in (None, ROW_NUMBER):
            return None
        columns = [self.table.key(str(name)) for name in parts or [time]]
        return columns[0] if len(columns) == 1 else f"hash({', '.join(columns)})"

    def _repeats(self, when: str) -> bool:
        """Whether times occur more than once."""
        distinct, rows = self._ask(f"count(DISTINCT {when}), count({when})", when)
        return bool(distinct < 0.99 * rows)

    def _ask(self, select: str, when: str | None) -> tuple[Any, ...]:
        """One row about the table; of a large one about the rows of some times, all rows of each: shares stay the same."""
        if when is None or self.table.rows <= _ALL_ROWS:
            return self.table.ask(select)[0]
        if when not in self.parts:
            name = f"part_{len(self.parts)}"
            self.table.keep_part(name, f"hash({when}) % {self.table.rows // (_ALL_ROWS // 2)} = 0")
            self.parts[when] = name
        return self.table.ask_part(self.parts[when], select)

    def _best_location(self, when: str | None, candidates: dict[str, float], placed: bool) -> str | None:
        """Rank candidates by name and by how nearly (time, candidate) is different in every row."""
        ranked: list[tuple[float, str]] = []
        for name, score in sorted(candidates.items(), key=lambda item: -item[1])[:6]:
            column = self.table.key(name)
            pair = column if when is None else f"CASE WHEN {column} IS NOT NULL THEN hash({when}, {column}) END"
            distinct, pairs, there, rows = self._ask(
                f"count(DISTINCT {column}), count(DISTINCT {pair}), count({column}), count(*)", when
            )
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

    def _unnamed_location(self, when: str) -> str | None:
        """A column of whole numbers whose name says nothing: each number once a time, and most of them every time."""
        for name in self._free()[:_FIRST]:
            if not self.sample.whole(name) or self._is_row_number(name) or named.is_calendar_part(name):
                continue
            column = self.table.key(name)
            places, times, pairs, rows = self._ask(
                f"count(DISTINCT {column}), count(DISTINCT {when}), count(DISTINCT hash({when}, {column})), count(*)",
                when,
            )
            if places > 1 and pairs >= 0.99 * rows and places * times <= 2 * rows:
                return name
        return None

    # values ----------------------------------------------------------------------------------------------------

    def _labels(self) -> list[str]:
        if "labels" in self.given:
            return list(self.given["labels"])
        found = [name for name in self._free() if named.is_label(name) and self.sample.binary(name)]
        self.taken |= set(found)
        return found

    def _values(self) -> list[str]:
        ahead = list(self.given.get("known_ahead", ()))
        if self.given.get("values"):
            return [*self.given["values"], *(name for name in ahead if name not in self.given["values"])]
        free = [name for name in self.table.names if name not in self.taken or name in ahead]
        numbers = [name for name in free if self.numeric[name] >= 0.5]
        values = [name for name in numbers if not named.is_calendar_part(name) and not self._is_row_number(name)]
        if not values:  # everything that is left is text: the column with most numbers, so that the report can say why
            cells = self.sample.cells
            values = numbers or [n for n in free if not cells[n].dropna().empty and self.numeric[n] > 0.02]
        return values

    def _without_empty(self, values: list[str], which: list[str]) -> list[str]:
        """Values but those of ``which`` that hold nothing in the whole table; all of them when none holds anything."""
        by_hand = self.given.get("values", ())
        empty = self.table.empty([name for name in which if name not in by_hand and not self.sample.says(name).any()])
        return [name for name in values if name not in empty] or values

    def _is_row_number(self, name: str) -> bool:
        """1, 2, 3, ... under a name that says so, or in front of the table without a name of its own."""
        unnamed = name == self.table.names[0] == "column_1" and len(self.table.names) > 2
        return (named.is_row_number(name) or unnamed) and self.sample.counts_rows(name)

    def _static(self, location: str | None, values: list[str]) -> list[str]:
        """Columns that say one thing a place and not the same everywhere; never all of the values."""
        if location is None or "static" in self.given:
            return list(self.given.get("static", ()))
        set_by_hand = {*self.given.get("values", ()), *self.given.get("known_ahead", ()), location}
        free = [
            name for name in self.table.names if (name in values or name not in self.taken) and name not in set_by_hand
        ]
        if self.sample.cells.groupby(location).size().median() <= 1:
            return []
        found = [name for name in free[:60] if is_constant_each(self.sample, name, location)]
        return found if set(values) - set(found) else [name for name in found if name not in values]

    def _form(
        self, time: str | None, location: str | None, place: tuple[str | None, str | None], values: list[str]
    ) -> Form:
        lat, lon = place
        if location is not None or lat is not None:
            return "events" if lat and lon and self._is_events(location, lat, lon) else "long"
        if len(values) < 2 or time is None:
            return "single"
        wide, sure = columns_are_places(values, self.sample, self.table.dialect.header)
        chosen: Form = "wide" if wide else "single"
        if not sure:
            count = len(values)
            question = (
                f"Are the {count} columns {count} values of one place (single), or one value at {count} places (wide)?"
            )
            self.choices.append(Choice(code="form", question=question, options=["single", "wide"], chosen=chosen))
        return chosen

    def _is_events(self, location: str | None, lat: str, lon: str) -> bool:
        """Hardly any place has two rows, and times are as irregular as places are many."""
        if self.when is None:
            return False
        here = f"hash({self.table.key(lat)}, {self.table.key(lon)})"
        place = self.table.key(location) if location else here
        places, points, times, rows = self._ask(
            f"count(DISTINCT {place}), count(DISTINCT {here}), count(DISTINCT {self.when}), count(*)", self.when
        )
        return bool(rows >= 20 and places > 0.5 * rows and points > 0.3 * rows and times > 0.5 * rows)
