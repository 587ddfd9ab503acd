"""The recordings that one worker process listens to, each read a little at a time.

A recording that grows is followed; when it is complete the rest is read, and what was heard is the same as if
it had been read at once. One that was not followed, or cannot be, is read from its beginning.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from transcripts.audio import AudioError
from transcripts.growing import CompleteSound, GrowingSound
from transcripts.listening import Listener
from transcripts.recogniser import Recogniser, Word
from transcripts.transcript import Transcript, to_plain
from transcripts.utterances import join_text, split_utterances

SHOWN = 12
"""Utterances of a live recording that are told: the latest."""


@dataclass(slots=True)
class _Ear:
    sound: GrowingSound | CompleteSound
    phrases: tuple[str, ...]
    listener: Listener | None = None


class Ears:
    """What is being listened to, by recording."""

    def __init__(self, recogniser: Recogniser) -> None:
        self._recogniser = recogniser
        self._ears: dict[str, _Ear] = {}

    def answer(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """`{"listen": id, "path", "phrases", "most", "complete"}`: reads on for at most `most` seconds of
        sound, and tells how it stands; with `complete` the file grows no more, and at its end there is the
        transcript. `{"drop": id}`: nobody wants it any more."""
        if (dropped := request.get("drop")) is not None:
            self._ears.pop(dropped, None)
            return {}
        id = str(request["listen"])
        try:
            return self._listen(id, Path(request["path"]), tuple(request["phrases"] or ()), request)
        except AudioError as error:
            self._ears.pop(id, None)
            return {"transcript": to_plain(Transcript(error=str(error)))}

    def _listen(
        self, id: str, path: Path, phrases: tuple[str, ...], request: Mapping[str, Any]
    ) -> dict[str, Any]:
        ear = self._ears.get(id)
        if ear is None or ear.phrases != phrases:
            sound = CompleteSound(path) if request["complete"] else GrowingSound(path)
            ear = self._ears[id] = _Ear(sound, phrases)
        if request["complete"] and isinstance(ear.sound, GrowingSound):
            ear.sound = _completed(ear.sound, path)
        self._read(ear, request["most"])
        if request["complete"] and ear.sound.waiting() <= 0.0:
            del self._ears[id]
            heard = ear.listener.finish() if ear.listener else Transcript(phrases=ear.phrases)
            return {"transcript": to_plain(heard)}
        return _standing(ear)

    def _read(self, ear: _Ear, most: float) -> None:
        samples = ear.sound.read(most)
        if ear.listener is None and ear.sound.rate:
            ear.listener = Listener(self._recogniser, ear.sound.rate, ear.phrases)
        if ear.listener is not None:
            ear.listener.feed(samples)


def _completed(growing: GrowingSound, path: Path) -> CompleteSound:
    sound = CompleteSound(path)
    sound.skip(growing.seconds)
    return sound


def _standing(ear: _Ear) -> dict[str, Any]:
    heard = ear.listener
    words: Sequence[Word] = heard.words if heard else ()
    shown = list(split_utterances(words))[-SHOWN:]
    return {
        "seconds": ear.sound.seconds,
        "waiting": ear.sound.waiting(),
        "partial": heard.partial if heard else "",
        "utterances": [[part[0].start, part[-1].end, join_text(part)] for part in shown],
        "words": [[w.text, w.start, w.end, w.confidence] for part in shown for w in part],
    }
