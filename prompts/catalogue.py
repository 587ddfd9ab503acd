"""The announcements, ready to be played: `load_catalogue().clip("busy-to-desk").pcma`.

Everything is read and checked at start: from then on a clip needs no I/O and cannot lack its file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import time
from functools import cached_property
from pathlib import Path

from prompts import numbers
from prompts.g711 import alaw_to_ulaw
from prompts.renderings import UNIT, part_stem, renderings
from prompts.schema import VARIABLE, CatalogueError, Entries, Prompt, Variable, read_entries
from prompts.site import own_clips
from prompts.tones import quiet_line, tone_alaw
from prompts.wav import RATE, WavError, read_alaw

CATALOGUE = Path(__file__).with_name("catalogue.toml")
"""The catalogue that ships; its audio lies in `audio/<language>/` beside it."""


HOLD_MUSIC = Path(__file__).parent / "audio" / "music" / "hold.wav"
"""「茉莉花」, for those on hold (`prompts.music`)."""


PACKET = RATE // 50
"""Octets of 20 ms."""
GROUP_PAUSE = quiet_line(0.16)
"""Between the groups of a telephone number."""
SILENCE = quiet_line(0.02)
"""What fills the last packet of a composed prompt."""


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

    def __init__(self, entries: Entries, language: str, clips: Mapping[str, AudioClip]) -> None:
        self._entries = entries
        self._clips = clips
        self.language = language

    @cached_property
    def prompts(self) -> dict[str, Prompt]:
        """Every shipped prompt by its id: text in Chinese and English, purpose, source and clause."""
        return {prompt.id: prompt for prompt in self._entries.prompt}

    @cached_property
    def ids(self) -> frozenset[str]:
        """All that can be played: prompts spoken in this language, the site's own, tones."""
        return frozenset(
            {stem for stem in self._clips if stem not in self._parts}
            | {prompt.id for prompt in self.composed.values()}
        )

    @property
    def counts(self) -> bool:
        """Whether numbers are recorded in this language."""
        return self.language in numbers.LANGUAGES

    def values(self, variable: str) -> tuple[str, ...]:
        """The recorded values of a variable: `values("place")` has 「上海」. Raises `UnknownPrompt`."""
        for entry in self._entries.variable:
            if entry.name == variable:
                return tuple(entry.values.values())
        raise UnknownPrompt(f"no prompt has a variable {variable!r}")

    def require(self, ids: Iterable[str], wanted_by: str = "") -> None:
        """Raises `CatalogueError` naming every id that cannot be played, and what to do."""
        missing = sorted(set(ids) - self.ids)
        if missing:
            where = f"{wanted_by}: " if wanted_by else ""
            raise CatalogueError(
                f"{where}there is no prompt {', '.join(missing)}: correct the id, or add its audio with "
                f"`callcenter prompts add ID FILE` (`callcenter prompts list` shows those there are)"
            )

    def clip(self, prompt_id: str) -> AudioClip:
        """A prompt without variables, or a tone. Raises `UnknownPrompt`."""
        if prompt_id in self.composed:
            variables = ", ".join(self.composed[prompt_id].variables)
            raise UnknownPrompt(f"prompt {prompt_id} has variables: compose it with {variables}")
        if prompt_id not in self._clips or prompt_id in self._parts:
            raise UnknownPrompt(f"no prompt {prompt_id!r}; there are {', '.join(sorted(self.ids))}")
        return self._clips[prompt_id]

    def compose(self, prompt_id: str, /, **values: str | int | time) -> AudioClip:
        """A prompt put together around its variables: `compose("long-distance", place="上海")`,
        `compose("queue-position", count=3)`, `compose("opening-at", time=time(9, 30))`.

        Raises `UnknownPrompt` where a value has no recording or cannot be said, and `TypeError` where the
        names do not fit.
        """
        prompt = self.composed.get(prompt_id)
        if prompt is None:
            return self._whole(prompt_id, values)
        if set(values) != set(prompt.variables):
            raise TypeError(f"prompt {prompt_id} takes {list(prompt.variables)}, not {list(values)}")
        if prompt.singular and 1 in values.values():
            return self.clip(prompt.singular)
        stems, keys = self._stems(prompt, values)
        text = prompt.text(self.language).format(**{name: _written(said) for name, said in values.items()})
        return self._joined(".".join([prompt_id, *keys]), text, stems)

    def say_number(self, number: int) -> AudioClip:
        """A number alone, 0…9999. Raises `UnknownPrompt`."""
        stems = _said(numbers.say_number, number, self.language)
        return self._joined(f"number.{number}", str(number), _after_silence(stems))

    def say_digits(self, digits: str) -> AudioClip:
        """A telephone number digit by digit, in groups. Raises `UnknownPrompt`."""
        stems = _said(numbers.say_digits, digits, self.language)
        return self._joined("digits", digits, _after_silence(stems))

    def say_time(self, at: time) -> AudioClip:
        """A time of day to the minute. Raises `UnknownPrompt`."""
        stems = _said(numbers.say_time, at, self.language)
        return self._joined(f"time.{at:%H%M}", f"{at:%H:%M}", _after_silence(stems))

    @cached_property
    def composed(self) -> dict[str, Prompt]:
        """The prompts put together here; the site may have one of them spoken in one piece instead."""
        ships = any(language.code == self.language for language in self._entries.language)
        spoken = self._entries.spoken(self.language) if ships else []
        return {
            prompt.id: prompt
            for prompt in spoken
            if prompt.pieces(self.language) and prompt.id not in self._clips
        }

    @cached_property
    def _parts(self) -> frozenset[str]:
        """The names of recordings that are no prompt of their own."""
        return frozenset(stem for stem in self._clips if "." in stem)

    def _whole(self, prompt_id: str, values: Mapping[str, object]) -> AudioClip:
        """A prompt in one piece; the site may have one so that ships in parts."""
        clip = self.clip(prompt_id)
        shipped = self.prompts.get(prompt_id)
        if set(values) - set(shipped.variables if shipped else ()):
            raise TypeError(f"prompt {prompt_id} takes no {list(values)}")
        return clip

    def _stems(self, prompt: Prompt, values: Mapping[str, str | int | time]) -> tuple[list[str], list[str]]:
        """The recordings that make the prompt, in order, and the keys of its values."""
        stems: list[str] = []
        keys: list[str] = []
        parts = prompt.pieces(self.language)
        for number, part in enumerate(parts, start=1):
            match = VARIABLE.search(part)
            if match is None:
                stems.append(part_stem(prompt, number, ""))
                continue
            variable = self._entries.variable_named(match[1])
            said, key = self._value(variable, values[match[1]], number == len(parts))
            if variable.kind == "number" and part != match[0]:
                said = self._counted(prompt, number, variable, values[match[1]])
            stems += said or [part_stem(prompt, number, key)]
            keys.append(key)
        return stems, keys

    def _value(self, variable: Variable, value: str | int | time, end: bool) -> tuple[list[str], str]:
        """The recordings that say a number, none for words, and a key for the clip's id."""
        if variable.kind == "words":
            return [], self._key(variable, str(value))
        after = [numbers.PAUSE] if not end else []
        if variable.kind == "number" and isinstance(value, int):
            return _said(numbers.say_number, value, self.language, end=end), str(value)
        if variable.kind == "digits":
            return [*_said(numbers.say_digits, str(value), self.language, end=end), *after], "digits"
        if variable.kind == "time" and isinstance(value, time):
            return _said(numbers.say_time, value, self.language, end=end), f"{value:%H%M}"
        raise TypeError(f"{variable.name} is a {variable.kind}, not {value!r}")

    def _counted(self, prompt: Prompt, number: int, variable: Variable, value: object) -> list[str]:
        """A number with what is counted, as 三十五位; above those recorded whole, 一百 before it."""
        assert isinstance(value, int)
        before, whole = numbers.say_counted(value, self.language, variable.most)
        return [*before, part_stem(prompt, number, UNIT if whole is None else str(whole))]

    def _key(self, variable: Variable, said: str) -> str:
        key = variable.key(said)
        if key is None:
            there = "、".join(variable.values.values())
            raise UnknownPrompt(f"{variable.name} {said!r} is not recorded; there are {there}")
        return key

    def _joined(self, clip_id: str, text: str, stems: Sequence[str]) -> AudioClip:
        """The recordings one after the other, in whole packets."""
        sound = b"".join(self._clips[stem].pcma if stem else GROUP_PAUSE for stem in stems)
        return _clip(clip_id, text, sound + SILENCE[: -len(sound) % PACKET])


def load_catalogue(path: Path = CATALOGUE, language: str = "", site: Path | None = None) -> Catalogue:
    """Reads a catalogue and all its audio of one language (the first where none is named).

    Files of the folder `site` stand in for the shipped ones, and add prompts (`prompts.site`). Raises
    `CatalogueError` naming the file (and key) at fault.
    """
    entries = read_entries(path)
    code = language or entries.language[0].code
    clips = {tone.id: _clip(tone.id, "", tone_alaw(tone)) for tone in entries.tone}
    own = own_clips(site) if site else {}
    if any(one.code == code for one in entries.language):
        folder = path.parent / "audio" / code
        wanted = {stem: text for one in renderings(entries, code) for stem, text in one.kept()}
        for stem, text in wanted.items():
            if stem not in own:
                clips[stem] = _read_clip(folder / f"{stem}.wav", text)
    texts = {prompt.id: prompt.text(code) for prompt in entries.prompt}
    for stem, (file, text) in own.items():
        clips[stem] = _read_clip(file, text or texts.get(stem, ""))
    return Catalogue(entries, code, clips)


def load_music(path: Path = HOLD_MUSIC) -> AudioClip:
    """Music for those who wait: WAV, A-law, one channel, 8 kHz. Raises `CatalogueError` naming the file."""
    return _read_clip(path, "")


def _after_silence(stems: list[str]) -> list[str]:
    """Alone they begin as a whole prompt does; their last part ends so."""
    return [numbers.PAUSE, *stems]


def _said(say: Callable[..., list[str]], *arguments: object, end: bool = True) -> list[str]:
    try:
        return say(*arguments, end=end)
    except (ValueError, KeyError) as error:
        raise UnknownPrompt(str(error)) from None


def _written(value: str | int | time) -> str:
    return f"{value:%H:%M}" if isinstance(value, time) else str(value)


def _clip(clip_id: str, text: str, pcma: bytes) -> AudioClip:
    return AudioClip(clip_id, text, pcma, alaw_to_ulaw(pcma), len(pcma) / RATE)


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
    return _clip(path.stem, text, pcma)
