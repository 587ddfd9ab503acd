"""How a room or a telephone number on a file is said aloud: 5栋802 as 「五栋八零二」, 「五栋八楼二号」, …"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import product

DIGITS = "零一二三四五六七八九"


@lru_cache(maxsize=1_000)
def ways_to_say(written: str) -> tuple[str, ...]:
    """Every usual way, in characters; Latin letters and marks are left out. `""` has none."""
    parts = [part for part in re.findall(r"\d+|[\u4e00-\u9fff]+", written) if part]
    said = (list(_ways(part, number == len(parts) - 1)) for number, part in enumerate(parts))
    return tuple(dict.fromkeys(way for each in product(*said) if (way := "".join(each))))


def _ways(part: str, last: bool) -> Iterator[str]:
    """The last number is the door: 802 is 「八零二」, 「八百零二」 or 「八楼二号」."""
    if not part.isdigit():
        yield part
        return
    one_by_one = "".join(DIGITS[int(digit)] for digit in part)
    if len(part) < 3:
        yield number(int(part))
    if len(part) != 2:
        yield one_by_one
        yield one_by_one.replace("一", "幺")
    if last and len(part) == 3:
        yield hundreds(part)
    if last and len(part) in (3, 4):
        yield f"{number(int(part[:-2]))}楼{number(int(part[-2:]))}号"


def hundreds(part: str) -> str:
    """「八百零二」"""
    rest = int(part[1:])
    tail = "" if not rest else f"零{DIGITS[rest]}" if rest < 10 else number(rest, "一十")
    return f"{DIGITS[int(part[0])]}百{tail}"


def number(value: int, ten: str = "十") -> str:
    """A number below 100; `ten` is how 10 begins."""
    tens, ones = divmod(value, 10)
    if not tens:
        return DIGITS[ones]
    return (ten if tens == 1 else DIGITS[tens] + "十") + (DIGITS[ones] if ones else "")
