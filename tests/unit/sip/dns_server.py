"""A tiny DNS server for the tests: answers from a list of lines in zone-file form."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

import dns.flags
import dns.message
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rrset


class DnsServer(asyncio.DatagramProtocol):
    """`asked` counts the questions that came, as `name kind`."""

    def __init__(self, lines: tuple[str, ...]) -> None:
        self.asked: list[str] = []
        self.port = 0
        self._transport: asyncio.DatagramTransport
        self._records: list[dns.rrset.RRset] = []
        for line in lines:
            name, ttl, kind, data = line.split(None, 3)
            self._records.append(dns.rrset.from_text(f"{name}.", int(ttl), "IN", kind, data))

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)
        self.port = transport.get_extra_info("sockname")[1]

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        query = dns.message.from_wire(data)
        question = query.question[0]
        name = question.name.to_text(omit_final_dot=True).lower()
        self.asked.append(f"{name} {dns.rdatatype.to_text(question.rdtype)}")
        response = dns.message.make_response(query)
        response.flags |= dns.flags.RA
        known = [record for record in self._records if record.name == question.name]
        for record in known:
            if record.rdtype == question.rdtype:
                same = response.find_rrset(
                    response.answer, record.name, dns.rdataclass.IN, record.rdtype, create=True
                )
                for rdata in record:
                    same.add(rdata, record.ttl)
        if not known:
            response.set_rcode(dns.rcode.NXDOMAIN)
        self._transport.sendto(response.to_wire(), addr)

    def close(self) -> None:
        self._transport.close()


@asynccontextmanager
async def dns_server(*lines: str) -> AsyncIterator[DnsServer]:
    """`name ttl kind data`, as in `example.com 60 A 192.0.2.1`."""
    loop = asyncio.get_running_loop()
    _, server = await loop.create_datagram_endpoint(lambda: DnsServer(lines), local_addr=("127.0.0.1", 0))
    try:
        yield server
    finally:
        server.close()
