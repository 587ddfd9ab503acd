"""Text as tokens that both databases index alike: a token a character, and a token a sound.

Neither SQLite's tokenisers nor PostgreSQL's parser knows where a Chinese word ends, and what PostgreSQL takes
for a letter hangs on the server's locale. So a character is written as its number (`u6f0f`), a sound as its
syllable in pinyin without tone, with what people and recognisers confuse made one; both look a text up as a
phrase of tokens, in order and without gaps.
"""

from __future__ import annotations

from transcripts.sound import Syllable, syllables

APART = "x"
"""Between two texts in one field, so that no phrase runs from one into the other."""

_SAME_INITIALS = {"zh": "z", "ch": "c", "sh": "s", "n": "l"}
_SAME_FINALS = {
    "ing": "in",
    "eng": "en",
    "ang": "an",
    "iang": "ian",
    "uang": "uan",
}


def character_tokens(text: str) -> list[str]:
    """Letters, digits and Chinese characters; the rest says nothing."""
    return [f"u{ord(each):x}" for each in text.lower() if each.isalnum()]


def sound_tokens(text: str) -> list[str]:
    """The syllables of the Chinese in `text`; n and l, zh and z, in and ing are one."""
    return [_folded(each) for each in syllables(text)]


def joined(*texts: list[str]) -> str:
    """Several texts as one field, each once."""
    fields = list(dict.fromkeys(" ".join(tokens) for tokens in texts if tokens))
    return f" {APART} ".join(fields)


def _folded(syllable: Syllable) -> str:
    initial = _SAME_INITIALS.get(syllable.initial, syllable.initial)
    final = _SAME_FINALS.get(syllable.final, syllable.final)
    return f"{initial}{final}".replace("ü", "v")
