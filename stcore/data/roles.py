"""What the columns of a table mean: time, place, coordinates, values and labels, as given or found."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from stcore.config import Config
from stcore.data.table import Table
from stcore.data.times import parse_times
from stcore.errors import ConfigError, DataError, nearest

Form = Literal["long", "wide", "single", "events"]
#: In place of a column: rows are one step apart, in the order of the file.
ROW_NUMBER = "(row number)"


class Choice(Config):
    """Something a person may decide better than a rule.

    Attributes:
        code: key of ``roles`` (or of read) that takes the answer: time, location, form, day_first, by, step.
        question: one sentence.
        options: possible answers.
        chosen: what was taken; None = nothing works without an answer.
        words: option -> the words that say what it means or why it may be right, where it does not speak for itself.
    """

    code: str
    question: str
    options: list[str | bool]
    chosen: str | bool | None = None
    words: dict[str, str] = {}


class Roles(Config):
    """Meaning of the columns.

    Attributes:
        time: column; ``(row number)``: none, rows are one step apart.
        time_parts: columns that hold the time together, from the coarsest to the finest (date and hour; year, month,
            day); ``time`` is the first of them. Empty: ``time`` holds it all.
        location: column; None: one place, or known by its coordinates, or one column a place (wide).
        lat, lon: columns with degrees, or None.
        values: measured columns; in wide form the columns of the places.
        labels: 0/1 columns that mark anomalies or events.
        known_ahead: value columns known for the future.
        static: columns with one content a place (height, kind of road): they describe places.
        form: long, wide (one column a place), single (one place), events (every row its own place and time).
        day_first: order of 03/04/2020 where the column does not tell.
        delimiter, decimal, header: how the text is written; "" for a DataFrame.
        missing: numbers and texts that mean "no value"; None: numbers that surely do so are found (-999).
        units: value -> unit that stands glued to its numbers ("12 mph").
        sheet, files: which sheet of a workbook was read, and whether several files are places or parts; None: neither.
    """

    time: str | None = None
    time_parts: list[str] = []
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
    missing: list[float | str] | None = None
    units: dict[str, str] = {}
    sheet: str | None = None
    files: Literal["places", "parts"] | None = None


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


_ELSEWHERE = (
    "source", "adjacency", "step", "by", "clock", "how", "cell", "geometry", "join", "places", "matches", "query", "rules",
    "differences", "neighbours", "crs",
)  # fmt: skip


def missing_time(table: Table) -> DataError:
    """The refusal of a table in which no column is a time."""
    shown = ", ".join(f"“{name[:30]}”" for name in table.names[:8])
    dates = int(parse_times(table.names).stamps.notna().sum())
    if 2 * dates > len(table.names):
        return DataError(
            f"{dates} of the {len(table.names)} columns are named by a time, and no column reads as one.",
            "Turn the table over, so that each row is a time and each column a place.",
        )
    return DataError(
        f"None of the {len(table.names)} columns ({shown}) reads as a time.",
        f"Say which column holds the time, or that rows are one step apart in the order of the file: {ROW_NUMBER}.",
    )
