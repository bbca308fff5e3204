"""Names that mean the same: written in other letters, with or without “County” or 省; and the nearest ones where none does."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher, get_close_matches
from typing import Any

import numpy as np

from stcore.errors import DataError, nearest

_KINDS = (
    "county", "counties", "district", "parish", "borough", "municipality", "municipio", "province", "provincia",
    "prefecture", "region", "department", "departement", "governorate", "oblast", "krai", "canton", "kanton", "landkreis",
    "kreis", "stadt", "kommune", "shire", "metropolitan", "autonomous", "of", "the", "census", "area",
)  # fmt: skip
_CHINESE = re.compile(
    r"(维吾尔|壮族|回族|藏族|蒙古族|满族|苗族|土家族|朝鲜族|彝族|侗族|布依族|哈尼族|傣族|白族|羌族)*(特别行政区|自治区|自治州|自治县|地区|新区|省|市|区|县|州|盟|旗)$"
)
_MOST_ASKED, _MOST_OFFERED = 100, 3000


@dataclass(frozen=True)
class Matched:
    """What of one list was found in another.

    Attributes:
        position: int [name], where each name stands in the other list; -1: nowhere.
        lost: names that were not found, in order.
        unused: names of the other list that nobody asked for, in order.
        suggestions: lost name -> unused one that reads much alike.
    """

    position: np.ndarray
    lost: list[str]
    unused: list[str]
    suggestions: dict[str, str]


def plain(name: Any) -> str:
    """A name without case, accents and punctuation: “Côte d’Ivoire” and “cote d ivoire” are the same; 6.0 is 6."""
    text = unicodedata.normalize("NFKD", str(name)).casefold().replace("&", " and ")
    text = "".join(letter for letter in text if not unicodedata.combining(letter))
    text = re.sub(r"(?<=\d)\.0+\b", "", text)
    return " ".join(re.findall(r"[^\W_]+", text))


def core(name: Any) -> str:
    """The part of a name that tells: without words for its kind (county, district, 省, 市) and leading zeros."""
    words = [word for word in plain(name).split() if word not in _KINDS]
    text = " ".join(words) or plain(name)
    shorter = _CHINESE.sub("", text)
    text = shorter if len(shorter) > 1 else text
    return text.lstrip("0") or "0" if text.isdigit() else text


def match(names: Sequence[Any], others: Sequence[Any], given: Mapping[str, str] | None = None) -> Matched:
    """Find names in another list: as given, then as they are spelled, then by what tells, where that is unique on both sides.

    Args:
        names: what is looked for.
        others: where it is looked for; of equal names the first counts.
        given: name -> name in ``others``, decided by a person.

    Raises:
        DataError: a given match names something that is not there.
    """
    position = np.full(len(names), -1)
    spelled = _first([plain(other) for other in others])
    for number, name in enumerate(names):
        asked = (given or {}).get(str(name))
        if asked is not None and plain(asked) not in spelled:
            raise DataError(
                f"The match of “{str(name)[:60]}” names “{asked[:60]}”, which is not there.",
                nearest(asked, [str(other) for other in others][:50]),
            )
        position[number] = spelled.get(plain(name if asked is None else asked), -1)
    _match_cores(names, others, position)
    used = {plain(others[at]) for at in position[position >= 0].tolist()}
    lost = [str(names[number]) for number in np.flatnonzero(position < 0).tolist()]
    unused = list(dict.fromkeys(str(other) for other in others if plain(other) not in used))
    return Matched(position, lost, unused, _suggested(lost, unused))


def _first(texts: Sequence[str]) -> dict[str, int]:
    return {text: number for number, text in reversed(list(enumerate(texts)))}


def _match_cores(names: Sequence[Any], others: Sequence[Any], position: np.ndarray) -> None:
    """Fill positions by what tells of a name, where one name and one other of those left have it."""
    taken = {plain(others[at]) for at in position[position >= 0].tolist()}
    free = {plain(other): number for number, other in reversed(list(enumerate(others))) if plain(other) not in taken}
    by_core: dict[str, list[int]] = {}
    for number in free.values():
        by_core.setdefault(core(others[number]), []).append(number)
    wanted: dict[str, list[int]] = {}
    for number in np.flatnonzero(position < 0).tolist():
        wanted.setdefault(core(names[number]), []).append(number)
    for key, asking in wanted.items():
        if len(asking) == 1 and len(by_core.get(key, ())) == 1:
            position[asking[0]] = by_core[key][0]


def _suggested(lost: list[str], unused: list[str]) -> dict[str, str]:
    """The unused name that reads most alike, for up to a hundred lost ones; each is offered to one of them at most.

    A name inside another is offered only where a single one asks for it: many are its parts, not itself.
    """
    offered = {core(name): name for name in reversed(unused[:_MOST_OFFERED])}
    alike: dict[str, tuple[float, str]] = {}
    inside: dict[str, list[str]] = {}
    for name in lost[:_MOST_ASKED]:
        key = core(name)
        for close in get_close_matches(key, list(offered), n=1, cutoff=0.72):
            alike[close] = max(alike.get(close, (0.0, "")), (SequenceMatcher(None, key, close).ratio(), name))
        for other in offered:
            if min(len(other), len(key)) > 3 and (other in key or key in other):
                inside.setdefault(other, []).append(name)
    found = {name: offered[key] for key, (_, name) in alike.items()}
    for key, names in inside.items():
        if len(names) == 1 and key not in alike:
            found.setdefault(names[0], offered[key])
    return {name: found[name] for name in lost if name in found}
