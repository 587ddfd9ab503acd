"""Whoever lets a call ring out reads on their telephone that they were set aside."""

from __future__ import annotations

import pytest

from callcenter.domain.agents import Miss, State
from callcenter.switchboard.display import tell_set_aside, text_for
from sip.message import respond
from sip.registrar import SavedBinding
from tests.board import Switchboard
from tests.support import eventually
from tests.unit.sip.udp_peer import Peer


async def registered(desk: Switchboard) -> Peer:
    """A telephone of extension 1 that does what the test says."""
    peer = await Peer().start()
    saved = SavedBinding("1", f"sip:1@127.0.0.1:{peer.port}", ("127.0.0.1", peer.port), 60.0, "a", 1)
    desk.board.accounts.restore(saved, desk.board.now().mono)
    return peer


def misses(desk: Switchboard, why: Miss) -> None:
    desk.board.agents.ringing("1")
    desk.board.agents.missed("1", why, set_aside=True)


@pytest.mark.parametrize("status", [200, 405])
async def test_the_telephone_is_told(
    desk: Switchboard, caplog: pytest.LogCaptureFixture, status: int
) -> None:
    tell_set_aside(desk.board)
    peer = await registered(desk)
    caplog.set_level("INFO")
    misses(desk, Miss.NO_ANSWER)
    request = await peer.request("MESSAGE")
    assert "拨 *53 恢复就绪" in request.body.decode()
    peer.send(respond(request, status), desk.board.agent)
    await eventually(lambda: f"agent told number=1 status={status}" in caplog.text)
    assert desk.board.agents.state("1") is State.SET_ASIDE
    peer.transport.close()


async def test_a_moments_rest_is_not_worth_a_word(desk: Switchboard, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[object] = []
    monkeypatch.setattr(desk.board.agent, "send", lambda *request, **how: sent.append(request))
    tell_set_aside(desk.board)
    peer = await registered(desk)
    misses(desk, Miss.BUSY)
    assert desk.board.agents.state("1") is State.SET_ASIDE and not sent
    desk.board.agents.set("1", State.READY, by="1")
    misses(desk, Miss.NO_ANSWER)
    assert len(sent) == 1
    peer.transport.close()


def test_without_a_code_none_is_named() -> None:
    assert "*" not in text_for("") and "拨" not in text_for("")
