"""How readings join and places belong together, as settings: rules, districts joined by name, neighbours."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import model_validator

from stcore.config import Config, setting

#: How several readings become one.
Rule = Literal["mean", "sum", "last", "max", "min", "count", "angle"]


class JoinConfig(Config):
    """How districts and places find each other."""

    on: str | None = setting(
        None, title="Joined by", help="Property of the districts that holds the place's id or name."
    )
    parent: str | None = setting(
        None, title="Part of", help="Property that names the larger area a district belongs to."
    )
    matches: dict[str, str] = setting(
        {}, title="Matches", help="Place in the data -> district, where the names differ too much to be matched."
    )

    @model_validator(mode="before")
    @classmethod
    def _on_is_a_word(cls, given: Any) -> Any:
        """YAML reads an unquoted ``on:`` as true."""
        return (
            {"on" if key is True else key: value for key, value in given.items()} if isinstance(given, dict) else given
        )


class NeighboursConfig(Config):
    """Which places are neighbours, where no network is given."""

    kind: Literal["nearest", "distance", "borders", "correlation"] = setting(
        "nearest", title="Neighbours",
        help="nearest: so many closest places; distance: all within a radius; borders: districts that share a border; "
        "correlation: places that moved most alike in the train part.",
    )  # fmt: skip
    count: int = setting(8, title="How many", help="Neighbours of a place (nearest and correlation).", ge=1, le=1000)
    radius_km: float | None = setting(
        None, title="Radius", help="Places within this distance are neighbours (distance). Left out: suggested.",
        unit="km", gt=0, le=20_016,
    )  # fmt: skip
