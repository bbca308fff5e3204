"""Tables as nobody should write them: good ones, damaged in one to four ways, each from its seed."""

from __future__ import annotations

import bz2
import gzip
import random
from collections.abc import Callable

Rows = list[list[str]]
Damage = Callable[[random.Random, bytes], bytes]

CELLS = (
    "", " ", "NA", "NaN", "null", "-", "--", "无", "inf", "-inf", "1e999", "-999", "9999", "0", "-0", "007", "1,5", "1.234,5",
    "1,234.5", "1 234", "12 mph", "5%", "$3", "(4)", "\N{MINUS SIGN}3", "１２", "true", "=cmd()", "+1", "@x", "'", '"', '""', '"a', "<script>",
    "../..", "x" * 3000, "\x00", "\ufeff", "\u202e", "2024-02-30", "2024-13-01", "24:00", "0001-01-01", "9999-12-31", "1969-12-31",
    "03/04/2024", "31.12.2024 23:59", "2024-03-31T02:30:00+02:00", "1700000000", "1700000000000", "45000.5", "2024Q1", "91", "-181",
    "nan nan", "1e5", "0x1F", "1_000", "\t", "|", ";", ",", "\N{NO-BREAK SPACE}", "é", "中文", "🙂",
)  # fmt: skip


def mangled(seed: int) -> bytes:
    """One damaged file; the same seed gives the same bytes."""
    chance = random.Random(seed)
    data = _written(chance, chance.choice(_TABLES)(chance))
    for _ in range(chance.randint(1, 4)):
        data = chance.choice(_DAMAGES)(chance, data)
    return data


# good tables -------------------------------------------------------------------------------------------------------


def _time(chance: random.Random, step: int) -> str:
    day, hour = divmod(step, 24)
    form = chance.choice(("iso", "iso", "slash", "epoch")) if step == 0 else "iso"
    plain = f"2024-01-{day % 28 + 1:02d} {hour:02d}:00"
    return {"iso": plain, "slash": f"{day % 28 + 1}/1/2024 {hour}:00", "epoch": str(1_704_067_200 + 3600 * step)}[form]


def _long(chance: random.Random) -> Rows:
    places, steps = chance.randint(1, 5), chance.randint(2, 40)
    head = ["time", "station", "lat", "lon", "speed_mph", "flow"]
    return [head] + [
        [_time(chance, t), f"S{p}", f"{50 + p / 10}", f"{8 + p / 10}", f"{40 + chance.random() * 9:.2f}", str(chance.randint(0, 99))]
        for t in range(steps) for p in range(places)
    ]  # fmt: skip


def _wide(chance: random.Random) -> Rows:
    places = chance.randint(2, 12)
    return [["date", *(f"sensor_{p}" for p in range(places))]] + [
        [_time(chance, 24 * t), *(f"{chance.gauss(20, 3):.1f}" for _ in range(places))]
        for t in range(chance.randint(2, 27))
    ]


def _single(chance: random.Random) -> Rows:
    return [[f"{chance.gauss(0, 1):.4f}"] for _ in range(chance.randint(2, 80))]


def _events(chance: random.Random) -> Rows:
    return [["time", "latitude", "longitude", "magnitude"]] + [
        [f"2024-01-{chance.randint(1, 28):02d}T{chance.randint(0, 23):02d}:{chance.randint(0, 59):02d}:07Z",
         f"{chance.uniform(30, 40):.4f}", f"{chance.uniform(-120, -110):.4f}", f"{chance.uniform(1, 5):.1f}"]
        for _ in range(chance.randint(3, 60))
    ]  # fmt: skip


_TABLES = (_long, _long, _wide, _single, _events)


def _written(chance: random.Random, rows: Rows) -> bytes:
    delimiter = chance.choice((",", ",", ";", "\t", "|"))
    ending = chance.choice(("\n", "\n", "\r\n", "\r"))
    text = ending.join(delimiter.join(row) for row in rows) + chance.choice(("", ending))
    return text.encode(chance.choice(("utf-8", "utf-8", "utf-8-sig", "utf-16", "gb18030")))


# damages -----------------------------------------------------------------------------------------------------------


def _by_lines(change: Callable[[random.Random, list[bytes]], list[bytes]]) -> Damage:
    def damage(chance: random.Random, data: bytes) -> bytes:
        return b"\n".join(change(chance, data.split(b"\n")))

    return damage


def _odd_cells(chance: random.Random, lines: list[bytes]) -> list[bytes]:
    for _ in range(chance.randint(1, 12)):
        at = chance.randrange(len(lines))
        for delimiter in (b",", b";", b"\t", b"|"):
            if delimiter in lines[at]:
                cells = lines[at].split(delimiter)
                cells[chance.randrange(len(cells))] = chance.choice(CELLS).encode("utf-8", "replace")
                lines[at] = delimiter.join(cells)
                break
    return lines


def _one_column(chance: random.Random, lines: list[bytes]) -> list[bytes]:
    """The same odd cell in a whole column."""
    column, cell = chance.randrange(6), chance.choice(CELLS).encode("utf-8", "replace")
    out = []
    for line in lines:
        cells = line.split(b",")
        if column < len(cells) and chance.random() < 0.8:
            cells[column] = cell
        out.append(b",".join(cells))
    return out


def _shuffled(chance: random.Random, lines: list[bytes]) -> list[bytes]:
    chance.shuffle(lines)
    return lines


def _doubled(chance: random.Random, lines: list[bytes]) -> list[bytes]:
    at = chance.randrange(len(lines))
    return lines[:at] + lines[at : at + 5] * chance.randint(2, 6) + lines[at:]


def _ragged(chance: random.Random, lines: list[bytes]) -> list[bytes]:
    at = chance.randrange(len(lines))
    lines[at] = chance.choice(
        (lines[at][: len(lines[at]) // 2], lines[at] + b",1,2,3,4", b"", b"# note", b"Total;;;", b'"')
    )
    return lines


def _headless(chance: random.Random, lines: list[bytes]) -> list[bytes]:
    return chance.choice((lines[1:], [lines[0]], lines[:1] * 3 + lines[1:], [b",,,,", *lines], lines[:2]))


def _bytes(chance: random.Random, data: bytes) -> bytes:
    body = bytearray(data)
    for _ in range(chance.randint(1, 20)):
        if body:
            body[chance.randrange(len(body))] = chance.randrange(256)
    return bytes(body)


def _spliced(chance: random.Random, data: bytes) -> bytes:
    at = chance.randrange(len(data) + 1)
    return data[:at] + chance.randbytes(chance.choice((1, 3, 40, 900))) + data[at:]


def _cut(chance: random.Random, data: bytes) -> bytes:
    return data[: chance.randrange(len(data) + 1)] if chance.random() < 0.7 else data[chance.randrange(len(data) + 1) :]


def _swapped(chance: random.Random, data: bytes) -> bytes:
    one, other = chance.sample((b",", b";", b"\t", b" ", b".", b":", b"-", b"/", b"\n", b'"'), 2)
    return data.replace(one, other)


def _packed(chance: random.Random, data: bytes) -> bytes:
    packed = chance.choice((gzip.compress(data), bz2.compress(data)))
    return packed if chance.random() < 0.6 else packed[: chance.randrange(len(packed))]


_DAMAGES: tuple[Damage, ...] = (
    _by_lines(_odd_cells), _by_lines(_odd_cells), _by_lines(_one_column), _by_lines(_shuffled), _by_lines(_doubled),
    _by_lines(_ragged), _by_lines(_headless), _bytes, _spliced, _cut, _swapped, _packed,
)  # fmt: skip
