"""The whole configuration, from a file and the environment."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any, Self

from pydantic import Field, TypeAdapter, ValidationError, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from callcenter.domain.numbers import Numbers
from callcenter.settings.desks import Desk, Extension, NumberSettings, ParkSettings, StarCodes
from callcenter.settings.review import ReviewSettings
from callcenter.settings.services import DatabaseSettings, HttpSettings, MqttSettings, ScribeSettings
from callcenter.settings.sip import SipSettings, Trunk
from callcenter.settings.values import Name


class ConfigError(Exception):
    """The configuration is wrong; the message names the file, the key and what to do."""


class Settings(BaseSettings):
    model_config = SettingsConfigDict(
        env_prefix="CALLCENTER_", env_nested_delimiter="__", extra="forbid", frozen=True
    )

    site: Name = "main"
    node: Name = Field(default="node-1", description="this switchboard's name; another for each machine")
    timezone: str = "Asia/Shanghai"
    data: Path = Path("data")
    sip: SipSettings = SipSettings()
    http: HttpSettings = HttpSettings()
    mqtt: MqttSettings = MqttSettings()
    database: DatabaseSettings = DatabaseSettings()
    scribe: ScribeSettings = ScribeSettings()
    review: ReviewSettings = ReviewSettings()
    park: ParkSettings = ParkSettings()
    numbers: NumberSettings = NumberSettings()
    star_codes: StarCodes = StarCodes()
    desks: tuple[Desk, ...] = Field(default=(), alias="desk")
    extensions: tuple[Extension, ...] = Field(default=(), alias="extension")
    trunks: tuple[Trunk, ...] = Field(default=(), alias="trunk")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return env_settings, init_settings  # the environment overrides the file

    @model_validator(mode="after")
    def _names_fit(self) -> Self:
        extensions = {extension.number for extension in self.extensions}
        seen: set[str] = set()
        for slot in self.park.slots:  # whoever dials it would get a parked caller instead of help
            if slot in self.sip.emergency:
                raise ValueError(f"the slot {slot} is an emergency number ([park] slots, [sip] emergency)")
        for number in [d.number for d in self.desks] + [e.number for e in self.extensions]:
            if number in seen:
                raise ValueError(f"the number {number} is given to two desks or extensions")
            if number in self.sip.emergency:
                raise ValueError(f"the number {number} is an emergency number ([sip] emergency)")
            if number in self.park.slots:
                raise ValueError(f"the number {number} is a slot for parked calls ([park] slots)")
            seen.add(number)
        for desk in self.desks:
            for agent in desk.agents:
                if agent not in extensions:
                    raise ValueError(f"desk {desk.id!r} names agent {agent!r}, which is no [[extension]]")
        return self

    @property
    def prompts(self) -> Path:
        """The site's own prompts, a folder for each language."""
        return self.data / "prompts"

    @property
    def numbering(self) -> Numbers:
        """In which form numbers are kept, and as lines want them."""
        return Numbers(self.numbers.area, self.numbers.outside, frozenset(self.sip.emergency))

    @property
    def recordings(self) -> Path:
        return self.data / "recordings"

    @property
    def database_url(self) -> str:
        return self.database.url or f"sqlite:///{self.data.resolve() / 'callcenter.db'}"

    def with_overrides(self, parts: dict[str, Any]) -> Settings:
        """These settings with some parts replaced, as the command line does. Raises ConfigError."""
        try:
            kinds = {name: type(getattr(self, name)) for name in parts}
            checked = {name: TypeAdapter[Any](kinds[name]).validate_python(parts[name]) for name in parts}
        except ValidationError as error:
            raise ConfigError(_explain("command line", error)) from None
        return self.model_copy(update=checked)

    def desk(self, id: str) -> Desk | None:
        return next((desk for desk in self.desks if desk.id == id), None)


def load_settings(path: Path | None) -> Settings:
    """Settings from a TOML file and the environment, which wins.

    Raises ConfigError, naming the file and the key, where a line is wrong.
    """
    values: dict[str, Any] = {}
    if path is not None:
        try:
            values = tomllib.loads(path.read_text("utf-8"))
        except OSError as error:
            raise ConfigError(f"cannot read {path}: {error.strerror}") from None
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise ConfigError(f"{path} is not valid TOML: {error}") from None
        values = _beside(path, values)
    try:
        return Settings(**values)
    except ValidationError as error:
        raise ConfigError(_explain(str(path) if path else "settings", error)) from None


def _beside(path: Path, values: dict[str, Any]) -> dict[str, Any]:
    """The same values, with the files that desks name sought beside the configuration file."""
    desks = values.get("desk")
    if not isinstance(desks, list):
        return values
    return {**values, "desk": [_with_files(path, desk) if isinstance(desk, dict) else desk for desk in desks]}


def _with_files(path: Path, desk: dict[str, Any]) -> dict[str, Any]:
    """A desk whose flow, and whose standard where that is a file, are paths from here."""
    flow, standard = desk.get("flow"), desk.get("standard")
    files = {"flow": flow} if isinstance(flow, str) else {}
    if isinstance(standard, str) and standard.endswith(".toml"):
        files["standard"] = standard
    return {**desk, **{key: str(path.parent / name) for key, name in files.items()}}


def _explain(where: str, error: ValidationError) -> str:
    lines = []
    for item in error.errors():
        key = re.sub(r"\.(\d+)", r"[\1]", ".".join(str(part) for part in item["loc"])) or "file"
        lines.append(f"{where}: {key}: {item['msg'].removeprefix('Value error, ')}")
    return "\n".join(lines)
