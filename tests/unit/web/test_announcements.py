from __future__ import annotations

from callcenter.web.views.announcements import spoken


def test_the_words_that_were_played() -> None:
    assert spoken("zh", "busy-to-desk") == "「您好，电话占线，正在为您转回总机」"
    assert spoken("en", "busy-to-desk").startswith(
        "「您好，电话占线，正在为您转回总机」 (Hello, the line is busy;"
    )


def test_a_prompt_that_is_gone_keeps_its_id() -> None:
    assert spoken("zh", "of-last-year") == "of-last-year"
