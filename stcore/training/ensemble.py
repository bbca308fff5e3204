"""One forecast from several: the plain mean, or weights chosen on the validation part.

How weights are chosen stands in ``stcore.training.joined``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pandas as pd

from stcore.errors import ConfigError
from stcore.records import Prediction
from stcore.training.fitted import Fitted
from stcore.training.intervals import calibrate, calibration_origins
from stcore.training.joined import Method, choose_weights, combine_predictions, common_origins, weighted

__all__ = ["Method", "choose_weights", "combine", "combine_predictions", "common_origins", "weighted"]


def combine(members: Sequence[Fitted], method: Method = "weighted", by: Sequence[str] = ()) -> Fitted:
    """An ensemble of fitted runs: saves, forecasts and serves like any other.

    Args:
        members: at least two, fitted on the same data with the same windows.
        method: mean or weighted (weights from the second half of validation).
        by: weights apart for groups; a later version, must be empty.

    Raises:
        ConfigError: fewer than two members, or members that do not fit together.
    """
    if by:
        raise ConfigError("Weights apart for groups are not part of this version.", "Leave `by` empty.")
    labels = _distinct([member.run.model.label for member in members], [member.hash for member in members])
    named = dict(zip(labels, members, strict=True))
    if len(named) < 2:
        raise ConfigError(f"An ensemble needs at least two members; {len(named)} given.", "Add another fitted model.")
    first = members[0]
    if not isinstance(first.validation, Prediction):
        raise ConfigError("Ensembles over several panels are not part of this version.", "Combine panel by panel.")
    validation = {
        label: member.validation for label, member in named.items() if isinstance(member.validation, Prediction)
    }
    weights = choose_weights(validation, method)
    joined = weighted(validation, weights, None, "")
    joined = replace(joined, spread=calibrate(joined.select(calibration_origins(len(joined.origins), joined.horizon))))
    identity = _hash(named, weights)
    only = next(iter(first.panels))
    panels = {only: replace(first.panels[only], spread=joined.spread)}
    entry = first.run.model.model_copy(update={"as_": "ensemble"})
    return Fitted(
        run=first.run.model_copy(update={"model": entry}), hash=identity, module=None, panels=panels,
        validation=replace(joined, run_hash=identity), history=pd.DataFrame(columns=["epoch"]),
        chosen={"method": method, "weights": weights}, cpu_s=sum(member.cpu_s for member in members), members=named,
        weights=weights,
    )  # fmt: skip


def _distinct(labels: Sequence[str], hashes: Sequence[str]) -> list[str]:
    return [
        label if labels.count(label) == 1 else f"{label}-{digest[:6]}"
        for label, digest in zip(labels, hashes, strict=True)
    ]


def _hash(members: Mapping[str, Fitted], weights: Mapping[str, float]) -> str:
    import hashlib

    text = repr([(member.hash, round(weights[label], 9)) for label, member in members.items()])
    return hashlib.sha256(text.encode()).hexdigest()[:16]
