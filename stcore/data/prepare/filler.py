"""What a way of filling gaps is: fitted on the train part, kept as arrays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import ClassVar, Self

import numpy as np
import pandas as pd

from stcore.data.panel import Panel
from stcore.preparation import PrepareConfig

Arrays = Mapping[str, np.ndarray]


class Filler:
    """One way of filling gaps; a frozen dataclass of arrays, so that it can be kept beside a model.

    Attributes:
        title: as a page says it.
        ends: how many readings after a gap must be known before its fill is; 0 = it is known at its own time.
        by_place: every place is filled from its own readings and nothing learnt, so that places may be filled in parts.
    """

    title: ClassVar[str]
    ends: ClassVar[int] = 0
    by_place: ClassVar[bool] = False

    @classmethod
    def fit(cls, panel: Panel, train_rows: int, config: PrepareConfig) -> Self:
        """Learn from the first rows of a panel of measured values, NaN in gaps."""
        return cls()

    def fill(self, values: np.ndarray, times: pd.DatetimeIndex) -> np.ndarray:
        """float32 [time, location, feature] with gaps filled; NaN where this way has no answer."""
        raise NotImplementedError

    def arrays(self) -> dict[str, np.ndarray]:
        """Its arrays by name; ``type(self).of(arrays, step)`` is it again."""
        return {each.name: np.asarray(getattr(self, each.name)) for each in fields(self)}  # type: ignore[arg-type]

    @classmethod
    def of(cls, arrays: Arrays, step: str) -> Self:
        """The filler of its arrays; ``step`` is that of the panel."""
        return cls(**arrays)
