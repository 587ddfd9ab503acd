"""`[http]`, `[mqtt]`, `[database]`, `[scribe]`: what stands around the switchboard."""

from __future__ import annotations

from pydantic import Field

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
    workers: int = Field(default=1, ge=1, le=64)
    model: str = Field(default="", description="folder of a Vosk model; empty: the installed one")
