"""Datasets on disk: the file as it came, its typed rows, and its panels, in a folder that appears whole or not at all.

``<home>/datasets/<id>/``: original, observations.parquet (sorted by location, time), panels/<number>/, dataset.json; and
second/places, second/adjacency, second/geometry: the files beside the table, as they came. A panel saved from Python has
neither original nor observations: it is both.
Names of people stand in dataset.json only and never become part of a path.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from stcore.config import Config
from stcore.data import ingest
from stcore.data.assemble import Recipe, assemble, recipe_of
from stcore.data.coarsen import coarsen
from stcore.data.dataset_folder import (
    SCHEMA_VERSION,
    appearing,
    clean_name,
    folder_of,
    folders,
    new_id,
    read_about,
    remove,
    write_about,
)  # fmt: skip
from stcore.data.observations import stored, write_sorted
from stcore.data.panel import Panel
from stcore.data.panel_files import open_panel, save_panel
from stcore.data.quality import InspectReport, missing_cells, sentence, value_findings
from stcore.data.roles import Roles
from stcore.data.second import SETTINGS, keep_second, second_files
from stcore.data.sources import Asked, keep
from stcore.errors import StoreError
from stcore.experiment import WindowsConfig
from stcore.preparation import PrepareConfig


@dataclass(frozen=True)
class Dataset:
    """One saved dataset.

    Attributes:
        folder: where it lies; the last part is its id.
        about: contents of dataset.json.
    """

    folder: Path
    about: dict[str, Any]

    @property
    def id(self) -> str:
        """Short random text."""
        return self.folder.name

    @property
    def name(self) -> str:
        """As given by a person; escape it where it is shown."""
        return str(self.about["name"])

    @property
    def owner(self) -> str:
        """Who saved it."""
        return str(self.about["owner"])

    @property
    def digest(self) -> str:
        """Changes when any value, time, place or feature does."""
        return str(self.about["digest"])

    @property
    def sentence(self) -> str:
        """The data in one line."""
        return str(self.about["report"]["sentence"])

    @property
    def created(self) -> str:
        """Time of saving, UTC, ISO."""
        return str(self.about["created"])

    @property
    def report(self) -> InspectReport:
        """What was found on reading."""
        return InspectReport.from_json(self.about["report"])

    @property
    def roles(self) -> Roles:
        """Meaning of the columns."""
        return Roles.parse(self.about["roles"])

    @property
    def prepare(self) -> PrepareConfig:
        """How runs on these data prepare the values unless they say otherwise."""
        return PrepareConfig.parse(self.about.get("prepare"), "prepare")

    @property
    def windows(self) -> WindowsConfig:
        """How much history runs on these data see and how far they reach, unless they say otherwise."""
        return WindowsConfig.parse(self.about.get("windows"), "windows")

    @property
    def original(self) -> Path | None:
        """The file as it came; None for a panel that was saved from Python."""
        path = self.folder / "original"
        return path if path.exists() else None

    @property
    def second(self) -> Mapping[str, Path]:
        """The files beside the table, as they came, by their setting: places, adjacency, geometry."""
        return second_files(self.folder)

    @property
    def observations(self) -> Path | None:
        """Typed rows sorted by location and time; None for a panel that was saved from Python."""
        path = self.folder / "observations.parquet"
        return path if path.exists() else None

    def panel(
        self, step: str | None = None, by: str | None = None, how: str | None = None, cell: float | None = None,
        geometry: Any = None,
    ) -> Panel | dict[str, Panel]:  # fmt: skip
        """The panel as saved (memory-mapped), or laid anew from the stored rows.

        Args:
            step: another step of time; values are joined as their schema says.
            by: a column: one panel a value; for events grid, h3, regions or location.
            how: events only: count, mean, sum or max.
            cell: events only: size of a cell in degrees.
            geometry: events by regions only: other districts than those the dataset was saved with.

        Returns:
            A panel; a mapping where runs are kept apart.

        Raises:
            StoreError: files are missing or torn.   DataError: it cannot be laid so.
        """
        asked: dict[str, Any] = {"step": step, "by": by, "how": how, "cell": cell, "geometry": geometry}
        if all(value is None for value in asked.values()):
            return self._saved()
        recipe = replace(
            Recipe(**self.about["recipe"]), **{name: value for name, value in asked.items() if value is not None}
        )
        if recipe.column(self.roles.form) is not None:
            return self._from_original(recipe)
        if self.observations is None:
            return self._coarser(step or "")
        return self._from_rows(self.observations, recipe)

    def _saved(self) -> Panel | dict[str, Panel]:
        names = self.about["panels"]
        panels = {name: open_panel(self.folder / "panels" / str(number)) for number, name in enumerate(names)}
        if self.about["several"]:
            return panels
        return next(iter(panels.values())).called(self.name)

    def _from_original(self, recipe: Recipe) -> dict[str, Panel]:
        if self.original is None:
            raise StoreError(
                f"“{self.name}” was saved as a panel; there is no table to read apart.",
                "Select from the panel instead.",
            )
        with ingest.loaded(self.original, self.roles, self._with_second(recipe)) as result:
            return result.panels

    def _with_second(self, recipe: Recipe) -> Recipe:
        """The recipe with the files beside the table, where it does not bring its own."""
        kept: dict[str, Any] = {name: path for name, path in self.second.items() if getattr(recipe, name) is None}
        return replace(recipe, **kept)

    def _coarser(self, step: str) -> Panel | dict[str, Panel]:
        saved = self._saved()
        return coarsen(saved, step) if isinstance(saved, Panel) else {n: coarsen(one, step) for n, one in saved.items()}

    def _from_rows(self, rows: Path, recipe: Recipe) -> Panel:
        """Laid anew; places, network and districts of anything but events are those that were saved."""
        events = self.roles.form == "events"
        recipe = self._with_second(recipe) if events else replace(recipe, geometry=None, neighbours=None)
        with ingest.scratch() as folder, stored(rows, self.roles, self.about["clock"], folder) as seen:
            panels, _ = assemble(seen, recipe.opened(folder))
        panel, saved = replace(next(iter(panels.values())), name=self.name), self._saved()
        return panel if events or not isinstance(saved, Panel) else _at_places_of(saved, panel)


# making ------------------------------------------------------------------------------------------------------------


def create(
    source: Any, name: str, roles: Any = None, owner: str = "local", recipe: Recipe | None = None,
    tell: ingest.Tell | None = None, **parts: Any,
) -> Dataset:  # fmt: skip
    """Read a table and keep it: the file as it came, the typed rows, the panel and the report.

    Args:
        source: as in ``ingest.read``.
        name: words for people, cut at 200 characters; never part of a path.
        roles: columns whose meaning should not be guessed.
        recipe: or its fields as keywords: step, by, clock, how, cell, geometry, join, adjacency.
        tell: gets each stage of ``ingest.STAGES``; what it raises ends the reading, and nothing is saved.

    Raises:
        DataError: the table cannot be used; nothing is saved.   StoreError: no space, or no right; nothing is saved.
    """
    tell = tell or (lambda stage: None)
    recipe = recipe_of(roles, replace(recipe or Recipe(), **parts))
    tell("Copying the file")
    with appearing() as folder:
        original, sha256 = keep(source, folder, Asked.of(roles))
        beside: dict[str, Any] = {name: getattr(recipe, name) for name in SETTINGS}
        recipe = replace(recipe, **keep_second(beside, folder))
        with ingest.scratch(folder) as room:
            recipe = recipe.opened(room)
        table = source if isinstance(source, pd.DataFrame) else original
        with ingest.loaded(table, roles, recipe, within=folder, tell=tell) as result:
            tell("Sorting the rows by place")
            rows = result.folder / "sorted.parquet"
            write_sorted(result.seen, rows)
            rows.rename(folder / "observations.parquet")
            about = _about(name, owner, result.panels, result.report)
            about |= {
                "roles": result.report.roles.model_dump(mode="json"), "several": result.several, "sha256": sha256,
                "recipe": _plain(recipe), "clock": result.seen.clock,
            }  # fmt: skip
        tell("Saving")
        return _finish(folder, about, result.panels)


def save(panel: Panel | Mapping[str, Panel], name: str, owner: str = "local") -> Dataset:
    """Keep a panel (or several) made in Python.

    Raises:
        StoreError: no space, or no right; nothing is saved.
    """
    panels = {"": panel} if isinstance(panel, Panel) else dict(panel)
    first = next(iter(panels.values()))
    roles = Roles(time="time", location="location", values=list(first.features))
    report = InspectReport(
        roles=roles, step=first.step, shape=first.shape, clock=first.clock, sentence=sentence(first),
        missing=sum(missing_cells(each.values) for each in panels.values()), findings=value_findings(first),
        span=(str(first.time[0]), str(first.time[-1])),
    )  # fmt: skip
    with appearing() as folder:
        about = _about(name, owner, panels, report)
        about |= {
            "roles": roles.model_dump(mode="json"), "several": not isinstance(panel, Panel), "sha256": None,
            "recipe": _plain(Recipe(clock=first.clock)), "clock": first.clock,
        }  # fmt: skip
        return _finish(folder, about, panels)


def _about(name: str, owner: str, panels: Mapping[str, Panel], report: InspectReport) -> dict[str, Any]:
    digests = [panel.digest for panel in panels.values()]
    digest = digests[0] if len(digests) == 1 else hashlib.sha256("".join(digests).encode()).hexdigest()[:16]
    return {
        "schema_version": SCHEMA_VERSION, "name": clean_name(name), "owner": owner, "digest": digest,
        "created": datetime.now(UTC).isoformat(timespec="seconds"), "panels": list(panels), "report": report.stored(),
    }  # fmt: skip


def _at_places_of(saved: Panel, panel: Panel) -> Panel:
    """A panel with the coordinates, network and districts of another that holds all of its places."""
    where = saved.locations.index.get_indexer(panel.locations.index)
    if (where < 0).any():
        return panel
    if np.array_equal(where, np.arange(len(saved.locations))):
        return replace(panel, locations=saved.locations, space=saved.space)
    table = saved.locations.iloc[where]
    return replace(panel, locations=table, space=saved.space.at(where, table))


def _plain(recipe: Recipe) -> dict[str, Any]:
    """The recipe as JSON; the files beside the table lie with the dataset."""
    names = ("step", "by", "clock", "how", "cell", "matches", "rules", "differences", "neighbours", "join", "crs")
    plain = {name: getattr(recipe, name) for name in names}
    return {
        name: value.model_dump(mode="json") if isinstance(value, Config) else value for name, value in plain.items()
    }


def _finish(folder: Path, about: dict[str, Any], panels: Mapping[str, Panel]) -> Dataset:
    """Write panels and record, then give the folder its name: from here on the dataset exists."""
    for number, panel in enumerate(panels.values()):
        save_panel(panel, folder / "panels" / str(number))
    write_about(folder, about)
    home = folder.rename(folder.parent / new_id(folder.parent))
    return Dataset(home, about)


# finding -----------------------------------------------------------------------------------------------------------


def open(id: str) -> Dataset:
    """The dataset of an id.

    Raises:
        NotFound: there is none.   StoreError: it cannot be read, or has another schema version.
    """
    folder = folder_of(id)
    return Dataset(folder, read_about(folder))


def list_datasets(owner: str | None = None) -> list[Dataset]:
    """All readable datasets, newest first; of one owner, or of all (None)."""
    found = []
    for folder in folders():
        try:
            found.append(Dataset(folder, read_about(folder)))
        except StoreError:
            continue  # said when it is opened
    mine = [dataset for dataset in found if owner is None or dataset.owner == owner]
    return sorted(mine, key=lambda dataset: (dataset.created, dataset.id), reverse=True)


def rename(id: str, name: str) -> Dataset:
    """Give a dataset another name.

    Raises:
        NotFound: there is none.   StoreError: it cannot be written.
    """
    return _changed(open(id), {"name": clean_name(name)})


def set_prepare(id: str, prepare: PrepareConfig, windows: WindowsConfig | None = None) -> Dataset:
    """Keep how runs on a dataset prepare the values, and their windows; the values themselves stay as they are.

    Args:
        windows: None: those that are kept stay.

    Raises:
        NotFound: there is none.   StoreError: it cannot be written.
    """
    kept = {"prepare": prepare.model_dump(mode="json", exclude_defaults=True)}
    if windows is not None:
        kept["windows"] = windows.model_dump(mode="json", exclude_defaults=True)
    return _changed(open(id), kept)


def _changed(known: Dataset, changes: Mapping[str, Any]) -> Dataset:
    about = {**known.about, **changes}
    try:
        write_about(known.folder, about)
    except OSError as error:
        raise StoreError(
            f"The record of “{known.name}” could not be changed ({error.strerror or error}).",
            "Free space on the disk and try again.",
        ) from error
    return Dataset(known.folder, about)


def delete(id: str) -> None:
    """Remove a dataset: it is gone at once, its files follow.

    Raises:
        NotFound: there is none.   StoreError: it cannot be removed.
    """
    remove(folder_of(id))
