"""Time one step of every network of a round on this machine, in a process of its own, so that a page needs no torch."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from stcore.data import dataset
from stcore.data.panel import as_panels
from stcore.errors import DataError, StcoreError, TrainingError
from stcore.experiment import Experiment

_ROOT = Path(__file__).parents[2]
_TIMEOUT_S = 180


def measure(dataset_id: str, experiment: Experiment) -> None:
    """Measure what was not measured yet; estimates know it from then on (``training.speeds``).

    Raises:
        TrainingError: the process did not answer.
    """
    asked = json.dumps({"dataset": dataset_id, "experiment": experiment.model_dump(mode="json", by_alias=True)})
    try:
        subprocess.run(
            [sys.executable, "-m", "stcore.workflow.measuring"], input=asked, capture_output=True, text=True,
            timeout=_TIMEOUT_S, check=True, cwd=_ROOT,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError) as error:
        raise TrainingError(
            "The models could not be timed here.", "Start the round anyway; the times shown stay rough."
        ) from error


def measure_here(dataset_id: str, experiment: Experiment) -> None:
    """The same in this process (needs torch). A model that does not apply or does not fit in memory is left out."""
    from stcore.training import speeds
    from stcore.training.measure import seconds_a_window
    from stcore.training.planning import plan

    panels = as_panels(dataset.open(dataset_id).panel())
    for run in experiment.runs():
        try:
            settled = plan(panels, run)
            if settled.spec.fitted_by == "gradient" and speeds.known(settled) is None:
                speeds.remember(settled, seconds_a_window(settled))
        except DataError:
            raise
        except StcoreError:
            continue


if __name__ == "__main__":
    given = json.load(sys.stdin)
    measure_here(given["dataset"], Experiment.parse(given["experiment"]))
