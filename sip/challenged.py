"""Telephones that give up at a challenge of several algorithms, and what to ask them instead.

RFC 8760 section 2.3 has a server send one challenge for each algorithm and a client take the topmost that it
knows. Clients of before it may take one of a kind that they do not know for an error: libre 1.1, which is
Debian 12's baresip, then sends nothing at all. Who asks again without an answer is challenged by the first
algorithm alone.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

MOST_NAMES: Final = 2000
"""Names remembered, those of strangers too: what a challenge looks like tells nobody which names exist."""


class Challenged:
    """Whom a server has challenged, by the name that the request gives; nothing here is trusted."""

    def __init__(self, most: int = MOST_NAMES) -> None:
        self._most = most
        self._names: OrderedDict[str, bool] = OrderedDict()  # True: wants one algorithm

    def one_alone(self, name: str) -> bool:
        """Whether this challenge to `name`, whose request had no credentials, is to be of one algorithm."""
        one = name in self._names
        self._names[name] = one
        self._names.move_to_end(name)
        while len(self._names) > self._most:
            self._names.popitem(last=False)
        return one

    def answered(self, name: str) -> None:
        """`name` has sent credentials; whoever needed one algorithm needs it the next time as well."""
        if self._names.get(name) is False:
            del self._names[name]

    def needs_one(self, name: str) -> bool:
        """Whether `name` was seen to need one algorithm: for a challenge that says `stale`."""
        return self._names.get(name, False)
