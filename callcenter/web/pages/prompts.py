"""What callers hear: every prompt with its words and its sound, and a recording of one's own in its place."""

from __future__ import annotations

import io
import wave
from typing import Annotated

import numpy as np
from fastapi import APIRouter, Form, Query, Request, UploadFile
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlmodel import Session

from callcenter.prompt_uploads import PromptUploads, Upload
from callcenter.store.callbacks import Teller
from callcenter.store.entries import Audited
from callcenter.store.work import keep
from callcenter.web.api.models import Short
from callcenter.web.context import Context, ContextDep, SessionDep
from callcenter.web.errors import ApiError, not_found
from callcenter.web.views.prompts import PromptRow, rows_of
from callcenter.web.views.render import extension_of, render
from prompts.catalogue import UnknownPrompt
from prompts.g711 import alaw_to_linear
from prompts.languages import load_catalogues
from prompts.schema import CatalogueError
from prompts.site import remove_prompt
from prompts.upload import FORMATS, LARGEST
from prompts.wav import RATE

router = APIRouter(include_in_schema=False)

Code = Annotated[str, Query(max_length=20)]


@router.get("/prompts")
def prompts_page(request: Request, context: ContextDep, language: Code = "zh-CN") -> HTMLResponse:
    languages, rows = _listed(context, language)
    values = {
        "language": language,
        "prompt_languages": languages,
        "rows": rows,
        "formats": FORMATS,
        "largest": LARGEST >> 20,
        "extensions": context.settings.extensions,
        "me": extension_of(request),
        "admin": _role(request, context) == "admin",
    }
    return render(request, "prompts.html", values)


@router.get("/prompts/{language}/{prompt_id}.wav")
def sound(language: str, prompt_id: str, context: ContextDep) -> Response:
    """The prompt as callers hear it."""
    try:
        clip = load_catalogues(context.settings.prompts).clip(prompt_id, language)
    except UnknownPrompt:
        raise not_found(f"prompt {prompt_id} that can be heard by itself") from None
    samples = (alaw_to_linear(clip.pcma) * 32767).astype(np.int16)
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes(samples.tobytes())
    return Response(file.getvalue(), media_type="audio/wav")


@router.post("/prompts")
async def upload(
    request: Request,
    session: SessionDep,
    context: ContextDep,
    file: UploadFile,
    id: Annotated[Short, Form()],
    language: Annotated[Short, Form()] = "zh-CN",
    text: Annotated[Short, Form()] = "",
) -> Response:
    """Converts the file and keeps it; the switchboard takes it within seconds."""
    by = _admin(request, context)
    wanted = Upload(id.strip(), language.strip(), await file.read(LARGEST + 1), file.filename or "file", text)
    uploads = PromptUploads(context.settings.prompts)
    try:
        kept = await uploads.keep(wanted, context.now())
    except CatalogueError as error:
        raise ApiError(422, str(error)) from None
    finally:
        await uploads.close()
    detail = {"language": wanted.language, "seconds": round(kept.seconds, 1), "lufs": round(kept.lufs, 1)}
    _trace(session, context, by, "prompt_upload", wanted.prompt_id, detail)
    return RedirectResponse(f"/prompts?language={wanted.language}#{wanted.prompt_id}", 303)


@router.post("/prompts/{language}/{prompt_id}/remove")
def remove(
    language: str, prompt_id: str, request: Request, session: SessionDep, context: ContextDep
) -> Response:
    """Forgets one's own recording; where one ships, that is heard again."""
    by = _admin(request, context)
    try:
        remove_prompt(context.settings.prompts, language, prompt_id)
    except CatalogueError as error:
        raise ApiError(422, str(error)) from None
    _trace(session, context, by, "prompt_remove", prompt_id, {"language": language})
    return RedirectResponse(f"/prompts?language={language}", 303)


def _listed(context: Context, language: str) -> tuple[tuple[str, ...], list[PromptRow]]:
    try:
        catalogues = load_catalogues(context.settings.prompts)
        return catalogues.languages, rows_of(catalogues, context.settings.prompts, language)
    except UnknownPrompt as error:
        raise ApiError(404, str(error)) from None


def _role(request: Request, context: Context) -> str:
    me = extension_of(request)
    return next((each.role for each in context.settings.extensions if each.number == me), "")


def _admin(request: Request, context: Context) -> str:
    """The extension of an admin. Raises ApiError 403 for anybody else."""
    if _role(request, context) != "admin":
        raise ApiError(403, 'prompts are an admin\'s: choose an extension with role = "admin"')
    return extension_of(request)


def _trace(
    session: Session, context: Context, by: str, action: str, subject: str, detail: dict[str, object]
) -> None:
    entry = Audited(context.now(), by, "admin", action, subject, detail)
    keep(session, entry, Teller("web", context.settings.site), "web")
    session.commit()
