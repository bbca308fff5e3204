"""Every colour of the product, once, in light and dark. Charts, maps, pictures and the style sheet read them here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Tone = Literal["plain", "good", "bad", "muted", "action", "fault", "local", "regional"]
Kind = Literal["fault", "local", "regional"]

FONT = "Plex, 'IBM Plex Sans', system-ui, sans-serif"
MONO = "'Plex Mono', 'IBM Plex Mono', ui-monospace, monospace"


@dataclass(frozen=True)
class Mark:
    """Colours of one kind of anomaly: ``mark`` for shapes and lines, ``text`` for words."""

    mark: str
    text: str


@dataclass(frozen=True)
class Theme:
    """Colour tokens of one ground (light or dark).

    Attributes:
        forecast, observed, baseline: lines and their labels.
        band_alpha: opacity of a 90 % band.
        categorical: seven distinguishable colours for models and groups.
        sequential: ten steps from unremarkable to what needs attention.
        diverging: ten steps symmetric about zero, low (blue) to high (rust).
    """

    name: Literal["light", "dark"]
    ground: str
    panel: str
    sunk: str
    line: str
    grid: str
    ink: str
    muted: str
    action: str
    on_action: str
    forecast: str
    band_alpha: float
    baseline: str
    fault: Mark
    local: Mark
    regional: Mark
    better: str
    worse: str
    map_ground: str
    map_water: str
    map_line: str
    outline: tuple[int, int, int, int]
    categorical: tuple[str, ...]
    sequential: tuple[str, ...]
    diverging: tuple[str, ...]

    @property
    def observed(self) -> str:
        """Measured values are drawn in ink."""
        return self.ink

    def kind(self, kind: str) -> Mark:
        """Colours of an anomaly kind; an unknown kind is local."""
        return {"fault": self.fault, "regional": self.regional}.get(kind, self.local)

    def tone(self, tone: str) -> str:
        """Text colour of a tone."""
        tones = {
            "good": self.better, "bad": self.worse, "muted": self.muted, "action": self.forecast, "fault": self.fault.text,
            "local": self.local.text, "regional": self.regional.text,
        }  # fmt: skip
        return tones.get(tone, self.ink)


LIGHT = Theme(
    name="light", ground="#FBFAF8", panel="#FFFFFF", sunk="#F3F1ED", line="#E0DCD4", grid="#ECE8E1", ink="#18222F",
    muted="#586373", action="#1A5FB0", on_action="#FFFFFF", forecast="#1A5FB0", band_alpha=0.17, baseline="#6C7480",
    fault=Mark("#9C72F0", "#6A45C4"), local=Mark("#D2691E", "#A34A0A"), regional=Mark("#A3264F", "#A3264F"),
    better="#0A7458", worse="#B3261E", map_ground="#F1EFEA", map_water="#D5E1EA", map_line="#D3CDC1",
    outline=(24, 34, 47, 94),
    categorical=("#1A5FB0", "#DE7618", "#04423A", "#B0647C", "#51127A", "#6C4F01", "#0A9FBD"),
    sequential=(
        "#FCEDB4", "#CFE097", "#99D28B", "#57C38D", "#06AD96", "#019395", "#05798E", "#006185", "#164877", "#24315A",
    ),
    diverging=(
        "#01518F", "#3371AC", "#6391C1", "#93B4D6", "#C8D9EB", "#E9D1C5", "#D1A58F", "#B97D5D", "#A1562D", "#813700",
    ),
)  # fmt: skip

DARK = Theme(
    name="dark", ground="#0F141B", panel="#161D26", sunk="#1C2530", line="#2C3744", grid="#232D39", ink="#E7EBF0",
    muted="#9DA9B8", action="#4F8FE3", on_action="#0F141B", forecast="#7FB6F7", band_alpha=0.20, baseline="#8592A2",
    fault=Mark("#9070EC", "#B9A2FF"), local=Mark("#FFAC65", "#FFAC65"), regional=Mark("#E0527A", "#FF85A6"),
    better="#4CC3A0", worse="#FF8A7A", map_ground="#131A22", map_water="#0C1A2A", map_line="#33404F",
    outline=(10, 13, 18, 255),
    categorical=("#7FB6F7", "#B87A3B", "#99FFE1", "#FE96A4", "#9A74F0", "#F1D153", "#3C95A0"),
    sequential=(
        "#233261", "#16487C", "#046188", "#037A90", "#009396", "#0BAD94", "#5AC289", "#9BD185", "#D1DE8F", "#FDEBAA",
    ),
    diverging=(
        "#8AC3FE", "#65A3E2", "#5582B1", "#446281", "#334150", "#4E3B31", "#7C5541", "#A96E4F", "#D7875E", "#FEA576",
    ),
)  # fmt: skip


def of(name: str | None) -> Theme:
    """The theme called ``light`` or ``dark``; anything else is light."""
    return DARK if name == "dark" else LIGHT


#: Models keep their colour on every page: the place in this list is the place in ``Theme.categorical``.
MODEL_ORDER = ("stid", "lstm", "graph_wavenet", "tcn", "lightgbm", "tgcn", "ridge")
_BASELINES = ("persistence", "seasonal_naive", "historical_average", "climatology", "drift")


def is_baseline(model: str) -> bool:
    """Whether a model's registry name is one of the naive forecasts that others are compared with."""
    return model in _BASELINES


def model_colour(theme: Theme, model: str) -> str:
    """The one colour of a model: baselines grey, ensembles ink, others fixed by name."""
    if is_baseline(model):
        return theme.baseline
    if model.startswith("ensemble"):
        return theme.ink
    if model in MODEL_ORDER:
        return theme.categorical[MODEL_ORDER.index(model)]
    return theme.categorical[sum(model.encode()) % len(theme.categorical)]


def rgb(colour: str) -> tuple[int, int, int]:
    """Red, green and blue 0..255 of ``#RRGGBB``."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def fade(colour: str, alpha: float) -> str:
    """The colour at an opacity, as CSS and plotly read it."""
    red, green, blue = rgb(colour)
    return f"rgba({red},{green},{blue},{alpha:g})"


def mix(colour: str, ground: str, share: float) -> str:
    """``share`` of a colour laid over a ground, as an opaque colour."""
    parts = (round(share * a + (1 - share) * b) for a, b in zip(rgb(colour), rgb(ground), strict=True))
    return "#" + "".join(f"{part:02X}" for part in parts)
