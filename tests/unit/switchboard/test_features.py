"""What an extension may set, the command for it, and over a restart."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlmodel import Session

from callcenter.domain.agents import Miss
from callcenter.events.errors import CommandError, ErrorCode
from callcenter.store.tables import ExtensionFeature
from callcenter.switchboard.features import Feature, Features, Refused, keep_features, kept_features
from tests.board import Switchboard, settings_for
from tests.support import eventually
from tests.unit.switchboard.conftest import MakePhone


@pytest.fixture
def features(tmp_path: Path) -> Features:
    return Features(settings_for(tmp_path, outside={"1": True, "2": True}, transfers=("1", "3")))


def test_nothing_is_set_at_first(features: Features) -> None:
    assert features.of("1") == features.of("nobody") == Feature()
    assert not features.quiet("1")


def test_what_is_set_is_told(features: Features) -> None:
    told: list[tuple[str, Feature]] = []
    features.on_change.append(lambda number, feature: told.append((number, feature)))
    features.set_dnd("1", True, by="1")
    features.set_forward("1", "2", "busy", by="1")
    features.set_forward("1", "", "", by="1")
    assert told == [
        ("1", Feature(True)),
        ("1", Feature(True, "2", "busy")),
        ("1", Feature(True)),
    ]
    assert features.quiet("1")


@pytest.mark.parametrize("to", ["2", "8000", "13800000000"])
def test_where_calls_may_be_forwarded(features: Features, to: str) -> None:
    features.set_forward("1", to, "always", by="1")
    assert features.of("1").forward_to == to and features.quiet("1")


@pytest.mark.parametrize(
    ("number", "to", "why"),
    [
        ("1", "1", "to itself"),
        ("1", "110", "may not send callers there"),  # nobody's calls are an emergency
        ("1", "*72", "may not send callers there"),
        ("2", "13800000000", "may not send callers there"),  # it may call it, not send callers there
        ("3", "13800000000", "may not send callers there"),  # it may not even call it
        ("1", "", "needs the number"),
        ("9", "2", "no extension"),
    ],
)
def test_where_calls_may_not(features: Features, number: str, to: str, why: str) -> None:
    with pytest.raises(Refused, match=why):
        features.set_forward(number, to, "always", by=number)
    assert features.of(number) == Feature()


def test_when_calls_are_forwarded() -> None:
    assert [why for why in Miss if Feature(False, "2", "busy").forwards(why)] == [Miss.BUSY, Miss.REJECTED]
    unanswered = [why for why in Miss if Feature(False, "2", "no_answer").forwards(why)]
    assert unanswered == [Miss.NO_ANSWER, Miss.UNREACHABLE]
    assert not any(Feature().forwards(why) for why in Miss)


def test_a_restart_takes_back_what_is_still_allowed(features: Features) -> None:
    features.restore(
        [
            ExtensionFeature(extension="1", dnd=True, forward_to="2", forward_when="busy"),
            ExtensionFeature(extension="2", dnd=True, forward_to="13800000000", forward_when="always"),
            ExtensionFeature(extension="3", forward_to="1", forward_when="sometimes"),
            ExtensionFeature(extension="9", dnd=True),
        ]
    )
    assert features.of("1") == Feature(True, "2", "busy")
    assert features.of("2") == Feature(True)
    assert features.of("3") == features.of("9") == Feature()


async def test_changes_are_kept(desk: Switchboard) -> None:
    features = desk.board.features
    keep_features(features, desk.board.ledger)
    features.set_forward("1", "2", "no_answer", by="1")
    features.set_dnd("1", True, by="1")
    await desk.board.ledger.flush()
    with Session(desk.engine) as session:
        row = session.get(ExtensionFeature, "1")
        assert row is not None and (row.dnd, row.forward_to, row.forward_when) == (True, "2", "no_answer")
    again = Features(desk.board.settings)
    again.restore(kept_features(desk.engine))
    assert again.of("1") == features.of("1")


async def test_the_command(desk: Switchboard) -> None:
    result = await desk.command(
        "feature", extension="1", dnd=False, forward_to="2", forward_when="busy", by="1"
    )
    assert result == {"extension": "1", "dnd": False, "forward_to": "2", "forward_when": "busy"}
    assert desk.board.features.of("1") == Feature(False, "2", "busy")


@pytest.mark.parametrize(
    ("args", "code"),
    [
        ({"extension": "2", "by": "1"}, ErrorCode.FORBIDDEN),
        ({"extension": "1", "by": "1", "forward_to": "2", "forward_when": "sometimes"}, ErrorCode.INVALID),
        ({"extension": "1", "by": "1", "forward_to": "999", "forward_when": "always"}, ErrorCode.INVALID),
        ({"by": "1"}, ErrorCode.INVALID),
    ],
)
async def test_the_command_refuses_clearly(desk: Switchboard, args: dict[str, str], code: ErrorCode) -> None:
    with pytest.raises(CommandError) as refused:
        await desk.command("feature", **args)
    assert refused.value.code is code


async def test_who_may_be_disturbed_again_is_free_again(desk: Switchboard, make_phone: MakePhone) -> None:
    await make_phone("1")
    await eventually(lambda: desk.board.agents.available("1"))
    desk.board.features.set_dnd("1", True, by="1")
    assert not desk.board.agents.available("1")
    desk.board.features.set_dnd("1", False, by="1")
    assert desk.board.agents.available("1")
