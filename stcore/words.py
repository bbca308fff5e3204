"""Numbers, times and counts as people read them: the one place where figures become text.

Three significant digits, a true minus, a comma for thousands, ``18 %`` with a no-break space, days as ``Thu 12 Mar``.
Nothing here knows HTML; whoever puts a text into a page escapes it there.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from numbers import Real

import pandas as pd

NBSP = "\u00a0"
MINUS = "\u2212"
DASH = "\u2013"

_SMALL = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")


def number(value: Real | float | None, digits: int = 3) -> str:
    """Three significant digits: ``2.71``, ``0.0123``, ``1,013``; whole numbers keep all theirs. A dash when not finite."""
    if value is None or not math.isfinite(float(value)):
        return DASH
    x = float(value)
    if x == 0:
        return "0"
    exponent = math.floor(math.log10(abs(float(f"{x:.{digits - 1}e}"))))
    if exponent >= 15 or exponent < -6:
        text = f"{x:.{digits - 1}e}"
    else:
        text = f"{x:,.{max(0, digits - 1 - exponent)}f}"
    if text.strip("-0.,") == "":
        text = "0"
    if float(x).is_integer() and "." in text and "e" not in text:
        text = text.split(".")[0]
    return text.replace("-", MINUS)


def plain(value: float) -> str:
    """A round number without idle zeros, for the ends of a scale: ``3.3``, ``−12``, ``0.05``."""
    text = number(value)
    return text.rstrip("0").rstrip(".") if "." in text and "e" not in text else text


def fixed(value: float | None, decimals: int) -> str:
    """A fixed number of decimals, so that a column of numbers lines up."""
    if value is None or not math.isfinite(value):
        return DASH
    text = f"{value:,.{decimals}f}"
    return (text.lstrip("-") if not text.strip("-0.,") else text).replace("-", MINUS)


def signed(value: float | None, digits: int = 3) -> str:
    """``+21`` or ``−3``; zero without a sign."""
    text = number(value, digits)
    return f"+{text}" if value is not None and math.isfinite(value) and value > 0 and text != "0" else text


def measure(value: float | None, unit: str | None = None, digits: int = 3) -> str:
    """A number with its unit: ``2.71 mph``, ``18 %``."""
    text = number(value, digits)
    if not unit or text == DASH:
        return text
    return f"{text}{NBSP}%" if unit == "%" else f"{text} {unit}"


def percent(share: float | None, sign: bool = False) -> str:
    """A share of 1 in whole percent: ``18 %``; one decimal between 0 and 1 % and between 99 and 100 %."""
    if share is None or not math.isfinite(share):
        return DASH
    points = share * 100
    near_edge = 0.05 <= abs(points) < 0.95 or 99.05 < points < 99.95
    text = fixed(points, 1 if near_edge else 0)
    if sign and points > 0 and text.strip("0.") != "":
        text = f"+{text}"
    return f"{text}{NBSP}%"


def count(amount: int, word: str, many: str | None = None) -> str:
    """``1 sensor``, ``1,207 sensors``."""
    return f"{amount:,} {word if amount == 1 else many or plural(word)}"


def plural(word: str) -> str:
    """``sensors``, ``cities``, ``boxes``."""
    if word.endswith("y") and word[-2:-1] not in "aeiou":
        return f"{word[:-1]}ies"
    return f"{word}es" if word.endswith(("s", "x", "ch", "sh")) else f"{word}s"


def singular(plural: str) -> str:
    """``sensors`` -> ``sensor``, ``cities`` -> ``city``."""
    return f"{plural[:-3]}y" if plural.endswith("ies") else plural.removesuffix("s")


def in_words(amount: int) -> str:
    """Up to twelve as a word, beyond that in figures."""
    return _SMALL[amount] if 0 <= amount < len(_SMALL) else f"{amount:,}"


def sentence(text: str) -> str:
    """The same text with its first letter in upper case; the rest as it is."""
    return text[:1].upper() + text[1:]


def listing(items: Iterable[str], most: int = 3) -> str:
    """``a, b and c``; beyond ``most`` items ``a, b, c and 4 more``."""
    names = list(items)
    if len(names) > most:
        return f"{', '.join(names[:most])} and {len(names) - most:,} more"
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}" if names else ""


def short(text: str, most: int = 24) -> str:
    """At most ``most`` characters, the middle replaced by an ellipsis; line breaks and control characters become spaces."""
    clean = "".join(c if c.isprintable() else " " for c in str(text)[: most * 40])
    if len(clean) <= most and len(str(text)) <= most * 40:
        return clean
    head = (most - 1) * 2 // 3
    return f"{clean[:head]}…{str(text)[-(most - 1 - head) :]}"


def day(time: pd.Timestamp, year: bool = False) -> str:
    """``Thu 12 Mar``, with the year where asked."""
    return f"{time:%a} {time.day} {time:%b}" + (f" {time.year}" if year else "")


def clock(time: pd.Timestamp) -> str:
    """``16:40``; seconds only when there are any."""
    return f"{time:%H:%M:%S}" if time.second else f"{time:%H:%M}"


def moment(time: pd.Timestamp, step: str = "", year: bool = False) -> str:
    """A point in time as precisely as its step: ``Thu 12 Mar, 16:40``, ``Thu 12 Mar``, ``Mar 2026``, ``2026``."""
    if not step:
        coarse = time == time.normalize()
        return day(time, year) if coarse else f"{day(time, year)}, {clock(time)}"
    from stcore.data import steps

    length = steps.typical(step)
    if length >= pd.Timedelta(days=300):
        return str(time.year)
    if length >= pd.Timedelta(days=25):
        return f"{time:%b} {time.year}"
    if length >= pd.Timedelta(days=1):
        return day(time, year)
    return f"{day(time, year)}, {clock(time)}"


def span(start: pd.Timestamp, end: pd.Timestamp, year: bool = False) -> str:
    """Days from start to end, both included: ``9–15 Mar``, ``28 Feb – 6 Mar``, ``12 Mar``, ``Feb 2023 – Mar 2024``."""
    if (end - start).days > 600:
        return f"{start:%b} {start.year} {DASH} {end:%b} {end.year}"
    tail = f" {end.year}" if year or start.year != end.year else ""
    if start.normalize() == end.normalize():
        return f"{end.day} {end:%b}{tail}"
    if (start.year, start.month) == (end.year, end.month):
        return f"{start.day}{DASH}{end.day} {end:%b}{tail}"
    head = f" {start.year}" if start.year != end.year else ""
    return f"{start.day} {start:%b}{head} {DASH} {end.day} {end:%b}{tail}"


def stretch(start: pd.Timestamp, end: pd.Timestamp, step: str) -> str:
    """From a moment to a moment: ``Thu 12 Mar, 06:00 to 22:00``, ``Thu 12 Mar, 06:00 to Sat 14 Mar, 22:00``."""
    if start.normalize() == end.normalize() and moment(start, step) != day(start):
        return f"{moment(start, step)} to {clock(end)}"
    return f"{moment(start, step)} to {moment(end, step)}"


def lasting(seconds: float) -> str:
    """A duration in at most two units: ``45 s``, ``3 min``, ``2 h 20 min``, ``3 days``, ``2 days 4 h``."""
    if not math.isfinite(seconds) or seconds < 0:
        return DASH
    if seconds < 60:
        return f"{number(seconds, 2)} s" if seconds < 10 else f"{round(seconds)} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    if minutes < 48 * 60:
        return f"{minutes // 60} h" + (f" {minutes % 60} min" if minutes % 60 else "")
    days, hours = divmod(round(minutes / 60), 24)
    return f"{days} days" + (f" {hours} h" if hours and days < 7 else "")


def ago(seconds: float) -> str:
    """``just now``, ``12 min ago``, ``3 h ago``, ``5 days ago``."""
    if seconds < 45:
        return "just now"
    if seconds < 3600:
        return f"{max(1, round(seconds / 60))} min ago"
    if seconds < 36 * 3600:
        return f"{round(seconds / 3600)} h ago"
    return f"{round(seconds / 86400)} days ago"


def size(amount_bytes: float) -> str:
    """``812 bytes``, ``1.4 MB``."""
    amount = float(amount_bytes)
    for unit in ("bytes", "KB", "MB", "GB"):
        if amount < 1000 or unit == "GB":
            return f"{number(amount, 3 if amount >= 100 or unit == 'bytes' else 2)} {unit}"
        amount /= 1000
    raise AssertionError("unreachable")


def judgement(skill: float | None) -> tuple[str, str]:
    """Words and tone of a skill: (``18 % better``, good), (``3 % worse``, bad), (``no better``, plain), (–, plain)."""
    if skill is None or not math.isfinite(skill):
        return DASH, "plain"
    if abs(skill) < 0.005:
        return "no better", "plain"
    if skill > 0:
        return f"{percent(skill)} better", "good"
    return f"{percent(-skill)} worse", "bad"


def place_name(locations: pd.DataFrame, identity: str, most: int = 24) -> str:
    """An id with the name beside it where the table has one: ``472, Harbour``."""
    for column in ("name", "road", "street", "station", "district", "region"):
        if column in locations.columns and identity in locations.index:
            name = locations.at[identity, column]
            if isinstance(name, str) and name and name != identity:
                return f"{short(identity, most)}, {short(name, most)}"
    return short(identity, most)


def between(low: float, high: float, unit: str | None = None) -> str:
    """A range: ``15–65 mph``; a minus in it takes ``to``."""
    joint = " to " if low < 0 or high < 0 else DASH
    return f"{number(low)}{joint}{measure(high, unit)}"
