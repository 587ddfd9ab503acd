"""Who acts: an extension of the site, and what its role allows. (There is no log-in yet.)"""

from __future__ import annotations

from callcenter.domain.reviews import REVIEWERS, Person
from callcenter.web.context import Context
from callcenter.web.errors import ApiError


def person(context: Context, number: str) -> Person:
    """Raises ApiError 422 for what is no extension."""
    for each in context.settings.extensions:
        if each.number == number:
            return Person(number, each.role)
    told = f"{number or 'nobody'!r} is no extension: choose yours first"
    raise ApiError(422, told, zh="请先在右上角选择您的分机。")


def reviewer(context: Context, number: str) -> Person:
    """Whose word counts. Raises ApiError 403 for an agent, 422 for what is no extension."""
    found = person(context, number)
    if found.role not in REVIEWERS:
        told = f"findings are reviewed by extensions with a role of {', '.join(REVIEWERS)}"
        raise ApiError(403, told, zh="这要由质检、主管或管理员来做：请先在右上角选择这样的分机。")
    return found
