"""Commands that lead a call elsewhere: transfer, park, survey, an operator's call; and that begin one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from callcenter.events.errors import CommandError, ErrorCode
from callcenter.store.entries import SurveyAnswered
from callcenter.store.ledger import utc_now
from callcenter.switchboard.board import Board
from callcenter.switchboard.commands import Asker, Command, text
from callcenter.switchboard.forwarding import ToPerson
from callcenter.switchboard.leg import Leg
from callcenter.switchboard.lot import NoSlot
from callcenter.switchboard.originate import NotThere, Wanted
from callcenter.switchboard.park import ToSlot
from callcenter.switchboard.reception import Reception
from callcenter.switchboard.routing import Nowhere, ToDesk, ToExtension, ToOutside, route_outside
from callcenter.switchboard.steering import Steering
from callcenter.switchboard.story import NotTalking, Story
from callcenter.switchboard.survey import ToSurvey
from callcenter.switchboard.ways import NOWHERE, Introduced, ToTrunk, Way
from prompts.catalogue import UnknownPrompt
from sip.aio.ports import PortsExhausted

RING_SECONDS = 60.0
"""How long whom an agent calls may ring."""


class Leading:
    """Works on the calls of one reception."""

    def __init__(self, board: Board, reception: Reception, steering: Steering) -> None:
        self._board, self._reception, self._steering = board, reception, steering

    @property
    def commands(self) -> dict[str, Command]:
        return {
            "transfer": Command(self.transfer),
            "park": Command(self.park),
            "survey": Command(self.survey),
            "operator": Command(self.operator),
            "call": Command(self.call),
        }

    async def transfer(self, asker: Asker, args: dict[str, Any]) -> Mapping[str, Any]:
        """`{"call_id", "target"}`: the caller is sent to an extension, a desk, or a number outside."""
        story, leg = self._sender(asker, args)
        target = text(args, "target", "an extension, a desk's number, or a number outside")
        if any(each.party == target for each in story.live.legs):
            raise CommandError(ErrorCode.CONFLICT, f"{target} is in this call already")
        way = self._reception.transfers.way(story, leg, target)
        if way is NOWHERE:
            raise CommandError(
                ErrorCode.INVALID,
                f"{target} is no extension, no desk, no number {leg.party} may call",
            )
        return self._send(story, leg, target, way)

    async def park(self, asker: Asker, args: dict[str, Any]) -> Mapping[str, Any]:
        """`{"call_id", "slot"?}`: the caller waits with music; whoever dials the slot's number takes them."""
        story, leg = self._sender(asker, args)
        board, wanted = self._board, args.get("slot")
        try:
            slot = board.lot.free(None if wanted is None else str(wanted))
        except NoSlot as error:
            raise CommandError(ErrorCode.CONFLICT, str(error)) from None
        way = ToSlot(board.lot, slot, leg.party, board.settings.park.patience)
        return {**self._send(story, leg, slot, way), "slot": slot}

    async def survey(self, asker: Asker, args: dict[str, Any]) -> Mapping[str, Any]:
        """`{"call_id"}`: the caller is sent to the desk's survey; the agent is free."""
        story, leg = self._sender(asker, args)
        live, board = story.live, self._board
        desk = live.book.desk
        prompt = board.flows.of(desk).after.survey if desk else ""
        if not prompt:
            raise CommandError(ErrorCode.CONFLICT, "the call's desk has no survey: its flow's after.survey")

        def answered(score: int | None) -> None:
            if score is not None:
                board.ledger.put(SurveyAnswered(live.id, desk, leg.party, score, utc_now()))

        return self._send(story, leg, "survey", ToSurvey(prompt, leg.party, answered))

    async def operator(self, asker: Asker, args: dict[str, Any]) -> Mapping[str, Any]:
        """`{"call_id", "number", "place"?}` (A5): the far party is called and hears from where, then the two
        are connected; busy or unanswered, the one who asked hears so and comes back to the desk."""
        story, leg = self._sender(asker, args)
        number = text(args, "number", "the number that was asked for")
        way = self._way(asker.number or leg.party, number)  # whoever asks for it needs leave of their own
        place = args.get("place")
        prompt, values = ("long-distance", {"place": str(place)}) if place else ("long-distance-unnamed", {})
        try:
            self._board.prompt(prompt, None, **values)
        except UnknownPrompt:  # the place is not recorded
            prompt, values = "long-distance-unnamed", {}
        return self._send(story, leg, number, Introduced(way, prompt, values))

    async def call(self, asker: Asker, args: dict[str, Any]) -> Mapping[str, Any]:
        """`{"number", "extension"?, "desk"?}`: rings the asker's own phone, then the number."""
        extension = asker.number or text(args, "extension", "whose phone is to ring first")
        number = text(args, "number", "whom to call")
        way = self._way(extension, number)
        desk = args.get("desk")
        outside = isinstance(way, ToTrunk)
        number = way.to.number if isinstance(way, ToTrunk) else number
        wanted = Wanted(extension, number, way, outside, str(desk) if desk else None)
        try:
            story = await self._reception.originate(wanted)
            return {"call_id": story.live.id, "number": number}
        except (NotThere, PortsExhausted) as error:
            raise CommandError(ErrorCode.CONFLICT, str(error)) from None

    # -- what they share ----------------------------------------------------------------------------------

    def _way(self, extension: str, number: str) -> Way:
        """Where `number` leads for an extension. Raises CommandError where it may not call it."""
        board = self._board
        match board.directory.route(number, None):
            case ToExtension(found):
                return ToPerson(found.number, RING_SECONDS)
            case ToDesk(desk):
                return self._reception.to_desk(desk, extension)
            case Nowhere():
                account = board.accounts.account(extension)
                outside = route_outside(board.settings, number, account.extension if account else None, True)
                if isinstance(outside, ToOutside):
                    return ToTrunk(outside, RING_SECONDS)
        raise CommandError(
            ErrorCode.FORBIDDEN, f"extension {extension} may not call {number}: [[extension]] outside"
        )

    def _sender(self, asker: Asker, args: Mapping[str, Any]) -> tuple[Story, Leg]:
        """The call, and the leg of ours that leaves it."""
        story = self._steering.story(asker, args)
        try:
            return story, story.sender(asker.number)
        except NotTalking:
            raise CommandError(ErrorCode.CONFLICT, "nobody is talking with the caller now") from None

    def _send(self, story: Story, leg: Leg, target: str, way: Way) -> Mapping[str, Any]:
        try:
            story.send_on(leg, target, way)
        except NotTalking:
            raise CommandError(ErrorCode.CONFLICT, "nobody is talking with the caller now") from None
        return {"call_id": story.live.id, "target": target}
