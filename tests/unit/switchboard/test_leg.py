"""A leg's media: offers, answers, who may hear whom."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from callcenter.switchboard.leg import Media
from sip import sdp
from sip.aio.ports import PortPool
from sip.aio.rtp import MediaStream
from sip.errors import PeerError
from sip.media import codecs as codecs_of
from sip.sdp import G722, OPUS, PCMA, PCMU, Description, Format, offer

ALL = ("PCMA", "PCMU", "G722", "opus")


async def stream() -> MediaStream:
    low = random.randrange(31000, 45000, 200)
    return await MediaStream.open(PortPool("127.0.0.1", low, low + 99))


@pytest.fixture
async def media() -> AsyncIterator[Media]:
    made = Media(await stream(), "192.0.2.7")
    yield made
    made.stream.close()


@pytest.fixture
async def wide() -> AsyncIterator[Media]:
    made = Media(await stream(), "192.0.2.7", codecs=ALL)
    yield made
    made.stream.close()


@pytest.fixture
async def other() -> AsyncIterator[Media]:
    made = Media(await stream(), "192.0.2.7", codecs=ALL)
    yield made
    made.stream.close()


def offered(*codecs: Format) -> Description:
    return Description.parse(bytes(offer("127.0.0.1", 4000, codecs)))


def formats(body: bytes) -> tuple[Format, ...]:
    audio = Description.parse(body).audio
    assert audio is not None
    return audio.formats


def codecs(body: bytes) -> list[str]:
    return [form.name for form in formats(body)]


async def test_an_offer_has_the_other_legs_codecs_first(wide: Media, other: Media) -> None:
    assert codecs(wide.offer()) == [*ALL, "telephone-event", "telephone-event"]
    theirs = offered(replace(OPUS, parameters="stereo=1"), G722, PCMU)
    other.intend(theirs, other.answer(theirs)[1])
    assert other.codec == "PCMU"  # ours first: opus is last of ALL
    made = formats(wide.offer(other))
    assert [form.name for form in made[:4]] == ["PCMU", "opus", "G722", "PCMA"]
    assert made[1].parameters == "stereo=1"
    assert not other.settled


async def test_only_what_is_on_is_offered_and_taken(media: Media, other: Media) -> None:
    theirs = offered(OPUS, PCMU)
    other.intend(theirs, other.answer(theirs)[1])
    assert codecs(media.offer(other)) == ["PCMU", "PCMA", "telephone-event"]
    assert codecs(media.answer(theirs)[0]) == ["PCMU", "telephone-event"]
    with pytest.raises(PeerError):
        media.answer(offered(OPUS, G722))


async def test_until_it_is_told_the_answer_may_follow_the_other_leg(wide: Media, other: Media) -> None:
    """A offered Opus and PCMA; B answers Opus, with parameters of its own: A gets those."""
    theirs = offered(OPUS, PCMA)
    wide.intend(theirs, wide.answer(theirs)[1])
    assert wide.codec == "PCMA"
    other.offer(wide)
    answered, _ = sdp.answer(
        Description.parse(bytes(other._offered or b"")),
        "127.0.0.1",
        5000,
        (replace(OPUS, parameters="maxaveragebitrate=16000"),),
    )
    other.settle(answered)
    assert other.codec == "opus"
    body, agreement = wide.answer(theirs, other)
    assert formats(body)[0] == replace(OPUS, parameters="maxaveragebitrate=16000")
    wide.apply(agreement)
    assert wide.settled
    assert wide.stream.codec.name == other.stream.codec.name == "opus"


async def test_a_codec_that_the_other_leg_has_and_they_do_not_is_no_hindrance(
    wide: Media, other: Media
) -> None:
    other.apply(other.answer(offered(G722))[1])
    assert codecs(wide.answer(offered(OPUS), other)[0])[0] == "opus"


async def test_the_codec_stays_once_agreed(media: Media) -> None:
    body, agreement = media.answer(offered(PCMU))
    media.apply(agreement)
    assert codecs(body)[0] == media.codec == "PCMU"
    assert codecs(media.offer()) == ["PCMU", "telephone-event"]
    with pytest.raises(PeerError):
        media.answer(offered(PCMA))


async def test_numbers_stay_too(wide: Media) -> None:
    """What they call 96 and 97 keeps those numbers in an offer of ours."""
    text = bytes(offered(OPUS)).replace(b"111", b"96").replace(b"102", b"97")
    wide.apply(wide.answer(Description.parse(text))[1])
    assert [(form.payload_type, form.clock_rate) for form in formats(wide.offer())] == [
        (96, 48000),
        (97, 48000),
    ]
    assert wide.stream.codec == codecs_of.OPUS.named(96)
    assert wide.stream.dtmf_pt == 97


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
