"""Byte ranges."""

from __future__ import annotations

import pytest

from callcenter.web.ranges import parse_range


@pytest.mark.parametrize(
    ("header", "wanted"),
    [(None, None), ("bytes=0-", (0, 100)), ("bytes=10-19", (10, 20)), ("bytes=-5", (95, 100)),
     ("bytes=90-500", (90, 100)), ("bytes=-500", (0, 100)), ("items=0-1", None), ("bytes=0-1,4-5", None),
     ("bytes=9-3", None), ("bytes=a-b", None), ("bytes=-", None)],
)  # fmt: skip
def test_ranges(header: str | None, wanted: tuple[int, int] | None) -> None:
    assert parse_range(header, 100) == wanted


@pytest.mark.parametrize("header", ["bytes=100-", "bytes=-0"])
def test_ranges_beyond_the_end(header: str) -> None:
    with pytest.raises(ValueError, match="bytes"):
        parse_range(header, 100)
