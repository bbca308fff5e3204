"""All that is done to a panel before windows are made of it: fitted once on the train part, kept beside the model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from stcore.data.panel import Panel
from stcore.data.prepare import gaps
from stcore.data.prepare.clean import measured
from stcore.data.prepare.fill import FILLERS, Filler
from stcore.preparation import PrepareConfig


@dataclass(frozen=True, eq=False)
class Pipeline:
    """What was learnt from the train part of one panel to fill its gaps; nothing by default.

    Attributes:
        filler: fills gaps of the measured values, or None.
        filled: names of the values it fills.
    """

    filler: Filler | None = None
    filled: tuple[str, ...] = ()

    @classmethod
    def fit(cls, panel: Panel, train_rows: int, config: PrepareConfig) -> Pipeline:
        """Learn from the first ``train_rows`` steps of a cleaned panel: nothing later is looked at.

        Raises:
            ConfigError: the way of filling needs something these data do not have.
        """
        names = tuple(name for name in panel.features if measured(panel.schema[name]))
        if config.fill == "none" or not names:
            return cls()
        return cls(FILLERS[config.fill].fit(panel.select(names), train_rows, config), names)

    @property
    def ends(self) -> int:
        """Readings after a gap that must be known before its fill is: 0 where it is known at its own time."""
        return self.filler.ends if self.filler else 0

    def apply(self, panel: Panel) -> Panel:
        """A cleaned panel with its gaps filled; ``observed`` keeps what was measured. Itself where nothing is to be done."""
        if self.filler is None or panel.mask.all():
            return panel
        values = np.array(panel.values, dtype=np.float32)
        which = [panel.features.index(name) for name in self.filled]
        part = values[:, :, which]
        found = self.filler.fill(part, panel.time)
        found = np.where(np.isnan(found), gaps.carried(part), found)
        for place, (number, name) in enumerate(zip(which, self.filled, strict=True)):
            low, high = panel.schema[name].range
            own = np.clip(found[..., place], low, high) if (low, high) != (None, None) else found[..., place]
            values[..., number] = np.where(np.isnan(part[..., place]), own, part[..., place])
        return replace(panel, values=values, observed=panel.mask)

    def arrays(self) -> dict[str, np.ndarray]:
        """What was learnt, by name; with ``about`` it makes the pipeline again."""
        return {f"filler.{name}": array for name, array in self.filler.arrays().items()} if self.filler else {}

    def about(self) -> dict[str, Any]:
        """The rest as JSON."""
        names = {cls: name for name, cls in FILLERS.items()}
        return {"fill": names[type(self.filler)] if self.filler else None, "filled": list(self.filled)}

    @classmethod
    def of(cls, about: Mapping[str, Any] | None, arrays: Mapping[str, np.ndarray], step: str) -> Pipeline:
        """The pipeline of ``about()`` and ``arrays()``; of a model that was kept before there was one, an empty one."""
        if not about or not about["fill"]:
            return cls()
        own = {name.removeprefix("filler."): array for name, array in arrays.items() if name.startswith("filler.")}
        return cls(FILLERS[about["fill"]].of(own, step), tuple(about["filled"]))
