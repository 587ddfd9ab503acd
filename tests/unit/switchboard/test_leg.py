"""A leg's media: offers, answers, who may hear whom."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator

import pytest

from callcenter.switchboard.leg import Media
from sip.aio.ports import PortPool
from sip.aio.rtp import MediaStream
from sip.errors import PeerError
from sip.sdp import PCMA, PCMU, Description, offer


@pytest.fixture
async def media() -> AsyncIterator[Media]:
    low = random.randrange(31000, 45000, 200)
    stream = await MediaStream.open(PortPool("127.0.0.1", low, low + 99))
    yield Media(stream, "192.0.2.7")
    stream.close()


def codecs(body: bytes) -> list[str]:
    audio = Description.parse(body).audio
    assert audio is not None
    return [form.name for form in audio.formats]


async def test_an_offer_has_the_wanted_codec_first(media: Media) -> None:
    assert codecs(media.offer("PCMU")) == ["PCMU", "PCMA", "telephone-event"]
    assert codecs(media.offer()) == ["PCMA", "PCMU", "telephone-event"]


async def test_the_codec_stays_once_agreed(media: Media) -> None:
    body, agreement = media.answer(offer("127.0.0.1", 4000, (PCMU, PCMA)))
    media.apply(agreement)
    assert codecs(body)[0] == media.codec == "PCMU"
    assert codecs(media.offer()) == ["PCMU", "telephone-event"]
    with pytest.raises(PeerError):
        media.answer(offer("127.0.0.1", 4000, (PCMA,)))


@pytest.mark.parametrize(
    ("direction", "sending", "receiving"),
    [
        ("sendrecv", True, True),
        ("sendonly", False, False),
        ("inactive", False, False),
        ("recvonly", True, False),
    ],
)
async def test_a_party_that_holds_is_not_heard(
    media: Media, direction: str, sending: bool, receiving: bool
) -> None:
    theirs = bytes(offer("127.0.0.1", 4000)).replace(b"a=sendrecv", f"a={direction}".encode())
    _, agreement = media.answer(Description.parse(theirs))
    media.apply(agreement)
    assert (media.stream.sending, media.stream.receiving) == (sending, receiving)


async def test_versions_grow(media: Media) -> None:
    versions = [Description.parse(media.offer()).version for _ in range(3)]
    assert versions == [1, 2, 3]
