"""One shape for every error: `{"error": {"code", "message"}}` in the API, a plain page elsewhere."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from callcenter.domain.appeals import AppealError
from callcenter.domain.callbacks import CallbackError
from callcenter.domain.refusals import Refusal
from callcenter.domain.reviews import ReviewError
from callcenter.domain.tickets import TicketRuleError
from callcenter.events.errors import CommandError
from callcenter.store.records import RecordError
from callcenter.store.rejudgings import RejudgingError
from callcenter.store.tickets import NotFoundError
from callcenter.web.views.i18n import Words
from callcenter.web.views.render import language_of, render

log = logging.getLogger(__name__)

COMMAND_STATUS = {"forbidden": 403, "not_found": 404, "conflict": 409, "invalid": 422, "unavailable": 503}

CODES = {
    400: "bad_request",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    409: "conflict",
    413: "too_large",
    416: "range_not_satisfiable",
    421: "misdirected",
    422: "invalid",
    500: "internal",
    503: "unavailable",
}


class ErrorDetail(BaseModel):
    code: str
    message: str


class ErrorBody(BaseModel):
    """Every error of the API."""

    error: ErrorDetail


class ApiError(Exception):
    """An answer other than success; the message is for the user, `zh` the same in Chinese if known."""

    def __init__(
        self, status: int, message: str, headers: dict[str, str] | None = None, *, zh: str = ""
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.headers = headers
        self.zh = zh


RESPONSES: dict[int | str, dict[str, Any]] = {
    status: {"model": ErrorBody, "description": HTTPStatus(status).phrase}
    for status in (400, 403, 404, 409, 422, 503)
}
"""What the API documents beside success."""


def not_found(what: str) -> ApiError:
    return ApiError(404, f"there is no {what}")


def wants_page(request: Request) -> bool:
    path = request.url.path
    return not path.startswith(("/api/", "/static/", "/healthz", "/metrics", "/openapi"))


def error_response(
    request: Request,
    status: int,
    message: str,
    headers: dict[str, str] | None = None,
    code: str = "",
    zh: str = "",
) -> Response:
    """The answer in the shape that who asked understands; `zh` is the message on a Chinese page."""
    if wants_page(request):
        response: Response = _page(request, status, message, zh)
    else:
        code = code or CODES.get(status, "error")
        response = JSONResponse({"error": {"code": code, "message": message}}, status)
    response.headers.update(headers or {})
    return response


def _page(request: Request, status: int, message: str, zh: str) -> Response:
    """A page, or for a form that htmx sent, a notice beside it."""
    kind = CODES.get(status, "other")
    explanation = Words(language_of(request)).name("error", kind)
    if explanation == kind:
        explanation = Words(language_of(request))("error.other")
    in_chinese = zh if language_of(request) == "zh" else ""
    values = {
        "status": status,
        "message": in_chinese or message,
        "message_language": "zh-CN" if in_chinese else "en",
        "explanation": explanation,
    }
    if not request.headers.get("hx-request"):
        return render(request, "error.html", values, status=status)
    notice = render(request, "error_toast.html", values, status=status)
    notice.headers["HX-Retarget"] = "#toast"
    notice.headers["HX-Reswap"] = "innerHTML"
    return notice


def explain(errors: Sequence[Any]) -> str:
    """Validation errors as one sentence: `page: Input should be greater than 0; …`."""
    return "; ".join(
        f"{'.'.join(str(part) for part in item['loc'][1:]) or 'body'}: {item['msg']}" for item in errors
    )


async def on_api_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, ApiError)
    return error_response(request, error.status, error.message, error.headers, zh=error.zh)


async def on_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return error_response(request, error.status_code, str(error.detail), dict(error.headers or {}))


async def on_validation(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return error_response(request, 422, explain(error.errors()))


async def on_rule(request: Request, error: Exception) -> Response:
    return error_response(request, 422, str(error))


async def on_conflict(request: Request, error: Exception) -> Response:
    return error_response(request, 409, str(error), zh=error.zh if isinstance(error, Refusal) else "")


async def on_missing(request: Request, error: Exception) -> Response:
    return error_response(request, 404, str(error))


async def on_command(request: Request, error: Exception) -> Response:
    assert isinstance(error, CommandError)
    return error_response(request, COMMAND_STATUS.get(error.code, 503), error.message, code=error.code)


async def on_database(request: Request, error: Exception) -> Response:
    log.error("database failed path=%s", request.url.path, exc_info=error)
    return error_response(request, 503, "the database cannot be used at the moment; try again")


async def on_crash(request: Request, error: Exception) -> Response:
    """The last net: the server logs the traceback, the user reads one sentence."""
    return error_response(request, 500, "something went wrong here; it has been logged")


def install(app: FastAPI) -> None:
    app.add_exception_handler(ApiError, on_api_error)
    app.add_exception_handler(HTTPException, on_http)
    app.add_exception_handler(RequestValidationError, on_validation)
    app.add_exception_handler(CommandError, on_command)
    app.add_exception_handler(TicketRuleError, on_rule)
    app.add_exception_handler(RecordError, on_rule)
    for refused in (CallbackError, ReviewError, AppealError, RejudgingError):
        app.add_exception_handler(refused, on_conflict)
    app.add_exception_handler(NotFoundError, on_missing)
    app.add_exception_handler(SQLAlchemyError, on_database)
    app.add_exception_handler(Exception, on_crash)
