"""The announcements, ready to be played: `load_catalogue().clip("busy-to-desk").pcma`.

Everything is read and checked at start: from then on a clip needs no I/O and cannot lack its file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from prompts.g711 import alaw_to_ulaw
from prompts.schema import VARIABLE, CatalogueError, Entries, Prompt, part_stem, read_entries
from prompts.wav import RATE, WavError, read_alaw

CATALOGUE = Path(__file__).with_name("catalogue.toml")
"""The catalogue that ships; its audio lies in `audio/<language>/` beside it."""


HOLD_MUSIC = Path(__file__).parent / "audio" / "music" / "hold.wav"
"""「茉莉花」, for those on hold (`prompts.music`)."""


class UnknownPrompt(LookupError):
    """No such prompt, or no recording of the value asked for; the message lists what there is."""


@dataclass(frozen=True, slots=True)
class AudioClip:
    """Sound to play: G.711 octets, 8000 a second, in whole packets of 20 ms as shipped."""

    id: str
    text: str
    pcma: bytes
    pcmu: bytes
    seconds: float


class Catalogue:
    """The prompts of one language with their audio in memory (16 kB a second, both laws)."""

    def __init__(self, entries: Entries, clips: Mapping[str, AudioClip]) -> None:
        self._entries = entries
        self._clips = clips

    @property
    def language(self) -> str:
        return self._entries.language

    @cached_property
    def prompts(self) -> dict[str, Prompt]:
        """Every prompt by its id: text in Chinese and English, purpose, source and clause."""
        return {prompt.id: prompt for prompt in self._entries.prompt}

    def values(self, variable: str) -> tuple[str, ...]:
        """The recorded values of a variable: `values("place")` has 「上海」. Raises `UnknownPrompt`."""
        for entry in self._entries.variable:
            if entry.name == variable:
                return tuple(entry.values.values())
        raise UnknownPrompt(f"no prompt has a variable {variable!r}")

    def clip(self, prompt_id: str) -> AudioClip:
        """A prompt without variables. Raises `UnknownPrompt`."""
        prompt = self._prompt(prompt_id)
        if prompt.parts:
            raise UnknownPrompt(
                f"prompt {prompt_id} has variables: compose it with {', '.join(prompt.variables)}"
            )
        return self._clips[prompt_id]

    def compose(self, prompt_id: str, **values: str) -> AudioClip:
        """A prompt put together around its variables: `compose("long-distance", place="上海")`.

        Raises `UnknownPrompt` where a value has no recording, and `TypeError` where the names do not fit.
        """
        prompt = self._prompt(prompt_id)
        if set(values) != set(prompt.variables):
            raise TypeError(f"prompt {prompt_id} takes {list(prompt.variables)}, not {list(values)}")
        if not prompt.parts:
            return self._clips[prompt_id]
        keys = {name: self._key(name, said) for name, said in values.items()}
        pieces = [self._clips[stem] for stem in _stems(prompt, keys)]
        return AudioClip(
            id=".".join([prompt_id, *keys.values()]),
            text=prompt.zh.format(**values),
            pcma=b"".join(piece.pcma for piece in pieces),
            pcmu=b"".join(piece.pcmu for piece in pieces),
            seconds=sum(piece.seconds for piece in pieces),
        )

    def _prompt(self, prompt_id: str) -> Prompt:
        if prompt_id not in self.prompts:
            raise UnknownPrompt(f"no prompt {prompt_id!r}; there are {', '.join(self.prompts)}")
        return self.prompts[prompt_id]

    def _key(self, name: str, said: str) -> str:
        key = self._entries.variable_named(name).key(said)
        if key is None:
            raise UnknownPrompt(f"{name} {said!r} is not recorded; there are {'、'.join(self.values(name))}")
        return key


def load_catalogue(path: Path = CATALOGUE) -> Catalogue:
    """Reads a catalogue and all its audio. Raises `CatalogueError` naming the file (and key) at fault."""
    entries = read_entries(path)
    folder = path.parent / "audio" / entries.language
    recordings = [recording for prompt in entries.prompt for recording in entries.recordings(prompt)]
    clips = {
        recording.stem: _read_clip(folder / f"{recording.stem}.wav", recording.text)
        for recording in recordings
    }
    return Catalogue(entries, clips)


def load_music(path: Path = HOLD_MUSIC) -> AudioClip:
    """Music for those who wait: WAV, A-law, one channel, 8 kHz. Raises `CatalogueError` naming the file."""
    return _read_clip(path, "")


def _stems(prompt: Prompt, keys: Mapping[str, str]) -> list[str]:
    stems = []
    for number, part in enumerate(prompt.parts, start=1):
        match = VARIABLE.search(part)
        stems.append(part_stem(prompt, number, keys[match[1]] if match else ""))
    return stems


def _read_clip(path: Path, text: str) -> AudioClip:
    try:
        pcma = read_alaw(path)
    except FileNotFoundError:
        raise CatalogueError(
            f"{path}: the audio of 「{text}」 is missing: render it with `python -m prompts.build`"
            if text
            else f"{path}: there is no such file"
        ) from None
    except OSError as error:
        raise CatalogueError(f"{path}: cannot be read: {error.strerror}") from None
    except WavError as error:
        raise CatalogueError(str(error)) from None
    return AudioClip(path.stem, text, pcma, alaw_to_ulaw(pcma), len(pcma) / RATE)
