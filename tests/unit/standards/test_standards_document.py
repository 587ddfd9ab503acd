"""docs/standards.md names every key of a standard, and its example is one that is read."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from callcenter.domain.standards import (
    KINDS,
    Forbidden,
    ForbiddenRule,
    OpeningRule,
    PhraseRule,
    Rule,
    Thresholds,
)
from callcenter.settings import load_settings
from callcenter.standards import desk_standard, load_standard, parse_standard, standard_names
from callcenter.standards.instructions import INSTRUCTIONS
from callcenter.standards.shape import BODY, HEAD

ROOT = Path(__file__).parent.parent.parent.parent
DOCUMENT = (ROOT / "docs" / "standards.md").read_text("utf-8")
HEADINGS = re.findall(r"^###? .*$", DOCUMENT, flags=re.MULTILINE)
OF_EVERY_RULE = {each.name for each in fields(Rule)} - {"id"}


def described(heading: str) -> set[str]:
    """The keys in the first table under a heading."""
    after = DOCUMENT.partition(f"\n{heading}\n")[2]
    table = re.search(r"(?:^\|.*\n)+", after, flags=re.MULTILINE)
    assert table is not None
    return set(re.findall(r"^\| `(\w+)` \|", table[0], flags=re.MULTILINE))


@pytest.mark.parametrize(
    ("heading", "keys"),
    [
        ("## The file", set(HEAD)),
        ("## `[rings]`", set(BODY["rings"])),
        ("## `[thresholds]`", {each.name for each in fields(Thresholds)}),
        ("## `[rule.ID]`: every rule", OF_EVERY_RULE | set(INSTRUCTIONS)),
    ],
)
def test_every_key_of_a_part(heading: str, keys: set[str]) -> None:
    assert described(heading) == keys


@pytest.mark.parametrize("kind", list(dict.fromkeys(KINDS.values())))
def test_every_kind_of_rule_has_a_heading_with_its_rules_and_a_table_with_its_keys(kind: type[Rule]) -> None:
    rules = {id for id in KINDS if KINDS[id] is kind}
    heading = next(each for each in HEADINGS if set(re.findall(r"`(\w+)`", each)) == rules)
    assert described(heading) == {each.name for each in fields(kind)} - OF_EVERY_RULE - {"id"}


def test_every_key_of_a_forbidden_word() -> None:
    table = DOCUMENT.partition("\nA forbidden word:\n")[2].partition("\n#")[0]
    assert set(re.findall(r"^\| `(\w+)` \|", table, flags=re.MULTILINE)) == {
        each.name for each in fields(Forbidden)
    }


def test_every_standard_that_ships_is_named() -> None:
    assert all(f"| `{name}` | {load_standard(name).title} |" in DOCUMENT for name in standard_names())


def test_the_example_is_read_and_says_what_the_text_says() -> None:
    text = next(
        text for text in re.findall(r"```toml\n(.*?)```", DOCUMENT, flags=re.DOTALL) if "haitang" in text
    )
    own, vanke = parse_standard(text, "haitang.toml"), load_standard("vanke")
    assert own.max_rings == 2
    opening, closing, forbidden = (own.rule(id) for id in ("opening", "closing", "forbidden"))
    assert isinstance(opening, OpeningRule) and opening.names == ("海棠花园", "海棠物业")
    inherited = vanke.rule("closing")
    assert isinstance(closing, PhraseRule) and isinstance(inherited, PhraseRule)
    assert set(inherited.phrases) - set(closing.phrases) == {"【谢谢】，【再见】"}
    assert set(closing.phrases) - set(inherited.phrases) == {"【祝您】周末愉快，【再见】"}
    assert isinstance(forbidden, ForbiddenRule) and forbidden.words[-1].word == "下班了"
    assert own.rule("private_call") is None and own.rule("hotline_held") == vanke.rule("hotline_held")


def test_the_examples_of_desks_are_read(tmp_path: Path) -> None:
    examples = re.findall(r"```toml\n(\[\[desk\]\].*?)```", DOCUMENT, flags=re.DOTALL)
    extensions = "".join(
        f'[[extension]]\nnumber = "{n}"\npassword = "secret-{n}-long"\n' for n in (8001, 8002, 8101)
    )
    file = tmp_path / "callcenter.toml"
    file.write_text("\n".join(examples) + extensions, "utf-8")
    (tmp_path / "standards").mkdir()
    own = next(
        text for text in re.findall(r"```toml\n(.*?)```", DOCUMENT, flags=re.DOTALL) if "extends" in text
    )
    (tmp_path / "standards" / "haitang.toml").write_text(own, "utf-8")
    front, bar = (desk_standard(desk) for desk in load_settings(file).desks)
    assert (front.name, front.max_rings) == ("haitang", 2)
    assert (bar.name, bar.max_rings) == ("sunac", 4)
    limit = bar.rule("wait_limit")
    assert limit is not None and limit != load_standard("sunac").rule("wait_limit")
