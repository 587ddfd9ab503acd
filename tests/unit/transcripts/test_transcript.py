from __future__ import annotations

from transcripts.recogniser import Word
from transcripts.transcript import Transcript, from_plain, pack, to_plain, unpack
from transcripts.voice import Voice

HEARD = Transcript(
    (Word("您好", 0.5, 1.02, 0.98), Word("物业", 1.02, 1.5, 1.0)),
    (Word("万科", 0.6, 1.0, 0.7),),
    12.34,
    phrases=("您好", "万科物业"),
    alternatives=((Word("你好", 0.5, 1.02, 0.25),),),
    spotted_alternatives=((Word("再见", 0.6, 1.0, 0.1),),),
    voice=Voice(((0.5, 1.5), (3.0, 4.0)), -27.5),
    second=(Word("高卫", 0.6, 1.0, 0.9),),
)


def test_what_is_kept_comes_back() -> None:
    assert unpack(pack(HEARD)) == HEARD
    assert unpack(pack(Transcript())) == Transcript()
    assert from_plain(to_plain(Transcript(error="no sound"))).error == "no sound"


def test_no_narrow_pass_is_not_an_empty_one() -> None:
    assert unpack(pack(Transcript(spotted=()))).spotted == ()
    assert unpack(pack(Transcript(spotted=None))).spotted is None


def test_it_is_compact() -> None:
    """An hour of dense speech, four words a second."""
    words = tuple(Word("物业", n / 4, n / 4 + 0.25, (n % 97) / 97) for n in range(14_400))
    assert len(pack(Transcript(words, seconds=3600.0))) < 250_000


def test_what_was_kept_before_there_was_a_second_hearing() -> None:
    plain = to_plain(HEARD)
    del plain["second"]
    assert from_plain(plain).second == ()
