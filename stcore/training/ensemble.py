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
from stcore.training.joined import Method, choose_weights, joined_spread, weighted

__all__ = ["Method", "combine", "weighted"]


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
    if any(set(member.panels) != set(first.panels) for member in members):
        raise ConfigError("The members were not fitted on the same panels.", "Combine models of the same data.")
    parts = {name: {label: _validation(member)[name] for label, member in named.items()} for name in _validation(first)}
    weights = choose_weights(list(parts.values()), method)
    identity = _hash(named, weights)
    panels, joined = {}, {}
    for (name, part), known in zip(parts.items(), first.panels, strict=True):
        panels[known] = replace(first.panels[known], spread=joined_spread(part, weights))
        joined[name] = weighted(part, weights, panels[known].spread, identity)
    entry = first.run.model.model_copy(update={"as_": "ensemble"})
    return Fitted(
        run=first.run.model_copy(update={"model": entry}), hash=identity, module=None, panels=panels,
        validation=joined if len(joined) > 1 else next(iter(joined.values())), history=pd.DataFrame(columns=["epoch"]),
        chosen={"method": method, "weights": weights}, cpu_s=sum(member.cpu_s for member in members), members=named,
        weights=weights,
    )  # fmt: skip


def _validation(member: Fitted) -> Mapping[str, Prediction]:
    """Forecasts of the validation part by panel."""
    return {"": member.validation} if isinstance(member.validation, Prediction) else member.validation


def _distinct(labels: Sequence[str], hashes: Sequence[str]) -> list[str]:
    return [
        label if labels.count(label) == 1 else f"{label}-{digest[:6]}"
        for label, digest in zip(labels, hashes, strict=True)
    ]


def _hash(members: Mapping[str, Fitted], weights: Mapping[str, float]) -> str:
    import hashlib

    text = repr([(member.hash, round(weights[label], 9)) for label, member in members.items()])
    return hashlib.sha256(text.encode()).hexdigest()[:16]
