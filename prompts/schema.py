"""What `catalogue.toml` may say, checked before use. Errors name the file and the key."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

VARIABLE = re.compile(r"\{([a-z][a-z_]*)\}")
_PUNCTUATION = re.compile(r"[，。！？、；：,.!?;:\s]")


class CatalogueError(Exception):
    """The catalogue or its audio is wrong; the message names the file, the key and what to do."""


Id = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z_]*$")]
Text = Annotated[str, Field(min_length=1)]
Code = Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Z]{2})?$", description="BCP 47: zh-CN, en, yue")]


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Language(_Entry):
    """A language that is spoken, with its voice. The first of the file is the one that lacks nothing."""

    code: Code
    voice: Text
    speed: float = Field(default=1.0, gt=0.0, le=2.0)


class Prompt(_Entry):
    """One announcement. `parts` is empty unless it is composed around variables, written `{name}`."""

    id: Id
    zh: Text
    en: Text
    purpose: Text
    source: Id = Field(description="the standard that words it; `sanxiang` where none does")
    clause: Text
    heard_by: Literal["caller", "called", "agent"] = Field(
        default="caller", description="only what callers hear is spoken in other languages than the first"
    )
    singular: Id | Literal[""] = Field(default="", description="said instead where the number is one")
    parts: tuple[Text, ...] = ()
    parts_en: tuple[Text, ...] = ()
    voice: str = Field(default="", description="empty: the language's")
    speed: float = Field(default=0.0, ge=0.0, le=2.0, description="0: the language's")

    def text(self, language: str) -> str:
        """Its words, or their meaning where it is not spoken in that language."""
        return self.zh if language.startswith("zh") else self.en

    def pieces(self, language: str) -> tuple[str, ...]:
        """Its parts in that language; empty where it is spoken in one piece."""
        return self.parts if language.startswith("zh") else self.parts_en

    @property
    def variables(self) -> tuple[str, ...]:
        """The names of the variables in the text, in its order."""
        return tuple(VARIABLE.findall(self.zh))

    @model_validator(mode="after")
    def _parts_make_the_text(self) -> Self:
        self._check(self.zh, self.parts, "zh", "parts")
        if self.heard_by == "caller":
            self._check(self.en, self.parts_en, "en", "parts_en")
        return self

    def _check(self, text: str, parts: tuple[str, ...], key: str, parts_key: str) -> None:
        named = VARIABLE.findall(text)
        if set(named) != set(self.variables):
            raise ValueError("`zh` and `en` do not have the same {variables}")
        if named and not parts:
            raise ValueError(f"the text has {{{named[0]}}}: give `{parts_key}`, split where a speaker pauses")
        if parts and _words("".join(parts)) != _words(text):
            raise ValueError(f"`{parts_key}` put together are not the words of `{key}`")
        if any(len(VARIABLE.findall(part)) > 1 for part in parts):
            raise ValueError("a part holds at most one {variable}")


class Variable(_Entry):
    """A `{name}`: recorded words, each with an ASCII key that names its file, or what is counted."""

    name: Name
    kind: Literal["words", "number", "digits", "time"] = "words"
    values: dict[Id, Text] = {}
    most: int = Field(default=0, ge=0, le=99, description="numbers that are recorded with their unit")

    @model_validator(mode="after")
    def _words_have_values(self) -> Self:
        if bool(self.values) != (self.kind == "words"):
            raise ValueError("`values` belong to a variable of words, and to no other")
        return self

    def key(self, said: str) -> str | None:
        """The key of a value, or None where it is not recorded."""
        return next((key for key, value in self.values.items() if value == said), None)


class Tone(_Entry):
    """A signal that is made as the catalogue is loaded; it needs no file."""

    id: Id
    purpose: Text
    hertz: float = Field(ge=300.0, le=3400.0)
    seconds: float = Field(gt=0.0, le=3.0, description="of one tone")
    times: int = Field(default=1, ge=1, le=10)
    gap: float = Field(default=0.1, ge=0.0, le=1.0, description="seconds between two tones")
    dbfs: float = Field(ge=-50.0, le=-6.0, description="level (RMS)")


class Entries(_Entry):
    """The whole of `catalogue.toml`."""

    language: tuple[Language, ...] = Field(min_length=1)
    prompt: tuple[Prompt, ...] = Field(min_length=1)
    variable: tuple[Variable, ...] = ()
    tone: tuple[Tone, ...] = ()

    @model_validator(mode="after")
    def _names_fit(self) -> Self:
        _unique("language", [language.code for language in self.language])
        _unique("prompt", [prompt.id for prompt in self.prompt] + [tone.id for tone in self.tone])
        _unique("variable", [variable.name for variable in self.variable])
        for prompt in self.prompt:
            self._check(prompt)
        return self

    def _check(self, prompt: Prompt) -> None:
        known = {variable.name: variable.kind for variable in self.variable}
        for name in prompt.variables:
            if name not in known:
                raise ValueError(f"prompt {prompt.id}: {{{name}}} has no [[variable]] of that name")
            parts = (*prompt.parts, *prompt.parts_en)
            alone = all(part == f"{{{name}}}" for part in parts if f"{{{name}}}" in part)
            if known[name] in ("digits", "time") and not alone:
                raise ValueError(
                    f"prompt {prompt.id}: {{{name}}} is a part of its own: it is a {known[name]}"
                )
        if [known[name] for name in prompt.variables].count("words") > 1:
            raise ValueError(f"prompt {prompt.id}: only one variable can be words")
        if prompt.singular and prompt.singular not in {other.id for other in self.prompt}:
            raise ValueError(f"prompt {prompt.id}: singular: there is no prompt {prompt.singular}")

    def spoken(self, language: str) -> list[Prompt]:
        """The prompts that ship in a language: all in the first, what callers hear in the others."""
        everything = language == self.language[0].code
        return [prompt for prompt in self.prompt if everything or prompt.heard_by == "caller"]

    def language_named(self, code: str) -> Language:
        """Raises `CatalogueError`, naming those there are."""
        for language in self.language:
            if language.code == code:
                return language
        raise CatalogueError(
            f"no language {code!r}; there are {', '.join(one.code for one in self.language)}"
        )

    def variable_named(self, name: str) -> Variable:
        """A variable that some prompt uses (checked when the file was read)."""
        return next(variable for variable in self.variable if variable.name == name)


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
