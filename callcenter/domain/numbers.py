"""One caller, one number: telephone numbers in the form in which they are kept, and as a line wants them.

Kept: a mobile as 13800138000, a landline with its area code as 075512345678, 4008001234, service numbers
such as 95588, foreign ones as +4930123456. Whatever is none of these, as extensions are, stays as it is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


@dataclass(frozen=True, slots=True)
class Plan:
    """A country's numbers, as patterns of what follows its code; landlines are kept with 0 before them."""

    country: str
    mobile: str
    landline: str
    free: str
    service: str
    """Short numbers that have no code before them, of five digits or more."""
    local: str
    """Landlines without their area code."""


CHINA: Final = Plan(
    country="86",
    mobile=r"1[3-9]\d{9}",
    landline=r"(?:10|2\d)\d{8}|[3-9]\d{9,10}",
    free=r"[48]00\d{7}",
    service=r"1[0-2]\d{3}|9[56]\d{3,4}",
    local=r"[2-8]\d{6,7}",
)
_DIGITS: Final = re.compile(r"\+?[0-9]{5,20}")
_FOREIGN: Final = re.compile(r"[1-9][0-9]{6,16}")


class Form(StrEnum):
    """How a line wants numbers: as one dials within the country, within the city, or with + and country."""

    NATIONAL = "national"
    LOCAL = "local"
    E164 = "e164"


@dataclass(frozen=True, slots=True)
class Numbers:
    """The rules of a site. `area` is its own area code with its 0, `outside` what is dialled for a line;
    either may be empty. Emergency numbers are never changed, and nothing becomes one."""

    area: str = ""
    outside: str = ""
    emergency: frozenset[str] = frozenset({"110", "119", "120"})
    plan: Plan = CHINA

    def canonical(self, number: str) -> str:
        """The form in which a number is kept, however it was dialled or shown."""
        if number in self.emergency:
            return number
        found = self._known(number)
        if not found and self.outside and number.startswith(self.outside):
            found = self._known(number.removeprefix(self.outside))
        return number if found in self.emergency else found or number

    def written(self, number: str, form: Form) -> str:
        """A number that is kept, as a line wants it."""
        if number in self.emergency:
            return number
        sent = {Form.NATIONAL: self._national, Form.LOCAL: self._local, Form.E164: self._e164}[form](number)
        return number if sent in self.emergency else sent

    # -- on the way in ------------------------------------------------------------------------------------

    def _known(self, number: str) -> str:
        """The form that is kept of a whole number; empty for what is none."""
        if not _DIGITS.fullmatch(number):
            return ""
        for code in (f"+{self.plan.country}", f"00{self.plan.country}", self.plan.country, "0"):
            if number.startswith(code) and (own := self._own(number.removeprefix(code))):
                return own
        if number.startswith(("+", "00")):
            return self._foreign(number.removeprefix("+").removeprefix("00"))
        if self._is(number, self.plan.mobile, self.plan.free, self.plan.service):
            return number
        return self.area + number if self.area and self._is(number, self.plan.local) else ""

    def _own(self, rest: str) -> str:
        """What follows the country's code, or the 0."""
        if self._is(rest, self.plan.mobile, self.plan.free):
            return rest
        return f"0{rest}" if self._is(rest, self.plan.landline) else ""

    def _foreign(self, rest: str) -> str:
        ours = rest.startswith(self.plan.country)
        return f"+{rest}" if _FOREIGN.fullmatch(rest) and not ours else ""

    @staticmethod
    def _is(number: str, *patterns: str) -> bool:
        return any(re.fullmatch(pattern, number) for pattern in patterns)

    # -- on the way out -----------------------------------------------------------------------------------

    def _national(self, number: str) -> str:
        return f"00{number[1:]}" if number.startswith("+") and self._foreign(number[1:]) else number

    def _local(self, number: str) -> str:
        rest = number.removeprefix(self.area)
        return rest if rest != number and self._is(rest, self.plan.local) else self._national(number)

    def _e164(self, number: str) -> str:
        if self._is(number, self.plan.mobile):
            return f"+{self.plan.country}{number}"
        landline = number.startswith("0") and self._is(number[1:], self.plan.landline)
        return f"+{self.plan.country}{number[1:]}" if landline else number
