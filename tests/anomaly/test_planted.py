"""Each detector finds, among usual rows, the kind of anomaly it is for."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from stcore.anomaly import fit_detector
from stcore.data.panel import Panel

ROWS, PLACE = slice(400, 430), 2


def planted(panel, kind):
    values = panel.values.copy()
    part = values[ROWS, PLACE]
    random = np.random.default_rng(3)
    if kind == "spike":
        values[410, PLACE] += 15
    if kind == "shift":
        part += 12
    if kind == "flat":
        part[:] = part[0]
    if kind == "burst":
        part += random.normal(0, 10, part.shape)
    if kind == "night":  # half a day out of step
        part[:] = values[388:418, PLACE]
    return replace(panel, values=values)


FOR = [
    ("residual", "spike"), ("seasonal_z", "spike"), ("seasonal_z", "shift"), ("spectral_residual", "spike"),
    ("kmeans", "shift"), ("kmeans", "night"), ("knn", "shift"), ("knn", "night"), ("knn", "flat"), ("shape_knn", "burst"),
    ("shape_knn", "flat"), ("sub_pca", "night"), ("sub_pca", "burst"), ("poly", "burst"), ("local_spread", "burst"),
    ("isolation_forest", "burst"), ("autoencoder", "burst"), ("patch_cnn", "shift"),
    ("network_pca", "shift"), ("neighbours", "shift"), ("auto", "spike"), ("auto", "shift"), ("auto", "flat"), ("auto", "burst"),
    ("auto", "night"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "kind"), FOR)
def test_what_it_is_for_is_the_strangest_there_is(name, kind, make_panel):
    panel = make_panel(places=10)
    settings = {"epochs": 3} if name in ("autoencoder", "patch_cnn") else None
    found = fit_detector(panel, name, fit_end=panel.time[399], settings=settings).score(planted(panel, kind))
    row = int(found.scores[:, PLACE].argmax())
    assert ROWS.start - 3 <= row < ROWS.stop + 3
    if name == "isolation_forest":  # its scores hardly grow beyond what is merely rare: the order counts
        return
    assert found.alarms[ROWS, PLACE].any()
    assert found.events.iloc[0]["where"] == "p2"


@pytest.mark.parametrize("name", ["network_pca", "neighbours"])
def test_what_all_places_share_is_not_strange(name, panel):
    values = panel.values.copy()
    common = np.random.default_rng(1).normal(0, 5, (600, 1, 1)).astype(np.float32)
    fitted = fit_detector(replace(panel, values=values + common), name)
    common[500:520] += 15
    shared = fitted.score(replace(panel, values=values + common))
    values[500:520, 1] += 15
    own = fitted.score(replace(panel, values=values + common))
    assert own.scores[500:520, 1].min() > shared.scores[500:520].max()


def test_sensors_that_part_are_strange_though_each_is_usual():
    random = np.random.default_rng(0)
    load = np.cumsum(random.normal(0, 1, 600)) % 20
    values = np.stack([load, 2 * load, -load], axis=1) + random.normal(0, 0.3, (600, 3))
    values[450:480, 1] = values[300:330, 1]
    panel = Panel.from_arrays(
        values[:, None], pd.date_range("2024-01-01", periods=600, freq="1min"), None, ["a", "b", "c"]
    )
    found = fit_detector(panel, "mahalanobis", fit_end=panel.time[399], settings={"clean": True}).score(panel)
    assert 450 <= found.scores[:, 0].argmax() < 500
    assert found.alarms[455:485, 0].all()
    assert not found.alarms[:400].any()
