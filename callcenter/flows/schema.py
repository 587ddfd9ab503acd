"""What a desk's flow may say: `flows/*.toml` as one frozen value. Durations are seconds.

A flow is steps that lead to one another by name. `exits` says where a step may lead, so that what reads
a flow (its checks, its picture) needs to know no kind of step.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Annotated, Any, ClassVar, Final, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, field_validator

from callcenter.domain.calls import Line
from callcenter.domain.opening import Hours, OpenState, Span
from callcenter.domain.workdays import Calendar

END: Final = "end"
"""Where a step leads if nothing else is written: the call ends. No step may have this name."""
BACK: Final = "back"
"""Where a transfer leads that came to nothing, if nothing else is written: to the desk's agents again."""

StepName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]*$", max_length=40)]
GroupName = StepName
Skill = StepName
Prompt = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
MaybePrompt = Annotated[str, Field(pattern=r"^([a-z0-9]+(-[a-z0-9]+)*)?$")]
Key = Annotated[str, Field(pattern=r"^[0-9*#]$")]
Language = Literal["zh-CN", "en"]
Number = Annotated[str, Field(pattern=r"^\+?[0-9]{2,20}$")]
Seconds = Annotated[float, Field(ge=0, le=86400)]
Patience = Annotated[float, Field(gt=0, le=300)]


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


# -- the desk -----------------------------------------------------------------------------------------------


Spans = tuple[Annotated[Span, BeforeValidator(Span.parse), PlainSerializer(str)], ...]


class HoursPart(Part):
    """`[hours]`: when the desk is open, in the site's time zone, by the Chinese working calendar."""

    working_days: Spans = ()
    weekends: Spans = ()
    holidays: Spans = ()
    dates: dict[date, Spans] = {}

    @cached_property
    def value(self) -> Hours:
        """As the calendar reads it."""
        return Hours(self.working_days, self.weekends, self.holidays, self.dates)


class Start(Part):
    """`[start]`: the first step. `always_through`: callers who go to `through` whatever the hour."""

    open: StepName
    closed: StepName | Literal[""] = ""
    always_through: tuple[Number, ...] = ()
    through: StepName | Literal[""] = ""
    language: Language = "zh-CN"


class Notice(Part):
    """`[notice]`: that the call is recorded. `early`: while agents ring already; `answered`: after the
    caller is answered. `objection_key`: the caller's key that turns the recording off; empty: none."""

    mode: Literal["early", "answered", "off"] = "off"
    prompt: MaybePrompt = ""
    version: str = ""
    objection_key: Key | Literal[""] = ""


class Hold(Part):
    """`[hold]`: seconds on hold after which the agent, and the supervisor, are warned; 0: never."""

    warn_agent: Seconds = 20.0
    warn_supervisor: Seconds = 30.0


class Talk(Part):
    """`[talk]`: how long a call from outside, and one between extensions, may last (A11); 0: for ever."""

    long_call: Seconds = 600.0
    private_call: Seconds = 180.0

    def longest(self, line: Line) -> float:
        """The limit of calls of a line."""
        return self.private_call if line is Line.INTERNAL else self.long_call


class Transfer(Part):
    """`[transfer]` (A4): the step where the caller goes whose transfer came to nothing; `back`: to the
    desk's agents, with the standard's prompt. `connected`: prompt before they talk; empty: none."""

    busy: StepName = BACK
    no_answer: StepName = BACK
    connected: MaybePrompt = ""


class After(Part):
    """`[after]`: `wrap_up` seconds before the agent's next call; `survey`: the prompt that asks for keys
    (C5), empty: none; `agent_may_release`: seconds after both goodbyes (A9), 0: the agent never."""

    wrap_up: Seconds = 0.0
    survey: MaybePrompt = ""
    agent_may_release: Seconds = 0.0


class Agent(Part):
    """Who is rung. A lower `tier` is rung before a higher one."""

    number: str
    tier: int = Field(default=1, ge=1, le=9)
    skills: tuple[Skill, ...] = ()


def _agent(value: Any) -> Any:
    return {"number": value} if isinstance(value, str) else value


class Group(Part):
    """`[group.NAME]`: agents, and in which order they are rung.

    `in_turn`: A12's turns. `longest_idle`: who has been free longest. `in_order`: as written. `together`:
    all at once. `missed`: an agent who lets it ring out is set aside, or kept. `returning`: days for
    which a caller goes to the agent who served them first; 0: never.
    """

    order: Literal["in_turn", "longest_idle", "together", "in_order"] = "in_turn"
    agents: tuple[Annotated[Agent, BeforeValidator(_agent)], ...] = Field(min_length=1)
    ring_timeout: Patience = 20.0
    missed: Literal["set_aside", "keep"] = "set_aside"
    returning: int = Field(default=0, ge=0, le=90)


# -- its steps ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Exit:
    """One way out of a step: the key that names it, and the step it leads to.

    `heard`: the caller has heard or waited for something by then. A ring of exits without it would spin.
    """

    key: str
    to: str
    heard: bool


class StepPart(Part):
    """What all steps have. `WAYS` are the keys that name a next step, and whether time has passed then."""

    WAYS: ClassVar[dict[str, bool]] = {}
    PROMPTS: ClassVar[tuple[str, ...]] = ()

    def exits(self) -> Iterator[Exit]:
        """Every way out, in the order in which a reader wants them."""
        for key, heard in self.WAYS.items():
            yield Exit(key, getattr(self, key), heard)

    def prompts(self) -> Iterator[tuple[str, str]]:
        """The prompts it plays, each with the key that names it."""
        for key in self.PROMPTS:
            if name := getattr(self, key):
                yield key, name


class KeyedPart(StepPart):
    """A step that the caller may leave by a key."""

    keys: dict[Key, StepName] = {}

    def exits(self) -> Iterator[Exit]:
        for key, step in self.keys.items():
            yield Exit(f"keys.{key}", step, heard=True)
        yield from super().exits()


class Say(StepPart):
    """Plays a prompt to its end."""

    WAYS, PROMPTS = {"next": True}, ("prompt",)
    do: Literal["say"] = "say"
    prompt: Prompt
    next: StepName = END


class Menu(KeyedPart):
    """Plays a prompt and takes one key, also while it plays. Nothing within `timeout` seconds of its end,
    or a key that is not there: `wrong` is played and the menu said again, `tries` times in all."""

    WAYS, PROMPTS = {"otherwise": True}, ("prompt", "wrong")
    do: Literal["menu"] = "menu"
    prompt: Prompt
    wrong: MaybePrompt = "menu-wrong-key"
    keys: dict[Key, StepName] = Field(min_length=1)
    timeout: Patience = 6.0
    tries: int = Field(default=3, ge=1, le=10)
    otherwise: StepName = END


class ChooseLanguage(StepPart):
    """A menu of languages: the prompts that follow are in the one chosen. Without a choice nothing
    changes."""

    WAYS, PROMPTS = {"next": True}, ("prompt",)
    do: Literal["language"] = "language"
    prompt: Prompt
    keys: dict[Key, Language] = Field(min_length=1)
    timeout: Patience = 6.0
    tries: int = Field(default=1, ge=1, le=10)
    next: StepName


class Ring(StepPart):
    """Rings a group at once, without a queue. `busy`: all are talking. `nobody`: no phone of it is there,
    or nobody is ready. `no_answer`: it rang, and all let it or declined."""

    WAYS = {"no_answer": True, "busy": False, "nobody": False}
    do: Literal["ring"] = "ring"
    group: GroupName
    skills: tuple[Skill, ...] = ()
    no_answer: StepName = END
    busy: StepName = END
    nobody: StepName = END


class Queue(KeyedPart):
    """The caller waits for an agent. Every `announce_every` seconds position and estimated wait are said
    (0: never); after `offer_after` seconds the prompt `offer`, and `keys` are good from the beginning.
    `longest`: seconds after which `overflow` follows; 0: no limit. `nobody`: no agent is signed on."""

    WAYS, PROMPTS = {"overflow": True, "nobody": False}, ("offer",)
    do: Literal["queue"] = "queue"
    group: GroupName
    skills: tuple[Skill, ...] = ()
    priority: int = Field(default=0, ge=0, le=9, description="the higher, the sooner")
    music: bool = True
    announce_every: Seconds = 30.0
    offer: MaybePrompt = ""
    offer_after: Seconds = 60.0
    longest: Seconds = 600.0
    overflow: StepName = END
    nobody: StepName = END


class Callback(StepPart):
    """Notes that the caller is to be called back, says so and goes on. `no_number`: who withholds theirs.
    `keep_place`: who comes here from the queue is called as soon as it is their turn there."""

    WAYS, PROMPTS = {"next": True, "no_number": False}, ("prompt",)
    do: Literal["callback"] = "callback"
    prompt: Prompt = "callback-taken"
    keep_place: bool = True
    next: StepName = END
    no_number: StepName = END


class Message(StepPart):
    """Records a message of at most `longest` seconds after the prompt and a tone. `taken` is said when it
    is kept; empty: nothing is."""

    WAYS, PROMPTS = {"next": True}, ("prompt", "taken")
    do: Literal["message"] = "message"
    prompt: Prompt = "message-ask"
    taken: MaybePrompt = "message-taken"
    longest: float = Field(default=120.0, ge=5, le=600)
    next: StepName = END


class ToDesk(StepPart):
    """Goes on with another desk's flow, from its start."""

    do: Literal["desk"] = "desk"
    desk: str


class ToExtension(StepPart):
    """Rings one extension."""

    WAYS = {"no_answer": True, "busy": False, "nobody": False}
    do: Literal["extension"] = "extension"
    number: str
    ring_timeout: Patience = 20.0
    no_answer: StepName = END
    busy: StepName = END
    nobody: StepName = END


class ToOutside(StepPart):
    """Calls a number outside, as an extension would dial it. `nobody`: no trunk takes it."""

    WAYS = {"no_answer": True, "busy": False, "nobody": False}
    do: Literal["outside"] = "outside"
    number: Number
    ring_timeout: Patience = 30.0
    no_answer: StepName = END
    busy: StepName = END
    nobody: StepName = END


class HangUp(StepPart):
    """Plays a prompt, where there is one, and ends the call."""

    PROMPTS = ("prompt",)
    do: Literal["hangup"] = "hangup"
    prompt: MaybePrompt = ""


AnyStep = (
    Say
    | Menu
    | ChooseLanguage
    | Ring
    | Queue
    | Callback
    | Message
    | ToDesk
    | ToExtension
    | ToOutside
    | HangUp
)
Step = Annotated[AnyStep, Field(discriminator="do")]


class Flow(Part):
    """A desk's flow, whole. What is checked beyond single keys is in `callcenter.flows.checks`."""

    hours: HoursPart | None = Field(default=None, description="none: always open")
    start: Start
    notice: Notice = Notice()
    hold: Hold = Hold()
    talk: Talk = Talk()
    transfer: Transfer = Transfer()
    after: After = After()
    groups: dict[GroupName, Group] = Field(default={}, alias="group")
    steps: dict[StepName, Step] = Field(min_length=1, alias="step")

    @field_validator("steps")
    @classmethod
    def _no_step_is_a_word_of_ours(cls, steps: dict[str, AnyStep]) -> dict[str, AnyStep]:
        for word in (END, BACK):
            if word in steps:
                raise ValueError(f"{word!r} is a word of its own: give the step another name")
        return steps

    def open_at(self, instant: datetime, zone: ZoneInfo, calendar: Calendar) -> OpenState:
        """Whether the desk is open at an aware instant."""
        return self.hours.value.open_at(instant, zone, calendar) if self.hours else OpenState(True)

    @cached_property
    def agents(self) -> frozenset[str]:
        """Everybody it rings in a group."""
        return frozenset(agent.number for group in self.groups.values() for agent in group.agents)

    @cached_property
    def digest(self) -> str:
        """Twelve hex digits that differ where anything in the flow does: what a call's record names."""
        return hashlib.sha256(self.model_dump_json(by_alias=True).encode()).hexdigest()[:12]

    def starts(self) -> Iterator[tuple[str, str]]:
        """Where a call may come in from nowhere, each with the key that says so."""
        yield "start.open", self.start.open
        if self.start.closed:
            yield "start.closed", self.start.closed
        if self.start.through:
            yield "start.through", self.start.through
        for key, step in (("busy", self.transfer.busy), ("no_answer", self.transfer.no_answer)):
            if step != BACK:
                yield f"transfer.{key}", step

    def prompts(self) -> Iterator[tuple[str, str]]:
        """Every prompt that it plays, each with its key."""
        named = (
            ("notice.prompt", self.notice.prompt if self.notice.mode != "off" else ""),
            ("transfer.connected", self.transfer.connected),
            ("after.survey", self.after.survey),
        )
        yield from ((key, name) for key, name in named if name)
        for id, step in self.steps.items():
            yield from ((f"step.{id}.{key}", name) for key, name in step.prompts())
