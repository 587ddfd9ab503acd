"""Sound that the far end of a trunk sends before it answers: its own ring-back, an announcement."""

from __future__ import annotations

import logging

from callcenter.switchboard.leg import Leg
from callcenter.switchboard.live_call import LiveCall
from sip.errors import PeerError
from sip.sdp import Agreement, Description

log = logging.getLogger(__name__)


def pass_on(
    live: LiveCall, leg: Leg, code: int, description: Description, answer: tuple[bytes, Agreement] | None
) -> None:
    """Lets the caller hear `leg`: sends the `answer` that the 200 will repeat, in a 1xx of its own
    (RFC 3261 section 13.2.1) unless they were answered already, and connects the two. A description that
    cannot be used changes nothing."""
    caller = live.caller
    if caller.call.is_over:
        return
    try:
        leg.media.settle(description)
    except PeerError as error:
        log.warning("early media not understood call=%s leg=%s error=%s", live.id, leg.id, error)
        return
    leg.stream.receiving = True  # `sendonly` is no hold here: nobody is to talk yet
    if caller.stream.peer is leg.stream:
        return  # the same again: the caller hears it already
    caller.stream.stop_playing()
    caller.stream.connect(leg.stream)
    if caller.call.answered_at is None and answer is not None:
        body, agreement = answer
        caller.media.apply(agreement)
        caller.call.ring(code, body)
