"""What linear networks see beside the past of their targets."""

from __future__ import annotations

from typing import Any

from stcore.models.contract import Shapes
from stcore.models.nets.nlinear import Nlinear
from stcore.models.nlinear import NlinearSettings


def built(features: int, targets: int = 1, **settings: Any) -> Nlinear:
    shapes = Shapes(lookback=6, horizon=3, locations=2, features=features, targets=targets, future=0, slots=())
    return Nlinear(NlinearSettings(**settings), shapes)


def test_without_other_values_it_is_the_plain_model() -> None:
    plain, switched = built(2, 2), built(3, 2, others=False)
    names = set(plain.state_dict())
    assert names == set(switched.state_dict())
    assert {*built(3, 2).state_dict()} - names == {"beside.others.weight"}


def test_each_other_value_has_a_way_to_each_target_and_begins_as_nothing() -> None:
    weight = built(5, 2).state_dict()["beside.others.weight"]
    assert weight.shape == (3 * 2, 6 * 3)
    assert not weight.any()
