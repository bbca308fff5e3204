"""One table, written in any way people write tables, is one panel: rows and columns in any order, any encoding, delimiter,
decimal mark, marks of thousands, way to write the time, quotes, long or wide."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from stcore.data import ingest
from stcore.data.panel import Panel

TIMES: dict[str, Callable[[pd.Series], pd.DataFrame]] = {
    "iso": lambda time: time.dt.strftime("%Y-%m-%d %H:%M").to_frame("time"),
    "iso with seconds": lambda time: time.dt.strftime("%Y-%m-%dT%H:%M:%S").to_frame("time"),
    "month first": lambda time: time.dt.strftime("%m/%d/%Y %I:%M %p").to_frame("time"),
    "day first": lambda time: time.dt.strftime("%d/%m/%Y %H:%M").to_frame("time"),
    "with points": lambda time: time.dt.strftime("%d.%m.%Y %H:%M").to_frame("time"),
    "in words": lambda time: time.dt.strftime("%d %b %Y %H:%M").to_frame("time"),
    "in Chinese": lambda time: time.dt.strftime("%Y年%m月%d日 %H时%M分").to_frame("time"),
    "compact": lambda time: time.dt.strftime("%Y%m%d%H%M").to_frame("time"),
    "seconds": lambda time: (time.astype("datetime64[ns]").astype("int64") // 10**9).astype(str).to_frame("time"),
    "milliseconds": lambda time: (time.astype("datetime64[ns]").astype("int64") // 10**6).astype(str).to_frame("time"),
    "spreadsheet": lambda time: ((time - pd.Timestamp("1899-12-30")) / pd.Timedelta("1D")).map("{:.10f}".format).to_frame("time"),
    "date and hour": lambda time: pd.DataFrame({"date": time.dt.strftime("%Y-%m-%d"), "hour": time.dt.hour.astype(str)}),
    "date and time": lambda time: pd.DataFrame({"date": time.dt.strftime("%d.%m.%Y"), "time": time.dt.strftime("%H:%M")}),
    "four columns": lambda time: pd.DataFrame({part: getattr(time.dt, part).astype(str) for part in ("year", "month", "day", "hour")}),
}  # fmt: skip
IDS = {
    "plain": ("a1", "b2", "c3"),
    "numbers": ("007", "12", "773869"),
    "western": ("Zürich", "Orléans", "Bern"),
    "chinese": ("天安门", "海淀区", "东城区"),
}
ENCODINGS = {"western": ("utf-8", "utf-16", "latin-1"), "chinese": ("utf-8", "utf-16", "gb18030")}


@dataclass(frozen=True)
class Writing:
    """A way to write a table."""

    time: str
    ids: str
    encoding: str
    delimiter: str
    marks: tuple[str, str]
    around: str
    quote_all: bool
    wide: bool
    seed: int


@st.composite
def writings(draw: st.DrawFn) -> Writing:
    ids = draw(st.sampled_from(sorted(IDS)))
    return Writing(
        time=draw(st.sampled_from(sorted(TIMES))), ids=ids,
        encoding=draw(st.sampled_from(ENCODINGS.get(ids, ("utf-8", "utf-8-sig", "utf-16-le", "ascii")))),
        delimiter=draw(st.sampled_from([",", ";", "\t", "|"])),
        marks=draw(st.sampled_from([("", "."), (",", "."), ("'", "."), ("", ","), (".", ","), (" ", ","), ("\u00a0", ",")])),
        around=draw(st.sampled_from(["{}", "{}", "{} km/h", "{}%"])), quote_all=draw(st.booleans()), wide=draw(st.booleans()),
        seed=draw(st.integers(0, 1000)),
    )  # fmt: skip


def table(ids: tuple[str, ...], seed: int) -> pd.DataFrame:
    """time, sensor, speed: numbers from -50 to 5,000 with two decimals; some rows are missing."""
    rng = np.random.default_rng(seed)
    time = pd.date_range("2024-03-11 20:00", periods=60, freq="1h")
    frame = pd.DataFrame({"time": np.repeat(time, len(ids)), "sensor": np.tile(ids, len(time))})
    frame["speed"] = np.round(rng.uniform(-50, 5000, len(frame)), 2)
    kept = (rng.random(len(frame)) > 0.1) | frame["time"].isin([time[0], time[-1]])
    return frame[kept].reset_index(drop=True)


def written(frame: pd.DataFrame, how: Writing) -> bytes:
    """The table as a file."""
    rng = np.random.default_rng(how.seed)
    swap = str.maketrans({",": how.marks[0], ".": how.marks[1]})
    numbers = frame["speed"].map(lambda number: how.around.format(f"{number:,.2f}".translate(swap)))
    if how.wide:
        cells = numbers.set_axis(pd.MultiIndex.from_frame(frame[["time", "sensor"]])).unstack().fillna("")
        cells = cells.sample(frac=1, random_state=how.seed)
        out = pd.concat(
            [TIMES[how.time](cells.index.to_series()).reset_index(drop=True), cells.reset_index(drop=True)], axis=1
        )
    else:
        out = pd.concat([TIMES[how.time](frame["time"]), frame["sensor"], numbers.rename("speed")], axis=1)
        out = out.sample(frac=1, random_state=how.seed)
    out = out[list(rng.permutation(out.columns))]
    quoting = csv.QUOTE_ALL if how.quote_all else csv.QUOTE_MINIMAL
    text = out.to_csv(index=False, sep=how.delimiter, quoting=quoting)
    return ("\ufeff" if how.encoding == "utf-16-le" else "").encode(how.encoding) + text.encode(how.encoding)


@settings(max_examples=20, deadline=None, derandomize=True)
@given(writings())
def test_any_writing_gives_the_same_panel(how: Writing) -> None:
    ids = IDS[how.ids]
    frame = table(ids, how.seed)
    encodable = how.marks[0] != "\u00a0" or how.encoding not in ("ascii", "gb18030")
    assume(encodable and (how.time != "in Chinese" or how.encoding not in ("latin-1", "ascii")))
    panel = ingest.read(written(frame, how))
    assert isinstance(panel, Panel)
    assert sorted(panel.locations.index) == sorted(ids)
    assert panel.step == "1h"
    hours = pd.date_range(frame["time"].min(), frame["time"].max(), freq="1h")
    cells = frame.set_index(["time", "sensor"])["speed"].unstack().reindex(hours)
    assert list(panel.time) == list(hours)
    order = [panel.locations.index.get_loc(place) for place in cells.columns]
    np.testing.assert_array_equal(panel.values[:, order, 0], cells.to_numpy().astype(np.float32))
