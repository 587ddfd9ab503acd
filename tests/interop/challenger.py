"""Kamailio as the carrier: a registrar and proxy that challenges, with MD5 or SHA-256.

REGISTER is answered 401, INVITE 407, and so are the requests within a dialog. It calls the first nonce stale
where it is told to, gives a Service-Route, and sends calls on to `phone`, a port.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.interop.peers import sip_options, stop
from tests.support import free_port

HOST = "127.0.0.2"
PASSWORD = "carrier-secret"
_CONFIG = """#!KAMAILIO
debug=1 log_stderror=yes fork=yes children=2 auto_aliases=no dns=no rev_dns=no disable_tcp=yes
listen=udp:{host}:{port}
mpath="/usr/lib/x86_64-linux-gnu/kamailio/modules/"
loadmodule "kex.so" loadmodule "tm.so" loadmodule "sl.so" loadmodule "rr.so" loadmodule "pv.so"
loadmodule "maxfwd.so" loadmodule "siputils.so" loadmodule "textops.so" loadmodule "usrloc.so"
loadmodule "registrar.so" loadmodule "auth.so" loadmodule "corex.so"
modparam("auth", "algorithm", "{algorithm}") modparam("auth", "nonce_count", 1)
modparam("pv", "shvset", "stale=i:{stale}")
modparam("usrloc", "db_mode", 0)
request_route {{
  if (!mf_process_maxfwd_header("10")) {{ sl_send_reply("483", "Too Many Hops"); exit; }}
  if (is_method("OPTIONS") && $rU == $null) {{ sl_send_reply("200", "Keepalive"); exit; }}
  if (is_method("CANCEL")) {{ if (t_check_trans()) t_relay(); exit; }}
  if (is_method("ACK")) {{ t_check_trans(); if (loose_route()) t_relay(); exit; }}
  if (is_method("REGISTER")) {{
    if (!pv_www_authenticate("carrier", "{password}", "0")) {{ www_challenge("carrier", "1"); exit; }}
    if ($shv(stale) > 0) {{ $shv(stale) = $shv(stale) - 1; www_challenge("carrier", "17"); exit; }}
    append_to_reply("Service-Route: <sip:{host}:{port};lr;service=yes>\\r\\n");
    save("location"); exit;
  }}
  if ($si == "127.0.0.1" && !pv_proxy_authenticate("carrier", "{password}", "0")) {{
    if (is_method("INVITE")) t_newtran();
    proxy_challenge("carrier", "1"); exit;
  }}
  consume_credentials();
  if (has_totag()) {{ if (loose_route()) t_relay(); else sl_send_reply("404", "Not here"); exit; }}
  loose_route();
  record_route();
  $du = "sip:{host}:{phone}";
  t_relay();
}}
"""


@dataclass(frozen=True)
class Challenger:
    """Where it listens, and the port of the phone that it calls."""

    port: int
    phone: int
    process: subprocess.Popen[bytes]

    @property
    def server(self) -> str:
        return f"{HOST}:{self.port}"


@contextmanager
def challenger(folder: Path, algorithm: str, stale: int = 0) -> Iterator[Challenger]:
    """`stale`: how many good answers are called stale first."""
    port, phone = free_port(host=HOST), free_port(host=HOST)
    folder.mkdir(exist_ok=True)
    config = folder / "carrier.cfg"
    ports = {"port": port, "phone": phone}
    text = _CONFIG.format(host=HOST, **ports, algorithm=algorithm, stale=stale, password=PASSWORD)
    config.write_text(text)
    command = ["kamailio", "-DD", "-E", "-m", "32", "-M", "4", "-f", str(config)]
    command += ["-P", str(folder / "carrier.pid"), "-Y", str(folder)]
    with (folder / "carrier.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        sip_options((HOST, port))
        yield Challenger(port, phone, process)
    finally:
        stop(process)
