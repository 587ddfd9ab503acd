"""The standards on the page."""

from __future__ import annotations

import pytest

from callcenter.standards import load_standard, standard_names
from callcenter.standards.wording import words
from callcenter.web.views.standards import cored
from tests.unit.web.client import Client


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_list(client: Client, lang: str) -> None:
    page = client.get(f"/standards?lang={lang}").text
    for name in standard_names():
        standard = load_standard(name)
        assert standard.title in page and standard.digest in page
    assert 'href="/standards" aria-current="page"' in page


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("name", standard_names())
def test_a_standard(client: Client, name: str, lang: str) -> None:
    page = client.get(f"/standards/{name}?lang={lang}").text
    for rule in load_standard(name).rules:
        title = rule.title if lang == "zh" else words("en")["rule"][rule.id]
        assert f'id="{rule.id}"' in page and title in page and rule.clause in page
    assert "<b>还有</b>" in page


def test_one_that_is_not_there(client: Client) -> None:
    assert client.get("/standards/nobody").status_code == 404
    assert client.get("/standards/vanke?desk=nobody").status_code == 404


def test_marks_and_markup() -> None:
    assert cored("请问【还有】<b>") == "请问<b>还有</b>&lt;b&gt;"
