"""SIP over WebSocket, with the client's half of the same library as peer: no sockets."""

from __future__ import annotations

import pytest
from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.typing import Subprotocol
from websockets.uri import parse_uri

from sip.framing import PING, PONG, Broken, Closed, Event, Message, Reply
from sip.websocket import MAX_MESSAGE, WebSocketCodec

OPTIONS = b"OPTIONS sip:a SIP/2.0\r\n\r\n"


class Pair:
    """A client and our codec, joined."""

    def __init__(self, subprotocols: tuple[str, ...] = ("sip",)) -> None:
        self.client = ClientProtocol(
            parse_uri("ws://127.0.0.1/"), subprotocols=[Subprotocol(name) for name in subprotocols] or None
        )
        self.codec = WebSocketCodec()
        self.client.send_request(self.client.connect())
        self.events = self.exchange()

    def exchange(self) -> list[Event]:
        """Carries what the client has to say to the codec, and its replies back."""
        events = [
            e for data in self.client.data_to_send() for e in (self.codec.receive(data) if data else [])
        ]
        for event in events:
            if isinstance(event, Reply):
                self.client.receive_data(event.data)
        return events

    def heard(self) -> list[bytes]:
        return [bytes(e.data) for e in self.client.events_received() if isinstance(e, Frame)]


def test_messages_go_both_ways() -> None:
    pair = Pair()
    assert pair.client.handshake_exc is None
    assert pair.client.subprotocol == "sip"
    pair.client.send_text(OPTIONS)
    pair.client.send_binary(OPTIONS)
    assert pair.exchange() == [Message(OPTIONS), Message(OPTIONS)]
    pair.heard()
    pair.client.receive_data(pair.codec.pack(b"SIP/2.0 200 OK\r\n\r\n"))
    pair.client.receive_data(pair.codec.pack(b"\xff\xfe"))
    assert pair.heard() == [b"SIP/2.0 200 OK\r\n\r\n", b"\xff\xfe"]


def test_a_message_in_pieces() -> None:
    pair = Pair()
    pair.client.send_text(b"OPTIONS sip:a ", fin=False)
    assert pair.exchange() == []
    assert pair.codec.partial
    pair.client.send_continuation(b"SIP/2.0\r\n\r\n", fin=True)
    assert pair.exchange() == [Message(OPTIONS)]
    assert not pair.codec.partial


def test_keep_alives() -> None:
    pair = Pair()
    pair.heard()
    pair.client.send_text(PING)
    pair.client.send_text(PONG)
    pair.client.send_ping(b"there?")
    assert all(isinstance(event, Reply) for event in pair.exchange())
    assert pair.heard() == [PONG, b"there?"]
    pair.client.receive_data(pair.codec.ping())
    assert [e.opcode for e in pair.client.events_received() if isinstance(e, Frame)] == [Opcode.PING]


@pytest.mark.parametrize("offered", [(), ("chat",)])
def test_who_does_not_speak_sip_is_refused(offered: tuple[str, ...]) -> None:
    pair = Pair(offered)
    assert pair.client.handshake_exc is not None
    assert isinstance(pair.events[-1], Broken)


@pytest.mark.parametrize("data", [b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01garbage\r\n\r\n", OPTIONS])
def test_what_is_no_handshake(data: bytes) -> None:
    assert any(isinstance(event, Broken) for event in WebSocketCodec().receive(data))


def test_the_end() -> None:
    pair = Pair()
    pair.client.send_close(1001)
    assert isinstance(pair.exchange()[-1], Closed)
    assert pair.codec.pack(OPTIONS) == b""
    too_large = Pair()
    too_large.client.send_text(b"x" * (MAX_MESSAGE + 1))
    assert isinstance(too_large.exchange()[-1], Closed)
