"""What was said in all calls, found by characters or by sound."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel

from callcenter.domain.calls import Role
from callcenter.store.queries import day_bounds
from callcenter.store.search import By, Hit, Wanted, search
from callcenter.web.api.calls import Pages, Sizes
from callcenter.web.api.models import Day, PieceOut
from callcenter.web.context import ContextDep, SessionDep

router = APIRouter(tags=["calls"])

LONGEST = 100
"""Characters that are looked for."""


class FoundPieceOut(PieceOut):
    """`found`: what was looked for stands here."""

    found: bool


class HitOut(BaseModel):
    """An utterance that fits. Times are seconds of call time; `url` is the page of the call at its sound."""

    call_id: str
    started_at: datetime
    desk: str | None
    role: Role
    start: float
    end: float
    text: str
    pieces: list[FoundPieceOut]
    url: str


class HitList(BaseModel):
    items: list[HitOut]
    total: int
    page: int
    size: int


@router.get("/search")
def search_calls(
    session: SessionDep,
    context: ContextDep,
    q: Annotated[str, Query(max_length=LONGEST, description="words, each of which must be said")],
    by: By = By.EITHER,
    role: Role | None = None,
    desk: Annotated[str | None, Query(max_length=60)] = None,
    day: Annotated[Day | None, Query(description="a day of the site's time zone")] = None,
    page: Pages = 1,
    size: Sizes = 20,
) -> HitList:
    """Utterances in which `q` was said, newest call first."""
    since, before = day_bounds(day, context.zone) if day else (None, None)
    found = search(session, Wanted(q, by, role, desk, since, before), page=page, size=size)
    return HitList(items=[_out(hit) for hit in found.items], total=found.total, page=page, size=size)


def _out(hit: Hit) -> HitOut:
    pieces = [
        FoundPieceOut(
            text=piece.text,
            heard=piece.heard,
            start=round(piece.start, 3),
            end=round(piece.end, 3),
            confidence=piece.confidence,
            found=number in hit.found,
        )
        for number, piece in enumerate(hit.pieces)
    ]
    return HitOut(
        call_id=hit.call.id,
        started_at=hit.call.started_at,
        desk=hit.call.desk,
        role=hit.role,
        start=round(hit.start, 3),
        end=round(hit.end, 3),
        text="".join(piece.text for piece in hit.pieces),
        pieces=pieces,
        url=hit.url,
    )
