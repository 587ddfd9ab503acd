"""Phones and a proxy over TCP and TLS: baresip, linphonec, Kamailio. Each is stopped by its own id."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from tests.interop.peers import port_open, sip_options, stop
from tests.support import eventually, free_port, scaled
from tests.unit.sip.certificates import Made

BARESIP = """sip_listen 127.0.0.1:{port}
net_interface 127.0.0.1
sip_certificate {both}
sip_cafile {ca}
rtp_ports {rtp}-{last}
audio_player aubridge,sink
audio_source aubridge,sink
audio_alert aubridge,sink
ringback_disabled yes
statmode_default off
ctrl_tcp_listen 127.0.0.1:{control}
module_path /usr/lib/baresip/modules
module g711.so
module aubridge.so
module uuid.so
module_app account.so
module_app menu.so
module_app ctrl_tcp.so
"""


def _run(command: list[str], folder: Path, log_name: str) -> subprocess.Popen[bytes]:
    with (folder / log_name).open("wb") as log:
        return subprocess.Popen(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log)


class Baresip:
    """Debian's baresip, driven over its control socket (netstrings of JSON)."""

    def __init__(self, folder: Path, made: Made) -> None:
        self.folder, self._made = folder / "baresip", made
        self.events: list[dict[str, Any]] = []
        self.process: subprocess.Popen[bytes]
        self._writer: asyncio.StreamWriter
        self._reading: asyncio.Task[None]

    async def start(self) -> Baresip:
        self.folder.mkdir()
        control = free_port(socket.SOCK_STREAM)
        rtp = free_port() & ~1
        text = BARESIP.format(
            port=free_port(),
            both=self._made.both,
            ca=self._made.certificate,
            rtp=rtp,
            last=rtp + 20,
            control=control,
        )
        (self.folder / "config").write_text(text)
        (self.folder / "accounts").write_text("")
        self.process = _run(["baresip", "-4", "-f", str(self.folder)], self.folder, "log")
        await eventually(lambda: port_open(control, "tcp"), message=self.log())
        reader, self._writer = await asyncio.open_connection("127.0.0.1", control)
        self._reading = asyncio.create_task(self._read(reader))
        return self

    def log(self) -> str:
        path = self.folder / "log"
        return path.read_text("utf-8", "replace") if path.exists() else "no log"

    def do(self, command: str, params: str = "") -> None:
        body = json.dumps({"command": command, "params": params, "token": command}).encode()
        self._writer.write(b"%d:%s," % (len(body), body))

    async def _read(self, reader: asyncio.StreamReader) -> None:
        while size := await reader.read(1):
            while not size.endswith(b":"):
                size += await reader.readexactly(1)
            body = await reader.readexactly(int(size[:-1]) + 1)
            self.events.append(json.loads(body[:-1]))

    async def wait(self, kind: str) -> None:
        try:
            await eventually(lambda: any(event.get("type") == kind for event in self.events))
        except TimeoutError:
            raise TimeoutError(f"no {kind} in {self.events}: {self.log()}") from None

    async def stop(self) -> None:
        self._reading.cancel()
        self._writer.close()
        await asyncio.to_thread(stop, self.process)


class Linphone:
    """linphonec, driven by lines."""

    def __init__(self, folder: Path, made: Made) -> None:
        self.folder, self._made = folder / "linphone", made
        self.lines: list[str] = []
        self.process: asyncio.subprocess.Process
        self._reading: asyncio.Task[None]

    async def start(self) -> Linphone:
        (self.folder / ".local/share/linphone").mkdir(parents=True)
        settings = self.folder / "rc"
        settings.write_text(
            f"[sip]\nsip_port={free_port()}\nsip_tcp_port=0\nsip_tls_port={free_port()}\n"
            f"root_ca={self._made.certificate}\nverify_server_certs=1\nverify_server_cn=1\n"
            f"[rtp]\naudio_rtp_port={free_port()}\n[video]\nenabled=0\n"
        )
        self.process = await asyncio.create_subprocess_exec(
            *("stdbuf", "-oL", "linphonec", "-c", str(settings)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env={**os.environ, "HOME": str(self.folder), "TERM": "dumb"},
        )
        self._reading = asyncio.create_task(self._read())
        self.do("soundcard use files")
        return self

    async def _read(self) -> None:
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            self.lines.append(line.decode("utf-8", "replace").strip())

    def do(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line.encode() + b"\n")

    async def wait(self, text: str) -> None:
        try:
            await eventually(lambda: any(text in line for line in self.lines))
        except TimeoutError:
            raise TimeoutError(f"no {text!r} in {self.lines}") from None

    async def stop(self) -> None:
        if self.process.returncode is None:
            self.do("quit")
            try:
                await asyncio.wait_for(self.process.wait(), scaled(5))
            except TimeoutError:
                self.process.kill()
                await self.process.wait()
        await self._reading


KAMAILIO = """#!KAMAILIO
debug=1 log_stderror=yes fork=yes children=2 tcp_children=2 auto_aliases=no dns=no rev_dns=no enable_tls=yes
listen=udp:127.0.0.1:{udp} listen=tcp:127.0.0.1:{tcp} listen=tls:127.0.0.1:{tls}
mpath="/usr/lib/x86_64-linux-gnu/kamailio/modules/"
loadmodule "kex.so" loadmodule "tm.so" loadmodule "sl.so" loadmodule "rr.so" loadmodule "pv.so"
loadmodule "maxfwd.so" loadmodule "siputils.so" loadmodule "textops.so" loadmodule "tls.so"
modparam("tls","config","tls.cfg")
request_route {{
  if (!mf_process_maxfwd_header("10")) {{ sl_send_reply("483","Too Many Hops"); exit; }}
  if (is_method("OPTIONS") && uri==myself && $rU==$null) {{ sl_send_reply("200","Keepalive"); exit; }}
  if (has_totag()) {{
    if (loose_route()) t_relay();
    else if (is_method("ACK")) {{ if (t_check_trans()) t_relay(); }}
    else sl_send_reply("404","Not here");
    exit;
  }}
  if (is_method("CANCEL")) {{ if (t_check_trans()) t_relay(); exit; }}
  record_route();
  if ($rU=="svc") $du="{service}";
  if (!t_relay()) sl_reply_error();
}}
"""
TLS = """[server:default]
method=TLSv1.2+
private_key={key}
certificate={certificate}
[client:default]
verify_certificate=yes
ca_list={certificate}
"""


class Kamailio:
    """Its ports, by transport."""

    def __init__(self, ports: dict[str, int]) -> None:
        self.ports = ports


@asynccontextmanager
async def kamailio(folder: Path, made: Made, service: str) -> AsyncIterator[Kamailio]:
    """A record-routing proxy that sends calls for `svc` to the URI `service`, all others where they say."""
    ports = {"udp": free_port(), **{name: free_port(socket.SOCK_STREAM) for name in ("tcp", "tls")}}
    (folder / "kam.cfg").write_text(KAMAILIO.format(**ports, service=service))
    (folder / "tls.cfg").write_text(TLS.format(key=made.key, certificate=made.certificate))
    command = ["kamailio", "-DD", "-E", "-m", "32", "-M", "4", "-f", "kam.cfg"]
    process = _run([*command, "-P", str(folder / "kam.pid"), "-Y", str(folder)], folder, "kam.log")
    try:
        await asyncio.to_thread(sip_options, ("127.0.0.1", ports["udp"]))
        yield Kamailio(ports)
    finally:
        await asyncio.to_thread(stop, process)
