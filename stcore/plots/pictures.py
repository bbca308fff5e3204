"""Small drawings as SVG text: empty states and the cards of samples, drawn from data in theme colours.

They carry no words: captions stand beside them as real text.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from stcore.data.panel import Panel
from stcore.data.space import coordinates
from stcore.plots.ground import unwrapped
from stcore.plots.scale import Scale, sequential
from stcore.plots.theme import Theme

WIDTH, HEIGHT = 268, 126


def _svg(parts: Sequence[str], width: float = WIDTH, height: float = HEIGHT) -> str:
    body = "".join(parts)
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" width="{width:g}" height="{height:g}">{body}</svg>'


def _polyline(points: np.ndarray, colour: str, width: float = 1.6, more: str = "") -> str:
    text = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return f'<polyline points="{text}" fill="none" stroke="{colour}" stroke-width="{width:g}" stroke-linejoin="round" stroke-linecap="round"{more}/>'


def empty_forecast(theme: Theme) -> str:
    """A line that ends in an open band: what will be here."""
    line = np.array([(4, 42), (20, 34), (33, 40), (46, 26), (58, 31), (72, 28)], dtype=float)
    return _svg([
        f'<path d="M72 28 L132 10 L132 50 Z" fill="{theme.line}"/>', _polyline(line, theme.baseline, 2.4),
        _polyline(np.array([(78, 28), (132, 28)]), theme.baseline, 1.8, ' stroke-dasharray="3 3"'),
        f'<circle cx="72" cy="28" r="4.2" fill="{theme.baseline}"/>',
    ], 136, 58)  # fmt: skip


def empty_anomalies(theme: Theme) -> str:
    """A line inside its band, one part outside it."""
    line = np.array(
        [(4, 30), (22, 25), (40, 30), (58, 27), (70, 46), (84, 48), (94, 28), (112, 31), (132, 27)], dtype=float
    )
    return _svg([
        f'<rect x="4" y="17" width="128" height="22" fill="{theme.line}"/>', _polyline(line, theme.baseline, 2.2),
        _polyline(line[4:6], theme.baseline, 4.2),
    ], 136, 58)  # fmt: skip


def empty_data(theme: Theme) -> str:
    """Scattered places, one of them chosen."""
    spots = [(14, 38), (30, 22), (48, 34), (66, 18), (84, 40), (102, 24), (120, 36)]
    dots = [f'<circle cx="{x}" cy="{y}" r="4" fill="{theme.baseline}" opacity=".7"/>' for x, y in spots]
    ring = f'<circle cx="66" cy="18" r="9" fill="none" stroke="{theme.baseline}" stroke-width="2"/>'
    return _svg([*dots, ring], 136, 58)


def empty_models(theme: Theme) -> str:
    """Bars from a zero line."""
    bars = [
        f'<rect x="44" y="{8 + 12 * i}" width="{w}" height="7" fill="{theme.baseline}" opacity=".7"/>'
        for i, w in enumerate((74, 58, 40))
    ]
    left = f'<rect x="26" y="44" width="18" height="7" fill="{theme.line}"/>'
    return _svg([*bars, left, f'<path d="M44 2 V56" stroke="{theme.baseline}" stroke-width="1.6"/>'], 136, 58)


def sample(panel: Panel, theme: Theme) -> str:
    """A card's picture from the data themselves: cells of a grid, places on their network, or a few curves.

    Uses the first feature; the moment shown is the one where places differ most.
    """
    values = panel.values[:, :, 0]
    lonlat = coordinates(panel.locations)
    if panel.space.grid is not None:
        body = _grid(panel, values, theme)
    elif lonlat is not None and len(panel.locations) >= 8:
        body = _places(panel, values, unwrapped(lonlat), theme)
    else:
        body = _curves(values, theme)
    ground = f'<rect width="{WIDTH}" height="{HEIGHT}" rx="4" fill="{theme.map_ground}"/>'
    return _svg([f'<clipPath id="c"><rect width="{WIDTH}" height="{HEIGHT}" rx="4"/></clipPath>', ground,
                 f'<g clip-path="url(#c)">{"".join(body)}</g>'])  # fmt: skip


def _telling_step(values: np.ndarray) -> int:
    """The step at which places differ most, among about 400."""
    rows = np.linspace(0, len(values) - 1, min(400, len(values))).astype(int)
    spread = np.nan_to_num(np.nanstd(np.where(np.isfinite(values[rows]), values[rows], np.nan), axis=1))
    return int(rows[int(np.argmax(spread))])


def _colours(panel: Panel, values: np.ndarray, theme: Theme) -> tuple[np.ndarray, list[str]]:
    schema = panel.schema[panel.features[0]]
    scale: Scale = sequential(values, theme, schema.attention)
    now = values[_telling_step(values)]
    return now, [f"rgb({r},{g},{b})" for r, g, b in scale.colour(now).tolist()]


def _grid(panel: Panel, values: np.ndarray, theme: Theme) -> list[str]:
    grid = panel.space.grid
    assert grid is not None
    now, colours = _colours(panel, values, theme)
    rows, columns = grid.shape
    cell = max(WIDTH / columns, HEIGHT / rows) if columns / rows < 1.4 else min(WIDTH / columns, HEIGHT / rows)
    left, top = (WIDTH - cell * columns) / 2, (HEIGHT - cell * rows) / 2
    quiet = _quiet(now)
    body = []
    for place, (row, column) in enumerate(zip(grid.rows, grid.columns, strict=True)):
        if np.isfinite(now[place]) and now[place] > quiet:
            x, y = left + column * cell, top + (rows - 1 - row) * cell
            if -cell < y < HEIGHT:
                body.append(
                    f'<rect x="{x:.1f}" y="{y:.1f}" width="{cell - 0.6:.1f}" height="{cell - 0.6:.1f}" fill="{colours[place]}"/>'
                )
    return body


def _quiet(now: np.ndarray) -> float:
    """Below this a cell is left out: where a third of them are next to nothing (no rain), else nothing is left out."""
    low, third, high = np.nanpercentile(now, [0, 35, 100]) if np.isfinite(now).any() else (0.0, 0.0, 1.0)
    return float(third) if third - low < 0.1 * (high - low) else float("-inf")


def _places(panel: Panel, values: np.ndarray, lonlat: np.ndarray, theme: Theme) -> list[str]:
    from stcore.plots.ground import ground

    now, colours = _colours(panel, values, theme)
    known = np.isfinite(lonlat).all(axis=1)
    squeeze = np.cos(np.radians(np.nanmean(lonlat[:, 1])))
    flat = lonlat * np.array([squeeze, -1.0])
    low, high = np.nanmin(flat, axis=0), np.nanmax(flat, axis=0)
    scale = min((WIDTH - 16) / max(high[0] - low[0], 1e-9), (HEIGHT + 30) / max(high[1] - low[1], 1e-9))
    middle = (low + high) / 2

    def spot(degrees: np.ndarray) -> np.ndarray:
        return np.asarray((degrees * np.array([squeeze, -1.0]) - middle) * scale + np.array([WIDTH, HEIGHT]) / 2)

    street = theme.panel if theme.name == "light" else theme.map_line
    edges = ground(panel.locations, panel.space).edges[:1500]
    lines = [_polyline(spot(edge.reshape(2, 2)), street, 2.4) for edge in edges]
    dots = []
    size = 3.6 if len(now) <= 60 else 2.7 if len(now) <= 250 else 1.8
    for place in np.flatnonzero(known):
        x, y = spot(lonlat[place])
        hollow = not np.isfinite(now[place])
        fill = "none" if hollow else colours[place]
        dots.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{size}" fill="{fill}" stroke="{theme.ink}" stroke-opacity=".28" stroke-width=".8"/>'
        )
    return lines + dots


def _curves(values: np.ndarray, theme: Theme, most: int = 3) -> list[str]:
    """Up to three places' series over a stretch of at most 240 steps."""
    steps = min(240, len(values))
    start = max(0, (len(values) - steps) // 2)
    part = values[start : start + steps, :most]
    low, high = np.nanmin(part), np.nanmax(part)
    x = np.linspace(0, WIDTH, steps)
    body = [f'<path d="M0 {y} H{WIDTH}" stroke="{theme.line}" stroke-width="1"/>' for y in (32, 64, 96)]
    for place in range(part.shape[1]):
        y = HEIGHT - 14 - (part[:, place] - low) / max(high - low, 1e-9) * (HEIGHT - 28)
        there = np.isfinite(y)
        if there.any():
            body.append(_polyline(np.stack([x[there], y[there]], axis=1), theme.categorical[(0, 1, 6)[place % 3]], 1.6))
    return body
