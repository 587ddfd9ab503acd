"""The user agent over real UDP on loopback: what every SIP_CASES row wants answered is answered."""

from __future__ import annotations

import asyncio

import pytest

from sip.aio.agent import Admission, UserAgent
from sip.aio.call import Call
from sip.message import URI, encode, tag_of
from sip.session import ALLOW
from sip.transactions import T1
from tests.support import eventually
from tests.unit.sip.udp_peer import ME, OFFER, Everybody, Peer, call_out, jump, refuse_all, running


class Desk:
    """Keeps the calls that come in, rings, and waits to be told."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.failure: Exception | None = None

    async def __call__(self, call: Call) -> None:
        self.calls.append(call)
        call.ring()
        if self.failure:
            raise self.failure
        await call.over()


async def test_requests_outside_a_dialog_are_answered_never_silence() -> None:
    """SIP_CASES 1 and 6."""
    wanted = {
        "OPTIONS": (200, "Allow", ALLOW),
        "INFO": (481, None, None),
        "BYE": (481, None, None),
        "CANCEL": (481, None, None),
        "NONSENSE": (405, "Allow", ALLOW),
        "REFER": (403, "Server", "Sanxiang"),
    }
    async with running(refuse_all) as (agent, peer, _):
        for method, (code, header, value) in wanted.items():
            peer.send(peer.make(method), agent)
            answer = await peer.response(code)
            assert tag_of(answer.to_address)
            assert header is None or answer.headers.get(header) == value
        for method in ("BYE", "INVITE", "OPTIONS"):
            peer.send(peer.make(method, to="<sip:8000@127.0.0.1>;tag=gone"), agent)
            await peer.response(481)


@pytest.mark.parametrize(
    ("changes", "code", "header"),
    [
        ({"uri": "urn:service:sos"}, 416, None),
        ({"extra": "Require: 100rel, nonsense"}, 420, "Unsupported"),
        ({"extra": "Max-Forwards: 0"}, 483, None),
        ({"extra": "Content-Type: text/plain", "body": b"x"}, 415, "Accept"),
        ({"body": b"v=1\r\n"}, 488, None),
        ({"extra": "Route: <sip:a@b", "uri": "sip:a@b?x=1"}, 400, None),
    ],
)
async def test_an_invite_that_cannot_be_taken(changes: dict[str, str], code: int, header: str | None) -> None:
    async with running(refuse_all) as (agent, peer, _):
        peer.send(peer.make("INVITE", **changes), agent)  # type: ignore[arg-type]
        answer = await peer.response(code)
        assert header is None or answer.headers.get(header)
        assert agent.calls == []


async def test_junk_is_counted_and_harmless() -> None:
    """SIP_CASES 11."""
    junk = [b"x", b"\r\n\r\n", b"\x00\x01\x00\x00\x21\x12\xa4\x42" + b"a" * 12, b"\x80\x08" + b"\xd5" * 170]
    async with running(refuse_all) as (agent, peer, _):
        for data in (*junk, b"a" * 65507, b"SIP/2.0 200 OK\r\n\r\n", b"\x7f" * 100):
            peer.send(data, agent)
        peer.send(peer.make("OPTIONS"), agent)
        await peer.response(200)
        assert agent.layer.counters["not_sip"] == 4
        assert agent.layer.counters["malformed"] == 3


async def test_a_port_that_cannot_be_does_not_close_the_socket() -> None:
    """asyncio closes a datagram transport for good when sendto raises OverflowError."""
    async with running(refuse_all) as (agent, peer, _):
        peer.send(
            peer.make("OPTIONS").replace(b";rport", b"").replace(b":%d;" % peer.port, b":99999;"), agent
        )
        agent._transmit(b"x", ("127.0.0.1", 99999))
        agent._transmit(b"x", ("a.name.invalid", 5060))
        peer.send(peer.make("OPTIONS"), agent)
        await peer.response(200)
        assert agent.layer.counters["unsendable"] == 2


async def test_a_fault_in_the_policy_is_a_500_and_a_log_line(caplog: pytest.LogCaptureFixture) -> None:
    policy = Everybody()
    async with running(refuse_all, policy) as (agent, peer, _):
        policy.broken = True
        peer.send(peer.make("INVITE"), agent)
        await peer.response(500)
        assert agent.layer.counters["internal_error"] == 1
        assert "request failed method=INVITE" in caplog.text


async def test_a_challenge_keeps_no_state() -> None:
    policy = Everybody()
    policy.admission = Admission(status=401, challenges=('Digest realm="a"', 'Digest realm="b"'))
    async with running(refuse_all, policy) as (agent, peer, _):
        for method in ("INVITE", "REGISTER"):
            peer.send(peer.make(method), agent)
            answer = await peer.response(401)
            assert answer.headers.getlist("WWW-Authenticate") == ['Digest realm="a"', 'Digest realm="b"']
        assert len(agent.layer) == 0


async def test_registration_over_the_wire() -> None:
    policy = Everybody()
    async with running(refuse_all, policy) as (agent, peer, _):
        peer.send(peer.make("REGISTER", extra="Expires: 60"), agent)
        answer = await peer.response(200)
        assert str(answer.contact[0].uri) == f"sip:1001@127.0.0.1:{peer.port}"
        (binding,) = policy.registrar.lookup("1001", agent.now().mono)
        assert binding.source == ("127.0.0.1", peer.port)
        peer.send(peer.make("REGISTER", extra="Expires: 5", cseq=2), agent)
        assert (await peer.response(423)).headers.get("Min-Expires") == "30"
        star = peer.make("REGISTER", extra="Expires: 0", cseq=3)
        peer.send(star.replace(f"<sip:1001@127.0.0.1:{peer.port}>".encode(), b"*"), agent)
        assert (await peer.response(200)).contact == []


async def ringing(
    agent: UserAgent, peer: Peer, desk: Desk, body: bytes = OFFER, **changes: str
) -> tuple[Call, str]:
    """An incoming call that rings, and the To header that its dialog has now."""
    peer.send(peer.make("INVITE", branch="z9hG4bKinvite", body=body, **changes), agent)  # type: ignore[arg-type]
    assert tag_of((await peer.response(100)).to_address) is None
    answer = await peer.response(180)
    return desk.calls[-1], answer.headers["To"]


async def test_a_call_in_from_ringing_to_their_bye() -> None:
    desk = Desk()
    async with running(desk) as (agent, peer, _):
        call, to = await ringing(agent, peer, desk)
        assert call.ringing_at is not None
        assert call.remote is not None
        call.answer(OFFER)
        accepted = await peer.response(200)
        assert accepted.headers.get("Server") == "Sanxiang"
        peer.send(peer.make("ACK", to=to), agent)
        await eventually(lambda: call.session.state.value == "confirmed")
        peer.send(peer.make("BYE", to=to, cseq=2), agent)
        await peer.response(200)
        assert call.is_over


async def test_a_retransmitted_invite_after_the_answer_gets_the_same_200() -> None:
    """SIP_CASES 4."""
    desk = Desk()
    async with running(desk) as (agent, peer, _):
        call, to = await ringing(agent, peer, desk)
        call.answer(OFFER)
        first = encode(await peer.response(200))
        peer.send(peer.make("INVITE", branch="z9hG4bKinvite", body=OFFER), agent)
        assert encode(await peer.response(200)) == first
        peer.send(peer.make("ACK", to=to), agent)
        assert len(desk.calls) == 1


async def test_the_same_invite_by_another_way_is_482() -> None:
    """Section 8.2.2.2."""
    desk = Desk()
    async with running(desk) as (agent, peer, _):
        await ringing(agent, peer, desk)
        peer.send(peer.make("INVITE", body=OFFER), agent)
        await peer.response(482)
        assert len(desk.calls) == 1


async def test_a_cancel_is_200_with_the_dialogs_tag_and_the_invite_487() -> None:
    """SIP_CASES 2."""
    desk = Desk()
    async with running(desk) as (agent, peer, _):
        call, to = await ringing(agent, peer, desk)
        peer.send(peer.make("CANCEL", branch="z9hG4bKinvite", extra="Reason: SIP;cause=200"), agent)
        assert (await peer.response(200)).headers["To"] == to
        assert (await peer.response(487)).headers["To"] == to
        assert call.ended is not None
        assert (call.ended.code, call.ended.reason) == (487, "SIP;cause=200")
        with pytest.raises(Exception, match="cannot"):
            call.answer(OFFER)


async def test_a_cancel_that_crosses_the_200_changes_nothing() -> None:
    desk = Desk()
    async with running(desk) as (agent, peer, _):
        call, to = await ringing(agent, peer, desk)
        call.answer(OFFER)
        await peer.response(200)
        peer.send(peer.make("CANCEL", branch="z9hG4bKinvite"), agent)
        assert (await peer.response(200)).cseq.method == "CANCEL"
        peer.send(peer.make("ACK", to=to), agent)
        await eventually(lambda: call.session.state.value == "confirmed")


async def test_a_bye_before_the_answer() -> None:
    """SIP_CASES 6."""
    desk = Desk()
    async with running(desk) as (agent, peer, _):
        call, to = await ringing(agent, peer, desk)
        peer.send(peer.make("BYE", to=to, cseq=2), agent)
        assert (await peer.response(200)).cseq.method == "BYE"
        assert (await peer.response(487)).cseq.method == "INVITE"
        assert call.is_over


async def test_no_ack() -> None:
    """SIP_CASES 5: the 200 again at T1, 2·T1 … and BYE at 64·T1."""
    desk = Desk()
    async with running(desk) as (agent, peer, clock):
        call, _ = await ringing(agent, peer, desk)
        call.answer(OFFER)
        first = encode(await peer.response(200))
        jump(agent, clock, T1)
        assert encode(await peer.response(200)) == first
        jump(agent, clock, 64 * T1)
        await peer.request("BYE")
        assert call.ended is not None
        assert call.ended.reason == "no ACK came"


async def test_an_invite_without_sdp() -> None:
    """SIP_CASES 15: the offer is in our 200, the answer in the ACK."""
    desk = Desk()
    async with running(desk) as (agent, peer, _):
        call, to = await ringing(agent, peer, desk, body=b"")
        assert call.remote is None
        call.answer(OFFER)
        assert (await peer.response(200)).body == OFFER
        peer.send(peer.make("ACK", to=to, body=OFFER), agent)
        await eventually(lambda: call.remote)
        assert call.remote is not None
        assert call.remote.audio is not None


async def test_record_routes_are_followed() -> None:
    """SIP_CASES 7."""
    desk = Desk()
    async with running(desk) as (agent, peer, _):
        proxy = await Peer().start()
        route = f"<sip:127.0.0.1:{proxy.port};lr;x=a%41+b>"
        call, to = await ringing(agent, peer, desk, extra=f"Record-Route: {route}")
        call.answer(OFFER)
        assert (await peer.response(200)).headers.get("Record-Route") == route
        peer.send(peer.make("ACK", to=to), agent)
        await eventually(lambda: call.session.state.value == "confirmed")
        call.hangup("SIP;cause=16")
        bye = await proxy.request("BYE")
        assert bye.headers.get("Route") == route
        assert str(bye.uri) == f"sip:1001@127.0.0.1:{peer.port}"
        assert bye.headers.get("Reason") == "SIP;cause=16"
        proxy.answer(bye, 200, agent)
        proxy.transport.close()


async def test_a_handler_that_fails_refuses_the_call(caplog: pytest.LogCaptureFixture) -> None:
    desk = Desk()
    desk.failure = ValueError("a fault of ours")
    async with running(desk) as (agent, peer, _):
        await ringing(agent, peer, desk)
        await peer.response(500)
    assert "task failed name=call" in caplog.text


async def test_a_handler_that_just_returns_refuses_the_call() -> None:
    async def forget(call: Call) -> None:
        await asyncio.sleep(0)

    async with running(forget) as (agent, peer, _):
        peer.send(peer.make("INVITE", body=OFFER), agent)
        await peer.response(100)
        await peer.response(480)


async def test_a_fault_in_an_offers_handler_is_a_500(caplog: pytest.LogCaptureFixture) -> None:
    desk = Desk()

    def fail(offered: object, moment: object) -> int:
        raise ZeroDivisionError("a fault of ours")

    async with running(desk) as (agent, peer, _):
        call, to = await ringing(agent, peer, desk)
        call.on_offer = fail
        call.answer(OFFER)
        await peer.response(200)
        peer.send(peer.make("ACK", to=to), agent)
        peer.send(peer.make("INVITE", to=to, cseq=2, body=OFFER), agent)
        await peer.response(500)
        assert not call.is_over
    assert "request failed" in caplog.text


async def test_a_host_that_does_not_exist_is_silence(caplog: pytest.LogCaptureFixture) -> None:
    async with running(refuse_all) as (agent, _peer, _clock):
        call = agent.invite(URI("sip", "nobody.invalid", user="x"), OFFER, from_address=ME)
        assert (await call.over()).code == 408
    assert "host not found host=nobody.invalid" in caplog.text


async def test_stopping_hangs_up_and_leaves_nothing_behind() -> None:
    desk = Desk()
    async with running(desk) as (agent, peer, _):
        call, to = await ringing(agent, peer, desk)
        call.answer(OFFER)
        await peer.response(200)
        peer.send(peer.make("ACK", to=to), agent)
        await eventually(lambda: call.session.state.value == "confirmed")
        out = call_out(agent, peer)
        asked = await peer.request("INVITE")
        peer.answer(asked, 180, agent)
        await eventually(lambda: out.ringing_at)
        stopping = asyncio.create_task(agent.stop(grace=5))
        methods = {}
        for _ in range(2):
            message = await peer.next()
            assert not hasattr(message, "code")
            methods[message.method] = message
        assert set(methods) == {"BYE", "CANCEL"}
        peer.answer(methods["BYE"], 200, agent)
        peer.answer(methods["CANCEL"], 200, agent)
        peer.answer(asked, 487, agent)
        await asyncio.wait_for(stopping, 5)
        assert out.is_over
        out.hangup()
        assert not agent._alarm.is_set
        assert agent._calls.over == 0
        assert not [task for task in asyncio.all_tasks() if task.get_name().startswith(("call ", "resolve "))]


async def test_stopping_at_once_after_an_invite_leaves_no_coroutine_unawaited() -> None:
    desk = Desk()
    async with running(desk) as (agent, peer, _):
        agent.receive(peer.make("INVITE", body=OFFER), ("127.0.0.1", peer.port), agent.now())
        await agent.stop(grace=0)


async def test_ended_calls_are_forgotten_after_64_t1(monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk()
    monkeypatch.setattr("sip.aio.known.LINGER", 0.064)
    async with running(desk) as (agent, peer, _):
        call, _to = await ringing(agent, peer, desk)
        call.reject(486)
        await peer.response(486)
        assert agent.calls == [call]
        await eventually(lambda: not agent.calls)


async def test_ipv6() -> None:
    agent = UserAgent(Everybody(), refuse_all)
    await agent.start("::1", 0)
    try:
        assert agent.local.host == "[::1]"
        call = agent.invite(URI.parse(f"sip:x@[::1]:{agent.local.port}"), OFFER, from_address=ME)
        await call.over()
        assert call.ended is not None
        assert call.ended.code == 482  # it called itself, and noticed
    finally:
        await agent.stop()


async def test_a_port_that_is_taken_is_an_os_error() -> None:
    async with running(refuse_all) as (agent, _peer, _clock):
        with pytest.raises(OSError, match="in use"):
            await UserAgent(Everybody(), refuse_all).start("127.0.0.1", agent.local.port)
