"""The registry of models: one architecture a file, one line here."""

from __future__ import annotations

from stcore.models import linear, lstm, naive, stid
from stcore.models.contract import ModelSpec
from stcore.registry import Registry

MODELS: Registry[ModelSpec] = Registry("model")
for spec in (naive.PERSISTENCE, naive.SEASONAL_NAIVE, linear.RIDGE, stid.SPEC, lstm.SPEC):
    MODELS.add(spec.name, spec)


def list_models() -> Registry[ModelSpec]:
    """Registry of models: name -> spec (title, when to use, needs, settings schema)."""
    return MODELS
