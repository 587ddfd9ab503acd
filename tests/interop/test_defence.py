"""SIP_CASES 24 and 25 at a whole service: scanners, guessers and torture, while sipp's calls go on."""

from __future__ import annotations

import contextlib
import io
import random
import re
import socket
import threading
import time
import wave
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from callcenter.demo.phones.scenarios import (
    acknowledged,
    answer,
    answered,
    bye,
    called,
    pause,
    play,
    ring,
    wait_bye,
)
from tests.phones import Phones, hum
from tests.service import RunningService, TestDesk, running_service
from tests.support import scaled, wait_for
from tests.unit.sip.torture import messages

PER_SECOND = 100


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    """A service of this module's own: it is attacked."""
    with running_service(tmp_path_factory.mktemp("defence")) as running:
        yield running


@pytest.fixture(scope="module")
def tone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return hum(tmp_path_factory.mktemp("tone"))


class Attacker:
    """Sends from a loopback address of its own, 100 times a second; keeps what it is answered."""

    def __init__(self, service: RunningService, make: Callable[[int], bytes]) -> None:
        self.host = f"127.{random.randrange(10, 250)}.{random.randrange(1, 250)}.{random.randrange(1, 250)}"
        self.sent = 0
        self.answers: list[bytes] = []
        self._service, self._make = service, make
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="attacker")

    def __enter__(self) -> Attacker:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.bind((self.host, 5060))
            sock.setblocking(False)
            began = time.monotonic()
            while not self._stop.is_set():
                sock.sendto(self._make(self.sent), self._service.sip)
                self.sent += 1
                with contextlib.suppress(BlockingIOError):
                    while True:
                        self.answers.append(sock.recv(65535))
                self._stop.wait(max(0.0, began + self.sent / PER_SECOND - time.monotonic()))


def request(method: str, number: int, user: str, extra: str = "") -> bytes:
    lines = [
        f"{method} sip:900441234{number % 100000:05}@127.0.0.1 SIP/2.0",
        f"Via: SIP/2.0/UDP 127.0.0.9:5060;branch=z9hG4bKscan{number}",
        f"From: <sip:{user}@127.0.0.1>;tag=s{number}",
        f"To: <sip:{user}@127.0.0.1>",
        f"Call-ID: scan-{number}",
        f"CSeq: 1 {method}",
        "Contact: <sip:100@127.0.0.9>",
        "User-Agent: friendly-scanner",
        *([extra] if extra else []),
        "Content-Length: 0",
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def banned(service: RunningService, host: str, why: str) -> str:
    """The line of the log that tells of the ban."""
    line = re.compile(rf".*source banned source={re.escape(host)} .*{why}.*")

    def look() -> str | None:
        found = line.search(service.log)
        return found[0] if found else None

    return wait_for(look, 20, message=f"{host} was not banned: {service.log[-2000:]}")


def figure(service: RunningService, name: str) -> float:
    text = service.http.get("/metrics").text
    found = re.search(rf'callcenter_role_metric{{name="{name}",role="switchboard"}} (\S+)', text)
    return float(found[1]) if found else -1.0


def talk(service: RunningService, phones: Phones, desk: TestDesk, tone: Path, count: int) -> dict[str, Any]:
    """A call of four seconds in which both hum; as it stands on record."""
    agent = phones.agent(desk.first, called(), ring(300), answer(), acknowledged(), play(tone), wait_bye())
    phones.caller(desk.number, answered(2), play(tone), pause(4000), bye(3, "uac")).succeeded()
    agent.succeeded()
    return service.ended_call(desk, count)


def set_up(call: dict[str, Any]) -> float:
    """Seconds from the caller's INVITE to the agent's ringing."""
    at = [datetime.fromisoformat(call[key]) for key in ("started_at", "first_ringing_at")]
    return (at[1] - at[0]).total_seconds()


def silent_frames(service: RunningService, call: dict[str, Any]) -> int:
    """Frames of 20 ms without sound in three seconds of talk, of both sides."""
    content = service.http.get(f"/api/v1/calls/{call['id']}/recording").content
    with wave.open(io.BytesIO(content)) as file:
        rate = file.getframerate()
        sound = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, 2).astype(float)
    middle = sound[len(sound) // 2 - int(1.2 * rate) :][: int(2.4 * rate)]
    frames = middle[: len(middle) // (rate // 50) * (rate // 50)].reshape(-1, rate // 50, 2)
    return int((np.sqrt((frames**2).mean(axis=1)) < 500).sum())


def test_row_25_a_scanner_is_banned_and_a_real_call_is_unharmed(
    service: RunningService, desk: TestDesk, phones: Phones, tone: Path
) -> None:
    quiet = talk(service, phones, desk, tone, 1)
    with Attacker(service, lambda n: request("INVITE", n, "100")) as scanner:
        attacked = talk(service, phones, desk, tone, 2)
        banned(service, scanner.host, "too many requests")
        sent = scanner.sent
    assert sent > 300
    assert 0 < len(scanner.answers) < 110  # the burst, some more until the ban, then silence
    assert all(b"SIP/2.0 401 " in text for text in scanner.answers)
    assert set_up(attacked) < set_up(quiet) + scaled(0.2)
    assert silent_frames(service, attacked) <= silent_frames(service, quiet) + 2
    wait_for(lambda: figure(service, "guard_dropped") > 100, 20)
    assert figure(service, "guard_banned") >= 1
    assert service.log.count(f"source banned source={scanner.host}") == 1
    assert len(service.get("calls", size=100)["items"]) == 2  # the scanner's are none
    print(
        f"scanner: {sent} sent, {len(scanner.answers)} answered; set-up {set_up(quiet):.3f} s quiet, "
        f"{set_up(attacked):.3f} s attacked; silent frames {silent_frames(service, quiet)}, "
        f"{silent_frames(service, attacked)}"
    )


def test_row_25_guessed_extensions_are_a_ban(service: RunningService) -> None:
    with Attacker(service, lambda n: request("REGISTER", n, str(100 + n))) as guesser:
        assert "count=20" in banned(service, guesser.host, "many user names")


def test_row_25_guessed_passwords_are_a_ban(service: RunningService, desk: TestDesk) -> None:
    nonces: list[str] = []

    def guess(number: int) -> bytes:
        for text in guesser.answers[len(nonces) :]:
            nonces.extend(re.findall(r'nonce="([^"]+)"', text.decode()))
        nonce = nonces[-1] if nonces else "none"
        credentials = (
            f'Authorization: Digest username="{desk.other}", realm="sanxiang", nonce="{nonce}", '
            f'uri="sip:127.0.0.1", response="{number:032x}", algorithm=MD5, qop=auth, nc=00000001, cnonce="x"'
        )
        return request("REGISTER", number, desk.other, credentials)

    guesser = Attacker(service, guess)
    with guesser:
        assert "count=10" in banned(service, guesser.host, "wrong passwords")


def test_row_24_and_25_malformed_packets_ban_nobody(service: RunningService) -> None:
    with Attacker(service, lambda n: request("INVITE", n, "1").replace(b"CSeq: 1", b"CSeq: x")) as broken:
        wait_for(lambda: broken.sent > 400, 20)
    with Attacker(service, lambda n: request("OPTIONS", n, "1")) as again:
        wait_for(lambda: len(again.answers) > 5, 10)
    assert f"source={broken.host}" not in service.log


def test_row_24_every_torture_message_at_the_whole_service(
    service: RunningService, desk: TestDesk, phones: Phones, tone: Path
) -> None:
    """None is let in, none bans its sender (they come at a human's pace), and calls go on."""
    texts = [message.data for message in messages()]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind((f"127.9.{random.randrange(1, 250)}.{random.randrange(1, 250)}", 5060))
        sock.settimeout(scaled(0.1))
        answers = []
        for text in texts:
            sock.sendto(text, service.sip)
            with contextlib.suppress(TimeoutError):
                while True:
                    answers.append(sock.recv(65535))
        sock.settimeout(scaled(5))
        sock.sendto(request("OPTIONS", 999_999, "alive"), service.sip)
        while b"scan-999999" not in (last := sock.recv(65535)):
            answers.append(last)
        assert last.startswith(b"SIP/2.0 200 ")
    assert len(answers) >= len(texts) / 2
    admitted = [
        text for text in answers if re.match(rb"SIP/2.0 [12].*CSeq: \d+ (INVITE|REGISTER)", text, re.DOTALL)
    ]
    assert admitted == []
    assert "Traceback" not in service.log
    assert talk(service, phones, desk, tone, 1)["outcome"] == "answered"
