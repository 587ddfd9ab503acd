"""What can be judged of a call only when its time is up: whether it was written down, and what hangs on that.

A call is judged seconds after its end, when nobody had the time to fill its record. Once the record's time is
up, the call gets a set of verdicts of its own beside the first: the rules that the record decides judged by it,
all others as they were. No sound is decoded.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import exists, not_, select, update
from sqlmodel import Session, col

from callcenter.domain.findings import Finding, Verdict
from callcenter.domain.reasons import kept_reason
from callcenter.domain.standards import Standard
from callcenter.scribe.call_facts import record_time
from callcenter.scribe.case import judge_work
from callcenter.scribe.commit import tell_judged
from callcenter.scribe.rejudge import heard_of
from callcenter.scribe.terms import Terms
from callcenter.store.jobs import Work, load_works
from callcenter.store.judgings import Judged, NewSet, Weighed, add_sets, is_newest, newest_rows
from callcenter.store.tables import Call, Job
from callcenter.store.verdict_tables import FindingRow, Judging

BY_RECORD: Final = ("info_collected", "repeat_back", "promise", "callback_promised", "record_in_time", "ticket_linked")
"""The rules that what was written down decides, or helps to decide."""
MARK: Final = "record_in_time"
"""Whose finding says that the call was judged when its time was up."""
LOOK_BACK = timedelta(days=2)
"""A scribe that was away for longer leaves it at that."""
