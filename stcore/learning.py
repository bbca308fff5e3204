"""One model of an experiment and how it is trained, as settings."""

from __future__ import annotations

import re
from typing import Any, Literal

from pydantic import field_validator

from stcore.answers import CHOICES, Answer
from stcore.config import Config, setting

_LABEL = re.compile(r"[^\W_][\w .+()=-]{0,78}[\w+()=-]|[^\W_]")  # becomes the name of a folder


class TrainingConfig(Config):
    """How a network is trained. Defaults count optimiser steps, so a large file is sampled, not waited for."""

    epochs: int = setting(
        10, title="Epochs", help="Rounds of training; the best one on unseen data is kept.", unit="epochs", ge=1, le=10_000
    )  # fmt: skip
    steps_per_epoch: int = setting(
        40, title="Steps an epoch", help="At most this many optimiser steps an epoch; fewer where the data are small.",
        unit="steps", ge=1, le=1_000_000, level="advanced",
    )  # fmt: skip
    batch_windows: int = setting(
        4096, title="Batch", help="Windows (one start time at one place) a step at most. Larger is steadier and slower; small data take fewer.",
        unit="windows", ge=1, le=10_000_000,
    )  # fmt: skip
    learning_rate: float = setting(
        4e-3, title="Learning rate", help="Size of the largest step. Lower it when the curve jumps.", gt=0, le=10,
        search={"low": 3e-4, "high": 1e-2, "log": True},
    )  # fmt: skip
    weight_decay: float = setting(
        1e-4, title="Weight decay", help="Pull of all weights toward zero.", ge=0, le=10, level="advanced"
    )
    schedule: Literal["one_cycle", "cosine", "constant"] = setting(
        "one_cycle", choices={"one_cycle": "Up, then down", "cosine": "Down", "constant": "The same"}, title="Course of the rate",
        help="How the learning rate goes over the whole training.", level="advanced",
    )  # fmt: skip
    averaging: float = setting(
        0.0, title="Averaging", help="Share of the running mean of all weights that stays at each step, such as 0.98; the mean is "
        "what is kept. 0: the weights themselves.", ge=0, lt=1, level="advanced",
    )  # fmt: skip
    curriculum: float = setting(
        0.0, title="Near steps first", help="Share of the training in which the steps ahead are taken in one after the other, the "
        "near ones first. 0: all from the start.", ge=0, le=1, level="advanced",
    )  # fmt: skip
    clip: float = setting(0.5, title="Gradient limit", help="Largest length of a gradient.", gt=0, level="advanced")
    patience: int = setting(
        8, title="Patience", help="Stop after this many epochs without a better result on unseen data.",
        unit="epochs", ge=1, level="advanced",
    )  # fmt: skip
    loss: Literal["auto", "mae", "mse", "huber"] = setting(
        "auto", title="Loss", help="Error that training lowers: mae is robust, mse punishes large misses. auto: mse where most values "
        "are one and the same (rain, rare counts), else mae.", level="advanced",
    )  # fmt: skip
    class_weight: Literal["none", "balanced"] = setting(
        "none", choices={"none": "As they come", "balanced": "All alike"}, title="Rare events", level="advanced",
        help="For chances of events: all classes count alike in learning, however rare they are. Chances come out too high then.",
    )  # fmt: skip
    focal: float = setting(
        0.0, title="Hard cases", help="For chances of events: how much less counts what is already said well (focal loss); 0: alike.",
        ge=0, le=5, level="advanced",
    )  # fmt: skip
    chunk: int = setting(
        0, title="Chunk", help="Sequences run at once inside a step; 0: the model's own. Lower it when memory is short.",
        ge=0, level="advanced",
    )  # fmt: skip
    threads: int = setting(
        0, title="Threads", help="Threads of the processor. 0: FIELDCAST_THREADS, or more where cores are idle and a trial finds them "
        "faster.", ge=0, le=256, level="advanced",
    )  # fmt: skip
    precision: Literal["auto", "float32", "bfloat16", "float16"] = setting(
        "auto", title="Precision", help="Of the numbers in a graphics card's steps; the processor always takes float32. auto: 16 bits, "
        "the faster kind by a trial.", level="advanced",
    )  # fmt: skip
    compiled: Literal["auto", "yes", "no"] = setting(
        "auto", title="Compiled", help="Whether torch compiles the steps for the graphics card. auto: where a trial finds it faster.",
        level="advanced",
    )  # fmt: skip
    device: str = setting(
        "auto", title="Device", help="auto takes a graphics card when there is one; or cpu, cuda, cuda:1, mps."
    )


class ModelEntry(Config):
    """One model of an experiment: registry name, own settings, how it is trained."""

    name: str = setting(title="Model", help="Name in the registry (see `python -m stcore models`).")
    as_: str | None = setting(None, title="Name in results", help="Another name, to list one model twice.", alias="as")
    settings: dict[str, Any] = setting({}, title="Settings", help="The model's own settings.")
    training: dict[str, Any] = setting({}, title="Training", help="Training settings that differ from the defaults.")
    head: Answer = setting(
        "point", choices=CHOICES, title="Answer", help="point: one number a step; quantiles, gaussian: a band learnt with it, by its ends or "
        "as a bell curve; negative_binomial, zero_inflated: whole numbers from zero on; classes: the chance of an event, which is "
        "described under Prepare.",
    )  # fmt: skip
    refit: bool = setting(
        False, title="Refit", help="Fit once more on train and validation for the number of epochs chosen before."
    )

    model_config = Config.model_config | {"populate_by_name": True}

    @field_validator("as_")
    @classmethod
    def _nameable(cls, label: str | None) -> str | None:
        if label is not None and not _LABEL.fullmatch(label):
            raise ValueError(
                "a name in results has 1 to 80 letters, digits, spaces or . + - = _ ( ) and starts with one of the first two"
            )
        return label

    @property
    def label(self) -> str:
        """Name in result tables."""
        return self.as_ or self.name
