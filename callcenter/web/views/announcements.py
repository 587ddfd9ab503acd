"""What a caller was told by the system, in its words."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from callcenter.web.views.i18n import Language
from prompts.catalogue import CATALOGUE
from prompts.schema import Prompt, read_entries


@cache
def _prompts() -> Mapping[str, Prompt]:
    return {prompt.id: prompt for prompt in read_entries(CATALOGUE).prompt}


def spoken(language: Language, prompt_id: str) -> str:
    """「您好，电话占线，正在为您转回总机」, with a translation for readers of English.

    A prompt that is no longer in the catalogue is called by its id.
    """
    prompt = _prompts().get(prompt_id)
    if prompt is None:
        return prompt_id
    return f"「{prompt.zh}」" if language == "zh" else f"「{prompt.zh}」 ({prompt.en})"
