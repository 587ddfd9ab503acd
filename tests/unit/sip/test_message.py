"""Messages: what is legal is read, what is not is a PeerError with the right status, and nothing else."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sip.errors import PeerError
from sip.message import (
    Request,
    Response,
    contact_uri,
    encode,
    media_type,
    new_branch,
    new_call_id,
    new_tag,
    parse,
    refuse,
    respond,
    tag_of,
)
from tests.unit.sip.torture import FOLDER
from tests.unit.sip.wire import SDP, raw, request


def test_a_request_is_read_with_its_values() -> None:
    message = request(body=SDP)
    assert (message.method, str(message.uri), message.call_id) == ("INVITE", "sip:8000@192.0.2.9", "call-1")
    assert (message.cseq.sequence, tag_of(message.from_address), tag_of(message.to_address)) == (
        1,
        "them",
        None,
    )
    assert (message.via[0].host, media_type(message), message.body) == ("192.0.2.1", "application/sdp", SDP)
    assert str(contact_uri(message)) == "sip:1001@192.0.2.1:5060"


def test_what_is_written_is_read_again() -> None:
    message = request(body=SDP, extra="X-Own: 1\nX-Own: 2")
    again = parse(encode(message))
    assert encode(again) == encode(message)
    assert again.headers.getlist("X-Own") == ["1", "2"]


def test_folds_compact_names_and_spaces_are_legal() -> None:
    """RFC 4475 section 3.1.1.1, in little."""
    text = (
        b"\r\n\r\nINVITE sip:vivekg@chair-dnrc.example.com;unknownparam SIP/2.0\r\n"
        b"TO :\r\n sip:vivekg@chair-dnrc.example.com ;   tag    = 1918181833n\r\n"
        b'f  : "J Rosenberg \\\\\\""       <sip:jdrosen@example.com>\r\n  ;\r\n  tag = 98asjd8\r\n'
        b"MaX-fOrWaRdS: 0068\r\nCall-ID: wsinv.ndaksdj@192.0.2.1\r\nCseq: 0009\r\n  INVITE\r\n"
        b"v:  SIP  / 2.0  / UDP 192.0.2.2;branch=390skdjuw,SIP/2.0/TCP [2001:db8::9:1]\r\n"
        b's :\r\nm:"Quoted \\"\\"" <sip:jdrosen@example.com> ; newparam = newvalue\r\nl: 0\r\n\r\n'
    )
    message = parse(text)
    assert isinstance(message, Request)
    assert tag_of(message.to_address) == "1918181833n"
    assert message.from_address.name == 'J Rosenberg \\"'
    assert len(message.via) == 2
    assert message.cseq.sequence == 9
    assert message.contact[0].name == 'Quoted ""'


def test_the_body_ends_at_content_length() -> None:
    """RFC 3261 section 18.3: what follows it is not ours."""
    data = raw(body=SDP) + b"INVITE sip:x@y SIP/2.0\r\n\r\n"
    assert parse(data).body == SDP


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"", 400),
        (b"nonsense\r\n\r\n", 400),
        (raw().replace(b"\r\n\r\n", b""), 400),
        (raw().replace(b" SIP/2.0", b" SIP/7.0", 1), 505),
        (raw(uri="<sip:a@b>"), 400),
        (raw(uri="sip:a@b?Route=%3Csip:c%3E"), 400),
        (raw(uri="sip: a@b"), 400),
        (raw().replace(b"INVITE sip", b"INVITE  sip", 1), 400),
        (raw().replace(b"SIP/2.0\r\n", b"SIP/2.0 \r\n", 1), 400),
        (raw(via="SIP/2.0/UDP"), 400),
        (raw(via=""), 400),
        (raw(from_="<sip:a@b"), 400),
        (raw(to='"unbalanced <sip:a@b>'), 400),
        (raw(cseq=2**31), 400),
        (raw().replace(b"1 INVITE", b"1 OPTIONS"), 400),
        (raw(extra="Call-ID: another"), 400),
        (raw(extra="CSeq: 2 INVITE"), 400),
        (raw(extra="Record-Route: <sip:a@b"), 400),
        (raw(extra="no colon"), 400),
        (raw(extra="a name: x"), 400),
        (raw(extra="Content-Length: 5"), 400),
        (raw().replace(b"Length: 0", b"Length: 1"), 400),
        (raw().replace(b"Length: 0", b"Length: -1"), 400),
        (raw().replace(b"Length: 0", b"Length: " + b"9" * 5000), 400),
        (raw().replace(b"1001", b"\xff\xfe"), 400),
        (raw(extra="\n".join(f"X{n}: 1" for n in range(300))), 413),
        (b"SIP/2.0 4294967301 better not break the receiver\r\n" + raw().split(b"\r\n", 1)[1], 400),
    ],
)
def test_what_is_broken_is_a_peers_error(data: bytes, status: int) -> None:
    with pytest.raises(PeerError) as caught:
        parse(data)
    assert caught.value.status == status


@pytest.mark.parametrize("name", [b"Via", b"From", b"To", b"Call-ID", b"CSeq"])
def test_five_headers_are_needed(name: bytes) -> None:
    with pytest.raises(PeerError, match=name.decode()):
        parse(raw().replace(b"\r\n" + name + b":", b"\r\nX-" + name + b":"))


def test_a_response_for_somebody_behind_us_is_dropped() -> None:
    """RFC 3261 section 8.1.3.3."""
    answer = respond(request(), 200)
    answer.headers.add("Via", "SIP/2.0/UDP 192.0.2.7;branch=z9hG4bK2")
    with pytest.raises(PeerError, match="more than one Via"):
        parse(encode(answer))


def test_a_reason_phrase_may_be_missing() -> None:
    answer = parse(encode(respond(request(), 200)).replace(b"200 OK", b"200 "))
    assert isinstance(answer, Response)
    assert (answer.code, answer.phrase) == (200, "")


def test_contact_star_can_be_read() -> None:
    assert parse(raw("REGISTER", contact="*")).headers.get("Contact") == "*"


@pytest.mark.parametrize("contact", [None, "*", "<mailto:a@b>", "<sip:a@b", "<sip:a@1.2.3.4:99999>"])
def test_a_contact_that_is_of_no_use_is_none(contact: str | None) -> None:
    assert contact_uri(parse(raw(contact=contact))) is None


def test_a_response_copies_letter_for_letter() -> None:
    """Branch and tag are compared as they are written (RFC 3261 section 8.2.6.2)."""
    via = "SIP/2.0/UDP  192.0.2.1 ;branch=z9hG4bK-.!%66*_+`'~;rport"
    asked = request(via=via, from_="J <sip:a@b>;tag=%66!'+", to="sip:8000@h;x=1", extra="Timestamp: 54")
    answer = respond(asked, 180, to_tag="me")
    assert answer.headers.get("Via") == via
    assert answer.headers.get("From") == "J <sip:a@b>;tag=%66!'+"
    assert answer.headers.get("To") == "sip:8000@h;x=1;tag=me"
    assert tag_of(answer.to_address) == "me"
    assert answer.headers.get("Timestamp") is None
    assert respond(asked, 100).headers.get("Timestamp") == "54"  # section 8.2.6.1


def test_a_tag_is_not_given_twice() -> None:
    assert tag_of(respond(request(to="<sip:a@b>;tag=had"), 200, to_tag="new").to_address) == "had"


def test_an_error_makes_its_answer() -> None:
    error = PeerError("no", status=423, headers=(("Min-Expires", "30"),))
    answer = refuse(request(), error)
    assert (answer.code, answer.phrase, answer.headers.get("Min-Expires")) == (
        423,
        "Interval Too Brief",
        "30",
    )
    assert tag_of(answer.to_address)


def test_identifiers_are_fresh() -> None:
    for make in (new_branch, new_tag, new_call_id):
        assert len({make() for _ in range(100)}) == 100
    assert new_branch().startswith("z9hG4bK")


def test_reading_is_fast_enough() -> None:
    data = raw(body=SDP)
    began = time.process_time()
    for _ in range(300):
        parse(data)
    assert (time.process_time() - began) / 300 < 0.002


@given(st.binary(max_size=200))
def test_any_bytes_are_a_message_or_a_peers_error(data: bytes) -> None:
    _read(data)


@given(st.data())
def test_any_damage_is_a_message_or_a_peers_error(data: st.DataObject) -> None:
    whole = raw(body=SDP, extra="Record-Route: <sip:p;lr>\nExpires: 60")
    start = data.draw(st.integers(0, len(whole)))
    end = data.draw(st.integers(start, min(len(whole), start + 20)))
    _read(whole[:start] + data.draw(st.binary(max_size=10)) + whole[end:])


def _read(data: bytes) -> None:
    try:
        message = parse(data)
    except PeerError:
        return
    if isinstance(message, Request):
        parse(encode(respond(message, 200, to_tag="me")))


OTHER_STATUS = {"badvers": 505, "mismatch02": 501}
TO_READ = {
    *("badbranch", "baddate", "bext01", "cparam01", "cparam02", "inv2543", "invut", "novelsc", "regaut01"),
    *("regbadct", "regescrt", "sdp01", "unkscm", "unksm2", "zeromf"),
}
"""Of the folder "invalid": what is wrong with these is not in their grammar, and is judged further up."""


def test_the_torture_messages_are_read_or_refused_as_rfc_4475_says() -> None:
    for path in sorted(FOLDER.glob("*/*.dat")):
        legal = path.parent.name == "valid" or path.stem in TO_READ
        try:
            parse(path.read_bytes())
        except PeerError as error:
            assert not legal, (path.stem, str(error))
            assert error.status == OTHER_STATUS.get(path.stem, 400), path.stem
        else:
            assert legal, path.stem


def test_control_characters_stay_out_of_names() -> None:
    """RFC 4475 section 3.1.1.2 has them quoted; no database takes a NUL."""
    message = request(from_='"BEL:\\\x07 NUL:\\\x00 DEL:\\\x7f" <sip:a@b>;tag=1')
    assert message.from_address.name == "BEL: NUL: DEL:"
