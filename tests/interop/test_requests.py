"""Rows 1, 7 and 10 with other people's programs: sipp, linphone, Kamailio as the proxy in front of us."""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from callcenter.demo.phones.scenarios import (
    acknowledged,
    answer,
    answered,
    bye,
    called,
    invite,
    message,
    receive,
    register,
    request,
    ring,
    scenario,
    wait_bye,
)
from sip.aio.agent import Admission, UserAgent
from sip.aio.call import Call
from sip.digest import Check, DigestServer
from sip.message import Request, Response
from sip.registrar import Registrar
from sip.transactions import Address as HostPort
from tests.interop.linphone import Linphone
from tests.interop.peers import Sipp, sip_options, stop
from tests.interop.site import ME, OFFER, reply_to
from tests.support import free_port
from tests.unit.sip.udp_peer import refuse_all, running


def asked(method: str, body: str = "", kind: str = "") -> str:
    """A request outside a dialog."""
    content = f"Content-Type: {kind}\n" if kind else ""
    return message(
        f"{method} sip:[service]@[remote_ip]:[remote_port] SIP/2.0\n"
        "Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch];rport\n"
        f"From: <sip:[user]@[local_ip]>;tag=[pid]\nTo: <sip:[service]@[remote_ip]>\nCall-ID: [call_id]\n"
        f"CSeq: 1 {method}\nContact: <sip:[user]@[local_ip]:[local_port]>\nMax-Forwards: 70\n{content}",
        body,
    )


@pytest.mark.parametrize(
    ("method", "code", "told"),
    [
        ("OPTIONS", 200, "Accept: application/sdp, application/dtmf-relay, application/dtmf"),
        ("OPTIONS", 200, "Supported: timer, 100rel, replaces, norefersub"),
        ("MESSAGE", 405, "Allow: INVITE, ACK, CANCEL, BYE"),
        ("PUBLISH", 405, "Allow: INVITE, ACK, CANCEL, BYE"),
        ("SUBSCRIBE", 405, "Allow: INVITE, ACK, CANCEL, BYE"),
    ],
)
async def test_row_1_sipp_asks_what_we_can_do(tmp_path: Path, method: str, code: int, told: str) -> None:
    async with running(refuse_all) as (agent, _, _):
        text = scenario(asked(method) + receive(code))
        run = Sipp.start(tmp_path, text, ("127.0.0.1", agent.local.port), service="8000")
        await asyncio.to_thread(run.succeeded)
        assert told in run.messages()


async def test_row_1_sipp_sends_an_info_of_an_unknown_kind(tmp_path: Path) -> None:
    """415, and what would be read; the call goes on."""

    async def take(call: Call) -> None:
        call.answer(reply_to(call))
        await call.over()

    odd = request("INFO", 2, extra="Content-Type: application/x-odd\n", role="uac")
    odd = odd.replace("Content-Length: [len]\n\n", "Content-Length: [len]\n\nodd\n")
    async with running(take) as (agent, _, _):
        text = scenario(invite() + answered() + odd + receive(415) + bye(3, "uac"))
        run = Sipp.start(tmp_path, text, ("127.0.0.1", agent.local.port), service="8000")
        await asyncio.to_thread(run.succeeded)
        assert "Accept: application/dtmf-relay, application/dtmf" in run.messages()


class Sha256Only:
    """Registers whoever answers a challenge with SHA-256."""

    def __init__(self) -> None:
        self.digest = DigestServer("sanxiang", ("SHA-256",))
        self.registrar = Registrar()

    def admit(self, request: Request, source: HostPort, now: float) -> Admission:
        if self.digest.check(request, "secret", now) is Check.GOOD:
            return Admission(identity="lin")
        return Admission(status=401, challenges=tuple(self.digest.challenges(now)))

    def register(self, identity: str, request: Request, source: HostPort, now: float) -> Response:
        return self.registrar.register(identity, request, source, now)


async def test_row_10_linphone_registers_with_sha_256(tmp_path: Path) -> None:
    policy = Sha256Only()
    agent = UserAgent(policy, refuse_all)
    await agent.start("127.0.0.1", 0)
    try:
        async with Linphone.start(tmp_path) as phone:
            await phone.register("lin", "secret", f"127.0.0.1:{agent.local.port}")
            assert policy.registrar.lookup("lin", agent.now().mono)
    finally:
        await agent.stop()


_EDGE = """#!KAMAILIO
debug=1 log_stderror=yes fork=yes children=2 auto_aliases=no dns=no rev_dns=no disable_tcp=yes
listen=udp:127.0.0.1:{port}
mpath="/usr/lib/x86_64-linux-gnu/kamailio/modules/"
loadmodule "tm.so" loadmodule "sl.so" loadmodule "rr.so" loadmodule "pv.so" loadmodule "maxfwd.so"
loadmodule "siputils.so" loadmodule "textops.so" loadmodule "path.so" loadmodule "corex.so"
request_route {{
  if (!mf_process_maxfwd_header("10")) {{ sl_send_reply("483", "Too Many Hops"); exit; }}
  if (is_method("OPTIONS") && $rU == $null) {{ sl_send_reply("200", "Keepalive"); exit; }}
  if (is_method("CANCEL")) {{ if (t_check_trans()) t_relay(); exit; }}
  if (is_method("REGISTER")) {{ add_path("edge"); $du = "sip:127.0.0.1:{registrar}"; t_relay(); exit; }}
  if (has_totag()) {{ if (loose_route()) t_relay(); else if (is_method("ACK")) t_check_trans(); exit; }}
  if (is_present_hf("Route")) {{ loose_route(); record_route(); t_relay(); exit; }}
  sl_send_reply("404", "Not Found");
}}
"""


@contextlib.contextmanager
def edge(folder: Path, registrar: int) -> Iterator[int]:
    """Kamailio in front of our registrar, which adds itself to the Path (RFC 3327); its port."""
    port = free_port()
    config = folder / "edge.cfg"
    config.write_text(_EDGE.format(port=port, registrar=registrar))
    command = ["kamailio", "-DD", "-E", "-m", "32", "-M", "4", "-f", str(config), "-Y", str(folder)]
    with (folder / "edge.log").open("wb") as log:
        process = subprocess.Popen(
            [*command, "-P", str(folder / "edge.pid")],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    try:
        sip_options(("127.0.0.1", port))
        yield port
    finally:
        stop(process)


async def test_row_7_a_phone_behind_kamailio_is_called_by_its_path(tmp_path: Path) -> None:
    async with running(refuse_all) as (agent, _, _):
        with edge(tmp_path, agent.local.port) as port:
            listens = free_port()
            phone = Sipp.start(
                *(tmp_path, scenario(called(), ring(100), answer(), acknowledged(), wait_bye())),
                ("127.0.0.1", 9),
                service="1001",
                port=listens,
            )
            await asyncio.to_thread(phone.listening)
            once = register().partition("<recv")[0] + receive(200)
            login = Sipp.start(
                tmp_path,
                scenario(once),
                ("127.0.0.1", port),
                service="1001",
                keys={"contact": f"127.0.0.1:{listens}"},
            )
            await asyncio.to_thread(login.succeeded)
            (binding,) = agent._policy.registrar.lookup("1001", agent.now().mono)  # type: ignore[attr-defined]
            assert [hop.uri.port for hop in binding.path] == [port]
            call = agent.invite(
                binding.contact, OFFER, from_address=ME, flow=binding.flow, route=binding.path
            )
            await call.answered()
            call.hangup()
            await asyncio.to_thread(phone.succeeded)
            assert f"Via: SIP/2.0/UDP 127.0.0.1:{port}" in phone.messages()  # it came through the proxy
