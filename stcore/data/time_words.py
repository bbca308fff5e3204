"""Dates with words and signs in them, rewritten year first: months in seven languages, quarters, weeks, Chinese dates."""

from __future__ import annotations

import unicodedata

import numpy as np
import pandas as pd

_MONTHS = {
    1: "jan january januar janner janvier janv enero ene gennaio gen janeiro", 2: "feb february februar fevrier fevr fev febrero febbraio fevereiro",
    3: "mar march marz maerz mrz mars marzo marco", 4: "apr april avril avr abril abr aprile", 5: "may mai mayo maggio mag maio",
    6: "jun june juni juin junio giugno giu junho", 7: "jul july juli juillet juil julio luglio lug julho",
    8: "aug august aout agosto ago", 9: "sep sept september septembre septiembre setiembre set settembre setembro",
    10: "oct october okt oktober octobre octubre ottobre ott outubro out", 11: "nov november novembre noviembre novembro",
    12: "dec december dez dezember decembre diciembre dic dicembre dezembro",
}  # fmt: skip
_MONTH_OF = {word: month for month, words in _MONTHS.items() for word in words.split()}
_WEEKDAY = (
    r"(?i)^\(?(?:mon|tue|wed|thu|fri|sat|sun|mo|di|mi|do|fr|sa|so|lun|mar|mer|mié|jeu|jue|ven|vie|sam|sáb|dim|dom|周|星期)"
    r"[a-zà-ÿ一二三四五六日天]{0,8}\.?\)?,?\s*(?=[\dA-Za-zÀ-ÿ])"
)
_WORD = r"(?P<month>[A-Za-zÀ-ÿ]{3,12})\.?"
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th|er|º)?\.?"
_TO = r"(?:\s+(?:de|del|of)\s+|\s*[-/.,]\s*|\s+)?"
_CLOCK = r"(?:[T,\s:-]+(?:(?:at|um|à|a las|às|alle)\s+)?(?P<time>\d{1,2}[:h].*|\d{1,2}\s*[AaPp]\.?[Mm]\.?))?"
_DATES = tuple(
    pattern + "$"
    for pattern in (
        rf"^{_DAY}{_TO}{_WORD}{_TO}(?P<year>\d{{4}}|\d{{2}}){_CLOCK}",
        rf"^{_WORD}{_TO}{_DAY},?\s+(?P<year>\d{{4}}){_CLOCK}",
        rf"^{_WORD}\s+{_DAY}\s+(?P<time>\d{{1,2}}:\S+)\s+(?P<year>\d{{4}})",
        rf"^{_WORD}{_TO}'?(?P<year>\d{{4}}|\d{{2}})",
        rf"^(?P<year>\d{{4}}){_TO}{_WORD}(?:{_TO}{_DAY})?{_CLOCK}",
    )
)
_QUARTERS = (
    r"^(?P<year>\d{4})[-_/. ]?[Qq](?P<part>[1-4])$", r"^[Qq](?P<part>[1-4])[-_/. ]{0,2}(?P<year>\d{4})$",
    r"^(?P<part>[1-4])[Qq][-_/. ]?(?P<year>\d{4})$", r"^(?P<year>\d{4})年?第?(?P<part>[1-4一二三四])季度?$",
)  # fmt: skip
_WEEKS = (
    r"^(?P<year>\d{4})[-_ ]?(?:[Ww]|KW)(?P<part>\d{1,2})(?:-?(?P<day>[1-7]))?$", r"^(?:[Ww]|KW|[Ww]eek)\s?(?P<part>\d{1,2})[-/ ](?P<year>\d{4})$",
    r"^(?P<year>\d{4})年?第?(?P<part>\d{1,2})[周週]$",
)  # fmt: skip
_MONTHS_OF_YEAR = (r"^(?P<year>\d{4})[- ]?M(?P<part>\d{1,2})$", r"^(?P<part>0?[1-9]|1[0-2])[-/](?P<year>\d{4})$")
_HALVES = (r"^(?P<year>\d{4})[-_ ]?[HhSs](?P<part>[12])$", r"^[HhSs](?P<part>[12])[-_/ ]?(?P<year>\d{4})$")
_NAMES = (("quarter", _QUARTERS, 3), ("month", _MONTHS_OF_YEAR, 1), ("half-year", _HALVES, 6))


def chinese_as_plain(texts: pd.Series) -> pd.Series:
    """2024年3月1日 下午7时05分 -> 2024-3-1 7:05 PM."""
    if not texts.str.contains(r"[年上下]", regex=True).any():
        return texts
    half = texts.str.extract(r"([上下])午")[0].map({"上": " AM", "下": " PM"}).fillna("")
    dated = texts.str.contains(r"\d年(?:\d+月|\d*$)", regex=True) | (half != "")
    plain = texts.str.replace(r"\s*[上下]午\s*", " ", regex=True)
    for pattern, sign in (("[年月]", "-"), ("[日号]", " "), ("[时時点]", ":"), ("分", ":"), ("秒", "")):
        plain = plain.str.replace(pattern, sign, regex=True)
    plain = plain.str.replace(r"(\d+:)$", r"\g<1>00", regex=True).str.replace(r":00:00$", ":00", regex=True)
    plain = plain.str.strip(" :-").str.replace(r"\s+", " ", regex=True)
    return texts.where(~dated, plain + half)


def without_weekday(texts: pd.Series) -> pd.Series:
    """Mon, 01/02/2024 -> 01/02/2024; also without the words for o'clock."""
    texts = texts.str.replace(_WEEKDAY, "", regex=True)
    texts = texts.str.replace(r"(?i)\s*(?:Uhr|Hrs|o'clock)\.?$", "", regex=True)
    return texts.str.replace(r"(?<=\d)\s?[hH]\s?(\d{2})?$", lambda match: f":{match.group(1) or '00'}", regex=True)


def months_as_numbers(texts: pd.Series) -> pd.Series:
    """Dates whose month is a word as 2024-03-01 with the time of day as written; None where there is no such date."""
    out = pd.Series(None, index=texts.index, dtype="str")
    rest = texts[texts.str.contains(r"[A-Za-zÀ-ÿ]{3}", regex=True) & texts.str.contains(r"\d", regex=True)]
    for pattern in _DATES:
        if rest.empty:
            break
        found = rest.str.extract(pattern).reindex(columns=["year", "month", "day", "time"]).astype("str")
        month = found["month"].map(_plain_word).map(_MONTH_OF)
        good = month.notna() & found["year"].notna()
        found, month = found[good], month[good].astype(int).astype(str).str.zfill(2)
        day, clock = found["day"].fillna("1").str.zfill(2), found["time"].fillna("")
        out[found.index] = full_years(found["year"]) + "-" + month + "-" + day + (" " + clock).str.rstrip()
        rest = rest[~good]
    return out


def _plain_word(word: object) -> str:
    """Without case and accents: août -> aout."""
    if not isinstance(word, str):
        return ""
    letters = unicodedata.normalize("NFKD", word.lower())
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def full_years(years: pd.Series) -> pd.Series:
    """24 -> 2024, 99 -> 1999, as POSIX counts."""
    number = years.astype(int)
    return years.where(years.str.len() == 4, (number + np.where(number < 69, 2000, 1900)).astype(str))


def periods(texts: pd.Series) -> list[tuple[str, pd.Series]]:
    """First days of quarters (2020Q1), weeks (2020-W05, from Monday), months (2020M01, 1/2020) and half-years."""
    found = []
    for name, patterns, months in _NAMES:
        parts = _first_match(texts, patterns)
        if not parts.empty:
            number = (parts["part"].replace({"一": "1", "二": "2", "三": "3", "四": "4"}).astype(int) - 1) * months + 1
            dates = pd.DataFrame({"year": parts["year"].astype(int), "month": number, "day": 1})
            found.append((name, pd.Series(pd.to_datetime(dates, errors="coerce"))))
    weeks = _first_match(texts, _WEEKS)
    if not weeks.empty:
        found.append(("week", _mondays(weeks)))
    return found


def _first_match(texts: pd.Series, patterns: tuple[str, ...]) -> pd.DataFrame:
    """Groups year, part (and day) of the first pattern that fits each text; texts that fit none are left out."""
    out, rest = [], texts
    for pattern in patterns:
        parts = rest.str.extract(pattern)
        parts = parts[parts["part"].notna()]
        out.append(parts)
        rest = rest.drop(parts.index)
    return pd.concat(out)


def _mondays(weeks: pd.DataFrame) -> pd.Series:
    """Days of ISO weeks (ISO 8601: week 1 holds the 4th of January); NaT where a year has no such week."""
    fourth = pd.to_datetime(weeks["year"] + "-01-04", errors="coerce")
    number = weeks["part"].astype(int)
    monday = fourth - pd.to_timedelta(fourth.dt.day_of_week, unit="D") + pd.to_timedelta((number - 1) * 7, unit="D")
    exists = number.between(1, 53) & (monday.dt.isocalendar().year == weeks["year"].astype(int))
    day = weeks["day"].fillna("1").astype(int) if "day" in weeks else 1
    return monday.where(exists) + pd.to_timedelta(day - 1, unit="D")
