"""Panels made ready for a run: cleaned, then filled by what the train part taught. Kept while the panel is in use."""

from __future__ import annotations

from weakref import WeakKeyDictionary

from stcore import words
from stcore.data import arrays
from stcore.data.panel import Panel
from stcore.data.prepare.clean import RULES, Cleaned, clean
from stcore.data.prepare.pipeline import Pipeline
from stcore.findings import Finding
from stcore.models.contract import ModelSpec
from stcore.preparation import AugmentConfig, EventsConfig, PrepareConfig

_CLEANED: WeakKeyDictionary[Panel, tuple[str, Cleaned]] = WeakKeyDictionary()
_READY: WeakKeyDictionary[Panel, tuple[object, tuple[Panel, Pipeline]]] = WeakKeyDictionary()


def for_model(config: PrepareConfig, spec: ModelSpec) -> PrepareConfig:
    """The preparation as a model takes it: baselines repeat what was measured, so that one baseline serves all models."""
    if spec.fitted_by != "nothing":
        return config
    plain = PrepareConfig(zeros_are_missing=config.zeros_are_missing, clean=config.clean)
    return plain.model_copy(update={"scale": config.scale, "features": config.features})


def values_only(config: PrepareConfig) -> PrepareConfig:
    """The settings that decide what values a model sees: variations of windows and labels of events change none of them."""
    return config.model_copy(update={"augment": AugmentConfig(), "events": EventsConfig()})


def cleaned(panel: Panel, config: PrepareConfig) -> Cleaned:
    """``clean``, remembering the last answer for a panel: several models of a round ask the same."""
    known = _CLEANED.get(panel)
    if known is None or known[0] != config.cleaning:
        known = (config.cleaning, clean(panel, config))
        if known[1].panel is panel:
            return known[1]
        _CLEANED[panel] = known
    return known[1]


def ready(
    panel: Panel, train_rows: int, config: PrepareConfig, targets: tuple[str, ...], reach: int
) -> tuple[Panel, Pipeline]:  # fmt: skip
    """A cleaned panel after all other steps, and what was learnt for them from its first ``train_rows`` steps.

    Args:
        targets: values to forecast.
        reach: steps from an origin to the last one that is forecast.
    """
    known = _READY.get(panel)
    key = (values_only(config), train_rows, targets, reach)
    if known is None or known[0] != key:
        pipeline = Pipeline.fit(panel, train_rows, config, targets, reach)
        known = (key, (pipeline.apply(panel), pipeline))
        if known[1][0] is panel:
            return known[1]
        _READY[panel] = known
    return known[1]


def set_aside(raw: Panel, found: Cleaned, targets: tuple[str, ...], test: tuple[int, int]) -> list[Finding]:
    """How many readings were set aside, and how many of them would have been test truth."""
    if not found.total:
        return []
    rows = slice(*test)
    which = [raw.features.index(name) for name in targets]
    tested = _seen_cells(raw, which, rows) - _seen_cells(found.panel, which, rows)
    by_rule = words.listing([f"{count:,} {RULES[rule]}" for rule, count in found.counts.items() if count])
    lost = f" {tested:,} of them lie in the test part and count in no error." if tested else ""
    share = words.percent(
        found.total / max(1, _seen_cells(raw, list(range(len(raw.features))), slice(0, len(raw.time))))
    )
    return [
        Finding(
            code="set_aside", severity="look" if tested else "note", count=found.total,
            message=f"{words.count(found.total, 'reading')} ({share}) are set aside as wrong: {by_rule}.{lost}",
        )
    ]  # fmt: skip


def _seen_cells(panel: Panel, which: list[int], rows: slice) -> int:
    """How many cells of some steps and values were observed, counted in blocks."""
    parts = (panel.seen(slice(part.start + rows.start, min(part.stop + rows.start, rows.stop)))
             for part in arrays.blocks(panel.values[rows]))  # fmt: skip
    return sum(int(part[..., which].sum()) for part in parts)
