"""Descriptions and offer/answer: hold in every spelling, refused streams, unknown codecs."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sip.errors import PeerError
from sip.sdp import (
    PCMA,
    PCMU,
    TELEPHONE_EVENT,
    Agreement,
    Description,
    Direction,
    Format,
    Media,
    answer,
    offer,
    settle,
)

US, PORT = "192.0.2.9", 6000


def sdp(media: str = "m=audio 4000 RTP/AVP 8 0", *attributes: str, address: str = "192.0.2.1") -> bytes:
    family = "IP6" if ":" in address else "IP4"
    head = ["v=0", f"o=- 1 1 IN {family} {address}", "s=-", f"c=IN {family} {address}", "t=0 0"]
    return "\r\n".join([*head, media, *attributes, ""]).encode()


def answered(*lines: str, address: str = "192.0.2.1") -> tuple[Description, Agreement]:
    theirs = Description.parse(sdp(*lines, address=address))
    return answer(theirs, US, PORT)


def test_a_telephones_offer_is_read() -> None:
    audio = Description.parse(
        sdp(
            "m=audio 4000 RTP/AVP 8 0 101",
            "a=rtpmap:101 telephone-event/8000",
            "a=fmtp:101 0-16",
            "a=ptime:20",
            "a=sendonly",
        )
    ).audio
    assert audio is not None
    assert (audio.address, audio.port, audio.ptime) == ("192.0.2.1", 4000, 20)
    assert audio.formats == (PCMA, PCMU, TELEPHONE_EVENT)
    assert audio.direction is Direction.SENDONLY
    assert audio.find("pcmu") == PCMU
    assert audio.find("telephone-event", 48000) is None


def test_a_streams_own_address_and_direction_win() -> None:
    theirs = Description.parse(
        b"v=0\no=- 1 1 IN IP4 a.example\ns=-\nc=IN IP4 192.0.2.1/127\na=sendonly\nt=0 0\n"
        b"m=audio 4000 RTP/AVP 8\nc=IN IP4 192.0.2.2\na=recvonly\n"
    )
    assert theirs.audio is not None
    assert (theirs.audio.address, theirs.audio.direction) == ("192.0.2.2", Direction.RECVONLY)
    assert theirs.address == "192.0.2.1"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"v=1\r\n",
        b"v=0\r\nnot a line\r\n",
        sdp(address="phone.example"),
        sdp("m=audio 99999 RTP/AVP 8"),
        sdp("m=audio x RTP/AVP 8"),
        sdp("m=audio"),
        sdp().replace(b"o=- 1 1", b"o=- 1"),
        sdp().replace(b"c=IN IP4 192.0.2.1\r\n", b""),
        sdp().replace(b"c=IN", b"c=ATM"),
    ],
)
def test_what_cannot_be_understood_is_488(body: bytes) -> None:
    with pytest.raises(PeerError) as caught:
        Description.parse(body)
    assert caught.value.status == 488


@pytest.mark.parametrize(
    "line", ["a=rtpmap:31 LPC", "a=rtpmap:8", "a=rtpmap:x y/8000", "a=rtpmap:31 LPC/fast"]
)
def test_a_mapping_that_cannot_be_read_spoils_its_format_only(line: str) -> None:
    """RFC 4475's own descriptions have the first."""
    audio = Description.parse(sdp("m=audio 4000 RTP/AVP 8 31", line)).audio
    assert audio is not None
    assert [form.payload_type for form in audio.formats] == [8]


def test_names_in_gbk_do_no_harm() -> None:
    body = sdp().replace(b"s=-", "s=通话".encode("gbk"))
    assert Description.parse(body).audio is not None


def test_attributes_of_other_streams_do_no_harm() -> None:
    answered(
        "m=audio 4000 RTP/AVP 8",
        "a=ptime:soon",
        "m=application 5000 UDP/DTLS/SCTP webrtc-datachannel",
        "a=fmtp:webrtc-datachannel max-message-size=1",
        "a=rtcp-fb:* nack",
    )


# --- offers and answers (RFC 3264) ---


def test_our_offer_reads_back_with_both_codecs_and_digits() -> None:
    ours = Description.parse(bytes(offer(US, PORT, session_id=7, version=2)))
    assert ours.audio is not None
    assert ours.audio.formats == (PCMA, PCMU, TELEPHONE_EVENT)
    assert (ours.address, ours.audio.port, ours.session_id, ours.version) == (US, PORT, 7, 2)


def test_the_answer_takes_the_offerers_first_codec_that_we_know() -> None:
    ours, agreed = answered("m=audio 4000 RTP/AVP 18 0 8 96", "a=rtpmap:96 telephone-event/8000")
    assert (agreed.codec, agreed.address, agreed.port) == (PCMU, "192.0.2.1", 4000)
    assert agreed.telephone_event == Format(96, "telephone-event")
    assert (agreed.sends, agreed.receives) == (True, True)
    assert ours.media[0].formats == (PCMU, Format(96, "telephone-event"))


def test_digits_keep_the_voices_clock() -> None:
    """RFC 4733 section 2.3: opus phones offer telephone-event at 48 kHz too."""
    _, agreed = answered(
        "m=audio 4000 RTP/AVP 96 8 97 98",
        "a=rtpmap:96 opus/48000/2",
        "a=rtpmap:97 telephone-event/48000",
        "a=rtpmap:98 telephone-event/8000",
    )
    assert (agreed.codec, agreed.telephone_event) == (PCMA, Format(98, "telephone-event"))


@pytest.mark.parametrize(
    ("theirs", "ours", "sends", "receives"),
    [
        ("sendrecv", "sendrecv", True, True),
        ("sendonly", "recvonly", False, True),
        ("recvonly", "sendonly", True, False),
        ("inactive", "inactive", False, False),
    ],
)
def test_hold_is_answered_as_rfc_3264_section_6_1_says(
    theirs: str, ours: str, sends: bool, receives: bool
) -> None:
    description, agreed = answered("m=audio 4000 RTP/AVP 8", f"a={theirs}")
    assert description.media[0].direction.value == ours
    assert (agreed.sends, agreed.receives) == (sends, receives)


@pytest.mark.parametrize("null", ["0.0.0.0", "::"])
@pytest.mark.parametrize(
    ("theirs", "ours"),
    [("sendrecv", "recvonly"), ("sendonly", "recvonly"), ("recvonly", "inactive"), ("inactive", "inactive")],
)
def test_the_old_hold_by_a_null_address(null: str, theirs: str, ours: str) -> None:
    """RFC 3264 section 8.4: nothing is sent there, whatever the direction says."""
    description, agreed = answered("m=audio 4000 RTP/AVP 8", f"a={theirs}", address=null)
    assert description.media[0].direction.value == ours
    assert not agreed.sends


@pytest.mark.parametrize(
    "lines",
    [
        ("m=video 4000 RTP/AVP 96",),
        ("m=audio 0 RTP/AVP 8",),
        ("m=audio 4000 RTP/SAVP 8",),
        ("m=audio 4000 RTP/AVP 18 3",),
        ("m=audio 4000 RTP/AVP 96", "a=rtpmap:96 opus/48000/2"),
        ("m=audio 4000 RTP/AVP 8", "a=rtpmap:8 PCMA/16000"),
        ("m=audio 4000 RTP/AVP",),
        ("m=audio 4000 RTP/AVP 300 x",),
        ("a=no media",),
    ],
)
def test_what_we_cannot_take_is_488(lines: tuple[str, ...]) -> None:
    """SIP_CASES 15."""
    with pytest.raises(PeerError) as caught:
        answered(*lines)
    assert caught.value.status == 488


@pytest.mark.parametrize(
    ("lines", "ports"),
    [
        (("m=audio 4000 RTP/AVP 8", "m=video 5000 RTP/AVP 96"), [PORT, 0]),
        (("m=video 5000 RTP/AVP 96 97", "m=audio 4000 RTP/AVP 8"), [0, PORT]),
        (("m=audio 0 RTP/AVP 8", "m=audio 4000 RTP/AVP 0"), [0, PORT]),
        (("m=audio 4000 RTP/AVP 8", "m=audio 4002 RTP/AVP 8"), [PORT, 0]),
        (("m=image 4000 udptl t38", "m=audio 4002 RTP/AVP 8"), [0, PORT]),
    ],
)
def test_one_stream_is_taken_and_the_others_refused(lines: tuple[str, ...], ports: list[int]) -> None:
    """RFC 3264 section 6: as many m-lines as the offer, in its order, formats kept."""
    description, _ = answered(*lines)
    again = Description.parse(bytes(description))
    assert [media.port for media in again.media] == ports
    asked = Description.parse(sdp(*lines))
    for ours, theirs in zip(again.media, asked.media, strict=True):
        assert (ours.kind, ours.protocol) == (theirs.kind, theirs.protocol)
        assert ours.port or ours.raw_formats == theirs.raw_formats


def test_ipv6() -> None:
    ours, agreed = answered(address="2001:db8::1")
    assert agreed.address == "2001:db8::1"
    written = bytes(answer(Description.parse(sdp(address="2001:db8::1")), "2001:db8::9", PORT)[0])
    assert b"c=IN IP6 2001:db8::9\r\n" in written
    assert b"c=IN IP4 192.0.2.9\r\n" in bytes(ours)


# --- their answer to our offer ---


def settled(*lines: str, address: str = "192.0.2.1") -> Agreement:
    return settle(offer(US, PORT), Description.parse(sdp(*lines, address=address)))


def test_an_answer_settles_what_is_sent() -> None:
    agreed = settled("m=audio 4000 RTP/AVP 0 101", "a=rtpmap:101 telephone-event/8000")
    assert (agreed.codec, agreed.port, agreed.sends, agreed.receives) == (PCMU, 4000, True, True)
    assert agreed.telephone_event is not None
    assert settled("m=audio 4000 RTP/AVP 8").telephone_event is None


@pytest.mark.parametrize(
    ("line", "address", "sends", "receives"),
    [
        ("a=sendonly", "192.0.2.1", False, True),
        ("a=recvonly", "192.0.2.1", True, False),
        ("a=inactive", "192.0.2.1", False, False),
        ("a=sendrecv", "0.0.0.0", False, True),
        ("a=recvonly", "0.0.0.0", False, False),
    ],
)
def test_an_answer_may_hold(line: str, address: str, sends: bool, receives: bool) -> None:
    agreed = settled("m=audio 4000 RTP/AVP 8", line, address=address)
    assert (agreed.sends, agreed.receives) == (sends, receives)


def test_an_offer_that_only_receives_sends_nothing() -> None:
    ours = offer(US, PORT)
    held = replace(ours, media=(replace(ours.media[0], direction=Direction.RECVONLY),))
    agreed = settle(held, Description.parse(sdp()))
    assert (agreed.sends, agreed.receives) == (False, True)


@pytest.mark.parametrize("line", ["m=audio 0 RTP/AVP 8", "m=audio 4000 RTP/AVP 18", "m=video 4000 RTP/AVP 8"])
def test_an_answer_that_takes_nothing_is_488(line: str) -> None:
    with pytest.raises(PeerError) as caught:
        settled(line)
    assert caught.value.status == 488


# --- anything at all ---


@given(st.binary(max_size=300))
def test_any_bytes_are_a_description_or_a_peers_error(body: bytes) -> None:
    _read(body)


fragments = st.sampled_from(
    [
        "c=IN IP4 192.0.2.1",
        "m=audio 4000 RTP/AVP 8",
        "m=audio 4000/2 RTP/AVP 8 x 999",
        "a=rtpmap:",
        "a=fmtp:8 x",
    ]
)


@given(st.lists(st.one_of(fragments, st.text(max_size=30)), max_size=8))
def test_any_lines_are_a_description_or_a_peers_error(lines: list[str]) -> None:
    _read("\r\n".join(["v=0", *lines]).encode("utf-8", "replace"))


def _read(body: bytes) -> None:
    try:
        theirs = Description.parse(body)
    except PeerError:
        return
    written = bytes(theirs)
    try:
        again = Description.parse(written)
        answer(theirs, US, PORT)
    except PeerError:
        return
    assert bytes(again) == written


formats = st.builds(
    Format,
    st.integers(0, 127),
    st.sampled_from(["PCMA", "PCMU", "telephone-event", "opus"]),
    st.sampled_from([8000, 16000, 48000]),
    st.sampled_from(["", "0-16", "a=b;c"]),
)
media = st.builds(
    Media,
    st.sampled_from(["audio", "video"]),
    st.integers(0, 65535),
    st.sampled_from(["RTP/AVP", "RTP/SAVP"]),
    st.lists(formats, min_size=1, max_size=4, unique_by=lambda form: form.payload_type).map(tuple),
    st.sampled_from([None, "192.0.2.5", "2001:db8::5"]),
    st.sampled_from(Direction),
    st.sampled_from([None, 20, 30]),
)
descriptions = st.builds(
    Description,
    st.sampled_from(["192.0.2.1", "2001:db8::1", "0.0.0.0"]),
    st.lists(media, max_size=3).map(tuple),
    st.integers(0, 2**63),
    st.integers(0, 2**63),
    st.sampled_from(["-", "peer"]),
)


@given(descriptions)
def test_a_description_round_trips(description: Description) -> None:
    assert bytes(Description.parse(bytes(description))) == bytes(description)


@pytest.mark.parametrize(("line", "wanted"), [("on - - - -", True), ("off - - - -", False), ("", False)])
def test_silence_suppression_is_read(line: str, wanted: bool) -> None:
    theirs = bytes(offer("192.0.2.1", 4000)) + f"a=silenceSupp:{line}\r\n".encode()
    assert answer(Description.parse(theirs), "192.0.2.2", 5000)[1].silences is wanted
    assert settle(offer("192.0.2.2", 5000), Description.parse(theirs)).silences is wanted
