from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sip.aio.recorder import MAX_BEHIND, MAX_QUEUED, TOGETHER, Recorder, Track
from sip.aio.rtp import MediaStream
from sip.media.codecs import G722, OPUS, Packed, frame_ticks
from sip.media.g711 import ALAW_TO_ULAW, PCMA, PCMU, Samples
from sip.media.growing import suffix
from sip.media.ogg import seconds
from sip.media.tones import sine
from sip.media.transcoding import encoded
from sip.media.wav import Wav
from tests.support import eventually, scaled, wait_for
from tests.unit.sip.phone import Phone, pool, share
from tests.unit.sip.test_ogg import decoded


def sound(path: Path) -> Samples:
    wav = Wav.parse(path.read_bytes())
    return (PCMA if wav.tag == 6 else PCMU).decode(wav.data)


async def test_both_legs_of_a_bridge_are_recorded_apart(tmp_path: Path) -> None:
    recorder, ports = Recorder(tmp_path), pool()
    left, right = await MediaStream.open(ports), await MediaStream.open(ports)
    a, b = Phone(440), Phone(1000, PCMU)
    left.set_remote(a.addr, PCMA, 101)
    right.set_remote(b.addr, PCMU, 101)
    left.connect(right)
    started = time.monotonic()
    tracks = [
        recorder.open("2026/11/21/call/left.wav", PCMA, started),
        recorder.open("2026/11/21/call/right.wav", PCMU, started),
    ]
    left.recorder, right.recorder = tracks
    prompt = right.play(PCMA.encode(sine(2000, 5.0)))  # b does not hear a, who is recorded all the same
    await asyncio.gather(a.hum(left.local, 1.0), b.hum(right.local, 1.0))
    prompt.stop()
    ended = started + 1.5
    seconds = [await track.close(ended) for track in tracks]
    assert seconds == [1.5, 1.5]
    for track, own, other in zip(tracks, (440, 1000), (1000, 440), strict=True):
        heard = sound(track.path)
        assert len(heard) == 12000
        assert share(heard[:8000], own) > 0.9
        assert share(heard[:8000], other) < 0.01
        assert abs(heard[10000:]).max() <= 8
        assert track.error is None
    for thing in (left, right, a, b):
        thing.close()
    await recorder.close()
    assert recorder.stats.open_tracks == 0


def frames(track: Track, start: float, numbers: range, data: bytes = b"\x10" * 160, second: int = 8) -> None:
    for n in numbers:
        track.feed(start + 0.02 * (n + 1), 1, n, n * 160, second, data)


async def test_the_file_grows_and_is_valid_all_the_while(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    start = time.monotonic() - 2.0
    track = recorder.open("a.wav", PCMA, start)
    await eventually(track.path.exists)
    frames(track, start, range(50))
    await eventually(lambda: Wav.parse(track.path.read_bytes()).data[:8000] == b"\x10" * 8000)
    await eventually(lambda: len(Wav.parse(track.path.read_bytes()).data) >= 17000)
    assert track.seconds >= 1.5
    await recorder.close()


async def test_what_follows_a_packet_is_in_its_place_however_often_the_thread_looks(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    start = time.monotonic() - 4.0
    track = recorder.open("a.wav", PCMA, start)
    sound = [bytes((n,)) * 160 for n in range(200)]
    for n, payload in enumerate(sound):
        if n % 32 == 0:
            track.feed(start + 0.02 * (n + 1), 1, n, n * 160, 8, payload)
            follow = track.follow
        else:
            follow(payload)
        if n % 7 == 0:  # now and then more than one flush between two packets, and always some
            await eventually(lambda n=n: track.seconds >= min(3.5, 0.02 * n))  # type: ignore[misc]
    assert await track.close(start + 4.0) == 4.0
    assert Wav.parse(track.path.read_bytes()).data == b"".join(sound)
    await recorder.close()


async def test_audio_in_the_other_codec_is_translated(tmp_path: Path) -> None:
    recorder, start = Recorder(tmp_path), time.monotonic()
    track = recorder.open("a.wav", PCMU, start)
    frames(track, start, range(10), b"\x10" * 160, second=8)
    await track.close(start + 0.2)
    assert Wav.parse(track.path.read_bytes()).data == b"\x10".translate(ALAW_TO_ULAW) * 1600
    await recorder.close()


async def test_an_odd_length_is_padded_as_riff_asks(tmp_path: Path) -> None:
    recorder, start = Recorder(tmp_path), time.monotonic()
    track = recorder.open("a.wav", PCMA, start)
    assert await track.close(start + 0.100125) == 0.100125
    assert track.path.stat().st_size % 2 == 0
    assert len(Wav.parse(track.path.read_bytes()).data) == 801
    assert await track.close(start + 9) == 0.100125
    await recorder.close()


async def test_a_write_that_fails_is_reported_and_harms_nobody_else(tmp_path: Path) -> None:
    recorder, start = Recorder(tmp_path), time.monotonic()
    (tmp_path / "file").write_text("in the way")
    (tmp_path / "there.wav").write_text("somebody's evidence")
    refused = [recorder.open(name, PCMA, start) for name in ("file/a.wav", "there.wav")]
    good = recorder.open("good.wav", PCMA, start)
    for track in (*refused, good):
        frames(track, start, range(10))
    assert await good.close(start + 1) == 1.0
    for track in refused:
        assert await track.close(start + 1) == 0.0
        assert isinstance(track.error, OSError)
    assert (tmp_path / "there.wav").read_text() == "somebody's evidence"
    assert recorder.stats.failed_tracks == 2
    await recorder.close()


async def test_a_full_disk_keeps_what_was_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk fills after the first flush; the call goes on, the file plays, the error is told."""
    from sip.aio import recorder as module

    recorder, start = Recorder(tmp_path), time.monotonic() - 1.0
    track = recorder.open("a.wav", PCMA, start)
    frames(track, start, range(25))
    await eventually(lambda: track.seconds > 0.5 and b"\x10" * 4000 in track.path.read_bytes())

    def no_space(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module, "_write_all", no_space)
    await eventually(lambda: track.error is not None)
    monkeypatch.undo()
    frames(track, start, range(25, 50))
    kept = await track.close(start + 3)
    wav = Wav.parse(track.path.read_bytes())
    assert wav.seconds == kept < 3
    assert wav.data[:4000] == b"\x10" * 4000
    await recorder.close()


def test_a_disk_that_stands_still_costs_sound_not_memory(tmp_path: Path) -> None:
    stuck = Track(Recorder(tmp_path), tmp_path / "a.wav", PCMA, 0.0)  # no thread serves it
    frames(stuck, 0.0, range(MAX_QUEUED + 5))
    assert len(stuck._queue) == 5
    assert stuck.dropped == MAX_QUEUED == MAX_BEHIND * 50
    follow = stuck.follow
    for n in range(MAX_QUEUED + 5, 2 * MAX_QUEUED + 64):
        if n % 32:
            follow(b"\x10" * 160)
        else:
            frames(stuck, 0.0, range(n, n + 1))
            follow = stuck.follow
    assert sum(len(item) if isinstance(item, list) else 1 for item in stuck._queue) < 100
    assert 2 * MAX_QUEUED - 64 < stuck.dropped < 2 * MAX_QUEUED + 64


async def test_closing_the_recorder_ends_every_track(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    track = recorder.open("a.wav", PCMA, time.monotonic() - 1)
    await recorder.close()
    assert 1.0 <= await track.close(time.monotonic()) < scaled(2)
    with pytest.raises(RuntimeError, match="closed"):
        recorder.open("b.wav", PCMA, 0)


@pytest.mark.parametrize("path", ["../a.wav", "/etc/a.wav", "x/../../a.wav"])
def test_a_path_outside_the_folder_is_refused(tmp_path: Path, path: str) -> None:
    with pytest.raises(ValueError, match="outside"):
        Recorder(tmp_path).open(path, PCMA, 0)


KILLED = """
import asyncio, sys, time
from pathlib import Path
from sip.aio.recorder import Recorder
from sip.media.g711 import PCMA
from sip.media.tones import sine

async def main():
    track = Recorder(Path(sys.argv[1])).open("call/leg.wav", PCMA, time.monotonic())
    sound = PCMA.encode(sine(440, 4.0))
    for n in range(100000):
        at = n * 160 % 32000
        track.feed(time.monotonic(), 1, n & 0xFFFF, n * 160, 8, sound[at:at + 160])
        await asyncio.sleep(0.02)

asyncio.run(main())
"""


def test_kill_9_leaves_a_file_that_plays(tmp_path: Path) -> None:
    process = subprocess.Popen([sys.executable, "-c", KILLED, str(tmp_path)])
    path = tmp_path / "call" / "leg.wav"
    try:
        wait_for(lambda: path.exists() and path.stat().st_size > 8058)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    wav = Wav.parse(path.read_bytes())
    assert wav.seconds >= 0.9
    assert path.stat().st_size - 58 - len(wav.data) <= 2400  # at most one flush beyond the sizes told
    assert share(sound(path)[1600:], 440) > 0.8


@pytest.mark.parametrize("codec", [G722, OPUS], ids=lambda codec: codec.name)
async def test_other_codecs_are_recorded_as_they_come(tmp_path: Path, codec: Packed) -> None:
    recorder, start = Recorder(tmp_path), time.monotonic() - 1.0
    track = recorder.open(f"a{suffix(codec.name)}", codec, start)
    for n, packet in enumerate(encoded(sine(440, 1.0), codec)):
        track.feed(start + 0.02 * (n + 1), 1, n, n * frame_ticks(codec), codec.payload_type, packet)
    assert await track.close(start + 1.0) == 1.0
    raw = track.path.read_bytes()
    played = seconds(raw) if codec is OPUS else Wav.parse(raw).seconds
    assert played == 1.0
    assert track.error is None
    await recorder.close()


def test_kill_9_leaves_opus_that_plays(tmp_path: Path) -> None:
    script = KILLED.replace("from sip.media.g711 import PCMA", "from sip.media.codecs import OPUS\n")
    script = script.replace("import sine", "import sine\nfrom sip.media.transcoding import encoded")
    script = script.replace('"call/leg.wav", PCMA', '"call/leg.opus", OPUS')
    script = script.replace("PCMA.encode(sine(440, 4.0))", "encoded(sine(440, 4.0), OPUS)")
    script = script.replace("at = n * 160 % 32000", "at = n % 200").replace("sound[at:at + 160]", "sound[at]")
    script = script.replace("n * 160, 8,", "n * 960, 111,")
    process = subprocess.Popen([sys.executable, "-c", script, str(tmp_path)])
    path = tmp_path / "call/leg.opus"
    try:
        wait_for(lambda: path.exists() and (seconds(path.read_bytes()) or 0) > 0.7)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    samples, length = decoded(path.read_bytes())
    assert length > 0.7 * 48000
    assert share(samples[4800::6][:4000], 440) > 0.8


async def test_tracks_share_turns_until_one_is_full_and_every_turn_comes(tmp_path: Path) -> None:
    recorder, start = Recorder(tmp_path), time.monotonic() - 1
    tracks = [recorder.open(f"{n}.wav", PCMA, start) for n in range(2 * TOGETHER + 1)]
    await eventually(lambda: recorder.stats.open_tracks == len(tracks))
    assert [len(slot) for slot in recorder._slots][:4] == [TOGETHER, TOGETHER, 1, 0]
    await eventually(lambda: all(track.seconds > 0.5 for track in tracks))
    for track in tracks[:TOGETHER]:  # the first turn has nobody any more
        await track.close(start + 1)
    behind = tracks[-1].seconds
    await eventually(lambda: tracks[-1].seconds > behind + 0.3)
    await recorder.close()


async def test_a_recording_that_is_not_wanted_leaves_no_file(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    began = time.monotonic()
    kept, unwanted = [recorder.open(f"{name}.wav", PCMA, began) for name in ("kept", "unwanted")]
    for track in (kept, unwanted):
        track.feed(began, 1, 1, 0, 8, PCMA.quiet(160))
    await eventually(lambda: unwanted.path.exists() and unwanted.seconds >= 0)
    await asyncio.gather(unwanted.discard(), unwanted.discard())
    await eventually(lambda: not unwanted.path.exists())
    await kept.close(began + 1)
    await kept.discard()  # too late: it is complete
    assert Wav.parse(kept.path.read_bytes()).seconds == 1.0
    await recorder.close()
    assert recorder.stats.open_tracks == recorder.stats.failed_tracks == 0
