"""Draw the pictures on the cards of Home from the samples' own data, in both themes.

    python sample_data/draw_pictures.py

Run it again after a change of data or colours; a test compares the stored pictures with fresh ones.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from stcore.data import ingest
from stcore.data.panel import Panel
from stcore.data.space import Grid
from stcore.plots import pictures
from stcore.plots.theme import DARK, LIGHT
from stcore.scenarios.samples import Sample, samples


def picture_panel(sample: Sample) -> Panel:
    """The sample as a panel of its first target; a grid cut to the height of a card."""
    experiment = sample.experiment()
    data = experiment.data
    panel = ingest.read(data.source, roles=data, step=data.step, adjacency=data.adjacency)
    if not isinstance(panel, Panel):
        raise TypeError(f"{sample.name} holds several panels")
    panel = panel.select((experiment.targets or list(panel.features))[:1])
    return _middle_rows(panel) if panel.space.grid is not None else panel


def _middle_rows(panel: Panel) -> Panel:
    """The middle rows of a grid, as many as fill a card without cutting cells off."""
    grid = panel.space.grid
    assert grid is not None
    height = max(3, int(grid.shape[1] * pictures.HEIGHT / pictures.WIDTH))
    first = (grid.shape[0] - height) // 2
    keep = np.flatnonzero((grid.rows >= first) & (grid.rows < first + height))
    cut = Grid(
        grid.rows[keep] - first, grid.columns[keep], (height, grid.shape[1]),
        grid.latitudes[first : first + height], grid.longitudes,
    )  # fmt: skip
    space = replace(panel.space, grid=cut, geometry=None, edges={}, parent=None)
    return replace(panel, values=panel.values[:, keep], locations=panel.locations.iloc[keep], space=space)


def main() -> None:
    for sample in samples():
        panel = picture_panel(sample)
        for theme in (LIGHT, DARK):
            path = sample.folder / f"picture-{theme.name}.svg"
            path.write_text(pictures.sample(panel, theme) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
