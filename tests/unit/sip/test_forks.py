"""The early dialogs of a forked INVITE."""

from __future__ import annotations

from sip.dialog import Dialog, LocalSide
from sip.forks import Forks
from sip.message import URI, Address, Request
from tests.unit.sip.wire import request, response


def dialled() -> tuple[Dialog, Forks, Request]:
    me = Address(URI("sip", "192.0.2.9", user="desk"))
    dialog = Dialog.outgoing(LocalSide("192.0.2.9", 5060), URI.parse("sip:agent@192.0.2.2"), from_address=me)
    return dialog, Forks(dialog), dialog.request("INVITE")


def test_row_16_each_tag_is_a_dialog_and_the_2xx_chooses() -> None:
    dialog, forks, invite = dialled()
    one = forks.hear(response(invite, 180, tag="one", contact="<sip:one@192.0.2.3>"))
    route = (("Record-Route", "<sip:192.0.2.7;lr>"),)
    two = forks.hear(response(invite, 183, tag="two", contact="<sip:two@192.0.2.4>", extra=route))
    assert one is not None and two is not None
    assert forks.tags == ("one", "two")
    assert one.dialog is dialog and one.hop is None
    assert two.hop == URI.parse("sip:192.0.2.7;lr")
    assert str(two.dialog.request("PRACK").uri) == "sip:two@192.0.2.4"
    two.dialog.remote_cseq = 9
    assert forks.choose(response(invite, 200, tag="two", contact="<sip:two@192.0.2.4>", extra=route)) is two
    assert (dialog.remote_tag, dialog.local_cseq, dialog.remote_cseq) == ("two", 2, 9)
    assert dialog.request("BYE").cseq.sequence == 3
    assert str(dialog.remote_target) == "sip:two@192.0.2.4"


def test_a_2xx_of_a_branch_that_never_rang() -> None:
    dialog, forks, invite = dialled()
    forks.hear(response(invite, 180, tag="one"))
    assert forks.choose(response(invite, 200, tag="three", contact="<sip:three@192.0.2.5>")) is None
    assert (dialog.remote_tag, dialog.remote_cseq) == ("three", None)


def test_another_branch_that_answers_too_is_ended_with_its_own_numbers() -> None:
    dialog, forks, invite = dialled()
    forks.hear(response(invite, 180, tag="one"))
    two = forks.hear(response(invite, 180, tag="two", contact="<sip:two@192.0.2.4>"))
    assert two is not None
    two.dialog.request("PRACK")
    forks.choose(response(invite, 200, tag="one"))
    other = forks.other(response(invite, 200, tag="two", contact="<sip:two@192.0.2.4>"))
    bye = other.request("BYE")
    assert (bye.cseq.sequence, str(bye.uri)) == (3, "sip:two@192.0.2.4")
    assert dialog.remote_tag == "one"


def test_requests_of_the_other_side_find_their_dialog() -> None:
    dialog, forks, invite = dialled()
    forks.hear(response(invite, 180, tag="one"))
    two = forks.hear(response(invite, 180, tag="two"))
    assert two is not None
    ours = f"<sip:desk@192.0.2.9>;tag={dialog.local_tag}"

    def update(tag: str) -> Request:
        theirs = f"<sip:agent@192.0.2.2>;tag={tag}"
        return request("UPDATE", from_=theirs, to=ours, call_id=dialog.call_id)

    assert forks.dialog_of(update("two")) is two.dialog
    assert forks.dialog_of(update("one")) is dialog
    assert forks.owns(update("one")) and forks.owns(update("two"))
    assert not forks.owns(update("three"))
    forks.choose(response(invite, 200, tag="one"))
    assert forks.owns(update("one")) and not forks.owns(update("two"))  # a loser's BYE is not the call's
    assert forks.dialog_of(update("two")) is dialog


def test_a_response_without_a_tag_or_a_100_makes_no_dialog() -> None:
    dialog, forks, invite = dialled()
    assert forks.hear(response(invite, 180, tag=None)) is None
    assert forks.hear(response(invite, 100)) is None
    assert forks.tags == () and dialog.remote_tag == ""


def test_a_new_invite_begins_where_the_first_one_did() -> None:
    dialog, forks, invite = dialled()
    forks.hear(response(invite, 183, tag="proxy", contact="<sip:p@192.0.2.8>"))
    forks.forget()
    assert (dialog.remote_tag, str(dialog.remote_target)) == ("", "sip:agent@192.0.2.2")
    assert forks.tags == ()
    assert dialog.request("INVITE").cseq.sequence == 2
