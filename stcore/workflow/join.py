"""Finished models, of one run or of several, joined into a model of its own that forecasts like any other."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from stcore.data.panel import Panel
from stcore.experiment import Experiment
from stcore.training.joined import Method
from stcore.workflow.result import Result, write_json

LABELS: Mapping[Method, str] = {"weighted": "ensemble", "mean": "ensemble_mean"}


def join(
    members: Sequence[tuple[Path, str]], panel: Panel | Mapping[str, Panel], experiment: Experiment, method: Method,
    out: Path, progress: Callable[[Mapping[str, Any]], None] | None = None,
) -> Result:  # fmt: skip
    """Weigh the members on the validation part, judge the result on the test part, and leave it in a folder.

    Args:
        members: folder of results and label of each finished model; at least two, fitted on these data.
        experiment: kept beside the result, with the windows, split and values of the first member.
        out: folder of the new run.

    Raises:
        NotFound: a member is not finished. ConfigError: members that do not fit together.
    """
    from stcore.training.ensemble import combine
    from stcore.workflow.run import keep

    tell = progress or (lambda event: None)
    label = LABELS[method]
    tell({"event": "plan", "models": [label], "share": 1.0})
    tell({"event": "model", "model": label, "state": "started"})
    begin = time.perf_counter()
    fitted = combine([Result.open(folder).fitted(name) for folder, name in members], method)
    out.mkdir(parents=True, exist_ok=True)
    shared = {name: getattr(fitted.run, name) for name in ("prepare", "windows", "split", "targets")}
    (out / "experiment.yaml").write_text(experiment.model_copy(update=shared).to_yaml(), encoding="utf-8")
    numbers = keep(out, label, fitted, panel, begin) | {"method": method}
    write_json(out / "metrics.json", {label: numbers})
    tell({"event": "model", "model": label, "state": "done", "seconds": numbers["seconds"], "metrics": numbers})
    write_json(out / "done.json", {"schema_version": 1})
    return Result.open(out)
