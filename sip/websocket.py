"""SIP over WebSocket, the server's side (RFC 7118): one WebSocket message is one SIP message. No I/O."""

from __future__ import annotations

from typing import Final

from websockets.exceptions import InvalidState, ProtocolError
from websockets.frames import Frame, Opcode
from websockets.http11 import Request as HttpRequest
from websockets.protocol import State
from websockets.server import ServerProtocol
from websockets.typing import Subprotocol

from sip.errors import PeerError
from sip.framing import MAX_BODY, MAX_HEAD, PING, PONG, Broken, Closed, Event, Message, Reply

SUBPROTOCOL: Final = Subprotocol("sip")
MAX_MESSAGE: Final = MAX_HEAD + MAX_BODY
"""Bytes; a larger one closes the connection with status 1009."""


class WebSocketCodec:
    """WS and WSS. A client that does not offer the subprotocol `sip` is refused (RFC 7118 section 4)."""

    def __init__(self) -> None:
        self._protocol = ServerProtocol(subprotocols=[SUBPROTOCOL], max_size=MAX_MESSAGE)
        self._fragments: list[bytes] = []

    @property
    def partial(self) -> bool:
        return self._protocol.state is State.CONNECTING or bool(self._fragments)

    def pack(self, message: bytes) -> bytes:
        """A frame: text where it can be, as browsers' libraries expect. Empty once the connection closes."""
        try:
            if _is_text(message):
                self._protocol.send_text(message)
            else:
                self._protocol.send_binary(message)
        except (InvalidState, ProtocolError):
            return b""  # the closing handshake has begun: whoever waits for an answer is told of the loss
        return self._written()

    def ping(self) -> bytes:
        self._protocol.send_ping(b"")
        return self._written()

    def receive(self, data: bytes) -> list[Event]:
        self._protocol.receive_data(data)
        events: list[Event] = []
        for happened in self._protocol.events_received():
            if isinstance(happened, HttpRequest):
                self._protocol.send_response(self._protocol.accept(happened))
            elif isinstance(happened, Frame) and (event := self._frame(happened)) is not None:
                events.append(event)
        if written := self._written():
            events.insert(0, Reply(written))
        if self._protocol.state in (State.CLOSING, State.CLOSED):
            events.append(Closed())
        if self._protocol.handshake_exc is not None:
            events.append(Broken(PeerError("no WebSocket with the subprotocol sip")))
        return events

    def _frame(self, frame: Frame) -> Event | None:
        if frame.opcode not in (Opcode.TEXT, Opcode.BINARY, Opcode.CONT):
            return None  # ping, pong and close are answered by the protocol
        self._fragments.append(bytes(frame.data))
        if not frame.fin:
            return None
        data = b"".join(self._fragments)
        self._fragments.clear()
        if data.strip(b"\r\n"):
            return Message(data)
        if data == PING:
            self._protocol.send_text(PONG)
        return None

    def _written(self) -> bytes:
        return b"".join(self._protocol.data_to_send())


def _is_text(message: bytes) -> bool:
    try:
        message.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
