"""Commands about agents and what they do besides calls: states, callbacks, parked callers, monitoring."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any, get_args

from callcenter.domain.agents import State
from callcenter.domain.callbacks import CallbackError, Reason, can_be_called
from callcenter.domain.calls import Role
from callcenter.events.errors import CommandError, ErrorCode
from callcenter.store.entries import Audited, CallbackWanted, ForwardWhen
from callcenter.store.ledger import utc_now
from callcenter.store.tables import Callback
from callcenter.store.tickets import NotFoundError
from callcenter.switchboard.agents import Refused
from callcenter.switchboard.board import Board
from callcenter.switchboard.claiming import Claiming
from callcenter.switchboard.commands import ADMINS, CONTROL, Asker, Command, number, text
from callcenter.switchboard.dialling import Missed, dial
from callcenter.switchboard.features import Feature
from callcenter.switchboard.forwarding import NotForwarded, set_feature
from callcenter.switchboard.leading import Leading
from callcenter.switchboard.monitor import Mode, Monitor, MonitorRefused, Why
from callcenter.switchboard.steering import Steering

log = logging.getLogger(__name__)

PICKUP_SECONDS = 20.0
"""How long the phone rings of who takes a parked caller."""
_REFUSALS = {
    Why.FORBIDDEN: ErrorCode.FORBIDDEN,
    Why.CONFLICT: ErrorCode.CONFLICT,
    Why.UNREACHABLE: ErrorCode.CONFLICT,
}


class DeskWork:
    """What agents and supervisors ask of one switchboard."""

    def __init__(self, board: Board, claiming: Claiming, steering: Steering, leading: Leading) -> None:
        self._board, self._claiming = board, claiming
        self._steering, self._leading = steering, leading

    @property
    def commands(self) -> dict[str, Command]:
        return {
            "state": Command(self.state),
            "callback": Command(self.callback),
            "callback_offer": Command(self.callback_offer),
            "pickup": Command(self.pickup),
            "monitor": Command(self.monitor, CONTROL),
            "feature": Command(self.feature),
            "reload_flows": Command(self.reload_flows, ADMINS),
        }

    # -- agents -------------------------------------------------------------------------------------------

    async def state(self, asker: Asker, args: dict[str, Any]) -> Mapping[str, Any]:
        """`{"state", "agent"?, "reason"?}`: ready, break or signed_off; during a call it holds after it."""
        agent = str(args.get("agent") or asker.number or "")
        if not asker.controls and agent != asker.number:
            raise CommandError(ErrorCode.FORBIDDEN, f"{asker.by} sets their own state; a supervisor others'")
        wanted = text(args, "state", "ready, break or signed_off")
        try:
            now = self._board.agents.set(
                agent, State(wanted), args.get("reason") or None, by=asker.by or "page"
            )
        except (Refused, ValueError) as error:
            raise CommandError(ErrorCode.INVALID, str(error)) from None
        return {"agent": agent, "state": now.state.value, "after": now.after.value}

    async def feature(self, asker: Asker, args: dict[str, Any]) -> Mapping[str, Any]:
        """`{"extension"?, "dnd", "forward_to", "forward_when"}`: all of them, from the next call on."""
        extension = str(args.get("extension") or asker.number or "")
        board = self._board
        if extension not in board.agents:
            raise CommandError(ErrorCode.NOT_FOUND, f"{extension!r} is no extension")
        if not asker.controls and extension != asker.number:
            raise CommandError(ErrorCode.FORBIDDEN, f"{asker.by} sets their own; a supervisor others'")
        when, target = args.get("forward_when", ""), str(args.get("forward_to") or "")
        if when not in get_args(ForwardWhen):
            raise CommandError(ErrorCode.INVALID, "forward_when is always, busy, no_answer, or empty")
        try:
            set_feature(board, extension, Feature(args.get("dnd") is True, target, when))
        except NotForwarded as refused:
            raise CommandError(ErrorCode.INVALID, str(refused)) from None
        now = board.features.of(extension)
        return {
            "extension": extension,
            "dnd": now.dnd,
            "forward_to": now.forward_to,
            "forward_when": when,
        }

    async def reload_flows(self, asker: Asker, args: dict[str, Any]) -> Mapping[str, Any]:
        """`{}`: takes the desks' flows as their files are now."""
        return await self._board.flows.reload_flows(args)

    # -- callbacks ----------------------------------------------------------------------------------------

    async def callback(self, asker: Asker, args: dict[str, Any]) -> Mapping[str, Any]:
        """`{"id"}`: claims the callback and calls, the asker's phone first. Nobody is called twice."""
        id = number(args, "id", "which callback")
        if asker.number is None:
            raise CommandError(ErrorCode.INVALID, "choose your extension: its phone rings first")
        claimed = await self._claim(id, asker.number)
        try:
            if claimed.number in self._board.outside_parties:
                raise CommandError(ErrorCode.CONFLICT, f"{claimed.number} is in a call with us already")
            wanted = {"number": claimed.number, "desk": claimed.desk or None}
            return {**await self._leading.call(asker, wanted), "id": id}
        except CommandError:
            await self._claiming.release(id, asker.number)
            raise

    async def _claim(self, id: int, by: str) -> Callback:
        try:
            return await self._claiming.claim(id, by)
        except NotFoundError as error:
            raise CommandError(ErrorCode.NOT_FOUND, str(error)) from None
        except CallbackError as error:
            raise CommandError(ErrorCode.CONFLICT, str(error)) from None

    async def callback_offer(self, asker: Asker, args: dict[str, Any]) -> Mapping[str, Any]:
        """`{"call_id"}` (A6): the agent has offered to call back: it is noted, and who promised it."""
        live = self._steering.story(asker, args).live
        caller = live.book.caller
        if not can_be_called(caller) or not live.caller.outside:
            raise CommandError(ErrorCode.CONFLICT, "the caller's number is not known: note it in the record")
        entry = CallbackWanted(
            live.id, caller, live.book.desk or "", utc_now(), Reason.REQUESTED, note=asker.by
        )
        self._board.ledger.put(entry)
        return {"call_id": live.id, "number": caller}

    # -- others' calls ------------------------------------------------------------------------------------

    async def pickup(self, asker: Asker, args: dict[str, Any]) -> Mapping[str, Any]:
        """`{"slot"}`: the asker's phone rings; who picks it up talks with the parked caller."""
        slot = text(args, "slot", "the slot where the caller waits")
        parked = self._board.lot.waiting(slot)
        if parked is None or parked.picked.done():
            raise CommandError(ErrorCode.NOT_FOUND, f"nobody waits in slot {slot}")
        if asker.number is None:
            raise CommandError(ErrorCode.INVALID, "choose your extension: its phone rings")
        if not self._board.accounts.bindings(asker.number, self._board.now().mono):
            raise CommandError(ErrorCode.CONFLICT, f"the phone of {asker.number} is not registered")

        async def ring() -> None:
            live = parked.story.live
            found = await dial(live, asker.number or "", Role.TARGET, PICKUP_SECONDS)
            if isinstance(found, Missed):
                log.info("pickup missed slot=%s why=%s", slot, found.why.value)
            elif parked.picked.done():
                live.drop_leg(found)
            else:
                parked.picked.set_result(found)

        self._board.work.start(f"pickup {slot}", ring())
        return {"slot": slot, "call_id": parked.story.live.id}

    async def monitor(self, asker: Asker, args: dict[str, Any]) -> Mapping[str, Any]:
        """`{"call_id", "mode"}`: listen, whisper, join; `end` leaves. The supervisor's phone rings; once they
        are on the call another mode holds at once."""
        live = self._steering.story(asker, args).live
        wanted = text(args, "mode", "listen, whisper, join or end")
        mine = live.monitor if live.monitor is not None and live.monitor.supervisor == asker.number else None
        if wanted == "end" and mine is not None:
            mine.end()
            return {"call_id": live.id, "mode": wanted}
        try:
            mode = Mode(wanted)
        except ValueError:
            raise CommandError(
                ErrorCode.INVALID, "mode is listen, whisper, join, or end while on it"
            ) from None
        try:
            if mine is not None:
                mine.change(mode)
            else:
                monitor = Monitor(live, lambda action, told: self._audit(asker, action, told))
                monitor.check(asker.number or "")
                self._board.work.start(f"monitor {live.id}", _begin(monitor, asker.number or "", mode))
        except MonitorRefused as refused:
            raise CommandError(_REFUSALS[refused.why], str(refused)) from None
        return {"call_id": live.id, "mode": mode.value}

    def _audit(self, asker: Asker, action: str, told: Mapping[str, Any]) -> None:
        subject = str(told.get("call_id", ""))
        self._board.ledger.put(Audited(utc_now(), asker.by, asker.role, action, subject, dict(told)))


async def _begin(monitor: Monitor, supervisor: str, mode: Mode) -> None:
    """Rings; what came of it is in the audit trail."""
    try:
        await monitor.begin(supervisor, mode)
    except MonitorRefused as refused:
        log.info("monitor did not begin mode=%s why=%s", mode.value, refused.why.value)
