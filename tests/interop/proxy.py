"""Kamailio in the path: a proxy that stays in every dialog by Record-Route, and forks where it is told to.

    with Kamailio.start(tmp_path, {"8000": [5070], "both": [5071, 5072]}) as proxy: ...

A call to `sip:8000@127.0.0.1:<proxy.port>` goes on to the ports named (more than one: in parallel).
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.interop.peers import sip_options, stop
from tests.support import free_port

_CONFIG = """#!KAMAILIO
debug=1 log_stderror=yes fork=yes children=2 auto_aliases=no dns=no rev_dns=no disable_tcp=yes
listen=udp:127.0.0.1:{port}
mpath="/usr/lib/x86_64-linux-gnu/kamailio/modules/"
loadmodule "tm.so" loadmodule "sl.so" loadmodule "rr.so" loadmodule "pv.so" loadmodule "maxfwd.so"
loadmodule "siputils.so" loadmodule "textops.so" loadmodule "corex.so"
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
  record_route();
{routes}
  sl_send_reply("404", "Not Found");
}}
"""


@dataclass(frozen=True)
class Kamailio:
    port: int

    @classmethod
    @contextmanager
    def start(cls, folder: Path, users: Mapping[str, Sequence[int]]) -> Iterator[Kamailio]:
        port = free_port()
        config = folder / "kamailio.cfg"
        config.write_text(_CONFIG.format(port=port, routes="".join(_route(*user) for user in users.items())))
        command = ["kamailio", "-DD", "-E", "-m", "32", "-M", "4", "-f", str(config)]
        command += ["-P", str(folder / "kamailio.pid"), "-Y", str(folder)]
        with (folder / "kamailio.log").open("wb") as log:
            process = subprocess.Popen(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            sip_options(("127.0.0.1", port))
            yield cls(port)
        finally:
            stop(process)


def _route(user: str, ports: Sequence[int]) -> str:
    first, *others = [f"sip:{user}@127.0.0.1:{port}" for port in ports]
    branches = "".join(f'append_branch("{other}"); ' for other in others)
    return f'  if ($rU == "{user}") {{ $ru = "{first}"; {branches}t_relay(); exit; }}\n'
