"""What a model is to everyone who chooses, checks or lists it: a record that names its settings and where its code lies.

Nothing here or in the files beside it imports torch: the module itself lies in ``stcore.models.nets`` and is loaded
when something trains or predicts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Literal

from stcore.answers import ANSWERS
from stcore.config import Config
from stcore.errors import ModelError
from stcore.models.surroundings import Surroundings

if TYPE_CHECKING:
    from stcore.models.nets.forecaster import Forecaster

Sees = Literal["own", "network", "grid"]
Family = Literal["baseline", "linear", "trees", "classical", "network", "recurrent", "convolution", "hybrid", "grid", "graph",
                 "mixer", "transformer"]  # fmt: skip


@dataclass(frozen=True)
class Shapes:
    """Sizes a model is built for.

    Attributes:
        lookback, horizon: L, H.
        locations: rows of the embedding tables (of all panels together).
        features, targets, future: F, T, G.
        slots: number of phases of each calendar cycle.
        answer: what the numbers mean (see ``stcore.answers``); ``outputs`` numbers a target and step.
        shares: of the classes in the train part, where the answer is classes.
    """

    lookback: int
    horizon: int
    locations: int
    features: int
    targets: int
    future: int
    slots: tuple[int, ...]
    outputs: int = 1
    answer: str = "point"
    shares: tuple[float, ...] = ()


@dataclass(frozen=True)
class ModelSpec:
    """One entry of the registry of models.

    Attributes:
        name, title: registry name, and what a page calls it.
        summary: what it is and when to use it, one or two sentences.
        source: paper or textbook.
        settings: its own settings (defaults, bounds, help).
        code: "module:Class" below ``stcore.models.nets``; the class takes (settings, shapes).
        fitted_by: nothing, solving (closed form) or gradient (the training loop).
        needs: parts of ``Space`` it cannot do without; ``cells`` is a grid, or coordinates to be gathered into one.
        sees: which places a forecast of one place draws on: own (itself, and the mean of all), network (its neighbours) or
            grid (the cells around it). Windows of the others can be cut apart by place.
        family: group under which a page lists it.
        common: listed at once; the others stand under “more”.
        training: training settings whose defaults differ for this model.
        heads: answers it can give; left out: all for networks, a point for others.
        cost: CPU microseconds a window of 12 + 12 steps takes in training, measured (0 = nothing to speak of).
        package: optional package that it needs, imported when it is built.
        paired: whether it keeps a number a pair of places, up to ``MOST_PAIRED`` places.
        when_saved: settings that differ when a saved model is opened, which brings what they asked for.
    """

    name: str
    title: str
    summary: str
    source: str
    settings: type[Config]
    code: str
    fitted_by: Literal["nothing", "solving", "gradient"]
    needs: frozenset[str] = frozenset()
    sees: Sees = "own"
    family: Family = "network"
    common: bool = False
    training: Mapping[str, Any] = field(default_factory=dict)
    heads: tuple[str, ...] = ()
    cost: float = 0.0
    package: str = ""
    paired: bool = False
    when_saved: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.heads:
            object.__setattr__(self, "heads", ANSWERS if self.fitted_by == "gradient" else ("point",))

    @property
    def mixes(self) -> bool:
        """Whether a forecast of one place needs the windows of others."""
        return self.sees != "own"

    def require(self) -> None:
        """Refuse the model where its package is not installed.

        Raises:
            ModelError: names the package and how to install it.
        """
        if self.package and find_spec(self.package) is None:
            raise ModelError(
                f"{self.title} needs the package {self.package}, which is not installed.",
                f"Run .venv/bin/pip install {self.package}, or choose another model.",
            )

    def build(self, settings: Config, shapes: Shapes, around: Surroundings | None = None) -> Forecaster:
        """The untrained module (imports torch).

        Args:
            around: how the places belong together; needed by models that see a network or a grid.

        Raises:
            ModelError: its package is not installed.
        """
        self.require()
        module, _, name = self.code.partition(":")
        code = getattr(import_module(f"stcore.models.nets.{module}"), name)
        built: Forecaster = code(settings, shapes, around) if self.mixes else code(settings, shapes)
        built.sees = self.sees
        if self.sees == "network" and around is not None:
            built.near = import_module("stcore.models.nets.around").near_order(around, shapes.locations)
        return built
