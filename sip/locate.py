"""Which addresses a SIP URI leads to (RFC 3263), as a dialogue without I/O.

`locate(uri)` yields the DNS questions of each step and is sent their records; it returns the addresses in the
order in which they are to be tried:

    steps = locate(uri)
    questions = next(steps)
    questions = steps.send({question: records, …})      # until StopIteration, whose value is the addresses
"""

from __future__ import annotations

import ipaddress
import random
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass
from typing import Final

from sip.hop import DEFAULT_PORTS, TRANSPORTS, address
from sip.message import URI
from sip.transactions import Address

MAX_TARGETS: Final = 8
"""Addresses tried for one request: a zone with hundreds must not keep a caller waiting for each."""
SERVICES: Final = {"SIPS+D2T": "TLS", "SIP+D2T": "TCP", "SIP+D2U": "UDP"}
"""NAPTR services that we can use (section 4.1)."""
_SRV: Final = {"TLS": "_sips._tcp.", "TCP": "_sip._tcp.", "UDP": "_sip._udp."}


@dataclass(frozen=True, slots=True)
class Question:
    name: str
    kind: str
    """NAPTR, SRV, A or AAAA."""


@dataclass(frozen=True, slots=True)
class Naptr:
    order: int
    preference: int
    flags: str
    service: str
    replacement: str


@dataclass(frozen=True, slots=True)
class Srv:
    priority: int
    weight: int
    port: int
    target: str


Record = Naptr | Srv | str
"""A string is the address of an A or AAAA record."""
Answers = dict[Question, list[Record]]
Steps = Generator[list[Question], Answers, list[Address]]


def transport_wanted(uri: URI) -> str | None:
    """The transport that a URI asks for: `;transport=`, or TLS for sips (RFC 3261 section 26.2.2).

    Raises OSError for one that nobody here speaks.
    """
    named = (uri.parameters.get("transport") or "").upper() or None
    if named is not None and named not in TRANSPORTS:
        raise OSError(f"unknown transport {named[:20]!r}")
    if uri.scheme == "sips":
        if named == "UDP":
            raise OSError("a sips URI over UDP")
        return "WSS" if named in ("WS", "WSS") else "TLS"
    return named


def literal(uri: URI) -> Address | None:
    """The address of a URI whose host is an IP address, else None, as for a transport that nobody knows."""
    host = uri.host.strip("[]")
    try:
        ipaddress.ip_address(host)
        transport = transport_wanted(uri) or "UDP"  # section 4.1
    except (ValueError, OSError):
        return None
    return address(host, uri.port or DEFAULT_PORTS[transport], transport)


def locate(
    uri: URI, families: tuple[str, ...] = ("A", "AAAA"), rng: Callable[[], float] = random.random
) -> Steps:
    """The dialogue for `uri`. `families` are the address records wanted, in the order of preference.

    Returns no address where there is none. Raises OSError for a URI that leads nowhere by its very form.
    """
    if not uri.is_sip or not uri.host:
        raise OSError(f"no host in a {uri.scheme} URI")
    wanted = transport_wanted(uri)
    if (own := literal(uri)) is not None:
        return [own]
    if uri.port is not None or wanted in ("WS", "WSS"):  # section 4.2: a port excludes SRV
        transport = wanted or "UDP"
        found = [(uri.host, uri.port or DEFAULT_PORTS[transport], transport)]
    else:
        found = yield from _services(uri, wanted, rng)
    return (yield from _addresses(found, uri.host, families))[:MAX_TARGETS]


def _services(
    uri: URI, wanted: str | None, rng: Callable[[], float]
) -> Generator[list[Question], Answers, list[tuple[str, int, str]]]:
    names: list[tuple[str, str]] = []
    if wanted is None:
        names = yield from _naptr(uri.host)
    if not names:
        names = [(_SRV[t] + uri.host, t) for t in ([wanted] if wanted else ["UDP", "TCP", "TLS"])]
    answers = yield [Question(name, "SRV") for name, _ in names]
    found = []
    for name, transport in names:
        records = [r for r in answers.get(Question(name, "SRV"), []) if isinstance(r, Srv)]
        found += [
            (srv.target, srv.port, transport) for srv in ordered(records, rng) if srv.target not in ("", ".")
        ]
    if found:
        return found
    transport = wanted or "UDP"  # section 4.1: no records at all
    return [(uri.host, DEFAULT_PORTS[transport], transport)]


def _naptr(host: str) -> Generator[list[Question], Answers, list[tuple[str, str]]]:
    question = Question(host, "NAPTR")
    answers = yield [question]
    usable = [
        record
        for record in answers.get(question, [])
        if isinstance(record, Naptr) and record.flags.lower() == "s" and record.service.upper() in SERVICES
    ]
    usable.sort(key=lambda record: (record.order, record.preference))
    return [(record.replacement, SERVICES[record.service.upper()]) for record in usable]


def _addresses(
    found: list[tuple[str, int, str]], domain: str, families: tuple[str, ...]
) -> Generator[list[Question], Answers, list[Address]]:
    hosts = list(dict.fromkeys(host for host, _, _ in found))[:MAX_TARGETS]
    answers = yield [Question(host, kind) for host in hosts for kind in families]
    targets = []
    for host, port, transport in found:
        for kind in families:
            # RFC 5922 section 7.2: a certificate must name the domain asked for, not the SRV's target.
            ips = answers.get(Question(host, kind), [])
            targets += [address(str(ip), port, transport, name=domain) for ip in ips]
    return list(dict.fromkeys(targets))


def ordered(records: Iterable[Srv], rng: Callable[[], float]) -> list[Srv]:
    """SRV records in the order of RFC 2782: by priority, and within one by chance according to weight."""
    remaining = sorted(records, key=lambda srv: (srv.priority, srv.weight))
    result: list[Srv] = []
    while remaining:
        group = [srv for srv in remaining if srv.priority == remaining[0].priority]
        mark = rng() * sum(srv.weight for srv in group)
        total = 0
        for srv in group:
            total += srv.weight
            if total >= mark:
                break
        remaining.remove(srv)
        result.append(srv)
    return result
