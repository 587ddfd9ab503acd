"""A phone that transfers: it sends REFER, and keeps what it is told by NOTIFY."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sip.aio.agent import UserAgent
from sip.aio.call import Call
from sip.aio.rtp import MediaStream
from sip.dialog import Dialog
from sip.message import Request, Response, encode, parse, respond
from sip.moment import Moment
from sip.transactions import Address as HostPort
from tests.board import Phone, _Anybody
from tests.support import eventually


class _Agent(UserAgent):
    """Answers NOTIFY, which the library itself never receives."""

    notified: list[tuple[Request, str]]
    answer_with: int | None = 200

    def receive(self, data: bytes, source: HostPort, moment: Moment) -> None:
        if not data.startswith(b"NOTIFY "):
            super().receive(data, source, moment)
            return
        notify = parse(data)
        assert isinstance(notify, Request)
        self.notified.append((notify, notify.body.decode()))
        if self.answer_with is not None:
            self._transmit(encode(respond(notify, self.answer_with)), source)


@dataclass
class Answers:
    """Owner of a request outside the sessions: keeps the final responses."""

    responses: list[Response] = field(default_factory=list)

    def receive(self, request: Request, response: Response, moment: Any) -> None:
        self.responses.append(response)

    def timed_out(self, request: Request, moment: Any) -> None:
        raise AssertionError(f"no answer to {request.method}")

    async def final(self) -> Response:
        return await eventually(lambda: next((r for r in self.responses if r.code >= 200), None))


class Transferor(Phone):
    """`statuses` are those of the NOTIFYs so far, `states` their Subscription-State headers."""

    def __init__(self, number: str, hertz: float, pool: Any) -> None:
        super().__init__(number, hertz, pool)
        self.agent: _Agent = _Agent(_Anybody(), self._take)
        self.agent.notified = []
        self._streams: list[MediaStream] = []

    @property
    def statuses(self) -> list[int]:
        return [int(body.split()[1]) for _, body in self.agent.notified]

    @property
    def states(self) -> list[str]:
        return [notify.headers["Subscription-State"] for notify, _ in self.agent.notified]

    async def refer(self, call: Call, to: str, extra: tuple[tuple[str, str], ...] = ()) -> Response:
        """Sends REFER in a call's dialog; the final answer."""
        answers = Answers()
        refer = call.session.dialog.request("REFER")
        refer.headers.set("Refer-To", to)
        refer.headers.set("Referred-By", f"<sip:{self.number}@127.0.0.1>")
        for name, value in extra:
            refer.headers.set(name, value)
        self.agent.send(refer, call.session.dialog.next_hop(), answers)
        return await answers.final()

    async def told(self, status: int) -> None:
        """Waits for the NOTIFY with a status."""
        await eventually(lambda: status in self.statuses, 15, message=f"{status} not in {self.statuses}")

    async def consult(self, number: str) -> Call:
        """A second call, answered and humming; the first one's stream stays open."""
        if self.stream is not None:
            self._streams.append(self.stream)
        call = await self.dial(number)
        await self.connected()
        return call

    async def stop(self) -> None:
        await super().stop()
        for stream in self._streams:
            stream.close()


def replaces(dialog: Dialog) -> str:
    """A dialog of the phone's as its peer knows it, escaped for a URI."""
    return f"Replaces={dialog.call_id}%3Bto-tag%3D{dialog.remote_tag}%3Bfrom-tag%3D{dialog.local_tag}"
