"""Which pages there are: address, title, door. A page whose script does not exist yet is not listed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2] / "pages"


@dataclass(frozen=True)
class Entry:
    """One page.

    Attributes:
        address: name in the browser's address and of its script.
        title: words in the top bar.
        door: menu it stands in; empty = directly in the bar.
        help: one line for the menu.
    """

    address: str
    title: str
    door: str = ""
    help: str = ""


ENTRIES: tuple[Entry, ...] = (
    Entry("home", "Home", help="Drop a file, open a sample, go on with recent work."),
    Entry("load", "Load", "Data", "What the columns mean, what was found, save."),
    Entry("explore", "Explore", "Data", "The map beside the curves."),
    Entry("prepare", "Prepare", "Data", "Clean, fill, scale."),
    Entry("train", "Train", "Model", "Choose models, start, watch."),
    Entry("compare", "Compare", "Model", "Which model is best, where and when."),
    Entry("forecast", "Forecast", "Results", "Maps and curves of what comes next."),
    Entry("anomalies", "Anomalies", "Results", "What is out of line."),
    Entry("live", "Live", "Operate", "Incoming data against the forecast."),
    Entry("models", "Models", "Operate", "Kept models, export, service."),
    Entry("jobs", "Jobs", "Operate", "What runs, waits, failed."),
    Entry("traffic", "Traffic", "Tools", "Congestion and routes."),
    Entry("power_grid", "Power grid", "Tools", "Load and limits."),
    Entry("hazards", "Hazards", "Tools", "Warnings."),
)


def path(address: str) -> Path:
    """The script of a page."""
    return ROOT / f"{address}.py"


def exists(address: str) -> bool:
    """Whether this version has the page."""
    return path(address).is_file()


def listed() -> dict[str, list[Entry]]:
    """Door -> its pages, in order, those that exist."""
    doors: dict[str, list[Entry]] = {}
    for entry in ENTRIES:
        if exists(entry.address):
            doors.setdefault(entry.door, []).append(entry)
    return doors
