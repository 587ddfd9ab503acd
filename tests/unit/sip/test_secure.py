"""SRTP between two streams, and what does not get in."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator

import pytest

from sip.aio import rtcp
from sip.aio.rtp import MediaStream
from sip.aio.secure import NotProtected, Secure
from sip.media.clip import Clip
from sip.media.g711 import PCMA
from sip.media.rtcp import Report, build
from sip.media.tones import sine
from sip.sdes import SUITES, Crypto, Keys, fresh
from tests.board import Heard
from tests.support import eventually
from tests.unit.sip.phone import Phone, pool

SPEECH = b"\x80\x08\0\1\0\0\0\xa0\0\0\0\5" + bytes(160)


def keys(suite: str = SUITES[0]) -> tuple[Keys, Keys]:
    """Both sides' view of one agreement."""
    one, other = (next(c for c in fresh() if c.suite == suite) for _ in range(2))
    return Keys(one, other), Keys(other, one)


@pytest.fixture
async def streams() -> AsyncIterator[tuple[MediaStream, MediaStream]]:
    ports = pool()
    left, right = await MediaStream.open(ports), await MediaStream.open(ports)
    left.set_remote(right.local, PCMA, 101)
    right.set_remote(left.local, PCMA, 101)
    yield left, right
    left.close()
    right.close()
    assert ports.in_use == 0


@pytest.mark.parametrize("suite", SUITES)
def test_what_is_protected_is_read_on_the_other_side_only(suite: str) -> None:
    mine, yours = keys(suite)
    me, you, stranger = Secure(mine), Secure(yours), Secure(keys(suite)[0])
    sent = me.protect(SPEECH)
    assert len(sent) == len(SPEECH) + (10 if suite == SUITES[0] else 4)
    assert SPEECH[12:] not in sent
    assert you.unprotect(sent) == SPEECH
    assert stranger.unprotect(sent) is None
    assert you.unprotect(sent) is None  # a replay
    assert you.unprotect(SPEECH) is None
    report = build(Report(5))
    assert you.unprotect_rtcp(me.protect_rtcp(report) or b"") == report
    assert you.unprotect_rtcp(report) is None


@pytest.mark.parametrize("raw", [b"", b"\x80", bytes(4000)])
def test_nonsense_is_refused(raw: bytes) -> None:
    secure = Secure(keys()[0])
    assert secure.unprotect(raw) is None and secure.unprotect_rtcp(raw) is None
    with pytest.raises(NotProtected):
        secure.protect(raw[:1])


def test_the_same_key_again_keeps_its_state() -> None:
    mine, yours = keys()
    me, you = Secure(mine), Secure(yours)
    sent = me.protect(SPEECH)
    assert you.unprotect(sent)
    you.rekey(Keys(Crypto(9, yours.ours.suite, yours.ours.key), yours.theirs))
    assert you.unprotect(sent) is None  # still known as a replay
    new, other = keys()
    me.rekey(new)
    you.rekey(other)
    assert you.unprotect(me.protect(SPEECH)) == SPEECH


async def test_streams_hear_each_other_and_a_recording_is_in_plain(
    streams: tuple[MediaStream, MediaStream],
) -> None:
    left, right = streams
    mine, yours = keys()
    left.secure(mine)
    right.secure(yours)
    right.recorder = heard = Heard(PCMA)
    left.play(Clip.from_samples(sine(1000, 1.0)), loop=True)
    right.play(Clip.from_samples(sine(440, 1.0)), loop=True)
    await eventually(lambda: heard.share(1000) > 0.9)
    await eventually(lambda: left.stats.packets_in > 20)
    assert (left.stats.rejected, right.stats.rejected) == (0, 0)


async def test_encryption_agreed_on_in_mid_call(streams: tuple[MediaStream, MediaStream]) -> None:
    left, right = streams
    right.recorder = heard = Heard(PCMA)
    left.play(Clip.from_samples(sine(1000, 1.0)), loop=True)
    await eventually(lambda: heard.share(1000) > 0.9)
    mine, yours = keys()
    right.secure(yours)
    count = right.stats.packets_in
    await eventually(lambda: right.stats.rejected > 3)
    assert right.stats.packets_in <= count + 1
    left.secure(mine)
    await eventually(lambda: right.stats.packets_in > count + 10)
    for stream in streams:
        stream.secure(None)
    rejected = right.stats.rejected
    kept = right._link._kept
    count = right.stats.packets_in
    await eventually(lambda: right.stats.packets_in > count + 10)
    assert right.stats.rejected == rejected
    right.secure(yours)
    assert right._link.secure is kept  # with its counters: the same key must not begin again


async def test_row_14_a_stranger_cannot_latch_on_an_encrypted_stream(
    streams: tuple[MediaStream, MediaStream], caplog: pytest.LogCaptureFixture
) -> None:
    _, right = streams
    mine, yours = keys()
    with caplog.at_level(logging.DEBUG):
        right.secure(yours)
        stranger = Phone(3000)
        stranger.send(right.local)
        stranger.send(right.local)
        await eventually(lambda: right.stats.rejected == 2)
        assert (right.stats.packets_in, right.stats.retargeted) == (0, 0)
        behind_nat = Secure(mine)
        stranger.send(right.local, behind_nat.protect(bytes(stranger.packet(5))))
        await eventually(lambda: right.remote == stranger.addr)
        stranger.close()
    assert mine.ours.attribute().partition("inline:")[2] not in caplog.text


async def test_reports_are_encrypted_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rtcp, "INTERVAL", 0.1)
    ports = pool()
    left, right = await MediaStream.open(ports), await MediaStream.open(ports)
    for stream, other, agreed in zip((left, right), (right, left), keys(), strict=True):
        stream.set_remote(other.local, PCMA, 101)
        stream.secure(agreed)
        stream.play(Clip.from_samples(sine(440, 1.0)), loop=True)
    await eventually(lambda: left.rtcp.figures.round_trip is not None)
    await eventually(lambda: right.rtcp.figures.round_trip is not None)
    assert left.rtcp.malformed == right.rtcp.malformed == 0
    left.secure(keys()[0])  # from here on the other side can read none of it
    await eventually(lambda: right.rtcp.malformed > 0)
    left.close()
    right.close()
