"""Tables and the report beside the results: parquet for programs, CSV for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from stcore.data.panel import Panel
from stcore.experiment import Experiment
from stcore.records import Detection, Prediction
from stcore.workflow.result import Part, Result

ROWS_A_FILE = 20_000_000
_ROWS_A_BLOCK = 1_000_000


def export(result: Result, panel: Panel | Mapping[str, Panel], experiment: Experiment) -> None:
    """Write predictions, validation and forecast tables, anomalies and events, and report.html."""
    from stcore.workflow.report import write_report

    tables: dict[Part, str] = {"test": "predictions", "validation": "validation", "forecast": "forecast"}
    for part, name in tables.items():
        write_predictions(result, part, name)
    if experiment.anomalies is not None:
        write_anomalies(result.folder, panel, experiment, result)
    write_report(result)


def write_predictions(result: Result, part: Part, name: str) -> None:
    """NAME.parquet with the columns of ``to_frame()`` and model; above 20 M rows NAME-000.parquet, NAME-001.parquet, ..."""
    for old in result.folder.glob(f"{name}*.parquet"):
        old.unlink()
    total = sum(_rows(p) for label in result.models for p in result.predictions(label, part).values())
    numbered = total > ROWS_A_FILE
    writer = _Writer(result.folder, name, numbered)
    for frame in frames(result, part):
        writer.write(frame)
    writer.close()


def frames(result: Result, part: Part) -> Iterator[pd.DataFrame]:
    """Rows of all models in blocks; with several panels the place is “panel/place”."""
    intervals = result.experiment.intervals
    for label in result.models:
        predictions = result.predictions(label, part)
        for name, prediction in predictions.items():
            block = max(1, _ROWS_A_BLOCK // max(1, _rows(prediction) // max(1, len(prediction.origins))))
            for begin in range(0, len(prediction.origins), block):
                frame = prediction.select(origins=slice(begin, begin + block)).to_frame(
                    intervals.levels if intervals else ()
                )
                frame["location"] = frame["location"].astype(str)
                frame["target"] = frame["target"].astype(str)
                if len(predictions) > 1:
                    frame["location"] = f"{name}/" + frame["location"]
                frame["model"] = label
                yield _one_zone(frame, predictions)


def write_anomalies(folder: Path, panel: Panel | Mapping[str, Panel], experiment: Experiment, result: Result) -> None:
    """anomalies.parquet and events.csv of a detector that learnt from the train part alone."""
    from stcore.anomaly import detect
    from stcore.data.export import guarded_frame
    from stcore.training.planning import plan

    assert experiment.anomalies is not None
    plans = plan(panel, experiment.runs()[0]).panels
    scored, events = [], []
    for name, each in plans.items():
        end = each.panel.time[max(0, each.parts.train_end - 1)]
        found = detect(each.panel, experiment.anomalies.detector, fit_end=end)
        assert isinstance(found, Detection)
        scores, spans = found.to_frame(), found.events.copy()
        scores["location"] = scores["location"].astype(str)
        if len(plans) > 1:
            scores["location"] = f"{name}/" + scores["location"]
            spans["locations"] = [[f"{name}/{place}" for place in places] for places in spans["locations"]]
        clocks = {other: part.panel for other, part in plans.items()}
        scored.append(_one_zone(scores, clocks))
        events.append(_one_zone(spans, clocks))
    pd.concat(scored, ignore_index=True).to_parquet(folder / "anomalies.parquet", index=False)
    table = pd.concat(events, ignore_index=True)
    table["event"] = range(1, len(table) + 1)
    guarded_frame(table[["event", "start", "end", "kind", "locations", "peak"]]).to_csv(
        folder / "events.csv", index=False
    )


def _one_zone(frame: pd.DataFrame, panels: Mapping[str, Panel | Prediction]) -> pd.DataFrame:
    """The rows in UTC where the panels have clocks of several zones: a column of a file has one zone."""
    if len({panel.clock for panel in panels.values()}) > 1:
        for column in frame.select_dtypes("datetimetz"):
            frame[column] = frame[column].dt.tz_convert("UTC")
    return frame


def _rows(prediction: Prediction) -> int:
    return int(prediction.values.size)


class _Writer:
    """Parquet files of at most ``ROWS_A_FILE`` rows each."""

    def __init__(self, folder: Path, name: str, numbered: bool) -> None:
        self.folder, self.name, self.numbered = folder, name, numbered
        self.writer: Any = None
        self.rows = self.files = 0

    def write(self, frame: pd.DataFrame) -> None:
        """Append rows, starting another file where this one would grow too long."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        table = pa.Table.from_pandas(frame, preserve_index=False)
        if self.writer is not None and self.rows + len(frame) > ROWS_A_FILE:
            self.close()
        if self.writer is None:
            suffix = f"-{self.files:03d}" if self.numbered else ""
            path = self.folder / f"{self.name}{suffix}.parquet"
            self.writer, self.rows = pq.ParquetWriter(path, table.schema, compression="zstd"), 0
            self.files += 1
        self.writer.write_table(table)
        self.rows += len(frame)

    def close(self) -> None:
        """Finish the open file."""
        if self.writer is not None:
            self.writer.close()
            self.writer = None
