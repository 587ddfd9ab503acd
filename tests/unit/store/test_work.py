"""What the ledger keeps besides calls."""

from __future__ import annotations

from sqlalchemy import Engine, select

from callcenter.domain.calls import EventName
from callcenter.store import outbox
from callcenter.store.engine import session
from callcenter.store.entries import AgentChanged, Audited, FeatureSet, MessageLeft, SurveyAnswered
from callcenter.store.ledger import CallChanged, RecordingOpened
from callcenter.store.tables import Audit, Message, Survey
from callcenter.store.work import features, newest_states
from tests.unit.store.facts import answered, at, recording
from tests.unit.store.test_ledger import ledger_on


async def test_each_entry_is_kept_and_told(engine: Engine) -> None:
    async with ledger_on(engine) as (ledger, _):
        ledger.put(CallChanged(answered(), EventName.ANSWERED))
        ledger.put(RecordingOpened(recording()))
        ledger.put(AgentChanged("8001", "ready", at(1), "8001"))
        ledger.put(AgentChanged("8001", "break", at(2), "9001", reason="lunch"))
        ledger.put(MessageLeft("c1", "front", 12.5, at(3), "c1-agent-recording"))
        ledger.put(SurveyAnswered("c1", "front", "8001", 4, at(4)))
        ledger.put(SurveyAnswered("c1", "front", "8001", 5, at(5)))
        ledger.put(Audited(at(6), "9001", "supervisor", "monitor", "c1", {"mode": "listen"}))
        ledger.put(FeatureSet("8002", at(7), dnd=True))
        ledger.put(FeatureSet("8002", at(8), forward_to="8003", forward_when="busy"))
        await ledger.flush()
        assert ledger.rejected == []
    with session(engine) as work:
        newest = newest_states(work, "node")["8001"]
        assert (newest.state, newest.reason, newest.at, newest.by) == ("break", "lunch", at(2), "9001")
        assert newest_states(work, "other") == {}
        message, survey = work.get(Message, "c1"), work.get(Survey, "c1")
        assert message is not None and (message.mailbox, message.seconds) == ("front", 12.5)
        assert survey is not None and survey.score == 5
        audited = work.scalars(select(Audit)).one()
        assert (audited.action, audited.detail) == ("monitor", {"mode": "listen"})
        kept = features(work)["8002"]
        assert (kept.dnd, kept.forward_to, kept.forward_when) == (False, "8003", "busy")
        rows = outbox.pending(work, "switchboard")
        assert [row.topic.split("/", 3)[3] for row in rows] == [
            "calls/c1/answered",
            "agents/8001/changed",
            "agents/8001/changed",
            "desks/front/message",
            "desks/front/survey",
            "desks/front/survey",
            "agents/8002/feature",
            "agents/8002/feature",
        ]
        assert rows[2].payload["data"]["agent"]["reason"] == "lunch"
