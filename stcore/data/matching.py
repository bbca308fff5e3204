"""Names of places in two files brought together: exactly, then by case, accents, spaces and leading zeros where that is
unambiguous; what is left gets suggestions for a person to confirm.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches

#: Names that suggestions are made for, and from.
_MOST_ASKED, _MOST_OFFERED = 50, 2000
_CLOSE = 0.6


@dataclass
class Matched:
    """Names of two files side by side.

    Attributes:
        found: name here -> name there.
        lost: names here that have no partner; spare: names there that have none. Both in their order.
        suggested: lost name -> spare name that looks like it.
    """

    found: dict[str, str] = field(default_factory=dict)
    lost: list[str] = field(default_factory=list)
    spare: list[str] = field(default_factory=list)
    suggested: dict[str, str] = field(default_factory=dict)


def plain(name: str) -> str:
    """A name without case, accents and double spaces, so that München meets munchen."""
    text = unicodedata.normalize("NFKD", str(name)).casefold()
    return " ".join("".join(letter for letter in text if not unicodedata.combining(letter)).split())


def looser(name: str) -> str:
    """The same without spaces, strokes and dots between words, and a number without leading zeros and idle ``.0``."""
    text = re.sub(r"[\s_.,'’/-]+", "", re.sub(r"^(\d+)\.0+$", r"\1", plain(name)))
    return (text.lstrip("0") or "0") if text.isdigit() else text


def match(here: Iterable[str], there: Iterable[str], by_hand: Mapping[str, str] | None = None) -> Matched:
    """Partners of names.

    Args:
        here, there: names of both files, each one once.
        by_hand: name here -> name there, decided by a person.
    """
    here, there = list(dict.fromkeys(here)), list(dict.fromkeys(there))
    known = set(there)
    found = {name: other for name, other in (by_hand or {}).items() if other in known and name in set(here)}
    for key in (str, plain, looser):
        found |= _unambiguous(_left(here, found), _left(there, set(found.values())), key)
    lost, spare = _left(here, found), _left(there, set(found.values()))
    return Matched({name: found[name] for name in here if name in found}, lost, spare, _suggested(lost, spare))


def _left(names: list[str], used: Iterable[str]) -> list[str]:
    used = set(used)
    return [name for name in names if name not in used]


def _unambiguous(here: list[str], there: list[str], key: Callable[[str], str]) -> dict[str, str]:
    """Partners under a key that one name on each side has."""
    counts, others = Counter(map(key, here)), Counter(map(key, there))
    offered = {key(name): name for name in there}
    return {name: offered[k] for name in here if counts[k := key(name)] == 1 and others[k] == 1}


def _suggested(lost: list[str], spare: list[str]) -> dict[str, str]:
    """For each lost name the nearest spare one, each at most once."""
    offered = {plain(name): name for name in spare[:_MOST_OFFERED]}
    out: dict[str, str] = {}
    for name in lost[:_MOST_ASKED]:
        close = get_close_matches(plain(name), offered, n=1, cutoff=_CLOSE)
        if close:
            out[name] = offered.pop(close[0])
    return out
