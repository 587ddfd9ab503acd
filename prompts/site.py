"""A site's own prompts: `<data>/prompts/<language>/`, A-law WAV files, and a `catalogue.toml` of texts.

A file named as a shipped recording stands in for it; any other adds a prompt. The catalogue is written last
and at once, so whoever sees it change finds every file that it names.
"""

from __future__ import annotations

import fcntl
import json
import os
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from prompts.schema import CatalogueError, Code, Id
from prompts.wav import write_alaw

NAME = "catalogue.toml"


class SitePrompt(BaseModel):
    """One prompt of the site: its id, its words if they were given, and where it came from."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Id
    text: str = ""
    origin: Annotated[str, Field(description="name of the file that was uploaded, or the voice")] = ""
    added: AwareDatetime


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    prompt: tuple[SitePrompt, ...] = ()


def site_folder(root: Path, language: str) -> Path:
    """Where the prompts of a language lie. Raises `CatalogueError` for what is no language code."""
    return root / _checked(Code, language, "language")


def site_languages(root: Path) -> list[str]:
    """The languages of which the site has prompts."""
    if not root.is_dir():
        return []
    return sorted(path.name for path in root.iterdir() if (path / NAME).is_file())


def site_prompts(folder: Path) -> tuple[SitePrompt, ...]:
    """What the site's catalogue names. Raises `CatalogueError` naming the file and the key."""
    path = folder / NAME
    try:
        return _File.model_validate(tomllib.loads(path.read_text("utf-8"))).prompt
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise CatalogueError(f"{path}: cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CatalogueError(f"{path}: is not valid TOML in UTF-8: {error}") from None
    except ValidationError as error:
        first = error.errors()[0]
        raise CatalogueError(f"{path}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from None


def own_clips(folder: Path) -> dict[str, tuple[Path, str]]:
    """File and words of each recording of the site, by its name. Raises `CatalogueError`.

    Files that the catalogue does not name are taken too: they may be parts, as `queue-position.1.wav`.
    """
    texts = {prompt.id: prompt.text for prompt in site_prompts(folder)}
    found = {path.stem: (path, texts.get(path.stem, "")) for path in sorted(folder.glob("*.wav"))}
    for lacking in texts.keys() - found.keys():
        found[lacking] = (folder / f"{lacking}.wav", texts[lacking])
    return found


def add_prompt(root: Path, language: str, prompt: SitePrompt, alaw: bytes) -> Path:
    """Keeps a prompt, in place of one of the same id; gives its file. Raises `CatalogueError`."""
    folder = site_folder(root, language)
    with _changing(folder) as prompts:
        path = folder / f"{prompt.id}.wav"
        fresh = path.with_suffix(".new")
        write_alaw(fresh, alaw)
        fresh.replace(path)
        _write(folder, [*(one for one in prompts if one.id != prompt.id), prompt])
    return path


def remove_prompt(root: Path, language: str, prompt_id: str) -> None:
    """Forgets a prompt of the site; a shipped one of that id is heard again. Raises `CatalogueError`."""
    folder = site_folder(root, language)
    _checked(Id, prompt_id, "id")
    if not (folder / f"{prompt_id}.wav").is_file():
        raise CatalogueError(f"the site has no prompt {prompt_id} in {language}: shipped ones stay")
    with _changing(folder) as prompts:
        _write(folder, [one for one in prompts if one.id != prompt_id])
        (folder / f"{prompt_id}.wav").unlink(missing_ok=True)


def checked_id(prompt_id: str) -> str:
    """An id that can be the name of a file. Raises `CatalogueError`."""
    return _checked(Id, prompt_id, "id")


def checked_prompt(prompt_id: str, text: str, origin: str, added: datetime) -> SitePrompt:
    """Raises `CatalogueError` for an id that cannot be the name of a file."""
    return SitePrompt(id=checked_id(prompt_id), text=text, origin=origin, added=added)


@contextmanager
def _changing(folder: Path) -> Iterator[tuple[SitePrompt, ...]]:
    """One change at a time, also of another process."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield site_prompts(folder)
    except OSError as error:
        raise CatalogueError(f"{error.filename or folder}: cannot be written: {error.strerror}") from None


def _write(folder: Path, prompts: list[SitePrompt]) -> None:
    lines = ["# The prompts of this site. `callcenter prompts add` and `remove` write this file."]
    for prompt in sorted(prompts, key=lambda one: one.id):
        fields = {"id": prompt.id, "text": prompt.text, "origin": prompt.origin}
        lines += ["", "[[prompt]]"]
        lines += [
            f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in fields.items() if value
        ]
        lines.append(f"added = {prompt.added.isoformat(timespec='seconds')}")
    fresh = folder / f".{NAME}.new"
    with fresh.open("w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(folder / NAME)


def _checked(kind: Any, value: str, what: str) -> str:
    try:
        return str(TypeAdapter(kind).validate_python(value))
    except ValidationError:
        shape = "small letters, digits and single hyphens, as menu-main" if what == "id" else "as zh-CN, en"
        raise CatalogueError(f"{what} {value!r} will not do: {shape}") from None
