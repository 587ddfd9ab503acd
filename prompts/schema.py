"""What `catalogue.toml` may say, checked before use. Errors name the file and the key."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

VARIABLE = re.compile(r"\{([a-z][a-z_]*)\}")
_PUNCTUATION = re.compile(r"[，。！？、；：]")


class CatalogueError(Exception):
    """The catalogue or its audio is wrong; the message names the file, the key and what to do."""


Id = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z_]*$")]
Text = Annotated[str, Field(min_length=1)]


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Prompt(_Entry):
    """One announcement. `parts` is empty unless it is composed around variables, written `{name}`."""

    id: Id
    zh: Text
    en: Text
    purpose: Text
    source: Id = Field(description="the standard that words it; `sanxiang` where none does")
    clause: Text
    heard_by: Literal["caller", "agent"] = Field(
        default="caller", description="what only agents hear is not spoken in other languages"
    )
    parts: tuple[Text, ...] = ()
    voice: str = Field(default="", description="empty: the catalogue's")
    speed: float = Field(default=0.0, ge=0.0, le=2.0, description="0: the catalogue's")

    @property
    def variables(self) -> tuple[str, ...]:
        """The names of the variables in the text, in its order."""
        return tuple(VARIABLE.findall(self.zh))

    @model_validator(mode="after")
    def _parts_make_the_text(self) -> Self:
        if self.variables and not self.parts:
            raise ValueError(
                f"the text has {{{self.variables[0]}}}: give `parts`, split where a speaker pauses"
            )
        if self.parts and _words("".join(self.parts)) != _words(self.zh):
            raise ValueError("`parts` put together are not the words of `zh`")
        if any(len(VARIABLE.findall(part)) > 1 for part in self.parts):
            raise ValueError("a part holds at most one {variable}")
        return self


class Variable(_Entry):
    """The recorded values of a `{name}`: an ASCII key, which names the audio file, and what is said."""

    name: Name
    values: dict[Id, Text] = Field(min_length=1)

    def key(self, said: str) -> str | None:
        """The key of a value, or None where it is not recorded."""
        return next((key for key, value in self.values.items() if value == said), None)


class Recording(_Entry):
    """One audio file: its name without `.wav`, its words, and where it stands in its prompt."""

    stem: str
    text: str
    voice: str
    speed: float
    first: bool = True
    last: bool = True


class Entries(_Entry):
    """The whole of `catalogue.toml`."""

    language: str = Field(pattern=r"^[a-z]{2}-[A-Z]{2}$")
    voice: Text
    speed: float = Field(default=1.0, gt=0.0, le=2.0)
    prompt: tuple[Prompt, ...] = Field(min_length=1)
    variable: tuple[Variable, ...] = ()

    @model_validator(mode="after")
    def _names_fit(self) -> Self:
        _unique("prompt", [prompt.id for prompt in self.prompt])
        _unique("variable", [variable.name for variable in self.variable])
        known = {variable.name for variable in self.variable}
        for prompt in self.prompt:
            for name in prompt.variables:
                if name not in known:
                    raise ValueError(f"prompt {prompt.id}: {{{name}}} has no [[variable]] of that name")
        return self

    def variable_named(self, name: str) -> Variable:
        """A variable that some prompt uses (checked when the file was read)."""
        return next(variable for variable in self.variable if variable.name == name)

    def recordings(self, prompt: Prompt) -> list[Recording]:
        """Every audio file that a prompt needs."""
        voice, speed = prompt.voice or self.voice, prompt.speed or self.speed
        if not prompt.parts:
            return [Recording(stem=prompt.id, text=prompt.zh, voice=voice, speed=speed)]
        found = []
        for number, part in enumerate(prompt.parts, start=1):
            for key, text in self._spoken(part):
                stem = part_stem(prompt, number, key)
                first, last = number == 1, number == len(prompt.parts)
                found.append(
                    Recording(stem=stem, text=text, voice=voice, speed=speed, first=first, last=last)
                )
        return found

    def _spoken(self, part: str) -> list[tuple[str, str]]:
        if not (match := VARIABLE.search(part)):
            return [("", part)]
        values = self.variable_named(match[1]).values
        return [(key, part.replace(match[0], said)) for key, said in values.items()]


def part_stem(prompt: Prompt, number: int, key: str) -> str:
    """The name of a part's audio file: `long-distance.2.shanghai`, `long-distance.1`."""
    return f"{prompt.id}.{number}" + (f".{key}" if key else "")


def read_entries(path: Path) -> Entries:
    """Reads and checks a catalogue file. Raises `CatalogueError`."""
    try:
        raw = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise CatalogueError(f"{path}: cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CatalogueError(f"{path}: is not valid TOML in UTF-8: {error}") from None
    try:
        return Entries.model_validate(raw)
    except ValidationError as error:
        raise CatalogueError("\n".join(_explained(path, raw, item) for item in error.errors())) from None


def _explained(path: Path, raw: dict[str, Any], item: Any) -> str:
    """`catalogue.toml: prompt[2] (busy): en: Field required`, counted from 1."""
    where = []
    location = list(item["loc"])
    if len(location) > 1 and isinstance(location[1], int):
        table, index = location[0], location[1]
        named = raw[table][index]
        name = named.get("id") or named.get("name") if isinstance(named, dict) else None
        where.append(f"{table}[{index + 1}]" + (f" ({name})" if name else ""))
        location = location[2:]
    where += [str(step) for step in location]
    return ": ".join([str(path), *where, item["msg"].removeprefix("Value error, ")])


def _words(text: str) -> str:
    return _PUNCTUATION.sub("", text)


def _unique(kind: str, names: list[str]) -> None:
    if doubled := next((name for name in names if names.count(name) > 1), None):
        raise ValueError(f"{kind} {doubled} is written twice")
