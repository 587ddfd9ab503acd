"""Standards changed at random, and calls to judge by them."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

from sqlalchemy import Engine

from callcenter.domain.standards import Forbidden, Rule, Standard
from callcenter.scribe.terms import Terms
from callcenter.store.engine import session
from callcenter.store.hearings import keep_hearing
from callcenter.store.tables import Call, Hold, Record
from tests.unit.judging.every_rule import EVERY_RULE
from tests.unit.judging.said import BYE, CALLER, GOOD, OPENING, words
from tests.unit.scribe.rows import at, recorded
from transcripts.recogniser import Word
from transcripts.transcript import Transcript
from transcripts.voice import Voice

NAMES = ("海棠物业",)
PHRASES = tuple(dict.fromkeys(phrase for rule in EVERY_RULE.rules for phrase in rule.listened_for()))
HEARD = tuple("".join(letter for letter in phrase if letter not in "【】，") for phrase in PHRASES)

WAITED = words(OPENING, (8.0, "请 稍等"), (40.0, "抱歉 让您 久等 了 五栋 八零二 天花板 漏水"), (46.0, "再见"))
RUDE = words((0.6, "喂 找谁"), (3.0, "不 知道 没办法"), (9.0, "明天 下午 五点 以前 给您 答复"))
TOLD = words((5.0, "我 是 五栋 八零二"), (7.0, "我 家 天花板 漏水"), (44.0, "对"))
SIDES: Mapping[str, tuple[list[Word], list[Word]]] = {
    "good": (GOOD, CALLER),
    "waited": (WAITED, TOLD),
    "rude": (RUDE, CALLER),
    "silent": ([], CALLER),
    "transferred": (words(OPENING, (6.0, "请 稍候"), (18.0, "电话 占线 请 稍后 打来"), BYE), CALLER),
}


def stored(engine: Engine) -> list[str]:
    """The calls, with what was heard of them kept."""
    edge = {"kind": "transfer", "target": "8002", "result": "busy", "at": at(20).isoformat()}
    recorded(engine, "transferred", transfer_to="8002", path=[edge])
    for id in set(SIDES) - {"transferred"}:
        recorded(engine, id)
    with session(engine) as db:
        for id, (agent, caller) in SIDES.items():
            db.get_one(Call, id).ended_at = at(60)
            voice = Voice(((5.0, 7.5), (15.0, 15.8)), -21.0) if id == "good" else None
            heard = Transcript(tuple(agent), tuple(agent[::2]), 50.0, phrases=HEARD)
            keep_hearing(db, f"{id}-agent-recording", heard, "small", at(61))
            keep_hearing(
                db,
                f"{id}-caller-recording",
                Transcript(tuple(caller), None, 50.0, voice=voice),
                "small",
                at(61),
            )
        db.add(Hold(call_id="rude", leg_id="rude-agent", started_at=at(12), ended_at=at(22)))
        db.add(
            Record(call_id="waited", created_at=at(60), kind="repair", household="5栋802", filled_at=at(90))
        )
    return sorted(SIDES)


class By(Terms):
    """Every call is judged by one standard."""

    def __init__(self, standard: Standard, names: tuple[str, ...] = NAMES) -> None:
        super().__init__(())
        self._by = standard, names

    def standard(self, call: Call) -> tuple[Standard, tuple[str, ...]]:
        return self._by


def changed(standard: Standard, chance: random.Random) -> Standard:
    """The standard with a few things otherwise."""
    rules = list(standard.rules)
    for _ in range(chance.randint(1, 4)):
        place = chance.randrange(len(rules))
        rules[place] = _otherwise(rules[place], chance)
    if chance.random() < 0.3:
        del rules[chance.randrange(len(rules))]
    made = replace(standard, version=f"{standard.version}+", rules=tuple(rules))
    if chance.random() < 0.2:
        made = replace(made, thresholds=replace(made.thresholds, sure=chance.uniform(0.1, 0.3)))
    return replace(made, max_rings=chance.randint(1, 3)) if chance.random() < 0.2 else made


def _otherwise(rule: Rule, chance: random.Random) -> Rule:
    names = [each.name for each in fields(rule) if each.name not in ("id", "severity")]
    name = chance.choice(names)
    return replace(rule, **{name: _other(getattr(rule, name), chance)})


def _other(value: Any, chance: random.Random) -> Any:
    match value:
        case bool():
            return not value
        case float() | int():
            return value * chance.choice((0.5, 0.9, 1.5))
        case str():
            return f"{value}x"
        case tuple() if value and isinstance(value[0], Forbidden):
            return value[1:]
        case tuple():
            return (*value[1:], chance.choice(PHRASES))
        case dict():
            key = chance.choice(sorted(value))
            part = value[key]
            return {**value, key: part[1:] if isinstance(part, tuple) else _other(part, chance)}
    return value
