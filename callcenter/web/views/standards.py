"""A standard on the page: phrases with their core in bold, and a page that stands by itself."""

from __future__ import annotations

import re

from markupsafe import Markup, escape

from callcenter.standards.explaining import Page
from callcenter.standards.wording import Language
from callcenter.web.views.i18n import Words
from callcenter.web.views.render import environment

CORE = re.compile("【([^】]*)】")


def cored(phrase: str) -> Markup:
    """`【还有】什么事吗` with 还有 in bold."""
    return Markup(CORE.sub(r"<b>\1</b>", str(escape(phrase))))  # noqa: S704 - escaped before


def standalone_page(page: Page, language: Language) -> str:
    """The page of a standard as one HTML file that needs nothing beside it."""
    template = environment().get_template("standard_alone.html")
    return template.render(page=page, lang=language, t=Words(language), cored=cored)
