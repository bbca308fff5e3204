"""Anomalies: scores, thresholds, alarms and events.

``detect(panel)`` needs nothing but a panel; ``from_predictions`` judges the errors of a trained model. One detector a
file, one line here.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from stcore.anomaly.alarming import AlarmSettings, alarms_a_week, with_alarms
from stcore.anomaly.alike import similar_past
from stcore.anomaly.auto import AutoSettings
from stcore.anomaly.autoencoder import AutoencoderSettings
from stcore.anomaly.choosing import by_labels
from stcore.anomaly.context import in_context
from stcore.anomaly.contract import Detector, DetectorSpec
from stcore.anomaly.describe import Expectation, describe_event, expectation, surprised, tell_event
from stcore.anomaly.events import find_events
from stcore.anomaly.feed_alarms import FeedAlarms
from stcore.anomaly.isolation_forest import IsolationForestSettings
from stcore.anomaly.judging import Judgement, judged, threshold_from
from stcore.anomaly.kmeans import KMeansSettings
from stcore.anomaly.knn import KnnSettings
from stcore.anomaly.mahalanobis import MahalanobisSettings
from stcore.anomaly.naming import KINDS
from stcore.anomaly.neighbours import NeighboursSettings
from stcore.anomaly.network import NetworkSettings, watch
from stcore.anomaly.network_pca import NetworkPcaSettings
from stcore.anomaly.past import Past, against_past
from stcore.anomaly.patch_cnn import PatchCnnSettings
from stcore.anomaly.poly import PolySettings
from stcore.anomaly.predictions import compared_leads, from_predictions
from stcore.anomaly.pyod_detector import PyodSettings
from stcore.anomaly.residual import ResidualSettings
from stcore.anomaly.scored import DetectorSettings
from stcore.anomaly.self_test import SelfTest, self_test, self_test_key
from stcore.anomaly.spectral_residual import SpectralResidualSettings
from stcore.anomaly.sub_pca import SubPcaSettings
from stcore.anomaly.window_detector import WindowSettings
from stcore.data.panel import Panel, as_panels
from stcore.errors import ConfigError, DataError
from stcore.records import Detection
from stcore.registry import Registry

DETECTORS: Registry[DetectorSpec] = Registry("detector")
for _spec in (
    DetectorSpec(
        "auto", "Automatic", "What to use when in doubt: several detectors at several lengths, averaged; finds long and short.",
        AutoSettings, "auto:Auto",
    ),
    DetectorSpec(
        "residual", "Forecast error", "Steps that lie far from what the recent past and the usual day led one to expect.",
        ResidualSettings, "residual:Residual",
    ),
    DetectorSpec(
        "network", "Network in context", "Sensor faults, local and regional events among many places with neighbours.",
        NetworkSettings, "network:Network",
    ),
    DetectorSpec(
        "seasonal_z", "Seasonal z-score", "Values far from the usual one of their hour; plain, and easy to explain.",
        DetectorSettings, "seasonal_z:SeasonalZ",
    ),
    DetectorSpec(
        "kmeans", "Typical windows", "Stretches unlike each of a few typical ones; fast, for odd days.",
        KMeansSettings, "kmeans:KMeans",
    ),
    DetectorSpec(
        "knn", "Nearest windows", "Stretches whose like was hardly ever seen; for series with many usual shapes.",
        KnnSettings, "knn:Knn",
    ),
    DetectorSpec(
        "shape_knn", "Nearest shapes", "Stretches that behave unlike others: calmer, rougher, drifting, at another level.",
        KnnSettings, "shape_knn:ShapeKnn",
    ),
    DetectorSpec(
        "sub_pca", "Usual shapes", "Stretches that cannot be put together from a few usual shapes; for rhythmic series.",
        SubPcaSettings, "sub_pca:SubPca",
    ),
    DetectorSpec(
        "poly", "Cubic fit", "Bursts and rough stretches that a smooth curve does not describe.",
        PolySettings, "poly:Poly",
    ),
    DetectorSpec(
        "local_spread", "Local spread", "Stretches in which values vary more than usual.",
        WindowSettings, "local_spread:LocalSpread",
    ),
    DetectorSpec(
        "spectral_residual", "Spectral residual", "Spikes and sudden changes on one long series with a rhythm.",
        SpectralResidualSettings, "spectral_residual:SpectralResidual",
    ),
    DetectorSpec(
        "isolation_forest", "Isolation forest", "Stretches that a few random cuts set apart; many series that behave alike.",
        IsolationForestSettings, "isolation_forest:IsolationForest",
    ),
    DetectorSpec(
        "mahalanobis", "Sensors together", "Moments at which the values of a place do not go with each other as usual; for machines.",
        MahalanobisSettings, "mahalanobis:Mahalanobis",
    ),
    DetectorSpec(
        "network_pca", "Network patterns", "Places that do not move with all the others as they usually do.",
        NetworkPcaSettings, "network_pca:NetworkPca",
    ),
    DetectorSpec(
        "neighbours", "Neighbours", "Places that their neighbours do not confirm; for sensor faults, not for what hits a region.",
        NeighboursSettings, "neighbours:Neighbours",
    ),
    DetectorSpec(
        "autoencoder", "Autoencoder", "Stretches that a small network, trained on usual ones, cannot put together again.",
        AutoencoderSettings, "autoencoder:Autoencoder",
    ),
    DetectorSpec(
        "patch_cnn", "Patch CNN", "Stretches far from all remembered ones in what a small network makes of them.",
        PatchCnnSettings, "patch_cnn:PatchCnn",
    ),
    DetectorSpec(
        "matrix_profile", "Matrix profile", "Shapes without a like in the record, whatever their level; needs stumpy.",
        WindowSettings, "matrix_profile:MatrixProfile", streams=False, package="stumpy",
    ),
    DetectorSpec(
        "pyod", "PyOD detector", "Any detector of PyOD by name, on numbers that describe a stretch; needs pyod.",
        PyodSettings, "pyod_detector:Pyod", package="pyod",
    ),
):  # fmt: skip
    DETECTORS.add(_spec.name, _spec)


def list_detectors() -> Registry[DetectorSpec]:
    """Registry of detectors: name -> spec."""
    return DETECTORS


def detect(
    panel: Panel | Mapping[str, Panel],
    detector: str = "auto",
    fit_end: Any = None,
    settings: Mapping[str, Any] | None = None,
) -> Detection | dict[str, Detection]:
    """Score every step of a panel (or of each of several), with threshold, alarms and events.

    Args:
        panel: one panel, or several by name; each is judged by itself.
        detector: a name of ``DETECTORS``.
        fit_end: last time that may teach what is usual; None: the whole panel, unsupervised.
        settings: settings of the detector.

    Raises:
        ConfigError: an unknown detector, or a wrong setting. ModelError: it needs a package that is not installed.
        DataError: no observed value up to ``fit_end``.
    """

    def judge(one: Panel) -> Detection:
        return in_context(_fitted(one, detector, fit_end, settings).score(one), one, fit_end)

    return judge(panel) if isinstance(panel, Panel) else {name: judge(one) for name, one in as_panels(panel).items()}


def fit_detector(
    panel: Panel | Mapping[str, Panel],
    detector: str = "auto",
    fit_end: Any = None,
    settings: Mapping[str, Any] | None = None,
) -> Detector | dict[str, Detector]:
    """A fitted detector (one each for several panels), to score, update and save; arguments as in ``detect``."""
    if isinstance(panel, Panel):
        return _fitted(panel, detector, fit_end, settings)
    return {name: _fitted(one, detector, fit_end, settings) for name, one in as_panels(panel).items()}


def load_detector(folder: str | Path) -> Detector:
    """A detector saved with ``save``.

    Raises:
        StoreError: files missing, torn, or of another schema version.
    """
    from stcore.anomaly.stored import saved_name

    loaded: Detector = spec(saved_name(Path(folder))).kind.load(folder)
    return loaded


def spec(detector: str) -> DetectorSpec:
    """The registered detector of this name.

    Raises:
        ConfigError: there is none of this name.
    """
    return DETECTORS[detector]


def _fitted(panel: Panel, detector: str, fit_end: Any, settings: Mapping[str, Any] | None) -> Detector:
    chosen = spec(detector)
    built = chosen.build(chosen.settings.parse(settings, "anomalies"))
    return built.fit(_until(panel, fit_end))


def _until(panel: Panel, fit_end: Any) -> Panel:
    """Rows up to ``fit_end``.

    Raises:
        ConfigError: not a time. DataError: there is no row up to then.
    """
    if fit_end is not None:
        try:
            end = pd.Timestamp(fit_end)
            if panel.clock and end.tzinfo is None:
                end = end.tz_localize(panel.clock)
            panel = panel.between(None, end)
        except (ValueError, TypeError) as error:
            raise ConfigError(
                f"“{fit_end}” is not a time of these data ({error}).", "Write for example 2024-03-01 12:00."
            ) from error
    if not len(panel.time):
        raise DataError("There is no step to learn from.", "Choose a later end, or data with at least one step.")
    return panel


__all__ = [
    "DETECTORS", "KINDS", "AlarmSettings", "Detector", "DetectorSpec", "Expectation", "FeedAlarms", "Judgement", "NetworkSettings", "Past", "SelfTest",
    "against_past", "alarms_a_week", "by_labels", "compared_leads", "describe_event", "detect", "expectation", "find_events", "fit_detector", "from_predictions", "in_context", "judged",
    "list_detectors", "load_detector", "self_test", "self_test_key", "similar_past", "spec", "surprised", "tell_event", "threshold_from",
    "watch", "with_alarms",
]  # fmt: skip
