"""Where a message goes or came from: for UDP a plain `(host, port)`, else a `Hop`, which is one too."""

from __future__ import annotations

from typing import Final

DEFAULT_PORTS: Final = {"UDP": 5060, "TCP": 5060, "TLS": 5061, "WS": 80, "WSS": 443}
"""RFC 3261 section 19.1.2 and RFC 7118 section 5.3, by transport as a Via names it."""
TRANSPORTS: Final = tuple(DEFAULT_PORTS)


class Hop(tuple[str, int]):
    """`(host, port)` over a transport that has connections: TCP, TLS, WS or WSS.

    `connection` is the number of the connection it stands for (0: any to that place); `name` is the domain
    that the other side's certificate must name, where it is not the host.
    """

    transport: str
    name: str
    connection: int

    def __new__(cls, host: str, port: int, transport: str, *, name: str = "", connection: int = 0) -> Hop:
        self = super().__new__(cls, (host, port))
        self.transport, self.name, self.connection = transport, name, connection
        return self

    def __getnewargs_ex__(self) -> tuple[tuple[str, int, str], dict[str, str | int]]:
        return (self[0], self[1], self.transport), {"name": self.name, "connection": self.connection}

    @property
    def place(self) -> tuple[str, str, int, str]:
        """What two hops share that one connection can serve."""
        return (self.transport, self[0], self[1], self.name)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Hop) and (self.place, self.connection) == (other.place, other.connection)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash((self.place, self.connection))

    def __repr__(self) -> str:
        number = f" #{self.connection}" if self.connection else ""
        return f"<{self.transport} {self[0]}:{self[1]}{number}>"


def transport_of(address: tuple[str, int]) -> str:
    """The transport of an address, as a Via names it."""
    return address.transport if isinstance(address, Hop) else "UDP"


def address(host: str, port: int, transport: str, name: str = "") -> tuple[str, int]:
    """A plain address for UDP, else a Hop. Only TLS needs the name."""
    if transport == "UDP":
        return (host, port)
    return Hop(host, port, transport, name=name if transport in ("TLS", "WSS") else "")
