"""`[[desk]]` and `[[extension]]`, and what the people at them dial: numbers, parking, star codes."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator

from callcenter.settings.values import Digits, Name, Part, Secret, Srtp

_IN_THE_FLOW = "stands in the file that `flow` names, in [group.…]: take it out here"


class Desk(Part):
    id: Name
    number: str
    name: str
    standard: str = Field(default="vanke", description="name of one that ships, or a TOML file")
    override: dict[str, Any] = Field(default={}, description="what this desk's standard says otherwise")
    flow: Path | None = Field(default=None, description="TOML file of its flow; none: it rings `agents`")
    agents: tuple[str, ...] = Field(default=(), validate_default=True)
    ring: Literal["in_order", "together"] = "in_order"
    ring_timeout: float = Field(default=20.0, gt=0, le=300)
    max_rings: int | None = Field(default=None, ge=1, le=20)

    @field_validator("agents")
    @classmethod
    def _somebody_answers(cls, value: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        if info.data.get("flow") is None and not value:
            raise ValueError('name the extensions that answer, or a file: flow = "flows/front.toml"')
        if info.data.get("flow") is not None and value:
            raise ValueError(_IN_THE_FLOW)
        return value

    @field_validator("ring", "ring_timeout")
    @classmethod
    def _not_twice(cls, value: Any, info: ValidationInfo) -> Any:
        if info.data.get("flow") is not None:
            raise ValueError(_IN_THE_FLOW)
        return value


class Extension(Part):
    number: str
    name: str = ""
    password: Secret
    role: Literal["agent", "supervisor", "admin", "qa"] = "agent"
    srtp: Srtp = "off"
    outside: bool | tuple[Annotated[Digits, Field(min_length=1)], ...] = Field(
        default=False, description="whether it may call numbers outside; or what these must begin with"
    )
    mailbox: bool = Field(default=False, description="who does not reach it may leave a message")
    transfers_outside: bool = Field(default=False, description="whether it may send callers there, too")


class NumberSettings(Part):
    """How this site's telephone numbers are written and dialled."""

    area: str = Field(default="", pattern=r"^(0[1-9][0-9]{1,2})?$", description="own area code, as 0755")
    outside: str = Field(default="", pattern=r"^[0-9]{0,2}$", description="what is dialled for a line")


class ParkSettings(Part):
    """Parked calls. `patience` is in seconds."""

    slots: tuple[Annotated[str, Field(pattern=r"^[0-9]{2,6}$")], ...] = tuple(str(n) for n in range(701, 710))
    patience: float = Field(default=120.0, ge=5, le=3600)


Star = Annotated[str, Field(pattern=r"^(\*[0-9*]{1,4})?$")]


class StarCodes(Part):
    """What extensions dial to set something of their own; empty: there is no such code."""

    sign_on: Star = "*51"
    sign_off: Star = "*52"
    ready: Star = "*53"
    away: Star = Field(default="*54", description="a break; a digit behind it says why")
    dnd_on: Star = "*78"
    dnd_off: Star = "*79"
    forward: Star = Field(default="*72", description="all calls, to the number behind it")
    forward_busy: Star = "*90"
    forward_no_answer: Star = "*92"
    forward_off: Star = "*73"
    pick_up: Star = Field(default="*8", description="a colleague's call; of the extension behind it")

    @model_validator(mode="after")
    def _none_begins_another(self) -> Self:
        codes = sorted(code for code in self.model_dump().values() if code)
        for one, other in itertools.pairwise(codes):
            if other.startswith(one):
                raise ValueError(f"the code {other} begins like {one}: nobody could tell them apart")
        return self
