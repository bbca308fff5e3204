"""Units that are glued to numbers ("12 mph", "$3.50"): how they are written, and how they are shown."""

from __future__ import annotations

import re

#: Unit as shown -> other ways to write it. Case counts (mW is no MW); spaces, points and ^ do not.
_WRITTEN = {
    "mph": "mi/h MPH Mph", "km/h": "kmh kph KM/H Km/h km/hr kmph 公里/小时 公里/时 千米/小时 千米/时", "m/s": "mps 米/秒 m/sec ms⁻¹ ms-1",
    "kn": "kt kts knots", "ft/s": "fps", "°C": "℃ C degC degC 摄氏度 °c", "°F": "℉ F degF 华氏度", "K": "Kelvin", "°": "deg degrees 度",
    "hPa": "hpa 百帕", "Pa": "帕", "kPa": "千帕", "mb": "mbar", "bar": "", "psi": "", "inHg": "", "mm": "毫米 mm/d", "mm/h": "mm/hr 毫米/小时",
    "cm": "厘米", "m": "米", "km": "公里 千米", "in": "inch inches", "ft": "feet", "mi": "mile miles", "%": "pct percent ％ 百分比",
    "W": "瓦", "kW": "KW kw 千瓦", "MW": "兆瓦", "GW": "", "Wh": "", "kWh": "KWh kwh KWH 千瓦时 度电", "MWh": "mwh 兆瓦时", "GWh": "",
    "V": "伏", "kV": "", "mV": "", "A": "安", "mA": "", "Hz": "hz 赫兹", "dB": "dBA dB(A) 分贝", "lx": "lux", "W/m²": "W/m2 w/m2", "ppm": "", "ppb": "",
    "µg/m³": "ug/m3 µg/m3 μg/m3 μg/m³ ug/m³ 微克/立方米", "mg/m³": "mg/m3 毫克/立方米", "mg/l": "mg/L 毫克/升", "µS/cm": "uS/cm μS/cm", "NTU": "", "pH": "",
    "m³/s": "m3/s cms 立方米/秒", "ft³/s": "cfs ft3/s", "l/s": "L/s 升/秒", "m³": "m3 立方米", "l": "L 升 litres liters", "m²": "m2 平方米",
    "kg": "千克 公斤", "g": "克", "t": "吨", "s": "sec secs second seconds 秒", "ms": "msec 毫秒", "min": "mins minute minutes 分钟", "h": "hr hrs hour hours 小时",
    "d": "day days 天", "veh/h": "vph 辆/小时 辆/时", "vehicles": "vehicle veh 辆", "people": "persons 人", "visits": "次 人次", "pcs": "pieces 个 件",
    "USD": "$ US$ usd 美元", "EUR": "€ eur euro Euro 欧元", "GBP": "£ gbp", "CNY": "¥ ￥ RMB rmb 元 人民币", "JPY": "円 yen", "INR": "₹ Rs", "KRW": "₩ 원",
    "CHF": "Fr SFr", "CAD": "C$", "AUD": "A$", "BRL": "R$", "RUB": "₽ руб", "kr": "SEK NOK DKK", "EUR/MWh": "€/MWh", "USD/MWh": "$/MWh", "USD/bbl": "$/bbl",
}  # fmt: skip
_SHOWN = {way: unit for unit, ways in _WRITTEN.items() for way in (unit, *ways.split())}
#: Words that multiply rather than measure.
_FACTORS = {"万": 1e4, "萬": 1e4, "亿": 1e8, "億": 1e8, "千": 1e3, "Mio": 1e6, "Mrd": 1e9, "million": 1e6, "billion": 1e9, "bn": 1e9}  # fmt: skip
#: Letters that multiply only where a column has several of them ("830K", "1.2M"): alone they may be kelvin or metres.
_SCALES = {"K": 1e3, "k": 1e3, "M": 1e6, "B": 1e9}
_BEFORE = re.compile(r"US\$|C\$|A\$|R\$|[$€£¥￥₹₩₽]|Rs|Fr|SFr|kr|[A-Z]{3}")


def unit_of(affix: str) -> tuple[str, float] | None:
    """Unit and factor of what stands around a number.

    Args:
        affix: cell without spaces and signs, its number written as # ("#mph", "$#", "#").

    Returns:
        ("mph", 1.0), ("USD", 1.0), ("", 1e4) for 万, ("", -1.0) for a minus behind the number; None: no known unit.
    """
    before, _, after = affix.partition("#")
    after = after.replace("^", "").rstrip(".")
    if before and after:
        return None
    if before:
        plain = before.rstrip(".")
        return (_SHOWN[plain], 1.0) if _BEFORE.fullmatch(plain) and plain in _SHOWN else None
    if after in ("", "-"):
        return "", -1.0 if after else 1.0
    for word, factor in _FACTORS.items():
        if after.startswith(word) and (after == word or after[len(word) :] in _SHOWN):
            return _SHOWN.get(after[len(word) :], ""), factor
    return (_SHOWN[after], 1.0) if after in _SHOWN else None


def scales(affixes: list[str]) -> dict[str, float]:
    """Factor of each affix where the letters behind the numbers are thousands, millions and billions, else nothing."""
    letters = {affix.partition("#")[2] for affix in affixes}
    if len(letters - {""}) < 2 or not letters - {""} <= set(_SCALES):
        return {}
    return {affix: _SCALES.get(affix.partition("#")[2], 1.0) for affix in affixes}


def degrees_of(affix: str) -> tuple[str, float] | None:
    """Sign of degrees with a letter of the compass ("48.1°N", "70 W"); None: there is none."""
    match = re.fullmatch(r"#(?:°|º|deg)?([NESW])", affix)
    return ("°", -1.0 if match[1] in "SW" else 1.0) if match else None
