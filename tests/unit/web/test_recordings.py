"""The recording over HTTP: ranges, one leg, a call that lasts, and paths that lead outside."""

from __future__ import annotations

import io
import wave
from pathlib import Path

from sqlalchemy import Engine
from sqlmodel import Session

from callcenter.settings import Settings
from callcenter.store.tables import Recording
from sip.media.codecs import OPUS
from tests.unit.transcripts.test_decoding import recording
from tests.unit.web.client import Client

URL = "/api/v1/calls/call-good/recording"


def test_stereo_of_both_sides(client: Client) -> None:
    answer = client.get(URL)
    assert answer.status_code == 200
    assert answer.headers["accept-ranges"] == "bytes"
    assert int(answer.headers["content-length"]) == len(answer.content)
    with wave.open(io.BytesIO(answer.content)) as sound:
        assert (sound.getnchannels(), sound.getframerate(), sound.getsampwidth()) == (2, 8000, 2)
        assert 32 < sound.getnframes() / 8000 < 33


def test_a_part_of_it(client: Client) -> None:
    whole = client.get(URL).content
    part = client.get(URL, headers={"Range": "bytes=1001-2000"})
    assert part.status_code == 206
    assert part.content == whole[1001:2001]
    assert part.headers["content-range"] == f"bytes 1001-2000/{len(whole)}"
    beyond = client.get(URL, headers={"Range": f"bytes={len(whole)}-"})
    assert beyond.status_code == 416
    assert beyond.headers["content-range"] == f"bytes */{len(whole)}"
    assert beyond.json()["error"]["code"] == "range_not_satisfiable"


def test_head_says_the_length_only(client: Client) -> None:
    head = client.head(URL)
    assert head.content == b""
    assert int(head.headers["content-length"]) == len(client.get(URL).content)


def test_one_leg_is_its_own_file(client: Client, settings: Settings) -> None:
    answer = client.get(f"{URL}?leg=call-good-caller")
    (file,) = settings.recordings.rglob("call-good-caller.wav")
    assert answer.content == file.read_bytes()


def test_it_grows_while_the_call_lasts(client: Client, settings: Settings) -> None:
    before = len(client.get(URL).content)
    (file,) = settings.recordings.rglob("call-good-caller.wav")
    with file.open("ab") as growing:
        growing.write(b"\xd5" * 80_000)
    assert len(client.get(URL).content) > before


def test_a_missing_side_leaves_the_other(client: Client, settings: Settings) -> None:
    for file in settings.recordings.rglob("call-good-caller.wav"):
        file.unlink()
    assert client.get(URL).status_code == 200
    for file in settings.recordings.rglob("call-good-agent.wav"):
        file.unlink()
    assert client.get(URL).status_code == 404


def test_a_path_never_leads_out_of_the_folder(client: Client, engine: Engine, tmp_path: Path) -> None:
    with Session(engine) as session:
        row = session.get(Recording, "call-good-caller")
        assert row is not None
        row.path = "../callcenter.db"
        session.add(row)
        session.commit()
    assert client.get(f"{URL}?leg=call-good-caller").status_code == 404


def test_one_leg_of_opus_is_ogg(client: Client, engine: Engine, settings: Settings) -> None:
    with Session(engine) as session:
        row = session.get(Recording, "call-good-caller")
        assert row is not None
        row.path = row.path.replace(".wav", ".opus")
        path = settings.recordings / row.path
        session.add(row)
        session.commit()
    path.write_bytes(recording(OPUS))
    answer = client.get(f"{URL}?leg=call-good-caller")
    assert answer.content == path.read_bytes()
    assert answer.headers["content-type"] == "audio/ogg"
    assert 'call-good-caller.opus"' in answer.headers["content-disposition"]
    assert client.get(URL).headers["content-type"] == "audio/wav"
