"""Keys in SDP: read, written, chosen, and never shown."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sip.errors import PeerError
from sip.sdes import SUITES, Crypto, Srtp, accept, fresh, settle
from sip.sdp import Agreement, Description, answer, offer
from sip.sdp import settle as settle_sdp

KEY = bytes(range(30))
TEXT = base64.b64encode(KEY).decode()
BEST, SHORT = SUITES


@pytest.mark.parametrize(
    "value",
    [
        f"1 {BEST} inline:{TEXT}",
        f"1 {BEST} inline:{TEXT}|2^31",
        f"1 {BEST}  inline:{TEXT}|1048576",
        f"1 {BEST} inline:{TEXT} WSH=64",
    ],
)
def test_what_is_understood(value: str) -> None:
    assert Crypto.parse(value) == Crypto(1, BEST, KEY)


@pytest.mark.parametrize(
    "value",
    [
        "",
        "1",
        f"1 {BEST}",
        f"x {BEST} inline:{TEXT}",
        f"1 AES_256_CM_HMAC_SHA1_80 inline:{TEXT}",
        f"1 {BEST} inline:{TEXT}|2^31|1:4",
        f"1 {BEST} inline:{TEXT};inline:{TEXT}",
        f"1 {BEST} inline:{TEXT} UNENCRYPTED_SRTP",
        f"1 {BEST} inline:{TEXT} KDR=1",
        f"1 {BEST} inline:{TEXT[:-4]}",
        f"1 {BEST} inline:{TEXT[:-4]}!!!!",
        f"1 {BEST} url:{TEXT}",
    ],
)
def test_what_is_not_supported_is_passed_over(value: str) -> None:
    assert Crypto.parse(value) is None


@given(st.text(max_size=120))
def test_nothing_makes_it_fail(value: str) -> None:
    Crypto.parse(value)
    Crypto.parse(f"1 {BEST} inline:{value}")


@given(st.integers(0, 999999999), st.sampled_from(SUITES), st.binary(min_size=30, max_size=30))
def test_what_is_written_is_read(tag: int, suite: str, key: bytes) -> None:
    crypto = Crypto(tag, suite, key)
    assert Crypto.parse(crypto.attribute().removeprefix("a=crypto:")) == crypto


def test_a_key_does_not_show() -> None:
    crypto = Crypto.parse(f"1 {BEST} inline:{TEXT}")
    body = bytes(offer("192.0.2.1", 4000, srtp=Srtp.REQUIRED, crypto=fresh()))
    for shown in (repr(crypto), str(crypto), repr(Description.parse(body))):
        assert TEXT not in shown and "key" not in shown and "inline" not in shown


def test_the_answer_has_the_tag_of_the_offer_and_a_key_of_its_own() -> None:
    theirs = (Crypto(7, SHORT, KEY), Crypto(8, BEST, KEY))
    own = fresh()
    keys = accept(theirs, own)
    assert keys is not None
    assert (keys.ours.tag, keys.ours.suite, keys.theirs) == (7, SHORT, theirs[0])
    assert keys.ours.key == own[1].key != KEY
    assert accept((), own) is None


def test_an_answer_must_take_what_was_offered() -> None:
    own = fresh()
    assert settle(own, (Crypto(2, SHORT, KEY),)) is not None
    assert settle(own, (Crypto(2, BEST, KEY),)) is None
    assert settle(own, ()) is None


# -- in offer and answer ----------------------------------------------------------------------------------


def negotiate(theirs: Srtp, ours: Srtp) -> tuple[Agreement, Agreement]:
    offered = offer("192.0.2.1", 4000, srtp=theirs, crypto=fresh())
    body, agreed = answer(Description.parse(bytes(offered)), "192.0.2.2", 5000, srtp=ours, crypto=fresh())
    return settle_sdp(offered, Description.parse(bytes(body))), agreed


@pytest.mark.parametrize(
    ("theirs", "ours", "encrypted"),
    [
        (Srtp.OFF, Srtp.OFF, False),
        (Srtp.OFF, Srtp.OPTIONAL, False),
        (Srtp.OPTIONAL, Srtp.OFF, False),
        (Srtp.OPTIONAL, Srtp.OPTIONAL, True),
        (Srtp.OPTIONAL, Srtp.REQUIRED, True),
        (Srtp.REQUIRED, Srtp.OPTIONAL, True),
        (Srtp.REQUIRED, Srtp.REQUIRED, True),
    ],
)
def test_both_sides_see_the_same(theirs: Srtp, ours: Srtp, encrypted: bool) -> None:
    offerer, answerer = negotiate(theirs, ours)
    assert (offerer.keys is not None) == (answerer.keys is not None) == encrypted
    if offerer.keys and answerer.keys:
        assert (offerer.keys.ours, offerer.keys.theirs) == (answerer.keys.theirs, answerer.keys.ours)


@pytest.mark.parametrize(("theirs", "ours"), [(Srtp.REQUIRED, Srtp.OFF), (Srtp.OFF, Srtp.REQUIRED)])
def test_no_call_where_one_requires_what_the_other_has_not(theirs: Srtp, ours: Srtp) -> None:
    with pytest.raises(PeerError) as refused:
        negotiate(theirs, ours)
    assert refused.value.status == 488


def test_an_answer_that_drops_the_encryption_is_refused() -> None:
    offered = offer("192.0.2.1", 4000, srtp=Srtp.REQUIRED, crypto=fresh())
    plain = bytes(offer("192.0.2.2", 5000))
    for theirs in (plain, plain.replace(b"RTP/AVP", b"RTP/SAVP")):
        with pytest.raises(PeerError):
            settle_sdp(offered, Description.parse(theirs))


@pytest.mark.parametrize(("ours", "taken"), [(Srtp.OFF, 1), (Srtp.OPTIONAL, 0), (Srtp.REQUIRED, 0)])
def test_of_two_streams_the_one_that_suits_is_taken(ours: Srtp, taken: int) -> None:
    secure = offer("192.0.2.1", 4000, srtp=Srtp.REQUIRED, crypto=fresh())
    both = Description("192.0.2.1", (*secure.media, *offer("192.0.2.1", 4002).media))
    body, agreed = answer(Description.parse(bytes(both)), "192.0.2.2", 5000, srtp=ours, crypto=fresh())
    assert [media.port != 0 for media in body.media] == [taken == 0, taken == 1]
    assert agreed.port == (4000, 4002)[taken]
