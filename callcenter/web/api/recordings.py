"""A call's sound: both sides in stereo or one leg as it was recorded, with byte ranges."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Protocol

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse

from callcenter.domain.calls import Role
from callcenter.recordings.legs import AudioError
from callcenter.recordings.stereo import BLOCK_FRAMES, StereoMix, Track, mix, open_track
from callcenter.settings import Settings
from callcenter.store.queries import call_recordings
from callcenter.store.tables import Leg, Mix, Recording
from callcenter.web.api.calls import found
from callcenter.web.context import ContextDep, SessionDep
from callcenter.web.errors import ApiError, not_found
from callcenter.web.ranges import parse_range

log = logging.getLogger(__name__)
router = APIRouter(tags=["calls"])

FLAC = "audio/flac"
KINDS = {".wav": "audio/wav", ".opus": "audio/ogg", ".flac": FLAC}


class Bytes(Protocol):
    """Something that can be sent in part."""

    @property
    def size(self) -> int: ...

    def read(self, start: int, end: int) -> Iterator[bytes]: ...


@dataclass(frozen=True, slots=True)
class FilePart:
    """A file's first `size` bytes, however long it grows meanwhile."""

    path: Path
    size: int

    def read(self, start: int, end: int) -> Iterator[bytes]:
        with self.path.open("rb") as file:
            file.seek(start)
            while start < end and (block := file.read(min(BLOCK_FRAMES, end - start))):
                start += len(block)
                yield block


@router.api_route(
    "/calls/{call_id}/recording",
    methods=["GET"],
    response_class=Response,
    responses={200: {"content": {"audio/wav": {}}}, 206: {"content": {"audio/wav": {}}}},
)
@router.head("/calls/{call_id}/recording", include_in_schema=False)
def recording(
    call_id: str,
    request: Request,
    session: SessionDep,
    context: ContextDep,
    leg: Annotated[str | None, Query(max_length=120, description="one leg's own file")] = None,
) -> Response:
    """Stereo WAV of the call: the caller left, agents and transfer targets right. Also while it lasts."""
    found(session, call_id)
    parts = call_recordings(session, call_id)
    session.close()  # the sound may take minutes to send
    if leg is not None:
        parts = [part for part in parts if part[1].id == leg]
    tracks = _tracks(context.settings, parts)
    if not tracks:
        raise not_found(f"recording of call {call_id}" + (f" for leg {leg}" if leg else ""))
    source: Bytes = _file(tracks[0]) if leg is not None else mix(tracks)
    name = f"{call_id}-{leg}" if leg else call_id
    end = tracks[0].leg.path.suffix if leg else ".wav"
    return send(request, source, "".join(c if c.isalnum() and c.isascii() else "-" for c in name) + end)


@router.api_route(
    "/calls/{call_id}/recording.flac",
    methods=["GET"],
    response_class=Response,
    responses={200: {"content": {FLAC: {}}}, 206: {"content": {FLAC: {}}}},
)
@router.head("/calls/{call_id}/recording.flac", include_in_schema=False)
def stereo_file(call_id: str, request: Request, session: SessionDep, context: ContextDep) -> Response:
    """The same as one FLAC file, written once after the call; 404 until it is there."""
    found(session, call_id)
    made = session.get(Mix, call_id)
    session.close()
    path = stereo_path(context.settings, made)
    if path is None:
        raise not_found(f"stereo file of call {call_id}")
    name = "".join(c if c.isalnum() and c.isascii() else "-" for c in call_id) + ".flac"
    return send(request, FilePart(path, path.stat().st_size), name)


def stereo_path(settings: Settings, made: Mix | None) -> Path | None:
    """The file with both sides, if it was written and nobody has taken it away."""
    if made is None or made.path is None:
        return None
    path = recording_path(settings, made.path)
    return path if path.is_file() else None


def stereo(settings: Settings, parts: list[tuple[Recording, Leg]]) -> StereoMix:
    return mix(_tracks(settings, parts))


def _tracks(settings: Settings, parts: list[tuple[Recording, Leg]]) -> list[Track]:
    tracks = []
    for row, leg in parts:
        path = recording_path(settings, row.path)
        try:
            tracks.append(open_track(path, row.offset_seconds, right=leg.role != Role.CALLER))
        except AudioError as error:
            log.warning("recording unreadable recording=%s error=%s", row.id, error)
    return tracks


def recording_path(settings: Settings, relative: str) -> Path:
    """Where the file lies. Raises ApiError 404 for a path that leads out of the recordings folder."""
    folder = settings.recordings.resolve()
    path = (folder / relative).resolve()
    if not path.is_relative_to(folder):
        raise not_found("such recording")
    return path


def _file(track: Track) -> FilePart:
    return FilePart(track.leg.path, track.leg.size)


def send(request: Request, source: Bytes, name: str) -> Response:
    """The whole or the asked range (RFC 9110 section 14). Raises ApiError 416."""
    size = source.size
    headers = {"Accept-Ranges": "bytes", "Content-Disposition": f'inline; filename="{name}"'}
    try:
        part = parse_range(request.headers.get("range"), size)
    except ValueError:
        raise ApiError(416, "the recording is shorter", {"Content-Range": f"bytes */{size}"}) from None
    start, end = part or (0, size)
    headers["Content-Length"] = str(end - start)
    if part:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    status = 206 if part else 200
    kind = KINDS[Path(name).suffix]
    if request.method == "HEAD":
        return Response(status_code=status, headers=headers, media_type=kind)
    return StreamingResponse(source.read(start, end), status, headers, media_type=kind)
