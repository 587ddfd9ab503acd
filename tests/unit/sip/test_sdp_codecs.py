"""G.722 and Opus in descriptions: numbers, clocks, channels, parameters, and the keys that go with them."""

from __future__ import annotations

import pytest

from sip.errors import PeerError
from sip.sdp import G722, OPUS, PCMA, PCMU, WIDE_EVENT, Description, Format, Media, answer, offer, settle

ALL = (OPUS, G722, PCMA, PCMU)


def theirs(line: str, *attributes: str) -> Description:
    head = ["v=0", "o=- 1 1 IN IP4 192.0.2.1", "s=-", "c=IN IP4 192.0.2.1", "t=0 0"]
    return Description.parse("\r\n".join([*head, line, *attributes, ""]).encode())


def audio(description: Description) -> Media:
    assert description.audio is not None
    return description.audio


def test_our_offer_is_written_as_the_rfcs_say() -> None:
    text = bytes(offer("192.0.2.9", 6000, ALL)).decode()
    assert "m=audio 6000 RTP/AVP 111 9 8 0 102 101\r\n" in text
    assert "a=rtpmap:111 opus/48000/2\r\na=fmtp:111 useinbandfec=1\r\n" in text
    assert "a=rtpmap:9 G722/8000\r\n" in text
    assert "a=rtpmap:102 telephone-event/48000\r\na=fmtp:102 0-16\r\n" in text
    assert audio(Description.parse(text.encode())).formats[:4] == ALL
    assert WIDE_EVENT not in audio(offer("192.0.2.9", 6000, (G722, PCMA))).formats


def test_g722_needs_no_rtpmap() -> None:
    _, agreed = answer(theirs("m=audio 4000 RTP/AVP 9"), "192.0.2.9", 6000, ALL)
    assert agreed.codec == G722


def test_an_answer_has_their_number_and_our_parameters() -> None:
    offered = theirs(
        "m=audio 4000 RTP/AVP 96 8 97 98",
        "a=rtpmap:96 OPUS/48000/2",
        "a=fmtp:96 stereo=1;maxplaybackrate=16000",
        "a=rtpmap:97 telephone-event/48000",
        "a=rtpmap:98 telephone-event/8000",
    )
    ours, agreed = answer(offered, "192.0.2.9", 6000, (PCMA, OPUS))
    assert audio(ours).formats == (
        Format(96, "OPUS", 48000, "useinbandfec=1", 2),
        Format(97, "telephone-event", 48000),
    )
    assert agreed.codec == Format(96, "OPUS", 48000, "stereo=1;maxplaybackrate=16000", 2)
    assert (agreed.codec_in, agreed.event_in) == (None, None)
    ours, _ = answer(offered, "192.0.2.9", 6000, (PCMA,))
    assert [form.payload_type for form in audio(ours).formats] == [8, 98]


@pytest.mark.parametrize("rtpmap", ["opus/48000", "opus/48000/1", "Opus/48000/2"])
def test_opus_written_carelessly_is_opus(rtpmap: str) -> None:
    _, agreed = answer(theirs("m=audio 4000 RTP/AVP 96", f"a=rtpmap:96 {rtpmap}"), "192.0.2.9", 6000, ALL)
    assert agreed.codec.payload_type == 96


def test_keys_at_8000_go_with_opus_where_there_are_no_others() -> None:
    offered = theirs(
        "m=audio 4000 RTP/AVP 96 101", "a=rtpmap:96 opus/48000/2", "a=rtpmap:101 telephone-event/8000"
    )
    ours, agreed = answer(offered, "192.0.2.9", 6000, ALL)
    assert agreed.telephone_event == Format(101, "telephone-event")
    assert [form.payload_type for form in audio(ours).formats] == [96, 101]


def test_each_side_keeps_the_numbers_it_gave() -> None:
    """RFC 3264 section 6.1 lets an answer use other numbers: they send with ours, we with theirs."""
    agreed = settle(
        offer("192.0.2.9", 6000, ALL),
        theirs(
            "m=audio 4000 RTP/AVP 120 97", "a=rtpmap:120 opus/48000/2", "a=rtpmap:97 telephone-event/48000"
        ),
    )
    assert (agreed.codec.payload_type, agreed.codec_in) == (120, 111)
    assert agreed.telephone_event is not None
    assert (agreed.telephone_event.payload_type, agreed.event_in) == (97, 102)


def test_a_codec_that_is_not_on_is_not_taken() -> None:
    with pytest.raises(PeerError):
        answer(theirs("m=audio 4000 RTP/AVP 9"), "192.0.2.9", 6000, (PCMA, PCMU))
    with pytest.raises(PeerError):
        settle(offer("192.0.2.9", 6000, (PCMA,)), theirs("m=audio 4000 RTP/AVP 9"))
