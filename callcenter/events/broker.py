"""The embedded broker (amqtt) for one machine: loopback only, nothing kept on disk.

Retained messages and sessions go with the process; after a restart every role says its status again and the
publishers replay what may have been lost. Whoever can run programs on the machine can talk to it; for a
shared machine, or several, set mqtt.url to a broker with users, such as Mosquitto.
"""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import logging
import socket
from collections.abc import Callable

from amqtt.broker import Broker
from amqtt.errors import AMQTTError

from callcenter.events.errors import BrokerError

log = logging.getLogger(__name__)

PLUGINS = {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}}


async def run(host: str, port: int, *, ready: Callable[[int], None] | None = None) -> None:
    """Serves MQTT 3.1.1 until cancelled. `ready` is told the port, which may have been chosen (0).

    Raises BrokerError where `host` is not this machine alone, or the port is taken.
    """
    _check_loopback(host)
    port = _check_free(host, port)
    _quieten()
    where = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    broker = Broker({"listeners": {"default": {"type": "tcp", "bind": where}}, "plugins": PLUGINS})
    try:
        await broker.start()
    except AMQTTError as error:
        raise BrokerError(f"the embedded MQTT broker cannot listen on {where}: {error}") from None
    log.info("broker started address=%s", where)
    if ready is not None:
        ready(port)
    try:
        await asyncio.Event().wait()
    finally:
        await broker.shutdown()
        log.info("broker stopped address=%s", where)


def _check_loopback(host: str) -> None:
    try:
        loopback = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        loopback = False
    if not loopback:
        raise BrokerError(
            f"the embedded MQTT broker has no users and listens on loopback only, not on {host};"
            " for other machines run a broker such as Mosquitto and set mqtt.url"
        )


def _check_free(host: str, port: int) -> int:
    """Tries the port as the broker will; amqtt itself would answer with a traceback in the log."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            probe.listen()
        except OSError as error:
            raise BrokerError(_explain(error, host, port)) from None
        chosen: int = probe.getsockname()[1]
        return chosen


def _explain(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"port {port} on {host} is taken, perhaps by another broker: stop it, choose another port"
            f' (mqtt.embedded), or use it (mqtt.url = "mqtt://{host}:{port}")'
        )
    return f"the embedded MQTT broker cannot listen on {host}:{port}: {error.strerror}"


def _quieten() -> None:
    """amqtt tells of every connection, and the library below it of every state."""
    logging.getLogger("amqtt").setLevel(logging.ERROR)
    logging.getLogger("transitions").setLevel(logging.WARNING)
