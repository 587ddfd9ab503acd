"""`[http]`, `[mqtt]`, `[database]`, `[scribe]`: what stands around the switchboard."""

from __future__ import annotations

import os
from typing import Literal

from pydantic import Field

from callcenter.domain.alerts import AlertLimits
from callcenter.settings.values import HostPort, Part, Url


class HttpSettings(Part):
    listen: HostPort = "127.0.0.1:8080"


class MqttSettings(Part):
    url: Url = Field(
        default="", repr=False, description="mqtt://host:port of a broker; empty: the embedded one"
    )
    embedded: HostPort = Field(default="127.0.0.1:1883", description="port 0 takes a free one")


class DatabaseSettings(Part):
    url: Url = Field(
        default="", repr=False, description="postgresql+psycopg://…; empty: SQLite in the data folder"
    )


class ScribeSettings(Part):
    workers: int = Field(default=0, ge=0, le=64, description="0: one for each core but one, at most 8")
    engine: Literal["vosk", "whisper"] = "vosk"
    model: str = Field(default="", description="folder of its model; empty: the installed one of Vosk")
    warn_opening: float = Field(default=8.0, ge=0, le=60, description="seconds without a greeting; 0: never")
    warn_wait_agent: float = Field(default=20.0, ge=0, le=600, description="seconds since 请稍等; 0: never")
    warn_wait_supervisor: float = Field(default=30.0, ge=0, le=600, description="the same; 0: never")
    second_hearing: bool = Field(default=True, description="listen for the desk's words in a second pass")
    lexicon: str = Field(default="", description="file with a site's own names and phrases")

    @property
    def alerts(self) -> AlertLimits:
        """When is warned of what is heard in a call under way."""
        return AlertLimits(self.warn_opening, self.warn_wait_agent, self.warn_wait_supervisor)

    @property
    def processes(self) -> int:
        """How many worker processes there are: one core is the media path's."""
        return self.workers or min(8, max(1, len(os.sched_getaffinity(0)) - 1))
