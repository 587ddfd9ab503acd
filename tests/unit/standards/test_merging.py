from __future__ import annotations

import tomllib

from callcenter.standards.layers import Layer
from callcenter.standards.merging import Table, merge

BELOW = """
version = "1"
[rings]
max_rings = 3
cadence = { tone = 1.0, pause = 4.0 }
[rule.closing]
last = 15.0
phrases = ["再见", "再会"]
[rule.info_collected]
asks.household = ["房号"]
asks.surname = ["贵姓"]
[rule.forbidden]
words = [{ word = "喂", where = "begins", proper = ["喂，您好"] }, { word = "不在" }]
"""


def merged(*texts: str) -> tuple[Table, list[str]]:
    whole, problems = merge(
        [Layer(f"{number}.toml", tomllib.loads(text)) for number, text in enumerate(texts)]
    )
    return whole, [str(problem) for problem in problems]


def over(text: str) -> Table:
    whole, problems = merged(BELOW, text)
    assert problems == []
    return whole


def test_tables_are_merged_and_values_replaced() -> None:
    whole = over('version = "2"\nrings.cadence.pause = 2.0\nrule.closing.last = 9.0')
    assert whole["version"] == "2"
    assert whole["rings"] == {"max_rings": 3, "cadence": {"tone": 1.0, "pause": 2.0}}
    assert whole["rule"]["closing"] == {"last": 9.0, "phrases": ["再见", "再会"]}


def test_a_list_is_replaced_added_to_and_taken_from() -> None:
    assert over('rule.closing.phrases = ["拜拜"]')["rule"]["closing"]["phrases"] == ["拜拜"]
    assert over('rule.closing.add.phrases = ["拜拜", "再见"]')["rule"]["closing"]["phrases"] == [
        "再见",
        "再会",
        "拜拜",
    ]
    whole = over('[rule.closing]\nremove.phrases = ["再会"]\nadd.phrases = ["拜拜"]\nadd.partial = ["好"]')
    assert whole["rule"]["closing"] == {"last": 15.0, "phrases": ["再见", "拜拜"], "partial": ["好"]}


def test_a_table_of_lists_is_added_to_too() -> None:
    asks = over('rule.info_collected.add.asks.household = ["几栋"]')["rule"]["info_collected"]["asks"]
    assert asks == {"household": ["房号", "几栋"], "surname": ["贵姓"]}
    asks = over('rule.info_collected.asks.household = ["几栋"]')["rule"]["info_collected"]["asks"]
    assert asks == {"household": ["几栋"], "surname": ["贵姓"]}


def test_a_forbidden_word_gets_more_that_is_proper_or_goes() -> None:
    words = over("""[[rule.forbidden.add.words]]
word = "喂"
where = "begins"
proper = ["喂，听得到吗"]
[[rule.forbidden.add.words]]
word = "喂"
where = "alone"
""")["rule"]["forbidden"]["words"]
    assert words == [
        {"word": "喂", "where": "begins", "proper": ["喂，您好", "喂，听得到吗"]},
        {"word": "不在"},
        {"word": "喂", "where": "alone"},
    ]
    assert over('rule.forbidden.remove.words = ["喂"]')["rule"]["forbidden"]["words"] == [{"word": "不在"}]


def test_what_is_taken_away_must_have_been_there() -> None:
    _, problems = merged(BELOW, 'rule.closing.remove.phrases = ["再见啦"]')
    assert problems == [
        "1.toml: rule.closing.remove.phrases: '再见啦' is not among what is inherited; did you mean '再见'?"
    ]
    _, problems = merged(BELOW, 'rule.info_collected.remove.asks.household = ["x"]')
    assert problems == [
        "1.toml: rule.info_collected.remove.asks.household: 'x' is not among what is inherited"
    ]


def test_a_rule_is_switched_off_and_on_again() -> None:
    off, on = "rule.closing.off = true", "rule.closing.off = false"
    assert "closing" not in over(off)["rule"]
    whole, _ = merged(BELOW, off, on)
    assert whole["rule"]["closing"] == {"last": 15.0, "phrases": ["再见", "再会"]}


def test_the_layer_below_keeps_its_own() -> None:
    below = Layer("below.toml", tomllib.loads(BELOW))
    above = Layer("above.toml", tomllib.loads('rule.info_collected.add.asks.household = ["几栋"]'))
    merge([below, above])
    assert below.values == tomllib.loads(BELOW)
