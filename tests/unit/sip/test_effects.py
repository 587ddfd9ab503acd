"""Effects are values."""

from __future__ import annotations

import dataclasses

import pytest

from sip.effects import Confirmed, Ended, Ending, Progress, SendAck, SendRequest
from tests.unit.sip.wire import request


def test_effects_compare_by_what_they_hold_and_cannot_be_changed() -> None:
    assert Ended(Ending.US, 487) == Ended(Ending.US, 487, "")
    assert Confirmed() == Confirmed(None)
    assert Progress(180, None) != Progress(183, None)
    with pytest.raises(dataclasses.FrozenInstanceError):
        Ended(Ending.US).code = 200  # type: ignore[misc]


def test_a_request_goes_where_its_dialog_says_unless_told() -> None:
    asked = request()
    assert SendRequest(asked).hop is None
    assert SendAck(asked, asked.uri).hop == asked.uri
