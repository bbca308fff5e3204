"""What pages read again and again, kept for a while: panels, forecasts, detections. Bounded, and keyed by owner.

Whether an id is the owner's is asked of the store every time; only what lies in files is kept. What comes back is shared
by all sessions: look, never write.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import streamlit as st

from stcore.data import presence as strips
from stcore.data.explore import sample
from stcore.data.panel import Panel, as_panels
from stcore.operations import store
from stcore.plots import chances
from stcore.plots import scale as scales
from stcore.plots import theme as themes
from stcore.plots.ground import Ground, ground
from stcore.plots.scale import Scale
from stcore.records import Detection, Prediction
from stcore.workflow.result import Part


def panel(dataset_id: str, owner: str) -> Panel:
    """The panel of a saved data set; of several (separate runs or machines) the first.

    Raises:
        NotFound: no data set of this id, or another owner's.
    """
    row = store.dataset(dataset_id, owner)
    return _panel(row.id, row.digest, owner)


@st.cache_resource(max_entries=4, ttl="2h", show_spinner=False)
def _panel(dataset_id: str, digest: str, owner: str) -> Panel:
    from stcore.data import dataset

    return next(iter(as_panels(dataset.open(dataset_id).panel()).values()))


def presence(dataset_id: str, digest: str, feature: str, owner: str) -> np.ndarray:
    """Share of readings that are there by groups of places and stretches of time; see ``stcore.data.presence``."""
    return _presence(dataset_id, digest, feature, panel(dataset_id, owner))


@st.cache_data(max_entries=32, ttl="2h", show_spinner=False)
def _presence(dataset_id: str, digest: str, feature: str, _panel: Panel) -> np.ndarray:
    return strips.presence(_panel, feature)


def prediction(run_id: str, model: str, part: Part, owner: str) -> Prediction:
    """A stored forecast of one model: part is test, validation or forecast; arrays stay on disk until they are read.

    Raises:
        NotFound: no run of this id, or another owner's. StoreError: the model is not finished, or its files are gone.
    """
    row = store.run(run_id, owner)
    folder = store.run_folder(row.id)
    return _prediction(str(folder), model, part, _stamp(folder, model, part), owner)


def test_stamp(run_id: str, model: str, owner: str) -> float:
    """Changes when a model's forecast of the tested part was written anew."""
    return _stamp(store.run_folder(store.run(run_id, owner).id), model, "test")


def _stamp(folder: Path, model: str, part: str) -> float:
    """Changes when the forecast was written anew."""
    try:
        return (folder / "models" / model / part / "prediction.json").stat().st_mtime
    except OSError:
        return 0.0


@st.cache_resource(max_entries=24, ttl="2h", show_spinner=False)
def _prediction(folder: str, model: str, part: Part, stamp: float, owner: str) -> Prediction:
    from stcore import Result

    return Result.open(folder).prediction(model, part)


def detection(run_id: str, model: str, owner: str) -> Detection:
    """What was out of line in the tested part, judged by the errors of one model."""
    row = store.run(run_id, owner)
    folder = store.run_folder(row.id)
    return _detection(row.id, model, _stamp(folder, model, "test"), owner)


@st.cache_resource(max_entries=8, ttl="2h", show_spinner=False)
def _detection(run_id: str, model: str, stamp: float, owner: str) -> Detection:
    from stcore import anomaly

    test = prediction(run_id, model, "test", owner)
    whole = panel(store.run(run_id, owner).dataset, owner)
    edges = next(iter(whole.space.edges.values()), None)
    return anomaly.from_predictions(prediction(run_id, model, "validation", owner), test, edges=edges)


@st.cache_resource(max_entries=16, ttl="2h", show_spinner=False)
def place_ground(dataset_id: str, digest: str, owner: str, height: int = 440, width: int = 600) -> Ground:
    """The ground of a data set's map: network, and a first view that fits ``width`` x ``height`` pixels."""
    whole = _panel(dataset_id, digest, owner)
    return ground(whole.locations, whole.space, height, width)


@st.cache_data(max_entries=64, ttl="2h", show_spinner=False)
def value_scale(dataset_id: str, digest: str, feature: str, theme: str, owner: str) -> Scale:
    """Colours of a feature over its whole series, ends at the 2nd and 98th percentile."""
    whole = _panel(dataset_id, digest, owner)
    values = sample.overview(whole, feature).values
    return scales.tidy(scales.sequential(values, themes.of(theme), whole.schema[feature].attention))


@st.cache_data(max_entries=64, ttl="2h", show_spinner=False)
def _chance_scale(run_id: str, model: str, theme: str, stamp: float, owner: str) -> Scale:
    return chances.chance_scale(prediction(run_id, model, "test", owner), themes.of(theme))


def chance_scale(run_id: str, model: str, theme: str, owner: str) -> Scale:
    """Colours of the chances of an event that a model said over the tested part, in per cent."""
    return _chance_scale(run_id, model, theme, _stamp(store.run_folder(run_id), model, "test"), owner)


@st.cache_data(max_entries=64, ttl="2h", show_spinner=False)
def _errors(run_id: str, model: str, target: str, by: str, stamp: float, owner: str) -> pd.DataFrame:
    from stcore.evaluation import evaluate

    part = prediction(run_id, model, "test", owner)
    metrics = ["mae", "mae_persistence", "mae_seasonal", "skill", *(["brier"] if part.classes else [])]
    table = evaluate(part, metrics, (by, "target"))
    return table[table["target"] == target].reset_index(drop=True)


def errors(run_id: str, model: str, target: str, by: str, owner: str) -> pd.DataFrame:
    """Errors of a model on the tested part, one row a lead, hour or place: mae, mae_persistence, mae_seasonal, skill.

    Of forecasts of events also brier.
    """
    row = store.run(run_id, owner)
    return _errors(row.id, model, target, by, _stamp(store.run_folder(row.id), model, "test"), owner)
