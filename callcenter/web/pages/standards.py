"""The standards that calls are judged by, each as a page that a supervisor can read to the agents."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from callcenter.domain.standards import Standard
from callcenter.standards import StandardError, desk_standard, load_standard, standard_names
from callcenter.standards.explaining import explain
from callcenter.standards.inventory import inventory
from callcenter.web.context import Context, ContextDep
from callcenter.web.errors import ApiError, not_found
from callcenter.web.views.render import language_of, render
from callcenter.web.views.standards import cored

router = APIRouter(include_in_schema=False)


@router.get("/standards")
def standards_page(request: Request, context: ContextDep) -> HTMLResponse:
    try:
        listed = inventory(context.settings.desks)
    except StandardError as error:
        raise ApiError(500, str(error)) from None
    return render(request, "standards.html", {"listed": listed})


@router.get("/standards/{name}")
def standard_page(
    name: str, request: Request, context: ContextDep, desk: Annotated[str, Query(max_length=60)] = ""
) -> HTMLResponse:
    """A standard that ships, or with `desk` what that desk made of its own."""
    standard = _wanted(name, desk, context)
    page = explain(standard, language_of(request))
    return render(request, "standard.html", {"page": page, "cored": cored, "for_desk": desk})


def _wanted(name: str, desk_id: str, context: Context) -> Standard:
    try:
        if not desk_id and name in standard_names():
            return load_standard(name)
        desk = context.settings.desk(desk_id)
        standard = desk_standard(desk) if desk else None
    except StandardError as error:
        raise ApiError(500, str(error)) from None
    if standard is None or standard.name != name:
        raise not_found(f"standard {name}")
    return standard
