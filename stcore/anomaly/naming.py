"""What an event was, told by its surroundings: a sensor's fault, something local, or something regional.

One place out of line is more likely its sensor's fault than an event when the places around it stay calm.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from stcore.records import Detection

#: Kind -> title. ``single`` is a place without neighbours: nothing can be said about its surroundings.
KINDS = {"fault": "Sensor fault", "local": "Local event", "regional": "Regional event", "single": "Single place"}
#: The second neighbour must move by this share of what the strongest place does.
SHARE = 0.25
NEIGHBOURS = 6


def neighbour_table(edges: pd.DataFrame | None, ids: pd.Index, count: int) -> np.ndarray:
    """Positions of at most ``count`` neighbours of each place, closest first: int [location, count], -1 = none.

    Places with fewer are given neighbours of their neighbours after them, as on a road, where an incident is felt on one side.
    """
    out = np.full((len(ids), count), -1)
    if edges is None or not len(edges):
        return out
    ends = [ids.get_indexer(edges[side]) for side in ("from", "to")]
    weight = np.nan_to_num(edges["weight"].to_numpy(float)) if "weight" in edges else np.ones(len(edges))
    pairs = pd.DataFrame({
        "place": np.concatenate(ends), "other": np.concatenate(ends[::-1]), "weight": np.tile(weight, 2), "hops": 1,
    })  # fmt: skip
    pairs = _closest(pairs[(pairs["place"] >= 0) & (pairs["other"] >= 0)])
    short = pairs["place"].map(pairs.groupby("place").size()) < count
    beyond = pairs[short].merge(pairs, left_on="other", right_on="place", suffixes=("", "_on"))
    beyond = beyond.assign(other=beyond["other_on"], weight=beyond["weight"] * beyond["weight_on"], hops=2)
    pairs = _closest(pd.concat([pairs, beyond[list(pairs.columns)]]))
    rank = pairs.groupby("place").cumcount().to_numpy()
    kept = rank < count
    out[pairs["place"].to_numpy()[kept], rank[kept]] = pairs["other"].to_numpy()[kept]
    return out


def _closest(pairs: pd.DataFrame) -> pd.DataFrame:
    """Each pair of two places once, few hops and large weights first."""
    ordered = pairs[pairs["place"] != pairs["other"]].sort_values(
        ["hops", "weight"], ascending=[True, False], kind="stable"
    )
    return ordered.drop_duplicates(["place", "other"])


def named(detection: Detection, edges: pd.DataFrame | None) -> pd.DataFrame:
    """Events with the kind and the places that their surroundings speak for; regional ones stay.

    An event is **local** when the second strongest of the neighbours of its strongest place moves at least ``SHARE`` as far, the
    same way, at the same time (the only one, where there is but one); else it is a **fault** of that place alone.

    Args:
        detection: with ``alone``; of several values the one farthest out at an event counts.
        edges: who is a neighbour.
    """
    events, alarms, ids = detection.events, detection.alarms, detection.locations.index
    beside = neighbour_table(edges, ids, NEIGHBOURS)
    first, last = (detection.time.get_indexer(events[side]) for side in ("start", "end"))
    kinds, places = list(events["kind"]), list(events["locations"])
    for row, kind in enumerate(kinds):
        if kind != "regional":
            span = slice(first[row], last[row] + 1)
            kinds[row], members = _named(detection, alarms, span, ids.get_indexer(places[row]), beside)
            places[row] = ids[members].tolist()
    return events.assign(kind=kinds, locations=pd.Series(places, index=events.index, dtype=object))


def _named(
    detection: Detection, alarms: np.ndarray, rows: slice, members: np.ndarray, beside: np.ndarray
) -> tuple[str, np.ndarray]:
    """Kind of an event at rows and places, and the places it is about."""
    assert detection.alone is not None
    flagged = alarms[rows][:, members]
    out = np.nan_to_num(detection.alone[rows][:, members]) * flagged[..., None]
    power = np.square(out).sum(axis=0)  # [place, feature]
    strongest, feature = np.unravel_index(np.argmax(power), power.shape)
    centre, when = int(members[strongest]), flagged[:, strongest]
    others = beside[centre][beside[centre] >= 0]
    if not len(others) or not power[strongest, feature]:  # nobody to compare with, or nothing known of how it moved
        return ("local" if len(members) > 1 else "fault" if len(others) else "single"), members
    near = np.union1d(members, others)
    part = detection.alone[rows, :, feature][when][:, near]
    known = np.isfinite(part)
    moved = np.where(known, part, 0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    at = near == centre
    moved *= np.sign(moved[at])
    least = SHARE * float(np.sqrt(power[strongest, feature] / max(known[:, at].sum(), 1)))
    second = np.sort(moved[np.isin(near, others)])[-min(2, len(others))]
    if second < least or least < SHARE:  # hardly moved: stuck, not swept along
        return "fault", np.array([centre])
    return "local", near[(moved >= least) | at]
