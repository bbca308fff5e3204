"""One measured job in a process of its own: ``python benchmarks/peer_jobs.py WHO WHAT SIZE`` prints a line of JSON.

WHO is ours, raw, darts or neuralforecast; WHAT is train:nlinear, train:lstm, train:stid, rolling:nlinear, rolling:lstm or
memory:MODEL; SIZE windows a step. Data are generated: 207 series of 2,016 steps, history 12, ahead 12. Training speed is windows
a CPU second from the difference of a long and a short fit, so that set-up does not count.
"""

from __future__ import annotations

import json
import logging
import resource
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

SERIES, STEPS, LOOKBACK, HORIZON = 207, 2016, 12, 12
HIDDEN = 64
SHORT, LONG = 10, 40  # steps of the two fits
TEST = 381  # starts of a rolling forecast


def values() -> np.ndarray:
    """float32 [step, series]: a day's wave and noise."""
    draw = np.random.default_rng(0)
    hours = np.arange(STEPS)[:, None] / 12
    wave = 50 + 10 * np.sin(2 * np.pi * (hours + draw.uniform(0, 24, SERIES)) / 24)
    return (wave + draw.normal(0, 3, wave.shape)).astype(np.float32)


def cpu(work: Callable[[], Any]) -> float:
    """CPU seconds of a piece of work."""
    begin = time.process_time()
    work()
    return time.process_time() - begin


def speed(fit: Callable[[int], Any], size: int) -> float:
    """Windows a CPU second of ``fit(steps)``, after one to warm up."""
    fit(2)
    short, long = cpu(lambda: fit(SHORT)), cpu(lambda: fit(LONG))
    return (LONG - SHORT) * size / (long - short)


# ours ----------------------------------------------------------------------------------------------------------------


def panel() -> Any:
    from stcore.data.panel import Panel

    times = pd.date_range("2024-01-01", periods=STEPS, freq="5min")
    return Panel.from_arrays(values()[..., None], times)


def run_of(name: str, size: int) -> dict[str, Any]:
    settings = {"hidden": HIDDEN} if name == "lstm" else {}
    return {
        "windows": {"lookback": LOOKBACK, "horizon": HORIZON}, "seed": 1,
        "model": {"name": name, "settings": settings, "training": {"batch_windows": size}},
    }  # fmt: skip


def ours_train(name: str, size: int) -> float:
    """The project's own loop, as ``fit`` runs it."""
    from stcore.training.fit import job_of
    from stcore.training.planning import plan
    from stcore.training.stepping import steps_of

    settled = plan(panel(), run_of(name, size))
    job = job_of(settled)
    trainer = job.trainer(job.fresh())
    source = job.source("fit")
    seen: list[int] = []

    def fit(count: int) -> None:
        trainer.module.train()
        done = 0
        for epoch in range(count):
            for step in steps_of(source, trainer.module, settled.training, 1, epoch):
                trainer.step(step)
                seen.append(step.count)
                done += 1
                if done == count:
                    return

    return speed(fit, 1) * float(np.mean(seen))


def raw_train(name: str, size: int) -> float:
    """The same module and windows in the shortest loop there can be."""
    import torch

    from stcore.training.fit import job_of
    from stcore.training.planning import plan

    settled = plan(panel(), run_of(name, size))
    job = job_of(settled)
    module = job.fresh()
    (windows, origins), *_ = job.source("fit")
    optimiser = torch.optim.AdamW(module.parameters(), lr=4e-3)
    each = round(size / SERIES)
    chunk = settled.training.chunk

    def fit(count: int) -> None:
        module.train()
        for _ in range(count):
            batch = windows.batch(origins[torch.randint(len(origins), (each,))], reads=module.reads)
            optimiser.zero_grad(set_to_none=True)
            rows = max(1, chunk // SERIES) if chunk else each
            width = min(chunk, SERIES) if chunk else SERIES
            for row in range(0, each, rows):
                for place in range(0, SERIES, width):
                    part = batch.part(slice(row, row + rows), slice(place, place + width))
                    target, mask = part.truth
                    (((module(part)[..., 0] - target).abs() * mask).sum() / batch.target.numel()).backward()
            optimiser.step()

    return speed(fit, each * SERIES)


def ours_rolling(name: str, size: int) -> float:
    """CPU seconds of the forecasts of every start of the test part."""
    import stcore

    run = run_of(name, size)
    run["model"]["training"] |= {"epochs": 1, "steps_per_epoch": 2}
    fitted = stcore.fit(panel(), run)
    data = panel()
    stcore.backtest(fitted, data)
    return cpu(lambda: stcore.backtest(fitted, data))


def ours_memory(name: str, size: int) -> float:
    """Peak memory in MB after a fit and a forecast."""
    import stcore

    run = run_of(name, size)
    if name not in ("ridge", "low_rank", "lightgbm"):
        run["model"]["training"] |= {"epochs": 2}
    fitted = stcore.fit(panel(), run)
    stcore.forecast(fitted, panel())
    return peak()


# darts ---------------------------------------------------------------------------------------------------------------


def darts_series() -> list[Any]:
    from darts import TimeSeries

    times = pd.date_range("2024-01-01", periods=STEPS, freq="5min")
    table = values()
    return [TimeSeries.from_times_and_values(times, table[:, number : number + 1]) for number in range(SERIES)]


def darts_model(name: str, size: int, epochs: int = 1) -> Any:
    from darts.models import BlockRNNModel, NHiTSModel, NLinearModel

    quiet = {
        "accelerator": "cpu",
        "enable_progress_bar": False,
        "logger": False,
        "enable_checkpointing": False,
        "enable_model_summary": False,
    }
    same = {
        "input_chunk_length": LOOKBACK, "output_chunk_length": HORIZON, "batch_size": size, "n_epochs": epochs,
        "random_state": 1, "pl_trainer_kwargs": quiet,
    }  # fmt: skip
    if name == "nlinear":
        return NLinearModel(**same)
    if name == "lstm":
        return BlockRNNModel(model="LSTM", hidden_dim=HIDDEN, n_rnn_layers=1, **same)
    return NHiTSModel(**same)


def darts_train(name: str, size: int) -> float:
    series = darts_series()

    def fit(count: int) -> None:
        darts_model(name, size).fit(series, max_samples_per_ts=max(1, round(count * size / SERIES)))

    return speed(fit, size)


def darts_rolling(name: str, size: int) -> float:
    series = darts_series()
    model = darts_model(name, size)
    model.fit(series, max_samples_per_ts=20)
    test = [one[-(TEST + LOOKBACK + HORIZON - 1) :] for one in series]

    def roll() -> None:
        model.historical_forecasts(
            test, forecast_horizon=HORIZON, stride=1, retrain=False, last_points_only=False, verbose=False
        )

    return cpu(roll)


def darts_memory(name: str, size: int) -> float:
    series = darts_series()
    model = darts_model(name, size)
    model.fit(series, max_samples_per_ts=400)
    model.predict(HORIZON, series=series, verbose=False)
    return peak()


# neuralforecast -------------------------------------------------------------------------------------------------------


def neural_table() -> pd.DataFrame:
    times = pd.date_range("2024-01-01", periods=STEPS, freq="5min")
    table = values()
    return pd.DataFrame(
        {"unique_id": np.repeat(np.arange(SERIES), STEPS), "ds": np.tile(times, SERIES), "y": table.T.ravel()}
    )


def neural_train(name: str, size: int) -> float:
    from neuralforecast import NeuralForecast
    from neuralforecast.models import LSTM, NLinear

    table = neural_table()

    def fit(count: int) -> None:
        same = {
            "h": HORIZON, "input_size": LOOKBACK, "max_steps": count, "batch_size": SERIES, "windows_batch_size": size,
            "random_seed": 1, "accelerator": "cpu", "enable_progress_bar": False, "logger": False, "enable_checkpointing": False,
            "enable_model_summary": False, "scaler_type": "identity",
        }  # fmt: skip
        model = (
            NLinear(**same)
            if name == "nlinear"
            else LSTM(encoder_hidden_size=HIDDEN, encoder_n_layers=1, recurrent=False, **same)
        )
        NeuralForecast([model], freq="5min").fit(table)

    return speed(fit, size)


def peak() -> float:
    """Peak resident memory of this process in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


JOBS: dict[tuple[str, str], Callable[[str, int], float]] = {
    ("ours", "train"): ours_train, ("raw", "train"): raw_train, ("darts", "train"): darts_train,
    ("neuralforecast", "train"): neural_train, ("ours", "rolling"): ours_rolling, ("darts", "rolling"): darts_rolling,
    ("ours", "memory"): ours_memory, ("darts", "memory"): darts_memory,
}  # fmt: skip


def main() -> None:
    who, what, size = sys.argv[1:4]
    sys.path.insert(0, str(Path(__file__).parents[1]))
    warnings.simplefilter("ignore")
    for name in ("pytorch_lightning", "lightning.pytorch", "lightning", "darts"):
        logging.getLogger(name).setLevel(logging.ERROR)
    import torch

    torch.set_num_threads(1)
    kind, _, model = what.partition(":")
    print(json.dumps({"result": JOBS[who, kind](model, int(size))}))


if __name__ == "__main__":
    main()
