"""The recording over HTTP: ranges, one leg, a call that lasts, and paths that lead outside."""

from __future__ import annotations

import io
import wave
from pathlib import Path

from sqlalchemy import Engine
from sqlmodel import Session

from callcenter.recordings.flac import Placed, write_stereo
from callcenter.settings import Settings
from callcenter.store.tables import Mix, Recording
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


# --- the file with both sides ---


def written(engine: Engine, settings: Settings) -> Path:
    """The stereo file of the good call, as the mixer leaves it."""
    with Session(engine) as session:
        row = session.get(Recording, "call-good-caller")
        assert row is not None
        path = Path(row.path).with_name("stereo.flac")
        legs = [Placed(settings.recordings / row.path, 0.0, False)]
        made = write_stereo(legs, settings.recordings / path)
        session.add(
            Mix(
                call_id="call-good",
                state="done",
                created_at=row.started_at,
                path=str(path),
                rate=made.rate,
                size=made.size,
                duration_seconds=made.seconds,
            )
        )
        session.commit()
    return settings.recordings / path


def test_the_stereo_file_is_served_in_parts_too(client: Client, engine: Engine, settings: Settings) -> None:
    assert client.get(f"{URL}.flac").status_code == 404
    whole = written(engine, settings).read_bytes()
    answer = client.get(f"{URL}.flac")
    assert (answer.content, answer.headers["content-type"]) == (whole, "audio/flac")
    assert 'call-good.flac"' in answer.headers["content-disposition"]
    part = client.get(f"{URL}.flac", headers={"Range": "bytes=100-199"})
    assert (part.status_code, part.content) == (206, whole[100:200])
    assert client.head(f"{URL}.flac").headers["content-length"] == str(len(whole))


def test_a_calls_record_names_its_stereo_file(client: Client, engine: Engine, settings: Settings) -> None:
    call = "/api/v1/calls/call-good"
    assert client.get(call).json()["recording"]["file"] is None
    size = written(engine, settings).stat().st_size
    file = client.get(call).json()["recording"]["file"]
    assert (file["url"], file["rate"], file["size"], file["missing"]) == (f"{URL}.flac", 8000, size, None)
    assert 32 < file["duration_seconds"] < 33


def test_the_page_plays_the_stereo_file_once_it_is_there(
    client: Client, engine: Engine, settings: Settings
) -> None:
    assert f'src="{URL}"' in client.get("/calls/call-good").text
    path = written(engine, settings)
    page = client.get("/calls/call-good").text
    assert (
        f'data-src="{URL}.flac"' in page
        and f'<audio id="audio" controls preload="metadata" src="{URL}.flac"' in page
    )
    assert f'href="{URL}.flac" download="call-good.flac"' in page
    path.unlink()  # taken away with the legs, or without
    assert f'src="{URL}"' in client.get("/calls/call-good").text
    assert client.get(f"{URL}.flac").status_code == 404
