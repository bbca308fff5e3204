"""Examples of varied windows come from a process of their own."""

from __future__ import annotations

import numpy as np

from stcore.preparation import AugmentConfig
from stcore.workflow.variations import examples


def test_examples_are_those_of_training() -> None:
    past, ahead = np.tile(np.sin(np.arange(12)), (4, 1)), np.tile(np.cos(np.arange(3)), (4, 1))
    config = AugmentConfig(masking=0.25, scaling=0.3)
    found = examples(past, ahead, config, seed=1)
    assert found.shape == (3, 15)
    assert (np.isnan(found).sum(axis=1) == 3).all()
    factor = found[:, 12:] / ahead[0]
    np.testing.assert_allclose(factor, factor[:, :1] * np.ones(3), rtol=1e-4)
