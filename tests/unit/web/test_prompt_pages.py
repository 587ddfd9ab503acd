"""Prompts on the page: heard, replaced by a recording of one's own, and back again."""

from __future__ import annotations

import io
import wave

import numpy as np
import pytest

from callcenter.settings import Settings
from prompts.languages import load_catalogues
from tests.unit.web.client import Client


def recording(seconds: float = 1.5) -> bytes:
    """A WAV of 16 bits in which somebody hums."""
    rate = 16000
    samples = 0.3 * np.sin(2 * np.pi * 300 * np.arange(int(seconds * rate)) / rate)
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes((samples * 32767).astype(np.int16).tobytes())
    return file.getvalue()


def choose(client: Client, number: str) -> None:
    client.post("/me", data={"extension": number})


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_prompt_is_listed_and_can_be_heard(client: Client, lang: str) -> None:
    page = client.get(f"/prompts?lang={lang}").text
    assert "busy-to-desk" in page and "电话占线" in page
    sound = client.get("/prompts/zh-CN/busy-to-desk.wav")
    with wave.open(io.BytesIO(sound.content)) as file:
        assert file.getframerate() == 8000 and file.getnframes() > 8000
    assert client.get("/prompts/zh-CN/nothing.wav").status_code == 404
    assert client.get("/prompts?language=xx").status_code == 404


def test_an_admin_puts_a_recording_in_place_of_one_and_takes_it_back(
    client: Client, settings: Settings
) -> None:
    choose(client, "8090")
    shipped = load_catalogues(settings.prompts).clip("busy").seconds
    file = {"file": ("忙.wav", recording(), "audio/wav")}
    done = client.post("/prompts", data={"id": "busy", "text": "请稍后"}, files=file)
    assert done.status_code == 200 and "请稍后" in done.text
    own = load_catalogues(settings.prompts).clip("busy")
    assert own.text == "请稍后" and own.seconds != shipped
    assert client.post("/prompts/zh-CN/busy/remove").status_code == 200
    assert load_catalogues(settings.prompts).clip("busy").seconds == shipped
    actions = [each["action"] for each in client.get("/api/v1/audit").json()["items"]]
    assert actions == ["prompt_remove", "prompt_upload"]


def test_others_are_refused_and_so_is_what_is_no_sound(client: Client) -> None:
    file = {"file": ("x.wav", recording(), "audio/wav")}
    assert client.post("/prompts", data={"id": "busy"}, files=file).status_code == 403
    choose(client, "8001")
    assert client.post("/prompts", data={"id": "busy"}, files=file).status_code == 403
    assert client.post("/prompts/zh-CN/busy/remove").status_code == 403
    choose(client, "8090")
    assert client.post("/prompts", data={"id": "../busy"}, files=file).status_code == 422
    bad = {"file": ("x.wav", b"no sound at all", "audio/wav")}
    refused = client.post("/prompts", data={"id": "busy"}, files=bad)
    assert refused.status_code == 422 and "not a sound file" in refused.text
    assert client.post("/prompts/zh-CN/busy/remove").status_code == 422  # there is none of ours
