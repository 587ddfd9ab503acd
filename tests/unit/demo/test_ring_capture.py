"""Ring times from the lines that tshark prints."""

from __future__ import annotations

from tests.interop.ring_capture import parse_responses, rings

LINES = """\
100.000000\ta\t100\t1 INVITE\t5060\t24000
100.500000\ta\t180\t1 INVITE\t5060\t24000
101.000000\ta\t180\t1 INVITE\t5060\t24000
107.500000\ta\t200\t1 INVITE\t5060\t24000
108.000000\ta\t200\t1 INVITE\t5060\t24000
109.000000\ta\t200\t2 BYE\t5060\t24000
100.500000\tb\t180\t1 INVITE\t24040\t5060
104.000000\tb\t487\t1 INVITE\t24040\t5060
100.000000\tc\t200\t1 INVITE\t5060\t24080
"""


def test_a_leg_rings_from_its_first_180_to_its_first_200() -> None:
    legs = rings(parse_responses(LINES))
    assert legs["a"].seconds == 7.0
    assert legs["b"].seconds is None
    assert "c" not in legs
    assert legs["b"].source == 24040
