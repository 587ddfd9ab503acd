"""Kamailio in the path: a proxy that stays in every dialog by Record-Route, and forks where it is told to.

    with Kamailio.start(tmp_path, {"8000": [5070], "both": [5071, 5072]}) as proxy: ...

A call to `sip:8000@127.0.0.1:<proxy.port>` goes on to the ports named, or to the URIs (more than one: in
parallel). With a `registrar` REGISTER goes on to its port, by way of a Path of the proxy's (RFC 3327), and
any other call to it. With a certificate it also speaks TLS.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.interop.peers import sip_options, stop
from tests.support import free_port
from tests.unit.sip.certificates import Made

_CONFIG = """#!KAMAILIO
debug=1 log_stderror=yes fork=yes children=1 tcp_children=1 auto_aliases=no dns=no rev_dns=no
listen=udp:127.0.0.1:{udp} listen=tcp:127.0.0.1:{tcp} {tls}
mpath="/usr/lib/x86_64-linux-gnu/kamailio/modules/"
loadmodule "tm.so" loadmodule "sl.so" loadmodule "rr.so" loadmodule "pv.so" loadmodule "maxfwd.so"
loadmodule "siputils.so" loadmodule "textops.so" loadmodule "corex.so" loadmodule "path.so"
request_route {{
  if (!mf_process_maxfwd_header("10")) {{ sl_send_reply("483", "Too Many Hops"); exit; }}
  if (is_method("OPTIONS") && $rU == $null) {{ sl_send_reply("200", "Keepalive"); exit; }}
  if (has_totag()) {{
    if (loose_route()) {{ if (!t_relay()) sl_reply_error(); }}
    else if (is_method("ACK")) {{ if (t_check_trans()) t_relay(); }}
    else sl_send_reply("404", "Not here");
    exit;
  }}
  if (is_method("CANCEL")) {{ if (t_check_trans()) t_relay(); exit; }}
  t_check_trans();
{registrar}
  record_route();
{routes}
  sl_send_reply("404", "Not Found");
}}
"""
_REGISTRAR = """
  # From the registrar: its calls, by the Path it was given. From others: we are their outbound proxy.
  if ($sp == {port}) {{ loose_route(); record_route(); t_relay(); exit; }}
  loose_route();
  if (is_method("REGISTER")) {{ add_path(); {home} }}
"""
_TLS = """[server:default]
method=TLSv1.2+
private_key={key}
certificate={certificate}
[client:default]
verify_certificate=yes
ca_list={certificate}
"""


@dataclass(frozen=True)
class Kamailio:
    """`ports` by transport."""

    ports: Mapping[str, int]

    @property
    def port(self) -> int:
        return self.ports["UDP"]

    @classmethod
    @contextmanager
    def start(
        cls,
        folder: Path,
        users: Mapping[str, Sequence[int | str]],
        *,
        registrar: int | None = None,
        made: Made | None = None,
    ) -> Iterator[Kamailio]:
        ports = {"UDP": free_port(), **{name: free_port() for name in ("TCP", "TLS")}}
        config = folder / "kamailio.cfg"
        config.write_text(_text(ports, users, registrar, folder if made else None))
        if made:
            (folder / "tls.cfg").write_text(_TLS.format(key=made.key, certificate=made.certificate))
        command = ["kamailio", "-DD", "-E", "-m", "32", "-M", "4", "-f", str(config)]
        command += ["-P", str(folder / "kamailio.pid"), "-Y", str(folder)]
        with (folder / "kamailio.log").open("wb") as log:
            process = subprocess.Popen(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            sip_options(("127.0.0.1", ports["UDP"]))
            yield cls(ports)
        finally:
            stop(process)


def _text(
    ports: Mapping[str, int],
    users: Mapping[str, Sequence[int | str]],
    registrar: int | None,
    tls: Path | None,
) -> str:
    """The configuration; `tls` is the folder that has its `tls.cfg`."""
    routes = "".join(_route(*user) for user in users.items())
    home = f'$du = "sip:127.0.0.1:{registrar}"; t_relay(); exit;'
    return _CONFIG.format(
        udp=ports["UDP"],
        tcp=ports["TCP"],
        tls=_TLS_ON.format(port=ports["TLS"], config=tls / "tls.cfg") if tls else "",
        registrar=_REGISTRAR.format(port=registrar, home=home) if registrar else "",
        routes=routes + (f"  {home}\n" if registrar else ""),
    )


_TLS_ON = """enable_tls=yes
listen=tls:127.0.0.1:{port}
mpath="/usr/lib/x86_64-linux-gnu/kamailio/modules/"
loadmodule "tls.so"
modparam("tls", "config", "{config}")
"""


def _route(user: str, targets: Sequence[int | str]) -> str:
    first, *others = [to if isinstance(to, str) else f"sip:{user}@127.0.0.1:{to}" for to in targets]
    branches = "".join(f'append_branch("{other}"); ' for other in others)
    return f'  if ($rU == "{user}") {{ $ru = "{first}"; {branches}t_relay(); exit; }}\n'
