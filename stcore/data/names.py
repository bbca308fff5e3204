"""What a column's name says about its role, in English and Chinese, and the plainest words of German, French and Spanish."""

from __future__ import annotations

import re
from collections.abc import Sequence

_TIME_BEST = r"timestamps?|time|date_?time|date|ds|zeitstempel|datum|fecha|时间|日期|时间戳|日期时间"
_TIME = (
    _TIME_BEST + r"|dates|ts|utc|period|time_?(hour|stamp|utc|local)|(date|time)_.*|.*_(date|time|timestamp|at)"
    r"|epoch|year|month|week|day|quarter|zeit|zeitpunkt|jahr|monat|woche|tag|jour|mois|semaine|ann[ée]e|horodatage|heure|semana|mes|a[ñn]o|d[íi]a|hora"
    r"|data_?hora|.*(时间|日期|时刻|年月|年份|季度).*"
)
_PLACE_BEST = (
    r"(location|station|sensor|site|place|node|series|detector|region|district|city|meter|segment|link|road|stop|zone|cell)"
    r"([ _-]?(id|name|code|no|nr|number))?|unique_id|item_id|standort|messstelle|(station|sensor)s?(nummer|name|kennung)|estaci[óo]n|ciudad|ville"
    r"|(站点|测站|站|传感器|地点|位置|城市|区域|路段|设备|监测点|网格)(名称?|编号|id|代码|号)?"
)
_PLACE = (
    _PLACE_BEST
    + r"|id|.*_id|name|county|state|country|province|area|store|machine|device|airport|origin|gauge|buoy|well|pole"
    r"|street|borough|town|neighbou?rhood|ort|stadt|gemeinde|lieu|lugar|sitio|capteur|.*(区县|区|县|省|省份|国家|名称|编号|机器|街道|站点|站名)"
)
_DEGREES = r"(_?(deg|degrees|dd|wgs84|gps|decimal))?"
_LAT = rf"(.+_)?(lat|latitude?){_DEGREES}(_?n(orth)?)?|(y|decimal)_?lat(itude)?|(geo(graphische)?_?)?breite(ngrad)?|纬度|北纬"
_LON = rf"(.+_)?(lon|lng|long|longitude?){_DEGREES}(_?e(ast)?)?|(x|decimal)_?(lon|lng|long)(gitude)?|(geo(graphische)?_?)?l[äa]nge(ngrad)?|经度|东经"
_UNIT = re.compile(r"\s*(\([^()]*\)|\[[^\[\]]*\])\s*$")
_LABEL = (
    r"(.*[_\s-])?(is_?)?(anomal(y|ies|ous)|labels?|change_?points?|outliers?|faults?|attacks?|incidents?|novelty|events?)([_\s-].*)?"
    r"|is_(anomaly|outlier|fault|event|incident)|.*(异常|标签|标注|故障|变点).*"
)
#: Parts of a time that may stand in columns of their own.
_PARTS = {
    "year": r"year|yr|yyyy|jahr|ann[ée]e|an|a[ñn]o|年|年份", "month": r"month|mon|mm|monat|mois|mes|月|月份",
    "day": r"day|dd|day_?of_?month|dom|tag|jour|d[íi]a|日|天", "hour": r"hour|hours|hr|hh|hour_?of_?day|stunde|heure|hora|时|時|小时|小時",
    "minute": r"minute|minutes|min|mi|minuto|分|分钟", "second": r"second|seconds|sec|ss|sekunde|seconde|segundo|秒",
    "week": r"week|wk|iso_?week|kw|woche|semaine|semana|周|周数", "quarter": r"quarter|qtr|quartal|trimestre|季度|季",
    "day_of_year": r"day_?of_?year|doy|julian_?day|yday|jd|年积日",
}  # fmt: skip
_CALENDAR = (
    r"(year|month|day|hour|minute|second|week|weekday|week_?day|day_?of_?(week|month|year)|dow|doy|hour_?of_?day|quarter)"
    r"|jahr|monat|stunde|woche|wochentag|quartal|mois|heure|semaine|trimestre|hora|semana|年|月|日|时|分|小时|星期|周|季度"
)
_TIME_OF_DAY = r"time|time_?of_?day|(local|utc|gmt)?_?time(_?(utc|gmt|local))?|clock|hh_?mm|hhmm(ss)?|uhrzeit|zeit|heure|hora|时间|时刻|钟点"
_ROW_NUMBER = r"|unnamed.*|index|row|row_?(id|no|number|num)?|no\.?|nr\.?|#|序号|行号|sno|s_?no"
_QUANTITY = (
    r"temp|humid|press|wind|rain|prec|snow|cloud|radiat|solar|dew|speed|flow|volume|occup|load|power|energy|volt|current|"
    r"price|rate|sales|count|pm\d|pm2|so2|no2|nox|co2?$|o3|level|depth|magnitude|height|value|usage|demand|温度|湿度|风|雨|"
    r"降水|气压|速度|流量|浓度|功率|负荷|水位|电压|电流"
)
_COUNTER = r"t|step|steps|tick|frame|i|n|k|sample|time_?(step|index|idx)|步|步数"


def _is(pattern: str, name: str) -> bool:
    return re.fullmatch(pattern, re.sub(r"[\s_-]+", "_", name.strip().lower())) is not None


def time_score(name: str) -> int:
    """2: surely a time by its name, 1: may be, 0: no."""
    return 2 if _is(_TIME_BEST, name) else int(_is(_TIME, name))


def place_score(name: str) -> int:
    """2: surely a place by its name, 1: may be, 0: no."""
    return 2 if _is(_PLACE_BEST, name) else int(_is(_PLACE, name))


def is_lat(name: str) -> bool:
    """Latitude by its name, with or without a unit in brackets."""
    return _is(_LAT, _UNIT.sub("", name))


def is_lon(name: str) -> bool:
    """Longitude by its name, with or without a unit in brackets."""
    return _is(_LON, _UNIT.sub("", name))


def is_label(name: str) -> bool:
    """A mark of anomalies or events by its name; content must be 0/1 too."""
    return _is(_LABEL, name)


def calendar_part(name: str) -> str | None:
    """Which part of a time a column is by its name: year, month, day, hour, minute, second, week, quarter, day_of_year."""
    return next((part for part, pattern in _PARTS.items() if _is(pattern, name)), None)


def is_time_of_day(name: str) -> bool:
    """A column with the time of day beside one with the date, by its name."""
    return _is(_TIME_OF_DAY, name)


def is_calendar_part(name: str) -> bool:
    """A part of the time that is no measurement (hour, weekday)."""
    return _is(_CALENDAR, name)


def is_row_number(name: str) -> bool:
    """An index column by its name (also the empty name some programs write)."""
    return _is(_ROW_NUMBER, name)


def is_counter(name: str) -> bool:
    """A counted time axis (t, step)."""
    return _is(_COUNTER, name)


def alike(names: Sequence[str]) -> bool:
    """Names of one kind of thing: numbers, or one word with different numbers or letters (sensor_1, sensor_2)."""
    plain = [name.strip() for name in names]
    if len(plain) < 2:
        return False
    if all(re.fullmatch(r"-?\d[\d_.,-]*", name) for name in plain):
        return True
    stems = {re.sub(r"[\d.]+|(?<=[ _-])[A-Za-z]$", "#", name.lower()) for name in plain}
    return len(stems) == 1 and "#" in next(iter(stems)) and not all(is_quantity(name) for name in plain)


def is_quantity(name: str) -> bool:
    """A word for something measured rather than for a place."""
    return re.search(_QUANTITY, name.lower()) is not None
