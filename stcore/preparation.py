"""What is done to the values between the file and a model, as settings: cleaned, filled, scaled, described, varied.

Every default leaves the values as they are, but for the standard scale. What a step learns it learns from the train part
alone; ``stcore.data.prepare`` carries it out.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from stcore.config import Config, setting

Fill = Literal["none", "forward", "linear", "spline", "seasonal", "neighbours", "low_rank"]
Scale = Literal["standard", "robust", "min_max", "none"]
Transform = Literal["none", "log", "box_cox", "yeo_johnson"]
Difference = Literal["none", "first", "season"]
Calendar = Literal["time_of_day", "day_of_week", "day_of_year"]


class CleanConfig(Config):
    """Which readings are set aside as wrong. A reading set aside becomes a gap; the file stays as it came."""

    limits: dict[str, tuple[float | None, float | None]] = setting(
        {}, title="Possible range", help="Value -> smallest and largest possible; readings outside become gaps."
    )
    jump: dict[str, Annotated[float, Field(gt=0)]] = setting(
        {}, title="Largest change", help="Value -> largest possible change from one step to the next."
    )
    spikes: float = setting(
        0, title="Spikes", ge=0, le=100,
        help="Hampel rule: set a reading aside that lies more than this many robust deviations from the median of the "
        "readings before it; 5 is usual, 0 = off.",
    )  # fmt: skip
    spike_steps: int = setting(
        12, title="Spikes against", help="Steps before a reading that the median is taken of.", unit="steps", ge=3, le=10_000,
        level="advanced",
    )  # fmt: skip
    stuck: int = setting(
        0, title="Stuck", help="Set aside what repeats exactly for more than this many steps; 0 = off. Zeros may repeat.",
        unit="steps", ge=0, le=1_000_000,
    )  # fmt: skip
    leave_out: list[str] = setting([], title="Places left out", help="Ids of places whose readings are all set aside.")


class PrepareConfig(Config):
    """What is done to the values before a model sees them; fitted on the train part only."""

    zeros_are_missing: bool = setting(
        False, title="Zeros are missing", help="Treat exact zeros as gaps, as some sensors report them."
    )
    clean: CleanConfig = setting(CleanConfig(), title="Clean", help="Which readings are set aside as wrong.")
    fill: Fill = setting(
        "none", title="Fill gaps", help="What models see where a reading is missing; none: the last value. What was filled "
        "is never taken for measured: errors skip it.",
    )  # fmt: skip
    neighbours: int = setting(
        6, title="Neighbours", help="Nearest places that count as neighbours where the data have no network.", ge=1, le=100,
        level="advanced",
    )  # fmt: skip
    rank: int = setting(
        8, title="Common patterns", help="Patterns that the low-rank fill puts all places together from.", ge=1, le=64,
        level="advanced",
    )  # fmt: skip
    transform: Transform = setting(
        "none", title="Transform", help="Bends lopsided values, such as rain or counts, toward a bell shape before they are "
        "scaled; forecasts are bent back. log: a logarithm that knows zeros; box_cox, yeo_johnson: the power that suits the "
        "train part best, the latter also for values below zero.",
    )  # fmt: skip
    transform_over: Literal["value", "place"] = setting(
        "value", title="Transform over", help="One curve for all places, or one a place.", level="advanced"
    )
    scale: Scale = setting(
        "standard", title="Scale", help="standard: mean 0 and spread 1 on the train part; robust: median and quartiles, which "
        "outliers do not move; min_max: 0 to 1.",
    )  # fmt: skip
    scale_over: Literal["place", "all"] = setting(
        "place", title="Scale over", help="place: each place by its own values; all: all places alike, so that large ones stay "
        "larger.", level="advanced",
    )  # fmt: skip
    difference: Difference = setting(
        "none", title="Difference", help="What networks and regressions see and say: values, changes from one step to the next "
        "(first), or changes from one season to the next. Forecasts are added up again.", level="advanced",
    )  # fmt: skip
    features: list[Calendar] | None = setting(
        None, title="Calendar", help="Calendar features the models see; left out: those the step allows."
    )

    @property
    def cleaning(self) -> str:
        """Digest of the settings that decide which readings are set aside; runs that share it are judged on the same truth."""
        return type(self)(zeros_are_missing=self.zeros_are_missing, clean=self.clean).digest()
