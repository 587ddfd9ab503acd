"""Messages out of a stream: whatever the cuts, the same messages; whatever the bytes, bounded memory."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sip.framing import MAX_BODY, MAX_HEAD, PING, PONG, Broken, Event, Message, Reply, StreamCodec

HEAD = "OPTIONS sip:a@b SIP/2.0\r\nCall-ID: 1\r\n"


def message(body: bytes = b"", length: str | None = None, name: str = "Content-Length") -> bytes:
    return f"{HEAD}{name}: {len(body) if length is None else length}\r\n\r\n".encode() + body


def fed(*pieces: bytes) -> list[Event]:
    codec = StreamCodec()
    return [event for piece in pieces for event in codec.receive(piece)]


bodies = st.binary(max_size=40)
blanks = st.sampled_from([b"", b"\r\n", PING, b"\r\n" * 3, b"\n", b"\r\n" * 5])
names = st.sampled_from(["Content-Length", "content-length", "l", "L ", "Content-Length\t"])
endings = st.sampled_from(
    [b"", b"garbage\r\n\r\n", message(length="99999999"), message(length="x"), b"OPT", b"\r\n\r"]
)


@given(st.lists(st.tuples(blanks, names, bodies), max_size=4), endings, st.data())
def test_any_split_gives_the_same_events(
    parts: list[tuple[bytes, str, bytes]], ending: bytes, data: st.DataObject
) -> None:
    stream = b"".join(blank + message(body, name=name) for blank, name, body in parts) + ending
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=12)))
    pieces = [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]

    def seen(events: list[Event]) -> list[object]:
        return [(str(e.error), e.head) if isinstance(e, Broken) else e for e in events]

    whole = fed(stream)
    assert seen(fed(*pieces)) == seen(whole)
    assert [e.data for e in whole if isinstance(e, Message)] == [message(b, name=n) for _, n, b in parts]


@given(st.binary(max_size=300))
def test_garbage_never_raises_and_its_cuts_do_not_matter(stream: bytes) -> None:
    def kinds(events: list[Event]) -> list[object]:
        return [str(e.error) if isinstance(e, Broken) else e for e in events]

    assert kinds(fed(*(bytes([byte]) for byte in stream))) == kinds(fed(stream))


def test_a_ping_gets_its_pong_and_a_pong_nothing() -> None:
    assert fed(PING) == [Reply(PONG)]
    assert fed(b"\r", b"\n", b"\r", b"\n") == [Reply(PONG)]
    assert fed(PONG) == []
    assert fed(PING + PING + message()) == [Reply(PONG), Reply(PONG), Message(message())]
    assert fed(message() + PING) == [Message(message()), Reply(PONG)]


def test_a_folded_length_and_bare_line_feeds() -> None:
    folded = HEAD.encode() + b"Content-Length:\r\n  3\r\n\r\nabc"
    assert fed(folded) == [Message(folded)]
    bare = (HEAD + "Content-Length: 3\n\nabc").replace("\r", "").encode()
    assert fed(bare) == [Message(bare)]


@pytest.mark.parametrize(
    ("stream", "status", "why"),
    [
        (HEAD.encode() + b"\r\n", 400, "no Content-Length"),
        (message(length="-1"), 400, "bad Content-Length"),
        (message(length=str(MAX_BODY + 1)), 413, "too large"),
        (message(length="9" * 30), 413, "too large"),
        (HEAD.encode() + b"l: 1\r\nContent-Length: 2\r\n\r\nab", 400, "more than one"),
        (b"A" * (MAX_HEAD + 1), 513, "does not end"),
        (b"A" * (MAX_HEAD + 1) + b"\r\n\r\n", 513, "too long"),
    ],
)
def test_what_cannot_be_framed(stream: bytes, status: int, why: str) -> None:
    codec = StreamCodec()
    (event,) = codec.receive(stream)
    assert isinstance(event, Broken)
    assert event.error.status == status
    assert why in str(event.error)
    assert codec.receive(message()) == []  # nothing more is believed
    assert not codec.partial


def test_it_tells_whether_a_message_has_begun() -> None:
    codec = StreamCodec()
    assert not codec.partial
    codec.receive(b"\r\n")
    assert not codec.partial
    codec.receive(b"OPTIONS")
    assert codec.partial
    assert codec.ping() == PING
    assert codec.pack(b"x") == b"x"
