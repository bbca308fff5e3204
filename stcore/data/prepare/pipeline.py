"""All that is done to a panel before windows are made of it: fitted once on the train part, kept beside the model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from stcore.data import arrays
from stcore.data.panel import Panel
from stcore.data.prepare import gaps
from stcore.data.prepare.clean import measured
from stcore.data.prepare.derived import Derived
from stcore.data.prepare.fill import FILLERS, Filler
from stcore.errors import DataError
from stcore.preparation import PrepareConfig

#: Cells that are filled in one go.
_BLOCK_CELLS = 4_000_000


@dataclass(frozen=True, eq=False)
class Pipeline:
    """What was learnt from the train part of one panel to fill its gaps and work out further values; nothing by default.

    Attributes:
        filler: fills gaps of the measured values, or None.
        filled: names of the values it fills.
        derived: works out further values, or None.
    """

    filler: Filler | None = None
    filled: tuple[str, ...] = ()
    derived: Derived | None = None

    @classmethod
    def fit(
        cls, panel: Panel, train_rows: int, config: PrepareConfig, targets: tuple[str, ...] = (), reach: int = 0
    ) -> Pipeline:  # fmt: skip
        """Learn from the first ``train_rows`` steps of a cleaned panel: nothing later is looked at.

        Args:
            targets: values to forecast; none: all measured ones.
            reach: steps from an origin to the last one that is forecast.

        Raises:
            ConfigError: something these data do not have.
        """
        names = tuple(name for name in panel.features if measured(panel.schema[name]))
        derived = Derived.fit(panel, train_rows, config, targets or names or panel.features, reach)
        if config.fill == "none" or not names:
            return cls(derived=derived)
        return cls(FILLERS[config.fill].fit(panel.select(names), train_rows, config), names, derived)

    @property
    def ends(self) -> int:
        """Readings after a gap that must be known before its fill is: 0 where it is known at its own time."""
        return self.filler.ends if self.filler else 0

    @property
    def made(self) -> tuple[str, ...]:
        """Names of the values that are worked out, so that no data need to have them."""
        return self.derived.names if self.derived else ()

    def apply(self, panel: Panel) -> Panel:
        """A cleaned panel, gaps filled and further values worked out; ``observed`` keeps what was measured.

        Itself where nothing is to be done. Where further values are known ahead it goes on beyond its end.
        """
        filled = self._filled(panel)
        if self.derived is None:
            return filled
        # What a line through a gap says is not known at its own time: further values are worked out without it.
        source = (panel if self.ends else filled).select(self.derived.of)
        return self.derived.apply(filled, np.asarray(source.measured() if self.ends else source.values))

    def _filled(self, panel: Panel) -> Panel:
        if self.filler is None or not _gaps(panel):
            return panel
        cells = panel.values.size
        if not self.filler.by_place and panel.values.nbytes > arrays.IN_MEMORY:
            raise DataError(
                f"“{self.filler.title}” fills all places at once; {cells:,} values are more than it has memory for.",
                "Fill with the last value, a straight line or a smooth curve, or choose fewer places or a longer step.",
            )
        observed = arrays.spacious(panel.shape, bool)
        for rows in arrays.blocks(panel.values):
            observed[rows] = panel.seen(rows)
        values = arrays.by_place(
            panel.values, lambda block, _: self._one(block, panel), _BLOCK_CELLS if self.filler.by_place else cells
        )
        return replace(panel, values=values, observed=observed)

    def _one(self, block: np.ndarray, panel: Panel) -> np.ndarray:
        """Some places [time, place, feature] without gaps, but for those before a first reading."""
        assert self.filler is not None
        which = [panel.features.index(name) for name in self.filled]
        part = np.ascontiguousarray(block[:, :, which])
        found = self.filler.fill(part, panel.time)
        found = np.where(np.isnan(found), gaps.carried(part), found)
        for number, name in enumerate(self.filled):
            low, high = panel.schema[name].range
            if (low, high) != (None, None):
                found[..., number] = np.clip(found[..., number], low, high)
        block[:, :, which] = np.where(np.isnan(part), found, part)
        return block

    def arrays(self) -> dict[str, np.ndarray]:
        """What was learnt, by name; with ``about`` it makes the pipeline again."""
        parts = {"filler": self.filler, "derived": self.derived}
        return {f"{name}.{key}": array for name, part in parts.items() if part for key, array in part.arrays().items()}

    def about(self) -> dict[str, Any]:
        """The rest as JSON."""
        names = {cls: name for name, cls in FILLERS.items()}
        return {
            "fill": names[type(self.filler)] if self.filler else None, "filled": list(self.filled),
            "derived": self.derived.about() if self.derived else None,
        }  # fmt: skip

    @classmethod
    def of(cls, about: Mapping[str, Any] | None, arrays: Mapping[str, np.ndarray], step: str) -> Pipeline:
        """The pipeline of ``about()`` and ``arrays()``; of a model that was kept before there was one, an empty one."""
        if not about:
            return cls()
        parts = {
            part: {
                name.removeprefix(f"{part}."): array for name, array in arrays.items() if name.startswith(f"{part}.")
            }
            for part in ("filler", "derived")
        }
        return cls(
            FILLERS[about["fill"]].of(parts["filler"], step) if about["fill"] else None, tuple(about["filled"]),
            Derived.of_stored(about["derived"], parts["derived"], step) if about["derived"] else None,
        )  # fmt: skip


def _gaps(panel: Panel) -> bool:
    """Whether any value is missing or was filled before, looked at in blocks."""
    return any(not panel.seen(rows).all() for rows in arrays.blocks(panel.values))
