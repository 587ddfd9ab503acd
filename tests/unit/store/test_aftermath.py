from __future__ import annotations

from sqlalchemy import Engine

from callcenter.store.aftermath import Aftermath, load_aftermaths
from callcenter.store.engine import session
from callcenter.store.jobs import load_work
from callcenter.store.tables import Announcement, Callback, CallbackCall, Record, Ticket, TicketCall
from tests.unit.scribe.rows import at, call, leg


def test_what_was_written_down_about_calls(engine: Engine) -> None:
    with session(engine) as db:
        db.add_all([call("c1"), call("c2")])
        db.flush()
        ticket = Ticket(kind="repair", title="x", created_at=at(1), created_by="8001")
        callback = Callback(number="1", reason="requested", created_at=at(1), due_at=at(9))
        db.add_all(
            [Record(call_id="c1", created_at=at(0), kind="repair"), ticket, callback, leg("c1", "caller", 0)]
        )
        db.flush()
        assert ticket.id and callback.id
        db.add(TicketCall(ticket_id=ticket.id, call_id="c1", linked_at=at(1), linked_by="8001"))
        db.add(CallbackCall(callback_id=callback.id, call_id="c1"))
        db.add(Announcement(call_id="c1", leg_id="c1-caller", prompt="busy", started_at=at(5)))
    with session(engine) as db:
        found = load_aftermaths(db, ["c1", "c2"])
        assert found["c2"] == Aftermath()
        one = found["c1"]
        assert one.record and one.record.kind == "repair"
        assert [each.title for each in one.tickets] == ["x"]
        assert [each.number for each in one.callbacks] == ["1"]
        work = load_work(db, "c1")
        assert (work.aftermath, [each.prompt for each in work.announcements]) == (one, ["busy"])
