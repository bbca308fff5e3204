"""What is done to the values between the file and a model, as settings: cleaned, filled, scaled, described, varied.

Every default leaves the values as they are, but for the standard scale. What a step learns it learns from the train part
alone; ``stcore.data.prepare`` carries it out.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from stcore.config import Config, setting

Fill = Literal["none", "forward", "linear", "spline", "seasonal", "neighbours", "low_rank"]
Scale = Literal["standard", "robust", "min_max", "none"]
Transform = Literal["none", "log", "box_cox", "yeo_johnson"]
Difference = Literal["none", "first", "season"]
Calendar = Literal["time_of_day", "day_of_week", "day_of_year"]
Steps = Annotated[int, Field(ge=1, le=1_000_000)]

#: Words of a page for what can be chosen.
_FILLS = {
    "none": "Leave gaps", "forward": "Last value", "linear": "Straight line", "spline": "Smooth curve",
    "seasonal": "Usual course", "neighbours": "Neighbours", "low_rank": "Common patterns",
}  # fmt: skip
_TRANSFORMS = {
    "none": "As they are", "log": "Logarithm", "box_cox": "Best power", "yeo_johnson": "Best power, also below zero",
}  # fmt: skip
_SCALES = {
    "standard": "Mean and spread", "robust": "Middle half", "min_max": "0 to 1", "none": "Not scaled",
}  # fmt: skip
_DIFFERENCES = {
    "none": "Values", "first": "Changes from step to step", "season": "Changes from season to season",
}  # fmt: skip
_RULES = {
    "none": "No event", "threshold": "Reaches a level", "quantile": "Reaches a rare level",
    "duration": "Stays beyond a level", "rise": "Rises or falls fast", "column": "Own labels",
}  # fmt: skip
_PLACES = {"place": "Each place", "all": "All places alike"}


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


class DerivedConfig(Config):
    """Further values that models see, worked out from the measured ones, the calendar and the map."""

    of: list[str] = setting(
        [], title="From", help="Values the first five are worked out from; empty: those to forecast.", level="advanced"
    )
    lags: list[Steps] = setting(
        [], title="Earlier values", help="Value so many steps before; of lags beyond the steps ahead models see the one before "
        "each target time.", unit="steps",
    )  # fmt: skip
    changes: list[Steps] = setting(
        [], title="Changes", help="Change since so many steps before.", unit="steps", level="advanced"
    )
    rolling: list[Literal["mean", "variance", "min", "max"]] = setting(
        [],
        choices={"mean": "Mean", "variance": "Variance", "min": "Smallest", "max": "Largest"},
        title="Rolling",
        help="Numbers over the last steps.",
    )
    rolling_steps: list[Steps] = setting(
        [12], title="Rolling over", help="Steps they are taken over.", unit="steps", level="advanced"
    )
    neighbours_mean: bool = setting(
        False,
        title="Neighbours' mean",
        help="Mean of the neighbours at the same time: by the network, else the nearest places.",
        level="advanced",
    )
    waves: int = setting(
        0, title="Waves", help="Pairs of sine and cosine a day, week and year, as far as the step and the train part show them.",
        ge=0, le=20, level="advanced")  # fmt: skip
    phase: bool = setting(
        False, title="Time as a number", help="Place in the day, week and year, from 0 to 1.", level="advanced"
    )
    holidays: bool = setting(False, title="Holidays", help="Whether a day is a public holiday where the place lies.")
    country: str | None = setting(
        None, title="Holidays of", help="Country (DE) or part of it (DE-BY); left out: found from the coordinates.",
        level="advanced",
    )  # fmt: skip
    trend: bool = setting(
        False,
        title="Trend",
        help="Time since the beginning, for values that grow or shrink steadily.",
        level="advanced",
    )
    distance_to: dict[str, tuple[float, float]] = setting(
        {},
        title="Distance to",
        help="Name -> latitude and longitude of a point: its distance from each place.",
        unit="km",
        level="advanced",
    )
    static: list[str] = setting(
        [],
        title="Of the place",
        help="Numbers that do not change, from the columns of the places, such as lanes or height.",
        level="advanced",
    )

    @property
    def nothing(self) -> bool:
        """No value is worked out."""
        plain = type(self)(of=self.of, rolling_steps=self.rolling_steps, country=self.country)
        return self.model_copy(update={"rolling": self.rolling if self.rolling_steps else []}) == plain


class AugmentConfig(Config):
    """Variations of the training windows, drawn anew for every step; only networks that learn in epochs see them."""

    share: float = setting(
        0.5, title="Share varied", help="Share of the windows that are varied; the others stay as they are.", ge=0, le=1,
        level="advanced",
    )  # fmt: skip
    jitter: float = setting(
        0, title="Jitter", help="Noise on the history, in spreads of a place; 0.05 is usual, 0 = off.", ge=0, le=2
    )
    scaling: float = setting(
        0, title="Scaling", help="Whole windows stretched away from or toward the mean by about this share.", ge=0, le=1
    )
    magnitude_warp: float = setting(
        0, title="Magnitude warp", help="The same by a smooth curve over the window.", ge=0, le=1, level="advanced"
    )
    time_warp: float = setting(
        0,
        title="Time warp",
        help="The history runs faster and slower by about this share.",
        ge=0,
        le=0.9,
        level="advanced",
    )
    slicing: float = setting(
        0, title="Window slicing", help="Up to this share of the history is cut off at its beginning and the rest stretched.",
        ge=0, le=0.9, level="advanced")  # fmt: skip
    mixup: float = setting(
        0, title="Mixup", help="Two windows are mixed, most of one and some of the other; 0.2 is usual. Higher mixes more.",
        ge=0, le=10, level="advanced")  # fmt: skip
    drop_places: float = setting(
        0,
        title="Places dropped",
        help="Share of places whose history is hidden, as if the sensor were silent.",
        ge=0,
        le=0.9,
        level="advanced",
    )
    masking: float = setting(
        0,
        title="Blocks hidden",
        help="Share of the history that is hidden in one block, as in an outage.",
        ge=0,
        le=0.9,
    )

    @property
    def nothing(self) -> bool:
        """No window is varied."""
        return self.share == 0 or self.model_copy(update={"share": 0.5}) == type(self)()


class EventsConfig(Config):
    """Which times count as an event, and of which class: what a classification learns to forecast."""

    rule: Literal["none", "threshold", "quantile", "duration", "rise", "column"] = setting(
        "none", choices=_RULES, title="Event", help="What counts: a level that is reached, one that only a share of the train part reaches, a level "
        "kept for so many steps, a change by so much within so many steps, or labels of your own.",
    )  # fmt: skip
    value: str | None = setting(
        None, title="Of", help="Value that is judged; left out: the first one to forecast.", level="advanced"
    )
    side: Literal["above", "below"] = setting(
        "above", choices={"above": "High", "below": "Low"}, title="Side", help="Whether high or low values are events."
    )
    levels: list[float] = setting(
        [],
        title="Levels",
        help="One level a class, the mildest first: in the value's unit, or shares such as 0.95 for quantile.",
    )
    steps: int = setting(
        3, title="Steps", help="How long a duration lasts at least, or within how many steps a rise happens.", unit="steps",
        ge=1, le=1_000_000, level="advanced")  # fmt: skip
    levels_over: Literal["place", "all"] = setting(
        "place",
        choices=_PLACES,
        title="Levels over",
        help="Quantiles of each place, or of all places together.",
        level="advanced",
    )
    column: str | None = setting(
        None, title="Labels", help="Label column, or a value that holds whole numbers of classes.", level="advanced"
    )

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.rule in ("none", "column"):
            if self.rule == "column" and not self.column:
                raise ValueError("own labels need the name of their column")
            return self
        if not self.levels:
            raise ValueError(f"an event by {self.rule} needs at least one level")
        if len(self.levels) > 20:
            raise ValueError("more than 20 classes")
        if self.rule == "quantile" and not all(0 < level < 1 for level in self.levels):
            raise ValueError("a quantile is a share between 0 and 1, such as 0.95")
        if self.rule == "rise" and not all(level > 0 for level in self.levels):
            raise ValueError("a rise is above 0; choose the side below for a fall")
        falling = self.side == "below" and self.rule != "rise"
        if self.levels != sorted(set(self.levels), reverse=falling):
            raise ValueError("levels go from the mildest to the most severe, each once")
        return self


class PrepareConfig(Config):
    """What is done to the values before a model sees them; fitted on the train part only."""

    zeros_are_missing: bool = setting(
        False, title="Zeros are missing", help="Treat exact zeros as gaps, as some sensors report them."
    )
    clean: CleanConfig = setting(CleanConfig(), title="Clean", help="Which readings are set aside as wrong.")
    fill: Fill = setting(
        "none", choices=_FILLS, title="Fill gaps", help="What models see where a reading is missing; none: the last value. What was filled "
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
        "none", choices=_TRANSFORMS, title="Transform", help="Bends lopsided values, such as rain or counts, toward a bell shape before they are "
        "scaled; forecasts are bent back. The best power is the one that suits the train part.",
    )  # fmt: skip
    transform_over: Literal["value", "place"] = setting(
        "value",
        choices={"value": "All places alike", "place": "Each place"},
        title="Transform over",
        help="One curve for all places, or one a place.",
        level="advanced",
    )
    scale: Scale = setting(
        "standard", choices=_SCALES, title="Scale", help="To mean 0 and spread 1 on the train part; by the middle half of the values, which "
        "outliers do not move; or from 0 to 1.",
    )  # fmt: skip
    scale_over: Literal["place", "all"] = setting(
        "place", choices=_PLACES, title="Scale over", help="Each place by its own values, or all alike, so that large ones stay larger.", level="advanced",
    )  # fmt: skip
    difference: Difference = setting(
        "none", choices=_DIFFERENCES, title="Difference", help="What networks and regressions see and say: values, changes from one step to the next "
        "(first), or changes from one season to the next. Forecasts are added up again.", level="advanced",
    )  # fmt: skip
    features: list[Calendar] | None = setting(
        None, title="Calendar", help="Calendar features the models see; left out: those the step allows."
    )
    derived: DerivedConfig = setting(
        DerivedConfig(), title="Features", help="Further values worked out for the models."
    )
    augment: AugmentConfig = setting(
        AugmentConfig(), title="Augmentation", help="Variations of the training windows, for networks."
    )
    events: EventsConfig = setting(EventsConfig(), title="Event labels", help="Which times count as an event.")

    @property
    def cleaning(self) -> str:
        """Digest of the settings that decide which readings are set aside; runs that share it are judged on the same truth."""
        return type(self)(zeros_are_missing=self.zeros_are_missing, clean=self.clean).digest()
