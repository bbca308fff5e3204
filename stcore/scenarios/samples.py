"""The samples that come with Fieldcast: a folder each of data, words and settings, no code.

``scenario.yaml`` holds the words a card shows, ``experiment.yaml`` what the columns mean and the settings that suit the
data, ``picture-light.svg`` and ``picture-dark.svg`` a drawing made from the data (``python sample_data/draw_pictures.py``).
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Literal

import yaml

from stcore.config import TopConfig, setting
from stcore.errors import NotFound, nearest
from stcore.experiment import Experiment

FOLDER = Path(__file__).resolve().parents[2] / "sample_data"


class Sample(TopConfig):
    """One sample.

    Attributes:
        name: name of its folder.
        place: the data's own word for a place (sensor, airport, cell).
        size: one line for the card.
        units: value column -> unit.
        tool: name of the domain tool that suits it, or empty.
        order: cards stand in this order.
    """

    name: str
    title: str = setting(title="Title", help="Two words.")
    question: str = setting(title="Question", help="What these data can answer.")
    place: str = setting("place", title="Place", help="The data's own word for a place.")
    size: str = setting(title="Size", help="One line for the card.")
    picture: Literal["network", "grid", "curves"] = setting(title="Picture", help="What is drawn on the card.")
    units: dict[str, str] = setting({}, title="Units", help="Value column -> unit.")
    tool: str = setting("", title="Tool", help="Name of the domain tool that suits it.")
    order: int = setting(99, title="Order", help="Place among the cards.")
    schema_version: int = 1

    @property
    def folder(self) -> Path:
        """Where its files lie."""
        return FOLDER / self.name

    def experiment(self) -> Experiment:
        """Roles and settings; paths are absolute."""
        return Experiment.load(self.folder / "experiment.yaml")

    def drawing(self, theme: str) -> str:
        """The card's picture as SVG text, for the theme ``light`` or ``dark``; empty when it was never drawn."""
        path = self.folder / f"picture-{'dark' if theme == 'dark' else 'light'}.svg"
        return path.read_text(encoding="utf-8") if path.exists() else ""


@lru_cache(maxsize=1)
def samples() -> tuple[Sample, ...]:
    """All samples in the order of their cards; none where the folder was left out of an installation.

    Raises:
        ConfigError: a scenario file with an unknown or missing key.
    """
    found = [_read(path) for path in sorted(FOLDER.glob("*/scenario.yaml"))]
    return tuple(sorted(found, key=lambda sample: (sample.order, sample.name)))


def sample(name: str) -> Sample:
    """One sample by the name of its folder.

    Raises:
        NotFound: there is none of this name.
    """
    for found in samples():
        if found.name == name:
            return found
    raise NotFound(f"There is no sample called “{name[:40]}”.", nearest(name[:40], [s.name for s in samples()]))


def _read(path: Path) -> Sample:
    return Sample.parse({"name": path.parent.name, **yaml.safe_load(path.read_text(encoding="utf-8"))}, str(path))
