"""What stands in a gap for a model to see. Filled is never taken for measured: the mask of the panel stays.

Every filler learns from the train part alone. All but linear and spline fill a cell from readings up to its own time; those
two look at the readings after the gap, so that ``stcore.data.windows`` shows them only to origins that know these already.
"""

from __future__ import annotations

from collections.abc import Mapping

from stcore.data.prepare.expect import LowRank, Nearby, Seasonal
from stcore.data.prepare.filler import Filler
from stcore.data.prepare.interpolate import Forward, Linear, Spline

FILLERS: Mapping[str, type[Filler]] = {
    "forward": Forward, "linear": Linear, "spline": Spline, "seasonal": Seasonal, "neighbours": Nearby,
    "low_rank": LowRank,
}  # fmt: skip
"""Setting -> filler, those that need least first."""
