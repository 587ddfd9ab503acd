from __future__ import annotations

from transcripts.webvtt import Cue, timestamp, to_webvtt


def test_speakers_and_order() -> None:
    cues = [Cue(4.7, 8.4, "来电人", "你好"), Cue(0.6, 4.192, "坐席", "您好万科物业")]
    assert to_webvtt(cues) == (
        "WEBVTT\n\n"
        "1\n00:00:00.600 --> 00:00:04.192\n<v 坐席>您好万科物业\n\n"
        "2\n00:00:04.700 --> 00:00:08.400\n<v 来电人>你好\n"
    )


def test_nothing_said_is_a_valid_file() -> None:
    assert to_webvtt([]) == "WEBVTT\n"


def test_markup_and_line_ends_are_escaped() -> None:
    text = to_webvtt([Cue(0.0, 1.0, "<b>", "a & b -->\n\nc")])
    assert "<v &lt;b&gt;>a &amp; b --&gt; c\n" in text


def test_times_never_run_backwards() -> None:
    assert "00:00:00.000 --> 00:00:00.001" in to_webvtt([Cue(-1.0, -0.5, "坐席", "喂")])


def test_timestamp() -> None:
    assert timestamp(3723.5) == "01:02:03.500"
    assert timestamp(59.9999) == "00:01:00.000"
