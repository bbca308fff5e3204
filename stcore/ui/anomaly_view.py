"""Words and rows of the Anomalies page: which stretch of time is shown, its events by name, the sentence, the table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from stcore import anomaly, words
from stcore.anomaly.labels import last_words, verdict_on
from stcore.data import steps
from stcore.data.schema import readable
from stcore.operations.store import DatasetRow
from stcore.plots.curves import Span
from stcore.plots.labelled import Said
from stcore.plots.lanes import MOST_LANES, Bar, Stretch
from stcore.records import Detection
from stcore.ui import markup
from stcore.ui.anomaly_judges import Judge
from stcore.ui.markup import Column, Markup

#: Kind of an event -> the mark it is drawn with.
MARKS = {"fault": "fault", "local": "local", "regional": "regional", "single": "fault"}
FEW_ROWS, MOST_ROWS = 12, 200


@dataclass(frozen=True, eq=False)
class View:
    """The anomalies that a judge found, seen through the chosen threshold.

    Attributes:
        row: the data set.
        judge: the errors of a model, or a detector.
        found: scores and events under the chosen threshold.
        word: the data's own word for a place.
        labels: what people said.
    """

    row: DatasetRow
    judge: Judge
    found: Detection
    word: str
    labels: pd.DataFrame

    @property
    def kinds(self) -> dict[str, str]:
        """Kind -> words, of the kinds there can be: without neighbours nothing tells a fault from an event."""
        edges, ids = self.found.edges, self.found.locations.index
        social = ids.isin([] if edges is None else [*edges["from"], *edges["to"]])
        possible = ["fault", "local"] * bool(social.any()) + ["regional"] + ["single"] * (not social.all())
        return {kind: (anomaly.KINDS | {"single": f"Single {self.word}"})[kind] for kind in possible}


def stretch(step: str) -> pd.Timedelta | None:
    """How much time is seen at once: a day, a week of hourly data, or everything (None)."""
    length = steps.typical(step)
    if length <= pd.Timedelta(minutes=20):
        return pd.Timedelta(days=1)
    return pd.Timedelta(days=7) if length <= pd.Timedelta(hours=3) else None


def window(found: Detection, day: pd.Timestamp | None) -> tuple[pd.Timestamp, pd.Timestamp]:
    """First and last time that are shown; ``day`` is the first day of the stretch."""
    length = stretch(found.step)
    if day is None or length is None:
        return found.time[0], found.time[-1]
    start = pd.Timestamp(day).tz_localize(found.time.tz)
    rows = found.time[(found.time >= start) & (found.time < start + length)]
    return (rows[0], rows[-1]) if len(rows) else (found.time[0], found.time[-1])


def one_day(found: Detection) -> bool:
    """A single day is seen at once."""
    return stretch(found.step) == pd.Timedelta(days=1)


def first_day(found: Detection) -> pd.Timestamp:
    """The first day worth a look: that of the most unusual event, inside the tested part."""
    return day_of(found, found.events.iloc[0] if len(found.events) else None)


def day_of(found: Detection, event: pd.Series | None) -> pd.Timestamp:
    """The first day of the stretch that shows an event at its peak; without one the middle."""
    time = found.time[len(found.time) // 2] if event is None else peak_time(found, event, found.time[0], found.time[-1])
    length = stretch(found.step) or pd.Timedelta(0)
    latest = max(found.time[0], found.time[-1] - length + pd.Timedelta(days=1)).normalize()
    back = pd.Timedelta(days=3) if length > pd.Timedelta(days=1) else pd.Timedelta(0)
    return max(min(pd.Timestamp(time).normalize() - back, latest), found.time[0].normalize())


@dataclass(frozen=True)
class Filter:
    """Which events are listed: of these kinds, at this place (None: any), at least so many steps long."""

    kinds: Collection[str]
    place: str | None = None
    least: int = 1


def events(found: Detection, between: tuple[pd.Timestamp, pd.Timestamp], wanted: Filter) -> pd.DataFrame:
    """Events that pass the filter and touch the stretch, most unusual first."""
    table = found.events
    kept = (table["end"] >= between[0]) & (table["start"] <= between[1]) & table["kind"].isin(list(wanted.kinds))
    kept &= table["steps"] >= wanted.least
    if wanted.place is not None:
        kept &= np.array([wanted.place in places for places in table["locations"]], dtype=bool)
    return table[kept].reset_index(drop=True)


def name(event: pd.Series, shown: View) -> str:
    """“Sensor 640”, “5 sensors around 475”, “95 of 120 sensors”."""
    amount, everything = len(event["locations"]), len(shown.found.locations)
    where = words.place_name(shown.found.locations, str(event["where"]), 18)
    if amount == 1:
        return words.sentence(f"{shown.word} {where}")
    if event["kind"] == "regional":
        return f"{amount:,} of {words.count(everything, shown.word)}"
    return f"{words.count(amount, shown.word)} around {where}"


def sentence(shown: View, table: pd.DataFrame) -> list[object]:
    """“Seven events. Two sensor faults, four local, one regional.”"""
    if not len(table):
        return [markup.strong("Nothing unusual."), " Everything stayed within its usual error."]
    total = words.sentence(words.in_words(len(table)))
    head = markup.strong(f"{total} {'event' if len(table) == 1 else 'events'}.")
    if len(table) == 1:
        return [head, f" It is {_ONE[table['kind'].iloc[0]].format(word=shown.word)}."]
    counted = Counter(table["kind"])
    parts = [_said(kind, counted[kind], shown.word) for kind in _ONE if counted[kind]]
    return [head, f" {words.sentence(words.listing(parts))}."]


_ONE = {
    "fault": "a sensor fault", "single": "at a single {word}", "local": "local", "regional": "across the region",
}  # fmt: skip


def _said(kind: str, amount: int, word: str) -> str:
    """“two sensor faults”, “four local”."""
    told = "sensor fault" if kind == "fault" else _ONE[kind].format(word=word)
    return f"{words.in_words(amount)} {words.plural(told) if kind == 'fault' and amount != 1 else told}"


def small_print(shown: View) -> str:
    """How events were told apart from usual errors, and how many there are in all."""
    found, days = shown.found, shown.found.time
    head = f"In all of {shown.judge.whole}, {words.span(days[0], days[-1])}: {words.count(len(found.events), 'event')}."
    return f"{head} Unusual is a score of {words.number(found.threshold, 2)} times the usual one or more; {shown.judge.learnt()}."


def instant(shown: View, event: pd.Series | None, between: tuple[pd.Timestamp, pd.Timestamp]) -> pd.Timestamp:
    """The moment the map shows: the peak of the open event, else of the stretch."""
    found = shown.found
    if event is not None:
        return peak_time(found, event, *between)
    rows = found.time.slice_indexer(*between)
    scores = np.asarray(found.heights[rows])
    return found.time[rows][int(np.argmax(scores.max(axis=1)))] if len(scores) else between[0]


def peak_time(found: Detection, event: pd.Series, start: pd.Timestamp, end: pd.Timestamp) -> pd.Timestamp:
    """When an event is strongest between two times."""
    rows = found.time.slice_indexer(max(event["start"], start), min(event["end"], end))
    scores = np.asarray(found.heights[rows])[:, found.locations.index.get_indexer(event["locations"])]
    return found.time[rows][int(np.argmax(scores.max(axis=1)))] if len(scores) else event["start"]


def kinds_at(table: pd.DataFrame, when: pd.Timestamp, event: pd.Series | None) -> dict[str, str]:
    """Place -> mark of the events that go on at an instant; the open one has the last word."""
    marks: dict[str, str] = {}
    going = table[(table["start"] <= when) & (table["end"] >= when)]
    for _, row in going.iloc[::-1].iterrows():
        marks |= dict.fromkeys(row["locations"], MARKS[row["kind"]])
    if event is not None:
        marks |= dict.fromkeys(event["locations"], MARKS[event["kind"]])
    return marks


def spans(shown: View, table: pd.DataFrame, place: str, opened: int | None) -> list[Span]:
    """Highlighted parts of one place's curve."""
    return [
        Span(
            row["start"], row["end"], MARKS[row["kind"]],
            _far(describe(shown, row, short=True)) if row["event"] == opened else "", row["event"] == opened,
        )
        for _, row in table.iterrows()
        if place in row["locations"]
    ]  # fmt: skip


def _far(text: str) -> str:
    """How far off alone, for the chart: how long it lasts is seen there."""
    return text.rsplit(", ", 1)[0]


def lanes_note(table: pd.DataFrame) -> str:
    """Second line over the swim lanes."""
    few = f"The {MOST_LANES} most unusual ones; c" if len(table) > MOST_LANES else "Each bar is one event; c"
    return f"{few}lick to move map and curve"


def bars(shown: View, table: pd.DataFrame) -> list[Bar]:
    """Swim lanes, in the order of time; the most unusual ones where there are too many."""
    some = table.head(MOST_LANES).sort_values("start")
    return [
        Bar(str(row["event"]), row["start"], row["end"], MARKS[row["kind"]], name(row, shown))
        for _, row in some.iterrows()
    ]


def place_lanes(shown: View, table: pd.DataFrame) -> tuple[list[Stretch], list[str]]:
    """The events place by place, from where each was reached: bars and the places of the lanes, those with the strangest first."""
    some = table.head(4 * MOST_LANES)
    order = list(dict.fromkeys(str(row["where"]) for _, row in some.iterrows()))
    order += [place for _, row in some.iterrows() for place in row["spread"] if place not in order]
    lane = {place: number for number, place in enumerate(dict.fromkeys(order[: MOST_LANES + 4]))}
    time = shown.found.time
    out = []
    for _, row in some.iterrows():
        first = int(time.get_indexer([row["start"]])[0])
        late = dict(zip(row["spread"], row["delays"], strict=True))
        out += [
            Stretch(lane[place], str(row["event"]), time[first + late.get(place, 0)], row["end"], MARKS[row["kind"]], name(row, shown))
            for place in row["locations"] if place in lane
        ]  # fmt: skip
    return out, list(lane)


MOST_SAID = 60


def said_at(shown: View, place: str, between: tuple[pd.Timestamp, pd.Timestamp], lane: int = 0) -> list[Said]:
    """What people said about a place in a stretch of time, the last word on each span."""
    if shown.labels.empty:
        return []
    table = last_words(shown.labels, place)
    table = table[(table["end"] >= between[0]) & (table["start"] <= between[1])].head(MOST_SAID)
    return [Said(row.start, row.end, row.verdict == "reject", lane) for row in table.itertuples()]


def describe(shown: View, event: pd.Series, short: bool = False) -> str:
    """“38 % below the forecast, 1 h 30 min, 5 sensors”; short = without the number of places."""
    seen, against = shown.judge.seen(event, shown.found)
    text = anomaly.describe_event(event, shown.found, seen, shown.word, against)
    if len(shown.judge.targets) > 1:
        text = f"{words.sentence(readable(seen.target))} {text}"
    return text.rsplit(", ", 1)[0] if short and ", " in text else text


COLUMNS = (
    Column("Kind"), Column("Where"), Column("Start", number=True, minor=True), Column("What", wide=True),
    Column("Peak, × usual", number=True, minor=True), Column("Said", minor=True),
)  # fmt: skip


def rows(shown: View, table: pd.DataFrame, every: bool) -> Sequence[Sequence[Markup | str]]:
    """Rows of the table of events, most unusual first; a dozen, or every one up to 200."""
    same_day = one_day(shown.found)
    return [
        [
            markup.chip(shown.kinds[row["kind"]], MARKS[row["kind"]]), name(row, shown),
            words.clock(row["start"]) if same_day else words.moment(row["start"], shown.found.step),
            describe(shown, row, short=True), times(float(row["peak"])), said_of(shown, row),
        ]
        for _, row in table.head(MOST_ROWS if every else FEW_ROWS).iterrows()
    ]  # fmt: skip


def times(peak: float) -> str:
    """“9.8×”; beyond a thousand the number says nothing more."""
    return f"{words.fixed(peak, 1)}×" if peak < 1000 else "> 1,000×"


def said_of(shown: View, event: pd.Series) -> str:
    """“confirmed by Ann”; empty where nobody spoke."""
    label = verdict_on(shown.labels, event)
    if label is None:
        return ""
    word = {"confirm": "confirmed", "reject": "rejected", "relabel": "named anew"}[label["verdict"]]
    return f"{word} by {words.short(str(label['by']), 20)}" if label["by"] else word


def main_target(shown: View, when: pd.Timestamp, place: int) -> int:
    """Position of the value that was most out of line at a place and moment."""
    shares = shown.found.contributions
    if shares is None or shares.shape[2] != len(shown.judge.targets):
        return 0
    return int(np.argmax(np.nan_to_num(shares[int(shown.found.time.get_indexer([when])[0]), place])))


def quantity(shown: View, position: int) -> str:
    """“Speed, mph” of the target at a position."""
    target = shown.judge.targets[position]
    unit = shown.judge.unit(target)
    return words.sentence(readable(target)) + (f", {unit}" if unit else "")
