"""What the shapes of a column's cells (every digit written as 9, a leading zero kept) say about how its numbers are written."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from stcore.data.dialect import is_missing
from stcore.data.units import degrees_of, scales, unit_of

#: Characters that only look like digits, signs, apostrophes and spaces, and those they stand for.
ODD = "０１２３４５６７８９．，＋－−–‒﹣％（）′`´\u2019\u2018\u00a0\u202f\u2009\u2007\u2008\u200a\u3000\t"
USUAL = "0123456789.,+-----%()'''''" + " " * 8
#: Before the number, its digits and marks, behind it.
PARTS = r"^([^\d.,]*)([.,]?\d[\d., '']*(?:[eE][+-]?\d+)?)(.*)$"
_PURE = re.compile(r"[+-]?[\d., ']+([eE][+-]?\d+)?")
_TO_USUAL = str.maketrans(ODD, USUAL)
_WORD_MOST = 16


@dataclass(frozen=True)
class Writing:
    """How the numbers of a column are written.

    Attributes:
        decimal: "." or ",".
        marks: thousands are marked.
        unsure: every mark stands before three digits, so that it may part thousands or decimals.
        odd: some characters only look like digits, signs or spaces.
        affixes: what may stand around a number ("#mph", "$#", "#" = nothing) -> factor; empty: nothing does.
        units: unit -> cells; "" = cells without one.
    """

    decimal: str = "."
    marks: bool = False
    unsure: bool = False
    odd: bool = False
    affixes: Mapping[str, float] = field(default_factory=dict)
    units: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class _Cell:
    """One shape taken apart."""

    affix: str
    digits: str
    count: int
    odd: bool
    pure: bool


def read_shapes(
    shapes: Mapping[str, int], decimal: str = ".", small: bool = False, known_units: bool = False
) -> Writing:
    """How the numbers are written, decided on all shapes together.

    Args:
        shapes: shape -> cells.
        decimal: mark of the table, where the column does not tell.
        small: the numbers are below 1,000 (coordinates), so that a mark is never one of thousands.
        known_units: only units that are known make numbers, not a word that all cells end in.
    """
    cells = [cell for shape, count in shapes.items() if (cell := _taken_apart(shape, count)) is not None]
    affixes, units = _units(cells, known_units, small)
    cells = [cell for cell in cells if cell.affix in affixes]
    digits: Counter[str] = Counter()
    for cell in cells:
        digits[cell.digits] += cell.count
    mark, marks, unsure = _marks(digits, decimal, small)
    glued = any(not cell.pure for cell in cells)
    return Writing(mark, marks, unsure, any(cell.odd for cell in cells), affixes if glued else {}, units)


def _taken_apart(shape: str, count: int) -> _Cell | None:
    text = shape.translate(_TO_USUAL).strip()
    match = None if is_missing(text) else re.match(PARTS, text)
    if match is None:
        return None
    affix = re.sub(r"[-+( ]", "", match[1]) + "#" + re.sub(r"[) ]", "", match[3])
    return _Cell(affix, match[2].rstrip(" '"), count, text != shape, bool(_PURE.fullmatch(text)))


def _units(cells: list[_Cell], known_units: bool, small: bool) -> tuple[dict[str, float], dict[str, int]]:
    """Factor of each affix that may stand around a number, and how many cells have each unit."""
    found: Counter[str] = Counter()
    for cell in cells:
        found[cell.affix] += cell.count
    factors, units = dict(scales(list(found))), Counter[str]()
    for affix, count in found.items():
        told = ("", factors[affix]) if affix in factors else (small and degrees_of(affix)) or unit_of(affix)
        unit, factor = told or (None, 0.0)
        if unit is None and not known_units and _is_word(affix) and 2 * count > found.total():
            unit, factor = affix.strip("#"), 1.0
        if unit is not None and not (known_units and _like_a_name(affix, cells)):
            factors[affix] = factor
            units[unit] += count
    return factors, dict(units)


def _is_word(affix: str) -> bool:
    """One word behind a number, without digits."""
    return affix.startswith("#") and len(affix) <= _WORD_MOST and not re.search(r"\d", affix)


def _like_a_name(affix: str, cells: list[_Cell]) -> bool:
    """A letter stuck to whole numbers (1A, 2F) names a thing rather than amperes."""
    return bool(re.fullmatch(r"#[A-Za-z]", affix)) and all(
        re.fullmatch(r"\d{1,4}", cell.digits) for cell in cells if cell.affix == affix
    )


def _marks(digits: Mapping[str, int], decimal: str, small: bool) -> tuple[str, bool, bool]:
    """Decimal mark, whether thousands are marked, and whether the two cannot be told apart."""
    counts = {(kind, mark): sum(n for text, n in digits.items() if re.fullmatch(pattern, text)) for mark in ".," for kind, pattern in _evidence(mark).items()}  # fmt: skip
    votes = {mark: counts["decimal", mark] + counts["thousands", _other(mark)] for mark in ".,"}
    spaced = any(re.search(r"\d[ ']\d", text) for text in digits)
    either = {mark: counts["either", mark] for mark in ".,"}
    if any(votes.values()):
        found = max(votes, key=lambda mark: (votes[mark], mark == decimal))
        return found, spaced or bool(counts["thousands", _other(found)] + either[_other(found)]), False
    marks = [mark for mark in ".," if either[mark]]
    if not marks:
        return ("." if not spaced else decimal), spaced, False
    if len(marks) == 2:
        return decimal, True, True
    bare = [text for text in digits if re.fullmatch(r"[1-9]\d*", text)]
    if small or any(len(text) > 3 for text in bare):  # 1234 beside 1,234: the mark parts no thousands
        return marks[0], spaced, False
    if bare:  # 999 beside 1,234: it does
        return _other(marks[0]), True, False
    return decimal, decimal != marks[0] or spaced, True


def _evidence(mark: str) -> dict[str, str]:
    """Patterns of digits in which a mark must be the decimal one, must part thousands, or may do either."""
    other = _other(mark)
    grouped = rf"\d{{1,3}}([{other} ']\d{{3}})+"
    return {
        "decimal": rf"(\d*|{grouped})[{mark}](\d{{0,2}}|\d{{4,}})([eE].*)?|(0|\d{{4,}}|{grouped})[{mark}]\d{{3}}([eE].*)?|[1-9]\d{{0,2}}[{mark}]\d{{3}}[eE].*",
        "thousands": rf"\d{{1,3}}([{mark}]\d{{3}}){{2,}}([{other}]\d*)?|\d{{1,3}}[{mark}]\d{{3}}[{other}]\d*|\d{{1,2}}([{mark}]\d{{2}})+[{mark}]\d{{3}}([{other}]\d*)?",
        "either": rf"[1-9]\d{{0,2}}[{mark}]\d{{3}}",
    }


def _other(mark: str) -> str:
    return "," if mark == "." else "."
