"""Settings that every network has: what it knows beside the recent past. All on by default."""

from __future__ import annotations

from stcore.config import Config, setting


class NetSettings(Config):
    """Base of the settings of networks."""

    location_embedding: bool = setting(True, title="Knows the place", help="Learn a vector a place.", level="advanced")
    time_embedding: bool = setting(True, title="Knows the time", help="Learn a vector a time of day and weekday.",
                                   level="advanced")  # fmt: skip
    from_last_value: bool = setting(
        True, title="Counts from the last value", help="Learn the change from the last value, not the value itself. Turn it "
        "off where values return to the same level after every step.", level="advanced",
    )  # fmt: skip


class GridSettings(NetSettings):
    """Base of the settings of networks on a grid."""

    carries: bool = setting(
        True, title="Carries the field along", help="Count from the last field carried along with the movement seen, not from where it "
        "stood.", level="advanced",
    )  # fmt: skip


class LinearSettings(NetSettings):
    """Base of the settings of linear networks."""

    ahead: bool = setting(True, title="Knows what is ahead", help="See the usual value, last season's and what is known ahead of "
                          "each target time.", level="advanced")  # fmt: skip
    others: bool = setting(True, title="Knows the other values", help="See the history of the values that are not forecast.",
                           level="advanced")  # fmt: skip
