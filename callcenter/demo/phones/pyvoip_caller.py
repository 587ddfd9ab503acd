"""A caller made of pyVoIP, an independent phone; run as a script, in a process of its own.

    python pyvoip_caller.py --user 13800000001 --password secret --server 127.0.0.1:5060 \
        --port 24000 --play caller.wav --record heard.wav

Reads commands from stdin, a line each: `call NUMBER`, `hangup`, `quit` (end of input is `quit`).
Prints events to stdout, a JSON object a line, each with `at` (epoch seconds): registered, calling, answered,
played (the file is through), key (the other side pressed one), ended (`by`: "self" or "peer"), failed.

It imports nothing of the project: pyVoIP is GPL-3.0. It speaks 8-bit linear inside, PCMU on the wire.
"""

from __future__ import annotations

import argparse
import array
import json
import os
import queue
import struct
import sys
import threading
import time
import wave
from pathlib import Path
from typing import Any

import pyVoIP
from pyVoIP.VoIP import CallState, InvalidStateError, PhoneStatus, VoIPPhone

FRAME = 160
"""Samples in 20 ms at 8 kHz."""
SILENCE = b"\x80" * FRAME


def say(event: str, **details: object) -> None:
    print(json.dumps({"at": time.time(), "event": event, **details}), flush=True)


def alaw_to_linear(code: int) -> int:
    """One A-law byte as a 16-bit sample (G.711)."""
    code ^= 0x55
    exponent, mantissa = code >> 4 & 7, code & 15
    value = (mantissa << 4) + 8 if exponent == 0 else (mantissa << 4) + 0x108 << exponent - 1
    return value if code & 0x80 else -value


def read_wav(path: Path) -> list[int]:
    """16-bit samples of a mono 8 kHz WAV, A-law or 16-bit PCM."""
    data, tag, at = path.read_bytes(), 0, 12
    while at + 8 <= len(data):
        name, size = data[at : at + 4], struct.unpack_from("<I", data, at + 4)[0]
        body = data[at + 8 : at + 8 + size]
        if name == b"fmt ":
            tag = struct.unpack_from("<H", body)[0]
        elif name == b"data" and tag == 6:
            return [alaw_to_linear(code) for code in body]
        elif name == b"data" and tag == 1:
            return array.array("h", body[: len(body) // 2 * 2]).tolist()
        at += 8 + size + size % 2
    raise SystemExit(f"{path} is no A-law or PCM WAV")


def to_unsigned(samples: list[int]) -> bytes:
    """pyVoIP's 8-bit samples, made loud enough that little is lost in them."""
    peak = max((abs(sample) for sample in samples), default=1) or 1
    gain = min(4.0, 30000 / peak)
    return bytes(min(255, max(0, round(sample * gain / 256) + 128)) for sample in samples)


class Pace:
    """Keeps pyVoIP's sending at 50 packets a second: its own sleeps add up to a slow voice."""

    def __init__(self, call: Any) -> None:
        self.client = call.RTPClients[0]
        self.sent, self.since = self.client.outTimestamp, time.monotonic()

    def tick(self) -> None:
        behind = time.monotonic() - self.since - (self.client.outTimestamp - self.sent) / 8000
        pyVoIP.TRANSMIT_DELAY_REDUCTION = min(1.0, max(0.0, behind * 5))


class Caller:
    """One phone with one call at a time."""

    def __init__(self, phone: Any, speech: bytes, record: Path) -> None:
        self.phone, self.speech, self.record = phone, speech, record
        self.commands: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self.read_commands, daemon=True).start()

    def read_commands(self) -> None:
        for line in sys.stdin:
            self.commands.put(line.strip())
        self.commands.put("quit")

    def run(self) -> None:
        while (command := self.commands.get()) != "quit":
            verb, _, number = command.partition(" ")
            if verb == "call":
                self.call(number)

    def call(self, number: str) -> None:
        say("calling", number=number)
        call = self.phone.call(number)
        while call.state in (CallState.DIALING, CallState.RINGING):
            if not self.commands.empty():  # pyVoIP knows no CANCEL: all it can do is to go away
                say("failed", why="told to stop before the call was answered")
                return
            time.sleep(0.005)
        if call.state is CallState.ANSWERED:
            say("answered")
            self.talk(call)
        else:
            say("failed", why=f"the call is {call.state.name}")

    def talk(self, call: Any) -> None:
        call.write_audio(self.speech)
        pace, played, by, start = Pace(call), False, "peer", time.monotonic()
        with wave.open(str(self.record), "wb") as heard:
            heard.setparams((1, 1, 8000, 0, "NONE", ""))
            for frame in range(1, sys.maxsize):
                if call.state is not CallState.ANSWERED:
                    break
                if not self.commands.empty():
                    by = self.hang_up(call)
                    break
                heard.writeframes(self.listen(call))
                if key := call.get_dtmf():
                    say("key", key=key)
                pace.tick()
                if not played and frame * FRAME >= len(self.speech):
                    played = True
                    say("played")
                time.sleep(max(0.0, start + frame * 0.02 - time.monotonic()))
        say("ended", by=by)

    def listen(self, call: Any) -> bytes:
        try:
            return bytes(call.read_audio(FRAME, False))
        except InvalidStateError:  # the other side has just hung up
            return SILENCE

    def hang_up(self, call: Any) -> str:
        if self.commands.queue[0] == "hangup":
            self.commands.get()
        try:
            call.hangup()
        except InvalidStateError:
            return "peer"
        return "self"


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="a caller made of pyVoIP")
    parser.add_argument("--user", required=True)
    parser.add_argument("--password", default="")
    parser.add_argument("--server", required=True, help="HOST:PORT")
    parser.add_argument("--port", type=int, required=True, help="own SIP port; RTP is at +10 to +30")
    parser.add_argument("--play", type=Path, required=True)
    parser.add_argument("--record", type=Path, required=True)
    parser.add_argument("--direct", action="store_true", help="do not register")
    return parser.parse_args()


def main() -> None:
    options = arguments()
    speech = to_unsigned(read_wav(options.play))
    host, _, port = options.server.rpartition(":")
    phone = VoIPPhone(
        host,
        int(port),
        options.user,
        options.password,
        myIP="127.0.0.1",
        sipPort=options.port,
        rtpPortLow=options.port + 10,
        rtpPortHigh=options.port + 30,
    )
    phone.sip.register_timeout = 4  # it repeats nothing: a lost REGISTER would cost its 30 s
    if options.direct:
        vars(phone.sip).update(register=lambda: True, deregister=lambda: True)
    phone.start()
    while not options.direct and phone.get_status() is not PhoneStatus.REGISTERED:
        if phone.get_status() is PhoneStatus.FAILED:
            say("failed", why="not registered")
            os._exit(1)
        time.sleep(0.01)
    say("registered")
    Caller(phone, speech, options.record).run()
    phone.stop()
    sys.stdout.flush()
    os._exit(0)  # pyVoIP's receiving thread may sleep in a socket for ever


if __name__ == "__main__":
    main()
