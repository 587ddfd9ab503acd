"""Names to addresses: the steps of RFC 3263 with dnspython, cached for as long as the records say."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Final

import dns.asyncresolver
import dns.exception
import dns.rdatatype
import dns.resolver
from dns.rdtypes.IN.NAPTR import NAPTR
from dns.rdtypes.IN.SRV import SRV

from sip.locate import Answers, Naptr, Question, Record, Srv, locate
from sip.message import URI
from sip.transactions import Address

LIFETIME: Final = 3.0
"""Seconds for one question, all its tries together: a caller waits."""
ABSENT: Final = 30.0
"""Seconds for which the absence of a record is believed."""
LONGEST: Final = 3600.0
MAX_CACHED: Final = 10_000


class Names:
    """A resolver with its cache. `nameservers` are IP addresses; without any the system's are asked.

    A name without a dot, and one that DNS does not know, is looked up as the system does: hosts file, mDNS.
    """

    def __init__(self, clock: Callable[[], float], nameservers: tuple[str, ...] = (), port: int = 53) -> None:
        self._clock = clock
        self._cache: dict[Question, tuple[float, list[Record]]] = {}
        self._given = (nameservers, port)
        self._resolver: dns.asyncresolver.Resolver | None = None

    async def locate(self, uri: URI, families: tuple[str, ...] = ("A", "AAAA")) -> list[Address]:
        """Where `uri` leads, the first to be tried first. Raises OSError where nowhere."""
        steps = locate(uri, families)
        try:
            questions = next(steps)
            while True:
                questions = steps.send(await self._ask_all(questions))
        except StopIteration as done:
            targets: list[Address] = done.value
        if not targets:
            raise OSError(f"no address for {uri.host}")
        return targets

    async def _ask_all(self, questions: list[Question]) -> Answers:
        answers = await asyncio.gather(*(self._ask(question) for question in questions))
        return dict(zip(questions, answers, strict=True))

    async def _ask(self, question: Question) -> list[Record]:
        known = self._cache.get(question)
        if known is not None and known[0] > self._clock():
            return known[1]
        seconds, records = await self._look_up(question)
        if len(self._cache) >= MAX_CACHED:
            self._cache.clear()
        self._cache[question] = (self._clock() + min(seconds, LONGEST), records)
        return records

    async def _look_up(self, question: Question) -> tuple[float, list[Record]]:
        name = question.name.rstrip(".").lower()
        addresses = question.kind in ("A", "AAAA")
        if name.endswith(".invalid"):  # RFC 6761 section 6.4
            return ABSENT, []
        if "." not in name or name.endswith(".localhost"):  # not the public DNS's business
            return ABSENT, await _system(question) if addresses else []
        found = await self._query(question)
        if found is None or (not found[1] and addresses):
            return ABSENT, await _system(question) if addresses else []
        return found

    async def _query(self, question: Question) -> tuple[float, list[Record]] | None:
        # None: nobody answers, or the name is not in DNS at all.
        try:
            answer = await self._configured().resolve(question.name, question.kind, search=False)
        except dns.resolver.NoAnswer:
            return ABSENT, []
        except (dns.exception.DNSException, OSError):
            return None
        records = [record for rdata in answer if (record := _record(rdata)) is not None]
        return float(answer.rrset.ttl if answer.rrset else ABSENT), records

    def _configured(self) -> dns.asyncresolver.Resolver:
        if self._resolver is None:
            nameservers, port = self._given
            # Raises NoResolverConfiguration, a DNSException, on a machine without /etc/resolv.conf.
            self._resolver = dns.asyncresolver.Resolver(configure=not nameservers)
            if nameservers:
                self._resolver.nameservers = list(nameservers)
                self._resolver.port = port
            self._resolver.lifetime = LIFETIME
        return self._resolver


def _record(rdata: object) -> Record | None:
    match rdata:
        case SRV():
            return Srv(rdata.priority, rdata.weight, rdata.port, rdata.target.to_text(omit_final_dot=True))
        case NAPTR():
            flags, service = rdata.flags.decode("ascii", "replace"), rdata.service.decode("ascii", "replace")
            replacement = rdata.replacement.to_text(omit_final_dot=True)
            return Naptr(rdata.order, rdata.preference, flags, service, replacement)
        case _:
            ip = getattr(rdata, "address", None)
            return str(ip) if ip else None


async def _system(question: Question) -> list[Record]:
    family = socket.AF_INET if question.kind == "A" else socket.AF_INET6
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(question.name, None, family=family, type=socket.SOCK_DGRAM)
    except OSError:
        return []
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))
